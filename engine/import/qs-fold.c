/* SPDX-License-Identifier: MIT */
#include "qs-fold.h"

#include "core/qs-error.h"

/* Constants made while importing: one of them, and all of a model together. Weights that are
 * computed (ConstantOfShape) are real, so the limits are wide; they stop a few bytes of a hostile
 * file from filling the memory, or from keeping the reference kernels busy for hours. A fuzzer
 * wants to see many files. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define MAX_BYTES ((gsize) 1 << 20)
#define MAX_STEPS 1e6
#else
#define MAX_BYTES ((gsize) 512 << 20)
#define MAX_STEPS 5e8
#endif

/* What the file itself holds may be transposed, converted and joined on the way. */
#define STEPS_PER_ELEMENT 64.0
#define BYTES_PER_BYTE 4

void
qs_fold_budget_init (QsFoldBudget *self)
{
  *self = (QsFoldBudget) { .max_bytes = MAX_BYTES, .max_total = 2 * MAX_BYTES,
                           .max_steps = MAX_STEPS };
}

/**
 * qs_fold_budget_allow:
 * @value: a weight of the file
 *
 * Widens the limits: a large file may ask for more than a small one.
 */
void
qs_fold_budget_allow (QsFoldBudget       *self,
                      const QsHostTensor *value)
{
  gsize most = G_MAXSIZE / 16;
  gsize bytes = MIN (qs_host_tensor_get_size (value), most) * BYTES_PER_BYTE;

  self->max_bytes = MIN (self->max_bytes + bytes, most);
  self->max_total = MIN (self->max_total + bytes, most);
  self->max_steps += STEPS_PER_ELEMENT * (double) qs_host_tensor_get_n_elements (value);
}

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
count_elements (GPtrArray *tensors)
{
  double n = 0.0;

  for (guint i = 0; i < tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL)
        n += (double) qs_shape_n_elements (&tensor->shape);
    }

  return n;
}

/* Matrix products and convolutions: products. */
static double
count_products (const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  double steps;

  if (layer->klass->placement != QS_PLACEMENT_WEIGHTED || x == NULL || y == NULL)
    return 0.0;

  steps = (double) qs_shape_n_elements (&y->shape);
  for (int i = 1; i < x->shape.n_dims; i++)
    steps *= (double) x->shape.dims[i];
  return steps;
}

static double
count_steps (const QsLayer *layer)
{
  double steps = count_elements (layer->inputs) + count_elements (layer->outputs);

  if (layer->klass->count_steps != NULL)
    steps += layer->klass->count_steps (layer);
  return steps + count_products (layer);
}

static gboolean
check_steps (QsFoldBudget   *budget,
             const QsTensor *result,
             double          steps,
             GError        **error)
{
  if (budget->steps + steps <= budget->max_steps)
    {
      budget->steps += steps;
      return TRUE;
    }

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "computing its constant result “%s” would take %.0f million steps, after %.0f million "
               "for those before it; constants computed while importing may take %.0f million "
               "together; fold them with a simplifier first", result != NULL ? result->name : "",
               steps * 1e-6, budget->steps * 1e-6, budget->max_steps * 1e-6);
  return FALSE;
}

static QsHostTensor *
new_output (const QsTensor *tensor,
            QsFoldBudget   *budget,
            GError        **error)
{
  gsize bytes;

  if (!qs_shape_check_bytes (&tensor->shape, qs_data_type_size (tensor->type), &bytes, error))
    return NULL;

  if (bytes > budget->max_bytes || budget->bytes + bytes > budget->max_total)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "its constant result “%s” would take %" G_GSIZE_FORMAT " MiB; constants "
                   "computed while importing may take %" G_GSIZE_FORMAT " MiB each and %"
                   G_GSIZE_FORMAT " MiB together", tensor->name, bytes >> 20,
                   budget->max_bytes >> 20, budget->max_total >> 20);
      return NULL;
    }

  budget->bytes += bytes;
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
                   QsFoldBudget  *budget,
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

      value = new_output (tensor, budget, error);
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
 * @layer: a layer for which [func@qs_fold_is_possible]; it is gone afterwards, unless it is a matrix
 *   product or convolution that is too expensive to compute now
 *
 * Computes the outputs of @layer with the reference kernel and makes them constants.
 *
 * Errors: %QS_ERROR_LIMIT for results above the limits, and those of the kernel.
 */
gboolean
qs_fold_layer (QsNetwork     *network,
               QsLayer       *layer,
               QsFoldBudget  *budget,
               GError       **error)
{
  g_autofree QsView *inputs = g_new0 (QsView, MAX (layer->inputs->len, 1));
  g_autofree QsView *outputs = g_new0 (QsView, MAX (layer->outputs->len, 1));
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (value_unref);
  double steps = count_steps (layer);

  if (count_products (layer) > 0.0 && budget->steps + steps > budget->max_steps)
    return TRUE;

  init_input_views (layer, inputs);
  if (!check_steps (budget, qs_layer_get_output (layer, 0), steps, error) ||
      !init_output_views (layer, values, outputs, budget, error) ||
      !layer->klass->evaluate (layer, inputs, outputs, error))
    return FALSE;

  replace_by_values (network, layer, values);
  return TRUE;
}
