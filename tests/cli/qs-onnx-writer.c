/* SPDX-License-Identifier: MIT */
#include "qs-onnx-writer.h"

#include <string.h>

static void
put_varint (GByteArray *self,
            guint64     value)
{
  do
    {
      guint8 byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);

      g_byte_array_append (self, &byte, 1);
      value >>= 7;
    }
  while (value != 0);
}

void
qs_wire_put_int (GByteArray *self,
                 guint       field,
                 guint64     value)
{
  put_varint (self, field << 3);
  put_varint (self, value);
}

void
qs_wire_put_bytes (GByteArray    *self,
                   guint          field,
                   gconstpointer  data,
                   gsize          length)
{
  put_varint (self, field << 3 | 2);
  put_varint (self, length);
  g_byte_array_append (self, data, (guint) length);
}

void
qs_wire_put_string (GByteArray *self,
                    guint       field,
                    const char *value)
{
  qs_wire_put_bytes (self, field, value, strlen (value));
}

void
qs_wire_put_message (GByteArray *self,
                     guint       field,
                     GByteArray *message)
{
  qs_wire_put_bytes (self, field, message->data, message->len);
  g_byte_array_unref (message);
}

/* ValueInfoProto { name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim } } } } */
static GByteArray *
make_value (const char *name)
{
  GByteArray *value = g_byte_array_new (), *type = g_byte_array_new ();
  GByteArray *tensor = g_byte_array_new (), *shape = g_byte_array_new ();
  const guint64 dims[] = { 1, 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (dims); i++)
    {
      GByteArray *dim = g_byte_array_new ();

      qs_wire_put_int (dim, 1, dims[i]);
      qs_wire_put_message (shape, 1, dim);
    }
  qs_wire_put_int (tensor, 1, 1); /* FLOAT */
  qs_wire_put_message (tensor, 2, shape);
  qs_wire_put_message (type, 1, tensor);
  qs_wire_put_string (value, 1, name);
  qs_wire_put_message (value, 2, type);
  return value;
}

/* NodeProto { input = 1, output = 2, name = 3, op_type = 4 } */
static GByteArray *
make_node (const char *op_type,
           const char *name)
{
  GByteArray *node = g_byte_array_new ();

  qs_wire_put_string (node, 1, "x");
  qs_wire_put_string (node, 2, "y");
  qs_wire_put_string (node, 3, name);
  qs_wire_put_string (node, 4, op_type);
  return node;
}

/* ModelProto { ir_version = 1, graph = 7, opset_import = 8 { version = 2 } }
 * GraphProto { node = 1, name = 2, input = 11, output = 12 } */
GByteArray *
qs_onnx_write_one_node (const char *op_type,
                        const char *name)
{
  GByteArray *model = g_byte_array_new (), *graph = g_byte_array_new ();
  GByteArray *opset = g_byte_array_new ();

  qs_wire_put_message (graph, 1, make_node (op_type, name));
  qs_wire_put_string (graph, 2, "graph");
  qs_wire_put_message (graph, 11, make_value ("x"));
  qs_wire_put_message (graph, 12, make_value ("y"));
  qs_wire_put_int (opset, 2, 13);

  qs_wire_put_int (model, 1, 7);
  qs_wire_put_message (model, 7, graph);
  qs_wire_put_message (model, 8, opset);
  return model;
}
