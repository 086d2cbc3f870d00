/* SPDX-License-Identifier: MIT */
#include "qs-elements.h"

#include "core/qs-data-type.h"

/*
 * Integers and booleans, which networks count and choose with: computed in 64 bits, which wrap
 * around, as the layer classes do. Types are QsDataType. Casts between them and floats.
 */

QS_DEVICE int64_t
qs_load_integer (const void *data,
                 int         type,
                 int64_t     index)
{
  switch (type)
    {
    case QS_DATA_TYPE_BOOL:
      return qs_load ((const uint8_t *) data + index) != 0;
    case QS_DATA_TYPE_UINT8:
      return qs_load ((const uint8_t *) data + index);
    case QS_DATA_TYPE_INT8:
      return qs_load ((const int8_t *) data + index);
    case QS_DATA_TYPE_UINT16:
      return qs_load ((const uint16_t *) data + index);
    case QS_DATA_TYPE_INT16:
      return qs_load ((const int16_t *) data + index);
    case QS_DATA_TYPE_UINT32:
      return qs_load ((const uint32_t *) data + index);
    case QS_DATA_TYPE_INT32:
      return qs_load ((const int32_t *) data + index);
    default:
      return qs_load ((const int64_t *) data + index);
    }
}

QS_DEVICE void
qs_store_integer (void    *data,
                  int      type,
                  int64_t  index,
                  int64_t  value)
{
  switch (type)
    {
    case QS_DATA_TYPE_BOOL:
      qs_store ((uint8_t *) data + index, (uint8_t) (value != 0));
      break;
    case QS_DATA_TYPE_UINT8:
    case QS_DATA_TYPE_INT8:
      qs_store ((uint8_t *) data + index, (uint8_t) value);
      break;
    case QS_DATA_TYPE_UINT16:
    case QS_DATA_TYPE_INT16:
      qs_store ((uint16_t *) data + index, (uint16_t) value);
      break;
    case QS_DATA_TYPE_UINT32:
    case QS_DATA_TYPE_INT32:
      qs_store ((uint32_t *) data + index, (uint32_t) value);
      break;
    default:
      qs_store ((int64_t *) data + index, value);
    }
}

QS_DEVICE int64_t
qs_integer_rest (int64_t a,
                 int64_t b)
{
  return b == 0 || b == -1 ? 0 : a % b;
}

/* Sign of the divisor. */
QS_DEVICE int64_t
qs_integer_modulo (int64_t a,
                   int64_t b)
{
  const int64_t rest = qs_integer_rest (a, b);

  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

QS_DEVICE int64_t
qs_integer_divide (int64_t a,
                   int64_t b)
{
  return b == 0 ? 0 : b == -1 ? (int64_t) -(uint64_t) a : a / b;
}

QS_DEVICE int64_t
qs_integer_shift (int64_t a,
                  int64_t b,
                  bool    right)
{
  if ((uint64_t) b > 63)
    return right && a < 0 ? -1 : 0;
  return right ? a >> b : (int64_t) ((uint64_t) a << b);
}

#define QS_INTEGER(name, expression) \
  case QS_CUDA_INTEGER_##name: \
    return (int64_t) (expression);

QS_DEVICE int64_t
qs_operate_integers (int     operation,
                     int64_t a,
                     int64_t b)
{
  switch (operation)
    {
    QS_INTEGER (ABS, a < 0 ? -(uint64_t) a : (uint64_t) a)
    QS_INTEGER (NEG, -(uint64_t) a)
    QS_INTEGER (SIGN, (a > 0) - (a < 0))
    QS_INTEGER (NOT, a == 0)
    QS_INTEGER (BIT_NOT, ~a)
    QS_INTEGER (ADD, (uint64_t) a + (uint64_t) b)
    QS_INTEGER (SUB, (uint64_t) a - (uint64_t) b)
    QS_INTEGER (MUL, (uint64_t) a * (uint64_t) b)
    QS_INTEGER (DIV, qs_integer_divide (a, b))
    QS_INTEGER (MIN, a < b ? a : b)
    QS_INTEGER (MAX, a > b ? a : b)
    QS_INTEGER (MOD, qs_integer_modulo (a, b))
    QS_INTEGER (FMOD, qs_integer_rest (a, b))
    QS_INTEGER (EQUAL, a == b)
    QS_INTEGER (LESS, a < b)
    QS_INTEGER (LESS_OR_EQUAL, a <= b)
    QS_INTEGER (GREATER, a > b)
    QS_INTEGER (GREATER_OR_EQUAL, a >= b)
    QS_INTEGER (AND, a != 0 && b != 0)
    QS_INTEGER (OR, a != 0 || b != 0)
    QS_INTEGER (XOR, (a != 0) != (b != 0))
    QS_INTEGER (SHIFT_LEFT, qs_integer_shift (a, b, false))
    QS_INTEGER (SHIFT_RIGHT, qs_integer_shift (a, b, true))
    QS_INTEGER (BIT_AND, a & b)
    QS_INTEGER (BIT_OR, a | b)
    QS_INTEGER (BIT_XOR, a ^ b)
    default:
      return a;
    }
}

QS_KERNEL (qs_integers, QsCudaPointwise, QS_CUDA_BLOCK)
{
  int64_t y = 0, a = 0, b = 0, value = 0;

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    y += at * args.y.strides[d];
    a += at * args.a.strides[d];
    b += at * args.b.strides[d];
  });
  a = qs_load_integer (args.a.data, args.a.type, a);
  if (args.n_operands > 1)
    value = qs_load_integer (args.b.data, args.b.type, b);
  qs_store_integer (args.y.data, args.y.type, y, qs_operate_integers (args.operation, a, value));
}

