/* SPDX-License-Identifier: MIT */
#include "qs-memory-plan.h"

#include "core/qs-error.h"

/* Tensors that share memory: one tensor, or a chain of reshapes. */
typedef struct
{
  gsize offset;
  gsize size; /* rounded up to the alignment */
  guint first;
  guint last;
} Block;

struct _QsMemoryPlan
{
  guint n_tensors;
  QsAllocation *allocations;
  int *block_of; /* by tensor id; -1 outside the activation memory */
  GArray *blocks;
  gsize size;
  gsize bound;
};

#define BLOCK(self, i) (&g_array_index ((self)->blocks, Block, i))

static gboolean
is_in_memory (QsNetwork      *network,
              const QsTensor *tensor)
{
  return tensor != NULL && tensor->producer != NULL && tensor->value == NULL &&
         !qs_network_is_output (network, tensor);
}

static guint
last_use (const QsTensor *tensor)
{
  guint last = tensor->producer->id;

  for (guint i = 0; i < tensor->consumers->len; i++)
    last = MAX (last, ((const QsLayer *) g_ptr_array_index (tensor->consumers, i))->id);

  return last;
}

static gboolean
has_same_bytes (const QsTensor *a,
                const QsTensor *b)
{
  QsView va, vb;

  qs_view_init (&va, a->type, a->format, &a->shape, NULL);
  qs_view_init (&vb, b->type, b->format, &b->shape, NULL);
  return a->type == b->type && a->scale == b->scale &&
         qs_view_is_linear (&va) && qs_view_is_linear (&vb);
}

/* A reshape moves nothing when both sides lie in row-major order: its output is its input. */
static int
shared_block (QsMemoryPlan   *self,
              const QsTensor *tensor)
{
  const QsLayer *layer = tensor->producer;
  const QsTensor *source;

  if (layer->klass->kind != QS_LAYER_SHUFFLE)
    return -1;

  source = qs_layer_get_input (layer, 0);
  if (source == NULL || !has_same_bytes (source, tensor))
    return -1;
  return self->block_of[source->id];
}

static gboolean
collect_tensor (QsMemoryPlan   *self,
                const QsTensor *tensor,
                GError        **error)
{
  QsAllocation *allocation = &self->allocations[tensor->id];
  int block;

  if (!qs_shape_check_bytes (&tensor->shape, qs_data_type_size (tensor->type), &allocation->size,
                             error))
    {
      g_prefix_error (error, "tensor %s: ", tensor->name);
      return FALSE;
    }
  allocation->first = tensor->producer->id;
  allocation->last = last_use (tensor);

  block = shared_block (self, tensor);
  if (block < 0)
    {
      gsize mask = QS_MEMORY_ALIGNMENT - 1;
      Block fresh = { 0, (MAX (allocation->size, 1) + mask) & ~mask, allocation->first,
                      allocation->last };

      block = (int) self->blocks->len;
      g_array_append_val (self->blocks, fresh);
    }

  BLOCK (self, block)->last = MAX (BLOCK (self, block)->last, allocation->last);
  self->block_of[tensor->id] = block;
  return TRUE;
}

/* In the order of layers, so that a reshape finds the block of its input. */
static gboolean
collect_blocks (QsMemoryPlan *self,
                QsNetwork    *network,
                GError      **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      for (guint k = 0; k < layer->outputs->len; k++)
        {
          const QsTensor *tensor = g_ptr_array_index (layer->outputs, k);

          if (is_in_memory (network, tensor) && !collect_tensor (self, tensor, error))
            return FALSE;
        }
    }

  return TRUE;
}

static gboolean
overlap_in_time (const Block *a,
                 const Block *b)
{
  return a->first <= b->last && b->first <= a->last;
}

/* Where @block goes between the placed blocks alive at the same time: the smallest gap that it fits
 * into, or, without @best_fit, the lowest. @placed is sorted by offset. */
static gsize
find_gap (GPtrArray   *placed,
          const Block *block,
          gboolean     best_fit)
{
  gsize end = 0, best = 0, best_gap = G_MAXSIZE;

  for (guint i = 0; i < placed->len; i++)
    {
      const Block *other = g_ptr_array_index (placed, i);

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
  const Block *x = *(const Block *const *) a;
  const Block *y = *(const Block *const *) b;

  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  return x->first < y->first ? -1 : x->first > y->first;
}

static int
compare_lives (gconstpointer a,
               gconstpointer b)
{
  const Block *x = *(const Block *const *) a;
  const Block *y = *(const Block *const *) b;
  guint life_x = x->last - x->first, life_y = y->last - y->first;

  return life_x != life_y ? (life_x > life_y ? -1 : 1) : compare_sizes (a, b);
}

static int
compare_areas (gconstpointer a,
               gconstpointer b)
{
  const Block *x = *(const Block *const *) a;
  const Block *y = *(const Block *const *) b;
  double area_x = (double) x->size * (x->last - x->first + 1);
  double area_y = (double) y->size * (y->last - y->first + 1);

  return area_x != area_y ? (area_x > area_y ? -1 : 1) : compare_sizes (a, b);
}

static int
compare_starts (gconstpointer a,
                gconstpointer b)
{
  const Block *x = *(const Block *const *) a;
  const Block *y = *(const Block *const *) b;

  return x->first != y->first ? (x->first < y->first ? -1 : 1) : compare_sizes (a, b);
}

/* Keeps @placed sorted by offset. */
static void
insert_placed (GPtrArray *placed,
               Block     *block)
{
  guint low = 0, high = placed->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (((const Block *) g_ptr_array_index (placed, middle))->offset <= block->offset)
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
      Block *block = g_ptr_array_index (order, i);

      block->offset = find_gap (placed, block, best_fit);
      size = MAX (size, block->offset + block->size);
      insert_placed (placed, block);
    }

  return size;
}

