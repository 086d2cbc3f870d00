/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-range-editor.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-compat.h"
#include "qs-resources.h"

/* More members of a group than these are only counted. */
#define MAX_CHIPS 12

/* Unused codes below this share are no news. */
#define NOTABLE_UNUSED 0.02

struct _QsRangeEditor
{
  AdwBin parent_instance;

  QsSession *session;
  char *tensor;
  QsHistogram *histogram; /* a copy: the session's may go while this is shown */
  QsDynamicRange range;   /* as shown; NaN where there is nothing to start from */
  QsDynamicRange start;   /* before a drag */
  gboolean is_manual;
  gboolean is_dragging;

  GtkWidget *badge;
  GtkWidget *reset_button;
  GtkEditable *min_entry;
  GtkEditable *max_entry;
  GtkWidget *set_button;
  GtkLabel *problem;
  GtkLabel *numbers;
  GtkLabel *effect;
  GtkWidget *group_box;
  GtkLabel *group_label;
  GtkWidget *group_button;
  GtkFlowBox *chips;
};

G_DEFINE_FINAL_TYPE (QsRangeEditor, qs_range_editor, ADW_TYPE_BIN)

static void
set_number (GtkEditable *entry,
            double       value)
{
  g_autofree char *text = isfinite (value) ? g_strdup_printf ("%.6g", value) : g_strdup ("");

  if (g_strcmp0 (gtk_editable_get_text (entry), text) != 0)
    gtk_editable_set_text (entry, text);
}

/* What is typed in the language's own way or with a full stop; a number that was not touched keeps
 * all its digits. */
static double
get_number (GtkEditable *entry,
            double       shown)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (entry)));
  g_autofree char *untouched = g_strdup_printf ("%.6g", shown);
  char *end;
  double value;

  if (g_str_equal (text, untouched))
    return shown;

  value = g_strtod (text, &end);
  return end == text || *end != '\0' ? (double) NAN : value;
}

static void
show_problem (QsRangeEditor *self,
              const char    *text)
{
  gtk_label_set_label (self->problem, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), text != NULL);
  for (guint i = 0; i < 2; i++)
    {
      GtkWidget *entry = GTK_WIDGET (i == 0 ? self->min_entry : self->max_entry);

      if (text != NULL)
        gtk_widget_add_css_class (entry, "error");
      else
        gtk_widget_remove_css_class (entry, "error");
    }
}

/* What is wrong with a range, in the language of the window. */
static const char *
explain_fault (const QsDynamicRange *range)
{
  if (!isfinite (range->min) || !isfinite (range->max))
    return _("Both ends have to be numbers.");
  if (range->min > range->max)
    return _("The minimum is larger than the maximum.");
  if (range->min == 0.0 && range->max == 0.0)
    return _("Both ends are zero, which gives no scale.");
  return _("The range is too small or too large.");
}

/* Behind what is there already; a line may end between parts, not in one. */
static void G_GNUC_PRINTF (2, 3)
append_part (GString    *text,
             const char *format,
             ...)
{
  g_autoptr (GString) part = g_string_new (NULL);
  va_list args;

  va_start (args, format);
  g_string_vprintf (part, format, args);
  va_end (args);
  g_string_replace (part, " ", "\u00a0", 0);
  if (text->len > 0)
    g_string_append (text, " · ");
  g_string_append (text, part->str);
}

static void
show_numbers (QsRangeEditor *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  double abs_max, unused;

  gtk_widget_set_visible (GTK_WIDGET (self->numbers), FALSE);
  if (!qs_dynamic_range_check (&self->range, self->tensor, NULL))
    return;

  abs_max = qs_dynamic_range_get_abs_max (&self->range);
  unused = qs_dynamic_range_get_unused (&self->range);
  /* Translators: the distance between two neighbouring codes of a quantized tensor. */
  append_part (text, _("Scale and step %.4g"), (double) qs_dynamic_range_get_scale (&self->range));
  if (self->histogram != NULL)
    {
      append_part (text, _("%.2f %% clipped"),
                   100.0 * qs_histogram_get_clipped (self->histogram, (float) abs_max));
      append_part (text, _("SQNR %.1f dB"),
                   qs_histogram_get_sqnr_db (self->histogram, (float) abs_max));
    }
  if (self->is_manual && unused > NOTABLE_UNUSED)
    {
      g_string_append_c (text, '\n');
      g_string_append_printf (text, _("%.0f %% of the codes lie outside: the range is not symmetric."),
                              100.0 * unused);
    }

  gtk_label_set_label (self->numbers, text->str);
  gtk_widget_set_visible (GTK_WIDGET (self->numbers), TRUE);
}

