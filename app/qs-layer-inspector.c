/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-layer-inspector.h"

#include <glib/gi18n.h>

#include "builder/qs-alignment.h"
#include "qs-compat.h"
#include "qs-layer-row.h"
#include "qs-property-list.h"
#include "qs-resources.h"
#include "qs-sentences.h"
#include "qs-why-list.h"
#include "qs-weight-card.h"

/* As many fit beside a graph. */
#define N_TACTICS 8

struct _QsLayerInspector
{
  AdwBin parent_instance;

  QsSession *session;

  GtkLabel *kind;
  GtkWidget *badge;
  GtkLabel *name;
  QsPropertyList *why;
  QsPropertyList *blocked;
  QsPropertyList *properties;
  QsPropertyList *inside;
  QsWeightCard *weights;
  QsPropertyList *inputs;
  QsPropertyList *outputs;
  QsPropertyList *tactics;
};

G_DEFINE_FINAL_TYPE (QsLayerInspector, qs_layer_inspector, ADW_TYPE_BIN)

static void
link_activated_cb (QsLayerInspector *self,
                   int               kind,
                   const char       *name)
{
  qs_session_select (self->session, (QsSelectionKind) kind, name);
}

static void
show_header (QsLayerInspector *self,
             QsLayer          *layer)
{
  gboolean has_precision = qs_session_is_built (self->session) &&
                           layer->klass->kind != QS_LAYER_REFORMAT;

  gtk_label_set_label (self->kind, layer->klass->name);
  gtk_label_set_label (self->name, layer->name);
  qs_precision_badge_set (self->badge, has_precision, layer->precision);
}

static void
add_sentence (QsPropertyList *list,
              const char     *english,
              const char     *rule)
{
  g_autofree char *text = qs_sentence_translate (english);

  qs_property_list_add_text (list, text, rule == NULL ? NULL : qs_sentence_get_rule (rule));
}

/* What the journal says was done to a layer, and its warnings; what was blocked has a list. */
static void
add_journal_entries (QsLayerInspector *self,
                     QsJournal        *journal,
                     const char       *name,
                     GHashTable       *seen)
{
  g_autoptr (GPtrArray) entries = qs_journal_find (journal, name);

  for (guint i = 0; i < entries->len; i++)
    {
      const QsJournalEntry *entry = entries->pdata[i];

      if (entry->kind == QS_JOURNAL_DECISION || entry->kind == QS_JOURNAL_REFUSAL ||
          !g_hash_table_add (seen, (gpointer) entry->reason))
        continue;

      add_sentence (self->why, entry->reason, entry->rule);
    }
}

/* Of a layer in the sketch of a model that cannot be built. */
static const char *
find_refusal (QsSession     *session,
              const QsLayer *layer)
{
  QsImport *import = qs_session_get_import (session);
  guint n = import == NULL ? 0 : qs_import_get_n_verdicts (import);

  for (guint i = 0; layer->klass->kind == QS_LAYER_REFUSED && i < n; i++)
    {
      const QsNodeVerdict *verdict = qs_import_get_verdict (import, i);

      if (verdict->layers->len > 0 &&
          g_strcmp0 (g_ptr_array_index (verdict->layers, 0), layer->name) == 0)
        return verdict->reason;
    }

  return NULL;
}

static void
show_why (QsLayerInspector *self,
          QsLayer          *layer)
{
  const char *refusal = find_refusal (self->session, layer);
  const QsEngineLayer *built = qs_session_get_engine_layer (self->session, layer);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  QsJournal *journal;

  qs_property_list_clear (self->why);
  if (refusal != NULL)
    {
      qs_property_list_set_title (self->why, _("Why Refused?"));
      add_sentence (self->why, refusal, NULL);
    }
  qs_why_list_fill (self->blocked, self->session, layer, seen);
  if (built == NULL)
    return;

  /* Translators: headings above the reason for a layer's precision, or for its being there. */
  if (layer->klass->kind == QS_LAYER_REFORMAT)
    qs_property_list_set_title (self->why, _("Why a Reformat?"));
  else
    qs_property_list_set_title (self->why, layer->precision == QS_PRECISION_INT8   ? _("Why INT8?")
                                           : layer->precision == QS_PRECISION_FP16 ? _("Why FP16?")
                                                                                   : _("Why Float?"));
  if (built->reason != NULL && *built->reason != '\0')
    {
      g_hash_table_add (seen, built->reason);
      add_sentence (self->why, built->reason, NULL);
    }

  journal = qs_engine_get_journal (qs_session_get_engine (self->session));
  add_journal_entries (self, journal, layer->name, seen);
  for (guint i = 0; i < layer->origins->len; i++)
    {
      QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      if (origin->name != NULL)
        add_journal_entries (self, journal, origin->name, seen);
    }
}

