/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shapes of tiles that the kernels for compute capability 9.0 are made for, as qs-cuda-tiles.h.
 *
 * name, element, warp groups that multiply (64 rows each), columns, bytes of k in a step, stages, blocks
 * that a multiprocessor has room for
 *
 * Of two blocks one stores while the other multiplies; the largest tile has the multiprocessor for
 * itself. A step of 64 bytes wastes nothing where there are 64 channels.
 */
#define QS_HOPPER_INT8_TILES(TILE) \
  TILE (s8_128x256, QsInt8Group, 2, 256, 128, 4, 1) \
  TILE (s8_128x128, QsInt8Group, 2, 128, 128, 3, 2) \
  TILE (s8_128x64, QsInt8Group, 2, 64, 128, 4, 2) \
  TILE (s8_64x64, QsInt8Group, 1, 64, 128, 4, 3) \
  TILE (s8_128x128_b64, QsInt8Group, 2, 128, 64, 6, 2) \
  TILE (s8_128x64_b64, QsInt8Group, 2, 64, 64, 8, 2)

#define QS_HOPPER_HALF_TILES(TILE) \
  TILE (f16_128x256, QsHalfGroup, 2, 256, 128, 4, 1) \
  TILE (f16_128x128, QsHalfGroup, 2, 128, 128, 3, 2) \
  TILE (f16_128x64, QsHalfGroup, 2, 64, 128, 4, 2) \
  TILE (f16_64x64, QsHalfGroup, 1, 64, 128, 4, 3)

#define QS_HOPPER_TILES(TILE) \
  QS_HOPPER_INT8_TILES (TILE) \
  QS_HOPPER_HALF_TILES (TILE)

/* The groups that multiply, and a warp that copies. It is one alone, so that the others have enough of the
 * multiprocessor's 65536 registers without moving them between warps (PTX setmaxnreg). */
#define QS_HOPPER_THREADS(groups) (128 * (groups) + 32)

#define QS_HOPPER_STAGE(groups, columns, step) ((64 * (groups) + (columns)) * (step))

/* The stages, aligned to 1024 bytes, two barriers for each, and one more. */
#define QS_HOPPER_SHARED(groups, columns, step, stages) \
  (1024 + (stages) * QS_HOPPER_STAGE (groups, columns, step) + (2 * (stages) + 1) * 8)
