/* SPDX-License-Identifier: MIT */
#include "qs-layer-row.h"

#include "qs-compat.h"
#include "qs-resources.h"
#include "qs-row-tooltip.h"

struct _QsLayerRow
{
  AdwBin parent_instance;

  GtkLabel *name;
  GtkLabel *kind;
  GtkWidget *badge;
};

G_DEFINE_FINAL_TYPE (QsLayerRow, qs_layer_row, ADW_TYPE_BIN)

static void
qs_layer_row_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_LAYER_ROW);
  G_OBJECT_CLASS (qs_layer_row_parent_class)->dispose (object);
}

static void
qs_layer_row_class_init (QsLayerRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_layer_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-layer-row.ui");
  gtk_widget_class_bind_template_child (widget_class, QsLayerRow, name);
  gtk_widget_class_bind_template_child (widget_class, QsLayerRow, kind);
  gtk_widget_class_bind_template_child (widget_class, QsLayerRow, badge);
}

static void
qs_layer_row_init (QsLayerRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
qs_layer_row_new (void)
{
  return g_object_new (QS_TYPE_LAYER_ROW, NULL);
}

void
qs_layer_row_bind (QsLayerRow  *self,
                   QsLayerItem *item)
{
  QsLayer *layer = qs_layer_item_get_layer (item);

  gtk_label_set_label (self->name, layer->name);
  gtk_label_set_label (self->kind, layer->klass->name);
  qs_row_tooltip_set (GTK_WIDGET (self), layer->name);
  qs_precision_badge_set (self->badge, qs_layer_item_has_precision (item), layer->precision);
}

GtkWidget *
qs_precision_badge_new (void)
{
  GtkWidget *badge = gtk_label_new (NULL);

  gtk_widget_add_css_class (badge, "qs-badge");
  gtk_widget_set_valign (badge, GTK_ALIGN_CENTER);
  return badge;
}

static const char *const css_classes[] = {
  [QS_PRECISION_FP32] = "float",
  [QS_PRECISION_FP16] = "half",
  [QS_PRECISION_INT8] = "int8",
};

const char *
qs_precision_get_css_class (QsPrecision precision)
{
  return css_classes[precision];
}

void
qs_precision_badge_set (GtkWidget   *badge,
                        gboolean     has_precision,
                        QsPrecision  precision)
{
  gtk_widget_set_visible (badge, has_precision);
  gtk_label_set_label (GTK_LABEL (badge), qs_precision_name (precision));
  for (gsize i = 0; i < G_N_ELEMENTS (css_classes); i++)
    gtk_widget_remove_css_class (badge, css_classes[i]);
  gtk_widget_add_css_class (badge, qs_precision_get_css_class (precision));
}
