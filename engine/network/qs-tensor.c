/* SPDX-License-Identifier: MIT */
#include "qs-tensor.h"

gboolean
qs_tensor_is_constant (const QsTensor *self)
{
  return self->value != NULL;
}

/**
 * qs_tensor_is_activation:
 *
 * Whether its contents depend on the network's inputs.
 */
gboolean
qs_tensor_is_activation (const QsTensor *self)
{
  return self->value == NULL;
}

gboolean
qs_tensor_is_floating (const QsTensor *self)
{
  return self->type == QS_DATA_TYPE_FLOAT || self->type == QS_DATA_TYPE_FLOAT16;
}
