/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One line, when an item has ended. */
void     qs_selftest_report_line  (JsonObject  *result);
/* Totals, and what failed or was skipped, and why. */
void     qs_selftest_report_table (JsonArray   *results);
guint    qs_selftest_count        (JsonArray   *results,
                                   const char  *section,
                                   const char  *status);
gboolean qs_selftest_report_write (JsonArray   *results,
                                   const char  *device,
                                   const char  *path,
                                   GError     **error);

G_END_DECLS
