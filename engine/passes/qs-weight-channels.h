/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsWeightChannels:
 * @n: output channels
 * @n_weights: weights in all
 * @n_products: weights per output channel, the products summed up for one output element
 *
 * Which weight belongs to which output channel, for the layouts of Convolution [K, C/g, …],
 * Deconvolution [C, K/g, …] and MatrixMultiply [C, K] or, transposed, [K, C].
 */
typedef struct
{
  gint64 n;
  gint64 n_weights;
  gint64 n_products;
  gint64 inner;      /* weights that follow each other in one channel */
  gint64 per_group;  /* channels of one group */
  gint64 group_size; /* weights of one group */
} QsWeightChannels;

gboolean qs_weight_channels_init (QsWeightChannels  *self,
                                  const QsLayer     *layer,
                                  const char       **why_not);

gboolean qs_weight_channels_init_integers (QsWeightChannels  *self,
                                           const QsLayer     *layer,
                                           const QsTensor    *weights,
                                           const char       **why_not);

/* The axis of the output channels in weights of shape @shape, which are those of @layer, a weighted
 * layer, or are going to be. */
int      qs_weight_channels_get_axis (const QsLayer  *layer,
                                      const QsShape  *shape);

/* The output channel of the weight at @index of the flat array. */
static inline gint64
qs_weight_channels_find (const QsWeightChannels *self,
                         gint64                  index)
{
  return index / self->group_size * self->per_group + index / self->inner % self->per_group;
}

G_END_DECLS
