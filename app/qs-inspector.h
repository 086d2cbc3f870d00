/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsInspector:
 *
 * The panel that says everything about what is selected. A layer is shown together with the tensor
 * that it writes.
 */
#define QS_TYPE_INSPECTOR (qs_inspector_get_type ())
G_DECLARE_FINAL_TYPE (QsInspector, qs_inspector, QS, INSPECTOR, AdwBin)

void qs_inspector_set_session (QsInspector *self,
                               QsSession   *session);

G_END_DECLS
