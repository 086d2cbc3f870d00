/* SPDX-License-Identifier: MIT */
#include "qs-level-finish.h"

#include <string.h>

#include "numerics/qs-int8.h"

#define BLOCK_ROWS 16

/*
 * The end of every weighted layer: the steps of numerics/qs-int8.h, some rows of a tile at a time,
 * each step one loop that the compiler turns into a few vector instructions.
 */

QS_INLINE void
scale_row (const QsCpuEpilogue *self,
           gconstpointer        accumulators,
           gint64               column,
           const int            n,
           float               *values)
{
  const float *bias = self->bias + column;

  if (self->integer)
    {
      const gint32 *sums = accumulators;
      const float *multiplier = self->multiplier + column;

      for (int j = 0; j < n; j++)
        values[j] = qs_int8_scale_accumulator (sums[j], multiplier[j], bias[j]);
    }
  else
    {
      const float *sums = accumulators;

      if (self->multiplier != NULL)
        for (int j = 0; j < n; j++)
          values[j] = sums[j] * self->multiplier[column + j] + bias[j];
      else
        for (int j = 0; j < n; j++)
          values[j] = sums[j] + bias[j];
    }
}

QS_INLINE void
add_residual (const QsCpuEpilogue *self,
              gint64               offset,
              gint64               n_columns,
              const int            n,
              float               *values)
{
  if (self->residual_type == QS_DATA_TYPE_INT8)
    {
      gint8 bytes[QS_PANEL] = { 0 };

      memcpy (bytes, (const gint8 *) self->residual + offset, n_columns);
      for (int j = 0; j < n; j++)
        values[j] = __builtin_fmaf ((float) bytes[j], self->residual_scale, values[j]);
    }
  else
    {
      float floats[QS_PANEL] = { 0 };

      memcpy (floats, (const float *) self->residual + offset, n_columns * sizeof (float));
      for (int j = 0; j < n; j++)
        values[j] = values[j] + floats[j];
    }
}

QS_INLINE void
store_row (const QsCpuEpilogue *self,
           gint64               offset,
           gint64               n_columns,
           const int            n,
           const float         *values)
{
  gint8 bytes[QS_PANEL];

  if (self->out_type != QS_DATA_TYPE_INT8)
    {
      memcpy ((float *) self->out + offset, values,
              (n_columns == n ? n : n_columns) * sizeof (float));
      return;
    }

  for (int j = 0; j < n; j++)
    bytes[j] = qs_quantize (values[j], self->reciprocal);
  memcpy ((gint8 *) self->out + offset, bytes, n_columns == n ? n : n_columns);
}

/* The activation is applied to all rows together, since its steps depend on each other and are
 * fast only when there are many numbers to take in turn. */
QS_INLINE void
finish_rows (const QsCpuEpilogue *self,
             const guint8        *tile,
             guint                n_rows,
             gint64               first_row,
             gint64               column,
             gint64               n_columns,
             const int            n)
{
  float values[BLOCK_ROWS * QS_PANEL];

  for (guint r = 0; r < n_rows; r++)
    {
      scale_row (self, tile + r * QS_PANEL * 4, column, n, values + r * n);
      if (self->residual != NULL)
        add_residual (self, (first_row + r) * self->residual_row_stride + column, n_columns, n,
                      values + r * n);
    }

  qs_level_activation (&self->activation, values, n_rows * n);
  for (guint r = 0; r < n_rows; r++)
    store_row (self, (first_row + r) * self->row_stride + column, n_columns, n, values + r * n);
}

#ifdef QS_VECTORS

/* The same steps on whole vectors: a layer with few channels spends as much time here as in its
 * product. Activations that are no limits are applied to all rows together, as above. */

/* A vector before its activation. */
QS_INLINE Floats
scale_vector (const QsCpuEpilogue *self,
              const guint8        *sums,
              gint64               column,
              gint64               residual)
{
  return add_residual_vector (
    self, residual,
    self->integer ? scale_ints (self, LOAD_INTS (sums), column)
                  : scale_floats (self, LOAD_FLOATS ((const float *) (gconstpointer) sums), column));
}

