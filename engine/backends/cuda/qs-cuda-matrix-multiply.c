/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"
#include "core/qs-error.h"
#include "numerics/qs-int8.h"
#include "operators/qs-access.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-op-util.h"
#include "qs-cuda-product.h"

/*
 * Products of matrices on the device: of an activation with constant weights (Gemm), and of two
 * activations, as in attention. They are the tiles of convolutions with a single tap; every product
 * of a batch is a group. Operands are read where and how they lie if values of k lie side by side,
 * and packed before the product otherwise.
 */

#define CHUNK 16 /* bytes */
#define PIECE 4  /* elements */

/**
 * Operand:
 * @row: elements from row to row; of the right operand rows are its columns
 * @k: elements from k to k
 * @offset: of the first matrix
 * @steps: along the batch's axes, how many different matrices further the next one is
 * @offsets: of every different matrix, in elements
 * @packed_bytes: of a row in the workspace, 0 where the operand is read as it lies
 * @constant: (nullable): a constant's copy on the device
 */
typedef struct
{
  gint64 n_rows;
  gint64 row;
  gint64 k;
  gint64 offset;
  gint64 batch[QS_MAX_DIMS];
  gint64 steps[QS_MAX_DIMS];
  gint64 n_matrices;
  gint64 *offsets;
  gpointer device_offsets;
  gsize packed_bytes;
  gpointer constant;
} Operand;

typedef struct
{
  QsCudaProduct product;
  QsMatrixGeometry g;
  QsMatrixLayout y;
  QsMatrixLayout residual;
  Operand left;
  Operand right;
  gint64 n_batches;
  gboolean has_weights;
} Product;

static void
operand_clear (Operand      *self,
               QsCudaDevice *device)
{
  free (self->offsets);
  if (device == NULL)
    return;
  qs_cuda_device_free (device, self->device_offsets);
  qs_cuda_device_free (device, self->constant);
}

static void
product_free (gpointer data)
{
  Product *self = data;

  operand_clear (&self->left, self->product.device);
  operand_clear (&self->right, self->product.device);
  qs_cuda_product_clear (&self->product);
  g_free (self);
}

static void
init_view (QsView        *view,
           const QsShape *shape)
{
  qs_view_init (view, QS_DATA_TYPE_FLOAT, QS_FORMAT_LINEAR, shape, NULL);
}

static void
operand_init (Operand              *self,
              gint64                n_rows,
              gint64                row,
              gint64                k,
              gint64                offset,
              const QsMatrixLayout *layout)
{
  self->n_rows = n_rows;
  self->row = row;
  self->k = k;
  self->offset = offset;
  memcpy (self->batch, layout->batch, sizeof self->batch);
}

/* Where operands and result lie: the tensors are dense in row-major order. */
static gboolean
find_layouts (Product        *self,
              const QsLayer  *layer,
              GError        **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  QsMatrixLayout a_layout, b_layout;
  gint64 left, right;
  QsView a, b, y, r;

  init_view (&a, &qs_layer_get_input (layer, 0)->shape);
  init_view (&b, &qs_layer_get_input (layer, 1)->shape);
  if (!qs_matrix_geometry_init (&self->g, attributes, &a.shape, &b.shape, error))
    return FALSE;

  init_view (&y, &self->g.stored);
  left = qs_access_view (&attributes->a, &a, &a);
  right = qs_access_view (&attributes->b, &b, &b);
  qs_matrix_result_view (&self->g, attributes, &y, &y);
  qs_matrix_layout_init_left (&a_layout, &self->g, attributes, &a);
  qs_matrix_layout_init_right (&b_layout, &self->g, attributes, &b);
  qs_matrix_layout_init_result (&self->y, &self->g, &y);
  operand_init (&self->left, self->g.m, a_layout.row, a_layout.column, left, &a_layout);
  operand_init (&self->right, self->g.n, b_layout.column, b_layout.row, right, &b_layout);
  if (residual == NULL)
    return TRUE;

  init_view (&r, &residual->shape);
  qs_matrix_layout_init_result (&self->residual, &self->g, &r);
  return TRUE;
}

