/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "numerics/qs-int8.h"
#include "operators/qs-access.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-operator.h"
#include "qs-cpu-test.h"
#include "qs-emulated-levels.h"
#include "test-cpu-bounds.h"

/*
 * Random layers of every other kind, with the reference kernels as the oracle: scalar C, written
 * by others, that reads through strides. Layers that sum in another order than the reference may
 * differ by the rounding of a sum; all others must have the same bits. What is computed in FP32 must
 * also keep to the contract of float16.
 */

typedef struct
{
  QsHostTensor *expected;
  double bound;          /* of |difference|, relative to 1 + |expected| */
  QsHostTensor *first[2];
} Oracle;

static void
check_result (QsCpuTest      *test,
              const QsKernel *kernel,
              QsHostTensor   *result,
              gpointer        user_data)
{
  Oracle *oracle = user_data;
  int fused = qs_cpu_kernel_functions (kernel)->level != QS_CPU_PORTABLE;
  gint64 n = qs_host_tensor_get_n_elements (result);

  for (gint64 i = 0; i < n; i++)
    {
      double value = qs_host_tensor_get_number (result, i);
      double expected = qs_host_tensor_get_number (oracle->expected, i);

      if (value != expected
          && !(fabs (value - expected) <= oracle->bound * (1.0 + fabs (expected))))
        g_error ("%s: output %" G_GINT64_FORMAT " is %.9g, not %.9g",
                 qs_cpu_test_describe (test, kernel), i, value, expected);
    }

  if (oracle->first[fused] == NULL)
    oracle->first[fused] = qs_host_tensor_ref (result);
  else if (memcmp (qs_host_tensor_get_data (oracle->first[fused]), qs_host_tensor_get_data (result),
                   qs_host_tensor_get_size (result)) != 0)
    g_error ("%s: bits differ between threads or levels", qs_cpu_test_describe (test, kernel));
}

/* The class's own kernel, in the form of one. */
static gboolean
evaluate (const QsKernel     *self,
          const QsLayer      *layer,
          gpointer            state,
          const QsExecution  *execution,
          GError            **error)
{
  return layer->klass->evaluate (layer, execution->inputs, execution->outputs, error);
}

static const QsKernel evaluation = { .name = "evaluate", .any_format = TRUE, .execute = evaluate };

static void
compare (QsCpuTest   *test,
         QsPrecision  precision,
         double       bound)
{
  const QsKernel *reference = precision == QS_PRECISION_INT8 ? qs_cpu_test_find_reference (test)
                                                             : &evaluation;
  Oracle oracle = { .bound = bound };

  oracle.expected = qs_cpu_test_run (test, reference, QS_FORMAT_LINEAR, 1);
  qs_cpu_test_all (test, precision, check_result, &oracle);
  if (precision == QS_PRECISION_FP32)
    qs_cpu_test_fp16 (test, bound);
  qs_host_tensor_unref (oracle.expected);
  g_clear_pointer (&oracle.first[0], qs_host_tensor_unref);
  g_clear_pointer (&oracle.first[1], qs_host_tensor_unref);
  qs_cpu_test_clear (test);
}

static QsShape
random_shape (QsRandom *random,
              int       n_dims,
              gint64    max)
{
  QsShape shape = { .n_dims = n_dims };

  for (int i = 0; i < n_dims; i++)
    shape.dims[i] = qs_random_between (random, 1, 4) == 1 ? 1 : qs_random_between (random, 1, max);
  return shape;
}

static const QsActivation activations[] = {
  { QS_ACTIVATION_NONE, 0, 0 },           { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_CLIP, -0.5f, 1.25f },   { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 },
  { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f }, { QS_ACTIVATION_HARD_SWISH, 0, 0 },
  { QS_ACTIVATION_SIGMOID, 0, 0 },        { QS_ACTIVATION_TANH, 0, 0 },
  { QS_ACTIVATION_SILU, 0, 0 },           { QS_ACTIVATION_GELU_ERF, 0, 0 },
  { QS_ACTIVATION_GELU_TANH, 0, 0 },      { QS_ACTIVATION_ELU, 1.3f, 0 },
  { QS_ACTIVATION_SELU, 1.67f, 1.05f },   { QS_ACTIVATION_SOFTPLUS, 0, 0 },
  { QS_ACTIVATION_SOFTSIGN, 0, 0 },       { QS_ACTIVATION_THRESHOLDED_RELU, 0.3f, 0 },
  { QS_ACTIVATION_CELU, 0.8f, 0 },        { QS_ACTIVATION_MISH, 0, 0 },
  { QS_ACTIVATION_SHRINK, 0.4f, 0.15f },
};

G_STATIC_ASSERT (G_N_ELEMENTS (activations) == QS_N_ACTIVATIONS);

static QsPrecision
random_precision (QsRandom   *random,
                  QsDataType *type)
{
  gboolean integer = qs_random_between (random, 0, 1);

  *type = integer ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  return integer ? QS_PRECISION_INT8 : QS_PRECISION_FP32;
}

static float
scale_for (QsDataType type,
           float      scale)
{
  return type == QS_DATA_TYPE_INT8 ? scale : 0.0f;
}

static void
add_random (QsCpuTest     *test,
            QsRandom      *random,
            guint          index,
            QsDataType     type,
            const QsShape *shape,
            float          scale,
            gboolean       constant)
{
  qs_cpu_test_add_input (test, index, qs_random_tensor (random, type, shape, FALSE),
                         scale_for (type, scale), constant);
}

static void
start (QsCpuTest *test,
       QsRandom  *random,
       guint64    seed)
{
  random->state = seed * 7919;
  qs_cpu_test_init (test, seed);
}

static void
test_activation (void)
{
  for (guint64 seed = 1; seed <= 2 * QS_N_ACTIVATIONS; seed++)
    {
      QsRandom random;
      QsCpuTest test;
      QsDataType type = seed % 2 == 0 ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
      QsShape shape;

      start (&test, &random, seed);
      shape = random_shape (&random, 4, 12);
      add_random (&test, &random, 0, type, &shape, 0.03f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_ACTIVATION, NULL, 1, type, scale_for (type, 0.02f));
      test.layer->activation = activations[seed / 2 % QS_N_ACTIVATIONS];
      compare (&test, type == QS_DATA_TYPE_INT8 ? QS_PRECISION_INT8 : QS_PRECISION_FP32, 0);
    }
}

