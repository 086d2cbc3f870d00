/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-dimensions-dialog.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-resources.h"

struct _QsDimensionsDialog
{
  AdwWindow parent_instance;

  GPtrArray *dimensions;
  GPtrArray *buttons; /* (element-type GtkSpinButton): three for each dimension */
  gboolean is_filling;
  gboolean is_done;

  GtkGrid *grid;
  GtkDropDown *preset_drop_down;
};

typedef struct
{
  const char *title;
  QsDimensionUse use;
  gint64 at[QS_PROFILE_N_SELECTORS];
} Preset;

/* Sizes that models of these kinds are used with; a range only where such models take one. */
static const Preset presets[] = {
  { N_("Images 224 × 224"), QS_DIMENSION_IMAGE, { 224, 224, 224 } },
  { N_("Images 512 × 512"), QS_DIMENSION_IMAGE, { 512, 512, 512 } },
  { N_("Images 640 × 640"), QS_DIMENSION_IMAGE, { 640, 640, 640 } },
  { N_("Images of 320 to 1280"), QS_DIMENSION_IMAGE, { 320, 640, 1280 } },
  { N_("128 tokens"), QS_DIMENSION_LENGTH, { 128, 128, 128 } },
  { N_("384 tokens"), QS_DIMENSION_LENGTH, { 384, 384, 384 } },
  { N_("1 to 512 tokens"), QS_DIMENSION_LENGTH, { 1, 128, 512 } },
};

enum
{
  SIGNAL_ACCEPTED,
  SIGNAL_CANCELLED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsDimensionsDialog, qs_dimensions_dialog, ADW_TYPE_WINDOW)

static GtkSpinButton *
get_button (QsDimensionsDialog *self,
            guint               dimension,
            int                 selector)
{
  return g_ptr_array_index (self->buttons, dimension * QS_PROFILE_N_SELECTORS + (guint) selector);
}

/* The dimensions' sizes into the buttons. */
static void
fill (QsDimensionsDialog *self)
{
  self->is_filling = TRUE;
  for (guint i = 0; i < self->dimensions->len; i++)
    for (int k = 0; k < QS_PROFILE_N_SELECTORS; k++)
      gtk_spin_button_set_value (get_button (self, i, k),
                                 (double) ((QsDimension *) self->dimensions->pdata[i])->at[k]);
  self->is_filling = FALSE;
}

/* The others give way, so that the optimal size always lies between the smallest and the largest. */
static void
push_others (QsDimension *dimension,
             int          changed)
{
  for (int k = changed - 1; k >= 0; k--)
    dimension->at[k] = MIN (dimension->at[k], dimension->at[k + 1]);
  for (int k = changed + 1; k < QS_PROFILE_N_SELECTORS; k++)
    dimension->at[k] = MAX (dimension->at[k], dimension->at[k - 1]);
}

static void
value_changed_cb (QsDimensionsDialog *self,
                  GtkSpinButton      *button)
{
  guint index = 0;
  QsDimension *dimension;
  int selector;

  if (self->is_filling || !g_ptr_array_find (self->buttons, button, &index))
    return;

  dimension = self->dimensions->pdata[index / QS_PROFILE_N_SELECTORS];
  selector = (int) (index % QS_PROFILE_N_SELECTORS);
  dimension->at[selector] = gtk_spin_button_get_value_as_int (button);
  push_others (dimension, selector);
  fill (self);
}

