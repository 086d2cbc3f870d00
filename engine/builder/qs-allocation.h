/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsAllocation:
 * @offset: bytes from the start of the activation memory
 * @size: bytes of its elements
 * @first: index of the layer that writes it
 * @last: index of the last layer that reads it
 * @shared: whether other tensors lie in the same memory: one is a view or a part of the other, or was
 *   computed in its place
 * @row: elements that lie together; 0 when all of them do
 * @row_stride: elements from the start of one row to that of the next
 *
 * Where an activation tensor lies and when it is alive. A tensor that shares its memory has a life of
 * its own. One that is a part of another, say an input that was written straight into the output of
 * a concatenation, may lie there in rows.
 */
typedef struct
{
  gsize offset;
  gsize size;
  guint first;
  guint last;
  gboolean shared;
  gint64 row;
  gint64 row_stride;
} QsAllocation;

G_END_DECLS
