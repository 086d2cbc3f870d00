/* SPDX-License-Identifier: MIT */
#include "qs-layer-cases.h"

#include <math.h>
#include <string.h>

#include "backends/qs-backend-table.h"
#include "core/qs-float16.h"
#include "operators/qs-op-util.h"
#include "qs-cuda-test.h"

/* Lengths of axes: one, odd ones, a vector's and its neighbours, more than a warp. */
static const gint64 lengths[] = { 1, 2, 3, 4, 5, 7, 8, 16, 17, 33 };

static gint64
random_length (QsRandom *random)
{
  return lengths[qs_random_between (random, 0, G_N_ELEMENTS (lengths) - 1)];
}

/* At most a few thousand elements. */
static QsShape
random_shape (QsRandom *random,
              int       low,
              int       high)
{
  QsShape shape = { .n_dims = (int) qs_random_between (random, low, high) };

  do
    for (int i = 0; i < shape.n_dims; i++)
      shape.dims[i] = random_length (random);
  while (qs_shape_n_elements (&shape) > 4000);
  return shape;
}

static float
scale_of (QsDataType type,
          float      scale)
{
  return type == QS_DATA_TYPE_INT8 ? scale : 0.0f;
}

static QsTensor *
add_random (QsCpuTest     *test,
            QsRandom      *random,
            guint          index,
            QsDataType     type,
            const QsShape *shape,
            float          scale)
{
  return qs_cpu_test_add_input (test, index, qs_random_tensor (random, type, shape, FALSE),
                                scale_of (type, scale), FALSE);
}

/* A layer with one input. */
static void
make_simple (QsCpuTest     *test,
             QsRandom      *random,
             QsLayerKind    kind,
             gconstpointer  attributes,
             QsDataType     type,
             const QsShape *shape,
             float          out_scale)
{
  add_random (test, random, 0, type, shape, 0.02f);
  qs_cpu_test_add_layer (test, kind, attributes, 1, type, scale_of (type, out_scale));
}

static void
make_activation (QsCpuTest *test,
                 QsRandom  *random,
                 QsDataType type)
{
  QsShape shape = random_shape (random, 1, 5);

  make_simple (test, random, QS_LAYER_ACTIVATION, NULL, type, &shape, 0.017f);
  test->layer->activation = (QsActivation) {
    (QsActivationType) qs_random_between (random, 1, QS_N_ACTIVATIONS - 1), 0.3f, 0.7f
  };
}

static void
make_unary_of (QsCpuTest  *test,
               QsRandom   *random,
               QsUnaryType unary,
               QsDataType  type)
{
  QsUnaryAttributes attributes = { unary, TRUE, FALSE };
  QsShape shape = random_shape (random, 1, 5);
  gboolean tests = unary == QS_UNARY_IS_NAN || unary == QS_UNARY_IS_INF;
  QsHostTensor *x = qs_random_tensor (random, type, &shape, FALSE);
  float *values = qs_host_tensor_get_mutable (x);

  for (gint64 i = 0; type == QS_DATA_TYPE_FLOAT && i < qs_host_tensor_get_n_elements (x); i += 5)
    values[i] = i % 3 == 0 ? INFINITY : i % 3 == 1 ? -INFINITY : NAN;
  qs_cpu_test_add_input (test, 0, x, 0.0f, FALSE);
  qs_cpu_test_add_layer (test, QS_LAYER_UNARY, &attributes, 1,
                         tests || unary == QS_UNARY_NOT ? QS_DATA_TYPE_BOOL : type, 0.0f);
}

static void
make_unary (QsCpuTest *test,
            QsRandom  *random,
            QsDataType type)
{
  static const QsUnaryType types[] = {
    QS_UNARY_ABS,   QS_UNARY_NEG,  QS_UNARY_SQRT,  QS_UNARY_EXP,  QS_UNARY_ERF,    QS_UNARY_RECIPROCAL,
    QS_UNARY_FLOOR, QS_UNARY_CEIL, QS_UNARY_ROUND, QS_UNARY_SIGN, QS_UNARY_IS_NAN, QS_UNARY_IS_INF,
  };
  static const QsUnaryType integers[] = { QS_UNARY_ABS, QS_UNARY_NEG, QS_UNARY_SIGN };
  const gboolean integer = qs_data_type_is_integer (type);

  make_unary_of (test, random,
                 integer ? integers[qs_random_between (random, 0, 2)]
                         : types[qs_random_between (random, 0, G_N_ELEMENTS (types) - 1)], type);
}

static void
make_rare_unary (QsCpuTest *test,
                 QsRandom  *random,
                 QsDataType type)
{
  static const QsUnaryType types[] = {
    QS_UNARY_LOG,  QS_UNARY_SIN,  QS_UNARY_COS,  QS_UNARY_TAN,   QS_UNARY_ASIN,  QS_UNARY_ACOS,
    QS_UNARY_ATAN, QS_UNARY_SINH, QS_UNARY_COSH, QS_UNARY_ASINH, QS_UNARY_ACOSH, QS_UNARY_ATANH,
  };

  make_unary_of (test, random, types[qs_random_between (random, 0, G_N_ELEMENTS (types) - 1)], type);
}

