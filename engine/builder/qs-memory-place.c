/* SPDX-License-Identifier: MIT */
#include "qs-memory-private.h"

static gboolean
overlap_in_time (const QsMemoryBlock *a,
                 const QsMemoryBlock *b)
{
  return a->first <= b->last && b->first <= a->last;
}

/* Where @block goes between the placed blocks alive at the same time: the smallest gap that it fits
 * into, or, without @best_fit, the lowest. @placed is sorted by offset. */
static gsize
find_gap (GPtrArray   *placed,
          const QsMemoryBlock *block,
          gboolean     best_fit)
{
  gsize end = 0, best = 0, best_gap = G_MAXSIZE;

  for (guint i = 0; i < placed->len; i++)
    {
      const QsMemoryBlock *other = g_ptr_array_index (placed, i);

      if (!overlap_in_time (block, other))
        continue;
      if (other->offset >= end + block->size && other->offset - end < best_gap)
        {
          best = end;
          best_gap = other->offset - end;
          if (!best_fit)
            return best;
        }
      end = MAX (end, other->offset + other->size);
    }

  return best_gap != G_MAXSIZE ? best : end;
}

static int
compare_sizes (gconstpointer a,
               gconstpointer b)
{
  const QsMemoryBlock *x = *(const QsMemoryBlock *const *) a;
  const QsMemoryBlock *y = *(const QsMemoryBlock *const *) b;

  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  return x->first < y->first ? -1 : x->first > y->first;
}

static int
compare_lives (gconstpointer a,
               gconstpointer b)
{
  const QsMemoryBlock *x = *(const QsMemoryBlock *const *) a;
  const QsMemoryBlock *y = *(const QsMemoryBlock *const *) b;
  guint life_x = x->last - x->first, life_y = y->last - y->first;

  return life_x != life_y ? (life_x > life_y ? -1 : 1) : compare_sizes (a, b);
}

static int
compare_areas (gconstpointer a,
               gconstpointer b)
{
  const QsMemoryBlock *x = *(const QsMemoryBlock *const *) a;
  const QsMemoryBlock *y = *(const QsMemoryBlock *const *) b;
  double area_x = (double) x->size * (x->last - x->first + 1);
  double area_y = (double) y->size * (y->last - y->first + 1);

  return area_x != area_y ? (area_x > area_y ? -1 : 1) : compare_sizes (a, b);
}

static int
compare_starts (gconstpointer a,
                gconstpointer b)
{
  const QsMemoryBlock *x = *(const QsMemoryBlock *const *) a;
  const QsMemoryBlock *y = *(const QsMemoryBlock *const *) b;

  return x->first != y->first ? (x->first < y->first ? -1 : 1) : compare_sizes (a, b);
}

/* Keeps @placed sorted by offset. */
static void
insert_placed (GPtrArray *placed,
               QsMemoryBlock *block)
{
  guint low = 0, high = placed->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (((const QsMemoryBlock *) g_ptr_array_index (placed, middle))->offset <= block->offset)
        low = middle + 1;
      else
        high = middle;
    }

  g_ptr_array_insert (placed, (int) low, block);
}

typedef struct
{
  GCompareFunc order;
  gboolean best_fit;
} Strategy;

/* Greedy by size (Pisarchyk and Lee, arXiv 2001.03288), the largest block first, is usually the
 * best; other orders win now and then, and planning is cheap. Ties go to the first. */
static const Strategy strategies[] = {
  { compare_sizes, TRUE },  { compare_sizes, FALSE }, { compare_areas, TRUE },
  { compare_areas, FALSE }, { compare_lives, TRUE },  { compare_starts, TRUE },
};

/* Rounds of moving the block at the top to the front of the order; a round takes time that grows
 * with the square of the number of blocks, so large networks get one. */
#define N_REPAIRS 64
#define MAX_REPAIRED 1000

static gsize
place_blocks (GPtrArray *order,
              gboolean   best_fit)
{
  g_autoptr (GPtrArray) placed = g_ptr_array_new ();
  gsize size = 0;

  for (guint i = 0; i < order->len; i++)
    {
      QsMemoryBlock *block = g_ptr_array_index (order, i);

      block->offset = find_gap (placed, block, best_fit);
      size = MAX (size, block->offset + block->size);
      insert_placed (placed, block);
    }

  return size;
}

typedef struct
{
  GArray *blocks;
  gsize bound;
  gsize size;       /* of the best plan so far */
  gsize *offsets;   /* its offsets */
} Search;

static void
keep_if_better (Search *self,
                gsize   size)
{
  if (size >= self->size)
    return;

  self->size = size;
  for (guint i = 0; i < self->blocks->len; i++)
    self->offsets[i] = QS_MEMORY_BLOCK (self->blocks, i)->offset;
}

/* The block that sticks out was placed too late: it goes first in the next round. */
static void
move_top_to_front (GPtrArray *order,
                   gsize      size)
{
  for (guint i = 0; i < order->len; i++)
    {
      QsMemoryBlock *block = g_ptr_array_index (order, i);

      if (block->offset + block->size != size)
        continue;
      g_ptr_array_remove_index (order, i);
      g_ptr_array_insert (order, 0, block);
      return;
    }
}

static void
try_strategy (Search         *self,
              const Strategy *strategy)
{
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  guint n_rounds = self->blocks->len <= MAX_REPAIRED ? N_REPAIRS : 1;

  for (guint i = 0; i < self->blocks->len; i++)
    if (QS_MEMORY_BLOCK (self->blocks, i)->size > 0)
      g_ptr_array_add (order, QS_MEMORY_BLOCK (self->blocks, i));
  g_ptr_array_sort (order, strategy->order);

  for (guint i = 0; i < n_rounds && self->size > self->bound; i++)
    {
      gsize size = place_blocks (order, strategy->best_fit);

      keep_if_better (self, size);
      move_top_to_front (order, size);
    }
}

gsize
qs_memory_place (GArray *blocks,
                 gsize   bound)
{
  g_autofree gsize *offsets = g_new0 (gsize, blocks->len + 1);
  Search self = { blocks, bound, bound > 0 ? G_MAXSIZE : 0, offsets };

  for (guint i = 0; i < G_N_ELEMENTS (strategies) && self.size > bound; i++)
    try_strategy (&self, &strategies[i]);
  for (guint i = 0; i < blocks->len; i++)
    QS_MEMORY_BLOCK (blocks, i)->offset = offsets[i];

  return self.size;
}

gsize
qs_memory_find_bound (GArray *blocks,
                      guint   n_layers)
{
  g_autofree gsize *alive = g_new0 (gsize, n_layers + 1);
  gsize bound = 0;

  for (guint i = 0; i < blocks->len; i++)
    {
      const QsMemoryBlock *block = QS_MEMORY_BLOCK (blocks, i);

      for (guint at = block->first; at <= block->last; at++)
        alive[at] += block->size;
    }

  for (guint i = 0; i < n_layers; i++)
    bound = MAX (bound, alive[i]);
  return bound;
}
