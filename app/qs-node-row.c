/* SPDX-License-Identifier: MIT */
#include "qs-node-row.h"

#include "qs-row-tooltip.h"

struct _QsNodeRow
{
  AdwBin parent_instance;

  GtkWidget *icon;
  GtkLabel *name;
  GtkLabel *verdict;
  GtkLabel *detail;
};

G_DEFINE_FINAL_TYPE (QsNodeRow, qs_node_row, ADW_TYPE_BIN)

static GtkLabel *
add_label (GtkBox             *box,
           PangoEllipsizeMode  ellipsize,
           const char         *css_class)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "xalign", 0.0f,
                                   "ellipsize", ellipsize,
                                   NULL);

  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  gtk_box_append (box, label);
  return GTK_LABEL (label);
}

static void
qs_node_row_class_init (QsNodeRowClass *klass)
{
}

static void
qs_node_row_init (QsNodeRow *self)
{
  GtkBox *row = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9));
  GtkBox *texts = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));

  self->icon = gtk_image_new_from_icon_name ("dialog-error-symbolic");
  gtk_widget_set_valign (self->icon, GTK_ALIGN_START);
  gtk_widget_set_margin_top (self->icon, 2);
  gtk_widget_add_css_class (self->icon, "error");
  gtk_box_append (row, self->icon);

  self->name = add_label (texts, PANGO_ELLIPSIZE_MIDDLE, NULL);
  self->verdict = add_label (texts, PANGO_ELLIPSIZE_END, "caption");
  self->detail = add_label (texts, PANGO_ELLIPSIZE_END, "caption");
  gtk_widget_add_css_class (GTK_WIDGET (self->detail), "dim-label");
  gtk_label_set_wrap (self->detail, TRUE);
  gtk_label_set_wrap_mode (self->detail, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (self->detail, 3);
  gtk_widget_set_hexpand (GTK_WIDGET (texts), TRUE);
  gtk_box_append (row, GTK_WIDGET (texts));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (row));
}

GtkWidget *
qs_node_row_new (void)
{
  return g_object_new (QS_TYPE_NODE_ROW, NULL);
}

void
qs_node_row_bind (QsNodeRow  *self,
                  QsNodeItem *item)
{
  g_autofree char *verdict = qs_node_item_describe (item);
  g_autofree char *detail = qs_node_item_explain (item);

  gtk_label_set_label (self->name, qs_node_item_get_name (item));
  gtk_label_set_label (self->verdict, verdict);
  gtk_label_set_label (self->detail, detail != NULL ? detail : "");
  gtk_widget_set_visible (GTK_WIDGET (self->detail), detail != NULL);
  gtk_widget_set_visible (self->icon, qs_node_item_get_fate (item) >= QS_VERDICT_REFUSED);
  /* All of what the row has no room for. */
  qs_row_tooltip_set (GTK_WIDGET (self),
                      detail != NULL ? detail : qs_node_item_get_name (item));
}
