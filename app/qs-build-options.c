/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-build-options.h"

#include <glib/gi18n.h>

#include "qs-device-words.h"
#include "qs-resources.h"
#include "qs-sentences.h"
#include "qs-settings.h"

struct _QsBuildOptions
{
  GtkPopover parent_instance;

  QsSession *session;
  gboolean is_filling;

  AdwComboRow *int8_row;
  AdwComboRow *fp16_row;
  AdwComboRow *source_row;
  AdwComboRow *fusion_row;
  AdwComboRow *rounding_row;
  GtkSwitch *emulate_switch;
  AdwComboRow *backend_row;
  GtkSpinButton *threads;
  GtkLabel *note;
};

G_DEFINE_FINAL_TYPE (QsBuildOptions, qs_build_options, GTK_TYPE_POPOVER)

/* Rows of the list of sources: the calibrators, then the cache if one was opened. */
static const char *
get_source_id (guint position)
{
  return position < qs_calibrator_get_n () ? qs_calibrator_get (position)->id
                                           : QS_SCALE_SOURCE_CACHE;
}

/* TensorRT always calibrates before fusion with MinMax and Entropy 2. */
static gboolean
can_choose_fusion (const QsBuildSettings *settings)
{
  const QsCalibrator *calibrator = qs_calibrator_lookup (settings->source);

  return calibrator != NULL && !calibrator->always_before_fusion;
}

static const char *
describe_portability (const QsCalibrator    *calibrator,
                      const QsBuildSettings *settings)
{
  return qs_calibrator_runs_before_fusion (calibrator, settings->before_fusion)
           ? _("Calibrated before layer fusion, a cache serves every device with the same version "
               "of TensorRT.")
           : _("Calibrated after layer fusion, a cache serves this device only.");
}

static void
update_note (QsBuildOptions *self)
{
  const QsBuildSettings *settings = qs_session_get_settings (self->session);
  const QsCalibrator *calibrator = qs_calibrator_lookup (settings->source);
  const QsBackend *backend = qs_build_settings_get_backend (settings);
  g_autofree char *calibrator_note = NULL;
  g_autofree char *fp16_note = NULL;
  g_autofree char *device_note = NULL;
  g_autoptr (GError) error = NULL;
  const char *note;

  if (settings->int8 == QS_INT8_OFF)
    note = _("Every layer computes in floating point.");
  else if (calibrator != NULL)
    {
      g_autofree char *rule = qs_sentence_translate (calibrator->description);

      note = calibrator_note =
        g_strconcat (rule, ".\n", describe_portability (calibrator, settings), NULL);
    }
  else
    note = _("Scales come from the calibration cache that was opened.");

  if (settings->fp16 != QS_FP16_OFF && backend->emulates_fp16)
    note = fp16_note =
      g_strconcat (note, "\n", _("This backend emulates FP16: values are those of FP16, times are not."),
                   NULL);
  if (settings->backend == NULL && backend->get_device == NULL &&
      !qs_backend_check (qs_backend_lookup ("cuda"), &error))
    {
      g_autofree char *why = qs_sentence_translate (error->message);

      note = device_note = g_strdup_printf (_("%s\nThere is no GPU to use: %s."), note, why);
    }
  gtk_label_set_label (self->note, note);
}

static void
option_changed_cb (QsBuildOptions *self)
{
  QsBuildSettings settings;
  guint backend;

  if (self->is_filling || self->session == NULL)
    return;

  settings = *qs_session_get_settings (self->session);
  settings.int8 = (QsInt8Mode) adw_combo_row_get_selected (self->int8_row);
  settings.fp16 = (QsFp16Mode) adw_combo_row_get_selected (self->fp16_row);
  settings.source = get_source_id (adw_combo_row_get_selected (self->source_row));
  settings.rounding = (QsRoundingMode) adw_combo_row_get_selected (self->rounding_row);
  settings.emulate_tensorrt = gtk_switch_get_active (self->emulate_switch);
  settings.before_fusion = (QsBeforeFusion) adw_combo_row_get_selected (self->fusion_row);
  backend = adw_combo_row_get_selected (self->backend_row);
  settings.backend = backend == 0 ? NULL : qs_backend_get (backend - 1);
  settings.n_threads = (guint) gtk_spin_button_get_value_as_int (self->threads);
  qs_session_set_settings (self->session, &settings);
  qs_settings_save_build (&settings);
}

