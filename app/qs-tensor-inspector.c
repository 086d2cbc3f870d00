/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-tensor-inspector.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-compat.h"
#include "qs-finding-marks.h"
#include "qs-property-list.h"
#include "qs-range-editor.h"
#include "qs-resources.h"
#include "qs-sentences.h"
#include "qs-swatch.h"
#include "widgets/qs-histogram-view.h"

/* Clipping more than this share of the values deserves a sentence. */
#define NOTABLE_CLIPPING 0.001

struct _QsTensorInspector
{
  AdwBin parent_instance;

  QsSession *session;
  char *tensor_name;
  char *selected; /* id of the source whose tail is shaded, kept from tensor to tensor */
  gboolean is_filling;

  GtkLabel *name;
  GtkLabel *details;
  GtkToggleButton *log_button;
  QsHistogramView *histogram;
  GtkLabel *hint;
  QsRangeEditor *range_editor;
  QsFindingMarks *findings;
  GtkWidget *sources_box;
  GtkListBox *sources;
  QsPropertyList *statistics;
  QsPropertyList *memory;
  QsPropertyList *producer;
  QsPropertyList *consumers;
};

G_DEFINE_FINAL_TYPE (QsTensorInspector, qs_tensor_inspector, ADW_TYPE_BIN)

static void
link_activated_cb (QsTensorInspector *self,
                   int                kind,
                   const char        *name)
{
  qs_session_select (self->session, (QsSelectionKind) kind, name);
}

static void
log_toggled_cb (QsTensorInspector *self)
{
  qs_histogram_view_set_logarithmic (self->histogram,
                                     gtk_toggle_button_get_active (self->log_button));
}

static QsHistogram *
get_histogram (QsTensorInspector *self)
{
  return qs_session_get_histogram (self->session, self->tensor_name);
}

/* The source that is looked at: the one chosen here before, else the one the build uses. */
static QsScaleSource *
get_selected_source (QsTensorInspector *self)
{
  GPtrArray *sources = qs_session_get_sources (self->session);
  QsScaleSource *source = qs_session_find_source (self->session, self->selected);

  if (source == NULL)
    source = qs_session_find_source (self->session,
                                     qs_session_get_settings (self->session)->source);
  if (source == NULL && sources->len > 0)
    source = sources->pdata[0];
  return source;
}

/* The range to start from: that of the source which is looked at. */
static double
get_suggestion (QsTensorInspector *self)
{
  QsScaleSource *source = get_selected_source (self);

  return source == NULL ? (double) NAN : qs_scale_source_get_threshold (source, self->tensor_name);
}

static void
add_curve (QsTensorInspector *self,
           QsHistogramPlot   *plot,
           QsHistogram       *histogram)
{
  const QsCalibratorOptions options = QS_CALIBRATOR_OPTIONS_INIT;
  QsScaleSource *source = get_selected_source (self);
  const QsCalibrator *calibrator;
  QsCalibration calibration = { 0 };

  calibrator = source == NULL ? NULL : qs_scale_source_get_calibrator (source);
  if (calibrator == NULL || qs_session_is_busy (self->session))
    return;

  qs_calibrator_compute (calibrator, histogram, &options, TRUE, &calibration);
  if (calibration.curve != NULL)
    qs_histogram_plot_set_curve (plot, _("KL divergence"), calibration.curve,
                                 QS_HISTOGRAM_BINS + 1, calibration.bin);
  qs_calibration_clear (&calibration);
}

static void
show_histogram (QsTensorInspector *self)
{
  QsHistogram *histogram = get_histogram (self);
  GPtrArray *sources = qs_session_get_sources (self->session);
  QsScaleSource *selected = get_selected_source (self);
  const QsDynamicRange *range;
  g_autoptr (QsHistogramPlot) plot = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->histogram), histogram != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->log_button), histogram != NULL);
  if (histogram == NULL)
    return;

  plot = qs_histogram_plot_new_for_histogram (self->tensor_name, histogram);
  for (guint i = 0; i < sources->len; i++)
    {
      QsScaleSource *source = sources->pdata[i];
      double threshold = qs_scale_source_get_threshold (source, self->tensor_name);

      if (isfinite (threshold) && threshold > 0.0)
        qs_histogram_plot_add_marker (plot, qs_scale_source_get_id (source),
                                      qs_scale_source_get_name (source), i, threshold);
    }

  range = qs_session_find_range (self->session, self->tensor_name, NULL);
  if (range != NULL)
    qs_histogram_plot_add_marker (plot, "manual", _("Manual"), sources->len,
                                  qs_dynamic_range_get_abs_max (range));
  add_curve (self, plot, histogram);
  qs_histogram_view_set_plot (self->histogram, plot);
  qs_histogram_view_set_selected (self->histogram, range != NULL     ? "manual"
                                                   : selected == NULL ? NULL
                                                   : qs_scale_source_get_id (selected));
  qs_histogram_view_set_handle (self->histogram,
                                range != NULL ? qs_dynamic_range_get_abs_max (range)
                                              : get_suggestion (self),
                                range != NULL);
}

