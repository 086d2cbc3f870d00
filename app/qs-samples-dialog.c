/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-samples-dialog.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-presets.h"
#include "qs-resources.h"
#include "qs-samples-preview.h"

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
  gboolean has_labels;

  GtkWidget *add_button;
  AdwActionRow *file_row;
  AdwComboRow *purpose_row;
  GtkSpinButton *limit;
  GtkAdjustment *limit_adjustment;
  GtkWidget *batch_row;
  GtkSpinButton *batch;
  GtkSwitch *shuffle;
  GtkWidget *seed_row;
  GtkSpinButton *seed;
  AdwComboRow *preset_row;
  AdwComboRow *resize_row;
  AdwEntryRow *size_row;
  GtkWidget *crop_row;
  GtkSwitch *crop;
  AdwComboRow *color_row;
  AdwEntryRow *scale_row;
  AdwEntryRow *mean_row;
  AdwEntryRow *std_row;
  GtkWidget *strip_window;
  GtkBox *strip;
  GtkLabel *range_label;
  GtkBox *warnings;
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

static const char *
get_text (AdwEntryRow *row)
{
  return gtk_editable_get_text (GTK_EDITABLE (row));
}

/* What the rows say about images, in the words of the command line. One length is both sides of an
 * exact size. */
static char *
dup_resize (QsSamplesDialog *self)
{
  guint how = adw_combo_row_get_selected (self->resize_row);
  const char *size = get_text (self->size_row);

  if (how == QS_IMAGE_RESIZE_NONE || size[0] == '\0')
    return g_strdup (qs_image_resize_get_name (how));
  if (how == QS_IMAGE_RESIZE_EXACT && strchr (size, 'x') == NULL)
    return g_strdup_printf ("%sx%s", size, size);

  return g_strdup (size);
}

static gboolean
get_recipe (QsSamplesDialog  *self,
            QsSampleRecipe   *recipe,
            GError          **error)
{
  g_autofree char *resize = dup_resize (self);
  const char *crop = gtk_switch_get_active (self->crop) ? "input" : "none";
  const char *color = qs_image_color_get_name (adw_combo_row_get_selected (self->color_row));

  *recipe = *qs_samples_get_recipe (self->samples);
  /* All of them are no limit. */
  recipe->limit = gtk_spin_button_get_value_as_int (self->limit);
  if (recipe->limit >= (gint64) gtk_adjustment_get_upper (self->limit_adjustment))
    recipe->limit = 0;
  recipe->shuffle = gtk_switch_get_active (self->shuffle);
  recipe->seed = gtk_spin_button_get_value_as_int (self->seed);
  recipe->batch = gtk_spin_button_get_value_as_int (self->batch);
  return qs_preprocessing_parse (&recipe->preprocessing, get_text (self->scale_row),
                                 get_text (self->mean_row), get_text (self->std_row), error) &&
         (!qs_samples_has_images (self->samples) ||
          qs_preprocessing_parse_image (&recipe->preprocessing, resize, crop, color, NULL, error));
}

static void
clear_box (GtkBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    gtk_box_remove (box, child);
}

static void
add_warning (QsSamplesDialog *self,
             const char      *text)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *icon = gtk_image_new_from_icon_name ("dialog-warning-symbolic");
  GtkWidget *label = gtk_label_new (text);

  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (box, "warning");
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (self->warnings, box);
}

static void
show_problem (QsSamplesDialog *self,
              const char      *text)
{
  clear_box (self->strip);
  clear_box (self->warnings);
  gtk_widget_set_visible (self->strip_window, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->range_label), FALSE);
  add_warning (self, text);
}

/* The engine's own sentence is in English and has the numbers; here they stand beside it. */
static const struct
{
  QsSampleWarningKind kind;
  const char *text;
} warning_texts[] = {
  { QS_SAMPLE_WARNING_UNSCALED,
    N_("These are whole numbers as pixels are stored. Most networks want them scaled by 1∕255 and "
       "normalized: choose the preset that the model was trained with.") },
  { QS_SAMPLE_WARNING_LARGE,
    N_("These values are large for a network’s input. Was the scale forgotten?") },
  { QS_SAMPLE_WARNING_TINY,
    N_("These values are tiny for a network’s input. Were they scaled twice?") },
  /* Translators: %s is a sample, by its number or file. */
  { QS_SAMPLE_WARNING_CONSTANT, N_("All values of sample %s are the same.") },
  { QS_SAMPLE_WARNING_SAME, N_("These samples are all the same.") },
};

static char *
describe_warning (const QsSampleWarning *warning)
{
  for (guint i = 0; i < G_N_ELEMENTS (warning_texts); i++)
    if (warning_texts[i].kind == warning->kind)
      {
        g_auto (GStrv) parts = g_strsplit (_(warning_texts[i].text), "%s", 2);

        return g_strjoinv (warning->sample, parts);
      }

  return g_strdup (warning->text);
}

