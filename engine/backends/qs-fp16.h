/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-float16.h"
#include "network/qs-network.h"
#include "qs-backend.h"

G_BEGIN_DECLS

/*
 * The contract of layers that read or write float16 (IEEE 754 binary16), whatever they compute in:
 *
 *   x'   = every float16 input and constant, widened to float32, which is exact
 *   y'   = the layer in float32, as an FP32 layer: sums in float32 in their fixed order, then bias,
 *          residual and activation in float32
 *   y    = y' rounded to float16 once, where it is stored: to nearest, ties to even; below 2^-14 to a
 *          multiple of 2^-24 (subnormals are kept, not flushed); from 65,520 on to infinity; a NaN
 *          stays a quiet NaN with the upper bits of its payload
 *
 * Weights and biases of an FP16 layer are rounded to float16 once, when the engine is built. A
 * Reformat from INT8 computes q * s in float32 and rounds; one to INT8 widens and quantizes.
 *
 * A processor without float16 arithmetic keeps the contract by converting at the edges of its FP32
 * and INT8 kernels. That is an emulation: it says what FP16 does to the values, and its times say
 * nothing about hardware that computes in float16. Conversions give the same bits everywhere.
 */

/**
 * QsFp16Functions:
 * @widen: float16 to float32, @n values
 * @narrow: float32 to float16
 *
 * A backend's conversions.
 */
struct _QsFp16Functions
{
  void (*widen) (const guint16 *from,
                 float         *to,
                 gint64         n);
  void (*narrow) (const float  *from,
                  guint16      *to,
                  gint64        n);
};

extern const QsFp16Functions qs_fp16_portable;

/**
 * QsFp16Rounding:
 * @n_overflows: finite values beyond 65,504 that become infinite
 * @n_underflows: values other than zero that become zero
 * @n_subnormals: values that are kept with fewer than 11 bits
 *
 * What rounding to float16 does to a constant.
 */
typedef struct
{
  gint64 n_overflows;
  gint64 n_underflows;
  gint64 n_subnormals;
} QsFp16Rounding;

/* A float32 constant rounded to float16; (transfer full). @rounding is added to. */
QsHostTensor   *qs_fp16_round          (const QsHostTensor  *tensor,
                                        QsFp16Rounding      *rounding,
                                        GError             **error);
/* A float16 constant as float32. */
QsHostTensor   *qs_fp16_widen          (const QsHostTensor  *tensor,
                                        GError             **error);

/* Whether it reads or writes float16 and is none of those that convert types themselves (Cast,
 * Reformat, QuantizeLinear, DequantizeLinear). */
gboolean        qs_layer_has_fp16      (const QsLayer       *layer);
/* A network of one layer: @layer with float32 in the place of float16, constants widened. */
QsNetwork      *qs_layer_widen         (const QsLayer       *layer,
                                        GError             **error);

/* @kernel with conversions at its edges, which lives as long as the program. Its name has f16 in the
 * place of f32, or at its end. */
const QsKernel *qs_fp16_kernel_get     (const QsBackend     *backend,
                                        const QsKernel      *kernel);
char           *qs_fp16_kernel_name    (const QsKernel      *kernel);

G_END_DECLS
