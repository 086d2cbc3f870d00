/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "backends/cpu/qs-cpu-range.h"
#include "numerics/qs-int8.h"
#include "operators/qs-operator.h"
#include "qs-cpu-test.h"
#include "qs-emulated-levels.h"

/*
 * Random convolutions and deconvolutions, brute force in this file as the oracle: INT8 must have its
 * bits, FP32 must lie within the rounding error of a sum and have the same bits for every number of
 * threads. A convolution's oracle gathers the inputs of every output; a deconvolution's spreads every
 * input over the output, as the operator is defined.
 */

typedef struct
{
  gboolean transposed;
  gint64 batch, groups, group_channels, group_outputs;
  int n;                     /* spatial axes */
  gint64 in[3], kernel[3], stride[3], dilation[3], begin[3], end[3];
  gint64 extra[3];           /* output_padding */
  gboolean integer, non_negative, integer_output, has_bias;
  gboolean extreme;          /* INT8 values are -128 and 127 only */
  gboolean one_scale;        /* of all weights */
  int residual;              /* 0 none, 1 float, 2 INT8 */
  QsActivation activation;
} Case;

static const QsActivation activations[] = {
  { QS_ACTIVATION_NONE, 0, 0 },           { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_CLIP, 0.0f, 6.0f },     { QS_ACTIVATION_CLIP, -0.7f, 0.9f },
  { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 },  { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f },
  { QS_ACTIVATION_HARD_SWISH, 0, 0 },     { QS_ACTIVATION_SIGMOID, 0, 0 },
  { QS_ACTIVATION_SILU, 0, 0 },           { QS_ACTIVATION_GELU_ERF, 0, 0 },
  { QS_ACTIVATION_TANH, 0, 0 },           { QS_ACTIVATION_GELU_TANH, 0, 0 },
  { QS_ACTIVATION_ELU, 1.1f, 0 },         { QS_ACTIVATION_SOFTPLUS, 0, 0 },
  { QS_ACTIVATION_SOFTSIGN, 0, 0 },       { QS_ACTIVATION_CELU, 0.8f, 0 },
  { QS_ACTIVATION_MISH, 0, 0 },
  /* With jumps, or slopes that the bound of FP32 results does not allow for. */
  { QS_ACTIVATION_SELU, 1.67f, 1.05f },   { QS_ACTIVATION_THRESHOLDED_RELU, 0.3f, 0 },
  { QS_ACTIVATION_SHRINK, 0.4f, 0.15f },
};

#define N_STEEP 3
#define MAX_WORK 200000
#define N_CASES 500

static void
random_axis (QsRandom *random,
             Case     *c,
             int       i)
{
  static const gint64 kernels[] = { 1, 3, 3, 2, 5 };

  c->kernel[i] = kernels[qs_random_between (random, 0, 4)];
  c->stride[i] = qs_random_between (random, 1, 3);
  c->dilation[i] = qs_random_between (random, 0, 3) == 0 ? 2 : 1;
  c->begin[i] = qs_random_between (random, 0, c->kernel[i]);
  c->end[i] = qs_random_between (random, 0, c->kernel[i]);
  c->in[i] = qs_random_between (random, 1, 11);
  c->in[i] = MAX (c->in[i], (c->kernel[i] - 1) * c->dilation[i] + 1 - c->begin[i] - c->end[i]);
}

/* Strides beyond the filter leave outputs that no input reaches, and strides that share factors with
 * dilations leave some more. */
static void
random_transposed_axis (QsRandom *random,
                        Case     *c,
                        int       i)
{
  gint64 extent;

  c->kernel[i] = qs_random_between (random, 1, 5);
  c->stride[i] = qs_random_between (random, 1, 4);
  c->dilation[i] = qs_random_between (random, 0, 3) == 0 ? qs_random_between (random, 2, 4) : 1;
  c->in[i] = qs_random_between (random, 1, 8);
  c->extra[i] = qs_random_between (random, 0, c->stride[i] - 1);
  extent = (c->in[i] - 1) * c->stride[i] + (c->kernel[i] - 1) * c->dilation[i] + 1 + c->extra[i];
  c->begin[i] = qs_random_between (random, 0, MIN (3, (extent - 1) / 2));
  c->end[i] = qs_random_between (random, 0, MIN (3, (extent - 1) / 2));
}

