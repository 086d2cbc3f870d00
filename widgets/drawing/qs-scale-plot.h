/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-style.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsScalePlot:
 *
 * The ranges of several calibrators, tensor by tensor, for the scale chart. Built by one owner,
 * then shared and not changed any more. Reference counted.
 */
typedef struct _QsScalePlot QsScalePlot;

#define QS_TYPE_SCALE_PLOT (qs_scale_plot_get_type ())
GType        qs_scale_plot_get_type         (void);

QsScalePlot *qs_scale_plot_new              (void);
QsScalePlot *qs_scale_plot_ref              (QsScalePlot   *self);
void         qs_scale_plot_unref            (QsScalePlot   *self);
/* A calibrator; @ghost for one from a file that is compared with. Returns its index. */
guint        qs_scale_plot_add_series       (QsScalePlot   *self,
                                             const char    *name,
                                             gboolean       ghost);
/* A tensor, in data-flow order. Returns its index. */
guint        qs_scale_plot_add_row          (QsScalePlot   *self,
                                             const char    *tensor,
                                             int            tensor_id);
/* Largest |x|; anything but a positive finite number is “none”. */
void         qs_scale_plot_set_range        (QsScalePlot   *self,
                                             guint          row,
                                             guint          series,
                                             double         range);
/* How far the range was found to vary, drawn as a whisker; none where both are equal. */
void         qs_scale_plot_set_spread       (QsScalePlot   *self,
                                             guint          row,
                                             guint          series,
                                             double         low,
                                             double         high);
/* Whether there is one. */
gboolean     qs_scale_plot_get_spread       (QsScalePlot   *self,
                                             guint          row,
                                             guint          series,
                                             double        *low,
                                             double        *high);
/* A manual range, drawn as a diamond. */
void         qs_scale_plot_set_manual       (QsScalePlot   *self,
                                             guint          row,
                                             double         range);
/* One more series with the ranges of @table for the rows that are there already. */
guint        qs_scale_plot_add_table        (QsScalePlot   *self,
                                             const char    *name,
                                             gboolean       ghost,
                                             QsScaleTable  *table);
guint        qs_scale_plot_get_n_rows       (QsScalePlot   *self);
guint        qs_scale_plot_get_n_series     (QsScalePlot   *self);
const char  *qs_scale_plot_get_series_name  (QsScalePlot   *self,
                                             guint          series);
gboolean     qs_scale_plot_is_ghost         (QsScalePlot   *self,
                                             guint          series);
const char  *qs_scale_plot_get_tensor       (QsScalePlot   *self,
                                             guint          row);
int          qs_scale_plot_get_tensor_id    (QsScalePlot   *self,
                                             guint          row);
int          qs_scale_plot_find_tensor      (QsScalePlot   *self,
                                             int            tensor_id);
double       qs_scale_plot_get_range        (QsScalePlot   *self,
                                             guint          row,
                                             guint          series);
double       qs_scale_plot_get_manual       (QsScalePlot   *self,
                                             guint          row);
/* Largest range over smallest of a row, 1 when fewer than two are there: how much they disagree. */
double       qs_scale_plot_get_ratio        (QsScalePlot   *self,
                                             guint          row);
/* (transfer full) (array length=n_rows): rows from most to least disagreement; ties keep their order */
guint       *qs_scale_plot_sort_by_ratio    (QsScalePlot   *self);
/* Powers of ten around all ranges; 0.1 … 1 when there are none. */
void         qs_scale_plot_get_extent       (QsScalePlot   *self,
                                             double        *low,
                                             double        *high);
/* (transfer full): a row in words */
char        *qs_scale_plot_describe_row     (QsScalePlot   *self,
                                             guint          row);

/**
 * QsScaleMarks:
 * @order: (nullable): row at every place; %NULL for data-flow order
 * @offset: pixels that are scrolled away at the top
 * @selected: row or -1
 * @hover: row or -1
 */
typedef struct
{
  const guint *order;
  double offset;
  int selected;
  int hover;
  gboolean show_focus;
} QsScaleMarks;

#define QS_SCALE_MARKS_INIT { .selected = -1, .hover = -1 }
#define QS_SCALE_ROW_HEIGHT 24.0
#define QS_SCALE_HEADER_HEIGHT 52.0

void         qs_scale_plot_draw             (QsScalePlot          *self,
                                             cairo_t              *cr,
                                             const QsStyle        *style,
                                             const QsScaleMarks   *marks,
                                             double                width,
                                             double                height);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsScalePlot, qs_scale_plot_unref)

G_END_DECLS
