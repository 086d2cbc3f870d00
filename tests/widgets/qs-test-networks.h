/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* Networks made in code, of layer classes that cannot compute. With @built, layers have
 * precisions, INT8 tensors have scales and there are reformats between them. */

/* Bottleneck blocks, fused as a build would fuse them when @built. */
QsNetwork *qs_test_network_new_resnet      (int      n_blocks,
                                            gboolean built);
/* Encoder blocks with softmax, normalization and a mask that all read; shapes computed beside. */
QsNetwork *qs_test_network_new_transformer (int      n_blocks,
                                            gboolean built);
/* Two layers with Q and DQ in front of each. */
QsNetwork *qs_test_network_new_explicit    (void);

G_END_DECLS
