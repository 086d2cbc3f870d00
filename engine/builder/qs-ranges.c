/* SPDX-License-Identifier: MIT */
#include "qs-ranges.h"

#include "operators/qs-attributes.h"

/* A union-find over tensor ids. */
struct _QsRanges
{
  QsScaleTable *table;
  guint n;
  guint *parent;
  float *scale;                /* by representative */
  const QsTensor **missing;    /* by representative: a source without a scale */
};

QsPlacement
qs_layer_get_role (const QsLayer *layer)
{
  const QsPoolingAttributes *attributes = layer->attributes;

  if (layer->klass->kind == QS_LAYER_POOLING)
    return attributes->type == QS_POOLING_MAX       ? QS_PLACEMENT_COMMUTES
           : attributes->type == QS_POOLING_AVERAGE ? QS_PLACEMENT_NON_WEIGHTED
                                                    : QS_PLACEMENT_FLOAT;
  return layer->klass->placement;
}

static guint
find_root (const QsRanges *self,
           guint           id)
{
  while (self->parent[id] != id)
    id = self->parent[id] = self->parent[self->parent[id]];
  return id;
}

static gboolean
is_float_activation (const QsTensor *tensor)
{
  return tensor != NULL && tensor->value == NULL && tensor->type == QS_DATA_TYPE_FLOAT;
}

static void
join (QsRanges       *self,
      const QsTensor *a,
      const QsTensor *b)
{
  if (is_float_activation (a) && is_float_activation (b))
    self->parent[find_root (self, b->id)] = find_root (self, a->id);
}

static void
join_layer (QsRanges      *self,
            const QsLayer *layer)
{
  const QsTensor *first = qs_layer_get_input (layer, 0);
  guint n_inputs = layer->klass->kind == QS_LAYER_CONCATENATION ? layer->inputs->len : 1;

  if (qs_layer_get_role (layer) != QS_PLACEMENT_COMMUTES)
    return;

  for (guint i = 1; i < n_inputs; i++)
    join (self, first, qs_layer_get_input (layer, i));
  for (guint i = 0; i < layer->outputs->len; i++)
    join (self, first, qs_layer_get_output (layer, i));
}

/* Tensors whose own entry in the table counts: those that are computed, and the output of a
 * concatenation. What a layer only moved has the scale of where it came from. */
static gboolean
has_own_range (const QsTensor *tensor)
{
  return tensor->producer == NULL ||
         qs_layer_get_role (tensor->producer) != QS_PLACEMENT_COMMUTES ||
         tensor->producer->klass->kind == QS_LAYER_CONCATENATION;
}

static void
collect_scale (QsRanges       *self,
               const QsTensor *tensor)
{
  guint root = find_root (self, tensor->id);
  float scale;

  if (!is_float_activation (tensor) || !has_own_range (tensor))
    return;

  if (qs_scale_table_lookup_usable (self->table, tensor->name, &scale))
    self->scale[root] = MAX (self->scale[root], scale);
  else if (tensor->producer == NULL || tensor->producer->klass->kind != QS_LAYER_CONCATENATION)
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

  if (layer->klass->kind != QS_LAYER_CONCATENATION || qs_ranges_get_scale (self, output) == 0.0f)
    return;

  for (guint i = 0; i < layer->inputs->len; i++)
    if (is_float_activation (qs_layer_get_input (layer, i)))
      g_ptr_array_add (names, qs_layer_get_input (layer, i)->name);
  g_ptr_array_add (names, output->name);
  g_ptr_array_add (names, NULL);

  qs_journal_add (journal, QS_JOURNAL_DECISION, "shared-scale", layers,
                  (const char *const *) names->pdata, layer->name,
                  "The inputs and the output of a concatenation share one scale, the largest of "
                  "them: %g.", (double) qs_ranges_get_scale (self, output));
}

QsRanges *
qs_ranges_new (QsNetwork    *network,
               QsScaleTable *scales,
               QsJournal    *journal)
{
  QsRanges *self = g_new0 (QsRanges, 1);

  self->table = qs_scale_table_ref (scales);
  self->n = network->tensors->len;
  self->parent = g_new (guint, MAX (self->n, 1));
  self->scale = g_new0 (float, MAX (self->n, 1));
  self->missing = g_new0 (const QsTensor *, MAX (self->n, 1));

  for (guint i = 0; i < self->n; i++)
    self->parent[i] = i;
  for (guint i = 0; i < network->layers->len; i++)
    join_layer (self, g_ptr_array_index (network->layers, i));
  for (guint i = 0; i < self->n; i++)
    collect_scale (self, g_ptr_array_index (network->tensors, i));
  for (guint i = 0; i < network->layers->len; i++)
    note_shared_scale (self, g_ptr_array_index (network->layers, i), journal);

  return self;
}

void
qs_ranges_free (QsRanges *self)
{
  qs_scale_table_unref (self->table);
  g_free (self->parent);
  g_free (self->scale);
  g_free (self->missing);
  g_free (self);
}

float
qs_ranges_get_scale (const QsRanges *self,
                     const QsTensor *tensor)
{
  guint root;

  if (tensor->id >= self->n || !is_float_activation (tensor))
    return 0.0f;

  root = find_root (self, tensor->id);
  return self->missing[root] != NULL ? 0.0f : self->scale[root];
}

char *
qs_ranges_explain (const QsRanges *self,
                   const QsTensor *tensor)
{
  const QsTensor *source = self->missing[find_root (self, tensor->id)];
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
