/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsTensorInspector:
 *
 * Everything about a tensor: its histogram with every scale source's range, what they clip, its
 * statistics, and the layers at its ends.
 */
#define QS_TYPE_TENSOR_INSPECTOR (qs_tensor_inspector_get_type ())
G_DECLARE_FINAL_TYPE (QsTensorInspector, qs_tensor_inspector, QS, TENSOR_INSPECTOR, AdwBin)

void qs_tensor_inspector_show (QsTensorInspector *self,
                               QsSession         *session,
                               QsTensor          *tensor);

G_END_DECLS
