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
  QsPreprocessing parsed, neutral;
  int n_mean = 0, n_std = 0, n_scale = 0;
  float scales[QS_MAX_CHANNELS] = { 1.0f };

  qs_preprocessing_init (&neutral);
  parsed = *self;
  qs_preprocessing_set_numbers (&parsed, &neutral);
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

#define NAME_ROW(id, name) name,
static const char *const resize_names[] = { QS_IMAGE_RESIZES (NAME_ROW) NULL };
static const char *const color_names[] = { QS_IMAGE_COLORS (NAME_ROW) NULL };
static const char *const layout_names[] = { QS_IMAGE_LAYOUTS (NAME_ROW) NULL };
#undef NAME_ROW

static int
lookup_name (const char *const *names,
             guint              n,
             const char        *name)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (names[i], name) == 0)
      return (int) i;

  return -1;
}

const char *
qs_image_resize_get_name (QsImageResize resize)
{
  return resize < QS_N_IMAGE_RESIZES ? resize_names[resize] : "";
}

const char *
qs_image_color_get_name (QsImageColor color)
{
  return color < QS_N_IMAGE_COLORS ? color_names[color] : "";
}

const char *
qs_image_layout_get_name (QsImageLayout layout)
{
  return layout < QS_N_IMAGE_LAYOUTS ? layout_names[layout] : "";
}

int
qs_image_resize_lookup (const char *name)
{
  return lookup_name (resize_names, QS_N_IMAGE_RESIZES, name);
}

int
qs_image_color_lookup (const char *name)
{
  return lookup_name (color_names, QS_N_IMAGE_COLORS, name);
}

int
qs_image_layout_lookup (const char *name)
{
  return lookup_name (layout_names, QS_N_IMAGE_LAYOUTS, name);
}

/* "256" is one side, "320x240" width and height. */
static gboolean
parse_size (const char *what,
            const char *text,
            int        *width,
            int        *height,
            GError    **error)
{
  g_auto (GStrv) sides = g_strsplit (text, "x", 3);
  gint64 values[2] = { 0, 0 };
  guint n = g_strv_length (sides);
  gboolean valid = n == 1 || n == 2;

  for (guint i = 0; valid && i < n; i++)
    valid = g_ascii_string_to_signed (sides[i], 10, 1, QS_MAX_IMAGE_SIDE, &values[i], NULL);
  if (!valid)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "%s: “%s” is neither a side's length nor WIDTHxHEIGHT, in pixels up to %d", what,
                   text, QS_MAX_IMAGE_SIDE);
      return FALSE;
    }

  *width = (int) values[0];
  *height = (int) values[1];
  return TRUE;
}

static gboolean
parse_resize (QsPreprocessing *self,
              const char      *text,
              GError         **error)
{
  int word = qs_image_resize_lookup (text);

  self->resize_width = self->resize_height = 0;
  if (word >= 0)
    self->resize = (QsImageResize) word;
  else if (!parse_size ("resize", text, &self->resize_width, &self->resize_height, error))
    return FALSE;
  else
    self->resize = self->resize_height == 0 ? QS_IMAGE_RESIZE_SHORTER : QS_IMAGE_RESIZE_EXACT;

  return TRUE;
}

static gboolean
parse_crop (QsPreprocessing *self,
            const char      *text,
            GError         **error)
{
  self->crop = strcmp (text, "none") != 0;
  self->crop_width = self->crop_height = 0;
  if (!self->crop || strcmp (text, "input") == 0)
    return TRUE;
  if (!parse_size ("crop", text, &self->crop_width, &self->crop_height, error))
    return FALSE;

  if (self->crop_height == 0)
    self->crop_height = self->crop_width;
  return TRUE;
}

static gboolean
parse_word (const char        *what,
            const char *const *names,
            guint              n,
            const char        *text,
            int               *value,
            GError           **error)
{
  g_autofree char *known = NULL;

  *value = lookup_name (names, n, text);
  if (*value >= 0)
    return TRUE;

  known = g_strjoinv (", ", (char **) names);
  g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s: there is no “%s”; there are %s", what, text,
               known);
  return FALSE;
}

