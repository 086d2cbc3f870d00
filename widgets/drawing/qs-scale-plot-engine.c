/* SPDX-License-Identifier: MIT */
#include "qs-scale-plot.h"

guint
qs_scale_plot_add_table (QsScalePlot  *self,
                         const char   *name,
                         gboolean      ghost,
                         QsScaleTable *table)
{
  guint series = qs_scale_plot_add_series (self, name, ghost);

  for (guint row = 0; row < qs_scale_plot_get_n_rows (self); row++)
    {
      float scale;

      if (qs_scale_table_lookup_usable (table, qs_scale_plot_get_tensor (self, row), &scale))
        qs_scale_plot_set_range (self, row, series, (double) scale * 127);
    }

  return series;
}
