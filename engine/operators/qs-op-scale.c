/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "numerics/qs-int8.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

enum
{
  INPUT_X,
  INPUT_SCALE,
  INPUT_BIAS,
  INPUT_MEAN,
  INPUT_VARIANCE,
  N_INPUTS,
};

static const QsField fields[] = {
  { "epsilon", QS_FIELD_FLOAT, G_STRUCT_OFFSET (QsScaleAttributes, epsilon) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, INPUT_X, error);

  if (x == NULL || !qs_layer_check_float (x, "the input", error))
    return FALSE;
  if (x->shape.n_dims < 2)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the input has %d dimensions and so no channels", x->shape.n_dims);
      return FALSE;
    }

  for (guint i = INPUT_SCALE; i < N_INPUTS; i++)
    {
      QsTensor *tensor = qs_layer_require_input (layer, i, error);

      if (tensor == NULL || !qs_layer_check_float (tensor, "the parameter", error))
        return FALSE;
      if (tensor->shape.n_dims != 1 || tensor->shape.dims[0] != x->shape.dims[1])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "the parameter “%s” is not a list of one number for each of the %"
                       G_GINT64_FORMAT " channels", tensor->name, x->shape.dims[1]);
          return FALSE;
        }
    }

  return qs_layer_set_output (layer, 0, x->type, &x->shape, error);
}

/* y = x * factor + shift with factor = scale / sqrt (variance + epsilon), all in float32. */
static void
channel_factors (const QsLayer *layer,
                 const QsView  *inputs,
                 gint64         n,
                 float         *factors,
                 float         *shifts)
{
  const QsScaleAttributes *attributes = layer->attributes;

  for (gint64 c = 0; c < n; c++)
    {
      float p[N_INPUTS];

      for (int i = INPUT_SCALE; i < N_INPUTS; i++)
        p[i] = ((const float *) inputs[i].data)[c * inputs[i].strides[0]];

      factors[c] = p[INPUT_SCALE] / sqrtf (p[INPUT_VARIANCE] + attributes->epsilon);
      shifts[c] = p[INPUT_BIAS] - p[INPUT_MEAN] * factors[c];
    }
}

/* A list of one number per channel, as a view that broadcasts along the other axes. */
static QsView
channel_view (float        *values,
              const QsView *x)
{
  QsView view = { .data = values, .type = QS_DATA_TYPE_FLOAT, .shape = x->shape };

  view.strides[1] = 1;
  return view;
}

static gboolean
compute (const QsLayer *layer,
         const QsView  *inputs,
         QsView        *outputs,
         GError       **error)
{
  const QsView *x = &inputs[INPUT_X];
  gint64 n = x->shape.dims[1];
  g_autofree float *factors = qs_try_new (2 * n, sizeof (float), error);
  QsView factor, shift;
  const QsView *views[] = { x, &factor, &shift, &outputs[0] };
  QsRows rows;
  float values[QS_ROW_LENGTH];

  if (factors == NULL)
    return FALSE;

  channel_factors (layer, inputs, n, factors, factors + n);
  factor = channel_view (factors, x);
  shift = channel_view (factors + n, x);

  qs_rows_init (&rows, &x->shape, views, 4);
  while (qs_rows_next (&rows))
    {
      const float *f = factors + rows.offsets[1], *s = factors + n + rows.offsets[2];

      qs_floats_load (values, x, rows.offsets[0], rows.steps[0], rows.length);
      for (gint64 k = 0; k < rows.length; k++)
        values[k] = values[k] * f[k * rows.steps[1]] + s[k * rows.steps[2]];
      qs_activation_apply_row (&layer->activation, values, rows.length);
      qs_floats_store (values, &outputs[0], rows.offsets[3], rows.steps[3], rows.length);
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
  QsScaleAttributes attributes;
  QsTensor *inputs[N_INPUTS];
  gboolean training;
  gint64 spatial;

  if (!qs_onnx_node_get_float (node, "epsilon", 1e-5f, &attributes.epsilon, error) ||
      !qs_onnx_node_get_flag (node, "training_mode", FALSE, &training, error) ||
      !qs_onnx_node_get_int (node, "spatial", 1, &spatial, error))
    return FALSE;

  for (guint i = 1; i < qs_onnx_node_get_n_outputs (node); i++)
    training |= qs_onnx_node_get_output (node, i) != NULL;
  if (training)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "it is in training mode; export the model for inference");
      return FALSE;
    }
  if (spatial != 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "statistics for every position (spatial = 0) are not supported");
      return FALSE;
    }

  for (guint i = 0; i < N_INPUTS; i++)
    {
      inputs[i] = qs_importer_require_input (importer, node, i, error);
      if (inputs[i] == NULL)
        return FALSE;
    }

  return qs_importer_add_layer_full (importer, node, QS_LAYER_SCALE, &attributes, inputs,
                                     N_INPUTS, 1, error) != NULL;
}

const QsLayerClass qs_layer_classes_scale[] = {
  {
    .kind = QS_LAYER_SCALE,
    .name = "Scale",
    .placement = QS_PLACEMENT_FLOAT,
    .attributes_size = sizeof (QsScaleAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
  },
  { 0 },
};

const QsOperator qs_operators_scale[] = {
  { "BatchNormalization", 7, 0, 0, parse },
  { 0 },
};
