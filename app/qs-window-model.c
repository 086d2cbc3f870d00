/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-dimensions-dialog.h"
#include "qs-sentences.h"

/* The questions a model asks when it is opened: where its weights are, and what its dynamic
 * dimensions shall be. Files that wait to be opened go on waiting until there is an answer. */

typedef struct
{
  QsWindow *window;
  GFile *file;
} WeightsQuestion;

static void
weights_question_free (WeightsQuestion *question)
{
  g_object_unref (question->window);
  g_object_unref (question->file);
  g_free (question);
}

static void
folder_chosen_cb (GFile    *folder,
                  gpointer  user_data)
{
  WeightsQuestion *question = user_data;

  if (folder != NULL)
    qs_window_open_with_data (question->window, question->file, folder);
  else
    qs_window_open_next (question->window);
  weights_question_free (question);
}

static void
weights_answered_cb (const char *answer,
                     gpointer    user_data)
{
  WeightsQuestion *question = user_data;

  if (g_str_equal (answer, QS_ANSWER_ACCEPT))
    {
      qs_folder_ask (GTK_WINDOW (question->window), _("Folder of the Weights"), folder_chosen_cb,
                      question);
      return;
    }

  qs_window_open_next (question->window);
  weights_question_free (question);
}

/**
 * qs_window_ask_for_weights:
 * @file: a model whose weights were not found
 */
void
qs_window_ask_for_weights (QsWindow *self,
                           GFile    *file)
{
  const QsAnswer answer = { QS_ANSWER_ACCEPT, _("Choose _Folder…"), FALSE };
  WeightsQuestion *question = g_new0 (WeightsQuestion, 1);
  g_autofree char *model = g_file_get_basename (file);
  g_autofree char *data = g_utf8_make_valid (qs_session_get_missing_data (self->session), -1);
  /* Translators: the names of two files, that with the weights and that of the model. */
  g_autofree char *body = g_strdup_printf (_("The weights are in “%s”, which is not beside “%s”. "
                                             "Choose the folder that it is in."), data, model);

  question->window = g_object_ref (self);
  question->file = g_object_ref (file);
  qs_question (GTK_WINDOW (self), _("Where Are the Weights?"), body, &answer, 1,
               weights_answered_cb, question);
}

static void
dimensions_set_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (qs_session_set_dimensions_finish (self->session, result, &error))
    qs_window_show_model (self);
  else
    {
      qs_window_show_error (self, _("The model does not take these sizes"), error);
      /* A model that was not there before is asked for again. */
      if (qs_session_get_waiting_dimensions (self->session) != NULL)
        {
          qs_window_ask_for_dimensions (self);
          return;
        }
    }
  qs_window_open_next (self);
}

static void
dimensions_decided_cb (QsWindow *self,
                       gboolean  may_set,
                       gpointer  user_data)
{
  g_autoptr (GPtrArray) dimensions = user_data;

  if (may_set)
    qs_session_set_dimensions_async (self->session, dimensions, dimensions_set_cb,
                                     g_object_ref (self));
  else
    qs_window_open_next (self);
}

static void
dimensions_accepted_cb (QsWindow           *self,
                        QsDimensionsDialog *dialog)
{
  qs_window_set_dimensions (self, qs_dimensions_dialog_get_dimensions (dialog));
}

static void
dimensions_cancelled_cb (QsWindow *self)
{
  qs_session_drop_waiting (self->session);
  qs_window_open_next (self);
}

/* With other sizes the model is another one; about one that waits it was asked before. */
void
qs_window_set_dimensions (QsWindow  *self,
                          GPtrArray *dimensions)
{
  gboolean is_waiting = qs_session_get_waiting_dimensions (self->session) != NULL;

  qs_window_when_saved (self, is_waiting ? 0 : QS_LOSS_ALL, dimensions_decided_cb,
                        g_ptr_array_ref (dimensions));
}

/**
 * qs_window_ask_for_dimensions:
 *
 * Of the model that waits for them, or else of the one there is.
 */
void
qs_window_ask_for_dimensions (QsWindow *self)
{
  GPtrArray *dimensions = qs_session_get_waiting_dimensions (self->session);
  QsDimensionsDialog *dialog;

  if (dimensions == NULL)
    dimensions = qs_session_get_dimensions (self->session);
  if (dimensions == NULL || dimensions->len == 0)
    return;

  dialog = qs_dimensions_dialog_new (GTK_WINDOW (self), dimensions);
  g_signal_connect_object (dialog, "accepted", G_CALLBACK (dimensions_accepted_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (dialog, "cancelled", G_CALLBACK (dimensions_cancelled_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* The first refused node that counts, in a sentence. */
static char *
describe_refusal (QsImport *import)
{
  guint n = qs_import_get_n_verdicts (import), n_refused = 0;
  const QsNodeVerdict *first = NULL;
  g_autofree char *name = NULL, *reason = NULL, *english = NULL;

  for (guint i = 0; i < n; i++)
    {
      const QsNodeVerdict *verdict = qs_import_get_verdict (import, i);

      if (verdict->verdict != QS_VERDICT_REFUSED)
        continue;
      if (n_refused++ == 0)
        first = verdict;
    }
  if (first == NULL)
    return NULL;

  name = g_utf8_make_valid (first->name, -1);
  english = g_utf8_make_valid (first->reason, -1);
  reason = qs_sentence_translate (english);
  if (n_refused == 1)
    /* Translators: operator and name of a node, and why it cannot be imported. */
    return g_strdup_printf (_("%s “%s”: %s."), first->op_type, name, reason);
  /* Translators: as before, and how many other nodes cannot be imported either. */
  return g_strdup_printf (ngettext ("%s “%s”: %s. One more node is refused.",
                                    "%s “%s”: %s. %u more nodes are refused.", n_refused - 1),
                          first->op_type, name, reason, n_refused - 1);
}

/**
 * qs_window_show_model:
 *
 * Says whether the model that was opened can be used, and if not, why.
 */
void
qs_window_show_model (QsWindow *self)
{
  QsImport *import = qs_session_get_import (self->session);
  g_autofree char *reason = NULL;

  qs_banner_hide (self->banner);
  if (import == NULL || qs_import_get_network (import) != NULL)
    return;

  reason = describe_refusal (import);
  qs_banner_show_error_with_action (self->banner, _("This model cannot be built"), reason,
                                    _("_Show Nodes"), "win.show-refused");
}
