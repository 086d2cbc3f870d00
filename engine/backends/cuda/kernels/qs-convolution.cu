/* SPDX-License-Identifier: MIT */
#include "qs-cuda-tiles.h"
#include "qs-tile.h"

/*
 * Convolution and product as an implicit product of matrices (engine.md 1.2 names the literature:
 * CUTLASS's implicit GEMM), for INT8 and FP16 on tensor cores and FP32 on the other ones. FP32 is
 * IEEE float32 throughout: one fused multiply-add after the other in the order of k, whatever the
 * tile, unless k is split; never TF32.
 *
 * A block computes ROWS x COLUMNS outputs with WARPS_M x WARPS_N warps. STAGES tiles of both sides
 * are under way at once. A thread holds four sums of every 16 x 8 block of its warp's part.
 */

/* Products of 16 x 8 blocks; a step is two of them along k. */
template <class Self, class Sum_>
struct QsTensorCoreProduct
{
  typedef Sum_ Sum;

  template <int BLOCKS_M, int BLOCKS_N>
  static QS_DEVICE void
  multiply_step (Sum      sums[BLOCKS_M][BLOCKS_N][4],
                 unsigned left,
                 unsigned first_row,
                 unsigned right,
                 unsigned first_column)
  {
    const unsigned lane = qs_thread () % 32;
    const unsigned row = first_row + lane % 16, column = first_column + lane / 16 * 8 + lane % 8;

#pragma unroll
    for (int half = 0; half < 2; half++)
      {
        uint32_t a[BLOCKS_M][4], b[BLOCKS_N / 2][4];

#pragma unroll
        for (int i = 0; i < BLOCKS_M; i++)
          qs_load_matrices (a[i], left + qs_chunk_address (row + i * 16, half * 2 + lane / 16));
#pragma unroll
        for (int j = 0; j < BLOCKS_N / 2; j++)
          qs_load_matrices (b[j], right + qs_chunk_address (column + j * 16,
                                                            half * 2 + lane / 8 % 2));
#pragma unroll
        for (int i = 0; i < BLOCKS_M; i++)
#pragma unroll
          for (int j = 0; j < BLOCKS_N; j++)
            Self::multiply (sums[i][j], a[i], b[j / 2] + j % 2 * 2);
      }
  }

  /* A thread's sums of a block: two rows, in each two neighbouring columns. */
  static QS_DEVICE void
  put_block (const Sum sums[4],
             unsigned  address,
             unsigned  stride)
  {
    const unsigned lane = qs_thread () % 32;

#pragma unroll
    for (int h = 0; h < 2; h++)
      {
        struct alignas (8)
        {
          Sum v[2];
        } pair = { { sums[h * 2], sums[h * 2 + 1] } };

        qs_shared_store (address + ((lane / 4 + h * 8) * stride + lane % 4 * 2) * 4, pair);
      }
  }
};

struct QsInt8Product : QsTensorCoreProduct<QsInt8Product, int32_t>
{
  typedef int8_t Value;

  static QS_DEVICE void
  multiply (int32_t        c[4],
            const uint32_t a[4],
            const uint32_t b[2])
  {
    qs_multiply_s8 (c, a, b);
  }
};

struct QsHalfProduct : QsTensorCoreProduct<QsHalfProduct, float>
{
  typedef uint16_t Value;

  static QS_DEVICE void
  multiply (float          c[4],
            const uint32_t a[4],
            const uint32_t b[2])
  {
    qs_multiply_f16 (c, a, b);
  }
};

/* A warp's threads are 4 x 8; each has every fourth row and every eighth column. */
struct QsFloatProduct
{
  typedef float Value;
  typedef float Sum;

  template <int BLOCKS_M, int BLOCKS_N>
  static QS_DEVICE void
  multiply_step (float    sums[BLOCKS_M][BLOCKS_N][4],
                 unsigned left,
                 unsigned first_row,
                 unsigned right,
                 unsigned first_column)
  {
    const unsigned row = first_row + qs_thread () % 32 / 8;
    const unsigned column = first_column + qs_thread () % 8;

#pragma unroll
    for (int chunk = 0; chunk < QS_STEP_CHUNKS; chunk++)
      {
        QsFloats4 b[BLOCKS_N];

#pragma unroll
        for (int j = 0; j < BLOCKS_N; j++)
          b[j] = qs_shared_load<QsFloats4> (right + qs_chunk_address (column + j * 8, chunk));
#pragma unroll
        for (int i = 0; i < BLOCKS_M * 4; i++)
          {
            const QsFloats4 a =
              qs_shared_load<QsFloats4> (left + qs_chunk_address (row + i * 4, chunk));

#pragma unroll
            for (int j = 0; j < BLOCKS_N; j++)
#pragma unroll
              for (int k = 0; k < 4; k++)
                sums[i / 4][j][i % 4] = qs_fma (a.v[k], b[j].v[k], sums[i / 4][j][i % 4]);
          }
      }
  }

  static QS_DEVICE void
  put_block (const float sums[4],
             unsigned    address,
             unsigned    stride)
  {
    const unsigned lane = qs_thread () % 32;

#pragma unroll
    for (int h = 0; h < 4; h++)
      qs_shared_store (address + ((lane / 8 + h * 4) * stride + lane % 8) * 4, sums[h]);
  }
};

