/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-compat.h"

#include <glib/gi18n.h>

G_GNUC_BEGIN_IGNORE_DEPRECATIONS

typedef struct
{
  GtkFileChooserNative *chooser;
  QsFileFunc func;
  gpointer user_data;
  GDestroyNotify free_data;
} QsFileRequest;

static void
file_response_cb (QsFileRequest *request,
                  int            response)
{
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (request->chooser));
  if (file != NULL)
    request->func (file, request->user_data);

  if (request->free_data != NULL)
    request->free_data (request->user_data);
  g_object_unref (request->chooser);
  g_free (request);
}

static GtkFileChooser *
file_request (GtkWindow            *parent,
              const char           *title,
              GtkFileChooserAction  action,
              QsFileFunc            func,
              gpointer              user_data,
              GDestroyNotify        free_data)
{
  QsFileRequest *request = g_new0 (QsFileRequest, 1);

  request->chooser = gtk_file_chooser_native_new (title, parent, action, NULL, NULL);
  request->func = func;
  request->user_data = user_data;
  request->free_data = free_data;
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (request->chooser), TRUE);
  g_signal_connect_swapped (request->chooser, "response", G_CALLBACK (file_response_cb), request);
  return GTK_FILE_CHOOSER (request->chooser);
}

static GtkFileFilter *
file_filter_new (const QsFileFilter *description)
{
  GtkFileFilter *filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, description->name);
  for (guint i = 0; i < G_N_ELEMENTS (description->suffixes); i++)
    if (description->suffixes[i] != NULL)
      gtk_file_filter_add_suffix (filter, description->suffixes[i]);
  return filter;
}

void
qs_file_open (GtkWindow          *parent,
              const char         *title,
              const QsFileFilter *filters,
              guint               n_filters,
              QsFileFunc          func,
              gpointer            user_data)
{
  GtkFileChooser *chooser = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_OPEN, func,
                                          user_data, NULL);
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();

  for (guint i = 0; i < n_filters; i++)
    {
      g_autoptr (GtkFileFilter) filter = file_filter_new (&filters[i]);

      gtk_file_chooser_add_filter (chooser, filter);
    }

  gtk_file_filter_set_name (all, _("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (chooser, all);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

void
qs_file_save_full (GtkWindow      *parent,
                   const char     *title,
                   const char     *name,
                   QsFileFunc      func,
                   gpointer        user_data,
                   GDestroyNotify  free_data)
{
  GtkFileChooser *chooser = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_SAVE, func,
                                          user_data, free_data);

  gtk_file_chooser_set_current_name (chooser, name);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

void
qs_folder_open (GtkWindow  *parent,
                const char *title,
                QsFileFunc  func,
                gpointer    user_data)
{
  GtkFileChooser *chooser = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, func,
                                          user_data, NULL);

  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

void
qs_file_save (GtkWindow  *parent,
              const char *title,
              const char *name,
              QsFileFunc  func,
              gpointer    user_data)
{
  qs_file_save_full (parent, title, name, func, user_data, NULL);
}

static void
folder_response_cb (QsFileRequest *request,
                    int            response)
{
  g_autoptr (GFile) folder = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    folder = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (request->chooser));
  request->func (folder, request->user_data);

  g_object_unref (request->chooser);
  g_free (request);
}

void
qs_folder_ask (GtkWindow  *parent,
               const char *title,
               QsFileFunc  func,
               gpointer    user_data)
{
  QsFileRequest *request = g_new0 (QsFileRequest, 1);

  request->chooser = gtk_file_chooser_native_new (title, parent,
                                                  GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, NULL, NULL);
  request->func = func;
  request->user_data = user_data;
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (request->chooser), TRUE);
  g_signal_connect_swapped (request->chooser, "response", G_CALLBACK (folder_response_cb), request);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (request->chooser));
}

typedef struct
{
  QsAnswerFunc func;
  gpointer user_data;
} QsDecision;

static void
answer_cb (QsDecision *decision,
           const char *response)
{
  decision->func (g_str_equal (response, "accept"), decision->user_data);
}

static void
decision_free (gpointer  data,
               GClosure *closure)
{
  g_free (data);
}

void
qs_question (GtkWindow    *parent,
             const char   *heading,
             const char   *body,
             const char   *accept,
             QsAnswerFunc  func,
             gpointer      user_data)
{
  GtkWidget *dialog = adw_message_dialog_new (parent, heading, body);
  QsDecision *decision = g_new0 (QsDecision, 1);

  decision->func = func;
  decision->user_data = user_data;
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog),
                                    "cancel", _("_Cancel"),
                                    "accept", accept,
                                    NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "accept",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "accept");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (answer_cb), decision, decision_free,
                         G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

typedef struct
{
  QsChoiceFunc func;
  gpointer user_data;
} QsChoice;

static void
confirm_response_cb (QsChoice   *choice,
                     const char *response)
{
  if (g_str_equal (response, "accept"))
    choice->func (choice->user_data);
}

static void
choice_free (gpointer  data,
             GClosure *closure)
{
  g_free (data);
}

void
qs_confirm (GtkWindow    *parent,
            const char   *heading,
            const char   *body,
            const char   *accept,
            QsChoiceFunc  func,
            gpointer      user_data)
{
  GtkWidget *dialog = adw_message_dialog_new (parent, heading, body);
  QsChoice *choice = g_new0 (QsChoice, 1);

  choice->func = func;
  choice->user_data = user_data;
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog),
                                    "cancel", _("_Cancel"),
                                    "accept", accept,
                                    NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "accept",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (confirm_response_cb), choice,
                         choice_free, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

typedef struct
{
  GtkWidget *form;
  QsAskFunc func;
  gpointer user_data;
} QsQuestion;

static void
ask_response_cb (QsQuestion *question,
                 const char *response)
{
  if (g_str_equal (response, "accept"))
    question->func (question->form, question->user_data);
}

static void
question_free (gpointer  data,
               GClosure *closure)
{
  QsQuestion *question = data;

  g_object_unref (question->form);
  g_free (question);
}

void
qs_ask (GtkWindow  *parent,
        const char *heading,
        const char *body,
        const char *accept,
        GtkWidget  *form,
        QsAskFunc   func,
        gpointer    user_data)
{
  GtkWidget *dialog = adw_message_dialog_new (parent, heading, body);
  QsQuestion *question = g_new0 (QsQuestion, 1);

  question->form = g_object_ref (form);
  question->func = func;
  question->user_data = user_data;
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), form);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog),
                                    "cancel", _("_Cancel"),
                                    "accept", accept,
                                    NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "accept",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "accept");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (ask_response_cb), question,
                         question_free, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
qs_about_show (GtkWindow *parent)
{
  const char *developers[] = { "The Quantoscope developers", NULL };

  adw_show_about_window (parent,
                         "application-name", _("Quantoscope"),
                         "application-icon", QS_APPLICATION_ID,
                         "version", QS_VERSION,
                         "developer-name", _("The Quantoscope developers"),
                         "developers", developers,
                         /* Translators: put your name here, it is shown in the about window. */
                         "translator-credits", _("translator-credits"),
                         "comments", _("Build INT8 engines from ONNX models and see why they are "
                                       "the way they are."),
                         "license-type", GTK_LICENSE_MIT_X11,
                         NULL);
}

void
qs_widget_get_foreground (GtkWidget *widget,
                          GdkRGBA   *color)
{
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), color);
}

G_GNUC_END_IGNORE_DEPRECATIONS
