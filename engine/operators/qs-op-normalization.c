/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-normalization.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsNormalizationAttributes, field)

enum
{
  INPUT_X,
  INPUT_SCALE,
  INPUT_BIAS,
};

enum
{
  OUTPUT_Y,
  OUTPUT_MEAN,
  OUTPUT_FACTOR,
};

static const char *const type_names[] = {
  [QS_NORMALIZATION_LAYER] = "Layer",
  [QS_NORMALIZATION_INSTANCE] = "Instance",
  [QS_NORMALIZATION_GROUP] = "Group",
  [QS_NORMALIZATION_LRN] = "LocalResponse",
  [QS_NORMALIZATION_LP] = "Lp",
  [QS_NORMALIZATION_MEAN_VARIANCE] = "MeanVariance",
  [QS_NORMALIZATION_RMS] = "RootMeanSquare",
  NULL,
};

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, OFFSET (type), type_names },
  { "axis", QS_FIELD_INT, OFFSET (axis) },
  { "num_groups", QS_FIELD_INT, OFFSET (groups) },
  { "size", QS_FIELD_INT, OFFSET (size) },
  { "p", QS_FIELD_INT, OFFSET (p) },
  { "epsilon", QS_FIELD_FLOAT, OFFSET (epsilon) },
  { "alpha", QS_FIELD_FLOAT, OFFSET (alpha) },
  { "beta", QS_FIELD_FLOAT, OFFSET (beta) },
  { "bias", QS_FIELD_FLOAT, OFFSET (bias) },
  { "axes", QS_FIELD_INTS, OFFSET (axes) },
  { NULL },
};

static gboolean
has_channel_parameters (QsNormalizationType type)
{
  return type == QS_NORMALIZATION_INSTANCE || type == QS_NORMALIZATION_GROUP;
}

/* Layer normalization's parameters broadcast to the input; the others' are lists per channel (or
 * per group, GroupNormalization 18). */
static gboolean
check_parameter (const QsNormalizationAttributes *attributes,
                 const QsTensor                  *parameter,
                 const QsShape                   *x,
                 GError                         **error)
{
  gint64 n;
  QsShape both;

  if (parameter == NULL)
    return TRUE;
  if (!qs_layer_check_float (parameter, "the parameter", error))
    return FALSE;

  if (has_channel_parameters (attributes->type))
    {
      n = parameter->shape.n_dims == 1 ? parameter->shape.dims[0] : -1;
      if (n == x->dims[1] || (attributes->type == QS_NORMALIZATION_GROUP && n == attributes->groups))
        return TRUE;
    }
  else if (qs_shape_broadcast (&parameter->shape, x, &both) && qs_shape_equal (&both, x))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "the parameter “%s” does not fit the input",
               parameter->name);
  return FALSE;
}

/* Layer normalization may give its means and reciprocal standard deviations, in float32. */
static gboolean
infer_statistics (QsLayer        *layer,
                  const QsTensor *x,
                  GError        **error)
{
  const QsNormalizationAttributes *attributes = layer->attributes;
  QsShape shape = x->shape;

  for (gint64 i = attributes->axis; i < shape.n_dims; i++)
    shape.dims[i] = 1;

  return qs_layer_set_output (layer, OUTPUT_MEAN, QS_DATA_TYPE_FLOAT, &shape, error) &&
         qs_layer_set_output (layer, OUTPUT_FACTOR, QS_DATA_TYPE_FLOAT, &shape, error);
}