/* A shape that broadcasts to @to. */
static QsShape
shrink (QsRandom      *random,
        const QsShape *to)
{
  QsShape shape = *to;

  for (int i = 0; i < shape.n_dims; i++)
    if (qs_random_between (random, 0, 3) == 0)
      shape.dims[i] = 1;
  while (shape.n_dims > 0 && qs_random_between (random, 0, 4) == 0)
    {
      memmove (shape.dims, shape.dims + 1, sizeof shape.dims - sizeof shape.dims[0]);
      shape.n_dims--;
    }
  return shape;
}

static void
make_element_wise_of (QsCpuTest        *test,
                      QsRandom         *random,
                      QsElementWiseType operation,
                      QsDataType        type)
{
  QsElementWiseAttributes attributes = { operation };
  QsShape shape = random_shape (random, 1, 5), small = shrink (random, &shape);
  const gboolean swapped = operation != QS_ELEMENT_WISE_PRELU && qs_random_between (random, 0, 1);
  const gboolean constant = qs_random_between (random, 0, 2) == 0;
  const gboolean compares =
    operation >= QS_ELEMENT_WISE_EQUAL && operation <= QS_ELEMENT_WISE_XOR;

  add_random (test, random, 0, type, swapped ? &small : &shape, 0.02f);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, type, swapped ? &shape : &small, FALSE),
                         scale_of (type, 0.03f), constant);
  qs_cpu_test_add_layer (test, QS_LAYER_ELEMENT_WISE, &attributes, 2,
                         compares ? QS_DATA_TYPE_BOOL : type, scale_of (type, 0.04f));
  if (!qs_data_type_is_integer (type) && !compares && qs_random_between (random, 0, 1))
    test->layer->activation = (QsActivation) { QS_ACTIVATION_SILU, 0, 0 };
}

static void
make_element_wise (QsCpuTest *test,
                   QsRandom  *random,
                   QsDataType type)
{
  static const QsElementWiseType types[] = {
    QS_ELEMENT_WISE_ADD,   QS_ELEMENT_WISE_SUB,   QS_ELEMENT_WISE_MUL,  QS_ELEMENT_WISE_MIN,
    QS_ELEMENT_WISE_MAX,   QS_ELEMENT_WISE_DIV,   QS_ELEMENT_WISE_MEAN, QS_ELEMENT_WISE_PRELU,
    QS_ELEMENT_WISE_EQUAL, QS_ELEMENT_WISE_LESS,  QS_ELEMENT_WISE_LESS_OR_EQUAL,
    QS_ELEMENT_WISE_GREATER, QS_ELEMENT_WISE_GREATER_OR_EQUAL,
  };
  const int last = type == QS_DATA_TYPE_INT8 ? 4 : G_N_ELEMENTS (types) - 1;

  make_element_wise_of (test, random, types[qs_random_between (random, 0, last)], type);
}

static void
make_integers (QsCpuTest *test,
               QsRandom  *random,
               QsDataType type)
{
  static const QsElementWiseType types[] = {
    QS_ELEMENT_WISE_ADD,  QS_ELEMENT_WISE_SUB,     QS_ELEMENT_WISE_MUL,        QS_ELEMENT_WISE_DIV,
    QS_ELEMENT_WISE_MIN,  QS_ELEMENT_WISE_MAX,     QS_ELEMENT_WISE_MOD,        QS_ELEMENT_WISE_FMOD,
    QS_ELEMENT_WISE_LESS, QS_ELEMENT_WISE_BIT_AND, QS_ELEMENT_WISE_BIT_SHIFT_RIGHT,
  };
  static const QsElementWiseType bools[] = { QS_ELEMENT_WISE_AND, QS_ELEMENT_WISE_OR,
                                             QS_ELEMENT_WISE_XOR, QS_ELEMENT_WISE_EQUAL };

  make_element_wise_of (test, random,
                        type == QS_DATA_TYPE_BOOL
                          ? bools[qs_random_between (random, 0, 3)]
                          : types[qs_random_between (random, 0, G_N_ELEMENTS (types) - 1)], type);
}

static void
make_rare_element_wise (QsCpuTest *test,
                        QsRandom  *random,
                        QsDataType type)
{
  make_element_wise_of (test, random, qs_random_between (random, 0, 1) ? QS_ELEMENT_WISE_POW
                                                                       : QS_ELEMENT_WISE_FMOD, type);
}

static void
make_scale (QsCpuTest *test,
            QsRandom  *random,
            QsDataType type)
{
  QsScaleAttributes attributes = { 1e-5f };
  QsShape shape = random_shape (random, 2, 5), list = qs_shape_make (1, shape.dims[1]);

  add_random (test, random, 0, type, &shape, 0.0f);
  for (guint i = 1; i < 5; i++)
    qs_cpu_test_add_input (test, i, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &list, TRUE), 0.0f,
                           TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_SCALE, &attributes, 5, type, 0.0f);
}

/* What a tensor between Q and DQ is said to have, where anything is said: then the layer is an INT8 one.
 * Kernels go by the constants. */
static float
random_known_scale (QsRandom *random)
{
  return qs_random_between (random, 0, 1) ? 0.02f : 0.0f;
}

