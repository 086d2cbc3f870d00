/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cuda-tiles.h"
#include "qs-division.h"
#include "qs-epilogue.h"

/*
 * What the convolution kernels share: where the left side's values lie, and how a tile of both sides
 * comes into shared memory.
 *
 * A step along k is 64 bytes: four chunks of 16 bytes per row of a tile, whatever the element type.
 * Chunk c of row r lies at 64 r + 16 (c ^ ((r >> 1) & 3)): with this order eight rows of one chunk
 * column, which ldmatrix reads at once, fall into different banks, and so do eight chunks of two rows,
 * which copies write at once.
 */

#define QS_STEP_BYTES QS_CUDA_STEP_BYTES
#define QS_STEP_CHUNKS 4
#define QS_PIECE 4 /* elements */

QS_DEVICE unsigned
qs_chunk_address (unsigned row,
                  unsigned chunk)
{
  return row * QS_STEP_BYTES + ((chunk ^ ((row >> 1) & 3u)) << 4);
}

/* Where the matrices of a group, or of one product of many, begin. */
QS_DEVICE QsCudaPlace
qs_place_find (const QsCudaConvolution &args,
               int                      group)
{
  QsCudaPlace place;

  if (args.places != nullptr)
    return qs_load (args.places + group);
  place.x = (int64_t) group * args.channels;
  place.weights = (int64_t) group * args.weights_group;
  place.out = (int64_t) group * args.columns;
  place.residual = place.out;
  return place;
}

/* Sums of four neighbouring columns of a group's matrix through the epilogue. */
QS_DEVICE void
qs_put_four (const QsCudaConvolution &args,
             const float              sums[4],
             int                      group,
             int                      row,
             int                      column,
             int                      n)
{
  const QsCudaPlace place = qs_place_find (args, group);
  const QsCudaEpilogue &epilogue = args.epilogue;

  qs_epilogue_apply_at (epilogue, sums,
                        (args.places != nullptr ? 0 : group * args.padded_columns) + column,
                        place.out + row * epilogue.row_stride + column,
                        place.residual + row * epilogue.residual_row_stride + column, n);
}

/* A row of the left side: an output pixel. */
typedef struct
{
  const char *origin;  /* the channels at the output's position; the sample's where it is transposed */
  int32_t position[3]; /* of the output, times the stride unless the convolution is transposed */
  bool exists;
} QsRow;

QS_DEVICE QsRow
qs_row_find (const QsCudaConvolution &args,
             int                      row,
             int64_t                  first,
             int                      size)
{
  QsRow self;
  uint32_t rest = (uint32_t) row, position[3];

  self.exists = row < args.rows;
  rest = qs_divide (rest, args.out_width, &position[2]);
  rest = qs_divide (rest, args.out_height, &position[1]);
  rest = qs_divide (rest, args.out_depth, &position[0]);
  first += (int64_t) rest * args.in_sample;

#pragma unroll
  for (int i = 0; i < 3; i++)
    {
      self.position[i] = (int32_t) position[i] * (args.is_transposed ? 1 : args.stride[i]);
      if (!args.is_transposed)
        first += self.position[i] * args.in_strides[i];
    }
  self.origin = (const char *) args.x + first * size;
  return self;
}

/* Where a deconvolution's tap reads: only where the stride divides. */
QS_DEVICE const char *
qs_row_find_transposed_tap (const QsCudaConvolution &args,
                            const QsRow             &row,
                            const QsCudaTap         &at,
                            int                      size)
{
  int64_t offset = 0;
  bool inside = row.exists;

#pragma unroll
  for (int i = 0; i < 3; i++)
    {
      const int32_t shifted = row.position[i] + at.shift[i];
      uint32_t rest;
      const uint32_t position =
        qs_divide (shifted < 0 ? 0u : (uint32_t) shifted, args.in_step[i], &rest);

      inside = inside && shifted >= 0 && rest == 0 && position < (uint32_t) args.in[i];
      offset += position * args.in_strides[i];
    }

  return inside ? row.origin + offset * size : nullptr;
}

/* The first channel of the input pixel that a tap of @row reads; NULL in the padding. */
QS_DEVICE const char *
qs_row_find_tap (const QsCudaConvolution &args,
                 const QsRow             &row,
                 const QsCudaTap         &at,
                 int                      size)
{
  bool inside = row.exists;

  if (args.is_transposed)
    return qs_row_find_transposed_tap (args, row, at, size);

#pragma unroll
  for (int i = 0; i < 3; i++)
    inside = inside && (uint32_t) (row.position[i] + at.shift[i]) < (uint32_t) args.in[i];
  return inside ? row.origin + (int64_t) at.offset * size : nullptr;
}

template <class Value>
struct alignas (QS_PIECE * sizeof (Value)) QsPiece
{
  Value values[QS_PIECE];
};

