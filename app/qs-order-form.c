/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-order-form.h"

#include <glib/gi18n.h>

#define MAX_BATCH 4096
#define MAX_BATCHES 8
#define MAX_SHUFFLES 64

struct _QsOrderForm
{
  AdwBin parent_instance;

  GtkSpinButton *shuffles;
  GtkSpinButton *seed;
  GtkEntry *batches;
};

G_DEFINE_FINAL_TYPE (QsOrderForm, qs_order_form, ADW_TYPE_BIN)

static void
qs_order_form_class_init (QsOrderFormClass *klass)
{
}

static GtkWidget *
make_spin (double minimum,
           double maximum,
           double value)
{
  GtkWidget *spin = gtk_spin_button_new_with_range (minimum, maximum, 1);

  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), value);
  return spin;
}

static void
add_row (GtkListBox *list,
         const char *title,
         const char *subtitle,
         GtkWidget  *widget)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle != NULL)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), widget);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), widget);
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  -1);
  gtk_list_box_append (list, row);
}

/* One column of fields: a spin button is as wide as its largest number otherwise. */
static void
same_width (QsOrderForm *self)
{
  g_autoptr (GtkSizeGroup) fields = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);

  gtk_size_group_add_widget (fields, GTK_WIDGET (self->shuffles));
  gtk_size_group_add_widget (fields, GTK_WIDGET (self->seed));
  gtk_size_group_add_widget (fields, GTK_WIDGET (self->batches));
}

static void
qs_order_form_init (QsOrderForm *self)
{
  GtkListBox *list = GTK_LIST_BOX (gtk_list_box_new ());

  gtk_list_box_set_selection_mode (list, GTK_SELECTION_NONE);
  gtk_widget_add_css_class (GTK_WIDGET (list), "boxed-list");
  self->shuffles = GTK_SPIN_BUTTON (make_spin (0, MAX_SHUFFLES, 4));
  self->seed = GTK_SPIN_BUTTON (make_spin (0, G_MAXUINT32, 1));
  self->batches = GTK_ENTRY (gtk_entry_new ());
  gtk_editable_set_width_chars (GTK_EDITABLE (self->batches), 10);
  same_width (self);

  /* Translators: how often the samples are put into another order. */
  add_row (list, _("Shuffles"), _("For each batch size"), GTK_WIDGET (self->shuffles));
  add_row (list, _("Seed"), NULL, GTK_WIDGET (self->seed));
  add_row (list, _("Batch Sizes"), _("With commas between them"), GTK_WIDGET (self->batches));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (list));
}

GtkWidget *
qs_order_form_new (gint64 batch)
{
  QsOrderForm *self = g_object_new (QS_TYPE_ORDER_FORM, NULL);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT, batch,
                                           MAX (batch / 4, 1));

  gtk_editable_set_text (GTK_EDITABLE (self->batches), text);
  return GTK_WIDGET (self);
}

guint
qs_order_form_get_n_shuffles (QsOrderForm *self)
{
  return (guint) gtk_spin_button_get_value_as_int (self->shuffles);
}

guint64
qs_order_form_get_seed (QsOrderForm *self)
{
  return (guint64) gtk_spin_button_get_value (self->seed);
}

GArray *
qs_order_form_get_batches (QsOrderForm *self)
{
  GArray *batches = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_auto (GStrv) words = g_strsplit (gtk_editable_get_text (GTK_EDITABLE (self->batches)), ",", -1);

  for (guint i = 0; words[i] != NULL && batches->len < MAX_BATCHES; i++)
    {
      gint64 batch;

      if (g_ascii_string_to_signed (g_strstrip (words[i]), 10, 1, MAX_BATCH, &batch, NULL))
        g_array_append_val (batches, batch);
    }

  return batches;
}
