/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "numerics/qs-math.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsUnaryAttributes, field)

static const char *const type_names[] = {
  [QS_UNARY_ABS] = "Abs",
  [QS_UNARY_NEG] = "Neg",
  [QS_UNARY_SQRT] = "Sqrt",
  [QS_UNARY_EXP] = "Exp",
  [QS_UNARY_LOG] = "Log",
  [QS_UNARY_ERF] = "Erf",
  [QS_UNARY_RECIPROCAL] = "Reciprocal",
  [QS_UNARY_FLOOR] = "Floor",
  [QS_UNARY_CEIL] = "Ceil",
  [QS_UNARY_ROUND] = "Round",
  [QS_UNARY_SIGN] = "Sign",
  [QS_UNARY_NOT] = "Not",
  [QS_UNARY_SIN] = "Sin",
  [QS_UNARY_COS] = "Cos",
  [QS_UNARY_TAN] = "Tan",
  [QS_UNARY_ASIN] = "Asin",
  [QS_UNARY_ACOS] = "Acos",
  [QS_UNARY_ATAN] = "Atan",
  [QS_UNARY_SINH] = "Sinh",
  [QS_UNARY_COSH] = "Cosh",
  [QS_UNARY_ASINH] = "Asinh",
  [QS_UNARY_ACOSH] = "Acosh",
  [QS_UNARY_ATANH] = "Atanh",
  [QS_UNARY_IS_NAN] = "IsNaN",
  [QS_UNARY_IS_INF] = "IsInf",
  [QS_UNARY_BIT_NOT] = "BitwiseNot",
  NULL,
};

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, OFFSET (type), type_names },
  { "detect_negative", QS_FIELD_FLAG, OFFSET (detect_negative) },
  { "detect_positive", QS_FIELD_FLAG, OFFSET (detect_positive) },
  { NULL },
};

#define REAL_FUNCTION(name, f_expression, d_expression)    \
  static float name##_f (float x) { return f_expression; } \
  static double name##_d (double x) { return d_expression; }

REAL_FUNCTION (absolute, fabsf (x), fabs (x))
REAL_FUNCTION (negate, -x, -x)
REAL_FUNCTION (square_root, sqrtf (x), sqrt (x))
REAL_FUNCTION (exponential, qs_math_exp (x), exp (x))
REAL_FUNCTION (logarithm, logf (x), log (x))
REAL_FUNCTION (error_function, qs_math_erf (x), erf (x))
REAL_FUNCTION (reciprocal, 1.0f / x, 1.0 / x)
REAL_FUNCTION (round_down, floorf (x), floor (x))
REAL_FUNCTION (round_up, ceilf (x), ceil (x))
REAL_FUNCTION (round_even, nearbyintf (x), nearbyint (x))
REAL_FUNCTION (sign, (float) ((x > 0) - (x < 0)), (x > 0) - (x < 0))
REAL_FUNCTION (sine, sinf (x), sin (x))
REAL_FUNCTION (cosine, cosf (x), cos (x))
REAL_FUNCTION (tangent, tanf (x), tan (x))
REAL_FUNCTION (arc_sine, asinf (x), asin (x))
REAL_FUNCTION (arc_cosine, acosf (x), acos (x))
REAL_FUNCTION (arc_tangent, atanf (x), atan (x))
REAL_FUNCTION (hyperbolic_sine, sinhf (x), sinh (x))
REAL_FUNCTION (hyperbolic_cosine, coshf (x), cosh (x))
REAL_FUNCTION (area_sine, asinhf (x), asinh (x))
REAL_FUNCTION (area_cosine, acoshf (x), acosh (x))
REAL_FUNCTION (area_tangent, atanhf (x), atanh (x))
REAL_FUNCTION (is_nan, isnan (x), isnan (x))

#define INT_FUNCTION(name, expression) \
  static gint64 name##_i (gint64 x) { return (expression); }

INT_FUNCTION (absolute, x < 0 ? (gint64) -(guint64) x : x)
INT_FUNCTION (negate, (gint64) -(guint64) x)
INT_FUNCTION (sign, (x > 0) - (x < 0))
INT_FUNCTION (not, x == 0)
INT_FUNCTION (bit_not, ~x)

