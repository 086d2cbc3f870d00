/* SPDX-License-Identifier: MIT */
#include "qs-op-element-wise.h"

#include <math.h>

#include "numerics/qs-int8.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

static const char *const type_names[] = {
  [QS_ELEMENT_WISE_ADD] = "Add",
  [QS_ELEMENT_WISE_SUB] = "Sub",
  [QS_ELEMENT_WISE_MUL] = "Mul",
  [QS_ELEMENT_WISE_DIV] = "Div",
  [QS_ELEMENT_WISE_POW] = "Pow",
  [QS_ELEMENT_WISE_MIN] = "Min",
  [QS_ELEMENT_WISE_MAX] = "Max",
  [QS_ELEMENT_WISE_MEAN] = "Mean",
  [QS_ELEMENT_WISE_MOD] = "Mod",
  [QS_ELEMENT_WISE_FMOD] = "Fmod",
  [QS_ELEMENT_WISE_PRELU] = "PRelu",
  [QS_ELEMENT_WISE_EQUAL] = "Equal",
  [QS_ELEMENT_WISE_LESS] = "Less",
  [QS_ELEMENT_WISE_LESS_OR_EQUAL] = "LessOrEqual",
  [QS_ELEMENT_WISE_GREATER] = "Greater",
  [QS_ELEMENT_WISE_GREATER_OR_EQUAL] = "GreaterOrEqual",
  [QS_ELEMENT_WISE_AND] = "And",
  [QS_ELEMENT_WISE_OR] = "Or",
  [QS_ELEMENT_WISE_XOR] = "Xor",
  [QS_ELEMENT_WISE_BIT_SHIFT_LEFT] = "BitShiftLeft",
  [QS_ELEMENT_WISE_BIT_SHIFT_RIGHT] = "BitShiftRight",
  [QS_ELEMENT_WISE_BIT_AND] = "BitwiseAnd",
  [QS_ELEMENT_WISE_BIT_OR] = "BitwiseOr",
  [QS_ELEMENT_WISE_BIT_XOR] = "BitwiseXor",
  NULL,
};

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsElementWiseAttributes, type), type_names },
  { NULL },
};

/* Floating point operations, for float32 and float64. A NaN operand makes min and max NaN. */
#define REAL_FUNCTION(name, expression)  \
  static float name##_f (float a, float b) { return (float) (expression); } \
  static double name##_d (double a, double b) { return (expression); }

REAL_FUNCTION (add, a + b)
REAL_FUNCTION (subtract, a - b)
REAL_FUNCTION (multiply, a * b)
REAL_FUNCTION (divide, a / b)
REAL_FUNCTION (minimum, a < b || isnan (a) ? a : b)
REAL_FUNCTION (maximum, a > b || isnan (a) ? a : b)
REAL_FUNCTION (mean, (a + b) / 2)
REAL_FUNCTION (prelu, a < 0 ? a * b : a)
REAL_FUNCTION (equal, a == b)
REAL_FUNCTION (less, a < b)
REAL_FUNCTION (less_or_equal, a <= b)
REAL_FUNCTION (greater, a > b)
REAL_FUNCTION (greater_or_equal, a >= b)

static float
power_f (float a,
         float b)
{
  /* The exponents of layer normalization and GELU are exact products, not libm's pow. */
  return b == 2.0f ? a * a : b == 3.0f ? a * a * a : powf (a, b);
}

static double
power_d (double a,
         double b)
{
  return pow (a, b);
}

static float
remainder_f (float a,
             float b)
{
  return fmodf (a, b);
}

static double
remainder_d (double a,
             double b)
{
  return fmod (a, b);
}

/* Sign of the divisor, as Python's %. ONNX defines Mod of floats only with fmod = 1. */
static float
modulo_f (float a,
          float b)
{
  float r = fmodf (a, b);

  return r != 0.0f && (r < 0.0f) != (b < 0.0f) ? r + b : r;
}

static double
modulo_d (double a,
          double b)
{
  double r = fmod (a, b);

  return r != 0.0 && (r < 0.0) != (b < 0.0) ? r + b : r;
}

