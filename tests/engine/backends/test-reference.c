/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "backends/qs-backend-table.h"
#include "numerics/qs-int8.h"
#include "operators/qs-operator.h"
#include "qs-cpu-test.h"
#include "qs-test.h"

/*
 * The reference backend's INT8 kernels on random layers, in both layouts, against brute force: sums
 * in int64, everything after them in float64. A byte is right when it is the exact value rounded;
 * where the exact value lies within SLACK of half-way between two bytes, either is, because the
 * contract's handful of float32 operations may each be off by 2^-24 of a number below 128 (and an
 * activation by a few ulp).
 */
#define SLACK 1e-4

#define N_CASES 60

static double
activate (const QsActivation *activation,
          double              x)
{
  switch ((int) activation->type)
    {
    case QS_ACTIVATION_RELU:
      return fmax (x, 0);
    case QS_ACTIVATION_CLIP:
      return fmin (fmax (x, (double) activation->alpha), (double) activation->beta);
    case QS_ACTIVATION_SIGMOID:
      return 1 / (1 + exp (-x));
    case QS_ACTIVATION_HARD_SWISH:
      return x * fmin (fmax (x / 6 + 0.5, 0), 1);
    default:
      return x;
    }
}

static const QsActivation activations[] = {
  { QS_ACTIVATION_NONE, 0, 0 },
  { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_CLIP, -0.5f, 0.75f },
  { QS_ACTIVATION_SIGMOID, 0, 0 },
  { QS_ACTIVATION_HARD_SWISH, 0, 0 },
};

static QsActivation
random_activation (QsRandom *random)
{
  return activations[qs_random_between (random, 0, G_N_ELEMENTS (activations) - 1)];
}

static double
number (QsCpuTest *test,
        guint      input,
        gint64     i)
{
  return qs_host_tensor_get_number (test->values[input], i);
}

static void
check_element (QsCpuTest    *test,
               QsHostTensor *result,
               gint64        i,
               double        exact)
{
  QsTensor *y = qs_layer_get_output (test->layer, 0);
  double got = qs_host_tensor_get_number (result, i);
  double wanted = exact, slack = SLACK;

  exact = activate (&test->layer->activation, exact);
  wanted = exact;
  if (y->type == QS_DATA_TYPE_INT8)
    {
      wanted = fmin (fmax (exact / (double) y->scale, -128), 127);
      slack += 0.5;
    }
  else
    slack *= fmax (1, fabs (exact));

  if (!(fabs (got - wanted) <= slack))
    g_error ("%s element %" G_GINT64_FORMAT " is %g, not %.6f",
             qs_cpu_test_describe (test, NULL), i, got, wanted);
}

static const QsKernel *
find_kernel (const char *name)
{
  const QsKernel *kernel = qs_backend_lookup_kernel (&qs_backend_reference, name);

  g_assert_nonnull (kernel);
  return kernel;
}

/* The kernel in both layouts gives the same elements, which @exact computes. */
typedef double (*Exact) (QsCpuTest   *test,
                         const QsShape *y,
                         const gint64 *index);

static void
run (QsCpuTest  *test,
     const char *name,
     Exact       exact)
{
  const QsKernel *kernel = find_kernel (name);
  const QsShape *y = &qs_layer_get_output (test->layer, 0)->shape;
  gint64 strides[QS_MAX_DIMS], n = qs_shape_n_elements (y);
  const char *reason = NULL;

  if (!kernel->supports (kernel, test->layer, &reason))
    g_error ("%s: %s", qs_cpu_test_describe (test, kernel), reason);

  qs_shape_strides (y, strides);
  for (int format = QS_FORMAT_LINEAR; format <= QS_FORMAT_HWC; format++)
    {
      g_autoptr (QsHostTensor) result = qs_cpu_test_run (test, kernel, (QsFormat) format, 1);

      for (gint64 i = 0; i < n; i++)
        {
          gint64 index[QS_MAX_DIMS];

          for (int d = 0; d < y->n_dims; d++)
            index[d] = i / strides[d] % y->dims[d];
          check_element (test, result, i, exact (test, y, index));
        }
    }
}

static gint64
offset_of (const QsShape *shape,
           const gint64  *index)
{
  gint64 offset = 0;

  for (int d = 0; d < shape->n_dims; d++)
    offset = offset * shape->dims[d] + index[d];
  return offset;
}

