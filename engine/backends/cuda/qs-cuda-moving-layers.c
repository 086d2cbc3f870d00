/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "operators/qs-attributes.h"
#include "operators/qs-op-util.h"
#include "qs-cuda-views.h"

/*
 * Layers that move elements without computing with them. Each only says which view goes where; views
 * have any strides, so the kernels know neither layers nor memory layouts.
 */

static QsView
input (const QsLayer     *layer,
       gpointer           state,
       const QsExecution *execution)
{
  return qs_cuda_layer_input (state, layer, execution, 0);
}

static QsCudaDevice *
device_of (gpointer state)
{
  return ((const QsCudaLayer *) state)->device;
}

static gboolean
reformat_supports (const QsKernel *kernel,
                   const QsLayer  *layer,
                   const char    **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  if (!(qs_cuda_is_real (x) && qs_cuda_is_real (y)) && (x->type != y->type || x->scale != y->scale))
    return qs_cuda_refuse (reason, "it does not change between float and INT8 with a scale");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
reformat_execute (const QsKernel    *kernel,
                  const QsLayer     *layer,
                  gpointer           state,
                  const QsExecution *execution,
                  GError           **error)
{
  const QsView x = input (layer, state, execution);

  return qs_cuda_move (device_of (state), &x, &execution->outputs[0], error);
}

static gboolean
one_input_supports (const QsKernel *kernel,
                    const QsLayer  *layer,
                    const char    **reason)
{
  return qs_cuda_keeps_values (kernel, layer, 1, reason);
}

static gboolean
all_inputs_supports (const QsKernel *kernel,
                     const QsLayer  *layer,
                     const char    **reason)
{
  return qs_cuda_keeps_values (kernel, layer, layer->inputs->len, reason);
}

static gboolean
transpose_execute (const QsKernel    *kernel,
                   const QsLayer     *layer,
                   gpointer           state,
                   const QsExecution *execution,
                   GError           **error)
{
  const QsTransposeAttributes *attributes = layer->attributes;
  const QsView *y = &execution->outputs[0];
  const QsView from = input (layer, state, execution);
  QsView x = from;

  x.shape = y->shape;
  for (int i = 0; i < y->shape.n_dims; i++)
    x.strides[i] = from.strides[attributes->perm.v[i]];
  return qs_cuda_move (device_of (state), &x, y, error);
}

/* The part of @whole that @part is along @axis, from @first on. */
static QsView
cut (const QsView *whole,
     const QsView *part,
     gint64        axis,
     gint64        first)
{
  QsView view = *whole;

  view.shape = part->shape;
  view.data = (guint8 *) whole->data
              + first * whole->strides[axis] * (gint64) qs_data_type_size (whole->type);
  return view;
}

static gboolean
concatenation_execute (const QsKernel    *kernel,
                       const QsLayer     *layer,
                       gpointer           state,
                       const QsExecution *execution,
                       GError           **error)
{
  const QsAxisAttributes *attributes = layer->attributes;
  gint64 first = 0;

  for (guint i = 0; i < execution->n_inputs; i++)
    {
      const QsView x = qs_cuda_layer_input (state, layer, execution, i);
      const QsView y = cut (&execution->outputs[0], &x, attributes->axis, first);

      if (x.data == NULL)
        continue;
      /* The memory plan may have let its producer write it where it belongs. */
      if (x.data != y.data && !qs_cuda_move (device_of (state), &x, &y, error))
        return FALSE;
      first += x.shape.dims[attributes->axis];
    }

  return TRUE;
}

static gboolean
split_execute (const QsKernel    *kernel,
               const QsLayer     *layer,
               gpointer           state,
               const QsExecution *execution,
               GError           **error)
{
  const QsSplitAttributes *attributes = layer->attributes;
  const QsView whole = input (layer, state, execution);
  gint64 first = 0;

  for (guint i = 0; i < execution->n_outputs; i++)
    {
      const QsView *y = &execution->outputs[i];
      const QsView x = cut (&whole, y, attributes->axis, first);

      if (y->data != NULL && y->data != x.data && !qs_cuda_move (device_of (state), &x, y, error))
        return FALSE;
      first += y->shape.dims[attributes->axis];
    }

  return TRUE;
}

/* Channels-last memory keeps its order when only the axes behind the channels are reshaped. */
static gboolean
keeps_channels (const QsView *x,
                const QsView *y)
{
  return x->format == QS_FORMAT_HWC && y->format == QS_FORMAT_HWC &&
         x->shape.n_dims <= 5 && y->shape.n_dims <= 5 &&
         x->shape.dims[0] == y->shape.dims[0] && x->shape.dims[1] == y->shape.dims[1];
}

static gsize
shuffle_workspace (const QsKernel *kernel,
                   const QsLayer  *layer,
                   gpointer        state,
                   guint           n_threads)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  if (x->shape.n_dims < 3 || y->shape.n_dims < 3)
    return 0;
  return (gsize) qs_shape_n_elements (&y->shape) * qs_data_type_size (y->type);
}

