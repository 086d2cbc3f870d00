/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-calibration-cache.h"
#include "qs-cli.h"

G_BEGIN_DECLS

/**
 * QsCliCache:
 * @bytes: the file
 * @format: its format
 * @cache: (nullable): the file as TensorRT's cache, when it is one
 * @scales: its scales
 * @warnings: (element-type utf8): what is odd about it
 *
 * A file of scales that a `cache` command is about, in any format.
 */
typedef struct
{
  GBytes *bytes;
  const QsCacheFormat *format;
  QsCalibrationCache *cache;
  QsScaleTable *scales;
  GPtrArray *warnings;
} QsCliCache;

/* The file at @path, in the format that `--from` names or its contents show. */
QsCliCache *qs_cli_cache_load         (QsCli             *cli,
                                       const char        *path,
                                       GError           **error);
void        qs_cli_cache_free         (QsCliCache        *self);
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

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsCliCache, qs_cli_cache_free)

G_END_DECLS
