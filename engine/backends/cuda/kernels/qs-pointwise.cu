/* SPDX-License-Identifier: MIT */
#include "qs-elements.h"

/*
 * Everything that is computed element by element: a chain of operand loads, one operation, one
 * activation and a store, each step one of qs-int8.h. Types are known at run time, operations too;
 * all threads of a launch take the same way. Arithmetic is in float32.
 *
 * There are versions for single elements, for four that lie together, and for 16 bytes of INT8 or
 * float16.
 */

#define QS_EACH(name, expression) \
  case QS_CUDA_##name: \
    { \
      _Pragma ("unroll") \
      for (int i = 0; i < N; i++) \
        { \
          const float x = a[i]; \
          const float y = b[i]; \
          const float z = c[i]; \
          (void) y; \
          (void) z; \
          a[i] = (expression); \
        } \
      break; \
    }

QS_DEVICE float
qs_is_infinity (float x,
                float minus,
                float plus)
{
  return isinf (x) && (x > 0.0f ? plus : minus) != 0.0f ? 1.0f : 0.0f;
}

template <int N>
QS_DEVICE void
qs_operate (const QsCudaPointwise &args,
            float                  (&a)[N],
            const float            (&b)[N],
            const float            (&c)[N])
{
  switch (args.operation)
    {
    QS_EACH (ABS, fabsf (x))
    QS_EACH (NEG, -x)
    QS_EACH (SQRT, sqrtf (x))
    QS_EACH (EXP, qs_math_exp (x))
    QS_EACH (ERF, qs_math_erf (x))
    QS_EACH (RECIPROCAL, 1.0f / x)
    QS_EACH (FLOOR, floorf (x))
    QS_EACH (CEIL, ceilf (x))
    QS_EACH (ROUND, nearbyintf (x))
    QS_EACH (SIGN, (float) ((x > 0.0f) - (x < 0.0f)))
    QS_EACH (IS_NAN, isnan (x) ? 1.0f : 0.0f)
    QS_EACH (IS_INF, qs_is_infinity (x, args.alpha, args.beta))
    QS_EACH (SQUARE, x * x)
    QS_EACH (CUBE, x * x * x)
    QS_EACH (ADD, x + y)
    QS_EACH (ADD_SCALED, qs_fma (y, args.b.scale, x))
    QS_EACH (SUB, x - y)
    QS_EACH (MUL, x * y)
    QS_EACH (DIV, x / y)
    QS_EACH (MIN, x < y || isnan (x) ? x : y)
    QS_EACH (MAX, x > y || isnan (x) ? x : y)
    QS_EACH (MEAN, (x + y) / 2.0f)
    QS_EACH (PRELU, x < 0.0f ? x * y : x)
    QS_EACH (EQUAL, x == y ? 1.0f : 0.0f)
    QS_EACH (LESS, x < y ? 1.0f : 0.0f)
    QS_EACH (LESS_OR_EQUAL, x <= y ? 1.0f : 0.0f)
    QS_EACH (GREATER, x > y ? 1.0f : 0.0f)
    QS_EACH (GREATER_OR_EQUAL, x >= y ? 1.0f : 0.0f)
    QS_EACH (MUL_ADD, x * y + z)
    default:
      break;
    }
}

#define QS_ACTIVATE_EACH(type, name) \
  case QS_ACTIVATION_##type: \
    { \
      _Pragma ("unroll") \
      for (int i = 0; i < N; i++) \
        a[i] = qs_activation_##name (a[i], args.alpha, args.beta); \
      break; \
    }

template <int N>
QS_DEVICE void
qs_activate_all (const QsCudaPointwise &args,
                 float                  (&a)[N])
{
  switch (args.activation)
    {
    QS_ACTIVATION_FUNCTIONS (QS_ACTIVATE_EACH)
    default:
      break;
    }
}

template <int N>
QS_DEVICE void
qs_compute (const QsCudaPointwise &args,
            float                  (&a)[N],
            const float            (&b)[N],
            const float            (&c)[N])
{
  qs_operate (args, a, b, c);
  if (args.activation != QS_ACTIVATION_NONE)
    qs_activate_all (args, a);
}

template <int N>
QS_DEVICE void
qs_load_operand (const QsCudaOperand &operand,
                 int64_t              at,
                 float                scale,
                 float                (&values)[N])
{
  if (N == 1 || !operand.repeats)
    {
      qs_load_reals (operand.data, operand.type, scale, at, values);
      return;
    }

  const float value = qs_load_real (operand.data, operand.type, scale, at);

#pragma unroll
  for (int i = 0; i < N; i++)
    values[i] = value;
}

typedef struct
{
  int64_t y;
  int64_t a;
  int64_t b;
  int64_t c;
} QsPlaces;

QS_DEVICE QsPlaces
qs_find_places (const QsCudaPointwise &args)
{
  QsPlaces places = { 0, 0, 0, 0 };

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    places.y += at * args.y.strides[d];
    places.a += at * args.a.strides[d];
    places.b += at * args.b.strides[d];
    places.c += at * args.c.strides[d];
  });
  return places;
}

template <int N>
QS_DEVICE void
qs_store_result (const QsCudaOperand &y,
                 int64_t              at,
                 const float          (&values)[N])
{
  if (y.type != QS_CUDA_BOOL)
    {
      qs_store_reals (y.data, y.type, y.scale, at, values);
      return;
    }

#pragma unroll
  for (int i = 0; i < N; i++)
    qs_store ((uint8_t *) y.data + at + i, (uint8_t) (values[i] != 0.0f));
}