/* Whether the matrices of a batch follow each other as rows of one matrix do. */
static gboolean
is_one_matrix (const QsShape *batch,
               const gint64  *strides,
               gint64         row,
               gint64         m)
{
  gint64 expected = row * m;

  for (int i = batch->n_dims - 1; i >= 0; i--)
    {
      if (batch->dims[i] != 1 && strides[i] != expected)
        return FALSE;
      expected *= batch->dims[i];
    }
  return TRUE;
}

static gboolean
is_broadcast (const QsShape *batch,
              const gint64  *strides)
{
  for (int i = 0; i < batch->n_dims; i++)
    if (batch->dims[i] != 1 && strides[i] != 0)
      return FALSE;
  return TRUE;
}

/* A batch with one right matrix is one product with more rows, as a fully connected layer is. */
static void
join_rows (Product       *self,
           const QsLayer *layer)
{
  const QsShape *batch = &self->g.batch;
  const gint64 row = self->g.m == 1 && batch->n_dims > 0 ? self->g.k : self->left.row;
  const gint64 out_row = self->g.m == 1 && batch->n_dims > 0 ? self->g.n : self->y.row;
  const gboolean has_residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL;

  if (!is_broadcast (batch, self->right.batch) ||
      !is_one_matrix (batch, self->left.batch, row, self->g.m) ||
      !is_one_matrix (batch, self->y.batch, out_row, self->g.m) ||
      (has_residual && (memcmp (self->residual.batch, self->y.batch, sizeof self->y.batch) != 0 ||
                        self->residual.row != self->y.row)))
    return;

  self->left.n_rows = self->g.m = self->g.m * qs_shape_n_elements (batch);
  self->left.row = row;
  self->y.row = self->residual.row = out_row;
  self->g.batch.n_dims = 0;
}

/* A broadcast operand has fewer matrices than there are products. */
static void
count_matrices (Operand       *self,
                const QsShape *batch)
{
  self->n_matrices = 1;
  for (int i = batch->n_dims - 1; i >= 0; i--)
    {
      self->steps[i] = self->batch[i] == 0 ? 0 : self->n_matrices;
      self->n_matrices *= self->batch[i] == 0 ? 1 : batch->dims[i];
    }
}

static gint64
find_matrix (const Operand *self,
             const QsWalk  *walk,
             int            n_dims)
{
  gint64 matrix = 0;

  for (int d = 0; d < n_dims; d++)
    matrix += walk->index[d] * self->steps[d];
  return matrix;
}

static gboolean
find_offsets (Operand        *self,
              const QsShape  *batch,
              GError        **error)
{
  QsWalk walk;

  count_matrices (self, batch);
  self->offsets = qs_kernel_alloc ((gsize) self->n_matrices * sizeof (gint64), error);
  if (self->offsets == NULL)
    return FALSE;

  qs_walk_init (&walk, batch);
  qs_walk_add (&walk, self->batch);
  for (; !walk.done; qs_walk_next (&walk))
    self->offsets[find_matrix (self, &walk, batch->n_dims)] = self->offset + walk.offset[0];
  return TRUE;
}

/* Whether rows begin at multiples of @n elements. */
static gboolean
are_aligned (const Operand *self,
             gint64         n)
{
  for (gint64 i = 0; i < self->n_matrices; i++)
    if (self->offsets[i] % n != 0)
      return FALSE;
  return self->n_rows <= 1 || self->row % n == 0;
}

