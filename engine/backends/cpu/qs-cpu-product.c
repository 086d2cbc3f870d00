/* SPDX-License-Identifier: MIT */
#include "qs-cpu-product.h"

#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"

#define ALIGNMENT 64
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

/* Bytes of the left side that stay in the second level cache while all panels pass by. */
#define BLOCK_BYTES (512 << 10)
#define MAX_BLOCK_ROWS 256

/* For a panel of more than so many spans it pays to put sums aside in between. */
#define MIN_SPANS 2

#define LINE_BYTES 64

/* Multiplications below which work is not worth handing to another thread. */
#define CHUNK_WORK 100000

/* Columns of all panels of one group. */
gint64
qs_cpu_product_n_padded (const QsCpuProduct *self)
{
  return self->n_panels * QS_CPU_PANEL (self->functions);
}

static guint
panel_vectors (const QsCpuProduct *self,
               gint64              panel)
{
  gint64 n_left = self->n_columns - panel * QS_CPU_PANEL (self->functions);

  return n_left > self->functions->lanes ? 2 : 1;
}

static gint64
divide_up (gint64 n,
           gint64 by)
{
  return (n + by - 1) / by;
}

/* Of a full panel. */
static gsize
step_bytes (const QsCpuProduct *self)
{
  return self->funcs->unit * QS_CPU_PANEL (self->functions) * self->funcs->right_size;
}

/* Cuts a large panel into spans of about equal size, of whole segments where those are small. */
static void
choose_spans (QsCpuProduct *self)
{
  const gint64 most = self->funcs->span_bytes / step_bytes (self);

  self->span_segments = self->n_segments;
  self->span_steps = self->segment_steps;
  if (most == 0 || self->n_segments * self->segment_steps <= MIN_SPANS * most)
    return;

  if (self->segment_steps > most)
    {
      self->span_segments = 1;
      self->span_steps = divide_up (self->segment_steps, divide_up (self->segment_steps, most));
    }
  else
    self->span_segments = divide_up (self->n_segments,
                                     divide_up (self->n_segments, most / self->segment_steps));
}

/**
 * qs_cpu_product_measure:
 * @segment: values of k per segment
 *
 * Fills in the sizes of a right side of @n_groups groups, without memory for it.
 */
void
qs_cpu_product_measure (QsCpuProduct            *self,
                        const QsCpuFunctions    *functions,
                        const QsCpuProductFuncs *funcs,
                        gint64                   n_groups,
                        gint64                   n_columns,
                        gint64                   n_segments,
                        gint64                   segment)
{
  const gint64 panel = QS_CPU_PANEL (functions);

  *self = (QsCpuProduct) {
    .functions = functions,
    .funcs = funcs,
    .n_groups = n_groups,
    .n_columns = n_columns,
    .n_panels = ROUND_UP (n_columns, panel) / panel,
    .n_segments = n_segments,
    .segment = segment,
    .segment_steps = ROUND_UP (segment, funcs->unit) / funcs->unit,
  };
  self->panel_bytes = self->n_segments * self->segment_steps * step_bytes (self);
  self->row_bytes = self->n_segments * self->segment_steps * funcs->unit * funcs->left_size;
  choose_spans (self);
}

/**
 * qs_cpu_product_init:
 *
 * qs_cpu_product_measure() with memory.
 */
gboolean
qs_cpu_product_init (QsCpuProduct            *self,
                     const QsCpuFunctions    *functions,
                     const QsCpuProductFuncs *funcs,
                     gint64                   n_groups,
                     gint64                   n_columns,
                     gint64                   n_segments,
                     gint64                   segment,
                     GError                 **error)
{
  gsize n_initial;

  qs_cpu_product_measure (self, functions, funcs, n_groups, n_columns, n_segments, segment);
  self->packed = qs_kernel_alloc (n_groups * self->n_panels * self->panel_bytes, error);
  if (self->packed == NULL)
    return FALSE;
  if (funcs->left != QS_CPU_LEFT_OFFSET)
    return TRUE;

  n_initial = n_groups * qs_cpu_product_n_padded (self);
  self->initial = qs_kernel_alloc (n_initial * sizeof (gint32), error);
  return self->initial != NULL;
}

