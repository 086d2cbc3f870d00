/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "core/qs-rounding.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/*
 * QuantizeLinear and DequantizeLinear, symmetric and with constant scales, as TensorRT has them:
 *
 *   y = clamp (round_half_even (x * (1 / scale)), low, high)        x' = y * scale
 *
 * ONNX divides where we multiply by the reciprocal (spec N1); the two differ in the last bit of a
 * product now and then.
 */

static const QsField fields[] = {
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsQuantizeAttributes, axis) },
  { "type", QS_FIELD_INT, G_STRUCT_OFFSET (QsQuantizeAttributes, data_type) },
  { "no_axis", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsQuantizeAttributes, no_axis) },
  { NULL },
};

/* One scale, or one for each index along the axis. */
static gboolean
check_scale (const QsLayer  *layer,
             const QsTensor *x,
             GError        **error)
{
  const QsQuantizeAttributes *attributes = layer->attributes;
  QsTensor *scale = qs_layer_require_input (layer, 1, error);
  gint64 n;

  if (scale == NULL)
    return FALSE;

  n = qs_shape_n_elements (&scale->shape);
  if (scale->shape.n_dims > 1 ||
      (n != 1 && (attributes->axis < 0 || attributes->axis >= x->shape.n_dims || n != x->shape.dims[attributes->axis])))
    {
      g_autofree char *text = qs_shape_to_string (&scale->shape);
      g_autofree char *shape = qs_shape_to_string (&x->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "scales of shape %s do not fit axis %" G_GINT64_FORMAT " of a tensor of shape %s",
                   text, attributes->axis, shape);
      return FALSE;
    }

  return TRUE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsQuantizeAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  return x != NULL && qs_data_type_check (attributes->data_type, error) &&
         check_scale (layer, x, error) &&
         qs_layer_set_output (layer, 0, (QsDataType) attributes->data_type, &x->shape, error);
}

static void
start_walk (const QsLayer *layer,
            const QsView  *inputs,
            const QsView  *y,
            QsWalk        *walk)
{
  const QsQuantizeAttributes *attributes = layer->attributes;
  gint64 scale_strides[QS_MAX_DIMS] = { 0 };

  if (qs_shape_n_elements (&inputs[1].shape) > 1)
    scale_strides[attributes->axis] = inputs[1].strides[0];

  qs_walk_init (walk, &y->shape);
  qs_walk_add (walk, y->strides);
  qs_walk_add (walk, inputs[0].strides);
  qs_walk_add (walk, scale_strides);
}

static void
integer_range (QsDataType type,
               float     *low,
               float     *high)
{
  *low = type == QS_DATA_TYPE_UINT8 ? 0.0f : type == QS_DATA_TYPE_INT8 ? -128.0f : -32768.0f;
  *high = type == QS_DATA_TYPE_UINT8 ? 255.0f : type == QS_DATA_TYPE_INT8 ? 127.0f : 32767.0f;
}

static gboolean
evaluate_quantize (const QsLayer *layer,
                   const QsView  *inputs,
                   QsView        *outputs,
                   GError       **error)
{
  float low, high;
  QsWalk walk;

  integer_range (outputs[0].type, &low, &high);
  start_walk (layer, inputs, &outputs[0], &walk);
  for (; !walk.done; qs_walk_next (&walk))
    {
      float reciprocal = 1.0f / (float) qs_view_get_number (&inputs[1], walk.offset[2]);
      float value = (float) qs_view_get_number (&inputs[0], walk.offset[1]) * reciprocal;

      /* The comparisons send a NaN to the lower bound, as in qs_quantize(). */
      value = value > low ? value : low;
      value = value < high ? value : high;
      qs_view_set_number (&outputs[0], walk.offset[0], (double) qs_round_half_even (value));
    }

  return TRUE;
}

static gboolean
evaluate_dequantize (const QsLayer *layer,
                     const QsView  *inputs,
                     QsView        *outputs,
                     GError       **error)
{
  QsWalk walk;

  start_walk (layer, inputs, &outputs[0], &walk);
  for (; !walk.done; qs_walk_next (&walk))
    {
      float q = (float) qs_view_get_number (&inputs[0], walk.offset[1]);
      float scale = (float) qs_view_get_number (&inputs[1], walk.offset[2]);

      qs_view_set_number (&outputs[0], walk.offset[0], (double) (q * scale));
    }

  return TRUE;
}

/* Scales must be usable as divisors, and zero points zero (spec X3). */
static gboolean
check_scales (QsImporter       *importer,
              const QsOnnxNode *node,
              GError          **error)
{
  QsHostTensor *scale;

  if (qs_importer_require_input (importer, node, 1, error) == NULL)
    return FALSE;

  scale = qs_importer_get_constant (importer, node, 1, "the scale", error);
  if (scale == NULL)
    return FALSE;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (scale); i++)
    {
      double value = qs_host_tensor_get_number (scale, i);

      if (!(value > 0.0) || !isfinite (value) || !isfinite (1.0f / (float) value))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "scale %" G_GINT64_FORMAT " is %g; scales must be positive and finite",
                       i, value);
          return FALSE;
        }
    }

  return TRUE;
}

/* Every scale has its zero point (ONNX, and importers84.cpp of TensorRT's parser). */
static gboolean
check_n_zero_points (gint64   n_scales,
                     gint64   n_zero_points,
                     GError **error)
{
  if (n_scales == n_zero_points)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "number of zero points is %" G_GINT64_FORMAT " and number of scales is %"
               G_GINT64_FORMAT "; give every scale a zero point of 0",
               n_zero_points, n_scales);
  return FALSE;
}