typedef struct
{
  float (*f) (float x);
  double (*d) (double x);
  gint64 (*i) (gint64 x);
  gboolean tests; /* the output is bool */
} Operation;

/* IsInf has attributes and its own loop. */
static const Operation operations[QS_N_UNARY] = {
  [QS_UNARY_ABS] = { absolute_f, absolute_d, absolute_i },
  [QS_UNARY_NEG] = { negate_f, negate_d, negate_i },
  [QS_UNARY_SQRT] = { square_root_f, square_root_d },
  [QS_UNARY_EXP] = { exponential_f, exponential_d },
  [QS_UNARY_LOG] = { logarithm_f, logarithm_d },
  [QS_UNARY_ERF] = { error_function_f, error_function_d },
  [QS_UNARY_RECIPROCAL] = { reciprocal_f, reciprocal_d },
  [QS_UNARY_FLOOR] = { round_down_f, round_down_d },
  [QS_UNARY_CEIL] = { round_up_f, round_up_d },
  [QS_UNARY_ROUND] = { round_even_f, round_even_d },
  [QS_UNARY_SIGN] = { sign_f, sign_d, sign_i },
  [QS_UNARY_NOT] = { NULL, NULL, not_i, TRUE },
  [QS_UNARY_SIN] = { sine_f, sine_d },
  [QS_UNARY_COS] = { cosine_f, cosine_d },
  [QS_UNARY_TAN] = { tangent_f, tangent_d },
  [QS_UNARY_ASIN] = { arc_sine_f, arc_sine_d },
  [QS_UNARY_ACOS] = { arc_cosine_f, arc_cosine_d },
  [QS_UNARY_ATAN] = { arc_tangent_f, arc_tangent_d },
  [QS_UNARY_SINH] = { hyperbolic_sine_f, hyperbolic_sine_d },
  [QS_UNARY_COSH] = { hyperbolic_cosine_f, hyperbolic_cosine_d },
  [QS_UNARY_ASINH] = { area_sine_f, area_sine_d },
  [QS_UNARY_ACOSH] = { area_cosine_f, area_cosine_d },
  [QS_UNARY_ATANH] = { area_tangent_f, area_tangent_d },
  [QS_UNARY_IS_NAN] = { is_nan_f, is_nan_d, NULL, TRUE },
  [QS_UNARY_IS_INF] = { is_nan_f, is_nan_d, NULL, TRUE },
  [QS_UNARY_BIT_NOT] = { NULL, NULL, bit_not_i },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsUnaryAttributes *attributes = layer->attributes;
  const Operation *operation = &operations[attributes->type];
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  gboolean is_real;

  if (x == NULL)
    return FALSE;

  is_real = qs_data_type_is_float (x->type) || x->type == QS_DATA_TYPE_INT8;
  if ((operation->i == NULL && !is_real) ||
      (operation->f == NULL && qs_data_type_is_float (x->type)))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "%s is not defined for %s",
                   type_names[attributes->type], qs_data_type_name (x->type));
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, operation->tests ? QS_DATA_TYPE_BOOL : x->type, &x->shape,
                              error);
}

static gboolean
is_infinity (const QsUnaryAttributes *attributes,
             double                   x)
{
  return isinf (x) && (x > 0 ? attributes->detect_positive : attributes->detect_negative);
}

