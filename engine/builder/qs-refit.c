/* SPDX-License-Identifier: MIT */
#include "qs-refit.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "passes/qs-qdq.h"
#include "qs-engine-private.h"
#include "qs-ranges.h"
#include "qs-scale-groups.h"

/* Tensors that have one scale, by tensor id: a union-find forest. */
typedef struct
{
  QsNetwork *network;
  guint *parents;
} Groups;

static guint
find_root (Groups *self,
           guint   id)
{
  while (self->parents[id] != id)
    id = self->parents[id] = self->parents[self->parents[id]];
  return id;
}

static gboolean
is_int8 (const QsTensor *tensor)
{
  return tensor != NULL && qs_tensor_is_activation (tensor) && tensor->type == QS_DATA_TYPE_INT8;
}

static gboolean
moves_only (const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  if (layer->klass->kind == QS_LAYER_REFORMAT)
    return is_int8 (x) && is_int8 (y) && qs_scales_equal (x->scale, y->scale);

  return qs_layer_get_role (layer) == QS_PLACEMENT_COMMUTES;
}

static guint
count_int8_inputs (const QsLayer *layer)
{
  guint n = 0;

  for (guint i = 0; i < layer->inputs->len; i++)
    n += is_int8 (qs_layer_get_input (layer, i));
  return n;
}

/* @layer has one INT8 input: what it writes has that scale. Of one that joins several, the output
 * goes with the first. */
static void
join (Groups        *self,
      const QsLayer *layer)
{
  const QsTensor *first = NULL;

  for (guint i = 0; i < layer->inputs->len && first == NULL; i++)
    if (is_int8 (qs_layer_get_input (layer, i)))
      first = qs_layer_get_input (layer, i);

  for (guint i = 0; first != NULL && i < layer->outputs->len; i++)
    if (is_int8 (qs_layer_get_output (layer, i)))
      self->parents[find_root (self, qs_layer_get_output (layer, i)->id)] =
        find_root (self, first->id);
}

static void
groups_init (Groups    *self,
             QsNetwork *network)
{
  self->network = network;
  self->parents = g_new (guint, network->tensors->len + 1);
  for (guint i = 0; i < network->tensors->len; i++)
    self->parents[i] = i;
  for (guint i = 0; i < network->layers->len; i++)
    if (moves_only (g_ptr_array_index (network->layers, i)))
      join (self, g_ptr_array_index (network->layers, i));
}

/* The tensors by the root that @find_root_of gives them, in the network's order; those alone left out. */
static GPtrArray *
collect_ties (QsNetwork *network,
              guint    (*find_root_of) (gpointer        groups,
                                        const QsTensor *tensor),
              gpointer   groups)
{
  g_autoptr (GHashTable) by_root = g_hash_table_new (NULL, NULL);
  GPtrArray *ties = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      gpointer root;
      GPtrArray *tie;

      if (!is_int8 (tensor))
        continue;
      root = GUINT_TO_POINTER (find_root_of (groups, tensor));
      tie = g_hash_table_lookup (by_root, root);
      if (tie == NULL)
        {
          tie = g_ptr_array_new ();
          g_hash_table_insert (by_root, root, tie);
          g_ptr_array_add (ties, tie);
        }
      g_ptr_array_add (tie, tensor);
    }

  for (guint i = ties->len; i > 0; i--)
    if (((GPtrArray *) g_ptr_array_index (ties, i - 1))->len < 2)
      g_ptr_array_remove_index (ties, i - 1);
  return ties;
}

static guint
find_explicit_root (gpointer        groups,
                    const QsTensor *tensor)
{
  return find_root (groups, tensor->id);
}

static guint
find_implicit_root (gpointer        groups,
                    const QsTensor *tensor)
{
  return qs_scale_groups_get_root (groups, tensor);
}

/* What the joints demand, too: all inputs of a layer that joins tensors. */
static void
join_inputs (Groups        *self,
             const QsLayer *layer)
{
  const QsTensor *first = NULL;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = qs_layer_get_input (layer, i);

      if (!is_int8 (tensor))
        continue;
      if (first == NULL)
        first = tensor;
      self->parents[find_root (self, tensor->id)] = find_root (self, first->id);
    }
}

