/* SPDX-License-Identifier: MIT */
#include "qs-cuda-rows.h"

#include <string.h>

#include "operators/qs-attributes.h"
#include "operators/qs-op-normalization.h"
#include "operators/qs-op-rows.h"
#include "operators/qs-op-util.h"

/*
 * Layers whose elements are normalized or summed up in rows: softmax, the normalizations, reductions.
 * How many threads share a row follows from shapes and strides, so results depend on nothing else.
 */

/* Rows of fewer elements are not worth a warp, or a whole block. */
#define WARP_MIN 8
#define BLOCK_MIN 2048
/* Where rows lie beside each other, as many keep the device busy with one thread each. */
#define ROWS_MIN 8192
#define STRIDED_BLOCK_MIN 512

/* (float) count and the int32 sum of bytes are exact up to this many elements. */
#define MAX_COUNT ((1 << 24) - 1)

enum
{
  VIEW_X,
  VIEW_Y,
  VIEW_FACTOR,
  VIEW_SHIFT,
};

static void
make_nest (QsCudaNest           *nest,
           const QsCudaRowViews *views,
           const QsShape        *shape,
           gboolean              sorted)
{
  const gint64 *strides[] = { views->x.strides, views->y_strides, views->parameters[0].strides,
                              views->parameters[1].strides };

  qs_cuda_nest_init (nest, 4);
  qs_cuda_nest_add_views (nest, shape, strides);
  if (sorted)
    qs_cuda_nest_sort (nest);
  qs_cuda_nest_tidy (nest);
}

static guint
choose_lanes (const QsCudaNest *outer,
              const QsCudaNest *inner)
{
  const gint64 n = qs_cuda_nest_count (inner), rows = qs_cuda_nest_count (outer);

  if (n < WARP_MIN)
    return 1;
  if (inner->strides[VIEW_X][inner->n_dims - 1] == 1)
    return n >= BLOCK_MIN ? 256 : 32;
  if (rows >= ROWS_MIN && outer->strides[VIEW_X][outer->n_dims - 1] == 1)
    return 1;
  return n >= STRIDED_BLOCK_MIN ? 256 : 32;
}

static gboolean
is_view_aligned (const QsView     *view,
                 const QsCudaNest *outer,
                 int               index)
{
  for (int i = 0; i < outer->n_dims; i++)
    if (outer->strides[index][i] % 4 != 0 && outer->dims[i] > 1)
      return FALSE;

  return qs_cuda_is_aligned (view->data, 4 * qs_data_type_size (view->type));
}

/* Whether elements can be taken four at a time. One result for a row needs no room for four. */
static gboolean
can_group (const QsCudaRowViews *views,
           const QsCudaNest     *outer,
           const QsCudaNest     *inner,
           gboolean              reduces)
{
  const int last = inner->n_dims - 1;
  const QsView *all[] = { &views->x, &views->y, &views->parameters[0], &views->parameters[1] };
  QsCudaNest x = *inner;

  x.n_views = 1;
  if (!qs_cuda_nest_can_group (&x, 4, FALSE) || !is_view_aligned (all[0], outer, 0))
    return FALSE;
  if (reduces)
    return TRUE;
  if (inner->strides[VIEW_Y][last] != 1 || !is_view_aligned (all[1], outer, 1))
    return FALSE;
  for (int v = VIEW_FACTOR; v <= VIEW_SHIFT; v++)
    if (all[v]->data != NULL && inner->strides[v][last] != 0 &&
        (inner->strides[v][last] != 1 || !is_view_aligned (all[v], outer, v)))
      return FALSE;
  for (int v = VIEW_Y; v <= VIEW_SHIFT; v++)
    for (int i = 0; i < last; i++)
      if (all[v]->data != NULL && inner->strides[v][last] != 0 && inner->strides[v][i] % 4 != 0)
        return FALSE;

  return TRUE;
}

static void
fill_operand (QsCudaRowOperand *operand,
              const QsView     *view,
              int               index,
              const QsCudaNest *outer,
              const QsCudaNest *inner)
{
  operand->data = view->data;
  operand->type = qs_cuda_type (view->type);
  qs_cuda_nest_get_strides (outer, index, 1, operand->outer);
  qs_cuda_nest_get_strides (inner, index, 1, operand->inner);
}

