/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* ConstantOfShape, Range, EyeLike and OneHot: tensors made of a rule. */

static const char *const type_names[] = { "constant", "range", "eye", "one-hot", NULL };

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsFillAttributes, type), type_names },
  { "k", QS_FIELD_INT, G_STRUCT_OFFSET (QsFillAttributes, k) },
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsFillAttributes, axis) },
  { "dtype", QS_FIELD_INT, G_STRUCT_OFFSET (QsFillAttributes, data_type) },
  { NULL },
};

static gboolean
infer_constant (QsLayer *layer,
                GError **error)
{
  QsTensor *value = qs_layer_require_input (layer, 1, error);
  QsInts dims;
  QsShape shape;

  return value != NULL && qs_layer_input_ints (layer, 0, "the shape", &dims, error) &&
         qs_ints_check_range (&dims, "the shape", 0, QS_MAX_DIM, error) &&
         qs_shape_init (&shape, (gsize) dims.n, dims.v, error) &&
         qs_layer_set_output (layer, 0, value->type, &shape, error);
}

/* The single number of a constant input. */
static gboolean
input_number (const QsLayer *layer,
              guint          index,
              const char    *what,
              double        *number,
              GError       **error)
{
  QsTensor *tensor = qs_layer_require_input (layer, index, error);

  if (tensor == NULL)
    return FALSE;
  if (tensor->value == NULL || qs_host_tensor_get_n_elements (tensor->value) != 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s (tensor “%s”) must be one constant number", what, tensor->name);
      return FALSE;
    }

  *number = qs_host_tensor_get_number (tensor->value, 0);
  return TRUE;
}

static gint64
input_int (const QsLayer *layer,
           guint          index)
{
  QsView view;

  qs_view_init_for_host (&view, qs_layer_get_input (layer, index)->value);
  return qs_view_get_int (&view, 0);
}

/* ceil ((limit - start) / delta) of 64-bit integers, whose differences need 65 bits. */
static double
count_ints (const QsLayer *layer)
{
  __int128 distance = (__int128) input_int (layer, 1) - input_int (layer, 0);
  gint64 delta = input_int (layer, 2);
  __int128 n;

  if (delta == 0 || distance == 0 || (distance > 0) != (delta > 0))
    return 0.0;

  n = distance / delta;
  return (double) (n * delta == distance ? n : n + 1);
}

static gboolean
infer_range (QsLayer *layer,
             GError **error)
{
  QsShape shape = { .n_dims = 1 };
  double start, limit, delta, n;

  if (!input_number (layer, 0, "the start", &start, error) ||
      !input_number (layer, 1, "the limit", &limit, error) ||
      !input_number (layer, 2, "the step", &delta, error))
    return FALSE;
  for (guint i = 1; i < 3; i++)
    if (qs_layer_get_input (layer, i)->type != qs_layer_get_input (layer, 0)->type)
      {
        g_set_error_literal (error, QS_ERROR, QS_ERROR_TYPE,
                             "start, limit and step are not of the same type");
        return FALSE;
      }

  n = qs_data_type_is_float (qs_layer_get_input (layer, 0)->type)
        ? ceil ((limit - start) / delta) : count_ints (layer);
  if (delta == 0.0 || !(n <= (double) QS_MAX_DIM))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "a range from %g to %g in steps of %g is too long", start, limit, delta);
      return FALSE;
    }

  shape.dims[0] = n > 0.0 ? (gint64) n : 0;
  return qs_layer_set_output (layer, 0, qs_layer_get_input (layer, 0)->type, &shape, error);
}

static gboolean
infer_eye (QsLayer *layer,
           GError **error)
{
  const QsFillAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  if (x == NULL || !qs_data_type_check (attributes->data_type, error))
    return FALSE;
  if (x->shape.n_dims != 2)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "its input has %d dimensions, not 2",
                   x->shape.n_dims);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, (QsDataType) attributes->data_type, &x->shape, error);
}

