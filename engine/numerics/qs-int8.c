/* SPDX-License-Identifier: MIT */
#include "qs-int8.h"

#include "qs-activations.h"

typedef float (*ActivationFunc) (float x,
                                 float alpha,
                                 float beta);

#define ACTIVATION_ROW(type, name) [QS_ACTIVATION_##type] = qs_activation_##name,

static const ActivationFunc functions[QS_N_ACTIVATIONS] = {
  QS_ACTIVATION_FUNCTIONS (ACTIVATION_ROW)
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
