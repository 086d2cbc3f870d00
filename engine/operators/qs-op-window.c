/* SPDX-License-Identifier: MIT */
#include "qs-op-window.h"

#include <string.h>

#include "qs-op-util.h"

/* What convolutions and poolings share: sliding windows over the spatial axes. */

void
qs_spatial_strides (const QsView *view,
                    gint64        strides[QS_MAX_SPATIAL])
{
  int n = view->shape.n_dims - 2;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    strides[i] = i < QS_MAX_SPATIAL - n ? 0 : view->strides[2 + i - (QS_MAX_SPATIAL - n)];
}

void
qs_spatial_dims (const QsShape *shape,
                 gint64         dims[QS_MAX_SPATIAL])
{
  int n = shape->n_dims - 2;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    dims[i] = i < QS_MAX_SPATIAL - n ? 1 : shape->dims[2 + i - (QS_MAX_SPATIAL - n)];
}

static void
extend (const QsInts *values,
        gint64        fallback,
        gint64        result[QS_MAX_SPATIAL],
        int           n)
{
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    result[i] = i < QS_MAX_SPATIAL - n ? fallback : values->v[i - (QS_MAX_SPATIAL - n)];
}

void
qs_convolution_geometry_init (QsConvolutionGeometry         *self,
                              const QsConvolutionAttributes *attributes,
                              const QsShape                 *x,
                              const QsShape                 *y)
{
  int n = x->n_dims - 2;

  self->batch = x->dims[0];
  self->groups = attributes->groups;
  self->in_channels = x->dims[1] / attributes->groups;
  self->out_channels = y->dims[1] / attributes->groups;
  extend (&attributes->kernel_shape, 1, self->kernel, n);
  extend (&attributes->strides, 1, self->stride, n);
  extend (&attributes->dilations, 1, self->dilation, n);
  extend (&attributes->pads, 0, self->begin, n);
  qs_spatial_dims (x, self->in);
  qs_spatial_dims (y, self->out);
}

void
qs_window_range (gint64  n,
                 gint64  stride,
                 gint64  shift,
                 gint64  limit,
                 gint64 *first,
                 gint64 *last)
{
  *first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  *last = limit - 1 - shift < 0 ? 0 : MIN (n, (limit - 1 - shift) / stride + 1);
  *first = MIN (*first, *last);
}

void
qs_tap_span_init (QsTapSpan                   *self,
                  const QsConvolutionGeometry *geometry,
                  gboolean                     transposed,
                  const gint64                 tap[QS_MAX_SPATIAL],
                  const gint64                 from_strides[QS_MAX_SPATIAL],
                  const gint64                 to_strides[QS_MAX_SPATIAL])
{
  self->from = 0;
  self->to = 0;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      gint64 stride = geometry->stride[i];
      gint64 shift = tap[i] * geometry->dilation[i] - geometry->begin[i];
      gint64 positions = transposed ? geometry->in[i] : geometry->out[i];
      gint64 limit = transposed ? geometry->out[i] : geometry->in[i];
      gint64 first, last;

      qs_window_range (positions, stride, shift, limit, &first, &last);
      self->n[i] = last - first;
      self->from_step[i] = from_strides[i] * (transposed ? 1 : stride);
      self->to_step[i] = to_strides[i] * (transposed ? stride : 1);
      self->from += first * self->from_step[i] + (transposed ? 0 : shift * from_strides[i]);
      self->to += first * self->to_step[i] + (transposed ? shift * to_strides[i] : 0);
    }
}

/**
 * qs_window_output_size:
 * @pads: both paddings together
 * @begin: the padding in front
 *
 * How many windows fit: floor or ceil ((in + pads - extent) / stride) + 1. In ceil mode a last
 * window that would start beyond the input and the padding in front of it does not count.
 *
 * Returns: -1 when not even one fits
 */
gint64
qs_window_output_size (gint64   in,
                       gint64   kernel,
                       gint64   stride,
                       gint64   dilation,
                       gint64   pads,
                       gboolean ceil_mode,
                       gint64   begin)
{
  gint64 room = in + pads - (kernel - 1) * dilation - 1;
  gint64 n;

  if (room < 0)
    return -1;

  n = room / stride + 1;
  if (ceil_mode && room % stride != 0 && n * stride < in + begin)
    n++;
  return n;
}

static gboolean
default_ints (QsInts     *values,
              const char *what,
              int         n,
              gint64      fallback,
              gint64      low,
              GError    **error)
{
  if (values->n == 0)
    {
      values->n = n;
      for (int i = 0; i < n; i++)
        values->v[i] = fallback;
    }
  if (values->n != n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "%s has %d values instead of %d", what,
                   values->n, n);
      return FALSE;
    }

  return qs_ints_check_range (values, what, low, QS_MAX_WINDOW, error);
}

/* SAME padding keeps ceil (in / stride) outputs; the odd element goes to one side. */
static void
same_pads (const QsShape *x,
           const QsInts  *kernel_shape,
           const QsInts  *strides,
           const QsInts  *dilations,
           gboolean       upper,
           QsInts        *pads)
{
  int n = kernel_shape->n;

  for (int i = 0; i < n; i++)
    {
      gint64 in = x->dims[2 + i];
      gint64 out = (in + strides->v[i] - 1) / strides->v[i];
      gint64 extent = (kernel_shape->v[i] - 1) * dilations->v[i] + 1;
      gint64 total = MAX ((out - 1) * strides->v[i] + extent - in, 0);

      pads->v[i] = upper ? total / 2 : total - total / 2;
      pads->v[n + i] = total - pads->v[i];
    }
}

gboolean
qs_window_parse (const QsOnnxNode *node,
                 const QsShape    *x,
                 const QsInts     *kernel_shape,
                 QsInts           *strides,
                 QsInts           *dilations,
                 QsInts           *pads,
                 gboolean          transposed,
                 GError          **error)
{
  g_autofree char *auto_pad = NULL;
  QsInts kernel = *kernel_shape;
  int n = x->n_dims - 2;

  if (!qs_onnx_node_get_ints (node, "strides", strides, error) ||
      !qs_onnx_node_get_ints (node, "dilations", dilations, error) ||
      !qs_onnx_node_get_ints (node, "pads", pads, error) ||
      !qs_onnx_node_get_string (node, "auto_pad", "NOTSET", &auto_pad, error))
    return FALSE;

  if (!default_ints (&kernel, "kernel_shape", n, 1, 1, error) ||
      !default_ints (strides, "strides", n, 1, 1, error) ||
      !default_ints (dilations, "dilations", n, 1, 1, error))
    return FALSE;

  if (g_strcmp0 (auto_pad, "NOTSET") == 0)
    return default_ints (pads, "pads", 2 * n, 0, 0, error);

  pads->n = 2 * n;
  memset (pads->v, 0, sizeof pads->v);
  if (g_strcmp0 (auto_pad, "VALID") == 0)
    return TRUE;

  if (g_strcmp0 (auto_pad, "SAME_UPPER") != 0 && g_strcmp0 (auto_pad, "SAME_LOWER") != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "auto_pad is “%s”, which does not exist", auto_pad);
      return FALSE;
    }
  if (!transposed)
    same_pads (x, &kernel, strides, dilations, g_strcmp0 (auto_pad, "SAME_UPPER") == 0, pads);
  return TRUE;
}
