/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/cpu/qs-cpu-kernel.h"
#include "network/qs-network.h"
#include "operators/qs-attributes.h"

G_BEGIN_DECLS

/*
 * Helpers for the tests that compare the CPU backend's kernels with brute force and with each other
 * on random layers. Everything follows from a seed, which failures print.
 */

typedef struct
{
  guint64 state;
} QsRandom;

guint64   qs_random_next        (QsRandom         *self);
/* low … high */
gint64    qs_random_between     (QsRandom         *self,
                                 gint64            low,
                                 gint64            high);
/* low … high */
float     qs_random_float       (QsRandom         *self,
                                 float             low,
                                 float             high);

/* Every value of an INT8 tensor becomes the lowest or the highest one there is: -128 or 127, from
 * zero up 0 or 127. Sums of such products are the largest, and saturating instructions show. */
void      qs_random_extremes    (QsRandom         *self,
                                 QsHostTensor     *tensor,
                                 gboolean          non_negative);

/* A tensor with random contents: floats within ±1.5, bytes of the whole range, other integers within
 * ±9; from zero up where @non_negative. Sets the tensor's type and, for INT8, its scale. */
QsHostTensor *qs_random_tensor  (QsRandom         *self,
                                 QsDataType        type,
                                 const QsShape    *shape,
                                 gboolean          non_negative);

/**
 * QsCpuTest:
 * @values: (array): linear contents of the inputs, %NULL for absent ones and for constants
 * @details: (nullable): what shapes do not say about the layer, for failures
 *
 * A network of one layer and values for its inputs.
 */
typedef struct
{
  QsNetwork *network;
  QsLayer *layer;
  QsHostTensor *values[8];
  guint64 seed;
  char *details;
} QsCpuTest;

void      qs_cpu_test_init      (QsCpuTest        *self,
                                 guint64           seed);
void      qs_cpu_test_clear     (QsCpuTest        *self);
QsTensor *qs_cpu_test_add_input (QsCpuTest        *self,
                                 guint             index,
                                 QsHostTensor     *value,
                                 float             scale,
                                 gboolean          constant);
/* Makes the layer of the inputs added so far and infers its output. */
QsLayer  *qs_cpu_test_add_layer (QsCpuTest        *self,
                                 QsLayerKind       kind,
                                 gconstpointer     attributes,
                                 guint             n_inputs,
                                 QsDataType        out_type,
                                 float             out_scale);
/* Runs a kernel on every activation in its layout; returns the output in linear order. */
QsHostTensor *qs_cpu_test_run   (QsCpuTest        *self,
                                 const QsKernel   *kernel,
                                 QsFormat          format,
                                 guint             n_threads);
/* The same; NULL where the kernel or its device fails. */
QsHostTensor *qs_cpu_test_try_run (QsCpuTest      *self,
                                 const QsKernel   *kernel,
                                 QsFormat          format,
                                 guint             n_threads,
                                 GError          **error);
/* Runs all kernels of all levels this machine has, at @precision, with several thread counts, and
 * calls @check for each result. At least one must support the layer. */
typedef void (*QsCpuCheck)      (QsCpuTest        *self,
                                 const QsKernel   *kernel,
                                 QsHostTensor     *result,
                                 gpointer          user_data);
void      qs_cpu_test_all       (QsCpuTest        *self,
                                 QsPrecision       precision,
                                 QsCpuCheck        check,
                                 gpointer          user_data);
/* The same where there need not be a kernel; returns the number of levels that have one. */
guint     qs_cpu_test_try_all   (QsCpuTest        *self,
                                 QsPrecision       precision,
                                 QsCpuCheck        check,
                                 gpointer          user_data);
/* The layer in float16, as every FP32 kernel of the CPU backend emulates it. */
void      qs_cpu_test_fp16      (QsCpuTest        *self,
                                 double            bound);
/* The INT8 kernel of the reference backend for the layer. */
const QsKernel *qs_cpu_test_find_reference (QsCpuTest *self);
char     *qs_cpu_test_describe  (QsCpuTest        *self,
                                 const QsKernel   *kernel);

G_END_DECLS
