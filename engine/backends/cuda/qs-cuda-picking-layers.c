/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-float16.h"
#include "core/qs-rounding.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-padding.h"
#include "operators/qs-op-resize.h"
#include "operators/qs-op-rows.h"
#include "operators/qs-op-util.h"
#include "qs-cuda-views.h"

/*
 * Layers that read positions which tables or other tensors give: padding, resizing, gathering. Tables
 * are made from the layer classes' own functions when a layer is prepared.
 */

/* Tables of the axes that need one. */
typedef struct
{
  QsCudaLayer layer; /* its tables are by axis */
  guint8 fill[16];   /* what is stored where nothing is read, over and over */
} Pick;

static gboolean
upload_table (QsCudaLayer  *self,
              int           index,
              const gint64 *positions,
              gint64        n,
              GError      **error)
{
  g_autofree gint32 *table = qs_try_new (n, sizeof (gint32), error);

  if (table == NULL)
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    table[i] = (gint32) positions[i];
  self->tables[index] =
    qs_cuda_device_upload_new (self->device, table, (gsize) n * sizeof (gint32), error);
  return self->tables[index] != NULL;
}

/* One element's bytes, repeated. */
static void
set_fill (Pick           *self,
          const QsTensor *y,
          double          real,
          gint64          integer)
{
  const gsize size = qs_data_type_size (y->type);
  guint8 element[16] = { 0 };
  QsView view = { .data = element, .type = y->type };

  if (y->type == QS_DATA_TYPE_INT8 && y->scale > 0.0f)
    element[0] = (guint8) qs_quantize ((float) real, 1.0f / y->scale);
  else if (qs_data_type_is_float (y->type))
    qs_view_set_number (&view, 0, real);
  else
    qs_view_set_int (&view, 0, integer);
  for (gsize i = 0; i < sizeof self->fill; i += size)
    memcpy (self->fill + i, element, size);
}

static Pick *
pick_new (const QsKernel *kernel,
          const QsLayer  *layer,
          GError        **error)
{
  QsCudaLayer *base = qs_cuda_layer_prepare (kernel, layer, error);
  Pick *self;

  if (base == NULL)
    return NULL;
  self = g_new0 (Pick, 1);
  self->layer = *base;
  g_free (base);
  return self;
}

static gint64 *
padding_table (const QsPaddingAttributes *attributes,
               const QsShape             *x,
               const QsShape             *y,
               int                        axis,
               GError                   **error)
{
  gint64 *table = qs_try_new (y->dims[axis], sizeof (gint64), error);

  for (gint64 o = 0; table != NULL && o < y->dims[axis]; o++)
    table[o] = qs_padding_source (attributes->mode, o - attributes->pads.v[axis], x->dims[axis]);
  return table;
}

static gpointer
padding_prepare (const QsKernel *kernel,
                 const QsLayer  *layer,
                 GError        **error)
{
  const QsPaddingAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  const QsTensor *y = qs_layer_get_output (layer, 0);
  Pick *self = pick_new (kernel, layer, error);

  if (self == NULL)
    return NULL;
  set_fill (self, y, (double) attributes->value, attributes->int_value);
  for (int i = 0; i < x->n_dims; i++)
    {
      g_autofree gint64 *table = NULL;

      if (attributes->pads.v[i] == 0 && attributes->pads.v[i + x->n_dims] == 0)
        continue;
      table = padding_table (attributes, x, &y->shape, i, error);
      if (table == NULL || !upload_table (&self->layer, i, table, y->shape.dims[i], error))
        {
          qs_cuda_layer_release (self);
          return NULL;
        }
    }

  return self;
}

static gboolean
is_identity (const gint64 *table,
             gint64        n,
             gint64        in)
{
  for (gint64 i = 0; i < n; i++)
    if (table[i] != i)
      return FALSE;

  return n == in;
}