/**
 * qs_preprocessing_parse_image:
 * @resize: (nullable): a number of pixels for the shorter side, WIDTHxHEIGHT for both; `shorter`
 *   and `exact` take the network input's own size; `none`
 * @crop: (nullable): a number of pixels, WIDTHxHEIGHT, `input` for the network input's own size, or
 *   `none`
 * @color: (nullable): `auto`, `rgb`, `bgr` or `grey`
 * @layout: (nullable): `auto`, `nchw` or `nhwc`
 *
 * Errors: %QS_ERROR_DATA, naming what cannot be understood; @self is unchanged then.
 */
gboolean
qs_preprocessing_parse_image (QsPreprocessing *self,
                              const char      *resize,
                              const char      *crop,
                              const char      *color,
                              const char      *layout,
                              GError         **error)
{
  QsPreprocessing parsed = *self;
  int value;

  if ((resize != NULL && !parse_resize (&parsed, resize, error)) ||
      (crop != NULL && !parse_crop (&parsed, crop, error)))
    return FALSE;

  if (color != NULL)
    {
      if (!parse_word ("color", color_names, QS_N_IMAGE_COLORS, color, &value, error))
        return FALSE;
      parsed.color = (QsImageColor) value;
    }
  if (layout != NULL)
    {
      if (!parse_word ("layout", layout_names, QS_N_IMAGE_LAYOUTS, layout, &value, error))
        return FALSE;
      parsed.layout = (QsImageLayout) value;
    }

  *self = parsed;
  return TRUE;
}

static gboolean
is_side (int length)
{
  return length >= 0 && length <= QS_MAX_IMAGE_SIDE;
}

/**
 * qs_preprocessing_validate:
 *
 * Errors: %QS_ERROR_DATA, naming the number that is out of range.
 */
gboolean
qs_preprocessing_validate (const QsPreprocessing *self,
                           GError               **error)
{
  const char *wrong = NULL;

  if (!is_side (self->resize_width) || !is_side (self->resize_height))
    wrong = "resize";
  if (!is_side (self->crop_width) || !is_side (self->crop_height))
    wrong = "crop";
  if (!isfinite (self->scale) || self->scale == 0.0f)
    wrong = "scale";
  if (self->n_channels < 0 || self->n_channels > QS_MAX_CHANNELS)
    wrong = "mean";
  for (int c = 0; wrong == NULL && c < self->n_channels; c++)
    if (!isfinite (self->mean[c]))
      wrong = "mean";
    else if (!isfinite (self->std[c]) || self->std[c] == 0.0f)
      wrong = "std";

  if (wrong == NULL)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s is out of range", wrong);
  return FALSE;
}

gboolean
qs_preprocessing_equal_image (const QsPreprocessing *a,
                              const QsPreprocessing *b)
{
  return a->resize == b->resize && a->resize_width == b->resize_width &&
         a->resize_height == b->resize_height && a->crop == b->crop &&
         a->crop_width == b->crop_width && a->crop_height == b->crop_height &&
         a->color == b->color && a->layout == b->layout;
}

gboolean
qs_preprocessing_equal (const QsPreprocessing *a,
                        const QsPreprocessing *b)
{
  gsize n = (gsize) a->n_channels * sizeof a->mean[0];

  return qs_preprocessing_equal_image (a, b) && a->scale == b->scale &&
         a->n_channels == b->n_channels && memcmp (a->mean, b->mean, n) == 0 &&
         memcmp (a->std, b->std, n) == 0;
}

void
qs_preprocessing_set_numbers (QsPreprocessing       *self,
                              const QsPreprocessing *numbers)
{
  self->scale = numbers->scale;
  self->n_channels = numbers->n_channels;
  memcpy (self->mean, numbers->mean, sizeof self->mean);
  memcpy (self->std, numbers->std, sizeof self->std);
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
