/* SPDX-License-Identifier: MIT */
#include "qs-hopper-mistakes.h"

#include "kernels/qs-hopper-primitives.h"

#define LEFT_BYTES (QS_MISTAKE_ROWS * QS_MISTAKE_STEP)
#define RIGHT_BYTES (QS_MISTAKE_COLUMNS * QS_MISTAKE_STEP)

typedef struct
{
  unsigned left;
  unsigned right;
  unsigned full;
  unsigned empty;
} Places;

static Places
get_places (void)
{
  const unsigned left = qs_shared_start (1024), right = left + LEFT_BYTES;

  return { left, right, right + RIGHT_BYTES, right + RIGHT_BYTES + 8 };
}

static void
copy_step (const QsMistakeArguments &args,
           const Places             &at,
           int                       step)
{
  const int x = step * QS_MISTAKE_STEP;
  unsigned bytes = LEFT_BYTES + RIGHT_BYTES;

  if (args.mistake == QS_MISTAKE_EXPECT_LESS)
    bytes -= 16;
  if (args.mistake == QS_MISTAKE_EXPECT_MORE)
    bytes += 16;
  if (args.mistake != QS_MISTAKE_NO_EMPTY_WAIT)
    qs_mbarrier_wait (at.empty, step % 2 ^ 1);
  qs_mbarrier_expect (at.full, bytes);
  qs_bulk_load (at.left + (args.mistake == QS_MISTAKE_MISALIGNED_COPY ? 16 : 0), &args.left, x, 0,
                at.full);
  qs_bulk_load (at.right, &args.right, x, 0, at.full);
}

static void
copy (const QsMistakeArguments &args,
      const Places             &at)
{
  for (int step = 0; step < QS_MISTAKE_STEPS; step++)
    copy_step (args, at, step);
  if (args.mistake == QS_MISTAKE_COPY_LATE)
    {
      qs_mbarrier_wait (at.empty, QS_MISTAKE_STEPS % 2 ^ 1);
      copy_step (args, at, QS_MISTAKE_STEPS);
    }
}

/* A thread's own bytes in the place of those that were copied. */
static void
store (const QsMistakeArguments &args,
       const Places             &at)
{
  const unsigned from = args.mistake == QS_MISTAKE_STORE_LATE ? 32 : 0;

  if ((args.mistake == QS_MISTAKE_STORE || args.mistake == QS_MISTAKE_STORE_LATE ||
       args.mistake == QS_MISTAKE_STORE_FENCED) && qs_thread () == from)
    qs_shared_store (at.left, 0);
  if (args.mistake == QS_MISTAKE_STORE_FENCED)
    qs_proxy_fence ();
}

typedef QsAccumulators<int32_t, QS_MISTAKE_COLUMNS / 2> Sums;

static void
multiply_step (const QsMistakeArguments &args,
               const Places             &at,
               Sums                     &sums,
               int                       step)
{
  const unsigned left = at.left + (args.mistake == QS_MISTAKE_MISALIGNED_MATRIX ? 128 : 0);
  const unsigned other = args.mistake == QS_MISTAKE_OTHER_MATRIX && qs_thread () == 77 ? 32 : 0;

  if (args.mistake != QS_MISTAKE_NO_FULL_WAIT)
    qs_mbarrier_wait (at.full, step % 2);
  if (step == 0)
    store (args, at);
  if (args.mistake != QS_MISTAKE_NO_PRODUCT_FENCE)
    qs_product_fence ();
  for (int k = 0; k < QS_MISTAKE_STEP; k += 32)
    qs_product_s8 (sums, qs_matrix (left + (k ^ other), QS_MISTAKE_STEP),
                   qs_matrix (at.right + k, QS_MISTAKE_STEP),
                   args.mistake == QS_MISTAKE_ADD_TO_NOTHING || step > 0 || k > 0);
  qs_product_commit ();
}

static void
release (const QsMistakeArguments &args,
         const Places             &at)
{
  if (qs_thread () % 32 == 0)
    for (int i = args.mistake == QS_MISTAKE_MANY_ARRIVALS ? 0 : 1; i < 2; i++)
      qs_mbarrier_arrive (at.empty);
}

static void
put (const QsMistakeArguments &args,
     const Sums               &sums)
{
  const unsigned lane = qs_thread () % 32, row = qs_thread () / 32 * 16 + lane / 4;

  for (unsigned i = 0; i < QS_MISTAKE_COLUMNS / 2; i++)
    qs_store (args.out + (row + i / 2 * 8) * QS_MISTAKE_COLUMNS + lane % 4 * 2 + i % 2,
              qs_accumulator (sums, i));
}

static void
multiply (const QsMistakeArguments &args,
          const Places             &at)
{
  Sums sums;

  for (int step = 0; step < QS_MISTAKE_STEPS; step++)
    {
      multiply_step (args, at, sums, step);
      if (args.mistake == QS_MISTAKE_EARLY_RELEASE)
        release (args, at);
      if (args.mistake == QS_MISTAKE_READ_EARLY)
        put (args, sums);
      qs_product_wait<0> (sums);
      if (args.mistake != QS_MISTAKE_EARLY_RELEASE)
        release (args, at);
    }
  put (args, sums);
}

QS_KERNEL (qs_hopper_mistake, QsMistakeArguments, QS_MISTAKE_THREADS)
{
  const Places at = get_places ();

  if (qs_thread () == 0)
    {
      qs_mbarrier_init (at.full, 1);
      qs_mbarrier_init (at.empty, 4);
      if (args.mistake != QS_MISTAKE_NO_INIT_FENCE)
        qs_mbarrier_fence ();
    }
  if (args.mistake != QS_MISTAKE_NO_BLOCK_BARRIER)
    qs_barrier ();

  if (qs_thread () == 128)
    copy (args, at);
  else if (qs_thread () < 128)
    multiply (args, at);
}
