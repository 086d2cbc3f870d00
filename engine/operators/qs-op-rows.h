/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-layer.h"

G_BEGIN_DECLS

/*
 * Rows: how the reference kernels walk over views. A row is a piece of the innermost axis, short
 * enough for a buffer on the stack; it is loaded into numbers of one domain, computed there and
 * stored again, so that no kernel has to know element types or memory layouts.
 *
 * Quantized INT8 (a view with a scale) is loaded as q * scale and stored as
 * clamp (round (v * (1 / scale))), exactly as numerics/qs-int8.h says.
 */

#define QS_ROW_LENGTH 256
#define QS_ROWS_MAX_VIEWS 4

/**
 * QsRows:
 * @length: elements of the current row
 * @offsets: where it starts in every view
 * @steps: distance between its elements in every view, 0 where the view is broadcast
 */
typedef struct
{
  gint64 length;
  gint64 offsets[QS_ROWS_MAX_VIEWS];
  gint64 steps[QS_ROWS_MAX_VIEWS];

  /*< private >*/
  guint n_views;
  QsShape shape;
  gint64 strides[QS_ROWS_MAX_VIEWS][QS_MAX_DIMS];
  gint64 index[QS_MAX_DIMS];
  gboolean finished;
} QsRows;

void     qs_rows_init     (QsRows        *self,
                           const QsShape *shape,
                           const QsView  *views[],
                           guint          n_views);
gboolean qs_rows_next     (QsRows        *self);

/**
 * QsDomain:
 * @QS_DOMAIN_FLOAT: float32; holds float16, quantized INT8 and 8-bit integers exactly
 * @QS_DOMAIN_DOUBLE: float64
 * @QS_DOMAIN_INT: int64 with wrap-around; booleans are 0 and 1, uint64 keeps its bits
 */
typedef enum
{
  QS_DOMAIN_FLOAT,
  QS_DOMAIN_DOUBLE,
  QS_DOMAIN_INT,
} QsDomain;

typedef union
{
  float f[QS_ROW_LENGTH];
  double d[QS_ROW_LENGTH];
  gint64 i[QS_ROW_LENGTH];
} QsRow;

QsDomain qs_view_domain   (const QsView  *view);
void     qs_row_load      (QsRow         *self,
                           QsDomain       domain,
                           const QsView  *view,
                           gint64         offset,
                           gint64         step,
                           gint64         length);
void     qs_row_store     (const QsRow   *self,
                           QsDomain       domain,
                           QsView        *view,
                           gint64         offset,
                           gint64         step,
                           gint64         length);

void     qs_floats_load   (float         *values,
                           const QsView  *view,
                           gint64         offset,
                           gint64         step,
                           gint64         length);
void     qs_floats_store  (const float   *values,
                           QsView        *view,
                           gint64         offset,
                           gint64         step,
                           gint64         length);

/* Some axes of a view: the walk over the others, and the shape of one position's elements. Both
 * keep the view's rank, with dimension 1 where the other has the axis, so its strides serve both. */
void     qs_shape_split   (const QsShape *shape,
                           const QsInts  *axes,
                           QsShape       *outer,
                           QsShape       *inner);
/* All elements of @inner at @offset of a view, in row-major order. */
void     qs_floats_gather (float         *values,
                           const QsView  *view,
                           gint64         offset,
                           const QsShape *inner);
void     qs_floats_scatter (const float  *values,
                           QsView        *view,
                           gint64         offset,
                           const QsShape *inner);

/**
 * QsEvaluate:
 *
 * The form of a layer class's reference kernel.
 */
typedef gboolean (*QsEvaluate) (const QsLayer *layer,
                                const QsView  *inputs,
                                QsView        *outputs,
                                GError       **error);

gboolean qs_evaluate_in_floats (const QsLayer *layer,
                                const QsView  *inputs,
                                QsView        *outputs,
                                QsEvaluate     compute,
                                GError       **error);
gpointer qs_try_new            (gint64         n,
                                gsize          element_size,
                                GError       **error);

/* For infer functions of layers that are computed in float32. */
gboolean   qs_layer_check_float   (const QsTensor *tensor,
                                   const char     *what,
                                   GError        **error);
QsDataType qs_layer_weighted_type (const QsLayer  *layer);

G_END_DECLS
