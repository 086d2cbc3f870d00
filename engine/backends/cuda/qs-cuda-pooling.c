/* SPDX-License-Identifier: MIT */
#include "operators/qs-attributes.h"
#include "operators/qs-op-pooling.h"
#include "operators/qs-op-rows.h"
#include "operators/qs-op-window.h"
#include "backends/qs-backend-table.h"
#include "backends/qs-convolution-pooling.h"
#include "qs-cuda-rows.h"

/* As in the reference kernel: float32 holds counts and sums of bytes exactly up to here. */
#define MAX_COUNT ((1 << 24) - 1)

static gboolean
has_large_window (const QsLayer *layer)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  double count = 1;

  for (int i = 0; i < x->n_dims - 2; i++)
    count *= (double) (attributes->global ? x->dims[2 + i] : attributes->kernel_shape.v[i]);
  return count > MAX_COUNT;
}

static gboolean
int8_supports (const QsLayer *layer,
               const char   **reason)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  if (x->type != QS_DATA_TYPE_INT8 || y->type != QS_DATA_TYPE_INT8)
    return qs_cuda_refuse (reason, "its tensors are not both INT8 with a scale");
  if (attributes->type == QS_POOLING_LP)
    return qs_cuda_refuse (reason, "Lp pooling has no INT8 form");
  if (attributes->type == QS_POOLING_MAX && x->scale != y->scale)
    return qs_cuda_refuse (reason, "its tensors have different scales");
  if (has_large_window (layer))
    return qs_cuda_refuse (reason, "the window is too large for an exact INT8 mean");
  return TRUE;
}

static gboolean
pooling_supports (const QsKernel *kernel,
                  const QsLayer  *layer,
                  const char    **reason)
{
  const QsPoolingAttributes *attributes = layer->attributes;

  if (!qs_cuda_is_real (qs_layer_get_input (layer, 0)) ||
      !qs_cuda_is_real (qs_layer_get_output (layer, 0)))
    return qs_cuda_refuse (reason, "its tensors are neither float nor INT8 with a scale");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  if (attributes->type == QS_POOLING_LP && attributes->p != 1 && attributes->p != 2)
    return qs_cuda_refuse (reason, "Lp pooling with p other than 1 and 2 has no CUDA kernel");
  if (kernel->precision == QS_PRECISION_INT8 && !int8_supports (layer, reason))
    return FALSE;
  return qs_cuda_fits (kernel, layer, reason);
}

/* The whole plane is a row. */
static gboolean
run_global (QsCudaDevice     *device,
            const QsLayer    *layer,
            const QsView     *x,
            const QsView     *y,
            GError          **error)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  QsCudaRows args = {
    .function = attributes->type == QS_POOLING_MAX ? QS_CUDA_REDUCE_MAX : QS_CUDA_REDUCE_MEAN,
    .epsilon = x->scale,
  };
  QsCudaRowViews views = { .x = *x, .y = *y, .y_strides = { y->strides[0], y->strides[1] } };
  QsInts axes = { 0 };

  for (int i = 2; i < x->shape.n_dims; i++)
    axes.v[axes.n++] = i;
  qs_shape_split (&x->shape, &axes, &views.outer, &views.inner);
  return qs_cuda_rows_launch (device, x->type == QS_DATA_TYPE_INT8 ? "qs_mean_of_bytes" : "qs_reduce",
                              &args, &views, error);
}

/* Loops over the output; those of the spatial axes are numbered from 1 on. */
static void
make_nest (QsCudaNest   *nest,
           const QsView *x,
           const QsView *y)
{
  gint64 out[QS_MAX_SPATIAL], strides[QS_MAX_SPATIAL];

  qs_cuda_nest_init (nest, 2);
  for (int i = 0; i < 2; i++)
    {
      const gint64 both[] = { y->strides[i], x->strides[i] };

      qs_cuda_nest_add (nest, y->shape.dims[i], both, 0);
    }
  qs_spatial_dims (&y->shape, out);
  qs_spatial_strides (y, strides);
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      const gint64 both[] = { strides[i], 0 };

      qs_cuda_nest_add (nest, out[i], both, 1 + i);
    }
  qs_cuda_nest_sort (nest);
  qs_cuda_nest_tidy (nest);
}

