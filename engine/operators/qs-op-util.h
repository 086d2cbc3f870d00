/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-error.h"
#include "network/qs-network.h"

G_BEGIN_DECLS

/* What the operators' files have in common: axes, output shapes, walking strided views. */

gboolean  qs_axis_resolve        (gint64         axis,
                                  int            n_dims,
                                  int           *result,
                                  GError       **error);
gboolean  qs_axis_check          (gint64         axis,
                                  int            n_dims,
                                  GError       **error);
gboolean  qs_data_type_check     (gint64         value,
                                  GError       **error);
gboolean  qs_axes_resolve        (QsInts        *axes,
                                  int            n_dims,
                                  GError       **error);
gboolean  qs_ints_contain        (const QsInts  *self,
                                  gint64         value);
gboolean  qs_ints_check_range    (const QsInts  *self,
                                  const char    *what,
                                  gint64         low,
                                  gint64         high,
                                  GError       **error);

QsTensor *qs_layer_require_input (const QsLayer *self,
                                  guint          index,
                                  GError       **error);
gboolean  qs_layer_set_output    (QsLayer       *self,
                                  guint          index,
                                  QsDataType     type,
                                  const QsShape *shape,
                                  GError       **error);
gboolean  qs_layer_input_ints    (const QsLayer *self,
                                  guint          index,
                                  const char    *what,
                                  QsInts        *values,
                                  GError       **error);

QsTensor *qs_layer_require_value (const QsLayer *self,
                                  guint          index,
                                  GError       **error);

#define QS_MAX_INFER_STEPS 2e8

gboolean  qs_layer_check_steps   (double         steps,
                                  GError       **error);

void      qs_broadcast_strides   (const QsView  *view,
                                  const QsShape *to,
                                  gint64        *strides);
double    qs_view_get_number     (const QsView  *self,
                                  gint64         offset);
void      qs_view_set_number     (const QsView  *self,
                                  gint64         offset,
                                  double         value);
gint64    qs_view_get_int        (const QsView  *self,
                                  gint64         offset);
void      qs_view_set_int        (const QsView  *self,
                                  gint64         offset,
                                  gint64         value);
void      qs_view_copy           (const QsView  *from,
                                  const QsView  *to);

/**
 * QsWalk:
 * @done: whether every element has been visited; set at once for an empty shape
 * @offset: for every view added, where the present element lies, in elements from its data
 * @index: the present logical index
 *
 * Visits the elements of a shape in row-major order and follows them in up to four strided views:
 *
 *     qs_walk_init (&walk, &y->shape);
 *     qs_walk_add (&walk, y->strides);
 *     qs_walk_add_broadcast (&walk, x);
 *     for (; !walk.done; qs_walk_next (&walk))
 *       out[walk.offset[0]] = f (in[walk.offset[1]]);
 */
#define QS_WALK_MAX 4

typedef struct
{
  gboolean done;
  gint64 offset[QS_WALK_MAX];
  gint64 index[QS_MAX_DIMS];
  /*< private >*/
  QsShape shape;
  int n;
  gint64 strides[QS_WALK_MAX][QS_MAX_DIMS];
} QsWalk;

void      qs_walk_init           (QsWalk        *self,
                                  const QsShape *shape);
void      qs_walk_add            (QsWalk        *self,
                                  const gint64  *strides);
void      qs_walk_add_broadcast  (QsWalk        *self,
                                  const QsView  *view);
void      qs_walk_next           (QsWalk        *self);

/* Copies one element of @size bytes (1, 2, 4 or 8) between offsets counted in elements. */
static inline void
qs_copy_element (gpointer      to,
                 gint64        to_offset,
                 gconstpointer from,
                 gint64        from_offset,
                 gsize         size)
{
  __builtin_memcpy ((guint8 *) to + (gsize) to_offset * size,
                    (const guint8 *) from + (gsize) from_offset * size, size);
}

G_END_DECLS