static void
make_quantize (QsCpuTest *test,
               QsRandom  *random,
               QsDataType type)
{
  QsShape shape = random_shape (random, 1, 4), scales = { 0 };
  QsQuantizeAttributes attributes = { .axis = qs_random_between (random, 0, shape.n_dims - 1),
                                      .data_type = QS_DATA_TYPE_INT8 };
  QsHostTensor *scale;

  if (qs_random_between (random, 0, 1))
    scales = qs_shape_make (1, shape.dims[attributes.axis]);
  scale = qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &scales, TRUE);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (scale); i++)
    ((float *) qs_host_tensor_get_mutable (scale))[i] += 0.003f;
  add_random (test, random, 0, type, &shape, 0.0f);
  qs_cpu_test_add_input (test, 1, scale, 0.0f, TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_QUANTIZE, &attributes, 2, QS_DATA_TYPE_INT8,
                         random_known_scale (random));
}

static void
make_dequantize (QsCpuTest *test,
                 QsRandom  *random,
                 QsDataType type)
{
  QsShape shape = random_shape (random, 1, 4), scales = qs_shape_make (1, shape.dims[0]);
  QsQuantizeAttributes attributes = { .axis = 0, .data_type = type };

  add_random (test, random, 0, QS_DATA_TYPE_INT8, &shape, random_known_scale (random));
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &scales, TRUE), 0.0f,
                         TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_DEQUANTIZE, &attributes, 2, type, 0.0f);
}

static void
make_cast (QsCpuTest *test,
           QsRandom  *random,
           QsDataType type)
{
  static const QsDataType types[] = { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_INT64,
                                      QS_DATA_TYPE_INT32, QS_DATA_TYPE_UINT8, QS_DATA_TYPE_BOOL };
  QsShape shape = random_shape (random, 1, 4);
  QsCastAttributes attributes = { types[qs_random_between (random, 0, 5)] };

  /* Nobody casts a type to itself. */
  while (attributes.to == (gint64) type)
    attributes.to = types[qs_random_between (random, 0, 5)];
  add_random (test, random, 0, type, &shape, 0.0f);
  qs_cpu_test_add_layer (test, QS_LAYER_CAST, &attributes, 1, (QsDataType) attributes.to, 0.0f);
}

static void
make_reformat (QsCpuTest *test,
               QsRandom  *random,
               QsDataType type)
{
  static const QsDataType types[] = { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_INT8 };
  const QsDataType to = types[qs_random_between (random, 0, 2)];
  QsShape shape = random_shape (random, 1, 5);

  add_random (test, random, 0, type, &shape, 0.02f);
  qs_cpu_test_add_layer (test, QS_LAYER_REFORMAT, NULL, 1, to, scale_of (to, 0.03f));
}

static void
make_identity (QsCpuTest *test,
               QsRandom  *random,
               QsDataType type)
{
  QsShape shape = random_shape (random, 0, 5);

  make_simple (test, random, QS_LAYER_IDENTITY, NULL, type, &shape, 0.02f);
}

static void
make_transpose (QsCpuTest *test,
                QsRandom  *random,
                QsDataType type)
{
  QsShape shape = random_shape (random, 2, 5);
  QsTransposeAttributes attributes = { { .n = shape.n_dims } };

  for (int i = 0; i < shape.n_dims; i++)
    {
      const int k = (int) qs_random_between (random, 0, i);

      attributes.perm.v[i] = attributes.perm.v[k];
      attributes.perm.v[k] = i;
    }
  make_simple (test, random, QS_LAYER_TRANSPOSE, &attributes, type, &shape, 0.02f);
}

static void
make_concatenation (QsCpuTest *test,
                    QsRandom  *random,
                    QsDataType type)
{
  QsShape shape = random_shape (random, 1, 4);
  QsAxisAttributes attributes = { qs_random_between (random, 0, shape.n_dims - 1) };

  for (guint i = 0; i < 3; i++)
    {
      shape.dims[attributes.axis] = random_length (random);
      add_random (test, random, i, type, &shape, 0.02f);
    }
  qs_cpu_test_add_layer (test, QS_LAYER_CONCATENATION, &attributes, 3, type, scale_of (type, 0.02f));
}

static void
make_split (QsCpuTest *test,
            QsRandom  *random,
            QsDataType type)
{
  QsShape shape = random_shape (random, 1, 4);
  QsSplitAttributes attributes = { qs_random_between (random, 0, shape.n_dims - 1), { 0 } };

  make_simple (test, random, QS_LAYER_SPLIT, &attributes, type, &shape, 0.02f);
}

static void
make_shuffle (QsCpuTest *test,
              QsRandom  *random,
              QsDataType type)
{
  QsShape shape = random_shape (random, 2, 5);
  QsShuffleAttributes attributes = { .mode = 1, .axis = qs_random_between (random, 0, shape.n_dims) };

  /* Flattened, or with one more axis, which keeps the rank of images. */
  if (qs_random_between (random, 0, 1))
    {
      attributes = (QsShuffleAttributes) { .mode = 3, .axes = { 1, { 0 } } };
      attributes.axes.v[0] = qs_random_between (random, 0, shape.n_dims);
    }
  make_simple (test, random, QS_LAYER_SHUFFLE, &attributes, type, &shape, 0.02f);
}