void
qs_cpu_product_clear (QsCpuProduct *self)
{
  g_clear_pointer (&self->packed, free);
  g_clear_pointer (&self->initial, free);
}

static void
pack_panel (const QsCpuProduct *self,
            guint8             *to,
            gint64              panel,
            gconstpointer       matrix,
            gint64              k_stride,
            gint64              column_stride)
{
  const gint64 first = panel * QS_CPU_PANEL (self->functions);
  const gint64 width = panel_vectors (self, panel) * self->functions->lanes;
  const gint64 n = MIN (width, self->n_columns - first);
  const gint8 *from = (const gint8 *) matrix + first * column_stride;

  if (self->funcs->right_size == sizeof (float))
    self->functions->pack_f32 ((const float *) matrix + first * column_stride, k_stride,
                               column_stride, self->n_segments * self->segment, n, width,
                               (float *) (gpointer) to);
  else
    for (gint64 s = 0; s < self->n_segments; s++, from += self->segment * k_stride,
                to += self->segment_steps * width * self->funcs->unit * self->funcs->right_size)
      self->functions->pack_s8 (from, k_stride, column_stride, self->segment, n, width,
                                self->funcs->unit, self->funcs->right_size, to);
}

/* With left values of a + 128, sum (a w) = sum ((a + 128) w) - 128 sum (w): the product of the packed
 * panel and a row of 128. */
static void
find_initial (const QsCpuProduct *self,
              gint32             *initial,
              gint64              panel,
              const guint8       *packed)
{
  static const guint8 row[256] = { [0 ... 255] = 128 };
  const guint8 *rows[] = { row };
  const gint64 n_steps = self->n_segments * self->segment_steps;
  const gint64 max_steps = sizeof row / self->funcs->unit;
  const guint n_vectors = panel_vectors (self, panel);
  const gsize step_bytes = n_vectors * self->functions->lanes * sizeof (gint32);

  memset (initial, 0, QS_CPU_PANEL (self->functions) * sizeof *initial);
  for (gint64 k = 0; k < n_steps; k += max_steps)
    {
      QsCpuTile tile = { .rows = rows, .n_segments = 1, .n_steps = MIN (max_steps, n_steps - k),
                         .panel = packed + k * step_bytes, .initial = initial, .sums = initial };

      self->funcs->tile (1, n_vectors, &tile);
    }
  for (guint j = 0; j < QS_CPU_PANEL (self->functions); j++)
    initial[j] = -initial[j];
}

/**
 * qs_cpu_product_pack:
 * @matrix: (array): float32 or INT8 values
 * @k_stride: elements between neighbours along k
 * @column_stride: elements between neighbouring columns
 *
 * Packs the right side of one group.
 */
void
qs_cpu_product_pack (QsCpuProduct *self,
                     gint64        group,
                     gconstpointer matrix,
                     gint64        k_stride,
                     gint64        column_stride)
{
  guint8 *to = self->packed + group * self->n_panels * self->panel_bytes;

  for (gint64 panel = 0; panel < self->n_panels; panel++, to += self->panel_bytes)
    {
      pack_panel (self, to, panel, matrix, k_stride, column_stride);
      if (self->initial != NULL)
        find_initial (self,
                      self->initial + group * qs_cpu_product_n_padded (self)
                      + panel * QS_CPU_PANEL (self->functions),
                      panel, to);
    }
}

/* How a run is cut into items: rows by blocks, and columns too where there are few rows. */
typedef struct
{
  gint64 block_rows;
  gint64 n_row_blocks;
  gint64 block_panels;
  gint64 n_panel_blocks;
} Blocking;

static gint64
max_block_rows (const QsCpuProduct *self,
                gint64              n_rows)
{
  const gint64 tile = self->funcs->max_rows;
  gint64 rows = CLAMP (BLOCK_BYTES / MAX (self->row_bytes, 1), 2 * tile, MAX_BLOCK_ROWS);

  return MAX (1, MIN (rows / tile * tile, n_rows));
}

/*
 * One block of rows meets all panels, so that every weight is read from memory once where the rows
 * are few. For several threads such a block is cut by panels first, for the same reason, unless its
 * rows have to be copied together, which every cut would repeat.
 */
