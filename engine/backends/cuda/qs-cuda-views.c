/* SPDX-License-Identifier: MIT */
#include "qs-cuda-views.h"

#include <string.h>

#include "backends/qs-fp16.h"
#include "operators/qs-op-util.h"

#define MAX_ELEMENTS (G_MAXINT32 - QS_CUDA_BLOCK)

void
qs_cuda_nest_init (QsCudaNest *self,
                   int         n_views)
{
  *self = (QsCudaNest) { .n_views = n_views };
}

void
qs_cuda_nest_add (QsCudaNest   *self,
                  gint64        dim,
                  const gint64 *strides,
                  int           pinned)
{
  const int i = self->n_dims;

  if (dim == 1 && pinned == 0)
    return;
  g_return_if_fail (i < QS_CUDA_MAX_NEST);

  self->dims[i] = dim;
  self->pinned[i] = pinned;
  for (int v = 0; v < self->n_views; v++)
    self->strides[v][i] = strides[v];
  self->n_dims++;
}

void
qs_cuda_nest_add_views (QsCudaNest    *self,
                        const QsShape *shape,
                        const gint64  *strides[])
{
  for (int i = 0; i < shape->n_dims; i++)
    {
      gint64 steps[QS_CUDA_MAX_VIEWS];

      for (int v = 0; v < self->n_views; v++)
        steps[v] = strides[v][i];
      qs_cuda_nest_add (self, shape->dims[i], steps, 0);
    }
}

static void
swap (gint64 *a,
      gint64 *b)
{
  gint64 c = *a;

  *a = *b;
  *b = c;
}

static void
swap_with_previous (QsCudaNest *self,
                    int         i)
{
  int pinned = self->pinned[i];

  swap (&self->dims[i], &self->dims[i - 1]);
  for (int v = 0; v < self->n_views; v++)
    swap (&self->strides[v][i], &self->strides[v][i - 1]);
  self->pinned[i] = self->pinned[i - 1];
  self->pinned[i - 1] = pinned;
}

/* In the order of the first view's memory. */
void
qs_cuda_nest_sort (QsCudaNest *self)
{
  for (int i = 1; i < self->n_dims; i++)
    for (int k = i; k > 0 && self->strides[0][k] > self->strides[0][k - 1]; k--)
      swap_with_previous (self, k);
}

static gboolean
can_merge (const QsCudaNest *self,
           int               i)
{
  if (self->pinned[i] != 0 || self->pinned[i + 1] != 0)
    return FALSE;
  for (int v = 0; v < self->n_views; v++)
    if (self->strides[v][i] != self->strides[v][i + 1] * self->dims[i + 1])
      return FALSE;

  return TRUE;
}

static void
drop (QsCudaNest *self,
      int         i)
{
  self->n_dims--;
  for (int k = i; k < self->n_dims; k++)
    {
      self->dims[k] = self->dims[k + 1];
      self->pinned[k] = self->pinned[k + 1];
      for (int v = 0; v < self->n_views; v++)
        self->strides[v][k] = self->strides[v][k + 1];
    }
}

/* Merges what all views step through as one; there is at least one loop then. */
void
qs_cuda_nest_tidy (QsCudaNest *self)
{
  for (int i = self->n_dims - 2; i >= 0; i--)
    if (can_merge (self, i))
      {
        self->dims[i + 1] *= self->dims[i];
        drop (self, i);
      }

  if (self->n_dims > 0)
    return;
  self->n_dims = 1;
  self->dims[0] = 1;
  self->pinned[0] = 0;
  for (int v = 0; v < self->n_views; v++)
    self->strides[v][0] = 1;
}

gint64
qs_cuda_nest_count (const QsCudaNest *self)
{
  gint64 n = 1;

  for (int i = 0; i < self->n_dims; i++)
    n *= self->dims[i];
  return n;
}

gboolean
qs_cuda_nest_can_group (const QsCudaNest *self,
                        gint64            k,
                        gboolean          repeats)
{
  const int inner = self->n_dims - 1;

  if (self->pinned[inner] != 0 || self->dims[inner] % k != 0)
    return FALSE;
  for (int v = 0; v < self->n_views; v++)
    {
      const gint64 step = self->strides[v][inner];

      if (step == 0 && repeats && v > 0)
        continue;
      if (step != 1)
        return FALSE;
      for (int i = 0; i < inner; i++)
        if (self->strides[v][i] % k != 0)
          return FALSE;
    }

  return TRUE;
}

void
qs_cuda_nest_group (QsCudaNest *self,
                    gint64      k)
{
  const int inner = self->n_dims - 1;

  self->dims[inner] /= k;
  for (int v = 0; v < self->n_views; v++)
    self->strides[v][inner] *= k;
}