static const QsShape *
shape_of (QsCpuTest *test,
          guint      input)
{
  return qs_host_tensor_get_shape (test->values[input]);
}

static double
scale_of (QsCpuTest *test,
          guint      input)
{
  return (double) qs_layer_get_input (test->layer, input)->scale;
}

/* acc * s_x * s_w[k] + bias[k] + residual */
static double
finish_weighted (QsCpuTest *test,
                 gint64     sum,
                 gint64     k,
                 gint64     i)
{
  double v = (double) sum * scale_of (test, 0) *
             qs_host_tensor_get_number (test->layer->weight_scales, k);

  if (test->values[2] != NULL)
    v += number (test, 2, k);
  if (test->values[3] != NULL)
    v += number (test, 3, i) * (scale_of (test, 3) > 0 ? scale_of (test, 3) : 1);
  return v;
}

/* One output position of a convolution or deconvolution, straight from the definition. */
static double
exact_convolution (QsCpuTest     *test,
                   const QsShape *y,
                   const gint64  *index)
{
  const QsConvolutionAttributes *c = test->layer->attributes;
  const QsShape *x = shape_of (test, 0), *w = shape_of (test, 1);
  gboolean transposed = test->layer->klass->kind == QS_LAYER_DECONVOLUTION;
  gint64 outputs = y->dims[1] / c->groups, inputs = x->dims[1] / c->groups;
  gint64 group = index[1] / outputs, n_taps = 1, sum = 0;
  int n = y->n_dims - 2;

  for (int d = 0; d < n; d++)
    n_taps *= w->dims[2 + d];

  for (gint64 ci = 0; ci < inputs; ci++)
    for (gint64 tap = 0; tap < n_taps; tap++)
      {
        gint64 xi[QS_MAX_DIMS] = { index[0], group * inputs + ci };
        gint64 wi[QS_MAX_DIMS] = { transposed ? group * inputs + ci : index[1],
                                   transposed ? index[1] % outputs : ci };
        gboolean inside = TRUE;

        for (int d = n - 1, rest = (int) tap; d >= 0; d--)
          {
            gint64 shift;

            wi[2 + d] = rest % w->dims[2 + d];
            rest /= (int) w->dims[2 + d];
            shift = wi[2 + d] * c->dilations.v[d] - c->pads.v[d];
            xi[2 + d] = transposed ? index[2 + d] - shift : index[2 + d] * c->strides.v[d] + shift;
            if (transposed)
              {
                inside &= xi[2 + d] % c->strides.v[d] == 0;
                xi[2 + d] /= c->strides.v[d];
                inside &= index[2 + d] >= shift;
              }
            inside &= xi[2 + d] >= 0 && xi[2 + d] < x->dims[2 + d];
          }

        if (inside)
          sum += (gint64) number (test, 0, offset_of (x, xi)) *
                 (gint64) number (test, 1, offset_of (w, wi));
      }

  return finish_weighted (test, sum, index[1], offset_of (y, index));
}

static void
add_weight_scales (QsCpuTest *test,
                   QsRandom  *random,
                   gint64     n)
{
  QsShape shape = qs_shape_make (1, (int) n);
  float *values;

  test->layer->weight_scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  values = qs_host_tensor_get_mutable (test->layer->weight_scales);
  for (gint64 k = 0; k < n; k++)
    values[k] = qs_random_float (random, 0.0005f, 0.01f);
}

/* Bias, residual (float or INT8), output type and activation of a weighted layer. */
static void
finish_layer (QsCpuTest    *test,
              QsRandom     *random,
              QsLayerKind   kind,
              gconstpointer attributes,
              const QsShape *y,
              gint64        channels)
{
  QsShape b = qs_shape_make (1, (int) channels);
  gboolean quantized = qs_random_between (random, 0, 3) != 0;
  gint64 residual = qs_random_between (random, 0, 2);

  if (qs_random_between (random, 0, 1) != 0)
    qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0,
                           TRUE);
  if (residual != 0)
    qs_cpu_test_add_input (test, 3,
                           qs_random_tensor (random,
                                             residual == 1 ? QS_DATA_TYPE_FLOAT : QS_DATA_TYPE_INT8,
                                             y, FALSE),
                           residual == 1 ? 0 : 0.017f, FALSE);
  qs_cpu_test_add_layer (test, kind, attributes, 4,
                         quantized ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT,
                         quantized ? 0.023f : 0);
  test->layer->activation = random_activation (random);
  add_weight_scales (test, random, channels);
}

