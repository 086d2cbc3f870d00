/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-data-type.h"
#include "qs-shape.h"

G_BEGIN_DECLS

/**
 * QsHostTensor:
 *
 * A dense row-major array in host memory: weights, constants, samples, outputs. Reference counted;
 * the contents are immutable once shared. Its buffer is aligned to 64 bytes, except when it lies
 * in a mapped file.
 */
typedef struct _QsHostTensor QsHostTensor;

QsHostTensor  *qs_host_tensor_new           (QsDataType           type,
                                             const QsShape       *shape,
                                             GError             **error);
QsHostTensor  *qs_host_tensor_new_from_data (QsDataType           type,
                                             const QsShape       *shape,
                                             gconstpointer        data,
                                             gsize                size,
                                             GError             **error);
QsHostTensor  *qs_host_tensor_new_for_bytes (QsDataType           type,
                                             const QsShape       *shape,
                                             GBytes              *bytes,
                                             GError             **error);
QsHostTensor  *qs_host_tensor_new_for_mapping (QsDataType         type,
                                             const QsShape       *shape,
                                             GBytes              *bytes,
                                             GError             **error);
void           qs_host_tensor_drop_pages    (const QsHostTensor  *self);
QsHostTensor  *qs_host_tensor_ref           (QsHostTensor        *self);
void           qs_host_tensor_unref         (QsHostTensor        *self);

QsDataType     qs_host_tensor_get_data_type (const QsHostTensor  *self);
const QsShape *qs_host_tensor_get_shape     (const QsHostTensor  *self);
gint64         qs_host_tensor_get_n_elements (const QsHostTensor *self);
gsize          qs_host_tensor_get_size      (const QsHostTensor  *self);
gconstpointer  qs_host_tensor_get_data      (const QsHostTensor  *self);
gpointer       qs_host_tensor_get_mutable   (QsHostTensor        *self);

const float   *qs_host_tensor_get_floats    (const QsHostTensor  *self);
gboolean       qs_host_tensor_get_int64s    (const QsHostTensor  *self,
                                             gint64              *values,
                                             gsize                n_max,
                                             gsize               *n_values);
double         qs_host_tensor_get_number    (const QsHostTensor  *self,
                                             gint64               index);
QsHostTensor  *qs_host_tensor_reshape       (QsHostTensor        *self,
                                             const QsShape       *shape,
                                             GError             **error);
QsHostTensor  *qs_host_tensor_convert       (QsHostTensor        *self,
                                             QsDataType           type,
                                             GError             **error);
QsHostTensor  *qs_host_tensor_slice         (QsHostTensor        *self,
                                             gint64               first,
                                             gint64               n,
                                             GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsHostTensor, qs_host_tensor_unref)

G_END_DECLS