/* Where the polynomials change over, at the ends of their ranges, and what is no number at all. */
static void
test_activation_edges (void)
{
  const float edges[] = { 0.0f,     -0.0f,   1e-38f, -1e-42f, 0.64f,  -0.64f,    1.0f,
                          -1.0f,    4.0f,    -4.0f,  20.0f,   -20.0f, 88.8f,     -88.8f,
                          -104.5f,  104.5f,  1e30f,  -1e30f,  3.0f,   -3.0f,     INFINITY,
                          -INFINITY, 0.6399f, 0.9999f, -17.5f, NAN,   0.346573f };

  for (guint i = 0; i < QS_N_ACTIVATIONS; i++)
    {
      QsShape shape = qs_shape_make (1, (int) G_N_ELEMENTS (edges));
      g_autoptr (QsHostTensor) expected = NULL;
      QsCpuTest test;

      qs_cpu_test_init (&test, i);
      qs_cpu_test_add_input (&test, 0,
                             qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, edges,
                                                           sizeof edges, NULL), 0, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_ACTIVATION, NULL, 1, QS_DATA_TYPE_FLOAT, 0);
      test.layer->activation = activations[i];
      expected = qs_cpu_test_run (&test, &evaluation, QS_FORMAT_LINEAR, 1);
      for (int level = 0; level < QS_N_CPU_LEVELS; level++)
        {
          const QsCpuFunctions *functions = qs_cpu_functions_get (level);
          float values[G_N_ELEMENTS (edges)];

          if (functions == NULL)
            continue;
          memcpy (values, edges, sizeof edges);
          functions->activation (&activations[i], values, G_N_ELEMENTS (edges));
          for (gsize k = 0; k < G_N_ELEMENTS (edges); k++)
            {
              float want = qs_host_tensor_get_floats (expected)[k];

              if (memcmp (&values[k], &want, sizeof want) != 0
                  && !(isnan (values[k]) && isnan (want)))
                g_error ("%s, level %d: f (%g) is %.9g, not %.9g",
                         qs_activation_name (activations[i].type), level, edges[k], values[k],
                         want);
            }
        }
      qs_cpu_test_clear (&test);
    }
}

static void
broadcast_some (QsRandom *random,
                QsShape  *shape)
{
  switch (qs_random_between (random, 0, 4))
    {
    case 0:
      break;
    case 1:
      *shape = (QsShape) { 0 };
      break;
    case 2:
      for (int i = 0; i < shape->n_dims; i++)
        if (i != 1)
          shape->dims[i] = 1;
      break;
    default:
      for (int i = 0; i < shape->n_dims; i++)
        if (qs_random_between (random, 0, 1))
          shape->dims[i] = 1;
    }
}

static void
test_element_wise (void)
{
  const QsElementWiseType types[] = { QS_ELEMENT_WISE_ADD, QS_ELEMENT_WISE_MUL,
                                      QS_ELEMENT_WISE_SUB, QS_ELEMENT_WISE_DIV };

  for (guint64 seed = 1; seed <= 160; seed++)
    {
      QsElementWiseAttributes attributes;
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape a, b;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      attributes.type = types[qs_random_between (&random, 0, type == QS_DATA_TYPE_INT8 ? 2 : 3)];
      a = b = random_shape (&random, (int) qs_random_between (&random, 1, 5), 9);
      broadcast_some (&random, seed % 2 == 0 ? &a : &b);
      add_random (&test, &random, 0, type, &a, 0.021f, FALSE);
      add_random (&test, &random, 1, type, &b, 0.034f, qs_random_between (&random, 0, 2) == 0);
      qs_cpu_test_add_layer (&test, QS_LAYER_ELEMENT_WISE, &attributes, 2, type,
                             scale_for (type, 0.027f));
      test.layer->activation = activations[qs_random_between (&random, 0, 3)];
      compare (&test, precision, 0);
    }
}

/* powf rounds within one unit in the last place, the product exactly. */
static void
test_square (void)
{
  QsElementWiseAttributes attributes = { QS_ELEMENT_WISE_POW };
  QsShape shape = qs_shape_make (3, 4, 7, 9), scalar = qs_shape_make (0);
  const float two = 2.0f;
  QsRandom random;
  QsCpuTest test;

  start (&test, &random, 1);
  add_random (&test, &random, 0, QS_DATA_TYPE_FLOAT, &shape, 0, FALSE);
  qs_cpu_test_add_input (&test, 1,
                         qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &scalar, &two,
                                                       sizeof two, NULL), 0, TRUE);
  qs_cpu_test_add_layer (&test, QS_LAYER_ELEMENT_WISE, &attributes, 2, QS_DATA_TYPE_FLOAT, 0);
  compare (&test, QS_PRECISION_FP32, 0x1p-23);
}

static void
test_unary (void)
{
  const QsUnaryType types[] = { QS_UNARY_ABS, QS_UNARY_NEG, QS_UNARY_EXP, QS_UNARY_ERF,
                                QS_UNARY_RECIPROCAL, QS_UNARY_SQRT };

  for (guint64 seed = 0; seed < G_N_ELEMENTS (types); seed++)
    {
      QsUnaryAttributes attributes = { .type = types[seed] };
      QsShape shape = qs_shape_make (3, 3, 41, 17);
      QsRandom random;
      QsCpuTest test;

      start (&test, &random, seed + 1);
      qs_cpu_test_add_input (&test, 0,
                             qs_random_tensor (&random, QS_DATA_TYPE_FLOAT, &shape,
                                               types[seed] == QS_UNARY_SQRT), 0, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_UNARY, &attributes, 1, QS_DATA_TYPE_FLOAT, 0);
      compare (&test, QS_PRECISION_FP32, 0);
    }
}

