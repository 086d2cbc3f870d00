/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scale-plot.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "qs-draw-util.h"

typedef struct
{
  char *name;
  gboolean ghost;
  GArray *ranges;  /* double, by row; 0 for none */
  GArray *spreads; /* Spread, by row */
} Series;

/* 0 for none. */
typedef struct
{
  double low;
  double high;
} Spread;

typedef struct
{
  char *tensor;
  int tensor_id;
  double manual;
} Row;

struct _QsScalePlot
{
  gatomicrefcount ref_count;
  GPtrArray *series;
  GArray *rows;
  GHashTable *row_of_id;
};

G_DEFINE_BOXED_TYPE (QsScalePlot, qs_scale_plot, qs_scale_plot_ref, qs_scale_plot_unref)

static void
series_free (gpointer data)
{
  Series *series = data;

  g_free (series->name);
  g_array_unref (series->ranges);
  g_array_unref (series->spreads);
  g_free (series);
}

static void
row_clear (gpointer data)
{
  g_free (((Row *) data)->tensor);
}

QsScalePlot *
qs_scale_plot_new (void)
{
  QsScalePlot *self = g_new0 (QsScalePlot, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->series = g_ptr_array_new_with_free_func (series_free);
  self->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_array_set_clear_func (self->rows, row_clear);
  self->row_of_id = g_hash_table_new (NULL, NULL);
  return self;
}

QsScalePlot *
qs_scale_plot_ref (QsScalePlot *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_scale_plot_unref (QsScalePlot *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->series);
  g_array_unref (self->rows);
  g_hash_table_unref (self->row_of_id);
  g_free (self);
}

static Series *
get_series (QsScalePlot *self,
            guint        index)
{
  return g_ptr_array_index (self->series, index);
}

static Row *
get_row (QsScalePlot *self,
         guint        index)
{
  return &g_array_index (self->rows, Row, index);
}

guint
qs_scale_plot_add_series (QsScalePlot *self,
                          const char  *name,
                          gboolean     ghost)
{
  Series *series = g_new0 (Series, 1);

  series->name = g_strdup (name);
  series->ghost = ghost;
  series->ranges = g_array_new (FALSE, TRUE, sizeof (double));
  g_array_set_size (series->ranges, self->rows->len);
  series->spreads = g_array_new (FALSE, TRUE, sizeof (Spread));
  g_array_set_size (series->spreads, self->rows->len);
  g_ptr_array_add (self->series, series);
  return self->series->len - 1;
}

guint
qs_scale_plot_add_row (QsScalePlot *self,
                       const char  *tensor,
                       int          tensor_id)
{
  Row row = { .tensor = g_strdup (tensor), .tensor_id = tensor_id };

  g_array_append_val (self->rows, row);
  for (guint i = 0; i < self->series->len; i++)
    {
      g_array_set_size (get_series (self, i)->ranges, self->rows->len);
      g_array_set_size (get_series (self, i)->spreads, self->rows->len);
    }
  if (tensor_id >= 0)
    g_hash_table_insert (self->row_of_id, GINT_TO_POINTER (tensor_id),
                         GUINT_TO_POINTER (self->rows->len));
  return self->rows->len - 1;
}

static double
usable (double range)
{
  return isfinite (range) && range > 0 ? range : 0;
}

void
qs_scale_plot_set_range (QsScalePlot *self,
                         guint        row,
                         guint        series,
                         double       range)
{
  g_return_if_fail (row < self->rows->len && series < self->series->len);

  g_array_index (get_series (self, series)->ranges, double, row) = usable (range);
}

void
qs_scale_plot_set_spread (QsScalePlot *self,
                          guint        row,
                          guint        series,
                          double       low,
                          double       high)
{
  g_return_if_fail (row < self->rows->len && series < self->series->len);

  g_array_index (get_series (self, series)->spreads, Spread, row) =
    (Spread) { usable (low), usable (high) };
}

gboolean
qs_scale_plot_get_spread (QsScalePlot *self,
                          guint        row,
                          guint        series,
                          double      *low,
                          double      *high)
{
  const Spread *spread;

  g_return_val_if_fail (row < self->rows->len && series < self->series->len, FALSE);

  spread = &g_array_index (get_series (self, series)->spreads, Spread, row);
  *low = spread->low;
  *high = spread->high;
  return spread->low > 0 && spread->high > spread->low;
}

void
qs_scale_plot_set_manual (QsScalePlot *self,
                          guint        row,
                          double       range)
{
  g_return_if_fail (row < self->rows->len);

  get_row (self, row)->manual = usable (range);
}

guint
qs_scale_plot_get_n_rows (QsScalePlot *self)
{
  return self->rows->len;
}

guint
qs_scale_plot_get_n_series (QsScalePlot *self)
{
  return self->series->len;
}

const char *
qs_scale_plot_get_series_name (QsScalePlot *self,
                               guint        series)
{
  g_return_val_if_fail (series < self->series->len, NULL);

  return get_series (self, series)->name;
}

gboolean
qs_scale_plot_is_ghost (QsScalePlot *self,
                        guint        series)
{
  g_return_val_if_fail (series < self->series->len, FALSE);

  return get_series (self, series)->ghost;
}

const char *
qs_scale_plot_get_tensor (QsScalePlot *self,
                          guint        row)
{
  g_return_val_if_fail (row < self->rows->len, NULL);

  return get_row (self, row)->tensor;
}

int
qs_scale_plot_get_tensor_id (QsScalePlot *self,
                             guint        row)
{
  g_return_val_if_fail (row < self->rows->len, -1);

  return get_row (self, row)->tensor_id;
}

int
qs_scale_plot_find_tensor (QsScalePlot *self,
                           int          tensor_id)
{
  return (int) GPOINTER_TO_UINT (g_hash_table_lookup (self->row_of_id,
                                                      GINT_TO_POINTER (tensor_id))) - 1;
}

double
qs_scale_plot_get_range (QsScalePlot *self,
                         guint        row,
                         guint        series)
{
  g_return_val_if_fail (row < self->rows->len && series < self->series->len, 0);

  return g_array_index (get_series (self, series)->ranges, double, row);
}

double
qs_scale_plot_get_manual (QsScalePlot *self,
                          guint        row)
{
  g_return_val_if_fail (row < self->rows->len, 0);

  return get_row (self, row)->manual;
}

/* The smallest and the largest range of a row; returns how many there are. */
static guint
get_row_extent (QsScalePlot *self,
                guint        row,
                double      *low,
                double      *high)
{
  guint n = 0;

  *low = INFINITY;
  *high = 0;
  for (guint i = 0; i < self->series->len; i++)
    {
      double range = qs_scale_plot_get_range (self, row, i);

      if (range <= 0)
        continue;
      *low = MIN (*low, range);
      *high = MAX (*high, range);
      n++;
    }

  return n;
}

double
qs_scale_plot_get_ratio (QsScalePlot *self,
                         guint        row)
{
  double low, high;

  return get_row_extent (self, row, &low, &high) >= 2 ? high / low : 1;
}

static gint
compare_ratios (gconstpointer a,
                gconstpointer b,
                gpointer      user_data)
{
  const double *ratios = user_data;
  guint ra = *(const guint *) a;
  guint rb = *(const guint *) b;

  if (ratios[ra] != ratios[rb])
    return ratios[ra] > ratios[rb] ? -1 : 1;
  return ra < rb ? -1 : ra > rb;
}

guint *
qs_scale_plot_sort_by_ratio (QsScalePlot *self)
{
  guint n = self->rows->len;
  guint *order = g_new (guint, n + 1);
  g_autofree double *ratios = g_new (double, n + 1);

  for (guint i = 0; i < n; i++)
    {
      order[i] = i;
      ratios[i] = qs_scale_plot_get_ratio (self, i);
    }
  g_qsort_with_data (order, (int) n, sizeof (guint), compare_ratios, ratios);
  return order;
}

void
qs_scale_plot_get_extent (QsScalePlot *self,
                          double      *low,
                          double      *high)
{
  *low = INFINITY;
  *high = 0;
  for (guint row = 0; row < self->rows->len; row++)
    {
      double row_low, row_high;
      double manual = get_row (self, row)->manual;

      for (guint i = 0; i < self->series->len; i++)
        if (qs_scale_plot_get_spread (self, row, i, &row_low, &row_high))
          {
            *low = MIN (*low, row_low);
            *high = MAX (*high, row_high);
          }

      if (get_row_extent (self, row, &row_low, &row_high) > 0)
        {
          *low = MIN (*low, row_low);
          *high = MAX (*high, row_high);
        }
      if (manual > 0)
        {
          *low = MIN (*low, manual);
          *high = MAX (*high, manual);
        }
    }

  if (*high <= 0)
    {
      *low = 0.1;
      *high = 1;
      return;
    }

  *low = pow (10, floor (log10 (*low)));
  *high = pow (10, ceil (log10 (*high) + 1e-9));
}

char *
qs_scale_plot_describe_row (QsScalePlot *self,
                            guint        row)
{
  g_autoptr (GString) text = g_string_new (qs_scale_plot_get_tensor (self, row));

  g_string_append_c (text, ':');
  for (guint i = 0; i < self->series->len; i++)
    {
      double range = qs_scale_plot_get_range (self, row, i);
      g_autofree char *number = qs_draw_format_number (range);

      g_string_append_c (text, ' ');
      if (range > 0)
        /* Translators: a calibrator and its range, part of a list */
        g_string_append_printf (text, _("%s %s;"), get_series (self, i)->name, number);
      else
        /* Translators: a calibrator that has no range for a tensor, part of a list */
        g_string_append_printf (text, _("%s none;"), get_series (self, i)->name);
    }

  /* Translators: largest range of a tensor divided by the smallest */
  g_string_append_printf (text, _(" ratio %.2f"), qs_scale_plot_get_ratio (self, row));
  return g_string_free (g_steal_pointer (&text), FALSE);
}
