/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "numerics/qs-int8.h"
#include "qs-families.h"
#include "qs-op-pooling.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"
#include "qs-op-window.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsPoolingAttributes, field)

static const char *const type_names[] = {
  [QS_POOLING_MAX] = "Max",
  [QS_POOLING_AVERAGE] = "Average",
  [QS_POOLING_LP] = "Lp",
  NULL,
};

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, OFFSET (type), type_names },
  { "global", QS_FIELD_FLAG, OFFSET (global) },
  { "kernel_shape", QS_FIELD_INTS, OFFSET (kernel_shape) },
  { "strides", QS_FIELD_INTS, OFFSET (strides) },
  { "dilations", QS_FIELD_INTS, OFFSET (dilations) },
  { "pads", QS_FIELD_INTS, OFFSET (pads) },
  { "ceil_mode", QS_FIELD_FLAG, OFFSET (ceil_mode) },
  { "count_include_pad", QS_FIELD_FLAG, OFFSET (count_include_pad) },
  { "p", QS_FIELD_INT, OFFSET (p) },
  { NULL },
};

static gboolean
check (const QsPoolingAttributes *attributes,
       const QsTensor            *x,
       GError                   **error)
{
  int n = x->shape.n_dims - 2;

  if (x->type != QS_DATA_TYPE_UINT8 && !qs_layer_check_float (x, "the input", error))
    return FALSE;
  if (n < 1 || n > QS_MAX_SPATIAL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the input has %d dimensions; pooling needs 3 to 5", x->shape.n_dims);
      return FALSE;
    }
  if (!attributes->global &&
      (attributes->kernel_shape.n != n || attributes->strides.n != n ||
       attributes->dilations.n != n || attributes->pads.n != 2 * n))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the attributes do not belong to %d spatial dimensions", n);
      return FALSE;
    }

  return attributes->global ||
         (qs_ints_check_range (&attributes->kernel_shape, "kernel_shape", 1, QS_MAX_WINDOW,
                               error) &&
          qs_ints_check_range (&attributes->strides, "strides", 1, QS_MAX_WINDOW, error) &&
          qs_ints_check_range (&attributes->dilations, "dilations", 1, QS_MAX_WINDOW, error) &&
          qs_ints_check_range (&attributes->pads, "pads", 0, QS_MAX_WINDOW, error));
}

/**
 * qs_pooling_infer_shape:
 * @y: (out): the shape of the pooled @x
 *
 * Errors: %QS_ERROR_SHAPE, %QS_ERROR_LIMIT and %QS_ERROR_TYPE for windows that do not suit @x.
 */
gboolean
qs_pooling_infer_shape (const QsPoolingAttributes *attributes,
                        const QsTensor            *x,
                        QsShape                   *y,
                        GError                   **error)
{
  int n = x->shape.n_dims - 2;

  if (!check (attributes, x, error))
    return FALSE;

  *y = x->shape;
  for (int i = 0; i < n; i++)
    {
      gint64 in = x->shape.dims[2 + i], begin, end;

      y->dims[2 + i] = 1;
      if (attributes->global)
        continue;

      begin = attributes->pads.v[i];
      end = attributes->pads.v[n + i];
      y->dims[2 + i] = qs_window_output_size (in, attributes->kernel_shape.v[i],
                                             attributes->strides.v[i],
                                             attributes->dilations.v[i], begin + end,
                                             attributes->ceil_mode, begin);
      if (y->dims[2 + i] < 1 || y->dims[2 + i] > QS_MAX_DIM)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "the window does not fit into the padded input along spatial axis %d", i);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape y;

  return x != NULL && qs_pooling_infer_shape (layer->attributes, x, &y, error) &&
         qs_layer_set_output (layer, 0, x->type, &y, error);
}

static void
window_along (QsPoolingAxis *self,
              gint64         in,
              gint64         kernel,
              gint64         stride,
              gint64         dilation,
              gint64         begin,
              gint64         end)
{
  self->in = in;
  self->kernel = kernel;
  self->stride = stride;
  self->dilation = dilation;
  self->begin = begin;
  self->end = end;
}

/**
 * qs_pooling_axes_init:
 *
 * The windows along the three spatial axes; missing ones and global pooling become a window over
 * everything.
 */
void
qs_pooling_axes_init (QsPoolingAxis              axes[QS_MAX_SPATIAL],
                      const QsPoolingAttributes *attributes,
                      const QsShape             *x)
{
  int n = x->n_dims - 2;
  gint64 in[QS_MAX_SPATIAL];

  qs_spatial_dims (x, in);
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      int k = i - (QS_MAX_SPATIAL - n);

      if (k < 0 || attributes->global)
        window_along (&axes[i], in[i], in[i], 1, 1, 0, 0);
      else
        window_along (&axes[i], in[i], attributes->kernel_shape.v[k], attributes->strides.v[k],
                      attributes->dilations.v[k], attributes->pads.v[k],
                      attributes->pads.v[n + k]);
    }
}

/**
 * qs_pooling_axis_range:
 * @first: (out): first tap of window @o that lies inside the input
 * @last: (out): one past the last one
 *
 * Returns: how many taps lie inside the padded input, which count_include_pad divides by
 */