/* The left side may be gathered from pieces; the right one comes in whole chunks. */
static void
plan_operands (Product *self)
{
  const gint64 size = (gint64) self->product.value_size, k = self->g.k;
  const gint64 padded = (k * size + CHUNK - 1) / CHUNK * CHUNK;
  const gboolean left_dense = self->left.k == 1 || k == 1;
  const gboolean right_dense = self->right.k == 1 || k == 1;

  if (!left_dense || (k * size % CHUNK == 0 && !are_aligned (&self->left, CHUNK / size)))
    self->left.packed_bytes = (gsize) padded;
  if (self->has_weights)
    return;
  if (!right_dense || k * size % CHUNK != 0 || !are_aligned (&self->right, CHUNK / size))
    self->right.packed_bytes = (gsize) padded;
}

static gboolean
operand_upload (Operand         *self,
                QsCudaDevice    *device,
                const QsTensor  *tensor,
                GError         **error)
{
  if (self->packed_bytes > 0)
    {
      self->device_offsets = qs_cuda_device_upload_new (
        device, self->offsets, (gsize) self->n_matrices * sizeof (gint64), error);
      if (self->device_offsets == NULL)
        return FALSE;
    }
  if (tensor->value == NULL)
    return TRUE;

  self->constant = qs_cuda_device_upload_new (device, qs_host_tensor_get_data (tensor->value),
                                              qs_host_tensor_get_size (tensor->value), error);
  return self->constant != NULL;
}

/* Elements from row to row of what the tiles read. */
static gint64
get_row_stride (const Operand *self,
                gint64         size)
{
  return self->packed_bytes > 0 ? (gint64) self->packed_bytes / size : self->row;
}

static gint64
get_place (const Operand *self,
           gint64         matrix,
           gint64         size)
{
  return self->packed_bytes > 0 ? matrix * self->n_rows * (gint64) self->packed_bytes / size
                                : self->offsets[matrix];
}

static void
plan_tiles (Product *self)
{
  QsCudaConvolution *args = &self->product.args;
  const gint64 size = (gint64) self->product.value_size;
  const gint64 k = self->left.packed_bytes > 0 ? (gint64) self->left.packed_bytes / size : self->g.k;

  qs_cuda_product_plan_k (&self->product, 1, k);
  if (args->is_pieced == QS_CUDA_ALIGNED_PIECES && !are_aligned (&self->left, PIECE))
    args->is_pieced = QS_CUDA_SINGLE_VALUES;
  qs_cuda_product_plan_columns (&self->product, self->n_batches, self->g.n);
  args->in_strides[2] = get_row_stride (&self->left, size);
  args->in[0] = args->in[1] = args->stride[0] = args->stride[1] = args->stride[2] = 1;
  args->in[2] = args->rows = self->g.m;
  args->out_depth = args->out_height = qs_cuda_divisor (1);
  args->out_width = qs_cuda_divisor (MAX (self->g.m, 1));
  if (!self->has_weights)
    args->weights_stride = get_row_stride (&self->right, size) * size;
}

/* Where every product's matrices are. */
static gboolean
upload_places (Product  *self,
               GError  **error)
{
  const QsShape *batch = &self->g.batch;
  const gint64 size = (gint64) self->product.value_size;
  QsCudaPlace *places = qs_kernel_alloc ((gsize) self->n_batches * sizeof *places, error);
  QsCudaEpilogue *epilogue = &self->product.args.epilogue;
  QsWalk walk;

  if (places == NULL)
    return FALSE;

  qs_walk_init (&walk, batch);
  qs_walk_add (&walk, self->y.batch);
  qs_walk_add (&walk, self->residual.batch);
  for (QsCudaPlace *place = places; !walk.done; qs_walk_next (&walk), place++)
    {
      place->x = get_place (&self->left, find_matrix (&self->left, &walk, batch->n_dims), size);
      if (!self->has_weights)
        place->weights =
          get_place (&self->right, find_matrix (&self->right, &walk, batch->n_dims), size);
      place->out = walk.offset[0];
      place->residual = walk.offset[1];
      if (place->out % 4 != 0 || place->residual % 4 != 0)
        epilogue->is_vectorised = FALSE;
    }

  self->product.places = qs_cuda_device_upload_new (
    self->product.device, places, (gsize) self->n_batches * sizeof *places, error);
  self->product.args.places = self->product.places;
  free (places);
  return self->product.places != NULL;
}