static gboolean
check_axes (const QsNormalizationAttributes *attributes,
            int                              n_dims,
            GError                         **error)
{
  if (attributes->type == QS_NORMALIZATION_LP)
    return qs_axis_check (attributes->axis, n_dims, error);

  return attributes->type != QS_NORMALIZATION_MEAN_VARIANCE ||
         qs_ints_check_range (&attributes->axes, "axes", 0, n_dims - 1, error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsNormalizationAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, INPUT_X, error);
  gboolean channels = has_channel_parameters (attributes->type) ||
                      attributes->type == QS_NORMALIZATION_LRN;

  if (x == NULL || !qs_layer_check_float (x, "the input", error))
    return FALSE;
  if ((channels && (x->shape.n_dims < 2 || x->shape.n_dims >= QS_MAX_DIMS)) ||
      attributes->axis < 0 || attributes->axis > x->shape.n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the input has %d dimensions, with which this normalization cannot be done",
                   x->shape.n_dims);
      return FALSE;
    }
  if (attributes->type == QS_NORMALIZATION_LRN && attributes->size < 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "size is %" G_GINT64_FORMAT, attributes->size);
      return FALSE;
    }
  if (attributes->type == QS_NORMALIZATION_GROUP &&
      (attributes->groups < 1 || x->shape.dims[1] % attributes->groups != 0))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%" G_GINT64_FORMAT " groups do not divide %" G_GINT64_FORMAT " channels",
                   attributes->groups, x->shape.dims[1]);
      return FALSE;
    }

  if (!check_axes (attributes, x->shape.n_dims, error) ||
      !check_parameter (attributes, qs_layer_get_input (layer, INPUT_SCALE), &x->shape, error) ||
      !check_parameter (attributes, qs_layer_get_input (layer, INPUT_BIAS), &x->shape, error))
    return FALSE;

  return qs_layer_set_output (layer, 0, x->type, &x->shape, error) &&
         infer_statistics (layer, x, error);
}

/*
 * Normalizations of a set of elements. Means are summed in float64 in index order and rounded to
 * float32 once; everything else is float32.
 */
static float
mean_of (const float *values,
         gint64       n,
         float        center,
         gboolean     squared)
{
  double sum = 0;

  for (gint64 i = 0; i < n; i++)
    {
      double d = (double) (values[i] - center);

      sum += squared ? d * d : d;
    }

  return (float) (sum / (double) n);
}

/* (x - mean) / sqrt (variance + epsilon) */
static void
standardize (const QsNormalizationAttributes *attributes,
             float                           *values,
             gint64                           n,
             float                            statistics[2])
{
  float mean = mean_of (values, n, 0, FALSE);
  float factor = 1.0f / sqrtf (mean_of (values, n, mean, TRUE) + attributes->epsilon);

  statistics[0] = mean;
  statistics[1] = factor;
  for (gint64 i = 0; i < n; i++)
    values[i] = (values[i] - mean) * factor;
}

/* (x - mean) / (standard deviation + 1e-9), as the function body in ONNX has it */
static void
mean_variance (const QsNormalizationAttributes *attributes,
               float                           *values,
               gint64                           n,
               float                            statistics[2])
{
  float mean = mean_of (values, n, 0, FALSE);
  float deviation = sqrtf (mean_of (values, n, mean, TRUE)) + 1e-9f;

  for (gint64 i = 0; i < n; i++)
    values[i] = (values[i] - mean) / deviation;
}

/* x / sqrt (mean (x^2) + epsilon) */
static void
root_mean_square (const QsNormalizationAttributes *attributes,
                  float                           *values,
                  gint64                           n,
                  float                            statistics[2])
{
  float factor = 1.0f / sqrtf (mean_of (values, n, 0, TRUE) + attributes->epsilon);

  for (gint64 i = 0; i < n; i++)
    values[i] *= factor;
}

/* x / sum |x| or x / sqrt (sum x^2); zeros stay zeros */
static void
lp_norm (const QsNormalizationAttributes *attributes,
         float                           *values,
         gint64                           n,
         float                            statistics[2])
{
  double sum = 0;
  float norm;

  for (gint64 i = 0; i < n; i++)
    sum += attributes->p == 1 ? fabs ((double) values[i]) : (double) values[i] * (double) values[i];
  norm = (float) (attributes->p == 1 ? sum : sqrt (sum));

  for (gint64 i = 0; i < n; i++)
    values[i] = norm == 0.0f ? 0.0f : values[i] / norm;
}

/* Over channels: x / (bias + alpha / size * sum of the squares of `size` neighbours)^beta */
static void
local_response (const QsNormalizationAttributes *attributes,
                float                           *values,
                gint64                           n,
                float                            statistics[2])
{
  const float *x = values + n;

  memcpy (values + n, values, sizeof (float) * (gsize) n);
  for (gint64 c = 0; c < n; c++)
    {
      gint64 first = MAX (c - (attributes->size - 1) / 2, 0);
      gint64 last = MIN (c + attributes->size / 2, n - 1);
      float sum = 0;

      for (gint64 k = first; k <= last; k++)
        sum += x[k] * x[k];
      values[c] = x[c] / powf (attributes->bias + attributes->alpha / (float) attributes->size * sum,
                               attributes->beta);
    }
}

