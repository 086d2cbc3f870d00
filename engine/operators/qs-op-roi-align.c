/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsRoiAlignAttributes, field)

/* More samples than this along one axis of a bin are a broken region, not a wish. */
#define MAX_SAMPLES 4096

enum
{
  INPUT_X,
  INPUT_ROIS,
  INPUT_BATCH,
};

static const QsField fields[] = {
  { "max", QS_FIELD_FLAG, OFFSET (max) },
  { "half_pixel", QS_FIELD_FLAG, OFFSET (half_pixel) },
  { "output_height", QS_FIELD_INT, OFFSET (output_height) },
  { "output_width", QS_FIELD_INT, OFFSET (output_width) },
  { "sampling_ratio", QS_FIELD_INT, OFFSET (sampling_ratio) },
  { "spatial_scale", QS_FIELD_FLOAT, OFFSET (spatial_scale) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsRoiAlignAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, INPUT_X, error);
  QsTensor *rois = x != NULL ? qs_layer_require_input (layer, INPUT_ROIS, error) : NULL;
  QsTensor *batch = rois != NULL ? qs_layer_require_input (layer, INPUT_BATCH, error) : NULL;
  gint64 dims[4];
  QsShape y;

  if (batch == NULL || !qs_layer_check_float (x, "the input", error) ||
      !qs_layer_check_float (rois, "the regions", error))
    return FALSE;
  if (x->shape.n_dims != 4 || rois->shape.n_dims != 2 || rois->shape.dims[1] != 4 ||
      batch->shape.n_dims != 1 || batch->shape.dims[0] != rois->shape.dims[0] ||
      batch->type != QS_DATA_TYPE_INT64)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "it needs an image batch of 4 dimensions, regions n×4 and n int64 batch indices");
      return FALSE;
    }

  dims[0] = rois->shape.dims[0];
  dims[1] = x->shape.dims[1];
  dims[2] = attributes->output_height;
  dims[3] = attributes->output_width;
  return qs_shape_init (&y, 4, dims, error) && qs_layer_set_output (layer, 0, x->type, &y, error);
}

/* Bilinear, with positions up to one pixel outside drawn to the edge and zero beyond. */
static float
interpolate (const QsView *x,
             const float  *plane,
             float         h,
             float         w)
{
  gint64 height = x->shape.dims[2], width = x->shape.dims[3];
  gint64 h0, w0, h1, w1;
  float fh, fw, top, bottom;

  if (!(h >= -1.0f && h <= (float) height && w >= -1.0f && w <= (float) width))
    return 0.0f;

  h = CLAMP (h, 0.0f, (float) (height - 1));
  w = CLAMP (w, 0.0f, (float) (width - 1));
  h0 = (gint64) h;
  w0 = (gint64) w;
  h1 = MIN (h0 + 1, height - 1);
  w1 = MIN (w0 + 1, width - 1);
  fh = h - (float) h0;
  fw = w - (float) w0;

#define AT(i, j) plane[(i) * x->strides[2] + (j) * x->strides[3]]
  top = (1.0f - fw) * AT (h0, w0) + fw * AT (h0, w1);
  bottom = (1.0f - fw) * AT (h1, w0) + fw * AT (h1, w1);
#undef AT
  return (1.0f - fh) * top + fh * bottom;
}

/* The largest of the four weighted corners, which is what ONNX's mode “max” takes of a sample. */
static float
largest_corner (const QsView *x,
                const float  *plane,
                float         h,
                float         w)
{
  gint64 height = x->shape.dims[2], width = x->shape.dims[3];
  gint64 h0, w0, h1, w1;
  float fh, fw, best;

  if (!(h >= -1.0f && h <= (float) height && w >= -1.0f && w <= (float) width))
    return 0.0f;

  h = CLAMP (h, 0.0f, (float) (height - 1));
  w = CLAMP (w, 0.0f, (float) (width - 1));
  h0 = (gint64) h;
  w0 = (gint64) w;
  h1 = MIN (h0 + 1, height - 1);
  w1 = MIN (w0 + 1, width - 1);
  fh = h - (float) h0;
  fw = w - (float) w0;

#define AT(i, j) plane[(i) * x->strides[2] + (j) * x->strides[3]]
  best = (1.0f - fh) * (1.0f - fw) * AT (h0, w0);
  best = MAX (best, (1.0f - fh) * fw * AT (h0, w1));
  best = MAX (best, fh * (1.0f - fw) * AT (h1, w0));
  best = MAX (best, fh * fw * AT (h1, w1));
#undef AT
  return best;
}

typedef struct
{
  float start_h, start_w;
  float bin_h, bin_w;
  gint64 samples_h, samples_w;
} Region;

static gint64
count_samples (gint64 wanted,
               float  bin)
{
  if (wanted > 0)
    return MIN (wanted, MAX_SAMPLES);

  return bin > 0.0f ? (gint64) MIN (ceilf (bin), (float) MAX_SAMPLES) : 0;
}

static void
region_init (Region                     *self,
             const QsRoiAlignAttributes *attributes,
             const QsView               *rois,
             gint64                      r)
{
  const float *roi = (const float *) rois->data + r * rois->strides[0];
  float offset = attributes->half_pixel ? 0.5f : 0.0f, scale = attributes->spatial_scale;
  float width, height;

  self->start_w = roi[0] * scale - offset;
  self->start_h = roi[rois->strides[1]] * scale - offset;
  width = roi[2 * rois->strides[1]] * scale - offset - self->start_w;
  height = roi[3 * rois->strides[1]] * scale - offset - self->start_h;
  if (!attributes->half_pixel)
    {
      width = MAX (width, 1.0f);
      height = MAX (height, 1.0f);
    }

  self->bin_h = height / (float) attributes->output_height;
  self->bin_w = width / (float) attributes->output_width;
  self->samples_h = count_samples (attributes->sampling_ratio, self->bin_h);
  self->samples_w = count_samples (attributes->sampling_ratio, self->bin_w);
}

