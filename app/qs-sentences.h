/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The engine speaks English: its reasons are made when something is decided, and saved in plans and
 * documents that are read where another language is spoken. So the window does not translate the
 * words with which something was said, but what it hears: a sentence is recognised by the format it
 * was printed with, and said again in the user's language with the same names and numbers.
 */

/* (transfer full): @english in the user's language; sentences that nobody knows stay as they are. */
char       *qs_sentence_translate (const char *english);
/* The same for one without names and numbers, a title for example. */
const char *qs_sentence_get       (const char *english);
/* What a rule of the journal does, in a few words; its id where nobody wrote any. */
const char *qs_sentence_get_rule  (const char *rule);
/* Whether all of @english is known, in whatever language. */
gboolean    qs_sentence_is_known  (const char *english);

/* The formats, for tests; (nullable): the one with which a sentence was printed. */
const char *qs_sentence_find_format   (const char *english);
guint       qs_sentence_get_n_formats (void);
const char *qs_sentence_get_format    (guint index);

G_END_DECLS
