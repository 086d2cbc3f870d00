/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* Runs a network layer by layer with the reference kernels, all tensors linear and kept until the
 * end. @inputs and @outputs: one tensor per network input and output. */
gboolean qs_interpret (QsNetwork     *network,
                       QsHostTensor **inputs,
                       QsHostTensor **outputs,
                       GError       **error);

G_END_DECLS