static void
random_pooling (QsRandom            *random,
                QsPoolingAttributes *pooling,
                QsShape             *shape)
{
  const int n = (int) qs_random_between (random, 1, 3);

  *pooling = (QsPoolingAttributes) { .type = qs_random_between (random, 0, 1)
                                                 ? QS_POOLING_MAX : QS_POOLING_AVERAGE };
  *shape = random_shape (random, 2 + n, 20);
  if (qs_random_between (random, 0, 2) == 0)
    shape->dims[1] = qs_random_between (random, 30, 290);
  pooling->global = qs_random_between (random, 0, 3) == 0;
  if (pooling->global)
    return;

  pooling->count_include_pad = qs_random_between (random, 0, 1);
  pooling->kernel_shape.n = pooling->strides.n = pooling->dilations.n = n;
  pooling->pads.n = 2 * n;
  for (int i = 0; i < n; i++)
    {
      gint64 k = qs_random_between (random, 1, 3);

      pooling->kernel_shape.v[i] = k;
      pooling->strides.v[i] = qs_random_between (random, 1, 3);
      pooling->dilations.v[i] = qs_random_between (random, 0, 3) == 0 ? 2 : 1;
      pooling->pads.v[i] = qs_random_between (random, 0, k - 1);
      pooling->pads.v[n + i] = qs_random_between (random, 0, k - 1);
      shape->dims[2 + i] = qs_random_between (random, 2 * k, 9);
    }
}

static void
test_pooling (void)
{
  for (guint64 seed = 1; seed <= 120; seed++)
    {
      QsPoolingAttributes attributes;
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape shape;
      gboolean is_max;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      random_pooling (&random, &attributes, &shape);
      is_max = attributes.type == QS_POOLING_MAX;
      add_random (&test, &random, 0, type, &shape, 0.02f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_POOLING, &attributes, 1, type,
                             scale_for (type, is_max ? 0.02f : 0.011f));
      if (!is_max)
        test.layer->activation = activations[qs_random_between (&random, 0, 3)];
      compare (&test, precision, 0);
    }
}

/* A NaN among the taps is the largest, wherever it is; channels in vectors and behind them. */
static void
test_max_of_nan (void)
{
  enum { N_TAPS = 3, N_CHANNELS = 77 };
  float taps[N_TAPS][N_CHANNELS], out[N_CHANNELS];
  const gconstpointer at[] = { taps[0], taps[1], taps[2] };

  for (int c = 0; c < N_CHANNELS; c++)
    for (int t = 0; t < N_TAPS; t++)
      taps[t][c] = c % 4 == t ? NAN : (float) ((c * 7 + t * 5) % 11);

  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      const QsCpuFunctions *functions = qs_cpu_functions_get (level);

      if (functions == NULL)
        continue;
      for (int c = 0; c < N_CHANNELS; c++)
        out[c] = -INFINITY;
      functions->max_f32 (out, at, N_TAPS, N_CHANNELS);
      for (int c = 0; c < N_CHANNELS; c++)
        if (c % 4 < N_TAPS)
          g_assert_true (isnan (out[c]));
        else
          g_assert_cmpfloat (out[c], ==, MAX (taps[0][c], MAX (taps[1][c], taps[2][c])));
    }
}

/* Sums of up to 64 terms of at most 1.5, in another order. */
static void
test_reduce (void)
{
  for (guint64 seed = 1; seed <= 40; seed++)
    {
      QsReduceAttributes attributes = { seed % 2 == 0 ? QS_REDUCE_MEAN : QS_REDUCE_SUM };
      QsRandom random;
      QsCpuTest test;
      QsShape shape;

      start (&test, &random, seed);
      shape = random_shape (&random, (int) qs_random_between (&random, 2, 4), 8);
      shape.dims[shape.n_dims - 1] = qs_random_between (&random, 1, 70);
      attributes.keepdims = qs_random_between (&random, 0, 1);
      attributes.axes.n = (int) qs_random_between (&random, 1, 2);
      for (int i = 0; i < attributes.axes.n; i++)
        attributes.axes.v[i] = shape.n_dims - attributes.axes.n + i
                               - (seed % 3 == 0 && shape.n_dims > 2);
      add_random (&test, &random, 0, QS_DATA_TYPE_FLOAT, &shape, 0, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_REDUCE, &attributes, 1, QS_DATA_TYPE_FLOAT, 0);
      compare (&test, QS_PRECISION_FP32, 560 * 1.5 * 560 * 0x1p-24);
    }
}

/* Errors: the sum of at most 90 numbers below 1, relative 90 u, and a few units of exp. */
static void
test_soft_max (void)
{
  for (guint64 seed = 1; seed <= 30; seed++)
    {
      QsSoftMaxAttributes attributes = { .n_axes = 1 };
      QsRandom random;
      QsCpuTest test;
      QsShape shape;

      start (&test, &random, seed);
      shape = random_shape (&random, (int) qs_random_between (&random, 1, 4), 8);
      shape.dims[shape.n_dims - 1] = qs_random_between (&random, 1, 90);
      attributes.axis = shape.n_dims - 1;
      add_random (&test, &random, 0, QS_DATA_TYPE_FLOAT, &shape, 0, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_SOFT_MAX, &attributes, 1, QS_DATA_TYPE_FLOAT, 0);
      compare (&test, QS_PRECISION_FP32, 100 * 0x1p-24);
    }
}

/* A mask of large negative numbers, as attention adds it, leaves exact zeros, and the others sum up
 * to one: 100 numbers of at most 1, a few units each. */
static void
test_soft_max_masked (void)
{
  QsSoftMaxAttributes attributes = { .axis = 1, .n_axes = 1 };
  QsShape shape = qs_shape_make (2, 3, 100);
  QsRandom random;
  QsCpuTest test;
  float *values;

  start (&test, &random, 77);
  add_random (&test, &random, 0, QS_DATA_TYPE_FLOAT, &shape, 0, FALSE);
  values = qs_host_tensor_get_mutable (test.values[0]);
  for (int i = 0; i < 300; i++)
    values[i] -= i % 3 == 0 ? 0.0f : i % 3 == 1 ? 10000.0f : 95.0f;
  qs_cpu_test_add_layer (&test, QS_LAYER_SOFT_MAX, &attributes, 1, QS_DATA_TYPE_FLOAT, 0);
  compare (&test, QS_PRECISION_FP32, 100 * 0x1p-24);
}

