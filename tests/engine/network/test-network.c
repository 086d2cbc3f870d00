/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "network/qs-network.h"
#include "qs-test.h"

/* A layer class of the test's own: one output, shaped as its first input. */
static gboolean
copy_infer (QsLayer *layer,
            GError **error)
{
  QsTensor *input = qs_layer_get_input (layer, 0);
  QsTensor *output = qs_layer_get_output (layer, 0);

  output->type = input->type;
  output->shape = input->shape;
  return TRUE;
}

static gboolean
refusing_infer (QsLayer *layer,
                GError **error)
{
  g_set_error_literal (error, QS_ERROR, QS_ERROR_SHAPE, "does not fit");
  return FALSE;
}

static const QsLayerClass copy_class = {
  .kind = QS_LAYER_OTHER, .name = "Copy", .infer = copy_infer,
};

static const QsLayerClass refusing_class = {
  .kind = QS_LAYER_OTHER, .name = "Refusing", .infer = refusing_infer,
};

static QsTensor *
add_copy (QsNetwork  *network,
          const char *name,
          QsTensor   *input)
{
  QsTensor *output = qs_network_add_tensor (network, name);

  qs_network_add_layer (network, &copy_class, name, NULL, &input, 1, &output, 1);
  return output;
}

/* input -> a -> b -> output, and a -> dead */
static QsNetwork *
make_chain (void)
{
  QsNetwork *network = qs_network_new ("chain");
  QsShape shape = qs_shape_make (2, 1, 4);
  QsTensor *input = qs_network_add_input (network, "input", QS_DATA_TYPE_FLOAT, &shape);
  QsTensor *a = add_copy (network, "a", input);
  QsTensor *b = add_copy (network, "b", a);

  add_copy (network, "dead", a);
  qs_network_mark_output (network, b);
  return network;
}

static void
test_infer_and_check (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_network_infer (network, &error));
  g_assert_true (qs_network_check (network, &error));
  g_assert_no_error (error);
  g_assert_cmpint (qs_network_find_tensor (network, "b")->shape.dims[1], ==, 4);
}

