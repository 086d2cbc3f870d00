/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "backends/qs-device.h"
#include "core/qs-error.h"
#include "qs-compat.h"
#include "qs-device-words.h"
#include "qs-presets.h"
#include "qs-resources.h"
#include "qs-samples-dialog.h"
#include "qs-sentences.h"
#include "qs-settings.h"

/* Below this width the page switcher shows its titles under the icons; German needs 1247 beside them. */
#define NARROW_WIDTH 1280
/* Below this width a page has room for one panel beside it. */
#define ONE_PANEL_WIDTH 1200

G_DEFINE_FINAL_TYPE (QsWindow, qs_window, ADW_TYPE_APPLICATION_WINDOW)

void
qs_window_toast (QsWindow   *self,
                 const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
}

/**
 * qs_window_show_error:
 * @title: what did not work
 * @error: why; the wish to stop is no trouble and only gets a toast
 */
void
qs_window_show_error (QsWindow   *self,
                      const char *title,
                      GError     *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    qs_window_toast (self, _("Cancelled"));
  else
    {
      g_autofree char *message = qs_sentence_translate (error->message);

      qs_banner_show_error (self->banner, title, message);
    }
}

static void
add_engine_status (GPtrArray *parts,
                   QsSession *session)
{
  const char *source_id = qs_session_get_engine_source (session);
  const QsCalibrator *calibrator = source_id == NULL ? NULL : qs_calibrator_lookup (source_id);
  guint n_manual = qs_dynamic_ranges_get_n (qs_session_get_ranges (session));
  guint n_fp16 = qs_engine_count_layers (qs_session_get_engine (session), QS_PRECISION_FP16);
  guint n_int8, n_layers;
  double ms = qs_session_get_time (session, NULL);

  if (calibrator != NULL)
    g_ptr_array_add (parts, g_strdup (calibrator->name));
  if (n_manual > 0)
    g_ptr_array_add (parts, g_strdup_printf (ngettext ("%u manual range", "%u manual ranges",
                                                       n_manual), n_manual));
  qs_session_count_layers (session, &n_int8, &n_layers);
  g_ptr_array_add (parts, g_strdup_printf (_("%u of %u layers in INT8"), n_int8, n_layers));
  if (n_fp16 > 0 && qs_engine_emulates_fp16 (qs_session_get_engine (session)))
    g_ptr_array_add (parts, g_strdup_printf (_("%u in FP16, emulated"), n_fp16));
  else if (n_fp16 > 0)
    g_ptr_array_add (parts, g_strdup_printf (_("%u in FP16"), n_fp16));
  if (ms >= 0.0)
    g_ptr_array_add (parts, g_strdup_printf (_("%.3f ms"), ms));
}

/* Device · model · samples · calibrator · time. */
static void
update_status (QsWindow *self)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  QsEngine *engine = qs_session_get_engine (self->session);
  QsSamples *samples = qs_session_get_calibration (self->session);
  const QsBackend *backend =
    qs_build_settings_get_backend (qs_session_get_settings (self->session));
  char *title = qs_session_dup_title (self->session);
  g_autofree char *status = NULL;

  if (engine != NULL)
    backend = qs_engine_get_backend (engine);
  if (qs_session_get_graph (self->session) == NULL) /* it ran elsewhere */
    g_ptr_array_add (parts, qs_device_words_full (backend));
  if (title != NULL)
    g_ptr_array_add (parts, title);
  if (samples != NULL)
    {
      guint n = (guint) qs_samples_get_n (samples);

      g_ptr_array_add (parts, g_strdup_printf (ngettext ("%u sample", "%u samples", n), n));
    }
  if (qs_session_is_built (self->session))
    add_engine_status (parts, self->session);

  g_ptr_array_add (parts, NULL);
  status = g_strjoinv (" · ", (char **) parts->pdata);
  gtk_label_set_label (self->status, status);
}

