/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"
#include "onnx/qs-model.h"

G_BEGIN_DECLS

/**
 * QsQdqSummary:
 * @n_activations: Q/DQ pairs on activations
 * @n_weights: Q/DQ pairs on weights and other constants
 * @warnings: (element-type utf8): sentences about what could not be said exactly in Q/DQ
 */
typedef struct
{
  guint n_activations;
  guint n_weights;
  GPtrArray *warnings;
} QsQdqSummary;

void    qs_qdq_summary_clear (QsQdqSummary  *self);

/**
 * qs_qdq_make_model:
 * @engine: a build of @model
 * @model: the model that @engine was built from
 *
 * The model with QuantizeLinear and DequantizeLinear where the engine computes in INT8, so that an
 * explicit build, or TensorRT's, has the same layers in INT8. A pair is put in front of every input
 * that an INT8 layer reads in INT8, and behind what is written in INT8; weights have a pair with one
 * scale per output channel. Nodes, names, dynamic dimensions and FP32 weights stay as they are.
 *
 * Nothing of the engine but its scales and its placement is used: weights have the scales that
 * their FP32 values give, max |w| / 127, before a BatchNormalization is folded into them. They are
 * the engine's own, times the factor of the normalization, and so are the integers but for ties and
 * the rounding of that product.
 *
 * Errors: %QS_ERROR_MISMATCH when @model is not the engine's, %QS_ERROR_UNSUPPORTED when it has Q/DQ
 * already, an opset below 13, which has no scales per channel, or a layer whose nodes are not in the
 * graph itself.
 */
GBytes *qs_qdq_make_model    (QsEngine      *engine,
                              QsModel       *model,
                              QsQdqSummary  *summary,
                              GError       **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QsQdqSummary, qs_qdq_summary_clear)

G_END_DECLS
