/* SPDX-License-Identifier: MIT */
#include "qs-ranges.h"

#include "operators/qs-attributes.h"
#include "passes/qs-placement.h"

struct _QsRanges
{
  QsScaleTable *table;
  QsScaleGroups *groups;
  guint n;
  float *scale;              /* by the group's root */
  const QsTensor **missing;  /* by the group's root: a source without a scale */
  const QsTensor **zero;     /* by the group's root: a source that is uniformly zero */
};

/* Whether several float activations come together in @layer, as in a concatenation. */
static gboolean
merges (const QsLayer *layer)
{
  guint n = 0;

  for (guint i = 0; i < layer->inputs->len; i++)
    n += qs_tensor_is_scalable (g_ptr_array_index (layer->inputs, i));

  return n > 1;
}

/* The name under which a computed tensor is in the table. In a built network one that is an output of
 * the network is written under another name, and a Reformat makes the output of it. */
static const char *
find_name (const QsRanges *self,
           const QsTensor *tensor)
{
  if (tensor->range_name != NULL && qs_scale_table_lookup (self->table, tensor->range_name, NULL))
    return tensor->range_name;
  if (qs_scale_table_lookup (self->table, tensor->name, NULL))
    return tensor->name;

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *reader = g_ptr_array_index (tensor->consumers, i);

      if (reader->klass->kind == QS_LAYER_REFORMAT && qs_layer_get_output (reader, 0) != NULL &&
          qs_scale_table_lookup (self->table, qs_layer_get_output (reader, 0)->name, NULL))
        return qs_layer_get_output (reader, 0)->name;
    }

  return tensor->name;
}

/* What Softmax writes lies between 0 and 1. */
static gboolean
is_probability (const QsTensor *tensor)
{
  return tensor->producer != NULL && tensor->producer->klass->kind == QS_LAYER_SOFT_MAX &&
         !((const QsSoftMaxAttributes *) tensor->producer->attributes)->log;
}

/* The table's entries for tensors that are computed count, and those for what comes together. What
 * a layer only moved has the scale of where it came from. */
static void
collect_scale (QsRanges       *self,
               const QsTensor *tensor)
{
  guint root = qs_scale_groups_get_root (self->groups, tensor);
  gboolean is_moved = tensor->producer != NULL && qs_layer_shares_scale (tensor->producer);
  const char *name;
  float scale = -1.0f;

  if (!qs_tensor_is_scalable (tensor) || (is_moved && !merges (tensor->producer)))
    return;

  name = find_name (self, tensor);
  if (is_probability (tensor) && !qs_scale_table_is_manual (self->table, name))
    self->scale[root] = MAX (self->scale[root], 1.0f / 127.0f);
  else if (qs_scale_table_lookup_usable (self->table, name, &scale))
    self->scale[root] = MAX (self->scale[root], scale);
  else if (qs_scale_table_lookup (self->table, name, &scale) && scale == 0.0f)
    self->zero[root] = tensor;
  else if (!is_moved)
    self->missing[root] = tensor;
}

static void
note_shared_scale (QsRanges      *self,
                   const QsLayer *layer,
                   QsJournal     *journal)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *layers[] = { layer->name, NULL };

  if (!qs_layer_shares_scale (layer) || !merges (layer) ||
      qs_ranges_get_scale (self, output) == 0.0f)
    return;

  for (guint i = 0; i < layer->inputs->len; i++)
    if (qs_tensor_is_scalable (qs_layer_get_input (layer, i)))
      g_ptr_array_add (names, qs_layer_get_input (layer, i)->name);
  g_ptr_array_add (names, output->name);
  g_ptr_array_add (names, NULL);

  qs_journal_add (journal, QS_JOURNAL_DECISION, QS_PLACEMENT_SHARED_SCALE, layers,
                  (const char *const *) names->pdata, layer->name,
                  "The inputs and the output of a concatenation share one scale, the largest of "
                  "them: %g.", (double) qs_ranges_get_scale (self, output));
}

static void
note_probability (QsRanges       *self,
                  const QsTensor *tensor,
                  QsJournal      *journal)
{
  const char *layers[] = { NULL, NULL };
  const char *tensors[] = { tensor->name, NULL };
  const char *name = find_name (self, tensor);

  if (!is_probability (tensor) || !qs_tensor_is_scalable (tensor))
    return;

  layers[0] = tensor->producer->name;
  if (!qs_scale_table_is_manual (self->table, name))
    {
      qs_journal_add (journal, QS_JOURNAL_DECISION, QS_PLACEMENT_SOFT_MAX_RANGE, layers, tensors,
                      layers[0], "%s writes numbers between 0 and 1, so the scale of %s is 1/127.",
                      layers[0], tensor->name);
      return;
    }

  qs_journal_add (journal, QS_JOURNAL_REFUSAL, QS_PLACEMENT_SOFT_MAX_RANGE, layers, tensors, NULL,
                  "The scale of %s is not 1/127, although %s writes numbers between 0 and 1: its "
                  "range was set by hand.", tensor->name, layers[0]);
  qs_journal_set_remedy (journal, "manual-range", "Take the range of %s away.", tensor->name);
}

QsRanges *
qs_ranges_new (QsNetwork    *network,
               QsScaleTable *scales,
               QsJournal    *journal)
{
  QsRanges *self = g_new0 (QsRanges, 1);

  self->table = qs_scale_table_ref (scales);
  self->n = network->tensors->len;
  self->groups = qs_scale_groups_new (network);
  self->scale = g_new0 (float, MAX (self->n, 1));
  self->missing = g_new0 (const QsTensor *, MAX (self->n, 1));
  self->zero = g_new0 (const QsTensor *, MAX (self->n, 1));

  for (guint i = 0; i < self->n; i++)
    collect_scale (self, g_ptr_array_index (network->tensors, i));
  for (guint i = 0; journal != NULL && i < network->layers->len; i++)
    note_shared_scale (self, g_ptr_array_index (network->layers, i), journal);
  for (guint i = 0; journal != NULL && i < network->tensors->len; i++)
    note_probability (self, g_ptr_array_index (network->tensors, i), journal);

  return self;
}

void
qs_ranges_free (QsRanges *self)
{
  qs_scale_table_unref (self->table);
  qs_scale_groups_unref (self->groups);
  g_free (self->scale);
  g_free (self->missing);
  g_free (self->zero);
  g_free (self);
}

float
qs_ranges_get_scale (const QsRanges *self,
                     const QsTensor *tensor)
{
  guint root;

  if (tensor->id >= self->n || !qs_tensor_is_scalable (tensor))
    return 0.0f;

  root = qs_scale_groups_get_root (self->groups, tensor);
  return self->missing[root] != NULL ? 0.0f : self->scale[root];
}

char *
qs_ranges_explain (const QsRanges *self,
                   const QsTensor *tensor)
{
  guint root = qs_scale_groups_get_root (self->groups, tensor);
  const QsTensor *source = self->missing[root] != NULL ? self->missing[root] : self->zero[root];
  const char *name = source != NULL ? source->name : tensor->name;
  float scale;

  if (!qs_scale_table_lookup (self->table, name, &scale))
    return g_strdup_printf ("Missing scale for tensor %s, expect fall back to non-int8 "
                            "implementation for any layer consuming or producing given tensor.",
                            name);
  if (scale == 0.0f)
    return g_strdup_printf ("Tensor %s is uniformly zero, so it has no scale, and layers that read "
                            "or write it stay in floating point.", name);
  return g_strdup_printf ("The scale of tensor %s is not a positive finite number, so layers that "
                          "read or write it stay in floating point.", name);
}
