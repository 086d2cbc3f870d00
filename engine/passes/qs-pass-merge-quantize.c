/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "merge-quantize"

/* Another layer of the same kind and scale that reads the same tensor; the first of them. */
static QsLayer *
find_twin (QsNetwork     *network,
           const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);

  for (guint i = 0; i < input->consumers->len; i++)
    {
      QsLayer *other = g_ptr_array_index (input->consumers, i);

      if (other->id < layer->id && other->klass == layer->klass &&
          qs_scales_equal (qs_qdq_get_scale (other), qs_qdq_get_scale (layer)))
        return other;
    }

  return NULL;
}

static void
merge (QsNetwork *network,
       QsJournal *journal,
       QsLayer   *twin,
       QsLayer   *layer)
{
  g_autofree char *name = g_strdup (layer->name);
  const char *layers[] = { twin->name, name, NULL };
  QsTensor *kept = qs_layer_get_output (twin, 0);
  QsTensor *tensors[] = { qs_layer_get_input (layer, 0), kept, NULL };

  qs_qdq_add_origins (twin, layer);
  qs_network_replace_uses (network, qs_layer_get_output (layer, 0), kept);
  qs_network_remove_layer (network, layer);
  qs_qdq_rewrite (journal, ID, layers, tensors, twin,
                  "%s and %s quantize the same tensor with the same scale, so one is enough.",
                  twin->name, name);
}

/* Two quantizations of one tensor with different scales are two tensors, which is what keeps them
 * from being taken into the layer before them, and from moving. */
static void
refuse_others (QsJournal     *journal,
               const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);

  for (guint i = 0; i < input->consumers->len; i++)
    {
      const QsLayer *other = g_ptr_array_index (input->consumers, i);
      QsRefusal refusal = { ID, "unequal-scales", { other->name, layer->name }, { input } };

      if (other->id >= layer->id || !qs_is_quantize (other))
        continue;
      refusal.reason = g_strdup_printf (
        "%s and %s quantize tensor %s with different scales, %.9g and %.9g, so they stay apart.",
        other->name, layer->name, input->name, (double) qs_qdq_get_scale (other),
        (double) qs_qdq_get_scale (layer));
      refusal.remedy = g_strdup_printf ("Give both the same scale.");
      qs_qdq_refuse (journal, &refusal);
    }
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len;)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);
      QsLayer *twin = NULL;

      if (qs_is_quantize (layer) && qs_qdq_get_scale (layer) > 0.0f &&
          !qs_network_is_output (network, qs_layer_get_output (layer, 0)))
        {
          twin = find_twin (network, layer);
          if (twin == NULL)
            refuse_others (journal, layer);
        }
      if (twin != NULL)
        merge (network, journal, twin, layer);
      else
        i++;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_merge_quantize = {
  .id = ID,
  .title = "Merge equal quantizations",
  .run = run,
  .rule = "R5",
  .condition = "Several QuantizeLinear read one tensor with the same scale.",
  .proof = QS_PROOF_EQUAL_SCALES,
};
