/* SPDX-License-Identifier: MIT */
#include "qs-hopper-cases.h"

#include <math.h>
#include <string.h>

#include "backends/qs-fp16.h"
#include "core/qs-float16.h"
#include "operators/qs-operator.h"
#include "qs-cuda-test.h"

/* Edges: fewer and more rows, columns and steps than a tile has, all of them not multiples; windows
 * that differ along both axes; more steps than stages. */
static const QsHopperCase cases[] = {
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
  { 1, 70, 512, 130, FALSE },
};

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
supports (QsCpuTest      *test,
          const QsKernel *kernel,
          QsKernelCheck  *check)
{
  const char *reason = NULL;
  g_autofree char *layer = NULL;

  if (kernel->supports (kernel, test->layer, &reason))
    return TRUE;
  layer = qs_cpu_test_describe (test, kernel);
  if (strcmp (reason, "the tile is larger than the product") != 0 &&
      strcmp (reason, "the sums are too short to be split") != 0)
    qs_kernel_check_fail (check, "%s: %s", layer, reason);
  return FALSE;
}

/* (nullable) (transfer full) */
static QsHostTensor *
run (QsCpuTest      *test,
     const QsKernel *kernel,
     QsKernelCheck  *check)
{
  g_autoptr (GError) error = NULL;
  QsHostTensor *result = qs_cpu_test_try_run (test, kernel, kernel->format, 1, &error);

  qs_kernel_check_count (check, kernel);
  if (result == NULL)
    qs_kernel_check_fail (check, "%s", error->message);
  return result;
}

static void
fill_attributes (const QsHopperCase      *c,
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
make_half_layer (QsCpuTest          *test,
                 QsRandom           *random,
                 const QsHopperCase *c)
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
sum_products (const QsHopperCase *c,
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
 * tensor cores”), which is 2^-23 of what was added so far for each of @k products; one bit to spare.
 * Then storing rounds to 11 bits. @sum is that of the products, @absolute that of their magnitudes. */
static gboolean
is_near_half (const QsHostTensor *result,
              gint64              i,
              double              sum,
              double              absolute,
              double              bias,
              gint64              k)
{
  const double expected = sum + bias;
  const double bound =
    (absolute + fabs (expected)) * (double) k * 0x1p-22 + fabs (expected) * 0x1p-11 + 0x1p-24;

  return fabs (half_at (result, i) - expected) <= bound;
}

static void
fail_at (QsCpuTest          *test,
         const QsKernel     *kernel,
         const QsHostTensor *result,
         gint64              i,
         double              expected,
         QsKernelCheck      *check)
{
  g_autofree char *layer = qs_cpu_test_describe (test, kernel);

  qs_kernel_check_fail (check, "%s: element %" G_GINT64_FORMAT " is %g and should be near %g", layer, i,
                        half_at (result, i), expected);
}

static void
compare_half (QsCpuTest          *test,
              const QsHopperCase *c,
              const QsKernel     *kernel,
              const QsHostTensor *result,
              QsKernelCheck      *check)
{
  const QsHostTensor *w = qs_layer_get_input (test->layer, 1)->value;
  const QsHostTensor *b = qs_layer_get_input (test->layer, 2)->value;
  const QsShape *y = &qs_layer_get_output (test->layer, 0)->shape;

  for (gint64 i = 0; i < qs_shape_n_elements (y); i++)
    {
      const gint64 at[] = { i / y->dims[3] / y->dims[2] / y->dims[1],
                            i / y->dims[3] / y->dims[2] % y->dims[1], i / y->dims[3] % y->dims[2],
                            i % y->dims[3] };
      double absolute, sum = sum_products (c, test->values[0], w, at, &absolute);

      if (is_near_half (result, i, sum, absolute, half_at (b, at[1]),
                        c->in_channels * c->kernel[0] * c->kernel[1]))
        continue;
      fail_at (test, kernel, result, i, sum + half_at (b, at[1]), check);
      return;
    }
}

/* The same for a product of matrices. */
static void
compare_half_matrices (QsCpuTest          *test,
                       const MatrixCase   *c,
                       const QsKernel     *kernel,
                       const QsHostTensor *result,
                       QsKernelCheck      *check)
{
  const QsHostTensor *x = test->values[0], *w = qs_layer_get_input (test->layer, 1)->value;
  const QsHostTensor *b = qs_layer_get_input (test->layer, 2)->value;

  for (gint64 i = 0; i < c->batch * c->rows * c->columns; i++)
    {
      const gint64 row = i / c->columns, column = i % c->columns;
      double sum = 0.0, absolute = 0.0;

      for (gint64 k = 0; k < c->k; k++)
        {
          const double product = half_at (x, row * c->k + k) *
            half_at (w, c->trans_b ? column * c->k + k : k * c->columns + column);

          sum += product;
          absolute += fabs (product);
        }
      if (is_near_half (result, i, sum, absolute, half_at (b, column), c->k))
        continue;
      fail_at (test, kernel, result, i, sum + half_at (b, column), check);
      return;
    }
}

void
qs_hopper_case_make (QsCpuTest          *test,
                     QsRandom           *random,
                     const QsHopperCase *c)
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
make_matrices (QsCpuTest        *test,
               QsRandom         *random,
               const MatrixCase *c,
               gboolean          half)
{
  const QsMatrixMultiplyAttributes attributes = { .trans_b = c->trans_b, .alpha = 1.0f,
                                                  .beta = 1.0f };
  const QsShape x = qs_shape_make (3, c->batch, c->rows, c->k);
  const QsShape w = c->trans_b ? qs_shape_make (2, c->columns, c->k)
                               : qs_shape_make (2, c->k, c->columns);
  const QsShape b = qs_shape_make (1, c->columns);

  if (half)
    {
      qs_cpu_test_add_input (test, 0, random_halves (random, &x), 0.0f, FALSE);
      qs_cpu_test_add_input (test, 1, random_halves (random, &w), 0.0f, TRUE);
      qs_cpu_test_add_input (test, 2, random_halves (random, &b), 0.0f, TRUE);
      qs_cpu_test_add_layer (test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 3, QS_DATA_TYPE_FLOAT16,
                             0.0f);
      return;
    }
  qs_cpu_test_add_input (test, 0, qs_random_tensor (random, QS_DATA_TYPE_INT8, &x, FALSE), 0.02f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, QS_DATA_TYPE_INT8, &w, FALSE), 1.0f,
                         TRUE);
  qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f,
                         TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 3, QS_DATA_TYPE_INT8, 0.05f);
  test->layer->weight_scales = random_scales (random, c->columns);
}