static gboolean
upload_weights (Product        *self,
                const QsLayer  *layer,
                GError        **error)
{
  const QsCudaConvolution *args = &self->product.args;
  const gsize size = self->product.value_size;
  const guint8 *weights =
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value);
  const gsize bytes = (gsize) args->padded_columns * (gsize) args->weights_stride;
  guint8 *packed = qs_kernel_alloc (bytes, error);
  gboolean ok;

  if (packed == NULL)
    return FALSE;

  for (gint64 j = 0; j < self->g.n; j++)
    for (gint64 k = 0; k < self->g.k; k++)
      memcpy (packed + j * args->weights_stride + k * (gint64) size,
              weights + (self->right.offset + j * self->right.row + k * self->right.k) * (gint64) size,
              size);

  ok = qs_cuda_product_upload_weights (&self->product, packed, bytes, error);
  free (packed);
  return ok;
}

static gboolean
upload (Product        *self,
        const QsLayer  *layer,
        GError        **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsCudaTap tap = { { 0 } };

  /* The places last: they say whether the epilogue may move four columns at once. */
  if (!operand_upload (&self->left, self->product.device, qs_layer_get_input (layer, 0), error) ||
      !qs_cuda_product_upload_taps (&self->product, &tap, error))
    return FALSE;
  qs_cuda_product_plan_epilogue (&self->product, layer, self->y.row, self->residual.row);
  if (!upload_places (self, error) ||
      !qs_cuda_product_upload_parameters (&self->product, layer, attributes->alpha,
                                          attributes->beta, error))
    return FALSE;
  return self->has_weights ? upload_weights (self, layer, error)
                           : operand_upload (&self->right, self->product.device,
                                             qs_layer_get_input (layer, 1), error);
}

/* Constant matrices are packed once; constants with more axes are read like activations. */
static gboolean
has_weights (const QsLayer *layer)
{
  const QsTensor *b = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;

  return b->value != NULL && b->shape.n_dims <= 2 && !qs_access_is_set (&attributes->b);
}

static gboolean
plan (Product        *self,
      const QsLayer  *layer,
      GError        **error)
{
  self->has_weights = has_weights (layer);
  if (!find_layouts (self, layer, error))
    return FALSE;
  join_rows (self, layer);
  self->n_batches = qs_shape_n_elements (&self->g.batch);
  return TRUE;
}

static gpointer
product_prepare (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 GError         **error)
{
  Product *self = g_new0 (Product, 1);
  const gsize size = qs_data_type_size (qs_layer_get_input (layer, 0)->type);

  if (plan (self, layer, error) &&
      qs_cuda_product_init (&self->product, kernel, size, error) &&
      find_offsets (&self->left, &self->g.batch, error) &&
      find_offsets (&self->right, &self->g.batch, error))
    {
      plan_operands (self);
      plan_tiles (self);
      if (upload (self, layer, error))
        return self;
    }

  product_free (self);
  return NULL;
}

static gsize
get_packed_size (const Operand *self)
{
  gsize size = (gsize) (self->n_matrices * self->n_rows) * self->packed_bytes;

  return (size + 255) / 256 * 256;
}

static gsize
product_workspace_size (const QsKernel *kernel,
                        const QsLayer  *layer,
                        gpointer        state,
                        guint           n_threads)
{
  const Product *self = state;

  return get_packed_size (&self->left) + get_packed_size (&self->right) +
         qs_cuda_product_get_partial_size (&self->product);
}

