/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "numerics/qs-int8.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"
#include "qs-op-window.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsConvolutionAttributes, field)

static const QsField fields[] = {
  { "group", QS_FIELD_INT, OFFSET (groups) },
  { "kernel_shape", QS_FIELD_INTS, OFFSET (kernel_shape) },
  { "strides", QS_FIELD_INTS, OFFSET (strides) },
  { "dilations", QS_FIELD_INTS, OFFSET (dilations) },
  { "pads", QS_FIELD_INTS, OFFSET (pads) },
  { "output_padding", QS_FIELD_INTS, OFFSET (output_padding) },
  { NULL },
};

static gboolean
fail_shapes (GError        **error,
             const char     *what,
             const QsShape  *a,
             const QsShape  *b)
{
  g_autofree char *first = qs_shape_to_string (a);
  g_autofree char *second = qs_shape_to_string (b);

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "%s: input %s, weights %s", what, first, second);
  return FALSE;
}

static gboolean
check_inputs (const QsConvolutionAttributes *attributes,
              const QsTensor                *x,
              const QsTensor                *w,
              gboolean                       transposed,
              GError                       **error)
{
  int n = x->shape.n_dims - 2;

  if (n < 1 || n > QS_MAX_SPATIAL || w->shape.n_dims != x->shape.n_dims)
    return fail_shapes (error, "a convolution needs 3 to 5 dimensions, the same for both",
                        &x->shape, &w->shape);
  if (attributes->kernel_shape.n != n || attributes->strides.n != n ||
      attributes->dilations.n != n || attributes->pads.n != 2 * n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the attributes do not belong to %d spatial dimensions", n);
      return FALSE;
    }

  if (!qs_ints_check_range (&attributes->strides, "strides", 1, QS_MAX_WINDOW, error) ||
      !qs_ints_check_range (&attributes->dilations, "dilations", 1, QS_MAX_WINDOW, error) ||
      !qs_ints_check_range (&attributes->pads, "pads", 0, QS_MAX_WINDOW, error))
    return FALSE;

  for (int i = 0; i < n; i++)
    if (w->shape.dims[2 + i] != attributes->kernel_shape.v[i])
      return fail_shapes (error, "kernel_shape is not the shape of the weights", &x->shape,
                          &w->shape);

  if (attributes->groups < 1 || x->shape.dims[1] % attributes->groups != 0 ||
      w->shape.dims[0] % attributes->groups != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%" G_GINT64_FORMAT " groups do not divide the channels: %" G_GINT64_FORMAT
                   " of the input, %" G_GINT64_FORMAT " of the weights",
                   attributes->groups, x->shape.dims[1], w->shape.dims[0]);
      return FALSE;
    }
  if (transposed ? w->shape.dims[0] != x->shape.dims[1]
                 : w->shape.dims[1] != x->shape.dims[1] / attributes->groups)
    return fail_shapes (error, "the channels of input and weights differ", &x->shape, &w->shape);

  return TRUE;
}

static gboolean
check_bias (const QsLayer *layer,
            gint64         n_channels,
            GError       **error)
{
  QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);

  if (bias == NULL || (bias->shape.n_dims == 1 && bias->shape.dims[0] == n_channels))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "the bias “%s” is not a list of one number per output channel (%" G_GINT64_FORMAT
               ")", bias->name, n_channels);
  return FALSE;
}

static gboolean
finish_infer (QsLayer       *layer,
              const QsTensor *x,
              const QsShape *y,
              GError       **error)
{
  QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);

  if (!check_bias (layer, y->dims[1], error))
    return FALSE;
  if (residual != NULL && !qs_shape_equal (&residual->shape, y))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the residual input “%s” has another shape than the output", residual->name);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, qs_layer_weighted_type (layer), y, error);
}

static gboolean
check_size (gint64   size,
            int      axis,
            GError **error)
{
  if (size >= 1 && size <= QS_MAX_DIM)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "the kernel does not fit into the padded input along spatial axis %d, or the "
               "output is too large", axis);
  return FALSE;
}