static void
make_slice (QsCpuTest *test,
            QsRandom  *random,
            QsDataType type)
{
  QsShape shape = random_shape (random, 1, 5);
  QsSliceAttributes attributes = { { shape.n_dims }, { shape.n_dims }, { shape.n_dims } };

  for (int i = 0; i < shape.n_dims; i++)
    {
      const gint64 step = qs_random_between (random, 1, 3);
      const gint64 size = qs_random_between (random, 1, (shape.dims[i] - 1) / step + 1);
      const gint64 first = qs_random_between (random, 0, shape.dims[i] - 1 - (size - 1) * step);
      const gboolean backwards = qs_random_between (random, 0, 2) == 0;

      attributes.sizes.v[i] = size;
      attributes.steps.v[i] = backwards ? -step : step;
      attributes.starts.v[i] = backwards ? first + (size - 1) * step : first;
    }
  make_simple (test, random, QS_LAYER_SLICE, &attributes, type, &shape, 0.02f);
}

static void
make_padding (QsCpuTest *test,
              QsRandom  *random,
              QsDataType type)
{
  QsShape shape = random_shape (random, 1, 4);
  QsPaddingAttributes attributes = {
    .mode = (QsPaddingMode) qs_random_between (random, 0, 3),
    .pads = { .n = 2 * shape.n_dims },
    .value = 0.7f,
    .int_value = 5,
  };

  for (int i = 0; i < 2 * shape.n_dims; i++)
    {
      const gint64 dim = shape.dims[i % shape.n_dims];

      if (qs_random_between (random, 0, 1))
        attributes.pads.v[i] = qs_random_between (random, dim > 2 ? -1 : 0, MIN (dim - 1, 3));
    }
  make_simple (test, random, QS_LAYER_PADDING, &attributes, type, &shape, 0.02f);
}

static void
make_expand (QsCpuTest *test,
             QsRandom  *random,
             QsDataType type)
{
  QsShape whole = random_shape (random, 1, 4), shape = shrink (random, &whole);
  QsRepeatAttributes attributes = { { .n = whole.n_dims } };

  for (int i = 0; i < whole.n_dims; i++)
    attributes.values.v[i] = whole.dims[i];
  make_simple (test, random, QS_LAYER_EXPAND, &attributes, type, &shape, 0.02f);
}

static void
make_tile (QsCpuTest *test,
           QsRandom  *random,
           QsDataType type)
{
  QsShape shape = random_shape (random, 1, 3);
  QsRepeatAttributes attributes = { { .n = shape.n_dims } };

  for (int i = 0; i < shape.n_dims; i++)
    attributes.values.v[i] = qs_random_between (random, 1, 3);
  make_simple (test, random, QS_LAYER_TILE, &attributes, type, &shape, 0.02f);
}

static void
make_space_to_depth (QsCpuTest *test,
                     QsRandom  *random,
                     QsDataType type)
{
  const gint64 block = qs_random_between (random, 1, 3);
  QsSpaceToDepthAttributes attributes = { qs_random_between (random, 0, 1) != 0,
                                          qs_random_between (random, 0, 1) != 0, block };
  QsShape shape = qs_shape_make (4, qs_random_between (random, 1, 2), random_length (random),
                                 qs_random_between (random, 1, 4), qs_random_between (random, 1, 4));

  if (attributes.to_space)
    shape.dims[1] *= block * block;
  else
    {
      shape.dims[2] *= block;
      shape.dims[3] *= block;
    }
  make_simple (test, random, QS_LAYER_SPACE_TO_DEPTH, &attributes, type, &shape, 0.02f);
}

static void
make_select (QsCpuTest *test,
             QsRandom  *random,
             QsDataType type)
{
  QsShape shape = random_shape (random, 1, 4), a = shrink (random, &shape), b = shrink (random, &shape);

  add_random (test, random, 0, QS_DATA_TYPE_BOOL, &a, 0.0f);
  add_random (test, random, 1, type, &shape, 0.02f);
  add_random (test, random, 2, type, &b, 0.02f);
  qs_cpu_test_add_layer (test, QS_LAYER_SELECT, NULL, 3, type, scale_of (type, 0.02f));
}

static void
add_indices (QsCpuTest     *test,
             QsRandom      *random,
             const QsShape *shape,
             const gint64  *limits,
             gint64         n_limits)
{
  const QsDataType type = qs_random_between (random, 0, 1) ? QS_DATA_TYPE_INT64 : QS_DATA_TYPE_INT32;
  QsHostTensor *indices = qs_host_tensor_new (type, shape, NULL);

  for (gint64 i = 0; i < qs_shape_n_elements (shape); i++)
    {
      const gint64 limit = limits[i % n_limits];
      const gint64 value = qs_random_between (random, -limit, limit - 1);

      if (type == QS_DATA_TYPE_INT64)
        ((gint64 *) qs_host_tensor_get_mutable (indices))[i] = value;
      else
        ((gint32 *) qs_host_tensor_get_mutable (indices))[i] = (gint32) value;
    }
  qs_cpu_test_add_input (test, 1, indices, 0.0f, qs_random_between (random, 0, 1));
}

