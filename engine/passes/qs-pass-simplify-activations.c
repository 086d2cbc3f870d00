/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "simplify-activations"

/* max (x, 0) is a clip without an upper bound; two clips in a row are one when the second's bounds
 * leave something of the first's. */
static gboolean
compose (const QsActivation *first,
         const QsActivation *second,
         QsActivation       *result)
{
  gboolean relu1 = first->type == QS_ACTIVATION_RELU;
  gboolean relu2 = second->type == QS_ACTIVATION_RELU;
  gboolean clip1 = first->type == QS_ACTIVATION_CLIP;
  gboolean clip2 = second->type == QS_ACTIVATION_CLIP;

  if (relu1 && relu2)
    *result = *first;
  else if (relu1 && clip2 && second->beta >= 0.0f)
    *result = (QsActivation) { QS_ACTIVATION_CLIP, MAX (second->alpha, 0.0f), second->beta };
  else if (clip1 && relu2 && first->beta >= 0.0f)
    *result = (QsActivation) { QS_ACTIVATION_CLIP, MAX (first->alpha, 0.0f), first->beta };
  else if (clip1 && clip2 && MAX (first->alpha, second->alpha) <= MIN (first->beta, second->beta))
    *result = (QsActivation) { QS_ACTIVATION_CLIP, MAX (first->alpha, second->alpha),
                               MIN (first->beta, second->beta) };
  else
    return FALSE;

  return TRUE;
}

static gboolean
try_simplify (QsNetwork *network,
              QsJournal *journal,
              QsLayer   *layer)
{
  QsTensor *tensor = qs_layer_get_output (layer, 0);
  QsLayer *next = qs_pass_only_reader (network, tensor, NULL);
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *next_name = NULL;
  QsActivation result;

  if (next == NULL || next->klass->kind != QS_LAYER_ACTIVATION ||
      !compose (&layer->activation, &next->activation, &result))
    return FALSE;

  next_name = g_strdup (next->name);
  layer->activation = result;
  qs_pass_absorb (network, layer, next);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, next_name, tensor, layer->name,
                "The two bounds in a row are one %s.", qs_activation_name (result.type));
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      while (layer->klass->kind == QS_LAYER_ACTIVATION && try_simplify (network, journal, layer))
        ;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_simplify_activations = {
  .id = ID,
  .title = "Join bounds that follow each other",
  .run = run,
};
