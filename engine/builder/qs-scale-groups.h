/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* The part of a layer in quantization, by what it does and not only by its class: a pooling
 * commutes when it takes the maximum. */
QsPlacement          qs_layer_get_role             (const QsLayer       *layer);
/* Whether what it reads and what it writes have to have one scale: layers that move or select
 * elements, concatenations, and poolings over windows. */
gboolean             qs_layer_shares_scale         (const QsLayer       *layer);

/**
 * QsScaleGroup:
 * @tensors: (element-type QsTensor): two or more, in the network's order
 * @layers: (element-type QsLayer): the layers that tie them together
 *
 * Activation tensors that have one scale.
 */
typedef struct
{
  GPtrArray *tensors;
  GPtrArray *layers;
} QsScaleGroup;

/**
 * QsScaleGroups:
 *
 * Which activation tensors of a network share one scale, as TensorRT's calibration caches show it:
 * the inputs and the output of a concatenation, the input and the output of a pooling, and
 * whatever a layer only moves, such as a Shuffle. Float activations and those that are INT8 with a
 * scale take part; constants and integers do not. Immutable; it keeps the network, whose tensors'
 * ids must not change as long as it is used. Reference counted.
 */
typedef struct _QsScaleGroups QsScaleGroups;

QsScaleGroups       *qs_scale_groups_new           (QsNetwork           *network);
QsScaleGroups       *qs_scale_groups_ref           (QsScaleGroups       *self);
void                 qs_scale_groups_unref         (QsScaleGroups       *self);
/* Groups of two and more tensors, in the network's order. */
guint                qs_scale_groups_get_n         (QsScaleGroups       *self);
const QsScaleGroup  *qs_scale_groups_get           (QsScaleGroups       *self,
                                                    guint                index);
/* (nullable): %NULL for a tensor that is alone */
const QsScaleGroup  *qs_scale_groups_lookup        (QsScaleGroups       *self,
                                                    const char          *tensor);
/* The id of the tensor that stands for @tensor's group; its own when it is alone. */
guint                qs_scale_groups_get_root      (QsScaleGroups       *self,
                                                    const QsTensor      *tensor);
/* Whether @tensor can have a scale at all. */
gboolean             qs_tensor_is_scalable         (const QsTensor      *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsScaleGroups, qs_scale_groups_unref)

G_END_DECLS