static void
random_channels (QsRandom *random,
                 Case     *c)
{
  switch (qs_random_between (random, 0, 6))
    {
    case 4: /* an image */
      c->groups = 1;
      c->group_channels = 3;
      c->group_outputs = qs_random_between (random, 1, 40);
      break;
    case 6: /* many narrow groups */
      c->groups = qs_random_between (random, 2, 40);
      c->group_channels = qs_random_between (random, 1, 8);
      c->group_outputs = qs_random_between (random, 1, 8);
      break;
    case 5: /* many channels, seldom a multiple of anything */
      c->groups = 1;
      c->group_channels = qs_random_between (random, 64, 260);
      c->group_outputs = qs_random_between (random, 1, 36);
      break;
    case 0: /* depthwise */
      c->groups = qs_random_between (random, 1, 70);
      c->group_channels = c->group_outputs = 1;
      break;
    case 1:
      c->groups = qs_random_between (random, 2, 4);
      c->group_channels = qs_random_between (random, 1, 20);
      c->group_outputs = qs_random_between (random, 1, 20);
      break;
    default:
      c->groups = 1;
      c->group_channels = qs_random_between (random, 1, 3) == 1 ? qs_random_between (random, 1, 4)
                                                                : qs_random_between (random, 1, 70);
      c->group_outputs = qs_random_between (random, 1, 70);
    }
}

/* Multiplications, padding included. */
static double
case_work (const Case *c)
{
  double work = (double) c->batch * c->groups * c->group_channels * c->group_outputs;

  for (int i = 0; i < c->n; i++)
    work *= c->transposed ? (double) c->kernel[i] * c->in[i]
                          : (double) c->kernel[i] * (c->in[i] + c->begin[i] + c->end[i])
                              / c->stride[i];
  return work;
}

/* Brute force takes its time, with the address sanitizer above all. */
static void
limit_work (Case *c)
{
  for (int i = 0; i < c->n; i++)
    while (!c->transposed && case_work (c) > MAX_WORK
           && c->in[i] > (c->kernel[i] - 1) * c->dilation[i] + 1)
      c->in[i]--;
  while (case_work (c) > MAX_WORK && c->group_outputs > 3)
    c->group_outputs--;
  while (case_work (c) > MAX_WORK && c->group_channels > 3)
    c->group_channels--;
}

static void
random_case (QsRandom *random,
             gboolean  integer,
             gboolean  transposed,
             Case     *c)
{
  static const int axes[] = { 2, 2, 2, 2, 1, 3 };

  *c = (Case) { .integer = integer, .transposed = transposed,
                .batch = qs_random_between (random, 1, 2) };
  c->n = axes[qs_random_between (random, 0, G_N_ELEMENTS (axes) - 1)];
  for (int i = 0; i < c->n; i++)
    if (transposed)
      random_transposed_axis (random, c, i);
    else
      random_axis (random, c, i);
  random_channels (random, c);
  limit_work (c);
  c->has_bias = qs_random_between (random, 0, 1);
  c->non_negative = qs_random_between (random, 0, 1);
  c->integer_output = integer && qs_random_between (random, 0, 3) != 0;
  c->residual = qs_random_between (random, 0, integer ? 3 : 1) % 3;
  c->activation = activations[qs_random_between (random, 0, G_N_ELEMENTS (activations) - 1
                                                             - (integer ? 0 : N_STEEP))];
  c->extreme = integer && qs_random_between (random, 0, 4) == 0;
  c->one_scale = integer && qs_random_between (random, 0, 4) == 0;
}

static void
append_axis (const Case *c,
             int         i,
             GString    *text)
{
  g_string_append_printf (text, ", axis %d: filter %d, stride %d, dilation %d, padding %d and %d", i,
                          (int) c->kernel[i], (int) c->stride[i], (int) c->dilation[i],
                          (int) c->begin[i], (int) c->end[i]);
  if (c->transposed)
    g_string_append_printf (text, ", %d more", (int) c->extra[i]);
}

static char *
describe (const Case *c)
{
  static const char *const residuals[] = { "no residual", "float residual", "INT8 residual" };
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%d groups, %s, %s, %s output, %s%s%s%s", (int) c->groups,
                          qs_activation_name (c->activation.type), residuals[c->residual],
                          c->integer_output ? "INT8" : "float", c->has_bias ? "bias" : "no bias",
                          c->non_negative ? ", no negative input" : "",
                          c->extreme ? ", all values extreme" : "",
                          c->one_scale ? ", one scale for all weights" : "");
  for (int i = 0; i < c->n; i++)
    append_axis (c, i, text);
  return g_string_free (text, FALSE);
}

