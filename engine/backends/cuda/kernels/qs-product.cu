/* SPDX-License-Identifier: MIT */
#include "qs-cuda-tiles.h"
#include "qs-tile.h"

/* What stands before and behind the tiles of qs-convolution.cu. */

/* Four neighbouring columns: the sums of all parts of k, added in their order. */
template <class Sum>
QS_DEVICE void
qs_reduce_four (const QsCudaConvolution &args,
                int64_t                  at,
                float                    out[4])
{
  const int64_t step = (int64_t) args.n_groups * args.rows * args.padded_columns;
  Sum sums[4] = { 0, 0, 0, 0 };

  for (int part = 0; part < args.k_splits; part++)
    {
      const QsVector vector =
        qs_load ((const QsVector *) ((const char *) args.partial + (at + part * step) * 4));

#pragma unroll
      for (int i = 0; i < 4; i++)
        {
          Sum value;

          memcpy (&value, &vector.v[i], 4);
          sums[i] += value;
        }
    }

#pragma unroll
  for (int i = 0; i < 4; i++)
    out[i] = (float) sums[i];
}

QS_KERNEL (qs_reduce_splits, QsCudaConvolution, QS_CUDA_FLAT_THREADS)
{
  const int quads = (args.columns + 3) / 4;
  const int64_t index = (int64_t) qs_block_x () * QS_CUDA_FLAT_THREADS + qs_thread ();
  const int row = (int) (index / quads), column = (int) (index % quads) * 4;
  const int group = (int) qs_block_z ();
  const int64_t at = ((int64_t) group * args.rows + row) * args.padded_columns + column;
  float values[4];

  if (index >= (int64_t) args.rows * quads)
    return;

  if (args.is_integer)
    qs_reduce_four<int32_t> (args, at, values);
  else
    qs_reduce_four<float> (args, at, values);
  qs_put_four (args, values, group, row, column, args.columns - column);
}

/* Sixteen bytes of one row, element after element. */
template <class Value>
QS_DEVICE void
qs_pack_chunk (const QsCudaPacking &args,
               const Value         *from,
               int                  first,
               char                *to)
{
  constexpr int N = 16 / sizeof (Value);
  union
  {
    Value values[N];
    QsVector vector;
  } all;

#pragma unroll
  for (int i = 0; i < N; i++)
    all.values[i] = first + i < args.k ? qs_load (from + (first + i) * args.k_stride) : (Value) 0;
  qs_store ((QsVector *) to, all.vector);
}

QS_KERNEL (qs_pack_matrices, QsCudaPacking, QS_CUDA_FLAT_THREADS)
{
  const int64_t n_chunks = args.row_bytes / 16;
  const int64_t index = (int64_t) qs_block_x () * QS_CUDA_FLAT_THREADS + qs_thread ();
  const int64_t row = args.rows_first ? index % args.rows : index / n_chunks;
  const int64_t chunk = args.rows_first ? index / args.rows : index % n_chunks;
  const int64_t matrix = qs_block_z ();
  const int64_t from = qs_load (args.offsets + matrix) + row * args.row_stride;
  char *to = (char *) args.to + (matrix * args.rows + row) * args.row_bytes + chunk * 16;

  if (index >= args.rows * n_chunks)
    return;

  if (args.size == 1)
    qs_pack_chunk (args, (const int8_t *) args.from + from, (int) chunk * 16, to);
  else if (args.size == 2)
    qs_pack_chunk (args, (const uint16_t *) args.from + from, (int) chunk * 8, to);
  else
    qs_pack_chunk (args, (const float *) args.from + from, (int) chunk * 4, to);
}
