/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* Runs a network layer by layer with the reference kernels and keeps all tensors until the end.
 * @inputs and @outputs: one tensor per network input and output. */
gboolean qs_interpret           (QsNetwork     *network,
                                 QsHostTensor **inputs,
                                 QsHostTensor **outputs,
                                 GError       **error);

/* The same with all activations of rank 3 and more laid out in @format; constants stay linear, and
 * @inputs and @outputs are linear as well. */
gboolean qs_interpret_in_format (QsNetwork     *network,
                                 QsFormat       format,
                                 QsHostTensor **inputs,
                                 QsHostTensor **outputs,
                                 GError       **error);

G_END_DECLS
