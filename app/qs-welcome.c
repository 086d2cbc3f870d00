/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-welcome.h"

#include "qs-compat.h"
#include "qs-resources.h"

#define MAX_RECENT 5

struct _QsWelcome
{
  AdwBin parent_instance;

  GtkWidget *recent_group;
  GtkListBox *recent;
};

enum
{
  SIGNAL_FILE_ACTIVATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsWelcome, qs_welcome, ADW_TYPE_BIN)

static void
row_activated_cb (QsWelcome     *self,
                  GtkListBoxRow *row)
{
  GFile *file = g_object_get_data (G_OBJECT (row), "file");

  if (file != NULL)
    g_signal_emit (self, signals[SIGNAL_FILE_ACTIVATED], 0, file);
}

static GtkWidget *
recent_row_new (GtkRecentInfo *info)
{
  g_autofree char *place = gtk_recent_info_get_uri_display (info);
  g_autofree char *folder = place == NULL ? NULL : g_path_get_dirname (place);
  GtkWidget *row = g_object_new (ADW_TYPE_ACTION_ROW,
                                 "use-markup", FALSE,
                                 "title", gtk_recent_info_get_display_name (info),
                                 "subtitle", folder,
                                 "subtitle-lines", 1,
                                 "activatable", TRUE,
                                 NULL);

  adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                             gtk_image_new_from_icon_name ("go-next-symbolic"));
  g_object_set_data_full (G_OBJECT (row), "file",
                          g_file_new_for_uri (gtk_recent_info_get_uri (info)), g_object_unref);
  return row;
}

static void
update_recent (QsWelcome *self)
{
  GList *items = gtk_recent_manager_get_items (gtk_recent_manager_get_default ());
  guint n = 0;
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->recent))) != NULL)
    gtk_list_box_remove (self->recent, row);

  for (GList *l = items; l != NULL && n < MAX_RECENT; l = l->next)
    {
      if (!gtk_recent_info_has_application (l->data, g_get_application_name ()) ||
          !gtk_recent_info_exists (l->data))
        continue;

      gtk_list_box_append (self->recent, recent_row_new (l->data));
      n++;
    }

  gtk_widget_set_visible (self->recent_group, n > 0);
  g_list_free_full (items, (GDestroyNotify) gtk_recent_info_unref);
}

/* Tells the desktop that @file was opened. */
void
qs_welcome_add_recent (GFile *file)
{
  g_autofree char *uri = g_file_get_uri (file);

  gtk_recent_manager_add_item (gtk_recent_manager_get_default (), uri);
}

static void
qs_welcome_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_WELCOME);
  G_OBJECT_CLASS (qs_welcome_parent_class)->dispose (object);
}

static void
qs_welcome_class_init (QsWelcomeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_welcome_dispose;

  signals[SIGNAL_FILE_ACTIVATED] =
    g_signal_new ("file-activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                  NULL, G_TYPE_NONE, 1, G_TYPE_FILE);

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-welcome.ui");
  gtk_widget_class_bind_template_child (widget_class, QsWelcome, recent_group);
  gtk_widget_class_bind_template_child (widget_class, QsWelcome, recent);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
qs_welcome_init (QsWelcome *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (gtk_recent_manager_get_default (), "changed",
                           G_CALLBACK (update_recent), self, G_CONNECT_SWAPPED);
  update_recent (self);
}
