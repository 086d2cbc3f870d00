/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An error of this domain is a wrong use of the program: exit status 2 and a hint. */
#define QS_CLI_USAGE_ERROR (qs_cli_usage_error_quark ())
GQuark qs_cli_usage_error_quark (void);
void   qs_cli_set_usage_error   (GError     **error,
                                 const char  *format,
                                 ...) G_GNUC_PRINTF (2, 3);

gboolean qs_cli_name_file       (gboolean     done,
                                 const char  *path,
                                 GError     **error);

/* A sentence on stderr that is no error. */
void   qs_cli_warn              (const char  *format,
                                 ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
