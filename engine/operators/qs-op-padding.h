/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-attributes.h"

G_BEGIN_DECLS

gint64 qs_padding_source (QsPaddingMode mode,
                          gint64        position,
                          gint64        dim);

G_END_DECLS