static void
convolution_case (guint64  seed,
                  gboolean transposed)
{
  QsRandom random = { seed };
  QsCpuTest test;
  QsConvolutionAttributes c = { .groups = qs_random_between (&random, 1, 3) };
  int n = (int) qs_random_between (&random, 1, 3);
  gint64 inputs = qs_random_between (&random, 1, 5), outputs = qs_random_between (&random, 1, 4);
  QsShape x = { .n_dims = n + 2 }, w = x, y = x;

  qs_cpu_test_init (&test, seed);
  c.kernel_shape.n = c.strides.n = c.dilations.n = n;
  c.pads.n = 2 * n;
  x.dims[0] = y.dims[0] = qs_random_between (&random, 1, 2);
  x.dims[1] = c.groups * inputs;
  y.dims[1] = c.groups * outputs;
  w.dims[0] = transposed ? x.dims[1] : y.dims[1];
  w.dims[1] = transposed ? outputs : inputs;
  for (int d = 0; d < n; d++)
    {
      gint64 pads, extent;

      w.dims[2 + d] = c.kernel_shape.v[d] = qs_random_between (&random, 1, 3);
      c.strides.v[d] = qs_random_between (&random, 1, 3);
      c.dilations.v[d] = qs_random_between (&random, 1, 2);
      c.pads.v[d] = qs_random_between (&random, 0, 1);
      c.pads.v[n + d] = qs_random_between (&random, 0, 2);
      pads = c.pads.v[d] + c.pads.v[n + d];
      extent = (c.kernel_shape.v[d] - 1) * c.dilations.v[d] + 1;
      x.dims[2 + d] = qs_random_between (&random, 1, 6);
      x.dims[2 + d] = MAX (x.dims[2 + d], transposed ? pads + 1 : extent);
      y.dims[2 + d] = transposed ? (x.dims[2 + d] - 1) * c.strides.v[d] + extent - pads
                                 : (x.dims[2 + d] + pads - extent) / c.strides.v[d] + 1;
    }

  qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &x, FALSE),
                         0.011f, FALSE);
  qs_cpu_test_add_input (&test, 1, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &w, FALSE), 0,
                         TRUE);
  finish_layer (&test, &random, transposed ? QS_LAYER_DECONVOLUTION : QS_LAYER_CONVOLUTION, &c, &y,
                y.dims[1]);
  run (&test, transposed ? "reference_deconvolution_s8" : "reference_convolution_s8",
       exact_convolution);
  qs_cpu_test_clear (&test);
}

static void
test_convolution (void)
{
  for (guint64 seed = 1; seed <= N_CASES; seed++)
    convolution_case (seed, FALSE);
}

static void
test_deconvolution (void)
{
  for (guint64 seed = 1; seed <= N_CASES; seed++)
    convolution_case (seed, TRUE);
}

static double
exact_matrix (QsCpuTest     *test,
              const QsShape *y,
              const gint64  *index)
{
  const QsMatrixMultiplyAttributes *m = test->layer->attributes;
  const QsShape *x = shape_of (test, 0), *w = shape_of (test, 1);
  int last = x->n_dims - 1;
  gint64 xi[QS_MAX_DIMS], sum = 0;

  for (int d = 0; d < last; d++)
    xi[d] = index[d];
  for (xi[last] = 0; xi[last] < x->dims[last]; xi[last]++)
    {
      gint64 wi[2] = { m->trans_b ? index[last] : xi[last], m->trans_b ? xi[last] : index[last] };

      sum += (gint64) number (test, 0, offset_of (x, xi)) *
             (gint64) number (test, 1, offset_of (w, wi));
    }

  return finish_weighted (test, sum, index[last], offset_of (y, index));
}

