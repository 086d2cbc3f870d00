/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

const char *qs_onnx_guess_kind (GBytes *bytes);

G_END_DECLS
