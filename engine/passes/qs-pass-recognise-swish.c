/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "recognise-swish"

/* x * gate (x): which gate makes which function. */
static QsActivationType
product_of (const QsActivation *gate)
{
  if (gate->type == QS_ACTIVATION_SIGMOID)
    return QS_ACTIVATION_SILU;
  if (gate->type == QS_ACTIVATION_HARD_SIGMOID && fabsf (gate->alpha - 1.0f / 6.0f) < 1e-5f &&
      gate->beta == 0.5f)
    return QS_ACTIVATION_HARD_SWISH;
  return QS_ACTIVATION_NONE;
}

static void
try_recognise (QsNetwork *network,
               QsJournal *journal,
               QsLayer   *gate)
{
  QsActivationType type = product_of (&gate->activation);
  QsTensor *input = qs_layer_get_input (gate, 0);
  QsTensor *output = qs_layer_get_output (gate, 0);
  const QsObstacle *obstacle;
  g_autofree char *before = g_strdup (gate->name);
  g_autofree char *product_name = NULL;
  QsLayer *product = NULL;

  for (guint i = 0; type != QS_ACTIVATION_NONE && i < output->consumers->len; i++)
    {
      QsLayer *reader = g_ptr_array_index (output->consumers, i);

      if (qs_pass_is_element_wise (reader, QS_ELEMENT_WISE_MUL) &&
          qs_pass_other_input (reader, output) == input)
        product = reader;
    }
  if (product == NULL)
    return;

  product_name = g_strdup (product->name);
  obstacle = qs_pass_find_readers_obstacle (network, output);
  if (obstacle != NULL)
    {
      qs_pass_refuse (journal, ID, gate, product, output, obstacle,
                      "%s and %s did not become one %s, because of the tensor between them, %s: %s.",
                      before, product_name, qs_activation_name (type), output->name,
                      obstacle->reason);
      return;
    }

  gate->activation = (QsActivation) { .type = type };
  qs_pass_absorb (network, gate, product);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, product_name, output, gate->name,
                "The product of a tensor and its own gate is %s.", qs_activation_name (type));
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->kind == QS_LAYER_ACTIVATION)
        try_recognise (network, journal, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_recognise_swish = {
  .id = ID,
  .title = "Recognise SiLU and HardSwish",
  .run = run,
  .rule = "R10",
  .condition = "A product of a tensor and its own sigmoid, which nothing else reads.",
  .proof = QS_PROOF_FUSES,
};
