/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsEngineInspector:
 *
 * The engine as a whole, while nothing of it is selected: its device and scales, how many layers compute
 * in what, its memory, and the layers that take longest.
 */
#define QS_TYPE_ENGINE_INSPECTOR (qs_engine_inspector_get_type ())
G_DECLARE_FINAL_TYPE (QsEngineInspector, qs_engine_inspector, QS, ENGINE_INSPECTOR, AdwBin)

/* The session has an engine. */
void qs_engine_inspector_show (QsEngineInspector *self,
                               QsSession         *session);

G_END_DECLS
