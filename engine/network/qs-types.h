/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-host-tensor.h"

G_BEGIN_DECLS

typedef struct _QsLayer QsLayer;
typedef struct _QsLayerClass QsLayerClass;
typedef struct _QsNetwork QsNetwork;
typedef struct _QsTensor QsTensor;

/**
 * QsPrecision:
 *
 * What a layer computes in. The names are TensorRT's.
 */
typedef enum
{
  QS_PRECISION_FP32,
  QS_PRECISION_FP16,
  QS_PRECISION_INT8,
} QsPrecision;

/**
 * QsFormat:
 * @QS_FORMAT_LINEAR: row major in ONNX order (TensorRT kLINEAR)
 * @QS_FORMAT_HWC: channels last (TensorRT kHWC); for tensors of rank 3 to 5 whose axis 1 holds
 *   channels, the memory order is N, spatial axes, C
 *
 * Memory layout of an activation tensor. Shapes are always given in ONNX order.
 */
typedef enum
{
  QS_FORMAT_LINEAR,
  QS_FORMAT_HWC,
} QsFormat;

/**
 * QsActivationType:
 *
 * The pointwise functions that can end a weighted layer (its epilogue) or stand alone. alpha and
 * beta are TensorRT's parameters of IActivationLayer.
 */
typedef enum
{
  QS_ACTIVATION_NONE,
  QS_ACTIVATION_RELU,
  QS_ACTIVATION_CLIP,         /* alpha … beta; ReLU6 is a clip to 0 … 6 */
  QS_ACTIVATION_LEAKY_RELU,   /* x < 0 ? alpha * x : x */
  QS_ACTIVATION_HARD_SIGMOID, /* clamp (alpha * x + beta, 0, 1) */
  QS_ACTIVATION_HARD_SWISH,   /* x * clamp (x / 6 + 0.5, 0, 1) */
  QS_ACTIVATION_SIGMOID,
  QS_ACTIVATION_TANH,
  QS_ACTIVATION_SILU,         /* x * sigmoid (x) */
  QS_ACTIVATION_GELU_ERF,
  QS_ACTIVATION_GELU_TANH,
  QS_ACTIVATION_ELU,
  QS_ACTIVATION_SELU,
  QS_ACTIVATION_SOFTPLUS,
  QS_ACTIVATION_SOFTSIGN,
  QS_ACTIVATION_THRESHOLDED_RELU,
  QS_ACTIVATION_CELU,
  QS_ACTIVATION_MISH,
  QS_ACTIVATION_SHRINK,       /* x < -alpha ? x + beta : x > alpha ? x - beta : 0 */
  QS_N_ACTIVATIONS
} QsActivationType;

typedef struct
{
  QsActivationType type;
  float alpha;
  float beta;
} QsActivation;

const char *qs_precision_name  (QsPrecision      precision);
const char *qs_format_name     (QsFormat         format);
const char *qs_activation_name (QsActivationType type);

/**
 * QsView:
 * @data: first element
 * @type: element type
 * @format: memory layout
 * @shape: logical shape in ONNX order
 * @strides: distance in elements between neighbours along each logical axis; it says all about
 *   the memory order, also for @format HWC
 * @scale: quantization scale of an INT8 view, 0 for any other
 *
 * A tensor as a kernel sees it. Kernels read and write through strides (or check @format and
 * assume dense memory), so one definition serves every layout.
 */
typedef struct
{
  gpointer data;
  QsDataType type;
  QsFormat format;
  QsShape shape;
  gint64 strides[QS_MAX_DIMS];
  float scale;
} QsView;

void     qs_view_init          (QsView             *self,
                                QsDataType          type,
                                QsFormat            format,
                                const QsShape      *shape,
                                gpointer            data);
void     qs_view_init_for_host (QsView             *self,
                                const QsHostTensor *tensor);
gboolean qs_view_is_linear     (const QsView       *self);
gint64   qs_view_offset        (const QsView       *self,
                                const gint64       *index);

G_END_DECLS
