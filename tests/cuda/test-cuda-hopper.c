/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "../engine/backends/qs-cpu-test.h"
#include "../engine/passes/qs-test-networks.h"
#include "backends/cuda/qs-cuda-kernel.h"
#include "backends/qs-fp16.h"
#include "builder/qs-builder.h"
#include "core/qs-float16.h"
#include "operators/qs-operator.h"
#include "qs-emulated-tensor-map.h"
#include "qs-emulator.h"
#include "qs-hopper-mistakes.h"
#include "qs-stand-in-driver.h"

/*
 * The kernels for compute capability 9.0 on an emulated device of that kind, against the reference
 * kernels: INT8 bit for bit, FP16 against sums in double. Then the emulation itself: what it says to
 * kernels with a mistake.
 */

typedef struct
{
  gint64 batch, in_channels, out_channels;
  gint64 in[2], kernel[2], stride[2], dilation[2], begin[2], end[2];
  QsDataType out;
  int residual; /* 0 none, 1 float, 2 INT8 */
  QsActivationType activation;
} Case;

/* Edges: fewer and more rows, columns and steps than a tile has, all of them not multiples; windows
 * that differ along both axes; more steps than stages. */
static const Case cases[] = {
  { 1, 16, 8, { 3, 11 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_RELU },
  { 1, 64, 72, { 9, 8 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_INT8, 2,
    QS_ACTIVATION_RELU },
  { 2, 144, 65, { 7, 5 }, { 1, 1 }, { 2, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_FLOAT, 1,
    QS_ACTIVATION_NONE },
  { 2, 32, 36, { 9, 7 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_SILU },
  { 5, 48, 130, { 8, 11 }, { 3, 2 }, { 2, 3 }, { 1, 2 }, { 1, 0 }, { 0, 1 }, QS_DATA_TYPE_INT8, 2,
    QS_ACTIVATION_CLIP },
  { 1, 16, 20, { 6, 13 }, { 1, 7 }, { 1, 2 }, { 1, 1 }, { 0, 3 }, { 0, 3 }, QS_DATA_TYPE_FLOAT, 0,
    QS_ACTIVATION_RELU },
  { 1, 1040, 16, { 5, 8 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_NONE },
  { 1, 240, 8, { 6, 7 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_RELU },
  { 1, 64, 66, { 9, 9 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, QS_DATA_TYPE_INT8, 2,
    QS_ACTIVATION_RELU },
};

/* Names of kernels that ran, so that none is left out. */
static GHashTable *tried;

static gboolean
is_hopper_kernel (const QsKernel *kernel,
                  QsLayerKind     kind,
                  QsPrecision     precision)
{
  return strstr (kernel->name, "wgmma") != NULL && kernel->kind == kind &&
         kernel->precision == precision;
}

/* Kernels refuse layers for which another tile is better; that is all they may refuse here. */
static gboolean
runs (QsCpuTest      *test,
      const QsKernel *kernel)
{
  const char *reason = NULL;

  if (kernel->supports (kernel, test->layer, &reason))
    return g_hash_table_add (tried, (gpointer) kernel->name), TRUE;
  if (strcmp (reason, "the tile is larger than the product") != 0 &&
      strcmp (reason, "the sums are too short to be split") != 0)
    g_error ("%s: %s", qs_cpu_test_describe (test, kernel), reason);
  return FALSE;
}

static void
fill_attributes (const Case              *c,
                 QsConvolutionAttributes *conv)
{
  *conv = (QsConvolutionAttributes) { .groups = 1 };
  conv->kernel_shape.n = conv->strides.n = conv->dilations.n = 2;
  conv->pads.n = 4;
  for (int i = 0; i < 2; i++)
    {
      conv->kernel_shape.v[i] = c->kernel[i];
      conv->strides.v[i] = c->stride[i];
      conv->dilations.v[i] = c->dilation[i];
      conv->pads.v[i] = c->begin[i];
      conv->pads.v[2 + i] = c->end[i];
    }
}

static QsHostTensor *
random_scales (QsRandom *random,
               gint64    n)
{
  const QsShape shape = qs_shape_make (1, n);
  QsHostTensor *scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values = qs_host_tensor_get_mutable (scales);

  for (gint64 k = 0; k < n; k++)
    values[k] = qs_random_float (random, 0.001f, 0.02f);
  return scales;
}

static QsHostTensor *
random_halves (QsRandom      *random,
               const QsShape *shape)
{
  g_autoptr (QsHostTensor) floats = qs_random_tensor (random, QS_DATA_TYPE_FLOAT, shape, FALSE);
  g_autoptr (GError) error = NULL;
  QsFp16Rounding rounding = { 0 };
  QsHostTensor *halves = qs_fp16_round (floats, &rounding, &error);

  g_assert_no_error (error);
  return halves;
}

static void
make_half_layer (QsCpuTest  *test,
                 QsRandom   *random,
                 const Case *c)
{
  QsConvolutionAttributes conv;
  const QsShape x = qs_shape_make (4, c->batch, c->in_channels, c->in[0], c->in[1]);
  const QsShape w = qs_shape_make (4, c->out_channels, c->in_channels, c->kernel[0], c->kernel[1]);
  const QsShape b = qs_shape_make (1, c->out_channels);

  fill_attributes (c, &conv);
  qs_cpu_test_add_input (test, 0, random_halves (random, &x), 0.0f, FALSE);
  qs_cpu_test_add_input (test, 1, random_halves (random, &w), 0.0f, TRUE);
  qs_cpu_test_add_input (test, 2, random_halves (random, &b), 0.0f, TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_CONVOLUTION, &conv, 3, QS_DATA_TYPE_FLOAT16, 0.0f);
}

static double
half_at (const QsHostTensor *tensor,
         gint64              index)
{
  return (double) qs_float16_to_float (((const guint16 *) qs_host_tensor_get_data (tensor))[index]);
}

/* One output as a sum of products of halves, and the sum of their absolute values. */
static double
sum_products (const Case         *c,
              const QsHostTensor *x,
              const QsHostTensor *w,
              const gint64        at[4],
              double             *absolute)
{
  double sum = 0.0;

  *absolute = 0.0;
  for (gint64 ch = 0; ch < c->in_channels; ch++)
    for (gint64 ky = 0; ky < c->kernel[0]; ky++)
      for (gint64 kx = 0; kx < c->kernel[1]; kx++)
        {
          const gint64 y0 = at[2] * c->stride[0] + ky * c->dilation[0] - c->begin[0];
          const gint64 x0 = at[3] * c->stride[1] + kx * c->dilation[1] - c->begin[1];
          double product;

          if (y0 < 0 || y0 >= c->in[0] || x0 < 0 || x0 >= c->in[1])
            continue;
          product =
            half_at (x, ((at[0] * c->in_channels + ch) * c->in[0] + y0) * c->in[1] + x0)
            * half_at (w, ((at[1] * c->in_channels + ch) * c->kernel[0] + ky) * c->kernel[1] + kx);
          sum += product;
          *absolute += fabs (product);
        }
  return sum;
}

/* Tensor cores cut off where float32 would round (Fasi and others 2021, “Numerical behavior of NVIDIA
 * tensor cores”), which is 2^-23 of what was added so far for each of k products; one bit to spare.
 * Then storing rounds to 11 bits. */
static void
assert_close (QsCpuTest      *test,
              const Case     *c,
              const QsKernel *kernel,
              QsHostTensor   *result)
{
  const QsHostTensor *w = qs_layer_get_input (test->layer, 1)->value;
  const QsHostTensor *b = qs_layer_get_input (test->layer, 2)->value;
  const QsShape *y = &qs_layer_get_output (test->layer, 0)->shape;
  const double k = (double) (c->in_channels * c->kernel[0] * c->kernel[1]);

  for (gint64 i = 0; i < qs_shape_n_elements (y); i++)
    {
      const gint64 at[] = { i / y->dims[3] / y->dims[2] / y->dims[1],
                            i / y->dims[3] / y->dims[2] % y->dims[1], i / y->dims[3] % y->dims[2],
                            i % y->dims[3] };
      double absolute, sum = sum_products (c, test->values[0], w, at, &absolute);
      const double expected = sum + half_at (b, at[1]);
      const double bound =
        (absolute + fabs (expected)) * k * 0x1p-22 + fabs (expected) * 0x1p-11 + 0x1p-24;

      if (!(fabs (half_at (result, i) - expected) <= bound))
        g_error ("%s: element %" G_GINT64_FORMAT " is %g and should be %g",
                 qs_cpu_test_describe (test, kernel), i, half_at (result, i), expected);
    }
}

static void
check_half (QsCpuTest  *test,
            const Case *c)
{
  guint n;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsHostTensor) result = NULL;

      if (!is_hopper_kernel (kernels[i], QS_LAYER_CONVOLUTION, QS_PRECISION_FP16) ||
          !runs (test, kernels[i]))
        continue;
      result = qs_cpu_test_run (test, kernels[i], kernels[i]->format, 1);
      assert_close (test, c, kernels[i], result);
    }
}

static void
test_half (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QsCpuTest test;
      QsRandom random = { i + 1 };

      qs_cpu_test_init (&test, i);
      make_half_layer (&test, &random, &cases[i]);
      check_half (&test, &cases[i]);
      qs_cpu_test_clear (&test);
    }
}

static void
make_layer (QsCpuTest  *test,
            QsRandom   *random,
            const Case *c)
{
  QsConvolutionAttributes conv;
  const QsShape x = qs_shape_make (4, c->batch, c->in_channels, c->in[0], c->in[1]);
  const QsShape w = qs_shape_make (4, c->out_channels, c->in_channels, c->kernel[0], c->kernel[1]);
  const QsShape b = qs_shape_make (1, c->out_channels);

  fill_attributes (c, &conv);
  qs_cpu_test_add_input (test, 0, qs_random_tensor (random, QS_DATA_TYPE_INT8, &x, FALSE), 0.02f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, QS_DATA_TYPE_INT8, &w, FALSE), 1.0f,
                         TRUE);
  qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f,
                         TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_CONVOLUTION, &conv, 3, c->out, 0.05f);
  if (c->residual != 0)
    {
      const QsDataType type = c->residual == 2 ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
      QsTensor *residual = qs_cpu_test_add_input (
        test, 3,
        qs_random_tensor (random, type, &qs_layer_get_output (test->layer, 0)->shape, FALSE), 0.03f,
        FALSE);

      qs_network_set_input (test->network, test->layer, QS_INPUT_RESIDUAL, residual);
    }
  test->layer->activation = (QsActivation) { c->activation, 0.0f, 6.0f };
  test->layer->weight_scales = random_scales (random, c->out_channels);
}

static void
assert_same (QsCpuTest      *test,
             const QsKernel *kernel,
             QsHostTensor   *expected,
             QsHostTensor   *result)
{
  const guint8 *a = qs_host_tensor_get_data (expected), *b = qs_host_tensor_get_data (result);
  const gsize size = qs_host_tensor_get_size (expected);

  g_assert_cmpuint (qs_host_tensor_get_size (result), ==, size);
  for (gsize i = 0; i < size; i++)
    if (a[i] != b[i])
      g_error ("%s: byte %" G_GSIZE_FORMAT " is %d, but the reference has %d",
               qs_cpu_test_describe (test, kernel), i, b[i], a[i]);
}

static void
check_int8 (QsCpuTest *test)
{
  guint n;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);
  const QsKernel *reference = qs_cpu_test_find_reference (test);
  g_autoptr (QsHostTensor) expected = qs_cpu_test_run (test, reference, reference->format, 1);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsHostTensor) result = NULL;

      if (!is_hopper_kernel (kernels[i], test->layer->klass->kind, QS_PRECISION_INT8) ||
          !runs (test, kernels[i]))
        continue;
      result = qs_cpu_test_run (test, kernels[i], kernels[i]->format, 1);
      assert_same (test, kernels[i], expected, result);
    }
}

