/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-pass.h"

G_BEGIN_DECLS

/*
 * The passes in the order they run. Row X stands for qs_pass_X in the file qs-pass-X.c, with '-' for
 * '_' in the file's name. Shuffles are merged before identities are removed: two transposes may leave
 * nothing to do.
 */
#define QS_PASSES(PASS) \
  PASS (merge_shuffles) \
  PASS (remove_identity) \
  PASS (fold_factors) \
  PASS (fold_bias) \
  PASS (fold_batch_norm) \
  PASS (simplify_activations) \
  PASS (recognise_swish) \
  PASS (recognise_gelu) \
  PASS (recognise_layer_norm) \
  PASS (fuse_residual) \
  PASS (fuse_activation)

#define QS_DECLARE_PASS(x) extern const QsPass qs_pass_##x;

QS_PASSES (QS_DECLARE_PASS)

G_END_DECLS
