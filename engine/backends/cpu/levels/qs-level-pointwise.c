/* SPDX-License-Identifier: MIT */
#include "qs-level-vector.h"

#include <math.h>
#include <string.h>

#include "numerics/qs-int8.h"
#include "numerics/qs-math.h"
#include "operators/qs-attributes.h"

/* Plain loops: the operations of numerics/qs-math.h have no branches, so they become vectors. */

#define PARTS 16

/* The functions of QsActivationType, which numerics/qs-int8.c has as scalars; a test compares. */
#define DEFINE_ACTIVATION(name, expression) \
  static void \
  name (float *values, gint64 n, const float alpha, const float beta) \
  { \
    for (gint64 i = 0; i < n; i++) \
      { \
        const float x = values[i]; \
        values[i] = expression; \
      } \
  }

QS_INLINE float
clip (float x,
      float low,
      float high)
{
  x = low > x ? low : x;
  return high < x ? high : x;
}

QS_INLINE float
elu (float x,
     float alpha)
{
  float negative = alpha * qs_math_expm1 (x);

  return x < 0.0f ? negative : x;
}

QS_INLINE float
celu (float x,
      float alpha)
{
  float negative = alpha * qs_math_expm1 (x / alpha);

  return x < 0.0f ? negative : x;
}

QS_INLINE float
shrink (float x,
        float lambda,
        float bias)
{
  float middle = x == x ? 0.0f : x;
  float positive = x > lambda ? x - bias : middle;

  return x < -lambda ? x + bias : positive;
}

DEFINE_ACTIVATION (relu_row, 0.0f > x ? 0.0f : x)
DEFINE_ACTIVATION (clip_row, clip (x, alpha, beta))
DEFINE_ACTIVATION (leaky_relu_row, x < 0.0f ? alpha * x : x)
DEFINE_ACTIVATION (hard_sigmoid_row, clip (alpha * x + beta, 0.0f, 1.0f))
DEFINE_ACTIVATION (hard_swish_row, x * clip ((1.0f / 6.0f) * x + 0.5f, 0.0f, 1.0f))
DEFINE_ACTIVATION (sigmoid_row, qs_math_sigmoid (x))
DEFINE_ACTIVATION (tanh_row, qs_math_tanh (x))
DEFINE_ACTIVATION (silu_row, qs_math_silu (x))
DEFINE_ACTIVATION (gelu_erf_row, qs_math_gelu_erf (x))
DEFINE_ACTIVATION (gelu_tanh_row, qs_math_gelu_tanh (x))
DEFINE_ACTIVATION (elu_row, elu (x, alpha))
DEFINE_ACTIVATION (selu_row, beta * elu (x, alpha))
DEFINE_ACTIVATION (softplus_row, qs_math_softplus (x))
DEFINE_ACTIVATION (softsign_row, x / (1.0f + fabsf (x)))
DEFINE_ACTIVATION (thresholded_relu_row, x <= alpha ? 0.0f : x)
DEFINE_ACTIVATION (celu_row, celu (x, alpha))
DEFINE_ACTIVATION (mish_row, qs_math_mish (x))
DEFINE_ACTIVATION (shrink_row, shrink (x, alpha, beta))

typedef void (*ActivationRow) (float       *values,
                               gint64       n,
                               const float  alpha,
                               const float  beta);

static const ActivationRow activations[QS_N_ACTIVATIONS] = {
  [QS_ACTIVATION_RELU] = relu_row,
  [QS_ACTIVATION_CLIP] = clip_row,
  [QS_ACTIVATION_LEAKY_RELU] = leaky_relu_row,
  [QS_ACTIVATION_HARD_SIGMOID] = hard_sigmoid_row,
  [QS_ACTIVATION_HARD_SWISH] = hard_swish_row,
  [QS_ACTIVATION_SIGMOID] = sigmoid_row,
  [QS_ACTIVATION_TANH] = tanh_row,
  [QS_ACTIVATION_SILU] = silu_row,
  [QS_ACTIVATION_GELU_ERF] = gelu_erf_row,
  [QS_ACTIVATION_GELU_TANH] = gelu_tanh_row,
  [QS_ACTIVATION_ELU] = elu_row,
  [QS_ACTIVATION_SELU] = selu_row,
  [QS_ACTIVATION_SOFTPLUS] = softplus_row,
  [QS_ACTIVATION_SOFTSIGN] = softsign_row,
  [QS_ACTIVATION_THRESHOLDED_RELU] = thresholded_relu_row,
  [QS_ACTIVATION_CELU] = celu_row,
  [QS_ACTIVATION_MISH] = mish_row,
  [QS_ACTIVATION_SHRINK] = shrink_row,
};

void
qs_level_activation (const QsActivation *activation,
                     float              *values,
                     gint64              n)
{
  if (activation->type != QS_ACTIVATION_NONE)
    activations[activation->type](values, n, activation->alpha, activation->beta);
}

