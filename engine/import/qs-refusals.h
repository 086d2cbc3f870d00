/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-model.h"

G_BEGIN_DECLS

char *qs_refusal_explain (const QsOnnxNode *node,
                          QsModel          *model);

G_END_DECLS