QS_INLINE void
finish_vectors (const QsCpuEpilogue *self,
                const guint8        *tile,
                guint                n_rows,
                gint64               first_row,
                gint64               column,
                const int            n_vectors)
{
  const Limits limits = simple_limits (&self->activation);

  for (guint r = 0; r < n_rows; r++, tile += QS_PANEL * 4)
    {
      gint64 offset = (first_row + r) * self->row_stride + column;
      gint64 residual = (first_row + r) * self->residual_row_stride + column;
      Floats first = limit (&limits, scale_vector (self, tile, column, residual)), second = first;

      if (n_vectors > 1)
        second = limit (&limits, scale_vector (self, tile + QS_LANES * 4, column + QS_LANES,
                                               residual + QS_LANES));
      store_vectors (self, offset, first, second, n_vectors);
    }
}

/* At most BLOCK_ROWS rows, which stay in the first level cache between the three steps. */
QS_INLINE void
activate_vectors (const QsCpuEpilogue *self,
                  const guint8        *tile,
                  guint                n_rows,
                  gint64               first_row,
                  gint64               column,
                  const int            n_vectors)
{
  float values[BLOCK_ROWS * QS_PANEL] __attribute__ ((aligned (64)));
  const int n = n_vectors * QS_LANES;

  for (guint r = 0; r < n_rows; r++, tile += QS_PANEL * 4)
    for (int v = 0; v < n; v += QS_LANES)
      STORE_FLOATS (values + r * n + v,
                    scale_vector (self, tile + v * 4, column + v,
                                  (first_row + r) * self->residual_row_stride + column + v));

  qs_level_activation (&self->activation, values, n_rows * n);
  for (guint r = 0; r < n_rows; r++)
    store_vectors (self, (first_row + r) * self->row_stride + column, LOAD_FLOATS (values + r * n),
                   LOAD_FLOATS (values + r * n + n - QS_LANES), n_vectors);
}

QS_INLINE void
finish_panel (const QsCpuEpilogue *self,
              const guint8        *tile,
              guint                n_rows,
              gint64               first_row,
              gint64               column,
              const int            n_vectors)
{
  if (is_limit (&self->activation))
    finish_vectors (self, tile, n_rows, first_row, column, n_vectors);
  else
    for (guint r = 0; r < n_rows; r += BLOCK_ROWS)
      activate_vectors (self, tile + r * QS_PANEL * 4, MIN (BLOCK_ROWS, n_rows - r), first_row + r,
                        column, n_vectors);
}

/* FALSE when there is a column left over. */
static gboolean
finish_whole (const QsCpuEpilogue *self,
              const guint8        *tile,
              guint                n_rows,
              gint64               first_row,
              gint64               column,
              gint64               n_columns)
{
  if (n_columns % QS_LANES != 0)
    return FALSE;

  if (n_columns > QS_LANES)
    finish_panel (self, tile, n_rows, first_row, column, 2);
  else
    finish_panel (self, tile, n_rows, first_row, column, 1);
  return TRUE;
}

#else

static gboolean
finish_whole (const QsCpuEpilogue *self,
              const guint8        *tile,
              guint                n_rows,
              gint64               first_row,
              gint64               column,
              gint64               n_columns)
{
  return FALSE;
}

#endif

void
qs_level_epilogue (const QsCpuEpilogue *self,
                   gconstpointer        tile,
                   guint                n_rows,
                   gint64               first_row,
                   gint64               first_column,
                   gint64               n_columns)
{
  if (finish_whole (self, tile, n_rows, first_row, first_column, n_columns))
    return;

  for (guint r = 0; r < n_rows; r += BLOCK_ROWS)
    {
      const guint8 *rows = (const guint8 *) tile + r * QS_PANEL * 4;
      const guint n = MIN (BLOCK_ROWS, n_rows - r);

      if (n_columns > QS_LANES)
        finish_rows (self, rows, n, first_row + r, first_column, n_columns, QS_PANEL);
      else
        finish_rows (self, rows, n, first_row + r, first_column, n_columns, QS_LANES);
    }
}

void
qs_level_left (QsCpuLeft     left,
               const gint8  *from,
               gpointer      to,
               gint64        n)
{
  guint8 *bytes = to;
  gint16 *halves = to;

  if (left == QS_CPU_LEFT_OFFSET)
    for (gint64 i = 0; i < n; i++)
      bytes[i] = (guint8) from[i] ^ 0x80u;
  else if (left == QS_CPU_LEFT_WIDEN)
    for (gint64 i = 0; i < n; i++)
      halves[i] = from[i];
  else
    memcpy (to, from, n);
}
