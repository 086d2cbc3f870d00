/* SPDX-License-Identifier: MIT */
#include "qs-access.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-op-util.h"

gboolean
qs_access_is_set (const QsAccess *self)
{
  return self->dims.n > 0;
}

void
qs_access_init (QsAccess      *self,
                const QsShape *shape)
{
  *self = (QsAccess) { { shape->n_dims } };
  self->strides.n = shape->n_dims;
  memcpy (self->dims.v, shape->dims, sizeof (gint64) * (gsize) shape->n_dims);
  qs_shape_strides (shape, self->strides.v);
}

static gboolean
transpose (QsAccess      *self,
           const QsLayer *layer)
{
  const QsTransposeAttributes *attributes = layer->attributes;
  const QsAccess from = *self;

  if (attributes->perm.n != from.dims.n)
    return FALSE;
  for (int i = 0; i < from.dims.n; i++)
    {
      self->dims.v[i] = from.dims.v[attributes->perm.v[i]];
      self->strides.v[i] = from.strides.v[attributes->perm.v[i]];
    }
  return TRUE;
}

static gboolean
slice (QsAccess      *self,
       const QsLayer *layer)
{
  const QsSliceAttributes *attributes = layer->attributes;

  for (int i = 0; i < self->dims.n; i++)
    {
      if (attributes->steps.v[i] < 0)
        return FALSE;
      self->offset += attributes->starts.v[i] * self->strides.v[i];
      self->dims.v[i] = attributes->sizes.v[i];
      self->strides.v[i] *= attributes->steps.v[i];
    }
  return TRUE;
}

static gboolean
split (QsAccess       *self,
       const QsLayer  *layer,
       const QsTensor *output)
{
  const gint64 axis = ((const QsSplitAttributes *) layer->attributes)->axis;

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *part = qs_layer_get_output (layer, i);

      if (part == output)
        {
          self->dims.v[axis] = part->shape.dims[axis];
          return TRUE;
        }
      if (part == NULL)
        return FALSE;
      self->offset += part->shape.dims[axis] * self->strides.v[axis];
    }
  return FALSE;
}

/* One slice, chosen by a constant; its axis goes where the index is a scalar. */
static gboolean
gather (QsAccess      *self,
        const QsLayer *layer)
{
  const QsGatherAttributes *attributes = layer->attributes;
  const QsTensor *indices = qs_layer_get_input (layer, 1);
  const gint64 axis = attributes->axis;
  gint64 index;

  if (attributes->mode != QS_GATHER_AXIS || indices->value == NULL || indices->shape.n_dims > 1
      || qs_host_tensor_get_n_elements (indices->value) != 1)
    return FALSE;

  index = (gint64) qs_host_tensor_get_number (indices->value, 0);
  index += index < 0 ? self->dims.v[axis] : 0;
  if (index < 0 || index >= self->dims.v[axis])
    return FALSE;
  self->offset += index * self->strides.v[axis];
  self->dims.v[axis] = 1;
  if (indices->shape.n_dims == 1)
    return TRUE;

  for (gint64 i = axis; i + 1 < self->dims.n; i++)
    {
      self->dims.v[i] = self->dims.v[i + 1];
      self->strides.v[i] = self->strides.v[i + 1];
    }
  self->dims.n--;
  self->strides.n--;
  return TRUE;
}

/* Axes that are walked as one are joined, from the innermost; axes of length 1 go. */
static void
join_axes (const QsAccess *self,
           QsAccess       *joined)
{
  *joined = (QsAccess) { .offset = self->offset };
  for (int i = self->dims.n - 1; i >= 0; i--)
    {
      const int last = joined->dims.n - 1;

      if (self->dims.v[i] == 1)
        continue;
      if (last >= 0 && self->strides.v[i] == joined->dims.v[last] * joined->strides.v[last])
        {
          joined->dims.v[last] *= self->dims.v[i];
          continue;
        }
      joined->dims.v[last + 1] = self->dims.v[i];
      joined->strides.v[last + 1] = self->strides.v[i];
      joined->dims.n++;
    }
}

