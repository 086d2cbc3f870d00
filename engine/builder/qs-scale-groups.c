/* SPDX-License-Identifier: MIT */
#include "qs-scale-groups.h"

#include "operators/qs-attributes.h"

/* A union-find over tensor ids. After construction every parent is a root. */
struct _QsScaleGroups
{
  gatomicrefcount ref_count;
  QsNetwork *network;
  guint *parent;
  guint n;
  GPtrArray *groups;   /* QsScaleGroup */
  GHashTable *by_root; /* root to QsScaleGroup */
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

/* An average over windows stays within its input's range, and TensorRT gives it its input's scale;
 * one over the whole plane is a Reduce there, with a scale of its own. */
gboolean
qs_layer_shares_scale (const QsLayer *layer)
{
  const QsPoolingAttributes *attributes = layer->attributes;

  return qs_layer_get_role (layer) == QS_PLACEMENT_COMMUTES ||
         (layer->klass->kind == QS_LAYER_POOLING && attributes->type == QS_POOLING_AVERAGE &&
          !attributes->global);
}

gboolean
qs_tensor_is_scalable (const QsTensor *tensor)
{
  return tensor != NULL && tensor->value == NULL &&
         (tensor->type == QS_DATA_TYPE_FLOAT || tensor->type == QS_DATA_TYPE_FLOAT16 ||
          (tensor->type == QS_DATA_TYPE_INT8 && tensor->scale > 0.0f));
}

static guint
find_root (QsScaleGroups *self,
           guint          id)
{
  while (self->parent[id] != id)
    id = self->parent[id] = self->parent[self->parent[id]];
  return id;
}

static void
join (QsScaleGroups  *self,
      const QsTensor *a,
      const QsTensor *b)
{
  guint root_a = find_root (self, a->id);
  guint root_b = find_root (self, b->id);

  /* The first tensor of the network stands for the group. */
  self->parent[MAX (root_a, root_b)] = MIN (root_a, root_b);
}

static void
join_layer (QsScaleGroups *self,
            const QsLayer *layer)
{
  const QsTensor *first = qs_layer_get_output (layer, 0);
  GPtrArray *const ends[] = { layer->inputs, layer->outputs };

  if (!qs_layer_shares_scale (layer) || !qs_tensor_is_scalable (first))
    return;

  for (guint end = 0; end < G_N_ELEMENTS (ends); end++)
    for (guint i = 0; i < ends[end]->len; i++)
      if (qs_tensor_is_scalable (g_ptr_array_index (ends[end], i)))
        join (self, first, g_ptr_array_index (ends[end], i));
}

static void
group_free (gpointer data)
{
  QsScaleGroup *group = data;

  g_ptr_array_unref (group->tensors);
  g_ptr_array_unref (group->layers);
  g_free (group);
}

static QsScaleGroup *
add_group (QsScaleGroups *self,
           guint          root)
{
  QsScaleGroup *group = g_new (QsScaleGroup, 1);

  group->tensors = g_ptr_array_new ();
  group->layers = g_ptr_array_new ();
  g_ptr_array_add (group->tensors, g_ptr_array_index (self->network->tensors, root));
  g_ptr_array_add (self->groups, group);
  g_hash_table_insert (self->by_root, GUINT_TO_POINTER (root), group);
  return group;
}

static void
collect_groups (QsScaleGroups *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      guint root = self->parent[i] = find_root (self, i);
      QsScaleGroup *group = g_hash_table_lookup (self->by_root, GUINT_TO_POINTER (root));

      if (root == i)
        continue;
      if (group == NULL)
        group = add_group (self, root);
      g_ptr_array_add (group->tensors, g_ptr_array_index (self->network->tensors, i));
    }

  for (guint i = 0; i < self->network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->network->layers, i);
      const QsTensor *output = qs_layer_get_output (layer, 0);
      QsScaleGroup *group;

      if (output == NULL || !qs_layer_shares_scale (layer))
        continue;
      group = g_hash_table_lookup (self->by_root, GUINT_TO_POINTER (self->parent[output->id]));
      if (group != NULL)
        g_ptr_array_add (group->layers, layer);
    }
}

QsScaleGroups *
qs_scale_groups_new (QsNetwork *network)
{
  QsScaleGroups *self = g_new0 (QsScaleGroups, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->network = qs_network_ref (network);
  self->n = network->tensors->len;
  self->parent = g_new (guint, MAX (self->n, 1));
  self->groups = g_ptr_array_new_with_free_func (group_free);
  self->by_root = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->n; i++)
    self->parent[i] = i;
  for (guint i = 0; i < network->layers->len; i++)
    join_layer (self, g_ptr_array_index (network->layers, i));
  collect_groups (self);
  return self;
}

QsScaleGroups *
qs_scale_groups_ref (QsScaleGroups *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_scale_groups_unref (QsScaleGroups *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->by_root);
  g_ptr_array_unref (self->groups);
  qs_network_unref (self->network);
  g_free (self->parent);
  g_free (self);
}

guint
qs_scale_groups_get_n (QsScaleGroups *self)
{
  return self->groups->len;
}

const QsScaleGroup *
qs_scale_groups_get (QsScaleGroups *self,
                     guint          index)
{
  g_return_val_if_fail (index < self->groups->len, NULL);

  return g_ptr_array_index (self->groups, index);
}

const QsScaleGroup *
qs_scale_groups_lookup (QsScaleGroups *self,
                        const char    *tensor)
{
  const QsTensor *found = qs_network_find_tensor (self->network, tensor);

  return found == NULL ? NULL
                       : g_hash_table_lookup (self->by_root,
                                              GUINT_TO_POINTER (self->parent[found->id]));
}

guint
qs_scale_groups_get_root (QsScaleGroups  *self,
                          const QsTensor *tensor)
{
  g_return_val_if_fail (tensor->id < self->n, tensor->id);

  return self->parent[tensor->id];
}
