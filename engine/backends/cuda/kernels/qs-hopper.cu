/* SPDX-License-Identifier: MIT */
#include "qs-hopper-primitives.h"
#include "qs-hopper-tiles.h"
#include "qs-tile.h"

/*
 * Convolution and product for compute capability 9.0: what qs-convolution.cu computes, with bulk
 * copies that find the convolution's windows by themselves and products of whole warp groups that
 * read both sides from shared memory.
 *
 * One thread of the last warp keeps a ring of stages full; the warp groups multiply, 64 rows each.
 * Every stage has two barriers: `full`, which ends a phase when the stage's bytes are there, and
 * `empty`, which ends one when every warp that multiplies has done with it. The group waits for the
 * products of one step while those of the next are under way. When all groups have done (`done`),
 * sums take the stages' place on their way out.
 *
 * Sums of floats run along k in one order whatever the tile; within 32 bytes of k in the hardware's.
 */

#define STEP_OF_PRODUCT 32 /* bytes of k */

struct QsInt8Group
{
  typedef int32_t Sum;
  static constexpr int SIZE = 1;

  template <class Sums>
  static QS_DEVICE void
  multiply (Sums    &sums,
            uint64_t left,
            uint64_t right,
            int      add)
  {
    qs_product_s8 (sums, left, right, add);
  }
};

struct QsHalfGroup
{
  typedef float Sum;
  static constexpr int SIZE = 2;

  template <class Sums>
  static QS_DEVICE void
  multiply (Sums    &sums,
            uint64_t left,
            uint64_t right,
            int      add)
  {
    qs_product_f16 (sums, left, right, add);
  }
};

template <class Product, int GROUPS, int COLUMNS, int STEP, int STAGES, int BLOCKS>
struct QsHopperTile
{
  typedef typename Product::Sum Sum;
  typedef QsAccumulators<Sum, COLUMNS / 2> Sums;

  static constexpr int ROWS = 64 * GROUPS;
  static constexpr int VALUES = STEP / Product::SIZE;
  static constexpr unsigned LEFT = ROWS * STEP;
  static constexpr unsigned STAGE = QS_HOPPER_STAGE (GROUPS, COLUMNS, STEP);
  /* Sums on their way out, in the stages' place: words from row to row, so that banks differ. */
  static constexpr unsigned OUT_STRIDE = COLUMNS + 8;

  static_assert (ROWS * OUT_STRIDE * 4 <= STAGES * STAGE, "no room for the sums");
  static_assert (BLOCKS * (QS_HOPPER_SHARED (GROUPS, COLUMNS, STEP, STAGES) + 1024) <= 228 << 10,
                 "more shared memory than there is");

  /* Where everything lies in shared memory. */
  static QS_DEVICE unsigned
  get_full (unsigned stages,
            int      stage)
  {
    return stages + STAGES * STAGE + stage * 8;
  }

  static QS_DEVICE unsigned
  get_empty (unsigned stages,
             int      stage)
  {
    return get_full (stages, STAGES + stage);
  }

  static QS_DEVICE unsigned
  get_done (unsigned stages)
  {
    return get_full (stages, 2 * STAGES);
  }

  static QS_DEVICE int
  get_first_step (const QsHopperProduct &args,
                  int                    part)
  {
    return (int) ((int64_t) args.n_steps * part / args.k_splits);
  }

  static QS_DEVICE void
  init_barriers (unsigned stages)
  {
    for (int s = 0; s < STAGES; s++)
      {
        qs_mbarrier_init (get_full (stages, s), 1);
        qs_mbarrier_init (get_empty (stages, s), GROUPS * 4);
      }
    qs_mbarrier_init (get_done (stages), GROUPS * 4);
    qs_mbarrier_fence ();
  }

  /* Keeps the stages full: one thread. */
  static QS_DEVICE void
  copy (const QsHopperProduct &args,
        unsigned               stages)
  {
    const int first = get_first_step (args, qs_block_z ());
    const int end = get_first_step (args, qs_block_z () + 1);
    const int row = qs_block_x () * ROWS, column = qs_block_y () * COLUMNS;
    uint32_t q, p;
    const int n = (int) qs_divide (qs_divide (row, args.out_width, &q), args.out_height, &p);
    const int h = (int) p * args.stride[0] - args.begin[0];
    const int w = (int) q * args.stride[1] - args.begin[1];
    int step_of_tap = first % args.tap_steps;
    int y = first / args.tap_steps / args.kernel_width;
    int x = first / args.tap_steps % args.kernel_width;
    int stage = 0;
    unsigned parity = 1;

    for (int step = first; step < end; step++)
      {
        const unsigned to = stages + stage * STAGE, full = get_full (stages, stage);

        qs_mbarrier_wait (get_empty (stages, stage), parity);
        qs_mbarrier_expect (full, STAGE);
        if (args.is_windowed)
          qs_bulk_load_windows (to, &args.left, step_of_tap * VALUES, w, h, n, x * args.dilation[1],
                                y * args.dilation[0], full);
        else
          qs_bulk_load (to, &args.left, step_of_tap * VALUES, row, full);
        qs_bulk_load (to + LEFT, &args.right, step * VALUES, column, full);

        if (++step_of_tap == args.tap_steps)
          {
            step_of_tap = 0;
            if (++x == args.kernel_width)
              {
                x = 0;
                y++;
              }
          }
        if (++stage == STAGES)
          {
            stage = 0;
            parity ^= 1;
          }
      }
  }

