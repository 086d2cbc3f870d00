/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../engine/backends/qs-cpu-test.h"
#include "backends/cuda/qs-cuda-kernel.h"
#include "backends/qs-fp16.h"
#include "operators/qs-operator.h"
#include "qs-stand-in-driver.h"

/*
 * Every CUDA kernel of convolutions on the emulated device, over random layers, against the reference
 * kernels. What runs here is the kernels' source on the host's compiler; tests/gpu-selftest does the
 * same on a device.
 *
 * INT8 is compared bit for bit, and so are FP16 and FP32, because their values are multiples of 1/8:
 * products and sums of these are exact in float32 in every order (1000 products of 16/8 * 16/8 take
 * 18 bits), so that one lost or misplaced product shows.
 */

#define N_CASES 60

typedef struct
{
  gint64 batch, groups, in_channels, out_channels;
  int n;
  gint64 in[3], kernel[3], stride[3], dilation[3], begin[3], end[3];
  gboolean is_transposed, integer_output, has_bias;
  int residual; /* 0 none, 1 float, 2 INT8 */
  QsDataType type;
  QsActivation activation;
} Case;

static const QsActivation activations[QS_N_ACTIVATIONS] = {
  { QS_ACTIVATION_NONE, 0, 0 },
  { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_CLIP, 0.0f, 6.0f },
  { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 },
  { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f },
  { QS_ACTIVATION_HARD_SWISH, 0, 0 },
  { QS_ACTIVATION_SIGMOID, 0, 0 },
  { QS_ACTIVATION_TANH, 0, 0 },
  { QS_ACTIVATION_SILU, 0, 0 },
  { QS_ACTIVATION_GELU_ERF, 0, 0 },
  { QS_ACTIVATION_GELU_TANH, 0, 0 },
  { QS_ACTIVATION_ELU, 1.5f, 0 },
  { QS_ACTIVATION_SELU, 1.7f, 1.05f },
  { QS_ACTIVATION_SOFTPLUS, 1.0f, 1.0f },
  { QS_ACTIVATION_SOFTSIGN, 0, 0 },
  { QS_ACTIVATION_THRESHOLDED_RELU, 0.5f, 0 },
  { QS_ACTIVATION_CELU, 1.2f, 0 },
  { QS_ACTIVATION_MISH, 0, 0 },
  { QS_ACTIVATION_SHRINK, 0.5f, 0.2f },
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
             guint64   seed,
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
  if (qs_random_between (random, 0, 4) == 0)
    {
      c->groups = c->in_channels * c->groups;
      c->in_channels = c->out_channels = 1;
    }
  c->is_transposed = qs_random_between (random, 0, 3) == 0;
  c->has_bias = qs_random_between (random, 0, 1);
  c->integer_output = qs_random_between (random, 0, 3) != 0;
  c->residual = qs_random_between (random, 0, 3) % 3;
  /* Every one of them, and none in every second layer. */
  c->activation = activations[seed % 2 == 0 ? 0 : seed / 2 % QS_N_ACTIVATIONS];
}

/* Products whose sizes are those of tiles, one less or one more; long sums with few outputs, which are
 * split. */