gint64
qs_pooling_axis_range (const QsPoolingAxis *self,
                       gint64               o,
                       gint64              *first,
                       gint64              *last)
{
  gint64 start = o * self->stride - self->begin, padded_first, padded_last;

  qs_window_range (self->kernel, self->dilation, start, self->in, first, last);
  qs_window_range (self->kernel, self->dilation, start, self->in + self->end, &padded_first,
                   &padded_last);
  return padded_last;
}

/**
 * qs_pooling_count_steps:
 *
 * How many elements all windows have together.
 */
double
qs_pooling_count_steps (const QsPoolingAttributes *attributes,
                        const QsShape             *x,
                        const QsShape             *y)
{
  double steps = (double) qs_shape_n_elements (y);

  for (int i = 2; i < x->n_dims; i++)
    steps *= (double) (attributes->global ? x->dims[i]
                                          : MIN (attributes->kernel_shape.v[i - 2], x->dims[i]));
  return steps;
}

typedef struct
{
  float (*step) (float sum, float x, float p);
  float (*finish) (float sum, float count, float p);
  float start;
} Function;

static float
step_max (float sum, float x, float p)
{
  return x > sum || isnan (x) ? x : sum;
}

static float
step_sum (float sum, float x, float p)
{
  return sum + x;
}

static float
step_lp (float sum, float x, float p)
{
  return sum + (p == 1.0f ? fabsf (x) : p == 2.0f ? x * x : powf (fabsf (x), p));
}

static float
finish_max (float sum, float count, float p)
{
  return sum;
}

static float
finish_average (float sum, float count, float p)
{
  return sum / count;
}

static float
finish_lp (float sum, float count, float p)
{
  return p == 1.0f ? sum : p == 2.0f ? sqrtf (sum) : powf (sum, 1.0f / p);
}

static const Function functions[] = {
  [QS_POOLING_MAX] = { step_max, finish_max, -INFINITY },
  [QS_POOLING_AVERAGE] = { step_sum, finish_average, 0 },
  [QS_POOLING_LP] = { step_lp, finish_lp, 0 },
};

/* One window, in the order depth, height, width. */
static float
pool_window (const QsPoolingAttributes *attributes,
             const QsPoolingAxis       *axes,
             const gint64               strides[QS_MAX_SPATIAL],
             const gint64               o[QS_MAX_SPATIAL],
             const float               *x)
{
  const Function *function = &functions[attributes->type];
  gint64 first[QS_MAX_SPATIAL], last[QS_MAX_SPATIAL], step[QS_MAX_SPATIAL];
  gint64 inside = 1, padded = 1;
  float p = (float) attributes->p, sum = function->start;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      padded *= qs_pooling_axis_range (&axes[i], o[i], &first[i], &last[i]);
      inside *= last[i] - first[i];
      step[i] = axes[i].dilation * strides[i];
      x += (o[i] * axes[i].stride - axes[i].begin) * strides[i];
    }

  for (gint64 d = first[0]; d < last[0]; d++)
    for (gint64 h = first[1]; h < last[1]; h++)
      for (gint64 w = first[2]; w < last[2]; w++)
        sum = function->step (sum, x[d * step[0] + h * step[1] + w * step[2]], p);

  return function->finish (sum, (float) (attributes->count_include_pad ? padded : inside), p);
}

static void
pool_plane (const QsLayer       *layer,
            const QsPoolingAxis *axes,
            const QsView        *x,
            const float         *from,
            const QsView        *y,
            float               *to)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  gint64 x_strides[QS_MAX_SPATIAL], y_strides[QS_MAX_SPATIAL], out[QS_MAX_SPATIAL];
  gint64 o[QS_MAX_SPATIAL];

  qs_spatial_strides (x, x_strides);
  qs_spatial_strides (y, y_strides);
  qs_spatial_dims (&y->shape, out);

  for (o[0] = 0; o[0] < out[0]; o[0]++)
    for (o[1] = 0; o[1] < out[1]; o[1]++)
      for (o[2] = 0; o[2] < out[2]; o[2]++)
        to[o[0] * y_strides[0] + o[1] * y_strides[1] + o[2] * y_strides[2]] =
          qs_activation_apply (&layer->activation,
                               pool_window (attributes, axes, x_strides, o, from));
}

static gboolean
compute (const QsLayer *layer,
         const QsView  *inputs,
         QsView        *outputs,
         GError       **error)
{
  const QsView *x = &inputs[0];
  QsView *y = &outputs[0];
  QsPoolingAxis axes[QS_MAX_SPATIAL];

  qs_pooling_axes_init (axes, layer->attributes, &x->shape);
  for (gint64 n = 0; n < y->shape.dims[0]; n++)
    for (gint64 c = 0; c < y->shape.dims[1]; c++)
      pool_plane (layer, axes, x, (const float *) x->data + n * x->strides[0] + c * x->strides[1],
                  y, (float *) y->data + n * y->strides[0] + c * y->strides[1]);

  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  return qs_evaluate_in_floats (layer, inputs, outputs, compute, error);
}