/* The same elements in the same logical order: the linear side is seen with the other's shape. Where
 * both are something else, they go through a linear copy. */
static gboolean
shuffle_execute (const QsKernel    *kernel,
                 const QsLayer     *layer,
                 gpointer           state,
                 const QsExecution *execution,
                 GError           **error)
{
  QsView x = input (layer, state, execution), y = execution->outputs[0], between;
  const float scale = x.scale;

  if (keeps_channels (&x, &y))
    qs_view_init (&y, y.type, QS_FORMAT_HWC, &x.shape, y.data);
  else if (qs_view_is_linear (&y))
    qs_view_init (&y, y.type, QS_FORMAT_LINEAR, &x.shape, y.data);
  else if (qs_view_is_linear (&x))
    qs_view_init (&x, x.type, QS_FORMAT_LINEAR, &y.shape, x.data);
  else
    {
      qs_view_init (&between, x.type, QS_FORMAT_LINEAR, &x.shape, execution->workspace);
      between.scale = scale;
      if (!qs_cuda_move (device_of (state), &x, &between, error))
        return FALSE;
      qs_view_init (&x, x.type, QS_FORMAT_LINEAR, &y.shape, execution->workspace);
    }

  if (x.data == y.data)
    return TRUE;
  x.scale = y.scale = scale;
  return qs_cuda_move (device_of (state), &x, &y, error);
}

static gboolean
slice_execute (const QsKernel    *kernel,
               const QsLayer     *layer,
               gpointer           state,
               const QsExecution *execution,
               GError           **error)
{
  const QsSliceAttributes *attributes = layer->attributes;
  const QsView *y = &execution->outputs[0];
  QsView part = input (layer, state, execution);
  gint64 offset = 0;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  for (int i = 0; i < part.shape.n_dims; i++)
    {
      offset += attributes->starts.v[i] * part.strides[i];
      part.strides[i] *= attributes->steps.v[i];
    }
  part.shape = y->shape;
  part.data = (guint8 *) part.data + offset * (gint64) qs_data_type_size (part.type);
  /* The memory plan may leave the part where it is. */
  return part.data == y->data || qs_cuda_move (device_of (state), &part, y, error);
}

static gboolean
expand_execute (const QsKernel    *kernel,
                const QsLayer     *layer,
                gpointer           state,
                const QsExecution *execution,
                GError           **error)
{
  const QsView *y = &execution->outputs[0];
  const QsView from = input (layer, state, execution);
  QsView x = from;

  x.shape = y->shape;
  qs_broadcast_strides (&from, &y->shape, x.strides);
  return qs_cuda_move (device_of (state), &x, y, error);
}

