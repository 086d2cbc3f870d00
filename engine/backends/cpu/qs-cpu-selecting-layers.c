/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <string.h>

#include "core/qs-error.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-util.h"
#include "qs-cpu-move.h"
#include "qs-cpu-weighted.h"

/*
 * Layers that select elements without computing with them: Gather along an axis, which copies whole
 * pieces of memory (the rows of an embedding, one of the parts that attention projects at once), and
 * Slice.
 */

/* Bytes that are not worth another thread. */
#define ITEM_BYTES 65536

typedef struct
{
  const guint8 *data;
  const QsView *indices;
  guint8 *out;
  gint64 dim;           /* of the gathered axis */
  gint64 n_indices;
  gsize piece;          /* bytes behind the axis */
} Gather;

static gint64
index_at (const Gather *self,
          gint64        i)
{
  gint64 value = qs_view_get_int (self->indices, i);

  return value < 0 ? value + self->dim : value;
}

static void
gather_pieces (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const Gather *self = user_data;

  for (gint64 i = first; i < last; i++)
    {
      gint64 from = i / self->n_indices * self->dim + index_at (self, i % self->n_indices);

      memcpy (self->out + i * self->piece, self->data + from * self->piece, self->piece);
    }
}

/* Indices may depend on the network's inputs, so they are checked at every run. */
static gboolean
check_indices (const QsLayer  *layer,
               const Gather   *self,
               GError        **error)
{
  for (gint64 i = 0; i < self->n_indices; i++)
    {
      gint64 value = qs_view_get_int (self->indices, i);

      if (value >= -self->dim && value < self->dim)
        continue;
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "%s %s: index %" G_GINT64_FORMAT " is outside a dimension of %" G_GINT64_FORMAT,
                   layer->klass->name, layer->name, value, self->dim);
      return FALSE;
    }

  return TRUE;
}

static gboolean
gather_execute (const QsKernel     *kernel,
                const QsLayer      *layer,
                gpointer            state,
                const QsExecution  *execution,
                GError            **error)
{
  const QsGatherAttributes *attributes = layer->attributes;
  const QsView *x = &execution->inputs[0], *y = &execution->outputs[0];
  Gather self = {
    .data = x->data,
    .indices = &execution->inputs[1],
    .out = y->data,
    .dim = x->shape.dims[attributes->axis],
    .n_indices = qs_shape_n_elements (&execution->inputs[1].shape),
    .piece = qs_data_type_size (x->type),
  };
  gint64 n_pieces = self.n_indices;

  for (int i = 0; i < x->shape.n_dims; i++)
    if (i < attributes->axis)
      n_pieces *= x->shape.dims[i];
    else if (i > attributes->axis)
      self.piece *= (gsize) x->shape.dims[i];

  if (!qs_kernel_check_views (kernel, layer, execution, error)
      || !check_indices (layer, &self, error))
    return FALSE;
  if (n_pieces > 0 && self.piece > 0)
    qs_thread_pool_run (execution->pool, n_pieces, (gint64) (1 + ITEM_BYTES / self.piece),
                        gather_pieces, &self);
  return TRUE;
}

/* What is selected keeps its type and scale. */
static gboolean
keeps_values (const QsKernel  *kernel,
              const QsLayer   *layer,
              const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  const gboolean integer = kernel->precision == QS_PRECISION_INT8;

  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cpu_refuse (reason, "it ends in an activation");
  if (x->type != y->type || (x->type == QS_DATA_TYPE_INT8) != integer)
    return qs_cpu_refuse (reason, "its tensors have another precision");
  if (integer && x->scale != y->scale)
    return qs_cpu_refuse (reason, "its tensors have different scales");
  return TRUE;
}

static gboolean
gather_supports (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 const char     **reason)
{
  const QsGatherAttributes *attributes = layer->attributes;

  if (attributes->mode != QS_GATHER_AXIS)
    return qs_cpu_refuse (reason, "it does not gather whole slices along an axis");
  return keeps_values (kernel, layer, reason);
}

static gboolean
slice_execute (const QsKernel     *kernel,
               const QsLayer      *layer,
               gpointer            state,
               const QsExecution  *execution,
               GError            **error)
{
  const QsSliceAttributes *attributes = layer->attributes;
  const QsView *y = &execution->outputs[0];
  QsView part = execution->inputs[0];
  gint64 offset = 0;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;

  for (int i = 0; i < part.shape.n_dims; i++)
    {
      offset += attributes->starts.v[i] * part.strides[i];
      part.strides[i] *= attributes->steps.v[i];
    }
  part.shape = y->shape;
  part.data = (guint8 *) part.data + offset * (gint64) qs_data_type_size (part.type);
  /* The memory plan may leave the part where it is. */
  if (part.data != y->data)
    qs_cpu_move (qs_cpu_kernel_functions (kernel), &part, y, execution->pool);
  return TRUE;
}

#define GATHER(name_, precision_) \
  { \
    .name = name_, .kind = QS_LAYER_GATHER, .precision = precision_, \
    .format = QS_FORMAT_LINEAR, .supports = gather_supports, .execute = gather_execute, \
  }
#define SLICE(name_, precision_) \
  { \
    .name = name_, .kind = QS_LAYER_SLICE, .precision = precision_, .any_format = TRUE, \
    .memory = QS_KERNEL_STRIDED | QS_KERNEL_LEAVES_PARTS, .supports = keeps_values, .execute = slice_execute, \
  }

const QsKernel qs_cpu_selecting_kernels[] = {
  GATHER ("gather_s8", QS_PRECISION_INT8),
  GATHER ("gather_f32", QS_PRECISION_FP32),
  SLICE ("slice_s8", QS_PRECISION_INT8),
  SLICE ("slice_f32", QS_PRECISION_FP32),
  { .name = NULL },
};
