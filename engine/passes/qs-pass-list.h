/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-pass.h"

G_BEGIN_DECLS

/* One per file; qs-pass.c has them in the order they run. */
extern const QsPass qs_pass_merge_shuffles;
extern const QsPass qs_pass_remove_identity;
extern const QsPass qs_pass_fold_factors;
extern const QsPass qs_pass_fold_bias;
extern const QsPass qs_pass_fold_batch_norm;
extern const QsPass qs_pass_simplify_activations;
extern const QsPass qs_pass_recognise_swish;
extern const QsPass qs_pass_recognise_gelu;
extern const QsPass qs_pass_recognise_layer_norm;
extern const QsPass qs_pass_fuse_residual;
extern const QsPass qs_pass_fuse_activation;

G_END_DECLS