/* Every new axis, from the innermost, has to be a part of one of the joined ones. */
static gboolean
reshape (QsAccess      *self,
         const QsShape *shape)
{
  QsAccess from;
  int at = 0;

  join_axes (self, &from);
  self->dims.n = self->strides.n = shape->n_dims;
  for (int i = shape->n_dims - 1; i >= 0; i--)
    {
      const gint64 dim = shape->dims[i];

      self->dims.v[i] = dim;
      self->strides.v[i] = at < from.dims.n ? from.strides.v[at] : 1;
      if (dim == 1)
        continue;
      if (at == from.dims.n || dim == 0 || from.dims.v[at] % dim != 0)
        return FALSE;
      from.strides.v[at] *= dim;
      from.dims.v[at] /= dim;
      at += from.dims.v[at] == 1;
    }
  return at == from.dims.n;
}

/**
 * qs_access_apply:
 * @self: how the layer's first input is read
 * @layer: a layer that only moves or selects elements
 * @output: which of its outputs
 *
 * Turns @self into how the same memory is read as @output.
 *
 * Returns: %FALSE when strides cannot say it, with @self undefined
 */
gboolean
qs_access_apply (QsAccess       *self,
                 const QsLayer  *layer,
                 const QsTensor *output)
{
  switch ((int) layer->klass->kind)
    {
    case QS_LAYER_TRANSPOSE:
      return transpose (self, layer);
    case QS_LAYER_SHUFFLE:
      return reshape (self, &output->shape);
    case QS_LAYER_SLICE:
      return slice (self, layer);
    case QS_LAYER_SPLIT:
      return split (self, layer, output);
    case QS_LAYER_GATHER:
      return gather (self, layer);
    case QS_LAYER_IDENTITY:
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
fail (GError     **error,
      const char  *what)
{
  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "an operand is read %s", what);
  return FALSE;
}

/**
 * qs_access_check:
 * @shape: shape of the tensor
 *
 * Whether everything that is read lies in the tensor.
 *
 * Errors: %QS_ERROR_SHAPE
 */
gboolean
qs_access_check (const QsAccess  *self,
                 const QsShape   *shape,
                 GError         **error)
{
  gint64 left = qs_shape_n_elements (shape) - 1;

  if (!qs_access_is_set (self))
    return TRUE;
  if (self->dims.n > QS_MAX_DIMS || self->strides.n != self->dims.n)
    return fail (error, "with other strides than dimensions");
  if (self->offset < 0 || self->offset > left)
    return fail (error, "from outside of its tensor on");

  left -= self->offset;
  for (int i = 0; i < self->dims.n; i++)
    {
      const gint64 dim = self->dims.v[i], stride = self->strides.v[i];

      if (dim < 1 || dim > QS_MAX_DIM || stride < 0)
        return fail (error, "with dimensions or strides that are out of range");
      if (stride > 0 && dim - 1 > left / stride)
        return fail (error, "beyond the end of its tensor");
      left -= (dim - 1) * stride;
    }
  return TRUE;
}

void
qs_access_shape (const QsAccess *self,
                 const QsShape  *shape,
                 QsShape        *result)
{
  *result = *shape;
  if (!qs_access_is_set (self))
    return;

  result->n_dims = MIN (self->dims.n, QS_MAX_DIMS);
  memcpy (result->dims, self->dims.v, sizeof (gint64) * (gsize) result->n_dims);
}

gint64
qs_access_view (const QsAccess *self,
                const QsView   *tensor,
                QsView         *view)
{
  *view = *tensor;
  qs_access_shape (self, &tensor->shape, &view->shape);
  if (!qs_access_is_set (self))
    return 0;

  memcpy (view->strides, self->strides.v, sizeof (gint64) * (gsize) view->shape.n_dims);
  return self->offset;
}
