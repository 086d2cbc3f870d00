/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-resize.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsResizeAttributes, field)
#define ONE_AXIS(name, field, i) { name "_" #i, QS_FIELD_FLOAT, OFFSET (field[i]) }
#define PER_AXIS(name, field)                                  \
  ONE_AXIS (name, field, 0), ONE_AXIS (name, field, 1),        \
  ONE_AXIS (name, field, 2), ONE_AXIS (name, field, 3),        \
  ONE_AXIS (name, field, 4), ONE_AXIS (name, field, 5),        \
  ONE_AXIS (name, field, 6), ONE_AXIS (name, field, 7)

static const char *const mode_names[] = { "nearest", "linear", "cubic", NULL };

static const char *const coordinates_names[] = {
  [QS_COORDINATES_HALF_PIXEL] = "half_pixel",
  [QS_COORDINATES_HALF_PIXEL_SYMMETRIC] = "half_pixel_symmetric",
  [QS_COORDINATES_PYTORCH_HALF_PIXEL] = "pytorch_half_pixel",
  [QS_COORDINATES_ALIGN_CORNERS] = "align_corners",
  [QS_COORDINATES_ASYMMETRIC] = "asymmetric",
  [QS_COORDINATES_TF_HALF_PIXEL_FOR_NN] = "tf_half_pixel_for_nn",
  [QS_COORDINATES_TF_CROP_AND_RESIZE] = "tf_crop_and_resize",
  NULL,
};

static const char *const nearest_names[] = {
  "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL,
};

static const QsField fields[] = {
  { "mode", QS_FIELD_ENUM, OFFSET (mode), mode_names },
  { "coordinate_transformation_mode", QS_FIELD_ENUM, OFFSET (coordinates), coordinates_names },
  { "nearest_mode", QS_FIELD_ENUM, OFFSET (nearest), nearest_names },
  { "sizes", QS_FIELD_INTS, OFFSET (sizes) },
  PER_AXIS ("scale", scales),
  PER_AXIS ("start", starts),
  PER_AXIS ("end", ends),
  { "cubic_coeff_a", QS_FIELD_FLOAT, OFFSET (cubic_coefficient) },
  { "extrapolation_value", QS_FIELD_FLOAT, OFFSET (extrapolation) },
  { "exclude_outside", QS_FIELD_FLAG, OFFSET (exclude_outside) },
  { "antialias", QS_FIELD_FLAG, OFFSET (antialias) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsResizeAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape y;

  if (x == NULL)
    return FALSE;
  if (attributes->mode != QS_RESIZE_NEAREST && !qs_layer_check_float (x, "the input", error))
    return FALSE;
  if (attributes->sizes.n != x->shape.n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "there are %d sizes for an input of %d dimensions", attributes->sizes.n,
                   x->shape.n_dims);
      return FALSE;
    }
  if (!qs_shape_init (&y, (gsize) attributes->sizes.n, attributes->sizes.v, error))
    return FALSE;

  for (int i = 0; i < y.n_dims; i++)
    if (y.dims[i] < 0 || (x->shape.dims[i] == 0 && y.dims[i] != 0) ||
        !(attributes->scales[i] > 0))
      {
        g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                     "axis %d of length %" G_GINT64_FORMAT " cannot be resized to %"
                     G_GINT64_FORMAT, i, x->shape.dims[i], y.dims[i]);
        return FALSE;
      }

  return qs_layer_set_output (layer, 0, x->type, &y, error);
}

/*
 * Where output position @o lies in the input, from ONNX's definition of Resize; in float32, as the
 * scales are. The exact length of the resized axis is scale * in, not yet cut to an integer.
 */
static float
source_position (const QsResizeAttributes *attributes,
                 int                       axis,
                 gint64                    in,
                 gint64                    o)
{
  float scale = attributes->scales[axis], x = (float) o;
  float start = attributes->starts[axis], end = attributes->ends[axis];
  gint64 out = attributes->sizes.v[axis];
  float length = scale * (float) in;

  switch (attributes->coordinates)
    {
    case QS_COORDINATES_ALIGN_CORNERS:
      return length == 1.0f || out == 1 ? 0.0f : x * (float) (in - 1) / (length - 1.0f);
    case QS_COORDINATES_ASYMMETRIC:
      return x / scale;
    case QS_COORDINATES_TF_HALF_PIXEL_FOR_NN:
      return (x + 0.5f) / scale;
    case QS_COORDINATES_PYTORCH_HALF_PIXEL:
      return length > 1.0f ? (x + 0.5f) / scale - 0.5f : 0.0f;
    case QS_COORDINATES_HALF_PIXEL_SYMMETRIC:
      return (float) in / 2.0f * (1.0f - (float) out / length) + (x + 0.5f) / scale - 0.5f;
    case QS_COORDINATES_TF_CROP_AND_RESIZE:
      return out > 1 ? start * (float) (in - 1) +
                         x * (end - start) * (float) (in - 1) / (float) (out - 1)
                     : 0.5f * (start + end) * (float) (in - 1);
    case QS_COORDINATES_HALF_PIXEL:
    default:
      return (x + 0.5f) / scale - 0.5f;
    }
}

