/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* TopK, ArgMax and ArgMin (TensorRT ITopKLayer). Of equal values the one with the lower index
 * comes first. */

static const char *const type_names[] = { "values", "arg-max", "arg-min", NULL };

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsTopKAttributes, type), type_names },
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsTopKAttributes, axis) },
  { "k", QS_FIELD_INT, G_STRUCT_OFFSET (QsTopKAttributes, k) },
  { "largest", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsTopKAttributes, largest) },
  { "keepdims", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsTopKAttributes, keepdims) },
  { "select_last_index", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsTopKAttributes, last) },
  { NULL },
};

static gboolean
infer_values (QsLayer        *layer,
              const QsTensor *x,
              GError        **error)
{
  const QsTopKAttributes *attributes = layer->attributes;
  QsShape shape = x->shape;

  if (attributes->k < 0 || attributes->k > shape.dims[attributes->axis])
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%" G_GINT64_FORMAT " values are wanted of %" G_GINT64_FORMAT,
                   attributes->k, shape.dims[attributes->axis]);
      return FALSE;
    }

  shape.dims[attributes->axis] = attributes->k;
  return qs_layer_set_output (layer, 0, x->type, &shape, error) &&
         qs_layer_set_output (layer, 1, QS_DATA_TYPE_INT64, &shape, error);
}

static gboolean
infer_index (QsLayer        *layer,
             const QsTensor *x,
             GError        **error)
{
  const QsTopKAttributes *attributes = layer->attributes;
  QsShape shape = { .n_dims = 0 };

  if (x->shape.dims[attributes->axis] == 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "axis %" G_GINT64_FORMAT " is empty",
                   attributes->axis);
      return FALSE;
    }

  for (int i = 0; i < x->shape.n_dims; i++)
    {
      if (i != attributes->axis)
        shape.dims[shape.n_dims++] = x->shape.dims[i];
      else if (attributes->keepdims)
        shape.dims[shape.n_dims++] = 1;
    }

  return qs_layer_set_output (layer, 0, QS_DATA_TYPE_INT64, &shape, error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsTopKAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  if (x == NULL || !qs_axis_check (attributes->axis, x->shape.n_dims, error))
    return FALSE;

  return attributes->type == QS_TOP_K_VALUES ? infer_values (layer, x, error)
                                             : infer_index (layer, x, error);
}

typedef struct
{
  double value;   /* of floats, with its sign changed where small ones are wanted */
  gint64 integer; /* of integers, which a double cannot hold, with its bits flipped there */
  gint64 index;
} Candidate;

static int
compare (const void *a,
         const void *b)
{
  const Candidate *ca = a;
  const Candidate *cb = b;

  if (ca->value != cb->value)
    return ca->value > cb->value ? -1 : 1;
  if (ca->integer != cb->integer)
    return ca->integer > cb->integer ? -1 : 1;
  return ca->index < cb->index ? -1 : ca->index > cb->index;
}

static void
store_values (const QsLayer   *layer,
              const Candidate *candidates,
              const QsView    *x,
              gint64           from,
              const QsView    *y,
              const QsWalk    *walk)
{
  const QsTopKAttributes *attributes = layer->attributes;
  int axis = (int) attributes->axis;

  for (gint64 i = 0; i < attributes->k; i++)
    {
      if (y[0].data != NULL)
        qs_copy_element (y[0].data, walk->offset[0] + i * y[0].strides[axis], x->data,
                         from + candidates[i].index * x->strides[axis], qs_data_type_size (x->type));
      if (layer->outputs->len > 1 && y[1].data != NULL)
        ((gint64 *) y[1].data)[walk->offset[1] + i * y[1].strides[axis]] = candidates[i].index;
    }
}

/* Output strides along the input's axes; the reduced one does not count. */
static void
output_strides (const QsTopKAttributes *attributes,
                const QsView           *y,
                int                     n_dims,
                gint64                 *strides)
{
  int next = 0;

  for (int i = 0; i < n_dims; i++)
    {
      gboolean is_axis = i == attributes->axis;

      strides[i] = is_axis || y->data == NULL ? 0 : y->strides[next];
      next += !is_axis || attributes->keepdims || attributes->type == QS_TOP_K_VALUES;
    }
}

static void
load_candidates (const QsTopKAttributes *attributes,
                 const QsView           *x,
                 gint64                  from,
                 Candidate              *candidates)
{
  gint64 n = x->shape.dims[attributes->axis];
  gboolean is_float = qs_data_type_is_float (x->type);
  guint64 flip = (x->type == QS_DATA_TYPE_UINT64 ? (guint64) 1 << 63 : 0) ^
                 (attributes->largest ? 0 : G_MAXUINT64);
  double sign = attributes->largest ? 1.0 : -1.0;

  for (gint64 i = 0; i < n; i++)
    {
      gint64 offset = from + i * x->strides[attributes->axis];

      candidates[i] = (Candidate) { .index = i };
      if (is_float)
        candidates[i].value = sign * qs_view_get_number (x, offset);
      else
        candidates[i].integer = (gint64) ((guint64) qs_view_get_int (x, offset) ^ flip);
    }
}