static void
fill_attributes (const Case              *c,
                 QsConvolutionAttributes *conv)
{
  *conv = (QsConvolutionAttributes) { .groups = c->groups };
  conv->kernel_shape.n = conv->strides.n = conv->dilations.n = c->n;
  conv->pads.n = 2 * c->n;
  conv->output_padding.n = c->transposed ? c->n : 0;
  for (int i = 0; i < c->n; i++)
    {
      conv->kernel_shape.v[i] = c->kernel[i];
      conv->strides.v[i] = c->stride[i];
      conv->dilations.v[i] = c->dilation[i];
      conv->output_padding.v[i] = c->extra[i];
      conv->pads.v[i] = c->begin[i];
      conv->pads.v[c->n + i] = c->end[i];
    }
}

static void
fill_shapes (const Case *c,
             QsShape    *x,
             QsShape    *w)
{
  *x = *w = (QsShape) { .n_dims = c->n + 2 };
  x->dims[0] = c->batch;
  x->dims[1] = c->groups * c->group_channels;
  w->dims[0] = c->transposed ? x->dims[1] : c->groups * c->group_outputs;
  w->dims[1] = c->transposed ? c->group_outputs : c->group_channels;
  for (int i = 0; i < c->n; i++)
    {
      x->dims[2 + i] = c->in[i];
      w->dims[2 + i] = c->kernel[i];
    }
}

/* A producer with ReLU between the network's input and the layer, which is the proof that kernels
 * look for; only its presence matters. */
static void
add_proof (QsCpuTest *test,
           QsTensor  *x)
{
  QsTensor *source = qs_network_add_input (test->network, "source", x->type, &x->shape);
  QsLayer *relu = qs_network_add_layer (test->network, qs_layer_class_lookup (QS_LAYER_ACTIVATION),
                                        "relu", NULL, &source, 1, &x, 1);

  relu->activation.type = QS_ACTIVATION_RELU;
}

/* The input must be made by a layer to carry the proof, so it is no network input then. */
static void
add_x (QsCpuTest    *test,
       const Case   *c,
       QsHostTensor *value,
       float         scale)
{
  QsTensor *x;

  if (!c->non_negative)
    {
      qs_cpu_test_add_input (test, 0, value, scale, FALSE);
      return;
    }

  x = qs_network_add_tensor (test->network, "input0");
  x->type = qs_host_tensor_get_data_type (value);
  x->shape = *qs_host_tensor_get_shape (value);
  x->scale = scale;
  test->values[0] = value;
  add_proof (test, x);
}

static QsHostTensor *
random_scales (QsRandom *random,
               gint64    n)
{
  QsShape shape = qs_shape_make (1, (int) n);
  QsHostTensor *scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values = qs_host_tensor_get_mutable (scales);

  /* What folds into the scale of a channel may be negative or zero. */
  for (gint64 k = 0; k < n; k++)
    values[k] = qs_random_float (random, 0.001f, 0.02f)
                * (float) (qs_random_between (random, 0, 11) == 0 ? 0
                           : qs_random_between (random, 0, 7) == 0 ? -1 : 1);
  return scales;
}

static void
build (QsCpuTest  *test,
       QsRandom   *random,
       const Case *c)
{
  const QsDataType type = c->integer ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  QsConvolutionAttributes conv;
  QsShape x, w, b;
  QsLayer *layer;

  fill_attributes (c, &conv);
  fill_shapes (c, &x, &w);
  b = qs_shape_make (1, (int) (c->groups * c->group_outputs));
  add_x (test, c, qs_random_tensor (random, type, &x, c->non_negative), c->integer ? 0.013f : 0.0f);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, type, &w, FALSE), 0.0f, TRUE);
  if (c->has_bias)
    qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f,
                           TRUE);
  layer = qs_cpu_test_add_layer (test,
                                 c->transposed ? QS_LAYER_DECONVOLUTION : QS_LAYER_CONVOLUTION,
                                 &conv, 3,
                                 c->integer_output ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT,
                                 c->integer_output ? 0.031f : 0.0f);
  layer->activation = c->activation;
  if (c->integer)
    layer->weight_scales = random_scales (random, c->one_scale ? 1 : b.dims[0]);
  if (c->extreme)
    {
      qs_random_extremes (random, test->values[0], c->non_negative);
      qs_random_extremes (random, test->values[1], FALSE);
    }
  test->details = describe (c);
}

