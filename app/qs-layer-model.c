/* SPDX-License-Identifier: MIT */
#include "qs-layer-model.h"

struct _QsLayerModel
{
  GObject parent_instance;

  QsNetwork *network;
  gboolean is_built;
};

static guint
layer_model_get_n_items (GListModel *model)
{
  QsLayerModel *self = QS_LAYER_MODEL (model);

  return self->network == NULL ? 0 : self->network->layers->len;
}

static GType
layer_model_get_item_type (GListModel *model)
{
  return QS_TYPE_LAYER_ITEM;
}

static gpointer
layer_model_get_item (GListModel *model,
                      guint       position)
{
  QsLayerModel *self = QS_LAYER_MODEL (model);

  if (position >= layer_model_get_n_items (model))
    return NULL;

  return qs_layer_item_new (self->network, g_ptr_array_index (self->network->layers, position),
                            self->is_built);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_n_items = layer_model_get_n_items;
  iface->get_item_type = layer_model_get_item_type;
  iface->get_item = layer_model_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QsLayerModel, qs_layer_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
qs_layer_model_finalize (GObject *object)
{
  QsLayerModel *self = QS_LAYER_MODEL (object);

  g_clear_pointer (&self->network, qs_network_unref);

  G_OBJECT_CLASS (qs_layer_model_parent_class)->finalize (object);
}

static void
qs_layer_model_class_init (QsLayerModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_layer_model_finalize;
}

static void
qs_layer_model_init (QsLayerModel *self)
{
}

QsLayerModel *
qs_layer_model_new (void)
{
  return g_object_new (QS_TYPE_LAYER_MODEL, NULL);
}

void
qs_layer_model_set_network (QsLayerModel *self,
                            QsNetwork    *network,
                            gboolean      is_built)
{
  guint n_old = layer_model_get_n_items (G_LIST_MODEL (self));

  g_clear_pointer (&self->network, qs_network_unref);
  self->network = network == NULL ? NULL : qs_network_ref (network);
  self->is_built = is_built;
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_old,
                              layer_model_get_n_items (G_LIST_MODEL (self)));
}
