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

/* @file is borrowed and never NULL: dismissing the dialog calls nothing. */
typedef void (*QsFileFunc)   (GFile      *file,
                              gpointer    user_data);
typedef void (*QsChoiceFunc) (gpointer    user_data);
typedef void (*QsAskFunc)    (GtkWidget  *form,
                              gpointer    user_data);
typedef void (*QsAnswerFunc) (gboolean    accepted,
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
void qs_file_save   (GtkWindow           *parent,
                     const char          *title,
                     const char          *name,
                     QsFileFunc           func,
                     gpointer             user_data);
/* The same for data that is freed when the dialog goes. */
void qs_file_save_full (GtkWindow        *parent,
                     const char          *title,
                     const char          *name,
                     QsFileFunc           func,
                     gpointer             user_data,
                     GDestroyNotify       free_data);
/* Asks for what is entered in @form; @func is called when @accept was chosen. */
void qs_ask         (GtkWindow           *parent,
                     const char          *heading,
                     const char          *body,
                     const char          *accept,
                     GtkWidget           *form,
                     QsAskFunc            func,
                     gpointer             user_data);
/* Asks before something is lost; @func is called when @accept was chosen. */
void qs_confirm     (GtkWindow           *parent,
                     const char          *heading,
                     const char          *body,
                     const char          *accept,
                     QsChoiceFunc         func,
                     gpointer             user_data);
/* Asks what to do next; @func is told whether @accept was chosen, or the question dismissed. */
void qs_question    (GtkWindow           *parent,
                     const char          *heading,
                     const char          *body,
                     const char          *accept,
                     QsAnswerFunc         func,
                     gpointer             user_data);
void qs_about_show  (GtkWindow           *parent);
void qs_widget_get_foreground (GtkWidget *widget,
                               GdkRGBA   *color);

G_END_DECLS
