/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "qs-tensor-item.h"

G_BEGIN_DECLS

/**
 * QsTensorColumn:
 *
 * A column of the tensor table, on the screen or in a CSV file: how it is called, what it says of
 * a tensor, and how it sorts. Some columns are there once per scale source.
 */
typedef struct _QsTensorColumn QsTensorColumn;

/* (element-type QsTensorColumn) (transfer full): all columns for these sources, in order */
GPtrArray  *qs_tensor_columns_new            (GPtrArray            *sources);
char       *qs_tensor_column_dup_title       (const QsTensorColumn *self,
                                              GPtrArray            *sources);
gboolean    qs_tensor_column_is_numeric      (const QsTensorColumn *self);
int         qs_tensor_column_get_width       (const QsTensorColumn *self);
/* As shown to people; empty where nothing is known. */
char       *qs_tensor_column_dup_text        (const QsTensorColumn *self,
                                              QsTensorItem         *item);
/* (nullable): what the text leaves out */
char       *qs_tensor_column_dup_tooltip     (const QsTensorColumn *self,
                                              QsTensorItem         *item);
/* Unknown values sort last. */
int         qs_tensor_column_compare         (const QsTensorColumn *self,
                                              QsTensorItem         *a,
                                              QsTensorItem         *b);
/* (element-type QsTensorItem): @items as comma-separated values with full precision. */
char       *qs_tensor_columns_to_csv         (GPtrArray            *sources,
                                              GListModel           *items);

G_END_DECLS
