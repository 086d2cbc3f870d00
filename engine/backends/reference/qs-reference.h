/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"

G_BEGIN_DECLS

/*
 * INT8 kernels in scalar C, written to be read beside numerics/qs-int8.h: the oracle of the other
 * backends. All of them work through strides, in either layout.
 */

extern const QsKernel qs_reference_convolution;
extern const QsKernel qs_reference_convolution_pooling;
extern const QsKernel qs_reference_deconvolution;
extern const QsKernel qs_reference_matrix_multiply;
extern const QsKernel qs_reference_matrix_multiply_dynamic;
extern const QsKernel qs_reference_pooling;
extern const QsKernel qs_reference_reduce;
extern const QsKernel qs_reference_element_wise;
extern const QsKernel qs_reference_activation;
extern const QsKernel qs_reference_reformat;
extern const QsKernel qs_reference_resize;

/* What supports functions ask. Each fills in @reason and gives FALSE when it does not hold. */
gboolean qs_reference_refuse        (const char    **reason,
                                     const char     *why);
gboolean qs_tensor_is_quantized     (const QsTensor *tensor);
gboolean qs_reference_check_weighted (const QsLayer *layer,
                                     gint64          n_channels,
                                     gint64          products,
                                     const char    **reason);
gboolean qs_reference_check_activations (const QsLayer *layer,
                                     const char    **reason);
gboolean qs_reference_check_equal_scales (const QsLayer *layer,
                                     const char    **reason);

/**
 * QsEpilogue:
 *
 * The end of a weighted layer for one output channel, in the order of the contract.
 */
typedef struct
{
  float multiplier;
  float bias;
  const QsView *residual; /* nullable */
  const QsActivation *activation;
  QsView *y;
} QsEpilogue;

void     qs_epilogue_init           (QsEpilogue     *self,
                                     const QsLayer  *layer,
                                     const QsExecution *execution);
void     qs_epilogue_set_channel    (QsEpilogue     *self,
                                     const QsLayer  *layer,
                                     const QsExecution *execution,
                                     gint64          k);
void     qs_epilogue_apply          (const QsEpilogue *self,
                                     gint32          accumulator,
                                     gint64          residual_offset,
                                     gint64          y_offset);

G_END_DECLS
