/* SPDX-License-Identifier: MIT */
#include "qs-operator.h"

#include <string.h>

#include "qs-families.h"

/* The sentinels keep the arrays from being empty. */
#define OPERATORS_ROW(x) qs_operators_##x,
#define LAYER_CLASSES_ROW(x) qs_layer_classes_##x,

static const QsOperator *const families[] = { QS_FAMILIES (OPERATORS_ROW) NULL };
static const QsLayerClass *const classes[] = { QS_FAMILIES (LAYER_CLASSES_ROW) NULL };

/**
 * qs_operator_lookup:
 * @op_type: operator of the default ONNX domain
 * @opset: version of the operator set that the model uses
 *
 * Returns: (nullable): the row that reads this operator in this version
 */
const QsOperator *
qs_operator_lookup (const char *op_type,
                    int         opset)
{
  for (gsize f = 0; families[f] != NULL; f++)
    for (const QsOperator *op = families[f]; op->op_type != NULL; op++)
      if (opset >= op->since && (op->until == 0 || opset <= op->until) &&
          strcmp (op->op_type, op_type) == 0)
        return op;

  return NULL;
}

/**
 * qs_operator_is_known:
 *
 * Whether @op_type can be read in any version.
 */
gboolean
qs_operator_is_known (const char *op_type)
{
  for (gsize f = 0; families[f] != NULL; f++)
    for (const QsOperator *op = families[f]; op->op_type != NULL; op++)
      if (strcmp (op->op_type, op_type) == 0)
        return TRUE;

  return FALSE;
}

/**
 * qs_layer_class_lookup:
 *
 * Returns: (nullable): the class for layers of @kind
 */
const QsLayerClass *
qs_layer_class_lookup (QsLayerKind kind)
{
  for (gsize f = 0; classes[f] != NULL; f++)
    for (const QsLayerClass *klass = classes[f]; klass->name != NULL; klass++)
      if (klass->kind == kind)
        return klass;

  return NULL;
}

/**
 * qs_layer_class_by_name:
 *
 * Returns: (nullable): the class shown as @name, which plans refer to
 */
const QsLayerClass *
qs_layer_class_by_name (const char *name)
{
  for (gsize f = 0; classes[f] != NULL; f++)
    for (const QsLayerClass *klass = classes[f]; klass->name != NULL; klass++)
      if (strcmp (klass->name, name) == 0)
        return klass;

  return NULL;
}