static void
show_warnings (QsSamplesDialog     *self,
               const QsSampleCheck *check)
{
  clear_box (self->warnings);
  for (guint i = 0; i < check->warnings->len; i++)
    {
      const QsSampleWarning *warning = g_ptr_array_index (check->warnings, i);
      g_autofree char *text = describe_warning (warning);
      g_autofree char *full = check->inputs->len > 1
                                ? g_strdup_printf ("%s: %s", warning->input, text)
                                : g_strdup (text);

      add_warning (self, full);
    }
}

static void
append_caption (GtkBox     *box,
                const char *text,
                const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 12);
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (box, label);
}

/* A sample: its picture where it is one, its range, and where it comes from. */
static void
append_sample (QsSamplesDialog    *self,
               const QsSampleView *view,
               GdkTexture         *texture)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  const QsSampleStatistics *statistics = &view->statistics;
  g_autofree char *range = NULL;
  g_autofree char *name = view->name != NULL ? g_strdup (view->name)
                                             : g_strdup_printf ("%" G_GINT64_FORMAT, view->index);

  if (texture != NULL)
    {
      GtkWidget *picture = gtk_picture_new_for_paintable (GDK_PAINTABLE (texture));

      gtk_picture_set_can_shrink (GTK_PICTURE (picture), TRUE);
      gtk_picture_set_alternative_text (GTK_PICTURE (picture), name);
      gtk_widget_set_size_request (picture, 96, 96);
      gtk_box_append (GTK_BOX (box), picture);
    }

  /* Translators: smallest and largest of some numbers. */
  range = view->values != NULL ? g_strdup_printf (_("%.3g … %.3g"), statistics->min, statistics->max)
                               : g_strdup (_("Unreadable"));
  append_caption (GTK_BOX (box), range, "numeric");
  append_caption (GTK_BOX (box), name, "dim-label");
  gtk_widget_set_tooltip_text (box, name);
  gtk_box_append (self->strip, box);
}

static void
show_strip (QsSamplesDialog        *self,
            const QsSamplesPreview *preview)
{
  const QsSampleInputCheck *input = g_ptr_array_index (preview->check->inputs, preview->shown);

  clear_box (self->strip);
  for (guint i = 0; i < input->views->len; i++)
    append_sample (self, g_ptr_array_index (input->views, i),
                   g_ptr_array_index (preview->textures, i));
  gtk_widget_set_visible (self->strip_window, TRUE);
}

/* One line for each input; a network with one needs no name for it. */
static char *
describe_ranges (const QsSampleCheck *check)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < check->inputs->len; i++)
    {
      const QsSampleInputCheck *input = g_ptr_array_index (check->inputs, i);
      const QsSampleStatistics *statistics = &input->statistics;
      g_autofree char *range = NULL;

      if (statistics->n == 0)
        continue;
      /* Translators: smallest and largest value, mean and standard deviation of numbers. */
      range = g_strdup_printf (_("Values %.3g … %.3g, mean %.3g, deviation %.3g"), statistics->min,
                               statistics->max, statistics->mean, statistics->deviation);
      g_string_append_printf (text, "%s%s%s%s", text->len > 0 ? "\n" : "",
                              check->inputs->len > 1 ? input->name : "",
                              check->inputs->len > 1 ? ": " : "", range);
    }

  return g_string_free (text, FALSE);
}

static void
show_count (QsSamplesDialog *self,
            guint            n)
{
  g_autofree char *count = NULL;
  g_autofree char *subtitle = NULL;

  count = self->has_labels ? g_strdup_printf (ngettext ("%u sample with a label",
                                                        "%u samples with labels", n), n)
                           : g_strdup_printf (ngettext ("%u sample without a label",
                                                        "%u samples without labels", n), n);
  /* Translators: a kind of set, such as a folder, and how many samples are in it. */
  subtitle = g_strdup_printf (_("%s · %s"), _(qs_samples_get_kind (self->samples)), count);
  adw_action_row_set_subtitle (self->file_row, subtitle);
}

static void
show_preview (QsSamplesDialog        *self,
              const QsSamplesPreview *preview)
{
  g_autofree char *ranges = describe_ranges (preview->check);

  gtk_label_set_label (self->range_label, ranges);
  gtk_widget_set_visible (GTK_WIDGET (self->range_label), ranges[0] != '\0');
  show_strip (self, preview);
  show_warnings (self, preview->check);
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
    show_problem (self, error->message);
}

