/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-onnx-graph.h"

G_BEGIN_DECLS

/* Whether a value is there before the graph's first node. */
typedef gboolean (*QsNodeOrderIsKnown) (const char *value,
                                        gpointer    user_data);

guint *qs_node_order (const QsOnnxGraph   *graph,
                      QsNodeOrderIsKnown   is_known,
                      gpointer             user_data,
                      GError             **error);

G_END_DECLS
