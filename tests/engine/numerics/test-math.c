/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>

#include "numerics/qs-int8.h"
#include "numerics/qs-math.h"
#include "qs-test.h"

/*
 * Accuracy of the elementary functions against libm in double precision, which is correct to far
 * more digits than a float32 has. Every sweep visits about two million float32 bit patterns spread
 * evenly over the bits of the interval, both signs, and so all magnitudes alike.
 */

typedef float (*Function) (float x);
typedef double (*Oracle) (double x);

/* Error in units of the last place of the float32 nearest to @exact, at least of a normal one. */
static double
error_in_ulp (float  value,
              double exact)
{
  double magnitude = MAX (fabs (exact), (double) FLT_MIN);
  int exponent;

  frexp (magnitude, &exponent);
  return fabs ((double) value - exact) / ldexp (1.0, exponent - 24);
}

static double
largest_error (Function function,
               Oracle   oracle,
               float    low,
               float    high)
{
  guint32 first = qs_math_bits (MAX (low, 0.0f)), last = qs_math_bits (high);
  double worst = 0;

  for (guint32 bits = first; bits <= last && bits >= first; bits += 1021)
    for (int sign = low < 0 ? 0 : 1; sign < 2; sign++)
      {
        float x = qs_math_from_bits (bits) * (sign == 0 ? -1.0f : 1.0f);

        worst = MAX (worst, error_in_ulp (function (x), oracle ((double) x)));
      }

  return worst;
}

static double
largest_absolute_error (Function function,
                        Oracle   oracle,
                        float    high)
{
  double worst = 0;

  for (guint32 bits = 0; bits <= qs_math_bits (high); bits += 1021)
    for (int sign = -1; sign <= 1; sign += 2)
      {
        float x = qs_math_from_bits (bits) * (float) sign;

        worst = MAX (worst, fabs ((double) function (x) - oracle ((double) x)));
      }

  return worst;
}

static double
sigmoid (double x)
{
  return 1.0 / (1.0 + exp (-x));
}

static double
silu (double x)
{
  return x * sigmoid (x);
}

static double
softplus (double x)
{
  return x > 0 ? x + log1p (exp (-x)) : log1p (exp (x));
}

static double
mish (double x)
{
  return x * tanh (softplus (x));
}

static double
gelu_erf (double x)
{
  return x * 0.5 * erfc (-x * 0.70710678118654752440);
}

