/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-samples-dialog.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-presets.h"
#include "qs-resources.h"
#include "qs-samples-preview.h"

/* Normalized inputs lie within a few units of zero; stored pixels reach 255. */
#define SUSPICIOUS_LARGEST 30.0f

/* The list of presets ends with “Custom”. */
#define CUSTOM_PRESET (qs_sample_preset_get_n ())

struct _QsSamplesDialog
{
  AdwWindow parent_instance;

  QsSession *session;
  QsSamples *samples;
  gboolean is_filling;
  gboolean is_reading;   /* the engine's thread has the samples */
  gboolean is_outdated;  /* the numbers changed meanwhile */
  gboolean is_done;

  GtkWidget *add_button;
  AdwActionRow *file_row;
  AdwComboRow *purpose_row;
  GtkSpinButton *limit;
  GtkAdjustment *limit_adjustment;
  GtkWidget *batch_row;
  GtkSpinButton *batch;
  AdwComboRow *preset_row;
  AdwEntryRow *scale_row;
  AdwEntryRow *mean_row;
  AdwEntryRow *std_row;
  GtkPicture *picture;
  GtkLabel *range_label;
  GtkWidget *warning_box;
  GtkLabel *warning_label;
};

enum
{
  SIGNAL_ACCEPTED,
  SIGNAL_CANCELLED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsSamplesDialog, qs_samples_dialog, ADW_TYPE_WINDOW)

static void start_preview (QsSamplesDialog *self);

static gboolean
get_preprocessing (QsSamplesDialog  *self,
                   QsPreprocessing  *preprocessing,
                   GError          **error)
{
  qs_preprocessing_init (preprocessing);
  return qs_preprocessing_parse (preprocessing,
                                 gtk_editable_get_text (GTK_EDITABLE (self->scale_row)),
                                 gtk_editable_get_text (GTK_EDITABLE (self->mean_row)),
                                 gtk_editable_get_text (GTK_EDITABLE (self->std_row)), error);
}

static void
show_warning (QsSamplesDialog *self,
              const char      *text)
{
  gtk_widget_set_visible (self->warning_box, text != NULL);
  if (text != NULL)
    gtk_label_set_label (self->warning_label, text);
}

static const char *
find_warning (const QsSamplesPreview *preview)
{
  if (preview->min == preview->max)
    return _("All values are the same.");
  if (preview->max > SUSPICIOUS_LARGEST || preview->min < -SUSPICIOUS_LARGEST)
    return _("These values are large for a network's input. Stored pixels are usually scaled by "
             "1∕255 and normalized: choose the preset that the model was trained with.");
  return NULL;
}

static void
show_preview (QsSamplesDialog        *self,
              const QsSamplesPreview *preview)
{
  g_autofree char *range = NULL;

  /* Translators: smallest and largest value, mean and standard deviation of numbers. */
  range = g_strdup_printf (_("Values %.3g … %.3g, mean %.3g, deviation %.3g"),
                           (double) preview->min, (double) preview->max, preview->mean,
                           preview->deviation);
  gtk_label_set_label (self->range_label, range);
  gtk_picture_set_paintable (self->picture, GDK_PAINTABLE (preview->texture));
  gtk_widget_set_visible (GTK_WIDGET (self->picture), preview->texture != NULL);
  show_warning (self, find_warning (preview));
}

static void
preview_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (QsSamplesDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamplesPreview) preview = qs_samples_preview_finish (result, &error);

  self->is_reading = FALSE;
  if (self->is_done)
    return;
  if (self->is_outdated)
    {
      start_preview (self);
      return;
    }

  gtk_widget_set_sensitive (self->add_button, preview != NULL);
  if (preview != NULL)
    show_preview (self, preview);
  else
    show_warning (self, error->message);
}

static void
start_preview (QsSamplesDialog *self)
{
  QsNetwork *network = qs_session_get_network (self->session);
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;

  gtk_widget_set_sensitive (self->add_button, FALSE);
  self->is_outdated = self->is_reading;
  if (self->is_reading || network == NULL || network->inputs->len == 0)
    return;

  if (!get_preprocessing (self, &preprocessing, &error))
    {
      show_warning (self, error->message);
      return;
    }

  self->is_reading = TRUE;
  qs_samples_preview_async (self->samples, &preprocessing, network, network->inputs->pdata[0],
                            preview_cb, g_object_ref (self));
}

static void
fill_preset (QsSamplesDialog *self,
             const QsSamplePreset *preset)
{
  self->is_filling = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->scale_row), preset->scale);
  gtk_editable_set_text (GTK_EDITABLE (self->mean_row), preset->mean);
  gtk_editable_set_text (GTK_EDITABLE (self->std_row), preset->std);
  self->is_filling = FALSE;
}

static void
preset_changed_cb (QsSamplesDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->preset_row);

  if (self->is_filling || self->samples == NULL || selected >= CUSTOM_PRESET)
    return;

  fill_preset (self, qs_sample_preset_get (selected));
  start_preview (self);
}

static void
numbers_changed_cb (QsSamplesDialog *self)
{
  if (self->is_filling || self->samples == NULL)
    return;

  self->is_filling = TRUE;
  adw_combo_row_set_selected (self->preset_row, CUSTOM_PRESET);
  self->is_filling = FALSE;
  start_preview (self);
}

