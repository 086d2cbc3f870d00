/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-tactic-queue.h"

G_BEGIN_DECLS

/* Finds out for every layer how it can be computed: its kernels in FP32 and, where it has scales
 * and a kernel, in INT8, timed when the build times. Fills the plans but decides nothing. */
gboolean qs_build_find_candidates (QsBuild   *self,
                                   GError   **error);

/* How a layer that is not INT8 can be computed in FP16, where the build allows that. */
gboolean qs_build_find_fp16_candidate (QsBuild        *self,
                                       QsLayerPlan    *plan,
                                       QsTacticQueue  *tactics,
                                       GError        **error);

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

G_END_DECLS
