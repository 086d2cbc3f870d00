/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "qs-compat.h"

/* How the names of sets in one file end; folders have entries of their own. */
#define SET_SUFFIXES { "npz", "npy", "zip", "tar", "gz", "tgz", "pb", "raw", "bin" }

/* Opening */

static void
open_file_cb (GFile    *file,
              gpointer  user_data)
{
  qs_window_open (user_data, file, QS_PURPOSE_ASK, NULL);
}

static void
open_calibration_cb (GFile    *file,
                     gpointer  user_data)
{
  qs_window_open (user_data, file, QS_PURPOSE_CALIBRATION, NULL);
}

static void
open_labelled_cb (GFile    *file,
                  gpointer  user_data)
{
  qs_window_open (user_data, file, QS_PURPOSE_LABELLED, NULL);
}

static void
open_model_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  const QsFileFilter filters[] = {
    { _("Models, Engine Plans and Graphs"), { "onnx", "quantoscope", "plan", "json" } },
  };

  qs_file_open (GTK_WINDOW (widget), _("Open Model"), filters, G_N_ELEMENTS (filters),
                open_file_cb, widget);
}

static void
open_calibration_action (GtkWidget  *widget,
                         const char *name,
                         GVariant   *parameter)
{
  const QsFileFilter filters[] = {
    { _("Sample Sets"), SET_SUFFIXES },
  };

  qs_file_open (GTK_WINDOW (widget), _("Open Calibration Set"), filters, G_N_ELEMENTS (filters),
                open_calibration_cb, widget);
}

static void
open_calibration_folder_action (GtkWidget  *widget,
                                const char *name,
                                GVariant   *parameter)
{
  qs_folder_open (GTK_WINDOW (widget), _("Open Calibration Folder"), open_calibration_cb, widget);
}

static void
open_labelled_folder_action (GtkWidget  *widget,
                             const char *name,
                             GVariant   *parameter)
{
  qs_folder_open (GTK_WINDOW (widget), _("Open Labelled Folder"), open_labelled_cb, widget);
}

static void
open_labelled_action (GtkWidget  *widget,
                      const char *name,
                      GVariant   *parameter)
{
  const QsFileFilter filters[] = {
    { _("Sample Sets"), SET_SUFFIXES },
  };

  qs_file_open (GTK_WINDOW (widget), _("Open Labelled Set"), filters, G_N_ELEMENTS (filters),
                open_labelled_cb, widget);
}

static void
open_cache_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  const QsFileFilter filters[] = {
    { _("Calibration Caches and Scale Tables"), { "cache", "calib", "json", "txt" } },
  };

  qs_file_open (GTK_WINDOW (widget), _("Open Calibration Cache"), filters, G_N_ELEMENTS (filters),
                open_file_cb, widget);
}

static void
open_sample_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  qs_window_open_sample (QS_WINDOW (widget));
}

/* Saving */

static void
save_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  qs_window_save (QS_WINDOW (widget), g_str_equal (name, "win.save-as"));
}

/* The scales that would be used for a build: those of the chosen calibrator. */
static QsScaleSource *
get_export_source (QsWindow *self)
{
  return qs_session_find_source (self->session, qs_session_get_settings (self->session)->source);
}

static void
export_cache_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  QsScaleSource *source = get_export_source (QS_WINDOW (widget));

  if (source != NULL)
    qs_window_save_scales (QS_WINDOW (widget), source, qs_cache_format_lookup ("tensorrt"), NULL,
                           NULL);
}

static void
refit_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  qs_window_refit (QS_WINDOW (widget));
}

/* Work */

static void
build_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  qs_window_build (QS_WINDOW (widget));
}

static void
compare_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  qs_window_compare (QS_WINDOW (widget));
}

static void
cancel_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  qs_session_cancel (QS_WINDOW (widget)->session);
}

/* Looking around */

