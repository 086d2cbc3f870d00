/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "analysis/qs-range-effect.h"

G_BEGIN_DECLS

/**
 * QsLiveEffect:
 *
 * Follows scales that change many times a second: measures their effect on the engine's thread and
 * never has more than one question under way and one waiting; a newer one takes the waiting one's
 * place.
 *
 * ::measured is emitted when an answer, or an error, has come.
 */
#define QS_TYPE_LIVE_EFFECT (qs_live_effect_get_type ())
G_DECLARE_FINAL_TYPE (QsLiveEffect, qs_live_effect, QS, LIVE_EFFECT, GObject)

QsLiveEffect        *qs_live_effect_new         (void);
/* What the questions are about, and what follows from it; all %NULL for nothing. Answers to
 * questions about something else are dropped. */
void                 qs_live_effect_set_subject (QsLiveEffect  *self,
                                                 QsEngine      *engine,
                                                 QsNetwork     *network,
                                                 QsSamples     *samples,
                                                 guint          n_threads);
gboolean             qs_live_effect_has_subject (QsLiveEffect  *self);
void                 qs_live_effect_request     (QsLiveEffect  *self,
                                                 QsScaleTable  *scales);
/* Whether an answer is still to come. */
gboolean             qs_live_effect_is_pending  (QsLiveEffect  *self);
/* (nullable): the engine's own error, and that of the scales that were asked about last */
const QsOutputError *qs_live_effect_get_base    (QsLiveEffect  *self);
const QsOutputError *qs_live_effect_get_result  (QsLiveEffect  *self);
/* (nullable): why there is no answer */
const char          *qs_live_effect_get_failure (QsLiveEffect  *self);

G_END_DECLS
