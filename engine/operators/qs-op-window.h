/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-onnx-node.h"
#include "qs-attributes.h"

G_BEGIN_DECLS

/* Kernels, strides, dilations and paddings are no larger than this, so that the products of two of
 * them and sums of these fit into 63 bits. */
#define QS_MAX_WINDOW (G_MAXINT32 / 4)

/**
 * QsConvolutionGeometry:
 * @in_channels: per group
 * @out_channels: per group
 * @begin: padding before the first element
 *
 * The numbers of one convolution, with one and two spatial axes extended to three by leading ones.
 * For a deconvolution @in and @out are those of its input and output.
 */
typedef struct
{
  gint64 batch;
  gint64 groups;
  gint64 in_channels;
  gint64 out_channels;
  gint64 kernel[QS_MAX_SPATIAL];
  gint64 stride[QS_MAX_SPATIAL];
  gint64 dilation[QS_MAX_SPATIAL];
  gint64 begin[QS_MAX_SPATIAL];
  gint64 in[QS_MAX_SPATIAL];
  gint64 out[QS_MAX_SPATIAL];
} QsConvolutionGeometry;

/**
 * QsTapSpan:
 * @n: for how many positions along each axis the tap lies inside
 * @from: offset of the first element that is read
 * @to: offset of the first sum that it is added to
 *
 * What one kernel tap contributes to one plane of sums. A convolution walks over outputs o and
 * reads inputs o * stride + shift; a deconvolution walks over inputs i and adds to outputs
 * i * stride + shift.
 */
typedef struct
{
  gint64 n[QS_MAX_SPATIAL];
  gint64 from;
  gint64 to;
  gint64 from_step[QS_MAX_SPATIAL];
  gint64 to_step[QS_MAX_SPATIAL];
} QsTapSpan;

void qs_tap_span_init             (QsTapSpan                     *self,
                                   const QsConvolutionGeometry   *geometry,
                                   gboolean                       transposed,
                                   const gint64                   tap[QS_MAX_SPATIAL],
                                   const gint64                   from_strides[QS_MAX_SPATIAL],
                                   const gint64                   to_strides[QS_MAX_SPATIAL]);
void qs_convolution_geometry_init (QsConvolutionGeometry         *self,
                                   const QsConvolutionAttributes *attributes,
                                   const QsShape                 *x,
                                   const QsShape                 *y);
/* Strides of the spatial axes of a view, extended to three like the geometry. */
void qs_spatial_strides           (const QsView                  *view,
                                   gint64                         strides[QS_MAX_SPATIAL]);
/* Dimensions of the spatial axes, extended to three. */
void qs_spatial_dims              (const QsShape                 *shape,
                                   gint64                         dims[QS_MAX_SPATIAL]);
/* The positions i of 0 … n - 1 for which i * stride + shift lies in 0 … limit - 1. */
void qs_window_range              (gint64                         n,
                                   gint64                         stride,
                                   gint64                         shift,
                                   gint64                         limit,
                                   gint64                        *first,
                                   gint64                        *last);
gint64 qs_window_output_size      (gint64                         in,
                                   gint64                         kernel,
                                   gint64                         stride,
                                   gint64                         dilation,
                                   gint64                         pads,
                                   gboolean                       ceil_mode,
                                   gint64                         begin);
/* Reads strides, dilations, pads and auto_pad of convolutions and poolings, and fills in
 * defaults; kernel_shape is there already. */
gboolean qs_window_parse          (const QsOnnxNode              *node,
                                   const QsShape                 *x,
                                   const QsInts                  *kernel_shape,
                                   QsInts                        *strides,
                                   QsInts                        *dilations,
                                   QsInts                        *pads,
                                   gboolean                       transposed,
                                   GError                       **error);

G_END_DECLS
