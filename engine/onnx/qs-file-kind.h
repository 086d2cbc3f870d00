/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

const char *qs_file_kind_guess (GBytes *bytes);

G_END_DECLS
