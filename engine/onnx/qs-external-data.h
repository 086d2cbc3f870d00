/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * QsExternalData:
 *
 * Files beside a model that hold its weights, each mapped once. Nothing outside one folder, the
 * model's own or one that the user chose, can be reached, neither by name nor through links.
 */
typedef struct _QsExternalData QsExternalData;

QsExternalData *qs_external_data_new  (const char      *folder);
void            qs_external_data_free (QsExternalData  *self);
GBytes         *qs_external_data_read (QsExternalData  *self,
                                       const char      *location,
                                       guint64          offset,
                                       guint64          length,
                                       GError         **error);
/* (nullable): the first file that was asked for and is not there */
const char     *qs_external_data_get_missing (const QsExternalData *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsExternalData, qs_external_data_free)

G_END_DECLS
