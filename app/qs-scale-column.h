/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-scale-row.h"

G_BEGIN_DECLS

/**
 * QsScaleNeed:
 *
 * What has to be there for a column to have something to say.
 */
typedef enum
{
  QS_SCALE_NEED_NOTHING,
  QS_SCALE_NEED_HISTOGRAMS,
  QS_SCALE_NEED_MANUAL, /* scales set by hand */
  QS_SCALE_NEED_OTHER,  /* a source to compare with */
  QS_SCALE_NEED_SPREAD, /* a study of the order of batches */
  QS_N_SCALE_NEEDS
} QsScaleNeed;

/**
 * QsScaleColumn:
 *
 * A column of the table of scales: either a text or a number.
 */
typedef struct
{
  const char *title;
  const char *tooltip; /* (nullable) */
  int width; /* negative for what is left */
  QsScaleNeed need;
  gboolean is_editable;
  char *(*text) (QsScaleRow *row);
  double (*value) (QsScaleRow *row); /* to sort by; NULL: by the text */
} QsScaleColumn;

guint                qs_scale_column_get_n   (void);
const QsScaleColumn *qs_scale_column_get     (guint                index);
/* Unknown values sort last. */
int                  qs_scale_column_compare (const QsScaleColumn *self,
                                              QsScaleRow          *a,
                                              QsScaleRow          *b);
/* Whether all of @text is a scale: a decimal number, or the bits of a float32 after “0x”. */
gboolean             qs_scale_parse          (const char          *text,
                                              float               *scale);

G_END_DECLS
