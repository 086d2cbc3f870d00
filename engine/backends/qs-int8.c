/* SPDX-License-Identifier: MIT */
#include "qs-int8.h"

#include "qs-math.h"

/* One function per activation type; comparisons are ordered so that NaN stays NaN. */
typedef float (*ActivationFunc) (float x,
                                 float alpha,
                                 float beta);

static float
none (float x,
      float alpha,
      float beta)
{
  return x;
}

static float
relu (float x,
      float alpha,
      float beta)
{
  return 0.0f > x ? 0.0f : x;
}

static float
clip (float x,
      float alpha,
      float beta)
{
  x = alpha > x ? alpha : x;
  return beta < x ? beta : x;
}

static float
leaky_relu (float x,
            float alpha,
            float beta)
{
  return x < 0.0f ? alpha * x : x;
}

static float
hard_sigmoid (float x,
              float alpha,
              float beta)
{
  return clip (alpha * x + beta, 0.0f, 1.0f);
}

static float
hard_swish (float x,
            float alpha,
            float beta)
{
  return x * hard_sigmoid (x, 1.0f / 6.0f, 0.5f);
}

static float
sigmoid (float x,
         float alpha,
         float beta)
{
  return qs_math_sigmoid (x);
}

static float
hyperbolic_tangent (float x,
                    float alpha,
                    float beta)
{
  return qs_math_tanh (x);
}

static float
silu (float x,
      float alpha,
      float beta)
{
  return x * qs_math_sigmoid (x);
}

static float
gelu_erf (float x,
          float alpha,
          float beta)
{
  return qs_math_gelu_erf (x);
}

static float
gelu_tanh (float x,
           float alpha,
           float beta)
{
  return qs_math_gelu_tanh (x);
}

static float
elu (float x,
     float alpha,
     float beta)
{
  return x < 0.0f ? alpha * qs_math_expm1 (x) : x;
}

static float
selu (float x,
      float alpha,
      float beta)
{
  return beta * elu (x, alpha, 0.0f);
}

static float
softplus (float x,
          float alpha,
          float beta)
{
  return qs_math_softplus (x);
}

static float
softsign (float x,
          float alpha,
          float beta)
{
  return x / (1.0f + fabsf (x));
}

static float
thresholded_relu (float x,
                  float alpha,
                  float beta)
{
  return x <= alpha ? 0.0f : x;
}

static float
celu (float x,
      float alpha,
      float beta)
{
  return x < 0.0f ? alpha * qs_math_expm1 (x / alpha) : x;
}

static float
mish (float x,
      float alpha,
      float beta)
{
  return qs_math_mish (x);
}

static float
shrink (float x,
        float alpha,
        float beta)
{
  return x < -alpha ? x + beta : x > alpha ? x - beta : isnan (x) ? x : 0.0f;
}

static const ActivationFunc functions[QS_N_ACTIVATIONS] = {
  [QS_ACTIVATION_NONE] = none,
  [QS_ACTIVATION_RELU] = relu,
  [QS_ACTIVATION_CLIP] = clip,
  [QS_ACTIVATION_LEAKY_RELU] = leaky_relu,
  [QS_ACTIVATION_HARD_SIGMOID] = hard_sigmoid,
  [QS_ACTIVATION_HARD_SWISH] = hard_swish,
  [QS_ACTIVATION_SIGMOID] = sigmoid,
  [QS_ACTIVATION_TANH] = hyperbolic_tangent,
  [QS_ACTIVATION_SILU] = silu,
  [QS_ACTIVATION_GELU_ERF] = gelu_erf,
  [QS_ACTIVATION_GELU_TANH] = gelu_tanh,
  [QS_ACTIVATION_ELU] = elu,
  [QS_ACTIVATION_SELU] = selu,
  [QS_ACTIVATION_SOFTPLUS] = softplus,
  [QS_ACTIVATION_SOFTSIGN] = softsign,
  [QS_ACTIVATION_THRESHOLDED_RELU] = thresholded_relu,
  [QS_ACTIVATION_CELU] = celu,
  [QS_ACTIVATION_MISH] = mish,
  [QS_ACTIVATION_SHRINK] = shrink,
};

/**
 * qs_activation_apply:
 * @self: the function; its type is one of the enumeration
 * @value: any number
 *
 * The activation as every backend computes it: the operations of qs-math.h, in their order. SELU
 * has TensorRT's parameters: beta * (x < 0 ? alpha * expm1 (x) : x). NaN gives NaN.
 */
float
qs_activation_apply (const QsActivation *self,
                     float               value)
{
  return functions[self->type](value, self->alpha, self->beta);
}

/**
 * qs_activation_apply_row:
 *
 * [func@qs_activation_apply] to @n numbers in place.
 */
void
qs_activation_apply_row (const QsActivation *self,
                         float              *values,
                         gint64              n)
{
  ActivationFunc function = functions[self->type];

  if (self->type == QS_ACTIVATION_NONE)
    return;

  for (gint64 i = 0; i < n; i++)
    values[i] = function (values[i], self->alpha, self->beta);
}
