/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A file of the bundled samples, data/samples. */
GFile *qs_test_sample (const char *name);

/* A file of the data that lies beside the project or where QUANTOSCOPE_SHARED points. Where the
 * folder is absent the test is skipped with a message and NULL is returned. */
GFile *qs_test_shared (const char *name);

/* An empty folder of this test's own; removed with its contents by qs_test_remove_folder(). */
char  *qs_test_make_folder   (void);
void   qs_test_remove_folder (const char *path);

/* Fails the test unless @error has this domain and code and its message contains @word. */
void   qs_test_assert_error  (GError     *error,
                              GQuark      domain,
                              int         code,
                              const char *word);

G_END_DECLS
