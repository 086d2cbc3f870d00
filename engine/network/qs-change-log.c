/* SPDX-License-Identifier: MIT */
#include "qs-change-log.h"

struct _QsChangeLog
{
  GPtrArray *layers;    /* QsLayer that exist, in the order they were touched */
  GHashTable *before;   /* QsLayer -> QsLayerSketch; NULL for one that is new */
  GPtrArray *removed;   /* QsLayerSketch of layers that are gone */
};

static char **
collect_names (GPtrArray *tensors)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && tensor->value == NULL)
        g_ptr_array_add (names, g_strdup (tensor->name));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

QsLayerSketch *
qs_layer_sketch_new (const QsLayer *layer)
{
  QsLayerSketch *self = g_new (QsLayerSketch, 1);

  self->name = g_strdup (layer->name);
  self->kind = g_strdup (layer->klass->name);
  self->precision = layer->precision;
  self->inputs = collect_names (layer->inputs);
  self->outputs = collect_names (layer->outputs);
  return self;
}

QsLayerSketch *
qs_layer_sketch_copy (const QsLayerSketch *self)
{
  QsLayerSketch *copy = g_new (QsLayerSketch, 1);

  copy->name = g_strdup (self->name);
  copy->kind = g_strdup (self->kind);
  copy->precision = self->precision;
  copy->inputs = g_strdupv (self->inputs);
  copy->outputs = g_strdupv (self->outputs);
  return copy;
}

gboolean
qs_layer_sketch_equal (const QsLayerSketch *a,
                       const QsLayerSketch *b)
{
  return g_str_equal (a->name, b->name) && g_str_equal (a->kind, b->kind) &&
         a->precision == b->precision &&
         g_strv_equal ((const char *const *) a->inputs, (const char *const *) b->inputs) &&
         g_strv_equal ((const char *const *) a->outputs, (const char *const *) b->outputs);
}

void
qs_layer_sketch_free (QsLayerSketch *self)
{
  if (self == NULL)
    return;

  g_free (self->name);
  g_free (self->kind);
  g_strfreev (self->inputs);
  g_strfreev (self->outputs);
  g_free (self);
}

QsChangeLog *
qs_change_log_new (void)
{
  QsChangeLog *self = g_new0 (QsChangeLog, 1);

  self->layers = g_ptr_array_new ();
  self->before = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) qs_layer_sketch_free);
  self->removed = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
  return self;
}

void
qs_change_log_free (QsChangeLog *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->layers);
  g_hash_table_unref (self->before);
  g_ptr_array_unref (self->removed);
  g_free (self);
}

void
qs_change_log_touch (QsChangeLog *self,
                     QsLayer     *layer)
{
  if (g_hash_table_contains (self->before, layer))
    return;

  g_hash_table_insert (self->before, layer, qs_layer_sketch_new (layer));
  g_ptr_array_add (self->layers, layer);
}

void
qs_change_log_created (QsChangeLog *self,
                       QsLayer     *layer)
{
  g_hash_table_insert (self->before, layer, NULL);
  g_ptr_array_add (self->layers, layer);
}

void
qs_change_log_removed (QsChangeLog *self,
                       QsLayer     *layer)
{
  gpointer sketch = NULL;

  qs_change_log_touch (self, layer);
  g_hash_table_steal_extended (self->before, layer, NULL, &sketch);
  g_ptr_array_remove (self->layers, layer);
  if (sketch != NULL)
    g_ptr_array_add (self->removed, sketch);
}

/**
 * qs_change_log_drain:
 * @before: (element-type QsLayerSketch): gets the layers as they were that are gone or different
 * @after: (element-type QsLayerSketch): gets the layers that are new or different, as they are
 *
 * Hands over what changed since the last call.
 *
 * Returns: whether anything did
 */
gboolean
qs_change_log_drain (QsChangeLog *self,
                     GPtrArray   *before,
                     GPtrArray   *after)
{
  guint n = before->len + after->len;

  for (guint i = 0; i < self->removed->len; i++)
    g_ptr_array_add (before, qs_layer_sketch_copy (g_ptr_array_index (self->removed, i)));

  for (guint i = 0; i < self->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, i);
      const QsLayerSketch *old = g_hash_table_lookup (self->before, layer);
      g_autoptr (QsLayerSketch) now = qs_layer_sketch_new (layer);

      if (old != NULL && qs_layer_sketch_equal (old, now))
        continue;
      if (old != NULL)
        g_ptr_array_add (before, qs_layer_sketch_copy (old));
      g_ptr_array_add (after, g_steal_pointer (&now));
    }

  g_ptr_array_set_size (self->layers, 0);
  g_ptr_array_set_size (self->removed, 0);
  g_hash_table_remove_all (self->before);
  return before->len + after->len > n;
}
