/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-operator.h"

G_BEGIN_DECLS

/*
 * The families of operators. For every family X there is one file qs-op-X.c, which defines
 *
 *   const QsLayerClass qs_layer_classes_X[]   the kinds of layer, ended by one without a name
 *   const QsOperator qs_operators_X[]         the ONNX operators, ended by one without a name
 *
 * Words joined by '_' here are joined by '-' in the file's name.
 */
#define QS_FAMILIES(FAMILY) \
  FAMILY (cumulative) \
  FAMILY (einsum) \
  FAMILY (resize) \
  FAMILY (scatter) \
  FAMILY (space_to_depth) \
  FAMILY (top_k) \
  FAMILY (cast) \
  FAMILY (concatenation) \
  FAMILY (constant) \
  FAMILY (expand) \
  FAMILY (fill) \
  FAMILY (gather) \
  FAMILY (normalization) \
  FAMILY (padding) \
  FAMILY (quantize) \
  FAMILY (select) \
  FAMILY (shuffle) \
  FAMILY (slice) \
  FAMILY (split) \
  FAMILY (transpose) \
  FAMILY (activation) \
  FAMILY (convolution) \
  FAMILY (convolution_pooling) \
  FAMILY (element_wise) \
  FAMILY (grid_sample) \
  FAMILY (matrix_multiply) \
  FAMILY (nms) \
  FAMILY (non_zero) \
  FAMILY (pooling) \
  FAMILY (pooling_indices) \
  FAMILY (reduce) \
  FAMILY (reformat) \
  FAMILY (reverse_sequence) \
  FAMILY (roi_align) \
  FAMILY (scale) \
  FAMILY (soft_max) \
  FAMILY (unary)

#define QS_DECLARE_FAMILY(x) \
  extern const QsLayerClass qs_layer_classes_##x[]; \
  extern const QsOperator qs_operators_##x[];

QS_FAMILIES (QS_DECLARE_FAMILY)

G_END_DECLS
