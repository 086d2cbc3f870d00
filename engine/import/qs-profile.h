/* SPDX-License-Identifier: MIT */
#pragma once

#include "onnx/qs-model.h"

G_BEGIN_DECLS

/**
 * QsProfileSelector:
 *
 * Which of a profile's three shapes (TensorRT OptProfileSelector).
 */
typedef enum
{
  QS_PROFILE_MIN,
  QS_PROFILE_OPT,
  QS_PROFILE_MAX,
  QS_PROFILE_N_SELECTORS,
} QsProfileSelector;

/**
 * QsProfile:
 *
 * The dimensions of the inputs of a model with dynamic ones (TensorRT optimization profile): a
 * smallest, an optimal and a largest shape for each input. A network and an engine have the optimal
 * ones. The others bound what the model may be used with: it must be importable at both, and a run
 * with inputs between them gets an engine of its own for their shapes.
 *
 * A dimension of an input without shapes, or one that is -1 in them, is the batch size when it is
 * the first of its input, and an error elsewhere.
 */
typedef struct _QsProfile QsProfile;

QsProfile *qs_profile_new            (void);
QsProfile *qs_profile_copy           (const QsProfile    *self);
void       qs_profile_free           (QsProfile          *self);
void       qs_profile_set_batch      (QsProfile          *self,
                                      gint64              batch);
gint64     qs_profile_get_batch      (const QsProfile    *self);
void       qs_profile_set_shape      (QsProfile          *self,
                                      const char         *input,
                                      const QsShape      *shape);
void       qs_profile_set_shape_at   (QsProfile          *self,
                                      QsProfileSelector   selector,
                                      const char         *input,
                                      const QsShape      *shape);
gboolean   qs_profile_parse          (QsProfile          *self,
                                      const char         *text,
                                      GError            **error);
gboolean   qs_profile_parse_at       (QsProfile          *self,
                                      QsProfileSelector   selector,
                                      const char         *text,
                                      GError            **error);
gboolean   qs_profile_check          (const QsProfile    *self,
                                      QsModel            *model,
                                      GError            **error);
gboolean   qs_profile_has_range      (const QsProfile    *self);
gboolean   qs_profile_has_shape      (const QsProfile    *self,
                                      const char         *input);
gboolean   qs_profile_resolve        (const QsProfile    *self,
                                      const QsModelValue *input,
                                      QsShape            *shape,
                                      GError            **error);
gboolean   qs_profile_resolve_at     (const QsProfile    *self,
                                      QsProfileSelector   selector,
                                      const QsModelValue *input,
                                      QsShape            *shape,
                                      GError            **error);
gboolean   qs_profile_allows         (const QsProfile    *self,
                                      const QsModelValue *input,
                                      const QsShape      *shape,
                                      GError            **error);
/* (transfer full): fixed to one of the three */
QsProfile *qs_profile_select         (const QsProfile    *self,
                                      QsProfileSelector   selector);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsProfile, qs_profile_free)

G_END_DECLS
