/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "qs-allocation.h"

G_BEGIN_DECLS

/* Every buffer starts at a multiple of this: a cache line, and more than any vector register. */
#define QS_MEMORY_ALIGNMENT 64

/**
 * QsMemoryPlan:
 *
 * Where the activation tensors of a network lie in one block of memory. Tensors that are never
 * alive at the same time may share bytes. Network inputs and outputs have no place in it: they
 * are the caller's own memory.
 */
typedef struct _QsMemoryPlan QsMemoryPlan;

QsMemoryPlan       *qs_memory_plan_new       (QsNetwork           *network,
                                              GError             **error);
void                qs_memory_plan_free      (QsMemoryPlan        *self);
const QsAllocation *qs_memory_plan_get       (const QsMemoryPlan  *self,
                                              guint                tensor_id);
gsize               qs_memory_plan_get_size  (const QsMemoryPlan  *self);
gsize               qs_memory_plan_get_bound (const QsMemoryPlan  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsMemoryPlan, qs_memory_plan_free)

G_END_DECLS
