/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-sample-array.h"

G_BEGIN_DECLS

/* Whether the first bytes of @file are those of a .npy array. */
gboolean       qs_npy_file_probe         (GFile   *file);
/* Its rows, read where they lie. The array has no name: it fits a network's only input. */
QsSampleArray *qs_sample_array_new_for_npy (GFile   *file,
                                          GError **error);

G_END_DECLS