static char *
field_ints (gconstpointer  value,
            const QsField *field)
{
  const QsInts *ints = value;
  GString *text;

  if (ints->n == 0)
    return NULL;

  text = g_string_new (NULL);
  for (int i = 0; i < MIN (ints->n, QS_MAX_INTS); i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", ints->v[i]);
  return g_string_free (text, FALSE);
}

static char *
field_int (gconstpointer  value,
           const QsField *field)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, *(const gint64 *) value);
}

static char *
field_float (gconstpointer  value,
             const QsField *field)
{
  return g_strdup_printf ("%g", (double) *(const float *) value);
}

static char *
field_flag (gconstpointer  value,
            const QsField *field)
{
  return g_strdup (*(const gboolean *) value ? _("Yes") : _("No"));
}

static char *
field_enum (gconstpointer  value,
            const QsField *field)
{
  int index = *(const int *) value;
  guint n = field->names == NULL ? 0 : g_strv_length ((char **) field->names);

  return index >= 0 && (guint) index < n ? g_strdup (field->names[index]) : NULL;
}

static char *(*const field_formats[]) (gconstpointer  value,
                                       const QsField *field) = {
  [QS_FIELD_INT] = field_int,
  [QS_FIELD_FLOAT] = field_float,
  [QS_FIELD_INTS] = field_ints,
  [QS_FIELD_FLAG] = field_flag,
  [QS_FIELD_ENUM] = field_enum,
};

static void
add_attributes (QsLayerInspector *self,
                QsLayer          *layer)
{
  const QsField *field = layer->klass->fields;

  if (layer->attributes == NULL)
    return;

  for (; field != NULL && field->name != NULL; field++)
    {
      gconstpointer place = (const char *) layer->attributes + field->offset;
      g_autofree char *value = field_formats[field->type](place, field);

      qs_property_list_add (self->properties, field->name, value);
    }
}

/* What tensor cores would make of the layer's channels. */
static void
add_alignment (QsLayerInspector *self,
               QsLayer          *layer)
{
  QsAlignment alignment;
  g_autofree char *value = NULL;

  if (!qs_session_is_built (self->session) || !qs_layer_get_alignment (layer, &alignment) ||
      alignment.padded_inputs + alignment.padded_outputs == 0)
    return;

  /* Translators: zeros that fill the channels of a layer up to a multiple of 8 or 16. */
  value = g_strdup_printf (_("%d input and %d output channels"), (int) alignment.padded_inputs,
                           (int) alignment.padded_outputs);
  qs_property_list_add (self->properties, _("Zeros for Tensor Cores"), value);
}

/* What TensorRT wrote about one of its layers, in its words. */
static void
add_foreign_properties (QsLayerInspector *self,
                        QsLayer          *layer)
{
  QsTrexGraph *graph = qs_session_get_graph (self->session);
  const QsTrexLayer *foreign = graph == NULL ? NULL : qs_trex_graph_find (graph, layer);

  if (foreign == NULL)
    return;

  qs_property_list_add_ms (self->properties, _("Time"), qs_session_get_time (self->session, layer));
  for (guint i = 0; i < foreign->properties->len; i++)
    {
      const QsTrexProperty *property = g_ptr_array_index (foreign->properties, i);

      qs_property_list_add (self->properties, property->name, property->value);
    }
}

