/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../engine/backends/qs-cpu-test.h"
#include "backends/cuda/qs-cuda-kernel.h"
#include "operators/qs-operator.h"
#include "qs-stand-in-driver.h"

/*
 * Every CUDA kernel on the emulated device, over random layers, against the reference kernels: INT8
 * bit for bit. What runs here is the kernels' source on the host's compiler; tests/gpu-selftest does
 * the same on a device.
 */

#define N_CASES 40

typedef struct
{
  gint64 batch, groups, in_channels, out_channels;
  int n;
  gint64 in[3], kernel[3], stride[3], dilation[3], begin[3], end[3];
  gboolean is_transposed, integer_output, has_bias;
  int residual; /* 0 none, 1 float, 2 INT8 */
  QsActivation activation;
} Case;

static const QsActivation activations[] = {
  { QS_ACTIVATION_NONE, 0, 0 },        { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_CLIP, 0.0f, 6.0f },  { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 },
  { QS_ACTIVATION_SILU, 0, 0 },        { QS_ACTIVATION_GELU_ERF, 0, 0 },
  { QS_ACTIVATION_HARD_SWISH, 0, 0 },  { QS_ACTIVATION_TANH, 0, 0 },
};

static void
random_axis (QsRandom *random,
             Case     *c,
             int       i)
{
  static const gint64 kernels[] = { 1, 3, 3, 2, 5 };

  c->kernel[i] = kernels[qs_random_between (random, 0, 4)];
  c->stride[i] = qs_random_between (random, 1, 3);
  c->dilation[i] = qs_random_between (random, 0, 3) == 0 ? 2 : 1;
  c->begin[i] = qs_random_between (random, 0, c->kernel[i] - 1);
  c->end[i] = qs_random_between (random, 0, c->kernel[i] - 1);
  c->in[i] = qs_random_between (random, 1, 9);
  c->in[i] = MAX (c->in[i], (c->kernel[i] - 1) * c->dilation[i] + 1);
}

static void
random_case (QsRandom *random,
             Case     *c)
{
  static const int axes[] = { 2, 2, 2, 1, 3 };
  static const gint64 channels[] = { 1, 3, 4, 16, 17, 32, 48, 64, 80 };

  *c = (Case) { .batch = qs_random_between (random, 1, 2) };
  c->n = axes[qs_random_between (random, 0, G_N_ELEMENTS (axes) - 1)];
  for (int i = 0; i < c->n; i++)
    random_axis (random, c, i);
  c->groups = qs_random_between (random, 0, 3) == 0 ? qs_random_between (random, 2, 3) : 1;
  c->in_channels = channels[qs_random_between (random, 0, G_N_ELEMENTS (channels) - 1)];
  c->out_channels = channels[qs_random_between (random, 0, G_N_ELEMENTS (channels) - 1)];
  c->is_transposed = qs_random_between (random, 0, 3) == 0;
  c->has_bias = qs_random_between (random, 0, 1);
  c->integer_output = qs_random_between (random, 0, 3) != 0;
  c->residual = qs_random_between (random, 0, 3) % 3;
  c->activation = activations[qs_random_between (random, 0, G_N_ELEMENTS (activations) - 1)];
}

static void
fill_attributes (const Case              *c,
                 QsConvolutionAttributes *conv)
{
  *conv = (QsConvolutionAttributes) { .groups = c->groups };
  conv->kernel_shape.n = conv->strides.n = conv->dilations.n = c->n;
  conv->pads.n = 2 * c->n;
  for (int i = 0; i < c->n; i++)
    {
      conv->kernel_shape.v[i] = c->kernel[i];
      conv->strides.v[i] = c->stride[i];
      conv->dilations.v[i] = c->dilation[i];
      conv->pads.v[i] = c->begin[i];
      conv->pads.v[c->n + i] = c->end[i];
    }
}

static QsHostTensor *
random_scales (QsRandom      *random,
               const QsShape *shape)
{
  QsHostTensor *scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, shape, NULL);
  float *values = qs_host_tensor_get_mutable (scales);

  for (gint64 k = 0; k < shape->dims[0]; k++)
    values[k] = qs_random_float (random, 0.001f, 0.02f);
  return scales;
}

static void
make_layer (QsCpuTest  *test,
            QsRandom   *random,
            const Case *c)
{
  QsConvolutionAttributes conv;
  QsShape x = { .n_dims = c->n + 2 }, w = x, b = qs_shape_make (1, c->groups * c->out_channels);
  QsDataType out = c->integer_output ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  QsTensor *output;

  fill_attributes (c, &conv);
  x.dims[0] = c->batch;
  x.dims[1] = c->groups * c->in_channels;
  w.dims[0] = c->is_transposed ? x.dims[1] : b.dims[0];
  w.dims[1] = c->is_transposed ? c->out_channels : c->in_channels;
  for (int i = 0; i < c->n; i++)
    {
      x.dims[2 + i] = c->in[i];
      w.dims[2 + i] = c->kernel[i];
    }

  qs_cpu_test_add_input (test, 0, qs_random_tensor (random, QS_DATA_TYPE_INT8, &x, FALSE), 0.02f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, QS_DATA_TYPE_INT8, &w, FALSE), 1.0f,
                         TRUE);
  if (c->has_bias)
    qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f,
                           TRUE);
  qs_cpu_test_add_layer (test, c->is_transposed ? QS_LAYER_DECONVOLUTION : QS_LAYER_CONVOLUTION,
                         &conv, 3, out, 0.05f);
  output = qs_layer_get_output (test->layer, 0);
  if (c->residual != 0)
    {
      QsDataType type = c->residual == 2 ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
      QsTensor *residual = qs_cpu_test_add_input (
        test, 3, qs_random_tensor (random, type, &output->shape, FALSE), 0.03f, FALSE);

      qs_network_set_input (test->network, test->layer, QS_INPUT_RESIDUAL, residual);
    }
  test->layer->activation = c->activation;
  test->layer->weight_scales = random_scales (random, &b);
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

/* Every kernel that supports the layer. */
static guint
check_all (QsCpuTest *test)
{
  guint n, n_tried = 0;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);
  g_autoptr (GPtrArray) reference =
    qs_backend_find_kernels (qs_backend_lookup ("reference"), test->layer, QS_PRECISION_INT8,
                             QS_FORMAT_HWC, NULL);
  g_autoptr (QsHostTensor) expected =
    qs_cpu_test_run (test, g_ptr_array_index (reference, 0), QS_FORMAT_HWC, 1);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsHostTensor) result = NULL;

      if (kernels[i]->kind != test->layer->klass->kind ||
          kernels[i]->precision != QS_PRECISION_INT8 ||
          !kernels[i]->supports (kernels[i], test->layer, NULL))
        continue;
      result = qs_cpu_test_run (test, kernels[i], QS_FORMAT_HWC, 1);
      assert_same (test, kernels[i], expected, result);
      n_tried++;
    }

  return n_tried;
}

static void
test_convolutions (void)
{
  for (guint64 seed = 0; seed < N_CASES; seed++)
    {
      QsCpuTest test;
      QsRandom random = { seed + 1 };
      Case c;

      random_case (&random, &c);
      qs_cpu_test_init (&test, seed);
      make_layer (&test, &random, &c);
      g_assert_cmpuint (check_all (&test), >, 0);
      qs_cpu_test_clear (&test);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda/convolution", test_convolutions);
  return g_test_run ();
}
