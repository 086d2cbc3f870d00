/* SPDX-License-Identifier: MIT */
#include "qs-onnx-editor.h"

#include "core/qs-error.h"
#include "qs-onnx-private.h"

/* Initializers need not be inputs from this version of the format on. */
#define OLDEST_WRITTEN_IR_VERSION 4

/*
 * Messages are shallow copies of the model's: whatever is not changed points into them. All new
 * strings live in one chunk, all new memory in one list.
 */
struct _QsOnnxEditor
{
  QsModel *model;
  Onnx__NodeProto **nodes;   /* those of the model, changed ones replaced by copies */
  GPtrArray **inserted;      /* by position: Onnx__NodeProto in front of it; NULL for none */
  GPtrArray *initializers;   /* new ones */
  GHashTable *values;        /* set of names */
  GStringChunk *strings;
  GPtrArray *memory;         /* freed with g_free () */
  GPtrArray *tensors;        /* QsHostTensor that initializers share bytes with */
};

static guint
count_nodes (QsOnnxEditor *self)
{
  return (guint) qs_model_get_proto (self->model)->graph->n_node;
}

static void
add_value (QsOnnxEditor *self,
           const char   *name)
{
  if (name != NULL && name[0] != '\0')
    g_hash_table_add (self->values, g_string_chunk_insert_const (self->strings, name));
}

static void
find_values (QsOnnxEditor *self)
{
  const Onnx__GraphProto *graph = qs_model_get_proto (self->model)->graph;

  for (gsize i = 0; i < graph->n_input; i++)
    add_value (self, graph->input[i]->name);
  for (gsize i = 0; i < graph->n_initializer; i++)
    add_value (self, graph->initializer[i]->name);
  for (gsize i = 0; i < graph->n_node; i++)
    for (gsize k = 0; k < graph->node[i]->n_output; k++)
      add_value (self, graph->node[i]->output[k]);
}

QsOnnxEditor *
qs_onnx_editor_new (QsModel *model)
{
  QsOnnxEditor *self = g_new0 (QsOnnxEditor, 1);
  const Onnx__GraphProto *graph = qs_model_get_proto (model)->graph;

  self->model = qs_model_ref (model);
  self->nodes = g_memdup2 (graph->node, graph->n_node * sizeof *graph->node);
  self->inserted = g_new0 (GPtrArray *, graph->n_node + 1);
  self->initializers = g_ptr_array_new ();
  self->values = g_hash_table_new (g_str_hash, g_str_equal);
  self->strings = g_string_chunk_new (4096);
  self->memory = g_ptr_array_new_with_free_func (g_free);
  self->tensors = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  find_values (self);
  return self;
}

void
qs_onnx_editor_free (QsOnnxEditor *self)
{
  for (guint i = 0; i <= count_nodes (self); i++)
    g_clear_pointer (&self->inserted[i], g_ptr_array_unref);
  g_free (self->inserted);
  g_free (self->nodes);
  g_ptr_array_unref (self->initializers);
  g_hash_table_unref (self->values);
  g_string_chunk_free (self->strings);
  g_ptr_array_unref (self->memory);
  g_ptr_array_unref (self->tensors);
  qs_model_unref (self->model);
  g_free (self);
}

/* Memory that lives as long as the editor. */
static gpointer
own (QsOnnxEditor *self,
     gpointer      memory)
{
  g_ptr_array_add (self->memory, memory);
  return memory;
}

static char *
own_text (QsOnnxEditor *self,
          const char   *text)
{
  return g_string_chunk_insert_const (self->strings, text);
}

gboolean
qs_onnx_editor_has_value (QsOnnxEditor *self,
                          const char   *name)
{
  return g_hash_table_contains (self->values, name);
}