static void
choose_blocking (const QsCpuProductRun *run,
                 guint                  n_threads,
                 Blocking              *blocking)
{
  const QsCpuProduct *self = run->product;
  const gint64 wanted = n_threads > 1 ? 4 * n_threads : 1;
  const gint64 max_row_blocks = divide_up (run->n_rows, self->funcs->max_rows);
  gint64 row_blocks = divide_up (run->n_rows, max_block_rows (self, run->n_rows));
  gint64 panel_blocks = 1;

  if (run->scratch_per_row > 0)
    row_blocks = MAX (row_blocks, MIN (divide_up (wanted, self->n_groups), max_row_blocks));
  panel_blocks = CLAMP (divide_up (wanted, row_blocks * self->n_groups), 1, self->n_panels);
  row_blocks = MAX (row_blocks, MIN (divide_up (wanted, panel_blocks * self->n_groups),
                                     max_row_blocks));

  /* Blocks of equal size, of whole tiles where there are some blocks. */
  blocking->block_rows = divide_up (run->n_rows, row_blocks);
  if (blocking->block_rows < run->n_rows)
    blocking->block_rows = ROUND_UP (blocking->block_rows, self->funcs->max_rows);
  blocking->n_row_blocks = divide_up (run->n_rows, blocking->block_rows);
  blocking->block_panels = divide_up (self->n_panels, panel_blocks);
  blocking->n_panel_blocks = divide_up (self->n_panels, blocking->block_panels);
}

/* What one thread needs: pointers, sums and scratch rows of a block. */
typedef struct
{
  gsize pointers;
  gsize sums;
  gsize scratch;
} Share;

static gsize
share_init (Share              *share,
            const QsCpuProduct *self,
            gint64              n_rows,
            gsize               scratch_per_row)
{
  gint64 rows = max_block_rows (self, n_rows);

  share->pointers = ROUND_UP (rows * self->n_segments * sizeof (gpointer), ALIGNMENT);
  share->sums = ROUND_UP (rows * QS_CPU_PANEL (self->functions) * sizeof (gint32), ALIGNMENT);
  share->scratch = ROUND_UP (rows * scratch_per_row, ALIGNMENT);
  return share->pointers + share->sums + share->scratch;
}

gsize
qs_cpu_product_workspace (const QsCpuProduct *self,
                          gint64              n_rows,
                          gsize               scratch_per_row,
                          guint               n_threads)
{
  Share share;

  return n_threads * share_init (&share, self, n_rows, scratch_per_row);
}

typedef struct
{
  const QsCpuProductRun *run;
  Blocking blocking;
  Share share;
  gsize share_bytes;
  guint8 *workspace;
} Job;

/* A block being worked on. */
typedef struct
{
  const QsCpuProductRun *run;
  const QsCpuProduct *product;
  QsCpuEpilogue epilogue;     /* as seen from the first column of its group */
  const guint8 **rows;
  guint8 *sums;               /* of a panel's columns */
  gint64 first_row;
  guint n_rows;
  guint n_tiles;
  gint64 group;
  gint64 last_panel;          /* the one after it */
  gboolean finish;            /* tiles take the epilogue, where their columns are whole vectors */
} Block;

/* What of k all tiles of a block take before any takes more, and the panel. Between one span and the
 * next, sums wait in the block's. */
typedef struct
{
  const Block *block;
  gint64 panel;
  gint64 segment, n_segments;
  gint64 step, n_steps;
  gsize n_stretches;          /* of a tile */
  guint n_vectors;
  const guint8 *packed;       /* its part of the panel */
  gboolean first, last;
} Span;

static const guint8 *
panel_at (const Block *block,
          gint64       panel)
{
  return block->product->packed
         + (block->group * block->product->n_panels + panel) * block->product->panel_bytes;
}

/* Steps of k in front of the span, and up to its end. */
static gint64
steps_before (const Span *span)
{
  return span->segment * span->block->product->segment_steps + span->step;
}

static gint64
steps_through (const Span *span)
{
  return steps_before (span) + span->n_segments * span->n_steps;
}