typedef void (*Normalize) (const QsNormalizationAttributes *attributes,
                           float                           *values,
                           gint64                           n,
                           float                            statistics[2]);

static const Normalize functions[] = {
  [QS_NORMALIZATION_LAYER] = standardize,
  [QS_NORMALIZATION_INSTANCE] = standardize,
  [QS_NORMALIZATION_GROUP] = standardize,
  [QS_NORMALIZATION_LRN] = local_response,
  [QS_NORMALIZATION_LP] = lp_norm,
  [QS_NORMALIZATION_MEAN_VARIANCE] = mean_variance,
  [QS_NORMALIZATION_RMS] = root_mean_square,
};

/* The channel axis as two, groups and channels of a group. */
static void
split_groups (QsView *view,
              gint64  groups)
{
  gint64 channels = view->shape.dims[1] / groups;

  memmove (&view->shape.dims[2], &view->shape.dims[1], sizeof (gint64) * (QS_MAX_DIMS - 2));
  memmove (&view->strides[2], &view->strides[1], sizeof (gint64) * (QS_MAX_DIMS - 2));
  view->shape.n_dims++;
  view->shape.dims[1] = groups;
  view->shape.dims[2] = channels;
  view->strides[1] = view->strides[2] * channels;
}

/* A parameter as a view of @x's shape. */
static void
stretch_parameter (const QsNormalizationAttributes *attributes,
                   const QsView                    *x,
                   QsView                          *parameter)
{
  gint64 strides[QS_MAX_DIMS] = { 0 }, step = parameter->strides[0];
  gint64 n = parameter->shape.dims[0];

  if (!has_channel_parameters (attributes->type))
    qs_broadcast_strides (parameter, &x->shape, strides);
  else if (attributes->type == QS_NORMALIZATION_INSTANCE)
    strides[1] = step;
  else if (n == x->shape.dims[1] * x->shape.dims[2])
    {
      strides[1] = step * x->shape.dims[2];
      strides[2] = step;
    }
  else
    strides[1] = step;

  parameter->shape = x->shape;
  memcpy (parameter->strides, strides, sizeof strides);
}

/* The axes that are normalized together, in the shape that has groups as an axis. */
static QsInts
normalized_axes (const QsNormalizationAttributes *attributes,
                 const QsView                    *x)
{
  QsInts axes = { 0 };
  int first = 2, last = x->shape.n_dims;

  if (attributes->type == QS_NORMALIZATION_MEAN_VARIANCE)
    return attributes->axes;

  if (attributes->type == QS_NORMALIZATION_LAYER || attributes->type == QS_NORMALIZATION_RMS)
    first = (int) attributes->axis;
  else if (attributes->type == QS_NORMALIZATION_LRN)
    first = 1, last = 2;
  else if (attributes->type == QS_NORMALIZATION_LP)
    first = (int) attributes->axis, last = first + 1;

  for (int i = first; i < last; i++)
    axes.v[axes.n++] = i;
  return axes;
}

static gboolean
is_present (const QsLayer *layer,
            const QsView  *inputs,
            guint          index)
{
  return layer->inputs->len > index && inputs[index].data != NULL;
}

/**
 * qs_normalization_job_init:
 *
 * Cuts @inputs and @y into sets of elements that are normalized together.
 */
void
qs_normalization_job_init (QsNormalizationJob *self,
                           const QsLayer      *layer,
                           const QsView       *inputs,
                           const QsView       *y)
{
  QsInts axes;

  self->attributes = layer->attributes;
  self->x = inputs[INPUT_X];
  self->y = *y;
  if (self->attributes->type == QS_NORMALIZATION_GROUP)
    {
      split_groups (&self->x, self->attributes->groups);
      split_groups (&self->y, self->attributes->groups);
    }

  for (guint i = 0; i < 2; i++)
    {
      self->parameters[i] = self->x;
      self->present[i] = is_present (layer, inputs, INPUT_SCALE + i);
      if (!self->present[i])
        continue;
      self->parameters[i] = inputs[INPUT_SCALE + i];
      stretch_parameter (self->attributes, &self->x, &self->parameters[i]);
    }

  axes = normalized_axes (self->attributes, &self->x);
  qs_shape_split (&self->x.shape, &axes, &self->outer, &self->inner);
}