static gboolean
is_outside (const QsResizeAttributes *attributes,
            float                     position,
            gint64                    in)
{
  return attributes->coordinates == QS_COORDINATES_TF_CROP_AND_RESIZE &&
         (position < 0.0f || position > (float) (in - 1));
}

/* A huge or undefined position must not overflow the conversion. */
static gint64
to_index (float  value,
          gint64 in)
{
  return isnan (value) ? 0 : (gint64) CLAMP (value, -2.0f, (float) in + 2.0f);
}

static gint64
nearest_index (const QsResizeAttributes *attributes,
               float                     position,
               gint64                    in)
{
  float index;

  switch (attributes->nearest)
    {
    case QS_NEAREST_FLOOR:
      index = floorf (position);
      break;
    case QS_NEAREST_CEIL:
      index = ceilf (position);
      break;
    case QS_NEAREST_ROUND_PREFER_CEIL:
      index = floorf (position + 0.5f);
      break;
    case QS_NEAREST_ROUND_PREFER_FLOOR:
    default:
      index = ceilf (position - 0.5f);
      break;
    }

  return CLAMP (to_index (index, in), 0, in - 1);
}

/**
 * qs_resize_nearest_table:
 *
 * Returns: (transfer full): for every output position along @axis the input's, -1 where the region
 *   lies outside the input
 */
gint64 *
qs_resize_nearest_table (const QsResizeAttributes *attributes,
                         int                       axis,
                         gint64                    in,
                         GError                  **error)
{
  gint64 n = attributes->sizes.v[axis];
  gint64 *table = qs_try_new (n, sizeof (gint64), error);

  for (gint64 o = 0; table != NULL && o < n; o++)
    {
      float position = source_position (attributes, axis, in, o);

      table[o] = is_outside (attributes, position, in) ? -1
                                                       : nearest_index (attributes, position, in);
    }

  return table;
}

/* Nearest neighbours are copied as they are, whatever the type. */
static void
copy_nearest (const QsResizeAttributes *attributes,
              gint64                  **tables,
              const QsView             *x,
              QsView                   *y)
{
  gsize size = qs_data_type_size (y->type);
  QsWalk walk;

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 from = 0;
      gboolean outside = FALSE;

      for (int d = 0; d < y->shape.n_dims; d++)
        {
          gint64 index = tables[d][walk.index[d]];

          outside |= index < 0;
          from += index * x->strides[d];
        }

      if (outside)
        qs_floats_store (&attributes->extrapolation, y, walk.offset[0], 1, 1);
      else
        qs_copy_element (y->data, walk.offset[0], x->data, from, size);
    }
}

static gboolean
resize_nearest (const QsResizeAttributes *attributes,
                const QsView             *x,
                QsView                   *y,
                GError                  **error)
{
  gint64 *tables[QS_MAX_DIMS] = { NULL };
  gboolean ok = TRUE;

  for (int d = 0; ok && d < x->shape.n_dims; d++)
    {
      tables[d] = qs_resize_nearest_table (attributes, d, x->shape.dims[d], error);
      ok = tables[d] != NULL;
    }
  if (ok)
    copy_nearest (attributes, tables, x, y);

  for (int d = 0; d < QS_MAX_DIMS; d++)
    g_free (tables[d]);
  return ok;
}

void
qs_resize_taps_clear (QsResizeTaps *self)
{
  g_free (self->first);
  g_free (self->weights);
  g_free (self->outside);
}

static float
triangle (float distance)
{
  distance = fabsf (distance);
  return distance < 1.0f ? 1.0f - distance : 0.0f;
}