/* The residual has the output's shape, which is known only now. */
static void
add_residual (QsCpuTest  *test,
              QsRandom   *random,
              const Case *c)
{
  const QsDataType type = c->residual == 2 ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  const QsShape *shape = &qs_layer_get_output (test->layer, 0)->shape;
  QsTensor *residual;

  if (c->residual == 0)
    return;

  residual = qs_cpu_test_add_input (test, 3, qs_random_tensor (random, type, shape, FALSE),
                                    c->residual == 2 ? 0.017f : 0.0f, FALSE);
  while (test->layer->inputs->len <= QS_INPUT_RESIDUAL)
    g_ptr_array_add (test->layer->inputs, NULL);
  qs_network_set_input (test->network, test->layer, QS_INPUT_RESIDUAL, residual);
}

/* One output: the sum, and for FP32 the sum of magnitudes that bounds the error. */
typedef struct
{
  gint32 integer;
  double sum;
  double magnitude;
  gint64 n_products;
} Sum;

static void
add_product (const QsCpuTest *test,
             const Case      *c,
             gint64           x,
             gint64           w,
             Sum             *sum)
{
  gconstpointer xs = qs_host_tensor_get_data (test->values[0]);
  gconstpointer ws = qs_host_tensor_get_data (test->values[1]);

  sum->n_products++;
  if (c->integer)
    {
      sum->integer += ((const gint8 *) xs)[x] * ((const gint8 *) ws)[w];
      return;
    }
  sum->sum += (double) ((const float *) xs)[x] * ((const float *) ws)[w];
  sum->magnitude += fabs ((double) ((const float *) xs)[x] * ((const float *) ws)[w]);
}

/* Position @at of tap @tap in the input, -1 in the padding; both linear over all spatial axes. */
static gint64
tap_position (const Case   *c,
              const gint64 *out,
              gint64        at,
              gint64        tap)
{
  gint64 position = 0, scale = 1;

  for (int i = c->n - 1; i >= 0; i--)
    {
      gint64 x = at % out[i] * c->stride[i] - c->begin[i] + tap % c->kernel[i] * c->dilation[i];

      if (x < 0 || x >= c->in[i])
        return -1;
      position += x * scale;
      scale *= c->in[i];
      at /= out[i];
      tap /= c->kernel[i];
    }

  return position;
}

static void
sum_output (const QsCpuTest *test,
            const Case      *c,
            const gint64    *out,
            gint64           batch,
            gint64           k,
            gint64           at,
            Sum             *sum)
{
  gint64 n_taps = 1, plane = 1, group = k / c->group_outputs;

  for (int i = 0; i < c->n; i++)
    {
      n_taps *= c->kernel[i];
      plane *= c->in[i];
    }

  *sum = (Sum) { 0 };
  for (gint64 channel = 0; channel < c->group_channels; channel++)
    for (gint64 tap = 0; tap < n_taps; tap++)
      {
        gint64 position = tap_position (c, out, at, tap);
        gint64 x = (batch * c->groups + group) * c->group_channels + channel;

        if (position >= 0)
          add_product (test, c, x * plane + position,
                       (k * c->group_channels + channel) * n_taps + tap, sum);
      }
}

/* Where tap @tap brings input position @at of the output, -1 beyond it; linear over all axes. */
static gint64
spread_position (const Case   *c,
                 const gint64 *out,
                 gint64        at,
                 gint64        tap)
{
  gint64 position = 0, scale = 1;

  for (int i = c->n - 1; i >= 0; i--)
    {
      gint64 y = at % c->in[i] * c->stride[i] - c->begin[i] + tap % c->kernel[i] * c->dilation[i];

      if (y < 0 || y >= out[i])
        return -1;
      position += y * scale;
      scale *= out[i];
      at /= c->in[i];
      tap /= c->kernel[i];
    }

  return position;
}

/* Adds one input value to the outputs of its group. */
static void
spread_input (const QsCpuTest *test,
              const Case      *c,
              const QsShape   *y,
              gint64           channel,
              gint64           x,
              gint64           at,
              Sum             *sums)
{
  const gint64 group = channel % (c->groups * c->group_channels) / c->group_channels;
  const gint64 batch = channel / (c->groups * c->group_channels);
  gint64 n_taps = 1, plane = 1;

  for (int i = 0; i < c->n; i++)
    {
      n_taps *= c->kernel[i];
      plane *= y->dims[2 + i];
    }

  for (gint64 tap = 0; tap < n_taps; tap++)
    {
      gint64 position = spread_position (c, y->dims + 2, at, tap);

      for (gint64 k = 0; position >= 0 && k < c->group_outputs; k++)
        add_product (test, c, x,
                     (channel % (c->groups * c->group_channels) * c->group_outputs + k) * n_taps
                       + tap,
                     sums + ((batch * c->groups + group) * c->group_outputs + k) * plane + position);
    }
}

