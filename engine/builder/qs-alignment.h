/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-layer.h"

G_BEGIN_DECLS

/**
 * QsAlignment:
 * @multiple: channels that tensor cores take at once in the layer's precision: 16 in INT8, 8 in FP16
 * @inputs: input channels of a group, or the length of the sums of a matrix product
 * @outputs: output channels of a group, or columns of the product
 * @padded_inputs: lanes that are filled up with zeros
 * @padded_outputs: lanes whose results are thrown away
 *
 * How well a weighted layer fits tensor cores (NVIDIA's performance guides: INT8 wants multiples of 16,
 * FP16 of 8). It changes nothing on other processors.
 */
typedef struct
{
  int multiple;
  gint64 inputs;
  gint64 outputs;
  gint64 padded_inputs;
  gint64 padded_outputs;
} QsAlignment;

/* FALSE for a layer that tensor cores have no part in: in FP32, without products, or depthwise. */
gboolean qs_layer_get_alignment (const QsLayer *layer,
                                 QsAlignment   *alignment);

G_END_DECLS