static void
test_matrix_multiply (void)
{
  for (guint64 seed = 1; seed <= N_CASES; seed++)
    {
      QsRandom random = { seed };
      QsCpuTest test;
      QsMatrixMultiplyAttributes m = { FALSE, qs_random_between (&random, 0, 1) != 0, 1, 1 };
      int rank = (int) qs_random_between (&random, 2, 4);
      gint64 k = qs_random_between (&random, 1, 40), n = qs_random_between (&random, 1, 9);
      QsShape x = { .n_dims = rank }, y;
      QsShape w = m.trans_b ? qs_shape_make (2, (int) n, (int) k)
                            : qs_shape_make (2, (int) k, (int) n);

      qs_cpu_test_init (&test, seed);
      for (int d = 0; d < rank - 1; d++)
        x.dims[d] = qs_random_between (&random, 1, 4);
      y = x;
      x.dims[rank - 1] = k;
      y.dims[rank - 1] = n;
      qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &x, FALSE),
                             0.011f, FALSE);
      qs_cpu_test_add_input (&test, 1, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &w, FALSE), 0,
                             TRUE);
      finish_layer (&test, &random, QS_LAYER_MATRIX_MULTIPLY, &m, &y, n);
      run (&test, "reference_matrix_multiply_s8", exact_matrix);
      qs_cpu_test_clear (&test);
    }
}

static double
broadcast_number (QsCpuTest    *test,
                  guint         input,
                  const QsShape *y,
                  const gint64 *index)
{
  const QsShape *shape = shape_of (test, input);
  gint64 own[QS_MAX_DIMS];
  int skip = y->n_dims - shape->n_dims;

  for (int d = 0; d < shape->n_dims; d++)
    own[d] = shape->dims[d] == 1 ? 0 : index[d + skip];
  return number (test, input, offset_of (shape, own)) * scale_of (test, input);
}

static double
exact_element_wise (QsCpuTest     *test,
                    const QsShape *y,
                    const gint64  *index)
{
  const QsElementWiseAttributes *e = test->layer->attributes;
  double a = broadcast_number (test, 0, y, index), b = broadcast_number (test, 1, y, index);

  switch ((int) e->type)
    {
    case QS_ELEMENT_WISE_ADD:
      return a + b;
    case QS_ELEMENT_WISE_SUB:
      return a - b;
    case QS_ELEMENT_WISE_MUL:
      return a * b;
    case QS_ELEMENT_WISE_MIN:
      return fmin (a, b);
    default:
      return fmax (a, b);
    }
}

static void
test_element_wise (void)
{
  const QsElementWiseType types[] = { QS_ELEMENT_WISE_ADD, QS_ELEMENT_WISE_SUB,
                                      QS_ELEMENT_WISE_MUL, QS_ELEMENT_WISE_MIN,
                                      QS_ELEMENT_WISE_MAX };

  for (guint64 seed = 1; seed <= N_CASES; seed++)
    {
      QsRandom random = { seed };
      QsCpuTest test;
      QsElementWiseAttributes e = { types[seed % G_N_ELEMENTS (types)] };
      QsShape a = { .n_dims = 4 }, b = a;

      qs_cpu_test_init (&test, seed);
      for (int d = 0; d < 4; d++)
        {
          a.dims[d] = qs_random_between (&random, 1, 5);
          b.dims[d] = qs_random_between (&random, 0, 3) == 0 ? 1 : a.dims[d];
        }
      qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &a, FALSE),
                             0.021f, FALSE);
      qs_cpu_test_add_input (&test, 1, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &b, FALSE),
                             0.014f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_ELEMENT_WISE, &e, 2, QS_DATA_TYPE_INT8, 0.019f);
      test.layer->activation = random_activation (&random);
      run (&test, "reference_element_wise_s8", exact_element_wise);
      qs_cpu_test_clear (&test);
    }
}

static double
exact_pooling (QsCpuTest     *test,
               const QsShape *y,
               const gint64  *index)
{
  const QsPoolingAttributes *p = test->layer->attributes;
  const QsShape *x = shape_of (test, 0);
  gint64 count = 0, largest = -128, sum = 0;

  for (gint64 h = 0; h < (p->global ? x->dims[2] : p->kernel_shape.v[0]); h++)
    for (gint64 w = 0; w < (p->global ? x->dims[3] : p->kernel_shape.v[1]); w++)
      {
        gint64 xi[4] = { index[0], index[1], h, w }, q;
        gboolean padded = TRUE, inside = TRUE;

        for (int d = 0; d < 2 && !p->global; d++)
          {
            xi[2 + d] = index[2 + d] * p->strides.v[d] + xi[2 + d] * p->dilations.v[d] -
                        p->pads.v[d];
            inside &= xi[2 + d] >= 0 && xi[2 + d] < x->dims[2 + d];
            padded &= xi[2 + d] < x->dims[2 + d] + p->pads.v[2 + d];
          }
        count += inside || (p->count_include_pad && padded);
        if (!inside)
          continue;
        q = (gint64) number (test, 0, offset_of (x, xi));
        sum += q;
        largest = MAX (largest, q);
      }

  return scale_of (test, 0) *
         (p->type == QS_POOLING_MAX ? (double) largest : (double) sum / (double) count);
}