template <int N>
QS_DEVICE void
qs_pointwise (const QsCudaPointwise &args)
{
  float a[N], b[N] = {}, c[N] = {};

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  const QsPlaces at = qs_find_places (args);

  qs_load_operand (args.a, at.a, args.a.scale, a);
  if (args.n_operands > 1)
    qs_load_operand (args.b, at.b, args.operation == QS_CUDA_ADD_SCALED ? 1.0f : args.b.scale, b);
  if (args.n_operands > 2)
    qs_load_operand (args.c, at.c, args.c.scale, c);
  qs_compute (args, a, b, c);
  qs_store_result (args.y, at.y, a);
}

QS_KERNEL (qs_pointwise_1, QsCudaPointwise, QS_CUDA_BLOCK) { qs_pointwise<1> (args); }
QS_KERNEL (qs_pointwise_4, QsCudaPointwise, QS_CUDA_BLOCK) { qs_pointwise<4> (args); }

/* Four elements: one word of INT8 or two of float16. */
QS_DEVICE void
qs_unpack (const QsVector &words,
           int             type,
           float           scale,
           float           (&values)[4])
{
  union
  {
    uint32_t words[2];
    int8_t bytes[4];
    uint16_t halves[4];
  } all = { { words.v[0], words.v[1] } };

#pragma unroll
  for (int i = 0; i < 4; i++)
    values[i] = type == QS_CUDA_INT8 ? (float) all.bytes[i] * scale
                                     : qs_half_to_float (all.halves[i]);
}

/* Turns the vector, so that what is next lies in front; the place that was in front gets @words. */
QS_DEVICE void
qs_turn (QsVector &vector,
         int       n,
         uint32_t  first,
         uint32_t  second)
{
  const QsVector old = vector;

  if (n == 1)
    vector = { { old.v[1], old.v[2], old.v[3], first } };
  else
    vector = { { old.v[2], old.v[3], first, second } };
}

QS_DEVICE void
qs_pack_into (QsVector    &vector,
              int          type,
              float        reciprocal,
              const float  (&values)[4])
{
  union
  {
    uint32_t words[2];
    int8_t bytes[4];
    uint16_t halves[4];
  } all = { { 0, 0 } };

  if (type == QS_CUDA_INT8)
    {
#pragma unroll
      for (int i = 0; i < 4; i++)
        all.bytes[i] = (int8_t) qs_quantize (values[i], reciprocal);
    }
  else
    {
#pragma unroll
      for (int i = 0; i < 4; i++)
        all.halves[i] = qs_float_to_half (values[i]);
    }
  qs_turn (vector, type == QS_CUDA_INT8 ? 1 : 2, all.words[0], all.words[1]);
}

/* Everything is INT8, or everything is float16. */
QS_KERNEL (qs_pointwise_wide, QsCudaPointwise, QS_CUDA_BLOCK)
{
  const int type = args.y.type, size = type == QS_CUDA_INT8 ? 1 : 2;
  QsVector a, b = {}, out = {};

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  const QsPlaces at = qs_find_places (args);

  a = qs_load ((const QsVector *) ((const char *) args.a.data + at.a * size));
  if (args.n_operands > 1)
    b = qs_load ((const QsVector *) ((const char *) args.b.data + at.b * size));

#pragma unroll 1
  for (int i = 0; i < 4 / size; i++)
    {
      float x[4], y[4];
      const float z[4] = {};

      qs_unpack (a, type, args.a.scale, x);
      qs_unpack (b, type, args.operation == QS_CUDA_ADD_SCALED ? 1.0f : args.b.scale, y);
      qs_compute (args, x, y, z);
      qs_pack_into (out, type, args.y.scale, x);
      qs_turn (a, size, 0, 0);
      qs_turn (b, size, 0, 0);
    }
  qs_store ((QsVector *) ((char *) args.y.data + at.y * size), out);
}

/* The mathematical library's functions, which are the device's own: their results may differ from
 * the host's in the last bits. */
QS_DEVICE float
qs_operate_rarely (int   operation,
                   float x,
                   float y)
{
  switch (operation)
    {
    case QS_CUDA_LOG:
      return logf (x);
    case QS_CUDA_SIN:
      return sinf (x);
    case QS_CUDA_COS:
      return cosf (x);
    case QS_CUDA_TAN:
      return tanf (x);
    case QS_CUDA_ASIN:
      return asinf (x);
    case QS_CUDA_ACOS:
      return acosf (x);
    case QS_CUDA_ATAN:
      return atanf (x);
    case QS_CUDA_SINH:
      return sinhf (x);
    case QS_CUDA_COSH:
      return coshf (x);
    case QS_CUDA_ASINH:
      return asinhf (x);
    case QS_CUDA_ACOSH:
      return acoshf (x);
    case QS_CUDA_ATANH:
      return atanhf (x);
    case QS_CUDA_POW:
      return y == 2.0f ? x * x : y == 3.0f ? x * x * x : powf (x, y);
    case QS_CUDA_FMOD:
      return fmodf (x, y);
    default:
      return x;
    }
}

QS_KERNEL (qs_pointwise_rare, QsCudaPointwise, QS_CUDA_BLOCK)
{
  float y = 0.0f, value[1];

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  const QsPlaces at = qs_find_places (args);

  value[0] = qs_load_real (args.a.data, args.a.type, args.a.scale, at.a);
  if (args.n_operands > 1)
    y = qs_load_real (args.b.data, args.b.type, args.b.scale, at.b);
  value[0] = qs_operate_rarely (args.operation, value[0], y);
  qs_activate_all (args, value);
  qs_store_result (args.y, at.y, value);
}
