/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsCliTable:
 *
 * Text in aligned columns. A column's title starts with “>” where its cells are numbers, which
 * are aligned at the right.
 */
typedef struct _QsCliTable QsCliTable;

QsCliTable *qs_cli_table_new      (const char *const *titles);
void        qs_cli_table_free     (QsCliTable        *self);
/* The next cell, row by row. */
void        qs_cli_table_add      (QsCliTable        *self,
                                   const char        *format,
                                   ...) G_GNUC_PRINTF (2, 3);
/* The same, “–” for a number that is not there. */
void        qs_cli_table_add_number (QsCliTable      *self,
                                   int                decimals,
                                   double             value);
/* The same for a name that may be too long for a table: its middle is left out. */
void        qs_cli_table_add_name (QsCliTable        *self,
                                   const char        *name);
void        qs_cli_table_print    (QsCliTable        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsCliTable, qs_cli_table_free)

/* (transfer full): “1.2 MiB” */
char       *qs_cli_format_bytes   (guint64            bytes);

G_END_DECLS