static void
test_pooling (void)
{
  for (guint64 seed = 1; seed <= N_CASES; seed++)
    {
      QsRandom random = { seed };
      QsCpuTest test;
      QsPoolingAttributes p = { .type = seed % 2 == 0 ? QS_POOLING_MAX : QS_POOLING_AVERAGE };
      QsShape x = qs_shape_make (4, 2, 5, (int) qs_random_between (&random, 5, 9),
                                 (int) qs_random_between (&random, 5, 9));

      qs_cpu_test_init (&test, seed);
      p.global = qs_random_between (&random, 0, 4) == 0;
      p.ceil_mode = qs_random_between (&random, 0, 1) != 0;
      p.count_include_pad = qs_random_between (&random, 0, 1) != 0;
      p.kernel_shape.n = p.strides.n = p.dilations.n = 2;
      p.pads.n = 4;
      for (int d = 0; d < 2; d++)
        {
          p.kernel_shape.v[d] = qs_random_between (&random, 1, 3);
          p.strides.v[d] = qs_random_between (&random, 1, 3);
          p.dilations.v[d] = qs_random_between (&random, 1, 2);
          p.pads.v[d] = qs_random_between (&random, 0, p.kernel_shape.v[d] - 1);
          p.pads.v[2 + d] = qs_random_between (&random, 0, p.kernel_shape.v[d] - 1);
        }
      qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &x, FALSE),
                             0.02f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_POOLING, &p, 1, QS_DATA_TYPE_INT8,
                             p.type == QS_POOLING_MAX ? 0.02f : 0.013f);
      if (p.type == QS_POOLING_AVERAGE)
        test.layer->activation = random_activation (&random);
      run (&test, "reference_pooling_s8", exact_pooling);
      qs_cpu_test_clear (&test);
    }
}

static double
exact_mean (QsCpuTest     *test,
            const QsShape *y,
            const gint64  *index)
{
  const QsShape *x = shape_of (test, 0);
  gint64 sum = 0;

  for (gint64 h = 0; h < x->dims[2]; h++)
    for (gint64 w = 0; w < x->dims[3]; w++)
      {
        gint64 xi[4] = { index[0], index[1], h, w };

        sum += (gint64) number (test, 0, offset_of (x, xi));
      }

  return (double) sum * scale_of (test, 0) / (double) (x->dims[2] * x->dims[3]);
}

static void
test_reduce (void)
{
  for (guint64 seed = 1; seed <= 20; seed++)
    {
      QsRandom random = { seed };
      QsCpuTest test;
      QsReduceAttributes r = { QS_REDUCE_MEAN, { 2, { 2, 3 } }, seed % 2 == 0 };
      QsShape x = qs_shape_make (4, 2, 3, (int) qs_random_between (&random, 1, 9),
                                 (int) qs_random_between (&random, 1, 9));

      qs_cpu_test_init (&test, seed);
      qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &x, FALSE),
                             0.02f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_REDUCE, &r, 1, QS_DATA_TYPE_INT8, 0.004f);
      run (&test, "reference_reduce_s8", exact_mean);
      qs_cpu_test_clear (&test);
    }
}

/* Also what a reformat from one scale to another, or between INT8 and float, must give. */
static double
exact_value (QsCpuTest     *test,
             const QsShape *y,
             const gint64  *index)
{
  double scale = scale_of (test, 0);

  return number (test, 0, offset_of (y, index)) * (scale > 0 ? scale : 1);
}

static void
pointwise_case (guint64     seed,
                QsLayerKind kind,
                const char *kernel,
                QsDataType  in,
                QsDataType  out)
{
  QsRandom random = { seed };
  QsCpuTest test;
  QsShape x = qs_shape_make (4, 2, 3, (int) qs_random_between (&random, 1, 5),
                             (int) qs_random_between (&random, 1, 300));

  qs_cpu_test_init (&test, seed);
  qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, in, &x, FALSE),
                         in == QS_DATA_TYPE_INT8 ? 0.03f : 0, FALSE);
  qs_cpu_test_add_layer (&test, kind, NULL, 1, out, out == QS_DATA_TYPE_INT8 ? 0.011f : 0);
  if (kind == QS_LAYER_ACTIVATION)
    test.layer->activation = activations[1 + seed % (G_N_ELEMENTS (activations) - 1)];
  run (&test, kernel, exact_value);
  qs_cpu_test_clear (&test);
}

