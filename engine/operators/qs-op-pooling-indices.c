/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-families.h"
#include "qs-op-pooling.h"
#include "qs-op-util.h"
#include "qs-op-window.h"

/* Where the maxima of a pooling lie: what MaxPool's second output holds. */

#define OFFSET(field) G_STRUCT_OFFSET (QsPoolingIndicesAttributes, field)

static const QsField fields[] = {
  { "kernel_shape", QS_FIELD_INTS, OFFSET (pooling.kernel_shape) },
  { "strides", QS_FIELD_INTS, OFFSET (pooling.strides) },
  { "dilations", QS_FIELD_INTS, OFFSET (pooling.dilations) },
  { "pads", QS_FIELD_INTS, OFFSET (pooling.pads) },
  { "ceil_mode", QS_FIELD_FLAG, OFFSET (pooling.ceil_mode) },
  { "storage_order", QS_FIELD_FLAG, OFFSET (columns) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsPoolingIndicesAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape y;

  return x != NULL && qs_pooling_infer_shape (&attributes->pooling, x, &y, error) &&
         qs_layer_set_output (layer, 0, QS_DATA_TYPE_INT64, &y, error);
}

typedef struct
{
  QsPoolingAxis axes[QS_MAX_SPATIAL];
  gint64 strides[QS_MAX_SPATIAL]; /* of X's memory */
  gint64 counts[QS_MAX_SPATIAL];  /* by how much one step along the axis counts */
} Window;

/* The first of equal maxima; NaN counts as one, as in the pooling itself. */
static gint64
find_maximum (const Window *self,
              const QsView *x,
              gint64        plane,
              const gint64  o[QS_MAX_SPATIAL])
{
  gint64 first[QS_MAX_SPATIAL], last[QS_MAX_SPATIAL], start[QS_MAX_SPATIAL], k[QS_MAX_SPATIAL];
  double best = -INFINITY;
  gint64 found = -1;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      qs_pooling_axis_range (&self->axes[i], o[i], &first[i], &last[i]);
      start[i] = o[i] * self->axes[i].stride - self->axes[i].begin;
    }

  for (k[0] = first[0]; k[0] < last[0]; k[0]++)
    for (k[1] = first[1]; k[1] < last[1]; k[1]++)
      for (k[2] = first[2]; k[2] < last[2]; k[2]++)
        {
          gint64 offset = plane, count = 0;
          double value;

          for (int i = 0; i < QS_MAX_SPATIAL; i++)
            {
              gint64 position = start[i] + k[i] * self->axes[i].dilation;

              offset += position * self->strides[i];
              count += position * self->counts[i];
            }

          value = qs_view_get_number (x, offset);
          if (found < 0 || value > best || (isnan (value) && !isnan (best)))
            {
              best = value;
              found = count;
            }
        }

  return MAX (found, 0);
}

static void
window_init (Window                           *self,
             const QsPoolingIndicesAttributes *attributes,
             const QsView                     *x)
{
  gint64 in[QS_MAX_SPATIAL];

  qs_pooling_axes_init (self->axes, &attributes->pooling, &x->shape);
  qs_spatial_strides (x, self->strides);
  qs_spatial_dims (&x->shape, in);

  self->counts[0] = in[1] * in[2];
  self->counts[1] = attributes->columns ? 1 : in[2];
  self->counts[2] = attributes->columns ? in[1] : 1;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsView *x = &inputs[0], *y = &outputs[0];
  gint64 channels = x->shape.dims[1], size = 1, out[QS_MAX_SPATIAL], steps[QS_MAX_SPATIAL];
  QsShape planes = { .n_dims = 2, .dims = { x->shape.dims[0], channels } };
  Window window;
  QsWalk walk;

  window_init (&window, layer->attributes, x);
  qs_spatial_dims (&y->shape, out);
  qs_spatial_strides (y, steps);
  for (int i = 2; i < x->shape.n_dims; i++)
    size *= x->shape.dims[i];

  qs_walk_init (&walk, &planes);
  qs_walk_add (&walk, y->strides);
  qs_walk_add (&walk, x->strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 before = (walk.index[0] * channels + walk.index[1]) * size, o[QS_MAX_SPATIAL];
      gint64 *to = (gint64 *) y->data + walk.offset[0];

      for (o[0] = 0; o[0] < out[0]; o[0]++)
        for (o[1] = 0; o[1] < out[1]; o[1]++)
          for (o[2] = 0; o[2] < out[2]; o[2]++)
            to[o[0] * steps[0] + o[1] * steps[1] + o[2] * steps[2]] =
              before + find_maximum (&window, x, walk.offset[1], o);
    }

  return TRUE;
}

static double
count_steps (const QsLayer *layer)
{
  const QsPoolingIndicesAttributes *attributes = layer->attributes;

  return qs_pooling_count_steps (&attributes->pooling, &qs_layer_get_input (layer, 0)->shape,
                                 &qs_layer_get_output (layer, 0)->shape);
}

const QsLayerClass qs_layer_classes_pooling_indices[] = {
  { QS_LAYER_POOLING_INDICES, "PoolingIndices", QS_PLACEMENT_FLOAT,
    sizeof (QsPoolingIndicesAttributes), fields, infer, evaluate, .count_steps = count_steps },
  { .name = NULL },
};

/* MaxPool is read by the pooling family. */
const QsOperator qs_operators_pooling_indices[] = {
  { .op_type = NULL },
};
