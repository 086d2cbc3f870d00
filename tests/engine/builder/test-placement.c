/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "passes/qs-placement.h"
#include "qs-test.h"

/* The rules of placement that the builder carries out itself: what they do, and what keeps them from it. */

static QsTensor *
add_soft_max (QsTestMaker *maker,
              QsTensor    *x)
{
  QsSoftMaxAttributes attributes = { .axis = 1, .n_axes = 1 };

  return qs_test_layer (maker, QS_LAYER_SOFT_MAX, "softmax", &attributes, &x, 1);
}

static QsEngine *
build (QsTestMaker     *maker,
       QsDynamicRanges *ranges)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (GError) error = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsEngine *engine;

  g_assert_true (qs_network_sort (maker->network, NULL));
  for (guint i = 0; i < maker->network->tensors->len; i++)
    qs_scale_table_set (scales, ((QsTensor *) maker->network->tensors->pdata[i])->name, 0.01f);
  options.int8 = QS_INT8_ALL;
  options.ranges = ranges;
  engine = qs_builder_build (maker->network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static const QsJournalEntry *
find_entry (QsEngine   *engine,
            const char *rule,
            const char *tensor)
{
  QsJournal *journal = qs_engine_get_journal (engine);
  const QsJournalEntry *found = NULL;

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    if (strcmp (qs_journal_get (journal, i)->rule, rule) == 0 &&
        strcmp (qs_journal_get (journal, i)->tensors[0], tensor) == 0)
      {
        g_assert_null (found);
        found = qs_journal_get (journal, i);
      }

  g_assert_nonnull (found);
  return found;
}

static const QsPlacementRule *
find_rule (const char *id)
{
  for (guint i = 0; i < qs_placement_get_n (); i++)
    if (strcmp (qs_placement_get (i)->id, id) == 0)
      return qs_placement_get (i);

  return NULL;
}

/* Every rule has its condition and its reason in words, and those of the builder are rows as well. */
static void
test_table (void)
{
  for (guint i = 0; i < qs_placement_get_n (); i++)
    {
      const QsPlacementRule *rule = qs_placement_get (i);

      g_assert_true (g_str_has_suffix (rule->condition, "."));
      g_assert_true (g_str_has_suffix (rule->reason, "."));
      g_assert_true (find_rule (rule->id) == rule);
      g_assert_true (rule->keeps_float != NULL || rule->use == QS_PLACEMENT_USE_BUILD);
    }

  g_assert_nonnull (find_rule (QS_PLACEMENT_SOFT_MAX_RANGE));
  g_assert_nonnull (find_rule (QS_PLACEMENT_NETWORK_OUTPUT));
}

/* x -> Softmax -> product: what is multiplied has the scale 1/127, and not the table's. */
static QsTestMaker
make_soft_max (void)
{
  QsShape shape = qs_shape_make (2, 4, 16);
  QsTestMaker maker;
  QsTensor *y;

  qs_test_maker_init (&maker, 3);
  y = add_soft_max (&maker, qs_test_input (&maker, "x", &shape));
  qs_network_mark_output (maker.network, qs_test_product (&maker, "product", y, 8, FALSE));
  return maker;
}

static float
get_product_scale (QsEngine *engine)
{
  const QsLayer *layer = qs_network_find_layer (qs_engine_get_network (engine), "product");

  g_assert_cmpint (layer->precision, ==, QS_PRECISION_INT8);
  return qs_layer_get_input (layer, 0)->scale;
}

static void
test_soft_max (void)
{
  QsTestMaker maker = make_soft_max ();
  g_autoptr (QsEngine) engine = build (&maker, NULL);
  const QsJournalEntry *entry = find_entry (engine, QS_PLACEMENT_SOFT_MAX_RANGE, "softmax");

  g_assert_cmpfloat (get_product_scale (engine), ==, 1.0f / 127.0f);
  g_assert_cmpint (entry->kind, ==, QS_JOURNAL_DECISION);
  g_assert_cmpstr (entry->tensors[0], ==, "softmax");
  qs_test_maker_clear (&maker);
}

static void
test_soft_max_by_hand (void)
{
  QsTestMaker maker = make_soft_max ();
  g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_new ();
  g_autoptr (QsEngine) engine = NULL;
  const QsJournalEntry *entry;

  g_assert_true (qs_dynamic_ranges_parse (ranges, "softmax=-0.5,0.5", NULL));
  engine = build (&maker, ranges);
  g_assert_cmpfloat (get_product_scale (engine), ==, 0.5f / 127.0f);
  entry = find_entry (engine, QS_PLACEMENT_SOFT_MAX_RANGE, "softmax");
  g_assert_cmpint (entry->kind, ==, QS_JOURNAL_REFUSAL);
  g_assert_cmpstr (entry->condition, ==, "manual-range");
  g_assert_nonnull (strstr (entry->remedy, "softmax"));
  qs_test_maker_clear (&maker);
}

typedef struct
{
  const char *path;
  gboolean second_reader; /* a convolution that reads the output as well */
  gboolean pooling;       /* an average behind the convolution, which writes it then */
  const char *condition;  /* NULL where it is written in floating point */
} OutputCase;

static const OutputCase output_cases[] = {
  { "/placement/output/float", FALSE, FALSE, NULL },
  { "/placement/output/int8-reader", TRUE, TRUE, "int8-reader" },
  { "/placement/output/no-float-form", FALSE, TRUE, "no-float-output" },
};

/* A convolution writes the output in floating point. An average of INT8 has no such form; the journal
 * names the layer that wants INT8, if there is one. */
static void
test_output (gconstpointer data)
{
  const OutputCase *row = data;
  QsShape shape = qs_shape_make (4, 1, 16, 6, 6);
  QsTestMaker maker;
  g_autoptr (QsEngine) engine = NULL;
  const QsJournalEntry *entry;
  QsTensor *y;

  qs_test_maker_init (&maker, 3);
  y = qs_test_convolution (&maker, "y", qs_test_input (&maker, "x", &shape), 16, 3, 1, FALSE);
  if (row->pooling)
    y = qs_test_average_pool (&maker, "average", y);
  qs_network_mark_output (maker.network, y);
  if (row->second_reader)
    qs_network_mark_output (maker.network,
                            qs_test_convolution (&maker, "z", y, 16, 3, 1, FALSE));
  engine = build (&maker, NULL);
  entry = find_entry (engine, QS_PLACEMENT_NETWORK_OUTPUT, y->name);
  g_assert_cmpint (entry->kind, ==,
                   row->condition == NULL ? QS_JOURNAL_DECISION : QS_JOURNAL_REFUSAL);
  g_assert_cmpstr (entry->condition, ==, row->condition);
  g_assert_true ((entry->remedy != NULL) == (row->condition != NULL));
  qs_test_maker_clear (&maker);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/placement/table", test_table);
  g_test_add_func ("/placement/softmax", test_soft_max);
  g_test_add_func ("/placement/softmax-by-hand", test_soft_max_by_hand);
  for (guint i = 0; i < G_N_ELEMENTS (output_cases); i++)
    g_test_add_data_func (output_cases[i].path, &output_cases[i], test_output);
  return g_test_run ();
}
