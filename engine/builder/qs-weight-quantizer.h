/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-rounding-mode.h"
#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsQuantizedWeights:
 * @values: INT8, the shape of the weights
 * @scales: float32 [K]
 * @n_ties: weights exactly between two integers, where rounding modes differ
 */
typedef struct
{
  QsHostTensor *values;
  QsHostTensor *scales;
  gint64 n_ties;
} QsQuantizedWeights;

gboolean      qs_quantize_weights        (const QsLayer       *layer,
                                          QsRoundingMode       rounding,
                                          QsQuantizedWeights  *result,
                                          GError             **error);
void          qs_quantized_weights_clear (QsQuantizedWeights  *self);
QsHostTensor *qs_quantize_constant       (const QsTensor      *tensor,
                                          float               *scale,
                                          GError             **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QsQuantizedWeights, qs_quantized_weights_clear)

G_END_DECLS