void
qs_cuda_nest_get_loops (const QsCudaNest *self,
                        QsCudaLoops      *loops)
{
  *loops = (QsCudaLoops) { .n_dims = self->n_dims, .n = (gint32) qs_cuda_nest_count (self) };
  for (int i = 0; i < self->n_dims && i < QS_CUDA_MAX_DIMS; i++)
    loops->dims[i] = qs_cuda_divisor ((guint32) self->dims[i]);
}

void
qs_cuda_nest_get_strides (const QsCudaNest *self,
                          int               view,
                          gint64            divisor,
                          int64_t          *strides)
{
  for (int i = 0; i < QS_CUDA_MAX_DIMS; i++)
    strides[i] = i < self->n_dims ? self->strides[view][i] / divisor : 0;
}

gboolean
qs_cuda_is_aligned (gconstpointer data,
                    gsize         size)
{
  return ((gsize) data & (size - 1)) == 0;
}

void
qs_cuda_layer_release (gpointer state)
{
  QsCudaLayer *self = state;

  if (self == NULL)
    return;
  for (int i = 0; i < QS_CUDA_MAX_INPUTS; i++)
    qs_cuda_device_free (self->device, self->constants[i]);
  for (int i = 0; i < QS_CUDA_MAX_TABLES; i++)
    qs_cuda_device_free (self->device, self->tables[i]);
  g_free (self);
}

gpointer
qs_cuda_layer_prepare (const QsKernel *kernel,
                       const QsLayer  *layer,
                       GError        **error)
{
  QsCudaDevice *device = qs_cuda_device_get (error);
  QsCudaLayer *self;

  if (device == NULL)
    return NULL;

  self = g_new0 (QsCudaLayer, 1);
  self->device = device;
  for (guint i = 0; i < MIN (layer->inputs->len, QS_CUDA_MAX_INPUTS); i++)
    {
      const QsTensor *tensor = qs_layer_get_input (layer, i);

      if (tensor == NULL || tensor->value == NULL)
        continue;
      self->constants[i] =
        qs_cuda_device_upload_new (device, qs_host_tensor_get_data (tensor->value),
                                   qs_host_tensor_get_size (tensor->value), error);
      if (self->constants[i] == NULL)
        {
          qs_cuda_layer_release (self);
          return NULL;
        }
    }

  return self;
}

QsView
qs_cuda_layer_input (const QsCudaLayer *self,
                     const QsLayer     *layer,
                     const QsExecution *execution,
                     guint              index)
{
  QsView view = { 0 };

  if (index >= execution->n_inputs)
    return view;
  view = execution->inputs[index];
  if (index < QS_CUDA_MAX_INPUTS && self->constants[index] != NULL)
    view.data = self->constants[index];
  return view;
}

static gboolean
is_quantized (const QsTensor *tensor)
{
  return tensor->type == QS_DATA_TYPE_INT8 && tensor->scale > 0.0f;
}

/* float32, float16, or INT8 with a scale. */
gboolean
qs_cuda_is_real (const QsTensor *tensor)
{
  return tensor != NULL && (tensor->type == QS_DATA_TYPE_FLOAT ||
                            tensor->type == QS_DATA_TYPE_FLOAT16 || is_quantized (tensor));
}

static gboolean
is_small (GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && (!qs_shape_is_known (&tensor->shape) ||
                             qs_shape_n_elements (&tensor->shape) > MAX_ELEMENTS))
        return FALSE;
    }

  return TRUE;
}

static gboolean
has_int8 (const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  return (x != NULL && is_quantized (x)) || (y != NULL && is_quantized (y));
}

gboolean
qs_cuda_fits (const QsKernel *kernel,
              const QsLayer  *layer,
              const char    **reason)
{
  const QsPrecision precision = has_int8 (layer)             ? QS_PRECISION_INT8
                                : qs_layer_has_fp16 (layer) ? QS_PRECISION_FP16
                                                            : QS_PRECISION_FP32;

  if (precision != kernel->precision)
    return qs_cuda_refuse (reason, "its tensors have another precision");
  if (layer->inputs->len > QS_CUDA_MAX_INPUTS)
    return qs_cuda_refuse (reason, "it has too many inputs for the CUDA kernels");
  if (!is_small (layer->inputs) || !is_small (layer->outputs))
    return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  return TRUE;
}

gboolean
qs_cuda_keeps_values (const QsKernel *kernel,
                      const QsLayer  *layer,
                      guint           n_inputs,
                      const char    **reason)
{
  const QsTensor *first = qs_layer_get_input (layer, 0);

  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  for (guint i = 0; i < n_inputs + layer->outputs->len; i++)
    {
      const QsTensor *tensor = i < n_inputs ? qs_layer_get_input (layer, i)
                                            : qs_layer_get_output (layer, i - n_inputs);

      if (tensor == NULL)
        continue;
      if (tensor->type != first->type)
        return qs_cuda_refuse (reason, "its tensors have different types");
      if (tensor->type == QS_DATA_TYPE_INT8 && tensor->scale != first->scale)
        return qs_cuda_refuse (reason, "its tensors have different scales");
    }

  return qs_cuda_fits (kernel, layer, reason);
}