/* A page with a table searches in it, every other one in the sidebar's list. */
static void
find_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  QsWindow *self = QS_WINDOW (widget);
  const char *page = adw_view_stack_get_visible_child_name (self->pages);

  if (g_strcmp0 (page, "tensors") == 0)
    {
      qs_tensors_page_focus_search (self->tensors_page);
      return;
    }
  if (g_strcmp0 (page, "scales") == 0 && qs_scales_page_focus_search (self->scales_page))
    return;

  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->sidebar_button), TRUE);
  qs_sidebar_focus_search (self->sidebar);
}

static void
page_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  AdwViewStack *pages = QS_WINDOW (widget)->pages;

  adw_view_stack_set_visible_child_name (pages, g_variant_get_string (parameter, NULL));
  gtk_widget_grab_focus (adw_view_stack_get_visible_child (pages));
}

static void
back_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  qs_session_step (QS_WINDOW (widget)->session, -1);
}

static void
forward_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  qs_session_step (QS_WINDOW (widget)->session, 1);
}

static void
undo_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  qs_session_undo (QS_WINDOW (widget)->session, g_str_equal (name, "win.undo") ? -1 : 1);
}

static void
range_was_reset_action (GtkWidget  *widget,
                        const char *name,
                        GVariant   *parameter)
{
  AdwToast *toast = adw_toast_new (_("Range reset"));

  adw_toast_set_button_label (toast, _("Undo"));
  adw_toast_set_action_name (toast, "win.undo");
  adw_toast_overlay_add_toast (QS_WINDOW (widget)->toasts, toast);
}

static void
dimensions_action (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  qs_window_ask_for_dimensions (QS_WINDOW (widget));
}

static void
show_refused_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  QsWindow *self = QS_WINDOW (widget);

  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->sidebar_button), TRUE);
  qs_sidebar_show_refused (self->sidebar);
}

static void
toggle_sidebar_action (GtkWidget  *widget,
                       const char *name,
                       GVariant   *parameter)
{
  GtkToggleButton *button = GTK_TOGGLE_BUTTON (QS_WINDOW (widget)->sidebar_button);

  gtk_toggle_button_set_active (button, !gtk_toggle_button_get_active (button));
}

static void
toggle_inspector_action (GtkWidget  *widget,
                         const char *name,
                         GVariant   *parameter)
{
  GtkToggleButton *button = GTK_TOGGLE_BUTTON (QS_WINDOW (widget)->inspector_button);

  gtk_toggle_button_set_active (button, !gtk_toggle_button_get_active (button));
}

static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  gtk_menu_button_popup (QS_WINDOW (widget)->menu_button);
}

static void
zoom_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  static const struct
  {
    const char *name;
    void (*func) (QsGraphView *view);
  } zooms[] = {
    { "win.zoom-in", qs_graph_view_zoom_in },
    { "win.zoom-out", qs_graph_view_zoom_out },
    { "win.zoom-normal", qs_graph_view_zoom_normal },
    { "win.zoom-fit", qs_graph_view_fit },
  };
  QsGraphView *view = qs_graph_page_get_view (QS_WINDOW (widget)->graph_page);

  for (guint i = 0; i < G_N_ELEMENTS (zooms); i++)
    if (g_str_equal (zooms[i].name, name))
      zooms[i].func (view);
}

/* A button that cannot be pressed says what is missing. */
static void
update_build_tooltip (QsWindow *self)
{
  const char *text = _("Build the Engine");

  if (qs_session_is_busy (self->session))
    text = _("Work is under way");
  else if (!qs_session_can_build (self->session))
    text = _("Add a calibration set first, or turn INT8 off in the build options");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->build_button), text);
}

/**
 * qs_window_update_actions:
 *
 * Makes actions sensitive that can be done now, and no others.
 */