static void
apply_parameters (const QsNormalizationJob *job,
                  const QsWalk             *walk,
                  float                    *values,
                  float                    *scratch,
                  gint64                    n)
{
  if (job->present[0])
    {
      qs_floats_gather (scratch, &job->parameters[0], walk->offset[2], &job->inner);
      for (gint64 i = 0; i < n; i++)
        values[i] *= scratch[i];
    }
  if (job->present[1])
    {
      qs_floats_gather (scratch, &job->parameters[1], walk->offset[3], &job->inner);
      for (gint64 i = 0; i < n; i++)
        values[i] += scratch[i];
    }
}

static void
store_statistics (const QsLayer *layer,
                  QsView        *outputs,
                  const QsWalk  *walk,
                  const float    statistics[2])
{
  for (guint i = OUTPUT_MEAN; i < layer->outputs->len; i++)
    if (outputs[i].data != NULL)
      qs_floats_store (&statistics[i - OUTPUT_MEAN], &outputs[i],
                       qs_view_offset (&outputs[i], walk->index), 1, 1);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  g_autofree float *values = NULL;
  float statistics[2] = { 0, 0 };
  QsWalk walk;
  gint64 n;
  QsNormalizationJob job;

  qs_normalization_job_init (&job, layer, inputs, &outputs[0]);
  n = qs_shape_n_elements (&job.inner);
  values = qs_try_new (2 * n, sizeof (float), error);
  if (values == NULL)
    return FALSE;

  qs_walk_init (&walk, n > 0 ? &job.outer : &job.inner);
  qs_walk_add (&walk, job.x.strides);
  qs_walk_add (&walk, job.y.strides);
  qs_walk_add (&walk, job.parameters[0].strides);
  qs_walk_add (&walk, job.parameters[1].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      qs_floats_gather (values, &job.x, walk.offset[0], &job.inner);
      functions[job.attributes->type](job.attributes, values, n, statistics);
      store_statistics (layer, outputs, &walk, statistics);
      apply_parameters (&job, &walk, values, values + n, n);
      qs_floats_scatter (values, &job.y, walk.offset[1], &job.inner);
    }

  return TRUE;
}

static gboolean
refuse_extra_outputs (const QsOnnxNode *node,
                      guint             n_known,
                      GError          **error)
{
  for (guint i = n_known; i < qs_onnx_node_get_n_outputs (node); i++)
    if (qs_onnx_node_get_output (node, i) != NULL)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                     "the output “%s” with statistics for training is wanted; export the model "
                     "for inference", qs_onnx_node_get_output (node, i));
        return FALSE;
      }

  return TRUE;
}

static gboolean
add_normalization (QsImporter                *importer,
                   const QsOnnxNode          *node,
                   QsNormalizationAttributes *attributes,
                   gint64                     axis,
                   GError                   **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsTensor *inputs[3] = { x, NULL, NULL };
  guint n_outputs = attributes->type == QS_NORMALIZATION_LAYER ? 3 : 1;
  int resolved = 0;

  if (x == NULL || (axis != 0 && !qs_axis_resolve (axis, x->shape.n_dims, &resolved, error)) ||
      !refuse_extra_outputs (node, n_outputs, error))
    return FALSE;

  attributes->axis = resolved;
  inputs[INPUT_SCALE] = qs_importer_get_input (importer, node, 1);
  inputs[INPUT_BIAS] = qs_importer_get_input (importer, node, 2);
  return qs_importer_add_layer_full (importer, node, QS_LAYER_NORMALIZATION, attributes, inputs,
                                     inputs[INPUT_BIAS] != NULL   ? 3
                                     : inputs[INPUT_SCALE] != NULL ? 2
                                                                   : 1,
                                     MIN (n_outputs, qs_onnx_node_get_n_outputs (node)),
                                     error) != NULL;
}

/* LayerNormalization, RMSNormalization: axis … last */
static gboolean
parse_layer (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsNormalizationAttributes attributes = { .type = (QsNormalizationType) op->variant };
  gint64 axis;

  return qs_onnx_node_get_int (node, "axis", -1, &axis, error) &&
         qs_onnx_node_get_float (node, "epsilon", 1e-5f, &attributes.epsilon, error) &&
         qs_importer_require_input (importer, node, 1, error) != NULL &&
         add_normalization (importer, node, &attributes, axis, error);
}