static void
test_activation (void)
{
  for (guint64 seed = 1; seed <= 20; seed++)
    pointwise_case (seed, QS_LAYER_ACTIVATION, "reference_activation_s8", QS_DATA_TYPE_INT8,
                    QS_DATA_TYPE_INT8);
}

static void
test_reformat (void)
{
  const QsDataType types[] = { QS_DATA_TYPE_INT8, QS_DATA_TYPE_FLOAT };

  for (guint64 seed = 1; seed <= 20; seed++)
    pointwise_case (seed, QS_LAYER_REFORMAT, "reference_reformat_s8", types[seed % 2],
                    types[seed / 2 % 2]);
}

/* One product more than fits into int32 is refused, with the reason. */
static void
test_too_long (void)
{
  QsMatrixMultiplyAttributes m = { FALSE, FALSE, 1, 1 };
  const QsKernel *kernel = find_kernel ("reference_matrix_multiply_s8");

  for (int extra = 0; extra < 2; extra++)
    {
      QsRandom random = { 7 };
      QsCpuTest test;
      QsShape x = qs_shape_make (2, 1, QS_INT8_MAX_K + extra);
      QsShape w = qs_shape_make (2, QS_INT8_MAX_K + extra, 1);
      const char *reason = NULL;

      qs_cpu_test_init (&test, 7);
      qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &x, FALSE),
                             0.02f, FALSE);
      qs_cpu_test_add_input (&test, 1, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &w, FALSE), 0,
                             TRUE);
      qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &m, 2, QS_DATA_TYPE_FLOAT, 0);
      add_weight_scales (&test, &random, 1);
      g_assert_true (kernel->supports (kernel, test.layer, &reason) == (extra == 0));
      if (extra == 1)
        g_assert_nonnull (strstr (reason, "131,071"));
      qs_cpu_test_clear (&test);
    }
}

/* The longest sum of the largest products: 131,071 * 16,384 = 2^31 - 16,384. */
static void
test_longest_sum (void)
{
  QsMatrixMultiplyAttributes m = { FALSE, FALSE, 1, 1 };
  QsRandom random = { 7 };
  QsCpuTest test;
  QsShape x = qs_shape_make (2, 1, QS_INT8_MAX_K), w = qs_shape_make (2, QS_INT8_MAX_K, 1);
  QsHostTensor *a = qs_host_tensor_new (QS_DATA_TYPE_INT8, &x, NULL);
  QsHostTensor *b = qs_host_tensor_new (QS_DATA_TYPE_INT8, &w, NULL);

  memset (qs_host_tensor_get_mutable (a), -128, QS_INT8_MAX_K);
  memset (qs_host_tensor_get_mutable (b), -128, QS_INT8_MAX_K);
  qs_cpu_test_init (&test, 7);
  qs_cpu_test_add_input (&test, 0, a, 0.5f, FALSE);
  qs_cpu_test_add_input (&test, 1, b, 0, TRUE);
  qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &m, 2, QS_DATA_TYPE_FLOAT, 0);
  add_weight_scales (&test, &random, 1);
  run (&test, "reference_matrix_multiply_s8", exact_matrix);
  qs_cpu_test_clear (&test);
}