static void
update_document (QsWindow *self)
{
  gboolean is_empty = qs_session_is_empty (self->session);
  g_autofree char *title = qs_session_dup_title (self->session);
  g_autofree char *window_title = NULL;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "welcome" : "document");
  gtk_stack_set_visible_child_name (self->title_stack, is_empty ? "title" : "switcher");
  gtk_widget_set_visible (GTK_WIDGET (self->build_button),
                          qs_session_get_network (self->session) != NULL);
  gtk_widget_set_visible (self->sidebar_button, !is_empty);
  gtk_widget_set_visible (self->inspector_button, !is_empty);

  if (title != NULL && qs_session_is_modified (self->session))
    {
      char *marked = g_strconcat ("• ", title, NULL);

      g_free (title);
      title = marked;
    }

  /* Translators: a window's title; %s is the name of a file. */
  window_title = title == NULL ? g_strdup (_("Quantoscope"))
                               : g_strdup_printf (_("%s – Quantoscope"), title);
  gtk_window_set_title (GTK_WINDOW (self), window_title);
}

static void
progress_notify_cb (QsWindow   *self,
                    GParamSpec *pspec,
                    QsProgress *progress)
{
  g_autofree char *phase = qs_progress_dup_phase (progress);
  g_autofree char *text = phase == NULL ? NULL : qs_sentence_translate (phase);
  double fraction = qs_progress_get_fraction (progress);

  if (progress != qs_session_get_progress (self->session))
    return;

  gtk_label_set_label (self->progress_label, text != NULL ? text : "");
  gtk_progress_bar_set_fraction (self->progress_bar, CLAMP (fraction, 0.0, 1.0));
}

static void
progress_changed_cb (QsWindow *self)
{
  QsProgress *progress = qs_session_get_progress (self->session);

  gtk_revealer_set_reveal_child (self->progress_revealer, progress != NULL);
  qs_window_update_actions (self);
  if (progress == NULL)
    {
      qs_window_work_ended (self);
      return;
    }

  gtk_progress_bar_set_fraction (self->progress_bar, 0.0);
  g_signal_connect_object (progress, "notify", G_CALLBACK (progress_notify_cb), self,
                           G_CONNECT_SWAPPED);
  progress_notify_cb (self, NULL, progress);
}

/* Work */

static void
compared_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!qs_session_compare_finish (self->session, result, &error))
    qs_window_show_error (self, _("The calibrators could not be compared"), error);
  else
    qs_window_toast (self, _("Calibrators compared"));
}

void
qs_window_compare (QsWindow *self)
{
  if (qs_session_can_compare (self->session))
    qs_session_compare_async (self->session, compared_cb, g_object_ref (self));
}

/* A desktop notification when nobody is looking. */
static void
notify_built (QsWindow   *self,
              const char *text)
{
  GApplication *application = G_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
  g_autoptr (GNotification) notification = NULL;

  if (application == NULL || gtk_window_is_active (GTK_WINDOW (self)))
    return;

  notification = g_notification_new (_("Build Finished"));
  g_notification_set_body (notification, text);
  g_application_send_notification (application, "built", notification);
}

static void
failed_device_cb (GtkWidget *details,
                  gpointer   user_data)
{
  QsWindow *self = user_data;
  QsBuildSettings settings = *qs_session_get_settings (self->session);

  /* For this work, not for those to come: the GPU may be there again. */
  settings.backend = qs_backend_get_default ();
  qs_session_set_settings (self->session, &settings);
  qs_window_build (self);
}

/* What a device cannot do, the CPU can; but it may take long, so that is not for the program to say. */
static void
ask_for_cpu (QsWindow     *self,
             const GError *error)
{
  GtkWidget *details = g_object_new (GTK_TYPE_LABEL,
                                     "label", error->message,
                                     "wrap", TRUE,
                                     "wrap-mode", PANGO_WRAP_WORD_CHAR,
                                     "max-width-chars", 40,
                                     "justify", GTK_JUSTIFY_CENTER,
                                     NULL);

  gtk_widget_add_css_class (details, "caption");
  gtk_widget_add_css_class (details, "dim-label");
  qs_ask (GTK_WINDOW (self), qs_device_words_heading (error), qs_device_words_advice (error),
          _("_Build on CPU"), details, failed_device_cb, self);
}

