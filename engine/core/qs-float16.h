/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* IEEE 754 binary16, portable; round to nearest, ties to even, subnormals kept. A NaN keeps its sign
 * and payload and becomes quiet in both directions, as processors do it. */

static inline float
qs_float16_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000u) << 16;
  guint32 exponent = (half >> 10) & 0x1fu;
  guint32 mantissa = half & 0x3ffu;
  guint32 bits;
  float value;

  if (exponent == 0x1f)
    bits = sign | 0x7f800000u | (mantissa << 13) | (mantissa != 0 ? 0x400000u : 0);
  else if (exponent != 0)
    bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
  else
    {
      /* A subnormal half is mantissa * 2^-24, which a float holds exactly. */
      value = (float) mantissa * 0x1p-24f;
      return (half & 0x8000u) != 0 ? -value : value;
    }

  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline guint16
qs_float16_from_float (float value)
{
  guint32 bits, sign, rest, shift;
  gint32 exponent;

  memcpy (&bits, &value, sizeof bits);
  sign = (bits >> 16) & 0x8000u;
  bits &= 0x7fffffffu;

  if (bits > 0x7f800000u)
    return (guint16) (sign | 0x7e00u | ((bits >> 13) & 0x3ffu));
  if (bits >= 0x477ff000u)
    return (guint16) (sign | 0x7c00u);

  exponent = (gint32) (bits >> 23) - 112;
  if (exponent > 0)
    {
      guint32 half = ((guint32) exponent << 10) | ((bits >> 13) & 0x3ffu);

      rest = bits & 0x1fffu;
      if (rest > 0x1000u || (rest == 0x1000u && (half & 1u) != 0))
        half++;
      return (guint16) (sign | half);
    }
  if (exponent < -10)
    return (guint16) sign;

  shift = (guint32) (14 - exponent);
  bits = (bits & 0x7fffffu) | 0x800000u;
  rest = bits & ((1u << shift) - 1u);
  bits >>= shift;
  if (rest > (1u << (shift - 1)) || (rest == (1u << (shift - 1)) && (bits & 1u) != 0))
    bits++;
  return (guint16) (sign | bits);
}

G_END_DECLS
