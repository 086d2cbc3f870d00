/* SPDX-License-Identifier: MIT */
#include "qs-mistakes.h"

#include "kernels/qs-primitives.h"

/* What the kernel copies first: its neighbour waits for it. */
static void
copy_in (const QsPassArguments &args,
         unsigned               address)
{
  const char *from = static_cast<const char *> (args.in) + address;

  if (args.mistake == QS_PASS_UNINITIALISED && qs_thread () == 3)
    return;
  if (args.mistake == QS_PASS_MISALIGNED)
    from += 4;
  if (args.mistake == QS_PASS_OUT_OF_BOUNDS)
    from += 16;
  qs_async_copy (address, from, true);
  qs_async_commit ();
  if (args.mistake != QS_PASS_NO_WAIT)
    qs_async_wait<0> ();
}

/* Without a barrier, only what has been written for sure: the race is to be seen, not that it was lost. */
static unsigned
find_source (int      mistake,
             unsigned address)
{
  if (mistake == QS_PASS_SHARED_OUT_OF_BOUNDS)
    return address + 16;
  if (mistake == QS_PASS_SHARED_MISALIGNED)
    return address ^ 4;
  if (mistake == QS_PASS_NO_BARRIER && qs_thread () % 2 == 0)
    return address;
  return address ^ 16;
}

QS_KERNEL (qs_pass, QsPassArguments, QS_PASS_THREADS)
{
  const unsigned address = qs_thread () * 16;
  QsVector vector;

  copy_in (args, address);
  if (args.mistake == QS_PASS_DIVERGENT_BARRIER && qs_thread () == 5)
    return;
  if (args.mistake != QS_PASS_NO_BARRIER)
    qs_barrier ();
  if (args.mistake == QS_PASS_DIVERGENT_WARP)
    {
      if (qs_thread () % 2 == 0)
        qs_warp_barrier ();
      else
        qs_shuffle_xor (0u, 1);
    }

  vector = qs_shared_load<QsVector> (find_source (args.mistake, address));
  if (args.mistake == QS_PASS_WRITE_AFTER_READ)
    qs_shared_store (address, vector);
  qs_store (reinterpret_cast<QsVector *> (static_cast<char *> (args.out) + address
                                          + (args.mistake == QS_PASS_WRITE_OUT_OF_BOUNDS ? 16 : 0)),
            vector);
}
