/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#include "core/qs-host-tensor.h"
#include "qs-test.h"

G_BEGIN_DECLS

/**
 * QsCliOutcome:
 * @status: exit status, -1 when a signal ended it
 *
 * What one run of the real program did.
 */
typedef struct
{
  int status;
  char *out;
  char *err;
} QsCliOutcome;

void           qs_cli_outcome_free  (QsCliOutcome  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsCliOutcome, qs_cli_outcome_free)

/* Runs quantoscope-cli with @first and the words after it, up to %NULL. */
QsCliOutcome  *qs_cli_test_run      (const char    *first,
                                     ...) G_GNUC_NULL_TERMINATED;
/* The same with words that are in a list. */
QsCliOutcome  *qs_cli_test_run_args (GPtrArray     *args);
/* The same, and it must end with status 0. */
QsCliOutcome  *qs_cli_test_succeed  (const char    *first,
                                     ...) G_GNUC_NULL_TERMINATED;
/* It must have ended with @status and a message that has @word in it. */
void           qs_cli_test_expect   (QsCliOutcome  *outcome,
                                     int            status,
                                     const char    *word);

/* How Fashion-MNIST's pixels become inputs. */
#define QS_CLI_TEST_FASHION \
  "--scale", "0.00392156862745098", "--mean", "0.2860", "--std", "0.3530"

/* Whether this is the build with sanitizers, where long tests do less. */
gboolean       qs_cli_test_is_slow  (void);

/* Paths: of a bundled sample (skips the test and returns NULL where it is absent), of shared data
 * (the same), and of a file in the test's own folder. */
char          *qs_cli_test_sample   (const char    *name);
char          *qs_cli_test_shared   (const char    *name);
char          *qs_cli_test_path     (const char    *name);
/* The test's own folder, there until the program ends. */
void           qs_cli_test_init     (void);
void           qs_cli_test_finish   (void);

JsonObject    *qs_cli_test_load_json (const char   *path);
char          *qs_cli_test_read     (const char    *path,
                                     gsize         *length);
void           qs_cli_test_write    (const char    *path,
                                     gconstpointer  data,
                                     gsize          length);
QsHostTensor  *qs_cli_test_load_array (const char  *path,
                                     const char    *name);
/* An archive with one array. */
void           qs_cli_test_save_array (const char  *path,
                                     const char    *name,
                                     QsDataType     type,
                                     const QsShape *shape,
                                     gconstpointer  data);
/* An archive with one array of @n_bytes zeros, whose header is written as given. */
void           qs_cli_test_save_npy (const char    *path,
                                     const char    *name,
                                     const char    *descr,
                                     const char    *shape,
                                     gsize          n_bytes);

G_END_DECLS
