/* SPDX-License-Identifier: MIT */
#include "qs-network.h"

#include <string.h>

#include "core/qs-error.h"

static void
tensor_free (gpointer data)
{
  QsTensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->range_name);
  g_clear_pointer (&tensor->value, qs_host_tensor_unref);
  g_ptr_array_unref (tensor->consumers);
  g_free (tensor);
}

static void
origin_free (gpointer data)
{
  QsOrigin *origin = data;

  g_free (origin->op_type);
  g_free (origin->name);
  g_free (origin);
}

static void
layer_free (gpointer data)
{
  QsLayer *layer = data;

  g_free (layer->name);
  g_free (layer->attributes);
  g_ptr_array_unref (layer->inputs);
  g_ptr_array_unref (layer->outputs);
  g_ptr_array_unref (layer->origins);
  g_clear_pointer (&layer->weight_scales, qs_host_tensor_unref);
  g_free (layer);
}

QsNetwork *
qs_network_new (const char *name)
{
  QsNetwork *self = g_new0 (QsNetwork, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->tensors = g_ptr_array_new_with_free_func (tensor_free);
  self->layers = g_ptr_array_new_with_free_func (layer_free);
  self->inputs = g_ptr_array_new ();
  self->outputs = g_ptr_array_new ();
  self->tensor_names = g_hash_table_new (g_str_hash, g_str_equal);
  self->next_numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

QsNetwork *
qs_network_ref (QsNetwork *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_network_unref (QsNetwork *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->tensor_names);
  g_hash_table_unref (self->next_numbers);
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  g_ptr_array_unref (self->layers);
  g_ptr_array_unref (self->tensors);
  g_free (self->name);
  g_free (self);
}

/**
 * qs_network_unique_name:
 *
 * @wanted, or @wanted with a number behind it when a tensor has that name already. The next number
 * is remembered, so that a loop unrolled thousands of times costs no more than different names.
 */
char *
qs_network_unique_name (QsNetwork  *self,
                        const char *wanted)
{
  if (!g_hash_table_contains (self->tensor_names, wanted))
    return g_strdup (wanted);

  for (guint i = MAX (GPOINTER_TO_UINT (g_hash_table_lookup (self->next_numbers, wanted)), 1);; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s_%u", wanted, i);

      if (g_hash_table_contains (self->tensor_names, name))
        continue;

      g_hash_table_insert (self->next_numbers, g_strdup (wanted), GUINT_TO_POINTER (i + 1));
      return g_steal_pointer (&name);
    }
}

/**
 * qs_network_add_tensor:
 * @name: wanted name; made unique
 *
 * An activation tensor of unknown type and shape without a producer yet.
 */
QsTensor *
qs_network_add_tensor (QsNetwork  *self,
                       const char *name)
{
  QsTensor *tensor = g_new0 (QsTensor, 1);

  tensor->id = self->tensors->len;
  tensor->name = qs_network_unique_name (self, name);
  tensor->consumers = g_ptr_array_new ();
  g_ptr_array_add (self->tensors, tensor);
  g_hash_table_insert (self->tensor_names, tensor->name, tensor);
  return tensor;
}

/**
 * qs_network_rename_tensor:
 * @wanted: new name; made unique
 */
void
qs_network_rename_tensor (QsNetwork  *self,
                          QsTensor   *tensor,
                          const char *wanted)
{
  g_autofree char *old = NULL;

  if (tensor->producer != NULL)
    qs_network_touch (self, tensor->producer);
  for (guint i = 0; i < tensor->consumers->len; i++)
    qs_network_touch (self, g_ptr_array_index (tensor->consumers, i));

  old = g_steal_pointer (&tensor->name);
  g_hash_table_remove (self->tensor_names, old);
  tensor->name = qs_network_unique_name (self, wanted);
  g_hash_table_insert (self->tensor_names, tensor->name, tensor);
}

QsTensor *
qs_network_add_input (QsNetwork     *self,
                      const char    *name,
                      QsDataType     type,
                      const QsShape *shape)
{
  QsTensor *tensor = qs_network_add_tensor (self, name);

  tensor->type = type;
  tensor->shape = *shape;
  g_ptr_array_add (self->inputs, tensor);
  return tensor;
}

QsTensor *
qs_network_add_constant (QsNetwork    *self,
                         const char   *name,
                         QsHostTensor *value)
{
  QsTensor *tensor = qs_network_add_tensor (self, name);

  tensor->type = qs_host_tensor_get_data_type (value);
  tensor->shape = *qs_host_tensor_get_shape (value);
  tensor->value = qs_host_tensor_ref (value);
  return tensor;
}

/**
 * qs_network_add_layer:
 * @attributes: copied, `klass->attributes_size` bytes; %NULL when there are none
 * @inputs: (array length=n_inputs): %NULL for an absent optional input
 * @outputs: (array length=n_outputs): tensors without a producer; %NULL for one that is not wanted
 *
 * Adds a layer at the end. The outputs' types and shapes are not inferred here.
 */
QsLayer *
qs_network_add_layer (QsNetwork           *self,
                      const QsLayerClass  *klass,
                      const char          *name,
                      gconstpointer        attributes,
                      QsTensor           **inputs,
                      guint                n_inputs,
                      QsTensor           **outputs,
                      guint                n_outputs)
{
  QsLayer *layer = g_new0 (QsLayer, 1);

  layer->id = self->layers->len;
  layer->name = g_strdup (name);
  layer->klass = klass;
  layer->attributes = klass->attributes_size > 0 && attributes == NULL
                        ? g_malloc0 (klass->attributes_size)
                        : g_memdup2 (attributes, klass->attributes_size);
  layer->inputs = g_ptr_array_new ();
  layer->outputs = g_ptr_array_new ();
  layer->origins = g_ptr_array_new_with_free_func (origin_free);
  g_ptr_array_add (self->layers, layer);
  if (self->log != NULL)
    qs_change_log_created (self->log, layer);

  for (guint i = 0; i < n_inputs; i++)
    qs_network_set_input (self, layer, i, inputs[i]);
  for (guint i = 0; i < n_outputs; i++)
    qs_network_set_output (self, layer, i, outputs[i]);

  return layer;
}

void
qs_network_mark_output (QsNetwork *self,
                        QsTensor  *tensor)
{
  g_ptr_array_add (self->outputs, tensor);
}

QsTensor *
qs_network_find_tensor (QsNetwork  *self,
                        const char *name)
{
  return g_hash_table_lookup (self->tensor_names, name);
}

QsLayer *
qs_network_find_layer (QsNetwork  *self,
                       const char *name)
{
  for (guint i = 0; i < self->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, i);

      if (strcmp (layer->name, name) == 0)
        return layer;
    }

  return NULL;
}

/**
 * qs_network_touch:
 *
 * To be called before a layer's name, class or precision is changed directly, so that the journal
 * knows what it was.
 */
void
qs_network_touch (QsNetwork *self,
                  QsLayer   *layer)
{
  if (self->log != NULL)
    qs_change_log_touch (self->log, layer);
}

/**
 * qs_network_set_input:
 * @index: position; the array grows as needed
 * @tensor: (nullable): the new input, %NULL for absent
 */
void
qs_network_set_input (QsNetwork *self,
                      QsLayer   *layer,
                      guint      index,
                      QsTensor  *tensor)
{
  QsTensor *old;

  qs_network_touch (self, layer);
  if (index >= layer->inputs->len)
    g_ptr_array_set_size (layer->inputs, (int) index + 1);

  old = g_ptr_array_index (layer->inputs, index);
  if (old != NULL)
    g_ptr_array_remove (old->consumers, layer);

  g_ptr_array_index (layer->inputs, index) = tensor;
  if (tensor != NULL)
    g_ptr_array_add (tensor->consumers, layer);
}

/**
 * qs_network_set_output:
 * @tensor: (nullable): a tensor, which gets @layer as its producer in place of any other
 */
void
qs_network_set_output (QsNetwork *self,
                       QsLayer   *layer,
                       guint      index,
                       QsTensor  *tensor)
{
  QsTensor *old;

  qs_network_touch (self, layer);
  if (tensor != NULL && tensor->producer != NULL)
    qs_network_touch (self, tensor->producer);
  if (index >= layer->outputs->len)
    g_ptr_array_set_size (layer->outputs, (int) index + 1);

  old = g_ptr_array_index (layer->outputs, index);
  if (old != NULL && old->producer == layer)
    old->producer = NULL;

  if (tensor != NULL && tensor->producer != NULL && tensor->producer != layer)
    {
      guint position;

      if (g_ptr_array_find (tensor->producer->outputs, tensor, &position))
        g_ptr_array_index (tensor->producer->outputs, position) = NULL;
    }

  g_ptr_array_index (layer->outputs, index) = tensor;
  if (tensor != NULL)
    tensor->producer = layer;
}

/**
 * qs_network_replace_uses:
 *
 * Lets every layer that reads @tensor read @replacement instead; a network output moves as well.
 */
void
qs_network_replace_uses (QsNetwork *self,
                         QsTensor  *tensor,
                         QsTensor  *replacement)
{
  guint position;

  while (tensor->consumers->len > 0)
    {
      QsLayer *layer = g_ptr_array_index (tensor->consumers, 0);

      for (guint i = 0; i < layer->inputs->len; i++)
        if (g_ptr_array_index (layer->inputs, i) == tensor)
          qs_network_set_input (self, layer, i, replacement);
    }

  while (g_ptr_array_find (self->outputs, tensor, &position))
    g_ptr_array_index (self->outputs, position) = replacement;
}

static void
drop_input (QsLayer *layer,
            guint    index)
{
  QsTensor *tensor = g_ptr_array_index (layer->inputs, index);

  if (tensor != NULL)
    g_ptr_array_remove (tensor->consumers, layer);
  g_ptr_array_index (layer->inputs, index) = NULL;
}

static void
drop_output (QsLayer *layer,
             guint    index)
{
  QsTensor *tensor = g_ptr_array_index (layer->outputs, index);

  if (tensor != NULL && tensor->producer == layer)
    tensor->producer = NULL;
  g_ptr_array_index (layer->outputs, index) = NULL;
}

/**
 * qs_network_remove_layer:
 *
 * Takes @layer out; its outputs stay without a producer.
 */
void
qs_network_remove_layer (QsNetwork *self,
                         QsLayer   *layer)
{
  if (self->log != NULL)
    qs_change_log_removed (self->log, layer);
  for (guint i = 0; i < layer->inputs->len; i++)
    drop_input (layer, i);
  for (guint i = 0; i < layer->outputs->len; i++)
    drop_output (layer, i);

  /* From the end: the importer takes away what it has just added, thousands of times. */
  for (guint i = self->layers->len; i > 0; i--)
    if (g_ptr_array_index (self->layers, i - 1) == layer)
      {
        g_ptr_array_remove_index (self->layers, i - 1);
        return;
      }
}

gboolean
qs_network_is_output (QsNetwork      *self,
                      const QsTensor *tensor)
{
  return g_ptr_array_find (self->outputs, tensor, NULL);
}

static gboolean
layer_is_needed (QsNetwork *self,
                 QsLayer   *layer)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->outputs, i);

      if (tensor != NULL && (tensor->consumers->len > 0 || qs_network_is_output (self, tensor)))
        return TRUE;
    }

  return FALSE;
}

