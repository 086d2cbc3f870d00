/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "operators/qs-attributes.h"
#include "operators/qs-op-rows.h"
#include "operators/qs-op-util.h"
#include "qs-cuda-views.h"

/*
 * Layers that compute element by element: activations, operations on one and two tensors, batch
 * normalization, quantization and dequantization, casts.
 */

/* Operations that float32 has but only the mathematical library computes have a kernel of their own. */
static const int unary_operations[QS_N_UNARY] = {
  [QS_UNARY_ABS] = QS_CUDA_ABS,
  [QS_UNARY_NEG] = QS_CUDA_NEG,
  [QS_UNARY_SQRT] = QS_CUDA_SQRT,
  [QS_UNARY_EXP] = QS_CUDA_EXP,
  [QS_UNARY_LOG] = QS_CUDA_LOG,
  [QS_UNARY_ERF] = QS_CUDA_ERF,
  [QS_UNARY_RECIPROCAL] = QS_CUDA_RECIPROCAL,
  [QS_UNARY_FLOOR] = QS_CUDA_FLOOR,
  [QS_UNARY_CEIL] = QS_CUDA_CEIL,
  [QS_UNARY_ROUND] = QS_CUDA_ROUND,
  [QS_UNARY_SIGN] = QS_CUDA_SIGN,
  [QS_UNARY_SIN] = QS_CUDA_SIN,
  [QS_UNARY_COS] = QS_CUDA_COS,
  [QS_UNARY_TAN] = QS_CUDA_TAN,
  [QS_UNARY_ASIN] = QS_CUDA_ASIN,
  [QS_UNARY_ACOS] = QS_CUDA_ACOS,
  [QS_UNARY_ATAN] = QS_CUDA_ATAN,
  [QS_UNARY_SINH] = QS_CUDA_SINH,
  [QS_UNARY_COSH] = QS_CUDA_COSH,
  [QS_UNARY_ASINH] = QS_CUDA_ASINH,
  [QS_UNARY_ACOSH] = QS_CUDA_ACOSH,
  [QS_UNARY_ATANH] = QS_CUDA_ATANH,
  [QS_UNARY_IS_NAN] = QS_CUDA_IS_NAN,
  [QS_UNARY_IS_INF] = QS_CUDA_IS_INF,
};

static const int unary_integers[QS_N_UNARY] = {
  [QS_UNARY_ABS] = QS_CUDA_INTEGER_ABS,
  [QS_UNARY_NEG] = QS_CUDA_INTEGER_NEG,
  [QS_UNARY_SIGN] = QS_CUDA_INTEGER_SIGN,
  [QS_UNARY_NOT] = QS_CUDA_INTEGER_NOT,
  [QS_UNARY_BIT_NOT] = QS_CUDA_INTEGER_BIT_NOT,
};

static const int operations[QS_N_ELEMENT_WISE] = {
  [QS_ELEMENT_WISE_ADD] = QS_CUDA_ADD,
  [QS_ELEMENT_WISE_SUB] = QS_CUDA_SUB,
  [QS_ELEMENT_WISE_MUL] = QS_CUDA_MUL,
  [QS_ELEMENT_WISE_DIV] = QS_CUDA_DIV,
  [QS_ELEMENT_WISE_POW] = QS_CUDA_POW,
  [QS_ELEMENT_WISE_MIN] = QS_CUDA_MIN,
  [QS_ELEMENT_WISE_MAX] = QS_CUDA_MAX,
  [QS_ELEMENT_WISE_MEAN] = QS_CUDA_MEAN,
  [QS_ELEMENT_WISE_FMOD] = QS_CUDA_FMOD,
  [QS_ELEMENT_WISE_PRELU] = QS_CUDA_PRELU,
  [QS_ELEMENT_WISE_EQUAL] = QS_CUDA_EQUAL,
  [QS_ELEMENT_WISE_LESS] = QS_CUDA_LESS,
  [QS_ELEMENT_WISE_LESS_OR_EQUAL] = QS_CUDA_LESS_OR_EQUAL,
  [QS_ELEMENT_WISE_GREATER] = QS_CUDA_GREATER,
  [QS_ELEMENT_WISE_GREATER_OR_EQUAL] = QS_CUDA_GREATER_OR_EQUAL,
};

