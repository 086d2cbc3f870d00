/* SPDX-License-Identifier: MIT */
#include "qs-selftest-driver.h"

void
qs_selftest_choose_driver (void)
{
}
