/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-onnx-node.h"

G_BEGIN_DECLS

/**
 * QsOnnxGraph:
 *
 * A list of nodes and initializers with named inputs and outputs: the model's graph, a branch of
 * an If node, or the body of a function that the model defines. Its names are unique within it.
 */
/* (declared with QsOnnxNode) */

guint             qs_onnx_graph_get_n_nodes        (const QsOnnxGraph  *self);
const QsOnnxNode *qs_onnx_graph_get_node           (const QsOnnxGraph  *self,
                                                    guint               index);
guint             qs_onnx_graph_get_n_initializers (const QsOnnxGraph  *self);
QsHostTensor     *qs_onnx_graph_get_initializer    (const QsOnnxGraph  *self,
                                                    guint               index,
                                                    const char        **name);
guint             qs_onnx_graph_get_n_inputs       (const QsOnnxGraph  *self);
const char       *qs_onnx_graph_get_input          (const QsOnnxGraph  *self,
                                                    guint               index);
guint             qs_onnx_graph_get_n_outputs      (const QsOnnxGraph  *self);
const char       *qs_onnx_graph_get_output         (const QsOnnxGraph  *self,
                                                    guint               index);
/* Version of ONNX's operators that the nodes use. */
int               qs_onnx_graph_get_opset          (const QsOnnxGraph  *self);
void              qs_onnx_graph_free               (QsOnnxGraph        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsOnnxGraph, qs_onnx_graph_free)

G_END_DECLS
