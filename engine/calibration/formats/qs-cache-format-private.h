/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cache-format.h"

G_BEGIN_DECLS

/*
 * The formats in the order in which a file is probed: the text tables come last, since almost any
 * text could be one. Row X stands for qs_cache_format_X in the file qs-cache-format-X.c.
 */
#define QS_CACHE_FORMATS(FORMAT) \
  FORMAT (tensorrt) \
  FORMAT (ppq) \
  FORMAT (mqbench) \
  FORMAT (ncnn) \
  FORMAT (int8api) \
  FORMAT (ort)

#define QS_DECLARE_CACHE_FORMAT(x) extern const QsCacheFormat qs_cache_format_##x;

QS_CACHE_FORMATS (QS_DECLARE_CACHE_FORMAT)

/* Formats speak of ranges, 127 * scale. A range goes through 9 digits and comes back as the same
 * float32 scale: their error is far below half a unit in its last place. */
#define QS_RANGE_DIGITS "%.9g"

/* Handles one line: its number is for messages. */
typedef gboolean (*QsCacheLineFunc) (char         *line,
                                     guint         number,
                                     QsScaleTable *scales,
                                     GPtrArray    *warnings,
                                     GError      **error);

/* Calls @func for every line that is not blank. */
gboolean qs_cache_text_read     (const char       *text,
                                 QsCacheLineFunc   func,
                                 QsScaleTable     *scales,
                                 GPtrArray        *warnings,
                                 GError          **error);
/* A finite number that is not negative, and nothing behind it. */
gboolean qs_cache_text_number   (const char       *text,
                                 double           *value);
/* "NAME<separator>RANGE", separated at the last @separator. */
gboolean qs_cache_text_entry    (char             *line,
                                 char              separator,
                                 guint             number,
                                 QsScaleTable     *scales,
                                 GPtrArray        *warnings,
                                 GError          **error);
void     qs_cache_text_append   (GString          *text,
                                 const char       *name,
                                 const char       *separator,
                                 double            value);
void     qs_cache_format_set    (QsScaleTable     *scales,
                                 GPtrArray        *warnings,
                                 const char       *name,
                                 double            scale);
G_GNUC_PRINTF (2, 3)
void     qs_cache_format_warn   (GPtrArray        *warnings,
                                 const char       *format,
                                 ...);

/* The object of ranges at @path, "a.b" for member b of member a of the file. */
gboolean qs_cache_json_read     (const char       *text,
                                 const char       *path,
                                 QsScaleTable     *scales,
                                 GPtrArray        *warnings,
                                 GError          **error);
gboolean qs_cache_json_probe    (const char       *text,
                                 const char       *member);
void     qs_cache_json_write    (QsScaleTable     *scales,
                                 const char       *path,
                                 GString          *text,
                                 GPtrArray        *warnings);

G_END_DECLS
