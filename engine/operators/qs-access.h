/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "qs-attributes.h"

G_BEGIN_DECLS

/*
 * How a layer reads an operand where it lies instead of a copy that was moved: through a shape and
 * strides of its own over the dense row-major memory of the tensor (QsAccess).
 */

gboolean qs_access_is_set  (const QsAccess  *self);
/* The tensor as it is. */
void     qs_access_init    (QsAccess        *self,
                            const QsShape   *shape);
gboolean qs_access_apply   (QsAccess        *self,
                            const QsLayer   *layer,
                            const QsTensor  *output);
gboolean qs_access_check   (const QsAccess  *self,
                            const QsShape   *shape,
                            GError         **error);
/* The shape that is read; @shape itself where nothing else is said. */
void     qs_access_shape   (const QsAccess  *self,
                            const QsShape   *shape,
                            QsShape         *result);
/* @view: (out): @tensor as it is read, without the offset, which is returned, in elements. */
gint64   qs_access_view    (const QsAccess  *self,
                            const QsView    *tensor,
                            QsView          *view);

G_END_DECLS
