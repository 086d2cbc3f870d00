/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-property-list.h"

#include <glib/gi18n.h>

#include "qs-resources.h"

/* Fewer rows are not worth a row that brings them. */
#define MIN_FOLDED 3

struct _QsPropertyList
{
  GtkBox parent_instance;

  GtkLabel *title;
  GtkListBox *rows;
  GtkSizeGroup *numbers; /* beside bars */
  GtkWidget *unfold_row; /* (nullable): the last one, which brings the hidden ones */
};

enum
{
  SIGNAL_LINK_ACTIVATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];
static GQuark link_name_quark;
static GQuark link_kind_quark;

G_DEFINE_FINAL_TYPE (QsPropertyList, qs_property_list, GTK_TYPE_BOX)

static void
unfold (QsPropertyList *self)
{
  GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->rows));

  gtk_list_box_remove (self->rows, self->unfold_row);
  self->unfold_row = NULL;
  for (; row != NULL; row = gtk_widget_get_next_sibling (row))
    gtk_widget_set_visible (row, TRUE);
}

static void
row_activated_cb (QsPropertyList *self,
                  GtkListBoxRow  *row)
{
  const char *name = g_object_get_qdata (G_OBJECT (row), link_name_quark);

  if (GTK_WIDGET (row) == self->unfold_row)
    unfold (self);
  else if (name != NULL)
    g_signal_emit (self, signals[SIGNAL_LINK_ACTIVATED], 0,
                   GPOINTER_TO_INT (g_object_get_qdata (G_OBJECT (row), link_kind_quark)), name);
}

static GtkWidget *
row_new (GtkWidget *child,
         gboolean   is_activatable)
{
  GtkWidget *row = gtk_list_box_row_new ();

  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), child);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), is_activatable);
  gtk_widget_set_focusable (row, is_activatable);
  return row;
}

static GtkWidget *
label_new (const char *text,
           const char *css_class)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "label", text,
                                   "xalign", 0.0f,
                                   "wrap", TRUE,
                                   "wrap-mode", PANGO_WRAP_WORD_CHAR,
                                   NULL);

  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static GtkWidget *
row_box_new (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  gtk_widget_add_css_class (box, "qs-property");
  return box;
}

static GtkWidget *
texts_new (const char *title,
           const char *subtitle)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  gtk_widget_set_hexpand (box, TRUE);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), label_new (title, NULL));
  if (subtitle != NULL && *subtitle != '\0')
    {
      GtkWidget *label = label_new (subtitle, "caption");

      gtk_widget_add_css_class (label, "dim-label");
      gtk_box_append (GTK_BOX (box), label);
    }

  return box;
}

void
qs_property_list_add_row (QsPropertyList *self,
                          GtkWidget      *row)
{
  gtk_list_box_append (self->rows, row);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
}

void
qs_property_list_clear (QsPropertyList *self)
{
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->rows))) != NULL)
    gtk_list_box_remove (self->rows, row);
  self->unfold_row = NULL;
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

void
qs_property_list_set_title (QsPropertyList *self,
                            const char     *title)
{
  gtk_label_set_label (self->title, title);
  gtk_widget_set_visible (GTK_WIDGET (self->title), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->rows),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  -1);
}

void
qs_property_list_add (QsPropertyList *self,
                      const char     *label,
                      const char     *value)
{
  GtkWidget *box, *key, *text;

  if (value == NULL)
    return;

  box = row_box_new ();
  key = label_new (label, "dim-label");
  text = label_new (value, "numeric");
  gtk_label_set_wrap (GTK_LABEL (key), FALSE);
  gtk_widget_set_valign (key, GTK_ALIGN_BASELINE);
  gtk_widget_set_valign (text, GTK_ALIGN_BASELINE);
  gtk_label_set_xalign (GTK_LABEL (text), 1.0f);
  gtk_label_set_justify (GTK_LABEL (text), GTK_JUSTIFY_RIGHT);
  gtk_label_set_selectable (GTK_LABEL (text), TRUE);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_accessible_update_relation (GTK_ACCESSIBLE (text),
                                  GTK_ACCESSIBLE_RELATION_LABELLED_BY, key, NULL,
                                  -1);
  gtk_box_append (GTK_BOX (box), key);
  gtk_box_append (GTK_BOX (box), text);
  qs_property_list_add_row (self, row_new (box, FALSE));
}

void
qs_property_list_add_format (QsPropertyList *self,
                             const char     *label,
                             const char     *format,
                             ...)
{
  g_autofree char *value = NULL;
  va_list args;

  va_start (args, format);
  value = g_strdup_vprintf (format, args);
  va_end (args);
  qs_property_list_add (self, label, value);
}

char *
qs_property_list_format_ms (double ms)
{
  /* Translators: milliseconds. */
  return g_strdup_printf (ms < 0.1 ? _("%.4f ms") : _("%.3f ms"), ms);
}

void
qs_property_list_add_ms (QsPropertyList *self,
                         const char     *label,
                         double          ms)
{
  g_autofree char *value = ms < 0.0 ? NULL : qs_property_list_format_ms (ms);

  qs_property_list_add (self, label, value);
}