static void
test_int8 (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QsCpuTest test;
      QsRandom random = { i + 1 };

      qs_cpu_test_init (&test, i);
      make_layer (&test, &random, &cases[i]);
      check_int8 (&test);
      qs_cpu_test_clear (&test);
    }
}

typedef struct
{
  gint64 batch, rows, k, columns;
  gboolean trans_b;
} MatrixCase;

static const MatrixCase matrix_cases[] = {
  { 2, 20, 48, 8, FALSE },
  { 3, 23, 192, 131, TRUE },
  { 1, 70, 528, 66, FALSE },
  { 1, 40, 2048, 8, TRUE },
};

static void
make_matrices (QsCpuTest        *test,
               QsRandom         *random,
               const MatrixCase *c)
{
  const QsMatrixMultiplyAttributes attributes = { .trans_b = c->trans_b, .alpha = 1.0f,
                                                  .beta = 1.0f };
  const QsShape x = qs_shape_make (3, c->batch, c->rows, c->k);
  const QsShape w = c->trans_b ? qs_shape_make (2, c->columns, c->k)
                               : qs_shape_make (2, c->k, c->columns);
  const QsShape b = qs_shape_make (1, c->columns);

  qs_cpu_test_add_input (test, 0, qs_random_tensor (random, QS_DATA_TYPE_INT8, &x, FALSE), 0.02f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, QS_DATA_TYPE_INT8, &w, FALSE), 1.0f,
                         TRUE);
  qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f,
                         TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 3, QS_DATA_TYPE_INT8, 0.05f);
  test->layer->weight_scales = random_scales (random, c->columns);
}

