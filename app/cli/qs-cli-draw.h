/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"

G_BEGIN_DECLS

typedef enum
{
  QS_CLI_DRAW_SVG,
  QS_CLI_DRAW_PDF,
} QsCliDrawFormat;

/* Lays out the graph of @engine and draws it into a file, as the window does. */
gboolean qs_cli_draw (QsEngine         *engine,
                      QsCliDrawFormat   format,
                      const char       *path,
                      GError          **error);

G_END_DECLS