static const int integer_operations[QS_N_ELEMENT_WISE] = {
  [QS_ELEMENT_WISE_ADD] = QS_CUDA_INTEGER_ADD,
  [QS_ELEMENT_WISE_SUB] = QS_CUDA_INTEGER_SUB,
  [QS_ELEMENT_WISE_MUL] = QS_CUDA_INTEGER_MUL,
  [QS_ELEMENT_WISE_DIV] = QS_CUDA_INTEGER_DIV,
  [QS_ELEMENT_WISE_MIN] = QS_CUDA_INTEGER_MIN,
  [QS_ELEMENT_WISE_MAX] = QS_CUDA_INTEGER_MAX,
  [QS_ELEMENT_WISE_MOD] = QS_CUDA_INTEGER_MOD,
  [QS_ELEMENT_WISE_FMOD] = QS_CUDA_INTEGER_FMOD,
  [QS_ELEMENT_WISE_EQUAL] = QS_CUDA_INTEGER_EQUAL,
  [QS_ELEMENT_WISE_LESS] = QS_CUDA_INTEGER_LESS,
  [QS_ELEMENT_WISE_LESS_OR_EQUAL] = QS_CUDA_INTEGER_LESS_OR_EQUAL,
  [QS_ELEMENT_WISE_GREATER] = QS_CUDA_INTEGER_GREATER,
  [QS_ELEMENT_WISE_GREATER_OR_EQUAL] = QS_CUDA_INTEGER_GREATER_OR_EQUAL,
  [QS_ELEMENT_WISE_AND] = QS_CUDA_INTEGER_AND,
  [QS_ELEMENT_WISE_OR] = QS_CUDA_INTEGER_OR,
  [QS_ELEMENT_WISE_XOR] = QS_CUDA_INTEGER_XOR,
  [QS_ELEMENT_WISE_BIT_SHIFT_LEFT] = QS_CUDA_INTEGER_SHIFT_LEFT,
  [QS_ELEMENT_WISE_BIT_SHIFT_RIGHT] = QS_CUDA_INTEGER_SHIFT_RIGHT,
  [QS_ELEMENT_WISE_BIT_AND] = QS_CUDA_INTEGER_BIT_AND,
  [QS_ELEMENT_WISE_BIT_OR] = QS_CUDA_INTEGER_BIT_OR,
  [QS_ELEMENT_WISE_BIT_XOR] = QS_CUDA_INTEGER_BIT_XOR,
};

/* Numbers that the kernels count with: not uint64, whose order is another. */
static gboolean
is_integer (QsDataType type)
{
  return type == QS_DATA_TYPE_BOOL ||
         (qs_data_type_is_integer (type) && type != QS_DATA_TYPE_UINT64);
}

static gboolean
activation_supports (const QsKernel *kernel,
                     const QsLayer  *layer,
                     const char    **reason)
{
  if (!qs_cuda_is_real (qs_layer_get_input (layer, 0)) ||
      !qs_cuda_is_real (qs_layer_get_output (layer, 0)))
    return qs_cuda_refuse (reason, "its tensors are neither float nor INT8 with a scale");
  return qs_cuda_fits (kernel, layer, reason);
}

static void
set_activation (QsCudaPointwise *args,
                const QsLayer   *layer)
{
  args->activation = layer->activation.type;
  args->alpha = layer->activation.alpha;
  args->beta = layer->activation.beta;
}