static void
edge_case (QsRandom *random,
           guint64   seed,
           Case     *c)
{
  static const gint64 edges[] = { 128, 64, 32, 16 };
  const gboolean is_long = seed % 3 == 0;
  const gint64 rows = edges[qs_random_between (random, is_long, is_long ? 3 : 2)];
  const gint64 columns = edges[qs_random_between (random, is_long ? 1 : 0, is_long ? 2 : 1)];

  random_case (random, seed, c);
  c->n = c->batch = c->groups = 1;
  c->kernel[0] = c->stride[0] = c->dilation[0] = 1;
  c->begin[0] = c->end[0] = 0;
  c->is_transposed = seed % 2;
  c->in[0] = rows + qs_random_between (random, -1, 1);
  c->out_channels = columns + qs_random_between (random, -1, 1);
  c->in_channels = (is_long ? 1040 : edges[qs_random_between (random, 1, 3)]) +
                   qs_random_between (random, -1, 1);
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

/* Multiples of 1/8, or bytes. */
static QsHostTensor *
random_values (QsRandom      *random,
               QsDataType     type,
               const QsShape *shape)
{
  g_autoptr (QsHostTensor) floats = NULL;
  QsFp16Rounding rounding = { 0 };
  float *values;

  if (type == QS_DATA_TYPE_INT8)
    return qs_random_tensor (random, type, shape, FALSE);

  floats = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, shape, NULL);
  values = qs_host_tensor_get_mutable (floats);
  for (gint64 i = 0; i < qs_shape_n_elements (shape); i++)
    values[i] = (float) qs_random_between (random, -16, 16) / 8.0f;
  return type == QS_DATA_TYPE_FLOAT ? g_steal_pointer (&floats)
                                    : qs_fp16_round (floats, &rounding, NULL);
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
  const gboolean integer = c->type == QS_DATA_TYPE_INT8;
  QsDataType out = integer && c->integer_output ? QS_DATA_TYPE_INT8
                   : integer                    ? QS_DATA_TYPE_FLOAT
                                                : c->type;
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

  qs_cpu_test_add_input (test, 0, random_values (random, c->type, &x), integer ? 0.02f : 0.0f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, random_values (random, c->type, &w), integer ? 1.0f : 0.0f, TRUE);
  if (c->has_bias)
    qs_cpu_test_add_input (test, 2, random_values (random, integer ? QS_DATA_TYPE_FLOAT : c->type,
                                                   &b), 0.0f, TRUE);
  qs_cpu_test_add_layer (test, c->is_transposed ? QS_LAYER_DECONVOLUTION : QS_LAYER_CONVOLUTION,
                         &conv, 3, out, 0.05f);
  output = qs_layer_get_output (test->layer, 0);
  if (c->residual != 0)
    {
      QsDataType type = !integer           ? c->type
                        : c->residual == 2 ? QS_DATA_TYPE_INT8
                                           : QS_DATA_TYPE_FLOAT;
      QsTensor *residual = qs_cpu_test_add_input (
        test, 3, random_values (random, type, &output->shape),
        type == QS_DATA_TYPE_INT8 ? 0.03f : 0.0f, FALSE);

      qs_network_set_input (test->network, test->layer, QS_INPUT_RESIDUAL, residual);
    }
  test->layer->activation = c->activation;
  if (integer)
    test->layer->weight_scales = random_scales (random, &b);
  test->layer->precision = c->type == QS_DATA_TYPE_FLOAT16 ? QS_PRECISION_FP16
                           : integer                       ? QS_PRECISION_INT8
                                                           : QS_PRECISION_FP32;
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

/* Every kernel that supports the layer; their names are added to @tried. */
static void
check_all (QsCpuTest  *test,
           GHashTable *tried)
{
  const QsPrecision precision = test->layer->precision;
  g_autoptr (GPtrArray) reference =
    qs_backend_find_kernels (qs_backend_lookup ("reference"), test->layer, precision,
                             QS_FORMAT_HWC, NULL);
  g_autoptr (QsHostTensor) expected =
    qs_cpu_test_run (test, g_ptr_array_index (reference, 0), QS_FORMAT_HWC, 1);

  for (const QsCudaKernel *row = qs_cuda_convolution_kernels; row->base.name != NULL; row++)
    {
      g_autoptr (QsHostTensor) result = NULL;

      if (row->base.kind != test->layer->klass->kind || row->base.precision != precision ||
          !row->base.supports (&row->base, test->layer, NULL))
        continue;
      result = qs_cpu_test_run (test, &row->base, QS_FORMAT_HWC, 1);
      assert_same (test, &row->base, expected, result);
      g_hash_table_add (tried, (gpointer) row->base.name);
    }
}

/* A kernel that no layer was for would be one that nobody tests. */
static void
assert_all_tried (GHashTable *tried,
                  QsPrecision precision)
{
  for (const QsCudaKernel *row = qs_cuda_convolution_kernels; row->base.name != NULL; row++)
    if (row->base.precision == precision && !g_hash_table_contains (tried, row->base.name))
      g_error ("no layer is for %s", row->base.name);
}

static void
test_convolutions (gconstpointer type)
{
  g_autoptr (GHashTable) tried = g_hash_table_new (g_str_hash, g_str_equal);
  QsPrecision precision = QS_PRECISION_FP32;

  for (guint64 seed = 0; seed < N_CASES; seed++)
    {
      QsCpuTest test;
      QsRandom random = { seed + 1 };
      Case c;

      (seed % 3 == 2 ? edge_case : random_case) (&random, seed / (seed % 3 == 2 ? 3 : 1), &c);
      c.type = GPOINTER_TO_INT (type);
      qs_cpu_test_init (&test, seed);
      make_layer (&test, &random, &c);
      check_all (&test, tried);
      precision = test.layer->precision;
      qs_cpu_test_clear (&test);
    }
  assert_all_tried (tried, precision);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_data_func ("/cuda/convolution/int8", GINT_TO_POINTER (QS_DATA_TYPE_INT8),
                        test_convolutions);
  g_test_add_data_func ("/cuda/convolution/fp16", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT16),
                        test_convolutions);
  g_test_add_data_func ("/cuda/convolution/fp32", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT),
                        test_convolutions);
  return g_test_run ();
}