/* Integer operations wrap around. What C leaves undefined is defined here: x / 0 = x % 0 = 0. */
#define UNSIGNED(expression) (gint64) (expression)

#define INT_FUNCTION(name, expression) \
  static gint64 name##_i (gint64 a, gint64 b) { return (expression); }

INT_FUNCTION (add, UNSIGNED ((guint64) a + (guint64) b))
INT_FUNCTION (subtract, UNSIGNED ((guint64) a - (guint64) b))
INT_FUNCTION (multiply, UNSIGNED ((guint64) a * (guint64) b))
INT_FUNCTION (divide, b == 0 ? 0 : b == -1 ? UNSIGNED (-(guint64) a) : a / b)
INT_FUNCTION (remainder, b == 0 || b == -1 ? 0 : a % b)
INT_FUNCTION (minimum, a < b ? a : b)
INT_FUNCTION (maximum, a > b ? a : b)
INT_FUNCTION (mean, add_i (a, b) / 2)
INT_FUNCTION (prelu, a < 0 ? multiply_i (a, b) : a)
INT_FUNCTION (equal, a == b)
INT_FUNCTION (less, a < b)
INT_FUNCTION (less_or_equal, a <= b)
INT_FUNCTION (greater, a > b)
INT_FUNCTION (greater_or_equal, a >= b)
INT_FUNCTION (and, a != 0 && b != 0)
INT_FUNCTION (or, a != 0 || b != 0)
INT_FUNCTION (xor, (a != 0) != (b != 0))
INT_FUNCTION (shift_left, (guint64) b > 63 ? 0 : UNSIGNED ((guint64) a << b))
/* Signed numbers are filled with their sign; a shift by all bits or more leaves nothing else. */
INT_FUNCTION (shift_right, (guint64) b > 63 ? (a < 0 ? -1 : 0) : a >> b)
INT_FUNCTION (bit_and, a & b)
INT_FUNCTION (bit_or, a | b)
INT_FUNCTION (bit_xor, a ^ b)

