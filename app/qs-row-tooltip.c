/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-row-tooltip.h"

#define TEXT_KEY "qs-row-tooltip"

static gboolean
query_cb (GtkWidget  *widget,
          int         x,
          int         y,
          gboolean    keyboard_mode,
          GtkTooltip *tooltip)
{
  const char *text = g_object_get_data (G_OBJECT (widget), TEXT_KEY);

  if (text == NULL)
    return FALSE;

  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

/**
 * qs_row_tooltip_set:
 * @text: (nullable): copied
 *
 * The tooltip of a widget in a list, which is bound again and again. gtk_widget_set_tooltip_text()
 * asks the X server where the pointer is, and waits for the answer: thousands of times for a table.
 * This keeps the text until the pointer rests on the widget.
 */
void
qs_row_tooltip_set (GtkWidget  *widget,
                    const char *text)
{
  g_object_set_data_full (G_OBJECT (widget), TEXT_KEY, g_strdup (text), g_free);
  if (gtk_widget_get_has_tooltip (widget))
    return;

  g_signal_connect (widget, "query-tooltip", G_CALLBACK (query_cb), NULL);
  gtk_widget_set_has_tooltip (widget, TRUE);
}
