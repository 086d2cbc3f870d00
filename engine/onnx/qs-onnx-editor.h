/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-model.h"

G_BEGIN_DECLS

/**
 * QsOnnxEditor:
 *
 * Changes to a model's graph, written as a new ONNX file: nodes are put in, and their inputs and
 * outputs led elsewhere. Everything else is as in the model: names, dynamic dimensions, attributes,
 * metadata. The model itself is not changed. Nodes are known by their position in the model.
 */
typedef struct _QsOnnxEditor QsOnnxEditor;

QsOnnxEditor *qs_onnx_editor_new             (QsModel          *model);
void          qs_onnx_editor_free            (QsOnnxEditor     *self);
/* Whether a value of the graph has this name, an added one too. */
gboolean      qs_onnx_editor_has_value       (QsOnnxEditor     *self,
                                              const char       *name);
/* (transfer full): @wanted, or @wanted with a number behind it */
char         *qs_onnx_editor_unique_name     (QsOnnxEditor     *self,
                                              const char       *wanted);
/* A constant; @name must be unique. */
void          qs_onnx_editor_add_initializer (QsOnnxEditor     *self,
                                              const char       *name,
                                              QsHostTensor     *value);
/* A node before node @before of the model, behind those put in there already. The number of nodes
 * puts it at the end. @axis is an attribute, left out when it is negative. */
void          qs_onnx_editor_insert_node     (QsOnnxEditor     *self,
                                              guint             before,
                                              const char       *op_type,
                                              const char       *name,
                                              const char *const *inputs,
                                              const char       *output,
                                              int               axis);
/* The input as it is now. */
const char   *qs_onnx_editor_get_input       (QsOnnxEditor     *self,
                                              guint             node,
                                              guint             index);
void          qs_onnx_editor_set_input       (QsOnnxEditor     *self,
                                              guint             node,
                                              guint             index,
                                              const char       *name);
void          qs_onnx_editor_set_output      (QsOnnxEditor     *self,
                                              guint             node,
                                              guint             index,
                                              const char       *name);
/* Weights from files beside the model are put into the new file.
 *
 * Errors: %QS_ERROR_LIMIT for more than the 2 GiB that a protobuf message can hold. */
GBytes       *qs_onnx_editor_write           (QsOnnxEditor     *self,
                                              GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsOnnxEditor, qs_onnx_editor_free)

G_END_DECLS