static void
spread_inputs (const QsCpuTest *test,
               const Case      *c,
               const QsShape   *y,
               Sum             *sums)
{
  gint64 plane = 1;

  for (int i = 0; i < c->n; i++)
    plane *= c->in[i];
  for (gint64 x = 0; x < c->batch * c->groups * c->group_channels * plane; x++)
    spread_input (test, c, y, x / plane, x, x % plane, sums);
}

static float
residual_value (const QsCpuTest *test,
                gint64           i)
{
  return ((const float *) qs_host_tensor_get_data (test->values[3]))[i];
}

/* The contract of numerics/qs-int8.h, step by step. */
static float
finish_integer (const QsCpuTest *test,
                const Case      *c,
                const Sum       *sum,
                gint64           k,
                gint64           i)
{
  const float *scales = qs_host_tensor_get_floats (test->layer->weight_scales);
  float bias = c->has_bias ? qs_host_tensor_get_floats (test->values[2])[k] : 0.0f;
  volatile float multiplier = qs_layer_get_input (test->layer, 0)->scale
                              * scales[c->one_scale ? 0 : k];
  float v = fmaf ((float) sum->integer, multiplier, bias);

  if (c->residual == 2)
    v = fmaf (((const gint8 *) qs_host_tensor_get_data (test->values[3]))[i],
              qs_layer_get_input (test->layer, 3)->scale, v);
  else if (c->residual == 1)
    v = v + residual_value (test, i);

  return qs_activation_apply (&c->activation, v);
}

static gboolean
is_exact (QsActivationType type)
{
  return type == QS_ACTIVATION_NONE || type == QS_ACTIVATION_RELU || type == QS_ACTIVATION_CLIP;
}

/*
 * A sum of n products in any order errs by at most gamma (n) = n u / (1 - n u) times the sum of
 * magnitudes (Higham 2002, §3.1), u = 2^-24; bias and residual add two roundings, and one more is for
 * the sums in double precision. Maximum and minimum keep that. The other functions tested here have
 * slopes below 1.2 and err by less than 4 units in the last place of a number of at most the
 * magnitude.
 */
static double
float_bound (const Case *c,
             const Sum  *sum,
             double      magnitude)
{
  const double n = (double) sum->n_products + 3.0;

  if (is_exact (c->activation.type))
    return n * 0x1p-24 / (1.0 - n * 0x1p-24) * magnitude;
  return 1.2 * (n + 5.0) * 0x1p-24 * (magnitude + 1.0);
}

static double
apply_exact (const QsActivation *activation,
             double              v)
{
  if (activation->type == QS_ACTIVATION_RELU)
    return MAX (v, 0.0);
  if (activation->type == QS_ACTIVATION_CLIP)
    return CLAMP (v, (double) activation->alpha, (double) activation->beta);
  return v;
}

static void
check_float (QsCpuTest      *test,
             const QsKernel *kernel,
             const Case     *c,
             const Sum      *sum,
             gint64          k,
             gint64          i,
             float           value)
{
  double v = sum->sum, magnitude = sum->magnitude, expected;

  if (c->has_bias)
    {
      v += qs_host_tensor_get_floats (test->values[2])[k];
      magnitude += fabs ((double) qs_host_tensor_get_floats (test->values[2])[k]);
    }
  if (c->residual == 1)
    {
      v += residual_value (test, i);
      magnitude += fabs ((double) residual_value (test, i));
    }

  /* Rounding the sum before the function moves its result by no more than a unit of 1.2 magnitudes. */
  expected = is_exact (c->activation.type) ? apply_exact (&c->activation, v)
                                           : qs_activation_apply (&c->activation, (float) v);
  if (!(fabs (value - expected) <= float_bound (c, sum, magnitude)))
    g_error ("%s: output %" G_GINT64_FORMAT " is %.9g, not %.9g",
             qs_cpu_test_describe (test, kernel), i, value, expected);
}

/* The oracle's values, computed once per layer. */
typedef struct
{
  const Case *c;
  Sum *sums;
  QsHostTensor *first[2];  /* with and without fused multiply-add */
} Oracle;

static void
oracle_init (Oracle     *self,
             QsCpuTest  *test,
             const Case *c)
{
  const QsShape *y = &qs_layer_get_output (test->layer, 0)->shape;
  gint64 n = qs_shape_n_elements (y), plane = n / y->dims[0] / y->dims[1];

  *self = (Oracle) { .c = c, .sums = g_new0 (Sum, n) };
  if (c->transposed)
    spread_inputs (test, c, y, self->sums);
  for (gint64 i = 0; i < n && !c->transposed; i++)
    sum_output (test, c, y->dims + 2, i / plane / y->dims[1], i / plane % y->dims[1], i % plane,
                &self->sums[i]);
}

