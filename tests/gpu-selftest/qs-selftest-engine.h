/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/* Engines of models, for comparisons and timings. */

QsNetwork    *qs_selftest_load_network (const char    *path,
                                        gint64         batch,
                                        GError       **error);
/* Scales from the largest magnitude of every tensor over one random sample, in FP32 on the CPU. */
QsScaleTable *qs_selftest_make_scales  (QsNetwork     *network,
                                        GError       **error);
/* @is_timed: tactics, and for INT8 and FP16 the layers that have it, are chosen by their times; else
 * every layer that can has @precision. */
QsEngine     *qs_selftest_build        (QsNetwork     *network,
                                        QsScaleTable  *scales,
                                        const char    *backend,
                                        QsPrecision    precision,
                                        gboolean       is_timed,
                                        GError       **error);
/* The first output of the last of @n_runs runs on seeded inputs. (transfer full) */
QsHostTensor *qs_selftest_run          (QsEngine      *engine,
                                        guint          n_runs,
                                        GError       **error);

G_END_DECLS