static void
make_gather (QsCpuTest *test,
             QsRandom  *random,
             QsDataType type)
{
  QsShape data = random_shape (random, 1, 3), indices = random_shape (random, 0, 2);
  QsGatherAttributes attributes = {
    .mode = (QsGatherMode) qs_random_between (random, 0, 2),
    .axis = qs_random_between (random, 0, data.n_dims - 1),
  };
  const gint64 *limits = &data.dims[attributes.axis];
  gint64 n_limits = 1;

  while (qs_shape_n_elements (&indices) * qs_shape_n_elements (&data) > 20000)
    indices = random_shape (random, 0, 2);
  if (attributes.mode == QS_GATHER_ELEMENT)
    {
      indices = data;
      indices.dims[attributes.axis] = random_length (random);
    }
  if (attributes.mode == QS_GATHER_ND)
    {
      n_limits = qs_random_between (random, 1, data.n_dims);
      indices.dims[indices.n_dims++] = n_limits;
      limits = data.dims;
    }
  add_random (test, random, 0, type, &data, 0.02f);
  add_indices (test, random, &indices, limits, n_limits);
  qs_cpu_test_add_layer (test, QS_LAYER_GATHER, &attributes, 2, type, scale_of (type, 0.02f));
}

/* A convolution of one tap and a maximum of four pixels; the convolution's own cases have the others. */
static void
make_fused_pooling (QsCpuTest *test,
                    QsRandom  *random,
                    QsDataType type)
{
  const QsConvolutionPoolingAttributes attributes = {
    .convolution = { .kernel_shape = { 2, { 1, 1 } }, .strides = { 2, { 1, 1 } },
                     .dilations = { 2, { 1, 1 } }, .pads = { 4, { 0 } }, .groups = 1 },
    .pooling = { .type = QS_POOLING_MAX, .kernel_shape = { 2, { 2, 2 } },
                 .strides = { 2, { 2, 2 } }, .dilations = { 2, { 1, 1 } }, .pads = { 4, { 0 } } },
  };
  const gint64 n = qs_random_between (random, 1, 2), columns = qs_random_between (random, 1, 40);
  const gint64 channels = qs_random_between (random, 1, 20);
  const QsShape x = qs_shape_make (4, n, channels, qs_random_between (random, 2, 7),
                                   qs_random_between (random, 2, 7));
  const QsShape w = qs_shape_make (4, columns, channels, (gint64) 1, (gint64) 1);
  const QsShape b = qs_shape_make (1, columns);

  add_random (test, random, 0, type, &x, 0.02f);
  qs_cpu_test_add_input (test, 1, qs_random_tensor (random, type, &w, FALSE), 1.0f, TRUE);
  qs_cpu_test_add_input (test, 2, qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &b, FALSE), 0.0f, TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_CONVOLUTION_POOLING, &attributes, 3, type, 0.05f);
  test->layer->weight_scales = qs_cuda_test_scales (random, columns);
}

static void
make_pooling (QsCpuTest *test,
              QsRandom  *random,
              QsDataType type)
{
  const int n = (int) qs_random_between (random, 1, 3);
  QsPoolingAttributes attributes = {
    .type = (QsPoolingType) qs_random_between (random, 0, type == QS_DATA_TYPE_INT8 ? 1 : 2),
    .kernel_shape.n = n,
    .strides.n = n,
    .dilations.n = n,
    .pads.n = 2 * n,
    .ceil_mode = qs_random_between (random, 0, 1) != 0,
    .count_include_pad = qs_random_between (random, 0, 1) != 0,
    .p = qs_random_between (random, 1, 2),
  };
  QsShape shape = { .n_dims = n + 2 };

  shape.dims[0] = qs_random_between (random, 1, 2);
  shape.dims[1] = random_length (random);
  for (int i = 0; i < n; i++)
    {
      const gint64 kernel = qs_random_between (random, 1, 3);

      attributes.kernel_shape.v[i] = kernel;
      attributes.strides.v[i] = qs_random_between (random, 1, 3);
      attributes.dilations.v[i] = qs_random_between (random, 1, 2);
      attributes.pads.v[i] = qs_random_between (random, 0, kernel - 1);
      attributes.pads.v[n + i] = qs_random_between (random, 0, kernel - 1);
      shape.dims[2 + i] = qs_random_between (random, (kernel - 1) * attributes.dilations.v[i] + 1, 7);
    }
  make_simple (test, random, QS_LAYER_POOLING, &attributes, type, &shape,
               attributes.type == QS_POOLING_MAX ? 0.02f : 0.013f);
}

static void
make_global_pooling (QsCpuTest *test,
                     QsRandom  *random,
                     QsDataType type)
{
  QsPoolingAttributes attributes = {
    .type = qs_random_between (random, 0, 1) ? QS_POOLING_AVERAGE : QS_POOLING_MAX, .global = TRUE
  };
  QsShape shape = random_shape (random, 3, 5);

  make_simple (test, random, QS_LAYER_POOLING, &attributes, type, &shape,
               attributes.type == QS_POOLING_MAX ? 0.02f : 0.003f);
}

