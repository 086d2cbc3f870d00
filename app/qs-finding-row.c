/* SPDX-License-Identifier: MIT */
#include "qs-finding-row.h"

#include "qs-row-tooltip.h"

struct _QsFindingRow
{
  AdwBin parent_instance;

  GtkImage *icon;
  GtkLabel *title;
  GtkLabel *kind;
  GtkLabel *message;
};

G_DEFINE_FINAL_TYPE (QsFindingRow, qs_finding_row, ADW_TYPE_BIN)

static GtkLabel *
add_label (GtkBox     *box,
           const char *css_class,
           gboolean    is_dim)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0f, NULL);

  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  if (is_dim)
    gtk_widget_add_css_class (label, "dim-label");
  gtk_box_append (box, label);
  return GTK_LABEL (label);
}

static void
qs_finding_row_class_init (QsFindingRowClass *klass)
{
}

static void
qs_finding_row_init (QsFindingRow *self)
{
  GtkBox *row = GTK_BOX (gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9));
  GtkBox *texts = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 0));

  self->icon = GTK_IMAGE (gtk_image_new ());
  gtk_widget_set_valign (GTK_WIDGET (self->icon), GTK_ALIGN_START);
  gtk_widget_add_css_class (GTK_WIDGET (self->icon), "qs-severity");
  gtk_box_append (row, GTK_WIDGET (self->icon));

  self->title = add_label (texts, NULL, FALSE);
  gtk_label_set_ellipsize (self->title, PANGO_ELLIPSIZE_MIDDLE);
  self->kind = add_label (texts, "caption-heading", FALSE);
  gtk_label_set_ellipsize (self->kind, PANGO_ELLIPSIZE_END);
  self->message = add_label (texts, "caption", TRUE);
  gtk_label_set_wrap (self->message, TRUE);
  gtk_label_set_wrap_mode (self->message, PANGO_WRAP_WORD_CHAR);
  gtk_widget_set_hexpand (GTK_WIDGET (texts), TRUE);
  gtk_box_append (row, GTK_WIDGET (texts));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (row));
}

GtkWidget *
qs_finding_row_new (void)
{
  return g_object_new (QS_TYPE_FINDING_ROW, NULL);
}

void
qs_finding_row_bind (QsFindingRow  *self,
                     QsFindingItem *item,
                     gboolean       show_tensor)
{
  QsFindingKind kind = qs_finding_item_get_kind (item);
  const char *tensor = qs_finding_item_get_tensor (item);

  gtk_image_set_from_icon_name (self->icon, qs_finding_kind_get_icon (kind));
  qs_row_tooltip_set (GTK_WIDGET (self->icon), qs_finding_kind_get_severity (kind));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  qs_finding_kind_get_severity (kind), -1);
  gtk_label_set_label (self->title, tensor);
  gtk_widget_set_visible (GTK_WIDGET (self->title), show_tensor);
  gtk_label_set_label (self->kind, qs_finding_kind_get_title (kind));
  gtk_label_set_label (self->message, qs_finding_item_get_message (item));
  /* In a list a finding is short; all of it is in the tooltip and in the inspector. */
  gtk_label_set_lines (self->message, show_tensor ? 3 : -1);
  gtk_label_set_ellipsize (self->message, show_tensor ? PANGO_ELLIPSIZE_END
                                                      : PANGO_ELLIPSIZE_NONE);
  qs_row_tooltip_set (GTK_WIDGET (self),
                      show_tensor ? qs_finding_item_get_message (item) : NULL);
}