static gboolean
infer_one_hot (QsLayer *layer,
               GError **error)
{
  const QsFillAttributes *attributes = layer->attributes;
  QsTensor *indices = qs_layer_require_input (layer, 0, error);
  QsTensor *values = indices != NULL ? qs_layer_require_input (layer, 2, error) : NULL;
  gint64 dims[QS_MAX_DIMS + 1];
  double depth;
  QsShape shape;
  int next = 0;

  if (values == NULL || !input_number (layer, 1, "the depth", &depth, error) ||
      !qs_axis_check (attributes->axis, indices->shape.n_dims + 1, error))
    return FALSE;
  if (!(depth >= 1.0 && depth <= (double) QS_MAX_DIM) || qs_shape_n_elements (&values->shape) != 2)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "the depth is %g and there are %" G_GINT64_FORMAT " values, not off and on",
                   depth, qs_shape_n_elements (&values->shape));
      return FALSE;
    }

  for (int i = 0; i <= indices->shape.n_dims; i++)
    dims[i] = i == attributes->axis ? (gint64) depth : indices->shape.dims[next++];
  return qs_shape_init (&shape, (gsize) indices->shape.n_dims + 1, dims, error) &&
         qs_layer_set_output (layer, 0, values->type, &shape, error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  static gboolean (*const infer_type[]) (QsLayer *, GError **) = {
    [QS_FILL_CONSTANT] = infer_constant,
    [QS_FILL_RANGE] = infer_range,
    [QS_FILL_EYE] = infer_eye,
    [QS_FILL_ONE_HOT] = infer_one_hot,
  };

  return infer_type[((const QsFillAttributes *) layer->attributes)->type] (layer, error);
}

static void
fill_constant (const QsFillAttributes *attributes,
               const QsView           *inputs,
               const QsView           *y)
{
  gsize size = qs_data_type_size (y->type);
  QsWalk walk;

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  for (; !walk.done; qs_walk_next (&walk))
    qs_copy_element (y->data, walk.offset[0], inputs[1].data, 0, size);
}

static void
fill_range (const QsFillAttributes *attributes,
            const QsView           *inputs,
            const QsView           *y)
{
  double start = qs_view_get_number (&inputs[0], 0);
  double delta = qs_view_get_number (&inputs[2], 0);
  guint64 first = (guint64) qs_view_get_int (&inputs[0], 0);
  guint64 step = (guint64) qs_view_get_int (&inputs[2], 0);

  if (!qs_data_type_is_float (y->type))
    {
      for (gint64 i = 0; i < y->shape.dims[0]; i++)
        qs_view_set_int (y, i * y->strides[0], (gint64) (first + (guint64) i * step));
      return;
    }

  for (gint64 i = 0; i < y->shape.dims[0]; i++)
    qs_view_set_number (y, i * y->strides[0], start + (double) i * delta);
}

static void
fill_eye (const QsFillAttributes *attributes,
          const QsView           *inputs,
          const QsView           *y)
{
  QsWalk walk;

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  for (; !walk.done; qs_walk_next (&walk))
    qs_view_set_number (y, walk.offset[0], walk.index[1] - walk.index[0] == attributes->k);
}

/* Indices outside the depth, counted from its end when negative, give off everywhere. */
static void
fill_one_hot (const QsFillAttributes *attributes,
              const QsView           *inputs,
              const QsView           *y)
{
  gsize size = qs_data_type_size (y->type);
  gint64 depth = y->shape.dims[attributes->axis];
  gint64 strides[QS_MAX_DIMS];
  QsWalk walk;
  int next = 0;

  for (int i = 0; i < y->shape.n_dims; i++)
    strides[i] = i == attributes->axis ? 0 : inputs[0].strides[next++];

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  qs_walk_add (&walk, strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 index = qs_view_get_int (&inputs[0], walk.offset[1]);
      gboolean on = (index < 0 ? index + depth : index) == walk.index[attributes->axis];

      qs_copy_element (y->data, walk.offset[0], inputs[2].data, on ? inputs[2].strides[0] : 0, size);
    }
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  static void (*const fill[]) (const QsFillAttributes *, const QsView *, const QsView *) = {
    [QS_FILL_CONSTANT] = fill_constant,
    [QS_FILL_RANGE] = fill_range,
    [QS_FILL_EYE] = fill_eye,
    [QS_FILL_ONE_HOT] = fill_one_hot,
  };
  const QsFillAttributes *attributes = layer->attributes;

  fill[attributes->type] (attributes, inputs, &outputs[0]);
  return TRUE;
}

