/* SPDX-License-Identifier: MIT */
#include "qs-cuda-tiles.h"
#include "qs-tile.h"

/*
 * Convolution and product as an implicit product of matrices (engine.md 1.2 names the literature:
 * CUTLASS's implicit GEMM), for INT8 and FP16 on tensor cores and FP32 on the other ones. Sums of
 * floats run along k in one order whatever the tile, unless k is split.
 *
 * A block computes ROWS x COLUMNS outputs with WARPS_M x WARPS_N warps. STAGES tiles of both sides
 * are under way at once.
 */

struct QsInt8Product
{
  typedef int8_t Value;
  typedef int32_t Sum;

  static QS_DEVICE void
  multiply (Sum            c[4],
            const uint32_t a[4],
            const uint32_t b[2])
  {
    qs_multiply_s8 (c, a, b);
  }
};

struct QsHalfProduct
{
  typedef uint16_t Value;
  typedef float Sum;

  static QS_DEVICE void
  multiply (Sum            c[4],
            const uint32_t a[4],
            const uint32_t b[2])
  {
    qs_multiply_f16 (c, a, b);
  }
};

template <class Product, int ROWS, int COLUMNS, int WARPS_M, int WARPS_N, int STAGES>
struct QsTensorCoreTile
{
  typedef typename Product::Sum Sum;
  typedef typename Product::Value Value;

  static constexpr int THREADS = 32 * WARPS_M * WARPS_N;
  static constexpr int WARP_ROWS = ROWS / WARPS_M;
  static constexpr int WARP_COLUMNS = COLUMNS / WARPS_N;
  static constexpr int BLOCKS_M = WARP_ROWS / 16;
  static constexpr int BLOCKS_N = WARP_COLUMNS / 8;
  static constexpr int ROWS_PER_THREAD = ROWS * QS_STEP_CHUNKS / THREADS;
  static constexpr int STAGE_BYTES = (ROWS + COLUMNS) * QS_STEP_BYTES;
  /* Accumulators on their way out: 16 rows of a warp, apart so that banks differ. */
  static constexpr int OUT_STRIDE = WARP_COLUMNS + 4;

  /* The warp's part of one step: two products of 32 bytes of k. */
  static QS_DEVICE void
  multiply_step (Sum      sums[BLOCKS_M][BLOCKS_N][4],
                 unsigned stage)
  {
    const unsigned lane = qs_thread () % 32, warp = qs_thread () / 32;
    const unsigned left = (warp % WARPS_M) * WARP_ROWS + lane % 16;
    const unsigned right = (warp / WARPS_M) * WARP_COLUMNS + lane / 16 * 8 + lane % 8;

#pragma unroll
    for (int half = 0; half < 2; half++)
      {
        uint32_t a[BLOCKS_M][4], b[BLOCKS_N / 2][4];

#pragma unroll
        for (int i = 0; i < BLOCKS_M; i++)
          qs_load_matrices (a[i], stage + qs_chunk_address (left + i * 16, half * 2 + lane / 16));
#pragma unroll
        for (int j = 0; j < BLOCKS_N / 2; j++)
          qs_load_matrices (b[j], stage + ROWS * QS_STEP_BYTES
                                    + qs_chunk_address (right + j * 16, half * 2 + lane / 8 % 2));
#pragma unroll
        for (int i = 0; i < BLOCKS_M; i++)
#pragma unroll
          for (int j = 0; j < BLOCKS_N; j++)
            Product::multiply (sums[i][j], a[i], b[j / 2] + j % 2 * 2);
      }
  }

  /* Four neighbouring columns from shared memory to where they belong. */
  static QS_DEVICE void
  put_four (const QsCudaConvolution &args,
            unsigned                 address,
            int                      row,
            int                      column,
            int                      group)
  {
    const int n = args.columns - column;
    float values[4];
    QsVector vector;

    if (row >= args.rows || n <= 0)
      return;

    vector = qs_shared_load<QsVector> (address);
    if (args.partial != nullptr)
      {
        const int64_t at = ((int64_t) (qs_block_z () % args.k_splits) * args.rows + row)
                             * args.padded_columns + column;

        qs_store ((QsVector *) ((char *) args.partial + at * 4), vector);
        return;
      }

#pragma unroll
    for (int i = 0; i < 4; i++)
      {
        Sum sum;

        memcpy (&sum, &vector.v[i], 4);
        values[i] = (float) sum;
      }
    qs_epilogue_apply (args.epilogue, values, row, group * args.padded_columns + column,
                       group * args.columns + column, n);
  }