static gpointer
nearest_prepare (const QsKernel *kernel,
                 const QsLayer  *layer,
                 GError        **error)
{
  const QsResizeAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  const QsTensor *y = qs_layer_get_output (layer, 0);
  Pick *self = pick_new (kernel, layer, error);

  if (self == NULL)
    return NULL;
  set_fill (self, y, (double) attributes->extrapolation, (gint64) attributes->extrapolation);
  for (int i = 0; i < x->n_dims; i++)
    {
      const gint64 n = y->shape.dims[i];
      g_autofree gint64 *table = qs_resize_nearest_table (attributes, i, x->dims[i], error);

      if (table != NULL && is_identity (table, n, x->dims[i]))
        continue;
      if (table == NULL || !upload_table (&self->layer, i, table, n, error))
        {
          qs_cuda_layer_release (self);
          return NULL;
        }
    }

  return self;
}

static gboolean
pick_execute (const QsKernel    *kernel,
              const QsLayer     *layer,
              gpointer           state,
              const QsExecution *execution,
              GError           **error)
{
  const Pick *self = state;
  const QsView x = qs_cuda_layer_input (&self->layer, layer, execution, 0);
  const QsView *y = &execution->outputs[0];
  const gsize size = qs_data_type_size (y->type);
  QsCudaPick args = { .to.data = y->data, .from.data = x.data };
  g_autofree char *name = NULL;
  gint64 k = 16 / (gint64) size;
  QsCudaNest nest;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  qs_cuda_nest_init (&nest, 2);
  for (int i = 0; i < y->shape.n_dims; i++)
    {
      const gint64 strides[] = { y->strides[i], x.strides[i] };

      qs_cuda_nest_add (&nest, y->shape.dims[i], strides, self->layer.tables[i] != NULL ? 1 + i : 0);
    }
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  while (k > 1 && !(qs_cuda_nest_can_group (&nest, k, FALSE) &&
                    qs_cuda_is_aligned (y->data, k * size) &&
                    qs_cuda_is_aligned (x.data, k * size)))
    k /= 2;
  if (k > 1)
    qs_cuda_nest_group (&nest, k);

  memcpy (args.fill, self->fill, sizeof args.fill);
  for (int i = 0; i < nest.n_dims; i++)
    args.tables[i] = nest.pinned[i] > 0 ? self->layer.tables[nest.pinned[i] - 1] : NULL;
  qs_cuda_nest_get_loops (&nest, &args.loops);
  qs_cuda_nest_get_strides (&nest, 0, k, args.to.strides);
  qs_cuda_nest_get_strides (&nest, 1, k, args.from.strides);
  name = g_strdup_printf ("qs_pick_%" G_GSIZE_FORMAT, k * size);
  return qs_cuda_launch_elements (self->layer.device, name, args.loops.n, &args, error);
}

static gboolean
padding_supports (const QsKernel *kernel,
                  const QsLayer  *layer,
                  const char    **reason)
{
  return qs_cuda_keeps_values (kernel, layer, 1, reason);
}

#define MAX_SMOOTH_AXES 3

/* Interpolation: first, weights and outside for every axis that is resized, in order. */
enum
{
  TABLE_FIRST,
  TABLE_WEIGHTS,
  TABLE_OUTSIDE,
  N_TABLES,
};

typedef struct
{
  QsCudaLayer layer;
  QsCudaTaps taps[MAX_SMOOTH_AXES];
  int axes[MAX_SMOOTH_AXES];
  int n_axes;
} Smooth;

static gboolean
resize_supports (const QsKernel *kernel,
                 const QsLayer  *layer,
                 const char    **reason)
{
  const QsResizeAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  int n = 0;

  if (attributes->mode == QS_RESIZE_NEAREST)
    return qs_cuda_keeps_values (kernel, layer, 1, reason);
  for (int i = 0; i < x->shape.n_dims; i++)
    n += !qs_resize_keeps_axis (attributes, i, x->shape.dims[i]);
  if (n > MAX_SMOOTH_AXES)
    return qs_cuda_refuse (reason, "it interpolates along more than three axes");
  if (!qs_cuda_is_real (x) || x->type != y->type || !qs_cuda_is_real (y))
    return qs_cuda_refuse (reason, "its tensors are neither float nor INT8 with a scale");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cuda_refuse (reason, "it ends in an activation");
  return qs_cuda_fits (kernel, layer, reason);
}

