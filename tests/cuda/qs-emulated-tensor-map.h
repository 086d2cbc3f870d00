/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "backends/cuda/qs-cuda-driver.h"
#include "backends/cuda/kernels/qs-hopper-arguments.h"

G_BEGIN_DECLS

/**
 * QsEmulatedTensorMap:
 * @element_size: in bytes
 * @span: of the order of chunks, in bytes; 0 for as they come
 * @last: sizes less one
 * @strides: in bytes, of all dimensions but the first
 * @box: elements along each dimension; of windows the channels and the pixels
 * @steps: elements from one that is copied to the next
 * @lower: of windows, the first position along width and height
 * @upper: and the last one, less the last pixel's
 *
 * What the stand-in driver writes into a tensor map. A device's has another form, which nobody knows.
 */
typedef struct
{
  guint32 magic;
  guint8 is_windowed;
  guint8 n_dims;
  guint8 element_size;
  guint8 span;
  guint64 address;
  guint64 strides[4];
  guint32 last[5];
  guint16 box[5];
  guint8 steps[5];
  gint16 lower[2];
  gint16 upper[2];
} QsEmulatedTensorMap;

/* cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col. */
QsCudaResult qs_emulated_encode_tiled  (QsCudaTensorMap *map,
                                        int              type,
                                        guint32          rank,
                                        gpointer         address,
                                        const guint64   *dims,
                                        const guint64   *strides,
                                        const guint32   *box,
                                        const guint32   *steps,
                                        int              interleave,
                                        int              swizzle,
                                        int              promotion,
                                        int              fill);
QsCudaResult qs_emulated_encode_im2col (QsCudaTensorMap *map,
                                        int              type,
                                        guint32          rank,
                                        gpointer         address,
                                        const guint64   *dims,
                                        const guint64   *strides,
                                        const int       *lower,
                                        const int       *upper,
                                        guint32          channels,
                                        guint32          pixels,
                                        const guint32   *steps,
                                        int              interleave,
                                        int              swizzle,
                                        int              promotion,
                                        int              fill);
/* Whether @map was written by one of these. */
gboolean     qs_emulated_tensor_map_read (const QsCudaTensorMap *map,
                                          QsEmulatedTensorMap   *out);

G_END_DECLS