  static QS_DEVICE void
  put (const QsCudaConvolution &args,
       const Sum                sums[BLOCKS_M][BLOCKS_N][4],
       int                      group)
  {
    const unsigned lane = qs_thread () % 32, warp = qs_thread () / 32;
    const unsigned base = warp * 16 * OUT_STRIDE * 4;
    const int row = qs_block_x () * ROWS + (warp % WARPS_M) * WARP_ROWS;
    const int column = qs_block_y () * COLUMNS + (warp / WARPS_M) * WARP_COLUMNS;

#pragma unroll
    for (int i = 0; i < BLOCKS_M; i++)
      {
#pragma unroll
        for (int j = 0; j < BLOCKS_N; j++)
#pragma unroll
          for (int h = 0; h < 2; h++)
            {
              struct alignas (8)
              {
                Sum v[2];
              } pair = { { sums[i][j][h * 2], sums[i][j][h * 2 + 1] } };

              qs_shared_store (base + ((lane / 4 + h * 8) * OUT_STRIDE + j * 8 + lane % 4 * 2) * 4,
                               pair);
            }
        qs_warp_barrier ();
        /* Not unrolled: there are many kinds of epilogues in it. */
#pragma unroll 1
        for (int unit = 0; unit < 16 * WARP_COLUMNS / 4; unit += 32)
          {
            const int r = (unit + (int) lane) / (WARP_COLUMNS / 4);
            const int c = (unit + (int) lane) % (WARP_COLUMNS / 4) * 4;

            put_four (args, base + (r * OUT_STRIDE + c) * 4, row + i * 16 + r, column + c, group);
          }
        qs_warp_barrier ();
      }
  }

  static QS_DEVICE void
  run (const QsCudaConvolution &args)
  {
    const int group = qs_block_z () / args.k_splits, part = qs_block_z () % args.k_splits;
    const int n_steps = args.n_chunks / QS_STEP_CHUNKS;
    const int first = (int) ((int64_t) n_steps * part / args.k_splits);
    const int end = (int) ((int64_t) n_steps * (part + 1) / args.k_splits);
    const int column = qs_block_y () * COLUMNS;
    const char *weights = (const char *) args.weights
                          + ((int64_t) group * args.padded_columns + column) * args.n_chunks * 16;
    Sum sums[BLOCKS_M][BLOCKS_N][4] = {};
    QsRow rows[ROWS_PER_THREAD];

#pragma unroll
    for (int i = 0; i < ROWS_PER_THREAD; i++)
      rows[i] = qs_row_find (args, qs_block_x () * ROWS + qs_thread () / QS_STEP_CHUNKS
                                     + i * (THREADS / QS_STEP_CHUNKS), group, sizeof (Value));

#pragma unroll 1
    for (int s = 0; s < STAGES - 1; s++)
      {
        if (first + s < end)
          qs_load_tile<Value, ROWS, COLUMNS, THREADS> (args, rows, weights,
                                                       args.padded_columns - column, first + s,
                                                       s * STAGE_BYTES);
        qs_async_commit ();
      }

    for (int step = first; step < end; step++)
      {
        const int next = step + STAGES - 1;

        qs_async_wait<STAGES - 2> ();
        qs_barrier ();
        if (next < end)
          qs_load_tile<Value, ROWS, COLUMNS, THREADS> (args, rows, weights,
                                                       args.padded_columns - column, next,
                                                       (next - first) % STAGES * STAGE_BYTES);
        qs_async_commit ();
        multiply_step (sums, (step - first) % STAGES * STAGE_BYTES);
      }

    qs_async_wait<0> ();
    qs_barrier ();
    put (args, sums, group);
  }
};

#define QS_CONVOLUTION_KERNEL(name, Product, rows, columns, warps_m, warps_n, stages) \
  QS_KERNEL (qs_convolution_##name, QsCudaConvolution, 32 * warps_m * warps_n) \
  { \
    QsTensorCoreTile<Product, rows, columns, warps_m, warps_n, stages>::run (args); \
  }

QS_CUDA_INT8_TILES (QS_CONVOLUTION_KERNEL)
QS_CUDA_HALF_TILES (QS_CONVOLUTION_KERNEL)