void
qs_window_update_actions (QsWindow *self)
{
  QsSession *session = self->session;
  gboolean is_busy = qs_session_is_busy (session);
  gboolean has_model = qs_session_get_network (session) != NULL;
  gboolean has_graph = qs_session_get_shown_network (session) != NULL;
  QsScaleSource *source = get_export_source (self);
  const struct
  {
    const char *name;
    gboolean is_enabled;
  } states[] = {
    { "win.open-model", !is_busy },
    { "win.open-sample", !is_busy },
    { "win.open-calibration", has_model && !is_busy },
    { "win.open-calibration-folder", has_model && !is_busy },
    { "win.open-labelled-folder", has_model && !is_busy },
    { "win.open-labelled", has_model && !is_busy },
    { "win.open-cache", !is_busy },
    { "win.dimensions", !is_busy },
    { "win.build", qs_session_can_build (session) },
    { "win.compare", qs_session_can_compare (session) },
    { "win.cancel", is_busy },
    { "win.save", qs_session_can_save (session) },
    { "win.save-as", qs_session_can_save (session) },
    { "win.export-cache", source != NULL },
    { "win.refit", qs_session_can_refit (session) },
    { "win.find", has_graph },
    { "win.page", !qs_session_is_empty (session) },
    { "win.undo", qs_session_can_undo (session, -1) },
    { "win.redo", qs_session_can_undo (session, 1) },
    { "win.back", qs_session_can_step (session, -1) },
    { "win.forward", qs_session_can_step (session, 1) },
    { "win.zoom-in", has_graph },
    { "win.zoom-out", has_graph },
    { "win.zoom-normal", has_graph },
    { "win.zoom-fit", has_graph },
  };

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), states[i].name, states[i].is_enabled);
  update_build_tooltip (self);
  qs_window_update_scale_actions (self);
  qs_window_update_exports (self);
}

/* Keys without a modifier are bound here and not as accelerators, which would take them away from
 * entries. */
static void
add_plain_keys (GtkWidgetClass *widget_class)
{
  static const char *const pages[] = { "graph", "tensors", "scales", "accuracy", "rewrites" };

  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_slash, 0, "win.find", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, "win.undo", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK,
                                       "win.redo", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, 0, "win.zoom-fit", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "win.cancel", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    gtk_widget_class_add_binding_action (widget_class, GDK_KEY_1 + i, 0, "win.page", "s",
                                         pages[i]);
}

void
qs_window_class_init_actions (QsWindowClass *klass)
{
  static const struct
  {
    const char *name;
    const char *parameter_type;
    GtkWidgetActionActivateFunc func;
  } actions[] = {
    { "win.open-model", NULL, open_model_action },
    { "win.open-calibration", NULL, open_calibration_action },
    { "win.open-calibration-folder", NULL, open_calibration_folder_action },
    { "win.open-labelled-folder", NULL, open_labelled_folder_action },
    { "win.open-labelled", NULL, open_labelled_action },
    { "win.open-cache", NULL, open_cache_action },
    { "win.open-sample", NULL, open_sample_action },
    { "win.save", NULL, save_action },
    { "win.save-as", NULL, save_action },
    { "win.export-cache", NULL, export_cache_action },
    { "win.refit", NULL, refit_action },
    { "win.build", NULL, build_action },
    { "win.compare", NULL, compare_action },
    { "win.cancel", NULL, cancel_action },
    { "win.dimensions", NULL, dimensions_action },
    { "win.show-refused", NULL, show_refused_action },
    { "win.find", NULL, find_action },
    { "win.page", "s", page_action },
    { "win.back", NULL, back_action },
    { "win.forward", NULL, forward_action },
    { "win.undo", NULL, undo_action },
    { "win.redo", NULL, undo_action },
    { "win.range-was-reset", NULL, range_was_reset_action },
    { "win.toggle-sidebar", NULL, toggle_sidebar_action },
    { "win.toggle-inspector", NULL, toggle_inspector_action },
    { "win.menu", NULL, menu_action },
    { "win.zoom-in", NULL, zoom_action },
    { "win.zoom-out", NULL, zoom_action },
    { "win.zoom-normal", NULL, zoom_action },
    { "win.zoom-fit", NULL, zoom_action },
  };
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_class_install_action (widget_class, actions[i].name, actions[i].parameter_type,
                                     actions[i].func);
  qs_window_class_init_scale_actions (klass);
  qs_window_class_init_exports (klass);
  add_plain_keys (widget_class);
}
