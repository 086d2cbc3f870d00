/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* A kernel of one block, right or with one mistake, for tests of the emulation: 64 threads pass 16
 * bytes each through shared memory to their neighbours. */

#define QS_PASS_THREADS 64

typedef enum
{
  QS_PASS_RIGHT,
  QS_PASS_MISALIGNED,
  QS_PASS_OUT_OF_BOUNDS,
  QS_PASS_WRITE_OUT_OF_BOUNDS,
  QS_PASS_SHARED_OUT_OF_BOUNDS,
  QS_PASS_SHARED_MISALIGNED,
  QS_PASS_DIVERGENT_BARRIER,
  QS_PASS_DIVERGENT_WARP,
  QS_PASS_NO_WAIT,
  QS_PASS_UNINITIALISED,
  QS_PASS_NO_BARRIER,
  QS_PASS_WRITE_AFTER_READ,
} QsPassMistake;

typedef struct
{
  const void *in; /* [64][16] bytes */
  void *out;      /* out[i] = in[i ^ 1] */
  int32_t mistake;
} QsPassArguments;
