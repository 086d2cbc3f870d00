/* SPDX-License-Identifier: MIT */
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "recognise-gelu"
#define SQRT2 1.4142135623730951
#define N_LAYERS 5

/*
 * x * 0.5 * (1 + erf (x / sqrt (2))) as exporters write it: Div, Erf, Add, and two products in
 * either order.
 */
typedef struct
{
  QsTensor *input;
  QsLayer *layers[N_LAYERS]; /* in data-flow order */
} Pattern;

/* The source of the quotient, when @tensor is x / sqrt (2). */
static gboolean
match_quotient (QsTensor *tensor,
                Pattern  *pattern)
{
  QsLayer *layer = tensor->producer;

  if (layer == NULL || layer->inputs->len != 2)
    return FALSE;

  pattern->layers[0] = layer;
  pattern->input = qs_layer_get_input (layer, 0);
  if (qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_DIV))
    return qs_pass_is_number (qs_layer_get_input (layer, 1), SQRT2);
  if (!qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_MUL))
    return FALSE;
  if (qs_pass_is_number (qs_layer_get_input (layer, 1), 1.0 / SQRT2))
    return TRUE;

  pattern->input = qs_layer_get_input (layer, 1);
  return qs_pass_is_number (qs_layer_get_input (layer, 0), 1.0 / SQRT2);
}

static gboolean
is_half_of (const QsLayer  *layer,
            const QsTensor *tensor)
{
  return qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_MUL) &&
         qs_pass_is_number (qs_pass_other_input (layer, tensor), 0.5);
}

/* The products behind 1 + erf: (sum * x) * 0.5, or sum * (x * 0.5). */
static gboolean
match_products (QsNetwork *network,
                QsTensor  *sum,
                Pattern   *pattern)
{
  QsLayer *product = qs_pass_only_reader (network, sum, NULL);
  QsTensor *other, *output;

  if (!qs_pass_is_element_wise (product, QS_ELEMENT_WISE_MUL))
    return FALSE;

  other = qs_pass_other_input (product, sum);
  output = qs_layer_get_output (product, 0);
  if (other == pattern->input)
    {
      pattern->layers[3] = product;
      pattern->layers[4] = qs_pass_only_reader (network, output, NULL);
      return is_half_of (pattern->layers[4], output);
    }

  pattern->layers[3] = other != NULL ? other->producer : NULL;
  pattern->layers[4] = product;
  return qs_pass_only_reader (network, other, NULL) != NULL &&
         is_half_of (pattern->layers[3], pattern->input);
}

static gboolean
match (QsNetwork *network,
       QsLayer   *erf,
       Pattern   *pattern)
{
  QsTensor *quotient = qs_layer_get_input (erf, 0);
  QsTensor *output = qs_layer_get_output (erf, 0);
  QsLayer *add;

  if (!qs_pass_is_unary (erf, QS_UNARY_ERF) || !match_quotient (quotient, pattern) ||
      pattern->input == NULL || qs_pass_only_reader (network, quotient, NULL) == NULL)
    return FALSE;

  add = qs_pass_only_reader (network, output, NULL);
  if (!qs_pass_is_element_wise (add, QS_ELEMENT_WISE_ADD) ||
      !qs_pass_is_number (qs_pass_other_input (add, output), 1.0))
    return FALSE;

  pattern->layers[1] = erf;
  pattern->layers[2] = add;
  return match_products (network, qs_layer_get_output (add, 0), pattern) &&
         qs_shape_equal (&pattern->input->shape,
                         &qs_layer_get_output (pattern->layers[4], 0)->shape);
}

static void
replace (QsNetwork *network,
         QsJournal *journal,
         Pattern   *pattern)
{
  QsTensor *output = qs_layer_get_output (pattern->layers[N_LAYERS - 1], 0);
  const char *tensors[] = { pattern->input->name, output->name, NULL };
  g_auto (GStrv) layers = qs_pass_names (pattern->layers, N_LAYERS);
  QsLayer *gelu = qs_pass_replace (network, pattern->layers, N_LAYERS,
                                   qs_layer_class_lookup (QS_LAYER_ACTIVATION), NULL,
                                   &pattern->input, 1);

  gelu->activation.type = QS_ACTIVATION_GELU_ERF;
  qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, (const char *const *) layers, tensors,
                  gelu->name, "x times half of 1 + erf (x / √2) is GELU.");
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      Pattern pattern = { NULL };

      if (match (network, g_ptr_array_index (network->layers, i), &pattern))
        {
          replace (network, journal, &pattern);
          i = i > N_LAYERS ? i - N_LAYERS : 0;
        }
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_recognise_gelu = {
  .id = ID,
  .title = "Recognise GELU",
  .run = run,
};
