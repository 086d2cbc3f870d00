/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * qs_convolution_pooling_split:
 * @layer: a ConvActPool
 * @format: the layout of all activations
 *
 * The two layers that it stands for, as a network of their own: the convolution writes a tensor of
 * the output's type and scale, which the pooling reads. Constants are shared with @layer.
 *
 * Returns: (transfer full) (nullable): %NULL with an error for inputs that do not fit
 */
QsNetwork *qs_convolution_pooling_split (const QsLayer  *layer,
                                         QsFormat        format,
                                         GError        **error);

G_END_DECLS