gboolean
qs_cuda_rows_launch (QsCudaDevice         *device,
                     const char           *family,
                     QsCudaRows           *args,
                     const QsCudaRowViews *views,
                     GError              **error)
{
  const gboolean reduces = args->function >= QS_CUDA_REDUCE_SUM;
  const QsView *parameters = views->parameters;
  g_autofree char *kernel = NULL;
  QsCudaLaunch launch = { .n_threads = QS_CUDA_BLOCK };
  QsCudaNest outer, inner;
  guint lanes;

  if (qs_shape_n_elements (&views->outer) == 0 || qs_shape_n_elements (&views->inner) == 0)
    return TRUE;

  make_nest (&outer, views, &views->outer, TRUE);
  make_nest (&inner, views, &views->inner, args->function != QS_CUDA_HARD_MAX);
  args->n = (gint32) qs_cuda_nest_count (&inner);
  lanes = choose_lanes (&outer, &inner);
  args->width = lanes > 1 && can_group (views, &outer, &inner, reduces) ? 4 : 1;
  for (int v = 0; v < 2; v++)
    (v == 0 ? &args->factor : &args->shift)->scale =
      args->width == 4 && inner.strides[VIEW_FACTOR + v][inner.n_dims - 1] == 0;
  if (args->width == 4)
    qs_cuda_nest_group (&inner, 4);

  qs_cuda_nest_get_loops (&outer, &args->outer);
  qs_cuda_nest_get_loops (&inner, &args->inner);
  fill_operand (&args->x, &views->x, VIEW_X, &outer, &inner);
  fill_operand (&args->y, &views->y, VIEW_Y, &outer, &inner);
  fill_operand (&args->factor, &parameters[0], VIEW_FACTOR, &outer, &inner);
  fill_operand (&args->shift, &parameters[1], VIEW_SHIFT, &outer, &inner);
  args->x.scale = 1.0f;
  args->y.scale = views->y.type == QS_DATA_TYPE_INT8 ? 1.0f / views->y.scale : 0.0f;

  kernel = g_strdup_printf ("%s_%u_%d", family, lanes, args->width);
  launch.kernel = kernel;
  launch.grid[0] = (args->outer.n + QS_CUDA_BLOCK / lanes - 1) / (QS_CUDA_BLOCK / lanes);
  launch.grid[1] = launch.grid[2] = 1;
  launch.shared_size = lanes > 32 ? QS_CUDA_BLOCK / 32 * sizeof (float) : 0;
  return qs_cuda_device_launch (device, &launch, args, error);
}

static gboolean
floats_supports (const QsKernel *kernel,
                 const QsLayer  *layer,
                 const char    **reason)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = qs_layer_get_input (layer, i);

      if (tensor != NULL && tensor->type != QS_DATA_TYPE_FLOAT &&
          tensor->type != QS_DATA_TYPE_FLOAT16)
        return qs_cuda_refuse (reason, "an input is not float");
    }
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
soft_max_execute (const QsKernel    *kernel,
                  const QsLayer     *layer,
                  gpointer           state,
                  const QsExecution *execution,
                  GError           **error)
{
  const QsCudaLayer *self = state;
  const QsSoftMaxAttributes *attributes = layer->attributes;
  QsCudaRows args = { .function = attributes->hard  ? QS_CUDA_HARD_MAX
                                  : attributes->log ? QS_CUDA_LOG_SOFT_MAX
                                                    : QS_CUDA_SOFT_MAX };
  QsCudaRowViews views = { .y = execution->outputs[0] };
  QsInts axes = { .n = (int) attributes->n_axes };

  for (int i = 0; i < axes.n; i++)
    axes.v[i] = attributes->axis + i;
  views.x = qs_cuda_layer_input (self, layer, execution, 0);
  memcpy (views.y_strides, views.y.strides, sizeof views.y_strides);
  qs_shape_split (&views.x.shape, &axes, &views.outer, &views.inner);
  return qs_cuda_rows_launch (self->device, "qs_soft_max", &args, &views, error);
}

