/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"

G_BEGIN_DECLS

/**
 * QsKernelCheck:
 * @n_runs: how often a kernel was run on a layer
 * @n_failed: how many of these runs failed, or differ from the reference by more than their bound
 * @tried: (element-type utf8): names of kernels that ran
 * @failures: (element-type utf8): a sentence for each of the first that failed
 *
 * What came of running kernels beside the reference. A test ends at the first failure; the program
 * for machines with a GPU goes on and tells all of them.
 */
typedef struct
{
  guint n_runs;
  guint n_failed;
  GHashTable *tried;
  GPtrArray *failures;
} QsKernelCheck;

void qs_kernel_check_init          (QsKernelCheck  *self);
void qs_kernel_check_clear         (QsKernelCheck  *self);
void qs_kernel_check_count         (QsKernelCheck  *self,
                                    const QsKernel *kernel);
void qs_kernel_check_fail          (QsKernelCheck  *self,
                                    const char     *format,
                                    ...) G_GNUC_PRINTF (2, 3);
/* Ends the program with the first failure, if there is one. */
void qs_kernel_check_assert_passed (QsKernelCheck  *self);

G_END_DECLS
