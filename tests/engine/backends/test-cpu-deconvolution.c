/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "backends/qs-int8.h"
#include "operators/qs-operator.h"
#include "qs-cpu-test.h"
#include "qs-emulated-levels.h"

/*
 * Random transposed convolutions in INT8: every input value is spread over the output in this file,
 * and the reference, and every level that has kernels for them, must have those bits.
 */

#define N_CASES 60

typedef struct
{
  gint64 batch, groups, group_channels, group_outputs;
  gint64 in[2], kernel[2], stride[2], dilation[2], begin[2], end[2], extra[2];
  gboolean extreme;
} Case;

static void
random_axis (QsRandom *random,
             Case     *c,
             int       i)
{
  gint64 extent;

  c->kernel[i] = qs_random_between (random, 1, 4);
  c->stride[i] = qs_random_between (random, 1, 3);
  c->dilation[i] = qs_random_between (random, 1, 2);
  c->in[i] = qs_random_between (random, 1, 6);
  c->extra[i] = qs_random_between (random, 0, c->stride[i] - 1);
  extent = (c->in[i] - 1) * c->stride[i] + (c->kernel[i] - 1) * c->dilation[i] + 1 + c->extra[i];
  c->begin[i] = qs_random_between (random, 0, MIN (2, (extent - 1) / 2));
  c->end[i] = qs_random_between (random, 0, MIN (2, (extent - 1) / 2));
}

static void
random_case (QsRandom *random,
             Case     *c)
{
  *c = (Case) { .batch = qs_random_between (random, 1, 2) };
  c->groups = qs_random_between (random, 0, 2) == 0 ? qs_random_between (random, 2, 9) : 1;
  c->group_channels = qs_random_between (random, 0, 3) == 0 ? 1 : qs_random_between (random, 1, 40);
  c->group_outputs = qs_random_between (random, 0, 3) == 0 ? 1 : qs_random_between (random, 1, 24);
  c->extreme = qs_random_between (random, 0, 2) == 0;
  for (int i = 0; i < 2; i++)
    random_axis (random, c, i);
}

static char *
describe (const Case *c)
{
  return g_strdup_printf ("%d groups, filter %dx%d, strides %d %d, dilations %d %d, padding %d %d "
                          "before and %d %d after, %d %d more%s",
                          (int) c->groups, (int) c->kernel[0], (int) c->kernel[1],
                          (int) c->stride[0], (int) c->stride[1], (int) c->dilation[0],
                          (int) c->dilation[1], (int) c->begin[0], (int) c->begin[1],
                          (int) c->end[0], (int) c->end[1], (int) c->extra[0], (int) c->extra[1],
                          c->extreme ? ", all values extreme" : "");
}

static void
fill_attributes (const Case              *c,
                 QsConvolutionAttributes *conv)
{
  *conv = (QsConvolutionAttributes) { .groups = c->groups };
  conv->kernel_shape.n = conv->strides.n = conv->dilations.n = conv->output_padding.n = 2;
  conv->pads.n = 4;
  for (int i = 0; i < 2; i++)
    {
      conv->kernel_shape.v[i] = c->kernel[i];
      conv->strides.v[i] = c->stride[i];
      conv->dilations.v[i] = c->dilation[i];
      conv->output_padding.v[i] = c->extra[i];
      conv->pads.v[i] = c->begin[i];
      conv->pads.v[2 + i] = c->end[i];
    }
}

static void
build (QsCpuTest  *test,
       QsRandom   *random,
       const Case *c)
{
  const gint64 channels = c->groups * c->group_channels, outputs = c->groups * c->group_outputs;
  QsShape x = qs_shape_make (4, (int) c->batch, (int) channels, (int) c->in[0], (int) c->in[1]);
  QsShape w = qs_shape_make (4, (int) channels, (int) c->group_outputs, (int) c->kernel[0],
                             (int) c->kernel[1]);
  QsShape b = qs_shape_make (1, (int) outputs);
  QsConvolutionAttributes conv;
  float *scales;

  fill_attributes (c, &conv);
  qs_cpu_test_add_input (test, 0, qs_random_tensor (random, QS_DATA_TYPE_INT8, &x, FALSE), 0.013f,
                         FALSE);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, QS_DATA_TYPE_INT8, &w, FALSE), 0.0f,
                         TRUE);
  qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f,
                         TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_DECONVOLUTION, &conv, 3, QS_DATA_TYPE_INT8, 0.031f);
  test->layer->weight_scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &b, NULL);
  scales = qs_host_tensor_get_mutable (test->layer->weight_scales);
  for (gint64 k = 0; k < outputs; k++)
    scales[k] = qs_random_float (random, 0.001f, 0.01f);
  if (c->extreme)
    {
      qs_random_extremes (random, test->values[0], FALSE);
      qs_random_extremes (random, test->values[1], FALSE);
    }
  test->details = describe (c);
}

