/* SPDX-License-Identifier: MIT */
#include "qs-tensor-model.h"

#include "builder/qs-scale-groups.h"

struct _QsTensorModel
{
  GObject parent_instance;

  QsNetwork *network;
  QsHistogramSet *histograms;
  GPtrArray *sources;
  QsFindingStore *findings;
  QsScaleGroups *groups;
  GPtrArray *tensors; /* (element-type QsTensor): the rows */
  GPtrArray *items;   /* (element-type QsTensorItem): NULL until asked for */
};

static guint
tensor_model_get_n_items (GListModel *model)
{
  return QS_TENSOR_MODEL (model)->tensors->len;
}

static GType
tensor_model_get_item_type (GListModel *model)
{
  return QS_TYPE_TENSOR_ITEM;
}

/* The other members of its group, with commas between them. */
static char *
describe_group (const QsScaleGroup *group,
                const QsTensor     *tensor)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; group != NULL && i < group->tensors->len; i++)
    if (g_ptr_array_index (group->tensors, i) != tensor)
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "",
                              ((QsTensor *) g_ptr_array_index (group->tensors, i))->name);

  return g_string_free (text, FALSE);
}

static QsTensorItem *
tensor_model_new_item (QsTensorModel *self,
                       QsTensor      *tensor)
{
  QsTensorItem *item = qs_tensor_item_new (self->network, tensor, self->histograms, self->sources,
                                           self->findings);
  g_autofree char *group =
    describe_group (qs_scale_groups_lookup (self->groups, tensor->name), tensor);

  qs_tensor_item_set_group (item, group);
  return item;
}

static gpointer
tensor_model_get_item (GListModel *model,
                       guint       position)
{
  QsTensorModel *self = QS_TENSOR_MODEL (model);

  if (position >= self->tensors->len)
    return NULL;

  if (self->items->pdata[position] == NULL)
    self->items->pdata[position] = tensor_model_new_item (self, self->tensors->pdata[position]);
  return g_object_ref (self->items->pdata[position]);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_n_items = tensor_model_get_n_items;
  iface->get_item_type = tensor_model_get_item_type;
  iface->get_item = tensor_model_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QsTensorModel, qs_tensor_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
clear_item (gpointer item)
{
  if (item != NULL)
    g_object_unref (item);
}

static void
tensor_model_clear (QsTensorModel *self)
{
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_clear_pointer (&self->tensors, g_ptr_array_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_object (&self->findings);
  g_clear_pointer (&self->groups, qs_scale_groups_unref);
  g_clear_pointer (&self->network, qs_network_unref);
  self->items = g_ptr_array_new_with_free_func (clear_item);
  self->tensors = g_ptr_array_new ();
}

static void
tensor_model_add_layer_outputs (QsTensorModel *self,
                                QsLayer       *layer)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_output (layer, i);

      if (tensor != NULL && qs_tensor_is_activation (tensor))
        g_ptr_array_add (self->tensors, tensor);
    }
}

static void
tensor_model_fill (QsTensorModel *self)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    g_ptr_array_add (self->tensors, g_ptr_array_index (self->network->inputs, i));
  for (guint i = 0; i < self->network->layers->len; i++)
    tensor_model_add_layer_outputs (self, g_ptr_array_index (self->network->layers, i));

  g_ptr_array_set_size (self->items, (int) self->tensors->len);
}

void
qs_tensor_model_set (QsTensorModel  *self,
                     QsNetwork      *network,
                     QsHistogramSet *histograms,
                     GPtrArray      *sources,
                     QsFindingStore *findings)
{
  guint n_old = self->tensors->len;

  tensor_model_clear (self);
  self->sources = g_ptr_array_ref (sources);
  g_set_object (&self->findings, findings);
  if (histograms != NULL)
    self->histograms = qs_histogram_set_ref (histograms);
  if (network != NULL)
    {
      self->network = qs_network_ref (network);
      self->groups = qs_scale_groups_new (network);
      tensor_model_fill (self);
    }

  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_old, self->tensors->len);
}

void
qs_tensor_model_refresh (QsTensorModel *self)
{
  g_list_model_items_changed (G_LIST_MODEL (self), 0, self->tensors->len, self->tensors->len);
}

static void
qs_tensor_model_finalize (GObject *object)
{
  QsTensorModel *self = QS_TENSOR_MODEL (object);

  tensor_model_clear (self);
  g_ptr_array_unref (self->items);
  g_ptr_array_unref (self->tensors);

  G_OBJECT_CLASS (qs_tensor_model_parent_class)->finalize (object);
}

static void
qs_tensor_model_class_init (QsTensorModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_tensor_model_finalize;
}

static void
qs_tensor_model_init (QsTensorModel *self)
{
  tensor_model_clear (self);
}

QsTensorModel *
qs_tensor_model_new (void)
{
  return g_object_new (QS_TYPE_TENSOR_MODEL, NULL);
}