static void
epilogue_for_group (const QsCpuProductRun *run,
                    gint64                 group,
                    QsCpuEpilogue         *epilogue)
{
  const gint64 padded = group * qs_cpu_product_n_padded (run->product);
  const gint64 column = group * run->product->n_columns;

  *epilogue = run->epilogue;
  epilogue->bias += padded;
  if (epilogue->multiplier != NULL)
    epilogue->multiplier += padded;
  epilogue->out = (guint8 *) epilogue->out + column * qs_data_type_size (epilogue->out_type);
  if (epilogue->residual != NULL)
    epilogue->residual = (const guint8 *) epilogue->residual
                         + column * qs_data_type_size (epilogue->residual_type);
}

/* Memory that comes in while a tile is computed: @n lines of it, @pitch apart. */
static QsCpuStream
make_stream (const Span    *span,
             gconstpointer  at,
             gsize          pitch,
             gsize          n)
{
  return (QsCpuStream) { at, pitch, divide_up (n, span->n_stretches) };
}

/* Rows of a tile's part of the output, or of the residual, which has @stride elements per row. */
static QsCpuStream
make_near_stream (const Span    *span,
                  gconstpointer  data,
                  QsDataType     type,
                  gint64         stride,
                  gint64         row,
                  gint64         column,
                  guint          n_rows)
{
  const QsCpuProductRun *run = span->block->run;
  const gsize size = qs_data_type_size (type);
  const gint64 step = run->place != NULL ? run->place_step : 1;

  return make_stream (span, (const guint8 *) data + (row * stride + column) * size,
                      stride * step * size, n_rows);
}

/* Asks for the tile's part of the output, and of the residual: of the first of its rows, and as many
 * behind it as follow in line. */
static void
add_near_streams (const Span *span,
                  QsCpuTile  *tile,
                  gint64      row,
                  gint64      column,
                  guint       n_rows)
{
  const Block *block = span->block;
  const QsCpuEpilogue *epilogue = &block->epilogue;
  const gsize width = QS_CPU_PANEL (block->product->functions);

  if (block->run->place != NULL)
    row = block->run->place (block->run->source, row, &n_rows);
  tile->last_line = width * qs_data_type_size (epilogue->out_type) > LINE_BYTES ? LINE_BYTES : 0;
  tile->out = make_near_stream (span, epilogue->out, epilogue->out_type, epilogue->row_stride, row,
                                column, n_rows);
  if (epilogue->residual != NULL && epilogue->residual != epilogue->out)
    tile->residual = make_near_stream (span, epilogue->residual, epilogue->residual_type,
                                       epilogue->residual_row_stride, row, column, n_rows);
}

/* Bytes of the left side that the next block of rows will need, when they follow this block's. */
static gsize
next_rows (const Block   *block,
           const guint8 **from)
{
  const gint64 last = block->n_rows - 1, row_bytes = block->product->row_bytes;
  const gint64 n_left = block->run->n_rows - block->first_row - block->n_rows;

  *from = block->rows[last] + row_bytes;
  if (block->product->n_segments > 1 || block->rows[last] - block->rows[0] != last * row_bytes)
    return 0;
  return MIN (n_left, block->n_rows) * row_bytes;
}

/* What comes after the span: the rest of its panel, the next panel's start, or more rows. */
static gsize
next_memory (const Span    *span,
             const guint8 **from)
{
  const Block *block = span->block;
  const QsCpuProduct *product = block->product;
  const gsize bytes = product->span_segments * product->span_steps * step_bytes (product);
  const gsize done = steps_through (span) * step_bytes (product);

  if (span->last && span->panel + 1 == block->last_panel)
    return next_rows (block, from);
  *from = panel_at (block, span->panel) + done;
  return span->last ? bytes : MIN (bytes, product->panel_bytes - done);
}

/* The first tile's share of what all tiles together shall get, which ends at @end. */
static QsCpuStream
make_far_stream (const Span    *span,
                 const guint8 **end)
{
  const guint8 *from;
  const gsize bytes = next_memory (span, &from);

  *end = from + bytes;
  return (QsCpuStream) { from, LINE_BYTES,
                         divide_up (divide_up (bytes, LINE_BYTES),
                                    span->block->n_tiles * span->n_stretches) };
}