static void
fill_resize (QsRandom           *random,
             QsResizeAttributes *attributes,
             const QsShape      *shape)
{
  attributes->coordinates = (QsCoordinates) qs_random_between (random, 0, 6);
  attributes->nearest = (QsNearest) qs_random_between (random, 0, 3);
  attributes->cubic_coefficient = -0.75f;
  attributes->extrapolation = 0.4f;
  attributes->exclude_outside = qs_random_between (random, 0, 1) != 0;
  attributes->antialias = qs_random_between (random, 0, 2) == 0;
  attributes->sizes.n = shape->n_dims;
  for (int i = 0; i < shape->n_dims; i++)
    {
      attributes->sizes.v[i] = i < 2 ? shape->dims[i] : qs_random_between (random, 1, 12);
      attributes->scales[i] = (float) attributes->sizes.v[i] / (float) shape->dims[i];
      attributes->starts[i] = i < 2 ? 0.0f : qs_random_float (random, -0.2f, 0.4f);
      attributes->ends[i] = i < 2 ? 1.0f : qs_random_float (random, 0.6f, 1.3f);
    }
}

static void
make_resize (QsCpuTest *test,
             QsRandom  *random,
             QsDataType type)
{
  QsResizeAttributes attributes = { .mode = (QsResizeMode) qs_random_between (random, 0, 2) };
  QsShape shape = { .n_dims = (int) qs_random_between (random, 3, 5) };

  shape.dims[0] = qs_random_between (random, 1, 2);
  shape.dims[1] = random_length (random);
  for (int i = 2; i < shape.n_dims; i++)
    shape.dims[i] = qs_random_between (random, 1, 5);
  fill_resize (random, &attributes, &shape);
  test->details = g_strdup_printf ("mode %d, coordinates %d, nearest %d, %" G_GINT64_FORMAT " %"
                                   G_GINT64_FORMAT " wide%s%s", attributes.mode,
                                   attributes.coordinates, attributes.nearest,
                                   attributes.sizes.v[2], attributes.sizes.v[shape.n_dims - 1],
                                   attributes.antialias ? ", antialias" : "",
                                   attributes.exclude_outside ? ", exclude outside" : "");
  make_simple (test, random, QS_LAYER_RESIZE, &attributes, type, &shape,
               attributes.mode == QS_RESIZE_NEAREST ? 0.02f : 0.025f);
}

/* Rows long enough for a block now and then. */
static QsShape
row_shape (QsRandom *random,
           int       low)
{
  if (qs_random_between (random, 0, 7) == 0)
    return qs_shape_make (2, 2, qs_random_between (random, 2046, 2052));
  return random_shape (random, low, 4);
}

static void
make_soft_max (QsCpuTest *test,
               QsRandom  *random,
               QsDataType type)
{
  QsShape shape = row_shape (random, 1);
  QsSoftMaxAttributes attributes = {
    .axis = qs_random_between (random, 0, shape.n_dims - 1),
    .n_axes = 1,
    .log = qs_random_between (random, 0, 2) == 0,
  };

  attributes.hard = !attributes.log && qs_random_between (random, 0, 2) == 0;
  if (qs_random_between (random, 0, 3) == 0)
    attributes.n_axes = shape.n_dims - attributes.axis;
  make_simple (test, random, QS_LAYER_SOFT_MAX, &attributes, type, &shape, 0.0f);
}

static void
make_normalization (QsCpuTest *test,
                    QsRandom  *random,
                    QsDataType type)
{
  QsNormalizationAttributes attributes = {
    .type = (QsNormalizationType) qs_random_between (random, 0, QS_NORMALIZATION_RMS),
    .groups = 1,
    .size = qs_random_between (random, 1, 6),
    .p = qs_random_between (random, 1, 2),
    .epsilon = 1e-2f,
    .alpha = 0.1f,
    .beta = 0.75f,
    .bias = 1.0f,
  };
  const gboolean channels = attributes.type == QS_NORMALIZATION_INSTANCE ||
                            attributes.type == QS_NORMALIZATION_GROUP;
  const gboolean rows = attributes.type == QS_NORMALIZATION_LAYER ||
                        attributes.type == QS_NORMALIZATION_RMS;
  QsShape shape = channels || attributes.type == QS_NORMALIZATION_LRN ? random_shape (random, 3, 4)
                                                                      : row_shape (random, 2);
  QsShape parameters = shape;

  attributes.axis = rows || attributes.type == QS_NORMALIZATION_LP
                      ? qs_random_between (random, 0, shape.n_dims - 1) : 0;
  attributes.axes = (QsInts) { 1, { qs_random_between (random, 0, shape.n_dims - 1) } };
  if (attributes.type == QS_NORMALIZATION_GROUP)
    shape.dims[1] *= attributes.groups = qs_random_between (random, 1, 3);
  if (channels)
    parameters = qs_shape_make (1, shape.dims[1]);
  for (int i = 0; rows && i < attributes.axis; i++)
    parameters.dims[i] = 1;

  add_random (test, random, 0, type, &shape, 0.0f);
  for (guint i = 1; (channels || rows) && i < 3; i++)
    qs_cpu_test_add_input (test, i, qs_random_tensor (random, type, &parameters, FALSE), 0.0f, TRUE);
  qs_cpu_test_add_layer (test, QS_LAYER_NORMALIZATION, &attributes, channels || rows ? 3 : 1, type,
                         0.0f);
}

