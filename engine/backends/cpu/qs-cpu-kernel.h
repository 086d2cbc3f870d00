/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "qs-cpu-functions.h"

G_BEGIN_DECLS

/**
 * QsCpuKernel:
 * @base: the kernel as everyone sees it
 * @functions: the loops of the instruction set that it was made for
 *
 * Every family's file has a table of kernels without instruction set, ended by one without a name;
 * the backend makes a copy of each for every level.
 */
typedef struct
{
  QsKernel base;
  const QsCpuFunctions *functions;
} QsCpuKernel;

static inline const QsCpuFunctions *
qs_cpu_kernel_functions (const QsKernel *kernel)
{
  return ((const QsCpuKernel *) kernel)->functions;
}

extern const QsKernel qs_cpu_depthwise_kernels[];
extern const QsKernel qs_cpu_convolution_kernels[];
extern const QsKernel qs_cpu_convolution_pooling_kernels[];
extern const QsKernel qs_cpu_deconvolution_kernels[];
extern const QsKernel qs_cpu_grouped_kernels[];
extern const QsKernel qs_cpu_matrix_multiply_kernels[];
extern const QsKernel qs_cpu_matrix_multiply_dynamic_kernels[];
extern const QsKernel qs_cpu_moving_kernels[];
extern const QsKernel qs_cpu_pointwise_kernels[];
extern const QsKernel qs_cpu_pooling_kernels[];
extern const QsKernel qs_cpu_resize_kernels[];
extern const QsKernel qs_cpu_row_kernels[];
extern const QsKernel qs_cpu_selecting_kernels[];

/* (array length=n): the kernels of @level, best first; none where it cannot run. */
const QsKernel *const *qs_cpu_get_kernels (QsCpuLevel  level,
                                           guint      *n);

/* Gives @reason and returns FALSE: for the supports functions. */
static inline gboolean
qs_cpu_refuse (const char **reason,
               const char  *why)
{
  if (reason != NULL)
    *reason = why;
  return FALSE;
}

G_END_DECLS