void
qs_property_list_add_link (QsPropertyList  *self,
                           QsSelectionKind  kind,
                           const char      *name,
                           const char      *caption)
{
  GtkWidget *box = row_box_new (), *row;
  GtkWidget *icon = gtk_image_new_from_icon_name ("go-next-symbolic");

  gtk_box_append (GTK_BOX (box), texts_new (name, caption));
  gtk_widget_add_css_class (icon, "dim-label");
  gtk_box_append (GTK_BOX (box), icon);
  row = row_new (box, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  -1);
  g_object_set_qdata_full (G_OBJECT (row), link_name_quark, g_strdup (name), g_free);
  g_object_set_qdata (G_OBJECT (row), link_kind_quark, GINT_TO_POINTER (kind));
  qs_property_list_add_row (self, row);
}

void
qs_property_list_add_text (QsPropertyList *self,
                           const char     *title,
                           const char     *subtitle)
{
  GtkWidget *box = row_box_new ();

  gtk_box_append (GTK_BOX (box), texts_new (title, subtitle));
  qs_property_list_add_row (self, row_new (box, FALSE));
}

void
qs_property_list_add_bar (QsPropertyList *self,
                          const char     *title,
                          const char     *subtitle,
                          const char     *value,
                          double          fraction,
                          const char     *chosen_as)
{
  GtkWidget *box = row_box_new ();
  GtkWidget *texts = texts_new (title, subtitle);
  GtkWidget *bar = gtk_level_bar_new_for_interval (0.0, 1.0);
  GtkWidget *number = label_new (value, "numeric");
  GtkWidget *icon;

  gtk_widget_set_visible (bar, fraction >= 0.0);
  gtk_level_bar_set_value (GTK_LEVEL_BAR (bar), CLAMP (fraction, 0.0, 1.0));
  gtk_widget_add_css_class (bar, chosen_as != NULL ? "qs-chosen" : "qs-rejected");
  if (chosen_as != NULL)
    gtk_widget_add_css_class (bar, chosen_as);
  gtk_widget_set_margin_top (bar, 4);
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  -1);
  gtk_box_append (GTK_BOX (texts), bar);
  gtk_box_append (GTK_BOX (box), texts);
  gtk_label_set_wrap (GTK_LABEL (number), FALSE);
  gtk_label_set_xalign (GTK_LABEL (number), 1.0f);
  gtk_size_group_add_widget (self->numbers, number);
  gtk_box_append (GTK_BOX (box), number);
  /* The place of the mark is kept in the other rows, and numbers are as wide as the widest, so that
   * bars of one list compare. */
  icon = gtk_image_new_from_icon_name ("emblem-ok-symbolic");
  if (chosen_as != NULL)
    gtk_widget_set_tooltip_text (icon, _("Chosen"));
  else
    {
      gtk_widget_set_opacity (icon, 0.0);
      gtk_accessible_update_state (GTK_ACCESSIBLE (icon), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
    }
  gtk_box_append (GTK_BOX (box), icon);
  qs_property_list_add_row (self, row_new (box, FALSE));
}

void
qs_property_list_fold (QsPropertyList *self,
                       guint           n)
{
  guint n_rows = 0, n_hidden;
  g_autofree char *text = NULL;
  GtkWidget *row, *box, *label;

  for (row = gtk_widget_get_first_child (GTK_WIDGET (self->rows)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    n_rows++;
  if (self->unfold_row != NULL || n_rows < n + MIN_FOLDED)
    return;

  for (n_hidden = n_rows - n; n_hidden > 0; n_hidden--)
    gtk_widget_set_visible (GTK_WIDGET (gtk_list_box_get_row_at_index (self->rows,
                                                                       (int) (n_rows - n_hidden))),
                            FALSE);
  n_hidden = n_rows - n;
  text = g_strdup_printf (ngettext ("Show %u More", "Show %u More", n_hidden), n_hidden);
  box = row_box_new ();
  label = label_new (text, NULL);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0.5f);
  gtk_box_append (GTK_BOX (box), label);
  self->unfold_row = row_new (box, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->unfold_row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, text,
                                  -1);
  qs_property_list_add_row (self, self->unfold_row);
}

static void
qs_property_list_dispose (GObject *object)
{
  g_clear_object (&QS_PROPERTY_LIST (object)->numbers);
  gtk_widget_dispose_template (GTK_WIDGET (object), QS_TYPE_PROPERTY_LIST);
  G_OBJECT_CLASS (qs_property_list_parent_class)->dispose (object);
}

static void
qs_property_list_class_init (QsPropertyListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_property_list_dispose;

  signals[SIGNAL_LINK_ACTIVATED] =
    g_signal_new ("link-activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                  NULL, G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_STRING);
  link_name_quark = g_quark_from_static_string ("qs-link-name");
  link_kind_quark = g_quark_from_static_string ("qs-link-kind");

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-property-list.ui");
  gtk_widget_class_bind_template_child (widget_class, QsPropertyList, title);
  gtk_widget_class_bind_template_child (widget_class, QsPropertyList, rows);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
qs_property_list_init (QsPropertyList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
}

GtkWidget *
qs_property_list_new (const char *title)
{
  QsPropertyList *self = g_object_new (QS_TYPE_PROPERTY_LIST, NULL);

  qs_property_list_set_title (self, title);
  return GTK_WIDGET (self);
}
