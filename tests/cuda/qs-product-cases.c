/* SPDX-License-Identifier: MIT */
#include "qs-product-cases.h"

#include "backends/qs-fp16.h"
#include "operators/qs-op-matrix-multiply.h"
#include "qs-cuda-test.h"

typedef struct
{
  QsCpuTest test;
  QsRandom random;
  guint64 seed;
  QsDataType type;
  QsMatrixMultiplyAttributes attributes;
} Case;

static gint64
between (Case   *self,
         gint64  low,
         gint64  high)
{
  return qs_random_between (&self->random, low, high);
}

static void
add_operand (Case          *self,
             guint          index,
             const QsShape *shape,
             float          scale,
             gboolean       constant)
{
  qs_cpu_test_add_input (&self->test, index, qs_cuda_test_values (&self->random, self->type, shape),
                         self->type == QS_DATA_TYPE_INT8 ? scale : 0.0f, constant);
}

/* m, n, k around the tiles' edges; every third has a long sum. */
static void
random_sizes (Case   *self,
              gint64 *m,
              gint64 *n,
              gint64 *k)
{
  static const gint64 rows[] = { 1, 5, 32, 33, 63, 64, 65, 97, 128 };
  static const gint64 columns[] = { 1, 4, 7, 31, 32, 33, 64, 68, 120, 129 };
  static const gint64 depths[] = { 1, 8, 15, 16, 17, 32, 64, 65, 80 };

  *m = rows[between (self, 0, G_N_ELEMENTS (rows) - 1)];
  *n = columns[between (self, 0, G_N_ELEMENTS (columns) - 1)];
  *k = depths[between (self, 0, G_N_ELEMENTS (depths) - 1)];
  if (self->seed % 3 != 0)
    return;
  *m = between (self, 1, 40);
  *n = between (self, 60, 70);
  *k = 1024 + 8 * between (self, 0, 2) + between (self, 0, 1);
}

/* None, or one that has the output's shape; @may_broadcast as a mask is. */
static void
add_residual (Case          *self,
              const QsShape *output,
              gboolean       may_broadcast)
{
  const gboolean integer = self->type == QS_DATA_TYPE_INT8;
  const QsDataType type = !integer                  ? self->type
                          : between (self, 0, 1)    ? QS_DATA_TYPE_INT8
                          : between (self, 0, 1) != 0 ? QS_DATA_TYPE_FLOAT16
                                                      : QS_DATA_TYPE_FLOAT;
  QsShape shape = *output;
  QsTensor *residual;

  if (between (self, 0, 1))
    return;
  for (int i = 0; may_broadcast && i < shape.n_dims - 1; i++)
    if (between (self, 0, 1))
      shape.dims[i] = 1;
  residual = qs_cpu_test_add_input (&self->test, 3, qs_cuda_test_values (&self->random, type, &shape),
                                    type == QS_DATA_TYPE_INT8 ? 0.04f : 0.0f, FALSE);
  qs_network_set_input (self->test.network, self->test.layer, QS_INPUT_RESIDUAL, residual);
}

static void
add_bias (Case   *self,
          gint64  n)
{
  const QsShape shape = qs_shape_make (1, (int) n);
  const QsDataType type = self->type == QS_DATA_TYPE_INT8 ? QS_DATA_TYPE_FLOAT : self->type;

  qs_cpu_test_add_input (&self->test, 2, qs_cuda_test_values (&self->random, type, &shape), 0.0f,
                         TRUE);
}

static void
add_layer (Case  *self,
           guint  n_inputs)
{
  const gboolean integer = self->type == QS_DATA_TYPE_INT8;
  const QsDataType out = !integer                      ? self->type
                         : between (self, 0, 3) != 0   ? QS_DATA_TYPE_INT8
                                                       : QS_DATA_TYPE_FLOAT;
  QsLayer *layer = qs_cpu_test_add_layer (&self->test, QS_LAYER_MATRIX_MULTIPLY, &self->attributes,
                                          n_inputs, out, integer ? 0.1f : 0.0f);

  layer->precision = qs_cuda_test_precision (self->type);
  layer->activation = qs_cuda_test_activations[self->seed % QS_N_ACTIVATIONS];
}

static void
make_weighted (Case *self)
{
  const gboolean has_bias = between (self, 0, 1);
  gint64 m, n, k;
  QsShape a, b;

  random_sizes (self, &m, &n, &k);
  self->attributes.trans_b = between (self, 0, 1);
  if (self->type != QS_DATA_TYPE_INT8)
    {
      self->attributes.alpha = between (self, 0, 1) ? 0.5f : 1.0f;
      self->attributes.beta = between (self, 0, 1) ? 2.0f : 1.0f;
      self->attributes.trans_a = between (self, 0, 3) == 0;
    }
  a = self->attributes.trans_a ? qs_shape_make (2, (int) k, (int) m)
      : between (self, 0, 1)   ? qs_shape_make (2, (int) m, (int) k)
                               : qs_shape_make (4, 2, 1, (int) m, (int) k);
  b = self->attributes.trans_b ? qs_shape_make (2, (int) n, (int) k)
                               : qs_shape_make (2, (int) k, (int) n);
  add_operand (self, 0, &a, 0.02f, FALSE);
  add_operand (self, 1, &b, 1.0f, TRUE);
  if (has_bias)
    add_bias (self, n);
  add_layer (self, has_bias ? 3 : 2);
  add_residual (self, &qs_layer_get_output (self->test.layer, 0)->shape, FALSE);
  if (self->type == QS_DATA_TYPE_INT8)
    self->test.layer->weight_scales = qs_cuda_test_scales (&self->random, n);
}