static void
show_range (QsTensorInspector *self,
            QsTensor          *tensor)
{
  /* What a graph of another program has is only looked at, and copies in another layout have the range
   * of what they copy. */
  QsNetwork *network = qs_session_get_network (self->session);
  gboolean is_editable = qs_session_get_groups (self->session) != NULL && network != NULL &&
                         qs_network_find_tensor (network, tensor->name) != NULL &&
                         qs_tensor_is_scalable (tensor);

  gtk_widget_set_visible (GTK_WIDGET (self->range_editor), is_editable);
  if (is_editable)
    qs_range_editor_show (self->range_editor, self->session, tensor, get_histogram (self),
                          get_suggestion (self));
}

static void
handle_moved_cb (QsTensorInspector *self,
                 double             value,
                 gboolean           finished)
{
  qs_range_editor_drag (self->range_editor, value, finished);
}

/* Says in a sentence what the picture shows when a range cuts off values. */
static void
show_hint (QsTensorInspector *self)
{
  QsHistogram *histogram = get_histogram (self);
  QsScaleSource *source = get_selected_source (self);
  double threshold, largest, clipped;
  g_autofree char *text = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->hint), FALSE);
  if (histogram == NULL || source == NULL)
    return;

  threshold = qs_scale_source_get_threshold (source, self->tensor_name);
  largest = (double) qs_histogram_get_abs_max (histogram);
  clipped = isfinite (threshold) ? qs_histogram_get_clipped (histogram, (float) threshold) : 0.0;
  if (clipped < NOTABLE_CLIPPING || largest <= 0.0)
    return;

  /* Translators: the first %s is the name of a calibrator. */
  text = g_strdup_printf (_("%s cuts off %.1f %% of the values: its range ends at %.0f %% of the "
                            "largest value."),
                          qs_scale_source_get_name (source), clipped * 100.0,
                          threshold / largest * 100.0);
  gtk_label_set_label (self->hint, text);
  gtk_widget_set_visible (GTK_WIDGET (self->hint), TRUE);
}

static void
marker_activated_cb (QsTensorInspector *self,
                     const char        *id)
{
  GPtrArray *sources = qs_session_get_sources (self->session);

  for (guint i = 0; i < sources->len; i++)
    if (g_str_equal (qs_scale_source_get_id (sources->pdata[i]), id))
      gtk_list_box_select_row (self->sources,
                               gtk_list_box_get_row_at_index (self->sources, (int) i));
}

static void
source_selected_cb (QsTensorInspector *self,
                    GtkListBoxRow     *row)
{
  GPtrArray *sources;
  guint index;

  if (self->is_filling || row == NULL)
    return;

  sources = qs_session_get_sources (self->session);
  index = (guint) gtk_list_box_row_get_index (row);
  if (index >= sources->len)
    return;

  g_free (self->selected);
  self->selected = g_strdup (qs_scale_source_get_id (sources->pdata[index]));
  show_histogram (self);
  show_hint (self);
}

static GtkWidget *
dim_label_new (const char *text,
               float       xalign)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "label", text,
                                   "xalign", xalign,
                                   "wrap", TRUE,
                                   NULL);

  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "numeric");
  return label;
}

static GtkWidget *
two_lines_new (const char *title,
               const char *subtitle,
               float       xalign)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "label", title,
                                   "xalign", xalign,
                                   "ellipsize", xalign > 0.5f ? PANGO_ELLIPSIZE_NONE
                                                              : PANGO_ELLIPSIZE_MIDDLE,
                                   NULL);

  gtk_widget_add_css_class (label, "numeric");
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), dim_label_new (subtitle, xalign));
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  return box;
}

/* What the calibrator does, where the rule is only our reading of it, and what comes out.
 * @sqnr: (nullable) */
