/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-allocation.h"
#include "qs-memory-private.h"

G_BEGIN_DECLS

/**
 * QsMemoryPlan:
 *
 * Where the activation tensors of a network lie in one block of memory. Tensors that are never
 * alive at the same time may share bytes, and so may tensors of which one is made of the other
 * without moving it. Network inputs and outputs have no place in it: they are the caller's own
 * memory.
 */
typedef struct _QsMemoryPlan QsMemoryPlan;

QsMemoryPlan       *qs_memory_plan_new       (QsNetwork              *network,
                                              const QsKernel *const  *kernels,
                                              GError                **error);
void                qs_memory_plan_free      (QsMemoryPlan           *self);
const QsAllocation *qs_memory_plan_get       (const QsMemoryPlan     *self,
                                              guint                   tensor_id);
gsize               qs_memory_plan_get_size  (const QsMemoryPlan     *self);
gsize               qs_memory_plan_get_bound (const QsMemoryPlan     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsMemoryPlan, qs_memory_plan_free)

G_END_DECLS
