/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"
#include "qs-op-window.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsGridSampleAttributes, field)

enum
{
  INPUT_X,
  INPUT_GRID,
};

static const char *const mode_names[] = { "nearest", "linear", "cubic", NULL };
static const char *const padding_names[] = { "zeros", "border", "reflection", NULL };

static const QsField fields[] = {
  { "mode", QS_FIELD_ENUM, OFFSET (mode), mode_names },
  { "padding_mode", QS_FIELD_ENUM, OFFSET (padding), padding_names },
  { "align_corners", QS_FIELD_FLAG, OFFSET (align_corners) },
  { NULL },
};

/* X is N×C×spatial; the grid is N×output spatial×(number of spatial axes), the last axis first. */
static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, INPUT_X, error);
  QsTensor *grid = x != NULL ? qs_layer_require_input (layer, INPUT_GRID, error) : NULL;
  QsShape y;
  int n;

  if (grid == NULL || !qs_layer_check_float (x, "the input", error) ||
      !qs_layer_check_float (grid, "the grid", error))
    return FALSE;

  y = grid->shape;
  n = x->shape.n_dims - 2;
  if (n < 1 || n > QS_MAX_SPATIAL || y.n_dims != n + 2 || y.dims[0] != x->shape.dims[0] ||
      y.dims[n + 1] != n)
    {
      g_autofree char *first = qs_shape_to_string (&x->shape);
      g_autofree char *second = qs_shape_to_string (&y);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "a grid of shape %s does not fit an input of "
                   "shape %s", second, first);
      return FALSE;
    }
  for (int i = 0; i < n; i++)
    if (x->shape.dims[2 + i] == 0)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "there is nothing to sample along axis %d",
                     2 + i);
        return FALSE;
      }

  memmove (&y.dims[2], &y.dims[1], sizeof (gint64) * (gsize) n);
  y.dims[1] = x->shape.dims[1];
  return qs_layer_set_output (layer, 0, x->type, &y, error);
}

/* The triangle wave between @low and @low + @length. */
static float
reflect (float x,
         float low,
         float length)
{
  float distance, rest;

  if (length <= 0.0f)
    return low;

  distance = fabsf (x - low);
  rest = fmodf (distance, 2.0f * length);
  return low + (rest <= length ? rest : 2.0f * length - rest);
}

static float
reflect_in (const QsGridSampleAttributes *attributes,
            float                         x,
            gint64                        in)
{
  return attributes->align_corners ? reflect (x, 0.0f, (float) (in - 1))
                                   : reflect (x, -0.5f, (float) in);
}

/* From -1 … 1 to positions; corners are the outer pixels' centres or their outer edges. */
static float
to_position (const QsGridSampleAttributes *attributes,
             float                         g,
             gint64                        in)
{
  if (attributes->align_corners)
    return (g + 1.0f) / 2.0f * (float) (in - 1);

  return ((g + 1.0f) * (float) in - 1.0f) / 2.0f;
}

/* The position itself moves into the input for border and reflection, but for cubic kernels, whose
 * taps do. */
static float
pad_position (const QsGridSampleAttributes *attributes,
              float                         x,
              gint64                        in)
{
  if (isnan (x))
    x = -1e9f;
  if (attributes->mode == QS_RESIZE_CUBIC || attributes->padding == QS_PADDING_ZEROS)
    return x;
  if (attributes->padding == QS_PADDING_REFLECTION)
    x = reflect_in (attributes, x, in);

  return CLAMP (x, 0.0f, (float) (in - 1));
}

/* A tap's index, -1 where it reads zero. */
static gint64
pad_index (const QsGridSampleAttributes *attributes,
           float                         x,
           gint64                        in)
{
  if (attributes->padding == QS_PADDING_REFLECTION && (x < 0.0f || x > (float) (in - 1)))
    x = reflect_in (attributes, x, in);
  if (attributes->padding == QS_PADDING_ZEROS && !(x >= 0.0f && x <= (float) (in - 1)))
    return -1;

  return (gint64) CLAMP (x, 0.0f, (float) (in - 1));
}

typedef struct
{
  int n;
  gint64 index[4]; /* -1 reads zero */
  float weight[4];
} Taps;

/* Keys' kernel with a = -0.75, as ONNX asks for. */
static float
cubic (float t)
{
  const float a = -0.75f;

  t = fabsf (t);
  if (t <= 1.0f)
    return ((a + 2.0f) * t - (a + 3.0f)) * t * t + 1.0f;
  if (t < 2.0f)
    return ((a * t - 5.0f * a) * t + 8.0f * a) * t - 4.0f * a;
  return 0.0f;
}

static void
taps_init (Taps                         *self,
           const QsGridSampleAttributes *attributes,
           float                         x,
           gint64                        in)
{
  float base = floorf (x), fraction = x - base;

  if (attributes->mode == QS_RESIZE_NEAREST)
    {
      self->n = 1;
      self->index[0] = pad_index (attributes, nearbyintf (x), in);
      self->weight[0] = 1.0f;
      return;
    }

  self->n = attributes->mode == QS_RESIZE_CUBIC ? 4 : 2;
  for (int k = 0; k < self->n; k++)
    {
      int step = k - (self->n / 2 - 1);

      self->index[k] = pad_index (attributes, base + (float) step, in);
      self->weight[k] = attributes->mode == QS_RESIZE_CUBIC ? cubic ((float) step - fraction)
                        : k == 0                            ? 1.0f - fraction
                                                            : fraction;
    }
}