static void
renumber (QsNetwork *self)
{
  for (guint i = 0; i < self->tensors->len; i++)
    ((QsTensor *) g_ptr_array_index (self->tensors, i))->id = i;
  for (guint i = 0; i < self->layers->len; i++)
    ((QsLayer *) g_ptr_array_index (self->layers, i))->id = i;
}

/**
 * qs_network_remove_dead:
 *
 * Removes layers whose outputs nobody reads, and tensors that nothing writes or reads.
 *
 * Returns: how many layers went
 */
guint
qs_network_remove_dead (QsNetwork *self)
{
  guint before = self->layers->len;
  guint kept = 0;

  /* Layers are in topological order, so one walk from the end sees every consumer first. */
  for (guint i = self->layers->len; i > 0; i--)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, i - 1);

      if (!layer_is_needed (self, layer))
        qs_network_remove_layer (self, layer);
    }

  g_ptr_array_set_free_func (self->tensors, NULL);
  for (guint i = 0; i < self->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (self->tensors, i);

      if (tensor->producer != NULL || tensor->consumers->len > 0 ||
          qs_network_is_output (self, tensor) || g_ptr_array_find (self->inputs, tensor, NULL))
        {
          g_ptr_array_index (self->tensors, kept++) = tensor;
          continue;
        }

      g_hash_table_remove (self->tensor_names, tensor->name);
      tensor_free (tensor);
    }
  g_ptr_array_set_size (self->tensors, (int) kept);
  g_ptr_array_set_free_func (self->tensors, tensor_free);

  renumber (self);
  return before - self->layers->len;
}