static void
set_source_tooltip (GtkWidget     *row,
                    QsScaleSource *source,
                    const char    *sqnr)
{
  const QsCalibrator *calibrator = qs_scale_source_get_calibrator (source);
  g_autofree char *rule =
    calibrator == NULL ? NULL : qs_sentence_translate (calibrator->description);
  g_autofree char *text = NULL;

  if (rule == NULL || sqnr == NULL)
    gtk_widget_set_tooltip_text (row, rule != NULL ? rule : sqnr);
  else
    {
      text = g_strdup_printf ("%s\n%s", rule, sqnr);
      gtk_widget_set_tooltip_text (row, text);
    }
}

static GtkWidget *
source_row_new (QsTensorInspector *self,
                QsScaleSource     *source,
                guint              series)
{
  QsHistogram *histogram = get_histogram (self);
  double threshold = qs_scale_source_get_threshold (source, self->tensor_name);
  gboolean is_known = isfinite (threshold);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12), *texts;
  g_autofree char *scale = NULL, *range = NULL, *clipped = NULL, *sqnr = NULL;

  scale = is_known ? g_strdup_printf (_("scale %.4g"), threshold / 127.0)
                   : g_strdup (_("no scale for this tensor"));
  range = is_known ? g_strdup_printf ("± %.4g", threshold) : g_strdup ("–");
  if (is_known && histogram != NULL)
    {
      double share = qs_histogram_get_clipped (histogram, (float) threshold);

      clipped = g_strdup_printf (_("%.2f %% clipped"), share * 100.0);
      /* Translators: signal to quantization noise ratio, in decibels. */
      sqnr = g_strdup_printf (_("SQNR %.1f dB"),
                              qs_histogram_get_sqnr_db (histogram, (float) threshold));
    }

  gtk_widget_add_css_class (box, "qs-property");
  gtk_box_append (GTK_BOX (box), qs_swatch_new (series));
  texts = two_lines_new (qs_scale_source_get_name (source), scale, 0.0f);
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_box_append (GTK_BOX (box), texts);
  gtk_box_append (GTK_BOX (box), two_lines_new (range, clipped != NULL ? clipped : "", 1.0f));
  set_source_tooltip (box, source, sqnr);
  return box;
}

static void
show_sources (QsTensorInspector *self)
{
  GPtrArray *sources = qs_session_get_sources (self->session);
  QsScaleSource *selected = get_selected_source (self);
  gboolean is_known = FALSE;
  GtkWidget *row;

  self->is_filling = TRUE;
  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->sources))) != NULL)
    gtk_list_box_remove (self->sources, row);

  for (guint i = 0; i < sources->len; i++)
    {
      is_known |= isfinite (qs_scale_source_get_threshold (sources->pdata[i], self->tensor_name));
      gtk_list_box_append (self->sources, source_row_new (self, sources->pdata[i], i));
      if (sources->pdata[i] == selected)
        gtk_list_box_select_row (self->sources,
                                 gtk_list_box_get_row_at_index (self->sources, (int) i));
    }

  gtk_widget_set_visible (self->sources_box, is_known);
  self->is_filling = FALSE;
}

static void
show_statistics (QsTensorInspector *self)
{
  QsHistogram *histogram = get_histogram (self);
  guint64 n;

  qs_property_list_clear (self->statistics);
  if (histogram == NULL)
    return;

  n = qs_histogram_get_n (histogram);
  qs_property_list_add_format (self->statistics, _("Values"), "%'" G_GUINT64_FORMAT, n);
  qs_property_list_add_format (self->statistics, _("Minimum"), "%.5g",
                               (double) qs_histogram_get_min (histogram));
  qs_property_list_add_format (self->statistics, _("Maximum"), "%.5g",
                               (double) qs_histogram_get_max (histogram));
  qs_property_list_add_format (self->statistics, _("Mean"), "%.5g",
                               qs_histogram_get_mean (histogram));
  qs_property_list_add_format (self->statistics, _("Standard deviation"), "%.5g",
                               sqrt (qs_histogram_get_variance (histogram)));
  if (n > 0)
    qs_property_list_add_format (self->statistics, _("Zeros"), _("%.2f %%"),
                                 100.0 * (double) qs_histogram_get_n_zeros (histogram) /
                                   (double) n);
  qs_property_list_add_format (self->statistics, _("Range doublings"), "%u",
                               qs_histogram_get_n_doublings (histogram));
}

