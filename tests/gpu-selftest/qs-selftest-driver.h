/* SPDX-License-Identifier: MIT */
#pragma once

/* Before anything asks for a device: nothing where the real driver is used; the program that is
 * linked with the emulated device puts that one in its place. */
void qs_selftest_choose_driver (void);