char *
qs_onnx_editor_unique_name (QsOnnxEditor *self,
                            const char   *wanted)
{
  g_autofree char *name = g_strdup (wanted);

  for (guint i = 1; qs_onnx_editor_has_value (self, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", wanted, i);
    }

  return g_steal_pointer (&name);
}

/* @proto: names and the like are there; type, dimensions and bytes become those of @value. */
static void
fill_tensor (QsOnnxEditor      *self,
             Onnx__TensorProto *proto,
             QsHostTensor      *value)
{
  const QsShape *shape = qs_host_tensor_get_shape (value);

  proto->n_dims = (gsize) shape->n_dims;
  proto->dims = own (self, g_memdup2 (shape->dims, sizeof *shape->dims * (gsize) shape->n_dims));
  proto->has_data_type = TRUE;
  proto->data_type = (gint32) qs_host_tensor_get_data_type (value);
  proto->has_raw_data = TRUE;
  proto->raw_data.len = qs_host_tensor_get_size (value);
  proto->raw_data.data = (guint8 *) qs_host_tensor_get_data (value);
  g_ptr_array_add (self->tensors, qs_host_tensor_ref (value));
}

void
qs_onnx_editor_add_initializer (QsOnnxEditor *self,
                                const char   *name,
                                QsHostTensor *value)
{
  Onnx__TensorProto *proto = own (self, g_new (Onnx__TensorProto, 1));

  onnx__tensor_proto__init (proto);
  proto->name = own_text (self, name);
  fill_tensor (self, proto, value);
  g_ptr_array_add (self->initializers, proto);
  add_value (self, name);
}

static void
add_axis (QsOnnxEditor    *self,
          Onnx__NodeProto *node,
          int              axis)
{
  Onnx__AttributeProto *attribute = own (self, g_new (Onnx__AttributeProto, 1));

  onnx__attribute_proto__init (attribute);
  attribute->name = own_text (self, "axis");
  attribute->has_type = TRUE;
  attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
  attribute->has_i = TRUE;
  attribute->i = axis;
  node->n_attribute = 1;
  node->attribute = own (self, g_new (Onnx__AttributeProto *, 1));
  node->attribute[0] = attribute;
}

void
qs_onnx_editor_insert_node (QsOnnxEditor      *self,
                            guint              before,
                            const char        *op_type,
                            const char        *name,
                            const char *const *inputs,
                            const char        *output,
                            int                axis)
{
  Onnx__NodeProto *node = own (self, g_new (Onnx__NodeProto, 1));
  guint n_inputs = g_strv_length ((char **) inputs);

  onnx__node_proto__init (node);
  node->op_type = own_text (self, op_type);
  node->name = own_text (self, name);
  node->n_input = n_inputs;
  node->input = own (self, g_new (char *, n_inputs));
  for (guint i = 0; i < n_inputs; i++)
    node->input[i] = own_text (self, inputs[i]);
  node->n_output = 1;
  node->output = own (self, g_new (char *, 1));
  node->output[0] = own_text (self, output);
  if (axis >= 0)
    add_axis (self, node, axis);

  if (self->inserted[before] == NULL)
    self->inserted[before] = g_ptr_array_new ();
  g_ptr_array_add (self->inserted[before], node);
  add_value (self, output);
}

const char *
qs_onnx_editor_get_input (QsOnnxEditor *self,
                          guint         node,
                          guint         index)
{
  return index < self->nodes[node]->n_input ? self->nodes[node]->input[index] : NULL;
}

/* A node of one's own in place of the model's. */
static Onnx__NodeProto *
change_node (QsOnnxEditor *self,
             guint         node)
{
  Onnx__NodeProto *old = self->nodes[node];
  Onnx__NodeProto *copy;

  if (old != qs_model_get_proto (self->model)->graph->node[node])
    return old;

  copy = own (self, g_memdup2 (old, sizeof *old));
  copy->input = own (self, g_memdup2 (old->input, old->n_input * sizeof *old->input));
  copy->output = own (self, g_memdup2 (old->output, old->n_output * sizeof *old->output));
  self->nodes[node] = copy;
  return copy;
}

void
qs_onnx_editor_set_input (QsOnnxEditor *self,
                          guint         node,
                          guint         index,
                          const char   *name)
{
  change_node (self, node)->input[index] = own_text (self, name);
}

void
qs_onnx_editor_set_output (QsOnnxEditor *self,
                           guint         node,
                           guint         index,
                           const char   *name)
{
  change_node (self, node)->output[index] = own_text (self, name);
  add_value (self, name);
}

static Onnx__NodeProto **
join_nodes (QsOnnxEditor *self,
            gsize        *n)
{
  g_autoptr (GPtrArray) joined = g_ptr_array_new ();

  for (guint i = 0; i <= count_nodes (self); i++)
    {
      for (guint k = 0; self->inserted[i] != NULL && k < self->inserted[i]->len; k++)
        g_ptr_array_add (joined, g_ptr_array_index (self->inserted[i], k));
      if (i < count_nodes (self))
        g_ptr_array_add (joined, self->nodes[i]);
    }

  *n = joined->len;
  return own (self, g_memdup2 (joined->pdata, joined->len * sizeof (gpointer)));
}

/* The new file may lie anywhere, so it must not refer to files beside the model. */
static Onnx__TensorProto *
take_in (QsOnnxEditor      *self,
         Onnx__TensorProto *old,
         QsHostTensor      *value)
{
  Onnx__TensorProto *copy = own (self, g_new (Onnx__TensorProto, 1));

  onnx__tensor_proto__init (copy);
  copy->name = old->name;
  copy->doc_string = old->doc_string;
  fill_tensor (self, copy, value);
  return copy;
}

static Onnx__TensorProto **
join_initializers (QsOnnxEditor *self,
                   gsize        *n)
{
  const Onnx__GraphProto *graph = qs_model_get_proto (self->model)->graph;
  g_autoptr (GPtrArray) joined = g_ptr_array_new ();

  for (guint i = 0; i < graph->n_initializer; i++)
    {
      Onnx__TensorProto *old = graph->initializer[i];
      gboolean outside = old->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;

      g_ptr_array_add (joined,
                       outside ? take_in (self, old,
                                          qs_model_get_initializer (self->model, i, NULL))
                               : old);
    }
  g_ptr_array_extend (joined, self->initializers, NULL, NULL);

  *n = joined->len;
  return own (self, g_memdup2 (joined->pdata, joined->len * sizeof (gpointer)));
}

GBytes *
qs_onnx_editor_write (QsOnnxEditor *self,
                      GError      **error)
{
  Onnx__ModelProto model = *qs_model_get_proto (self->model);
  Onnx__GraphProto graph = *model.graph;
  guint8 *data;
  gsize size;

  graph.node = join_nodes (self, &graph.n_node);
  graph.initializer = join_initializers (self, &graph.n_initializer);
  model.graph = &graph;
  model.has_ir_version = TRUE;
  model.ir_version = MAX (model.ir_version, OLDEST_WRITTEN_IR_VERSION);

  size = onnx__model_proto__get_packed_size (&model);
  data = size <= G_MAXINT32 ? g_try_malloc (size) : NULL;
  if (data == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "the model would have %" G_GSIZE_FORMAT " bytes, more than an ONNX file without "
                   "external data or this machine's memory can hold", size);
      return NULL;
    }

  onnx__model_proto__pack (&model, data);
  return g_bytes_new_take (data, size);
}