/* Rows of an embedding, one part of several, and negative indices; INT8 keeps its bytes. */
static void
test_gather (void)
{
  for (guint64 seed = 1; seed <= 60; seed++)
    {
      QsGatherAttributes attributes = { QS_GATHER_AXIS };
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape shape, wanted = { .n_dims = (int) (seed % 3) };
      QsHostTensor *indices;
      gint64 dim;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      shape = random_shape (&random, (int) qs_random_between (&random, 1, 4), 9);
      attributes.axis = qs_random_between (&random, 0, shape.n_dims - 1);
      dim = shape.dims[attributes.axis];
      for (int i = 0; i < wanted.n_dims; i++)
        wanted.dims[i] = qs_random_between (&random, 1, 5);
      indices = qs_host_tensor_new (seed % 2 == 0 ? QS_DATA_TYPE_INT64 : QS_DATA_TYPE_INT32, &wanted,
                                    NULL);
      for (gint64 i = 0; i < qs_shape_n_elements (&wanted); i++)
        if (seed % 2 == 0)
          ((gint64 *) qs_host_tensor_get_mutable (indices))[i] =
            qs_random_between (&random, -dim, dim - 1);
        else
          ((gint32 *) qs_host_tensor_get_mutable (indices))[i] =
            (gint32) qs_random_between (&random, -dim, dim - 1);
      add_random (&test, &random, 0, type, &shape, 0.02f, FALSE);
      qs_cpu_test_add_input (&test, 1, indices, 0, qs_random_between (&random, 0, 1));
      qs_cpu_test_add_layer (&test, QS_LAYER_GATHER, &attributes, 2, type, scale_for (type, 0.02f));
      compare (&test, precision, 0);
    }
}

static void
test_slice (void)
{
  for (guint64 seed = 1; seed <= 60; seed++)
    {
      QsSliceAttributes attributes = { { 0 } };
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape shape;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      shape = random_shape (&random, (int) qs_random_between (&random, 1, 4), 40);
      attributes.starts.n = attributes.sizes.n = attributes.steps.n = shape.n_dims;
      for (int i = 0; i < shape.n_dims; i++)
        {
          gint64 first = qs_random_between (&random, 0, shape.dims[i] - 1);
          gint64 last = qs_random_between (&random, 0, shape.dims[i] - 1);
          gint64 step = qs_random_between (&random, 1, 3);

          attributes.starts.v[i] = first;
          attributes.steps.v[i] = last < first ? -step : step;
          attributes.sizes.v[i] = ABS (last - first) / step + 1;
        }
      add_random (&test, &random, 0, type, &shape, 0.02f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_SLICE, &attributes, 1, type, scale_for (type, 0.02f));
      compare (&test, precision, 0);
    }
}

/* tf_half_pixel_for_nn looks half a pixel further on along every axis: rounded up that is the next
 * batch or channel, even where the axis keeps its length. */
static gboolean
moves_channels (const QsResizeAttributes *attributes,
                const QsShape            *shape)
{
  return attributes->mode == QS_RESIZE_NEAREST
         && attributes->coordinates == QS_COORDINATES_TF_HALF_PIXEL_FOR_NN
         && (attributes->nearest == QS_NEAREST_CEIL
             || attributes->nearest == QS_NEAREST_ROUND_PREFER_CEIL)
         && (shape->dims[0] > 1 || shape->dims[1] > 1);
}

/* Every mode and way to count coordinates; what moves channels is left to the reference. */
static void
test_resize (void)
{
  for (guint64 seed = 1; seed <= 80; seed++)
    {
      QsResizeAttributes attributes = {
        .mode = (QsResizeMode) (seed % 3),
        .cubic_coefficient = -0.75f,
      };
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape shape;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      attributes.coordinates = (QsCoordinates) qs_random_between (&random, 0, 5);
      attributes.nearest = (QsNearest) qs_random_between (&random, 0, 3);
      attributes.exclude_outside = attributes.mode == QS_RESIZE_CUBIC && seed % 2 == 0;
      attributes.antialias = attributes.mode != QS_RESIZE_NEAREST && seed % 5 == 0;
      shape = random_shape (&random, (int) qs_random_between (&random, 3, 4), 7);
      shape.dims[1] = seed % 4 == 0 ? 64 : qs_random_between (&random, 1, 40);
      attributes.sizes.n = shape.n_dims;
      for (int i = 0; i < shape.n_dims; i++)
        {
          attributes.sizes.v[i] = i < 2 || qs_random_between (&random, 0, 4) == 0
                                    ? shape.dims[i] : qs_random_between (&random, 1, 15);
          attributes.scales[i] = (float) attributes.sizes.v[i] / (float) shape.dims[i];
          attributes.ends[i] = 1.0f;
        }
      add_random (&test, &random, 0, type, &shape, 0.02f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_RESIZE, &attributes, 1, type,
                             scale_for (type, attributes.mode == QS_RESIZE_NEAREST ? 0.02f : 0.03f));
      if (!moves_channels (&attributes, &shape))
        compare (&test, precision, 0);
      else
        {
          if (qs_cpu_test_try_all (&test, precision, check_result, NULL) != 0)
            g_error ("seed %" G_GUINT64_FORMAT ": a kernel takes channels that move", seed);
          qs_cpu_test_clear (&test);
        }
    }
}

/* A variance of few values may be small: then its error is that of a difference. */
static void
test_normalization (void)
{
  for (guint64 seed = 1; seed <= 30; seed++)
    {
      QsNormalizationAttributes attributes = { .type = QS_NORMALIZATION_LAYER, .epsilon = 1e-5f };
      QsRandom random;
      QsCpuTest test;
      QsShape shape, last;

      start (&test, &random, seed);
      shape = random_shape (&random, (int) qs_random_between (&random, 1, 4), 8);
      shape.dims[shape.n_dims - 1] = qs_random_between (&random, 20, 90);
      last = qs_shape_make (1, (int) shape.dims[shape.n_dims - 1]);
      attributes.axis = shape.n_dims - 1;
      add_random (&test, &random, 0, QS_DATA_TYPE_FLOAT, &shape, 0, FALSE);
      add_random (&test, &random, 1, QS_DATA_TYPE_FLOAT, &last, 0, TRUE);
      if (seed % 2 == 0)
        add_random (&test, &random, 2, QS_DATA_TYPE_FLOAT, &last, 0, TRUE);
      qs_cpu_test_add_layer (&test, QS_LAYER_NORMALIZATION, &attributes, seed % 2 == 0 ? 3 : 2,
                             QS_DATA_TYPE_FLOAT, 0);
      compare (&test, QS_PRECISION_FP32, 4 * 90 * 0x1p-24);
    }
}