static gboolean
parse_channels (QsImporter       *importer,
                const QsOperator *op,
                const QsOnnxNode *node,
                GError          **error)
{
  QsNormalizationAttributes attributes = { .type = (QsNormalizationType) op->variant };

  return qs_onnx_node_get_int (node, "num_groups", 1, &attributes.groups, error) &&
         qs_onnx_node_get_float (node, "epsilon", 1e-5f, &attributes.epsilon, error) &&
         qs_importer_require_input (importer, node, 1, error) != NULL &&
         qs_importer_require_input (importer, node, 2, error) != NULL &&
         add_normalization (importer, node, &attributes, 0, error);
}

static gboolean
parse_lrn (QsImporter       *importer,
           const QsOperator *op,
           const QsOnnxNode *node,
           GError          **error)
{
  QsNormalizationAttributes attributes = { .type = QS_NORMALIZATION_LRN };

  if (!qs_onnx_node_get_int (node, "size", 0, &attributes.size, error) ||
      !qs_onnx_node_get_float (node, "alpha", 1e-4f, &attributes.alpha, error) ||
      !qs_onnx_node_get_float (node, "beta", 0.75f, &attributes.beta, error) ||
      !qs_onnx_node_get_float (node, "bias", 1.0f, &attributes.bias, error))
    return FALSE;
  if (attributes.size < 1 || attributes.size > QS_MAX_DIM)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "size is %" G_GINT64_FORMAT ", which is not a number of channels",
                   attributes.size);
      return FALSE;
    }

  return add_normalization (importer, node, &attributes, 0, error);
}

static gboolean
parse_lp (QsImporter       *importer,
          const QsOperator *op,
          const QsOnnxNode *node,
          GError          **error)
{
  QsNormalizationAttributes attributes = { .type = QS_NORMALIZATION_LP };
  gint64 axis;

  if (!qs_onnx_node_get_int (node, "axis", -1, &axis, error) ||
      !qs_onnx_node_get_int (node, "p", 2, &attributes.p, error))
    return FALSE;
  if (attributes.p != 1 && attributes.p != 2)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "p is %" G_GINT64_FORMAT ", not 1 or 2",
                   attributes.p);
      return FALSE;
    }

  return add_normalization (importer, node, &attributes, axis, error);
}

static gboolean
parse_mean_variance (QsImporter       *importer,
                     const QsOperator *op,
                     const QsOnnxNode *node,
                     GError          **error)
{
  QsNormalizationAttributes attributes = { .type = QS_NORMALIZATION_MEAN_VARIANCE };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  if (x == NULL || !qs_onnx_node_get_ints (node, "axes", &attributes.axes, error))
    return FALSE;
  if (attributes.axes.n == 0)
    attributes.axes = (QsInts) { 3, { 0, 2, 3 } };

  return qs_axes_resolve (&attributes.axes, x->shape.n_dims, error) &&
         add_normalization (importer, node, &attributes, 0, error);
}

static double
count_steps (const QsLayer *layer)
{
  const QsNormalizationAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  double size = attributes->type == QS_NORMALIZATION_LRN && x->n_dims > 1
                  ? (double) MIN (attributes->size, x->dims[1]) : 3.0;

  return size * (double) qs_shape_n_elements (x);
}

const QsLayerClass qs_layer_classes_normalization[] = {
  {
    .kind = QS_LAYER_NORMALIZATION,
    .name = "Normalization",
    .placement = QS_PLACEMENT_FLOAT,
    .attributes_size = sizeof (QsNormalizationAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .count_steps = count_steps,
  },
  { 0 },
};

const QsOperator qs_operators_normalization[] = {
  { "LayerNormalization", 17, 0, QS_NORMALIZATION_LAYER, parse_layer },
  { "RMSNormalization", 23, 0, QS_NORMALIZATION_RMS, parse_layer },
  { "InstanceNormalization", 6, 0, QS_NORMALIZATION_INSTANCE, parse_channels },
  { "GroupNormalization", 18, 0, QS_NORMALIZATION_GROUP, parse_channels },
  { "LRN", 1, 0, QS_NORMALIZATION_LRN, parse_lrn },
  { "LpNormalization", 1, 0, QS_NORMALIZATION_LP, parse_lp },
  { "MeanVarianceNormalization", 9, 0, QS_NORMALIZATION_MEAN_VARIANCE, parse_mean_variance },
  { 0 },
};