/* One of @c and @m. */
static void
check_half (const QsHopperCase *c,
            const MatrixCase   *m,
            QsCpuTest          *test,
            QsKernelCheck      *check)
{
  guint n;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsHostTensor) result = NULL;

      if (!is_hopper_kernel (kernels[i], test->layer->klass->kind, QS_PRECISION_FP16) ||
          !supports (test, kernels[i], check))
        continue;
      result = run (test, kernels[i], check);
      if (result != NULL && c != NULL)
        compare_half (test, c, kernels[i], result, check);
      else if (result != NULL)
        compare_half_matrices (test, m, kernels[i], result, check);
    }
}

static void
check_int8 (QsCpuTest     *test,
            QsKernelCheck *check)
{
  guint n;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);
  const QsKernel *reference = qs_cpu_test_find_reference (test);
  g_autoptr (QsHostTensor) expected = qs_cpu_test_run (test, reference, reference->format, 1);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsHostTensor) result = NULL;

      if (!is_hopper_kernel (kernels[i], test->layer->klass->kind, QS_PRECISION_INT8) ||
          !supports (test, kernels[i], check))
        continue;
      result = run (test, kernels[i], check);
      if (result != NULL)
        qs_cuda_test_compare (test, kernels[i], expected, result, check);
    }
}

guint
qs_hopper_case_get_n (QsDataType type)
{
  return G_N_ELEMENTS (cases) + G_N_ELEMENTS (matrix_cases);
}

void
qs_hopper_case_check (QsDataType     type,
                      guint64        seed,
                      QsKernelCheck *check)
{
  const guint i = (guint) (seed % qs_hopper_case_get_n (type));
  const gboolean half = type == QS_DATA_TYPE_FLOAT16;
  const QsHopperCase *c = i < G_N_ELEMENTS (cases) ? &cases[i] : NULL;
  const MatrixCase *m = c == NULL ? &matrix_cases[i - G_N_ELEMENTS (cases)] : NULL;
  QsRandom random = { seed + 1 };
  QsCpuTest test;

  qs_cpu_test_init (&test, seed);
  if (m != NULL)
    make_matrices (&test, &random, m, half);
  else if (half)
    make_half_layer (&test, &random, c);
  else
    qs_hopper_case_make (&test, &random, c);
  if (half)
    check_half (c, m, &test, check);
  else
    check_int8 (&test, check);
  qs_cpu_test_clear (&test);
}