static void
test_matrices (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (matrix_cases); i++)
    {
      QsCpuTest test;
      QsRandom random = { i + 1 };

      qs_cpu_test_init (&test, i);
      make_matrices (&test, &random, &matrix_cases[i]);
      check_int8 (&test);
      qs_cpu_test_clear (&test);
    }
}

/* After the others: every INT8 kernel and every FP16 kernel of convolutions has run. FP16 products are
 * the same kernels with the same host code. */
static void
test_all_tried (void)
{
  guint n, n_kernels = 0;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);

  for (guint i = 0; i < n; i++)
    if (strstr (kernels[i]->name, "wgmma") != NULL)
      {
        n_kernels++;
        if (!g_hash_table_contains (tried, kernels[i]->name) &&
            !is_hopper_kernel (kernels[i], QS_LAYER_MATRIX_MULTIPLY, QS_PRECISION_FP16))
          g_error ("%s was not tried", kernels[i]->name);
      }
  g_assert_cmpuint (n_kernels, >=, 20);
}

typedef struct
{
  Case layer;
  const char *reason;
} Refusal;

#define REFUSED(in_channels, height, width, stride, begin) \
  { 1, in_channels, 64, { height, width }, { 3, 3 }, { stride, stride }, { 1, 1 }, \
    { begin, begin }, { begin, begin }, QS_DATA_TYPE_INT8, 0, QS_ACTIVATION_NONE }