static gint64
modulo_i (gint64 a,
          gint64 b)
{
  gint64 r = remainder_i (a, b);

  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* By squaring, modulo 2^64; a negative exponent leaves 1, -1 or 0. */
static gint64
power_i (gint64 a,
         gint64 b)
{
  guint64 result = 1, base = (guint64) a;

  if (b < 0)
    return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;

  for (; b > 0; b >>= 1)
    {
      if ((b & 1) != 0)
        result *= base;
      base *= base;
    }

  return (gint64) result;
}

/* uint64 keeps its bits in int64; where the sign matters it has operations of its own. */
#define UNSIGNED_FUNCTION(name, expression)       \
  static gint64 name##_u (gint64 sa, gint64 sb)   \
  {                                               \
    guint64 a = (guint64) sa, b = (guint64) sb;   \
    return (gint64) (expression);                 \
  }

UNSIGNED_FUNCTION (divide, b == 0 ? 0 : a / b)
UNSIGNED_FUNCTION (remainder, b == 0 ? 0 : a % b)
UNSIGNED_FUNCTION (shift_right, b > 63 ? 0 : a >> b)
UNSIGNED_FUNCTION (minimum, MIN (a, b))
UNSIGNED_FUNCTION (maximum, MAX (a, b))
UNSIGNED_FUNCTION (less, a < b)
UNSIGNED_FUNCTION (less_or_equal, a <= b)
UNSIGNED_FUNCTION (greater, a > b)
UNSIGNED_FUNCTION (greater_or_equal, a >= b)

typedef struct
{
  float (*f) (float a, float b);
  double (*d) (double a, double b);
  gint64 (*i) (gint64 a, gint64 b);
  gint64 (*u) (gint64 a, gint64 b); /* NULL where i does it */
  gboolean compares;                /* the output is bool */
} Operation;

static const Operation operations[QS_N_ELEMENT_WISE] = {
  [QS_ELEMENT_WISE_ADD] = { add_f, add_d, add_i },
  [QS_ELEMENT_WISE_SUB] = { subtract_f, subtract_d, subtract_i },
  [QS_ELEMENT_WISE_MUL] = { multiply_f, multiply_d, multiply_i },
  [QS_ELEMENT_WISE_DIV] = { divide_f, divide_d, divide_i, divide_u },
  [QS_ELEMENT_WISE_POW] = { power_f, power_d, power_i },
  [QS_ELEMENT_WISE_MIN] = { minimum_f, minimum_d, minimum_i, minimum_u },
  [QS_ELEMENT_WISE_MAX] = { maximum_f, maximum_d, maximum_i, maximum_u },
  [QS_ELEMENT_WISE_MEAN] = { mean_f, mean_d, mean_i },
  [QS_ELEMENT_WISE_MOD] = { modulo_f, modulo_d, modulo_i, remainder_u },
  [QS_ELEMENT_WISE_FMOD] = { remainder_f, remainder_d, remainder_i, remainder_u },
  [QS_ELEMENT_WISE_PRELU] = { prelu_f, prelu_d, prelu_i },
  [QS_ELEMENT_WISE_EQUAL] = { equal_f, equal_d, equal_i, NULL, TRUE },
  [QS_ELEMENT_WISE_LESS] = { less_f, less_d, less_i, less_u, TRUE },
  [QS_ELEMENT_WISE_LESS_OR_EQUAL] = { less_or_equal_f, less_or_equal_d, less_or_equal_i,
                                      less_or_equal_u, TRUE },
  [QS_ELEMENT_WISE_GREATER] = { greater_f, greater_d, greater_i, greater_u, TRUE },
  [QS_ELEMENT_WISE_GREATER_OR_EQUAL] = { greater_or_equal_f, greater_or_equal_d,
                                         greater_or_equal_i, greater_or_equal_u, TRUE },
  [QS_ELEMENT_WISE_AND] = { NULL, NULL, and_i, NULL, TRUE },
  [QS_ELEMENT_WISE_OR] = { NULL, NULL, or_i, NULL, TRUE },
  [QS_ELEMENT_WISE_XOR] = { NULL, NULL, xor_i, NULL, TRUE },
  [QS_ELEMENT_WISE_BIT_SHIFT_LEFT] = { NULL, NULL, shift_left_i },
  [QS_ELEMENT_WISE_BIT_SHIFT_RIGHT] = { NULL, NULL, shift_right_i, shift_right_u },
  [QS_ELEMENT_WISE_BIT_AND] = { NULL, NULL, bit_and_i },
  [QS_ELEMENT_WISE_BIT_OR] = { NULL, NULL, bit_or_i },
  [QS_ELEMENT_WISE_BIT_XOR] = { NULL, NULL, bit_xor_i },
};

/**
 * qs_element_wise_get_func:
 *
 * Returns: (nullable): the operation in float32; %NULL for those of booleans and bits
 */
QsElementWiseFunc
qs_element_wise_get_func (QsElementWiseType type)
{
  return operations[type].f;
}

/* Pow alone may have an exponent of another type than its base. */
static gboolean
check_types (const QsElementWiseAttributes *attributes,
             const QsTensor                *a,
             const QsTensor                *b,
             GError                       **error)
{
  const Operation *operation = &operations[attributes->type];

  if (a->type != b->type && attributes->type != QS_ELEMENT_WISE_POW)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                   "the inputs “%s” and “%s” have different types, %s and %s", a->name, b->name,
                   qs_data_type_name (a->type), qs_data_type_name (b->type));
      return FALSE;
    }
  if (operation->f == NULL && qs_data_type_is_float (a->type))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "%s is not defined for %s",
                   type_names[attributes->type], qs_data_type_name (a->type));
      return FALSE;
    }

  return TRUE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  QsTensor *a = qs_layer_require_input (layer, 0, error);
  QsTensor *b = a != NULL ? qs_layer_require_input (layer, 1, error) : NULL;
  QsShape shape;

  if (b == NULL || !check_types (attributes, a, b, error))
    return FALSE;

  if (!qs_shape_broadcast (&a->shape, &b->shape, &shape))
    {
      g_autofree char *first = qs_shape_to_string (&a->shape);
      g_autofree char *second = qs_shape_to_string (&b->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "shapes %s and %s cannot be broadcast to each other", first, second);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0,
                              operations[attributes->type].compares ? QS_DATA_TYPE_BOOL : a->type,
                              &shape, error);
}

