/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/*
 * The few dialogs whose GTK 4.8 and libadwaita 1.2 forms newer versions deprecate. Only this file
 * pair needs to change when the floor rises.
 */

/**
 * QsFileFilter:
 * @name: shown to people
 * @suffixes: (array zero-terminated=1): without the dot
 */
typedef struct
{
  const char *name;
  const char *suffixes[12];
} QsFileFilter;

#define QS_ANSWER_CANCEL "cancel"
#define QS_ANSWER_ACCEPT "accept"

/**
 * QsAnswer:
 * @label: with a mnemonic
 * @is_destructive: whether something is lost by it
 */
typedef struct
{
  const char *id;
  const char *label;
  gboolean is_destructive;
} QsAnswer;

/* @file is borrowed. Unless a function says otherwise, dismissing the dialog calls nothing. */
typedef void (*QsFileFunc)   (GFile      *file,
                              gpointer    user_data);
typedef void (*QsAskFunc)    (GtkWidget  *form,
                              gpointer    user_data);
/* @answer: an answer's id, or %QS_ANSWER_CANCEL */
typedef void (*QsAnswerFunc) (const char *answer,
                              gpointer    user_data);

void qs_file_open   (GtkWindow           *parent,
                     const char          *title,
                     const QsFileFilter  *filters,
                     guint                n_filters,
                     QsFileFunc           func,
                     gpointer             user_data);
void qs_folder_open (GtkWindow           *parent,
                     const char          *title,
                     QsFileFunc           func,
                     gpointer             user_data);
/* The same, but @func is called with %NULL when the dialog is dismissed. */
void qs_folder_ask  (GtkWindow           *parent,
                     const char          *title,
                     QsFileFunc           func,
                     gpointer             user_data);
/* @func is always called once, with %NULL when the dialog is dismissed. */
void qs_file_save_ask (GtkWindow         *parent,
                     const char          *title,
                     const char          *name,
                     QsFileFunc           func,
                     gpointer             user_data);
/* Asks for what is entered in @form; @func is called when @accept was chosen. */
void qs_ask         (GtkWindow           *parent,
                     const char          *heading,
                     const char          *body,
                     const char          *accept,
                     GtkWidget           *form,
                     QsAskFunc            func,
                     gpointer             user_data);
/* Asks for a decision between @answers and Cancel; the last of them is the default. */
void qs_question    (GtkWindow           *parent,
                     const char          *heading,
                     const char          *body,
                     const QsAnswer      *answers,
                     guint                n_answers,
                     QsAnswerFunc         func,
                     gpointer             user_data);
void qs_about_show  (GtkWindow           *parent);
/* GTK 4.8 tells screen readers the label of a button with a mnemonic twice, once with its underscore.
 * Names every such button in @root by its label. */
void qs_name_buttons (GtkWidget          *root);
/* For a type whose parent is AdwBin: GTK 4.8 takes children that the template names away from it, and
 * it would let go of its child once more. */
void qs_bin_dispose_template (GObject    *bin,
                              GType       type);
/* GTK has titles of columns begin at the left, whatever is below: puts the last column's over the numbers
 * that end at its right. */
void qs_column_view_end_title (GtkColumnView *view);
void qs_widget_get_foreground (GtkWidget *widget,
                               GdkRGBA   *color);

G_END_DECLS
