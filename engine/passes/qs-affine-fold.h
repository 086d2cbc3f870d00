/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-weight-channels.h"

G_BEGIN_DECLS

/* (transfer full) (nullable): the bias of a weighted layer as @n doubles, beta applied; zeros when
 * there is none; %NULL when it is not a constant with one value per output channel. */
double   *qs_affine_read_bias (const QsLayer           *layer,
                               const QsWeightChannels  *channels);

/**
 * qs_affine_fold:
 * @factor: (nullable): multiplies every output channel
 * @bias: the new bias, complete
 *
 * Multiplies the weights in double arithmetic, rounds once to float32, and gives the layer
 * constants of its own for weights and bias. Of INT8 weights the scales are multiplied: the
 * integers are what the model was trained with.
 */
gboolean  qs_affine_fold      (QsNetwork               *network,
                               QsLayer                 *layer,
                               const QsWeightChannels  *channels,
                               const double            *factor,
                               const double            *bias,
                               GError                 **error);

G_END_DECLS