static void
make_reduce (QsCpuTest *test,
             QsRandom  *random,
             QsDataType type)
{
  QsShape shape = row_shape (random, 1);
  QsReduceAttributes attributes = {
    .type = type == QS_DATA_TYPE_INT8 ? QS_REDUCE_MEAN
                                      : (QsReduceType) qs_random_between (random, 0, QS_N_REDUCE - 1),
    .keepdims = qs_random_between (random, 0, 1) != 0,
  };

  for (int i = 0; i < shape.n_dims; i++)
    if (qs_random_between (random, 0, 1))
      attributes.axes.v[attributes.axes.n++] = i;
  make_simple (test, random, QS_LAYER_REDUCE, &attributes, type, &shape, 0.004f);
}

/* Sums of n floats of magnitude up to 1.5, on one side in one row, on the other in parts: both are
 * within n 2^-24 of the sum of the magnitudes; exponentials, quotients and roots add a few roundings. */
static double
row_bound (const QsCpuTest *test,
           double           largest)
{
  const double n = (double) qs_shape_n_elements (&qs_layer_get_input (test->layer, 0)->shape);

  return (2.0 * MIN (n, 4104.0) + 32.0) * 0x1p-24 * MAX (largest, 1.5);
}

/* Sums themselves are as large as the sum of the magnitudes, which can cancel. */
static double
reduce_bound (const QsCpuTest *test,
              double           largest)
{
  const QsReduceAttributes *attributes = test->layer->attributes;
  const double n = (double) qs_shape_n_elements (&qs_layer_get_input (test->layer, 0)->shape);
  const gboolean sums = attributes->type == QS_REDUCE_SUM || attributes->type == QS_REDUCE_L1 ||
                        attributes->type == QS_REDUCE_SUM_SQUARE;

  /* The logarithm of a sum that cancels has no bound of its own. */
  if (attributes->type == QS_REDUCE_LOG_SUM)
    return INFINITY;
  return row_bound (test, largest) * (sums ? MIN (n, 4104.0) * 1.5 : 1.0);
}

/* Twice what CUDA's programming guide gives as the largest error of these functions in single
 * precision, 4 units of the last place, because the host's has errors, too. */
static double
library_bound (const QsCpuTest *test,
               double           largest)
{
  return 8.0 * 0x1p-24 * largest;
}

#define FLOATS { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16 }
#define REALS { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_INT8 }
#define MOVED { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_INT8, QS_DATA_TYPE_INT64 }

const QsLayerCase qs_layer_cases[] = {
  { "activation", QS_LAYER_ACTIVATION, REALS, make_activation, NULL },
  { "unary", QS_LAYER_UNARY, { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_INT64 },
    make_unary, NULL },
  { "library-unary", QS_LAYER_UNARY, FLOATS, make_rare_unary, library_bound },
  { "element-wise", QS_LAYER_ELEMENT_WISE, REALS, make_element_wise, NULL },
  { "integers", QS_LAYER_ELEMENT_WISE, { QS_DATA_TYPE_INT64, QS_DATA_TYPE_INT32, QS_DATA_TYPE_BOOL },
    make_integers, NULL },
  { "library-element-wise", QS_LAYER_ELEMENT_WISE, FLOATS, make_rare_element_wise, library_bound },
  { "scale", QS_LAYER_SCALE, FLOATS, make_scale, NULL },
  { "quantize", QS_LAYER_QUANTIZE, FLOATS, make_quantize, NULL },
  { "dequantize", QS_LAYER_DEQUANTIZE, FLOATS, make_dequantize, NULL },
  { "cast", QS_LAYER_CAST, { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_INT64,
                             QS_DATA_TYPE_BOOL }, make_cast, NULL },
  { "reformat", QS_LAYER_REFORMAT, REALS, make_reformat, NULL },
  { "identity", QS_LAYER_IDENTITY, MOVED, make_identity, NULL },
  { "transpose", QS_LAYER_TRANSPOSE, MOVED, make_transpose, NULL },
  { "concatenation", QS_LAYER_CONCATENATION, MOVED, make_concatenation, NULL },
  { "split", QS_LAYER_SPLIT, MOVED, make_split, NULL },
  { "shuffle", QS_LAYER_SHUFFLE, MOVED, make_shuffle, NULL },
  { "slice", QS_LAYER_SLICE, MOVED, make_slice, NULL },
  { "padding", QS_LAYER_PADDING, MOVED, make_padding, NULL },
  { "expand", QS_LAYER_EXPAND, MOVED, make_expand, NULL },
  { "tile", QS_LAYER_TILE, MOVED, make_tile, NULL },
  { "space-to-depth", QS_LAYER_SPACE_TO_DEPTH, MOVED, make_space_to_depth, NULL },
  { "select", QS_LAYER_SELECT, MOVED, make_select, NULL },
  { "gather", QS_LAYER_GATHER, MOVED, make_gather, NULL },
  { "pooling", QS_LAYER_POOLING, REALS, make_pooling, NULL },
  { "fused-pooling", QS_LAYER_CONVOLUTION_POOLING, { QS_DATA_TYPE_INT8 }, make_fused_pooling, NULL },
  { "global-pooling", QS_LAYER_POOLING, REALS, make_global_pooling, row_bound },
  { "resize", QS_LAYER_RESIZE, REALS, make_resize, NULL },
  { "soft-max", QS_LAYER_SOFT_MAX, FLOATS, make_soft_max, row_bound },
  { "normalization", QS_LAYER_NORMALIZATION, FLOATS, make_normalization, row_bound },
  { "reduce", QS_LAYER_REDUCE, REALS, make_reduce, reduce_bound },
  { NULL },
};