static void
fill_sources (QsBuildOptions *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  QsScaleSource *cache = qs_session_find_source (self->session, QS_SCALE_SOURCE_CACHE);

  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    gtk_string_list_append (names, qs_calibrator_get (i)->name);
  if (cache != NULL)
    gtk_string_list_append (names, qs_scale_source_get_name (cache));
  adw_combo_row_set_model (self->source_row, G_LIST_MODEL (names));
}

static void
fill_backends (QsBuildOptions *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  gtk_string_list_append (names, _("Automatic"));
  for (guint i = 0; i < qs_backend_get_n (); i++)
    gtk_string_list_append (names, qs_backend_get (i)->name);
  adw_combo_row_set_model (self->backend_row, G_LIST_MODEL (names));
}

/* What will compute, in a line of its own: names of devices are long. */
static void
show_device (QsBuildOptions        *self,
             const QsBuildSettings *settings)
{
  const QsBackend *backend = qs_build_settings_get_backend (settings);
  g_autofree char *device = settings->backend == NULL ? qs_device_words_full (backend)
                                                      : qs_device_words_name (backend);
  g_autofree char *escaped = g_markup_escape_text (device, -1);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (self->backend_row), escaped);
}

static void
show_settings (QsBuildOptions *self)
{
  const QsBuildSettings *settings = qs_session_get_settings (self->session);
  guint source = 0, backend = 0;

  while (source < qs_calibrator_get_n () &&
         !g_str_equal (qs_calibrator_get (source)->id, settings->source))
    source++;
  for (guint i = 0; i < qs_backend_get_n (); i++)
    if (qs_backend_get (i) == settings->backend)
      backend = i + 1;

  self->is_filling = TRUE;
  adw_combo_row_set_selected (self->int8_row, (guint) settings->int8);
  adw_combo_row_set_selected (self->fp16_row, (guint) settings->fp16);
  adw_combo_row_set_selected (self->source_row, source);
  adw_combo_row_set_selected (self->rounding_row, (guint) settings->rounding);
  gtk_switch_set_active (self->emulate_switch, settings->emulate_tensorrt);
  adw_combo_row_set_selected (self->fusion_row, (guint) settings->before_fusion);
  adw_combo_row_set_selected (self->backend_row, backend);
  show_device (self, settings);
  gtk_spin_button_set_value (self->threads, settings->n_threads);
  gtk_widget_set_sensitive (GTK_WIDGET (self->source_row), settings->int8 != QS_INT8_OFF);
  gtk_widget_set_sensitive (GTK_WIDGET (self->fusion_row), settings->int8 != QS_INT8_OFF &&
                                                             can_choose_fusion (settings));
  gtk_widget_set_sensitive (GTK_WIDGET (self->rounding_row), settings->int8 != QS_INT8_OFF);
  self->is_filling = FALSE;
  update_note (self);
}

static void
sources_changed_cb (QsBuildOptions *self)
{
  self->is_filling = TRUE;
  fill_sources (self);
  self->is_filling = FALSE;
  show_settings (self);
}

void
qs_build_options_set_session (QsBuildOptions *self,
                              QsSession      *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES,
                           G_CALLBACK (sources_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SETTINGS,
                           G_CALLBACK (show_settings), self, G_CONNECT_SWAPPED);

  self->is_filling = TRUE;
  fill_backends (self);
  sources_changed_cb (self);
}

static void
qs_build_options_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), QS_TYPE_BUILD_OPTIONS);
  G_OBJECT_CLASS (qs_build_options_parent_class)->dispose (object);
}

static void
qs_build_options_class_init (QsBuildOptionsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_build_options_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-build-options.ui");
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, int8_row);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, fp16_row);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, source_row);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, fusion_row);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, rounding_row);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, emulate_switch);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, backend_row);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, threads);
  gtk_widget_class_bind_template_child (widget_class, QsBuildOptions, note);
  gtk_widget_class_bind_template_callback (widget_class, option_changed_cb);
}

static void
qs_build_options_init (QsBuildOptions *self)
{
  self->is_filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
}