static void
compute_row (const Operation *operation,
             QsDomain         domain,
             gboolean         is_unsigned,
             QsRow           *a,
             const QsRow     *b,
             gint64           n)
{
  gint64 (*integer) (gint64, gint64) =
    is_unsigned && operation->u != NULL ? operation->u : operation->i;

  if (domain == QS_DOMAIN_FLOAT)
    for (gint64 k = 0; k < n; k++)
      a->f[k] = operation->f (a->f[k], b->f[k]);
  else if (domain == QS_DOMAIN_DOUBLE)
    for (gint64 k = 0; k < n; k++)
      a->d[k] = operation->d (a->d[k], b->d[k]);
  else
    for (gint64 k = 0; k < n; k++)
      a->i[k] = integer (a->i[k], b->i[k]);
}

/* Pow mixes types; an integer to a fractional power is computed as float64. */
static QsDomain
common_domain (const QsView *a,
               const QsView *b)
{
  QsDomain first = qs_view_domain (a), second = qs_view_domain (b);

  if (first == second)
    return first;

  return first == QS_DOMAIN_FLOAT ? QS_DOMAIN_FLOAT : QS_DOMAIN_DOUBLE;
}

/* INT8 addition is one fused multiply-add (numerics/qs-int8.h): q_b * s_b is not rounded. */
static void
load_and_add_quantized (float        *values,
                        const QsView *a,
                        const QsView *b,
                        const QsRows *rows)
{
  const gint8 *p = (const gint8 *) b->data + rows->offsets[1];

  qs_floats_load (values, a, rows->offsets[0], rows->steps[0], rows->length);
  for (gint64 k = 0; k < rows->length; k++)
    values[k] = __builtin_fmaf ((float) p[k * rows->steps[1]], b->scale, values[k]);
}

static gboolean
is_quantized (const QsView *view)
{
  return view->type == QS_DATA_TYPE_INT8 && view->scale > 0;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  const QsView *a = &inputs[0], *b = &inputs[1], *views[] = { a, b, &outputs[0] };
  QsDomain domain = common_domain (a, b);
  gboolean fused = attributes->type == QS_ELEMENT_WISE_ADD && is_quantized (a) && is_quantized (b);
  QsRows rows;
  QsRow first, second;

  qs_rows_init (&rows, &outputs[0].shape, views, 3);
  while (qs_rows_next (&rows))
    {
      if (fused)
        load_and_add_quantized (first.f, a, b, &rows);
      else
        {
          qs_row_load (&first, domain, a, rows.offsets[0], rows.steps[0], rows.length);
          qs_row_load (&second, domain, b, rows.offsets[1], rows.steps[1], rows.length);
          compute_row (&operations[attributes->type], domain, a->type == QS_DATA_TYPE_UINT64,
                       &first, &second, rows.length);
        }
      if (domain == QS_DOMAIN_FLOAT)
        qs_activation_apply_row (&layer->activation, first.f, rows.length);
      qs_row_store (&first, domain, &outputs[0], rows.offsets[2], rows.steps[2], rows.length);
    }

  return TRUE;
}

/**
 * qs_element_wise_add_scalar:
 *
 * Adds a constant without dimensions.
 */
QsTensor *
qs_element_wise_add_scalar (QsNetwork  *network,
                            const char *name,
                            QsDataType  type,
                            double      value,
                            GError    **error)
{
  QsShape shape = { 0 };
  g_autoptr (QsHostTensor) number = qs_host_tensor_new (type, &shape, error);
  QsView view;

  if (number == NULL)
    return NULL;

  qs_view_init_for_host (&view, number);
  view.data = qs_host_tensor_get_mutable (number);
  qs_view_set_number (&view, 0, value);
  return qs_network_add_constant (network, name, number);
}

/**
 * qs_element_wise_add_inner:
 *
 * Adds one step of a chain, named after the node's output.
 *
 * Returns: its output
 */