static guint
count_pending_inputs (const QsLayer *layer)
{
  guint n = 0;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      n += tensor != NULL && tensor->producer != NULL;
    }

  return n;
}

/* Layers that become ready are taken in their old order, so a sorted network keeps its order. */
static gint
compare_ids (gconstpointer a,
             gconstpointer b,
             gpointer      user_data)
{
  guint ia = ((const QsLayer *) a)->id;
  guint ib = ((const QsLayer *) b)->id;

  return ia < ib ? -1 : ia > ib;
}

/**
 * qs_network_sort:
 *
 * Puts the layers into topological order, stable against the order they had, and renumbers layers
 * and tensors.
 *
 * Errors: %QS_ERROR_MALFORMED when the graph has a cycle, naming a layer in it.
 */
gboolean
qs_network_sort (QsNetwork *self,
                 GError   **error)
{
  g_autofree guint *pending = NULL;
  g_autoptr (GSequence) ready = g_sequence_new (NULL);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  guint n = self->layers->len;

  renumber (self);
  pending = g_new0 (guint, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, i);

      pending[i] = count_pending_inputs (layer);
      if (pending[i] == 0)
        g_sequence_insert_sorted (ready, layer, compare_ids, NULL);
    }

  while (!g_sequence_is_empty (ready))
    {
      GSequenceIter *first = g_sequence_get_begin_iter (ready);
      QsLayer *layer = g_sequence_get (first);

      g_sequence_remove (first);
      g_ptr_array_add (sorted, layer);

      for (guint i = 0; i < layer->outputs->len; i++)
        {
          QsTensor *tensor = g_ptr_array_index (layer->outputs, i);

          for (guint k = 0; tensor != NULL && k < tensor->consumers->len; k++)
            {
              QsLayer *consumer = g_ptr_array_index (tensor->consumers, k);

              if (--pending[consumer->id] == 0)
                g_sequence_insert_sorted (ready, consumer, compare_ids, NULL);
            }
        }
    }

  if (sorted->len < n)
    {
      for (guint i = 0; i < n; i++)
        if (pending[i] > 0)
          {
            QsLayer *layer = g_ptr_array_index (self->layers, i);

            g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                         "the graph has a cycle through %s %s", layer->klass->name, layer->name);
            return FALSE;
          }
    }

  for (guint i = 0; i < n; i++)
    g_ptr_array_index (self->layers, i) = g_ptr_array_index (sorted, i);
  renumber (self);
  return TRUE;
}