/* Keys' cubic convolution kernel with coefficient @a. */
static float
cubic (float distance,
       float a)
{
  float t = fabsf (distance);

  if (t <= 1.0f)
    return ((a + 2.0f) * t - (a + 3.0f)) * t * t + 1.0f;
  if (t < 2.0f)
    return ((a * t - 5.0f * a) * t + 8.0f * a) * t - 4.0f * a;
  return 0.0f;
}

/* Weights of one output; with antialiasing the kernel is stretched where the image shrinks. */
static void
fill_weights (const QsResizeAttributes *attributes,
              const QsResizeTaps               *taps,
              gint64                    o,
              float                     position,
              float                     stretch,
              gint64                    in)
{
  float *weights = taps->weights + o * taps->n_taps, sum = 0;

  for (gint64 k = 0; k < taps->n_taps; k++)
    {
      gint64 index = taps->first[o] + k;
      float distance = ((float) index - position) * stretch;

      weights[k] = attributes->mode == QS_RESIZE_CUBIC
                     ? cubic (distance, attributes->cubic_coefficient)
                     : triangle (distance);
      if (attributes->exclude_outside && (index < 0 || index >= in))
        weights[k] = 0;
      sum += weights[k];
    }

  if ((attributes->exclude_outside || stretch < 1.0f) && sum != 0.0f)
    for (gint64 k = 0; k < taps->n_taps; k++)
      weights[k] /= sum;
}

/**
 * qs_resize_taps_init:
 * @in: length of the axis before it is resized
 *
 * Errors: there is too little memory; @self must be cleared then, too.
 */
gboolean
qs_resize_taps_init (QsResizeTaps             *self,
                     const QsResizeAttributes *attributes,
                     int                       axis,
                     gint64                    in,
                     GError                  **error)
{
  gint64 n = attributes->sizes.v[axis];
  float stretch = attributes->antialias ? MIN (attributes->scales[axis], 1.0f) : 1.0f;
  float radius = (attributes->mode == QS_RESIZE_CUBIC ? 2.0f : 1.0f) / stretch;
  gint64 half = (gint64) MIN (ceilf (radius), 2.0f * (float) in + 4.0f);

  self->n_taps = 2 * half;
  self->first = qs_try_new (n, sizeof (gint64), error);
  self->weights = self->first != NULL ? qs_try_new (n * self->n_taps, sizeof (float), error) : NULL;
  self->outside = self->weights != NULL ? qs_try_new (n, sizeof (gboolean), error) : NULL;
  if (self->outside == NULL)
    return FALSE;

  for (gint64 o = 0; o < n; o++)
    {
      float position = source_position (attributes, axis, in, o);

      self->outside[o] = is_outside (attributes, position, in);
      self->first[o] = to_index (floorf (position), in) - half + 1;
      fill_weights (attributes, self, o, position, stretch, in);
    }

  return TRUE;
}

/* One axis of dense data: @outer blocks of @in planes of @inner numbers each. */
static void
interpolate_axis (const QsResizeTaps  *taps,
                  const float *from,
                  float       *to,
                  gint64       outer,
                  gint64       in,
                  gint64       out,
                  gint64       inner,
                  float        extrapolation)
{
  for (gint64 block = 0; block < outer; block++)
    for (gint64 o = 0; o < out; o++)
      {
        const float *weights = taps->weights + o * taps->n_taps;
        float *target = to + (block * out + o) * inner;

        for (gint64 i = 0; i < inner; i++)
          target[i] = taps->outside[o] ? extrapolation : 0.0f;
        for (gint64 k = 0; k < taps->n_taps && !taps->outside[o]; k++)
          {
            gint64 index = CLAMP (taps->first[o] + k, 0, in - 1);
            const float *source = from + (block * in + index) * inner;

            for (gint64 i = 0; i < inner && weights[k] != 0.0f; i++)
              target[i] += weights[k] * source[i];
          }
      }
}

/* Whether resizing leaves an axis as it is. */
gboolean
qs_resize_keeps_axis (const QsResizeAttributes *attributes,
                      int                       axis,
                      gint64                    in)
{
  return attributes->sizes.v[axis] == in && attributes->scales[axis] == 1.0f &&
         (attributes->coordinates != QS_COORDINATES_TF_CROP_AND_RESIZE ||
          (attributes->starts[axis] == 0.0f && attributes->ends[axis] == 1.0f));
}

static gint64
product (const QsShape *shape,
         int            first,
         int            last)
{
  gint64 n = 1;

  for (int d = first; d < last; d++)
    n *= shape->dims[d];
  return n;
}