QsTensor *
qs_element_wise_add_inner (QsImporter        *importer,
                           const QsOnnxNode  *node,
                           QsElementWiseType  type,
                           QsTensor          *a,
                           QsTensor          *b,
                           GError           **error)
{
  QsElementWiseAttributes attributes = { type };
  QsTensor *inputs[2] = { a, b };

  return qs_importer_add_step (importer, node, QS_LAYER_ELEMENT_WISE, &attributes, type_names[type],
                               inputs, 2, error);
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsElementWiseAttributes attributes = { (QsElementWiseType) op->variant };

  return qs_importer_add_layer (importer, node, QS_LAYER_ELEMENT_WISE, &attributes, error) != NULL;
}

/* Sum, Min, Max, Mean of any number of inputs: ((a + b) + c) + …; Mean divides the sum. */
static gboolean
parse_variadic (QsImporter       *importer,
                const QsOperator *op,
                const QsOnnxNode *node,
                GError          **error)
{
  gboolean mean = op->variant == QS_ELEMENT_WISE_MEAN;
  QsElementWiseAttributes step = { mean ? QS_ELEMENT_WISE_ADD : (QsElementWiseType) op->variant };
  QsElementWiseAttributes divide = { QS_ELEMENT_WISE_DIV };
  guint n = qs_onnx_node_get_n_inputs (node);
  QsTensor *inputs[2];

  inputs[0] = qs_importer_require_input (importer, node, 0, error);
  if (inputs[0] == NULL)
    return FALSE;
  if (n == 1)
    {
      qs_importer_bind_output (importer, node, 0, inputs[0]);
      return TRUE;
    }

  for (guint i = 1; i < n; i++)
    {
      inputs[1] = qs_importer_require_input (importer, node, i, error);
      if (inputs[1] == NULL)
        return FALSE;
      if (i == n - 1 && !mean)
        break;

      inputs[0] = qs_element_wise_add_inner (importer, node, step.type, inputs[0], inputs[1],
                                             error);
      if (inputs[0] == NULL)
        return FALSE;
    }

  if (mean)
    {
      inputs[1] = qs_element_wise_add_scalar (qs_importer_get_network (importer), "count",
                                              inputs[0]->type, n, error);
      if (inputs[1] == NULL)
        return FALSE;
    }

  return qs_importer_add_layer_full (importer, node, QS_LAYER_ELEMENT_WISE,
                                     mean ? &divide : &step, inputs, 2, 1, error) != NULL;
}

static gboolean
parse_mod (QsImporter       *importer,
           const QsOperator *op,
           const QsOnnxNode *node,
           GError          **error)
{
  QsElementWiseAttributes attributes = { QS_ELEMENT_WISE_MOD };
  gboolean fmod_flag;

  if (!qs_onnx_node_get_flag (node, "fmod", FALSE, &fmod_flag, error))
    return FALSE;
  if (fmod_flag)
    attributes.type = QS_ELEMENT_WISE_FMOD;

  return qs_importer_add_layer (importer, node, QS_LAYER_ELEMENT_WISE, &attributes, error) != NULL;
}

static gboolean
parse_bit_shift (QsImporter       *importer,
                 const QsOperator *op,
                 const QsOnnxNode *node,
                 GError          **error)
{
  QsElementWiseAttributes attributes = { QS_ELEMENT_WISE_BIT_SHIFT_LEFT };
  g_autofree char *direction = NULL;

  if (!qs_onnx_node_get_string (node, "direction", NULL, &direction, error))
    return FALSE;

  if (g_strcmp0 (direction, "RIGHT") == 0)
    attributes.type = QS_ELEMENT_WISE_BIT_SHIFT_RIGHT;
  else if (g_strcmp0 (direction, "LEFT") != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "direction is “%s”, which is neither “LEFT” nor “RIGHT”",
                   direction != NULL ? direction : "");
      return FALSE;
    }

  return qs_importer_add_layer (importer, node, QS_LAYER_ELEMENT_WISE, &attributes, error) != NULL;
}