/**
 * qs_network_infer:
 *
 * Infers types and shapes of all tensors anew, in order. The first error has the layer in front.
 */
gboolean
qs_network_infer (QsNetwork *self,
                  GError   **error)
{
  for (guint i = 0; i < self->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, i);

      if (layer->klass->infer != NULL && !layer->klass->infer (layer, error))
        {
          g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
check_failed (GError     **error,
              const char  *what,
              const char  *name)
{
  g_set_error (error, QS_ERROR, QS_ERROR_FAILED, "the network is inconsistent: %s “%s”", what, name);
  return FALSE;
}

static gboolean
check_layer (QsLayer *layer,
             GError **error)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (tensor == NULL)
        continue;
      if (!g_ptr_array_find (tensor->consumers, layer, NULL))
        return check_failed (error, "a reader is not listed at tensor", tensor->name);
      if (tensor->producer != NULL && tensor->producer->id >= layer->id)
        return check_failed (error, "a layer comes before the producer of its input", layer->name);
    }

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->outputs, i);

      if (tensor != NULL && tensor->producer != layer)
        return check_failed (error, "a writer is not listed at tensor", tensor->name);
    }

  return TRUE;
}

/**
 * qs_network_check:
 *
 * Verifies the invariants that passes must keep: producers and consumers agree with the layers'
 * lists, layers are in order, every tensor that is read is written, and shapes are known.
 */
