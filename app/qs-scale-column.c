/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scale-column.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

static char *
dup_number (const char *format,
            double      value)
{
  if (isnan (value))
    return g_strdup ("");

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return g_strdup_printf (format, value);
#pragma GCC diagnostic pop
}

static char *
dup_name (QsScaleRow *row)
{
  return g_strdup (qs_scale_row_get_name (row));
}

static double
get_scale (QsScaleRow *row)
{
  return qs_scale_row_get_facts (row)->scale;
}

/* As many digits as a float32 needs. */
static char *
dup_scale (QsScaleRow *row)
{
  return dup_number ("%.9g", get_scale (row));
}

static char *
dup_bits (QsScaleRow *row)
{
  float scale = (float) get_scale (row);
  guint32 bits;

  if (isnan (scale))
    return g_strdup ("");

  memcpy (&bits, &scale, sizeof bits);
  return g_strdup_printf ("%x", bits);
}

static char *
dup_range (QsScaleRow *row)
{
  return dup_number ("%.6g", qs_scale_row_get_range (row));
}

static char *
dup_bin (QsScaleRow *row)
{
  double bin = qs_scale_row_get_bin (row);

  /* Translators: beyond the last bin of a histogram. */
  return bin > QS_HISTOGRAM_BINS ? g_strdup_printf (_("> %d"), QS_HISTOGRAM_BINS)
                                 : dup_number ("%.0f", bin);
}

static char *
dup_clipped (QsScaleRow *row)
{
  /* Translators: a percentage. */
  return dup_number (_("%.2f %%"), 100.0 * qs_scale_row_get_clipped (row));
}

static char *
dup_manual (QsScaleRow *row)
{
  return g_strdup (qs_scale_row_get_facts (row)->is_manual ? _("By hand") : "");
}

static double
get_other (QsScaleRow *row)
{
  return qs_scale_row_get_facts (row)->other;
}

static char *
dup_other (QsScaleRow *row)
{
  return dup_number ("%.9g", get_other (row));
}

static char *
dup_ratio (QsScaleRow *row)
{
  /* Translators: how many times larger. */
  return dup_number (_("%.4f ×"), qs_scale_row_get_ratio (row));
}

static double
get_spread (QsScaleRow *row)
{
  const QsScaleFacts *facts = qs_scale_row_get_facts (row);

  return facts->has_spread ? facts->spread.ratio : NAN;
}

static char *
dup_spread (QsScaleRow *row)
{
  return dup_number (_("%.4f ×"), get_spread (row));
}

static const QsScaleColumn columns[] = {
  { N_("Tensor"), NULL, -1, QS_SCALE_NEED_NOTHING, FALSE, dup_name, NULL },
  { N_("Scale"), N_("Range / 127"), 124, QS_SCALE_NEED_NOTHING, TRUE, dup_scale, get_scale },
  { N_("Bits"), N_("The scale’s float32 bits, as calibration caches have them"), 92,
    QS_SCALE_NEED_NOTHING, FALSE, dup_bits, get_scale },
  { N_("Range"), N_("The largest value that can be represented"), 92, QS_SCALE_NEED_NOTHING, FALSE,
    dup_range, qs_scale_row_get_range },
  { N_("Bin"), N_("The bin of the histogram in which the range ends, of 2048"), 72,
    QS_SCALE_NEED_HISTOGRAMS, FALSE, dup_bin, qs_scale_row_get_bin },
  { N_("Clipped"), N_("Share of the values that the range cuts off"), 86, QS_SCALE_NEED_HISTOGRAMS,
    FALSE, dup_clipped, qs_scale_row_get_clipped },
  { N_("Origin"), NULL, 86, QS_SCALE_NEED_MANUAL, FALSE, dup_manual, NULL },
  { N_("Other Scale"), N_("In the source that is compared with"), 124, QS_SCALE_NEED_OTHER, FALSE,
    dup_other, get_other },
  { N_("Ratio"), N_("Other scale / scale"), 92, QS_SCALE_NEED_OTHER, FALSE, dup_ratio,
    qs_scale_row_get_ratio },
  { N_("Spread"), N_("Largest / smallest scale over the orders of batches that were tried"), 92,
    QS_SCALE_NEED_SPREAD, FALSE, dup_spread, get_spread },
};

guint
qs_scale_column_get_n (void)
{
  return G_N_ELEMENTS (columns);
}

const QsScaleColumn *
qs_scale_column_get (guint index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (columns), NULL);

  return &columns[index];
}

int
qs_scale_column_compare (const QsScaleColumn *self,
                         QsScaleRow          *a,
                         QsScaleRow          *b)
{
  g_autofree char *text_a = NULL, *text_b = NULL;

  if (self->value != NULL)
    {
      double x = self->value (a), y = self->value (b);

      if (isnan (x) || isnan (y))
        return (int) isnan (x) - (int) isnan (y);
      return (x > y) - (x < y);
    }

  text_a = self->text (a);
  text_b = self->text (b);
  return g_utf8_collate (text_a, text_b);
}

gboolean
qs_scale_parse (const char *text,
                float      *scale)
{
  guint64 bits;
  guint32 word;
  char *end;

  if (g_ascii_strncasecmp (text, "0x", 2) != 0)
    {
      *scale = (float) g_strtod (text, &end);
      return end != text && end[strspn (end, " ")] == '\0';
    }

  if (!g_ascii_string_to_unsigned (text + 2, 16, 0, G_MAXUINT32, &bits, NULL))
    return FALSE;
  word = (guint32) bits;
  memcpy (scale, &word, sizeof word);
  return TRUE;
}