static void
random_reshape (QsShape *from,
                QsShape *to)
{
  gint64 n = from->dims[0] * from->dims[1];

  *to = *from;
  to->n_dims = from->n_dims - 1;
  to->dims[0] = n;
  for (int i = 1; i < to->n_dims; i++)
    to->dims[i] = from->dims[i + 1];
}

static void
test_shuffle (void)
{
  for (guint64 seed = 1; seed <= 20; seed++)
    {
      QsShuffleAttributes attributes = { .mode = 0 };
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision = random_precision ((start (&test, &random, seed), &random), &type);
      QsShape from = random_shape (&random, (int) qs_random_between (&random, 2, 5), 7), to;
      QsShape list;
      gint64 dims[QS_MAX_DIMS];

      random_reshape (&from, &to);
      memcpy (dims, to.dims, sizeof dims);
      list = qs_shape_make (1, to.n_dims);
      add_random (&test, &random, 0, type, &from, 0.02f, FALSE);
      qs_cpu_test_add_input (&test, 1,
                             qs_host_tensor_new_from_data (QS_DATA_TYPE_INT64, &list, dims,
                                                           to.n_dims * sizeof *dims, NULL), 0,
                             TRUE);
      qs_cpu_test_add_layer (&test, QS_LAYER_SHUFFLE, &attributes, 2, type,
                             scale_for (type, 0.02f));
      compare (&test, precision, 0);
    }
}

static void
test_transpose (void)
{
  for (guint64 seed = 1; seed <= 60; seed++)
    {
      QsTransposeAttributes attributes = { 0 };
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape shape;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      shape = random_shape (&random, (int) qs_random_between (&random, 1, 5),
                            seed % 5 == 0 ? 40 : 9);
      if (shape.n_dims > 3)
        shape.dims[0] = 2;
      attributes.perm.n = shape.n_dims;
      for (int i = 0; i < shape.n_dims; i++)
        {
          int k = (int) qs_random_between (&random, 0, i);

          attributes.perm.v[i] = attributes.perm.v[k];
          attributes.perm.v[k] = i;
        }
      add_random (&test, &random, 0, type, &shape, 0.02f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_TRANSPOSE, &attributes, 1, type,
                             scale_for (type, 0.02f));
      compare (&test, precision, 0);
    }
}

static void
test_concatenation (void)
{
  for (guint64 seed = 1; seed <= 40; seed++)
    {
      QsAxisAttributes attributes;
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      QsShape shape;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      shape = random_shape (&random, (int) qs_random_between (&random, 1, 4), 9);
      attributes.axis = qs_random_between (&random, 0, shape.n_dims - 1);
      for (guint i = 0; i < 3; i++)
        {
          shape.dims[attributes.axis] = qs_random_between (&random, 1, 20);
          add_random (&test, &random, i, type, &shape, 0.02f, FALSE);
        }
      qs_cpu_test_add_layer (&test, QS_LAYER_CONCATENATION, &attributes, 3, type,
                             scale_for (type, 0.02f));
      compare (&test, precision, 0);
    }
}

static void
random_matrices (QsRandom                   *random,
                 QsMatrixMultiplyAttributes *attributes,
                 QsShape                    *a,
                 QsShape                    *b,
                 gboolean                    constant)
{
  gint64 m = qs_random_between (random, 1, 30), k = qs_random_between (random, 1, 80);
  gint64 n = qs_random_between (random, 1, 70), batch = qs_random_between (random, 1, 3);

  attributes->trans_b = qs_random_between (random, 0, 1);
  attributes->trans_a = !constant && qs_random_between (random, 0, 1);
  *a = qs_shape_make (3, (int) batch, (int) (attributes->trans_a ? k : m),
                      (int) (attributes->trans_a ? m : k));
  *b = qs_shape_make (2, (int) (attributes->trans_b ? n : k), (int) (attributes->trans_b ? k : n));
  if (constant)
    return;

  if (qs_random_between (random, 0, 1))
    *b = qs_shape_make (4, 2, (int) batch, (int) b->dims[0], (int) b->dims[1]);
  else if (qs_random_between (random, 0, 1))
    *b = qs_shape_make (3, 1, (int) b->dims[0], (int) b->dims[1]);
}

static QsHostTensor *
some_scales (gint64 n)
{
  QsShape shape = qs_shape_make (1, (int) n);
  QsHostTensor *tensor = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);

  for (gint64 i = 0; i < n; i++)
    ((float *) qs_host_tensor_get_mutable (tensor))[i] = 0.001f * (float) (1 + i % 13);
  return tensor;
}

/* None, or one that has the output's shape or is broadcast as a mask is. */
static void
add_residual (QsCpuTest                        *test,
              QsRandom                         *random,
              QsPrecision                       precision,
              const QsMatrixMultiplyAttributes *attributes,
              const QsShape                    *a,
              const QsShape                    *b)
{
  const QsDataType type = precision == QS_PRECISION_INT8 && qs_random_between (random, 0, 1)
                            ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  QsMatrixGeometry g;
  QsShape shape;

  g_assert_true (qs_matrix_geometry_init (&g, attributes, a, b, NULL));
  shape = g.y;
  for (int i = 0; i < shape.n_dims - 1; i++)
    if (qs_random_between (random, 0, 1))
      shape.dims[i] = 1;
  if (qs_random_between (random, 0, 1))
    add_random (test, random, 3, type, &shape, 0.04f, FALSE);
}