static gboolean
infer_convolution (QsLayer *layer,
                   GError **error)
{
  const QsConvolutionAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, QS_INPUT_X, error);
  QsTensor *w = x != NULL ? qs_layer_require_input (layer, QS_INPUT_WEIGHTS, error) : NULL;
  QsShape y;

  if (w == NULL || !qs_layer_check_float (x, "the input", error) ||
      !check_inputs (attributes, x, w, FALSE, error))
    return FALSE;

  y = x->shape;
  y.dims[1] = w->shape.dims[0];
  for (int i = 0; i < y.n_dims - 2; i++)
    {
      gint64 begin = attributes->pads.v[i], end = attributes->pads.v[y.n_dims - 2 + i];

      y.dims[2 + i] = qs_window_output_size (x->shape.dims[2 + i], attributes->kernel_shape.v[i],
                                             attributes->strides.v[i],
                                             attributes->dilations.v[i], begin + end, FALSE,
                                             begin);
      if (!check_size (y.dims[2 + i], i, error))
        return FALSE;
    }

  return finish_infer (layer, x, &y, error);
}

static gint64
deconvolution_size (const QsConvolutionAttributes *attributes,
                    int                            axis,
                    gint64                         in)
{
  int n = attributes->kernel_shape.n;
  gint64 extra = attributes->output_padding.n == n ? attributes->output_padding.v[axis] : 0;

  return (in - 1) * attributes->strides.v[axis] + extra +
         (attributes->kernel_shape.v[axis] - 1) * attributes->dilations.v[axis] + 1 -
         attributes->pads.v[axis] - attributes->pads.v[n + axis];
}

static gboolean
infer_deconvolution (QsLayer *layer,
                     GError **error)
{
  const QsConvolutionAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, QS_INPUT_X, error);
  QsTensor *w = x != NULL ? qs_layer_require_input (layer, QS_INPUT_WEIGHTS, error) : NULL;
  QsShape y;

  if (w == NULL || !qs_layer_check_float (x, "the input", error) ||
      !check_inputs (attributes, x, w, TRUE, error) ||
      !qs_ints_check_range (&attributes->output_padding, "output_padding", 0, QS_MAX_WINDOW, error))
    return FALSE;

  y = x->shape;
  if (__builtin_mul_overflow (w->shape.dims[1], attributes->groups, &y.dims[1]))
    return fail_shapes (error, "too many output channels", &x->shape, &w->shape);
  for (int i = 0; i < y.n_dims - 2; i++)
    {
      y.dims[2 + i] = deconvolution_size (attributes, i, x->shape.dims[2 + i]);
      if (!check_size (y.dims[2 + i], i, error))
        return FALSE;
    }

  return finish_infer (layer, x, &y, error);
}

/*
 * One output channel is a plane of sums. Input channels and kernel taps come in the order
 * channel, depth, height, width, and each adds its products to the whole plane at once: every sum
 * is built in that order in float32, and the inner loop is long. Taps that fall into the padding
 * add nothing.
 */
typedef struct
{
  const QsConvolutionGeometry *geometry;
  gint64 from_strides[QS_MAX_SPATIAL]; /* of what is read at position i */
  gint64 to_strides[QS_MAX_SPATIAL];   /* of the sums */
  gboolean transposed;
} Plane;

static void
add_row (float       *to,
         gint64       to_step,
         const float *from,
         gint64       from_step,
         gint64       n,
         float        weight)
{
  if (to_step == 1 && from_step == 1)
    for (gint64 i = 0; i < n; i++)
      to[i] += weight * from[i];
  else
    for (gint64 i = 0; i < n; i++)
      to[i * to_step] += weight * from[i * from_step];
}