static char *
describe_effect (const QsOutputError *base,
                 const QsOutputError *now)
{
  double change = now->sqnr_db - base->sqnr_db;
  guint n = (guint) now->n_samples;

  if (!isfinite (change))
    /* Translators: signal to quantization noise ratio, in decibels. */
    return g_strdup_printf (_("Output SQNR %.2f dB"), now->sqnr_db);

  return g_strdup_printf (ngettext ("Output SQNR %.2f dB (%+.2f dB), on %u sample",
                                    "Output SQNR %.2f dB (%+.2f dB), on %u samples", n),
                          now->sqnr_db, change, n);
}

static void
show_effect (QsRangeEditor *self)
{
  QsLiveEffect *effect = self->session == NULL ? NULL : qs_session_get_effect (self->session);
  const QsOutputError *base = effect == NULL ? NULL : qs_live_effect_get_base (effect);
  const QsOutputError *now = effect == NULL ? NULL : qs_live_effect_get_result (effect);
  g_autofree char *text = NULL;

  gtk_widget_remove_css_class (GTK_WIDGET (self->effect), "success");
  gtk_widget_remove_css_class (GTK_WIDGET (self->effect), "warning");
  if (self->session != NULL && qs_session_is_stale (self->session))
    text = g_strdup (_("Build again for this range to have an effect."));
  else if (base != NULL && now != NULL)
    {
      double change = now->sqnr_db - base->sqnr_db;

      text = describe_effect (base, now);
      if (fabs (change) >= 0.005)
        gtk_widget_add_css_class (GTK_WIDGET (self->effect), change > 0.0 ? "success" : "warning");
    }

  gtk_label_set_label (self->effect, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->effect), text != NULL);
}

static void
show_fields (QsRangeEditor *self)
{
  set_number (self->min_entry, self->range.min);
  set_number (self->max_entry, self->range.max);
  gtk_widget_set_visible (self->badge, self->is_manual);
  gtk_widget_set_sensitive (self->reset_button, self->is_manual && !self->is_dragging);
  show_numbers (self);
}

static gboolean
read_fields (QsRangeEditor  *self,
             QsDynamicRange *range)
{
  range->min = get_number (self->min_entry, self->range.min);
  range->max = get_number (self->max_entry, self->range.max);
  if (qs_dynamic_range_check (range, self->tensor, NULL))
    return TRUE;

  show_problem (self, explain_fault (range));
  return FALSE;
}

static void
commit (QsRangeEditor        *self,
        const QsDynamicRange *range,
        gboolean              whole_group)
{
  g_autoptr (GError) error = NULL;

  if (!qs_session_set_range (self->session, self->tensor, range, whole_group, &error))
    show_problem (self, error->message);
  else
    qs_session_preview_range (self->session, self->tensor, range, whole_group);
}

/* Nothing can be set as long as nothing was entered; what is wrong with a range is said when it is set. */
static void
entry_changed_cb (QsRangeEditor *self)
{
  gboolean has_both = gtk_entry_get_text_length (GTK_ENTRY (self->min_entry)) > 0 &&
                      gtk_entry_get_text_length (GTK_ENTRY (self->max_entry)) > 0;

  gtk_widget_set_sensitive (self->set_button, has_both);
  gtk_widget_set_sensitive (self->group_button, has_both);
}

static void
entry_activated_cb (QsRangeEditor *self)
{
  QsDynamicRange range;

  if (read_fields (self, &range))
    commit (self, &range, FALSE);
}

static void
group_clicked_cb (QsRangeEditor *self)
{
  QsDynamicRange range;

  if (read_fields (self, &range))
    commit (self, &range, TRUE);
}

/* A range that comes from the group is taken from all of it. */
static void
reset_clicked_cb (QsRangeEditor *self)
{
  gboolean is_own =
    qs_dynamic_ranges_lookup (qs_session_get_ranges (self->session), self->tensor) != NULL;

  commit (self, NULL, !is_own || qs_session_get_group (self->session, self->tensor) != NULL);
  gtk_widget_activate_action (GTK_WIDGET (self), "win.range-was-reset", NULL);
}

static void
chip_clicked_cb (QsRangeEditor *self,
                 GtkButton     *chip)
{
  qs_session_select (self->session, QS_SELECTION_TENSOR,
                     g_object_get_data (G_OBJECT (chip), "tensor"));
}

static GtkWidget *
chip_new (QsRangeEditor  *self,
          const QsTensor *tensor)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "label", tensor->name,
                                   "ellipsize", PANGO_ELLIPSIZE_START,
                                   "max-width-chars", 16,
                                   NULL);
  GtkWidget *chip = g_object_new (GTK_TYPE_BUTTON,
                                  "child", label,
                                  "tooltip-text", tensor->name,
                                  NULL);

  gtk_widget_add_css_class (chip, "qs-chip");
  if (qs_dynamic_ranges_lookup (qs_session_get_ranges (self->session), tensor->name) != NULL)
    gtk_widget_add_css_class (chip, "manual");
  gtk_accessible_update_property (GTK_ACCESSIBLE (chip), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  tensor->name, -1);
  g_object_set_data_full (G_OBJECT (chip), "tensor", g_strdup (tensor->name), g_free);
  g_signal_connect_swapped (chip, "clicked", G_CALLBACK (chip_clicked_cb), self);
  return chip;
}

