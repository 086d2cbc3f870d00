/* SPDX-License-Identifier: MIT */
#include "qs-cpu-loops.h"

/* Swaps the loop at @i with the one before it. */
static void
swap_with_previous (QsCpuLoops *self,
                    int         i)
{
  gint64 dim = self->dims[i];

  self->dims[i] = self->dims[i - 1];
  self->dims[i - 1] = dim;
  for (int v = 0; v < self->n_views; v++)
    {
      gint64 stride = self->strides[v][i];

      self->strides[v][i] = self->strides[v][i - 1];
      self->strides[v][i - 1] = stride;
    }
}

static void
sort (QsCpuLoops *self)
{
  for (int i = 1; i < self->n_dims; i++)
    for (int k = i; k > 0 && self->strides[0][k] > self->strides[0][k - 1]; k--)
      swap_with_previous (self, k);
}

static gboolean
can_merge (const QsCpuLoops *self,
           int               outer,
           int               inner)
{
  for (int v = 0; v < self->n_views; v++)
    if (self->strides[v][outer] != self->strides[v][inner] * self->dims[inner])
      return FALSE;

  return TRUE;
}

/* Merges loop @i + 1 into loop @i. */
static void
merge (QsCpuLoops *self,
       int         i)
{
  self->dims[i] *= self->dims[i + 1];
  for (int v = 0; v < self->n_views; v++)
    self->strides[v][i] = self->strides[v][i + 1];

  self->n_dims--;
  for (int k = i + 1; k < self->n_dims; k++)
    {
      self->dims[k] = self->dims[k + 1];
      for (int v = 0; v < self->n_views; v++)
        self->strides[v][k] = self->strides[v][k + 1];
    }
}

void
qs_cpu_loops_init (QsCpuLoops    *self,
                   const QsShape *shape,
                   const gint64  *strides[],
                   int            n_views)
{
  *self = (QsCpuLoops) { .n_views = n_views };

  for (int i = 0; i < shape->n_dims; i++)
    {
      if (shape->dims[i] == 1)
        continue;
      self->dims[self->n_dims] = shape->dims[i];
      for (int v = 0; v < n_views; v++)
        self->strides[v][self->n_dims] = strides[v][i];
      self->n_dims++;
    }

  sort (self);
  for (int i = self->n_dims - 2; i >= 0; i--)
    if (can_merge (self, i, i + 1))
      merge (self, i);

  if (self->n_dims == 0)
    {
      self->n_dims = 1;
      self->dims[0] = 1;
      for (int v = 0; v < n_views; v++)
        self->strides[v][0] = 1;
    }
}

gint64
qs_cpu_loops_n_outer (const QsCpuLoops *self,
                      int               n_inner)
{
  gint64 n = 1;

  for (int i = 0; i < self->n_dims - n_inner; i++)
    n *= self->dims[i];
  return n;
}

void
qs_cpu_loops_locate (const QsCpuLoops *self,
                     int               n_inner,
                     gint64            index,
                     gint64           *offsets)
{
  for (int v = 0; v < self->n_views; v++)
    offsets[v] = 0;

  for (int i = self->n_dims - n_inner - 1; i >= 0; i--)
    {
      gint64 at = index % self->dims[i];

      index /= self->dims[i];
      for (int v = 0; v < self->n_views; v++)
        offsets[v] += at * self->strides[v][i];
    }
}
