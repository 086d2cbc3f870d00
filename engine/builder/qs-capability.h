/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* A tactic replaces the default (a kernel the backend's first, INT8 the float layer) only when it takes
 * less than this share of its time: builds stay the same when measurements are close. */
#define QS_WORTHWHILE 0.97

/* Finds out for every layer how it can be computed: its kernels in FP32 and, where it has scales
 * and a kernel, in INT8, timed when the build times. Fills the plans but decides nothing. */
gboolean qs_build_find_candidates (QsBuild   *self,
                                   GError   **error);

/* How a layer that is not INT8 can be computed in FP16, where the build allows that. */
gboolean qs_build_find_fp16_candidate (QsBuild      *self,
                                       QsLayerPlan  *plan,
                                       GError      **error);

/* The kernels for @layer in @form, best first; (transfer container) (element-type QsKernel). */
GPtrArray *qs_build_find_kernels  (QsBuild            *self,
                                   QsLayer            *layer,
                                   const QsLayerForm  *form,
                                   const char        **why_not,
                                   GError            **error);

/* The layout that @layer is computed fastest in. */
void       qs_build_prefer_format (QsBuild            *self,
                                  const QsLayer      *layer,
                                  QsCandidate        *candidate);
/* Times @kernels on the layer of @probe (nullable), or takes them as they come, adds the tactics and
 * keeps the best as the candidate. */
void       qs_build_measure      (QsBuild            *self,
                                  QsLayerPlan        *plan,
                                  QsNetwork          *probe,
                                  QsPrecision         precision,
                                  GPtrArray          *kernels,
                                  QsCandidate        *candidate);

G_END_DECLS
