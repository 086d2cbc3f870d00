/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "qs-compat.h"

#define ENDING ".quantoscope"

static void
close_now (QsWindow *self)
{
  self->close_is_decided = TRUE;
  gtk_window_close (GTK_WINDOW (self));
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  GFile *file;
  gboolean close = self->close_when_saved;

  self->close_when_saved = FALSE;
  if (!qs_session_save_finish (self->session, result, &error))
    {
      qs_window_show_error (self, _("The document could not be saved"), error);
      return;
    }

  file = qs_session_get_document (self->session);
  qs_welcome_add_recent (file);
  if (close)
    close_now (self);
  else
    {
      g_autofree char *name = g_file_get_basename (file);
      /* Translators: the name of a file. */
      g_autofree char *text = g_strdup_printf (_("Saved “%s”"), name);

      qs_window_toast (self, text);
    }
}

static void
save_to (QsWindow *self,
         GFile    *file)
{
  if (qs_session_can_save (self->session))
    qs_session_save_async (self->session, file, saved_cb, g_object_ref (self));
}

static void
save_as_cb (GFile    *file,
            gpointer  user_data)
{
  save_to (user_data, file);
}

static void
save_as (QsWindow *self)
{
  g_autofree char *title = qs_session_dup_title (self->session);
  char *dot = title != NULL ? strrchr (title, '.') : NULL;
  g_autofree char *name = NULL;

  if (dot != NULL)
    *dot = '\0';
  name = g_strconcat (title != NULL ? title : "model", ENDING, NULL);
  qs_file_save (GTK_WINDOW (self), _("Save Document"), name, save_as_cb, self);
}

/**
 * qs_window_save:
 * @as: whether to ask where to
 */
void
qs_window_save (QsWindow *self,
                gboolean  as)
{
  GFile *file = qs_session_get_document (self->session);

  if (file == NULL || as)
    save_as (self);
  else
    save_to (self, file);
}

static void
answered_cb (QsWindow   *self,
             const char *response)
{
  if (g_str_equal (response, "discard"))
    close_now (self);
  else if (g_str_equal (response, "save"))
    {
      self->close_when_saved = TRUE;
      qs_window_save (self, FALSE);
    }
}

/**
 * qs_window_ask_to_save:
 *
 * Whether the window has to stay open until somebody said what is to become of unsaved changes. Only
 * changes to a document are asked about: what was only looked at can be made again.
 */
gboolean
qs_window_ask_to_save (QsWindow *self)
{
  gboolean is_worth = qs_session_get_document (self->session) != NULL ||
                      qs_session_can_undo (self->session, -1);
  g_autofree char *title = qs_session_dup_title (self->session);
  g_autofree char *body = NULL;
  GtkWidget *dialog;

  if (!is_worth || !qs_session_is_modified (self->session))
    return FALSE;

  /* Translators: the name of a file. */
  body = g_strdup_printf (_("Ranges and builds of “%s” that are not saved are lost."), title);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Save Changes?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "discard",
                                    _("_Discard"), "save", _("_Save"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "discard",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "save",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "save");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (answered_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return TRUE;
}