/* Why a kernel cannot: every reason is found by taking one thing away. */
static void
test_reasons (void)
{
  QsElementWiseAttributes e = { QS_ELEMENT_WISE_DIV };
  QsShape shape = qs_shape_make (2, 2, 3);
  QsRandom random = { 3 };
  QsCpuTest test;
  g_autoptr (GPtrArray) found = NULL;
  const char *reason = NULL;

  qs_cpu_test_init (&test, 3);
  for (guint i = 0; i < 2; i++)
    qs_cpu_test_add_input (&test, i, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &shape, FALSE),
                           0.02f, FALSE);
  qs_cpu_test_add_layer (&test, QS_LAYER_ELEMENT_WISE, &e, 2, QS_DATA_TYPE_INT8, 0.02f);
  found = qs_backend_find_kernels (&qs_backend_reference, test.layer, QS_PRECISION_INT8,
                                   QS_FORMAT_LINEAR, &reason);
  g_assert_cmpuint (found->len, ==, 0);
  g_assert_nonnull (strstr (reason, "only Add, Sub, Mul, Min and Max"));
  g_clear_pointer (&found, g_ptr_array_unref);

  ((QsElementWiseAttributes *) test.layer->attributes)->type = QS_ELEMENT_WISE_ADD;
  qs_layer_get_output (test.layer, 0)->scale = 0;
  found = qs_backend_find_kernels (&qs_backend_reference, test.layer, QS_PRECISION_INT8,
                                   QS_FORMAT_LINEAR, &reason);
  g_assert_cmpuint (found->len, ==, 0);
  g_assert_nonnull (strstr (reason, "the output is not INT8 with a scale"));
  g_clear_pointer (&found, g_ptr_array_unref);

  found = qs_backend_find_kernels (&qs_backend_reference, test.layer, QS_PRECISION_FP32,
                                   QS_FORMAT_HWC, NULL);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpstr (((const QsKernel *) found->pdata[0])->name, ==, "reference");
  qs_cpu_test_clear (&test);
}

/* The float kernel does not know the scales of INT8 weights, so it must not be offered. */
static void
test_int8_weights (void)
{
  QsMatrixMultiplyAttributes m = { FALSE, FALSE, 1, 1 };
  QsShape x = qs_shape_make (2, 1, 4), w = qs_shape_make (2, 4, 1);
  QsRandom random = { 5 };
  QsCpuTest test;
  g_autoptr (GPtrArray) found = NULL;
  const char *reason = NULL;

  qs_cpu_test_init (&test, 5);
  qs_cpu_test_add_input (&test, 0, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &x, FALSE), 0.02f,
                         FALSE);
  qs_cpu_test_add_input (&test, 1, qs_random_tensor (&random, QS_DATA_TYPE_INT8, &w, FALSE), 0,
                         TRUE);
  qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &m, 2, QS_DATA_TYPE_FLOAT, 0);
  add_weight_scales (&test, &random, 1);
  found = qs_backend_find_kernels (&qs_backend_reference, test.layer, QS_PRECISION_FP32,
                                   QS_FORMAT_LINEAR, &reason);
  g_assert_cmpuint (found->len, ==, 0);
  g_assert_nonnull (strstr (reason, "INT8 weights"));
  qs_cpu_test_clear (&test);
}

static void
test_lookup (void)
{
  g_assert_true (qs_backend_lookup ("reference") == &qs_backend_reference);
  g_assert_null (qs_backend_lookup ("abacus"));
  g_assert_null (qs_backend_get (qs_backend_get_n ()));
  g_assert_nonnull (qs_backend_get_default ());

  for (guint i = 0; i < qs_backend_get_n (); i++)
    {
      guint n;
      const QsKernel *const *kernels = qs_backend_get (i)->get_kernels (&n);

      for (guint k = 0; k < n; k++)
        g_assert_true (qs_backend_lookup_kernel (qs_backend_get (i), kernels[k]->name) ==
                       kernels[k]);
      g_assert_nonnull (qs_backend_lookup_kernel (qs_backend_get (i), "reference"));
      g_assert_nonnull (qs_backend_lookup_kernel (qs_backend_get (i), "reference_slice_s8"));
      g_assert_null (qs_backend_lookup_kernel (qs_backend_get (i), "no_such_kernel"));
      g_assert_null (qs_backend_lookup_kernel (qs_backend_get (i), NULL));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reference/convolution", test_convolution);
  g_test_add_func ("/reference/deconvolution", test_deconvolution);
  g_test_add_func ("/reference/matrix-multiply", test_matrix_multiply);
  g_test_add_func ("/reference/element-wise", test_element_wise);
  g_test_add_func ("/reference/pooling", test_pooling);
  g_test_add_func ("/reference/reduce", test_reduce);
  g_test_add_func ("/reference/activation", test_activation);
  g_test_add_func ("/reference/reformat", test_reformat);
  g_test_add_func ("/reference/too-long", test_too_long);
  g_test_add_func ("/reference/longest-sum", test_longest_sum);
  g_test_add_func ("/backends/reasons", test_reasons);
  g_test_add_func ("/backends/int8-weights", test_int8_weights);
  g_test_add_func ("/backends/lookup", test_lookup);
  return g_test_run ();
}
