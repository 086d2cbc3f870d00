/* SPDX-License-Identifier: MIT */
#include "qs-cpu-product.h"

#include <stdlib.h>
#include <string.h>

#include "core/qs-error.h"

#define ALIGNMENT 64
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

/* Rows that one thread works on at a time: their part of the left side stays in the second level
 * cache while all panels pass by. */
#define MAX_BLOCK_ROWS 48
#define BLOCK_BYTES (384 << 10)

/* Bytes of a panel that stay in the first level cache while a block's rows pass by. */
#define PANEL_BYTES (24 << 10)

/* Multiplications below which work is not worth handing to another thread. */
#define CHUNK_WORK 100000

/**
 * qs_cpu_alloc:
 *
 * Zeroed memory, aligned to 64 bytes, to be freed with free().
 *
 * Errors: too little memory.
 */
gpointer
qs_cpu_alloc (gsize    size,
              GError **error)
{
  gpointer memory = aligned_alloc (ALIGNMENT, ROUND_UP (MAX (size, 1), ALIGNMENT));

  if (memory == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "there is no memory for %" G_GSIZE_FORMAT " bytes", size);
  else
    memset (memory, 0, size);

  return memory;
}

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
  self->packed = qs_cpu_alloc (n_groups * self->n_panels * self->panel_bytes, error);
  if (self->packed == NULL)
    return FALSE;
  if (funcs->left != QS_CPU_LEFT_OFFSET)
    return TRUE;

  n_initial = n_groups * qs_cpu_product_n_padded (self);
  self->initial = qs_cpu_alloc (n_initial * sizeof (gint32), error);
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
                to += self->segment_steps * width * sizeof (guint32))
      self->functions->pack_s8 (from, k_stride, column_stride, self->segment, n, width,
                                self->funcs->right_size, (guint32 *) (gpointer) to);
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
    self->funcs->tile (1, rows, 0, MIN (max_steps, n_steps - k), packed + k * step_bytes, n_vectors,
                       initial);
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
  gint64 row_bytes = self->n_segments * self->segment_steps * self->funcs->unit
                     * self->funcs->left_size;
  gint64 rows = CLAMP (BLOCK_BYTES / MAX (row_bytes, 1), 2 * self->funcs->max_rows, MAX_BLOCK_ROWS);

  return MAX (1, MIN (rows, n_rows));
}

static void
choose_blocking (const QsCpuProduct *self,
                 gint64              n_rows,
                 guint               n_threads,
                 Blocking           *blocking)
{
  const gint64 wanted = n_threads > 1 ? 4 * n_threads : 1;
  gint64 rows = max_block_rows (self, n_rows);

  /* Blocks of equal size, and enough of them. */
  blocking->n_row_blocks = (n_rows + rows - 1) / rows;
  if (blocking->n_row_blocks * self->n_groups < wanted)
    blocking->n_row_blocks = MIN (wanted, (n_rows + self->funcs->max_rows - 1)
                                          / self->funcs->max_rows);
  blocking->block_rows = (n_rows + blocking->n_row_blocks - 1) / blocking->n_row_blocks;
  blocking->n_row_blocks = (n_rows + blocking->block_rows - 1) / blocking->block_rows;

  blocking->n_panel_blocks = CLAMP (wanted / (blocking->n_row_blocks * self->n_groups), 1,
                                    self->n_panels);
  blocking->block_panels = (self->n_panels + blocking->n_panel_blocks - 1)
                           / blocking->n_panel_blocks;
  blocking->n_panel_blocks = (self->n_panels + blocking->block_panels - 1)
                             / blocking->block_panels;
}

/* What one thread needs: pointers, scratch rows and accumulators of a block. */
typedef struct
{
  gsize pointers;
  gsize scratch;
  gsize tile;
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
  share->tile = rows * QS_CPU_PANEL (self->functions) * 4;
  return share->pointers + share->scratch + ROUND_UP (share->tile, ALIGNMENT);
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
  const QsCpuProduct *product;
  const guint8 **rows;
  gint64 first_row;
  guint n_rows;
  gint64 group;
  guint8 *tile;
} Block;

static void
start_tile (const Block *block,
            gint64       panel)
{
  const QsCpuProduct *product = block->product;
  const gsize row_bytes = QS_CPU_PANEL (product->functions) * 4;
  const gint32 *initial;

  if (product->initial == NULL)
    {
      memset (block->tile, 0, block->n_rows * row_bytes);
      return;
    }

  initial = product->initial + block->group * qs_cpu_product_n_padded (product)
            + panel * QS_CPU_PANEL (product->functions);
  for (guint r = 0; r < block->n_rows; r++)
    memcpy (block->tile + r * row_bytes, initial, row_bytes);
}

