/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include "operators/qs-attributes.h"
#include "qs-cpu-move.h"

/*
 * Layers that move elements without computing with them: reformat, quantize, dequantize, transpose,
 * concatenation, split, reshape and identity. Each only says which view goes where.
 */

static gboolean
has_activation (const QsLayer *layer)
{
  return layer->activation.type != QS_ACTIVATION_NONE;
}

static gboolean
can_move_tensor (const QsTensor *from,
                 const QsTensor *to)
{
  return from != NULL && to != NULL
         && qs_cpu_can_move (from->type, from->scale, to->type, to->scale);
}

static gboolean
has_int8 (const QsLayer *layer)
{
  return qs_layer_get_input (layer, 0)->type == QS_DATA_TYPE_INT8
         || qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_INT8;
}

static gboolean
fits_precision (const QsKernel *kernel,
                const QsLayer  *layer)
{
  return has_int8 (layer) == (kernel->precision == QS_PRECISION_INT8);
}

static gboolean
reformat_supports (const QsKernel  *kernel,
                   const QsLayer   *layer,
                   const char     **reason)
{
  if (has_activation (layer))
    return qs_cpu_refuse (reason, "it ends in an activation");
  if (!can_move_tensor (qs_layer_get_input (layer, 0), qs_layer_get_output (layer, 0)))
    return qs_cpu_refuse (reason, "it does not change between float and INT8 with a scale");
  if (!fits_precision (kernel, layer))
    return qs_cpu_refuse (reason, "its tensors have another precision");
  return TRUE;
}

static gboolean
reformat_execute (const QsKernel     *kernel,
                  const QsLayer      *layer,
                  gpointer            state,
                  const QsExecution  *execution,
                  GError            **error)
{
  qs_cpu_move (qs_cpu_kernel_functions (kernel), &execution->inputs[0], &execution->outputs[0],
               execution->pool);
  return TRUE;
}

/* Bytes are moved as they are, so all scales must be the same. */
static gboolean
same_everywhere (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 guint            n_inputs,
                 const char     **reason)
{
  const QsTensor *first = qs_layer_get_input (layer, 0);

  if (has_activation (layer))
    return qs_cpu_refuse (reason, "it ends in an activation");
  if (!fits_precision (kernel, layer))
    return qs_cpu_refuse (reason, "its tensors have another precision");
  for (guint i = 0; i < n_inputs + layer->outputs->len; i++)
    {
      const QsTensor *tensor = i < n_inputs ? qs_layer_get_input (layer, i)
                                            : qs_layer_get_output (layer, i - n_inputs);

      if (tensor == NULL)
        continue;
      if (tensor->type != first->type)
        return qs_cpu_refuse (reason, "its tensors have different types");
      if (tensor->type == QS_DATA_TYPE_INT8 && tensor->scale != first->scale)
        return qs_cpu_refuse (reason, "its tensors have different scales");
    }

  return TRUE;
}

static gboolean
one_input_supports (const QsKernel  *kernel,
                    const QsLayer   *layer,
                    const char     **reason)
{
  return same_everywhere (kernel, layer, 1, reason);
}

static gboolean
all_inputs_supports (const QsKernel  *kernel,
                     const QsLayer   *layer,
                     const char     **reason)
{
  return same_everywhere (kernel, layer, layer->inputs->len, reason);
}

static gboolean
transpose_execute (const QsKernel     *kernel,
                   const QsLayer      *layer,
                   gpointer            state,
                   const QsExecution  *execution,
                   GError            **error)
{
  const QsTransposeAttributes *attributes = layer->attributes;
  const QsView *y = &execution->outputs[0];
  QsView x = execution->inputs[0];

  x.shape = y->shape;
  for (int i = 0; i < y->shape.n_dims; i++)
    x.strides[i] = execution->inputs[0].strides[attributes->perm.v[i]];
  qs_cpu_move (qs_cpu_kernel_functions (kernel), &x, y, execution->pool);
  return TRUE;
}

/* The part of @whole that @part is along @axis, from @first on; with the part's own type. */
static void
cut (const QsView *whole,
     const QsView *part,
     int           axis,
     gint64        first,
     QsView       *view)
{
  *view = *whole;
  view->shape = part->shape;
  view->data = (guint8 *) whole->data
               + first * whole->strides[axis] * qs_data_type_size (whole->type);
}

