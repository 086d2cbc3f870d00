/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-order-form.h"
#include "qs-sentences.h"

/* What can be done with scales: editing and saving caches, keeping histograms, studying the order
 * of batches. */

/* A sentence about something that was refused. */
static void
report_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  const char *title, *english;
  g_autofree char *message = NULL;

  g_variant_get (parameter, "(&s&s)", &title, &english);
  message = qs_sentence_translate (english);
  qs_banner_show_error (QS_WINDOW (widget)->banner, title, message);
}

/* Saving scales */

typedef struct
{
  QsWindow *window;
  QsScaleSource *source;
  const QsCacheFormat *format;
  QsSavedFunc func; /* (nullable) */
  gpointer user_data;
} QsSaveScales;

static void
save_scales_free (QsSaveScales *save)
{
  qs_scale_source_unref (save->source);
  g_object_unref (save->window);
  g_free (save);
}

/* (nullable): the opened file, when the scales are its own */
static QsCacheEditor *
get_editor (QsWindow      *self,
            QsScaleSource *source)
{
  return g_str_equal (qs_scale_source_get_id (source), QS_SCALE_SOURCE_CACHE)
    ? qs_session_get_cache (self->session) : NULL;
}

/* An opened file stays as it is; ranges set by hand override what a calibrator chose. */
static GBytes *
convert (QsSaveScales *save,
         GPtrArray    *warnings)
{
  QsCacheEditor *editor = get_editor (save->window, save->source);
  const QsCalibrator *calibrator = qs_scale_source_get_calibrator (save->source);
  g_autoptr (QsScaleTable) scales = NULL;

  if (editor != NULL)
    return qs_scale_file_convert (qs_cache_editor_get_file (editor), save->format, warnings);

  scales = qs_session_apply_ranges (save->window->session,
                                    qs_scale_source_get_scales (save->source));
  return qs_scale_table_to_bytes (scales, save->format,
                                  calibrator != NULL ? calibrator->algorithm : NULL, warnings);
}

static QsPortability
get_portability (QsSaveScales *save)
{
  QsCacheEditor *editor = get_editor (save->window, save->source);
  const QsCalibrator *calibrator = qs_scale_source_get_calibrator (save->source);

  if (editor != NULL)
    return qs_scale_file_get_portability (qs_cache_editor_get_file (editor),
                                          qs_session_get_network (save->window->session));
  return calibrator != NULL
    ? qs_portability_of_calibrator (calibrator, QS_BEFORE_FUSION_DEFAULT)
    : QS_PORTABILITY_UNKNOWN;
}

/* What the format could not say, and where a cache may be used. */
static void
report_saved_scales (QsSaveScales *save,
                     GFile        *file,
                     GPtrArray    *warnings)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *title = g_strdup_printf (_("Saved “%s”"), name);
  gboolean is_cache = save->format == qs_cache_format_lookup ("tensorrt");
  g_autofree char *text = NULL;

  if (warnings->len > 0)
    {
      g_ptr_array_add (warnings, NULL);
      text = g_strjoinv (" ", (char **) warnings->pdata);
    }
  else if (is_cache)
    text = g_strdup (qs_portability_describe (get_portability (save)));

  if (text == NULL)
    qs_window_toast (save->window, title);
  else
    qs_banner_show_info (save->window->banner, title, text);
}

static gboolean
save_scales (QsSaveScales *save,
             GFile        *file)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) bytes = convert (save, warnings);
  QsCacheEditor *editor = get_editor (save->window, save->source);
  g_autoptr (GError) error = NULL;

  if (!g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, &error))
    {
      qs_window_report_saved (save->window, file, error);
      return FALSE;
    }

  if (editor != NULL &&
      save->format == qs_scale_file_get_format (qs_cache_editor_get_file (editor)))
    qs_cache_editor_mark_saved (editor);
  report_saved_scales (save, file, warnings);
  return TRUE;
}

static void
file_chosen_cb (GFile    *file,
                gpointer  user_data)
{
  QsSaveScales *save = user_data;
  gboolean is_saved = file != NULL && save_scales (save, file);

  if (save->func != NULL)
    save->func (is_saved, save->user_data);
  save_scales_free (save);
}

void
qs_window_save_scales (QsWindow            *self,
                       QsScaleSource       *source,
                       const QsCacheFormat *format,
                       QsSavedFunc          func,
                       gpointer             user_data)
{
  QsSaveScales *save = g_new0 (QsSaveScales, 1);
  g_autofree char *suggestion = qs_window_suggest_name (self, format->suffix);

  save->window = g_object_ref (self);
  save->source = qs_scale_source_ref (source);
  save->format = format;
  save->func = func;
  save->user_data = user_data;
  qs_file_save_ask (GTK_WINDOW (self), _("Save Scales"), suggestion, file_chosen_cb, save);
}

void
qs_window_save_cache (QsWindow    *self,
                      QsSavedFunc  func,
                      gpointer     user_data)
{
  QsScaleFile *file = qs_cache_editor_get_file (qs_session_get_cache (self->session));
  QsScaleSource *source = qs_session_find_source (self->session, QS_SCALE_SOURCE_CACHE);

  qs_window_save_scales (self, source, qs_scale_file_get_format (file), func, user_data);
}

