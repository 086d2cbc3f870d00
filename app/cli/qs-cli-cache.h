/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-scale-file.h"
#include "qs-cli.h"

G_BEGIN_DECLS

/* The file at @path, in the format that `--from` names or its contents show. */
QsScaleFile *qs_cli_cache_load        (QsCli             *cli,
                                       const char        *path,
                                       GError           **error);
gboolean    qs_cli_cache_write        (const char        *path,
                                       GBytes            *bytes,
                                       GError           **error);
/* @warnings: (element-type utf8): each on a line of stderr */
void        qs_cli_cache_warn         (const char        *path,
                                       GPtrArray         *warnings);

/* A title and one indented line each, and nothing for an empty list. */
void        qs_cli_cache_print_names  (const char        *title,
                                       GPtrArray         *names);
/* An array of strings. */
void        qs_cli_cache_add_names    (JsonBuilder       *json,
                                       const char        *member,
                                       GPtrArray         *names);

G_END_DECLS
