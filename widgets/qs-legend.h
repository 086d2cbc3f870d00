/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-graph-scene.h"

G_BEGIN_DECLS

/**
 * QsLegend:
 *
 * The signs of the classes that a scene uses, with how many layers are in each.
 *
 * ## Properties
 *
 * - scene (boxed QsGraphScene, nullable)
 * - heat-label (string, nullable): shows a colour ramp with this title in place of the classes
 */
#define QS_TYPE_LEGEND (qs_legend_get_type ())
G_DECLARE_FINAL_TYPE (QsLegend, qs_legend, QS, LEGEND, GtkWidget)

GtkWidget    *qs_legend_new            (void);
void          qs_legend_set_scene      (QsLegend      *self,
                                        QsGraphScene  *scene);
QsGraphScene *qs_legend_get_scene      (QsLegend      *self);
void          qs_legend_set_heat_label (QsLegend      *self,
                                        const char    *label,
                                        const char    *low,
                                        const char    *high);

G_END_DECLS