/* Views of the output and the first inputs. */
static void
collect_views (QsView            *views,
               const QsLayer     *layer,
               const QsCudaLayer *state,
               const QsExecution *execution,
               guint              n_inputs)
{
  views[0] = execution->outputs[0];
  for (guint i = 0; i < n_inputs; i++)
    views[1 + i] = qs_cuda_layer_input (state, layer, execution, i);
}

static gboolean
activation_execute (const QsKernel    *kernel,
                    const QsLayer     *layer,
                    gpointer           state,
                    const QsExecution *execution,
                    GError           **error)
{
  const QsCudaLayer *self = state;
  QsCudaPointwise args = { .operation = QS_CUDA_COPY };
  QsView views[2];

  set_activation (&args, layer);
  collect_views (views, layer, self, execution, 1);
  return qs_cuda_pointwise (self->device, &args, views, 2, error);
}

/* Integers: all operands as they are. */
static gboolean
run_integers (QsCudaDevice    *device,
              const char      *kernel,
              QsCudaPointwise *args,
              const QsView    *views,
              guint            n_views,
              GError         **error)
{
  QsCudaOperand *const operands[] = { &args->y, &args->a, &args->b };
  gint64 strides[3][QS_MAX_DIMS];
  const gint64 *all[3];
  QsCudaNest nest;

  if (qs_shape_n_elements (&views[0].shape) == 0)
    return TRUE;
  for (guint v = 0; v < n_views; v++)
    {
      qs_broadcast_strides (&views[v], &views[0].shape, strides[v]);
      all[v] = strides[v];
      operands[v]->data = views[v].data;
      operands[v]->type = views[v].type;
    }
  qs_cuda_nest_init (&nest, (int) n_views);
  qs_cuda_nest_add_views (&nest, &views[0].shape, all);
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  args->n_operands = (gint32) n_views - 1;
  qs_cuda_nest_get_loops (&nest, &args->loops);
  for (guint v = 0; v < n_views; v++)
    qs_cuda_nest_get_strides (&nest, (int) v, 1, operands[v]->strides);
  return qs_cuda_launch_elements (device, kernel, args->loops.n, args, error);
}

static gboolean
unary_supports (const QsKernel *kernel,
                const QsLayer  *layer,
                const char    **reason)
{
  const QsUnaryAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0);

  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  if (qs_cuda_is_real (x) ? unary_operations[attributes->type] == 0
                          : !is_integer (x->type) || unary_integers[attributes->type] == 0)
    return qs_cuda_refuse (reason, "the operation has no CUDA kernel for this type");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
unary_execute (const QsKernel    *kernel,
               const QsLayer     *layer,
               gpointer           state,
               const QsExecution *execution,
               GError           **error)
{
  const QsCudaLayer *self = state;
  const QsUnaryAttributes *attributes = layer->attributes;
  QsCudaPointwise args = { .operation = unary_operations[attributes->type] };
  QsView views[2];

  collect_views (views, layer, self, execution, 1);
  if (is_integer (views[1].type) && views[1].scale == 0.0f)
    {
      args.operation = unary_integers[attributes->type];
      return run_integers (self->device, "qs_integers", &args, views, 2, error);
    }
  args.alpha = attributes->detect_negative;
  args.beta = attributes->detect_positive;
  return qs_cuda_pointwise (self->device, &args, views, 2, error);
}

static gboolean
element_wise_supports (const QsKernel *kernel,
                       const QsLayer  *layer,
                       const char    **reason)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const gboolean real = qs_cuda_is_real (a) && qs_cuda_is_real (b);

  if (kernel->precision == QS_PRECISION_INT8 &&
      (!real || !qs_cuda_is_real (y) || a->type != QS_DATA_TYPE_INT8 ||
       b->type != QS_DATA_TYPE_INT8 || y->type != QS_DATA_TYPE_INT8))
    return qs_cuda_refuse (reason, "not all its tensors are INT8 with a scale");
  if (kernel->precision == QS_PRECISION_INT8 &&
      !(attributes->type <= QS_ELEMENT_WISE_MUL || attributes->type == QS_ELEMENT_WISE_MIN ||
        attributes->type == QS_ELEMENT_WISE_MAX))
    return qs_cuda_refuse (reason, "only Add, Sub, Mul, Min and Max have an INT8 form");
  if (real ? operations[attributes->type] == 0
           : a->type != b->type || !is_integer (a->type) || integer_operations[attributes->type] == 0)
    return qs_cuda_refuse (reason, "the operation has no CUDA kernel for these types");
  if (!real && layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "integers end in an activation");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
