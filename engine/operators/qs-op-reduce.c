/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "numerics/qs-math.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsReduceAttributes, field)

static const char *const type_names[] = {
  [QS_REDUCE_SUM] = "Sum",
  [QS_REDUCE_MEAN] = "Mean",
  [QS_REDUCE_MAX] = "Max",
  [QS_REDUCE_MIN] = "Min",
  [QS_REDUCE_PROD] = "Prod",
  [QS_REDUCE_L1] = "L1",
  [QS_REDUCE_L2] = "L2",
  [QS_REDUCE_LOG_SUM] = "LogSum",
  [QS_REDUCE_LOG_SUM_EXP] = "LogSumExp",
  [QS_REDUCE_SUM_SQUARE] = "SumSquare",
  NULL,
};

static const QsField fields[] = {
  { "type", QS_FIELD_ENUM, OFFSET (type), type_names },
  { "axes", QS_FIELD_INTS, OFFSET (axes) },
  { "keepdims", QS_FIELD_FLAG, OFFSET (keepdims) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsReduceAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape y = { 0 };

  if (x == NULL)
    return FALSE;
  for (int i = 0; i < attributes->axes.n; i++)
    if (attributes->axes.v[i] < 0 || attributes->axes.v[i] >= x->shape.n_dims)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                     "axis %" G_GINT64_FORMAT " does not exist in a tensor of %d dimensions",
                     attributes->axes.v[i], x->shape.n_dims);
        return FALSE;
      }

  for (int i = 0; i < x->shape.n_dims; i++)
    {
      gboolean reduced = qs_ints_contain (&attributes->axes, i);

      if (!reduced || attributes->keepdims)
        y.dims[y.n_dims++] = reduced ? 1 : x->shape.dims[i];
    }

  return qs_layer_set_output (layer, 0, x->type, &y, error);
}

/*
 * A sum in each domain: start, one step per element in index order, and the end, which gets the
 * number of elements and the largest of them (for LogSumExp).
 */
typedef struct
{
  double start;
  float (*step_f) (float sum, float x, float largest);
  double (*step_d) (double sum, double x, double largest);
  gint64 (*step_i) (gint64 sum, gint64 x);
  float (*end_f) (float sum, float n, float largest);
  double (*end_d) (double sum, double n, double largest);
} Reduction;

#define STEP(name, expression_f, expression_d)                                               \
  static float name##_f (float sum, float x, float largest) { return expression_f; }         \
  static double name##_d (double sum, double x, double largest) { return expression_d; }

#define END(name, expression_f, expression_d)                                                \
  static float name##_f (float sum, float n, float largest) { return expression_f; }         \
  static double name##_d (double sum, double n, double largest) { return expression_d; }

#define STEP_INT(name, expression) \
  static gint64 name##_i (gint64 sum, gint64 x) { return (gint64) (expression); }

STEP (add, sum + x, sum + x)
STEP (multiply, sum * x, sum * x)
STEP (larger, x > sum || isnan (x) ? x : sum, x > sum || isnan (x) ? x : sum)
STEP (smaller, x < sum || isnan (x) ? x : sum, x < sum || isnan (x) ? x : sum)
STEP (add_absolute, sum + fabsf (x), sum + fabs (x))
STEP (add_square, sum + x * x, sum + x * x)
STEP (add_exp, sum + qs_math_exp (x - largest), sum + exp (x - largest))
STEP_INT (add, (guint64) sum + (guint64) x)
STEP_INT (multiply, (guint64) sum * (guint64) x)
STEP_INT (larger, MAX (sum, x))
STEP_INT (smaller, MIN (sum, x))
STEP_INT (add_absolute, (guint64) sum + (x < 0 ? -(guint64) x : (guint64) x))
STEP_INT (add_square, (guint64) sum + (guint64) x * (guint64) x)
END (keep, sum, sum)
END (divide, sum / n, sum / n)
END (square_root, sqrtf (sum), sqrt (sum))
END (logarithm, logf (sum), log (sum))
END (add_logarithm, largest + logf (sum), largest + log (sum))