static void
show_properties (QsLayerInspector *self,
                 QsLayer          *layer)
{
  const QsEngineLayer *built = qs_session_get_engine_layer (self->session, layer);

  qs_property_list_clear (self->properties);
  if (built != NULL)
    {
      double measured = qs_session_get_time (self->session, layer);
      double ms = measured >= 0.0 ? measured : built->ms;

      qs_property_list_add (self->properties, _("Kernel"), built->kernel);
      qs_property_list_add_ms (self->properties, _("Time"), ms);
    }
  if (layer->activation.type != QS_ACTIVATION_NONE)
    qs_property_list_add (self->properties, _("Activation"),
                          qs_activation_name (layer->activation.type));
  add_attributes (self, layer);
  add_alignment (self, layer);
  add_foreign_properties (self, layer);
}

static void
show_inside (QsLayerInspector *self,
             QsLayer          *layer)
{
  guint n = layer->origins->len;
  g_autofree char *title = NULL;

  qs_property_list_clear (self->inside);
  title = g_strdup_printf (ngettext ("Inside: %u ONNX Node", "Inside: %u ONNX Nodes", n), n);
  qs_property_list_set_title (self->inside, title);
  for (guint i = 0; i < n; i++)
    {
      QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      qs_property_list_add_text (self->inside, origin->op_type, origin->name);
    }
}

static void
add_tensor (QsPropertyList *list,
            QsSession      *session,
            QsTensor       *tensor)
{
  gboolean is_manual = qs_session_find_range (session, tensor->name, NULL) != NULL;
  g_autofree char *shape = qs_shape_to_string (&tensor->shape);
  g_autofree char *caption = NULL;

  if (tensor->scale > 0.0f && is_manual)
    /* Translators: data type, dimensions and quantization scale, set by hand, of a tensor. */
    caption = g_strdup_printf (_("%s %s · manual scale %.4g"), qs_data_type_name (tensor->type), shape,
                               (double) tensor->scale);
  else if (tensor->scale > 0.0f)
    /* Translators: data type, dimensions and quantization scale of a tensor. */
    caption = g_strdup_printf (_("%s %s · scale %.4g"), qs_data_type_name (tensor->type), shape,
                               (double) tensor->scale);
  else
    caption = g_strdup_printf ("%s %s", qs_data_type_name (tensor->type), shape);

  if (qs_tensor_is_constant (tensor))
    qs_property_list_add_text (list, tensor->name, caption);
  else
    qs_property_list_add_link (list, QS_SELECTION_TENSOR, tensor->name, caption);
}

static void
show_tensors (QsPropertyList *list,
              QsSession      *session,
              const char     *title,
              GPtrArray      *tensors)
{
  qs_property_list_clear (list);
  qs_property_list_set_title (list, title);
  for (guint i = 0; i < tensors->len; i++)
    if (tensors->pdata[i] != NULL)
      add_tensor (list, session, tensors->pdata[i]);
}

static double
tactic_total (const QsTactic *tactic)
{
  return tactic->ms < 0.0 ? -1.0 : tactic->ms + MAX (tactic->reformat_ms, 0.0);
}

/* The one that was chosen, then the fastest, at last those that were not timed */
static int
compare_tactics (gconstpointer a,
                 gconstpointer b)
{
  const QsTactic *first = *(const QsTactic *const *) a, *second = *(const QsTactic *const *) b;
  double x = tactic_total (first), y = tactic_total (second);

  if (first->chosen != second->chosen)
    return first->chosen ? -1 : 1;
  if ((x < 0.0) != (y < 0.0))
    return x < 0.0 ? 1 : -1;
  return x < y ? -1 : x > y;
}