static const int normalizations[] = {
  [QS_NORMALIZATION_LAYER] = QS_CUDA_STANDARDIZE,
  [QS_NORMALIZATION_INSTANCE] = QS_CUDA_STANDARDIZE,
  [QS_NORMALIZATION_GROUP] = QS_CUDA_STANDARDIZE,
  [QS_NORMALIZATION_LP] = QS_CUDA_LP_2,
  [QS_NORMALIZATION_MEAN_VARIANCE] = QS_CUDA_MEAN_VARIANCE,
  [QS_NORMALIZATION_RMS] = QS_CUDA_ROOT_MEAN_SQUARE,
};

static gboolean
normalization_supports (const QsKernel *kernel,
                        const QsLayer  *layer,
                        const char    **reason)
{
  for (guint i = 1; i < layer->outputs->len; i++)
    if (qs_layer_get_output (layer, i) != NULL)
      return qs_cuda_refuse (reason, "it gives its statistics, which the host computes in float64");
  return floats_supports (kernel, layer, reason);
}

static gboolean
run_local_response (QsCudaDevice                    *device,
                    const QsNormalizationAttributes *attributes,
                    const QsView                    *x,
                    const QsView                    *y,
                    GError                         **error)
{
  QsCudaRows args = {
    .x.inner = { x->strides[1] },
    .epsilon = attributes->bias,
    .alpha = attributes->alpha,
    .beta = attributes->beta,
    .width = (gint32) attributes->size,
    .n = (gint32) x->shape.dims[1],
  };
  QsCudaNest nest;

  if (qs_shape_n_elements (&x->shape) == 0)
    return TRUE;
  qs_cuda_nest_init (&nest, 2);
  for (int i = 0; i < x->shape.n_dims; i++)
    {
      const gint64 strides[] = { x->strides[i], y->strides[i] };

      qs_cuda_nest_add (&nest, x->shape.dims[i], strides, i == 1);
    }
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  for (int i = 0; i < nest.n_dims; i++)
    if (nest.pinned[i] != 0)
      args.function = i;

  qs_cuda_nest_get_loops (&nest, &args.outer);
  qs_cuda_nest_get_strides (&nest, 0, 1, args.x.outer);
  qs_cuda_nest_get_strides (&nest, 1, 1, args.y.outer);
  args.x.data = x->data;
  args.y.data = y->data;
  args.x.type = qs_cuda_type (x->type);
  args.y.type = qs_cuda_type (y->type);
  return qs_cuda_launch_elements (device, "qs_local_response", args.outer.n, &args, error);
}

static gboolean
normalization_execute (const QsKernel    *kernel,
                       const QsLayer     *layer,
                       gpointer           state,
                       const QsExecution *execution,
                       GError           **error)
{
  const QsCudaLayer *self = state;
  const QsNormalizationAttributes *attributes = layer->attributes;
  QsCudaRows args = { .epsilon = attributes->epsilon };
  QsCudaRowViews views = { 0 };
  QsNormalizationJob job;
  QsView inputs[3];

  for (guint i = 0; i < 3; i++)
    inputs[i] = qs_cuda_layer_input (self, layer, execution, i);
  if (attributes->type == QS_NORMALIZATION_LRN)
    return run_local_response (self->device, attributes, &inputs[0], &execution->outputs[0], error);

  qs_normalization_job_init (&job, layer, inputs, &execution->outputs[0]);
  args.function = normalizations[attributes->type];
  if (attributes->type == QS_NORMALIZATION_LP && attributes->p == 1)
    args.function = QS_CUDA_LP_1;
  views.x = job.x;
  views.y = job.y;
  memcpy (views.y_strides, job.y.strides, sizeof views.y_strides);
  views.outer = job.outer;
  views.inner = job.inner;
  for (int i = 0; i < 2; i++)
    if (job.present[i])
      views.parameters[i] = job.parameters[i];
  return qs_cuda_rows_launch (self->device, "qs_normalize", &args, &views, error);
}