/* Float 0 when the node has no value. */
static QsHostTensor *
fill_value (const QsOnnxNode *node,
            GError          **error)
{
  g_autoptr (QsHostTensor) value = NULL;
  QsShape scalar = { 0 };

  if (!qs_onnx_node_get_tensor (node, "value", &value, error))
    return NULL;
  if (value == NULL)
    return qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &scalar, error);

  if (qs_host_tensor_get_n_elements (value) != 1)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_SHAPE, "its value is not a single number");
      return NULL;
    }
  return g_steal_pointer (&value);
}

static gboolean
parse_constant_of_shape (QsImporter       *importer,
                         const QsOperator *op,
                         const QsOnnxNode *node,
                         GError          **error)
{
  QsFillAttributes attributes = { .type = QS_FILL_CONSTANT };
  QsNetwork *network = qs_importer_get_network (importer);
  QsTensor *inputs[2] = { qs_importer_require_input (importer, node, 0, error) };
  g_autoptr (QsHostTensor) value = inputs[0] != NULL ? fill_value (node, error) : NULL;
  g_autofree char *name = NULL;

  if (value == NULL)
    return FALSE;

  name = g_strdup_printf ("%s_fill", inputs[0]->name);
  inputs[1] = qs_network_add_constant (network, name, value);
  return qs_importer_add_layer_full (importer, node, QS_LAYER_FILL, &attributes, inputs, 2, 1,
                                     error) != NULL;
}

static gboolean
parse_range (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsFillAttributes attributes = { .type = QS_FILL_RANGE };

  return qs_importer_add_layer (importer, node, QS_LAYER_FILL, &attributes, error) != NULL;
}

static gboolean
parse_eye_like (QsImporter       *importer,
                const QsOperator *op,
                const QsOnnxNode *node,
                GError          **error)
{
  QsFillAttributes attributes = { .type = QS_FILL_EYE };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  if (x == NULL || !qs_onnx_node_get_int (node, "k", 0, &attributes.k, error) ||
      !qs_onnx_node_get_int (node, "dtype", (gint64) x->type, &attributes.data_type, error))
    return FALSE;

  if (attributes.data_type < 0 || attributes.data_type > G_MAXINT ||
      !qs_data_type_is_valid ((int) attributes.data_type))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "ONNX data type %" G_GINT64_FORMAT " is not supported", attributes.data_type);
      return FALSE;
    }

  return qs_importer_add_layer (importer, node, QS_LAYER_FILL, &attributes, error) != NULL;
}

static gboolean
parse_one_hot (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsFillAttributes attributes = { .type = QS_FILL_ONE_HOT };
  QsTensor *indices = qs_importer_require_input (importer, node, 0, error);
  gint64 wanted;
  int axis;

  if (indices == NULL || !qs_onnx_node_get_int (node, "axis", -1, &wanted, error) ||
      !qs_axis_resolve (wanted, indices->shape.n_dims + 1, &axis, error))
    return FALSE;

  attributes.axis = axis;
  return qs_importer_add_layer (importer, node, QS_LAYER_FILL, &attributes, error) != NULL;
}

const QsLayerClass qs_layer_classes_fill[] = {
  { QS_LAYER_FILL, "Fill", QS_PLACEMENT_HOST, sizeof (QsFillAttributes), fields, infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_fill[] = {
  { "ConstantOfShape", 9, 0, 0, parse_constant_of_shape },
  { "Range", 11, 0, 0, parse_range },
  { "EyeLike", 9, 0, 0, parse_eye_like },
  { "OneHot", 9, 0, 0, parse_one_hot },
  { .op_type = NULL },
};
