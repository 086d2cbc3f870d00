/* SPDX-License-Identifier: MIT */
#include "qs-swatch.h"

#include <adwaita.h>

#include "widgets/drawing/qs-style.h"

static void
draw_swatch (GtkDrawingArea *area,
             cairo_t        *cr,
             int             width,
             int             height,
             gpointer        series)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();
  const QsSeriesStyle *line;
  QsStyle style;

  qs_style_init (&style, adw_style_manager_get_dark (manager),
                 adw_style_manager_get_high_contrast (manager));
  line = qs_style_get_series (&style, GPOINTER_TO_UINT (series));
  qs_color_set (&line->color, cr);
  cairo_set_line_width (cr, 3.0);
  cairo_set_dash (cr, line->dashes, line->n_dashes, 0.0);
  cairo_move_to (cr, 0.0, height / 2.0);
  cairo_line_to (cr, width, height / 2.0);
  cairo_stroke (cr);
}

GtkWidget *
qs_swatch_new (guint series)
{
  GtkWidget *swatch = g_object_new (GTK_TYPE_DRAWING_AREA,
                                    "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION,
                                    "content-width", 24,
                                    "content-height", 12,
                                    "valign", GTK_ALIGN_CENTER,
                                    NULL);

  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (swatch), draw_swatch,
                                  GUINT_TO_POINTER (series), NULL);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark",
                           G_CALLBACK (gtk_widget_queue_draw), swatch, G_CONNECT_SWAPPED);
  return swatch;
}
