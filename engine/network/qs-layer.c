/* SPDX-License-Identifier: MIT */
#include "qs-layer.h"

/**
 * qs_layer_get_input:
 *
 * Returns: (nullable): input @index, %NULL when it is absent
 */
QsTensor *
qs_layer_get_input (const QsLayer *self,
                    guint          index)
{
  return index < self->inputs->len ? g_ptr_array_index (self->inputs, index) : NULL;
}

QsTensor *
qs_layer_get_output (const QsLayer *self,
                     guint          index)
{
  return index < self->outputs->len ? g_ptr_array_index (self->outputs, index) : NULL;
}

void
qs_layer_add_origin (QsLayer    *self,
                     const char *op_type,
                     const char *name)
{
  QsOrigin *origin = g_new (QsOrigin, 1);

  origin->op_type = g_strdup (op_type);
  origin->name = g_strdup (name);
  g_ptr_array_add (self->origins, origin);
}

/**
 * qs_layer_describe:
 *
 * “Convolution /conv1/Conv”, for messages.
 */
char *
qs_layer_describe (const QsLayer *self)
{
  return g_strdup_printf ("%s %s", self->klass->name, self->name);
}

QsPlacement
qs_layer_get_qdq_placement (const QsLayer  *self,
                            const char    **why_not)
{
  const char *ignored;

  if (why_not == NULL)
    why_not = &ignored;

  *why_not = NULL;
  if (self->klass->qdq_placement != NULL)
    return self->klass->qdq_placement (self, why_not);
  if (self->klass->placement == QS_PLACEMENT_FLOAT)
    *why_not = "layers of this kind are computed in floating point";
  else if (self->klass->placement == QS_PLACEMENT_HOST)
    *why_not = "it works on shapes and indices";
  return self->klass->placement;
}