/* What an access reads, copied element by element. */
static QsHostTensor *
read_through (QsHostTensor   *tensor,
              const QsAccess *access)
{
  QsShape shape = { .n_dims = access->dims.n };
  const QsDataType type = qs_host_tensor_get_data_type (tensor);
  const gsize size = qs_data_type_size (type);
  QsHostTensor *copy;

  memcpy (shape.dims, access->dims.v, sizeof (gint64) * (gsize) shape.n_dims);
  copy = qs_host_tensor_new (type, &shape, NULL);
  for (gint64 i = 0; i < qs_shape_n_elements (&shape); i++)
    {
      gint64 from = access->offset, rest = i;

      for (int d = shape.n_dims - 1; d >= 0; d--)
        {
          from += rest % shape.dims[d] * access->strides.v[d];
          rest /= shape.dims[d];
        }
      memcpy ((guint8 *) qs_host_tensor_get_mutable (copy) + i * (gint64) size,
              (const guint8 *) qs_host_tensor_get_data (tensor) + from * (gint64) size, size);
    }
  return copy;
}

/* [H][S][D] or its transpose out of one part of [S][3][H][D], as attention's heads lie in a joint
 * projection. */
static void
access_heads (QsRandom *random,
              QsAccess *access,
              gint64    rows,
              gint64    heads,
              gint64    depth,
              gboolean  transposed)
{
  const gint64 row = 3 * heads * depth;

  *access = (QsAccess) { { 3, { heads, rows, depth } }, { 3, { depth, row, 1 } },
                         qs_random_between (random, 0, 2) * heads * depth };
  if (!transposed)
    return;
  access->dims.v[1] = depth;
  access->dims.v[2] = rows;
  access->strides.v[1] = 1;
  access->strides.v[2] = row;
}

static QsHostTensor *
multiply_copies (QsCpuTest                        *test,
                 const QsMatrixMultiplyAttributes *attributes,
                 QsPrecision                       precision)
{
  QsMatrixMultiplyAttributes plain = { .alpha = attributes->alpha, .beta = 1.0f };
  const QsDataType type = qs_layer_get_output (test->layer, 0)->type;
  QsHostTensor *result;
  QsCpuTest copies;

  qs_cpu_test_init (&copies, test->seed);
  for (guint i = 0; i < 2; i++)
    qs_cpu_test_add_input (&copies, i,
                           read_through (test->values[i],
                                         i == 0 ? &attributes->a : &attributes->b),
                           qs_layer_get_input (test->layer, i)->scale, FALSE);
  qs_cpu_test_add_layer (&copies, QS_LAYER_MATRIX_MULTIPLY, &plain, 2, type,
                         qs_layer_get_output (test->layer, 0)->scale);
  result = qs_cpu_test_run (&copies,
                            precision == QS_PRECISION_INT8 ? qs_cpu_test_find_reference (&copies)
                                                           : &evaluation,
                            QS_FORMAT_LINEAR, 1);
  qs_cpu_test_clear (&copies);
  return result;
}

/* Heads read where they lie, and stored as rows again, give what copies of them give. */
static void
test_matrix_multiply_access (void)
{
  for (guint64 seed = 1; seed <= 40; seed++)
    {
      QsMatrixMultiplyAttributes attributes = { .alpha = 0.4f, .beta = 1.0f };
      const QsAccess stored = { { 3 }, { 3 } };
      QsAccess heads_first;
      QsRandom random;
      QsCpuTest test;
      QsDataType type;
      QsPrecision precision;
      gint64 heads, depth, rows, columns;
      QsShape a, b;
      Oracle oracle = { 0 };
      g_autoptr (QsHostTensor) product = NULL;

      start (&test, &random, seed);
      precision = random_precision (&random, &type);
      heads = qs_random_between (&random, 1, 3);
      depth = qs_random_between (&random, 1, 40);
      rows = qs_random_between (&random, 1, 30);
      columns = qs_random_between (&random, 1, 50);
      a = qs_shape_make (4, (int) rows, 3, (int) heads, (int) depth);
      b = qs_shape_make (4, (int) columns, 3, (int) heads, (int) depth);
      add_random (&test, &random, 0, type, &a, 0.02f, FALSE);
      add_random (&test, &random, 1, type, &b, 0.011f, FALSE);
      access_heads (&random, &attributes.a, rows, heads, depth, FALSE);
      access_heads (&random, &attributes.b, columns, heads, depth, TRUE);
      attributes.perm_y = (QsInts) { 3, { 1, 0, 2 } };
      qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 2, type,
                             scale_for (type, 0.03f));
      g_assert_cmpint (qs_layer_get_output (test.layer, 0)->shape.dims[0], ==, rows);
      g_assert_cmpint (qs_layer_get_output (test.layer, 0)->shape.dims[1], ==, heads);

      product = multiply_copies (&test, &attributes, precision);
      heads_first = stored;
      heads_first.dims = (QsInts) { 3, { rows, heads, columns } };
      heads_first.strides = (QsInts) { 3, { columns, rows * columns, 1 } };
      oracle.expected = read_through (product, &heads_first);
      oracle.bound = precision == QS_PRECISION_FP32
                       ? 4.5 * (double) (depth + 4) * (double) (depth + 2) * 0x1p-24 : 0;
      qs_cpu_test_all (&test, precision, check_result, &oracle);
      if (precision == QS_PRECISION_FP32)
        compare (&test, precision, oracle.bound);
      else
        qs_cpu_test_clear (&test);
      qs_host_tensor_unref (oracle.expected);
      g_clear_pointer (&oracle.first[0], qs_host_tensor_unref);
      g_clear_pointer (&oracle.first[1], qs_host_tensor_unref);
    }
}

/* Nothing outside of the tensor is read: a plan's numbers are not trusted. */
static void
test_matrix_multiply_access_checked (void)
{
  const QsAccess good = { { 2, { 4, 6 } }, { 2, { 6, 1 } }, 0 };
  const struct { QsAccess access; gboolean ok; } cases[] = {
    { good, TRUE },
    { { { 2, { 4, 6 } }, { 2, { 6, 1 } }, 1 }, FALSE },
    { { { 2, { 4, 6 } }, { 2, { 7, 1 } }, 0 }, FALSE },
    { { { 2, { 5, 6 } }, { 2, { 6, 1 } }, 0 }, FALSE },
    { { { 2, { 4, 6 } }, { 2, { 0, 1 } }, 18 }, TRUE },
    { { { 2, { 4, 6 } }, { 2, { -1, 1 } }, 10 }, FALSE },
    { { { 2, { 4, 6 } }, { 2, { 6, 1 } }, -1 }, FALSE },
    { { { 2, { 0, 6 } }, { 2, { 6, 1 } }, 0 }, FALSE },
    { { { 2, { 4, 6 } }, { 1, { 6 } }, 0 }, FALSE },
    { { { 2, { G_MAXINT32, G_MAXINT32 } }, { 2, { G_MAXINT64, G_MAXINT64 } }, 0 }, FALSE },
    { { { 9, { 1, 1, 1, 1, 1, 1, 1, 4, 6 } }, { 9, { 1, 1, 1, 1, 1, 1, 1, 6, 1 } }, 0 }, FALSE },
  };
  QsShape shape = qs_shape_make (2, 4, 6);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (qs_access_check (&cases[i].access, &shape, &error), ==, cases[i].ok);
      g_assert_true ((error == NULL) == cases[i].ok);
    }
}