static gboolean
check_zero_points (QsImporter       *importer,
                   const QsOnnxNode *node,
                   GError          **error)
{
  QsTensor *scale = qs_importer_get_input (importer, node, 1);
  QsHostTensor *zero_point;

  if (qs_importer_get_input (importer, node, 2) == NULL)
    return TRUE;

  zero_point = qs_importer_get_constant (importer, node, 2, "the zero point", error);
  if (zero_point == NULL ||
      !check_n_zero_points (qs_shape_n_elements (&scale->shape),
                            qs_host_tensor_get_n_elements (zero_point), error))
    return FALSE;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (zero_point); i++)
    if (qs_host_tensor_get_number (zero_point, i) != 0.0)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                     "zero point %" G_GINT64_FORMAT " is %g; quantization is symmetric here, so all "
                     "zero points must be 0: export the model with symmetric int8 quantization",
                     i, qs_host_tensor_get_number (zero_point, i));
        return FALSE;
      }

  return TRUE;
}

/* The axis counts only where there is more than one scale; before opset 13 there never is. */
static gboolean
read_axis (QsImporter       *importer,
           const QsOnnxNode *node,
           const QsTensor   *x,
           QsQuantizeAttributes *attributes,
           GError          **error)
{
  QsTensor *scale = qs_importer_get_input (importer, node, 1);
  gint64 wanted;
  int resolved;

  attributes->axis = 0;
  if (qs_shape_n_elements (&scale->shape) == 1)
    return TRUE;

  if (!qs_onnx_node_get_int (node, "axis", 1, &wanted, error) ||
      !qs_axis_resolve (wanted, x->shape.n_dims, &resolved, error))
    return FALSE;

  attributes->no_axis = !qs_onnx_node_has (node, "axis");
  attributes->axis = resolved;
  return TRUE;
}

static gboolean
refuse_blocks (const QsOnnxNode *node,
               GError          **error)
{
  gint64 block_size;

  if (!qs_onnx_node_get_int (node, "block_size", 0, &block_size, error))
    return FALSE;

  if (block_size != 0)
    g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                         "scales per block are not supported; use one scale per tensor or channel");
  return block_size == 0;
}

static gboolean
check_integer_type (QsDataType type,
                    GError   **error)
{
  if (type == QS_DATA_TYPE_INT8 || type == QS_DATA_TYPE_UINT8 || type == QS_DATA_TYPE_INT16 ||
      type == QS_DATA_TYPE_INT32)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "quantization to %s is not supported; use int8",
               qs_data_type_name (type));
  return FALSE;
}

/* uint8 is what ONNX takes when nothing is said. */
static gboolean
read_quantized_type (QsImporter       *importer,
                     const QsOnnxNode *node,
                     gint64           *type,
                     GError          **error)
{
  QsTensor *zero_point = qs_importer_get_input (importer, node, 2);
  gint64 output_dtype;

  if (!qs_onnx_node_get_int (node, "output_dtype", 0, &output_dtype, error))
    return FALSE;

  *type = zero_point != NULL ? (gint64) zero_point->type
                             : output_dtype != 0 ? output_dtype : QS_DATA_TYPE_UINT8;
  if (*type < 0 || *type > QS_DATA_TYPE_UINT64)
    *type = QS_DATA_TYPE_UNDEFINED;
  return *type != QS_DATA_TYPE_INT32 ? check_integer_type ((QsDataType) *type, error)
                                     : check_integer_type (QS_DATA_TYPE_UNDEFINED, error);
}

static gboolean
parse_qdq (QsImporter       *importer,
           const QsOperator *op,
           const QsOnnxNode *node,
           GError          **error)
{
  QsQuantizeAttributes attributes = { 0 };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsLayerKind kind = (QsLayerKind) op->variant;

  if (x == NULL || !check_scales (importer, node, error) ||
      !check_zero_points (importer, node, error) || !refuse_blocks (node, error) ||
      !read_axis (importer, node, x, &attributes, error))
    return FALSE;

  if (kind == QS_LAYER_QUANTIZE)
    {
      if (!read_quantized_type (importer, node, &attributes.data_type, error))
        return FALSE;
    }
  else
    {
      if (!check_integer_type (x->type, error))
        return FALSE;
      attributes.data_type = (gint64) qs_importer_get_input (importer, node, 1)->type;
    }

  return qs_importer_add_layer (importer, node, kind, &attributes, error) != NULL;
}

const QsLayerClass qs_layer_classes_quantize[] = {
  { QS_LAYER_QUANTIZE, "Quantize", QS_PLACEMENT_FLOAT, sizeof (QsQuantizeAttributes), fields,
    infer, evaluate_quantize },
  { QS_LAYER_DEQUANTIZE, "Dequantize", QS_PLACEMENT_FLOAT, sizeof (QsQuantizeAttributes), fields,
    infer, evaluate_dequantize },
  { .name = NULL },
};

const QsOperator qs_operators_quantize[] = {
  { "QuantizeLinear", 10, 0, QS_LAYER_QUANTIZE, parse_qdq },
  { "DequantizeLinear", 10, 0, QS_LAYER_DEQUANTIZE, parse_qdq },
  { .op_type = NULL },
};