static void
fill_windows (QsCudaPooling             *args,
              const QsPoolingAttributes *attributes,
              const QsCudaNest          *nest,
              const QsView              *x)
{
  QsPoolingAxis axes[QS_MAX_SPATIAL];
  gint64 strides[QS_MAX_SPATIAL];

  qs_pooling_axes_init (axes, attributes, &x->shape);
  qs_spatial_strides (x, strides);
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    args->windows[i] = (QsCudaWindow) {
      .in_stride = strides[i],
      .in = (gint32) axes[i].in,
      .kernel = (gint32) axes[i].kernel,
      .stride = (gint32) axes[i].stride,
      .dilation = (gint32) axes[i].dilation,
      .begin = (gint32) axes[i].begin,
      .end = (gint32) axes[i].end,
    };
  for (int i = 0; i < nest->n_dims; i++)
    if (nest->pinned[i] > 0)
      args->windows[nest->pinned[i] - 1].loop = i;
}

static const char *
choose_kernel (QsCudaNest          *nest,
               const QsCudaPooling *args,
               const QsView        *x,
               const QsView        *y)
{
  static const char *const names[][2] = {
    [QS_CUDA_FLOAT] = { "qs_pooling_f32_1", "qs_pooling_f32_4" },
    [QS_CUDA_HALF] = { "qs_pooling_f16_1", "qs_pooling_f16_8" },
    [QS_CUDA_INT8] = { "qs_pooling_s8_1", "qs_pooling_s8_16" },
  };
  const gint64 n = 16 / (gint64) qs_data_type_size (x->type);
  gboolean wide = qs_cuda_nest_can_group (nest, n, FALSE) && qs_cuda_is_aligned (x->data, 16) &&
                  qs_cuda_is_aligned (y->data, 16);

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    wide = wide && (args->windows[i].in_stride % n == 0 || args->windows[i].in == 1);
  if (wide)
    qs_cuda_nest_group (nest, n);
  return names[qs_cuda_type (x->type)][wide];
}

static gboolean
pooling_execute (const QsKernel    *kernel,
                 const QsLayer     *layer,
                 gpointer           state,
                 const QsExecution *execution,
                 GError           **error)
{
  const QsCudaLayer *self = state;
  const QsPoolingAttributes *attributes = layer->attributes;
  const QsView x = qs_cuda_layer_input (self, layer, execution, 0), *y = &execution->outputs[0];
  QsCudaPooling args = {
    .x = { .data = x.data, .scale = x.scale },
    .y = { .data = y->data, .scale = y->type == QS_DATA_TYPE_INT8 ? 1.0f / y->scale : 0.0f },
    .p = (float) attributes->p,
    .function = attributes->type,
    .counts_padding = attributes->count_include_pad,
  };
  const char *name;
  QsCudaNest nest;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  if (attributes->global && qs_shape_n_elements (&x.shape) > 0 &&
      (attributes->type == QS_POOLING_AVERAGE ||
       (attributes->type == QS_POOLING_MAX && x.type != QS_DATA_TYPE_INT8)))
    return run_global (self->device, layer, &x, y, error);

  make_nest (&nest, &x, y);
  fill_windows (&args, attributes, &nest, &x);
  name = choose_kernel (&nest, &args, &x, y);
  qs_cuda_nest_get_loops (&nest, &args.loops);
  qs_cuda_nest_get_strides (&nest, 0, 1, args.y.strides);
  qs_cuda_nest_get_strides (&nest, 1, 1, args.x.strides);
  return qs_cuda_launch_elements (self->device, name, args.loops.n, &args, error);
}

static gboolean
fused_supports (const QsKernel *kernel,
                const QsLayer  *layer,
                const char    **reason)
{
  return qs_convolution_pooling_supports (&qs_backend_cuda, kernel, layer, reason);
}

static gpointer
fused_prepare (const QsKernel *kernel,
               const QsLayer  *layer,
               GError        **error)
{
  return qs_convolution_pooling_prepare (&qs_backend_cuda, kernel, layer, error);
}

const QsCudaKernel qs_cuda_pooling_kernels[] = {
  QS_CUDA_ROWS ("cuda_pooling", QS_LAYER_POOLING, QS_KERNEL_STRIDED, 0, pooling_supports,
                pooling_execute),
  {
    .base = {
      .name = "cuda_conv_act_pool_s8",
      .kind = QS_LAYER_CONVOLUTION_POOLING,
      .precision = QS_PRECISION_INT8,
      .format = QS_FORMAT_HWC,
      .on_device = TRUE,
      .supports = fused_supports,
      .prepare = fused_prepare,
      .workspace_size = qs_convolution_pooling_workspace,
      .execute = qs_convolution_pooling_execute,
      .release = qs_convolution_pooling_release,
    },
  },
  { .base = { .name = NULL } },
};