static double
number_at (const QsHostTensor *tensor,
           gint64              i)
{
  return qs_host_tensor_get_number (tensor, i);
}

static double
find_largest (const QsHostTensor *tensor)
{
  double largest = 0;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    if (isfinite (number_at (tensor, i)))
      largest = MAX (largest, fabs (number_at (tensor, i)));
  return largest;
}

static gboolean
is_near (double expected,
         double result,
         double bound)
{
  if (isnan (expected) || isnan (result))
    return isnan (expected) && isnan (result);
  return expected == result || fabs (expected - result) <= bound || bound == INFINITY;
}

static void
compare (const QsLayerCase  *self,
         QsCpuTest          *test,
         const QsKernel     *kernel,
         const QsHostTensor *expected,
         const QsHostTensor *result,
         QsKernelCheck      *check)
{
  const QsDataType type = qs_host_tensor_get_data_type (expected);
  const double largest = find_largest (expected);
  g_autofree char *layer = NULL;
  double bound = 0;
  gint64 i = 0, n = qs_host_tensor_get_n_elements (expected);

  if (self->find_bound != NULL && qs_data_type_is_float (type))
    bound = self->find_bound (test, largest);
  /* A result on the other side of a boundary is rounded to the neighbour. */
  if (bound > 0 && type == QS_DATA_TYPE_FLOAT16)
    bound += 0x1p-10 * largest;
  while (i < n && is_near (number_at (expected, i), number_at (result, i), bound))
    i++;
  if (i == n)
    return;
  layer = qs_cpu_test_describe (test, kernel);
  qs_kernel_check_fail (check, "%s: %s: element %" G_GINT64_FORMAT " is %.9g, but the reference has "
                        "%.9g; the bound is %g", self->name, layer, i, number_at (result, i),
                        number_at (expected, i), bound);
}

static void
check_kernel (const QsLayerCase  *self,
              QsCpuTest          *test,
              const QsKernel     *kernel,
              QsFormat            format,
              const QsHostTensor *expected,
              QsKernelCheck      *check)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) result = qs_cpu_test_try_run (test, kernel, format, 1, &error);

  qs_kernel_check_count (check, kernel);
  if (result != NULL)
    compare (self, test, kernel, expected, result, check);
  else
    qs_kernel_check_fail (check, "%s: %s", self->name, error->message);
}

/* Layers that convert types themselves compute the same whatever precision they are said to have. */
static GPtrArray *
find_reference (QsCpuTest   *test,
                QsPrecision  precision,
                QsFormat     format)
{
  const QsBackend *backend = qs_backend_lookup ("reference");
  GPtrArray *found = qs_backend_find_kernels (backend, test->layer, precision, format, NULL);

  if (found->len > 0)
    return found;
  g_ptr_array_unref (found);
  return qs_backend_find_kernels (backend, test->layer, QS_PRECISION_FP32, format, NULL);
}

static void
check_format (const QsLayerCase *self,
              QsCpuTest         *test,
              QsPrecision        precision,
              QsFormat           format,
              QsKernelCheck     *check)
{
  guint n;
  const QsKernel *const *kernels = qs_backend_cuda.get_kernels (&n);
  g_autoptr (GPtrArray) reference = find_reference (test, precision, format);
  g_autoptr (QsHostTensor) expected = NULL;

  if (reference->len == 0)
    return;
  expected = qs_cpu_test_run (test, g_ptr_array_index (reference, 0), format, 1);
  for (guint i = 0; i < n; i++)
    if (kernels[i]->kind == self->kind && kernels[i]->precision == precision &&
        (kernels[i]->any_format || kernels[i]->format == format) &&
        kernels[i]->supports (kernels[i], test->layer, NULL))
      check_kernel (self, test, kernels[i], format, expected, check);
}

void
qs_layer_case_check (const QsLayerCase *self,
                     QsDataType         type,
                     guint64            seed,
                     QsKernelCheck     *check)
{
  QsRandom random = { (seed + 1) * 7919 + (guint64) type };
  QsCpuTest test;

  qs_cpu_test_init (&test, seed);
  self->make (&test, &random, type);
  for (QsPrecision precision = QS_PRECISION_FP32; precision <= QS_PRECISION_INT8; precision++)
    for (QsFormat format = QS_FORMAT_LINEAR; format <= QS_FORMAT_HWC; format++)
      check_format (self, &test, precision, format, check);
  qs_cpu_test_clear (&test);
}