/* Output and input may be the same memory, element by element, which is what ivdep says. */
#define LOOP(a_index, b_index, expression) \
  _Pragma ("GCC ivdep") \
  for (gint64 i = 0; i < n; i++) \
    { \
      const float a = p[a_index], b = q[b_index]; \
      out[i] = expression; \
    }

/* Three loops per operation, so that a value that is broadcast is loaded once. */
#define DEFINE_ELEMENT_WISE(name, expression) \
  static void \
  name (QsCpuBroadcast broadcast, const float *p, const float *q, float *out, gint64 n) \
  { \
    if (broadcast == QS_CPU_BROADCAST_NONE) \
      { \
        LOOP (i, i, expression) \
      } \
    else if (broadcast == QS_CPU_BROADCAST_A) \
      { \
        LOOP (0, i, expression) \
      } \
    else \
      { \
        LOOP (i, 0, expression) \
      } \
  }

DEFINE_ELEMENT_WISE (add_row, a + b)
DEFINE_ELEMENT_WISE (sub_row, a - b)
DEFINE_ELEMENT_WISE (mul_row, a * b)
DEFINE_ELEMENT_WISE (div_row, a / b)

typedef void (*ElementWiseRow) (QsCpuBroadcast  broadcast,
                                const float    *a,
                                const float    *b,
                                float          *out,
                                gint64          n);

static const ElementWiseRow element_wise[QS_N_ELEMENT_WISE] = {
  [QS_ELEMENT_WISE_ADD] = add_row,
  [QS_ELEMENT_WISE_SUB] = sub_row,
  [QS_ELEMENT_WISE_MUL] = mul_row,
  [QS_ELEMENT_WISE_DIV] = div_row,
};

gboolean
qs_level_element_wise (int             type,
                       QsCpuBroadcast  broadcast,
                       const float    *a,
                       const float    *b,
                       float          *out,
                       gint64          n)
{
  if (element_wise[type] == NULL)
    return FALSE;

  if (n > 0)
    element_wise[type](broadcast, a, b, out, n);
  return TRUE;
}

void
qs_level_add_s8 (QsCpuBroadcast  broadcast,
                 const gint8    *a,
                 float           a_scale,
                 const gint8    *b,
                 float           b_scale,
                 float          *out,
                 gint64          n)
{
  const gint64 a_step = broadcast == QS_CPU_BROADCAST_A ? 0 : 1;
  const gint64 b_step = broadcast == QS_CPU_BROADCAST_B ? 0 : 1;

  if (broadcast == QS_CPU_BROADCAST_NONE)
    for (gint64 i = 0; i < n; i++)
      out[i] = __builtin_fmaf ((float) b[i], b_scale, (float) a[i] * a_scale);
  else
    for (gint64 i = 0; i < n; i++)
      out[i] = __builtin_fmaf ((float) b[i * b_step], b_scale, (float) a[i * a_step] * a_scale);
}

#define DEFINE_UNARY(name, expression) \
  static void \
  name (const float *in, float *out, gint64 n) \
  { \
    _Pragma ("GCC ivdep") \
    for (gint64 i = 0; i < n; i++) \
      { \
        const float x = in[i]; \
        out[i] = expression; \
      } \
  }

DEFINE_UNARY (abs_row, fabsf (x))
DEFINE_UNARY (neg_row, -x)
DEFINE_UNARY (sqrt_row, sqrtf (x))
DEFINE_UNARY (exp_row, qs_math_exp (x))
DEFINE_UNARY (erf_row, qs_math_erf (x))
DEFINE_UNARY (reciprocal_row, 1.0f / x)

typedef void (*UnaryRow) (const float *in,
                          float       *out,
                          gint64       n);

static const UnaryRow unary[QS_N_UNARY] = {
  [QS_UNARY_ABS] = abs_row,
  [QS_UNARY_NEG] = neg_row,
  [QS_UNARY_SQRT] = sqrt_row,
  [QS_UNARY_EXP] = exp_row,
  [QS_UNARY_ERF] = erf_row,
  [QS_UNARY_RECIPROCAL] = reciprocal_row,
};

gboolean
qs_level_unary (int          type,
                const float *in,
                float       *out,
                gint64       n)
{
  if (unary[type] == NULL)
    return FALSE;

  if (n > 0)
    unary[type](in, out, n);
  return TRUE;
}

void
qs_level_quantize (const float *in,
                   float        reciprocal,
                   gint8       *out,
                   gint64       n)
{
  gint64 i = 0;

#ifdef QS_VECTORS
  for (; i + 2 * QS_LANES <= n; i += 2 * QS_LANES)
    store_floats_as_bytes (out + i, scale_to_byte (LOAD_FLOATS (in + i), reciprocal),
                           scale_to_byte (LOAD_FLOATS (in + i + QS_LANES), reciprocal), 2);
#endif

  for (; i < n; i++)
    out[i] = qs_quantize (in[i], reciprocal);
}