/* Views with more axes than tensors may have do not come up: repeated axes are cut in two. */
static gboolean
tile_supports (const QsKernel *kernel,
               const QsLayer  *layer,
               const char    **reason)
{
  const QsRepeatAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  int n = 0;

  for (int i = 0; i < x->n_dims; i++)
    n += x->dims[i] > 1 && attributes->values.v[i] > 1 ? 2 : 1;
  if (n > QS_MAX_DIMS)
    return qs_cuda_refuse (reason, "it repeats too many axes at once");
  return one_input_supports (kernel, layer, reason);
}

/* Appends an axis to both views. */
static void
append_axis (QsView *x,
             QsView *y,
             gint64  dim,
             gint64  x_stride,
             gint64  y_stride)
{
  const int i = x->shape.n_dims++;

  y->shape.n_dims++;
  x->shape.dims[i] = y->shape.dims[i] = dim;
  x->strides[i] = x_stride;
  y->strides[i] = y_stride;
}

static gboolean
tile_execute (const QsKernel    *kernel,
              const QsLayer     *layer,
              gpointer           state,
              const QsExecution *execution,
              GError           **error)
{
  const QsRepeatAttributes *attributes = layer->attributes;
  const QsView whole = input (layer, state, execution), *result = &execution->outputs[0];
  QsView x = whole, y = *result;

  x.shape.n_dims = y.shape.n_dims = 0;
  for (int i = 0; i < whole.shape.n_dims; i++)
    {
      const gint64 dim = whole.shape.dims[i], repeats = attributes->values.v[i];

      if (repeats != 1 && dim != 1)
        append_axis (&x, &y, repeats, 0, result->strides[i] * dim);
      if (repeats != 1 && dim == 1)
        append_axis (&x, &y, repeats, 0, result->strides[i]);
      else
        append_axis (&x, &y, dim, whole.strides[i], result->strides[i]);
    }

  return qs_cuda_move (device_of (state), &x, &y, error);
}

/* Channels are blocks of pixels: [block][block][channels] or [channels][block][block]. */
static gboolean
space_to_depth_execute (const QsKernel    *kernel,
                        const QsLayer     *layer,
                        gpointer           state,
                        const QsExecution *execution,
                        GError           **error)
{
  const QsSpaceToDepthAttributes *attributes = layer->attributes;
  const QsView x = input (layer, state, execution), *y = &execution->outputs[0];
  const QsView *wide = attributes->to_space ? y : &x, *deep = attributes->to_space ? &x : y;
  const gint64 block = attributes->block, channels = wide->shape.dims[1];
  const gint64 cell = deep->strides[1] * (attributes->columns ? 1 : channels);
  const gint64 channel = deep->strides[1] * (attributes->columns ? block * block : 1);
  QsView a = *wide, b = *deep;

  a.shape.n_dims = b.shape.n_dims = 0;
  append_axis (&a, &b, wide->shape.dims[0], wide->strides[0], deep->strides[0]);
  append_axis (&a, &b, channels, wide->strides[1], channel);
  for (int i = 2; i < 4; i++)
    {
      append_axis (&a, &b, deep->shape.dims[i], wide->strides[i] * block, deep->strides[i]);
      append_axis (&a, &b, block, wide->strides[i], i == 2 ? cell * block : cell);
    }

  return attributes->to_space ? qs_cuda_move (device_of (state), &b, &a, error)
                              : qs_cuda_move (device_of (state), &a, &b, error);
}

