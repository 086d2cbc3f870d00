/* SPDX-License-Identifier: MIT */
#include "qs-onnx-private.h"

/* The names that a graph defines, and those of the graphs that it lies in. */
typedef struct _Names Names;
struct _Names
{
  GHashTable *names;
  const Names *outer;
};

typedef struct
{
  GPtrArray *names;
  GHashTable *seen;
} Captured;

static gboolean
is_defined (const Names *names,
            const char  *name)
{
  for (; names != NULL; names = names->outer)
    if (g_hash_table_contains (names->names, name))
      return TRUE;

  return FALSE;
}

static void
capture (Captured    *self,
         const Names *names,
         const char  *name)
{
  if (name != NULL && name[0] != '\0' && !is_defined (names, name) &&
      g_hash_table_add (self->seen, (gpointer) name))
    g_ptr_array_add (self->names, (gpointer) name);
}

static void
define (const Names *names,
        const char  *name)
{
  if (name != NULL)
    g_hash_table_add (names->names, (gpointer) name);
}

static void
define_all (const Names            *names,
            const Onnx__GraphProto *graph)
{
  for (gsize i = 0; i < graph->n_input; i++)
    define (names, graph->input[i]->name);
  for (gsize i = 0; i < graph->n_initializer; i++)
    define (names, graph->initializer[i]->name);
  for (gsize i = 0; i < graph->n_node; i++)
    for (gsize k = 0; k < graph->node[i]->n_output; k++)
      define (names, graph->node[i]->output[k]);
}

static void capture_from_graph (Captured *self, const Onnx__GraphProto *graph, const Names *outer);

static void
capture_from_attributes (Captured              *self,
                         const Onnx__NodeProto *node,
                         const Names           *names)
{
  for (gsize i = 0; i < node->n_attribute; i++)
    {
      if (node->attribute[i]->g != NULL)
        capture_from_graph (self, node->attribute[i]->g, names);
      for (gsize k = 0; k < node->attribute[i]->n_graphs; k++)
        capture_from_graph (self, node->attribute[i]->graphs[k], names);
    }
}

/* The check of the file's messages bounds how deep graphs are nested. */
static void
capture_from_graph (Captured               *self,
                    const Onnx__GraphProto *graph,
                    const Names            *outer)
{
  g_autoptr (GHashTable) defined = g_hash_table_new (g_str_hash, g_str_equal);
  Names names = { defined, outer };

  define_all (&names, graph);
  for (gsize i = 0; i < graph->n_node; i++)
    {
      for (gsize k = 0; k < graph->node[i]->n_input; k++)
        capture (self, &names, graph->node[i]->input[k]);
      capture_from_attributes (self, graph->node[i], &names);
    }
  for (gsize i = 0; i < graph->n_output; i++)
    capture (self, &names, graph->output[i]->name);
}

static gboolean
has_graphs (const Onnx__NodeProto *node)
{
  for (gsize i = 0; i < node->n_attribute; i++)
    if (node->attribute[i]->g != NULL || node->attribute[i]->n_graphs > 0)
      return TRUE;

  return FALSE;
}

GPtrArray *
qs_onnx_node_find_captured (const Onnx__NodeProto *proto)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  Captured self = { names, seen };

  if (!has_graphs (proto))
    return NULL;

  capture_from_attributes (&self, proto, NULL);
  return names->len > 0 ? g_steal_pointer (&names) : NULL;
}