static float
pool_bin (const QsRoiAlignAttributes *attributes,
          const Region               *region,
          const QsView               *x,
          const float                *plane,
          gint64                      i,
          gint64                      j)
{
  gint64 n = region->samples_h * region->samples_w;
  float result = attributes->max ? -INFINITY : 0.0f;

  for (gint64 a = 0; a < region->samples_h; a++)
    for (gint64 b = 0; b < region->samples_w; b++)
      {
        float h = region->start_h + (float) i * region->bin_h +
                  ((float) a + 0.5f) * region->bin_h / (float) region->samples_h;
        float w = region->start_w + (float) j * region->bin_w +
                  ((float) b + 0.5f) * region->bin_w / (float) region->samples_w;

        if (attributes->max)
          result = MAX (result, largest_corner (x, plane, h, w));
        else
          result += interpolate (x, plane, h, w);
      }

  return n == 0 ? 0.0f : attributes->max ? result : result / (float) n;
}

static gboolean
compute (const QsLayer *layer,
         const QsView  *inputs,
         QsView        *outputs,
         GError       **error)
{
  const QsRoiAlignAttributes *attributes = layer->attributes;
  const QsView *x = &inputs[INPUT_X], *batch = &inputs[INPUT_BATCH];
  QsView *y = &outputs[0];

  for (gint64 r = 0; r < y->shape.dims[0]; r++)
    {
      gint64 n = qs_view_get_int (batch, r * batch->strides[0]);
      Region region;

      if (n < 0 || n >= x->shape.dims[0])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "batch index %" G_GINT64_FORMAT " of region %" G_GINT64_FORMAT
                       " does not exist", n, r);
          return FALSE;
        }

      region_init (&region, attributes, &inputs[INPUT_ROIS], r);
      for (gint64 c = 0; c < y->shape.dims[1]; c++)
        for (gint64 i = 0; i < y->shape.dims[2]; i++)
          for (gint64 j = 0; j < y->shape.dims[3]; j++)
            ((float *) y->data)[r * y->strides[0] + c * y->strides[1] + i * y->strides[2] +
                                j * y->strides[3]] =
              pool_bin (attributes, &region, x,
                        (const float *) x->data + n * x->strides[0] + c * x->strides[1], i, j);
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

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsRoiAlignAttributes attributes = { 0 };
  QsInts sizes = { 3 };
  g_autofree char *mode = NULL, *coordinates = NULL;

  if (!qs_onnx_node_get_string (node, "mode", "avg", &mode, error) ||
      !qs_onnx_node_get_string (node, "coordinate_transformation_mode",
                                op->since >= 16 ? "half_pixel" : "output_half_pixel",
                                &coordinates, error) ||
      !qs_onnx_node_get_int (node, "output_height", 1, &attributes.output_height, error) ||
      !qs_onnx_node_get_int (node, "output_width", 1, &attributes.output_width, error) ||
      !qs_onnx_node_get_int (node, "sampling_ratio", 0, &attributes.sampling_ratio, error) ||
      !qs_onnx_node_get_float (node, "spatial_scale", 1.0f, &attributes.spatial_scale, error))
    return FALSE;

  sizes.v[0] = attributes.output_height;
  sizes.v[1] = attributes.output_width;
  sizes.v[2] = attributes.sampling_ratio + 1;
  if (!qs_ints_check_range (&sizes, "output_height, output_width or sampling_ratio", 1,
                            QS_MAX_DIM, error))
    return FALSE;

  attributes.max = g_strcmp0 (mode, "max") == 0;
  attributes.half_pixel = g_strcmp0 (coordinates, "half_pixel") == 0;
  if ((!attributes.max && g_strcmp0 (mode, "avg") != 0) ||
      (!attributes.half_pixel && g_strcmp0 (coordinates, "output_half_pixel") != 0))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "mode “%s” with coordinate_transformation_mode “%s” is not supported", mode,
                   coordinates);
      return FALSE;
    }

  return qs_importer_add_layer (importer, node, QS_LAYER_ROI_ALIGN, &attributes, error) != NULL;
}

static double
count_steps (const QsLayer *layer)
{
  const QsRoiAlignAttributes *attributes = layer->attributes;
  double samples = attributes->sampling_ratio > 0
                     ? (double) MIN (attributes->sampling_ratio, MAX_SAMPLES) : MAX_SAMPLES;

  return (double) qs_shape_n_elements (&qs_layer_get_output (layer, 0)->shape) * samples * samples;
}

const QsLayerClass qs_layer_classes_roi_align[] = {
  {
    .kind = QS_LAYER_ROI_ALIGN,
    .name = "RoiAlign",
    .placement = QS_PLACEMENT_FLOAT,
    .attributes_size = sizeof (QsRoiAlignAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .count_steps = count_steps,
  },
  { 0 },
};

const QsOperator qs_operators_roi_align[] = {
  { "RoiAlign", 10, 15, 0, parse },
  { "RoiAlign", 16, 0, 0, parse },
  { 0 },
};