static void
oracle_clear (Oracle *self)
{
  g_free (self->sums);
  g_clear_pointer (&self->first[0], qs_host_tensor_unref);
  g_clear_pointer (&self->first[1], qs_host_tensor_unref);
}

static void
check_integer (QsCpuTest      *test,
               const QsKernel *kernel,
               const Case     *c,
               const Sum      *sum,
               gint64          k,
               gint64          i,
               QsHostTensor   *result)
{
  float v = finish_integer (test, c, sum, k, i);
  double expected = c->integer_output ? qs_quantize (v, 1.0f / 0.031f) : v;

  if (qs_host_tensor_get_number (result, i) != expected)
    g_error ("%s: output %" G_GINT64_FORMAT " is %.9g, not %.9g",
             qs_cpu_test_describe (test, kernel), i, qs_host_tensor_get_number (result, i),
             expected);
}

/* All thread counts and all levels with fused multiply-add give the same bits. */
static void
check_same_bits (QsCpuTest      *test,
                 const QsKernel *kernel,
                 Oracle         *oracle,
                 QsHostTensor   *result)
{
  int fused = qs_cpu_kernel_functions (kernel)->level != QS_CPU_PORTABLE;

  if (oracle->first[fused] == NULL)
    oracle->first[fused] = qs_host_tensor_ref (result);
  else if (memcmp (qs_host_tensor_get_data (oracle->first[fused]), qs_host_tensor_get_data (result),
                   qs_host_tensor_get_size (result)) != 0)
    g_error ("%s: bits differ between threads or levels", qs_cpu_test_describe (test, kernel));
}

static void
check_result (QsCpuTest      *test,
              const QsKernel *kernel,
              QsHostTensor   *result,
              gpointer        user_data)
{
  Oracle *oracle = user_data;
  const QsShape *y = qs_host_tensor_get_shape (result);
  gint64 n = qs_shape_n_elements (y), plane = n / y->dims[0] / y->dims[1];

  for (gint64 i = 0; i < n; i++)
    {
      gint64 k = i / plane % y->dims[1];

      if (oracle->c->integer)
        check_integer (test, kernel, oracle->c, &oracle->sums[i], k, i, result);
      else
        check_float (test, kernel, oracle->c, &oracle->sums[i], k, i,
                     qs_host_tensor_get_floats (result)[i]);
    }

  if (!oracle->c->integer)
    check_same_bits (test, kernel, oracle, result);
}

/* The other backends of INT8 are held against the reference; here all against brute force. */
static void
check_reference (QsCpuTest *test,
                 Oracle    *oracle)
{
  const QsKernel *kernel = qs_cpu_test_find_reference (test);
  g_autoptr (QsHostTensor) result = qs_cpu_test_run (test, kernel, QS_FORMAT_LINEAR, 1);

  check_result (test, kernel, result, oracle);
}

/* For any of the outputs; bias and residual are at most 1.5, and either order of summation errs. */
static double
fp16_bound (const QsCpuTest *test,
            const Case      *c,
            const Oracle    *oracle)
{
  const QsShape *y = &qs_layer_get_output (test->layer, 0)->shape;
  double bound = 0.0;

  for (gint64 i = 0; i < qs_shape_n_elements (y); i++)
    bound = MAX (bound, float_bound (c, &oracle->sums[i], oracle->sums[i].magnitude + 3.0));
  return 2.0 * bound;
}

static void
run_case (guint64     seed,
          QsRandom   *random,
          const Case *c)
{
  QsCpuTest test;
  Oracle oracle;

  qs_cpu_test_init (&test, seed);
  build (&test, random, c);
  add_residual (&test, random, c);
  oracle_init (&oracle, &test, c);
  /* The reference knows only one scale per channel. */
  if (c->integer && !c->one_scale)
    check_reference (&test, &oracle);
  qs_cpu_test_all (&test, c->integer ? QS_PRECISION_INT8 : QS_PRECISION_FP32, check_result,
                   &oracle);
  if (!c->integer && seed % 8 == 0)
    qs_cpu_test_fp16 (&test, fp16_bound (&test, c, &oracle));
  oracle_clear (&oracle);
  qs_cpu_test_clear (&test);
}

typedef struct
{
  gboolean integer;
  gboolean transposed;
} Kind;

