/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shapes of tiles that the kernels for compute capability 9.0 are made for, as qs-cuda-tiles.h.
 *
 * name, element, warp groups that multiply (64 rows each), columns, bytes of k in a step, stages,
 * registers of a thread that copies, and of one that multiplies
 *
 * A step of 64 bytes wastes nothing where there are 64 channels. Registers come in eights and fit,
 * all warp groups together, into the 65536 of a multiprocessor; 0 leaves them as they are.
 */
#define QS_HOPPER_INT8_TILES(TILE) \
  TILE (s8_128x256, QsInt8Group, 2, 256, 128, 4, 40, 232) \
  TILE (s8_128x128, QsInt8Group, 2, 128, 128, 6, 40, 232) \
  TILE (s8_128x64, QsInt8Group, 2, 64, 128, 8, 0, 0) \
  TILE (s8_64x64, QsInt8Group, 1, 64, 128, 8, 0, 0) \
  TILE (s8_128x128_b64, QsInt8Group, 2, 128, 64, 8, 40, 232) \
  TILE (s8_128x64_b64, QsInt8Group, 2, 64, 64, 8, 0, 0)

#define QS_HOPPER_HALF_TILES(TILE) \
  TILE (f16_128x256, QsHalfGroup, 2, 256, 128, 4, 40, 232) \
  TILE (f16_128x128, QsHalfGroup, 2, 128, 128, 6, 40, 232) \
  TILE (f16_128x64, QsHalfGroup, 2, 64, 128, 8, 0, 0) \
  TILE (f16_64x64, QsHalfGroup, 1, 64, 128, 8, 0, 0)

#define QS_HOPPER_TILES(TILE) \
  QS_HOPPER_INT8_TILES (TILE) \
  QS_HOPPER_HALF_TILES (TILE)

/* One group of four warps copies, the others multiply. */
#define QS_HOPPER_THREADS(groups) (128 * ((groups) + 1))

#define QS_HOPPER_STAGE(groups, columns, step) ((64 * (groups) + (columns)) * (step))

/* The stages, aligned to 1024 bytes, two barriers for each, and one more. */
#define QS_HOPPER_SHARED(groups, columns, step, stages) \
  (1024 + (stages) * QS_HOPPER_STAGE (groups, columns, step) + (2 * (stages) + 1) * 8)