is_quantized (const QsView *view)
{
  return view->type == QS_DATA_TYPE_INT8 && view->scale > 0.0f;
}

/* Squares and cubes, as layer normalization and GELU have them, need no mathematical library. */
static int
find_operation (const QsLayer *layer,
                const QsView  *views)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  const QsTensor *b = qs_layer_get_input (layer, 1);

  if (attributes->type == QS_ELEMENT_WISE_ADD && is_quantized (&views[1]) && is_quantized (&views[2]))
    return QS_CUDA_ADD_SCALED;
  if (attributes->type == QS_ELEMENT_WISE_POW && b->value != NULL &&
      qs_host_tensor_get_n_elements (b->value) == 1)
    {
      const double exponent = qs_host_tensor_get_number (b->value, 0);

      if (exponent == 2.0 || exponent == 3.0)
        return exponent == 2.0 ? QS_CUDA_SQUARE : QS_CUDA_CUBE;
    }

  return operations[attributes->type];
}

static gboolean
element_wise_execute (const QsKernel    *kernel,
                      const QsLayer     *layer,
                      gpointer           state,
                      const QsExecution *execution,
                      GError           **error)
{
  const QsCudaLayer *self = state;
  const QsElementWiseAttributes *attributes = layer->attributes;
  QsCudaPointwise args = { .operation = 0 };
  QsView views[3];

  collect_views (views, layer, self, execution, 2);
  if (is_integer (views[1].type) && views[1].scale == 0.0f)
    {
      args.operation = integer_operations[attributes->type];
      return run_integers (self->device, "qs_integers", &args, views, 3, error);
    }
  args.operation = find_operation (layer, views);
  set_activation (&args, layer);
  return qs_cuda_pointwise (self->device, &args, views, 3, error);
}

enum
{
  SCALE_FACTOR,
  SCALE_SHIFT,
};

static float
scale_number (const QsLayer *layer,
              guint          input,
              gint64         i)
{
  return (float) qs_host_tensor_get_number (qs_layer_get_input (layer, input)->value, i);
}

/* x * factor + shift with factor = scale / sqrt (variance + epsilon), as in the layer class. */
static gpointer
scale_prepare (const QsKernel *kernel,
               const QsLayer  *layer,
               GError        **error)
{
  const QsScaleAttributes *attributes = layer->attributes;
  const gint64 n = qs_layer_get_input (layer, 0)->shape.dims[1];
  g_autofree float *factors = qs_try_new (2 * n, sizeof (float), error);
  QsCudaLayer *self = factors != NULL ? qs_cuda_layer_prepare (kernel, layer, error) : NULL;

  if (self == NULL)
    return NULL;
  for (gint64 c = 0; c < n; c++)
    {
      factors[c] = scale_number (layer, 1, c) /
                   sqrtf (scale_number (layer, 4, c) + attributes->epsilon);
      factors[n + c] = scale_number (layer, 2, c) - scale_number (layer, 3, c) * factors[c];
    }

  for (int i = SCALE_FACTOR; i <= SCALE_SHIFT; i++)
    {
      self->tables[i] = qs_cuda_device_upload_new (self->device, factors + i * n,
                                                   (gsize) n * sizeof (float), error);
      if (self->tables[i] == NULL)
        {
          qs_cuda_layer_release (self);
          return NULL;
        }
    }
  return self;
}

