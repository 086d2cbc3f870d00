/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

#include <string.h>

#define CALIBRATOR_ROW(x) &qs_calibrator_##x,

static const QsCalibrator *const calibrators[] = { QS_CALIBRATORS (CALIBRATOR_ROW) };

guint
qs_calibrator_get_n (void)
{
  return G_N_ELEMENTS (calibrators);
}

const QsCalibrator *
qs_calibrator_get (guint index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (calibrators), NULL);

  return calibrators[index];
}

/* (nullable): %NULL when there is no calibrator @id. */
const QsCalibrator *
qs_calibrator_lookup (const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (calibrators); i++)
    if (strcmp (calibrators[i]->id, id) == 0)
      return calibrators[i];

  return NULL;
}

/* Whether scales come from the network before layer fusion, under @choice. */
gboolean
qs_calibrator_runs_before_fusion (const QsCalibrator *self,
                                  QsBeforeFusion      choice)
{
  if (self->always_before_fusion || choice == QS_BEFORE_FUSION_YES)
    return TRUE;

  return choice == QS_BEFORE_FUSION_DEFAULT && !self->after_fusion;
}

/* TensorRT's scale is the threshold over 127, one float32 division: doing it in double gives other
 * last bits for caches that TensorRT wrote. */
void
qs_calibration_set_threshold (QsCalibration *self,
                              float          threshold)
{
  self->threshold = threshold;
  self->scale = threshold / 127.0f;
}

/**
 * qs_calibrator_compute:
 * @options: (nullable): parameters, %NULL for the defaults
 * @want_curve: whether to fill `result->curve` where the rule has one
 * @result: (out caller-allocates): cleared by [method@Calibration.clear]
 *
 * Applies the rule to one histogram. A uniformly zero tensor gets threshold and scale 0.
 */
void
qs_calibrator_compute (const QsCalibrator        *self,
                       const QsHistogram         *histogram,
                       const QsCalibratorOptions *options,
                       gboolean                   want_curve,
                       QsCalibration             *result)
{
  const QsCalibratorOptions defaults = QS_CALIBRATOR_OPTIONS_INIT;

  *result = (QsCalibration) { .bin = -1 };
  if (qs_histogram_get_range (histogram) > 0.0f)
    self->compute (histogram, options != NULL ? options : &defaults, want_curve, result);
}

void
qs_calibration_clear (QsCalibration *self)
{
  g_clear_pointer (&self->curve, g_free);
}
