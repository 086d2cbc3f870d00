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

/* The smallest gap between the blocks alive at the same time that @block fits into. @placed is
 * sorted by offset. Best fit leaves the large gaps to large blocks. */
static gsize
find_gap (GPtrArray   *placed,
          const Block *block)
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
compare_offsets (gconstpointer a,
                 gconstpointer b)
{
  const Block *x = *(const Block *const *) a;
  const Block *y = *(const Block *const *) b;

  return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Greedy by size (Pisarchyk and Lee, arXiv 2001.03288): the largest block first. */
static void
place_blocks (QsMemoryPlan *self)
{
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  g_autoptr (GPtrArray) placed = g_ptr_array_new ();

  for (guint i = 0; i < self->blocks->len; i++)
    g_ptr_array_add (order, BLOCK (self, i));
  g_ptr_array_sort (order, compare_sizes);

  for (guint i = 0; i < order->len; i++)
    {
      Block *block = g_ptr_array_index (order, i);

      block->offset = find_gap (placed, block);
      self->size = MAX (self->size, block->offset + block->size);
      g_ptr_array_add (placed, block);
      g_ptr_array_sort (placed, compare_offsets);
    }
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

  place_blocks (self);
  compute_bound (self, network->layers->len);
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