static const Reduction reductions[QS_N_REDUCE] = {
  [QS_REDUCE_SUM] = { 0, add_f, add_d, add_i, keep_f, keep_d },
  [QS_REDUCE_MEAN] = { 0, add_f, add_d, add_i, divide_f, divide_d },
  [QS_REDUCE_MAX] = { -INFINITY, larger_f, larger_d, larger_i, keep_f, keep_d },
  [QS_REDUCE_MIN] = { INFINITY, smaller_f, smaller_d, smaller_i, keep_f, keep_d },
  [QS_REDUCE_PROD] = { 1, multiply_f, multiply_d, multiply_i, keep_f, keep_d },
  [QS_REDUCE_L1] = { 0, add_absolute_f, add_absolute_d, add_absolute_i, keep_f, keep_d },
  [QS_REDUCE_L2] = { 0, add_square_f, add_square_d, add_square_i, square_root_f, square_root_d },
  [QS_REDUCE_LOG_SUM] = { 0, add_f, add_d, add_i, logarithm_f, logarithm_d },
  [QS_REDUCE_LOG_SUM_EXP] = { 0, add_exp_f, add_exp_d, NULL, add_logarithm_f, add_logarithm_d },
  [QS_REDUCE_SUM_SQUARE] = { 0, add_square_f, add_square_d, add_square_i, keep_f, keep_d },
};

/* The smallest and the largest number of an integer type, which the largest and the smallest of no
 * elements are. */
typedef struct
{
  gint64 smallest;
  gint64 largest;
} Limits;

static const Limits limits[] = {
  [QS_DATA_TYPE_BOOL] = { 0, 1 },
  [QS_DATA_TYPE_UINT8] = { 0, G_MAXUINT8 },
  [QS_DATA_TYPE_INT8] = { G_MININT8, G_MAXINT8 },
  [QS_DATA_TYPE_UINT16] = { 0, G_MAXUINT16 },
  [QS_DATA_TYPE_INT16] = { G_MININT16, G_MAXINT16 },
  [QS_DATA_TYPE_UINT32] = { 0, G_MAXUINT32 },
  [QS_DATA_TYPE_INT32] = { G_MININT32, G_MAXINT32 },
  [QS_DATA_TYPE_UINT64] = { 0, -1 },
  [QS_DATA_TYPE_INT64] = { G_MININT64, G_MAXINT64 },
};

static gint64
int_start (QsReduceType type,
           QsDataType   element)
{
  if (type == QS_REDUCE_MAX)
    return limits[element].smallest;
  if (type == QS_REDUCE_MIN)
    return limits[element].largest;

  return (gint64) reductions[type].start;
}

/* uint64 keeps its bits in int64, so its order is another. */
static gint64
larger_u (gint64 sum,
          gint64 x)
{
  return (guint64) x > (guint64) sum ? x : sum;
}

static gint64
smaller_u (gint64 sum,
           gint64 x)
{
  return (guint64) x < (guint64) sum ? x : sum;
}

static gint64
step_int (const Reduction *reduction,
          QsDataType       element,
          gint64           sum,
          gint64           x)
{
  if (element == QS_DATA_TYPE_UINT64 && reduction->step_i == larger_i)
    return larger_u (sum, x);
  if (element == QS_DATA_TYPE_UINT64 && reduction->step_i == smaller_i)
    return smaller_u (sum, x);

  return reduction->step_i (sum, x);
}

typedef struct
{
  const QsReduceAttributes *attributes;
  const QsView *x;
  QsDomain domain;
  QsShape inner;
  double n;
} Job;

