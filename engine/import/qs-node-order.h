/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-model.h"

G_BEGIN_DECLS

guint *qs_node_order (QsModel *model,
                      GError **error);

G_END_DECLS
