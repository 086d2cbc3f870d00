/* SPDX-License-Identifier: MIT */
#include "qs-convolution-cases.h"

#include "operators/qs-operator.h"
#include "qs-cuda-test.h"

typedef struct
{
  gint64 batch, groups, in_channels, out_channels;
  int n;
  gint64 in[3], kernel[3], stride[3], dilation[3], begin[3], end[3];
  gboolean is_transposed, has_bias;
  int residual; /* 0 none, 1 float, 2 INT8 */
  QsDataType type, out; /* @out of INT8 layers */
  QsActivation activation;
} Case;

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
  static const QsDataType outs[] = { QS_DATA_TYPE_INT8, QS_DATA_TYPE_INT8, QS_DATA_TYPE_FLOAT,
                                     QS_DATA_TYPE_FLOAT16 };
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
  c->out = outs[qs_random_between (random, 0, G_N_ELEMENTS (outs) - 1)];
  c->residual = qs_random_between (random, 0, 3) % 3;
  /* Every one of them, and none in every second layer. */
  c->activation = qs_cuda_test_activations[seed % 2 == 0 ? 0 : seed / 2 % QS_N_ACTIVATIONS];
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

static void
make_layer (QsCpuTest  *test,
            QsRandom   *random,
            const Case *c)
{
  QsConvolutionAttributes conv;
  QsShape x = { .n_dims = c->n + 2 }, w = x, b = qs_shape_make (1, c->groups * c->out_channels);
  const gboolean integer = c->type == QS_DATA_TYPE_INT8;
  const QsDataType out = integer ? c->out : c->type;
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

  qs_cpu_test_add_input (test, 0, qs_cuda_test_values (random, c->type, &x), integer ? 0.02f : 0.0f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, qs_cuda_test_values (random, c->type, &w), integer ? 1.0f : 0.0f, TRUE);
  if (c->has_bias)
    qs_cpu_test_add_input (test, 2, qs_cuda_test_values (random, integer ? QS_DATA_TYPE_FLOAT : c->type,
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
        test, 3, qs_cuda_test_values (random, type, &output->shape),
        type == QS_DATA_TYPE_INT8 ? 0.03f : 0.0f, FALSE);

      qs_network_set_input (test->network, test->layer, QS_INPUT_RESIDUAL, residual);
    }
  test->layer->activation = c->activation;
  if (integer)
    test->layer->weight_scales = qs_cuda_test_scales (random, b.dims[0]);
  test->layer->precision = qs_cuda_test_precision (c->type);
}

void
qs_convolution_case_check (QsDataType     type,
                           guint64        seed,
                           QsKernelCheck *check)
{
  QsCpuTest test;
  QsRandom random = { seed + 1 };
  Case c;

  (seed % 3 == 2 ? edge_case : random_case) (&random, seed / (seed % 3 == 2 ? 3 : 1), &c);
  c.type = type;
  qs_cpu_test_init (&test, seed);
  make_layer (&test, &random, &c);
  qs_cuda_test_check (&test, qs_cuda_convolution_kernels, QS_FORMAT_HWC, check);
  qs_cpu_test_clear (&test);
}