/* What bulk copies cannot do; the other kernels can. */
static const Refusal refusals[] = {
  { REFUSED (24, 9, 9, 1, 1), "a pixel's channels are not a multiple of 16 bytes" },
  { REFUSED (16, 60, 60, 9, 1), "bulk copies step over eight pixels at most" },
  { REFUSED (16, 9, 9, 1, 130), "the padding is too wide for bulk copies" },
};

static void
test_refusals (void)
{
  const QsKernel *kernel = qs_backend_lookup_kernel (qs_backend_lookup ("cuda"),
                                                     "cuda_conv_wgmma_s8_64x64");

  g_assert_nonnull (kernel);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      QsCpuTest test;
      QsRandom random = { 1 };
      const char *reason = NULL;

      qs_cpu_test_init (&test, i);
      make_layer (&test, &random, &refusals[i].layer);
      g_assert_false (kernel->supports (kernel, test.layer, &reason));
      g_assert_cmpstr (reason, ==, refusals[i].reason);
      qs_cpu_test_clear (&test);
    }
}

static guint
count_timed (QsEngine *engine)
{
  guint n = 0;

  for (guint i = 0; i < qs_engine_get_network (engine)->layers->len; i++)
    {
      const QsEngineLayer *layer = qs_engine_get_layer (engine, i);

      for (guint t = 0; t < layer->tactics->len; t++)
        {
          const QsTactic *tactic = g_ptr_array_index (layer->tactics, t);

          n += strstr (tactic->kernel, "wgmma") != NULL && tactic->ms >= 0.0;
        }
    }
  return n;
}

