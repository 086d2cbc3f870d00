/* SPDX-License-Identifier: MIT */
#pragma once

/* Adds the tests of FP32 layers against sums in double precision. */
void qs_cpu_bounds_add_tests (void);
