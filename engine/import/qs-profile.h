/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-model.h"

G_BEGIN_DECLS

/**
 * QsProfile:
 *
 * Fixed dimensions for the inputs of a model with dynamic ones (TensorRT optimization profile).
 * A dimension that the profile does not mention is fixed to the batch size when it is the first
 * of its input, and is an error elsewhere.
 */
typedef struct _QsProfile QsProfile;

QsProfile *qs_profile_new       (void);
QsProfile *qs_profile_copy      (const QsProfile    *self);
void       qs_profile_free      (QsProfile          *self);
void       qs_profile_set_batch (QsProfile          *self,
                                 gint64              batch);
gint64     qs_profile_get_batch (const QsProfile    *self);
void       qs_profile_set_shape (QsProfile          *self,
                                 const char         *input,
                                 const QsShape      *shape);
/* "NAME=1x3x224x224" */
gboolean   qs_profile_parse     (QsProfile          *self,
                                 const char         *text,
                                 GError            **error);
gboolean   qs_profile_check     (const QsProfile    *self,
                                 QsModel            *model,
                                 GError            **error);
gboolean   qs_profile_resolve   (const QsProfile    *self,
                                 const QsModelValue *input,
                                 QsShape            *shape,
                                 GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsProfile, qs_profile_free)

G_END_DECLS