/* Both operands may have batches, one, or none; they may be transposed. */
static void
make_dynamic (Case *self)
{
  gint64 m, n, k, rows, columns;
  QsShape a, b;

  random_sizes (self, &m, &n, &k);
  self->attributes.trans_a = between (self, 0, 2) == 0;
  self->attributes.trans_b = between (self, 0, 1);
  self->attributes.alpha = self->type == QS_DATA_TYPE_INT8 ? 0.4f : 0.5f;
  rows = self->attributes.trans_a ? k : m;
  columns = self->attributes.trans_a ? m : k;
  a = between (self, 0, 1) ? qs_shape_make (4, 2, 1, (int) rows, (int) columns)
                           : qs_shape_make (2, (int) rows, (int) columns);
  rows = self->attributes.trans_b ? n : k;
  columns = self->attributes.trans_b ? k : n;
  b = between (self, 0, 1) ? qs_shape_make (3, 3, (int) rows, (int) columns)
                           : qs_shape_make (2, (int) rows, (int) columns);
  add_operand (self, 0, &a, 0.02f, self->type != QS_DATA_TYPE_INT8 && between (self, 0, 3) == 0);
  add_operand (self, 1, &b, 0.01f, self->type != QS_DATA_TYPE_INT8 && b.n_dims == 3 &&
                                     between (self, 0, 3) == 0);
  add_layer (self, 2);
  add_residual (self, &qs_layer_get_output (self->test.layer, 0)->shape, TRUE);
}

/* One head after the other out of a joint projection [rows][3][heads][depth]. */
static void
read_heads (QsAccess *access,
            gint64    rows,
            gint64    heads,
            gint64    depth,
            gint64    part,
            gboolean  transposed)
{
  const gint64 row = 3 * heads * depth;

  *access = (QsAccess) { { 3, { heads, rows, depth } }, { 3, { depth, row, 1 } },
                         part * heads * depth };
  if (!transposed)
    return;
  access->dims.v[1] = depth;
  access->dims.v[2] = rows;
  access->strides.v[1] = 1;
  access->strides.v[2] = row;
}

/* Attention's two products, whose heads lie side by side in operands or result. */
static void
make_heads (Case *self)
{
  static const gint64 depths[] = { 3, 8, 16, 20, 32 };
  const gint64 heads = between (self, 1, 3), rows = between (self, 1, 40);
  const gint64 depth = depths[between (self, 0, G_N_ELEMENTS (depths) - 1)];
  const QsShape joint = qs_shape_make (4, (int) rows, 3, (int) heads, (int) depth);
  const QsShape scores = qs_shape_make (3, (int) heads, (int) rows, (int) rows);
  const gboolean is_second = between (self, 0, 1);

  if (is_second)
    {
      read_heads (&self->attributes.b, rows, heads, depth, 2, FALSE);
      self->attributes.perm_y = (QsInts) { 3, { 1, 0, 2 } };
      add_operand (self, 0, &scores, 0.02f, FALSE);
    }
  else
    {
      read_heads (&self->attributes.a, rows, heads, depth, 0, FALSE);
      read_heads (&self->attributes.b, rows, heads, depth, 1, TRUE);
      add_operand (self, 0, &joint, 0.02f, FALSE);
    }
  add_operand (self, 1, &joint, 0.01f, FALSE);
  add_layer (self, 2);
}

/* A vector is one row on the left, one column on the right. */
static void
make_vector (Case *self)
{
  const gboolean is_left = between (self, 0, 1);
  gint64 m, n, k;
  QsShape vector, matrices;

  random_sizes (self, &m, &n, &k);
  vector = qs_shape_make (1, (int) k);
  matrices = is_left ? qs_shape_make (3, 2, (int) k, (int) n) : qs_shape_make (3, 2, (int) m, (int) k);
  add_operand (self, 0, is_left ? &vector : &matrices, 0.02f, FALSE);
  add_operand (self, 1, is_left ? &matrices : &vector, 0.01f, FALSE);
  add_layer (self, 2);
}

static void (*const makers[]) (Case *self) = {
  make_weighted, make_dynamic, make_heads, make_dynamic, make_weighted, make_vector,
};

void
qs_product_case_check (QsDataType     type,
                       guint64        seed,
                       QsKernelCheck *check)
{
  Case self = {
    .random = { seed + 1 },
    .seed = seed / 3,
    .type = type,
    .attributes = { .alpha = 1.0f, .beta = 1.0f },
  };

  qs_cpu_test_init (&self.test, seed);
  makers[seed % G_N_ELEMENTS (makers)] (&self);
  qs_cuda_test_check (&self.test, qs_cuda_matrix_multiply_kernels, QS_FORMAT_LINEAR, check);
  qs_cpu_test_clear (&self.test);
}
