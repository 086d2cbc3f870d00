/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-export.h"

G_BEGIN_DECLS

#define QS_EXPORT_MARGIN 28.0
#define QS_EXPORT_TITLE_SIZE 18.0

/* Where title, legend and graph are on an exported page, in pixels. */
typedef struct
{
  double width;
  double height;
  double legend_y;
  double graph_x;
  double graph_y;
} QsExportPage;

void     qs_export_page_init (QsExportPage   *self,
                              QsGraphScene   *scene,
                              const QsStyle  *style);
gboolean qs_export_save      (GFile          *file,
                              const char     *data,
                              gsize           length,
                              GCancellable   *cancellable,
                              GError        **error);

G_END_DECLS