static void
keep_if_better (QsMemoryPlan *self,
                gsize         size,
                gsize        *offsets)
{
  if (size >= self->size)
    return;

  self->size = size;
  for (guint i = 0; i < self->blocks->len; i++)
    offsets[i] = BLOCK (self, i)->offset;
}

/* The block that sticks out was placed too late: it goes first in the next round. */
static void
move_top_to_front (GPtrArray *order,
                   gsize      size)
{
  for (guint i = 0; i < order->len; i++)
    {
      Block *block = g_ptr_array_index (order, i);

      if (block->offset + block->size != size)
        continue;
      g_ptr_array_remove_index (order, i);
      g_ptr_array_insert (order, 0, block);
      return;
    }
}

static void
try_strategy (QsMemoryPlan   *self,
              const Strategy *strategy,
              gsize          *offsets)
{
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  guint n_rounds = self->blocks->len <= MAX_REPAIRED ? N_REPAIRS : 1;

  for (guint i = 0; i < self->blocks->len; i++)
    g_ptr_array_add (order, BLOCK (self, i));
  g_ptr_array_sort (order, strategy->order);

  for (guint i = 0; i < n_rounds && self->size > self->bound; i++)
    {
      gsize size = place_blocks (order, strategy->best_fit);

      keep_if_better (self, size, offsets);
      move_top_to_front (order, size);
    }
}

static void
find_plan (QsMemoryPlan *self)
{
  g_autofree gsize *offsets = g_new0 (gsize, self->blocks->len + 1);

  self->size = self->blocks->len > 0 ? G_MAXSIZE : 0;
  for (guint i = 0; i < G_N_ELEMENTS (strategies) && self->size > self->bound; i++)
    try_strategy (self, &strategies[i], offsets);
  for (guint i = 0; i < self->blocks->len; i++)
    BLOCK (self, i)->offset = offsets[i];
}

static void
compute_bound (QsMemoryPlan *self,
               guint         n_layers)
{
  g_autofree gsize *alive = g_new0 (gsize, n_layers + 1);

  for (guint i = 0; i < self->blocks->len; i++)
    for (guint at = BLOCK (self, i)->first; at <= BLOCK (self, i)->last; at++)
      alive[at] += BLOCK (self, i)->size;

  for (guint i = 0; i < n_layers; i++)
    self->bound = MAX (self->bound, alive[i]);
}

/**
 * qs_memory_plan_new:
 * @network: sorted; types, shapes and formats are final
 *
 * Plans the activation memory. The same network always gives the same plan.
 *
 * Errors: %QS_ERROR_LIMIT when a tensor is larger than the program processes.
 */
QsMemoryPlan *
qs_memory_plan_new (QsNetwork *network,
                    GError   **error)
{
  g_autoptr (QsMemoryPlan) self = g_new0 (QsMemoryPlan, 1);

  self->n_tensors = network->tensors->len;
  self->allocations = g_new0 (QsAllocation, MAX (self->n_tensors, 1));
  self->block_of = g_new (int, MAX (self->n_tensors, 1));
  self->blocks = g_array_new (FALSE, FALSE, sizeof (Block));
  for (guint i = 0; i < self->n_tensors; i++)
    self->block_of[i] = -1;

  if (!collect_blocks (self, network, error))
    return NULL;

  compute_bound (self, network->layers->len);
  find_plan (self);
  for (guint i = 0; i < self->n_tensors; i++)
    if (self->block_of[i] >= 0)
      self->allocations[i].offset = BLOCK (self, self->block_of[i])->offset;

  return g_steal_pointer (&self);
}

void
qs_memory_plan_free (QsMemoryPlan *self)
{
  g_free (self->allocations);
  g_free (self->block_of);
  g_clear_pointer (&self->blocks, g_array_unref);
  g_free (self);
}

/**
 * qs_memory_plan_get:
 *
 * Returns: (nullable): the place of a tensor, %NULL for one that is not in the activation memory
 */
const QsAllocation *
qs_memory_plan_get (const QsMemoryPlan *self,
                    guint               tensor_id)
{
  if (tensor_id >= self->n_tensors || self->block_of[tensor_id] < 0)
    return NULL;
  return &self->allocations[tensor_id];
}

/**
 * qs_memory_plan_get_size:
 *
 * Bytes of activation memory.
 */
gsize
qs_memory_plan_get_size (const QsMemoryPlan *self)
{
  return self->size;
}

/**
 * qs_memory_plan_get_bound:
 *
 * The largest sum of sizes, rounded up to the alignment, of blocks that are alive at once.
 */
gsize
qs_memory_plan_get_bound (const QsMemoryPlan *self)
{
  return self->bound;
}