  /* Starts the products of one stage. */
  static QS_DEVICE void
  multiply_stage (Sums    &sums,
                  unsigned stage,
                  int      group,
                  bool     is_first)
  {
    const uint64_t left = qs_matrix (stage + group * 64 * STEP, STEP);
    const uint64_t right = qs_matrix (stage + LEFT, STEP);

    qs_product_fence ();
#pragma unroll
    for (int k = 0; k < STEP / STEP_OF_PRODUCT; k++)
      Product::multiply (sums, left + k * (STEP_OF_PRODUCT >> 4), right + k * (STEP_OF_PRODUCT >> 4),
                         !is_first || k > 0);
    qs_product_commit ();
  }

  /* Four neighbouring columns from shared memory to where they belong. */
  static QS_DEVICE void
  put_four (const QsHopperProduct &args,
            unsigned               address,
            int                    row,
            int                    column)
  {
    const int n = args.columns - column;
    float values[4];
    QsVector vector;

    if (row >= args.rows || n <= 0)
      return;

    vector = qs_shared_load<QsVector> (address);
    if (args.partial != nullptr)
      {
        const int64_t at =
          ((int64_t) qs_block_z () * args.rows + row) * args.padded_columns + column;

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
    qs_epilogue_apply (args.epilogue, values, row, column, column, n);
  }

  /* The warp's 16 rows through shared memory, so that neighbours are stored by neighbours. Sum i of a
   * lane is of row lane / 4 + 8 (i / 2 % 2) and column 8 (i / 4) + 2 (lane % 4) + i % 2 (PTX ISA,
   * "Register Fragments", figure of accumulator D of wgmma.m64nN). Only one copy of the epilogue, which
   * has all activations, is made. */
  static QS_DEVICE void
  put (const QsHopperProduct &args,
       const Sums            &sums,
       unsigned               stages,
       int                    group)
  {
    const unsigned lane = qs_thread () % 32, warp = qs_thread () / 32 % 4;
    const unsigned out = stages + (group * 4 + warp) * 16 * OUT_STRIDE * 4;
    const int row = qs_block_x () * ROWS + group * 64 + warp * 16;
    const int column = qs_block_y () * COLUMNS;

#pragma unroll
    for (int i = 0; i < COLUMNS / 2; i += 2)
      {
        struct alignas (8)
        {
          Sum v[2];
        } pair = { { qs_accumulator (sums, i), qs_accumulator (sums, i + 1) } };

        qs_shared_store (out + ((lane / 4 + i / 2 % 2 * 8) * OUT_STRIDE + i / 4 * 8 + lane % 4 * 2) * 4,
                         pair);
      }
    qs_warp_barrier ();

#pragma unroll 1
    for (int unit = (int) lane; unit < 16 * COLUMNS / 4; unit += 32)
      {
        const int r = unit / (COLUMNS / 4), c = unit % (COLUMNS / 4) * 4;

        put_four (args, out + (r * OUT_STRIDE + c) * 4, row + r, column + c);
      }
  }

  /* 64 rows of the tile: one warp group. */
  static QS_DEVICE void
  multiply (const QsHopperProduct &args,
            unsigned               stages,
            int                    group)
  {
    const int n_steps =
      get_first_step (args, qs_block_z () + 1) - get_first_step (args, qs_block_z ());
    Sums sums;
    int stage = 0, previous = 0;
    unsigned parity = 0;

    for (int step = 0; step < n_steps; step++)
      {
        qs_mbarrier_wait (get_full (stages, stage), parity);
        multiply_stage (sums, stages + stage * STAGE, group, step == 0);
        qs_product_wait<1> (sums);
        if (step > 0 && qs_thread () % 32 == 0)
          qs_mbarrier_arrive (get_empty (stages, previous));

        previous = stage;
        if (++stage == STAGES)
          {
            stage = 0;
            parity ^= 1;
          }
      }

    qs_product_wait<0> (sums);
    if (qs_thread () % 32 == 0)
      qs_mbarrier_arrive (get_done (stages));
    qs_mbarrier_wait (get_done (stages), 0);
    put (args, sums, stages, group);
  }

  static QS_DEVICE void
  run (const QsHopperProduct &args)
  {
    const unsigned stages = qs_shared_start (1024);
    const int group = (int) qs_thread () / 128;

    if (qs_thread () == 0)
      init_barriers (stages);
    qs_barrier ();

    if (group < GROUPS)
      multiply (args, stages, group);
    else if (qs_thread () % 32 == 0)
      copy (args, stages);
  }
};

#define QS_HOPPER_KERNEL(name, Product, groups, columns, step, stages, blocks) \
  QS_RESIDENT_KERNEL (qs_hopper_##name, QsHopperProduct, QS_HOPPER_THREADS (groups), blocks) \
  { \
    QsHopperTile<Product, groups, columns, step, stages, blocks>::run (args); \
  }

QS_HOPPER_TILES (QS_HOPPER_KERNEL)