/* The epilogue of rows that do not follow each other, as many at a time as lie equally far apart. */
static void
finish_placed (const Block  *block,
               const guint8 *sums,
               gint64        row,
               guint         n_rows,
               gint64        column,
               gint64        n_columns)
{
  const QsCpuProductRun *run = block->run;
  const QsCpuFunctions *functions = block->product->functions;
  QsCpuEpilogue epilogue = block->epilogue;
  const gint64 stride = epilogue.row_stride, residual_stride = epilogue.residual_row_stride;
  guint n;

  epilogue.row_stride *= run->place_step;
  epilogue.residual_row_stride *= run->place_step;
  for (guint r = 0; r < n_rows; r += n)
    {
      gint64 position;

      n = n_rows - r;
      position = run->place (run->source, row + r, &n);
      epilogue.out = (guint8 *) block->epilogue.out
                     + position * stride * qs_data_type_size (epilogue.out_type);
      if (epilogue.residual != NULL)
        epilogue.residual = (const guint8 *) block->epilogue.residual
                            + position * residual_stride
                                * qs_data_type_size (epilogue.residual_type);
      functions->epilogue (&epilogue, sums + r * QS_CPU_PANEL (functions) * 4, n, 0, column,
                           n_columns);
    }
}

/* Where the tile's rows start, and what their sums do. */
static void
start_tile (const Span    *span,
            guint          first,
            guint          n,
            const guint8 **moved,
            QsCpuTile     *tile)
{
  const Block *block = span->block;
  const QsCpuProduct *product = block->product;
  const gint64 width = QS_CPU_PANEL (product->functions);

  tile->rows = block->rows + span->segment * block->n_rows + first;
  if (span->step > 0)
    {
      for (guint r = 0; r < n; r++)
        moved[r] = tile->rows[r] + span->step * product->funcs->unit * product->funcs->left_size;
      tile->rows = moved;
    }

  tile->sums = block->sums + (span->first && span->last ? 0 : first * width * 4);
  if (!span->first)
    {
      tile->initial = tile->sums;
      tile->initial_pitch = width;
    }
  else if (product->initial != NULL)
    tile->initial = product->initial + block->group * qs_cpu_product_n_padded (product)
                    + tile->column;
}

/* Rows [@first, @first + @n) of the block. */
static void
multiply_tile (const Span *span,
               guint       first,
               guint       n,
               QsCpuTile  *tile)
{
  const Block *block = span->block;
  const QsCpuProduct *product = block->product;
  const gint64 width = QS_CPU_PANEL (product->functions), column = span->panel * width;
  const gint64 n_columns = MIN (width, product->n_columns - column);
  const gboolean finish = span->last && block->finish
                          && n_columns % product->functions->lanes == 0;
  const guint8 *moved[QS_CPU_MAX_ROWS];

  tile->row = block->first_row + first;
  tile->column = column;
  start_tile (span, first, n, moved, tile);
  tile->row_pitch = block->n_rows;
  tile->n_segments = span->n_segments;
  tile->n_steps = span->n_steps;
  tile->panel = span->packed;
  tile->epilogue = finish ? &block->epilogue : NULL;

  product->funcs->tile (n, span->n_vectors, tile);
  if (!span->last)
    return;
  if (block->run->place != NULL)
    finish_placed (block, tile->sums, tile->row, n, column, n_columns);
  else if (!finish)
    product->functions->epilogue (&block->epilogue, tile->sums, n, tile->row, column, n_columns);
}

/* Rows of tile @t, of which @first are done: evenly spread, since a tile with few rows costs nearly as
 * much as a full one. */
static guint
tile_rows (const Block *block,
           guint        t,
           guint        first)
{
  return (block->n_rows - first + block->n_tiles - t - 1) / (block->n_tiles - t);
}

static void
multiply_span (const Span *span)
{
  const Block *block = span->block;
  const gint64 column = span->panel * QS_CPU_PANEL (block->product->functions);
  const guint8 *end;
  QsCpuStream far = make_far_stream (span, &end);
  const gsize share = far.n * span->n_stretches * far.pitch;
  guint r = 0;

  for (guint t = 0; t < block->n_tiles; t++)
    {
      const guint n = tile_rows (block, t, r);
      QsCpuTile tile = { 0 };

      if (far.at < end)
        tile.far = far;
      far.at += share;
      if (span->last)
        add_near_streams (span, &tile, block->first_row + r, column, n);
      multiply_tile (span, r, n, &tile);
      r += n;
    }
}

