/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-image.h"

/* Weights are whole numbers with this many bits after the point, so that a resized image is the
 * same bits on every machine: 8 bits of value, and 2 for sums and sign, fill up 32. */
#define WEIGHT_BITS 22

/* One output pixel of an axis: the weighted sum of @n inputs from @first on. */
typedef struct
{
  int first;
  int n;
  gsize weights; /* index of the first in the axis' weights */
} Tap;

typedef struct
{
  Tap *taps;
  GArray *weights; /* (element-type gint32) */
} Axis;

static void
axis_clear (Axis *self)
{
  g_free (self->taps);
  g_array_unref (self->weights);
}

/* A tent over the inputs, as wide as one output pixel when the axis shrinks, so that every input
 * counts (antialiasing), and as wide as one input pixel when it grows. */
static void
axis_add_tap (Axis   *self,
              Tap    *tap,
              int     n_in,
              double  centre,
              double  width)
{
  int last = MIN ((int) (centre + width + 0.5), n_in);
  g_autofree double *weights = NULL;
  double sum = 0.0;

  tap->first = MAX ((int) (centre - width + 0.5), 0);
  tap->n = last - tap->first;
  tap->weights = self->weights->len;
  weights = g_new (double, (gsize) MAX (tap->n, 1));
  for (int i = 0; i < tap->n; i++)
    {
      weights[i] = MAX (1.0 - fabs ((i + tap->first - centre + 0.5) * (1.0 / width)), 0.0);
      sum += weights[i];
    }

  for (int i = 0; i < tap->n; i++)
    {
      gint32 fixed = (gint32) (0.5 + weights[i] / sum * (1 << WEIGHT_BITS));

      g_array_append_val (self->weights, fixed);
    }
}

static void
axis_init (Axis *self,
           int   n_in,
           int   n_out)
{
  double scale = (double) n_in / n_out;

  self->taps = g_new (Tap, (gsize) n_out);
  self->weights = g_array_new (FALSE, FALSE, sizeof (gint32));
  for (int i = 0; i < n_out; i++)
    axis_add_tap (self, &self->taps[i], n_in, (i + 0.5) * scale, MAX (scale, 1.0));
}

/* @stride: between the inputs of one sum */
static guint8
sum_tap (const Axis   *axis,
         const Tap    *tap,
         const guint8 *from,
         gsize         stride)
{
  const gint32 *weights = &g_array_index (axis->weights, gint32, tap->weights);
  gint32 sum = 1 << (WEIGHT_BITS - 1);

  from += (gsize) tap->first * stride;
  for (int i = 0; i < tap->n; i++, from += stride)
    sum += *from * weights[i];

  return (guint8) CLAMP (sum >> WEIGHT_BITS, 0, 255);
}

static QsImage *
resize_rows (const QsImage  *self,
             int             width,
             GError        **error)
{
  int height = qs_image_get_height (self), n = qs_image_get_n_channels (self);
  gsize stride = (gsize) qs_image_get_width (self) * (gsize) n;
  QsImage *resized = qs_image_new (width, height, n, error);
  const guint8 *from = qs_image_get_pixels (self);
  guint8 *to;
  Axis axis;

  if (resized == NULL)
    return NULL;

  axis_init (&axis, qs_image_get_width (self), width);
  to = qs_image_get_mutable (resized);
  for (int y = 0; y < height; y++, from += stride)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < n; c++)
        *to++ = sum_tap (&axis, &axis.taps[x], from + c, (gsize) n);

  axis_clear (&axis);
  return resized;
}

static QsImage *
resize_columns (const QsImage  *self,
                int             height,
                GError        **error)
{
  int width = qs_image_get_width (self), n = qs_image_get_n_channels (self);
  gsize stride = (gsize) width * (gsize) n;
  QsImage *resized = qs_image_new (width, height, n, error);
  const guint8 *from = qs_image_get_pixels (self);
  guint8 *to;
  Axis axis;

  if (resized == NULL)
    return NULL;

  axis_init (&axis, qs_image_get_height (self), height);
  to = qs_image_get_mutable (resized);
  for (int y = 0; y < height; y++)
    for (gsize x = 0; x < stride; x++)
      *to++ = sum_tap (&axis, &axis.taps[y], from + x, stride);

  axis_clear (&axis);
  return resized;
}

static QsImage *
copy (const QsImage  *self,
      GError        **error)
{
  return qs_image_crop_centre (self, qs_image_get_width (self), qs_image_get_height (self), error);
}

/**
 * qs_image_resize:
 *
 * Bilinear with antialiasing: first along the rows, then along the columns, each axis with a tent
 * filter whose half width is max(1, input/output) input pixels, weights normalized to a sum of 1 and
 * rounded to 22 bits, each pass rounded to 8 bits; an axis that keeps its length is not touched.
 * That is, bit for bit, what Pillow's Image.resize() does with BILINEAR, and so what torchvision's
 * Resize does with pictures; a resize without antialiasing (OpenCV's INTER_LINEAR) differs.
 *
 * Errors: %QS_ERROR_LIMIT.
 */
QsImage *
qs_image_resize (const QsImage  *self,
                 int             width,
                 int             height,
                 GError        **error)
{
  g_autoptr (QsImage) rows = NULL;

  if (width == qs_image_get_width (self))
    rows = copy (self, error);
  else if (width > 0 && width <= QS_MAX_IMAGE_SIDE)
    rows = resize_rows (self, width, error);
  else
    rows = qs_image_new (width, height, 1, error); /* says what is wrong */

  if (rows == NULL || height == qs_image_get_height (self))
    return g_steal_pointer (&rows);
  if (height < 1 || height > QS_MAX_IMAGE_SIDE)
    return qs_image_new (width, height, 1, error);

  return resize_columns (rows, height, error);
}
