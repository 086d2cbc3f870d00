/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "operators/qs-operator.h"
#include "qs-tensor-column.h"
#include "qs-tensor-model.h"

/* input -> Relu -> a -> Relu -> b, with histograms for input and a. */
static QsNetwork *
make_network (void)
{
  QsNetwork *network = qs_network_new ("test");
  QsShape shape = qs_shape_make (2, 1, 4);
  const QsLayerClass *klass = qs_layer_class_lookup (QS_LAYER_ACTIVATION);
  QsTensor *input = qs_network_add_input (network, "input", QS_DATA_TYPE_FLOAT, &shape);
  QsTensor *a = qs_network_add_tensor (network, "a, \"quoted\"");
  QsTensor *b = qs_network_add_tensor (network, "b");
  g_autofree gpointer attributes = g_malloc0 (klass->attributes_size + 1);
  g_autoptr (GError) error = NULL;

  qs_network_add_layer (network, klass, "first", attributes, &input, 1, &a, 1);
  qs_network_add_layer (network, klass, "second", attributes, &a, 1, &b, 1);
  qs_network_mark_output (network, b);
  g_assert_true (qs_network_sort (network, &error));
  return network;
}

static QsHistogramSet *
make_histograms (void)
{
  QsHistogramSet *set = qs_histogram_set_new ();
  float low[1000], high[10];

  for (guint i = 0; i < G_N_ELEMENTS (low); i++)
    low[i] = (float) i / 1000.0f;
  for (guint i = 0; i < G_N_ELEMENTS (high); i++)
    high[i] = -8.0f;
  qs_histogram_add (qs_histogram_set_ensure (set, "input"), low, G_N_ELEMENTS (low));
  qs_histogram_add (qs_histogram_set_ensure (set, "a, \"quoted\""), high, G_N_ELEMENTS (high));
  return set;
}

/* Two opinions: ranges 0.5 and 8 for input, 8 and nothing for a. */
static GPtrArray *
make_sources (void)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref);
  g_autoptr (QsScaleTable) one = qs_scale_table_new ();
  g_autoptr (QsScaleTable) two = qs_scale_table_new ();

  qs_scale_table_set (one, "input", 0.5f / 127.0f);
  qs_scale_table_set (one, "a, \"quoted\"", 8.0f / 127.0f);
  qs_scale_table_set (two, "input", 8.0f / 127.0f);
  g_ptr_array_add (sources, qs_scale_source_new_cache ("One", one));
  g_ptr_array_add (sources, qs_scale_source_new_cache ("Two", two));
  return sources;
}

typedef struct
{
  QsNetwork *network;
  QsHistogramSet *histograms;
  GPtrArray *sources;
  QsTensorModel *model;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->network = make_network ();
  fixture->histograms = make_histograms ();
  fixture->sources = make_sources ();
  fixture->model = qs_tensor_model_new ();
  qs_tensor_model_set (fixture->model, fixture->network, fixture->histograms, fixture->sources,
                       NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->model);
  g_ptr_array_unref (fixture->sources);
  qs_histogram_set_unref (fixture->histograms);
  qs_network_unref (fixture->network);
}

static void
test_rows (Fixture       *fixture,
           gconstpointer  data)
{
  static const char *const names[] = { "input", "a, \"quoted\"", "b" };

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->model)), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (QsTensorItem) item = g_list_model_get_item (G_LIST_MODEL (fixture->model), i);

      g_assert_cmpstr (qs_tensor_item_get_tensor (item)->name, ==, names[i]);
    }
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (fixture->model), 3));
}

