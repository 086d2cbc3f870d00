/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsAllocation:
 * @offset: bytes from the start of the activation memory
 * @size: bytes
 * @first: index of the layer that writes it
 * @last: index of the last layer that reads it
 *
 * Where an activation tensor lies and when it is alive. A tensor that shares its memory with the
 * one it was made from (a Shuffle's output) has that one's offset, and a life of its own.
 */
typedef struct
{
  gsize offset;
  gsize size;
  guint first;
  guint last;
} QsAllocation;

G_END_DECLS