static void
add_button (QsDimensionsDialog *self,
            const QsDimension  *dimension,
            int                 selector,
            int                 row)
{
  static const char *const labels[QS_PROFILE_N_SELECTORS] = {
    /* Translators: the name of a model's dimension, for screen readers. */
    [QS_PROFILE_MIN] = N_("Smallest %s"),
    [QS_PROFILE_OPT] = N_("Optimal %s"),
    [QS_PROFILE_MAX] = N_("Largest %s"),
  };
  GtkWidget *button = gtk_spin_button_new_with_range (1, QS_MAX_DIM, 1);
  g_autofree char *name = g_utf8_make_valid (dimension->name, -1);
  g_autofree char *label = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  label = g_strdup_printf (_(labels[selector]), name);
#pragma GCC diagnostic pop
  gtk_spin_button_set_numeric (GTK_SPIN_BUTTON (button), TRUE);
  gtk_editable_set_width_chars (GTK_EDITABLE (button), 5);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (button), 5);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_grid_attach (self->grid, button, selector + 1, row, 1, 1);
  g_ptr_array_add (self->buttons, button);
  g_signal_connect_object (button, "value-changed", G_CALLBACK (value_changed_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
add_row (QsDimensionsDialog *self,
         guint               index)
{
  const QsDimension *dimension = self->dimensions->pdata[index];
  g_autofree char *name = g_utf8_make_valid (dimension->name, -1);
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "label", name,
                                   "xalign", 0.0f,
                                   "hexpand", TRUE,
                                   "ellipsize", PANGO_ELLIPSIZE_MIDDLE,
                                   "tooltip-text", name,
                                   NULL);

  gtk_grid_attach (self->grid, label, 0, (int) index + 1, 1, 1);
  for (int k = 0; k < QS_PROFILE_N_SELECTORS; k++)
    add_button (self, dimension, k, (int) index + 1);
}

static void
preset_chosen_cb (QsDimensionsDialog *self)
{
  guint chosen = gtk_drop_down_get_selected (self->preset_drop_down);

  /* The first row stands for the sizes as they are. */
  if (self->is_filling || chosen == 0 || chosen > G_N_ELEMENTS (presets))
    return;

  for (guint i = 0; i < self->dimensions->len; i++)
    {
      QsDimension *dimension = self->dimensions->pdata[i];

      for (int k = 0; dimension->use == presets[chosen - 1].use && k < QS_PROFILE_N_SELECTORS; k++)
        dimension->at[k] = presets[chosen - 1].at[k];
    }
  fill (self);
}

static void
fill_presets (QsDimensionsDialog *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  gtk_string_list_append (names, _("Usual Sizes…"));
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    gtk_string_list_append (names, _(presets[i].title));

  self->is_filling = TRUE;
  gtk_drop_down_set_model (self->preset_drop_down, G_LIST_MODEL (names));
  self->is_filling = FALSE;
}

static void
finish (QsDimensionsDialog *self,
        guint               signal)
{
  if (self->is_done)
    return;

  self->is_done = TRUE;
  g_signal_emit (self, signals[signal], 0);
  gtk_window_destroy (GTK_WINDOW (self));
}

static void
accept_cb (QsDimensionsDialog *self)
{
  for (guint i = 0; i < self->buttons->len; i++)
    gtk_spin_button_update (g_ptr_array_index (self->buttons, i));
  finish (self, SIGNAL_ACCEPTED);
}

static void
cancel_cb (QsDimensionsDialog *self)
{
  finish (self, SIGNAL_CANCELLED);
}

static gboolean
qs_dimensions_dialog_close_request (GtkWindow *window)
{
  cancel_cb (QS_DIMENSIONS_DIALOG (window));
  return TRUE;
}

static void
qs_dimensions_dialog_dispose (GObject *object)
{
  QsDimensionsDialog *self = QS_DIMENSIONS_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), QS_TYPE_DIMENSIONS_DIALOG);
  g_clear_pointer (&self->dimensions, g_ptr_array_unref);
  g_clear_pointer (&self->buttons, g_ptr_array_unref);

  G_OBJECT_CLASS (qs_dimensions_dialog_parent_class)->dispose (object);
}

static void
qs_dimensions_dialog_class_init (QsDimensionsDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_dimensions_dialog_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = qs_dimensions_dialog_close_request;

  signals[SIGNAL_ACCEPTED] = g_signal_new ("accepted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_CANCELLED] = g_signal_new ("cancelled", G_TYPE_FROM_CLASS (klass),
                                            G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               QS_RESOURCES "/qs-dimensions-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, QsDimensionsDialog, grid);
  gtk_widget_class_bind_template_child (widget_class, QsDimensionsDialog, preset_drop_down);
  gtk_widget_class_bind_template_callback (widget_class, accept_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, preset_chosen_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
qs_dimensions_dialog_init (QsDimensionsDialog *self)
{
  self->is_filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  qs_name_buttons (GTK_WIDGET (self));
  self->is_filling = FALSE;
  self->buttons = g_ptr_array_new ();
  fill_presets (self);
}

/**
 * qs_dimensions_dialog_new:
 * @dimensions: (element-type QsDimension): copied
 */
QsDimensionsDialog *
qs_dimensions_dialog_new (GtkWindow *parent,
                          GPtrArray *dimensions)
{
  QsDimensionsDialog *self = g_object_new (QS_TYPE_DIMENSIONS_DIALOG,
                                           "transient-for", parent,
                                           NULL);

  self->dimensions = qs_dimensions_copy (dimensions);
  for (guint i = 0; i < dimensions->len; i++)
    add_row (self, i);
  fill (self);
  return self;
}

GPtrArray *
qs_dimensions_dialog_get_dimensions (QsDimensionsDialog *self)
{
  return self->dimensions;
}