static void
test_figures (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr (QsTensorItem) input = g_list_model_get_item (G_LIST_MODEL (fixture->model), 0);
  g_autoptr (QsTensorItem) a = g_list_model_get_item (G_LIST_MODEL (fixture->model), 1);
  g_autoptr (QsTensorItem) b = g_list_model_get_item (G_LIST_MODEL (fixture->model), 2);

  g_assert_cmpfloat_with_epsilon (qs_tensor_item_get_threshold (input, 0), 0.5, 1e-6);
  /* Half of 0, 0.001, … 0.999 is beyond 0.5; a bin is 0.999 / 2048 wide and holds up to one of
   * the thousand values, so the share is off by 0.002 at most. */
  g_assert_cmpfloat_with_epsilon (qs_tensor_item_get_clipped (input, 0), 0.5, 0.002);
  g_assert_cmpfloat (qs_tensor_item_get_clipped (input, 1), ==, 0.0);
  g_assert_cmpfloat_with_epsilon (qs_tensor_item_get_ratio (input), 16.0, 1e-4);
  g_assert_cmpfloat_with_epsilon (qs_tensor_item_get_ratio (a), 1.0, 1e-6);
  g_assert_true (isnan (qs_tensor_item_get_threshold (a, 1)));
  g_assert_true (isnan (qs_tensor_item_get_clipped (b, 0)));
  g_assert_true (isnan (qs_tensor_item_get_ratio (b)));
}

static const QsTensorColumn *
find_column (Fixture    *fixture,
             GPtrArray  *columns,
             const char *title)
{
  for (guint i = 0; i < columns->len; i++)
    {
      g_autofree char *other = qs_tensor_column_dup_title (columns->pdata[i], fixture->sources);

      if (g_str_equal (other, title))
        return columns->pdata[i];
    }

  g_assert_not_reached ();
}

static void
assert_order (Fixture    *fixture,
              const char *title,
              guint       first,
              guint       second)
{
  g_autoptr (GPtrArray) columns = qs_tensor_columns_new (fixture->sources);
  const QsTensorColumn *column = find_column (fixture, columns, title);
  g_autoptr (QsTensorItem) a = g_list_model_get_item (G_LIST_MODEL (fixture->model), first);
  g_autoptr (QsTensorItem) b = g_list_model_get_item (G_LIST_MODEL (fixture->model), second);

  g_test_message ("%s: %u before %u", title, first, second);
  g_assert_cmpint (qs_tensor_column_compare (column, a, b), <, 0);
  g_assert_cmpint (qs_tensor_column_compare (column, b, a), >, 0);
  g_assert_cmpint (qs_tensor_column_compare (column, a, a), ==, 0);
}

/* Numbers sort as numbers, names as names, and what is not known comes last. */
static void
test_sorting (Fixture       *fixture,
              gconstpointer  data)
{
  assert_order (fixture, "Tensor", 1, 0);
  assert_order (fixture, "Min", 1, 0);
  assert_order (fixture, "Max", 1, 0);
  assert_order (fixture, "One Range", 0, 1);
  assert_order (fixture, "Two Range", 0, 1);
  assert_order (fixture, "One Clipped", 1, 0);
  assert_order (fixture, "Min", 0, 2);
  assert_order (fixture, "Ratio", 1, 0);
  assert_order (fixture, "Ratio", 0, 2);
}

static void
test_csv (Fixture       *fixture,
          gconstpointer  data)
{
  g_autofree char *csv = qs_tensor_columns_to_csv (fixture->sources,
                                                   G_LIST_MODEL (fixture->model));
  g_auto (GStrv) lines = g_strsplit (csv, "\r\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 5);
  g_assert_true (g_str_has_prefix (lines[0], "Tensor,Shape,One Range,One Clipped,Two Range,"));
  g_assert_true (g_str_has_prefix (lines[1], "input,"));
  /* RFC 4180: a field with commas or quotes is quoted, and its quotes are doubled. */
  g_assert_true (g_str_has_prefix (lines[2], "\"a, \"\"quoted\"\"\","));
  g_assert_true (g_str_has_prefix (lines[3], "b,"));
  g_assert_cmpstr (lines[4], ==, "");
}

static void
test_empty (void)
{
  g_autoptr (QsTensorModel) model = qs_tensor_model_new ();
  g_autoptr (GPtrArray) sources = g_ptr_array_new ();

  qs_tensor_model_set (model, NULL, NULL, sources, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (model)), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/app/tensor-table/rows", Fixture, NULL, set_up, test_rows, tear_down);
  g_test_add ("/app/tensor-table/figures", Fixture, NULL, set_up, test_figures, tear_down);
  g_test_add ("/app/tensor-table/sorting", Fixture, NULL, set_up, test_sorting, tear_down);
  g_test_add ("/app/tensor-table/csv", Fixture, NULL, set_up, test_csv, tear_down);
  g_test_add_func ("/app/tensor-table/empty", test_empty);
  return g_test_run ();
}