static void
test_infer_names_layer (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (GError) error = NULL;
  QsTensor *b = qs_network_find_tensor (network, "b");
  QsTensor *output = qs_network_add_tensor (network, "bad");

  qs_network_add_layer (network, &refusing_class, "the-layer", NULL, &b, 1, &output, 1);
  g_assert_false (qs_network_infer (network, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "Refusing the-layer: does not fit");
}

static void
test_remove_dead (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (qs_network_remove_dead (network), ==, 1);
  g_assert_null (qs_network_find_tensor (network, "dead"));
  g_assert_nonnull (qs_network_find_tensor (network, "a"));
  g_assert_cmpuint (network->layers->len, ==, 2);
  g_assert_true (qs_network_infer (network, &error));
  g_assert_true (qs_network_check (network, &error));
}

/* A removed layer in the middle leaves a hole that the check must see. */
static void
test_check_finds_hole (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_network_infer (network, &error));
  qs_network_remove_layer (network, qs_network_find_layer (network, "a"));
  g_assert_true (qs_network_sort (network, &error));
  g_assert_false (qs_network_check (network, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_FAILED, "“a”");
}

static void
test_replace_uses (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  QsTensor *input = qs_network_find_tensor (network, "input");
  QsTensor *a = qs_network_find_tensor (network, "a");
  QsTensor *b = qs_network_find_tensor (network, "b");

  qs_network_replace_uses (network, a, input);
  g_assert_cmpuint (a->consumers->len, ==, 0);
  g_assert_cmpuint (input->consumers->len, ==, 3);
  qs_network_replace_uses (network, b, input);
  g_assert_true (qs_network_is_output (network, input));
  g_assert_false (qs_network_is_output (network, b));
}

/* One layer that reads the same tensor twice is listed twice, and both uses move. */
static void
test_double_use (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  QsTensor *input = qs_network_find_tensor (network, "input");
  QsTensor *a = qs_network_find_tensor (network, "a");
  QsTensor *output = qs_network_add_tensor (network, "twice");
  QsTensor *inputs[] = { a, a };
  QsLayer *layer = qs_network_add_layer (network, &copy_class, "twice", NULL, inputs, 2, &output, 1);

  g_assert_cmpuint (a->consumers->len, ==, 4);
  qs_network_replace_uses (network, a, input);
  g_assert_true (qs_layer_get_input (layer, 0) == input);
  g_assert_true (qs_layer_get_input (layer, 1) == input);
  g_assert_cmpuint (a->consumers->len, ==, 0);
}

static void
test_sort (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (GError) error = NULL;
  QsTensor *input = qs_network_find_tensor (network, "input");
  QsLayer *b = qs_network_find_layer (network, "b");
  QsTensor *late = add_copy (network, "late", input);

  qs_network_set_input (network, b, 0, late);
  g_assert_false (qs_network_check (network, &error));
  g_clear_error (&error);
  g_assert_true (qs_network_sort (network, &error));
  g_assert_true (qs_network_infer (network, &error));
  g_assert_true (qs_network_check (network, &error));
  g_assert_cmpuint (b->id, ==, 3);
}

static void
test_cycle (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (GError) error = NULL;
  QsLayer *a = qs_network_find_layer (network, "a");

  qs_network_set_input (network, a, 0, qs_network_find_tensor (network, "b"));
  g_assert_false (qs_network_sort (network, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "cycle");
}

static void
test_unique_names (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  QsTensor *second = qs_network_add_tensor (network, "a");

  g_assert_cmpstr (second->name, ==, "a_1");
  g_assert_true (qs_network_find_tensor (network, "a") != second);
}

static void
test_copy (void)
{
  g_autoptr (QsNetwork) network = make_chain ();
  g_autoptr (QsNetwork) copy = NULL;
  g_autoptr (GError) error = NULL;

  qs_layer_add_origin (qs_network_find_layer (network, "a"), "Relu", "node");
  copy = qs_network_copy (network);
  qs_network_remove_layer (network, qs_network_find_layer (network, "a"));

  g_assert_true (qs_network_infer (copy, &error));
  g_assert_true (qs_network_check (copy, &error));
  g_assert_cmpuint (copy->layers->len, ==, 3);
  g_assert_cmpuint (qs_network_find_layer (copy, "a")->origins->len, ==, 1);
  g_assert_true (qs_network_is_output (copy, qs_network_find_tensor (copy, "b")));
}

/* Channels last: [2, 3, 4, 5] has strides 60, 1, 15, 3. */
static void
test_view_strides (void)
{
  QsShape shape = qs_shape_make (4, 2, 3, 4, 5);
  QsShape thin = qs_shape_make (4, 2, 3, 1, 1);
  const gint64 index[] = { 1, 2, 3, 4 };
  QsView view;

  qs_view_init (&view, QS_DATA_TYPE_FLOAT, QS_FORMAT_HWC, &shape, NULL);
  g_assert_cmpint (view.strides[0], ==, 60);
  g_assert_cmpint (view.strides[1], ==, 1);
  g_assert_cmpint (view.strides[2], ==, 15);
  g_assert_cmpint (view.strides[3], ==, 3);
  g_assert_cmpint (qs_view_offset (&view, index), ==, 60 + 2 + 45 + 12);
  g_assert_false (qs_view_is_linear (&view));

  qs_view_init (&view, QS_DATA_TYPE_FLOAT, QS_FORMAT_HWC, &thin, NULL);
  g_assert_true (qs_view_is_linear (&view));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/network/infer-and-check", test_infer_and_check);
  g_test_add_func ("/network/infer-names-layer", test_infer_names_layer);
  g_test_add_func ("/network/remove-dead", test_remove_dead);
  g_test_add_func ("/network/check-finds-hole", test_check_finds_hole);
  g_test_add_func ("/network/replace-uses", test_replace_uses);
  g_test_add_func ("/network/double-use", test_double_use);
  g_test_add_func ("/network/sort", test_sort);
  g_test_add_func ("/network/cycle", test_cycle);
  g_test_add_func ("/network/unique-names", test_unique_names);
  g_test_add_func ("/network/copy", test_copy);
  g_test_add_func ("/network/view-strides", test_view_strides);

  return g_test_run ();
}
