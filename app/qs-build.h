/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-builder.h"
#include "calibration/qs-calibration-run.h"
#include "runtime/qs-context.h"
#include "qs-scale-source.h"

G_BEGIN_DECLS

/**
 * QsBuildSettings:
 * @source: id of the calibrator, or QS_SCALE_SOURCE_CACHE
 * @rounding: of the weights
 * @emulate_tensorrt: leave activation functions apart where TensorRT does
 * @before_fusion: whether calibrators run before layer fusion, where that can be chosen
 * @backend: (nullable): a device where one can be used, when %NULL
 * @n_threads: 0 for one per processor
 * @calibration_batch: samples per batch of the calibration run
 */
typedef struct
{
  const char *source;
  QsBeforeFusion before_fusion;
  QsInt8Mode int8;
  QsFp16Mode fp16;
  QsRoundingMode rounding;
  gboolean emulate_tensorrt;
  const QsBackend *backend;
  guint n_threads;
  gint64 calibration_batch;
} QsBuildSettings;

/* Never %NULL. */
const QsBackend *qs_build_settings_get_backend (const QsBuildSettings *self);
/* The backend as settings and documents keep it: its id, or “auto”. What this machine does not know is
 * the CPU. */
const char      *qs_build_settings_get_device  (const QsBuildSettings *self);
void             qs_build_settings_set_device  (QsBuildSettings       *self,
                                                const char            *id);

/**
 * QsBuild:
 *
 * One build from a model and its calibration set to an engine: histograms, every calibrator's
 * scales, and the engine for the chosen one. What is there already is not made again, so trying
 * another calibrator takes no new run over the data.
 *
 * ::histogram (name, histogram) is emitted while the data passes by, for the watched tensor.
 */
#define QS_TYPE_BUILD (qs_build_get_type ())
G_DECLARE_FINAL_TYPE (QsBuild, qs_build, QS, BUILD, GObject)

QsBuild        *qs_build_new            (QsModel                *model,
                                         QsNetwork              *network,
                                         const QsProfile        *profile,
                                         const QsBuildSettings  *settings);
void            qs_build_set_samples    (QsBuild                *self,
                                         QsSamples              *samples);
void            qs_build_set_histograms (QsBuild                *self,
                                         QsHistogramSet         *histograms);
/* (element-type QsScaleSource) */
void            qs_build_set_sources    (QsBuild                *self,
                                         GPtrArray              *sources);
/* Set by hand, in the place of the calibrator's */
void            qs_build_set_ranges     (QsBuild                *self,
                                         QsDynamicRanges        *ranges);
QsDynamicRanges *qs_build_get_ranges    (QsBuild                *self);
const QsBuildSettings *qs_build_get_settings (QsBuild           *self);
void            qs_build_set_watched    (QsBuild                *self,
                                         const char             *tensor);
QsProgress     *qs_build_get_progress   (QsBuild                *self);

void            qs_build_run_async      (QsBuild                *self,
                                         GAsyncReadyCallback     callback,
                                         gpointer                user_data);
gboolean        qs_build_run_finish     (QsBuild                *self,
                                         GAsyncResult           *result,
                                         GError                **error);

/* (nullable): what was finished, also when a later step failed. Not while it runs. */
QsHistogramSet *qs_build_get_histograms (QsBuild                *self);
GPtrArray      *qs_build_get_sources    (QsBuild                *self);
QsEngine       *qs_build_get_engine     (QsBuild                *self);
/* How long the engine and its layers take; zero runs where that could not be measured. */
const QsProfileResult *qs_build_get_times (QsBuild              *self);

G_END_DECLS
