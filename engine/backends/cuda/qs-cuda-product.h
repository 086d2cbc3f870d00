/* SPDX-License-Identifier: MIT */
#pragma once

#include "kernels/qs-cuda-tiles.h"
#include "qs-cuda-kernel.h"

G_BEGIN_DECLS

/* Columns of packed weights and of parameters are padded to this many. */
#define QS_CUDA_COLUMN_PADDING 16

#define QS_CUDA_DECLARE_TILE(id, product, rows, columns, warps_m, warps_n, stages) \
  extern const QsCudaTile qs_cuda_tile_##id;

QS_CUDA_INT8_TILES (QS_CUDA_DECLARE_TILE)
QS_CUDA_HALF_TILES (QS_CUDA_DECLARE_TILE)
QS_CUDA_FLOAT_TILES (QS_CUDA_DECLARE_TILE)

/*
 * What the builder chooses from for convolutions and products, best first: name, tile, parts of k,
 * precision. Parts are added in their order; sums of floats are another order's then.
 */
#define QS_CUDA_PRODUCT_TACTICS(ROW) \
  ROW (s8_128x128, s8_128x128, 1, QS_PRECISION_INT8) \
  ROW (s8_128x64, s8_128x64, 1, QS_PRECISION_INT8) \
  ROW (s8_64x64, s8_64x64, 1, QS_PRECISION_INT8) \
  ROW (s8_32x64, s8_32x64, 1, QS_PRECISION_INT8) \
  ROW (s8_64x64_k4, s8_64x64, 4, QS_PRECISION_INT8) \
  ROW (s8_32x64_k8, s8_32x64, 8, QS_PRECISION_INT8) \
  ROW (f16_128x128, f16_128x128, 1, QS_PRECISION_FP16) \
  ROW (f16_64x64, f16_64x64, 1, QS_PRECISION_FP16) \
  ROW (f16_32x64, f16_32x64, 1, QS_PRECISION_FP16) \
  ROW (f16_64x64_k4, f16_64x64, 4, QS_PRECISION_FP16) \
  ROW (f16_32x64_k8, f16_32x64, 8, QS_PRECISION_FP16) \
  ROW (f32_128x64, f32_128x64, 1, QS_PRECISION_FP32) \
  ROW (f32_64x64, f32_64x64, 1, QS_PRECISION_FP32) \
  ROW (f32_32x32, f32_32x32, 1, QS_PRECISION_FP32) \
  ROW (f32_32x32_k8, f32_32x32, 8, QS_PRECISION_FP32)

/**
 * QsCudaProduct:
 * @value_size: bytes of an element of the operands
 * @tap_values: values of k that one tap takes, padding included
 *
 * What convolutions and products of matrices have in common on the device: the arguments of their
 * tiles and the memory these point to.
 */
typedef struct
{
  QsCudaDevice *device;
  const QsCudaTile *tile;
  QsCudaConvolution args;
  gsize value_size;
  gint64 tap_values;
  gpointer weights;
  gpointer taps;
  gpointer places;
  gpointer multiplier;
  gpointer bias;
} QsCudaProduct;

gboolean qs_cuda_product_init           (QsCudaProduct       *self,
                                         const QsKernel      *kernel,
                                         gsize                value_size,
                                         GError             **error);
void     qs_cuda_product_clear          (QsCudaProduct       *self);
void     qs_cuda_product_plan_k         (QsCudaProduct       *self,
                                         gint64               n_taps,
                                         gint64               channels);
void     qs_cuda_product_plan_columns   (QsCudaProduct       *self,
                                         gint64               n_groups,
                                         gint64               n_columns);
gboolean qs_cuda_product_upload_taps    (QsCudaProduct       *self,
                                         const QsCudaTap     *taps,
                                         GError             **error);
gboolean qs_cuda_product_upload_weights (QsCudaProduct       *self,
                                         gconstpointer        weights,
                                         gsize                size,
                                         GError             **error);
gboolean qs_cuda_product_upload_parameters (QsCudaProduct    *self,
                                         const QsLayer       *layer,
                                         float                alpha,
                                         float                beta,
                                         GError             **error);
void     qs_cuda_product_plan_epilogue  (QsCudaProduct       *self,
                                         const QsLayer       *layer,
                                         gint64               row_stride,
                                         gint64               residual_row_stride);
/* Bytes of sums that parts of k leave behind; 0 where k is not split. */
gsize    qs_cuda_product_get_partial_size (const QsCudaProduct *self);
/* The sums of all parts of k, in their order, and the epilogue. */
gboolean qs_cuda_product_reduce         (const QsCudaProduct *self,
                                         QsCudaConvolution   *args,
                                         GError             **error);
/* @args: the product's own with this run's memory filled in */
gboolean qs_cuda_product_run            (const QsCudaProduct *self,
                                         QsCudaConvolution   *args,
                                         gpointer             partial,
                                         GError             **error);
/* What @execution says about the epilogue's memory. */
void     qs_cuda_product_take_memory    (QsCudaConvolution   *args,
                                         const QsExecution   *execution);

/* Whether a tile is made for a product of this size; small products leave most of a large tile idle,
 * and k is only split where there are few tiles. */
gboolean qs_cuda_product_supports       (const QsKernel      *kernel,
                                         gint64               rows,
                                         gint64               columns,
                                         gint64               k_bytes,
                                         gint64               n_groups,
                                         const char         **reason);

G_END_DECLS