static void
add_tap (const Plane *plane,
         const gint64 tap[QS_MAX_SPATIAL],
         float        weight,
         const float *from,
         float       *to)
{
  QsTapSpan span;

  qs_tap_span_init (&span, plane->geometry, plane->transposed, tap, plane->from_strides,
                    plane->to_strides);
  for (gint64 d = 0; d < span.n[0]; d++)
    for (gint64 h = 0; h < span.n[1]; h++)
      add_row (to + span.to + d * span.to_step[0] + h * span.to_step[1], span.to_step[2],
               from + span.from + d * span.from_step[0] + h * span.from_step[1],
               span.from_step[2], span.n[2], weight);
}

static void
add_channel (const Plane  *plane,
             const QsView *w,
             gint64        w_offset,
             const float  *from,
             float        *to)
{
  const QsConvolutionGeometry *g = plane->geometry;
  gint64 strides[QS_MAX_SPATIAL], tap[QS_MAX_SPATIAL];
  const float *weights = (const float *) w->data + w_offset;

  qs_spatial_strides (w, strides);
  for (tap[0] = 0; tap[0] < g->kernel[0]; tap[0]++)
    for (tap[1] = 0; tap[1] < g->kernel[1]; tap[1]++)
      for (tap[2] = 0; tap[2] < g->kernel[2]; tap[2]++)
        add_tap (plane, tap,
                 weights[tap[0] * strides[0] + tap[1] * strides[1] + tap[2] * strides[2]], from,
                 to);
}

/* Sums to outputs: bias, residual, activation. */
static void
finish_plane (const QsLayer *layer,
              float          bias,
              const QsView  *residual,
              gint64         residual_offset,
              QsView        *y,
              gint64         y_offset,
              float         *sums,
              const gint64   dims[QS_MAX_SPATIAL])
{
  gint64 y_strides[QS_MAX_SPATIAL], r_strides[QS_MAX_SPATIAL] = { 0 };
  float *out = (float *) y->data + y_offset;
  const float *r = residual != NULL ? (const float *) residual->data + residual_offset : NULL;
  gint64 i = 0;

  qs_spatial_strides (y, y_strides);
  if (r != NULL)
    qs_spatial_strides (residual, r_strides);

  for (gint64 k = 0; k < dims[0] * dims[1] * dims[2]; k++)
    sums[k] += bias;
  for (gint64 d = 0; r != NULL && d < dims[0]; d++)
    for (gint64 h = 0; h < dims[1]; h++)
      for (gint64 w = 0; w < dims[2]; w++)
        sums[i++] += r[d * r_strides[0] + h * r_strides[1] + w * r_strides[2]];

  qs_activation_apply_row (&layer->activation, sums, dims[0] * dims[1] * dims[2]);

  i = 0;
  for (gint64 d = 0; d < dims[0]; d++)
    for (gint64 h = 0; h < dims[1]; h++)
      for (gint64 w = 0; w < dims[2]; w++)
        out[d * y_strides[0] + h * y_strides[1] + w * y_strides[2]] = sums[i++];
}

static void
compute_channel (const QsLayer *layer,
                 const Plane   *plane,
                 const QsView  *inputs,
                 QsView        *y,
                 gint64         n,
                 gint64         k,
                 float         *sums)
{
  const QsConvolutionGeometry *g = plane->geometry;
  const QsView *x = &inputs[QS_INPUT_X], *w = &inputs[QS_INPUT_WEIGHTS];
  gboolean has_bias = layer->inputs->len > QS_INPUT_BIAS && inputs[QS_INPUT_BIAS].data != NULL;
  gboolean has_residual =
    layer->inputs->len > QS_INPUT_RESIDUAL && inputs[QS_INPUT_RESIDUAL].data != NULL;
  const QsView *residual = has_residual ? &inputs[QS_INPUT_RESIDUAL] : NULL;
  gint64 group = k / g->out_channels;
  float bias = 0;

  memset (sums, 0, sizeof (float) * (gsize) (g->out[0] * g->out[1] * g->out[2]));
  for (gint64 ci = 0; ci < g->in_channels; ci++)
    {
      gint64 c = group * g->in_channels + ci;
      gint64 w_offset = plane->transposed
                          ? c * w->strides[0] + (k % g->out_channels) * w->strides[1]
                          : k * w->strides[0] + ci * w->strides[1];

      add_channel (plane, w, w_offset,
                   (const float *) x->data + n * x->strides[0] + c * x->strides[1], sums);
    }

  if (has_bias)
    bias = ((const float *) inputs[QS_INPUT_BIAS].data)[k * inputs[QS_INPUT_BIAS].strides[0]];
  finish_plane (layer, bias, residual,
                residual != NULL ? n * residual->strides[0] + k * residual->strides[1] : 0, y,
                n * y->strides[0] + k * y->strides[1], sums, g->out);
}

