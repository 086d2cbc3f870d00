/* SPDX-License-Identifier: MIT */
#include "qs-selftest-driver.h"

/* A program as it is, that finds the emulated device where a GPU would be: nothing in it asks for one
 * before main (). */
__attribute__ ((constructor)) static void
choose_driver (void)
{
  qs_selftest_choose_driver ();
}