/* (transfer full): what tells a tactic from others with the same kernel, and why it was not taken */
static char *
describe_tactic (const QsTactic *tactic,
                 gboolean        with_precision,
                 gboolean        with_layout)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  if (with_precision)
    g_ptr_array_add (parts, g_strdup (qs_precision_name (tactic->precision)));
  if (with_layout)
    g_ptr_array_add (parts, g_strdup (qs_format_name (tactic->format)));
  if (tactic->reason != NULL && *tactic->reason != '\0')
    g_ptr_array_add (parts, qs_sentence_translate (tactic->reason));
  else if (tactic->reformat_ms > 0.0)
    {
      g_autofree char *ms = qs_property_list_format_ms (tactic->reformat_ms);

      /* Translators: milliseconds, with their unit, that changing the memory layout or type takes. */
      g_ptr_array_add (parts, g_strdup_printf (_("Includes %s of reformats."), ms));
    }

  g_ptr_array_add (parts, NULL);
  return g_strjoinv (" · ", (char **) parts->pdata);
}

static void
add_tactic (QsLayerInspector *self,
            const QsTactic   *tactic,
            const char       *caption,
            double            slowest)
{
  double total = tactic_total (tactic);
  g_autofree char *value = total < 0.0 ? g_strdup ("–") : qs_property_list_format_ms (total);

  qs_property_list_add_bar (self->tactics, tactic->kernel, caption, value,
                            total < 0.0 || slowest <= 0.0 ? -1.0 : total / slowest,
                            tactic->chosen ? qs_precision_get_css_class (tactic->precision) : NULL);
}

static void
show_tactics (QsLayerInspector *self,
              QsLayer          *layer)
{
  const QsEngineLayer *built = qs_session_get_engine_layer (self->session, layer);
  gboolean precisions_differ = FALSE, layouts_differ = FALSE;
  double slowest = 0.0;
  g_autoptr (GPtrArray) tactics = NULL;

  qs_property_list_clear (self->tactics);
  if (built == NULL || built->tactics == NULL)
    return;

  for (guint i = 0; i < built->tactics->len; i++)
    {
      const QsTactic *first = built->tactics->pdata[0], *tactic = built->tactics->pdata[i];

      slowest = MAX (slowest, tactic_total (tactic));
      precisions_differ |= tactic->precision != first->precision;
      layouts_differ |= tactic->format != first->format;
    }

  tactics = g_ptr_array_new ();
  g_ptr_array_extend (tactics, built->tactics, NULL, NULL);
  g_ptr_array_sort (tactics, compare_tactics);
  for (guint i = 0; i < tactics->len; i++)
    {
      const QsTactic *tactic = tactics->pdata[i];
      g_autofree char *caption = describe_tactic (tactic, precisions_differ, layouts_differ);

      add_tactic (self, tactic, caption, slowest);
    }
  qs_property_list_fold (self->tactics, N_TACTICS);
}

void
qs_layer_inspector_show (QsLayerInspector *self,
                         QsSession        *session,
                         QsLayer          *layer)
{
  self->session = session;
  show_header (self, layer);
  show_why (self, layer);
  show_properties (self, layer);
  show_inside (self, layer);
  qs_weight_card_show (self->weights, qs_session_get_weights (session), layer);
  show_tensors (self->inputs, self->session, _("Inputs"), layer->inputs);
  show_tensors (self->outputs, self->session, _("Outputs"), layer->outputs);
  show_tactics (self, layer);
}

static void
qs_layer_inspector_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_LAYER_INSPECTOR);
  G_OBJECT_CLASS (qs_layer_inspector_parent_class)->dispose (object);
}

static void
qs_layer_inspector_class_init (QsLayerInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_layer_inspector_dispose;

  g_type_ensure (QS_TYPE_PROPERTY_LIST);
  g_type_ensure (QS_TYPE_WEIGHT_CARD);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-layer-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, kind);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, badge);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, name);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, why);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, blocked);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, properties);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, inside);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, weights);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, inputs);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, outputs);
  gtk_widget_class_bind_template_child (widget_class, QsLayerInspector, tactics);
  gtk_widget_class_bind_template_callback (widget_class, link_activated_cb);
}

static void
qs_layer_inspector_init (QsLayerInspector *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  qs_property_list_set_title (self->properties, _("Properties"));
  qs_property_list_set_title (self->tactics, _("Tactics"));
}