static gboolean
compute (const QsLayer *layer,
         const QsView  *inputs,
         QsView        *outputs,
         GError       **error)
{
  const QsView *x = &inputs[QS_INPUT_X];
  QsView *y = &outputs[0];
  QsConvolutionGeometry geometry;
  Plane plane = { .geometry = &geometry };
  g_autofree float *sums = NULL;

  qs_convolution_geometry_init (&geometry, layer->attributes, &x->shape, &y->shape);
  plane.transposed = layer->klass->kind == QS_LAYER_DECONVOLUTION;
  qs_spatial_strides (x, plane.from_strides);
  plane.to_strides[2] = 1;
  plane.to_strides[1] = geometry.out[2];
  plane.to_strides[0] = geometry.out[1] * geometry.out[2];

  sums = qs_try_new (geometry.out[0] * geometry.out[1] * geometry.out[2], sizeof (float), error);
  if (sums == NULL)
    return FALSE;

  for (gint64 n = 0; n < geometry.batch; n++)
    for (gint64 k = 0; k < geometry.groups * geometry.out_channels; k++)
      compute_channel (layer, &plane, inputs, y, n, k, sums);

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

/* kernel_shape: the attribute, or what the weights say. */
static gboolean
parse_kernel_shape (const QsOnnxNode *node,
                    const QsTensor   *x,
                    const QsTensor   *w,
                    QsInts           *kernel_shape,
                    GError          **error)
{
  int n = x->shape.n_dims - 2;

  if (!qs_onnx_node_get_ints (node, "kernel_shape", kernel_shape, error))
    return FALSE;
  if (n < 1 || n > QS_MAX_SPATIAL || w->shape.n_dims != x->shape.n_dims)
    return fail_shapes (error, "a convolution needs 3 to 5 dimensions, the same for both",
                        &x->shape, &w->shape);

  if (kernel_shape->n == 0)
    {
      kernel_shape->n = n;
      memcpy (kernel_shape->v, &w->shape.dims[2], sizeof (gint64) * (gsize) n);
    }
  return TRUE;
}

static gboolean
parse_common (QsImporter              *importer,
              const QsOnnxNode        *node,
              QsConvolutionAttributes *attributes,
              gboolean                 transposed,
              QsTensor               **x,
              GError                 **error)
{
  QsTensor *w;

  *x = qs_importer_require_input (importer, node, 0, error);
  w = *x != NULL ? qs_importer_require_input (importer, node, 1, error) : NULL;

  return w != NULL && parse_kernel_shape (node, *x, w, &attributes->kernel_shape, error) &&
         qs_onnx_node_get_int (node, "group", 1, &attributes->groups, error) &&
         qs_window_parse (node, &(*x)->shape, &attributes->kernel_shape, &attributes->strides,
                          &attributes->dilations, &attributes->pads, transposed, error);
}

static gboolean
parse_convolution (QsImporter       *importer,
                   const QsOperator *op,
                   const QsOnnxNode *node,
                   GError          **error)
{
  QsConvolutionAttributes attributes = { 0 };
  QsTensor *x;

  return parse_common (importer, node, &attributes, FALSE, &x, error) &&
         qs_importer_add_layer (importer, node, QS_LAYER_CONVOLUTION, &attributes, error) != NULL;
}

/*
 * output_shape decides the padding (ConvTranspose's specification): what the full output has too
 * much is cut, the odd element in front for SAME_UPPER's opposite. auto_pad SAME asks for
 * in * stride outputs.
 */
static gboolean
resolve_output_shape (QsConvolutionAttributes *attributes,
                      const QsShape           *x,
                      const QsInts            *output_shape,
                      gboolean                 upper,
                      GError                 **error)
{
  int n = attributes->kernel_shape.n;
  /* Some exporters write all dimensions, not just the spatial ones. */
  int skip = output_shape->n == n + 2 ? 2 : 0;

  if (output_shape->n != n + skip)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "output_shape has %d values instead of %d",
                   output_shape->n, n);
      return FALSE;
    }
  if (!qs_ints_check_range (output_shape, "output_shape", 1, QS_MAX_DIM, error))
    return FALSE;

  for (int i = 0; i < 2 * n; i++)
    attributes->pads.v[i] = 0;
  for (int i = 0; i < n; i++)
    {
      gint64 full = deconvolution_size (attributes, i, x->dims[2 + i]);
      gint64 total = full - output_shape->v[skip + i];

      /* A larger output than the sums reach: the rest is padding of the output, zeros. */
      if (total < 0)
        {
          attributes->output_padding.v[i] -= total;
          total = 0;
        }
      attributes->pads.v[i] = upper ? total / 2 : total - total / 2;
      attributes->pads.v[n + i] = total - attributes->pads.v[i];
    }

  return TRUE;
}

