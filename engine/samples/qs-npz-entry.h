/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "core/qs-host-tensor.h"
#include "qs-npy-header.h"

G_BEGIN_DECLS

/**
 * QsNpzEntry:
 *
 * One array of an .npz archive, read row by row without ever holding all of it. Rows read in
 * order decompress the entry once; going back starts again from its beginning.
 */
typedef struct _QsNpzEntry QsNpzEntry;

/* (element-type QsNpzEntry) (transfer full): the arrays in the file's order, headers read */
GPtrArray         *qs_npz_list             (GFile             *file,
                                            GError           **error);
void               qs_npz_entry_free       (QsNpzEntry        *self);
/* The name without ".npy". */
const char        *qs_npz_entry_get_name   (const QsNpzEntry  *self);
/* %NULL with an error when the array's elements are of a type that no tensor has. */
const QsNpyHeader *qs_npz_entry_get_header (const QsNpzEntry  *self,
                                            GError           **error);
/* Whether rows lie one after the other, so that they can be read one at a time. */
gboolean           qs_npz_entry_has_rows   (const QsNpzEntry  *self);
/* Rows along axis 0 in host byte order; @buffer holds @n of them. */
gboolean           qs_npz_entry_read       (QsNpzEntry        *self,
                                            gint64             first,
                                            gint64             n,
                                            gpointer           buffer,
                                            GError           **error);
QsHostTensor      *qs_npz_entry_load       (QsNpzEntry        *self,
                                            GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsNpzEntry, qs_npz_entry_free)

/* @from, dense with axis 0 changing fastest, to dense row major. */
void qs_npy_transpose (const QsNpyHeader *header,
                       gconstpointer      from,
                       gpointer           to);

G_END_DECLS
