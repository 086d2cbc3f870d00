/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-weight-card.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-channel-table.h"
#include "qs-compat.h"
#include "qs-property-list.h"
#include "qs-resources.h"
#include "widgets/qs-channel-chart.h"

struct _QsWeightCard
{
  AdwBin parent_instance;

  QsWeightStore *store;
  char *layer;
  char *origin; /* (nullable): an ONNX node of the layer */

  GtkLabel *obstacle;
  GtkWidget *channels;
  QsChannelChart *chart;
  QsPropertyList *figures;
  QsChannelTable *table;
};

G_DEFINE_FINAL_TYPE (QsWeightCard, qs_weight_card, ADW_TYPE_BIN)

static const QsWeightReport *
find_report (QsWeightCard *self)
{
  const QsWeightReport *report = NULL;

  if (self->store == NULL || self->layer == NULL)
    return NULL;

  report = qs_weight_store_lookup (self->store, self->layer);
  return report == NULL && self->origin != NULL
    ? qs_weight_store_lookup (self->store, self->origin) : report;
}

static void
show_figures (QsWeightCard         *self,
              const QsWeightReport *report)
{
  QsPropertyList *list = self->figures;

  qs_property_list_clear (list);
  qs_property_list_add_format (list, _("Channels"), "%" G_GINT64_FORMAT, report->n_channels);
  /* Translators: largest channel divided by the smallest. */
  qs_property_list_add_format (list, _("Largest over smallest"), _("%.2f ×"), report->ratio);
  if (!isnan (report->sqnr_db))
    /* Translators: signal to quantization noise ratio, in decibels. */
    qs_property_list_add_format (list, _("SQNR"), _("%.1f dB"), report->sqnr_db);
  if (report->n_dead > 0)
    qs_property_list_add_format (list, _("Dead channels"), "%" G_GINT64_FORMAT, report->n_dead);
  /* Translators: weights that lie exactly between two integers, of all weights. */
  qs_property_list_add_format (list, _("Exact ties"),
                               "%" G_GINT64_FORMAT " / %" G_GINT64_FORMAT, report->n_ties,
                               report->n_weights);
  qs_property_list_add_format (list, _("GPU and DLA differ"), "%" G_GINT64_FORMAT,
                               report->n_differing);
}

static void
update (QsWeightCard *self)
{
  const QsWeightReport *report = find_report (self);

  gtk_widget_set_visible (GTK_WIDGET (self), report != NULL);
  if (report == NULL)
    return;

  gtk_label_set_label (self->obstacle, report->obstacle != NULL ? report->obstacle : "");
  gtk_widget_set_visible (GTK_WIDGET (self->obstacle), report->obstacle != NULL);
  gtk_widget_set_visible (self->channels, report->n_channels > 0);
  qs_channel_chart_set_channels (self->chart, report->channels, report->n_channels);
  qs_channel_table_set_channels (self->table, report->channels, report->n_channels);
  show_figures (self, report);
}

static gboolean
has_weights (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_CONVOLUTION ||
         layer->klass->kind == QS_LAYER_DECONVOLUTION ||
         layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY;
}

static const char *
get_origin (const QsLayer *layer)
{
  for (guint i = 0; i < layer->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      if (origin->name != NULL)
        return origin->name;
    }

  return NULL;
}

void
qs_weight_card_show (QsWeightCard  *self,
                     QsWeightStore *store,
                     const QsLayer *layer)
{
  if (store != self->store)
    {
      if (self->store != NULL)
        g_signal_handlers_disconnect_by_func (self->store, update, self);
      g_set_object (&self->store, store);
      g_signal_connect_object (store, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
    }

  g_free (self->layer);
  g_free (self->origin);
  self->layer = has_weights (layer) ? g_strdup (layer->name) : NULL;
  self->origin = g_strdup (get_origin (layer));
  update (self);
}

/* A channel that is chosen in the table is marked in the chart, and the other way round. */
static void
bind_channels (QsWeightCard *self)
{
  g_object_bind_property (self->chart, "current", self->table, "current",
                          G_BINDING_BIDIRECTIONAL);
}

static void
qs_weight_card_dispose (GObject *object)
{
  QsWeightCard *self = QS_WEIGHT_CARD (object);

  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_WEIGHT_CARD);
  g_clear_object (&self->store);
  g_clear_pointer (&self->layer, g_free);
  g_clear_pointer (&self->origin, g_free);

  G_OBJECT_CLASS (qs_weight_card_parent_class)->dispose (object);
}

static void
qs_weight_card_class_init (QsWeightCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_weight_card_dispose;

  g_type_ensure (QS_TYPE_CHANNEL_CHART);
  g_type_ensure (QS_TYPE_CHANNEL_TABLE);
  g_type_ensure (QS_TYPE_PROPERTY_LIST);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-weight-card.ui");
  gtk_widget_class_bind_template_child (widget_class, QsWeightCard, obstacle);
  gtk_widget_class_bind_template_child (widget_class, QsWeightCard, channels);
  gtk_widget_class_bind_template_child (widget_class, QsWeightCard, chart);
  gtk_widget_class_bind_template_child (widget_class, QsWeightCard, figures);
  gtk_widget_class_bind_template_child (widget_class, QsWeightCard, table);
}

static void
qs_weight_card_init (QsWeightCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  bind_channels (self);
}