static gboolean
upload_taps (Smooth             *self,
             const QsResizeTaps *taps,
             gint64              n,
             GError            **error)
{
  QsCudaTaps *to = &self->taps[self->n_axes];
  gpointer *tables = &self->layer.tables[self->n_axes * N_TABLES];
  g_autofree guint8 *outside = qs_try_new (n, 1, error);

  if (outside == NULL ||
      !upload_table (&self->layer, self->n_axes * N_TABLES + TABLE_FIRST, taps->first, n, error))
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    outside[i] = taps->outside[i] != 0;
  tables[TABLE_WEIGHTS] = qs_cuda_device_upload_new (
    self->layer.device, taps->weights, (gsize) (n * taps->n_taps) * sizeof (float), error);
  tables[TABLE_OUTSIDE] = qs_cuda_device_upload_new (self->layer.device, outside, (gsize) n, error);
  to->first = tables[TABLE_FIRST];
  to->weights = tables[TABLE_WEIGHTS];
  to->outside = tables[TABLE_OUTSIDE];
  to->n_taps = (gint32) taps->n_taps;
  return to->weights != NULL && to->outside != NULL;
}

static gpointer
smooth_prepare (const QsKernel *kernel,
                const QsLayer  *layer,
                GError        **error)
{
  const QsResizeAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  QsCudaLayer *base = qs_cuda_layer_prepare (kernel, layer, error);
  Smooth *self;

  if (base == NULL)
    return NULL;
  self = g_new0 (Smooth, 1);
  self->layer = *base;
  g_free (base);
  for (int i = 0; i < x->n_dims; i++)
    {
      QsResizeTaps taps = { 0 };
      gboolean ok;

      if (qs_resize_keeps_axis (attributes, i, x->dims[i]))
        continue;
      ok = qs_resize_taps_init (&taps, attributes, i, x->dims[i], error) &&
           upload_taps (self, &taps, attributes->sizes.v[i], error);
      qs_resize_taps_clear (&taps);
      if (!ok)
        {
          qs_cuda_layer_release (self);
          return NULL;
        }
      self->taps[self->n_axes].in = (gint32) x->dims[i];
      self->axes[self->n_axes++] = i;
    }

  return self;
}

static gpointer
resize_prepare (const QsKernel *kernel,
                const QsLayer  *layer,
                GError        **error)
{
  const QsResizeAttributes *attributes = layer->attributes;

  return attributes->mode == QS_RESIZE_NEAREST ? nearest_prepare (kernel, layer, error)
                                               : smooth_prepare (kernel, layer, error);
}

static int
find_axis (const Smooth *self,
           int           axis)
{
  for (int i = 0; i < self->n_axes; i++)
    if (self->axes[i] == axis)
      return 1 + i;

  return 0;
}

static gboolean
smooth_execute (const QsLayer     *layer,
                const Smooth      *self,
                const QsExecution *execution,
                GError           **error)
{
  const QsResizeAttributes *attributes = layer->attributes;
  const QsView x = qs_cuda_layer_input (&self->layer, layer, execution, 0);
  const QsView *y = &execution->outputs[0];
  QsCudaResize args = {
    .x = { .data = x.data, .type = qs_cuda_type (x.type), .scale = x.scale },
    .y = { .data = y->data, .type = qs_cuda_type (y->type),
           .scale = y->type == QS_DATA_TYPE_INT8 ? 1.0f / y->scale : 0.0f },
    .extrapolation = attributes->extrapolation,
    .n_axes = self->n_axes,
  };
  QsCudaNest nest;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  qs_cuda_nest_init (&nest, 2);
  for (int i = 0; i < y->shape.n_dims; i++)
    {
      const int pinned = find_axis (self, i);
      const gint64 strides[] = { y->strides[i], pinned > 0 ? 0 : x.strides[i] };

      qs_cuda_nest_add (&nest, y->shape.dims[i], strides, pinned);
    }
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  memcpy (args.taps, self->taps, sizeof args.taps);
  for (int i = 0; i < MAX_SMOOTH_AXES; i++)
    args.taps[i].loop = -1;
  for (int i = 0; i < nest.n_dims; i++)
    if (nest.pinned[i] > 0)
      args.taps[nest.pinned[i] - 1].loop = i;
  for (int i = 0; i < self->n_axes; i++)
    args.taps[i].in_stride = x.strides[self->axes[i]];

  qs_cuda_nest_get_loops (&nest, &args.loops);
  qs_cuda_nest_get_strides (&nest, 0, 1, args.y.strides);
  qs_cuda_nest_get_strides (&nest, 1, 1, args.x.strides);
  return qs_cuda_launch_elements (self->layer.device, "qs_resize_smooth", args.loops.n, &args, error);
}

