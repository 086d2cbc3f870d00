/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * The arguments of the kernels, as the host fills them in. Pointers are the device's. Plain C that
 * both compilers read alike: fixed-width members, 8-byte ones first.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Element types as kernels know them. */
typedef enum
{
  QS_CUDA_FLOAT,
  QS_CUDA_HALF,
  QS_CUDA_INT8,
  QS_CUDA_BOOL, /* only of what comparisons give */
} QsCudaType;

/**
 * QsCudaDivisor:
 *
 * Divides numbers below 2^31 by @divisor: (n * multiplier) >> 32 >> shift (Granlund and Montgomery
 * 1994, with a 32-bit multiplier for 31-bit numbers).
 */
typedef struct
{
  uint32_t divisor;
  uint32_t multiplier;
  uint32_t shift;
} QsCudaDivisor;

/**
 * QsCudaEpilogue:
 * @multiplier: (nullable): of every column, padded with the panels; NULL for 1
 * @bias: of every column, padded with the panels
 * @residual: (nullable): of the output's shape
 * @reciprocal: 1 / scale of an INT8 output
 * @row_stride: elements from row to row of the output
 * @residual_row_stride: and of the residual, 0 where all rows have the same one
 *
 * What happens to accumulators before they are stored, in the order of qs-int8.h.
 */
typedef struct
{
  const float *multiplier;
  const float *bias;
  const void *residual;
  void *out;
  int64_t row_stride;
  int64_t residual_row_stride;
  float residual_scale;
  float reciprocal;
  float alpha;
  float beta;
  int32_t activation;     /* QsActivationType */
  int32_t residual_type;  /* QsCudaType */
  int32_t out_type;
  int32_t is_vectorised;  /* four columns lie together and aligned, in output and residual */
} QsCudaEpilogue;

/**
 * QsCudaTap:
 * @shift: input position less the output's times its stride, along each spatial axis
 * @offset: elements from the input pixel at the output's position to this one, unless the
 *   convolution is transposed
 *
 * Read as one.
 */
typedef struct
{
  int32_t shift[3];
  int32_t offset;
} __attribute__ ((aligned (16))) QsCudaTap;

/* How the left side's values come into a chunk. */
typedef enum
{
  QS_CUDA_WHOLE_CHUNKS,
  QS_CUDA_SINGLE_VALUES,  /* four by four, each by itself */
  QS_CUDA_ALIGNED_PIECES, /* four at once */
} QsCudaPieces;

/**
 * QsCudaPlace:
 *
 * Where the matrices of one product of many begin, in elements.
 */
typedef struct
{
  int64_t x;
  int64_t weights;
  int64_t out;
  int64_t residual;
} __attribute__ ((aligned (32))) QsCudaPlace;

/**
 * QsCudaConvolution:
 * @x: NHWC
 * @weights: [group][padded column][k_bytes], k = tap, channel, both padded with zeros; or rows of k
 *   values as they lie in a tensor
 * @taps: [n_taps]
 * @places: (nullable): [groups], for products of many matrices, which share the parameters of their
 *   columns; NULL for groups of channels
 * @partial: (nullable): [k_splits][groups][rows][padded columns] accumulators where k is split
 * @weights_stride: bytes from column to column
 * @weights_group: elements from group to group
 * @rows: output pixels of all samples
 * @columns: output channels of a group
 * @channels: input channels of a group
 * @tap_chunks: 16-byte chunks per tap where whole chunks are copied, else pieces per tap
 * @n_chunks: chunks along k with padding, a multiple of four
 * @n_k_chunks: chunks along k that hold values
 * @is_pieced: QsCudaPieces: whether chunks are gathered from pieces of four elements, for few or odd
 *   channels
 * @k_splits: parts of k that blocks of their own sum
 *
 * A convolution as a product of matrices: rows are output pixels, columns output channels. A product
 * of two matrices is one with a single tap, all of whose rows are pixels of one line.
 */
typedef struct
{
  const void *x;
  const void *weights;
  const QsCudaTap *taps;
  const QsCudaPlace *places;
  void *partial;
  int64_t in_strides[3];  /* elements from position to position of the input; channels are dense */
  int64_t in_sample;      /* elements from sample to sample of the input */
  int64_t weights_stride;
  int64_t weights_group;
  QsCudaEpilogue epilogue;
  QsCudaDivisor out_width;
  QsCudaDivisor out_height;
  QsCudaDivisor out_depth;
  QsCudaDivisor tap_chunks;
  int32_t in[3];
  int32_t stride[3];
  QsCudaDivisor in_step[3]; /* the stride, where the convolution is transposed */
  int32_t rows;
  int32_t columns;
  int32_t padded_columns;
  int32_t channels;
  int32_t n_taps;
  int32_t n_chunks;
  int32_t n_k_chunks;
  int32_t is_pieced;
  int32_t k_splits;
  int32_t n_groups;
  int32_t is_transposed;
  int32_t is_integer;     /* what @partial holds */
} QsCudaConvolution;

/**
 * QsCudaPacking:
 * @from: elements of @size bytes, with any strides
 * @to: [matrix][row][row_bytes], k side by side, padded with zeros
 * @offsets: [matrix], where each begins, in elements
 * @rows_first: neighbouring threads take neighbouring rows, else neighbouring parts of k
 *
 * Brings matrices into the form that products read.
 */
typedef struct
{
  const void *from;
  void *to;
  const int64_t *offsets;
  int64_t row_stride;
  int64_t k_stride;
  int64_t row_bytes;
  int32_t rows;
  int32_t k;
  int32_t size;
  int32_t rows_first;
} QsCudaPacking;

/**
 * QsCudaDelay:
 * @clocks: of a multiprocessor
 */
typedef struct
{
  int64_t clocks;
} QsCudaDelay;

#ifdef __cplusplus
}
#endif