/* The rewrite that made @layer work on bytes, for messages. */
static const char *
find_rule (QsEngine      *self,
           const QsLayer *layer)
{
  g_autoptr (GPtrArray) entries = qs_journal_find (self->journal, layer->name);

  for (guint i = 0; i < entries->len; i++)
    {
      const QsJournalEntry *entry = g_ptr_array_index (entries, i);

      if (strcmp (entry->rule, "forward-dequantize") == 0 ||
          strcmp (entry->rule, "backward-quantize") == 0)
        return entry->rule;
    }

  return "shared-scale";
}

static gboolean
check_changes (QsNetwork     *network,
               QsScaleTable  *changes,
               GError       **error)
{
  for (guint i = 0; i < qs_scale_table_get_n (changes); i++)
    {
      const char *name = qs_scale_table_get_name (changes, i);
      float scale = qs_scale_table_get_scale (changes, i);
      const QsTensor *tensor = qs_network_find_tensor (network, name);

      if (!is_int8 (tensor))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                       tensor == NULL ? "tensor “%s”: it is not in the engine: it lies inside a "
                                        "fused layer, or belongs to another model"
                                      : "tensor “%s”: it is not INT8 in the engine, so it has no "
                                        "scale", name);
          return FALSE;
        }
      if (!isfinite (scale) || scale <= 0.0f)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "tensor “%s”: the scale %g is not a positive number", name, (double) scale);
          return FALSE;
        }
    }

  return TRUE;
}

/* The tensor as the model has it, not one that a build only wrote in another layout: that is the name
 * which a file of scales can have. */
static const QsTensor *
get_origin (const QsTensor *tensor)
{
  while (tensor->producer != NULL && tensor->producer->klass->kind == QS_LAYER_REFORMAT &&
         moves_only (tensor->producer))
    tensor = qs_layer_get_input (tensor->producer, 0);
  return tensor;
}

static gboolean
fail_tied (const char      *rule,
           const char      *layer,
           const QsTensor  *a,
           float            scale_a,
           const QsTensor  *b,
           float            scale_b,
           GError         **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
               "tensors “%s” and “%s” must have equal scales and would have %.9g and %.9g: the "
               "rewrite %s of %s depends on it; give both the same scale, or build the engine again",
               a->name, b->name, (double) scale_a, (double) scale_b, rule, layer);
  return FALSE;
}

/* @scales: by root; 0 for groups that keep theirs */
static gboolean
collect (Groups        *groups,
         QsScaleTable  *changes,
         float         *scales,
         const QsTensor **sources,
         GError       **error)
{
  for (guint i = 0; i < qs_scale_table_get_n (changes); i++)
    {
      const QsTensor *tensor =
        qs_network_find_tensor (groups->network, qs_scale_table_get_name (changes, i));
      float scale = qs_scale_table_get_scale (changes, i);
      guint root = find_root (groups, tensor->id);

      if (sources[root] != NULL && !qs_scales_equal (scales[root], scale))
        return fail_tied ("forward-dequantize", "the layers between them", sources[root],
                          scales[root], tensor, scale, error);
      scales[root] = scale;
      sources[root] = tensor;
    }

  return TRUE;
}

static float
get_new_scale (Groups         *groups,
               const float    *scales,
               const QsTensor *tensor)
{
  float scale = scales[find_root (groups, tensor->id)];

  return scale > 0.0f ? scale : tensor->scale;
}

/* What joins several tensors needs them to be equal still. */
static gboolean
check_joints (QsEngine    *self,
              Groups      *groups,
              const float *scales,
              GError     **error)
{
  for (guint i = 0; i < groups->network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (groups->network->layers, i);
      const QsTensor *first = NULL;

      if (!moves_only (layer) || count_int8_inputs (layer) < 2)
        continue;
      for (guint k = 0; k < layer->inputs->len; k++)
        {
          const QsTensor *tensor = qs_layer_get_input (layer, k);
          float a, b;

          if (!is_int8 (tensor))
            continue;
          if (first == NULL)
            first = tensor;
          a = get_new_scale (groups, scales, first);
          b = get_new_scale (groups, scales, tensor);
          if (!qs_scales_equal (a, b))
            return fail_tied (find_rule (self, layer), layer->name,
                              get_origin (first), a, get_origin (tensor), b, error);
        }
    }

  return TRUE;
}