static gboolean
parse_deconvolution (QsImporter       *importer,
                     const QsOperator *op,
                     const QsOnnxNode *node,
                     GError          **error)
{
  QsConvolutionAttributes attributes = { 0 };
  g_autofree char *auto_pad = NULL;
  QsInts output_shape;
  QsTensor *x;
  gboolean same;
  int n;

  if (!parse_common (importer, node, &attributes, TRUE, &x, error) ||
      !qs_onnx_node_get_ints (node, "output_padding", &attributes.output_padding, error) ||
      !qs_onnx_node_get_ints (node, "output_shape", &output_shape, error) ||
      !qs_onnx_node_get_string (node, "auto_pad", "NOTSET", &auto_pad, error))
    return FALSE;

  n = attributes.kernel_shape.n;
  if (attributes.output_padding.n == 0)
    attributes.output_padding.n = n;
  if (attributes.output_padding.n != n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "output_padding has %d values instead of %d",
                   attributes.output_padding.n, n);
      return FALSE;
    }
  if (!qs_ints_check_range (&attributes.output_padding, "output_padding", 0, G_MAXINT32 / 4,
                            error))
    return FALSE;

  same = g_str_has_prefix (auto_pad, "SAME");
  if (same && output_shape.n == 0)
    {
      output_shape.n = n;
      for (int i = 0; i < n; i++)
        output_shape.v[i] = x->shape.dims[2 + i] * attributes.strides.v[i];
    }
  if (output_shape.n > 0 &&
      !resolve_output_shape (&attributes, &x->shape, &output_shape,
                             g_strcmp0 (auto_pad, "SAME_UPPER") == 0, error))
    return FALSE;

  return qs_importer_add_layer (importer, node, QS_LAYER_DECONVOLUTION, &attributes, error) !=
         NULL;
}

const QsLayerClass qs_layer_classes_convolution[] = {
  {
    .kind = QS_LAYER_CONVOLUTION,
    .name = "Convolution",
    .placement = QS_PLACEMENT_WEIGHTED,
    .attributes_size = sizeof (QsConvolutionAttributes),
    .fields = fields,
    .infer = infer_convolution,
    .evaluate = evaluate,
  },
  {
    .kind = QS_LAYER_DECONVOLUTION,
    .name = "Deconvolution",
    .placement = QS_PLACEMENT_WEIGHTED,
    .attributes_size = sizeof (QsConvolutionAttributes),
    .fields = fields,
    .infer = infer_deconvolution,
    .evaluate = evaluate,
  },
  { 0 },
};

const QsOperator qs_operators_convolution[] = {
  { "Conv", 1, 0, 0, parse_convolution },
  { "ConvTranspose", 1, 0, 0, parse_deconvolution },
  { 0 },
};