static void
test_random (gconstpointer data)
{
  const Kind *kind = data;

  for (guint64 seed = 1; seed <= N_CASES; seed++)
    {
      QsRandom random = { seed + (kind->integer ? 100000 : 0) + (kind->transposed ? 200000 : 0) };
      Case c;

      random_case (&random, kind->integer, kind->transposed, &c);
      run_case (seed, &random, &c);
    }
}

/* Sums so long that a level takes them in parts: of whole taps, within a tap, both, and placed apart. */
static void
test_long_sums (void)
{
  static const Case cases[] = {
    { .groups = 1, .group_channels = 100, .group_outputs = 40, .n = 2, .in = { 5, 5 },
      .kernel = { 3, 3 }, .begin = { 1, 1 }, .end = { 1, 1 }, .has_bias = TRUE, .residual = 1,
      .activation = { QS_ACTIVATION_RELU, 0, 0 } },
    { .groups = 1, .group_channels = 1501, .group_outputs = 49, .n = 1, .in = { 27 },
      .kernel = { 1 }, .activation = { QS_ACTIVATION_SILU, 0, 0 } },
    { .groups = 2, .group_channels = 450, .group_outputs = 16, .n = 2, .in = { 3, 5 },
      .kernel = { 2, 2 }, .begin = { 1, 0 }, .activation = { QS_ACTIVATION_CLIP, -0.7f, 0.9f } },
    { .transposed = TRUE, .groups = 1, .group_channels = 801, .group_outputs = 20, .n = 2,
      .in = { 3, 5 }, .kernel = { 2, 2 }, .stride = { 2, 2 }, .has_bias = TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QsRandom random = { 300000 + i };
      Case c = cases[i];

      c.batch = 1;
      for (int axis = 0; axis < c.n; axis++)
        {
          c.stride[axis] = MAX (c.stride[axis], 1);
          c.dilation[axis] = 1;
        }
      run_case (i + 1, &random, &c);
    }
}

#define N_PART_STEPS 37
#define FIRST_PART 16

/* Random values in the form of a product's left or right side. */
static void
random_side (QsRandom *random,
             gboolean  floats,
             gsize     size,
             int       low,
             int       high,
             gpointer  to,
             gsize     n_bytes)
{
  for (gsize i = 0; i < n_bytes; i += floats ? 4 : size)
    if (floats)
      *(float *) ((guint8 *) to + i) = qs_random_float (random, -1.5f, 1.5f);
    else if (size == 2)
      *(gint16 *) ((guint8 *) to + i) = qs_random_between (random, low, high);
    else
      *((guint8 *) to + i) = (guint8) qs_random_between (random, low, high);
}

/* A tile whose second part starts from the first one's sums has the bits of a whole one. */
static void
check_parts (const QsCpuFunctions    *functions,
             const QsCpuProductFuncs *funcs,
             gboolean                 floats,
             gboolean                 small)
{
  static guint8 left[QS_CPU_MAX_ROWS * N_PART_STEPS * 4] __attribute__ ((aligned (64)));
  static guint8 panel[N_PART_STEPS * QS_CPU_MAX_PANEL * 4] __attribute__ ((aligned (64)));
  static gint32 whole[QS_CPU_MAX_ROWS * QS_CPU_MAX_PANEL] __attribute__ ((aligned (64)));
  static gint32 parts[QS_CPU_MAX_ROWS * QS_CPU_MAX_PANEL] __attribute__ ((aligned (64)));
  const gsize width = QS_CPU_PANEL (functions);
  const guint8 *rows[QS_CPU_MAX_ROWS], *moved[QS_CPU_MAX_ROWS];
  QsRandom random = { 11 };

  random_side (&random, floats, funcs->left_size, small ? 0 : -128, 127, left, sizeof left);
  random_side (&random, floats, funcs->right_size, -128, 127, panel, sizeof panel);
  for (guint r = 0; r < funcs->max_rows; r++)
    {
      rows[r] = left + r * N_PART_STEPS * 4;
      moved[r] = rows[r] + FIRST_PART * 4;
    }

  for (guint n = 1; n <= funcs->max_rows; n++)
    {
      QsCpuTile tile = { .rows = rows, .row_pitch = n, .n_segments = 1, .n_steps = N_PART_STEPS,
                         .panel = panel, .sums = whole };

      funcs->tile (n, 2, &tile);
      tile.n_steps = FIRST_PART;
      tile.sums = parts;
      funcs->tile (n, 2, &tile);
      tile.rows = moved;
      tile.n_steps = N_PART_STEPS - FIRST_PART;
      tile.panel = panel + FIRST_PART * width * funcs->unit * funcs->right_size;
      tile.initial = parts;
      tile.initial_pitch = width;
      funcs->tile (n, 2, &tile);
      g_assert_cmpmem (parts, n * width * 4, whole, n * width * 4);
    }
}

static void
test_parts (void)
{
  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      const QsCpuFunctions *functions = qs_cpu_functions_get (level);

      if (functions == NULL)
        continue;
      check_parts (functions, functions->product_f32, TRUE, FALSE);
      check_parts (functions, functions->product_s8, FALSE, FALSE);
      check_parts (functions, functions->product_u7, FALSE, TRUE);
    }
}