static void
compute_row (const QsUnaryAttributes *attributes,
             QsDomain                 domain,
             QsRow                   *row,
             gint64                   n)
{
  const Operation *operation = &operations[attributes->type];

  if (attributes->type == QS_UNARY_IS_INF)
    for (gint64 k = 0; k < n; k++)
      if (domain == QS_DOMAIN_FLOAT)
        row->f[k] = is_infinity (attributes, (double) row->f[k]);
      else
        row->d[k] = is_infinity (attributes, row->d[k]);
  else if (domain == QS_DOMAIN_FLOAT)
    for (gint64 k = 0; k < n; k++)
      row->f[k] = operation->f (row->f[k]);
  else if (domain == QS_DOMAIN_DOUBLE)
    for (gint64 k = 0; k < n; k++)
      row->d[k] = operation->d (row->d[k]);
  else
    for (gint64 k = 0; k < n; k++)
      row->i[k] = operation->i (row->i[k]);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsUnaryAttributes *attributes = layer->attributes;
  const QsView *views[] = { &inputs[0], &outputs[0] };
  QsDomain domain = qs_view_domain (&inputs[0]);
  QsRows rows;
  QsRow row;

  /* INT8 without a scale is an integer type like the others, where the operation has one. */
  if (domain == QS_DOMAIN_INT && operations[attributes->type].i == NULL)
    domain = QS_DOMAIN_FLOAT;

  qs_rows_init (&rows, &outputs[0].shape, views, 2);
  while (qs_rows_next (&rows))
    {
      qs_row_load (&row, domain, &inputs[0], rows.offsets[0], rows.steps[0], rows.length);
      compute_row (attributes, domain, &row, rows.length);
      qs_row_store (&row, domain, &outputs[0], rows.offsets[1], rows.steps[1], rows.length);
    }

  return TRUE;
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsUnaryAttributes attributes = { (QsUnaryType) op->variant, FALSE, FALSE };

  return qs_importer_add_layer (importer, node, QS_LAYER_UNARY, &attributes, error) != NULL;
}

static gboolean
parse_is_inf (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  QsUnaryAttributes attributes = { QS_UNARY_IS_INF, FALSE, FALSE };

  return qs_onnx_node_get_flag (node, "detect_negative", TRUE, &attributes.detect_negative,
                                error) &&
         qs_onnx_node_get_flag (node, "detect_positive", TRUE, &attributes.detect_positive,
                                error) &&
         qs_importer_add_layer (importer, node, QS_LAYER_UNARY, &attributes, error) != NULL;
}

const QsLayerClass qs_layer_classes_unary[] = {
  {
    .kind = QS_LAYER_UNARY,
    .name = "Unary",
    .placement = QS_PLACEMENT_FLOAT,
    .attributes_size = sizeof (QsUnaryAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
  },
  { 0 },
};

const QsOperator qs_operators_unary[] = {
  { "Abs", 6, 0, QS_UNARY_ABS, parse },
  { "Neg", 6, 0, QS_UNARY_NEG, parse },
  { "Sqrt", 6, 0, QS_UNARY_SQRT, parse },
  { "Exp", 6, 0, QS_UNARY_EXP, parse },
  { "Log", 6, 0, QS_UNARY_LOG, parse },
  { "Erf", 9, 0, QS_UNARY_ERF, parse },
  { "Reciprocal", 6, 0, QS_UNARY_RECIPROCAL, parse },
  { "Floor", 6, 0, QS_UNARY_FLOOR, parse },
  { "Ceil", 6, 0, QS_UNARY_CEIL, parse },
  { "Round", 11, 0, QS_UNARY_ROUND, parse },
  { "Sign", 9, 0, QS_UNARY_SIGN, parse },
  { "Not", 1, 0, QS_UNARY_NOT, parse },
  { "Sin", 7, 0, QS_UNARY_SIN, parse },
  { "Cos", 7, 0, QS_UNARY_COS, parse },
  { "Tan", 7, 0, QS_UNARY_TAN, parse },
  { "Asin", 7, 0, QS_UNARY_ASIN, parse },
  { "Acos", 7, 0, QS_UNARY_ACOS, parse },
  { "Atan", 7, 0, QS_UNARY_ATAN, parse },
  { "Sinh", 9, 0, QS_UNARY_SINH, parse },
  { "Cosh", 9, 0, QS_UNARY_COSH, parse },
  { "Asinh", 9, 0, QS_UNARY_ASINH, parse },
  { "Acosh", 9, 0, QS_UNARY_ACOSH, parse },
  { "Atanh", 9, 0, QS_UNARY_ATANH, parse },
  { "IsNaN", 9, 0, QS_UNARY_IS_NAN, parse },
  { "IsInf", 10, 0, QS_UNARY_IS_INF, parse_is_inf },
  { "BitwiseNot", 18, 0, QS_UNARY_BIT_NOT, parse },
  { 0 },
};