/* The weighted sum over the taps of three axes; missing axes have one tap. */
static float
sample (const Taps   taps[QS_MAX_SPATIAL],
        const gint64 strides[QS_MAX_SPATIAL],
        const float *x)
{
  float planes = 0;

  for (int d = 0; d < taps[0].n; d++)
    {
      float rows = 0;

      for (int h = 0; h < taps[1].n; h++)
        {
          float columns = 0;

          for (int w = 0; w < taps[2].n; w++)
            {
              gint64 i = taps[0].index[d], j = taps[1].index[h], k = taps[2].index[w];

              if (i >= 0 && j >= 0 && k >= 0)
                columns += taps[2].weight[w] * x[i * strides[0] + j * strides[1] + k * strides[2]];
            }
          rows += taps[1].weight[h] * columns;
        }
      planes += taps[0].weight[d] * rows;
    }

  return planes;
}

static void
grid_taps (const QsGridSampleAttributes *attributes,
           const QsView                 *x,
           const QsView                 *grid,
           gint64                        offset,
           Taps                          taps[QS_MAX_SPATIAL])
{
  int n = x->shape.n_dims - 2;
  const float *g = (const float *) grid->data + offset;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      int axis = i - (QS_MAX_SPATIAL - n);
      gint64 in;

      taps[i] = (Taps) { .n = 1, .index = { 0 }, .weight = { 1.0f } };
      if (axis < 0)
        continue;

      in = x->shape.dims[2 + axis];
      taps_init (&taps[i], attributes,
                 pad_position (attributes,
                               to_position (attributes, g[(n - 1 - axis) * grid->strides[n + 1]],
                                            in), in), in);
    }
}

static gboolean
compute (const QsLayer *layer,
         const QsView  *inputs,
         QsView        *outputs,
         GError       **error)
{
  const QsView *x = &inputs[INPUT_X], *grid = &inputs[INPUT_GRID];
  QsView *y = &outputs[0];
  gint64 strides[QS_MAX_SPATIAL], y_strides[QS_MAX_DIMS] = { 0 };
  QsShape points = grid->shape;
  QsWalk walk;
  int n = x->shape.n_dims - 2;

  qs_spatial_strides (x, strides);
  points.dims[n + 1] = 1;
  y_strides[0] = y->strides[0];
  memcpy (&y_strides[1], &y->strides[2], sizeof (gint64) * (gsize) n);

  qs_walk_init (&walk, &points);
  qs_walk_add (&walk, grid->strides);
  qs_walk_add (&walk, y_strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      Taps taps[QS_MAX_SPATIAL];

      grid_taps (layer->attributes, x, grid, walk.offset[0], taps);
      for (gint64 c = 0; c < x->shape.dims[1]; c++)
        ((float *) y->data)[walk.offset[1] + c * y->strides[1]] =
          sample (taps, strides, (const float *) x->data + walk.index[0] * x->strides[0] +
                                   c * x->strides[1]);
    }

  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  return qs_evaluate_in_floats (layer, inputs, outputs, compute, error);
}

/* Opset 16 calls the modes bilinear and bicubic, opset 20 linear and cubic. */
static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsGridSampleAttributes attributes = { 0 };
  g_autofree char *mode = NULL, *padding = NULL;
  const char *short_mode;
  int i, k;

  if (!qs_onnx_node_get_string (node, "mode", "linear", &mode, error) ||
      !qs_onnx_node_get_string (node, "padding_mode", "zeros", &padding, error) ||
      !qs_onnx_node_get_flag (node, "align_corners", FALSE, &attributes.align_corners, error))
    return FALSE;

  short_mode = g_str_has_prefix (mode, "bi") ? mode + 2 : mode;
  for (i = 0; mode_names[i] != NULL && strcmp (mode_names[i], short_mode) != 0; i++)
    ;
  for (k = 0; padding_names[k] != NULL && strcmp (padding_names[k], padding) != 0; k++)
    ;
  if (mode_names[i] == NULL || padding_names[k] == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "mode “%s” with padding_mode “%s” is not supported", mode, padding);
      return FALSE;
    }

  attributes.mode = (QsResizeMode) i;
  attributes.padding = (QsGridPadding) k;
  return qs_importer_add_layer (importer, node, QS_LAYER_GRID_SAMPLE, &attributes, error) != NULL;
}

/* Up to sixteen neighbours each. */
static double
count_steps (const QsLayer *layer)
{
  return 16.0 * (double) qs_shape_n_elements (&qs_layer_get_output (layer, 0)->shape);
}

const QsLayerClass qs_layer_classes_grid_sample[] = {
  {
    .kind = QS_LAYER_GRID_SAMPLE,
    .name = "GridSample",
    .placement = QS_PLACEMENT_FLOAT,
    .attributes_size = sizeof (QsGridSampleAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .count_steps = count_steps,
  },
  { 0 },
};

const QsOperator qs_operators_grid_sample[] = {
  { "GridSample", 16, 0, 0, parse },
  { 0 },
};