/* Four elements of one tap's channels, fewer at its end. */
template <class Value>
QS_DEVICE QsPiece<Value>
qs_gather_piece (const QsCudaConvolution &args,
                 const QsRow             &row,
                 int                      piece)
{
  QsPiece<Value> out = {};
  uint32_t within;
  const int tap = (int) qs_divide ((uint32_t) piece, args.tap_chunks, &within);
  const Value *from;

  if (tap >= args.n_taps)
    return out;
  from = (const Value *) qs_row_find_tap (args, row, qs_load (args.taps + tap), sizeof (Value));
  if (from == nullptr)
    return out;
  if (args.is_pieced == QS_CUDA_ALIGNED_PIECES)
    return qs_load ((const QsPiece<Value> *) from + within);

#pragma unroll
  for (int i = 0; i < QS_PIECE; i++)
    {
      const int channel = (int) within * QS_PIECE + i;

      if (channel < args.channels)
        out.values[i] = qs_load (from + channel);
    }
  return out;
}

/* A chunk piece after piece, in one copy of the code. */
template <class Value>
QS_DEVICE void
qs_gather_chunk (const QsCudaConvolution &args,
                 const QsRow             &row,
                 int                      chunk,
                 unsigned                 address)
{
  constexpr int PIECES = 16 / (QS_PIECE * sizeof (Value));

#pragma unroll 1
  for (int i = 0; i < PIECES; i++)
    qs_shared_store (address + i * (unsigned) sizeof (QsPiece<Value>),
                     qs_gather_piece<Value> (args, row, chunk * PIECES + i));
}

/* The left side of one step, from pieces. */
template <class Value, int ROWS, int ROWS_APART>
QS_DEVICE void
qs_gather_left (const QsCudaConvolution &args,
                const QsRow             *rows,
                int                      chunk,
                int                      k,
                unsigned                 first,
                unsigned                 address)
{
#pragma unroll
  for (int i = 0; i * ROWS_APART < ROWS; i++)
    qs_gather_chunk<Value> (args, rows[i], k,
                            address + qs_chunk_address (first + i * ROWS_APART, chunk));
}

/* The left side of one step, in whole chunks: a thread's are of one tap, and aligned. */
template <class Value, int ROWS, int ROWS_APART>
QS_DEVICE void
qs_copy_left (const QsCudaConvolution &args,
              const QsRow             *rows,
              int                      chunk,
              int                      k,
              unsigned                 first,
              unsigned                 address)
{
  const bool exists = k < args.n_k_chunks;
  uint32_t within;
  const int tap = (int) qs_divide (exists ? (uint32_t) k : 0u, args.tap_chunks, &within);
  const QsCudaTap at = qs_load (args.taps + tap);

#pragma unroll
  for (int i = 0; i * ROWS_APART < ROWS; i++)
    {
      const char *from = exists ? qs_row_find_tap (args, rows[i], at, sizeof (Value)) : nullptr;

      qs_async_copy (address + qs_chunk_address (first + i * ROWS_APART, chunk),
                     from != nullptr ? from + within * 16 : (const char *) args.x, from != nullptr);
    }
}

/**
 * qs_load_tile:
 * @ROWS: rows of the left tile
 * @COLUMNS: rows of the right tile, which holds a column's values of k side by side
 * @weights: of the tile's first column
 * @n_columns: that exist from there on
 * @step: position along k
 * @address: of the left tile; the right one follows
 *
 * Starts the copies of one step.
 */
template <class Value, int ROWS, int COLUMNS, int THREADS>
QS_DEVICE void
qs_load_tile (const QsCudaConvolution &args,
              const QsRow             *rows,
              const char              *weights,
              int                      n_columns,
              int                      step,
              unsigned                 address)
{
  constexpr int ROWS_APART = THREADS / QS_STEP_CHUNKS;
  const int chunk = qs_thread () % QS_STEP_CHUNKS;
  const int first = qs_thread () / QS_STEP_CHUNKS;
  const int k = step * QS_STEP_CHUNKS + chunk;

  if (args.is_pieced)
    qs_gather_left<Value, ROWS, ROWS_APART> (args, rows, chunk, k, first, address);
  else
    qs_copy_left<Value, ROWS, ROWS_APART> (args, rows, chunk, k, first, address);

#pragma unroll
  for (int i = 0; i * ROWS_APART < COLUMNS; i++)
    {
      const int column = first + i * ROWS_APART;
      const bool exists = column < n_columns && k < args.n_k_chunks;

      qs_async_copy (address + ROWS * QS_STEP_BYTES + qs_chunk_address (column, chunk),
                     exists ? weights + column * args.weights_stride + (int64_t) k * 16
                            : (const char *) args.weights, exists);
    }
}
