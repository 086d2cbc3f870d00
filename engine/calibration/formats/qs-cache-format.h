/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsCacheFormat:
 * @id: name on the command line ("tensorrt")
 * @name: name shown to people
 * @suffix: usual end of a file's name
 * @probe: whether @text looks like this format
 * @read: adds the file's scales to @scales and oddities to @warnings; @text is valid UTF-8 and
 *   ends with a zero
 * @write: appends the file; what the format cannot say goes to @warnings
 *
 * A file format for scales. One file and one table row each.
 */
typedef struct
{
  const char *id;
  const char *name;
  const char *suffix;
  gboolean (*probe) (const char *text);
  gboolean (*read) (const char   *text,
                    QsScaleTable *scales,
                    GPtrArray    *warnings,
                    GError      **error);
  void (*write) (QsScaleTable *scales,
                 GString      *text,
                 GPtrArray    *warnings);
} QsCacheFormat;

guint                qs_cache_format_get_n  (void);
const QsCacheFormat *qs_cache_format_get    (guint                 index);
const QsCacheFormat *qs_cache_format_lookup (const char           *id);
/* (nullable): the format of a file by its contents */
const QsCacheFormat *qs_cache_format_detect (GBytes               *bytes);

/* @self: (nullable): found by the contents when %NULL; @warnings: (nullable) (element-type utf8) */
QsScaleTable        *qs_cache_format_read   (const QsCacheFormat  *self,
                                             GBytes               *bytes,
                                             GPtrArray            *warnings,
                                             GError              **error);
QsScaleTable        *qs_cache_format_load   (const QsCacheFormat  *self,
                                             GFile                *file,
                                             GPtrArray            *warnings,
                                             GError              **error);
GBytes              *qs_cache_format_write  (const QsCacheFormat  *self,
                                             QsScaleTable         *scales,
                                             GPtrArray            *warnings);

G_END_DECLS
