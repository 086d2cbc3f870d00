/* SPDX-License-Identifier: MIT */
#include "qs-fold.h"

#include "core/qs-error.h"

/* Constant matrix products and convolutions above this many products are left to the runtime:
 * the reference kernels that fold are slow. */
#define MAX_WORK ((double) (1 << 28))

/**
 * qs_fold_is_possible:
 *
 * Whether all inputs of @layer are constant, so that its outputs are too. Q/DQ layers are never
 * folded: in a network with explicit quantization they say what the weights' scales are.
 */
gboolean
qs_fold_is_possible (const QsLayer *layer)
{
  if (layer->klass->evaluate == NULL || layer->klass->kind == QS_LAYER_QUANTIZE ||
      layer->klass->kind == QS_LAYER_DEQUANTIZE)
    return FALSE;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (tensor != NULL && tensor->value == NULL)
        return FALSE;
    }

  return TRUE;
}

static double
estimate_work (const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  double work;

  if (layer->klass->placement != QS_PLACEMENT_WEIGHTED || x == NULL || y == NULL)
    return 0.0;

  work = (double) qs_shape_n_elements (&y->shape);
  for (int i = 1; i < x->shape.n_dims; i++)
    work *= (double) x->shape.dims[i];
  return work;
}

static QsHostTensor *
new_output (const QsTensor *tensor,
            gsize          *total,
            GError        **error)
{
  gsize bytes;

  if (!qs_shape_check_bytes (&tensor->shape, qs_data_type_size (tensor->type), &bytes, error))
    return NULL;

  if (bytes > QS_FOLD_MAX_BYTES || *total + bytes > QS_FOLD_MAX_TOTAL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "its constant result “%s” would take %" G_GSIZE_FORMAT " MiB; constants "
                   "computed while importing may take %" G_GSIZE_FORMAT " MiB each and %"
                   G_GSIZE_FORMAT " MiB together", tensor->name, bytes >> 20,
                   QS_FOLD_MAX_BYTES >> 20, QS_FOLD_MAX_TOTAL >> 20);
      return NULL;
    }

  *total += bytes;
  return qs_host_tensor_new (tensor->type, &tensor->shape, error);
}

static void
init_input_views (const QsLayer *layer,
                  QsView        *views)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (tensor != NULL)
        qs_view_init_for_host (&views[i], tensor->value);
    }
}

static gboolean
init_output_views (const QsLayer *layer,
                   GPtrArray     *values,
                   QsView        *views,
                   gsize         *total,
                   GError       **error)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->outputs, i);
      QsHostTensor *value;

      if (tensor == NULL)
        {
          g_ptr_array_add (values, NULL);
          continue;
        }

      value = new_output (tensor, total, error);
      if (value == NULL)
        return FALSE;

      g_ptr_array_add (values, value);
      qs_view_init_for_host (&views[i], value);
    }

  return TRUE;
}

static void
value_unref (gpointer value)
{
  if (value != NULL)
    qs_host_tensor_unref (value);
}

/* The tensors keep their names and become constants; the layer goes. */
static void
replace_by_values (QsNetwork *network,
                   QsLayer   *layer,
                   GPtrArray *values)
{
  g_autoptr (GPtrArray) outputs = g_ptr_array_copy (layer->outputs, NULL, NULL);

  qs_network_remove_layer (network, layer);
  for (guint i = 0; i < outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (outputs, i);

      if (tensor != NULL)
        tensor->value = qs_host_tensor_ref (g_ptr_array_index (values, i));
    }
}

/**
 * qs_fold_layer:
 * @layer: a layer for which [func@qs_fold_is_possible]; it is gone afterwards, unless its result
 *   is too expensive to compute now
 * @total: (inout): bytes of constants made so far
 *
 * Computes the outputs of @layer with the reference kernel and makes them constants.
 *
 * Errors: %QS_ERROR_LIMIT for results above the limits, and those of the kernel.
 */
gboolean
qs_fold_layer (QsNetwork  *network,
               QsLayer    *layer,
               gsize      *total,
               GError    **error)
{
  g_autofree QsView *inputs = g_new0 (QsView, MAX (layer->inputs->len, 1));
  g_autofree QsView *outputs = g_new0 (QsView, MAX (layer->outputs->len, 1));
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (value_unref);

  if (estimate_work (layer) > MAX_WORK)
    return TRUE;

  init_input_views (layer, inputs);
  if (!init_output_views (layer, values, outputs, total, error) ||
      !layer->klass->evaluate (layer, inputs, outputs, error))
    return FALSE;

  replace_by_values (network, layer, values);
  return TRUE;
}
