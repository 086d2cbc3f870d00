/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-journal-row.h"

#include "qs-journal-item.h"
#include "qs-sentences.h"

#define NUMBER_CHARS 5

static GtkWidget *
make_inscription (float       xalign,
                  const char *style)
{
  GtkWidget *inscription = gtk_inscription_new (NULL);

  gtk_inscription_set_xalign (GTK_INSCRIPTION (inscription), xalign);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (inscription), NUMBER_CHARS);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (inscription), NUMBER_CHARS);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (inscription),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  if (style != NULL)
    gtk_widget_add_css_class (inscription, style);
  return inscription;
}

static void
step_setup_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *list_item)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *number = make_inscription (1.0f, "numeric");
  GtkWidget *layer = make_inscription (0.0f, "caption");

  gtk_widget_add_css_class (number, "dim-label");
  gtk_widget_add_css_class (layer, "dim-label");
  gtk_widget_set_hexpand (words, TRUE);
  gtk_box_append (GTK_BOX (words), make_inscription (0.0f, NULL));
  gtk_box_append (GTK_BOX (words), layer);
  gtk_box_append (GTK_BOX (row), number);
  gtk_box_append (GTK_BOX (row), words);
  gtk_list_item_set_child (list_item, row);
}

/* What is there now, or what went. */
static const char *
get_layer_name (const QsJournalEntry *entry)
{
  if (entry->result != NULL)
    return entry->result;

  return entry->layers != NULL && entry->layers[0] != NULL ? entry->layers[0] : "";
}

static void
step_bind_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item)
{
  QsJournalItem *item = gtk_list_item_get_item (list_item);
  GtkWidget *number = gtk_widget_get_first_child (gtk_list_item_get_child (list_item));
  GtkWidget *rule = gtk_widget_get_first_child (gtk_widget_get_next_sibling (number));
  GtkWidget *layer = gtk_widget_get_next_sibling (rule);
  g_autofree char *text = g_strdup_printf ("%d", qs_journal_item_get_step (item) + 1);

  gtk_inscription_set_text (GTK_INSCRIPTION (number), text);
  gtk_inscription_set_text (GTK_INSCRIPTION (rule), qs_journal_item_get_title (item));
  gtk_inscription_set_text (GTK_INSCRIPTION (layer),
                            get_layer_name (qs_journal_item_get_entry (item)));
}

static GtkWidget *
make_sentence (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  return label;
}

static void
refusal_setup_cb (GtkSignalListItemFactory *factory,
                  GtkListItem              *list_item)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *remedy = make_sentence ();

  gtk_widget_add_css_class (remedy, "caption");
  gtk_widget_add_css_class (remedy, "dim-label");
  gtk_box_append (GTK_BOX (row), make_sentence ());
  gtk_box_append (GTK_BOX (row), remedy);
  gtk_list_item_set_child (list_item, row);
}

static void
refusal_bind_cb (GtkSignalListItemFactory *factory,
                 GtkListItem              *list_item)
{
  const QsJournalEntry *entry = qs_journal_item_get_entry (gtk_list_item_get_item (list_item));
  GtkWidget *reason = gtk_widget_get_first_child (gtk_list_item_get_child (list_item));
  GtkWidget *remedy = gtk_widget_get_next_sibling (reason);
  g_autofree char *why = qs_sentence_translate (entry->reason);
  g_autofree char *help = entry->remedy == NULL ? NULL : qs_sentence_translate (entry->remedy);

  gtk_label_set_label (GTK_LABEL (reason), why);
  gtk_label_set_label (GTK_LABEL (remedy), help != NULL ? help : get_layer_name (entry));
}

static GtkListItemFactory *
make_factory (void (*setup) (GtkSignalListItemFactory *, GtkListItem *),
              void (*bind) (GtkSignalListItemFactory *, GtkListItem *))
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind), NULL);
  return factory;
}

GtkListItemFactory *
qs_journal_step_factory_new (void)
{
  return make_factory (step_setup_cb, step_bind_cb);
}

GtkListItemFactory *
qs_journal_refusal_factory_new (void)
{
  return make_factory (refusal_setup_cb, refusal_bind_cb);
}