gboolean
qs_network_check (QsNetwork *self,
                  GError   **error)
{
  for (guint i = 0; i < self->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, i);

      if (layer->id != i)
        return check_failed (error, "a layer has a stale number", layer->name);
      if (!check_layer (layer, error))
        return FALSE;
    }

  for (guint i = 0; i < self->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (self->tensors, i);
      gboolean is_input = g_ptr_array_find (self->inputs, tensor, NULL);

      if (tensor->id != i)
        return check_failed (error, "a tensor has a stale number", tensor->name);
      if ((tensor->consumers->len > 0 || qs_network_is_output (self, tensor)) &&
          tensor->producer == NULL && tensor->value == NULL && !is_input)
        return check_failed (error, "nothing writes tensor", tensor->name);
      if (!qs_shape_is_known (&tensor->shape))
        return check_failed (error, "the shape is not known of tensor", tensor->name);
    }

  return TRUE;
}

static QsTensor *
copied (GHashTable *map,
        QsTensor   *tensor)
{
  return tensor != NULL ? g_hash_table_lookup (map, tensor) : NULL;
}

static void
copy_layer (QsNetwork  *copy,
            QsLayer    *layer,
            GHashTable *map)
{
  QsLayer *twin = qs_network_add_layer (copy, layer->klass, layer->name, layer->attributes,
                                        NULL, 0, NULL, 0);

  for (guint i = 0; i < layer->inputs->len; i++)
    qs_network_set_input (copy, twin, i, copied (map, g_ptr_array_index (layer->inputs, i)));
  for (guint i = 0; i < layer->outputs->len; i++)
    qs_network_set_output (copy, twin, i, copied (map, g_ptr_array_index (layer->outputs, i)));
  for (guint i = 0; i < layer->origins->len; i++)
    {
      QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      qs_layer_add_origin (twin, origin->op_type, origin->name);
    }

  twin->activation = layer->activation;
  twin->precision = layer->precision;
  twin->stands_alone = layer->stands_alone;
  if (layer->weight_scales != NULL)
    twin->weight_scales = qs_host_tensor_ref (layer->weight_scales);
}

/**
 * qs_network_copy:
 *
 * A network of its own with the same structure; constants' contents are shared.
 */
QsNetwork *
qs_network_copy (QsNetwork *self)
{
  QsNetwork *copy = qs_network_new (self->name);
  g_autoptr (GHashTable) map = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (self->tensors, i);
      QsTensor *twin = qs_network_add_tensor (copy, tensor->name);

      twin->type = tensor->type;
      twin->shape = tensor->shape;
      twin->value = tensor->value != NULL ? qs_host_tensor_ref (tensor->value) : NULL;
      twin->scale = tensor->scale;
      twin->format = tensor->format;
      twin->range_name = g_strdup (tensor->range_name);
      g_hash_table_insert (map, tensor, twin);
    }

  for (guint i = 0; i < self->layers->len; i++)
    copy_layer (copy, g_ptr_array_index (self->layers, i), map);
  for (guint i = 0; i < self->inputs->len; i++)
    g_ptr_array_add (copy->inputs, copied (map, g_ptr_array_index (self->inputs, i)));
  for (guint i = 0; i < self->outputs->len; i++)
    g_ptr_array_add (copy->outputs, copied (map, g_ptr_array_index (self->outputs, i)));

  return copy;
}
