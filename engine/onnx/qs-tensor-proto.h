/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-host-tensor.h"

G_BEGIN_DECLS

/* A file that holds one ONNX TensorProto: `test_data_set_N/input_M.pb`. */
QsHostTensor *qs_tensor_proto_parse (GBytes        *bytes,
                                     char         **name,
                                     GError       **error);

G_END_DECLS
