/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

gboolean qs_cpu_is_non_negative (const QsTensor *tensor);

G_END_DECLS
