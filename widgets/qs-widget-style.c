/* SPDX-License-Identifier: MIT */
#include "qs-widget-style.h"

#include <adwaita.h>

void
qs_widget_get_style (QsStyle *style)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();

  qs_style_init (style, adw_style_manager_get_dark (manager),
                 adw_style_manager_get_high_contrast (manager));
}

void
qs_widget_follow_style (GtkWidget *widget,
                        GCallback  changed)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();

  g_signal_connect_object (manager, "notify::dark", changed, widget, G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::high-contrast", changed, widget, G_CONNECT_SWAPPED);
}

gboolean
qs_widget_animates (GtkWidget *widget)
{
  gboolean enabled = TRUE;

  g_object_get (gtk_widget_get_settings (widget), "gtk-enable-animations", &enabled, NULL);
  return enabled && gtk_widget_get_mapped (widget);
}