static void
show_memory (QsTensorInspector *self,
             QsTensor          *tensor)
{
  QsEngine *engine = qs_session_get_engine (self->session);
  QsNetwork *built = engine == NULL ? NULL : qs_engine_get_network (engine);
  const QsAllocation *allocation;
  g_autofree char *size = NULL;

  qs_property_list_clear (self->memory);
  if (built == NULL)
    return;
  if (qs_network_find_tensor (built, tensor->name) != tensor)
    {
      qs_property_list_add_text (self->memory, _("Fused away"),
                                 _("This tensor lies inside a fused layer and is never stored."));
      return;
    }

  qs_property_list_add (self->memory, _("Format"), qs_format_name (tensor->format));
  allocation = qs_engine_get_allocation (engine, tensor->id);
  if (allocation == NULL)
    return;

  size = g_format_size (allocation->size);
  qs_property_list_add (self->memory, _("Size"), size);
  /* Translators: bytes. */
  qs_property_list_add_format (self->memory, _("Offset"), _("%'lu B"),
                               (unsigned long) allocation->offset);
  /* Translators: the first and last step of a run in which a tensor is in use. */
  qs_property_list_add_format (self->memory, _("Alive"), _("steps %u to %u"), allocation->first,
                               allocation->last);
  if (allocation->row > 0)
    qs_property_list_add_text (self->memory, _("Part of a tensor"),
                               _("It lies in rows of a wider tensor, which its layers write and read "
                                 "where they are."));
  else if (allocation->shared)
    qs_property_list_add_text (self->memory, _("Shared"),
                               _("Other tensors lie in the same memory: nothing was copied between "
                                 "them, or one was computed in place of the other."));
}

static void
show_ends (QsTensorInspector *self,
           QsTensor          *tensor)
{
  qs_property_list_clear (self->producer);
  qs_property_list_clear (self->consumers);
  if (tensor->producer != NULL)
    qs_property_list_add_link (self->producer, QS_SELECTION_LAYER, tensor->producer->name,
                               tensor->producer->klass->name);
  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      QsLayer *layer = tensor->consumers->pdata[i];

      qs_property_list_add_link (self->consumers, QS_SELECTION_LAYER, layer->name,
                                 layer->klass->name);
    }
}

void
qs_tensor_inspector_show (QsTensorInspector *self,
                          QsSession         *session,
                          QsTensor          *tensor)
{
  g_autofree char *shape = qs_shape_to_string (&tensor->shape);
  g_autofree char *details = g_strdup_printf ("%s %s", qs_data_type_name (tensor->type), shape);

  self->session = session;
  g_free (self->tensor_name);
  self->tensor_name = g_strdup (tensor->name);

  gtk_label_set_label (self->name, tensor->name);
  gtk_label_set_label (self->details, details);
  show_sources (self);
  show_histogram (self);
  show_hint (self);
  show_range (self, tensor);
  qs_finding_marks_show (self->findings, qs_session_get_findings (session), tensor->name);
  show_statistics (self);
  show_memory (self, tensor);
  show_ends (self, tensor);
}

static void
qs_tensor_inspector_dispose (GObject *object)
{
  QsTensorInspector *self = QS_TENSOR_INSPECTOR (object);

  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_TENSOR_INSPECTOR);
  g_clear_pointer (&self->tensor_name, g_free);
  g_clear_pointer (&self->selected, g_free);

  G_OBJECT_CLASS (qs_tensor_inspector_parent_class)->dispose (object);
}

static void
qs_tensor_inspector_class_init (QsTensorInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_tensor_inspector_dispose;

  g_type_ensure (QS_TYPE_FINDING_MARKS);
  g_type_ensure (QS_TYPE_PROPERTY_LIST);
  g_type_ensure (QS_TYPE_RANGE_EDITOR);
  g_type_ensure (QS_TYPE_HISTOGRAM_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-tensor-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, name);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, details);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, log_button);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, histogram);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, hint);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, range_editor);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, findings);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, sources_box);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, sources);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, statistics);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, memory);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, producer);
  gtk_widget_class_bind_template_child (widget_class, QsTensorInspector, consumers);
  gtk_widget_class_bind_template_callback (widget_class, link_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, log_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, marker_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, handle_moved_cb);
  gtk_widget_class_bind_template_callback (widget_class, source_selected_cb);
}

static void
qs_tensor_inspector_init (QsTensorInspector *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  qs_property_list_set_title (self->statistics, _("Statistics"));
  qs_property_list_set_title (self->memory, _("In the Engine"));
  qs_property_list_set_title (self->producer, _("Written By"));
  qs_property_list_set_title (self->consumers, _("Read By"));
}
