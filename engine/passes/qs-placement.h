/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-journal.h"

G_BEGIN_DECLS

/**
 * QsPlacementUse:
 * @QS_PLACEMENT_USE_ADVICE: where TensorRT's tools would not quantize and an implicit build may: the
 *   build measures for itself what is faster, so the rule is only told
 * @QS_PLACEMENT_USE_BUILD: the implicit build follows it
 *
 * What a rule of placement is good for.
 */
typedef enum
{
  QS_PLACEMENT_USE_ADVICE,
  QS_PLACEMENT_USE_BUILD,
} QsPlacementUse;

/**
 * QsPlacementRule:
 * @id: "matrix-vector"
 * @use: who follows it
 * @keeps_float: (nullable): whether it keeps @layer in floating point; %NULL for a rule about tensors,
 *   which the builder carries out and tells under the rule's id
 * @condition: when it applies, in words
 * @reason: a sentence
 *
 * A rule about where INT8 is worth it in a network without Q/DQ, by shape and neighbourhood. They are
 * those of NVIDIA's model optimizer, which writes down what TensorRT's implicit mode does.
 */
typedef struct
{
  const char *id;
  QsPlacementUse use;
  gboolean (*keeps_float) (const QsLayer *layer);
  const char *condition;
  const char *reason;
} QsPlacementRule;

/* The rules that the builder carries out itself; their ids are those of its journal entries. */
#define QS_PLACEMENT_SHARED_SCALE "shared-scale"
#define QS_PLACEMENT_SOFT_MAX_RANGE "softmax-range"
#define QS_PLACEMENT_NETWORK_OUTPUT "network-output"

guint                  qs_placement_get_n  (void);
const QsPlacementRule *qs_placement_get    (guint           index);
/* (nullable): the first rule that keeps @layer, of a network before INT8, in floating point */
const QsPlacementRule *qs_placement_find   (const QsLayer  *layer);

G_END_DECLS