template <class Product, int ROWS, int COLUMNS, int WARPS_M, int WARPS_N, int STAGES>
struct QsTile
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

  static QS_DEVICE void
  multiply_step (Sum      sums[BLOCKS_M][BLOCKS_N][4],
                 unsigned stage)
  {
    const unsigned warp = qs_thread () / 32;

    Product::template multiply_step<BLOCKS_M, BLOCKS_N> (
      sums, stage, (warp % WARPS_M) * WARP_ROWS, stage + ROWS * QS_STEP_BYTES,
      (warp / WARPS_M) * WARP_COLUMNS);
  }

  /* Four neighbouring columns from shared memory to where they belong. */
  static QS_DEVICE void
  put_four (const QsCudaConvolution &args,
            unsigned                 address,
            int                      row,
            int                      column)
  {
    const int group = qs_block_z () / args.k_splits;
    const int n = args.columns - column;
    float values[4];
    QsVector vector;

    if (row >= args.rows || n <= 0)
      return;

    vector = qs_shared_load<QsVector> (address);
    if (args.partial != nullptr)
      {
        const int part = qs_block_z () % args.k_splits;
        const int64_t at = ((int64_t) part * args.n_groups + group) * args.rows + row;

        qs_store ((QsVector *) ((char *) args.partial + (at * args.padded_columns + column) * 4),
                  vector);
        return;
      }

#pragma unroll
    for (int i = 0; i < 4; i++)
      {
        Sum sum;

        memcpy (&sum, &vector.v[i], 4);
        values[i] = (float) sum;
      }
    qs_put_four (args, values, group, row, column, n);
  }

  /* Sixteen rows after the other, with one copy of the epilogue for all of them. */
  static QS_DEVICE void
  put (const QsCudaConvolution &args,
       const Sum                sums[BLOCKS_M][BLOCKS_N][4])
  {
    const unsigned lane = qs_thread () % 32, warp = qs_thread () / 32;
    const unsigned base = warp * 16 * OUT_STRIDE * 4;
    const int row = qs_block_x () * ROWS + (warp % WARPS_M) * WARP_ROWS;
    const int column = qs_block_y () * COLUMNS + (warp / WARPS_M) * WARP_COLUMNS;

#pragma unroll 1
    for (int part = 0; part < BLOCKS_M; part++)
      {
#pragma unroll
        for (int i = 0; i < BLOCKS_M; i++)
          if (i == part)
#pragma unroll
            for (int j = 0; j < BLOCKS_N; j++)
              Product::put_block (sums[i][j], base + j * 8 * 4, OUT_STRIDE);
        qs_warp_barrier ();
#pragma unroll 1
        for (int unit = 0; unit < 16 * WARP_COLUMNS / 4; unit += 32)
          {
            const int r = (unit + (int) lane) / (WARP_COLUMNS / 4);
            const int c = (unit + (int) lane) % (WARP_COLUMNS / 4) * 4;

            put_four (args, base + (r * OUT_STRIDE + c) * 4, row + part * 16 + r, column + c);
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
    const QsCudaPlace place = qs_place_find (args, group);
    const char *weights = (const char *) args.weights
                          + place.weights * (int64_t) sizeof (Value) + column * args.weights_stride;
    Sum sums[BLOCKS_M][BLOCKS_N][4] = {};
    QsRow rows[ROWS_PER_THREAD];

#pragma unroll
    for (int i = 0; i < ROWS_PER_THREAD; i++)
      rows[i] = qs_row_find (args, qs_block_x () * ROWS + qs_thread () / QS_STEP_CHUNKS
                                     + i * (THREADS / QS_STEP_CHUNKS), place.x, sizeof (Value));

    /* The first rounds only start copies. */
#pragma unroll 1
    for (int step = first - (STAGES - 1); step < end; step++)
      {
        const int next = step + STAGES - 1;

        if (step >= first)
          {
            qs_async_wait<STAGES - 2> ();
            qs_barrier ();
          }
        if (next < end)
          qs_load_tile<Value, ROWS, COLUMNS, THREADS> (args, rows, weights, args.columns - column,
                                                       next, (next - first) % STAGES * STAGE_BYTES);
        qs_async_commit ();
        if (step >= first)
          multiply_step (sums, (step - first) % STAGES * STAGE_BYTES);
      }

    qs_async_wait<0> ();
    qs_barrier ();
    put (args, sums);
  }
};

#define QS_CONVOLUTION_KERNEL(name, Product, rows, columns, warps_m, warps_n, stages) \
  QS_KERNEL_BLOCKS (qs_convolution_##name, QsCudaConvolution, 32 * warps_m * warps_n, 2) \
  { \
    QsTile<Product, rows, columns, warps_m, warps_n, stages>::run (args); \
  }

QS_CUDA_INT8_TILES (QS_CONVOLUTION_KERNEL)
QS_CUDA_HALF_TILES (QS_CONVOLUTION_KERNEL)
QS_CUDA_FLOAT_TILES (QS_CONVOLUTION_KERNEL)