static void
start_preview (QsSamplesDialog *self)
{
  QsNetwork *network = qs_session_get_network (self->session);
  g_autoptr (GError) error = NULL;
  QsSampleRecipe recipe;

  gtk_widget_set_sensitive (self->add_button, FALSE);
  self->is_outdated = self->is_reading;
  if (self->is_reading || network == NULL || network->inputs->len == 0)
    return;

  if (!get_recipe (self, &recipe, &error))
    {
      show_problem (self, error->message);
      return;
    }

  self->is_reading = TRUE;
  qs_samples_preview_async (self->samples, &recipe, network, preview_cb, g_object_ref (self));
}

/* Which rows make sense together. */
static void
update_rows (QsSamplesDialog *self)
{
  gboolean has_images = qs_samples_has_images (self->samples);
  guint resize = adw_combo_row_get_selected (self->resize_row);

  gtk_widget_set_visible (GTK_WIDGET (self->resize_row), has_images);
  gtk_widget_set_visible (GTK_WIDGET (self->size_row),
                          has_images && resize != QS_IMAGE_RESIZE_NONE);
  gtk_widget_set_visible (self->crop_row, has_images);
  gtk_widget_set_visible (GTK_WIDGET (self->color_row), has_images);
  gtk_widget_set_visible (self->seed_row, gtk_switch_get_active (self->shuffle));
}

static void
fill_images (QsSamplesDialog       *self,
             const QsPreprocessing *preprocessing)
{
  g_autofree char *size = NULL;

  if (preprocessing->resize_height > 0)
    size = g_strdup_printf ("%dx%d", preprocessing->resize_width, preprocessing->resize_height);
  else if (preprocessing->resize_width > 0)
    size = g_strdup_printf ("%d", preprocessing->resize_width);

  adw_combo_row_set_selected (self->resize_row, (guint) preprocessing->resize);
  gtk_editable_set_text (GTK_EDITABLE (self->size_row), size != NULL ? size : "");
  gtk_switch_set_active (self->crop, preprocessing->crop);
  adw_combo_row_set_selected (self->color_row, (guint) preprocessing->color);
}

/* Only the size that a preset has to say something about: images that are to be used as they are
 * stored still have to fit. */
static void
fill_preset (QsSamplesDialog      *self,
             const QsSamplePreset *preset)
{
  QsPreprocessing preprocessing = *qs_samples_get_preprocessing (self->samples);

  self->is_filling = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->scale_row), preset->scale);
  gtk_editable_set_text (GTK_EDITABLE (self->mean_row), preset->mean);
  gtk_editable_set_text (GTK_EDITABLE (self->std_row), preset->std);
  if (!g_str_equal (preset->resize, "none"))
    {
      qs_sample_preset_apply (preset, &preprocessing);
      fill_images (self, &preprocessing);
    }
  self->is_filling = FALSE;
  update_rows (self);
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
values_changed_cb (QsSamplesDialog *self)
{
  if (self->is_filling || self->samples == NULL)
    return;

  self->is_filling = TRUE;
  adw_combo_row_set_selected (self->preset_row, CUSTOM_PRESET);
  self->is_filling = FALSE;
  update_rows (self);
  start_preview (self);
}

static void
order_changed_cb (QsSamplesDialog *self)
{
  if (self->is_filling || self->samples == NULL)
    return;

  update_rows (self);
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
  QsSampleRecipe recipe;
  QsPurpose purpose = get_purpose (self);

  if (!get_recipe (self, &recipe, NULL))
    return;

  self->is_done = TRUE;
  qs_samples_set_recipe (self->samples, &recipe);
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
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, shuffle);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, seed_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, seed);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, preset_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, resize_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, size_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, crop_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, crop);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, color_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, scale_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, mean_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, std_row);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, strip_window);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, strip);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, range_label);
  gtk_widget_class_bind_template_child (widget_class, QsSamplesDialog, warnings);
  gtk_widget_class_bind_template_callback (widget_class, add_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, preset_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, values_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, order_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, purpose_changed_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
qs_samples_dialog_init (QsSamplesDialog *self)
{
  g_autoptr (GtkStringList) presets = gtk_string_list_new (NULL);

  gtk_widget_init_template (GTK_WIDGET (self));
  qs_name_buttons (GTK_WIDGET (self));

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

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->file_row), name);
  self->has_labels = qs_samples_has_labels (self->samples);
  show_count (self, n);
  gtk_widget_set_sensitive (GTK_WIDGET (self->purpose_row), self->has_labels);
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
  self->is_filling = TRUE;
  fill_images (self, qs_samples_get_preprocessing (samples));
  fill_preset (self, qs_sample_preset_get (0));
  start_preview (self);
  return self;
}

QsSamples *
qs_samples_dialog_get_samples (QsSamplesDialog *self)
{
  return self->samples;
}
