/* SPDX-License-Identifier: MIT */
#include "qs-trex-graph.h"

#include <string.h>

static void
tensor_free (gpointer data)
{
  QsTrexTensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->format);
  g_free (tensor);
}

static void
property_free (gpointer data)
{
  QsTrexProperty *property = data;

  g_free (property->name);
  g_free (property->value);
  g_free (property);
}

static void
layer_free (gpointer data)
{
  QsTrexLayer *layer = data;

  g_free (layer->name);
  g_free (layer->type);
  g_ptr_array_unref (layer->inputs);
  g_ptr_array_unref (layer->outputs);
  g_ptr_array_unref (layer->properties);
  g_free (layer);
}

QsTrexTensor *
qs_trex_tensor_new (void)
{
  return g_new0 (QsTrexTensor, 1);
}

/**
 * qs_trex_graph_add_layer:
 *
 * Returns: (transfer none): a new last layer without anything in it
 */
QsTrexLayer *
qs_trex_graph_add_layer (QsTrexGraph *self)
{
  QsTrexLayer *layer = g_new0 (QsTrexLayer, 1);

  layer->inputs = g_ptr_array_new_with_free_func (tensor_free);
  layer->outputs = g_ptr_array_new_with_free_func (tensor_free);
  layer->properties = g_ptr_array_new_with_free_func (property_free);
  layer->ms = -1.0;
  g_ptr_array_add (self->layers, layer);
  return layer;
}

QsTrexGraph *
qs_trex_graph_new (const char *name)
{
  QsTrexGraph *self = g_new0 (QsTrexGraph, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->layers = g_ptr_array_new_with_free_func (layer_free);
  self->bindings = g_ptr_array_new_with_free_func (g_free);
  return self;
}

QsTrexGraph *
qs_trex_graph_ref (QsTrexGraph *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_trex_graph_unref (QsTrexGraph *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->layers);
  g_ptr_array_unref (self->bindings);
  g_free (self->name);
  g_free (self);
}

const char *
qs_trex_layer_get_property (const QsTrexLayer *self,
                            const char        *name)
{
  for (guint i = 0; i < self->properties->len; i++)
    {
      const QsTrexProperty *property = g_ptr_array_index (self->properties, i);

      if (strcmp (property->name, name) == 0)
        return property->value;
    }

  return NULL;
}

/**
 * qs_trex_layer_computes:
 *
 * Whether it is more than a copy: a Reformat changes type or layout, a NoOp not even that.
 */
gboolean
qs_trex_layer_computes (const QsTrexLayer *self)
{
  return strcmp (self->type, "Reformat") != 0 && strcmp (self->type, "NoOp") != 0;
}

/**
 * qs_trex_graph_count:
 *
 * Layers that compute in @precision.
 */
guint
qs_trex_graph_count (QsTrexGraph *self,
                     QsPrecision  precision)
{
  guint n = 0;

  for (guint i = 0; i < self->layers->len; i++)
    {
      const QsTrexLayer *layer = g_ptr_array_index (self->layers, i);

      n += layer->precision == precision && qs_trex_layer_computes (layer);
    }

  return n;
}