/* Where: elements of one size, whatever they are. */
static gboolean
select_supports (const QsKernel *kernel,
                 const QsLayer  *layer,
                 const char    **reason)
{
  const QsTensor *y = qs_layer_get_output (layer, 0);

  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  for (guint i = 1; i < 3; i++)
    if (qs_layer_get_input (layer, i)->type != y->type ||
        qs_layer_get_input (layer, i)->scale != y->scale)
      return qs_cuda_refuse (reason, "its tensors have different types or scales");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
select_execute (const QsKernel    *kernel,
                const QsLayer     *layer,
                gpointer           state,
                const QsExecution *execution,
                GError           **error)
{
  QsCudaSelect args = { 0 };
  QsCudaOperand *const operands[] = { &args.to, &args.condition, &args.yes, &args.no };
  const QsView *y = &execution->outputs[0];
  gint64 strides[4][QS_MAX_DIMS];
  const gint64 *all[4];
  g_autofree char *name = g_strdup_printf ("qs_select_%" G_GSIZE_FORMAT,
                                           qs_data_type_size (y->type));
  QsCudaNest nest;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  for (guint v = 0; v < 4; v++)
    {
      const QsView view = v == 0 ? *y : qs_cuda_layer_input (state, layer, execution, v - 1);

      qs_broadcast_strides (&view, &y->shape, strides[v]);
      all[v] = strides[v];
      operands[v]->data = view.data;
    }
  qs_cuda_nest_init (&nest, 4);
  qs_cuda_nest_add_views (&nest, &y->shape, all);
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  qs_cuda_nest_get_loops (&nest, &args.loops);
  for (int v = 0; v < 4; v++)
    qs_cuda_nest_get_strides (&nest, v, 1, operands[v]->strides);
  return qs_cuda_launch_elements (device_of (state), name, args.loops.n, &args, error);
}

#define PARTS (QS_KERNEL_STRIDED | QS_KERNEL_LEAVES_PARTS)

#define SHUFFLE(name_, precision_) \
  { \
    .base = { \
      .name = name_, .kind = QS_LAYER_SHUFFLE, .precision = precision_, .any_format = TRUE, \
      .on_device = TRUE, .supports = one_input_supports, .prepare = qs_cuda_layer_prepare, \
      .workspace_size = shuffle_workspace, .execute = shuffle_execute, \
      .release = qs_cuda_layer_release, \
    }, \
  }

const QsCudaKernel qs_cuda_moving_kernels[] = {
  QS_CUDA_ROW ("cuda_reformat_s8", QS_LAYER_REFORMAT, QS_PRECISION_INT8, QS_KERNEL_STRIDED, 0,
               reformat_supports, reformat_execute),
  QS_CUDA_ROW ("cuda_reformat_f32", QS_LAYER_REFORMAT, QS_PRECISION_FP32, QS_KERNEL_STRIDED, 0,
               reformat_supports, reformat_execute),
  QS_CUDA_ROWS ("cuda_identity", QS_LAYER_IDENTITY, QS_KERNEL_STRIDED, 0, one_input_supports,
                reformat_execute),
  QS_CUDA_ROWS ("cuda_transpose", QS_LAYER_TRANSPOSE, QS_KERNEL_STRIDED, 0, one_input_supports,
                transpose_execute),
  QS_CUDA_ROWS ("cuda_concatenation", QS_LAYER_CONCATENATION, PARTS, 0, all_inputs_supports,
                concatenation_execute),
  QS_CUDA_ROWS ("cuda_split", QS_LAYER_SPLIT, PARTS, 0, one_input_supports, split_execute),
  SHUFFLE ("cuda_shuffle_s8", QS_PRECISION_INT8),
  SHUFFLE ("cuda_shuffle_f32", QS_PRECISION_FP32),
  SHUFFLE ("cuda_shuffle_f16", QS_PRECISION_FP16),
  QS_CUDA_ROWS ("cuda_slice", QS_LAYER_SLICE, PARTS, 0, one_input_supports, slice_execute),
  QS_CUDA_ROWS ("cuda_expand", QS_LAYER_EXPAND, 0, 0, one_input_supports, expand_execute),
  QS_CUDA_ROWS ("cuda_tile", QS_LAYER_TILE, 0, 0, tile_supports, tile_execute),
  QS_CUDA_ROWS ("cuda_space_to_depth", QS_LAYER_SPACE_TO_DEPTH, QS_KERNEL_STRIDED, 0,
                one_input_supports, space_to_depth_execute),
  QS_CUDA_ROWS ("cuda_select", QS_LAYER_SELECT, 0, 0, select_supports, select_execute),
  { .base = { .name = NULL } },
};