/* The operand's memory as the tiles read it, packed into @to where that is necessary. */
static gboolean
place_operand (const Product  *self,
               const Operand  *operand,
               const QsView   *view,
               gpointer        to,
               gconstpointer  *memory,
               GError        **error)
{
  QsCudaPacking args = {
    .from = operand->constant != NULL ? operand->constant : view->data,
    .to = to,
    .offsets = operand->device_offsets,
    .row_stride = operand->row,
    .k_stride = operand->k,
    .row_bytes = (gint64) operand->packed_bytes,
    .rows = operand->n_rows,
    .k = self->g.k,
    .size = (gint32) self->product.value_size,
    .rows_first = operand->k != 1,
  };
  const gint64 n = operand->n_rows * ((gint64) operand->packed_bytes / CHUNK);
  const QsCudaLaunch launch = {
    .kernel = "qs_pack_matrices",
    .grid = { (n + QS_CUDA_FLAT_THREADS - 1) / QS_CUDA_FLAT_THREADS, 1, operand->n_matrices },
    .n_threads = QS_CUDA_FLAT_THREADS,
  };

  *memory = operand->packed_bytes > 0 ? to : args.from;
  return operand->packed_bytes == 0 ||
         qs_cuda_device_launch (self->product.device, &launch, &args, error);
}

static gboolean
product_execute (const QsKernel    *kernel,
                 const QsLayer     *layer,
                 gpointer           state,
                 const QsExecution *execution,
                 GError           **error)
{
  const Product *self = state;
  QsCudaConvolution args = self->product.args;
  guint8 *left = execution->workspace;
  guint8 *right = left + get_packed_size (&self->left);
  guint8 *partial = right + get_packed_size (&self->right);

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;
  if (args.rows == 0 || args.columns == 0 || args.n_groups == 0)
    return TRUE;
  if (!place_operand (self, &self->left, &execution->inputs[0], left, &args.x, error) ||
      (!self->has_weights &&
       !place_operand (self, &self->right, &execution->inputs[1], right, &args.weights, error)))
    return FALSE;

  qs_cuda_product_take_memory (&args, execution);
  return qs_cuda_product_run (&self->product, &args, partial, error);
}

static gboolean
has_type (const QsTensor *tensor,
          QsPrecision     precision)
{
  return tensor->type == (precision == QS_PRECISION_INT8   ? QS_DATA_TYPE_INT8
                          : precision == QS_PRECISION_FP16 ? QS_DATA_TYPE_FLOAT16
                                                           : QS_DATA_TYPE_FLOAT);
}

/* What INT8 kernels and those of FP16 read and write beside operands. */
static gboolean
is_plain_float (const QsTensor *tensor,
                QsPrecision     precision)
{
  return tensor->type == QS_DATA_TYPE_FLOAT ||
         (precision != QS_PRECISION_FP32 && tensor->type == QS_DATA_TYPE_FLOAT16);
}

static const char *
find_int8_obstacle (const QsLayer *layer,
                    gint64         k)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);

  if (!(a->scale > 0.0f) || !(b->scale > 0.0f))
    return "an operand has no scale";
  if (b->value != NULL || layer->weight_scales != NULL)
    return "the constant operand is not a matrix";
  if (k > QS_INT8_MAX_K)
    return "the sums have more products than int32 can hold exactly";
  if (attributes->beta != 1.0f && qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL)
    return "beta has no INT8 form";
  return NULL;
}

/* A residual may be broadcast, as attention's mask is, but not along the columns. */
static const char *
find_residual_obstacle (const QsLayer          *layer,
                        QsPrecision             precision,
                        const QsMatrixGeometry *g)
{
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const QsShape *shape = residual != NULL ? &residual->shape : NULL;

  if (residual == NULL)
    return NULL;
  if (residual->value != NULL)
    return "the residual is a constant";
  if (!is_plain_float (residual, precision) &&
      !(precision == QS_PRECISION_INT8 && residual->type == QS_DATA_TYPE_INT8 &&
        residual->scale > 0.0f))
    return "the residual's type does not fit";
  if (g->vector_b || shape->n_dims == 0 || shape->dims[shape->n_dims - 1] != g->n)
    return "the residual is broadcast along the columns";
  return NULL;
}

