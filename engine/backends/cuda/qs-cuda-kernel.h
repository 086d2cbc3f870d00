/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "kernels/qs-cuda-arguments.h"
#include "qs-cuda-device.h"

G_BEGIN_DECLS

/**
 * QsCudaTile:
 * @kernel: name of the device's kernel
 * @rows: outputs of a block along the rows
 * @columns: and along the columns
 *
 * A shape that a convolution's kernel is made for (kernels/qs-cuda-tiles.h).
 */
typedef struct
{
  const char *kernel;
  guint rows;
  guint columns;
  guint n_threads;
  guint shared_size;
} QsCudaTile;

/**
 * QsCudaKernel:
 * @base: the kernel as everyone sees it
 * @tile: (nullable): for kernels that come in several shapes
 * @k_splits: parts of k that blocks of their own sum
 */
typedef struct
{
  QsKernel base;
  const QsCudaTile *tile;
  guint k_splits;
} QsCudaKernel;

extern const QsCudaKernel qs_cuda_convolution_kernels[];
extern const QsCudaKernel qs_cuda_matrix_multiply_kernels[];
extern const QsCudaKernel qs_cuda_moving_kernels[];
extern const QsCudaKernel qs_cuda_picking_kernels[];
extern const QsCudaKernel qs_cuda_pointwise_kernels[];
extern const QsCudaKernel qs_cuda_hopper_kernels[];
extern const QsCudaKernel qs_cuda_pooling_kernels[];
extern const QsCudaKernel qs_cuda_row_kernels[];

QsCudaType    qs_cuda_type    (QsDataType     type);
QsCudaDivisor qs_cuda_divisor (guint32        divisor);
gboolean      qs_cuda_refuse  (const char   **reason,
                               const char    *why);

G_END_DECLS