/* A build times them beside the others; what it chooses is the times' affair. */
static void
test_timed (void)
{
  QsBuilderOptions options = {
    .backend = qs_backend_lookup ("cuda"),
    .n_threads = 1,
    .fuse = TRUE,
    .int8 = QS_INT8_FASTER,
  };
  const QsShape shape = qs_shape_make (4, 1, 32, 6, 6);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  QsTestMaker maker;
  QsTensor *x;

  qs_test_maker_init (&maker, 1);
  x = qs_test_input (&maker, "x", &shape);
  x = qs_test_convolution (&maker, "y", x, 32, 3, 1, TRUE);
  g_ptr_array_add (maker.network->outputs, x);
  network = qs_network_ref (maker.network);
  qs_test_maker_clear (&maker);

  scales = qs_test_make_scales (network, 1);
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_timed (engine), >, 0);
}

#define N_K 200     /* of 256 that are copied */
#define PITCH 208

typedef struct
{
  QsMistake mistake;
  const char *message;
} Mistake;

static const Mistake mistakes[] = {
  { QS_MISTAKE_NO_INIT_FENCE, "initialised without a fence" },
  { QS_MISTAKE_NO_BLOCK_BARRIER, "without the block's barrier" },
  { QS_MISTAKE_EXPECT_LESS, "0 arrivals and -16 bytes are missing" },
  { QS_MISTAKE_EXPECT_MORE, "0 arrivals and 16 bytes are missing" },
  { QS_MISTAKE_NO_FULL_WAIT, "which nobody has written" },
  { QS_MISTAKE_NO_EMPTY_WAIT, "where all of this phase have arrived already" },
  { QS_MISTAKE_EARLY_RELEASE, "which warp 0 has read and not given back" },
  { QS_MISTAKE_MANY_ARRIVALS, "1 arrivals and 0 bytes are missing" },
  { QS_MISTAKE_READ_EARLY, "reads sums of a product without having waited" },
  { QS_MISTAKE_NO_PRODUCT_FENCE, "without a fence after other uses of the sums" },
  { QS_MISTAKE_ADD_TO_NOTHING, "adds to sums that were never set" },
  { QS_MISTAKE_MISALIGNED_MATRIX, "where the order of 128 bytes does not" },
  { QS_MISTAKE_MISALIGNED_COPY, "not aligned to 128 bytes" },
  { QS_MISTAKE_OTHER_MATRIX, "ask for different products" },
  { QS_MISTAKE_STORE, "wrote without a fence" },
  { QS_MISTAKE_STORE_LATE, "which a product under way reads" },
  { QS_MISTAKE_STORE_FENCED, "without a barrier between them" },
  { QS_MISTAKE_COPY_LATE, "ended with bulk copies under way" },
};