static gboolean
scale_supports (const QsKernel *kernel,
                const QsLayer  *layer,
                const char    **reason)
{
  for (guint i = 1; i < layer->inputs->len; i++)
    if (qs_layer_get_input (layer, i)->value == NULL)
      return qs_cuda_refuse (reason, "its parameters are not constant");
  return activation_supports (kernel, layer, reason);
}

/* A list of numbers, one for each index along @axis of @like. */
static QsView
list_view (gpointer      values,
           const QsView *like,
           int           axis)
{
  QsView view = { .data = values, .type = QS_DATA_TYPE_FLOAT, .shape = like->shape };

  for (int i = 0; i < like->shape.n_dims; i++)
    if (i != axis)
      view.shape.dims[i] = 1;
  view.strides[axis] = 1;
  return view;
}

static gboolean
scale_execute (const QsKernel    *kernel,
               const QsLayer     *layer,
               gpointer           state,
               const QsExecution *execution,
               GError           **error)
{
  const QsCudaLayer *self = state;
  QsCudaPointwise args = { .operation = QS_CUDA_MUL_ADD };
  QsView views[4];

  set_activation (&args, layer);
  collect_views (views, layer, self, execution, 1);
  for (int i = SCALE_FACTOR; i <= SCALE_SHIFT; i++)
    views[2 + i] = list_view (self->tables[i], &views[0], 1);
  return qs_cuda_pointwise (self->device, &args, views, 4, error);
}

/* QuantizeLinear and DequantizeLinear of INT8, with one scale or one for each channel. */
static gboolean
quantize_supports (const QsKernel *kernel,
                   const QsLayer  *layer,
                   const char    **reason)
{
  const gboolean quantizes = layer->klass->kind == QS_LAYER_QUANTIZE;
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  const QsTensor *floats = quantizes ? x : y, *integers = quantizes ? y : x;

  if (integers->type != QS_DATA_TYPE_INT8 ||
      (floats->type != QS_DATA_TYPE_FLOAT && floats->type != QS_DATA_TYPE_FLOAT16))
    return qs_cuda_refuse (reason, "only INT8 against float32 and float16 has a CUDA kernel");
  if (qs_layer_get_input (layer, 1)->value == NULL)
    return qs_cuda_refuse (reason, "its scales are not constant");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  return qs_cuda_fits (kernel, layer, reason);
}

static gpointer
quantize_prepare (const QsKernel *kernel,
                  const QsLayer  *layer,
                  GError        **error)
{
  QsHostTensor *scales = qs_layer_get_input (layer, 1)->value;
  const gint64 n = qs_host_tensor_get_n_elements (scales);
  g_autofree float *factors = qs_try_new (n, sizeof (float), error);
  QsCudaLayer *self = factors != NULL ? qs_cuda_layer_prepare (kernel, layer, error) : NULL;

  if (self == NULL)
    return NULL;
  for (gint64 i = 0; i < n; i++)
    {
      factors[i] = (float) qs_host_tensor_get_number (scales, i);
      if (layer->klass->kind == QS_LAYER_QUANTIZE)
        factors[i] = 1.0f / factors[i];
    }
  self->tables[0] = qs_cuda_device_upload_new (self->device, factors, (gsize) n * sizeof (float),
                                               error);
  if (self->tables[0] != NULL)
    return self;
  qs_cuda_layer_release (self);
  return NULL;
}

/* A product with the scale or its reciprocal; the bytes are stored as they come out. */
static gboolean
quantize_execute (const QsKernel    *kernel,
                  const QsLayer     *layer,
                  gpointer           state,
                  const QsExecution *execution,
                  GError           **error)
{
  const QsCudaLayer *self = state;
  const QsQuantizeAttributes *attributes = layer->attributes;
  const gboolean one = qs_shape_n_elements (&qs_layer_get_input (layer, 1)->shape) == 1;
  QsCudaPointwise args = { .operation = QS_CUDA_MUL };
  QsView views[3];

  collect_views (views, layer, self, execution, 1);
  views[0].scale = views[0].type == QS_DATA_TYPE_INT8 ? 1.0f : 0.0f;
  views[1].scale = views[1].type == QS_DATA_TYPE_INT8 ? 1.0f : 0.0f;
  if (one)
    views[2] = (QsView) { .data = self->tables[0], .type = QS_DATA_TYPE_FLOAT };
  else
    views[2] = list_view (self->tables[0], &views[0], (int) attributes->axis);
  return qs_cuda_pointwise (self->device, &args, views, 3, error);
}