static double
gelu_tanh (double x)
{
  return 0.5 * x * (1.0 + tanh (0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

/* The sweeps of both signs meet the range where it is defined. */
static float
exp_unit (float x)
{
  return x > 0.0f ? expf (x) : qs_math_exp_unit (x);
}

/* The bounds are the measured errors, rounded up; what they show is that no coefficient is off. */
typedef struct
{
  const char *name;
  Function function;
  Oracle oracle;
  float low;
  float high;
  double bound;
} Sweep;

static const Sweep sweeps[] = {
  { "exp", qs_math_exp, exp, -87.0f, 88.7f, 1.0 },
  { "exp unit", exp_unit, exp, -86.9f, 86.9f, 1.0 },
  { "expm1", qs_math_expm1, expm1, -88.0f, 88.0f, 1.5 },
  { "tanh", qs_math_tanh, tanh, -100.0f, 100.0f, 1.3 },
  { "erf", qs_math_erf, erf, -10.0f, 10.0f, 2.3 },
  { "log1p", qs_math_log1p_unit, log1p, 0.0f, 1.0f, 1.9 },
  { "sigmoid", qs_math_sigmoid, sigmoid, -87.0f, 100.0f, 2.4 },
  { "silu", qs_math_silu, silu, -87.0f, 100.0f, 2.3 },
  { "softplus", qs_math_softplus, softplus, -87.0f, 100.0f, 2.6 },
  { "mish", qs_math_mish, mish, -40.0f, 100.0f, 3.9 },
};

static void
test_errors (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sweeps); i++)
    {
      const Sweep *sweep = &sweeps[i];
      double worst = MAX (largest_error (sweep->function, sweep->oracle, 0.0f, sweep->high),
                          sweep->low < 0 ? largest_error (sweep->function, sweep->oracle, -1.0f,
                                                          -sweep->low < sweep->high
                                                            ? -sweep->low : sweep->high)
                                         : 0);

      g_test_message ("%s: at most %.3f ulp", sweep->name, worst);
      g_assert_cmpfloat (worst, <=, sweep->bound);
    }
}

/* GELU's left tail is a difference of nearly equal numbers: there the absolute error counts, which
 * is a few units of 2^-24 times |x|. */
static void
test_gelu (void)
{
  double with_erf = largest_absolute_error (qs_math_gelu_erf, gelu_erf, 8.0f);
  double with_tanh = largest_absolute_error (qs_math_gelu_tanh, gelu_tanh, 8.0f);

  g_test_message ("gelu erf: at most %.3g, gelu tanh: at most %.3g", with_erf, with_tanh);
  g_assert_cmpfloat (with_erf, <=, 6e-7);
  g_assert_cmpfloat (with_tanh, <=, 6e-7);
}

static void
test_special (void)
{
  g_assert_true (qs_math_exp (-INFINITY) == 0.0f);
  g_assert_true (qs_math_exp (-104.0f) == 0.0f);
  g_assert_true (qs_math_exp (INFINITY) == INFINITY);
  g_assert_true (qs_math_exp_unit (0.0f) == 1.0f);
  g_assert_true (qs_math_exp_unit (-87.0f) >= FLT_MIN);
  g_assert_true (qs_math_exp_unit (-87.1f) == 0.0f);
  g_assert_true (qs_math_exp_unit (-INFINITY) == 0.0f);
  g_assert_true (isnan (qs_math_exp_unit (NAN)));
  g_assert_true (qs_math_exp (88.8f) == INFINITY);
  g_assert_true (qs_math_exp (0.0f) == 1.0f);
  g_assert_true (qs_math_exp (-100.0f) > 0.0f);
  g_assert_true (qs_math_expm1 (-INFINITY) == -1.0f);
  g_assert_true (qs_math_tanh (INFINITY) == 1.0f);
  g_assert_true (qs_math_tanh (-INFINITY) == -1.0f);
  g_assert_true (qs_math_tanh (-0.0f) == 0.0f);
  g_assert_true (qs_math_erf (INFINITY) == 1.0f);
  g_assert_true (qs_math_erf (-4.0f) == -1.0f);
  g_assert_true (qs_math_sigmoid (-200.0f) == 0.0f);
  g_assert_true (qs_math_sigmoid (-88.5f) == 0.0f);
  g_assert_true (qs_math_sigmoid (-88.3f) > 0.0f);
  g_assert_true (qs_math_sigmoid (-INFINITY) == 0.0f);
  g_assert_true (qs_math_sigmoid (200.0f) == 1.0f);
  g_assert_true (qs_math_silu (-1000.0f) == 0.0f);
  g_assert_true (qs_math_silu (1000.0f) == 1000.0f);
  g_assert_true (qs_math_silu (INFINITY) == INFINITY);
  g_assert_true (qs_math_softplus (1000.0f) == 1000.0f);
  g_assert_true (qs_math_mish (1000.0f) == 1000.0f);
}

static void
test_subnormal (void)
{
  /* e^-95 = 5.52e-42 is subnormal: 3939.3 times 2^-149. */
  g_assert_cmpfloat (fabs ((double) qs_math_exp (-95.0f) - exp (-95.0)), <=, 0x1p-149);
}

static void
test_nan (void)
{
  for (int type = 0; type < QS_N_ACTIVATIONS; type++)
    {
      QsActivation activation = { (QsActivationType) type, 0.5f, 0.75f };

      g_assert_true (isnan (qs_activation_apply (&activation, NAN)));
    }
}

/*
 * Values at four points from the definitions, computed with Python 3 floats:
 *
 *   [f (x) for x in (-2.5, -0.3, 0.4, 3.0)]
 *
 * alpha and beta as in the table.
 */
typedef struct
{
  QsActivation activation;
  double expected[4];
} Case;

static const Case cases[] = {
  { { QS_ACTIVATION_NONE, 0, 0 }, { -2.5, -0.3, 0.4, 3.0 } },
  { { QS_ACTIVATION_RELU, 0, 0 }, { 0, 0, 0.4, 3.0 } },
  { { QS_ACTIVATION_CLIP, -1, 2 }, { -1, -0.3, 0.4, 2.0 } },
  { { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 }, { -0.25, -0.03, 0.4, 3.0 } },
  { { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f }, { 0, 0.44, 0.58, 1 } },
  { { QS_ACTIVATION_HARD_SWISH, 0, 0 }, { -0.2083333333, -0.135, 0.2266666667, 3 } },
  { { QS_ACTIVATION_SIGMOID, 0, 0 }, { 0.0758581800, 0.4255574832, 0.5986876601, 0.9525741268 } },
  { { QS_ACTIVATION_TANH, 0, 0 }, { -0.9866142982, -0.2913126125, 0.3799489623, 0.9950547537 } },
  { { QS_ACTIVATION_SILU, 0, 0 }, { -0.1896454501, -0.1276672450, 0.2394750641, 2.8577223805 } },
  { { QS_ACTIVATION_GELU_ERF, 0, 0 },
    { -0.0155241633, -0.1146265733, 0.2621686966, 2.9959503059 } },
  { { QS_ACTIVATION_GELU_TANH, 0, 0 },
    { -0.0150842661, -0.1146290765, 0.2621611694, 2.9963626079 } },
  { { QS_ACTIVATION_ELU, 1.5f, 0 }, { -1.3768725021, -0.3887726690, 0.4, 3 } },
  { { QS_ACTIVATION_SELU, 1.5f, 2.0f }, { -2.7537450041, -0.7775453380, 0.8, 6 } },
  { { QS_ACTIVATION_SOFTPLUS, 0, 0 }, { 0.0788897343, 0.5543552445, 0.9130152524, 3.0485873516 } },
  { { QS_ACTIVATION_SOFTSIGN, 0, 0 }, { -0.7142857143, -0.2307692308, 0.2857142857, 0.75 } },
  { { QS_ACTIVATION_THRESHOLDED_RELU, 0.4f, 0 }, { 0, 0, 0, 3 } },
  { { QS_ACTIVATION_CELU, 2, 0 }, { -1.4269904063, -0.2785840471, 0.4, 3 } },
  { { QS_ACTIVATION_MISH, 0, 0 }, { -0.1968162039, -0.1511331771, 0.2890305341, 2.9865350050 } },
  { { QS_ACTIVATION_SHRINK, 0.35f, 0.1f }, { -2.4, 0, 0.3, 2.9 } },
};

static void
test_activations (void)
{
  const float points[] = { -2.5f, -0.3f, 0.4f, 3.0f };

  G_STATIC_ASSERT (G_N_ELEMENTS (cases) == QS_N_ACTIVATIONS);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (points); k++)
      {
        float row[3] = { points[k], 0, points[k] };
        float value = qs_activation_apply (&cases[i].activation, points[k]);

        /* The expected numbers have ten digits; 4e-7 is three units of float32 at 1. */
        if (fabs ((double) value - cases[i].expected[k]) > 4e-7 * MAX (1, fabs ((double) value)))
          g_error ("%s (%g) is %.9g, not %.10g", qs_activation_name (cases[i].activation.type),
                   (double) points[k], (double) value, cases[i].expected[k]);

        qs_activation_apply_row (&cases[i].activation, row, 3);
        g_assert_cmpuint (qs_math_bits (row[0]), ==, qs_math_bits (value));
        g_assert_cmpuint (qs_math_bits (row[2]), ==, qs_math_bits (value));
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backends/math/errors", test_errors);
  g_test_add_func ("/backends/math/gelu", test_gelu);
  g_test_add_func ("/backends/math/special", test_special);
  g_test_add_func ("/backends/math/subnormal", test_subnormal);
  g_test_add_func ("/backends/math/nan", test_nan);
  g_test_add_func ("/backends/activations", test_activations);
  return g_test_run ();
}
