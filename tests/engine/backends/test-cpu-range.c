/* SPDX-License-Identifier: MIT */
#include "backends/cpu/qs-cpu-range.h"
#include "operators/qs-attributes.h"
#include "operators/qs-operator.h"

/*
 * The proof that a tensor is never negative decides over kernels that are wrong when it is: every
 * case here that says no is one where a kernel would give other bits.
 */

static QsTensor *
add_input (QsNetwork  *network,
           const char *name)
{
  QsShape shape = qs_shape_make (4, 1, 4, 8, 8);

  return qs_network_add_input (network, name, QS_DATA_TYPE_FLOAT, &shape);
}

static QsTensor *
add_layer (QsNetwork     *network,
           QsLayerKind    kind,
           gconstpointer  attributes,
           QsTensor      *a,
           QsTensor      *b,
           QsActivation   activation)
{
  g_autofree char *name = g_strdup_printf ("layer%u", network->layers->len);
  QsTensor *inputs[] = { a, b }, *output = qs_network_add_tensor (network, name);
  QsLayer *layer = qs_network_add_layer (network, qs_layer_class_lookup (kind), name, attributes,
                                         inputs, b != NULL ? 2 : 1, &output, 1);

  layer->activation = activation;
  return output;
}

static const QsActivation none = { QS_ACTIVATION_NONE, 0, 0 };
static const QsActivation relu = { QS_ACTIVATION_RELU, 0, 0 };

static QsTensor *
activate (QsNetwork    *network,
          QsTensor     *x,
          QsActivation  activation)
{
  return add_layer (network, QS_LAYER_ACTIVATION, NULL, x, NULL, activation);
}

static void
test_activations (void)
{
  const struct
  {
    QsActivation activation;
    gboolean is_non_negative;
  } cases[] = {
    { { QS_ACTIVATION_NONE, 0, 0 }, FALSE },
    { { QS_ACTIVATION_RELU, 0, 0 }, TRUE },
    { { QS_ACTIVATION_CLIP, 0.0f, 6.0f }, TRUE },
    { { QS_ACTIVATION_CLIP, -0.1f, 6.0f }, FALSE },
    { { QS_ACTIVATION_CLIP, 1.0f, -1.0f }, FALSE },
    { { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 }, FALSE },
    { { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f }, TRUE },
    { { QS_ACTIVATION_SIGMOID, 0, 0 }, TRUE },
    { { QS_ACTIVATION_HARD_SWISH, 0, 0 }, FALSE },
    { { QS_ACTIVATION_SILU, 0, 0 }, FALSE },
    { { QS_ACTIVATION_TANH, 0, 0 }, FALSE },
    { { QS_ACTIVATION_GELU_ERF, 0, 0 }, FALSE },
    { { QS_ACTIVATION_ELU, 1, 0 }, FALSE },
    { { QS_ACTIVATION_THRESHOLDED_RELU, 0.5f, 0 }, TRUE },
    { { QS_ACTIVATION_THRESHOLDED_RELU, -0.5f, 0 }, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsNetwork) network = qs_network_new ("test");
      QsTensor *y = activate (network, add_input (network, "x"), cases[i].activation);

      g_test_message ("%s", qs_activation_name (cases[i].activation.type));
      g_assert_cmpint (qs_cpu_is_non_negative (y), ==, cases[i].is_non_negative);
    }
}

static void
test_inputs (void)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");

  g_assert_false (qs_cpu_is_non_negative (add_input (network, "x")));
  g_assert_false (qs_cpu_is_non_negative (NULL));
}

static void
test_element_wise (void)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");
  QsElementWiseAttributes add = { QS_ELEMENT_WISE_ADD }, sub = { QS_ELEMENT_WISE_SUB };
  QsTensor *x = add_input (network, "x");
  QsTensor *a = activate (network, x, relu), *b = activate (network, x, relu);

  g_assert_true (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_ELEMENT_WISE, &add, a, b, none)));
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_ELEMENT_WISE, &add, a, x, none)));
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_ELEMENT_WISE, &sub, a, b, none)));
  g_assert_true (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_ELEMENT_WISE, &sub, x, b, relu)));
}

/* A window that meets nothing but padding gives the lowest number. */
static void
test_pooling (void)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");
  QsPoolingAttributes pooling = { .type = QS_POOLING_MAX, .kernel_shape = { 2, { 2, 2 } },
                                  .strides = { 2, { 2, 2 } }, .dilations = { 2, { 1, 1 } },
                                  .pads = { 4, { 1, 1, 1, 1 } } };
  QsTensor *x = add_input (network, "x"), *a = activate (network, x, relu);

  g_assert_true (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_POOLING, &pooling, a, NULL, none)));
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_POOLING, &pooling, x, NULL, none)));
  pooling.pads.v[3] = 2;
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_POOLING, &pooling, a, NULL, none)));
  pooling.pads.v[3] = 0;
  pooling.ceil_mode = TRUE;
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_POOLING, &pooling, a, NULL, none)));
}

static void
test_moves (void)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");
  QsTransposeAttributes transpose = { { 4, { 0, 2, 3, 1 } } };
  QsAxisAttributes axis = { 1 };
  QsTensor *x = add_input (network, "x"), *a = activate (network, x, relu);
  QsTensor *moved = add_layer (network, QS_LAYER_TRANSPOSE, &transpose, a, NULL, none);

  g_assert_true (qs_cpu_is_non_negative (moved));
  g_assert_true (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_REFORMAT, NULL, moved, NULL, none)));
  g_assert_true (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_CONCATENATION, &axis, a, a, none)));
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_CONCATENATION, &axis, a, x, none)));
  /* Another function after the move may give anything. */
  g_assert_false (qs_cpu_is_non_negative (
    add_layer (network, QS_LAYER_TRANSPOSE, &transpose, a, NULL,
               (QsActivation) { QS_ACTIVATION_TANH, 0, 0 })));
}

/* A chain longer than the search is no proof, and no endless search. */
static void
test_depth (void)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");
  QsTransposeAttributes transpose = { { 4, { 0, 1, 2, 3 } } };
  QsTensor *x = activate (network, add_input (network, "x"), relu);

  for (int i = 0; i < 1000; i++)
    x = add_layer (network, QS_LAYER_TRANSPOSE, &transpose, x, NULL, none);
  g_assert_false (qs_cpu_is_non_negative (x));
}

/* Concatenations of concatenations: the search must not double with every one. */
static void
test_width (void)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");
  QsAxisAttributes axis = { 1 };
  QsTensor *x = activate (network, add_input (network, "x"), relu);

  for (int i = 0; i < 12; i++)
    x = add_layer (network, QS_LAYER_CONCATENATION, &axis, x, x, none);
  g_assert_true (qs_cpu_is_non_negative (x));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cpu/range/activations", test_activations);
  g_test_add_func ("/cpu/range/inputs", test_inputs);
  g_test_add_func ("/cpu/range/element-wise", test_element_wise);
  g_test_add_func ("/cpu/range/pooling", test_pooling);
  g_test_add_func ("/cpu/range/moves", test_moves);
  g_test_add_func ("/cpu/range/depth", test_depth);
  g_test_add_func ("/cpu/range/width", test_width);

  return g_test_run ();
}