static gboolean
cast_supports (const QsKernel *kernel,
               const QsLayer  *layer,
               const char    **reason)
{
  const QsTensor *tensors[] = { qs_layer_get_input (layer, 0), qs_layer_get_output (layer, 0) };

  for (int i = 0; i < 2; i++)
    if (tensors[i]->type != QS_DATA_TYPE_FLOAT && tensors[i]->type != QS_DATA_TYPE_FLOAT16 &&
        !is_integer (tensors[i]->type))
      return qs_cuda_refuse (reason, "float64 and uint64 are the host's");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
cast_execute (const QsKernel    *kernel,
              const QsLayer     *layer,
              gpointer           state,
              const QsExecution *execution,
              GError           **error)
{
  const QsCudaLayer *self = state;
  QsCudaPointwise args = { .operation = QS_CUDA_COPY };
  QsView views[2];

  collect_views (views, layer, self, execution, 1);
  return run_integers (self->device, "qs_cast", &args, views, 2, error);
}

#define PREPARED(name_, kind_, precision_, supports_, prepare_, execute_) \
  { \
    .base = { \
      .name = name_, .kind = kind_, .precision = precision_, .any_format = TRUE, \
      .on_device = TRUE, .memory = QS_KERNEL_STRIDED, .supports = supports_, \
      .prepare = prepare_, .execute = execute_, .release = qs_cuda_layer_release, \
    }, \
  }

const QsCudaKernel qs_cuda_pointwise_kernels[] = {
  QS_CUDA_ROWS ("cuda_activation", QS_LAYER_ACTIVATION, QS_KERNEL_STRIDED, 1, activation_supports,
                activation_execute),
  QS_CUDA_FLOAT_ROWS ("cuda_unary", QS_LAYER_UNARY, QS_KERNEL_STRIDED, 1, unary_supports,
                      unary_execute),
  QS_CUDA_ROWS ("cuda_element_wise", QS_LAYER_ELEMENT_WISE, QS_KERNEL_STRIDED, 3,
                element_wise_supports, element_wise_execute),
  PREPARED ("cuda_scale_f32", QS_LAYER_SCALE, QS_PRECISION_FP32, scale_supports, scale_prepare,
            scale_execute),
  PREPARED ("cuda_scale_f16", QS_LAYER_SCALE, QS_PRECISION_FP16, scale_supports, scale_prepare,
            scale_execute),
  PREPARED ("cuda_quantize", QS_LAYER_QUANTIZE, QS_PRECISION_FP32, quantize_supports,
            quantize_prepare, quantize_execute),
  PREPARED ("cuda_quantize_s8", QS_LAYER_QUANTIZE, QS_PRECISION_INT8, quantize_supports,
            quantize_prepare, quantize_execute),
  PREPARED ("cuda_dequantize", QS_LAYER_DEQUANTIZE, QS_PRECISION_FP32, quantize_supports,
            quantize_prepare, quantize_execute),
  PREPARED ("cuda_dequantize_s8", QS_LAYER_DEQUANTIZE, QS_PRECISION_INT8, quantize_supports,
            quantize_prepare, quantize_execute),
  QS_CUDA_ROW ("cuda_cast", QS_LAYER_CAST, QS_PRECISION_FP32, QS_KERNEL_STRIDED, 0, cast_supports,
               cast_execute),
  { .base = { .name = NULL } },
};