/* Adds what the input value at @position of @plane gives one plane of the output. */
static void
spread_value (const Case   *c,
              const gint64 *out,
              const gint64 *position,
              gint8         value,
              const gint8  *weights,
              gint32       *sums)
{
  for (gint64 ky = 0; ky < c->kernel[0]; ky++)
    for (gint64 kx = 0; kx < c->kernel[1]; kx++)
      {
        gint64 y = position[0] * c->stride[0] + ky * c->dilation[0] - c->begin[0];
        gint64 x = position[1] * c->stride[1] + kx * c->dilation[1] - c->begin[1];

        if (y >= 0 && y < out[0] && x >= 0 && x < out[1])
          sums[y * out[1] + x] += value * weights[ky * c->kernel[1] + kx];
      }
}

static gint32 *
sum_outputs (const QsCpuTest *test,
             const Case      *c)
{
  const QsShape *y = &qs_layer_get_output (test->layer, 0)->shape;
  const gint8 *xs = qs_host_tensor_get_data (test->values[0]);
  const gint8 *ws = qs_host_tensor_get_data (test->values[1]);
  const gint64 plane = y->dims[2] * y->dims[3], taps = c->kernel[0] * c->kernel[1];
  const gint64 channels = c->groups * c->group_channels;
  gint32 *sums = g_new0 (gint32, qs_shape_n_elements (y));

  for (gint64 row = 0; row < c->batch * channels; row++)
    for (gint64 at = 0; at < c->in[0] * c->in[1]; at++)
      for (gint64 k = 0; k < c->group_outputs; k++)
        {
          const gint64 channel = row % channels, group = channel / c->group_channels;
          const gint64 position[] = { at / c->in[1], at % c->in[1] };
          const gint64 output = (row / channels * c->groups + group) * c->group_outputs + k;

          spread_value (c, y->dims + 2, position, xs[row * c->in[0] * c->in[1] + at],
                        ws + (channel * c->group_outputs + k) * taps, sums + output * plane);
        }

  return sums;
}

static void
check_result (QsCpuTest      *test,
              const QsKernel *kernel,
              QsHostTensor   *result,
              gpointer        user_data)
{
  const gint32 *sums = user_data;
  const QsShape *y = qs_host_tensor_get_shape (result);
  const float *scales = qs_host_tensor_get_floats (test->layer->weight_scales);
  const float *bias = qs_host_tensor_get_floats (test->values[2]);
  const gint64 plane = y->dims[2] * y->dims[3];

  for (gint64 i = 0; i < qs_shape_n_elements (y); i++)
    {
      const gint64 k = i / plane % y->dims[1];
      volatile float multiplier = 0.013f * scales[k];
      double expected = qs_quantize (fmaf ((float) sums[i], multiplier, bias[k]), 1.0f / 0.031f);

      if (qs_host_tensor_get_number (result, i) != expected)
        g_error ("%s: output %" G_GINT64_FORMAT " is %g, not %g",
                 qs_cpu_test_describe (test, kernel), i, qs_host_tensor_get_number (result, i),
                 expected);
    }
}

static void
test_random (void)
{
  guint n_levels = 0;

  for (guint64 seed = 1; seed <= N_CASES; seed++)
    {
      QsRandom random = { seed * 104729 };
      g_autofree gint32 *sums = NULL;
      g_autoptr (QsHostTensor) result = NULL;
      const QsKernel *reference;
      QsCpuTest test;
      Case c;

      random_case (&random, &c);
      qs_cpu_test_init (&test, seed);
      build (&test, &random, &c);
      sums = sum_outputs (&test, &c);
      reference = qs_cpu_test_find_reference (&test);
      result = qs_cpu_test_run (&test, reference, QS_FORMAT_LINEAR, 1);
      check_result (&test, reference, result, sums);
      n_levels += qs_cpu_test_try_all (&test, QS_PRECISION_INT8, check_result, sums);
      qs_cpu_test_clear (&test);
    }

  g_test_message ("%d cases against the reference, %u by the levels of the CPU backend", N_CASES,
                  n_levels);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  qs_emulated_levels_init ();

  g_test_add_func ("/cpu/deconvolution/random-s8", test_random);

  return g_test_run ();
}
