/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-layer.h"

G_BEGIN_DECLS

/**
 * QsOnnxNode:
 *
 * A node of an ONNX graph with typed, checked access to its attributes. It borrows from the
 * parsed file. Getters return %FALSE with an error that names the attribute when it is there with
 * another type or out of range; when it is absent, the default is used.
 */
typedef struct _QsOnnxNode QsOnnxNode;
typedef struct _QsOnnxGraph QsOnnxGraph;

const char *qs_onnx_node_get_op_type   (const QsOnnxNode  *self);
const char *qs_onnx_node_get_name      (const QsOnnxNode  *self);
const char *qs_onnx_node_get_domain    (const QsOnnxNode  *self);
guint       qs_onnx_node_get_n_inputs  (const QsOnnxNode  *self);
guint       qs_onnx_node_get_n_outputs (const QsOnnxNode  *self);
const char *qs_onnx_node_get_input     (const QsOnnxNode  *self,
                                        guint              index);
const char *qs_onnx_node_get_output    (const QsOnnxNode  *self,
                                        guint              index);

gboolean    qs_onnx_node_has           (const QsOnnxNode  *self,
                                        const char        *attribute);
gboolean    qs_onnx_node_get_int       (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        gint64             fallback,
                                        gint64            *value,
                                        GError           **error);
gboolean    qs_onnx_node_get_flag      (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        gboolean           fallback,
                                        gboolean          *value,
                                        GError           **error);
gboolean    qs_onnx_node_get_float     (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        float              fallback,
                                        float             *value,
                                        GError           **error);
/* (nullable) (transfer full); %NULL without an error when it is absent. */
gboolean    qs_onnx_node_get_string    (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        const char        *fallback,
                                        char             **value,
                                        GError           **error);
/* values->n is 0 when the attribute is absent. */
gboolean    qs_onnx_node_get_ints      (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        QsInts            *values,
                                        GError           **error);
/* Arrays longer than QS_MAX_INTS; (transfer full) of gint64 / float, %NULL when absent. */
gboolean    qs_onnx_node_get_int_array (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        GArray           **values,
                                        GError           **error);
gboolean    qs_onnx_node_get_float_array (const QsOnnxNode *self,
                                        const char        *attribute,
                                        GArray           **values,
                                        GError           **error);
/* (transfer full); %NULL without an error when it is absent. */
gboolean    qs_onnx_node_get_tensor    (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        QsHostTensor     **value,
                                        GError           **error);

QsOnnxGraph *qs_onnx_node_open_graph   (const QsOnnxNode  *self,
                                        const char        *attribute,
                                        GError           **error);
guint       qs_onnx_node_get_n_captured (const QsOnnxNode *self);
const char *qs_onnx_node_get_captured  (const QsOnnxNode  *self,
                                        guint              index);
int         qs_onnx_node_get_opset     (const QsOnnxNode  *self);

G_END_DECLS
