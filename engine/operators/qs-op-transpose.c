/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

static const QsField fields[] = {
  { "perm", QS_FIELD_INTS, G_STRUCT_OFFSET (QsTransposeAttributes, perm) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsTransposeAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsInts sorted;
  QsShape shape;

  if (x == NULL)
    return FALSE;

  sorted = attributes->perm;
  if (!qs_axes_resolve (&sorted, x->shape.n_dims, error) ||
      !qs_ints_check_range (&attributes->perm, "perm", 0, QS_MAX_DIM, error))
    return FALSE;
  if (sorted.n != x->shape.n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "perm has %d axes instead of %d", sorted.n,
                   x->shape.n_dims);
      return FALSE;
    }

  shape = x->shape;
  for (int i = 0; i < shape.n_dims; i++)
    shape.dims[i] = x->shape.dims[attributes->perm.v[i]];
  return qs_layer_set_output (layer, 0, x->type, &shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsTransposeAttributes *attributes = layer->attributes;
  QsView permuted = inputs[0];

  permuted.shape = outputs[0].shape;
  for (int i = 0; i < permuted.shape.n_dims; i++)
    permuted.strides[i] = inputs[0].strides[attributes->perm.v[i]];

  qs_view_copy (&permuted, &outputs[0]);
  return TRUE;
}

static gboolean
check_perm (const QsInts *perm,
            int           n_dims,
            GError      **error)
{
  QsInts sorted = *perm;

  if (perm->n != n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "perm has %d values for %d dimensions",
                   perm->n, n_dims);
      return FALSE;
    }

  return qs_ints_check_range (perm, "perm", 0, MAX (n_dims - 1, 0), error) &&
         qs_axes_resolve (&sorted, n_dims, error);
}

static gboolean
parse_transpose (QsImporter       *importer,
                 const QsOperator *op,
                 const QsOnnxNode *node,
                 GError          **error)
{
  QsTransposeAttributes attributes = { { 0 } };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsInts *perm = &attributes.perm;

  if (x == NULL || !qs_onnx_node_get_ints (node, "perm", perm, error))
    return FALSE;

  if (!qs_onnx_node_has (node, "perm"))
    for (perm->n = 0; perm->n < x->shape.n_dims; perm->n++)
      perm->v[perm->n] = x->shape.n_dims - 1 - perm->n;

  return check_perm (perm, x->shape.n_dims, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_TRANSPOSE, &attributes, &x, 1, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_transpose[] = {
  { QS_LAYER_TRANSPOSE, "Transpose", QS_PLACEMENT_COMMUTES, sizeof (QsTransposeAttributes), fields,
    infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_transpose[] = {
  { "Transpose", 1, 0, 0, parse_transpose },
  { .op_type = NULL },
};