/* Folds all elements at @offset; the sum is in element 0 of @sum in the job's domain. */
static void
fold (const Job       *job,
      const Reduction *reduction,
      gint64           offset,
      double           largest,
      QsRow           *sum)
{
  QsView part = *job->x;
  const QsView *views[] = { &part };
  QsRows rows;
  QsRow row;

  part.shape = job->inner;
  qs_rows_init (&rows, &job->inner, views, 1);
  while (qs_rows_next (&rows))
    {
      qs_row_load (&row, job->domain, job->x, offset + rows.offsets[0], rows.steps[0],
                   rows.length);
      if (job->domain == QS_DOMAIN_FLOAT)
        for (gint64 k = 0; k < rows.length; k++)
          sum->f[0] = reduction->step_f (sum->f[0], row.f[k], (float) largest);
      else if (job->domain == QS_DOMAIN_DOUBLE)
        for (gint64 k = 0; k < rows.length; k++)
          sum->d[0] = reduction->step_d (sum->d[0], row.d[k], largest);
      else
        for (gint64 k = 0; k < rows.length; k++)
          sum->i[0] = step_int (reduction, job->x->type, sum->i[0], row.i[k]);
    }
}

static void
start (const Job   *job,
       QsReduceType type,
       QsRow       *sum)
{
  if (job->domain == QS_DOMAIN_FLOAT)
    sum->f[0] = (float) reductions[type].start;
  else if (job->domain == QS_DOMAIN_DOUBLE)
    sum->d[0] = reductions[type].start;
  else
    sum->i[0] = int_start (type, job->x->type);
}

static void
reduce_one (const Job *job,
            gint64     offset,
            QsRow     *sum)
{
  const Reduction *reduction = &reductions[job->attributes->type];
  double largest = 0;

  if (job->attributes->type == QS_REDUCE_LOG_SUM_EXP)
    {
      start (job, QS_REDUCE_MAX, sum);
      fold (job, &reductions[QS_REDUCE_MAX], offset, 0, sum);
      largest = job->domain == QS_DOMAIN_FLOAT ? (double) sum->f[0] : sum->d[0];
      /* exp (-inf - -inf) would be NaN. */
      if (isinf (largest))
        largest = 0;
    }

  start (job, job->attributes->type, sum);
  fold (job, reduction, offset, largest, sum);
  if (job->domain == QS_DOMAIN_FLOAT)
    sum->f[0] = reduction->end_f (sum->f[0], (float) job->n, (float) largest);
  else if (job->domain == QS_DOMAIN_DOUBLE)
    sum->d[0] = reduction->end_d (sum->d[0], job->n, largest);
  else if (job->attributes->type == QS_REDUCE_MEAN)
    sum->i[0] = job->n > 0 ? sum->i[0] / (gint64) job->n : 0;
}

/* Integers under roots and logarithms are computed as float64. */
static QsDomain
choose_domain (QsReduceType  type,
               const QsView *x)
{
  QsDomain domain = qs_view_domain (x);
  gboolean fractional = type == QS_REDUCE_L2 || type == QS_REDUCE_LOG_SUM ||
                        type == QS_REDUCE_LOG_SUM_EXP;

  return domain == QS_DOMAIN_INT && fractional ? QS_DOMAIN_DOUBLE : domain;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsReduceAttributes *attributes = layer->attributes;
  QsView *y = &outputs[0];
  Job job = { attributes, &inputs[0], choose_domain (attributes->type, &inputs[0]) };
  gint64 y_strides[QS_MAX_DIMS] = { 0 };
  QsShape outer;
  QsWalk walk;

  qs_shape_split (&inputs[0].shape, &attributes->axes, &outer, &job.inner);
  job.n = (double) qs_shape_n_elements (&job.inner);

  for (int i = 0, k = 0; i < outer.n_dims; i++)
    {
      gboolean reduced = qs_ints_contain (&attributes->axes, i);

      if (!reduced || attributes->keepdims)
        y_strides[i] = y->strides[k++];
    }

  qs_walk_init (&walk, &outer);
  qs_walk_add (&walk, inputs[0].strides);
  qs_walk_add (&walk, y_strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      QsRow sum;

      reduce_one (&job, walk.offset[0], &sum);
      qs_row_store (&sum, job.domain, y, walk.offset[1], 1, 1);
    }

  return TRUE;
}

