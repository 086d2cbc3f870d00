/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-graph-draw.h"

G_BEGIN_DECLS

/* Whole graphs as vector graphics with a title and a legend, always in the light style unless
 * @dark. SVG text is text; a PDF page is at most 14,400 points (200 inches) long, which readers can
 * still show, and larger graphs are scaled down to it. */

gboolean qs_graph_export_svg (QsGraphScene   *scene,
                              GFile          *file,
                              gboolean        dark,
                              GCancellable   *cancellable,
                              GError        **error);
gboolean qs_graph_export_pdf (QsGraphScene   *scene,
                              GFile          *file,
                              gboolean        dark,
                              GCancellable   *cancellable,
                              GError        **error);
/* A view as the screen shows it; @width and @height are at most 32,767 pixels. */
gboolean qs_graph_export_png (QsGraphScene         *scene,
                              GFile                *file,
                              const QsStyle        *style,
                              const QsGraphMarks   *marks,
                              double                x,
                              double                y,
                              double                scale,
                              int                   width,
                              int                   height,
                              GCancellable         *cancellable,
                              GError              **error);
/* The factor that fits @width by @height points on a PDF page; 1 where they fit. */
double   qs_export_get_pdf_scale (double width,
                                  double height);

G_END_DECLS
