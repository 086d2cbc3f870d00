/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cuda-arguments.h"

/* The arguments of the kernels for compute capability 9.0, as qs-cuda-arguments.h has the others. */

#ifdef __cplusplus
#define QS_CUDA_ALIGNED(n) alignas (n)
extern "C" {
#else
#define QS_CUDA_ALIGNED(n) _Alignas (n)
#endif

/**
 * QsCudaTensorMap:
 *
 * What a bulk copy knows of a tensor in global memory. Only the driver writes it, and it reaches the
 * kernel as part of its arguments (cuda.h: CUtensorMap, 128 bytes, aligned to 64).
 */
typedef struct
{
  QS_CUDA_ALIGNED (64) uint64_t opaque[16];
} QsCudaTensorMap;

/**
 * QsHopperProduct:
 * @left: rows of values of k: the input's pixels. Of three or more dimensions when @is_windowed
 * @right: [column][step of k]: the weights, padded to whole steps for each tap
 * @rows: output pixels of all samples
 * @columns: output channels
 * @n_steps: steps along k
 * @tap_steps: steps for each tap
 * @kernel_width: taps in a line
 * @begin: padding before height and width
 * @is_windowed: whether @left is read as a convolution's windows, else line by line
 * @k_splits: parts of k that blocks of their own sum
 * @partial: (nullable): [k_splits][rows][padded_columns] sums where k is split
 *
 * A convolution as a product of matrices. Height comes before width.
 */
typedef struct
{
  QsCudaTensorMap left;
  QsCudaTensorMap right;
  QsCudaEpilogue epilogue;
  void *partial;
  QsCudaDivisor out_width;
  QsCudaDivisor out_height;
  int32_t stride[2];
  int32_t begin[2];
  int32_t dilation[2];
  int32_t rows;
  int32_t columns;
  int32_t padded_columns;
  int32_t n_steps;
  int32_t tap_steps;
  int32_t kernel_width;
  int32_t is_windowed;
  int32_t k_splits;
} QsHopperProduct;

#ifdef __cplusplus
}
#endif
