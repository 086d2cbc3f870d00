/* SPDX-License-Identifier: MIT */
#include "qs-scale-row.h"

#include <math.h>

struct _QsScaleRow
{
  GObject parent_instance;

  char *name;
  QsScaleFacts facts;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsScaleRow, qs_scale_row, G_TYPE_OBJECT)

static void
qs_scale_row_finalize (GObject *object)
{
  g_free (QS_SCALE_ROW (object)->name);

  G_OBJECT_CLASS (qs_scale_row_parent_class)->finalize (object);
}

static void
qs_scale_row_class_init (QsScaleRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_scale_row_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
qs_scale_row_init (QsScaleRow *self)
{
}

QsScaleRow *
qs_scale_row_new (const char *name)
{
  QsScaleRow *self = g_object_new (QS_TYPE_SCALE_ROW, NULL);

  self->name = g_strdup (name);
  return self;
}

const char *
qs_scale_row_get_name (QsScaleRow *self)
{
  return self->name;
}

const QsScaleFacts *
qs_scale_row_get_facts (QsScaleRow *self)
{
  return &self->facts;
}

void
qs_scale_row_set_facts (QsScaleRow         *self,
                        const QsScaleFacts *facts)
{
  self->facts = *facts;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

gboolean
qs_scale_row_differs (QsScaleRow *self)
{
  double a = self->facts.scale, b = self->facts.other;

  return a != b && !(isnan (a) && isnan (b));
}

double
qs_scale_row_get_range (QsScaleRow *self)
{
  return 127.0 * self->facts.scale;
}

double
qs_scale_row_get_bin (QsScaleRow *self)
{
  double range = qs_scale_row_get_range (self), width;

  if (self->facts.histogram == NULL || !isfinite (range))
    return NAN;

  width = (double) qs_histogram_get_range (self->facts.histogram) / QS_HISTOGRAM_BINS;
  return width > 0.0 ? floor (range / width) : NAN;
}

double
qs_scale_row_get_clipped (QsScaleRow *self)
{
  double range = qs_scale_row_get_range (self);

  if (self->facts.histogram == NULL || !isfinite (range))
    return NAN;

  return qs_histogram_get_clipped (self->facts.histogram, (float) range);
}

double
qs_scale_row_get_ratio (QsScaleRow *self)
{
  double a = self->facts.scale, b = self->facts.other;

  return isfinite (a) && a > 0.0 && isfinite (b) && b > 0.0 ? b / a : NAN;
}
