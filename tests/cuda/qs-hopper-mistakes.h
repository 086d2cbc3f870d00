/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/cuda/kernels/qs-hopper-arguments.h"

/* A small kernel, right or with one mistake, for tests of the emulation: two steps of a product of 64
 * rows and 8 columns, by one warp group and a thread that copies. */

#define QS_MISTAKE_ROWS 64
#define QS_MISTAKE_COLUMNS 8
#define QS_MISTAKE_STEP 128 /* bytes of k */
#define QS_MISTAKE_STEPS 2
#define QS_MISTAKE_THREADS 160
#define QS_MISTAKE_SHARED (1024 + (QS_MISTAKE_ROWS + QS_MISTAKE_COLUMNS) * QS_MISTAKE_STEP + 64)

typedef enum
{
  QS_MISTAKE_NONE,
  QS_MISTAKE_NO_INIT_FENCE,
  QS_MISTAKE_NO_BLOCK_BARRIER,
  QS_MISTAKE_EXPECT_LESS,
  QS_MISTAKE_EXPECT_MORE,
  QS_MISTAKE_NO_FULL_WAIT,
  QS_MISTAKE_NO_EMPTY_WAIT,
  QS_MISTAKE_EARLY_RELEASE,
  QS_MISTAKE_MANY_ARRIVALS,
  QS_MISTAKE_READ_EARLY,
  QS_MISTAKE_NO_PRODUCT_FENCE,
  QS_MISTAKE_ADD_TO_NOTHING,
  QS_MISTAKE_MISALIGNED_MATRIX,
  QS_MISTAKE_MISALIGNED_COPY,
  QS_MISTAKE_OTHER_MATRIX,
  QS_MISTAKE_STORE,
  QS_MISTAKE_STORE_LATE,
  QS_MISTAKE_STORE_FENCED,
  QS_MISTAKE_COPY_LATE,
} QsMistake;

typedef struct
{
  QsCudaTensorMap left;
  QsCudaTensorMap right;
  int32_t *out; /* [64][8] */
  int32_t mistake;
} QsMistakeArguments;