/* Vectors have no axes to reorder, and an axis is named once. */
static void
test_matrix_multiply_order_checked (void)
{
  const QsInts orders[] = { { 1, { 0 } }, { 3, { 0, 1, 1 } }, { 3, { 0, 1, 3 } }, { 2, { 1, 0 } } };
  const QsShape vector = qs_shape_make (1, 4), matrices = qs_shape_make (3, 2, 4, 4);
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  QsMatrixGeometry g;

  attributes.perm_y = orders[0];
  g_assert_false (qs_matrix_geometry_init (&g, &attributes, &vector, &vector, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      attributes.perm_y = orders[i];
      g_assert_false (qs_matrix_geometry_init (&g, &attributes, &matrices, &matrices, NULL));
    }
  attributes.perm_y = (QsInts) { 3, { 2, 0, 1 } };
  g_assert_true (qs_matrix_geometry_init (&g, &attributes, &matrices, &matrices, NULL));
}

static void
check_refused (QsCpuTest *test)
{
  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      guint n;
      const QsKernel *const *kernels = qs_cpu_get_kernels (level, &n);

      for (guint i = 0; i < n; i++)
        if (kernels[i]->kind == QS_LAYER_MATRIX_MULTIPLY && kernels[i]->precision == QS_PRECISION_INT8)
          g_assert_false (kernels[i]->supports (kernels[i], test->layer, NULL));
    }
}

/* The longest sums that int32 holds are exact, with one product more every kernel refuses; for two
 * activations, and for weights. */
static void
test_matrix_multiply_longest (void)
{
  for (int i = 0; i < 4; i++)
    {
      const gboolean constant = i >= 2;
      const int extra = i % 2;
      const gint64 k = QS_INT8_MAX_K + extra;
      QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
      QsShape a = qs_shape_make (2, 1, (int) k), b = qs_shape_make (2, (int) k, 1);
      QsRandom random;
      QsCpuTest test;

      start (&test, &random, 3);
      add_random (&test, &random, 0, QS_DATA_TYPE_INT8, &a, 1.0f, FALSE);
      add_random (&test, &random, 1, QS_DATA_TYPE_INT8, &b, 1.0f, constant);
      memset (qs_host_tensor_get_mutable (test.values[0]), -128, (gsize) k);
      memset (qs_host_tensor_get_mutable (test.values[1]), -128, (gsize) k);
      qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 2, QS_DATA_TYPE_FLOAT, 0);
      if (constant)
        {
          test.layer->weight_scales = some_scales (1);
          *(float *) qs_host_tensor_get_mutable (test.layer->weight_scales) = 1.0f;
        }
      if (extra == 0)
        {
          const QsKernel *reference = qs_cpu_test_find_reference (&test);
          g_autoptr (QsHostTensor) result = qs_cpu_test_run (&test, reference, QS_FORMAT_LINEAR, 1);

          g_assert_cmpfloat (qs_host_tensor_get_floats (result)[0], ==, (float) (16384.0 * (double) k));
          compare (&test, QS_PRECISION_INT8, 0);
          continue;
        }
      check_refused (&test);
      qs_cpu_test_clear (&test);
    }
}

/* FP32: the sums of k products of at most 2.25, bias, alpha and beta err by less than
 * 2 (k + 4) u 2.25 (k + 2) between two orders of summation. */
static void
matrix_multiply (gboolean constant)
{
  for (guint64 seed = 1; seed <= 120; seed++)
    {
      QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
      QsRandom random;
      QsCpuTest test;
      QsDataType type = QS_DATA_TYPE_FLOAT;
      QsPrecision precision = QS_PRECISION_FP32;
      QsShape a, b, bias;
      gint64 n, k;

      start (&test, &random, seed + (constant ? 0 : 5000));
      precision = random_precision (&random, &type);
      random_matrices (&random, &attributes, &a, &b, constant);
      n = b.dims[b.n_dims - (attributes.trans_b ? 2 : 1)];
      k = b.dims[b.n_dims - (attributes.trans_b ? 1 : 2)];
      bias = qs_shape_make (1, (int) n);
      if ((precision == QS_PRECISION_FP32 || !constant)
          && qs_random_between (&random, 0, 2) == 0)
        attributes.alpha = 0.73f;
      if (precision == QS_PRECISION_FP32 && qs_random_between (&random, 0, 2) == 0)
        attributes.beta = -0.5f;
      add_random (&test, &random, 0, type, &a, 0.02f, FALSE);
      add_random (&test, &random, 1, type, &b, constant ? 0 : 0.011f, constant);
      if (qs_random_between (&random, 0, 1))
        add_random (&test, &random, 2, QS_DATA_TYPE_FLOAT, &bias, 0, TRUE);
      if (!constant)
        add_residual (&test, &random, precision, &attributes, &a, &b);
      qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &attributes, constant ? 3 : 4, type,
                             scale_for (type, 0.03f));
      if (type == QS_DATA_TYPE_INT8 && constant)
        test.layer->weight_scales = some_scales (n);
      test.layer->activation = activations[qs_random_between (&random, 0, 3)];
      compare (&test, precision,
               precision == QS_PRECISION_FP32
                 ? 4.5 * (double) (k + 4) * (double) (k + 2) * 0x1p-24 : 0);
    }
}

static void
test_matrix_multiply_constant (void)
{
  matrix_multiply (TRUE);
}

static void
test_matrix_multiply_dynamic (void)
{
  matrix_multiply (FALSE);
}

