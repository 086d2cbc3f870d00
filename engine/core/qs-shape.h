/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* TensorRT's own limit (Dims::MAX_DIMS). */
#define QS_MAX_DIMS 8

/* One axis never exceeds this, so that products of two fit into 64 bits before they are checked. */
#define QS_MAX_DIM G_MAXINT32

/* No tensor is larger than this many bytes: a few bytes of a hostile file must not ask for more. */
#define QS_MAX_TENSOR_BYTES (G_GUINT64_CONSTANT (64) << 30)

/**
 * QsShape:
 * @n_dims: number of dimensions, 0 for a scalar
 * @dims: the dimensions, -1 where one is not known
 *
 * The logical dimensions of a tensor, in ONNX order (NCHW for images) whatever the memory layout.
 */
typedef struct
{
  int n_dims;
  gint64 dims[QS_MAX_DIMS];
} QsShape;

QsShape  qs_shape_make          (int            n_dims,
                                 ...);
gboolean qs_shape_init          (QsShape       *self,
                                 gsize          n_dims,
                                 const gint64  *dims,
                                 GError       **error);
gboolean qs_shape_is_known      (const QsShape *self);
gboolean qs_shape_equal         (const QsShape *a,
                                 const QsShape *b);
gint64   qs_shape_n_elements    (const QsShape *self);
gboolean qs_shape_check_bytes   (const QsShape *self,
                                 gsize          element_size,
                                 gsize         *bytes,
                                 GError       **error);
void     qs_shape_strides       (const QsShape *self,
                                 gint64        *strides);
gboolean qs_shape_broadcast     (const QsShape *a,
                                 const QsShape *b,
                                 QsShape       *result);
char    *qs_shape_to_string     (const QsShape *self);
gboolean qs_shape_parse         (const char    *text,
                                 QsShape       *shape,
                                 GError       **error);

G_END_DECLS
