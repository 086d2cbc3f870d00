/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "network/qs-network.h"

G_BEGIN_DECLS

/* Every buffer starts at a multiple of this: a cache line, and more than any vector register. */
#define QS_MEMORY_ALIGNMENT 64

/**
 * QsMemoryBlock:
 * @offset: where it is placed
 * @size: bytes, rounded up to the alignment
 * @payload: bytes of its widest tensor
 * @first: index of the first layer that needs it
 * @last: index of the last one
 * @overwritten: index of the first layer that works in place in it, or a number above all
 * @changed: index of the last one, 0 when there is none
 *
 * Memory of one tensor, or of several that share.
 */
typedef struct
{
  gsize offset;
  gsize size;
  gsize payload;
  guint first;
  guint last;
  guint overwritten;
  guint changed;
} QsMemoryBlock;

/**
 * QsMemoryPlace:
 * @block: -1 for a tensor that is not in the activation memory
 * @offset: bytes from the block's start
 * @row: elements that lie together, 0 when all of them do
 * @row_stride: elements from the start of one row to that of the next
 *
 * Where a tensor lies in its block: in one piece, or in rows of a wider tensor.
 */
typedef struct
{
  int block;
  gsize offset;
  gint64 row;
  gint64 row_stride;
} QsMemoryPlace;

/**
 * QsMemorySharing:
 * @places: by tensor id
 * @sizes: bytes, by tensor id
 * @blocks: (element-type QsMemoryBlock): in no order that matters; those that went into another one
 *   have size 0
 *
 * Which tensors lie in the same memory.
 */
typedef struct
{
  QsNetwork *network;
  const QsKernel *const *kernels;
  QsMemoryPlace *places;
  gsize *sizes;
  GArray *blocks;
} QsMemorySharing;

#define QS_MEMORY_BLOCK(blocks, i) (&g_array_index (blocks, QsMemoryBlock, i))

gboolean qs_memory_sharing_init  (QsMemorySharing       *self,
                                  QsNetwork             *network,
                                  const QsKernel *const *kernels,
                                  GError               **error);
void     qs_memory_sharing_clear (QsMemorySharing       *self);
guint    qs_memory_last_use      (const QsTensor        *tensor);

/* Bytes that blocks of @blocks need at once at each of @n_layers layers, at most. */
gsize    qs_memory_find_bound    (GArray                *blocks,
                                  guint                  n_layers);
/* Gives every block its offset; returns the bytes that all need together. */
gsize    qs_memory_place         (GArray                *blocks,
                                  gsize                  bound);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QsMemorySharing, qs_memory_sharing_clear)

G_END_DECLS
