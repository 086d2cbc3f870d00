/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The sizes that were chosen for models' dynamic dimensions, in a file in the user's data folder, by
 * the models' checksums. From any thread. */

/* (transfer full) (nullable): in the words of qs_dimensions_print () */
char *qs_dimension_store_lookup (const char *checksum);
/* A file that cannot be written only means that the question comes again. */
void  qs_dimension_store_keep   (const char *checksum,
                                 const char *text);

G_END_DECLS
