/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-compat.h"

#include <glib/gi18n.h>
#include <string.h>

G_GNUC_BEGIN_IGNORE_DEPRECATIONS

typedef struct
{
  GtkFileChooserNative *chooser;
  QsFileFunc func;
  gpointer user_data;
  gboolean is_always_called; /* also without a file */
} QsFileRequest;

static void
file_response_cb (QsFileRequest *request,
                  int            response)
{
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (request->chooser));
  if (file != NULL || request->is_always_called)
    request->func (file, request->user_data);

  g_object_unref (request->chooser);
  g_free (request);
}

static QsFileRequest *
file_request (GtkWindow            *parent,
              const char           *title,
              GtkFileChooserAction  action,
              QsFileFunc            func,
              gpointer              user_data)
{
  QsFileRequest *request = g_new0 (QsFileRequest, 1);

  request->chooser = gtk_file_chooser_native_new (title, parent, action, NULL, NULL);
  request->func = func;
  request->user_data = user_data;
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (request->chooser), TRUE);
  g_signal_connect_swapped (request->chooser, "response", G_CALLBACK (file_response_cb), request);
  return request;
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
  QsFileRequest *request = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_OPEN, func,
                                         user_data);
  GtkFileChooser *chooser = GTK_FILE_CHOOSER (request->chooser);
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
qs_folder_open (GtkWindow  *parent,
                const char *title,
                QsFileFunc  func,
                gpointer    user_data)
{
  QsFileRequest *request = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, func,
                                         user_data);

  gtk_native_dialog_show (GTK_NATIVE_DIALOG (request->chooser));
}

void
qs_folder_ask (GtkWindow  *parent,
               const char *title,
               QsFileFunc  func,
               gpointer    user_data)
{
  QsFileRequest *request = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, func,
                                         user_data);

  request->is_always_called = TRUE;
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (request->chooser));
}

void
qs_file_save_ask (GtkWindow  *parent,
                  const char *title,
                  const char *name,
                  QsFileFunc  func,
                  gpointer    user_data)
{
  QsFileRequest *request = file_request (parent, title, GTK_FILE_CHOOSER_ACTION_SAVE, func,
                                         user_data);

  request->is_always_called = TRUE;
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (request->chooser), name);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (request->chooser));
}

typedef struct
{
  GtkWidget *form; /* (nullable) */
  QsAnswerFunc answer_func;
  QsAskFunc ask_func;
  gpointer user_data;
} QsQuestion;

static void
response_cb (QsQuestion *question,
             const char *response)
{
  if (question->answer_func != NULL)
    question->answer_func (response, question->user_data);
  else if (g_str_equal (response, QS_ANSWER_ACCEPT))
    question->ask_func (question->form, question->user_data);
}

static void
question_free (gpointer  data,
               GClosure *closure)
{
  QsQuestion *question = data;

  g_clear_object (&question->form);
  g_free (question);
}

/* With Cancel, which is also what closing the dialog means; the last answer is the default. */
static void
ask (GtkWindow        *parent,
     const char       *heading,
     const char       *body,
     const QsAnswer   *answers,
     guint             n_answers,
     const QsQuestion *question)
{
  AdwMessageDialog *dialog =
    ADW_MESSAGE_DIALOG (adw_message_dialog_new (parent, heading, body));

  adw_message_dialog_set_extra_child (dialog, question->form);
  adw_message_dialog_add_response (dialog, QS_ANSWER_CANCEL, _("_Cancel"));
  for (guint i = 0; i < n_answers; i++)
    {
      adw_message_dialog_add_response (dialog, answers[i].id, answers[i].label);
      adw_message_dialog_set_response_appearance (dialog, answers[i].id,
                                                  answers[i].is_destructive
                                                    ? ADW_RESPONSE_DESTRUCTIVE
                                                    : ADW_RESPONSE_SUGGESTED);
    }
  adw_message_dialog_set_default_response (dialog, answers[n_answers - 1].id);
  adw_message_dialog_set_close_response (dialog, QS_ANSWER_CANCEL);
  g_signal_connect_data (dialog, "response", G_CALLBACK (response_cb),
                         g_memdup2 (question, sizeof *question), question_free,
                         G_CONNECT_SWAPPED);
  qs_name_buttons (GTK_WIDGET (dialog));
  gtk_window_present (GTK_WINDOW (dialog));
}

void
qs_question (GtkWindow      *parent,
             const char     *heading,
             const char     *body,
             const QsAnswer *answers,
             guint           n_answers,
             QsAnswerFunc    func,
             gpointer        user_data)
{
  const QsQuestion question = { .answer_func = func, .user_data = user_data };

  ask (parent, heading, body, answers, n_answers, &question);
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
  const QsAnswer answer = { QS_ANSWER_ACCEPT, accept, FALSE };
  const QsQuestion question = { g_object_ref (form), NULL, func, user_data };

  ask (parent, heading, body, &answer, 1, &question);
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

static void
name_button (GtkButton *button)
{
  g_autofree char *name = NULL;
  char *underscore;

  if (gtk_button_get_label (button) == NULL || !gtk_button_get_use_underline (button))
    return;

  name = g_strdup (gtk_button_get_label (button));
  underscore = strchr (name, '_');
  if (underscore != NULL)
    memmove (underscore, underscore + 1, strlen (underscore));
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

void
qs_name_buttons (GtkWidget *root)
{
  if (GTK_IS_BUTTON (root))
    name_button (GTK_BUTTON (root));

  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    qs_name_buttons (child);
}

void
qs_bin_dispose_template (GObject *bin,
                         GType    type)
{
  adw_bin_set_child (ADW_BIN (bin), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (bin), type);
}

void
qs_column_view_end_title (GtkColumnView *view)
{
  GtkWidget *header = gtk_widget_get_first_child (GTK_WIDGET (view)), *title, *box;

  if (header == NULL || g_strcmp0 (gtk_widget_get_css_name (header), "header") != 0)
    return;

  title = gtk_widget_get_last_child (header);
  box = title == NULL ? NULL : gtk_widget_get_first_child (title);
  if (box != NULL)
    gtk_widget_set_halign (box, GTK_ALIGN_END);
}

void
qs_widget_get_foreground (GtkWidget *widget,
                          GdkRGBA   *color)
{
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), color);
}

G_GNUC_END_IGNORE_DEPRECATIONS