/* Replaces @values, of @shape, by what one axis resized gives. */
static gboolean
resize_axis (const QsResizeAttributes *attributes,
             int                       axis,
             QsShape                  *shape,
             float                   **values,
             GError                  **error)
{
  gint64 in = shape->dims[axis], out = attributes->sizes.v[axis];
  gint64 outer = product (shape, 0, axis), inner = product (shape, axis + 1, shape->n_dims);
  QsResizeTaps taps = { 0 };
  QsShape after = *shape;
  float *result;

  after.dims[axis] = out;
  if (!qs_shape_check_bytes (&after, sizeof (float), NULL, error))
    return FALSE;

  result = qs_try_new (outer * out * inner, sizeof (float), error);
  if (result == NULL || !qs_resize_taps_init (&taps, attributes, axis, in, error))
    {
      g_free (result);
      qs_resize_taps_clear (&taps);
      return FALSE;
    }

  interpolate_axis (&taps, *values, result, outer, in, out, inner, attributes->extrapolation);
  qs_resize_taps_clear (&taps);
  g_free (*values);
  *values = result;
  *shape = after;
  return TRUE;
}

static gboolean
resize_smooth (const QsResizeAttributes *attributes,
               const QsView             *x,
               QsView                   *y,
               GError                  **error)
{
  QsShape shape = x->shape;
  g_autofree float *values = qs_try_new (qs_shape_n_elements (&shape), sizeof (float), error);

  if (values == NULL)
    return FALSE;

  qs_floats_gather (values, x, 0, &x->shape);
  for (int d = 0; d < shape.n_dims; d++)
    if (!qs_resize_keeps_axis (attributes, d, shape.dims[d]) &&
        !resize_axis (attributes, d, &shape, &values, error))
      return FALSE;

  qs_floats_scatter (values, y, 0, &y->shape);
  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsResizeAttributes *attributes = layer->attributes;

  if (qs_shape_n_elements (&outputs[0].shape) == 0)
    return TRUE;

  return (attributes->mode == QS_RESIZE_NEAREST ? resize_nearest : resize_smooth) (
    attributes, &inputs[0], &outputs[0], error);
}

static gboolean
parse_enum (const QsOnnxNode  *node,
            const char        *attribute,
            const char        *fallback,
            const char *const *names,
            int               *value,
            GError           **error)
{
  g_autofree char *text = NULL;

  if (!qs_onnx_node_get_string (node, attribute, fallback, &text, error))
    return FALSE;
  for (*value = 0; names[*value] != NULL; (*value)++)
    if (g_strcmp0 (names[*value], text) == 0)
      return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "%s is “%s”, which is not supported",
               attribute, text);
  return FALSE;
}

/* A constant list of floats, one for each of @axes; @fallback elsewhere. */
static gboolean
constant_floats (QsImporter       *importer,
                 const QsOnnxNode *node,
                 guint             index,
                 const char       *what,
                 const QsInts     *axes,
                 gint64            first,
                 float            *values,
                 gboolean         *present,
                 GError          **error)
{
  QsTensor *tensor = qs_importer_get_input (importer, node, index);
  QsHostTensor *value;
  gint64 n;

  *present = FALSE;
  if (tensor == NULL || qs_shape_n_elements (&tensor->shape) == 0)
    return TRUE;

  value = qs_importer_get_constant (importer, node, index, what, error);
  if (value == NULL)
    return FALSE;

  n = qs_host_tensor_get_n_elements (value);
  if (n != axes->n && n != 2 * axes->n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%s has %" G_GINT64_FORMAT " values for %d axes", what, n, axes->n);
      return FALSE;
    }
  if (first + axes->n > n)
    return TRUE;

  for (int i = 0; i < axes->n; i++)
    values[axes->v[i]] = (float) qs_host_tensor_get_number (value, first + i);
  *present = TRUE;
  return TRUE;
}

/* floor (in * scale), refused when it is no usable length. */
static gboolean
apply_scales (QsResizeAttributes *attributes,
              const QsShape      *x,
              GError            **error)
{
  for (int i = 0; i < x->n_dims; i++)
    {
      float size = floorf ((float) x->dims[i] * attributes->scales[i]);

      if (!(attributes->scales[i] > 0.0f) || !(size <= (float) (1 << 30)))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "axis %d of length %" G_GINT64_FORMAT " cannot be scaled by %g", i,
                       x->dims[i], (double) attributes->scales[i]);
          return FALSE;
        }
      attributes->sizes.v[i] = (gint64) size;
    }

  return TRUE;
}

