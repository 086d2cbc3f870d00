/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-finding-marks.h"

#include <glib/gi18n.h>

#include "qs-finding-row.h"

struct _QsFindingMarks
{
  AdwBin parent_instance;

  QsFindingStore *store;
  char *tensor;
  GtkListBox *rows;
};

G_DEFINE_FINAL_TYPE (QsFindingMarks, qs_finding_marks, ADW_TYPE_BIN)

static void
add_row (QsFindingMarks *self,
         QsFindingItem  *item)
{
  GtkWidget *row = gtk_list_box_row_new (), *finding = qs_finding_row_new ();

  qs_finding_row_bind (QS_FINDING_ROW (finding), item, FALSE);
  gtk_widget_add_css_class (finding, "qs-property");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), finding);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_list_box_append (self->rows, row);
}

static void
update (QsFindingMarks *self)
{
  GPtrArray *items = self->store == NULL || self->tensor == NULL
    ? NULL : qs_finding_store_lookup (self->store, self->tensor);
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->rows))) != NULL)
    gtk_list_box_remove (self->rows, row);
  for (guint i = 0; items != NULL && i < items->len; i++)
    add_row (self, items->pdata[i]);
  gtk_widget_set_visible (GTK_WIDGET (self), items != NULL);
}

void
qs_finding_marks_show (QsFindingMarks *self,
                       QsFindingStore *store,
                       const char     *tensor)
{
  if (store != self->store)
    {
      if (self->store != NULL)
        g_signal_handlers_disconnect_by_func (self->store, update, self);
      g_set_object (&self->store, store);
      g_signal_connect_object (store, "items-changed", G_CALLBACK (update), self,
                               G_CONNECT_SWAPPED);
    }

  g_free (self->tensor);
  self->tensor = g_strdup (tensor);
  update (self);
}

static void
qs_finding_marks_dispose (GObject *object)
{
  QsFindingMarks *self = QS_FINDING_MARKS (object);

  g_clear_object (&self->store);
  g_clear_pointer (&self->tensor, g_free);

  G_OBJECT_CLASS (qs_finding_marks_parent_class)->dispose (object);
}

static void
qs_finding_marks_class_init (QsFindingMarksClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = qs_finding_marks_dispose;
}

static void
qs_finding_marks_init (QsFindingMarks *self)
{
  self->rows = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_list_box_set_selection_mode (self->rows, GTK_SELECTION_NONE);
  gtk_widget_add_css_class (GTK_WIDGET (self->rows), "boxed-list");
  gtk_widget_add_css_class (GTK_WIDGET (self->rows), "qs-properties");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->rows), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Findings"), -1);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->rows));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}
