/* SPDX-License-Identifier: MIT */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <glib.h>
#include <locale.h>

G_BEGIN_DECLS

/* Deflate cannot expand further than this, so a small file cannot hold more. */
#define QS_DEFLATE_MAX_RATIO 1032

/* libarchive converts names to the locale's character set and loses those that it does not have, so
 * names are read in a locale that has them all; uselocale() with the result goes back. */
locale_t    qs_archive_use_utf8       (void);
/* (transfer full): valid UTF-8 */
char       *qs_archive_dup_entry_name (struct archive_entry  *entry);
const char *qs_archive_get_error      (struct archive        *reader);
/* Exactly @size bytes, whatever the archive says about the entry's size. */
gboolean    qs_archive_read_exactly   (struct archive        *reader,
                                       gpointer               buffer,
                                       gsize                  size,
                                       GError               **error);

G_END_DECLS
