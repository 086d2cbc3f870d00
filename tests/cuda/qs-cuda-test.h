/* SPDX-License-Identifier: MIT */
#pragma once

#include "../engine/backends/qs-cpu-test.h"
#include "backends/cuda/qs-cuda-kernel.h"
#include "qs-kernel-check.h"

G_BEGIN_DECLS

/*
 * Helpers for the tests that compare the CUDA backend's kernels with the reference kernels.
 *
 * INT8 is compared bit for bit, and so are FP16 and FP32, because their values are multiples of 1/8:
 * products and sums of these are exact in float32 in every order (1100 products of 16/8 * 16/8 take
 * 19 bits), so that one lost or misplaced product shows.
 */

/* One of each type. */
extern const QsActivation qs_cuda_test_activations[QS_N_ACTIVATIONS];

QsPrecision   qs_cuda_test_precision    (QsDataType          type);
/* Multiples of 1/8 up to 2, or bytes. */
QsHostTensor *qs_cuda_test_values       (QsRandom           *random,
                                         QsDataType          type,
                                         const QsShape      *shape);
QsHostTensor *qs_cuda_test_scales       (QsRandom           *random,
                                         gint64              n);
/* Bit for bit; the first byte that differs is a failure of @kernel. */
void          qs_cuda_test_compare      (QsCpuTest          *test,
                                         const QsKernel     *kernel,
                                         const QsHostTensor *expected,
                                         const QsHostTensor *result,
                                         QsKernelCheck      *check);
/* Every kernel of @kernels that supports the layer. At least one has to. */
void          qs_cuda_test_check        (QsCpuTest          *test,
                                         const QsCudaKernel *kernels,
                                         QsFormat            format,
                                         QsKernelCheck      *check);
/* A kernel that no layer was for would be one that nobody tests. */
void          qs_cuda_test_assert_tried (const QsCudaKernel *kernels,
                                         QsPrecision         precision,
                                         QsKernelCheck      *check);

G_END_DECLS