QS_DEVICE float
qs_load_any_float (const void *data,
                   int         type,
                   int64_t     index)
{
  return type == QS_DATA_TYPE_FLOAT16 ? qs_half_to_float (qs_load ((const uint16_t *) data + index))
                                      : qs_load ((const float *) data + index);
}

/* The integers of a type; 64 bits have the first number that is no longer there, too. */
QS_DEVICE int64_t
qs_integer_limit (int  type,
                  bool upper)
{
  switch (type)
    {
    case QS_DATA_TYPE_UINT8:
      return upper ? 255 : 0;
    case QS_DATA_TYPE_INT8:
      return upper ? 127 : -128;
    case QS_DATA_TYPE_UINT16:
      return upper ? 65535 : 0;
    case QS_DATA_TYPE_INT16:
      return upper ? 32767 : -32768;
    case QS_DATA_TYPE_UINT32:
      return upper ? 4294967295ll : 0;
    case QS_DATA_TYPE_INT32:
      return upper ? 2147483647ll : -2147483648ll;
    default:
      return upper ? INT64_MAX : INT64_MIN;
    }
}

QS_DEVICE int64_t
qs_float_to_integer (float value,
                     int   type)
{
  const int64_t low = qs_integer_limit (type, false), high = qs_integer_limit (type, true);

  if (type == QS_DATA_TYPE_BOOL)
    return value != 0.0f;
  if (isnan (value))
    return 0;
  if (value >= 0x1p63f)
    return high;
  if (value <= -0x1p63f)
    return low;

  const int64_t whole = (int64_t) value;

  return whole < low ? low : whole > high ? high : whole;
}

QS_DEVICE bool
qs_is_any_float (int type)
{
  return type == QS_DATA_TYPE_FLOAT || type == QS_DATA_TYPE_FLOAT16;
}

/* Clamped where the new type is narrower. */
QS_KERNEL (qs_cast, QsCudaPointwise, QS_CUDA_BLOCK)
{
  const int from = args.a.type, to = args.y.type;
  int64_t y = 0, a = 0, integer = 0;
  float real = 0.0f;

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    y += at * args.y.strides[d];
    a += at * args.a.strides[d];
  });
  if (qs_is_any_float (from))
    real = qs_load_any_float (args.a.data, from, a);
  else
    integer = qs_load_integer (args.a.data, from, a);

  if (qs_is_any_float (to))
    {
      real = qs_is_any_float (from) ? real : (float) integer;
      if (to == QS_DATA_TYPE_FLOAT16)
        qs_store ((uint16_t *) args.y.data + y, qs_float_to_half (real));
      else
        qs_store ((float *) args.y.data + y, real);
      return;
    }

  if (qs_is_any_float (from))
    integer = qs_float_to_integer (real, to);
  else if (to != QS_DATA_TYPE_BOOL)
    {
      const int64_t low = qs_integer_limit (to, false), high = qs_integer_limit (to, true);

      integer = integer < low ? low : integer > high ? high : integer;
    }
  qs_store_integer (args.y.data, to, y, integer);
}
