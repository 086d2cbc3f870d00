/* SPDX-License-Identifier: MIT */
#include "qs-cuda-arguments.h"
#include "qs-primitives.h"

/* Keeps the device busy while the host asks for what is to be timed after it. */
QS_KERNEL (qs_delay, QsCudaDelay, 32)
{
  const int64_t start = qs_clock ();

  while (qs_clock () - start < args.clocks)
    ;
}
