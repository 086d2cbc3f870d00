/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-builder.h"
#include "core/qs-progress.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsOutputError:
 * @n_samples: how many samples it was measured on
 * @sqnr_db: signal to quantization noise of the network's first output against FP32, in decibels;
 *   infinity when they are equal
 * @cosine: mean cosine between the outputs
 * @agreement: share of the samples whose first class is FP32's
 * @n_layers: layers that had to be computed anew
 *
 * How far an engine's outputs are from FP32.
 */
typedef struct
{
  gint64 n_samples;
  double sqnr_db;
  double cosine;
  double agreement;
  guint n_layers;
} QsOutputError;

/**
 * QsRangeEffect:
 *
 * What other scales would do to the output of an engine, measured on a few fixed samples. The
 * samples are run once in FP32 and once through the engine, of which every activation is kept;
 * then each question costs only the layers from the first one on whose scales change.
 */
typedef struct _QsRangeEffect QsRangeEffect;

/**
 * QsRangeEffectOptions:
 * @n_samples: how many of the first samples to use, in whole batches of the engine
 * @memory: bytes to spend on activations; fewer samples are used when they do not fit
 * @n_threads: 0 for one per processor; never part of the result
 */
typedef struct
{
  gint64 n_samples;
  gsize memory;
  guint n_threads;
} QsRangeEffectOptions;

#define QS_RANGE_EFFECT_OPTIONS_INIT { .n_samples = 32, .memory = (gsize) 256 << 20 }

/**
 * qs_range_effect_new:
 * @engine: an INT8 engine with its scales
 * @network: the imported network that it was built from
 *
 * Errors: inputs that the set lacks or that do not fit; a run that needs more than @memory for one
 * batch; cancellation.
 */
QsRangeEffect       *qs_range_effect_new         (QsEngine                    *engine,
                                                  QsNetwork                   *network,
                                                  QsSamples                   *samples,
                                                  const QsRangeEffectOptions  *options,
                                                  QsProgress                  *progress,
                                                  GError                     **error);
void                 qs_range_effect_free        (QsRangeEffect               *self);
QsEngine            *qs_range_effect_get_engine  (QsRangeEffect               *self);
/* The error of the engine as it is. */
const QsOutputError *qs_range_effect_get_base    (QsRangeEffect               *self);
/* The error with @scales in the place of the engine's. Errors: see [method@Engine.rescale]. */
gboolean             qs_range_effect_measure     (QsRangeEffect               *self,
                                                  QsScaleTable                *scales,
                                                  QsOutputError               *result,
                                                  GError                     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsRangeEffect, qs_range_effect_free)

G_END_DECLS
