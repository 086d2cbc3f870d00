/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/onnx.pb-c.h"
#include "onnx/qs-external-data.h"
#include "onnx/qs-model.h"

G_BEGIN_DECLS

/* Seen in this folder only: the parsed protobuf messages behind QsModel and its parts. */

/* What a node in the body of a function is called with: attributes of the call may be referred to
 * by name. Empty for all other nodes. */
typedef struct
{
  const Onnx__FunctionProto *function;
  const QsOnnxNode *caller;
} QsOnnxCall;

struct _QsOnnxNode
{
  const Onnx__NodeProto *proto;
  QsModel *model; /* not owned: nodes live no longer than their model */
  int opset;
  QsOnnxCall call;
  GPtrArray *captured; /* (nullable): names, borrowed from the message */
};

/* Contents may be shared with @owner, a protobuf message that the bytes keep alive. */
QsHostTensor   *qs_onnx_tensor_read   (const Onnx__TensorProto  *proto,
                                       GBytes                   *owner,
                                       QsExternalData           *external,
                                       GError                  **error);

QsOnnxGraph    *qs_onnx_graph_new     (const Onnx__GraphProto   *proto,
                                       QsModel                  *model,
                                       int                       opset,
                                       const QsOnnxCall         *call,
                                       GError                  **error);
QsOnnxGraph    *qs_onnx_graph_new_for_function (const QsOnnxCall *call,
                                       QsModel                  *model,
                                       int                       opset,
                                       GError                  **error);

/* The values that the graphs in the node's attributes read from outside; NULL for none. */
GPtrArray      *qs_onnx_node_find_captured (const Onnx__NodeProto *proto);

const Onnx__ModelProto *qs_model_get_proto (QsModel              *self);
GBytes         *qs_model_get_owner    (QsModel                  *self);
QsExternalData *qs_model_get_external (QsModel                  *self);
/* 0 when the list has no version for ONNX's own operators. */
int             qs_onnx_opset_in      (Onnx__OperatorSetIdProto **imports,
                                       gsize                     n);
gboolean        qs_onnx_malformed     (GError                  **error,
                                       const char               *format,
                                       ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