static gint64
find_best (const QsTopKAttributes *attributes,
           const Candidate        *candidates,
           gint64                  n)
{
  gint64 best = 0;

  for (gint64 i = 1; i < n; i++)
    {
      const Candidate *a = &candidates[i], *b = &candidates[best];
      gboolean equal = a->value == b->value && a->integer == b->integer;

      if (equal ? attributes->last : a->value > b->value || a->integer > b->integer)
        best = i;
    }

  return best;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsTopKAttributes *attributes = layer->attributes;
  const QsView *x = &inputs[0];
  gint64 n = x->shape.dims[attributes->axis];
  QsShape outer = x->shape;
  gint64 strides[QS_MAX_DIMS] = { 0 };
  g_autofree Candidate *candidates = g_try_new (Candidate, MAX (n, 1));
  QsWalk walk;

  if (candidates == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "there is not enough memory to sort");
      return FALSE;
    }

  outer.dims[attributes->axis] = 1;
  qs_walk_init (&walk, &outer);
  output_strides (attributes, &outputs[0], outer.n_dims, strides);
  qs_walk_add (&walk, strides);
  if (layer->outputs->len > 1)
    output_strides (attributes, &outputs[1], outer.n_dims, strides);
  qs_walk_add (&walk, strides);
  qs_walk_add (&walk, x->strides);

  for (; !walk.done; qs_walk_next (&walk))
    {
      load_candidates (attributes, x, walk.offset[2], candidates);
      if (attributes->type != QS_TOP_K_VALUES)
        {
          ((gint64 *) outputs[0].data)[walk.offset[0]] = find_best (attributes, candidates, n);
          continue;
        }

      qsort (candidates, (gsize) n, sizeof (Candidate), compare);
      store_values (layer, candidates, x, walk.offset[2], outputs, &walk);
    }

  return TRUE;
}

static gboolean
read_axis (const QsOnnxNode *node,
           const QsTensor   *x,
           gint64            fallback,
           gint64           *axis,
           GError          **error)
{
  gint64 wanted;
  int resolved;

  if (!qs_onnx_node_get_int (node, "axis", fallback, &wanted, error) ||
      !qs_axis_resolve (wanted, x->shape.n_dims, &resolved, error))
    return FALSE;

  *axis = resolved;
  return TRUE;
}

/* An attribute until opset 9, an input since. */
static gboolean
read_k (QsImporter       *importer,
        const QsOnnxNode *node,
        gint64           *k,
        GError          **error)
{
  QsInts values;

  if (qs_importer_get_opset (importer) < 10)
    return qs_onnx_node_get_int (node, "k", -1, k, error);

  if (!qs_importer_get_constant_ints (importer, node, 1, "the number of values", &values, error))
    return FALSE;

  *k = values.n == 1 ? values.v[0] : -1;
  return TRUE;
}

static gboolean
parse_top_k (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsTopKAttributes attributes = { .type = QS_TOP_K_VALUES };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  return x != NULL && read_axis (node, x, -1, &attributes.axis, error) &&
         read_k (importer, node, &attributes.k, error) &&
         qs_onnx_node_get_flag (node, "largest", TRUE, &attributes.largest, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_TOP_K, &attributes, &x, 1,
                                     MIN (qs_onnx_node_get_n_outputs (node), 2), error) != NULL;
}

static gboolean
parse_arg (QsImporter       *importer,
           const QsOperator *op,
           const QsOnnxNode *node,
           GError          **error)
{
  QsTopKAttributes attributes = { .type = (QsTopKType) op->variant,
                                  .largest = op->variant == QS_TOP_K_ARG_MAX };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  return x != NULL && read_axis (node, x, 0, &attributes.axis, error) &&
         qs_onnx_node_get_flag (node, "keepdims", TRUE, &attributes.keepdims, error) &&
         qs_onnx_node_get_flag (node, "select_last_index", FALSE, &attributes.last, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_TOP_K, &attributes, &x, 1, 1,
                                     error) != NULL;
}

/* Sorting: as many steps per element as the axis has bits. */
static double
count_steps (const QsLayer *layer)
{
  const QsTopKAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;

  return (double) qs_shape_n_elements (x) * (1.0 + log2 (1.0 + (double) x->dims[attributes->axis]));
}

const QsLayerClass qs_layer_classes_top_k[] = {
  { QS_LAYER_TOP_K, "TopK", QS_PLACEMENT_FLOAT, sizeof (QsTopKAttributes), fields, infer, evaluate,
    .count_steps = count_steps },
  { .name = NULL },
};

const QsOperator qs_operators_top_k[] = {
  { "TopK", 1, 0, QS_TOP_K_VALUES, parse_top_k },
  { "ArgMax", 1, 0, QS_TOP_K_ARG_MAX, parse_arg },
  { "ArgMin", 1, 0, QS_TOP_K_ARG_MIN, parse_arg },
  { .op_type = NULL },
};