static gboolean
parse_global (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  QsPoolingAttributes attributes = { .type = (QsPoolingType) op->variant, .global = TRUE };

  if (!qs_onnx_node_get_int (node, "p", 2, &attributes.p, error))
    return FALSE;

  return qs_importer_add_layer (importer, node, QS_LAYER_POOLING, &attributes, error) != NULL;
}

/* A window that lies in the padding alone has no maximum and no mean. */
static gboolean
check_pads (const QsPoolingAttributes *attributes,
            GError                   **error)
{
  int n = attributes->kernel_shape.n;

  for (int i = 0; i < 2 * n; i++)
    {
      gint64 extent =
        (attributes->kernel_shape.v[i % n] - 1) * attributes->dilations.v[i % n] + 1;

      if (attributes->pads.v[i] >= extent)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "pads has the value %" G_GINT64_FORMAT
                       ", which is not smaller than the window's %" G_GINT64_FORMAT,
                       attributes->pads.v[i], extent);
          return FALSE;
        }
    }

  return TRUE;
}

/* The positions of the maxima come from a layer of their own, so that the pooling itself is like
 * any other. */
static gboolean
add_indices (QsImporter                *importer,
             const QsOnnxNode          *node,
             const QsPoolingAttributes *pooling,
             QsTensor                  *x,
             GError                   **error)
{
  QsPoolingIndicesAttributes attributes = { .pooling = *pooling };
  const char *name = qs_onnx_node_get_output (node, 1);
  QsTensor *indices;

  if (!qs_onnx_node_get_flag (node, "storage_order", FALSE, &attributes.columns, error))
    return FALSE;

  indices = qs_importer_add_step (importer, node, QS_LAYER_POOLING_INDICES, &attributes, "indices",
                                  &x, 1, error);
  if (indices == NULL)
    return FALSE;

  qs_network_rename_tensor (qs_importer_get_network (importer), indices, name);
  qs_importer_bind_output (importer, node, 1, indices);
  return TRUE;
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsPoolingAttributes attributes = { .type = (QsPoolingType) op->variant };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  if (x == NULL || !qs_onnx_node_get_ints (node, "kernel_shape", &attributes.kernel_shape, error) ||
      !qs_onnx_node_get_flag (node, "ceil_mode", FALSE, &attributes.ceil_mode, error) ||
      !qs_onnx_node_get_flag (node, "count_include_pad", FALSE, &attributes.count_include_pad,
                              error) ||
      !qs_onnx_node_get_int (node, "p", 2, &attributes.p, error))
    return FALSE;

  if (x->shape.n_dims < 3 || x->shape.n_dims > 2 + QS_MAX_SPATIAL ||
      attributes.kernel_shape.n != x->shape.n_dims - 2)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "kernel_shape has %d values for an input of %d dimensions",
                   attributes.kernel_shape.n, x->shape.n_dims);
      return FALSE;
    }

  return qs_window_parse (node, &x->shape, &attributes.kernel_shape, &attributes.strides,
                          &attributes.dilations, &attributes.pads, FALSE, error) &&
         check_pads (&attributes, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_POOLING, &attributes, &x, 1, 1,
                                     error) != NULL &&
         (qs_onnx_node_get_output (node, 1) == NULL ||
          add_indices (importer, node, &attributes, x, error));
}

static QsPlacement
qdq_placement (const QsLayer  *layer,
               const char    **why_not)
{
  const QsPoolingAttributes *attributes = layer->attributes;

  if (attributes->type == QS_POOLING_MAX && layer->activation.type == QS_ACTIVATION_NONE)
    return QS_PLACEMENT_COMMUTES;

  *why_not = attributes->type == QS_POOLING_LP ? "Lp pooling has no INT8 form"
                                               : "a mean lies between the values that INT8 has";
  return attributes->type == QS_POOLING_LP ? QS_PLACEMENT_FLOAT : QS_PLACEMENT_NON_WEIGHTED;
}

static double
count_steps (const QsLayer *layer)
{
  return qs_pooling_count_steps (layer->attributes, &qs_layer_get_input (layer, 0)->shape,
                                 &qs_layer_get_output (layer, 0)->shape);
}

const QsLayerClass qs_layer_classes_pooling[] = {
  {
    .kind = QS_LAYER_POOLING,
    .name = "Pooling",
    .placement = QS_PLACEMENT_NON_WEIGHTED,
    .attributes_size = sizeof (QsPoolingAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .qdq_placement = qdq_placement,
    .count_steps = count_steps,
  },
  { 0 },
};

const QsOperator qs_operators_pooling[] = {
  { "MaxPool", 1, 0, QS_POOLING_MAX, parse },
  { "AveragePool", 7, 0, QS_POOLING_AVERAGE, parse },
  { "LpPool", 2, 0, QS_POOLING_LP, parse },
  { "GlobalMaxPool", 1, 0, QS_POOLING_MAX, parse_global },
  { "GlobalAveragePool", 1, 0, QS_POOLING_AVERAGE, parse_global },
  { "GlobalLpPool", 2, 0, QS_POOLING_LP, parse_global },
  { 0 },
};