static gboolean
resize_execute (const QsKernel    *kernel,
                const QsLayer     *layer,
                gpointer           state,
                const QsExecution *execution,
                GError           **error)
{
  const QsResizeAttributes *attributes = layer->attributes;

  return attributes->mode == QS_RESIZE_NEAREST
           ? pick_execute (kernel, layer, state, execution, error)
           : smooth_execute (layer, state, execution, error);
}

static gboolean
gather_supports (const QsKernel *kernel,
                 const QsLayer  *layer,
                 const char    **reason)
{
  const QsTensor *indices = qs_layer_get_input (layer, 1);

  if (indices->type != QS_DATA_TYPE_INT64 && indices->type != QS_DATA_TYPE_INT32)
    return qs_cuda_refuse (reason, "its indices are neither int64 nor int32");
  return qs_cuda_keeps_values (kernel, layer, 1, reason);
}

/* Strides of the data and the indices along the axes of the output, and the axes that indices choose
 * along, as in the layer class. */
static void
plan_gather (const QsGatherAttributes *attributes,
             const QsView             *data,
             const QsView             *indices,
             const QsView             *y,
             gint64                   *data_strides,
             QsCudaGather             *args)
{
  const int n = indices->shape.n_dims, last = n - 1;
  const gboolean is_nd = attributes->mode == QS_GATHER_ND;
  const int axis = (int) (is_nd ? attributes->batch_dims : attributes->axis);
  const int behind = axis + (is_nd ? (int) indices->shape.dims[last] : 1);
  const int first = is_nd ? last : axis + n; /* of the output's axes that are copied whole */

  args->depth = is_nd ? (gint32) indices->shape.dims[last] : 1;
  args->index_step = is_nd ? indices->strides[last] : 0;
  for (int k = 0; k < args->depth; k++)
    {
      args->limits[k] = data->shape.dims[axis + k];
      args->steps[k] = data->strides[axis + k];
    }

  for (int i = 0; i < y->shape.n_dims; i++)
    {
      data_strides[i] = args->index_strides[i] = 0;
      if (attributes->mode == QS_GATHER_ELEMENT)
        {
          args->index_strides[i] = indices->strides[i];
          data_strides[i] = i == axis ? 0 : data->strides[i];
        }
      else if (i >= first)
        data_strides[i] = data->strides[i - first + behind];
      else
        {
          if (i < axis)
            data_strides[i] = data->strides[i];
          if (is_nd)
            args->index_strides[i] = indices->strides[i];
          else if (i >= axis)
            args->index_strides[i] = indices->strides[i - axis];
        }
    }
}

typedef struct
{
  QsCudaLayer layer;
  guint32 *fault;
  guint32 number;
} Gather;

static void
gather_release (gpointer state)
{
  Gather *self = state;

  if (self != NULL && self->fault != NULL)
    qs_cuda_device_unwatch (self->layer.device, self->number);
  qs_cuda_layer_release (self);
}

static gpointer
gather_prepare (const QsKernel *kernel,
                const QsLayer  *layer,
                GError        **error)
{
  g_autofree char *what = g_strdup_printf ("%s %s", layer->klass->name, layer->name);
  QsCudaLayer *base = qs_cuda_layer_prepare (kernel, layer, error);
  Gather *self;

  if (base == NULL)
    return NULL;
  self = g_new0 (Gather, 1);
  self->layer = *base;
  g_free (base);
  self->fault = qs_cuda_device_watch (self->layer.device, what, &self->number, error);
  if (self->fault != NULL)
    return self;
  gather_release (self);
  return NULL;
}

