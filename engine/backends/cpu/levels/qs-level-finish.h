/* SPDX-License-Identifier: MIT */
#pragma once

#include <math.h>

#include "qs-level-vector.h"

#ifdef QS_VECTORS

/*
 * The steps of numerics/qs-int8.h on one vector of sums, for those who have them in registers.
 */

QS_INLINE Floats
scale_floats (const QsCpuEpilogue *self,
              Floats               sums,
              gint64               column)
{
  if (self->multiplier != NULL)
    sums = MULTIPLY (sums, LOAD_FLOATS (self->multiplier + column));
  return ADD (sums, LOAD_FLOATS (self->bias + column));
}

QS_INLINE Floats
scale_ints (const QsCpuEpilogue *self,
            Ints                 sums,
            gint64               column)
{
  return MULTIPLY_ADD (INTS_TO_FLOATS (sums), LOAD_FLOATS (self->multiplier + column),
                       LOAD_FLOATS (self->bias + column));
}

/* @residual: the element of the residual */
QS_INLINE Floats
add_residual_vector (const QsCpuEpilogue *self,
                     gint64               residual,
                     Floats               value)
{
  if (self->residual == NULL)
    return value;
  if (self->residual_type == QS_DATA_TYPE_INT8)
    return MULTIPLY_ADD (LOAD_BYTES_AS_FLOATS ((const gint8 *) self->residual + residual),
                         SET_FLOATS (self->residual_scale), value);
  return ADD (value, LOAD_FLOATS ((const float *) self->residual + residual));
}

QS_INLINE gboolean
is_limit (const QsActivation *activation)
{
  return activation->type == QS_ACTIVATION_NONE || activation->type == QS_ACTIVATION_RELU
         || activation->type == QS_ACTIVATION_CLIP;
}

/* What such an activation limits values to; a NaN stays one. */
typedef struct
{
  Floats low;
  Floats high;
} Limits;

QS_INLINE Limits
simple_limits (const QsActivation *activation)
{
  const gboolean clip = activation->type == QS_ACTIVATION_CLIP;
  const gboolean relu = activation->type == QS_ACTIVATION_RELU;

  return (Limits) { SET_FLOATS (clip ? activation->alpha : relu ? 0.0f : -INFINITY),
                    SET_FLOATS (clip ? activation->beta : INFINITY) };
}

QS_INLINE Floats
limit (const Limits *limits,
       Floats        value)
{
  return MINIMUM (limits->high, MAXIMUM (limits->low, value));
}

/* @second counts when there are two vectors. */
QS_INLINE void
store_vectors (const QsCpuEpilogue *self,
               gint64               offset,
               Floats               first,
               Floats               second,
               const int            n_vectors)
{
  if (self->out_type == QS_DATA_TYPE_INT8)
    store_floats_as_bytes ((gint8 *) self->out + offset, scale_to_byte (first, self->reciprocal),
                           scale_to_byte (second, self->reciprocal), n_vectors);
  else
    {
      STORE_FLOATS ((float *) self->out + offset, first);
      if (n_vectors > 1)
        STORE_FLOATS ((float *) self->out + offset + QS_LANES, second);
    }
}

#endif