static QsPurpose
get_purpose (QsSamplesDialog *self)
{
  return adw_combo_row_get_selected (self->purpose_row) == 1 ? QS_PURPOSE_LABELLED
                                                             : QS_PURPOSE_CALIBRATION;
}

static void
purpose_changed_cb (QsSamplesDialog *self)
{
  gtk_widget_set_visible (self->batch_row, get_purpose (self) == QS_PURPOSE_CALIBRATION);
}

static void
save_batch (QsSamplesDialog *self)
{
  QsBuildSettings settings = *qs_session_get_settings (self->session);

  settings.calibration_batch = gtk_spin_button_get_value_as_int (self->batch);
  qs_session_set_settings (self->session, &settings);
}

static void
add_cb (QsSamplesDialog *self)
{
  QsPreprocessing preprocessing;
  QsPurpose purpose = get_purpose (self);

  if (!get_preprocessing (self, &preprocessing, NULL))
    return;

  self->is_done = TRUE;
  qs_samples_set_preprocessing (self->samples, &preprocessing);
  qs_samples_set_limit (self->samples, gtk_spin_button_get_value_as_int (self->limit));
  if (purpose == QS_PURPOSE_CALIBRATION)
    save_batch (self);
  g_signal_emit (self, signals[SIGNAL_ACCEPTED], 0, (int) purpose);
  gtk_window_destroy (GTK_WINDOW (self));
}

static void
cancel_cb (QsSamplesDialog *self)
{
  gtk_window_close (GTK_WINDOW (self));
}

static gboolean
qs_samples_dialog_close_request (GtkWindow *window)
{
  QsSamplesDialog *self = QS_SAMPLES_DIALOG (window);

  if (!self->is_done)
    {
      self->is_done = TRUE;
      g_signal_emit (self, signals[SIGNAL_CANCELLED], 0);
    }

  return GTK_WINDOW_CLASS (qs_samples_dialog_parent_class)->close_request (window);
}

static void
qs_samples_dialog_dispose (GObject *object)
{
  QsSamplesDialog *self = QS_SAMPLES_DIALOG (object);

  self->is_done = TRUE;
  gtk_widget_dispose_template (GTK_WIDGET (self), QS_TYPE_SAMPLES_DIALOG);
  g_clear_object (&self->session);
  g_clear_pointer (&self->samples, qs_samples_unref);

  G_OBJECT_CLASS (qs_samples_dialog_parent_class)->dispose (object);
}

static void
qs_samples_dialog_class_init (QsSamplesDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_samples_dialog_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = qs_samples_dialog_close_request;

  signals[SIGNAL_ACCEPTED] =
    g_signal_new ("accepted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_CANCELLED] =
    g_signal_new ("cancelled", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-samples-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, add_button);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, file_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, purpose_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, limit);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, limit_adjustment);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, batch_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, batch);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, preset_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, scale_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, mean_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, std_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, picture);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, range_label);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, warning_box);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, warning_label);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, preset_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, numbers_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, purpose_changed_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
qs_samples_dialog_init (QsSamplesDialog *self)
{
  g_autoptr (GtkStringList) presets = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));

  for (guint i = 0; i < qs_sample_preset_get_n (); i++)
    gtk_string_list_append (presets, _(qs_sample_preset_get (i)->title));
  gtk_string_list_append (presets, _("Custom"));
  adw_combo_row_set_model (self->preset_row, G_LIST_MODEL (presets));
}

static void
show_set (QsSamplesDialog *self)
{
  g_autofree char *name = g_file_get_basename (qs_samples_get_file (self->samples));
  guint n = (guint) qs_samples_get_n (self->samples);
  g_autofree char *subtitle = NULL;

  subtitle = qs_samples_has_labels (self->samples)
               ? g_strdup_printf (ngettext ("%u sample with a label", "%u samples with labels", n),
                                  n)
               : g_strdup_printf (ngettext ("%u sample without a label",
                                            "%u samples without labels", n), n);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->file_row), name);
  adw_action_row_set_subtitle (self->file_row, subtitle);
  gtk_widget_set_sensitive (GTK_WIDGET (self->purpose_row),
                            qs_samples_has_labels (self->samples));
  gtk_adjustment_set_upper (self->limit_adjustment, n);
  gtk_spin_button_set_value (self->limit, n);
}

QsSamplesDialog *
qs_samples_dialog_new (GtkWindow *parent,
                       QsSession *session,
                       QsSamples *samples,
                       QsPurpose  purpose)
{
  QsSamplesDialog *self = g_object_new (QS_TYPE_SAMPLES_DIALOG,
                                        "transient-for", parent,
                                        NULL);

  self->session = g_object_ref (session);
  self->samples = qs_samples_ref (samples);
  adw_combo_row_set_selected (self->purpose_row, purpose == QS_PURPOSE_LABELLED ? 1 : 0);
  gtk_spin_button_set_value (self->batch,
                             (double) qs_session_get_settings (session)->calibration_batch);
  show_set (self);
  fill_preset (self, qs_sample_preset_get (0));
  start_preview (self);
  return self;
}

QsSamples *
qs_samples_dialog_get_samples (QsSamplesDialog *self)
{
  return self->samples;
}
