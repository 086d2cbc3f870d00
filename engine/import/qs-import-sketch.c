/* SPDX-License-Identifier: MIT */
#include "qs-import-sketch.h"

#include "core/qs-error.h"

/* A layer of a sketch has its node's name and operator and nothing else: no attributes, no shapes. */
static gboolean
infer (QsLayer *layer,
       GError **error)
{
  return TRUE;
}

static const QsLayerClass node_class = {
  .kind = QS_LAYER_OTHER,
  .name = "Node",
  .placement = QS_PLACEMENT_FLOAT,
  .infer = infer,
};

static const QsLayerClass refused_class = {
  .kind = QS_LAYER_REFUSED,
  .name = "Refused",
  .placement = QS_PLACEMENT_FLOAT,
  .infer = infer,
};

typedef struct
{
  QsNetwork *network;
  GHashTable *values; /* ONNX value to QsTensor; constants are left out */
  GHashTable *names;  /* layer names in use */
} Sketch;

static QsTensor *
add_tensor (Sketch     *self,
            const char *value)
{
  QsTensor *tensor = qs_network_add_tensor (self->network, value);

  tensor->type = QS_DATA_TYPE_FLOAT;
  tensor->shape = (QsShape) { .n_dims = 1, .dims = { -1 } };
  g_hash_table_insert (self->values, (gpointer) value, tensor);
  return tensor;
}

static void
add_inputs (Sketch  *self,
            QsModel *model)
{
  g_autoptr (GHashTable) constants = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < qs_model_get_n_initializers (model); i++)
    {
      const char *name;

      qs_model_get_initializer (model, i, &name);
      g_hash_table_add (constants, (gpointer) name);
    }

  for (guint i = 0; i < qs_model_get_n_inputs (model); i++)
    {
      const QsModelValue *input = qs_model_get_input (model, i);

      if (!g_hash_table_contains (constants, input->name))
        g_hash_table_insert (self->values, input->name,
                             qs_network_add_input (self->network, input->name, input->type,
                                                   &input->shape));
    }
}

static void
collect_inputs (Sketch           *self,
                const QsOnnxNode *node,
                GPtrArray        *inputs)
{
  for (guint i = 0; i < qs_onnx_node_get_n_inputs (node); i++)
    {
      const char *value = qs_onnx_node_get_input (node, i);
      QsTensor *tensor = value != NULL ? g_hash_table_lookup (self->values, value) : NULL;

      if (tensor != NULL)
        g_ptr_array_add (inputs, tensor);
    }
}

static void
collect_outputs (Sketch           *self,
                 const QsOnnxNode *node,
                 GPtrArray        *outputs)
{
  for (guint i = 0; i < qs_onnx_node_get_n_outputs (node); i++)
    {
      const char *value = qs_onnx_node_get_output (node, i);

      if (value != NULL && !g_hash_table_contains (self->values, value))
        g_ptr_array_add (outputs, add_tensor (self, value));
    }
}

static char *
name_layer (Sketch              *self,
            const QsNodeVerdict *verdict,
            guint                index)
{
  char *name = g_strdup (verdict->name);

  if (!g_hash_table_contains (self->names, name))
    return name;

  g_free (name);
  return g_strdup_printf ("%s #%u", verdict->name, index);
}

static void
add_node (Sketch           *self,
          const QsOnnxNode *node,
          QsNodeVerdict    *verdict,
          guint             index)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  char *name = name_layer (self, verdict, index);
  QsLayer *layer;

  collect_inputs (self, node, inputs);
  collect_outputs (self, node, outputs);
  layer = qs_network_add_layer (self->network,
                                verdict->verdict == QS_VERDICT_REFUSED ? &refused_class : &node_class,
                                name, NULL, (QsTensor **) inputs->pdata, inputs->len,
                                (QsTensor **) outputs->pdata, outputs->len);
  qs_layer_add_origin (layer, verdict->op_type, verdict->name);
  g_hash_table_add (self->names, name);
  g_ptr_array_set_size (verdict->layers, 0);
  g_ptr_array_add (verdict->layers, g_strdup (name));
}

static void
mark_outputs (Sketch  *self,
              QsModel *model)
{
  for (guint i = 0; i < qs_model_get_n_outputs (model); i++)
    {
      QsTensor *tensor = g_hash_table_lookup (self->values, qs_model_get_output (model, i)->name);

      if (tensor != NULL && tensor->producer != NULL)
        qs_network_mark_output (self->network, tensor);
    }
}

QsNetwork *
qs_import_make_sketch (QsModel   *model,
                       GPtrArray *verdicts)
{
  Sketch sketch = {
    .network = qs_network_new (qs_model_get_name (model)),
    .values = g_hash_table_new (g_str_hash, g_str_equal),
    .names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };

  add_inputs (&sketch, model);
  for (guint i = 0; i < verdicts->len; i++)
    {
      /* Nodes come in the order of the file, which ONNX wants to be one of computation; one that
       * comes too early is drawn without the edge. */
      add_node (&sketch, qs_model_get_node (model, i), g_ptr_array_index (verdicts, i), i);
    }
  mark_outputs (&sketch, model);

  g_hash_table_unref (sketch.values);
  g_hash_table_unref (sketch.names);
  if (!qs_network_sort (sketch.network, NULL))
    g_clear_pointer (&sketch.network, qs_network_unref);
  return sketch.network;
}