static gboolean
concatenation_execute (const QsKernel     *kernel,
                       const QsLayer      *layer,
                       gpointer            state,
                       const QsExecution  *execution,
                       GError            **error)
{
  const QsAxisAttributes *attributes = layer->attributes;
  gint64 first = 0;

  for (guint i = 0; i < execution->n_inputs; i++)
    {
      const QsView *x = &execution->inputs[i];
      QsView y;

      if (x->data == NULL)
        continue;
      cut (&execution->outputs[0], x, attributes->axis, first, &y);
      /* The memory plan may have let its producer write it where it belongs. */
      if (x->data != y.data)
        qs_cpu_move (qs_cpu_kernel_functions (kernel), x, &y, execution->pool);
      first += x->shape.dims[attributes->axis];
    }

  return TRUE;
}

static gboolean
split_execute (const QsKernel     *kernel,
               const QsLayer      *layer,
               gpointer            state,
               const QsExecution  *execution,
               GError            **error)
{
  const QsAxisAttributes *attributes = layer->attributes;
  gint64 first = 0;

  for (guint i = 0; i < execution->n_outputs; i++)
    {
      const QsView *y = &execution->outputs[i];
      QsView x;

      cut (&execution->inputs[0], y, attributes->axis, first, &x);
      if (y->data != NULL && y->data != x.data)
        qs_cpu_move (qs_cpu_kernel_functions (kernel), &x, y, execution->pool);
      first += y->shape.dims[attributes->axis];
    }

  return TRUE;
}

/* Channels-last memory keeps its order when only the axes behind the channels are reshaped. */
static gboolean
keeps_channels (const QsView *x,
                const QsView *y)
{
  return x->format == QS_FORMAT_HWC && y->format == QS_FORMAT_HWC
         && x->shape.dims[0] == y->shape.dims[0] && x->shape.dims[1] == y->shape.dims[1];
}

/* The same elements in the same logical order, so one side must be linear: there it is seen with
 * the other side's shape. */
static gboolean
shuffle_execute (const QsKernel     *kernel,
                 const QsLayer      *layer,
                 gpointer            state,
                 const QsExecution  *execution,
                 GError            **error)
{
  QsView x = execution->inputs[0], y = execution->outputs[0];
  const float scale = x.scale;

  if (keeps_channels (&x, &y))
    qs_view_init (&y, y.type, QS_FORMAT_HWC, &x.shape, y.data);
  else if (qs_view_is_linear (&y))
    qs_view_init (&y, y.type, QS_FORMAT_LINEAR, &x.shape, y.data);
  else if (qs_view_is_linear (&x))
    qs_view_init (&x, x.type, QS_FORMAT_LINEAR, &y.shape, x.data);
  else
    return layer->klass->evaluate (layer, execution->inputs, execution->outputs, error);

  /* The memory planner may have given both the same memory. */
  if (x.data == y.data)
    return TRUE;
  x.scale = y.scale = scale;
  qs_cpu_move (qs_cpu_kernel_functions (kernel), &x, &y, execution->pool);
  return TRUE;
}

#define BOTH(name_, kind_, memory_, supports_, execute_) \
  { \
    .name = name_ "_s8", .kind = kind_, .precision = QS_PRECISION_INT8, .any_format = TRUE, \
    .memory = memory_, .supports = supports_, .execute = execute_, \
  }, \
  { \
    .name = name_ "_f32", .kind = kind_, .precision = QS_PRECISION_FP32, .any_format = TRUE, \
    .memory = memory_, .supports = supports_, .execute = execute_, \
  }

#define PARTS (QS_KERNEL_STRIDED | QS_KERNEL_LEAVES_PARTS)

const QsKernel qs_cpu_moving_kernels[] = {
  BOTH ("reformat", QS_LAYER_REFORMAT, QS_KERNEL_STRIDED, reformat_supports, reformat_execute),
  BOTH ("transpose", QS_LAYER_TRANSPOSE, QS_KERNEL_STRIDED, one_input_supports, transpose_execute),
  BOTH ("concatenation", QS_LAYER_CONCATENATION, PARTS, all_inputs_supports,
        concatenation_execute),
  BOTH ("split", QS_LAYER_SPLIT, PARTS, one_input_supports, split_execute),
  BOTH ("shuffle", QS_LAYER_SHUFFLE, 0, one_input_supports, shuffle_execute),
  BOTH ("identity", QS_LAYER_IDENTITY, QS_KERNEL_STRIDED, one_input_supports, reformat_execute),
  { .name = NULL },
};
