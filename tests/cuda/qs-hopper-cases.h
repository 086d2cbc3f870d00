/* SPDX-License-Identifier: MIT */
#pragma once

#include "../engine/backends/qs-cpu-test.h"
#include "qs-kernel-check.h"

G_BEGIN_DECLS

/* A convolution in two dimensions without groups. */
typedef struct
{
  gint64 batch, in_channels, out_channels;
  gint64 in[2], kernel[2], stride[2], dilation[2], begin[2], end[2];
  QsDataType out;
  int residual; /* 0 none, 1 float, 2 INT8 */
  QsActivationType activation;
} QsHopperCase;

/* An INT8 convolution with random values. */
void  qs_hopper_case_make  (QsCpuTest          *test,
                            QsRandom           *random,
                            const QsHopperCase *c);
/* How many layers there are for INT8 or FP16; a larger seed is one of them with other values. */
guint qs_hopper_case_get_n (QsDataType          type);
/* Runs every kernel for compute capability 9.0 on a layer at the edges of their tiles: INT8 against
 * the reference, FP16 against sums in double. */
void  qs_hopper_case_check (QsDataType          type,
                            guint64             seed,
                            QsKernelCheck      *check);

G_END_DECLS
