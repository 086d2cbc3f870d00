/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "calibration/qs-histogram-file.h"
#include "export/qs-qdq-writer.h"
#include "qs-compat.h"
#include "widgets/drawing/qs-export.h"

/* Files that are made of what is open, each with an action of its own. */

static gboolean
write_bytes (GFile         *file,
             gconstpointer  data,
             gsize          size,
             GError       **error)
{
  return g_file_replace_contents (file, data, size, NULL, FALSE,
                                  G_FILE_CREATE_REPLACE_DESTINATION, NULL, NULL, error);
}

static gboolean
write_plan (QsWindow  *self,
            GFile     *file,
            GError   **error)
{
  return qs_engine_save (qs_session_get_engine (self->session), file, error);
}

static gboolean
write_qdq (QsWindow  *self,
           GFile     *file,
           GError   **error)
{
  g_auto (QsQdqSummary) summary = { 0 };
  g_autoptr (GBytes) bytes = qs_qdq_make_model (qs_session_get_engine (self->session),
                                                qs_session_get_model (self->session), &summary,
                                                error);

  return bytes != NULL && write_bytes (file, g_bytes_get_data (bytes, NULL),
                                       g_bytes_get_size (bytes), error);
}

static gboolean
write_trex (QsWindow  *self,
            GFile     *file,
            GError   **error)
{
  g_autofree char *text = qs_trex_write_graph (qs_session_get_engine (self->session));

  return write_bytes (file, text, strlen (text), error);
}

static gboolean
write_csv (QsWindow  *self,
           GFile     *file,
           GError   **error)
{
  g_autofree char *text = qs_tensors_page_dup_csv (self->tensors_page);

  return write_bytes (file, text, strlen (text), error);
}

static gboolean
write_histograms (QsWindow  *self,
                  GFile     *file,
                  GError   **error)
{
  return qs_histogram_set_save (qs_session_get_histograms (self->session), file, error);
}

/* A picture of what the screen shows. */
static gboolean
write_png (QsWindow  *self,
           GFile     *file,
           GError   **error)
{
  QsGraphView *view = qs_graph_page_get_view (self->graph_page);
  QsViewport *viewport = qs_graph_view_get_viewport (view);
  const QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  double width, height;
  QsStyle style;

  qs_style_init (&style, adw_style_manager_get_dark (adw_style_manager_get_default ()), FALSE);
  qs_viewport_get_view (viewport, &width, &height);
  return qs_graph_export_png (qs_graph_view_get_scene (view), file, &style, &marks,
                              qs_viewport_get_x (viewport), qs_viewport_get_y (viewport),
                              qs_viewport_get_scale (viewport), (int) width, (int) height, NULL,
                              error);
}

static gboolean
write_graph (QsWindow  *self,
             GFile     *file,
             GError   **error)
{
  QsGraphScene *scene = qs_graph_view_get_scene (qs_graph_page_get_view (self->graph_page));
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (g_str_has_suffix (lower, ".pdf"))
    return qs_graph_export_pdf (scene, file, FALSE, NULL, error);
  if (g_str_has_suffix (lower, ".png"))
    return write_png (self, file, error);

  return qs_graph_export_svg (scene, file, FALSE, NULL, error);
}

/* What has to be there still when a name has been chosen. */
static gboolean
has_engine (QsWindow *self)
{
  return qs_session_get_engine (self->session) != NULL;
}

static gboolean
has_engine_and_model (QsWindow *self)
{
  return has_engine (self) && qs_session_get_network (self->session) != NULL;
}

static gboolean
has_graph (QsWindow *self)
{
  return qs_session_get_shown_network (self->session) != NULL;
}

static gboolean
has_histograms (QsWindow *self)
{
  return qs_session_get_histograms (self->session) != NULL;
}

typedef struct
{
  const char *action;
  const char *title;
  const char *ending;
  gboolean (*is_possible) (QsWindow *self);
  gboolean (*write) (QsWindow  *self,
                     GFile     *file,
                     GError   **error);
} QsExport;

static const QsExport exports[] = {
  { "win.save-plan", N_("Save Engine Plan"), ".plan", has_engine, write_plan },
  { "win.export-qdq", N_("Export Q/DQ Model"), "-qdq.onnx", has_engine_and_model, write_qdq },
  { "win.export-trex", N_("Export TREx Graph"), ".graph.json", has_engine, write_trex },
  { "win.export-csv", N_("Export Tensor Table"), "-tensors.csv", has_graph, write_csv },
  { "win.export-graph", N_("Export Graph as SVG, PDF or PNG"), ".svg", has_graph, write_graph },
  { "win.save-histograms", N_("Save Histograms"), ".histograms", has_histograms,
    write_histograms },
};

/**
 * qs_window_report_saved:
 * @error: (nullable): why it was not
 */
void
qs_window_report_saved (QsWindow *self,
                        GFile    *file,
                        GError   *error)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *text = NULL;

  if (error == NULL)
    {
      /* Translators: the name of a file. */
      text = g_strdup_printf (_("Saved “%s”"), name);
      qs_window_toast (self, text);
      return;
    }

  text = g_strdup_printf (_("“%s” could not be saved"), name);
  qs_window_show_error (self, text, error);
}

char *
qs_window_suggest_name (QsWindow   *self,
                        const char *ending)
{
  g_autofree char *title = qs_session_dup_title (self->session);
  char *dot = title == NULL ? NULL : strrchr (title, '.');

  if (dot != NULL)
    *dot = '\0';
  return g_strconcat (title != NULL ? title : "model", ending, NULL);
}

typedef struct
{
  QsWindow *window;
  const QsExport *export;
} QsExportRequest;

static void
file_chosen_cb (GFile    *file,
                gpointer  user_data)
{
  QsExportRequest *request = user_data;
  g_autoptr (QsWindow) self = request->window;
  const QsExport *export = request->export;
  g_autoptr (GError) error = NULL;

  g_free (request);
  if (file == NULL || !export->is_possible (self))
    return;

  export->write (self, file, &error);
  qs_window_report_saved (self, file, error);
}

static void
export_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  QsWindow *self = QS_WINDOW (widget);
  QsExportRequest *request = g_new0 (QsExportRequest, 1);
  g_autofree char *suggestion = NULL;

  request->window = g_object_ref (self);
  request->export = exports;
  while (!g_str_equal (request->export->action, name))
    request->export++;

  suggestion = qs_window_suggest_name (self, request->export->ending);
  qs_file_save_ask (GTK_WINDOW (self), _(request->export->title), suggestion, file_chosen_cb,
                    request);
}

void
qs_window_update_exports (QsWindow *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (exports); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), exports[i].action,
                                   exports[i].is_possible (self));
}

void
qs_window_class_init_exports (QsWindowClass *klass)
{
  for (guint i = 0; i < G_N_ELEMENTS (exports); i++)
    gtk_widget_class_install_action (GTK_WIDGET_CLASS (klass), exports[i].action, NULL,
                                     export_action);
}
