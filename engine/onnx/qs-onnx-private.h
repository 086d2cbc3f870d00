/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/onnx.pb-c.h"
#include "onnx/qs-external-data.h"
#include "onnx/qs-model.h"

G_BEGIN_DECLS

/* Seen in this folder only: the parsed protobuf messages behind QsModel and its parts. */

struct _QsOnnxNode
{
  const Onnx__NodeProto *proto;
  QsModel *model; /* not owned: nodes live no longer than their model */
};

/* Contents may be shared with @owner, a protobuf message that the bytes keep alive. */
QsHostTensor *qs_onnx_tensor_read (const Onnx__TensorProto  *proto,
                                   GBytes                   *owner,
                                   QsExternalData           *external,
                                   GError                  **error);

GBytes         *qs_model_get_owner    (QsModel *self);
QsExternalData *qs_model_get_external (QsModel *self);

G_END_DECLS