static const int reductions[QS_N_REDUCE] = {
  [QS_REDUCE_SUM] = QS_CUDA_REDUCE_SUM,
  [QS_REDUCE_MEAN] = QS_CUDA_REDUCE_MEAN,
  [QS_REDUCE_MAX] = QS_CUDA_REDUCE_MAX,
  [QS_REDUCE_MIN] = QS_CUDA_REDUCE_MIN,
  [QS_REDUCE_PROD] = QS_CUDA_REDUCE_PROD,
  [QS_REDUCE_L1] = QS_CUDA_REDUCE_L1,
  [QS_REDUCE_L2] = QS_CUDA_REDUCE_L2,
  [QS_REDUCE_LOG_SUM] = QS_CUDA_REDUCE_LOG_SUM,
  [QS_REDUCE_LOG_SUM_EXP] = QS_CUDA_REDUCE_LOG_SUM_EXP,
  [QS_REDUCE_SUM_SQUARE] = QS_CUDA_REDUCE_SUM_SQUARE,
};

static gboolean
reduce_supports (const QsKernel *kernel,
                 const QsLayer  *layer,
                 const char    **reason)
{
  const QsReduceAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  QsShape outer, inner;

  if (!qs_cuda_is_real (x) || !qs_cuda_is_real (y) ||
      (x->type == QS_DATA_TYPE_INT8) != (y->type == QS_DATA_TYPE_INT8))
    return qs_cuda_refuse (reason, "it does not reduce floats, or INT8 with a scale");
  if (kernel->precision == QS_PRECISION_INT8 && attributes->type != QS_REDUCE_MEAN)
    return qs_cuda_refuse (reason, "only the mean has an INT8 form");
  if (!qs_shape_is_known (&x->shape))
    return qs_cuda_refuse (reason, "the shapes are not known");
  qs_shape_split (&x->shape, &attributes->axes, &outer, &inner);
  if (qs_shape_n_elements (&inner) < 1)
    return qs_cuda_refuse (reason, "it reduces no elements");
  if (kernel->precision == QS_PRECISION_INT8 && qs_shape_n_elements (&inner) > MAX_COUNT)
    return qs_cuda_refuse (reason, "too many elements for an exact INT8 mean");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
reduce_execute (const QsKernel    *kernel,
                const QsLayer     *layer,
                gpointer           state,
                const QsExecution *execution,
                GError           **error)
{
  const QsCudaLayer *self = state;
  const QsReduceAttributes *attributes = layer->attributes;
  QsCudaRows args = {
    .function = reductions[attributes->type],
    .activation = layer->activation.type,
    .alpha = layer->activation.alpha,
    .beta = layer->activation.beta,
  };
  QsCudaRowViews views = { .y = execution->outputs[0] };

  views.x = qs_cuda_layer_input (self, layer, execution, 0);
  qs_shape_split (&views.x.shape, &attributes->axes, &views.outer, &views.inner);
  for (int i = 0, k = 0; i < views.x.shape.n_dims; i++)
    if (!qs_ints_contain (&attributes->axes, i))
      views.y_strides[i] = views.y.strides[k++];
    else if (attributes->keepdims)
      k++;

  args.epsilon = views.x.scale;
  return qs_cuda_rows_launch (self->device,
                              views.x.type == QS_DATA_TYPE_INT8 ? "qs_mean_of_bytes" : "qs_reduce",
                              &args, &views, error);
}

const QsCudaKernel qs_cuda_row_kernels[] = {
  QS_CUDA_FLOAT_ROWS ("cuda_soft_max", QS_LAYER_SOFT_MAX, QS_KERNEL_STRIDED, 1, floats_supports,
                      soft_max_execute),
  QS_CUDA_FLOAT_ROWS ("cuda_normalization", QS_LAYER_NORMALIZATION, QS_KERNEL_STRIDED, 0,
                      normalization_supports, normalization_execute),
  QS_CUDA_ROWS ("cuda_reduce", QS_LAYER_REDUCE, QS_KERNEL_STRIDED, 0, reduce_supports,
                reduce_execute),
  { .base = { .name = NULL } },
};
