/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* Values that are known while importing, and tensors that are passed on as they are. */

static gboolean
infer_identity (QsLayer *layer,
                GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  return x != NULL && qs_layer_set_output (layer, 0, x->type, &x->shape, error);
}

static gboolean
evaluate_identity (const QsLayer *layer,
                   const QsView  *inputs,
                   QsView        *outputs,
                   GError       **error)
{
  qs_view_copy (&inputs[0], &outputs[0]);
  return TRUE;
}

static gboolean
parse_identity (QsImporter       *importer,
                const QsOperator *op,
                const QsOnnxNode *node,
                GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  if (x == NULL)
    return FALSE;

  qs_importer_bind_output (importer, node, 0, x);
  return TRUE;
}

/* At inference nothing is dropped, so the mask is true everywhere. */
static gboolean
bind_mask (QsImporter       *importer,
           const QsOnnxNode *node,
           const QsShape    *shape,
           GError          **error)
{
  QsDataType type = qs_importer_get_opset (importer) < 10 ? QS_DATA_TYPE_FLOAT : QS_DATA_TYPE_BOOL;
  g_autoptr (QsHostTensor) mask = NULL;
  QsView view;

  if (qs_onnx_node_get_output (node, 1) == NULL)
    return TRUE;

  mask = qs_host_tensor_new (type, shape, error);
  if (mask == NULL)
    return FALSE;

  qs_view_init_for_host (&view, mask);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (mask); i++)
    qs_view_set_number (&view, i, 1.0);
  qs_importer_bind_constant (importer, node, 1, mask);
  return TRUE;
}

/* Whether the optional input @index is absent or a constant zero. */
static gboolean
is_zero (QsImporter       *importer,
         const QsOnnxNode *node,
         guint             index)
{
  QsTensor *tensor = qs_importer_get_input (importer, node, index);

  return tensor == NULL ||
         (tensor->value != NULL && qs_host_tensor_get_n_elements (tensor->value) == 1 &&
          qs_host_tensor_get_number (tensor->value, 0) == 0.0);
}

/* Outside training, or with a ratio of nothing, all is passed on. */
static gboolean
parse_dropout (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  gboolean drops_nothing = qs_importer_get_input (importer, node, 1) != NULL &&
                           is_zero (importer, node, 1);

  if (!drops_nothing && !is_zero (importer, node, 2))
    {
      if (qs_importer_get_constant (importer, node, 2, "the training mode", error) == NULL)
        return FALSE;
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "it is in training mode; export the model for inference");
      return FALSE;
    }

  return parse_identity (importer, op, node, error) &&
         bind_mask (importer, node, &qs_importer_get_input (importer, node, 0)->shape, error);
}

static gboolean
bind_data (QsImporter       *importer,
           const QsOnnxNode *node,
           QsDataType        type,
           const QsShape    *shape,
           gconstpointer     data,
           gsize             size,
           GError          **error)
{
  g_autoptr (QsHostTensor) value = qs_host_tensor_new_from_data (type, shape, data, size, error);

  if (value == NULL)
    return FALSE;

  qs_importer_bind_constant (importer, node, 0, value);
  return TRUE;
}

static gboolean
bind_array (QsImporter       *importer,
            const QsOnnxNode *node,
            QsDataType        type,
            GArray           *array,
            GError          **error)
{
  QsShape shape = { .n_dims = 1, .dims = { array->len } };

  return bind_data (importer, node, type, &shape, array->data,
                    array->len * qs_data_type_size (type), error);
}

static gboolean
parse_constant_number (QsImporter       *importer,
                       const QsOnnxNode *node,
                       GError          **error)
{
  QsShape scalar = { 0 };
  gint64 integer;
  float number;

  if (qs_onnx_node_has (node, "value_float"))
    return qs_onnx_node_get_float (node, "value_float", 0.0f, &number, error) &&
           bind_data (importer, node, QS_DATA_TYPE_FLOAT, &scalar, &number, sizeof number, error);

  return qs_onnx_node_get_int (node, "value_int", 0, &integer, error) &&
         bind_data (importer, node, QS_DATA_TYPE_INT64, &scalar, &integer, sizeof integer, error);
}

static gboolean
parse_constant_list (QsImporter       *importer,
                     const QsOnnxNode *node,
                     GError          **error)
{
  g_autoptr (GArray) array = NULL;

  if (qs_onnx_node_has (node, "value_floats"))
    return qs_onnx_node_get_float_array (node, "value_floats", &array, error) &&
           bind_array (importer, node, QS_DATA_TYPE_FLOAT, array, error);

  return qs_onnx_node_get_int_array (node, "value_ints", &array, error) &&
         bind_array (importer, node, QS_DATA_TYPE_INT64, array, error);
}

static gboolean
parse_constant (QsImporter       *importer,
                const QsOperator *op,
                const QsOnnxNode *node,
                GError          **error)
{
  g_autoptr (QsHostTensor) value = NULL;

  if (qs_onnx_node_has (node, "value_float") || qs_onnx_node_has (node, "value_int"))
    return parse_constant_number (importer, node, error);
  if (qs_onnx_node_has (node, "value_floats") || qs_onnx_node_has (node, "value_ints"))
    return parse_constant_list (importer, node, error);

  if (!qs_onnx_node_get_tensor (node, "value", &value, error))
    return FALSE;
  if (value == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "its value is missing, text or sparse; store it as a dense tensor");
      return FALSE;
    }

  qs_importer_bind_constant (importer, node, 0, value);
  return TRUE;
}

/* Since opset 15 a part of the shape may be asked for. */
static gboolean
read_range (const QsOnnxNode *node,
            int               n_dims,
            gint64           *start,
            gint64           *end,
            GError          **error)
{
  if (!qs_onnx_node_get_int (node, "start", 0, start, error) ||
      !qs_onnx_node_get_int (node, "end", n_dims, end, error))
    return FALSE;

  *start = CLAMP (*start < 0 ? *start + n_dims : *start, 0, n_dims);
  *end = CLAMP (*end < 0 ? *end + n_dims : *end, *start, n_dims);
  return TRUE;
}

static gboolean
parse_shape (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsShape shape = { .n_dims = 1 };
  gint64 start, end;

  if (x == NULL || !read_range (node, x->shape.n_dims, &start, &end, error))
    return FALSE;

  shape.dims[0] = end - start;
  return bind_data (importer, node, QS_DATA_TYPE_INT64, &shape, x->shape.dims + start,
                    sizeof (gint64) * (gsize) (end - start), error);
}

static gboolean
parse_size (QsImporter       *importer,
            const QsOperator *op,
            const QsOnnxNode *node,
            GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsShape scalar = { 0 };
  gint64 n;

  if (x == NULL)
    return FALSE;

  n = qs_shape_n_elements (&x->shape);
  return bind_data (importer, node, QS_DATA_TYPE_INT64, &scalar, &n, sizeof n, error);
}

const QsLayerClass qs_layer_classes_constant[] = {
  { QS_LAYER_IDENTITY, "Identity", QS_PLACEMENT_COMMUTES, 0, NULL, infer_identity,
    evaluate_identity },
  { .name = NULL },
};

const QsOperator qs_operators_constant[] = {
  { "Constant", 1, 0, 0, parse_constant },
  { "Identity", 1, 0, 0, parse_identity },
  { "Dropout", 7, 0, 0, parse_dropout },
  { "Shape", 1, 0, 0, parse_shape },
  { "Size", 1, 0, 0, parse_size },
  { .op_type = NULL },
};
