/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsLintKind:
 * @QS_LINT_PAIR_IN_FUSION: a Q/DQ pair between layers that would be fused without it
 * @QS_LINT_SIMULATED_FUSION: the same between a convolution and its BatchNormalization or activation
 * @QS_LINT_FLOAT_RESIDUAL: the sum after a convolution is float because the other summand is
 * @QS_LINT_SPLIT_PADDING: a Q/DQ pair between Pad and the convolution that could do the padding
 * @QS_LINT_ALIGNMENT: channels of an INT8 convolution that are no multiple of 16
 * @QS_LINT_FLOAT_OUTPUT: an INT8 convolution that writes float
 * @QS_LINT_MISSING_AXIS: scales per channel without an axis: ONNX takes axis 1, TensorRT axis 0
 * @QS_LINT_UINT8: quantized to uint8, which TensorRT handles as int8 and clips at 127
 *
 * Where the Q/DQ pairs of a network should be elsewhere (TensorRT's developer guide, “Q/DQ
 * Layer-Placement Recommendations”).
 */
typedef enum
{
  QS_LINT_PAIR_IN_FUSION,
  QS_LINT_SIMULATED_FUSION,
  QS_LINT_FLOAT_RESIDUAL,
  QS_LINT_SPLIT_PADDING,
  QS_LINT_ALIGNMENT,
  QS_LINT_FLOAT_OUTPUT,
  QS_LINT_MISSING_AXIS,
  QS_LINT_UINT8,
  QS_N_LINT_KINDS
} QsLintKind;

/**
 * QsLint:
 * @layer: name of the layer it is about; of a pair, the Q
 * @other: (nullable): name of the layer that reads the pair, or of the convolution before a sum
 * @message: a whole sentence: what is there
 * @advice: a whole sentence: what would be better
 * @has_fix: whether qs_lint_fix() can do that
 */
typedef struct
{
  QsLintKind kind;
  char *layer;
  char *other;
  char *message;
  char *advice;
  gboolean has_fix;
} QsLint;

/* “pair-in-fusion” */
const char *qs_lint_kind_id   (QsLintKind      kind);
/* %FALSE when no kind has this id */
gboolean    qs_lint_kind_lookup (const char   *id,
                               QsLintKind     *kind);
QsLint     *qs_lint_copy      (const QsLint   *self);
void        qs_lint_free      (QsLint         *self);
/* (transfer full) (element-type QsLint): in the order of the layers; empty for a network without
 * Q/DQ. @network is as it was imported. */
GPtrArray  *qs_lint_network   (QsNetwork      *network);
/* (element-type int) (transfer full): ids of the Q and DQ in @network, which may be rewritten since, that
 * should not be where they are: those of the first two kinds and of split paddings. */
GArray     *qs_lint_find_pairs (GPtrArray     *lints,
                               QsNetwork      *network);
/* (transfer full): a copy of @network in which the advice was taken; @network is the way back. */
QsNetwork  *qs_lint_fix       (QsNetwork      *network,
                               const QsLint   *lint,
                               GError        **error);

/* (transfer full): the same for all of @lints (element-type QsLint), one after the other; @network itself
 * when there are none. */
QsNetwork  *qs_lint_fix_all   (QsNetwork      *network,
                               GPtrArray      *lints,
                               GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsLint, qs_lint_free)

G_END_DECLS