/* Every product at its extreme: -128 * -128 or 127 * -128 as often as int32 can hold. */
static void
test_longest_sum (void)
{
  const gint64 lengths[] = { QS_INT8_MAX_K, 131068, 70000 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (int sign = 0; sign < 2; sign++)
      {
        Case c = { .batch = 1, .groups = 1, .group_channels = lengths[i], .group_outputs = 3,
                   .n = 1, .in = { 1 }, .kernel = { 1 }, .stride = { 1 }, .dilation = { 1 },
                   .integer = TRUE, .non_negative = sign == 0 };
        QsRandom random = { 7 };
        QsCpuTest test;
        Oracle oracle;

        qs_cpu_test_init (&test, lengths[i]);
        build (&test, &random, &c);
        memset (qs_host_tensor_get_mutable (test.values[0]), sign == 0 ? 127 : -128, lengths[i]);
        memset (qs_host_tensor_get_mutable (test.values[1]), -128, 3 * lengths[i]);
        oracle_init (&oracle, &test, &c);
        g_assert_cmpint (oracle.sums[0].integer, ==, lengths[i] * -128 * (sign == 0 ? 127 : -128));
        qs_cpu_test_all (&test, QS_PRECISION_INT8, check_result, &oracle);
        oracle_clear (&oracle);
        qs_cpu_test_clear (&test);
      }
}

/* One product more than int32 can hold is refused by every level, in words. */
static void
test_too_long (gconstpointer data)
{
  const Kind *kind = data;
  const QsLayerKind layer = kind->transposed ? QS_LAYER_DECONVOLUTION : QS_LAYER_CONVOLUTION;
  Case c = { .transposed = kind->transposed,
             .batch = 1, .groups = 1, .group_channels = QS_INT8_MAX_K + 1, .group_outputs = 1,
             .n = 1, .in = { 1 }, .kernel = { 1 }, .stride = { 1 }, .dilation = { 1 },
             .integer = TRUE };
  QsRandom random = { 7 };
  QsCpuTest test;
  guint n_refused = 0;

  qs_cpu_test_init (&test, 0);
  build (&test, &random, &c);
  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      guint n;
      const QsKernel *const *kernels = qs_cpu_get_kernels (level, &n);

      for (guint i = 0; i < n; i++)
        if (kernels[i]->kind == layer && kernels[i]->precision == QS_PRECISION_INT8)
          {
            const char *reason = NULL;

            g_assert_false (kernels[i]->supports (kernels[i], test.layer, &reason));
            g_assert_nonnull (reason);
            n_refused += strstr (reason, "more products than int32 can hold") != NULL;
          }
    }
  /* The depthwise kernel has another reason. */
  g_assert_cmpuint (n_refused, >=, 1);
  qs_cpu_test_clear (&test);
}

int
main (int    argc,
      char **argv)
{
  static const Kind kinds[] = { { FALSE, FALSE }, { TRUE, FALSE }, { FALSE, TRUE }, { TRUE, TRUE } };

  g_test_init (&argc, &argv, NULL);
  qs_emulated_levels_init ();

  g_test_add_data_func ("/cpu/convolution/random-f32", &kinds[0], test_random);
  g_test_add_data_func ("/cpu/convolution/random-s8", &kinds[1], test_random);
  g_test_add_data_func ("/cpu/deconvolution/random-f32", &kinds[2], test_random);
  g_test_add_data_func ("/cpu/deconvolution/random-s8", &kinds[3], test_random);
  g_test_add_func ("/cpu/convolution/long-sums", test_long_sums);
  g_test_add_func ("/cpu/product/parts", test_parts);
  g_test_add_func ("/cpu/convolution/longest-sum", test_longest_sum);
  g_test_add_data_func ("/cpu/convolution/too-long", &kinds[1], test_too_long);
  g_test_add_data_func ("/cpu/deconvolution/too-long", &kinds[3], test_too_long);

  return g_test_run ();
}
