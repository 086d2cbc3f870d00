/* SPDX-License-Identifier: MIT */
#include "qs-scale-source.h"

#include <math.h>

struct _QsScaleSource
{
  gatomicrefcount ref_count;
  char *id;
  char *name;
  const QsCalibrator *calibrator;
  QsScaleTable *scales;
  QsPortability portability;
};

static QsScaleSource *
scale_source_new (const char         *id,
                  const char         *name,
                  const QsCalibrator *calibrator,
                  QsScaleTable       *scales)
{
  QsScaleSource *self = g_new0 (QsScaleSource, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->id = g_strdup (id);
  self->name = g_strdup (name);
  self->calibrator = calibrator;
  self->scales = scales;
  return self;
}

/**
 * qs_scale_source_new_calibrator:
 *
 * What @calibrator makes of @histograms. It computes: not for the window's thread.
 */
QsScaleSource *
qs_scale_source_new_calibrator (const QsCalibrator *calibrator,
                                QsHistogramSet     *histograms,
                                QsBeforeFusion      before_fusion)
{
  QsCalibratorOptions options = QS_CALIBRATOR_OPTIONS_INIT;
  QsScaleSource *self;

  options.before_fusion = before_fusion;
  self = scale_source_new (calibrator->id, calibrator->name, calibrator,
                           qs_histogram_set_calibrate (histograms, calibrator, &options));
  self->portability = qs_portability_of_calibrator (calibrator, before_fusion);
  return self;
}

QsScaleSource *
qs_scale_source_new_cache (const char   *name,
                           QsScaleTable *scales)
{
  return scale_source_new (QS_SCALE_SOURCE_CACHE, name, NULL, qs_scale_table_ref (scales));
}

QsScaleSource *
qs_scale_source_new_manual (const char   *name,
                            QsScaleTable *scales)
{
  return scale_source_new (QS_SCALE_SOURCE_MANUAL, name, NULL, qs_scale_table_ref (scales));
}

QsScaleSource *
qs_scale_source_ref (QsScaleSource *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_scale_source_unref (QsScaleSource *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->id);
  g_free (self->name);
  qs_scale_table_unref (self->scales);
  g_free (self);
}

const char *
qs_scale_source_get_id (QsScaleSource *self)
{
  return self->id;
}

const char *
qs_scale_source_get_name (QsScaleSource *self)
{
  return self->name;
}

const QsCalibrator *
qs_scale_source_get_calibrator (QsScaleSource *self)
{
  return self->calibrator;
}

QsScaleTable *
qs_scale_source_get_scales (QsScaleSource *self)
{
  return self->scales;
}

QsPortability
qs_scale_source_get_portability (QsScaleSource *self)
{
  return self->portability;
}

double
qs_scale_source_get_threshold (QsScaleSource *self,
                               const char    *tensor)
{
  float scale;

  if (!qs_scale_table_lookup (self->scales, tensor, &scale))
    return NAN;

  return (double) scale * 127.0;
}
