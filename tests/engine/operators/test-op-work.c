/* SPDX-License-Identifier: MIT */
#include "operators/qs-attributes.h"
#include "operators/qs-operator.h"
#include "operators/qs-work.h"

/* The operations of layers whose number is known: ResNet-50's first layer is usually given as 118
 * million multiply-adds (2 for each), the others are products of their dimensions. */

typedef struct
{
  QsNetwork *network;
  QsTensor *inputs[2];
  QsTensor *output;
} Setup;

static void
setup_init (Setup         *self,
            QsDataType     type,
            const QsShape *a,
            const QsShape *b,
            const QsShape *y)
{
  const QsShape *shapes[] = { a, b };

  self->network = qs_network_new ("work");
  for (int i = 0; i < 2; i++)
    self->inputs[i] = qs_network_add_input (self->network, i == 0 ? "a" : "b", type, shapes[i]);
  self->output = qs_network_add_tensor (self->network, "y");
  self->output->type = type;
  self->output->shape = *y;
}

static void
assert_work (Setup       *self,
             QsLayerKind  kind,
             gpointer     attributes,
             guint        n_inputs,
             double       operations,
             double       bytes)
{
  QsLayer *layer = qs_network_add_layer (self->network, qs_layer_class_lookup (kind), "layer",
                                         attributes, self->inputs, n_inputs, &self->output, 1);

  g_assert_cmpfloat (qs_layer_count_operations (layer), ==, operations);
  g_assert_cmpfloat (qs_layer_count_bytes (layer), ==, bytes);
  qs_network_unref (self->network);
}

static void
test_convolution (void)
{
  QsConvolutionAttributes conv = { .groups = 1, .kernel_shape = { 2, { 7, 7 } },
                                   .strides = { 2, { 2, 2 } }, .dilations = { 2, { 1, 1 } },
                                   .pads = { 4, { 3, 3, 3, 3 } } };
  QsShape x = qs_shape_make (4, 1, 3, 224, 224), w = qs_shape_make (4, 64, 3, 7, 7);
  QsShape y = qs_shape_make (4, 1, 64, 112, 112);
  Setup setup;

  setup_init (&setup, QS_DATA_TYPE_FLOAT, &x, &w, &y);
  assert_work (&setup, QS_LAYER_CONVOLUTION, &conv, 2, 2.0 * 118013952,
               4.0 * (3 * 224 * 224 + 64 * 147 + 64 * 112 * 112));
}

static void
test_depthwise (void)
{
  QsConvolutionAttributes conv = { .groups = 144, .kernel_shape = { 2, { 3, 3 } },
                                   .strides = { 2, { 1, 1 } }, .dilations = { 2, { 1, 1 } },
                                   .pads = { 4, { 1, 1, 1, 1 } } };
  QsShape x = qs_shape_make (4, 1, 144, 56, 56), w = qs_shape_make (4, 144, 1, 3, 3);
  Setup setup;

  setup_init (&setup, QS_DATA_TYPE_INT8, &x, &w, &x);
  assert_work (&setup, QS_LAYER_CONVOLUTION, &conv, 2, 2.0 * 9 * 144 * 56 * 56,
               2 * 144 * 56 * 56 + 9 * 144);
}

static void
test_deconvolution (void)
{
  QsConvolutionAttributes conv = { .groups = 2, .kernel_shape = { 2, { 3, 3 } },
                                   .strides = { 2, { 2, 2 } }, .dilations = { 2, { 1, 1 } },
                                   .pads = { 4, { 0, 0, 0, 0 } } };
  QsShape x = qs_shape_make (4, 1, 8, 5, 5), w = qs_shape_make (4, 8, 2, 3, 3);
  QsShape y = qs_shape_make (4, 1, 4, 11, 11);
  Setup setup;

  setup_init (&setup, QS_DATA_TYPE_FLOAT, &x, &w, &y);
  assert_work (&setup, QS_LAYER_DECONVOLUTION, &conv, 2, 2.0 * 8 * 25 * 2 * 9,
               4.0 * (200 + 144 + 484));
}

static void
test_matrix_multiply (void)
{
  QsMatrixMultiplyAttributes plain = { .alpha = 1.0f }, gemm = { .trans_b = TRUE, .alpha = 1.0f };
  QsShape a = qs_shape_make (4, 1, 12, 128, 64), b = qs_shape_make (4, 1, 12, 64, 128);
  QsShape y = qs_shape_make (4, 1, 12, 128, 128);
  QsShape row = qs_shape_make (2, 1, 2048), w = qs_shape_make (2, 1000, 2048);
  QsShape logits = qs_shape_make (2, 1, 1000);
  Setup setup;

  setup_init (&setup, QS_DATA_TYPE_FLOAT, &a, &b, &y);
  assert_work (&setup, QS_LAYER_MATRIX_MULTIPLY, &plain, 2, 2.0 * 12 * 128 * 128 * 64,
               4.0 * (2 * 12 * 128 * 64 + 12 * 128 * 128));
  setup_init (&setup, QS_DATA_TYPE_FLOAT, &row, &w, &logits);
  assert_work (&setup, QS_LAYER_MATRIX_MULTIPLY, &gemm, 2, 2.0 * 2048 * 1000,
               4.0 * (2048 + 2048 * 1000 + 1000));
}

static void
test_others (void)
{
  QsElementWiseAttributes add = { QS_ELEMENT_WISE_ADD };
  QsShape x = qs_shape_make (4, 1, 8, 4, 4), row = qs_shape_make (4, 1, 8, 1, 1);
  QsShape flat = qs_shape_make (2, 1, 128);
  QsShuffleAttributes flatten = { .mode = 1, .axis = 1 };
  QsPoolingAttributes average = { .type = QS_POOLING_AVERAGE, .global = TRUE };
  Setup setup;

  setup_init (&setup, QS_DATA_TYPE_FLOAT, &x, &row, &x);
  assert_work (&setup, QS_LAYER_ELEMENT_WISE, &add, 2, 128, 4.0 * (128 + 8 + 128));
  setup_init (&setup, QS_DATA_TYPE_FLOAT, &x, &row, &flat);
  assert_work (&setup, QS_LAYER_SHUFFLE, &flatten, 1, 0, 4.0 * 256);
  setup_init (&setup, QS_DATA_TYPE_FLOAT, &x, &row, &row);
  assert_work (&setup, QS_LAYER_POOLING, &average, 1, 128, 4.0 * (128 + 8));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operators/work/convolution", test_convolution);
  g_test_add_func ("/operators/work/depthwise", test_depthwise);
  g_test_add_func ("/operators/work/deconvolution", test_deconvolution);
  g_test_add_func ("/operators/work/matrix-multiply", test_matrix_multiply);
  g_test_add_func ("/operators/work/others", test_others);
  return g_test_run ();
}
