/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-types.h"

G_BEGIN_DECLS

/**
 * QsTensor:
 * @id: position in the network's `tensors`
 * @name: unique name; an ONNX value's own name wherever it comes from one
 * @type: element type; INT8 in a built engine where the tensor is quantized
 * @shape: logical dimensions in ONNX order
 * @value: the contents of a constant, %NULL for an activation
 * @producer: the layer that writes it, %NULL for network inputs and constants
 * @consumers: (element-type QsLayer): the layers that read it, once per use
 * @scale: quantization scale (range / 127) of an INT8 tensor, 0 where there is none
 * @format: memory layout in a built engine
 * @range_name: (nullable): the tensor whose range it has, where that lies inside the layer that
 *   writes this one
 *
 * An edge of the network (TensorRT ITensor). Plain data: passes read and write the fields, and
 * use the functions of QsNetwork for everything that touches the graph's structure.
 */
struct _QsTensor
{
  guint id;
  char *name;
  QsDataType type;
  QsShape shape;
  QsHostTensor *value;
  QsLayer *producer;
  GPtrArray *consumers;
  float scale;
  QsFormat format;
  char *range_name;
};

gboolean qs_tensor_is_constant   (const QsTensor *self);
gboolean qs_tensor_is_activation (const QsTensor *self);
/* float32 or float16: what can be calibrated and quantized. */
gboolean qs_tensor_is_floating   (const QsTensor *self);

G_END_DECLS
