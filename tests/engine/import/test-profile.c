/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "import/qs-dimensions.h"
#include "import/qs-import.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/* Two inputs that share “length”; y = MaxPool (image) needs at least 4 rows, z = a + b. */
static QsModel *
make_model (void)
{
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  QsModel *model;

  qs_put_message (graph, QS_GRAPH_INPUT,
                  qs_make_value ("image", QS_DATA_TYPE_FLOAT, "batchx3xheightx8"));
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("a", QS_DATA_TYPE_FLOAT, "batchxlength"));
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("b", QS_DATA_TYPE_FLOAT, "batchxlength"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("z", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("MaxPool", "pool", "image", "y",
                                qs_make_ints ("kernel_shape", "4 4"), NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Add", "add", "a,b", "z", NULL));

  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "test.onnx", &error);
  g_assert_no_error (error);
  return model;
}

static void
assert_shape (const QsProfile   *profile,
              QsProfileSelector  selector,
              QsModel           *model,
              guint              input,
              const char        *expected)
{
  g_autoptr (GError) error = NULL;
  QsShape shape, wanted;

  g_assert_true (qs_shape_parse (expected, &wanted, NULL));
  qs_profile_resolve_at (profile, selector, qs_model_get_input (model, input), &shape, &error);
  g_assert_no_error (error);
  g_assert_true (qs_shape_equal (&shape, &wanted));
}

static void
test_selectors (void)
{
  g_autoptr (QsModel) model = make_model ();
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsProfile) fixed = NULL;

  g_assert_false (qs_profile_has_range (profile));
  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_MIN, "image:1x3x4x8,a:1x1", NULL));
  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_MAX, "image=8x3x32x8", NULL));
  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_OPT, "image=4x3x16x8", NULL));
  g_assert_true (qs_profile_has_range (profile));
  g_assert_true (qs_profile_check (profile, model, NULL));

  assert_shape (profile, QS_PROFILE_MIN, model, 0, "1x3x4x8");
  assert_shape (profile, QS_PROFILE_OPT, model, 0, "4x3x16x8");
  assert_shape (profile, QS_PROFILE_MAX, model, 0, "8x3x32x8");
  /* What was not given takes the place of what was. */
  assert_shape (profile, QS_PROFILE_MAX, model, 1, "1x1");
  assert_shape (profile, QS_PROFILE_OPT, model, 1, "1x1");

  fixed = qs_profile_select (profile, QS_PROFILE_MAX);
  assert_shape (fixed, QS_PROFILE_MIN, model, 0, "8x3x32x8");
  g_assert_false (qs_profile_has_range (fixed));
}

static void
test_order (void)
{
  g_autoptr (QsModel) model = make_model ();
  static const char *const rows[][QS_PROFILE_N_SELECTORS] = {
    { "image=1x3x8x8", "image=1x3x4x8", "image=1x3x16x8" },
    { "image=1x3x8x8", "image=1x3x32x8", "image=1x3x16x8" },
    { "image=1x3x16x8", "image=1x3x8x8", "image=1x3x4x8" },
    { "image=1x3x16", "image=1x3x8x8", "image=1x3x16x8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (QsProfile) profile = qs_profile_new ();
      g_autoptr (GError) error = NULL;

      for (int k = 0; k < QS_PROFILE_N_SELECTORS; k++)
        g_assert_true (qs_profile_parse_at (profile, k, rows[i][k], NULL));
      g_assert_false (qs_profile_check (profile, model, &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "does not lie between");
    }
}

static void
test_allows (void)
{
  g_autoptr (QsModel) model = make_model ();
  g_autoptr (QsProfile) profile = qs_profile_new ();
  const QsModelValue *image = qs_model_get_input (model, 0);
  g_autoptr (GError) error = NULL;
  QsShape shape = qs_shape_make (4, (gint64) 2, (gint64) 3, (gint64) 16, (gint64) 8);

  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_MIN, "image=1x3x4x8", NULL));
  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_MAX, "image=2x3x16x8", NULL));
  g_assert_true (qs_profile_allows (profile, image, &shape, &error));
  g_assert_no_error (error);

  shape.dims[2] = 17;
  g_assert_false (qs_profile_allows (profile, image, &shape, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "dimension 2 (“height”) is 17");
  g_clear_error (&error);

  shape.dims[2] = 16;
  shape.dims[3] = 9;
  g_assert_false (qs_profile_allows (profile, image, &shape, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "fixed to 8");
}

/* A pooling window of 4 rows does not fit into 3. */
static void
test_ends (void)
{
  g_autoptr (QsModel) model = make_model ();
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_profile_parse (profile, "a=1x2", NULL));
  g_assert_true (qs_profile_parse (profile, "b=1x2", NULL));
  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_MIN, "image=1x3x3x8", NULL));
  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_OPT, "image=1x3x8x8", NULL));
  g_assert_false (qs_import_check_range (model, profile, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "minimum shapes");
  g_clear_error (&error);

  g_assert_true (qs_profile_parse_at (profile, QS_PROFILE_MIN, "image=1x3x4x8", NULL));
  g_assert_true (qs_import_check_range (model, profile, &error));
  g_assert_no_error (error);
}

static void
test_dimensions (void)
{
  g_autoptr (QsModel) model = make_model ();
  g_autoptr (GPtrArray) dimensions = qs_dimensions_find (model);
  g_autoptr (GPtrArray) others = qs_dimensions_find (model);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autofree char *text = NULL;
  QsDimension *height, *length;

  g_assert_cmpuint (dimensions->len, ==, 2);
  height = g_ptr_array_index (dimensions, 0);
  length = g_ptr_array_index (dimensions, 1);
  g_assert_cmpstr (height->name, ==, "height");
  g_assert_cmpint (height->use, ==, QS_DIMENSION_IMAGE);
  g_assert_cmpstr (length->name, ==, "length");
  g_assert_cmpint (length->use, ==, QS_DIMENSION_LENGTH);

  length->at[QS_PROFILE_MIN] = 5;
  length->at[QS_PROFILE_OPT] = 6;
  length->at[QS_PROFILE_MAX] = 7;
  qs_profile_set_batch (profile, 9);
  qs_dimensions_apply (dimensions, model, profile);
  assert_shape (profile, QS_PROFILE_OPT, model, 0, "9x3x224x8");
  assert_shape (profile, QS_PROFILE_MIN, model, 1, "9x5");
  assert_shape (profile, QS_PROFILE_MAX, model, 2, "9x7");

  text = qs_dimensions_print (dimensions);
  g_assert_cmpstr (text, ==, "height=224:224:224,length=5:6:7");
  g_assert_true (qs_dimensions_parse (others, text));
  g_assert_cmpint (((QsDimension *) g_ptr_array_index (others, 1))->at[QS_PROFILE_OPT], ==, 6);
  /* A damaged text changes nothing. */
  g_assert_false (qs_dimensions_parse (others, "length=9:8:7,height=0:1:2,,=,x=1:1:1,height=1"));
  g_assert_cmpint (((QsDimension *) g_ptr_array_index (others, 1))->at[QS_PROFILE_OPT], ==, 6);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profile/selectors", test_selectors);
  g_test_add_func ("/profile/order", test_order);
  g_test_add_func ("/profile/allows", test_allows);
  g_test_add_func ("/profile/ends", test_ends);
  g_test_add_func ("/profile/dimensions", test_dimensions);
  return g_test_run ();
}
