/* SPDX-License-Identifier: MIT */
#include "qs-layer-item.h"

#include <string.h>

struct _QsLayerItem
{
  GObject parent_instance;

  QsNetwork *network;
  QsLayer *layer;
  gboolean is_built;
};

G_DEFINE_FINAL_TYPE (QsLayerItem, qs_layer_item, G_TYPE_OBJECT)

static void
qs_layer_item_finalize (GObject *object)
{
  QsLayerItem *self = QS_LAYER_ITEM (object);

  g_clear_pointer (&self->network, qs_network_unref);

  G_OBJECT_CLASS (qs_layer_item_parent_class)->finalize (object);
}

static void
qs_layer_item_class_init (QsLayerItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_layer_item_finalize;
}

static void
qs_layer_item_init (QsLayerItem *self)
{
}

QsLayerItem *
qs_layer_item_new (QsNetwork *network,
                   QsLayer   *layer,
                   gboolean   is_built)
{
  QsLayerItem *self = g_object_new (QS_TYPE_LAYER_ITEM, NULL);

  self->network = qs_network_ref (network);
  self->layer = layer;
  self->is_built = is_built;
  return self;
}

QsLayer *
qs_layer_item_get_layer (QsLayerItem *self)
{
  return self->layer;
}

gboolean
qs_layer_item_has_precision (QsLayerItem *self)
{
  return self->is_built && self->layer->klass->kind != QS_LAYER_REFORMAT;
}

static gboolean
contains (const char *text,
          const char *needle)
{
  g_autofree char *folded = text == NULL ? NULL : g_utf8_casefold (text, -1);

  return folded != NULL && strstr (folded, needle) != NULL;
}

gboolean
qs_layer_item_matches (QsLayerItem *self,
                       const char  *needle)
{
  if (contains (self->layer->name, needle) || contains (self->layer->klass->name, needle))
    return TRUE;

  for (guint i = 0; i < self->layer->origins->len; i++)
    {
      QsOrigin *origin = g_ptr_array_index (self->layer->origins, i);

      if (contains (origin->name, needle) || contains (origin->op_type, needle))
        return TRUE;
    }

  return FALSE;
}