static gboolean
add_reduce (QsImporter         *importer,
            const QsOnnxNode   *node,
            QsReduceAttributes *attributes,
            gboolean            noop,
            GError            **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  if (x == NULL || !qs_onnx_node_get_flag (node, "keepdims", TRUE, &attributes->keepdims, error))
    return FALSE;

  if (attributes->axes.n == 0 && !noop)
    {
      attributes->axes.n = x->shape.n_dims;
      for (int i = 0; i < x->shape.n_dims; i++)
        attributes->axes.v[i] = i;
    }

  return qs_axes_resolve (&attributes->axes, x->shape.n_dims, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_REDUCE, attributes, &x, 1, 1,
                                     error) != NULL;
}

static gboolean
parse_attribute (QsImporter       *importer,
                 const QsOperator *op,
                 const QsOnnxNode *node,
                 GError          **error)
{
  QsReduceAttributes attributes = { .type = (QsReduceType) op->variant };

  return qs_onnx_node_get_ints (node, "axes", &attributes.axes, error) &&
         add_reduce (importer, node, &attributes, FALSE, error);
}

static gboolean
parse_input (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsReduceAttributes attributes = { .type = (QsReduceType) op->variant };
  gboolean noop;

  if (!qs_onnx_node_get_flag (node, "noop_with_empty_axes", FALSE, &noop, error))
    return FALSE;
  if (qs_importer_get_input (importer, node, 1) != NULL &&
      !qs_importer_get_constant_ints (importer, node, 1, "axes", &attributes.axes, error))
    return FALSE;

  return add_reduce (importer, node, &attributes, noop, error);
}

static QsPlacement
qdq_placement (const QsLayer  *layer,
               const char    **why_not)
{
  const QsReduceAttributes *attributes = layer->attributes;

  if (attributes->type == QS_REDUCE_MEAN)
    {
      *why_not = "a mean lies between the values that INT8 has";
      return QS_PLACEMENT_NON_WEIGHTED;
    }

  *why_not = "of the reductions only the mean has an INT8 form";
  return QS_PLACEMENT_FLOAT;
}

const QsLayerClass qs_layer_classes_reduce[] = {
  {
    .kind = QS_LAYER_REDUCE,
    .name = "Reduce",
    .placement = QS_PLACEMENT_NON_WEIGHTED,
    .attributes_size = sizeof (QsReduceAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
    .qdq_placement = qdq_placement,
  },
  { 0 },
};

const QsOperator qs_operators_reduce[] = {
  { "ReduceSum", 1, 12, QS_REDUCE_SUM, parse_attribute },
  { "ReduceSum", 13, 0, QS_REDUCE_SUM, parse_input },
  { "ReduceMean", 1, 17, QS_REDUCE_MEAN, parse_attribute },
  { "ReduceMean", 18, 0, QS_REDUCE_MEAN, parse_input },
  { "ReduceMax", 1, 17, QS_REDUCE_MAX, parse_attribute },
  { "ReduceMax", 18, 0, QS_REDUCE_MAX, parse_input },
  { "ReduceMin", 1, 17, QS_REDUCE_MIN, parse_attribute },
  { "ReduceMin", 18, 0, QS_REDUCE_MIN, parse_input },
  { "ReduceProd", 1, 17, QS_REDUCE_PROD, parse_attribute },
  { "ReduceProd", 18, 0, QS_REDUCE_PROD, parse_input },
  { "ReduceL1", 1, 17, QS_REDUCE_L1, parse_attribute },
  { "ReduceL1", 18, 0, QS_REDUCE_L1, parse_input },
  { "ReduceL2", 1, 17, QS_REDUCE_L2, parse_attribute },
  { "ReduceL2", 18, 0, QS_REDUCE_L2, parse_input },
  { "ReduceLogSum", 1, 17, QS_REDUCE_LOG_SUM, parse_attribute },
  { "ReduceLogSum", 18, 0, QS_REDUCE_LOG_SUM, parse_input },
  { "ReduceLogSumExp", 1, 17, QS_REDUCE_LOG_SUM_EXP, parse_attribute },
  { "ReduceLogSumExp", 18, 0, QS_REDUCE_LOG_SUM_EXP, parse_input },
  { "ReduceSumSquare", 1, 17, QS_REDUCE_SUM_SQUARE, parse_attribute },
  { "ReduceSumSquare", 18, 0, QS_REDUCE_SUM_SQUARE, parse_input },
  { 0 },
};
