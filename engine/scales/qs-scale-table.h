/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsScaleTable:
 *
 * Scales by tensor name, in a stable order; scale = range / 127. Zero means “uniformly zero”,
 * infinity is kept as it was read: both count as missing for a build. Reference counted.
 */
typedef struct _QsScaleTable QsScaleTable;

QsScaleTable *qs_scale_table_new           (void);
QsScaleTable *qs_scale_table_copy          (QsScaleTable *self);
QsScaleTable *qs_scale_table_ref           (QsScaleTable *self);
void          qs_scale_table_unref         (QsScaleTable *self);
/* "entropy2", "manual", …: where the scales came from; NULL when unknown */
void          qs_scale_table_set_source    (QsScaleTable *self,
                                            const char   *source);
const char   *qs_scale_table_get_source    (QsScaleTable *self);
guint         qs_scale_table_get_n         (QsScaleTable *self);
const char   *qs_scale_table_get_name      (QsScaleTable *self,
                                            guint         index);
float         qs_scale_table_get_scale     (QsScaleTable *self,
                                            guint         index);
/* Adds @name at the end, or changes its scale in place. */
void          qs_scale_table_set           (QsScaleTable *self,
                                            const char   *name,
                                            float         scale);
/* Whether @name is in the table at all. */
gboolean      qs_scale_table_lookup        (QsScaleTable *self,
                                            const char   *name,
                                            float        *scale);
/* Whether @name's scale was set by hand; setting a scale leaves the mark as it is. */
gboolean      qs_scale_table_is_manual     (QsScaleTable *self,
                                            const char   *name);
/* Marks an entry that is there. */
void          qs_scale_table_set_manual    (QsScaleTable *self,
                                            const char   *name,
                                            gboolean      manual);
guint         qs_scale_table_count_manual  (QsScaleTable *self);
/* A finite, positive scale for @name. */
gboolean      qs_scale_table_lookup_usable (QsScaleTable *self,
                                            const char   *name,
                                            float        *scale);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsScaleTable, qs_scale_table_unref)

G_END_DECLS
