/* SPDX-License-Identifier: MIT */
#pragma once

#include <pango/pangocairo.h>

G_BEGIN_DECLS

/**
 * QsTextMeter:
 *
 * Widths of many short texts, fast: each character is measured once and widths are added up.
 * Kerning is ignored, so a width may be off by a pixel or two. For one thread.
 */
typedef struct _QsTextMeter QsTextMeter;

QsTextMeter *qs_text_meter_new     (const char  *family,
                                    double       pixels,
                                    gboolean     bold);
void         qs_text_meter_free    (QsTextMeter *self);
double       qs_text_meter_measure (QsTextMeter *self,
                                    const char  *text);
/* (transfer full): @text with “…” in its middle where it is wider than @width */
char        *qs_text_meter_shorten (QsTextMeter *self,
                                    const char  *text,
                                    double       width);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTextMeter, qs_text_meter_free)

G_END_DECLS