static void
built_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  guint n_int8, n_fp16, n_layers;

  if (!qs_session_build_finish (self->session, result, &error))
    {
      self->compare_when_built = FALSE;
      if (error->domain == QS_DEVICE_ERROR)
        ask_for_cpu (self, error);
      else
        qs_window_show_error (self, _("The engine could not be built"), error);
      return;
    }

  qs_session_count_layers (self->session, &n_int8, &n_layers);
  n_fp16 = qs_engine_count_layers (qs_session_get_engine (self->session), QS_PRECISION_FP16);
  text = n_int8 == 0 && n_fp16 > 0
           ? g_strdup_printf (_("Built: %u of %u layers in FP16"), n_fp16, n_layers)
           : g_strdup_printf (_("Built: %u of %u layers in INT8"), n_int8, n_layers);
  qs_banner_hide (self->banner);
  qs_window_toast (self, text);
  notify_built (self, text);

  if (self->compare_when_built)
    qs_window_compare (self);
  self->compare_when_built = FALSE;
}

/* While the data passes by there should be a histogram to watch: the input's, if nothing is
 * selected. */
static void
select_something (QsWindow *self)
{
  QsNetwork *network = qs_session_get_network (self->session);

  if (qs_session_get_selection_kind (self->session) == QS_SELECTION_NONE &&
      network->inputs->len > 0)
    qs_session_select (self->session, QS_SELECTION_TENSOR,
                       ((QsTensor *) network->inputs->pdata[0])->name);
}

static void
build_decided_cb (QsWindow *self,
                  gboolean  may_build,
                  gpointer  user_data)
{
  if (!may_build || !qs_session_can_build (self->session))
    {
      self->compare_when_built = FALSE;
      return;
    }

  qs_banner_hide (self->banner);
  select_something (self);
  qs_session_build_async (self->session, built_cb, g_object_ref (self));
}

/* Ranges set by hand stay; only new scales that the engine was given have nowhere else to be. */
void
qs_window_build (QsWindow *self)
{
  if (qs_session_can_build (self->session))
    qs_window_when_saved (self, QS_LOSS_REFIT, build_decided_cb, NULL);
}

QsSession *
qs_window_get_session (QsWindow *self)
{
  return self->session;
}

static void
file_activated_cb (QsWindow *self,
                   GFile    *file)
{
  qs_window_open (self, file, QS_PURPOSE_ASK, NULL);
}

/* State that outlives the window */