/* Elements in the largest pieces that lie together behind the gathered axes. */
static gint64
group_gather (QsCudaNest         *nest,
              const QsCudaGather *args,
              gsize               size)
{
  gint64 k = 16 / (gint64) size;

  for (; k > 1; k /= 2)
    {
      gboolean fits = nest->strides[2][nest->n_dims - 1] == 0;
      QsCudaNest both = *nest;

      both.n_views = 2;
      for (int i = 0; i < args->depth; i++)
        fits = fits && args->steps[i] % k == 0;
      if (fits && qs_cuda_nest_can_group (&both, k, FALSE) &&
          qs_cuda_is_aligned (args->to.data, k * size) &&
          qs_cuda_is_aligned (args->from.data, k * size))
        break;
    }
  if (k > 1)
    qs_cuda_nest_group (nest, k);
  return k;
}

static gboolean
gather_execute (const QsKernel    *kernel,
                const QsLayer     *layer,
                gpointer           state,
                const QsExecution *execution,
                GError           **error)
{
  const Gather *self = state;
  const QsView data = qs_cuda_layer_input (&self->layer, layer, execution, 0);
  const QsView indices = qs_cuda_layer_input (&self->layer, layer, execution, 1);
  const QsView *y = &execution->outputs[0];
  const gsize size = qs_data_type_size (y->type);
  gint64 data_strides[QS_MAX_DIMS], index_strides[QS_MAX_DIMS];
  const gint64 *strides[] = { y->strides, data_strides, index_strides };
  QsCudaGather args = {
    .to.data = y->data,
    .from.data = data.data,
    .indices = indices.data,
    .fault = self->fault,
    .number = self->number,
    .is_wide = indices.type == QS_DATA_TYPE_INT64,
  };
  g_autofree char *name = NULL;
  QsCudaNest nest;
  gint64 k;

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  plan_gather (layer->attributes, &data, &indices, y, data_strides, &args);
  for (int i = 0; i < QS_MAX_DIMS; i++)
    index_strides[i] = args.index_strides[i];
  qs_cuda_nest_init (&nest, 3);
  qs_cuda_nest_add_views (&nest, &y->shape, strides);
  qs_cuda_nest_sort (&nest);
  qs_cuda_nest_tidy (&nest);
  k = group_gather (&nest, &args, size);

  qs_cuda_nest_get_loops (&nest, &args.loops);
  qs_cuda_nest_get_strides (&nest, 0, k, args.to.strides);
  qs_cuda_nest_get_strides (&nest, 1, k, args.from.strides);
  qs_cuda_nest_get_strides (&nest, 2, 1, args.index_strides);
  for (int i = 0; i < args.depth; i++)
    args.steps[i] /= k;
  name = g_strdup_printf ("qs_gather_%" G_GSIZE_FORMAT, k * size);
  return qs_cuda_launch_elements (self->layer.device, name, args.loops.n, &args, error);
}

#define PREPARED(name_, kind_, precision_, supports_, prepare_, execute_, release_) \
  { \
    .base = { \
      .name = name_, .kind = kind_, .precision = precision_, .any_format = TRUE, \
      .on_device = TRUE, .supports = supports_, .prepare = prepare_, .execute = execute_, \
      .release = release_, \
    }, \
  }

#define ALL(name_, kind_, supports_, prepare_, execute_, release_) \
  PREPARED (name_ "_s8", kind_, QS_PRECISION_INT8, supports_, prepare_, execute_, release_), \
  PREPARED (name_ "_f32", kind_, QS_PRECISION_FP32, supports_, prepare_, execute_, release_), \
  PREPARED (name_ "_f16", kind_, QS_PRECISION_FP16, supports_, prepare_, execute_, release_)

const QsCudaKernel qs_cuda_picking_kernels[] = {
  ALL ("cuda_padding", QS_LAYER_PADDING, padding_supports, padding_prepare, pick_execute,
       qs_cuda_layer_release),
  ALL ("cuda_resize", QS_LAYER_RESIZE, resize_supports, resize_prepare, resize_execute,
       qs_cuda_layer_release),
  ALL ("cuda_gather", QS_LAYER_GATHER, gather_supports, gather_prepare, gather_execute,
       gather_release),
  { .base = { .name = NULL } },
};
