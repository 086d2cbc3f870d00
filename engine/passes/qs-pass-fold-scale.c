/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "fold-scale"

/*
 * A product of two activations and a number: attention divides its scores, or one of their operands,
 * by the root of the head's length. The number becomes the product's alpha, which multiplies sums that
 * are multiplied by something anyway.
 */

static gboolean
is_scalar (const QsTensor *tensor)
{
  return tensor != NULL && tensor->value != NULL && tensor->type == QS_DATA_TYPE_FLOAT &&
         qs_host_tensor_get_n_elements (tensor->value) == 1;
}

/* What @layer multiplies @tensor by, which keeps its shape; 0 for any other layer. */
static double
find_factor (const QsLayer  *layer,
             const QsTensor *tensor)
{
  gboolean divides = qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_DIV);
  const QsTensor *number;
  double value;

  if ((!divides && !qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_MUL)) ||
      layer->activation.type != QS_ACTIVATION_NONE)
    return 0.0;

  number = qs_pass_other_input (layer, tensor);
  if (!is_scalar (number) || tensor->type != QS_DATA_TYPE_FLOAT ||
      (divides && qs_layer_get_input (layer, 0) != tensor) ||
      !qs_shape_equal (&tensor->shape, &qs_layer_get_output (layer, 0)->shape))
    return 0.0;

  value = qs_host_tensor_get_number (number->value, 0);
  return divides ? 1.0 / value : value;
}

static gboolean
multiply_alpha (QsMatrixMultiplyAttributes *attributes,
                double                      factor)
{
  const float alpha = (float) (attributes->alpha * factor);

  if (!isnormal (alpha))
    return FALSE;
  attributes->alpha = alpha;
  return TRUE;
}

/* The number behind the product, unless something was added to it before. */
static void
fold_behind (QsNetwork *network,
             QsJournal *journal,
             QsLayer   *layer)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsLayer *next = qs_pass_only_reader (network, output, NULL);
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *next_name = NULL;
  double factor;

  if (next == NULL || layer->activation.type != QS_ACTIVATION_NONE ||
      qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL ||
      qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL)
    return;
  factor = find_factor (next, output);
  if (factor == 0.0)
    return;

  qs_network_touch (network, layer);
  if (!multiply_alpha (layer->attributes, factor))
    return;
  next_name = g_strdup (next->name);
  qs_pass_absorb (network, layer, next);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, next_name, output, layer->name,
                "The sums are multiplied by %.9g where they are written.", factor);
}

/* The number in front of an operand that nothing else reads. */
static void
fold_before (QsNetwork *network,
             QsJournal *journal,
             QsLayer   *layer,
             guint      index)
{
  QsTensor *operand = qs_layer_get_input (layer, index), *source = NULL;
  QsLayer *scale = operand->producer;
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *scale_name = NULL;
  double factor = 0.0;

  for (guint i = 0; scale != NULL && i < 2 && scale->inputs->len == 2 && factor == 0.0; i++)
    {
      source = qs_layer_get_input (scale, i);
      factor = source != NULL && source->value == NULL ? find_factor (scale, source) : 0.0;
    }
  if (factor == 0.0 || qs_pass_only_reader (network, operand, NULL) == NULL)
    return;

  qs_network_touch (network, layer);
  if (!multiply_alpha (layer->attributes, factor))
    return;
  scale_name = g_strdup (scale->name);
  qs_pass_join (layer, scale);
  qs_network_set_input (network, layer, index, source);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, scale_name, source, layer->name,
                "Instead of an operand, the sums are multiplied by %.9g where they are written.",
                factor);
  qs_network_remove_layer (network, scale);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  g_autoptr (GPtrArray) products = g_ptr_array_new ();

  for (guint i = 0; i < network->layers->len; i++)
    if (qs_pass_is_activation_product (g_ptr_array_index (network->layers, i)))
      g_ptr_array_add (products, g_ptr_array_index (network->layers, i));

  for (guint i = 0; i < products->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (products, i);

      fold_behind (network, journal, layer);
      if (layer->precision != QS_PRECISION_INT8)
        for (guint k = 0; k < 2; k++)
          fold_before (network, journal, layer, k);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fold_scale = {
  .id = ID,
  .title = "Fold a factor into the product of two activations",
  .run = run,
};