/* The slope is stretched to the input, never the other way round. */
static gboolean
parse_prelu (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsTensor *slope = x != NULL ? qs_importer_require_input (importer, node, 1, error) : NULL;
  QsShape shape;

  if (slope == NULL)
    return FALSE;
  if (!qs_shape_broadcast (&x->shape, &slope->shape, &shape) ||
      !qs_shape_equal (&shape, &x->shape))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the slope “%s” does not broadcast to the input", slope->name);
      return FALSE;
    }

  return parse (importer, op, node, error);
}

/* Minimum and maximum give one of their operands, so with equal scales they work on the bytes. */
static QsPlacement
qdq_placement (const QsLayer  *layer,
               const char    **why_not)
{
  const QsElementWiseAttributes *attributes = layer->attributes;

  switch ((int) attributes->type)
    {
    case QS_ELEMENT_WISE_MIN:
    case QS_ELEMENT_WISE_MAX:
      if (layer->activation.type == QS_ACTIVATION_NONE)
        return QS_PLACEMENT_COMMUTES;
      return QS_PLACEMENT_NON_WEIGHTED;
    case QS_ELEMENT_WISE_ADD:
    case QS_ELEMENT_WISE_SUB:
    case QS_ELEMENT_WISE_MUL:
      *why_not = "its result lies between the values that INT8 has";
      return QS_PLACEMENT_NON_WEIGHTED;
    default:
      *why_not = "of the operations on two tensors only Add, Sub, Mul, Min and Max have an INT8 form";
      return QS_PLACEMENT_FLOAT;
    }
}

const QsLayerClass qs_layer_classes_element_wise[] = {
  {
    .kind = QS_LAYER_ELEMENT_WISE,
    .name = "ElementWise",
    .placement = QS_PLACEMENT_NON_WEIGHTED,
    .attributes_size = sizeof (QsElementWiseAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .qdq_placement = qdq_placement,
  },
  { 0 },
};

const QsOperator qs_operators_element_wise[] = {
  { "Add", 7, 0, QS_ELEMENT_WISE_ADD, parse },
  { "Sub", 7, 0, QS_ELEMENT_WISE_SUB, parse },
  { "Mul", 7, 0, QS_ELEMENT_WISE_MUL, parse },
  { "Div", 7, 0, QS_ELEMENT_WISE_DIV, parse },
  { "Pow", 7, 0, QS_ELEMENT_WISE_POW, parse },
  { "Min", 6, 0, QS_ELEMENT_WISE_MIN, parse_variadic },
  { "Max", 6, 0, QS_ELEMENT_WISE_MAX, parse_variadic },
  { "Sum", 6, 0, QS_ELEMENT_WISE_ADD, parse_variadic },
  { "Mean", 6, 0, QS_ELEMENT_WISE_MEAN, parse_variadic },
  { "Mod", 10, 0, QS_ELEMENT_WISE_MOD, parse_mod },
  { "PRelu", 7, 0, QS_ELEMENT_WISE_PRELU, parse_prelu },
  { "Equal", 7, 0, QS_ELEMENT_WISE_EQUAL, parse },
  { "Less", 7, 0, QS_ELEMENT_WISE_LESS, parse },
  { "LessOrEqual", 12, 0, QS_ELEMENT_WISE_LESS_OR_EQUAL, parse },
  { "Greater", 7, 0, QS_ELEMENT_WISE_GREATER, parse },
  { "GreaterOrEqual", 12, 0, QS_ELEMENT_WISE_GREATER_OR_EQUAL, parse },
  { "And", 7, 0, QS_ELEMENT_WISE_AND, parse },
  { "Or", 7, 0, QS_ELEMENT_WISE_OR, parse },
  { "Xor", 7, 0, QS_ELEMENT_WISE_XOR, parse },
  { "BitShift", 11, 0, 0, parse_bit_shift },
  { "BitwiseAnd", 18, 0, QS_ELEMENT_WISE_BIT_AND, parse },
  { "BitwiseOr", 18, 0, QS_ELEMENT_WISE_BIT_OR, parse },
  { "BitwiseXor", 18, 0, QS_ELEMENT_WISE_BIT_XOR, parse },
  { 0 },
};
