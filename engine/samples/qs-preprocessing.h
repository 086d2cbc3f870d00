/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-samples.h"

G_BEGIN_DECLS

/* Applies @self to a batch of shape @shape in place. */
gboolean qs_preprocessing_apply (const QsPreprocessing *self,
                                 const QsShape         *shape,
                                 float                 *values,
                                 GError               **error);
/* Whether values of @shape have the channels that @self speaks of. */
gboolean qs_preprocessing_check (const QsPreprocessing *self,
                                 const QsShape         *shape,
                                 GError               **error);

G_END_DECLS