gboolean
qs_cuda_launch_elements (QsCudaDevice *device,
                         const char   *kernel,
                         gint64        n,
                         gpointer      args,
                         GError      **error)
{
  const QsCudaLaunch launch = {
    .kernel = kernel,
    .grid = { (guint) ((n + QS_CUDA_BLOCK - 1) / QS_CUDA_BLOCK), 1, 1 },
    .n_threads = QS_CUDA_BLOCK,
  };

  return n == 0 || qs_cuda_device_launch (device, &launch, args, error);
}

static void
fill_operand (QsCudaOperand *operand,
              const QsView  *view,
              gboolean       is_output)
{
  operand->data = view->data;
  operand->type = view->type == QS_DATA_TYPE_BOOL ? QS_CUDA_BOOL : qs_cuda_type (view->type);
  operand->scale = view->type != QS_DATA_TYPE_INT8 ? 0.0f
                   : is_output                     ? 1.0f / view->scale
                                                   : view->scale;
}

/* Copies as they are, in the largest pieces that lie together and aligned in both views. */
static gboolean
move_straight (QsCudaDevice *device,
               QsCudaNest   *nest,
               const QsView *from,
               const QsView *to,
               gsize         size,
               GError      **error)
{
  QsCudaMove args = { .to.data = to->data, .from.data = from->data };
  g_autofree char *kernel = NULL;
  gint64 k = 16 / (gint64) size;

  while (k > 1 && !(qs_cuda_nest_can_group (nest, k, FALSE) &&
                    qs_cuda_is_aligned (to->data, k * size) &&
                    qs_cuda_is_aligned (from->data, k * size)))
    k /= 2;
  if (k > 1)
    qs_cuda_nest_group (nest, k);

  qs_cuda_nest_get_loops (nest, &args.loops);
  qs_cuda_nest_get_strides (nest, 0, k, args.to.strides);
  qs_cuda_nest_get_strides (nest, 1, k, args.from.strides);
  kernel = g_strdup_printf ("qs_move_%" G_GSIZE_FORMAT, k * size);
  return qs_cuda_launch_elements (device, kernel, args.loops.n, &args, error);
}

#define TILE 32

/* The loop in which the input lies together, where that is not the innermost one; -1 for none. */
static int
find_input_loop (const QsCudaNest *nest)
{
  const int inner = nest->n_dims - 1;

  if (nest->strides[0][inner] != 1 || nest->strides[1][inner] == 1 || nest->dims[inner] < 4)
    return -1;
  for (int i = 0; i < inner; i++)
    if (nest->strides[1][i] == 1 && nest->dims[i] >= 4)
      return i;

  return -1;
}

static gboolean
move_tiled (QsCudaDevice *device,
            QsCudaNest   *nest,
            int           rows,
            const QsView *from,
            const QsView *to,
            gboolean      converts,
            GError      **error)
{
  const int inner = nest->n_dims - 1;
  const int raw = 16 + (int) qs_data_type_size (to->type);
  QsCudaTiledMove args = { .rows = (gint32) nest->dims[rows], .columns = (gint32) nest->dims[inner] };
  QsCudaLaunch launch = { .kernel = "qs_move_tiled", .n_threads = QS_CUDA_BLOCK,
                          .shared_size = TILE * (TILE + 1) * 4 };

  for (int i = rows; i < inner - 1; i++)
    swap_with_previous (nest, i + 1);
  args.to_stride = nest->strides[0][inner - 1];
  args.from_stride = nest->strides[1][inner];
  nest->dims[inner - 1] = (args.rows + TILE - 1) / TILE;
  nest->dims[inner] = (args.columns + TILE - 1) / TILE;

  fill_operand (&args.to, to, TRUE);
  fill_operand (&args.from, from, FALSE);
  if (!converts)
    args.to.type = args.from.type = raw;
  qs_cuda_nest_get_loops (nest, &args.loops);
  qs_cuda_nest_get_strides (nest, 0, 1, args.to.strides);
  qs_cuda_nest_get_strides (nest, 1, 1, args.from.strides);
  launch.grid[0] = args.loops.n;
  launch.grid[1] = launch.grid[2] = 1;
  return qs_cuda_device_launch (device, &launch, &args, error);
}

/**
 * qs_cuda_move:
 * @from: what to read, on the device
 * @to: where to write, of the same shape
 *
 * Copies and converts all elements. INT8 of equal scales is copied byte by byte.
 */
