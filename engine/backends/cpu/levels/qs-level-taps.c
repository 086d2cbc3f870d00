/* SPDX-License-Identifier: MIT */
#include "qs-level.h"

/*
 * The taps of a pooling window. A few channels at a time stay in registers while all taps go by; which
 * vectors those are is the compiler's affair.
 */

#define FLOATS 16
#define BYTES 64

typedef float Floats __attribute__ ((vector_size (4 * FLOATS), aligned (4), may_alias));
typedef gint32 FloatMask __attribute__ ((vector_size (4 * FLOATS), aligned (4), may_alias));
typedef gint8 Bytes __attribute__ ((vector_size (BYTES), aligned (1), may_alias));

/* How a tap is taken in; comparisons of vectors give masks. */
#define TAKE_LARGER_FLOAT(out, in) (out) = ((in) > (out)) | ((in) != (in)) ? (in) : (out)
#define TAKE_LARGER_BYTE(out, in) (out) = (in) > (out) ? (in) : (out)
#define ADD(out, in) (out) += (in)

#define TAKE_LARGER_FLOATS(out, in) \
  do \
    { \
      const Floats in_ = in; \
      const FloatMask take_ = (in_ > (out)) | (in_ != in_); \
      (out) = (Floats) (((FloatMask) in_ & take_) | ((FloatMask) (out) & ~take_)); \
    } \
  while (0)

#define TAKE_LARGER_BYTES(out, in) \
  do \
    { \
      const Bytes in_ = in, take_ = in_ > (out); \
      (out) = (in_ & take_) | ((out) & ~take_); \
    } \
  while (0)

/* Two vectors of @width channels at a time, and a loop over what is left. */
#define DEFINE_TAPS(name, Value, Vector, width, TAKE_VECTOR, TAKE) \
  void \
  name (gpointer data, const gconstpointer *taps, guint n_taps, gint64 n) \
  { \
    Value *out = data; \
    gint64 i = 0; \
    for (; i + 2 * width <= n; i += 2 * width) \
      { \
        Vector *to = (Vector *) (out + i); \
        Vector first = to[0], second = to[1]; \
        for (guint t = 0; t < n_taps; t++) \
          { \
            const Vector *in = (const Vector *) ((const Value *) taps[t] + i); \
            TAKE_VECTOR (first, in[0]); \
            TAKE_VECTOR (second, in[1]); \
          } \
        to[0] = first; \
        to[1] = second; \
      } \
    for (guint t = 0; t < n_taps; t++) \
      { \
        const Value *in = taps[t]; \
        for (gint64 c = i; c < n; c++) \
          TAKE (out[c], in[c]); \
      } \
  }

DEFINE_TAPS (qs_level_max_f32, float, Floats, FLOATS, TAKE_LARGER_FLOATS, TAKE_LARGER_FLOAT)
DEFINE_TAPS (qs_level_max_s8, gint8, Bytes, BYTES, TAKE_LARGER_BYTES, TAKE_LARGER_BYTE)
DEFINE_TAPS (qs_level_sum_f32, float, Floats, FLOATS, ADD, ADD)

void
qs_level_sum_s8 (gpointer             data,
                 const gconstpointer *taps,
                 guint                n_taps,
                 gint64               n)
{
  gint32 *out = data;

  for (guint t = 0; t < n_taps; t++)
    {
      const gint8 *in = taps[t];

      for (gint64 c = 0; c < n; c++)
        out[c] += in[c];
    }
}
