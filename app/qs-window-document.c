/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "qs-compat.h"

#define ENDING ".quantoscope"

/* Saving */

typedef struct
{
  QsWindow *window;
  GFile *file; /* (nullable): not chosen yet */
  QsSavedFunc func; /* (nullable) */
  gpointer user_data;
} QsSaveRequest;

/* Nothing is told of a request that was handed on. */
static void
save_request_end (QsSaveRequest *request,
                  gboolean       is_saved)
{
  if (request->func != NULL)
    request->func (is_saved, request->user_data);
  g_object_unref (request->window);
  g_clear_object (&request->file);
  g_free (request);
}

static void
saved_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  QsSaveRequest *request = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_saved = qs_session_save_finish (QS_SESSION (object), result, &error);

  if (is_saved)
    qs_welcome_add_recent (request->file);
  qs_window_report_saved (request->window, request->file, error);
  save_request_end (request, is_saved);
}

static void
save_to (QsSaveRequest *request,
         GFile         *file)
{
  request->file = g_object_ref (file);
  if (qs_session_can_save (request->window->session))
    qs_session_save_async (request->window->session, file, saved_cb, request);
  else
    save_request_end (request, FALSE);
}

static void
file_chosen_cb (GFile    *file,
                gpointer  user_data)
{
  if (file != NULL)
    save_to (user_data, file);
  else
    save_request_end (user_data, FALSE);
}

static void
save (QsWindow    *self,
      gboolean     as,
      QsSavedFunc  func,
      gpointer     user_data)
{
  QsSaveRequest *request = g_new0 (QsSaveRequest, 1);
  GFile *file = qs_session_get_document (self->session);
  g_autofree char *name = NULL;

  request->window = g_object_ref (self);
  request->func = func;
  request->user_data = user_data;
  if (file != NULL && !as)
    {
      save_to (request, file);
      return;
    }

  name = qs_window_suggest_name (self, ENDING);
  qs_file_save_ask (GTK_WINDOW (self), _("Save Document"), name, file_chosen_cb, request);
}

void
qs_window_save (QsWindow *self,
                gboolean  as)
{
  save (self, as, NULL, NULL);
}

/* What is not saved */

/* A deed that waits until nothing is lost by it. */
typedef struct
{
  QsWindow *window;
  QsLoss losses; /* still to be asked about */
  QsDeedFunc func;
  gpointer user_data;
} QsDeed;

/* Changes count, and so does a document that is open: what was only looked at can be made again. */
static gboolean
is_document_unsaved (QsSession *session)
{
  return qs_session_is_modified (session) &&
         (qs_session_get_document (session) != NULL || qs_session_can_undo (session, -1) ||
          qs_session_can_undo_edit (session) || qs_session_is_refitted (session));
}

static gboolean
is_cache_unsaved (QsSession *session)
{
  QsCacheEditor *cache = qs_session_get_cache (session);

  return cache != NULL && qs_cache_editor_is_modified (cache);
}

static gboolean
is_refit_unsaved (QsSession *session)
{
  return qs_session_is_modified (session) && qs_session_is_refitted (session);
}

static char *
describe_document (QsSession *session)
{
  g_autofree char *name = qs_session_dup_title (session);

  /* Translators: the name of a file. */
  return g_strdup_printf (_("Ranges and builds of “%s” that are not saved are lost."), name);
}

static char *
describe_refit (QsSession *session)
{
  g_autofree char *name = qs_session_dup_title (session);

  /* Translators: the name of a file. */
  return g_strdup_printf (_("A build replaces the engine of “%s” and the new scales that it has."),
                          name);
}

static char *
describe_cache (QsSession *session)
{
  /* Translators: the name of a file. */
  return g_strdup_printf (_("Changes of “%s” that are not saved are lost."),
                          qs_cache_editor_get_name (qs_session_get_cache (session)));
}

static void
save_document (QsWindow    *self,
               QsSavedFunc  func,
               gpointer     user_data)
{
  save (self, FALSE, func, user_data);
}

/* In the order in which they are asked about. */
static const struct
{
  QsLoss loss;
  gboolean (*is_unsaved) (QsSession *session);
  char *(*describe) (QsSession *session);
  void (*save) (QsWindow    *self,
                QsSavedFunc  func,
                gpointer     user_data);
} unsaved[] = {
  { QS_LOSS_DOCUMENT, is_document_unsaved, describe_document, save_document },
  { QS_LOSS_REFIT, is_refit_unsaved, describe_refit, save_document },
  { QS_LOSS_CACHE, is_cache_unsaved, describe_cache, qs_window_save_cache },
};

gboolean
qs_window_would_lose (QsWindow *self,
                      QsLoss    losses)
{
  for (guint i = 0; i < G_N_ELEMENTS (unsaved); i++)
    if ((losses & unsaved[i].loss) != 0 && unsaved[i].is_unsaved (self->session))
      return TRUE;

  return FALSE;
}

static void
deed_end (QsDeed   *deed,
          gboolean  may)
{
  deed->func (deed->window, may, deed->user_data);
  g_object_unref (deed->window);
  g_free (deed);
}

static void ask_about_next (QsDeed *deed);

static void
deed_saved_cb (gboolean is_saved,
               gpointer user_data)
{
  if (is_saved)
    ask_about_next (user_data);
  else
    deed_end (user_data, FALSE);
}

/* The first of the losses that there still is, which is what was asked about. */
static guint
find_loss (QsDeed *deed)
{
  guint i = 0;

  while (i < G_N_ELEMENTS (unsaved) &&
         ((deed->losses & unsaved[i].loss) == 0 || !unsaved[i].is_unsaved (deed->window->session)))
    i++;
  return i;
}

static void
answered_cb (const char *answer,
             gpointer    user_data)
{
  QsDeed *deed = user_data;
  guint loss = find_loss (deed);

  if (g_str_equal (answer, QS_ANSWER_CANCEL))
    deed_end (deed, FALSE);
  else if (g_str_equal (answer, QS_ANSWER_ACCEPT) && loss < G_N_ELEMENTS (unsaved))
    unsaved[loss].save (deed->window, deed_saved_cb, deed);
  else
    {
      if (loss < G_N_ELEMENTS (unsaved))
        deed->losses &= ~unsaved[loss].loss;
      ask_about_next (deed);
    }
}

static void
ask_about_next (QsDeed *deed)
{
  const QsAnswer answers[] = {
    { "discard", _("_Discard"), TRUE },
    { QS_ANSWER_ACCEPT, _("_Save"), FALSE },
  };
  guint loss = find_loss (deed);
  g_autofree char *body = NULL;

  if (loss == G_N_ELEMENTS (unsaved))
    {
      deed_end (deed, TRUE);
      return;
    }

  body = unsaved[loss].describe (deed->window->session);
  qs_question (GTK_WINDOW (deed->window), _("Save Changes?"), body, answers,
               G_N_ELEMENTS (answers), answered_cb, deed);
}

void
qs_window_when_saved (QsWindow   *self,
                      QsLoss      losses,
                      QsDeedFunc  func,
                      gpointer    user_data)
{
  QsDeed *deed = g_new0 (QsDeed, 1);

  deed->window = g_object_ref (self);
  deed->losses = losses;
  deed->func = func;
  deed->user_data = user_data;
  ask_about_next (deed);
}