static QsEngine *
make_engine (QsEngine  *self,
             QsNetwork *network,
             GError   **error)
{
  g_autoptr (QsEngine) result = qs_engine_new (network, self->journal, self->backend);

  result->model_checksum = g_strdup (self->model_checksum);
  result->rounding = self->rounding;
  result->is_explicit = self->is_explicit;
  result->scales = self->scales == NULL ? NULL : qs_scale_table_copy (self->scales);
  if (!qs_engine_take_layers (result, self, error))
    return NULL;

  return qs_engine_plan_memory (result, error) ? g_steal_pointer (&result) : NULL;
}

static QsEngine *
refit_explicit (QsEngine      *self,
                QsScaleTable  *changes,
                GError       **error)
{
  g_autoptr (QsNetwork) network = qs_network_copy (self->network);
  guint n = network->tensors->len;
  g_autofree float *scales = g_new0 (float, n + 1);
  g_autofree const QsTensor **sources = g_new0 (const QsTensor *, n + 1);
  g_autofree guint *parents = NULL;
  Groups groups;

  groups_init (&groups, network);
  parents = groups.parents;
  if (!collect (&groups, changes, scales, sources, error) ||
      !check_joints (self, &groups, scales, error))
    return NULL;

  for (guint i = 0; i < n; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (is_int8 (tensor))
        tensor->scale = get_new_scale (&groups, scales, tensor);
    }

  return make_engine (self, network, error);
}

/* The builder derives scales of groups from the table; who asked for another one must hear of it. */
static gboolean
check_obeyed (QsEngine      *result,
              QsScaleTable  *changes,
              GError       **error)
{
  for (guint i = 0; i < qs_scale_table_get_n (changes); i++)
    {
      const QsTensor *tensor =
        qs_network_find_tensor (result->network, qs_scale_table_get_name (changes, i));
      float wanted = qs_scale_table_get_scale (changes, i);

      if (qs_scales_equal (tensor->scale, wanted))
        continue;
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "tensor “%s” would have the scale %.9g and not %.9g: it shares one scale with "
                   "other tensors (rewrite shared-scale), the first tensor's or the largest of them",
                   tensor->name, (double) tensor->scale, (double) wanted);
      return FALSE;
    }

  return TRUE;
}

static QsEngine *
refit_implicit (QsEngine      *self,
                QsScaleTable  *changes,
                GError       **error)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_copy (self->scales);
  g_autoptr (QsEngine) result = NULL;

  for (guint i = 0; i < qs_scale_table_get_n (changes); i++)
    {
      const char *name = qs_scale_table_get_name (changes, i);

      qs_scale_table_set (scales, name, qs_scale_table_get_scale (changes, i));
      qs_scale_table_set_manual (scales, name, TRUE);
    }

  result = qs_engine_rescale (self, scales, error);
  if (result == NULL || !check_obeyed (result, changes, error))
    return NULL;

  return g_steal_pointer (&result);
}

/* Whether every scale is one of its own that the model gave; else the builder derives them from a
 * table. */
static gboolean
has_own_scales (QsEngine *self)
{
  return self->is_explicit || self->scales == NULL;
}

QsEngine *
qs_engine_refit (QsEngine      *self,
                 QsScaleTable  *changes,
                 GError       **error)
{
  if (!check_changes (self->network, changes, error))
    return NULL;

  return has_own_scales (self) ? refit_explicit (self, changes, error)
                               : refit_implicit (self, changes, error);
}

GPtrArray *
qs_engine_find_ties (QsEngine *self)
{
  g_autofree guint *parents = NULL;
  Groups groups;

  if (!has_own_scales (self))
    {
      g_autoptr (QsScaleGroups) shared = qs_scale_groups_new (self->network);

      return collect_ties (self->network, find_implicit_root, shared);
    }

  groups_init (&groups, self->network);
  parents = groups.parents;
  for (guint i = 0; i < self->network->layers->len; i++)
    if (moves_only (g_ptr_array_index (self->network->layers, i)))
      join_inputs (&groups, g_ptr_array_index (self->network->layers, i));
  return collect_ties (self->network, find_explicit_root, &groups);
}
