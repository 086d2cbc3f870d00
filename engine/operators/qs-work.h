/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

double qs_layer_count_operations (const QsLayer *self);
double qs_layer_count_bytes      (const QsLayer *self);

G_END_DECLS
