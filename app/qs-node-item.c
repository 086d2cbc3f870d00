/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-node-item.h"

#include <glib/gi18n.h>
#include <string.h>

#include "qs-sentences.h"

struct _QsNodeItem
{
  GObject parent_instance;

  QsVerdict fate;
  char *op_type;
  char *name;
  char *layer;
  char *reason;
};

G_DEFINE_FINAL_TYPE (QsNodeItem, qs_node_item, G_TYPE_OBJECT)

static void
qs_node_item_finalize (GObject *object)
{
  QsNodeItem *self = QS_NODE_ITEM (object);

  g_free (self->op_type);
  g_free (self->name);
  g_free (self->layer);
  g_free (self->reason);

  G_OBJECT_CLASS (qs_node_item_parent_class)->finalize (object);
}

static void
qs_node_item_class_init (QsNodeItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_node_item_finalize;
}

static void
qs_node_item_init (QsNodeItem *self)
{
}

/* A refused model has no layers, but a graph of its nodes. */
static const char *
find_layer (const QsNodeState *state)
{
  if (state->layer != NULL)
    return state->layer->name;
  if (state->fate == QS_VERDICT_FOLDED || state->verdict->layers->len == 0)
    return NULL;

  return g_ptr_array_index (state->verdict->layers, 0);
}

QsNodeItem *
qs_node_item_new (const QsNodeState *state)
{
  QsNodeItem *self = g_object_new (QS_TYPE_NODE_ITEM, NULL);

  self->fate = state->fate;
  self->op_type = g_utf8_make_valid (state->verdict->op_type, -1);
  self->name = g_utf8_make_valid (state->verdict->name, -1);
  self->layer = g_strdup (find_layer (state));
  self->reason = state->reason == NULL ? NULL : g_utf8_make_valid (state->reason, -1);
  return self;
}

QsVerdict
qs_node_item_get_fate (QsNodeItem *self)
{
  return self->fate;
}

const char *
qs_node_item_get_name (QsNodeItem *self)
{
  return self->name;
}

const char *
qs_node_item_get_layer (QsNodeItem *self)
{
  return self->layer;
}

char *
qs_node_item_describe (QsNodeItem *self)
{
  static const char *const formats[QS_N_VERDICTS] = {
    /* Translators: what became of a node of the model; %s is its operator, such as Conv. */
    [QS_VERDICT_IMPORTED] = N_("%s · imported"),
    [QS_VERDICT_FOLDED] = N_("%s · folded"),
    [QS_VERDICT_FUSED] = N_("%s · fused"),
    [QS_VERDICT_REFUSED] = N_("%s · refused"),
    [QS_VERDICT_REFUSED_IN_INT8] = N_("%s · refused in INT8"),
  };

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return g_strdup_printf (_(formats[self->fate]), self->op_type);
#pragma GCC diagnostic pop
}

char *
qs_node_item_explain (QsNodeItem *self)
{
  g_autofree char *layer = NULL;

  if (self->fate != QS_VERDICT_FUSED)
    return self->reason == NULL ? NULL : qs_sentence_translate (self->reason);

  layer = g_utf8_make_valid (self->layer, -1);
  /* Translators: the layer that a node was fused into. */
  return g_strdup_printf (_("In %s"), layer);
}

gboolean
qs_node_item_matches (QsNodeItem *self,
                      const char *needle)
{
  g_autofree char *name = g_utf8_casefold (self->name, -1);
  g_autofree char *op_type = g_utf8_casefold (self->op_type, -1);

  return strstr (name, needle) != NULL || strstr (op_type, needle) != NULL;
}