static void
save_scales_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  QsWindow *self = QS_WINDOW (widget);
  QsScaleSource *source = qs_scales_page_get_source (self->scales_page);
  const QsCacheFormat *format = qs_cache_format_lookup (g_variant_get_string (parameter, NULL));

  if (source != NULL && format != NULL)
    qs_window_save_scales (self, source, format, NULL, NULL);
}

/* Editing a cache */

static void
header_cb (GtkWidget *entry,
           gpointer   user_data)
{
  QsWindow *self = user_data;
  QsCacheEditor *editor = qs_session_get_cache (self->session);
  g_autoptr (GError) error = NULL;

  if (editor != NULL &&
      !qs_cache_editor_set_header (editor, gtk_editable_get_text (GTK_EDITABLE (entry)), &error))
    qs_window_show_error (self, _("The header was not changed"), error);
}

static void
edit_header_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  QsCacheEditor *editor = qs_session_get_cache (QS_WINDOW (widget)->session);
  GtkWidget *entry;

  if (editor == NULL || !qs_scale_file_can_edit (qs_cache_editor_get_file (editor)))
    return;

  entry = gtk_entry_new ();
  gtk_editable_set_text (GTK_EDITABLE (entry),
                         qs_scale_file_get_header (qs_cache_editor_get_file (editor)));
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Version and algorithm"), -1);
  qs_ask (GTK_WINDOW (widget), _("Edit Header"),
          _("TensorRT decides by the header whether it uses a cache. With another one it uses "
            "scales that another version or another algorithm made, and that it would have "
            "calibrated anew."),
          _("_Change"), entry, header_cb, widget);
}

static void
undo_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  QsCacheEditor *editor = qs_session_get_cache (QS_WINDOW (widget)->session);

  if (editor != NULL)
    qs_cache_editor_undo (editor);
}

static void
redo_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  QsCacheEditor *editor = qs_session_get_cache (QS_WINDOW (widget)->session);

  if (editor != NULL)
    qs_cache_editor_redo (editor);
}

/* The order of batches */

static void
studied_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (qs_session_study_order_finish (self->session, result, &error))
    qs_scales_page_show_spread (self->scales_page);
  else
    qs_window_show_error (self, _("The order of batches could not be studied"), error);
}

static void
study_cb (GtkWidget *form,
          gpointer   user_data)
{
  QsWindow *self = user_data;
  QsOrderStudyOptions options = QS_ORDER_STUDY_OPTIONS_INIT;
  g_autoptr (GArray) batches = qs_order_form_get_batches (QS_ORDER_FORM (form));

  options.n_shuffles = qs_order_form_get_n_shuffles (QS_ORDER_FORM (form));
  options.seed = qs_order_form_get_seed (QS_ORDER_FORM (form));
  options.batches = (const gint64 *) (gpointer) batches->data;
  options.n_batches = batches->len;
  if (qs_session_can_study_order (self->session) && batches->len > 0)
    qs_session_study_order_async (self->session, &options, studied_cb, g_object_ref (self));
}

static void
study_order_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  QsWindow *self = QS_WINDOW (widget);
  gint64 batch = qs_session_get_settings (self->session)->calibration_batch;

  qs_ask (GTK_WINDOW (widget), _("Order Sensitivity"),
          _("Calibrates again with the samples in other orders and batch sizes, and shows how far "
            "every scale depends on them."),
          _("_Study"), qs_order_form_new (batch), study_cb, widget);
}

void
qs_window_update_scale_actions (QsWindow *self)
{
  QsSession *session = self->session;
  QsCacheEditor *editor = qs_session_get_cache (session);
  gboolean can_edit = editor != NULL &&
                      qs_scale_file_can_edit (qs_cache_editor_get_file (editor));
  const struct
  {
    const char *name;
    gboolean is_enabled;
  } states[] = {
    { "win.save-scales", qs_session_get_sources (session)->len > 0 },
    { "win.edit-cache-header", can_edit },
    { "win.undo-cache-edit", editor != NULL && qs_cache_editor_can_undo (editor) },
    { "win.redo-cache-edit", editor != NULL && qs_cache_editor_can_redo (editor) },
    { "win.study-order", qs_session_can_study_order (session) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), states[i].name, states[i].is_enabled);
}

void
qs_window_class_init_scale_actions (QsWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_install_action (widget_class, "win.report", "(ss)", report_action);
  gtk_widget_class_install_action (widget_class, "win.save-scales", "s", save_scales_action);
  gtk_widget_class_install_action (widget_class, "win.edit-cache-header", NULL,
                                   edit_header_action);
  gtk_widget_class_install_action (widget_class, "win.undo-cache-edit", NULL, undo_action);
  gtk_widget_class_install_action (widget_class, "win.redo-cache-edit", NULL, redo_action);
  gtk_widget_class_install_action (widget_class, "win.study-order", NULL, study_order_action);
}
