/* SPDX-License-Identifier: MIT */
#include "qs-onnx-maker.h"

#include <stdarg.h>
#include <string.h>

void
qs_put_varint (QsMessage *self,
               guint64    value)
{
  do
    {
      guint8 byte = value & 0x7f;

      value >>= 7;
      if (value != 0)
        byte |= 0x80;
      g_byte_array_append (self, &byte, 1);
    }
  while (value != 0);
}

void
qs_put_int (QsMessage *self,
            guint      field,
            gint64     value)
{
  qs_put_varint (self, field << 3);
  qs_put_varint (self, (guint64) value);
}

void
qs_put_float (QsMessage *self,
              guint      field,
              float      value)
{
  qs_put_varint (self, field << 3 | 5);
  g_byte_array_append (self, (const guint8 *) &value, sizeof value);
}

void
qs_put_data (QsMessage    *self,
             guint         field,
             gconstpointer data,
             gsize         size)
{
  qs_put_varint (self, field << 3 | 2);
  qs_put_varint (self, size);
  if (size > 0)
    g_byte_array_append (self, data, (guint) size);
}

void
qs_put_text (QsMessage  *self,
             guint       field,
             const char *text)
{
  qs_put_data (self, field, text, strlen (text));
}

void
qs_put_message (QsMessage *self,
                guint      field,
                QsMessage *message)
{
  qs_put_data (self, field, message->data, message->len);
  g_byte_array_unref (message);
}

static QsMessage *
make_shape (const char *dims)
{
  g_auto (GStrv) parts = g_strsplit (dims, "x", -1);
  QsMessage *shape = g_byte_array_new ();

  for (gsize i = 0; dims[0] != '\0' && parts[i] != NULL; i++)
    {
      QsMessage *dim = g_byte_array_new ();

      if (g_ascii_isalpha (parts[i][0]))
        qs_put_text (dim, 2, parts[i]);
      else
        qs_put_int (dim, 1, g_ascii_strtoll (parts[i], NULL, 10));
      qs_put_message (shape, 1, dim);
    }

  return shape;
}

QsMessage *
qs_make_value (const char *name,
               QsDataType  type,
               const char *dims)
{
  QsMessage *value = g_byte_array_new ();
  QsMessage *tensor = g_byte_array_new ();
  QsMessage *kind = g_byte_array_new ();

  qs_put_int (tensor, 1, type);
  qs_put_message (tensor, 2, make_shape (dims));
  qs_put_message (kind, 1, tensor);
  qs_put_text (value, 1, name);
  qs_put_message (value, 2, kind);
  return value;
}

QsMessage *
qs_make_tensor (const char   *name,
                QsDataType    type,
                const char   *dims,
                gconstpointer data,
                gsize         size)
{
  g_auto (GStrv) parts = g_strsplit (dims, "x", -1);
  QsMessage *tensor = g_byte_array_new ();

  for (gsize i = 0; dims[0] != '\0' && parts[i] != NULL; i++)
    qs_put_int (tensor, 1, g_ascii_strtoll (parts[i], NULL, 10));
  qs_put_int (tensor, 2, type);
  qs_put_text (tensor, 8, name);
  qs_put_data (tensor, 9, data, size);
  return tensor;
}

static QsMessage *
make_attribute (const char *name,
                int         type)
{
  QsMessage *attribute = g_byte_array_new ();

  qs_put_text (attribute, 1, name);
  qs_put_int (attribute, 20, type);
  return attribute;
}

QsMessage *
qs_make_int (const char *name,
             gint64      value)
{
  QsMessage *attribute = make_attribute (name, 2);

  qs_put_int (attribute, 3, value);
  return attribute;
}

QsMessage *
qs_make_number (const char *name,
                float       value)
{
  QsMessage *attribute = make_attribute (name, 1);

  qs_put_float (attribute, 2, value);
  return attribute;
}

QsMessage *
qs_make_string (const char *name,
                const char *value)
{
  QsMessage *attribute = make_attribute (name, 3);

  if (value != NULL)
    qs_put_text (attribute, 4, value);
  return attribute;
}

QsMessage *
qs_make_ints (const char *name,
              const char *values)
{
  g_auto (GStrv) parts = g_strsplit (values, " ", -1);
  QsMessage *attribute = make_attribute (name, 7);

  for (gsize i = 0; values[0] != '\0' && parts[i] != NULL; i++)
    qs_put_int (attribute, 8, g_ascii_strtoll (parts[i], NULL, 10));
  return attribute;
}

QsMessage *
qs_make_attribute_tensor (const char *name,
                          QsMessage  *tensor)
{
  QsMessage *attribute = make_attribute (name, 4);

  qs_put_message (attribute, 5, tensor);
  return attribute;
}

static void
put_names (QsMessage  *self,
           guint       field,
           const char *names)
{
  g_auto (GStrv) parts = g_strsplit (names, ",", -1);

  for (gsize i = 0; names[0] != '\0' && parts[i] != NULL; i++)
    qs_put_text (self, field, parts[i]);
}

QsMessage *
qs_make_node (const char *op_type,
              const char *name,
              const char *inputs,
              const char *outputs,
              ...)
{
  QsMessage *node = g_byte_array_new ();
  QsMessage *attribute;
  va_list args;

  put_names (node, 1, inputs);
  put_names (node, 2, outputs);
  qs_put_text (node, 3, name);
  qs_put_text (node, 4, op_type);

  va_start (args, outputs);
  while ((attribute = va_arg (args, QsMessage *)) != NULL)
    qs_put_message (node, 5, attribute);
  va_end (args);

  return node;
}

QsMessage *
qs_make_graph (void)
{
  QsMessage *graph = g_byte_array_new ();

  qs_put_text (graph, 2, "graph");
  return graph;
}

void
qs_graph_add_ints (QsMessage  *graph,
                   const char *name,
                   const char *values)
{
  g_auto (GStrv) parts = g_strsplit (values, " ", -1);
  g_autofree char *dims = NULL;
  gint64 numbers[64];
  guint n = 0;

  for (; values[0] != '\0' && parts[n] != NULL; n++)
    numbers[n] = g_ascii_strtoll (parts[n], NULL, 10);

  dims = g_strdup_printf ("%u", n);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (name, QS_DATA_TYPE_INT64, dims, numbers, n * sizeof (gint64)));
}

void
qs_graph_add_floats (QsMessage   *graph,
                     const char  *name,
                     const char  *dims,
                     const float *values,
                     gsize        n)
{
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (name, QS_DATA_TYPE_FLOAT, dims, values, n * sizeof (float)));
}

GBytes *
qs_make_model (QsMessage *graph,
               int        opset)
{
  QsMessage *model = g_byte_array_new ();
  QsMessage *import = g_byte_array_new ();

  qs_put_int (import, 2, opset);
  qs_put_int (model, 1, 8);
  qs_put_text (model, 2, "test");
  qs_put_message (model, 7, graph);
  qs_put_message (model, 8, import);
  return g_byte_array_free_to_bytes (model);
}