/* The part of the panel that starts with step @step of segment @segment. */
static void
make_span (const Block *block,
           gint64       panel,
           gint64       segment,
           gint64       step,
           Span        *span)
{
  const QsCpuProduct *product = block->product;

  *span = (Span) {
    .block = block,
    .panel = panel,
    .segment = segment,
    .n_segments = MIN (product->span_segments, product->n_segments - segment),
    .step = step,
    .n_steps = MIN (product->span_steps, product->segment_steps - step),
    .n_vectors = panel_vectors (product, panel),
    .first = segment == 0 && step == 0,
  };
  span->n_stretches = MAX (1, span->n_segments * divide_up (span->n_steps, QS_CPU_STRETCH));
  span->packed = panel_at (block, panel)
                 + steps_before (span) * step_bytes (product) / 2 * span->n_vectors;
  span->last = steps_through (span) == product->n_segments * product->segment_steps;
}

static void
multiply_panel (const Block *block,
                gint64       panel)
{
  gint64 segment = 0, step = 0;
  Span span;

  /* A sum of nothing has one span, too. */
  do
    {
      make_span (block, panel, segment, step, &span);
      multiply_span (&span);
      step += span.n_steps;
      if (step == block->product->segment_steps)
        {
          segment += span.n_segments;
          step = 0;
        }
    }
  while (!span.last);
}

/* Items are numbered so that neighbours share their rows' group. */
static void
run_item (const Job *job,
          gint64     item,
          guint      thread)
{
  const Blocking *blocking = &job->blocking;
  const QsCpuProduct *product = job->run->product;
  guint8 *memory = job->workspace + thread * job->share_bytes;
  gint64 first_panel = item % blocking->n_panel_blocks * blocking->block_panels;
  gint64 row_block = item / blocking->n_panel_blocks % blocking->n_row_blocks;
  Block block = {
    .run = job->run,
    .product = product,
    .rows = (const guint8 **) (gpointer) memory,
    .sums = memory + job->share.pointers,
    .last_panel = MIN (first_panel + blocking->block_panels, product->n_panels),
    .first_row = row_block * blocking->block_rows,
    .group = item / blocking->n_panel_blocks / blocking->n_row_blocks,
  };

  block.n_rows = MIN (blocking->block_rows, job->run->n_rows - block.first_row);
  block.n_tiles = divide_up (block.n_rows, product->funcs->max_rows);
  epilogue_for_group (job->run, block.group, &block.epilogue);
  job->run->rows (job->run->source, block.group, block.first_row, block.n_rows,
                  block.sums + job->share.sums, block.rows);
  block.finish = product->funcs->finishes && job->run->place == NULL
                 && qs_cpu_epilogue_is_simple (&block.epilogue);
  for (gint64 p = first_panel; p < block.last_panel; p++)
    multiply_panel (&block, p);
}

static void
run_items (gint64   first,
           gint64   last,
           guint    thread,
           gpointer user_data)
{
  for (gint64 item = first; item < last; item++)
    run_item (user_data, item, thread);
}

/**
 * qs_cpu_product_run:
 * @workspace: as much as qs_cpu_product_workspace() said
 * @pool: (nullable): threads to use, %NULL for the calling one alone
 *
 * Computes all rows and columns. Every output is summed by one thread in the order of k, so results
 * do not depend on the number of threads or on how the work was cut.
 */
void
qs_cpu_product_run (const QsCpuProductRun *self,
                    gpointer               workspace,
                    QsThreadPool          *pool)
{
  const QsCpuProduct *product = self->product;
  Job job = { .run = self, .workspace = workspace };
  gint64 work, n_items;

  if (self->n_rows == 0 || product->n_columns == 0)
    return;

  choose_blocking (self, pool != NULL ? qs_thread_pool_get_n_threads (pool) : 1, &job.blocking);
  job.share_bytes = share_init (&job.share, product, self->n_rows, self->scratch_per_row);
  n_items = product->n_groups * job.blocking.n_row_blocks * job.blocking.n_panel_blocks;
  work = job.blocking.block_rows * job.blocking.block_panels * QS_CPU_PANEL (product->functions)
         * product->n_segments * product->segment;

  if (pool != NULL)
    qs_thread_pool_run (pool, n_items, 1 + CHUNK_WORK / MAX (work, 1), run_items, &job);
  else
    run_items (0, n_items, 0, &job);
}
