/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../engine/backends/qs-cpu-test.h"
#include "backends/cuda/qs-cuda-kernel.h"
#include "operators/qs-operator.h"
#include "qs-stand-in-driver.h"

/*
 * The kernels for compute capability 9.0 on an emulated device of that kind, against the reference
 * kernels: INT8 bit for bit.
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
  { 1, 16, 8, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_RELU },
  { 1, 64, 72, { 9, 8 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_INT8, 2,
    QS_ACTIVATION_RELU },
  { 2, 144, 65, { 7, 5 }, { 1, 1 }, { 2, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_FLOAT, 1,
    QS_ACTIVATION_NONE },
  { 2, 32, 36, { 9, 7 }, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_SILU },
  { 3, 48, 130, { 8, 11 }, { 3, 2 }, { 2, 3 }, { 1, 2 }, { 1, 0 }, { 0, 1 }, QS_DATA_TYPE_INT8, 2,
    QS_ACTIVATION_CLIP },
  { 1, 16, 20, { 6, 13 }, { 1, 7 }, { 1, 2 }, { 1, 1 }, { 0, 3 }, { 0, 3 }, QS_DATA_TYPE_FLOAT, 0,
    QS_ACTIVATION_RELU },
  { 1, 1040, 16, { 3, 3 }, { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 0 }, { 0, 0 }, QS_DATA_TYPE_INT8, 0,
    QS_ACTIVATION_NONE },
};

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

static gboolean
is_hopper_kernel (const QsKernel *kernel,
                  QsPrecision     precision)
{
  return strstr (kernel->name, "wgmma") != NULL && kernel->precision == precision;
}

static void
check_int8 (QsCpuTest *test)
{
  guint n, n_tried = 0;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);
  g_autoptr (QsHostTensor) expected =
    qs_cpu_test_run (test, qs_cpu_test_find_reference (test), QS_FORMAT_HWC, 1);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsHostTensor) result = NULL;
      const char *reason = NULL;

      if (!is_hopper_kernel (kernels[i], QS_PRECISION_INT8))
        continue;
      if (!kernels[i]->supports (kernels[i], test->layer, &reason))
        g_error ("%s: %s", qs_cpu_test_describe (test, kernels[i]), reason);
      result = qs_cpu_test_run (test, kernels[i], QS_FORMAT_HWC, 1);
      assert_same (test, kernels[i], expected, result);
      n_tried++;
    }
  g_assert_cmpuint (n_tried, >=, 6);
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

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_stand_in_driver_set_architecture (90);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda-hopper/int8", test_int8);
  return g_test_run ();
}
