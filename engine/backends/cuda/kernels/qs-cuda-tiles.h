/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shapes of tiles that convolution kernels are made for; the host chooses by them and the
 * kernels are made from them.
 *
 * name, element, rows, columns, warps along rows, warps along columns, stages
 */
#define QS_CUDA_INT8_TILES(TILE) \
  TILE (s8_128x128, QsInt8Product, 128, 128, 4, 2, 3) \
  TILE (s8_128x64, QsInt8Product, 128, 64, 4, 2, 3) \
  TILE (s8_64x64, QsInt8Product, 64, 64, 2, 2, 4) \
  TILE (s8_32x64, QsInt8Product, 32, 64, 1, 2, 4)

#define QS_CUDA_HALF_TILES(TILE) \
  TILE (f16_128x128, QsHalfProduct, 128, 128, 4, 2, 3) \
  TILE (f16_64x64, QsHalfProduct, 64, 64, 2, 2, 4) \
  TILE (f16_32x64, QsHalfProduct, 32, 64, 1, 2, 4)

#define QS_CUDA_FLOAT_TILES(TILE) \
  TILE (f32_128x64, QsFloatProduct, 128, 64, 4, 2, 3) \
  TILE (f32_64x64, QsFloatProduct, 64, 64, 2, 2, 3) \
  TILE (f32_32x32, QsFloatProduct, 32, 32, 2, 2, 4)

/* Kernels for channels by themselves: name, element, sum, output pixels of a thread. */
#define QS_CUDA_DEPTHWISE(KERNEL) \
  KERNEL (s8_4, int8_t, int32_t, 4) \
  KERNEL (s8_1, int8_t, int32_t, 1) \
  KERNEL (f16_4, uint16_t, float, 4) \
  KERNEL (f16_1, uint16_t, float, 1) \
  KERNEL (f32_4, float, float, 4) \
  KERNEL (f32_1, float, float, 1)

/* Threads of a block where each has a piece of the output to itself. */
#define QS_CUDA_FLAT_THREADS 128

/* Values of k in one step, and bytes of a row of a tile. */
#define QS_CUDA_STEP_BYTES 64

/* Bytes of shared memory: tiles on their way in, or accumulators of 16 rows of each warp on their way out. */
#define QS_CUDA_TILE_SHARED(rows, columns, warps_m, warps_n, stages) \
  ((stages) * ((rows) + (columns)) * QS_CUDA_STEP_BYTES \
       > (warps_m) * (warps_n) * 16 * ((columns) / (warps_n) + 4) * 4 \
     ? (stages) * ((rows) + (columns)) * QS_CUDA_STEP_BYTES \
     : (warps_m) * (warps_n) * 16 * ((columns) / (warps_n) + 4) * 4)
