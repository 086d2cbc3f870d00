/* SPDX-License-Identifier: MIT */
#include "qs-memory-plan.h"

#include "core/qs-error.h"

struct _QsMemoryPlan
{
  guint n_tensors;
  QsAllocation *allocations;
  gboolean *placed; /* by tensor id */
  gsize size;
  gsize bound;
};

static void
allocate (QsMemoryPlan          *self,
          const QsMemorySharing *sharing,
          const guint           *n_members,
          guint                  id)
{
  const QsTensor *tensor = g_ptr_array_index (sharing->network->tensors, id);
  const QsMemoryPlace *place = &sharing->places[id];

  self->placed[id] = TRUE;
  self->allocations[id] = (QsAllocation) {
    .offset = QS_MEMORY_BLOCK (sharing->blocks, place->block)->offset + place->offset,
    .size = sharing->sizes[id],
    .first = tensor->producer->id,
    .last = qs_memory_last_use (tensor),
    .shared = n_members[place->block] > 1,
    .row = place->row,
    .row_stride = place->row_stride,
  };
}

static void
allocate_all (QsMemoryPlan          *self,
              const QsMemorySharing *sharing)
{
  g_autofree guint *n_members = g_new0 (guint, sharing->blocks->len + 1);

  for (guint i = 0; i < self->n_tensors; i++)
    if (sharing->places[i].block >= 0)
      n_members[sharing->places[i].block]++;
  for (guint i = 0; i < self->n_tensors; i++)
    if (sharing->places[i].block >= 0)
      allocate (self, sharing, n_members, i);
}

/**
 * qs_memory_plan_new:
 * @network: sorted; types, shapes and formats are final
 * @kernels: (nullable) (array): the kernel of every layer, by its id; only where it can, memory is
 *   used again in place, and parts are left where they are
 *
 * Plans the activation memory. The same network and kernels always give the same plan.
 *
 * Errors: %QS_ERROR_LIMIT when a tensor is larger than the program processes.
 */
QsMemoryPlan *
qs_memory_plan_new (QsNetwork              *network,
                    const QsKernel *const  *kernels,
                    GError                **error)
{
  g_autoptr (QsMemoryPlan) self = g_new0 (QsMemoryPlan, 1);
  g_auto (QsMemorySharing) sharing = { NULL };

  self->n_tensors = network->tensors->len;
  self->allocations = g_new0 (QsAllocation, MAX (self->n_tensors, 1));
  self->placed = g_new0 (gboolean, MAX (self->n_tensors, 1));
  if (!qs_memory_sharing_init (&sharing, network, kernels, error))
    return NULL;

  self->bound = qs_memory_find_bound (sharing.blocks, network->layers->len);
  self->size = qs_memory_place (sharing.blocks, self->bound);
  allocate_all (self, &sharing);
  return g_steal_pointer (&self);
}

void
qs_memory_plan_free (QsMemoryPlan *self)
{
  g_free (self->allocations);
  g_free (self->placed);
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
  if (tensor_id >= self->n_tensors || !self->placed[tensor_id])
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
 * The largest sum of sizes, rounded up to the alignment, of tensors that are alive at once; memory
 * that several share counts once.
 */
gsize
qs_memory_plan_get_bound (const QsMemoryPlan *self)
{
  return self->bound;
}