static void
load_state (QsWindow *self)
{
  GSettings *settings = qs_settings_get ();
  QsBuildSettings build = *qs_session_get_settings (self->session);

  qs_settings_load_build (&build);
  qs_session_set_settings (self->session, &build);
  if (settings == NULL)
    return;

  gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (settings, "window-width"),
                               g_settings_get_int (settings, "window-height"));
  if (g_settings_get_boolean (settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  gtk_paned_set_position (self->outer_paned, g_settings_get_int (settings, "sidebar-width"));
  g_settings_bind (settings, "sidebar-visible", self->sidebar_button, "active",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "inspector-visible", self->inspector_button, "active",
                   G_SETTINGS_BIND_DEFAULT);
}

static void
save_state (QsWindow *self)
{
  GSettings *settings = qs_settings_get ();
  int width, height, total;

  if (settings == NULL)
    return;

  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_settings_set_int (settings, "window-width", width);
  g_settings_set_int (settings, "window-height", height);
  g_settings_set_boolean (settings, "window-maximized",
                          gtk_window_is_maximized (GTK_WINDOW (self)));
  if (qs_session_is_empty (self->session))
    return;

  g_settings_set_int (settings, "sidebar-width", gtk_paned_get_position (self->outer_paned));
  total = gtk_widget_get_width (GTK_WIDGET (self->inner_paned));
  if (total > 0 && gtk_widget_get_visible (GTK_WIDGET (self->inspector)))
    g_settings_set_int (settings, "inspector-width",
                        total - gtk_paned_get_position (self->inner_paned));
}

/* The inspector keeps its width from the right edge, which GtkPaned cannot be told before it has
 * a width itself. */
static gboolean
place_inspector (gpointer data)
{
  QsWindow *self = data;
  GSettings *settings = qs_settings_get ();
  int inspector = settings == NULL ? 360 : g_settings_get_int (settings, "inspector-width");
  int total = gtk_widget_get_width (GTK_WIDGET (self->inner_paned));

  self->inspector_source = 0;
  if (total > inspector)
    gtk_paned_set_position (self->inner_paned, total - inspector);
  return G_SOURCE_REMOVE;
}

static void
inner_paned_sized_cb (QsWindow *self)
{
  g_signal_handlers_disconnect_by_func (self->inner_paned, inner_paned_sized_cb, self);
  self->inspector_source = g_idle_add (place_inspector, self);
}

static void
close_decided_cb (QsWindow *self,
                  gboolean  may_close,
                  gpointer  user_data)
{
  self->close_is_decided = may_close;
  if (may_close)
    gtk_window_close (GTK_WINDOW (self));
}

static gboolean
qs_window_close_request (GtkWindow *window)
{
  QsWindow *self = QS_WINDOW (window);

  if (!self->close_is_decided && qs_window_would_lose (self, QS_LOSS_ALL))
    {
      qs_window_when_saved (self, QS_LOSS_ALL, close_decided_cb, NULL);
      return TRUE;
    }

  save_state (self);
  qs_session_cancel (self->session);
  qs_window_forget_files (self);
  return GTK_WINDOW_CLASS (qs_window_parent_class)->close_request (window);
}

static gboolean
is_open (GtkWidget *button)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (button));
}

/* The one that was opened last stays. */
static void
panel_toggled_cb (QsWindow  *self,
                  GtkWidget *button)
{
  GtkWidget *other = button == self->sidebar_button ? self->inspector_button
                                                    : self->sidebar_button;

  if (!self->has_one_panel || !is_open (button))
    return;

  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (other), FALSE);
  self->is_folded = FALSE;
}

/* Both panels would push each other over the window's edges. */
static void
fold_panels (QsWindow *self,
             gboolean  has_one_panel)
{
  if (has_one_panel == self->has_one_panel)
    return;

  self->has_one_panel = has_one_panel;
  if (has_one_panel && is_open (self->sidebar_button) && is_open (self->inspector_button))
    {
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->inspector_button), FALSE);
      self->is_folded = TRUE;
    }
  else if (!has_one_panel && self->is_folded)
    {
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->inspector_button), TRUE);
      self->is_folded = FALSE;
    }
}

static gboolean
update_switcher (gpointer data)
{
  QsWindow *self = data;
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  gboolean is_narrow = width < NARROW_WIDTH;

  self->switcher_source = 0;
  adw_view_switcher_set_policy (ADW_VIEW_SWITCHER (self->switcher),
                                is_narrow ? ADW_VIEW_SWITCHER_POLICY_NARROW
                                          : ADW_VIEW_SWITCHER_POLICY_WIDE);
  fold_panels (self, width < ONE_PANEL_WIDTH);
  return G_SOURCE_REMOVE;
}

/* A child must not ask for another size while it is given one, so that waits for a moment. */
static void
qs_window_size_allocate (GtkWidget *widget,
                         int        width,
                         int        height,
                         int        baseline)
{
  QsWindow *self = QS_WINDOW (widget);

  GTK_WIDGET_CLASS (qs_window_parent_class)->size_allocate (widget, width, height, baseline);
  if (self->switcher_source == 0)
    self->switcher_source = g_idle_add (update_switcher, self);
}

