/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

/* What other files belong to. */
static gboolean
comes_first (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  QsFileKind kind = qs_file_kind_guess (name, nothing);

  return kind == QS_FILE_MODEL || kind == QS_FILE_GRAPH;
}

/* The whole window takes files: models first, since sample sets and caches need one. */
static int
compare_kinds (gconstpointer a,
               gconstpointer b)
{
  return (int) comes_first (G_FILE (b)) - (int) comes_first (G_FILE (a));
}

static gboolean
drop_cb (QsWindow     *self,
         const GValue *value)
{
  GdkFileList *list = g_value_get_boxed (value);
  g_autoptr (GSList) files = NULL;

  if (list == NULL || qs_session_is_busy (self->session))
    return FALSE;

  files = g_slist_sort (gdk_file_list_get_files (list), compare_kinds);
  for (GSList *l = files; l != NULL; l = l->next)
    qs_window_open (self, l->data, QS_PURPOSE_ASK, NULL);
  return files != NULL;
}

void
qs_window_init_dnd (QsWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect_object (target, "drop", G_CALLBACK (drop_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (self->drop_frame, GTK_EVENT_CONTROLLER (target));
}