/* Rows of random bytes on the emulated device, and the map of boxes of @box_rows rows and a step. */
static gint8 *
make_matrix (QsRandom        *random,
             guint            rows,
             guint            box_rows,
             QsCudaTensorMap *map,
             gint8           *values)
{
  const guint64 dims[] = { N_K, rows }, stride = PITCH;
  const guint32 box[] = { QS_MISTAKE_STEP, box_rows }, steps[] = { 1, 1 };
  gint8 *memory = qs_emulator_allocate (rows * PITCH);

  for (guint i = 0; i < rows * PITCH; i++)
    values[i] = (gint8) qs_random_between (random, -128, 127);
  g_assert_true (qs_emulator_copy_in (memory, values, rows * PITCH));
  g_assert_cmpint (qs_emulated_encode_tiled (map, QS_CUDA_TENSOR_UINT8, 2, memory, dims, &stride, box,
                                             steps, 0, QS_CUDA_SWIZZLE_128, 0, 0), ==,
                   QS_CUDA_SUCCESS);
  return memory;
}

#define N_ROWS 60 /* of 64: the others are outside and count as zeros */

static gint8 left_values[N_ROWS * PITCH], right_values[QS_MISTAKE_COLUMNS * PITCH];

static gboolean
run_mistake (QsMistake mistake,
             gint32    out[QS_MISTAKE_ROWS][QS_MISTAKE_COLUMNS])
{
  QsRandom random = { 1 };
  QsMistakeArguments args = { .mistake = mistake };
  const gsize size = QS_MISTAKE_ROWS * QS_MISTAKE_COLUMNS * sizeof (gint32);
  gint8 *left = make_matrix (&random, N_ROWS, QS_MISTAKE_ROWS, &args.left, left_values);
  gint8 *right = make_matrix (&random, QS_MISTAKE_COLUMNS, QS_MISTAKE_COLUMNS, &args.right,
                              right_values);
  const guint grid[] = { 1, 1, 1 };
  gboolean ok;

  args.out = qs_emulator_allocate (size);
  ok = qs_emulator_launch (qs_emulator_find ("qs_hopper_mistake"), grid, QS_MISTAKE_THREADS,
                           QS_MISTAKE_SHARED, &args);
  qs_emulator_copy_out (out, args.out, size);
  qs_emulator_free (args.out);
  qs_emulator_free (left);
  qs_emulator_free (right);
  return ok;
}

static void
test_emulated_product (void)
{
  gint32 out[QS_MISTAKE_ROWS][QS_MISTAKE_COLUMNS];

  if (!run_mistake (QS_MISTAKE_NONE, out))
    g_error ("%s", qs_emulator_get_message ());
  for (guint i = 0; i < QS_MISTAKE_ROWS; i++)
    for (guint j = 0; j < QS_MISTAKE_COLUMNS; j++)
      {
        gint32 sum = 0;

        for (guint k = 0; k < N_K && i < N_ROWS; k++)
          sum += left_values[i * PITCH + k] * right_values[j * PITCH + k];
        g_assert_cmpint (out[i][j], ==, sum);
      }
}

static void
test_mistakes (void)
{
  gint32 out[QS_MISTAKE_ROWS][QS_MISTAKE_COLUMNS];

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_assert_false (run_mistake (mistakes[i].mistake, out));
      if (strstr (qs_emulator_get_message (), mistakes[i].message) == NULL)
        g_error ("mistake %d: “%s” is not in “%s”", mistakes[i].mistake, mistakes[i].message,
                 qs_emulator_get_message ());
    }
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  tried = g_hash_table_new (g_str_hash, g_str_equal);
  qs_stand_in_driver_set_architecture (90);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda-hopper/emulation/product", test_emulated_product);
  g_test_add_func ("/cuda-hopper/emulation/mistakes", test_mistakes);
  g_test_add_func ("/cuda-hopper/int8", test_int8);
  g_test_add_func ("/cuda-hopper/fp16", test_half);
  g_test_add_func ("/cuda-hopper/matrices", test_matrices);
  g_test_add_func ("/cuda-hopper/refusals", test_refusals);
  g_test_add_func ("/cuda-hopper/tried", test_all_tried);
  g_test_add_func ("/cuda-hopper/timed", test_timed);
  result = g_test_run ();
  g_hash_table_unref (tried);
  return result;
}
