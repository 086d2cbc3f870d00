/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cuda-arguments.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of a block in the kernel that counts. */
#define QS_CUDA_COUNT_CHUNK 16384
/* Blocks of values that a block of threads scans. */
#define QS_CUDA_SCAN_BLOCKS 16

/* As QsHistogramScan. */
typedef struct
{
  float min;
  float max;
  uint32_t n_zeros;
  uint32_t unused;
  double shift;
  double sum;
  double squares;
} QsCudaScanResult;

typedef struct
{
  const float *values;
  QsCudaScanResult *scans;
  int64_t n;
} QsCudaScan;

typedef struct
{
  const float *values;
  uint32_t *maxima;
  QsCudaDivisor inner;
  QsCudaDivisor n_channels;
  int64_t n;
} QsCudaMaxima;

typedef struct
{
  const float *values;
  uint32_t *counts;
  int64_t n;
  float range;
  int32_t is_aligned;
} QsCudaCount;

typedef struct
{
  uint32_t *words;
  int64_t n;
} QsCudaClear;

#ifdef __cplusplus
}
#endif
