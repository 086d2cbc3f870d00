/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-pass.h"

G_BEGIN_DECLS

/*
 * The passes of a float network in the order they run. Row X stands for qs_pass_X in the file
 * qs-pass-X.c, with '-' for '_' in the file's name. Shuffles are merged before identities are
 * removed: two transposes may leave nothing to do.
 */
#define QS_PASSES(PASS) \
  PASS (widen_fp16) \
  PASS (merge_shuffles) \
  PASS (remove_identity) \
  PASS (fold_factors) \
  PASS (fold_bias) \
  PASS (fold_batch_norm) \
  PASS (simplify_activations) \
  PASS (recognise_swish) \
  PASS (recognise_gelu) \
  PASS (recognise_activation) \
  PASS (recognise_layer_norm) \
  PASS (fold_scale) \
  PASS (keep_functions)        /* R10, only where TensorRT is imitated */ \
  PASS (fuse_residual) \
  PASS (fuse_activation) \
  PASS (absorb_moves)

/*
 * The rewrites that only networks with Q/DQ need. Together with those above they are run in the
 * order of qs-explicit.c, some of them until nothing changes any more; each says in its QsPass when
 * it applies and why it keeps the arithmetic.
 */
#define QS_EXPLICIT_PASSES(PASS) \
  PASS (quantize_constants)    /* R0 */ \
  PASS (dequantize_constants)  /* R0 */ \
  PASS (cancel_pairs)          /* R1 */ \
  PASS (requantize)            /* R1 */ \
  PASS (forward_dequantize)    /* R2, R4 */ \
  PASS (backward_quantize)     /* R3, R4 */ \
  PASS (merge_quantize)        /* R5 */ \
  PASS (insert_pairs)          /* R6 */ \
  PASS (quantize_weighted)     /* R7 */ \
  PASS (fuse_quantize)         /* R7, R8 */ \
  PASS (quantize_non_weighted) /* R9 */ \
  PASS (merge_padding)         /* R11 */ \
  PASS (place_reformats)       /* R12 */ \
  PASS (fuse_pooling)          /* R13 */

#define QS_DECLARE_PASS(x) extern const QsPass qs_pass_##x;

QS_PASSES (QS_DECLARE_PASS)
QS_EXPLICIT_PASSES (QS_DECLARE_PASS)

G_END_DECLS
