/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-onnx-node.h"

G_BEGIN_DECLS

char *qs_refusal_explain (const QsOnnxNode *node,
                          int               opset);

G_END_DECLS