static const char *
find_obstacle (const QsKernel         *kernel,
               const QsLayer          *layer,
               const QsMatrixGeometry *g)
{
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const char *obstacle = NULL;

  for (guint i = 0; i < 2; i++)
    if (!has_type (qs_layer_get_input (layer, i), kernel->precision))
      return "an operand's type does not fit";
  if (!is_plain_float (y, kernel->precision) &&
      !(kernel->precision == QS_PRECISION_INT8 && y->type == QS_DATA_TYPE_INT8 && y->scale > 0.0f))
    return "the output is neither INT8 with a scale nor float";

  if (kernel->precision == QS_PRECISION_INT8)
    obstacle = find_int8_obstacle (layer, g->k);
  return obstacle != NULL ? obstacle : find_residual_obstacle (layer, kernel->precision, g);
}

/* Constant weights have the contract of weighted layers. */
static gboolean
supports_weights (const QsKernel         *kernel,
                  const QsLayer          *layer,
                  const QsMatrixGeometry *g,
                  const char            **reason)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;

  if (kernel->precision == QS_PRECISION_INT8 &&
      (attributes->alpha != 1.0f ||
       (attributes->beta != 1.0f && qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL)))
    return qs_cuda_refuse (reason, "alpha and beta have no INT8 form");
  return qs_weighted_supports (kernel, layer, g->k, g->n, TRUE, reason);
}

/* What the kernels' 32-bit numbers can hold. */
static gboolean
supports_sizes (const Product  *self,
                const char    **reason)
{
  const gint64 limit = G_MAXINT32 - 1024;

  if (self->g.m > limit || self->g.n > limit || self->g.k > G_MAXINT32 / 64 ||
      self->n_batches > G_MAXUINT16)
    return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  return TRUE;
}

static gboolean
product_supports (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  const char     **reason)
{
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const char *obstacle;
  Product probe = { { 0 } };
  QsMatrixGeometry g;

  if (!qs_shape_is_known (&a->shape) || !qs_shape_is_known (&b->shape) ||
      !plan (&probe, layer, NULL) ||
      !qs_matrix_geometry_init (&g, attributes, &a->shape, &b->shape, NULL))
    return qs_cuda_refuse (reason, "the shapes do not fit together");
  if (g.k == 0)
    return qs_cuda_refuse (reason, "the sums are empty");
  if (attributes->perm_y.n > 0 && attributes->perm_y.v[g.y.n_dims - 1] != g.y.n_dims - 1)
    return qs_cuda_refuse (reason, "neighbours in a row of the result are not stored side by side");

  if (probe.has_weights ? !supports_weights (kernel, layer, &g, reason)
                        : !qs_weighted_supports_bias (layer, g.n,
                                                      kernel->precision != QS_PRECISION_FP32, reason))
    return FALSE;
  obstacle = probe.has_weights ? NULL : find_obstacle (kernel, layer, &g);
  if (obstacle != NULL)
    return qs_cuda_refuse (reason, obstacle);

  return supports_sizes (&probe, reason) &&
         qs_cuda_product_supports (kernel, probe.g.m, probe.g.n,
                                   g.k * (gint64) qs_data_type_size (a->type), probe.n_batches,
                                   reason);
}

#define ROW(id, tile_id, k_splits_, precision_) \
  { \
    .base = { \
      .name = "cuda_matmul_" #id, \
      .kind = QS_LAYER_MATRIX_MULTIPLY, \
      .precision = precision_, \
      .format = QS_FORMAT_LINEAR, \
      .on_device = TRUE, \
      .supports = product_supports, \
      .prepare = product_prepare, \
      .workspace_size = product_workspace_size, \
      .execute = product_execute, \
      .release = product_free, \
    }, \
    .tile = &qs_cuda_tile_##tile_id, \
    .k_splits = k_splits_, \
  },

const QsCudaKernel qs_cuda_matrix_multiply_kernels[] = {
  QS_CUDA_PRODUCT_TACTICS (ROW)
  { .base = { .name = NULL } },
};