static void
check_bias (QsCpuTest      *test,
            const QsKernel *kernel,
            QsHostTensor   *result,
            gpointer        user_data)
{
  const QsTensor *bias = qs_layer_get_input (test->layer, 2);
  const gint64 n = qs_host_tensor_get_shape (result)->dims[1];

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (result); i++)
    g_assert_cmpfloat (qs_host_tensor_get_floats (result)[i], ==,
                       qs_host_tensor_get_floats (bias->value)[i % n]);
}

/* A sum of no products is zero. */
static void
test_matrix_multiply_empty (void)
{
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  QsShape a = qs_shape_make (2, 5, 0), b = qs_shape_make (2, 0, 37), bias = qs_shape_make (1, 37);
  QsRandom random;
  QsCpuTest test;

  start (&test, &random, 4);
  add_random (&test, &random, 0, QS_DATA_TYPE_FLOAT, &a, 0, FALSE);
  add_random (&test, &random, 1, QS_DATA_TYPE_FLOAT, &b, 0, TRUE);
  add_random (&test, &random, 2, QS_DATA_TYPE_FLOAT, &bias, 0, TRUE);
  qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 3, QS_DATA_TYPE_FLOAT, 0);
  qs_cpu_test_all (&test, QS_PRECISION_FP32, check_bias, NULL);
  qs_cpu_test_clear (&test);
}

/* Every pair of type and layout, against the conversion written out here. */
static void
reformat (guint64    seed,
          QsDataType from_type,
          QsFormat   from_format,
          QsDataType to_type,
          QsFormat   to_format)
{
  QsRandom random;
  QsCpuTest test;
  QsShape shape;
  QsView x, y;
  guint n_kernels;
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (2);

  start (&test, &random, seed);
  shape = random_shape (&random, 4, 40);
  shape.dims[0] = 2;
  if (seed > 5) /* an image */
    shape.dims[1] = 3;
  add_random (&test, &random, 0, from_type, &shape, 0.013f, FALSE);
  qs_cpu_test_add_layer (&test, QS_LAYER_REFORMAT, NULL, 1, to_type, scale_for (to_type, 0.017f));
  qs_view_init (&x, from_type, from_format, &shape,
                qs_host_tensor_get_mutable (test.values[0]));
  x.scale = scale_for (from_type, 0.013f);
  qs_view_init (&y, to_type, to_format, &shape, NULL);
  y.scale = scale_for (to_type, 0.017f);

  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      const QsKernel *const *kernels = qs_cpu_get_kernels (level, &n_kernels);
      g_autofree gpointer got = g_malloc0 (4 * qs_shape_n_elements (&shape));
      g_autofree gpointer want = g_malloc0 (4 * qs_shape_n_elements (&shape));
      QsView expected = y;
      QsExecution execution = { &x, 1, &y, 1, NULL, pool };
      gboolean done = FALSE;

      y.data = got;
      expected.data = want;
      g_assert_true (test.layer->klass->evaluate (test.layer, &x, &expected, NULL));
      for (guint i = 0; i < n_kernels && !done; i++)
        if (kernels[i]->kind == QS_LAYER_REFORMAT
            && kernels[i]->supports (kernels[i], test.layer, NULL))
          done = kernels[i]->execute (kernels[i], test.layer, NULL, &execution, NULL);
      g_assert_true (done || n_kernels == 0);
      if (n_kernels > 0
          && memcmp (got, want, qs_shape_n_elements (&shape) * qs_data_type_size (to_type)) != 0)
        g_error ("%s: %d %d -> %d %d, level %d", qs_cpu_test_describe (&test, NULL), from_type,
                 from_format, to_type, to_format, level);
    }

  qs_cpu_test_clear (&test);
}

static void
test_reformat (void)
{
  const QsDataType types[] = { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_INT8 };

  for (guint64 seed = 1; seed <= 9; seed++)
    for (int i = 0; i < 16; i++)
      reformat (seed, types[i & 1], (i >> 1) & 1, types[(i >> 2) & 1], (i >> 3) & 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  qs_emulated_levels_init ();

  g_test_add_func ("/cpu/layers/activation", test_activation);
  g_test_add_func ("/cpu/layers/activation-edges", test_activation_edges);
  g_test_add_func ("/cpu/layers/element-wise", test_element_wise);
  g_test_add_func ("/cpu/layers/square", test_square);
  g_test_add_func ("/cpu/layers/unary", test_unary);
  g_test_add_func ("/cpu/layers/pooling", test_pooling);
  g_test_add_func ("/cpu/layers/max-of-nan", test_max_of_nan);
  g_test_add_func ("/cpu/layers/reduce", test_reduce);
  g_test_add_func ("/cpu/layers/soft-max", test_soft_max);
  g_test_add_func ("/cpu/layers/soft-max-masked", test_soft_max_masked);
  g_test_add_func ("/cpu/layers/gather", test_gather);
  g_test_add_func ("/cpu/layers/slice", test_slice);
  g_test_add_func ("/cpu/layers/resize", test_resize);
  g_test_add_func ("/cpu/layers/normalization", test_normalization);
  g_test_add_func ("/cpu/layers/shuffle", test_shuffle);
  g_test_add_func ("/cpu/layers/transpose", test_transpose);
  g_test_add_func ("/cpu/layers/concatenation", test_concatenation);
  g_test_add_func ("/cpu/layers/matrix-multiply-constant", test_matrix_multiply_constant);
  g_test_add_func ("/cpu/layers/matrix-multiply-dynamic", test_matrix_multiply_dynamic);
  g_test_add_func ("/cpu/layers/matrix-multiply-access", test_matrix_multiply_access);
  g_test_add_func ("/cpu/layers/matrix-multiply-access-checked",
                   test_matrix_multiply_access_checked);
  g_test_add_func ("/cpu/layers/matrix-multiply-order-checked", test_matrix_multiply_order_checked);
  g_test_add_func ("/cpu/layers/matrix-multiply-empty", test_matrix_multiply_empty);
  g_test_add_func ("/cpu/layers/matrix-multiply-longest", test_matrix_multiply_longest);
  g_test_add_func ("/cpu/layers/reformat", test_reformat);
  qs_cpu_bounds_add_tests ();

  return g_test_run ();
}