static void
show_group (QsRangeEditor *self)
{
  const QsScaleGroup *group = qs_session_get_group (self->session, self->tensor);
  guint n_others = group == NULL ? 0 : group->tensors->len - 1, n_shown = 0;
  const char *owner = NULL;
  g_autofree char *text = NULL;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->chips))) != NULL)
    gtk_flow_box_remove (self->chips, child);

  gtk_widget_set_visible (self->group_box, group != NULL);
  if (group == NULL)
    return;

  for (guint i = 0; i < group->tensors->len && n_shown < MAX_CHIPS; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (group->tensors, i);

      if (g_str_equal (tensor->name, self->tensor))
        continue;
      gtk_flow_box_insert (self->chips, chip_new (self, tensor), -1);
      n_shown++;
    }

  if (qs_session_find_range (self->session, self->tensor, &owner) != NULL &&
      !g_str_equal (owner, self->tensor))
    /* Translators: the name of a tensor. */
    text = g_strdup_printf (_("The largest range of the group decides, that of %s."), owner);
  else
    text = g_strdup_printf (ngettext ("Shares one scale with %u tensor",
                                      "Shares one scale with %u tensors", n_others), n_others);
  gtk_label_set_label (self->group_label, text);
}

void
qs_range_editor_show (QsRangeEditor *self,
                      QsSession     *session,
                      QsTensor      *tensor,
                      QsHistogram   *histogram,
                      double         suggestion)
{
  const QsDynamicRange *range = qs_session_find_range (session, tensor->name, NULL);
  const QsDynamicRange *own =
    qs_dynamic_ranges_lookup (qs_session_get_ranges (session), tensor->name);

  if (self->session == NULL)
    g_signal_connect_object (session, "changed::" QS_CHANGED_EFFECT, G_CALLBACK (show_effect), self,
                             G_CONNECT_SWAPPED);
  self->session = session;
  if (g_strcmp0 (self->tensor, tensor->name) != 0)
    show_problem (self, NULL);
  g_free (self->tensor);
  self->tensor = g_strdup (tensor->name);
  g_clear_pointer (&self->histogram, qs_histogram_free);
  self->histogram = histogram == NULL ? NULL : qs_histogram_copy (histogram);

  self->is_manual = range != NULL;
  if (own != NULL || range != NULL)
    self->range = own != NULL ? *own : *range;
  else
    self->range = isfinite (suggestion) ? (QsDynamicRange) { -suggestion, suggestion }
                                        : (QsDynamicRange) { (double) NAN, (double) NAN };
  if (self->is_manual)
    show_problem (self, NULL);
  show_fields (self);
  show_effect (self);
  show_group (self);
}

/* Both ends keep their proportion, so that a one-sided range stays one. */
void
qs_range_editor_drag (QsRangeEditor *self,
                      double         value,
                      gboolean       finished)
{
  double before;

  if (self->session == NULL)
    return;
  if (!self->is_dragging)
    self->start = self->range;

  before = qs_dynamic_range_get_abs_max (&self->start);
  if (isfinite (before) && before > 0.0)
    self->range = (QsDynamicRange) { self->start.min * value / before,
                                     self->start.max * value / before };
  else
    self->range = (QsDynamicRange) { -value, value };

  self->is_dragging = !finished;
  self->is_manual = TRUE;
  show_problem (self, NULL);
  show_fields (self);
  if (finished)
    {
      const QsDynamicRange range = self->range;

      commit (self, &range, FALSE);
    }
  else
    qs_session_preview_range (self->session, self->tensor, &self->range, FALSE);
}

static void
qs_range_editor_dispose (GObject *object)
{
  QsRangeEditor *self = QS_RANGE_EDITOR (object);

  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_RANGE_EDITOR);
  g_clear_pointer (&self->tensor, g_free);
  g_clear_pointer (&self->histogram, qs_histogram_free);

  G_OBJECT_CLASS (qs_range_editor_parent_class)->dispose (object);
}

static void
qs_range_editor_class_init (QsRangeEditorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_range_editor_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-range-editor.ui");
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, badge);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, reset_button);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, min_entry);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, max_entry);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, set_button);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, problem);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, numbers);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, effect);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, group_box);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, group_label);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, group_button);
  gtk_widget_class_bind_template_child (widget_class, QsRangeEditor, chips);
  gtk_widget_class_bind_template_callback (widget_class, entry_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, group_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, reset_clicked_cb);
}

static void
qs_range_editor_init (QsRangeEditor *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  entry_changed_cb (self);
}