void
qs_level_dequantize (const gint8 *in,
                     float        scale,
                     float       *out,
                     gint64       n)
{
  for (gint64 i = 0; i < n; i++)
    out[i] = qs_dequantize (in[i], scale);
}

void
qs_level_add_f32 (float       *out,
                  const float *in,
                  gint64       n)
{
  for (gint64 i = 0; i < n; i++)
    out[i] += in[i];
}

/* Sixteen running values, whatever the width of a vector is. */
typedef float Parts __attribute__ ((vector_size (4 * PARTS), aligned (4), may_alias));
typedef gint32 PartsMask __attribute__ ((vector_size (4 * PARTS)));

#define LOAD_PARTS(p) (*(const Parts *) (p))

/* The sum in pairs: one order for every vector width. */
static float
sum_of_parts (float *parts)
{
  for (int step = PARTS / 2; step > 0; step /= 2)
    for (int j = 0; j < step; j++)
      parts[j] += parts[j + step];

  return parts[0];
}

float
qs_level_sum (const float *in,
              gint64       n)
{
  Parts sums = { 0 };
  float parts[PARTS];
  gint64 i = 0;

  for (; i + PARTS <= n; i += PARTS)
    sums += LOAD_PARTS (in + i);
  *(Parts *) parts = sums;
  for (int j = 0; i < n; i++, j++)
    parts[j] += in[i];

  return sum_of_parts (parts);
}

/* NaN in the row makes every result NaN through the sum. */
static float
largest (const float *in,
         gint64       n)
{
  Parts tops = (Parts) { 0 } - INFINITY;
  float parts[PARTS];
  gint64 i = 0;

  for (; i + PARTS <= n; i += PARTS)
    {
      Parts values = LOAD_PARTS (in + i);
      PartsMask larger = values > tops;

      tops = (Parts) (((PartsMask) values & larger) | ((PartsMask) tops & ~larger));
    }
  *(Parts *) parts = tops;
  for (; i < n; i++)
    parts[0] = in[i] > parts[0] ? in[i] : parts[0];
  for (int j = 1; j < PARTS; j++)
    parts[0] = parts[j] > parts[0] ? parts[j] : parts[0];

  return parts[0];
}

/* Exponentials of one block, which are added to the running sums. */
QS_INLINE void
exponentials (const float *in,
              float       *out,
              float       *sums,
              const float  top)
{
  for (int j = 0; j < PARTS; j++)
    {
      const float e = qs_math_exp_unit (in[j] - top);

      out[j] = e;
      sums[j] += e;
    }
}

/* What is left of a row is filled up with values whose exponentials are 0. */
void
qs_level_soft_max (const float *in,
                   float       *out,
                   gint64       n)
{
  const float top = largest (in, n);
  float sums[PARTS] = { 0 }, last[PARTS];
  float factor;
  gint64 i = 0;

  for (; i + PARTS <= n; i += PARTS)
    exponentials (in + i, out + i, sums, top);
  if (i < n)
    {
      for (int j = 0; j < PARTS; j++)
        last[j] = j < n - i ? in[i + j] : -INFINITY;
      exponentials (last, last, sums, top);
      memcpy (out + i, last, (gsize) (n - i) * sizeof (float));
    }

  factor = 1.0f / sum_of_parts (sums);
  for (i = 0; i < n; i++)
    out[i] *= factor;
}

static float
sum_of_squares (const float *in,
                gint64       n,
                float        mean)
{
  Parts sums = { 0 };
  float parts[PARTS];
  gint64 i = 0;

  for (; i + PARTS <= n; i += PARTS)
    {
      Parts d = LOAD_PARTS (in + i) - mean;

      sums += d * d;
    }
  *(Parts *) parts = sums;
  for (int j = 0; i < n; i++, j++)
    parts[j] += (in[i] - mean) * (in[i] - mean);

  return sum_of_parts (parts);
}

void
qs_level_standardize (const float *in,
                      float       *out,
                      gint64       n,
                      float        epsilon,
                      const float *scale,
                      const float *bias)
{
  const float mean = qs_level_sum (in, n) / (float) n;
  const float variance = sum_of_squares (in, n, mean) / (float) n;
  const float factor = 1.0f / sqrtf (variance + epsilon);

  for (gint64 i = 0; i < n; i++)
    out[i] = (in[i] - mean) * factor;
  if (scale != NULL)
    for (gint64 i = 0; i < n; i++)
      out[i] *= scale[i];
  if (bias != NULL)
    for (gint64 i = 0; i < n; i++)
      out[i] += bias[i];
}