/* keep_aspect_ratio_policy: the smaller or larger of the axes' scales serves them all. */
static gboolean
keep_aspect_ratio (QsResizeAttributes *attributes,
                   const char         *policy,
                   const QsShape      *x,
                   const QsInts       *axes,
                   GError            **error)
{
  gboolean smaller = g_strcmp0 (policy, "not_larger") == 0;
  float common = 0;

  if (g_strcmp0 (policy, "stretch") == 0)
    return TRUE;
  if (!smaller && g_strcmp0 (policy, "not_smaller") != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "keep_aspect_ratio_policy is “%s”, which is not supported", policy);
      return FALSE;
    }

  for (int i = 0; i < axes->n; i++)
    {
      float scale = attributes->scales[axes->v[i]];

      common = i == 0 ? scale : smaller ? MIN (common, scale) : MAX (common, scale);
    }
  for (int i = 0; i < axes->n; i++)
    {
      attributes->scales[axes->v[i]] = common;
      attributes->sizes.v[axes->v[i]] =
        (gint64) floorf (common * (float) x->dims[axes->v[i]] + 0.5f);
    }

  return TRUE;
}

static gboolean
apply_sizes (QsImporter         *importer,
             const QsOnnxNode   *node,
             guint               index,
             const QsShape      *x,
             const QsInts       *axes,
             QsResizeAttributes *attributes,
             GError            **error)
{
  g_autofree char *policy = NULL;
  QsInts sizes;

  if (!qs_importer_get_constant_ints (importer, node, index, "the sizes", &sizes, error) ||
      !qs_ints_check_range (&sizes, "sizes", 0, QS_MAX_DIM, error) ||
      !qs_onnx_node_get_string (node, "keep_aspect_ratio_policy", "stretch", &policy, error))
    return FALSE;
  if (sizes.n != axes->n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "sizes has %d values for %d axes", sizes.n,
                   axes->n);
      return FALSE;
    }

  for (int i = 0; i < axes->n; i++)
    {
      gint64 in = x->dims[axes->v[i]];

      attributes->sizes.v[axes->v[i]] = sizes.v[i];
      attributes->scales[axes->v[i]] = in > 0 && sizes.v[i] > 0 ? (float) sizes.v[i] / (float) in
                                                                : 1.0f;
    }

  return keep_aspect_ratio (attributes, policy, x, axes, error);
}

static void
defaults (QsResizeAttributes *attributes,
          const QsShape      *x,
          QsInts             *axes)
{
  attributes->sizes.n = axes->n = x->n_dims;
  for (int i = 0; i < QS_MAX_DIMS; i++)
    {
      axes->v[i] = i;
      attributes->sizes.v[i] = i < x->n_dims ? x->dims[i] : 0;
      attributes->scales[i] = 1;
      attributes->starts[i] = 0;
      attributes->ends[i] = 1;
    }
}

static gboolean
add_resize (QsImporter               *importer,
            const QsOnnxNode         *node,
            const QsResizeAttributes *attributes,
            QsTensor                 *x,
            GError                  **error)
{
  return qs_importer_add_layer_full (importer, node, QS_LAYER_RESIZE, attributes, &x, 1, 1,
                                     error) != NULL;
}

/* Upsample 7 has its scales as an attribute, Upsample 9 and Resize 10 as input 1. All of them use
 * asymmetric coordinates. */
static gboolean
parse_simple (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  QsResizeAttributes attributes = { .coordinates = QS_COORDINATES_ASYMMETRIC,
                                    .nearest = QS_NEAREST_FLOOR };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  g_autoptr (GArray) scales = NULL;
  gboolean present = TRUE;
  QsInts axes;
  int mode;

  if (x == NULL || !parse_enum (node, "mode", "nearest", mode_names, &mode, error))
    return FALSE;

  defaults (&attributes, &x->shape, &axes);
  attributes.mode = (QsResizeMode) mode;
  if (op->since > 7 && !constant_floats (importer, node, 1, "the scales", &axes, 0,
                                         attributes.scales, &present, error))
    return FALSE;
  if (op->since == 7)
    {
      if (!qs_onnx_node_get_float_array (node, "scales", &scales, error))
        return FALSE;
      present = scales != NULL && (int) scales->len == axes.n;
      for (int i = 0; present && i < axes.n; i++)
        attributes.scales[i] = g_array_index (scales, float, i);
    }
  if (!present)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "there is not one scale for every axis");
      return FALSE;
    }

  return apply_scales (&attributes, &x->shape, error) &&
         add_resize (importer, node, &attributes, x, error);
}

