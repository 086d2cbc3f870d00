/* SPDX-License-Identifier: MIT */
#include "qs-plan-check.h"

#include "core/qs-error.h"
#include "qs-build.h"

static gboolean
fail (GError        **error,
      const QsLayer  *layer,
      const char     *what)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s %s: the plan is inconsistent: %s",
               layer->klass->name, layer->name, what);
  return FALSE;
}

static gboolean
is_quantized (const QsTensor *tensor)
{
  return tensor->type == QS_DATA_TYPE_INT8 && tensor->scale > 0.0f;
}

static gboolean
is_float (QsDataType type)
{
  return type == QS_DATA_TYPE_FLOAT || type == QS_DATA_TYPE_FLOAT16;
}

/* float32 in place of float16 and of INT8 with a scale: the network as it was before precisions were
 * chosen. */
static QsNetwork *
make_float_twin (QsNetwork  *network,
                 GError    **error)
{
  g_autoptr (QsNetwork) twin = qs_network_copy (network);

  for (guint i = 0; i < twin->tensors->len; i++)
    if (is_quantized (g_ptr_array_index (twin->tensors, i)) ||
        ((QsTensor *) g_ptr_array_index (twin->tensors, i))->type == QS_DATA_TYPE_FLOAT16)
      ((QsTensor *) g_ptr_array_index (twin->tensors, i))->type = QS_DATA_TYPE_FLOAT;

  for (guint i = 0; i < twin->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (twin->layers, i);
      QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

      if (layer->weight_scales == NULL)
        continue;
      if (weights == NULL || weights->value == NULL)
        {
          fail (error, layer, "it has scales for weights that are not there");
          return NULL;
        }
      weights->type = QS_DATA_TYPE_FLOAT;
    }

  return g_steal_pointer (&twin);
}

/* Shapes, types and attributes, by the rules that imported models go through. */
static gboolean
check_inference (QsNetwork  *network,
                 GError    **error)
{
  g_autoptr (QsNetwork) twin = make_float_twin (network, error);
  g_autoptr (QsNetwork) wanted = twin != NULL ? qs_network_copy (twin) : NULL;

  if (twin == NULL || !qs_network_infer (twin, error))
    return FALSE;

  for (guint i = 0; i < twin->tensors->len; i++)
    {
      const QsTensor *a = g_ptr_array_index (twin->tensors, i);
      const QsTensor *b = g_ptr_array_index (wanted->tensors, i);

      if (a->producer != NULL &&
          (!qs_shape_equal (&a->shape, &b->shape) ||
           !(a->type == b->type || (is_float (a->type) && is_float (b->type)))))
        return fail (error, a->producer, "its output has another type or shape than it computes");
    }

  return TRUE;
}

/* All activations of a layer that computes have one layout. */
static gboolean
check_formats (QsLayer   *layer,
               GPtrArray *tensors,
               int       *format,
               GError   **error)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor == NULL)
        continue;
      if (tensor->value != NULL && tensor->format != QS_FORMAT_LINEAR)
        return fail (error, layer, "a constant is not stored in row-major order");
      if (tensor->shape.n_dims > 5 && tensor->format != QS_FORMAT_LINEAR)
        return fail (error, layer, "a tensor has more axes than its layout");
      if (tensor->value != NULL ||
          qs_formats_agree (&tensor->shape, QS_FORMAT_LINEAR, QS_FORMAT_HWC))
        continue;
      if (*format >= 0 && *format != (int) tensor->format)
        return fail (error, layer, "its tensors have different layouts");
      *format = (int) tensor->format;
    }

  return TRUE;
}

/* Only INT8 layers and reformats read and write INT8 with a scale. */
static gboolean
check_types (QsLayer   *layer,
             GPtrArray *tensors,
             GError   **error)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && is_quantized (tensor) && layer->precision != QS_PRECISION_INT8)
        return fail (error, layer, "it computes in floating point on INT8 tensors");
    }

  return TRUE;
}

static gboolean
check_residual (QsLayer *layer,
                GError **error)
{
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const QsTensor *output = qs_layer_get_output (layer, 0);

  if (qs_layer_get_role (layer) != QS_PLACEMENT_WEIGHTED || residual == NULL)
    return TRUE;
  /* That of a product of activations may be broadcast, which the inference looks at. */
  if (output == NULL || (layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY &&
                         !qs_shape_equal (&residual->shape, &output->shape)))
    return fail (error, layer, "its residual input has another shape than its output");
  if (!is_float (residual->type) && !is_quantized (residual))
    return fail (error, layer, "its residual input is neither float nor INT8");
  return TRUE;
}

static gboolean
check_layer (QsLayer *layer,
             GError **error)
{
  int format = -1;

  if (layer->outputs->len == 0 || layer->inputs->len > 4096)
    return fail (error, layer, "it has no outputs or too many inputs");
  if (!check_types (layer, layer->inputs, error) || !check_types (layer, layer->outputs, error) ||
      !check_residual (layer, error))
    return FALSE;
  if (layer->klass->kind == QS_LAYER_REFORMAT)
    return TRUE;
  return check_formats (layer, layer->inputs, &format, error) &&
         check_formats (layer, layer->outputs, &format, error);
}

static gboolean
check_ends (GPtrArray *tensors,
            gboolean   is_explicit,
            GError   **error)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if ((is_quantized (tensor) && !is_explicit) ||
          !qs_formats_agree (&tensor->shape, tensor->format, QS_FORMAT_LINEAR))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                       "the plan is inconsistent: input or output “%s” of the network is not "
                       "row-major or is INT8", tensor->name);
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
qs_plan_check_network (QsNetwork  *network,
                       gboolean    is_explicit,
                       GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    if (!check_layer (g_ptr_array_index (network->layers, i), error))
      return FALSE;

  return check_ends (network->inputs, is_explicit, error) &&
         check_ends (network->outputs, is_explicit, error) &&
         check_inference (network, error);
}

gboolean
qs_plan_check_class (const QsLayerClass  *klass,
                     GError             **error)
{
  if (klass->attributes_size == 0 || klass->fields != NULL)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "layers of kind %s cannot be saved",
               klass->name);
  return FALSE;
}
