/* SPDX-License-Identifier: MIT */
#include "qs-preprocessing.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"

/* Values stay as they are stored. */
void
qs_preprocessing_init (QsPreprocessing *self)
{
  *self = (QsPreprocessing) { .scale = 1.0f };
  for (int c = 0; c < QS_MAX_CHANNELS; c++)
    self->std[c] = 1.0f;
}

static gboolean
parse_number (const char *text,
              double     *value)
{
  char *end;

  *value = g_ascii_strtod (text, &end);
  while (g_ascii_isspace (*end))
    end++;
  return end != text && *end == '\0' && isfinite (*value);
}

/* A number or a quotient of two ("1/255"), rounded to float32 once. */
static gboolean
parse_quotient (const char *text,
                float      *value)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 3);
  double numerator, denominator = 1.0;

  if (parts[0] == NULL || !parse_number (parts[0], &numerator))
    return FALSE;
  if (parts[1] != NULL && (!parse_number (parts[1], &denominator) || parts[2] != NULL))
    return FALSE;

  *value = (float) (numerator / denominator);
  return isfinite (*value);
}

static gboolean
parse_list (const char *what,
            const char *text,
            float      *values,
            int        *n,
            GError    **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", QS_MAX_CHANNELS + 1);
  guint count = g_strv_length (words);

  if (count == 0 || count > QS_MAX_CHANNELS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s: there must be 1 to %d numbers, not %u", what,
                   QS_MAX_CHANNELS, count);
      return FALSE;
    }

  for (guint i = 0; i < count; i++)
    if (!parse_quotient (words[i], &values[i]))
      {
        g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s: “%s” is not a number", what, words[i]);
        return FALSE;
      }

  *n = (int) count;
  return TRUE;
}

/* One number serves as many channels as the other list has. */
static gboolean
match_lengths (QsPreprocessing *self,
               int              n_mean,
               int              n_std,
               GError         **error)
{
  if (n_mean > 1 && n_std > 1 && n_mean != n_std)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "there are %d means but %d standard deviations", n_mean, n_std);
      return FALSE;
    }

  self->n_channels = MAX (n_mean, n_std);
  for (int c = 0; c < self->n_channels; c++)
    {
      self->mean[c] = self->mean[n_mean > 1 ? c : 0];
      self->std[c] = self->std[n_std > 1 ? c : 0];
    }
  return TRUE;
}

/**
 * qs_preprocessing_parse:
 * @scale: (nullable): a number or a quotient, "1/255"
 * @mean: (nullable): one per channel, or one for all, comma-separated
 * @std: (nullable): likewise; not zero
 *
 * Errors: %QS_ERROR_DATA, naming what cannot be understood; @self is unchanged then.
 */
gboolean
qs_preprocessing_parse (QsPreprocessing *self,
                        const char      *scale,
                        const char      *mean,
                        const char      *std,
                        GError         **error)
{
  QsPreprocessing parsed;
  int n_mean = 0, n_std = 0, n_scale = 0;
  float scales[QS_MAX_CHANNELS] = { 1.0f };

  qs_preprocessing_init (&parsed);
  if ((scale != NULL && !parse_list ("scale", scale, scales, &n_scale, error)) ||
      (mean != NULL && !parse_list ("mean", mean, parsed.mean, &n_mean, error)) ||
      (std != NULL && !parse_list ("std", std, parsed.std, &n_std, error)) ||
      !match_lengths (&parsed, n_mean, n_std, error))
    return FALSE;

  if (n_scale > 1 || scales[0] == 0.0f)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_DATA, "scale: there must be one, and not zero");
      return FALSE;
    }
  for (int c = 0; c < n_std; c++)
    if (parsed.std[c] == 0.0f)
      {
        g_set_error_literal (error, QS_ERROR, QS_ERROR_DATA, "std: values cannot be divided by zero");
        return FALSE;
      }

  parsed.scale = scales[0];
  *self = parsed;
  return TRUE;
}

gboolean
qs_preprocessing_is_identity (const QsPreprocessing *self)
{
  if (self->scale != 1.0f)
    return FALSE;

  for (int c = 0; c < self->n_channels; c++)
    if (self->mean[c] != 0.0f || self->std[c] != 1.0f)
      return FALSE;

  return TRUE;
}

/* The axis of the channels: 1, or the last one where only that has as many. */
static int
channel_axis (const QsPreprocessing *self,
              const QsShape         *shape)
{
  if (shape->n_dims > 1 && shape->dims[1] == self->n_channels)
    return 1;
  if (shape->n_dims > 1 && shape->dims[shape->n_dims - 1] == self->n_channels)
    return shape->n_dims - 1;

  return -1;
}

gboolean
qs_preprocessing_check (const QsPreprocessing *self,
                        const QsShape         *shape,
                        GError               **error)
{
  g_autofree char *text = NULL;

  if (self->n_channels <= 1 || channel_axis (self, shape) >= 0)
    return TRUE;

  text = qs_shape_to_string (shape);
  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "mean and std are given for %d channels, but shape %s has no such axis",
               self->n_channels, text);
  return FALSE;
}

/* One float32 operation after the other, as NumPy does it with float32 arrays. */
static void
apply_run (const QsPreprocessing *self,
           int                    channel,
           float                 *values,
           gint64                 n)
{
  float scale = self->scale, mean = self->mean[channel], std = self->std[channel];

  for (gint64 i = 0; i < n; i++)
    values[i] = (values[i] * scale - mean) / std;
}

gboolean
qs_preprocessing_apply (const QsPreprocessing *self,
                        const QsShape         *shape,
                        float                 *values,
                        GError               **error)
{
  gint64 n = qs_shape_n_elements (shape), run = 1;
  int axis;

  if (qs_preprocessing_is_identity (self))
    return TRUE;
  if (!qs_preprocessing_check (self, shape, error))
    return FALSE;

  if (self->n_channels <= 1)
    {
      apply_run (self, 0, values, n);
      return TRUE;
    }

  axis = channel_axis (self, shape);
  for (int i = axis + 1; i < shape->n_dims; i++)
    run *= shape->dims[i];
  for (gint64 first = 0, channel = 0; first < n; first += run)
    {
      apply_run (self, (int) channel, values + first, run);
      channel = (channel + 1) % self->n_channels;
    }
  return TRUE;
}
