/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * QsExternalData:
 *
 * Files beside a model that hold its weights, each mapped once. Nothing outside the model's own
 * folder can be reached, neither by name nor through links.
 */
typedef struct _QsExternalData QsExternalData;

QsExternalData *qs_external_data_new  (const char      *folder);
void            qs_external_data_free (QsExternalData  *self);
GBytes         *qs_external_data_read (QsExternalData  *self,
                                       const char      *location,
                                       guint64          offset,
                                       guint64          length,
                                       GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsExternalData, qs_external_data_free)

G_END_DECLS
