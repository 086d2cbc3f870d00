/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-history.h"
#include "widgets/drawing/qs-style.h"

G_BEGIN_DECLS

/**
 * QsPropertyList:
 *
 * A titled card of rows in the inspector: facts, links to layers and tensors, bars. An empty list
 * hides itself.
 *
 * ::link-activated (kind, name): a link was followed.
 */
#define QS_TYPE_PROPERTY_LIST (qs_property_list_get_type ())
G_DECLARE_FINAL_TYPE (QsPropertyList, qs_property_list, QS, PROPERTY_LIST, GtkBox)

GtkWidget *qs_property_list_new        (const char      *title);
void       qs_property_list_set_title  (QsPropertyList  *self,
                                        const char      *title);
void       qs_property_list_clear      (QsPropertyList  *self);
/* A fact; nothing is added when @value is NULL. */
void       qs_property_list_add        (QsPropertyList  *self,
                                        const char      *label,
                                        const char      *value);
void       qs_property_list_add_format (QsPropertyList  *self,
                                        const char      *label,
                                        const char      *format,
                                        ...) G_GNUC_PRINTF (3, 4);
/* @caption is nullable. */
/* A time, where it was measured: negative ones were not. */
void       qs_property_list_add_ms     (QsPropertyList  *self,
                                        const char      *label,
                                        double           ms);
/* (transfer full): milliseconds, with the digits that small layers need */
char      *qs_property_list_format_ms  (double           ms);
void       qs_property_list_add_link   (QsPropertyList  *self,
                                        QsSelectionKind  kind,
                                        const char      *name,
                                        const char      *caption);
/* Two lines of text, the second dim and nullable. */
void       qs_property_list_add_text   (QsPropertyList  *self,
                                        const char      *title,
                                        const char      *subtitle);
/* A bar of @fraction 0 … 1, none below 0; the chosen one is marked.
 * @chosen_as: style class of the bar's colour for the one that was chosen, NULL for the others */
void       qs_property_list_add_bar    (QsPropertyList  *self,
                                        const char      *title,
                                        const char      *subtitle,
                                        const char      *value,
                                        double           fraction,
                                        const char      *chosen_as);
/* Keeps the rows behind the first @n back, until they are asked for; a few more are shown at once. */
void       qs_property_list_fold       (QsPropertyList  *self,
                                        guint            n);
void       qs_property_list_add_row    (QsPropertyList  *self,
                                        GtkWidget       *row);

G_END_DECLS