/* Adds the products of @n_steps steps of one segment to the tile. The rows are spread evenly over
 * calls, since a call with few rows costs nearly as much as a full one. */
static void
multiply_steps (const Block        *block,
                const guint8 *const *rows,
                gint64              first_step,
                gint64              n_steps,
                const guint8       *panel,
                guint               n_vectors)
{
  const QsCpuProductFuncs *funcs = block->product->funcs;
  const gsize row_bytes = QS_CPU_PANEL (block->product->functions) * 4;
  const guint n_calls = (block->n_rows + funcs->max_rows - 1) / funcs->max_rows;
  guint r = 0;

  for (guint call = 0; call < n_calls; call++)
    {
      guint n = (block->n_rows - r + n_calls - call - 1) / (n_calls - call);

      funcs->tile (n, rows + r, first_step * funcs->unit * funcs->left_size, n_steps, panel,
                   n_vectors, block->tile + r * row_bytes);
      r += n;
    }
}

static void
multiply_panel (const Block  *block,
                const guint8 *panel,
                guint         n_vectors)
{
  const QsCpuProduct *product = block->product;
  const gsize step_bytes = n_vectors * product->functions->lanes * product->funcs->unit
                           * product->funcs->right_size;
  const gint64 max_steps = PANEL_BYTES / step_bytes;

  for (gint64 s = 0; s < product->n_segments; s++)
    for (gint64 k = 0; k < product->segment_steps; k += max_steps)
      {
        gint64 n_steps = MIN (max_steps, product->segment_steps - k);

        multiply_steps (block, block->rows + s * block->n_rows, k, n_steps, panel, n_vectors);
        panel += n_steps * step_bytes;
      }
}

/* The epilogue as seen from the first column of the block's group. */
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

static void
run_panels (const QsCpuProductRun *run,
            const Block           *block,
            gint64                 first,
            gint64                 last)
{
  const QsCpuProduct *product = run->product;
  const guint8 *packed = product->packed + block->group * product->n_panels * product->panel_bytes;
  const gint64 width = QS_CPU_PANEL (product->functions);
  QsCpuEpilogue epilogue;

  epilogue_for_group (run, block->group, &epilogue);
  for (gint64 p = first; p < last; p++)
    {
      start_tile (block, p);
      multiply_panel (block, packed + p * product->panel_bytes, panel_vectors (product, p));
      product->functions->epilogue (&epilogue, block->tile, block->n_rows, block->first_row,
                                    p * width, MIN (width, product->n_columns - p * width));
    }
}

/* Items are numbered so that neighbours share their rows' group. */
static void
run_item (const Job *job,
          gint64     item,
          guint      thread)
{
  const Blocking *blocking = &job->blocking;
  guint8 *memory = job->workspace + thread * job->share_bytes;
  gint64 panel_block = item % blocking->n_panel_blocks;
  gint64 row_block = item / blocking->n_panel_blocks % blocking->n_row_blocks;
  Block block = {
    .product = job->run->product,
    .rows = (const guint8 **) (gpointer) memory,
    .first_row = row_block * blocking->block_rows,
    .group = item / blocking->n_panel_blocks / blocking->n_row_blocks,
    .tile = memory + job->share.pointers + job->share.scratch,
  };

  block.n_rows = MIN (blocking->block_rows, job->run->n_rows - block.first_row);
  job->run->rows (job->run->source, block.group, block.first_row, block.n_rows,
                  memory + job->share.pointers, block.rows);
  run_panels (job->run, &block, panel_block * blocking->block_panels,
              MIN ((panel_block + 1) * blocking->block_panels, block.product->n_panels));
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

  choose_blocking (product, self->n_rows, pool != NULL ? qs_thread_pool_get_n_threads (pool) : 1,
                   &job.blocking);
  job.share_bytes = share_init (&job.share, product, self->n_rows, self->scratch_per_row);
  n_items = product->n_groups * job.blocking.n_row_blocks * job.blocking.n_panel_blocks;
  work = job.blocking.block_rows * job.blocking.block_panels * QS_CPU_PANEL (product->functions)
         * product->n_segments * product->segment;

  if (pool != NULL)
    qs_thread_pool_run (pool, n_items, 1 + CHUNK_WORK / MAX (work, 1), run_items, &job);
  else
    run_items (0, n_items, 0, &job);
}