static gboolean
parse_modes (const QsOnnxNode   *node,
             QsResizeAttributes *attributes,
             GError            **error)
{
  int mode, coordinates, nearest;

  if (!parse_enum (node, "mode", "nearest", mode_names, &mode, error) ||
      !parse_enum (node, "coordinate_transformation_mode", "half_pixel", coordinates_names,
                   &coordinates, error) ||
      !parse_enum (node, "nearest_mode", "round_prefer_floor", nearest_names, &nearest, error))
    return FALSE;

  attributes->mode = (QsResizeMode) mode;
  attributes->coordinates = (QsCoordinates) coordinates;
  attributes->nearest = (QsNearest) nearest;
  return qs_onnx_node_get_float (node, "cubic_coeff_a", -0.75f, &attributes->cubic_coefficient,
                                 error) &&
         qs_onnx_node_get_float (node, "extrapolation_value", 0, &attributes->extrapolation,
                                 error) &&
         qs_onnx_node_get_flag (node, "exclude_outside", FALSE, &attributes->exclude_outside,
                                error) &&
         qs_onnx_node_get_flag (node, "antialias", FALSE, &attributes->antialias, error);
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsResizeAttributes attributes = { 0 };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  gboolean has_roi, has_ends, has_scales;
  QsInts axes, wanted;

  if (x == NULL || !parse_modes (node, &attributes, error) ||
      !qs_onnx_node_get_ints (node, "axes", &wanted, error))
    return FALSE;

  defaults (&attributes, &x->shape, &axes);
  /* The order of `axes` is the order of the scales and sizes, so they are not sorted. */
  if (wanted.n > 0)
    {
      QsInts check = wanted;

      if (!qs_axes_resolve (&check, x->shape.n_dims, error))
        return FALSE;
      axes = wanted;
      for (int i = 0; i < axes.n; i++)
        axes.v[i] += axes.v[i] < 0 ? x->shape.n_dims : 0;
    }

  if (!constant_floats (importer, node, 1, "the region", &axes, 0, attributes.starts, &has_roi,
                        error) ||
      !constant_floats (importer, node, 1, "the region", &axes, axes.n, attributes.ends,
                        &has_ends, error) ||
      !constant_floats (importer, node, 2, "the scales", &axes, 0, attributes.scales,
                        &has_scales, error))
    return FALSE;

  if (has_scales ? !apply_scales (&attributes, &x->shape, error)
                 : !apply_sizes (importer, node, 3, &x->shape, &axes, &attributes, error))
    return FALSE;
  return add_resize (importer, node, &attributes, x, error);
}

static QsPlacement
qdq_placement (const QsLayer  *layer,
               const char    **why_not)
{
  const QsResizeAttributes *attributes = layer->attributes;

  if (attributes->mode == QS_RESIZE_NEAREST &&
      attributes->coordinates != QS_COORDINATES_TF_CROP_AND_RESIZE)
    return QS_PLACEMENT_COMMUTES;

  *why_not = "an interpolated value lies between the values that INT8 has";
  return QS_PLACEMENT_NON_WEIGHTED;
}

/* One axis after the other, so that each may have the larger of its sizes in between. */
static double
count_steps (const QsLayer *layer)
{
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  const QsShape *y = &qs_layer_get_output (layer, 0)->shape;
  double steps = 4.0 * x->n_dims;

  for (int i = 0; i < x->n_dims; i++)
    steps *= (double) MAX (x->dims[i], y->dims[i]);
  return steps;
}

const QsLayerClass qs_layer_classes_resize[] = {
  {
    .kind = QS_LAYER_RESIZE,
    .name = "Resize",
    .placement = QS_PLACEMENT_NON_WEIGHTED,
    .attributes_size = sizeof (QsResizeAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .qdq_placement = qdq_placement,
    .count_steps = count_steps,
  },
  { 0 },
};

const QsOperator qs_operators_resize[] = {
  { "Upsample", 7, 8, 0, parse_simple },
  { "Upsample", 9, 9, 0, parse_simple },
  { "Resize", 10, 10, 0, parse_simple },
  { "Resize", 11, 0, 0, parse },
  { 0 },
};