gboolean
qs_cuda_move (QsCudaDevice *device,
              const QsView *from,
              const QsView *to,
              GError      **error)
{
  const gint64 *strides[] = { to->strides, from->strides };
  const gboolean converts = from->type != to->type ||
                            (from->type == QS_DATA_TYPE_INT8 && from->scale != to->scale);
  const gsize size = qs_data_type_size (to->type);
  QsCudaNest nest;
  int rows;

  if (qs_shape_n_elements (&to->shape) == 0)
    return TRUE;

  qs_cuda_nest_init (&nest, 2);
  qs_cuda_nest_add_views (&nest, &to->shape, strides);
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  rows = size <= 4 ? find_input_loop (&nest) : -1;
  if (rows >= 0)
    return move_tiled (device, &nest, rows, from, to, converts, error);
  if (converts)
    {
      QsCudaPointwise args = { .operation = QS_CUDA_COPY };
      const QsView views[] = { *to, *from };

      return qs_cuda_pointwise (device, &args, views, 2, error);
    }
  return move_straight (device, &nest, from, to, size, error);
}

static gsize
size_of (const QsCudaOperand *operand)
{
  return operand->type == QS_CUDA_FLOAT ? 4 : operand->type == QS_CUDA_HALF ? 2 : 1;
}

/* Whether @k neighbours can be moved as one wherever they lie together. */
static gboolean
are_aligned (const QsCudaNest    *nest,
             QsCudaOperand *const *operands,
             guint                n,
             gint64               k)
{
  for (guint v = 0; v < n; v++)
    if (nest->strides[v][nest->n_dims - 1] != 0 &&
        !qs_cuda_is_aligned (operands[v]->data, k * size_of (operands[v])))
      return FALSE;

  return TRUE;
}

/* All INT8 or all float16, which come 16 bytes at a time. */
static gboolean
is_wide (const QsCudaNest     *nest,
         QsCudaOperand *const *operands,
         guint                 n)
{
  const gint64 k = operands[0]->type == QS_CUDA_INT8 ? 16 : 8;

  if (n > 3 || (operands[0]->type != QS_CUDA_INT8 && operands[0]->type != QS_CUDA_HALF))
    return FALSE;
  for (guint v = 1; v < n; v++)
    if (operands[v]->type != operands[0]->type)
      return FALSE;

  return qs_cuda_nest_can_group (nest, k, FALSE) && are_aligned (nest, operands, n, k);
}

static const char *
choose_pointwise (QsCudaNest           *nest,
                  const QsCudaPointwise *args,
                  QsCudaOperand *const *operands,
                  guint                 n)
{
  if (args->operation >= QS_CUDA_LOG)
    return "qs_pointwise_rare";
  if (is_wide (nest, operands, n))
    {
      qs_cuda_nest_group (nest, operands[0]->type == QS_CUDA_INT8 ? 16 : 8);
      return "qs_pointwise_wide";
    }
  if (qs_cuda_nest_can_group (nest, 4, TRUE) && are_aligned (nest, operands, n, 4))
    {
      for (guint v = 1; v < n; v++)
        operands[v]->repeats = nest->strides[v][nest->n_dims - 1] == 0;
      qs_cuda_nest_group (nest, 4);
      return "qs_pointwise_4";
    }
  return "qs_pointwise_1";
}

gboolean
qs_cuda_pointwise (QsCudaDevice    *device,
                   QsCudaPointwise *args,
                   const QsView    *views,
                   guint            n_views,
                   GError         **error)
{
  QsCudaOperand *const operands[] = { &args->y, &args->a, &args->b, &args->c };
  gint64 strides[QS_CUDA_MAX_VIEWS][QS_MAX_DIMS];
  const gint64 *all[QS_CUDA_MAX_VIEWS];
  const char *kernel;
  QsCudaNest nest;

  if (qs_shape_n_elements (&views[0].shape) == 0)
    return TRUE;

  for (guint v = 0; v < n_views; v++)
    {
      qs_broadcast_strides (&views[v], &views[0].shape, strides[v]);
      all[v] = strides[v];
      fill_operand (operands[v], &views[v], v == 0);
    }
  qs_cuda_nest_init (&nest, (int) n_views);
  qs_cuda_nest_add_views (&nest, &views[0].shape, all);
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  kernel = choose_pointwise (&nest, args, operands, n_views);

  args->n_operands = (gint32) n_views - 1;
  qs_cuda_nest_get_loops (&nest, &args->loops);
  for (guint v = 0; v < n_views; v++)
    qs_cuda_nest_get_strides (&nest, (int) v, 1, operands[v]->strides);
  return qs_cuda_launch_elements (device, kernel, args->loops.n, args, error);
}
