/* SPDX-License-Identifier: MIT */
#include "qs-cli-draw.h"

#include "drawing/qs-export.h"
#include "qs-cli.h"

typedef gboolean (*ExportFunc) (QsGraphScene  *scene,
                                GFile         *file,
                                gboolean       dark,
                                GCancellable  *cancellable,
                                GError       **error);

static const ExportFunc exporters[] = {
  [QS_CLI_DRAW_SVG] = qs_graph_export_svg,
  [QS_CLI_DRAW_PDF] = qs_graph_export_pdf,
};

gboolean
qs_cli_draw (QsEngine         *engine,
             QsCliDrawFormat   format,
             const char       *path,
             GError          **error)
{
  g_autoptr (QsGraphScene) scene = qs_graph_scene_new_for_engine (engine, NULL, error);
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);

  return scene != NULL &&
         qs_cli_name_file (exporters[format] (scene, file, FALSE, NULL, error), path, error);
}
