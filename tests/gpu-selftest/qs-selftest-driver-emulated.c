/* SPDX-License-Identifier: MIT */
#include "qs-selftest-driver.h"

#include <stdlib.h>

#include "../cuda/qs-stand-in-driver.h"

/*
 * So that the program's own test sees it fail, QS_EMULATED_FAULT can be "wrong" (one byte of every
 * result comes back changed), "lost" (the first kernel ends the device) or "abort" (the program ends in
 * the middle of it); QS_EMULATED_ARCHITECTURE is a compute capability, as 90.
 */

static QsCudaDriver driver;

static QsCudaResult
copy_out_wrong (gpointer      to,
                QsCudaPointer from,
                gsize         size,
                QsCudaStream  stream)
{
  QsCudaResult result = qs_stand_in_driver_get ()->copy_out (to, from, size, stream);

  if (result == QS_CUDA_SUCCESS && size > 0)
    ((guint8 *) to)[size / 2] ^= 0x40;
  return result;
}

static QsCudaResult
copy_out_never (gpointer      to,
                QsCudaPointer from,
                gsize         size,
                QsCudaStream  stream)
{
  abort ();
}

void
qs_selftest_choose_driver (void)
{
  const char *fault = g_getenv ("QS_EMULATED_FAULT");
  const char *architecture = g_getenv ("QS_EMULATED_ARCHITECTURE");

  if (architecture != NULL)
    qs_stand_in_driver_set_architecture (atoi (architecture));
  driver = *qs_stand_in_driver_get ();
  if (g_strcmp0 (fault, "wrong") == 0)
    driver.copy_out = copy_out_wrong;
  else if (g_strcmp0 (fault, "abort") == 0)
    driver.copy_out = copy_out_never;
  else if (g_strcmp0 (fault, "lost") == 0)
    qs_stand_in_driver_fail ("cuLaunchKernel", 1, QS_CUDA_ERROR_LAUNCH_FAILED);
  qs_cuda_driver_replace (&driver);
}