static void
qs_window_dispose (GObject *object)
{
  QsWindow *self = QS_WINDOW (object);

  g_clear_handle_id (&self->switcher_source, g_source_remove);
  g_clear_handle_id (&self->inspector_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), QS_TYPE_WINDOW);
  qs_window_forget_files (self);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (qs_window_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, QsWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, drop_frame);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, banner);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, switcher);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, window_title);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, title_stack);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, build_button);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, build_options);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, menu_button);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, progress_revealer);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, progress_label);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, sidebar_button);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, inspector_button);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, outer_paned);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, inner_paned);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, inspector);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, graph_page);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, tensors_page);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, scales_page);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, accuracy_page);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, rewrites_page);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, welcome);
  gtk_widget_class_bind_template_child (widget_class, QsWindow, status);
}

static void
ensure_types (void)
{
  g_type_ensure (QS_TYPE_ACCURACY_PAGE);
  g_type_ensure (QS_TYPE_BANNER);
  g_type_ensure (QS_TYPE_BUILD_OPTIONS);
  g_type_ensure (QS_TYPE_GRAPH_PAGE);
  g_type_ensure (QS_TYPE_INSPECTOR);
  g_type_ensure (QS_TYPE_REWRITES_PAGE);
  g_type_ensure (QS_TYPE_SCALES_PAGE);
  g_type_ensure (QS_TYPE_SIDEBAR);
  g_type_ensure (QS_TYPE_TENSORS_PAGE);
  g_type_ensure (QS_TYPE_WELCOME);
}

static void
qs_window_class_init (QsWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_window_dispose;
  widget_class->size_allocate = qs_window_size_allocate;
  GTK_WINDOW_CLASS (klass)->close_request = qs_window_close_request;

  ensure_types ();
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-window.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, panel_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, file_activated_cb);
  qs_window_class_init_actions (klass);
}

static void
connect_session (QsWindow *self)
{
  static const struct
  {
    const char *signal;
    void (*func) (QsWindow *self);
  } connections[] = {
    { "changed::" QS_CHANGED_MODEL, update_document },
    { "changed::" QS_CHANGED_MODIFIED, update_document },
    { "changed::" QS_CHANGED_PROGRESS, progress_changed_cb },
    { "changed", update_status },
    { "changed", qs_window_update_actions },
  };

  for (guint i = 0; i < G_N_ELEMENTS (connections); i++)
    g_signal_connect_object (self->session, connections[i].signal,
                             G_CALLBACK (connections[i].func), self, G_CONNECT_SWAPPED);
}

static void
qs_window_init (QsWindow *self)
{
  self->session = qs_session_new ();
  g_queue_init (&self->pending);
  gtk_widget_init_template (GTK_WIDGET (self));
  qs_name_buttons (GTK_WIDGET (self));

  qs_sidebar_set_session (self->sidebar, self->session);
  qs_inspector_set_session (self->inspector, self->session);
  qs_graph_page_set_session (self->graph_page, self->session);
  qs_tensors_page_set_session (self->tensors_page, self->session);
  qs_scales_page_set_session (self->scales_page, self->session);
  qs_accuracy_page_set_session (self->accuracy_page, self->session);
  qs_rewrites_page_set_session (self->rewrites_page, self->session);
  qs_build_options_set_session (self->build_options, self->session);
  connect_session (self);

  qs_window_init_dnd (self);
  load_state (self);
  g_signal_connect_object (self->inner_paned, "notify::max-position",
                           G_CALLBACK (inner_paned_sized_cb), self, G_CONNECT_SWAPPED);
  update_document (self);
  update_status (self);
  qs_window_update_actions (self);
}

QsWindow *
qs_window_new (AdwApplication *application)
{
  return g_object_new (QS_TYPE_WINDOW,
                       "application", application,
                       NULL);
}
