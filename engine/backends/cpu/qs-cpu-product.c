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
  self->panel_bytes = self->n_segments * self->segment_steps * funcs->unit * panel
                      * funcs->right_size;
  self->row_bytes = self->n_segments * self->segment_steps * funcs->unit * funcs->left_size;
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
divide_up (gint64 n,
           gint64 by)
{
  return (n + by - 1) / by;
}

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

/* What one thread needs: pointers and scratch rows of a block. */
typedef struct
{
  gsize pointers;
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
  share->scratch = ROUND_UP (rows * scratch_per_row, ALIGNMENT);
  return share->pointers + share->scratch;
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
  gint64 first_row;
  guint n_rows;
  guint n_tiles;
  gsize n_stretches;          /* of a tile */
  gint64 group;
  gboolean finish;            /* tiles take the epilogue, where their columns are whole vectors */
} Block;

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
make_stream (const Block  *block,
             gconstpointer at,
             gsize         pitch,
             gsize         n)
{
  return (QsCpuStream) { at, pitch, divide_up (n, block->n_stretches) };
}

/* Rows of a tile's part of the output, or of the residual, which has @stride elements per row. */
static QsCpuStream
make_near_stream (const Block  *block,
                  gconstpointer data,
                  QsDataType    type,
                  gint64        stride,
                  gint64        row,
                  gint64        column,
                  guint         n_rows)
{
  const gsize size = qs_data_type_size (type);
  const gint64 step = block->run->place != NULL ? block->run->place_step : 1;

  return make_stream (block, (const guint8 *) data + (row * stride + column) * size,
                      stride * step * size, n_rows);
}

/* Asks for the tile's part of the output, and of the residual: of the first of its rows, and as many
 * behind it as follow in line. */
static void
add_near_streams (const Block *block,
                  QsCpuTile   *tile,
                  gint64       row,
                  gint64       column,
                  guint        n_rows)
{
  const QsCpuEpilogue *epilogue = &block->epilogue;
  const gsize width = QS_CPU_PANEL (block->product->functions);

  if (block->run->place != NULL)
    row = block->run->place (block->run->source, row, &n_rows);
  tile->last_line = width * qs_data_type_size (epilogue->out_type) > LINE_BYTES ? LINE_BYTES : 0;
  tile->out = make_near_stream (block, epilogue->out, epilogue->out_type, epilogue->row_stride, row,
                                column, n_rows);
  if (epilogue->residual != NULL && epilogue->residual != epilogue->out)
    tile->residual = make_near_stream (block, epilogue->residual, epilogue->residual_type,
                                       epilogue->residual_row_stride, row, column, n_rows);
}

/* The share of tile @index of @bytes that all tiles together shall get. */
static void
add_far_stream (const Block  *block,
                QsCpuTile    *tile,
                guint         index,
                const guint8 *from,
                gsize         bytes)
{
  const gsize n = divide_up (divide_up (bytes, LINE_BYTES), block->n_tiles * block->n_stretches);
  const gsize offset = index * n * block->n_stretches * LINE_BYTES;

  if (offset < bytes)
    tile->far = (QsCpuStream) { from + offset, LINE_BYTES, n };
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

/* Rows [@first, @first + @n) of the block and one panel. */
static void
multiply_tile (const Block *block,
               gint64       panel,
               guint        first,
               guint        n,
               QsCpuTile   *tile)
{
  const QsCpuProduct *product = block->product;
  const gint64 width = QS_CPU_PANEL (product->functions), column = panel * width;
  const gint64 n_columns = MIN (width, product->n_columns - column);
  guint8 sums[QS_CPU_MAX_ROWS * QS_CPU_MAX_PANEL * 4] __attribute__ ((aligned (64)));
  const gboolean finish = block->finish && n_columns % product->functions->lanes == 0;

  tile->rows = block->rows + first;
  tile->row_pitch = block->n_rows;
  tile->n_segments = product->n_segments;
  tile->n_steps = product->segment_steps;
  tile->panel = product->packed
                + (block->group * product->n_panels + panel) * product->panel_bytes;
  if (product->initial != NULL)
    tile->initial = product->initial + block->group * qs_cpu_product_n_padded (product) + column;
  tile->sums = sums;
  tile->epilogue = finish ? &block->epilogue : NULL;
  tile->row = block->first_row + first;
  tile->column = column;

  product->funcs->tile (n, panel_vectors (product, panel), tile);
  if (block->run->place != NULL)
    finish_placed (block, sums, tile->row, n, column, n_columns);
  else if (!finish)
    product->functions->epilogue (&block->epilogue, sums, n, tile->row, column, n_columns);
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

/* @next: the panel that comes after this one, or %NULL. */
static void
multiply_panel (const Block  *block,
                gint64        panel,
                const guint8 *next)
{
  const gint64 column = panel * QS_CPU_PANEL (block->product->functions);
  const guint8 *fresh = next;
  gsize fresh_bytes = next != NULL ? block->product->panel_bytes : next_rows (block, &fresh);
  guint r = 0;

  for (guint t = 0; t < block->n_tiles; t++)
    {
      const guint n = tile_rows (block, t, r);
      QsCpuTile tile = { 0 };

      add_far_stream (block, &tile, t, fresh, fresh_bytes);
      add_near_streams (block, &tile, block->first_row + r, column, n);
      multiply_tile (block, panel, r, n, &tile);
      r += n;
    }
}

static void
run_panels (const Block *block,
            gint64       first,
            gint64       last)
{
  const QsCpuProduct *product = block->product;
  const guint8 *packed = product->packed
                         + (block->group * product->n_panels + first) * product->panel_bytes;

  for (gint64 p = first; p < last; p++, packed += product->panel_bytes)
    multiply_panel (block, p, p + 1 < last ? packed + product->panel_bytes : NULL);
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
  gint64 panel_block = item % blocking->n_panel_blocks;
  gint64 row_block = item / blocking->n_panel_blocks % blocking->n_row_blocks;
  Block block = {
    .run = job->run,
    .product = product,
    .rows = (const guint8 **) (gpointer) memory,
    .first_row = row_block * blocking->block_rows,
    .group = item / blocking->n_panel_blocks / blocking->n_row_blocks,
  };

  block.n_rows = MIN (blocking->block_rows, job->run->n_rows - block.first_row);
  block.n_tiles = divide_up (block.n_rows, product->funcs->max_rows);
  block.n_stretches = product->n_segments * divide_up (product->segment_steps, QS_CPU_STRETCH);
  epilogue_for_group (job->run, block.group, &block.epilogue);
  job->run->rows (job->run->source, block.group, block.first_row, block.n_rows,
                  memory + job->share.pointers, block.rows);
  block.finish = product->funcs->finishes && job->run->place == NULL
                 && qs_cpu_epilogue_is_simple (&block.epilogue);
  run_panels (&block, panel_block * blocking->block_panels,
              MIN ((panel_block + 1) * blocking->block_panels, product->n_panels));
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
