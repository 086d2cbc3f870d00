/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "passes/qs-pass.h"
#include "qs-test-networks.h"
#include "qs-test.h"

static const QsActivation relu = { QS_ACTIVATION_RELU };

static void
run_passes (QsTestMaker *maker,
            QsJournal   *journal)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_network_sort (maker->network, NULL));
  qs_passes_run (maker->network, QS_PASS_DEFAULT, journal, &error);
  g_assert_no_error (error);
}

static const char *
layer_name (QsTestMaker *maker,
            guint        index)
{
  return ((QsLayer *) g_ptr_array_index (maker->network->layers, index))->name;
}

static gboolean
journal_says (QsJournal     *journal,
              QsJournalKind  kind,
              const char    *rule,
              const char    *layer,
              const char    *words)
{
  g_autoptr (GPtrArray) found = qs_journal_find (journal, layer);

  for (guint i = 0; i < found->len; i++)
    {
      const QsJournalEntry *entry = g_ptr_array_index (found, i);

      if (entry->kind == kind && strcmp (entry->rule, rule) == 0 &&
          strstr (entry->reason, words) != NULL)
        return TRUE;
    }

  return FALSE;
}

static QsTensor *
make_block (QsTestMaker *maker)
{
  QsShape shape = qs_shape_make (4, 1, 4, 5, 5);

  qs_test_maker_init (maker, 7);
  return qs_test_input (maker, "x", &shape);
}

/* A residual block with an identity shortcut becomes two layers, as in the engine graphs that
 * TensorRT 8.4 wrote for ResNet-18. */
static void
test_residual_block (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTensor *x = make_block (&maker);
  QsTensor *t;
  QsLayer *last;

  x = qs_test_max_pool (&maker, "pool", x);
  t = qs_test_convolution (&maker, "conv1", x, 4, 3, 1, FALSE);
  t = qs_test_batch_norm (&maker, "bn1", t);
  t = qs_test_activation (&maker, "relu1", t, relu);
  t = qs_test_convolution (&maker, "conv2", t, 4, 3, 1, FALSE);
  t = qs_test_batch_norm (&maker, "bn2", t);
  t = qs_test_element_wise (&maker, "add", t, x, QS_ELEMENT_WISE_ADD);
  t = qs_test_activation (&maker, "relu2", t, relu);
  qs_network_mark_output (maker.network, t);
  run_passes (&maker, journal);

  g_assert_cmpuint (maker.network->layers->len, ==, 3);
  g_assert_cmpstr (layer_name (&maker, 1), ==, "conv1 + bn1 + relu1");
  g_assert_cmpstr (layer_name (&maker, 2), ==, "conv2 + bn2 + add + relu2");
  last = g_ptr_array_index (maker.network->layers, 2);
  g_assert_true (qs_layer_get_input (last, QS_INPUT_RESIDUAL) ==
                 qs_network_find_tensor (maker.network, "pool"));
  g_assert_cmpstr (qs_layer_get_output (last, 0)->name, ==, "relu2");
  g_assert_cmpint (last->activation.type, ==, QS_ACTIVATION_RELU);
  g_assert_cmpuint (last->origins->len, ==, 4);
  g_assert_true (journal_says (journal, QS_JOURNAL_REWRITE, "fuse-residual", "add", "pool"));
  qs_test_maker_clear (&maker);
}

/* Two eligible convolutions: the one on the longer path takes the sum (rule R8). */
static void
test_longer_branch (gconstpointer data)
{
  gboolean swap = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTensor *x = make_block (&maker);
  QsTensor *deep, *shortcut, *sum;

  x = qs_test_max_pool (&maker, "pool", x);
  deep = qs_test_convolution (&maker, "conv1", x, 4, 3, 1, FALSE);
  deep = qs_test_activation (&maker, "relu1", deep, relu);
  deep = qs_test_convolution (&maker, "conv2", deep, 4, 3, 1, FALSE);
  shortcut = qs_test_convolution (&maker, "down", x, 4, 1, 1, FALSE);
  sum = qs_test_element_wise (&maker, "add", swap ? shortcut : deep, swap ? deep : shortcut,
                              QS_ELEMENT_WISE_ADD);
  qs_network_mark_output (maker.network, sum);
  run_passes (&maker, journal);

  g_assert_nonnull (qs_network_find_layer (maker.network, "conv2 + add"));
  g_assert_nonnull (qs_network_find_layer (maker.network, "down"));
  g_assert_true (journal_says (journal, QS_JOURNAL_REWRITE, "fuse-residual", "add", "longer path"));
  qs_test_maker_clear (&maker);
}

typedef struct
{
  const char *path;
  QsTensor *(*make) (QsTestMaker *maker, QsTensor *x);
  const char *rule;
  const char *layer;
  const char *words;
} Refusal;

static QsTensor *
make_second_reader (QsTestMaker *maker,
                    QsTensor    *x)
{
  QsTensor *conv = qs_test_convolution (maker, "conv", x, 4, 3, 1, FALSE);

  qs_network_mark_output (maker->network, qs_test_max_pool (maker, "pool", conv));
  return qs_test_activation (maker, "relu", conv, relu);
}

static QsTensor *
make_output_reader (QsTestMaker *maker,
                    QsTensor    *x)
{
  QsTensor *conv = qs_test_convolution (maker, "conv", x, 4, 3, 1, FALSE);

  qs_network_mark_output (maker->network, conv);
  return qs_test_batch_norm (maker, "bn", conv);
}

static QsTensor *
make_activation_between (QsTestMaker *maker,
                         QsTensor    *x)
{
  QsTensor *conv = qs_test_convolution (maker, "conv", x, 4, 3, 1, FALSE);

  conv = qs_test_activation (maker, "relu", conv, relu);
  return qs_test_element_wise (maker, "add", conv, x, QS_ELEMENT_WISE_ADD);
}

static QsTensor *
make_broadcast (QsTestMaker *maker,
                QsTensor    *x)
{
  QsTensor *pooled = qs_test_average_pool (maker, "gap", x);
  QsTensor *conv = qs_test_convolution (maker, "conv", x, 4, 3, 1, FALSE);

  return qs_test_element_wise (maker, "add", conv, pooled, QS_ELEMENT_WISE_ADD);
}

static QsTensor *
make_twice (QsTestMaker *maker,
            QsTensor    *x)
{
  QsTensor *conv = qs_test_convolution (maker, "conv", x, 4, 3, 1, FALSE);

  return qs_test_element_wise (maker, "add", conv, conv, QS_ELEMENT_WISE_ADD);
}

static const Refusal refusals[] = {
  { "/passes/refusal/second-reader", make_second_reader, "fuse-activation", "relu",
    "another layer reads it as well" },
  { "/passes/refusal/network-output", make_output_reader, "fold-batch-norm", "bn",
    "it is an output of the network" },
  { "/passes/refusal/activation-between", make_activation_between, "fuse-residual", "add",
    "the activation relu lies between" },
  { "/passes/refusal/broadcast", make_broadcast, "fuse-residual", "add",
    "a residual is not broadcast" },
  { "/passes/refusal/same-tensor", make_twice, "fuse-residual", "add",
    "both operands are the same tensor" },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal *refusal = data;
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTensor *x = make_block (&maker);

  qs_network_mark_output (maker.network, refusal->make (&maker, x));
  run_passes (&maker, journal);
  g_assert_true (journal_says (journal, QS_JOURNAL_REFUSAL, refusal->rule, refusal->layer,
                               refusal->words));
  qs_test_maker_clear (&maker);
}

static void
test_bias (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsShape shape = qs_shape_make (3, 2, 5, 8);
  QsShape row = qs_shape_make (1, 6);
  QsTensor *x, *t, *bias;
  float expected;

  qs_test_maker_init (&maker, 3);
  x = qs_test_input (&maker, "x", &shape);
  t = qs_test_product (&maker, "matmul", x, 6, FALSE);
  bias = qs_test_constant (&maker, "b", &row, 1.0f);
  expected = (float) qs_host_tensor_get_number (bias->value, 4);
  t = qs_test_element_wise (&maker, "add", bias, t, QS_ELEMENT_WISE_ADD);
  qs_network_mark_output (maker.network, t);
  run_passes (&maker, journal);

  g_assert_cmpuint (maker.network->layers->len, ==, 1);
  g_assert_cmpstr (layer_name (&maker, 0), ==, "matmul + add");
  bias = qs_layer_get_input (g_ptr_array_index (maker.network->layers, 0), QS_INPUT_BIAS);
  g_assert_cmpfloat (qs_host_tensor_get_number (bias->value, 4), ==, expected);
  qs_test_maker_clear (&maker);
}

/* Factor and bias by hand: gamma 2, variance 4, mean 3, beta 1, epsilon 0 give w * 1 and -2 for a
 * convolution without bias. */
static void
test_batch_norm_numbers (void)
{
  static const float parameters[4] = { 2.0f, 1.0f, 3.0f, 4.0f };
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsScaleAttributes attributes = { 0.0f };
  QsShape shape = qs_shape_make (4, 1, 1, 2, 2);
  QsShape one = qs_shape_make (1, 1);
  QsTensor *inputs[5];
  QsTensor *t;
  QsLayer *layer;
  double weight;

  qs_test_maker_init (&maker, 5);
  inputs[0] = qs_test_convolution (&maker, "conv", qs_test_input (&maker, "x", &shape), 1, 1, 1,
                                   FALSE);
  weight = qs_host_tensor_get_number (
    qs_layer_get_input (inputs[0]->producer, QS_INPUT_WEIGHTS)->value, 0);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (QsHostTensor) value = qs_host_tensor_new_from_data (
        QS_DATA_TYPE_FLOAT, &one, &parameters[i], sizeof (float), NULL);

      inputs[i + 1] = qs_network_add_constant (maker.network, "p", value);
    }
  t = qs_test_layer (&maker, QS_LAYER_SCALE, "bn", &attributes, inputs, 5);
  qs_network_mark_output (maker.network, t);
  run_passes (&maker, journal);

  layer = g_ptr_array_index (maker.network->layers, 0);
  g_assert_cmpstr (layer->name, ==, "conv + bn");
  g_assert_cmpfloat (
    qs_host_tensor_get_number (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value, 0), ==, weight);
  g_assert_cmpfloat (
    qs_host_tensor_get_number (qs_layer_get_input (layer, QS_INPUT_BIAS)->value, 0), ==, -2.0);
  qs_test_maker_clear (&maker);
}

/* alpha 2 and beta -3: weights twice, bias minus three times as large. */
static void
test_factors (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsShape shape = qs_shape_make (2, 2, 4);
  QsTensor *t;
  QsMatrixMultiplyAttributes *attributes;
  double weight, bias;
  QsLayer *layer;

  qs_test_maker_init (&maker, 2);
  t = qs_test_product (&maker, "gemm", qs_test_input (&maker, "x", &shape), 3, TRUE);
  attributes = t->producer->attributes;
  attributes->alpha = 2.0f;
  attributes->beta = -3.0f;
  weight = qs_host_tensor_get_number (qs_layer_get_input (t->producer, 1)->value, 5);
  bias = qs_host_tensor_get_number (qs_layer_get_input (t->producer, 2)->value, 1);
  qs_network_mark_output (maker.network, t);
  run_passes (&maker, journal);

  layer = g_ptr_array_index (maker.network->layers, 0);
  attributes = layer->attributes;
  g_assert_cmpfloat (attributes->alpha, ==, 1.0f);
  g_assert_cmpfloat (attributes->beta, ==, 1.0f);
  g_assert_cmpfloat (qs_host_tensor_get_number (qs_layer_get_input (layer, 1)->value, 5), ==,
                     2.0 * weight);
  g_assert_cmpfloat (qs_host_tensor_get_number (qs_layer_get_input (layer, 2)->value, 1), ==,
                     (double) (float) (-3.0 * bias));
  qs_test_maker_clear (&maker);
}

static void
test_swish (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTensor *x = make_block (&maker);
  QsTensor *conv = qs_test_convolution (&maker, "conv", x, 4, 3, 1, TRUE);
  QsTensor *gate = qs_test_activation (
    &maker, "gate", conv, (QsActivation) { QS_ACTIVATION_HARD_SIGMOID, 1.0f / 6.0f, 0.5f });
  QsLayer *layer;

  qs_network_mark_output (maker.network,
                          qs_test_element_wise (&maker, "mul", conv, gate, QS_ELEMENT_WISE_MUL));
  run_passes (&maker, journal);

  g_assert_cmpuint (maker.network->layers->len, ==, 1);
  layer = g_ptr_array_index (maker.network->layers, 0);
  g_assert_cmpstr (layer->name, ==, "conv + gate + mul");
  g_assert_cmpint (layer->activation.type, ==, QS_ACTIVATION_HARD_SWISH);
  qs_test_maker_clear (&maker);
}

static QsTensor *
make_gelu (QsTestMaker *maker,
           QsTensor    *x,
           gboolean     half_first)
{
  QsUnaryAttributes erf = { QS_UNARY_ERF };
  QsTensor *half = qs_test_number (maker, "half", 0.5f);
  QsTensor *t, *product;

  t = qs_test_element_wise (maker, "div", x, qs_test_number (maker, "sqrt2", 1.41421356f),
                            QS_ELEMENT_WISE_DIV);
  t = qs_test_layer (maker, QS_LAYER_UNARY, "erf", &erf, &t, 1);
  t = qs_test_element_wise (maker, "add", t, qs_test_number (maker, "one", 1.0f),
                            QS_ELEMENT_WISE_ADD);
  if (half_first)
    {
      product = qs_test_element_wise (maker, "halve", x, half, QS_ELEMENT_WISE_MUL);
      return qs_test_element_wise (maker, "mul", product, t, QS_ELEMENT_WISE_MUL);
    }
  product = qs_test_element_wise (maker, "mul", x, t, QS_ELEMENT_WISE_MUL);
  return qs_test_element_wise (maker, "halve", product, half, QS_ELEMENT_WISE_MUL);
}

/* Layer by layer before and as one layer after: erf in float32 has an error of about 1e-7, which
 * values of at most 2 double. */
static void
check_same_values (QsTestMaker *maker,
                   QsJournal   *journal,
                   const char  *output,
                   const char  *layer)
{
  g_autoptr (GHashTable) before = NULL;
  g_autoptr (GHashTable) after = NULL;

  qs_network_mark_output (maker->network, qs_network_find_tensor (maker->network, output));
  g_assert_true (qs_network_sort (maker->network, NULL));
  before = qs_test_evaluate (maker->network, 5);
  run_passes (maker, journal);
  after = qs_test_evaluate (maker->network, 5);
  g_assert_cmpuint (maker->network->layers->len, ==, 1);
  g_assert_cmpstr (layer_name (maker, 0), ==, layer);
  g_assert_cmpfloat (qs_test_max_difference (g_hash_table_lookup (before, output),
                                             g_hash_table_lookup (after, output)), <, 2e-6f);
}

static void
test_gelu (gconstpointer data)
{
  gboolean half_first = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTensor *x = make_block (&maker);

  make_gelu (&maker, x, half_first);
  check_same_values (&maker, journal, half_first ? "mul" : "halve",
                     half_first ? "div + erf + add + halve + mul"
                                : "div + erf + add + mul + halve");
  qs_test_maker_clear (&maker);
}

static QsTensor *
make_mean (QsTestMaker *maker,
           const char  *name,
           QsTensor    *x)
{
  QsReduceAttributes attributes = { QS_REDUCE_MEAN, { 1, { x->shape.n_dims - 1 } }, TRUE };

  return qs_test_layer (maker, QS_LAYER_REDUCE, name, &attributes, &x, 1);
}

static void
test_layer_norm (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsShape shape = qs_shape_make (3, 2, 3, 8);
  QsShape row = qs_shape_make (1, 8);
  QsUnaryAttributes root = { QS_UNARY_SQRT };
  QsTensor *x, *d, *t;

  qs_test_maker_init (&maker, 6);
  x = qs_test_input (&maker, "x", &shape);
  d = qs_test_element_wise (&maker, "sub", x, make_mean (&maker, "mean", x), QS_ELEMENT_WISE_SUB);
  t = qs_test_element_wise (&maker, "pow", d, qs_test_number (&maker, "two", 2.0f),
                            QS_ELEMENT_WISE_POW);
  t = qs_test_element_wise (&maker, "eps", make_mean (&maker, "var", t),
                            qs_test_number (&maker, "epsilon", 1e-3f), QS_ELEMENT_WISE_ADD);
  t = qs_test_layer (&maker, QS_LAYER_UNARY, "sqrt", &root, &t, 1);
  t = qs_test_element_wise (&maker, "div", d, t, QS_ELEMENT_WISE_DIV);
  t = qs_test_element_wise (&maker, "mul", t, qs_test_constant (&maker, "gamma", &row, 1.0f),
                            QS_ELEMENT_WISE_MUL);
  qs_test_element_wise (&maker, "add", t, qs_test_constant (&maker, "beta", &row, 1.0f),
                        QS_ELEMENT_WISE_ADD);
  check_same_values (&maker, journal, "add",
                     "mean + sub + pow + var + eps + sqrt + div + mul + add");
  qs_test_maker_clear (&maker);
}

static QsTensor *
add_transpose (QsTestMaker *maker,
               const char  *name,
               QsTensor    *x,
               gint64       b,
               gint64       c,
               gint64       d)
{
  QsTransposeAttributes attributes = { { 4, { 0, b, c, d } } };

  return qs_test_layer (maker, QS_LAYER_TRANSPOSE, name, &attributes, &x, 1);
}

static QsTensor *
add_part (QsTestMaker *maker,
          const char  *name,
          QsTensor    *x,
          gint64       part)
{
  QsSliceAttributes attributes = { { 4, { 0, 0, 2 * part, 0 } }, { 4, { 1, 5, 2, 6 } },
                                   { 4, { 1, 1, 1, 1 } } };

  return qs_test_layer (maker, QS_LAYER_SLICE, name, &attributes, &x, 1);
}

static QsTensor *
multiply (QsTestMaker *maker,
          const char  *name,
          QsTensor    *a,
          QsTensor    *b)
{
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  QsTensor *inputs[] = { a, b };

  return qs_test_layer (maker, QS_LAYER_MATRIX_MULTIPLY, name, &attributes, inputs, 2);
}

static guint
count_kind (QsTestMaker *maker,
            QsLayerKind  kind)
{
  guint n = 0;

  for (guint i = 0; i < maker->network->layers->len; i++)
    n += ((QsLayer *) g_ptr_array_index (maker->network->layers, i))->klass->kind == kind;
  return n;
}

/* Attention with its heads beside each other: what moves elements, scales the scores and masks them
 * becomes part of the two products; the numbers stay but for the order of a few roundings. */
static void
test_attention (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsShape shape = qs_shape_make (4, 1, 5, 6, 6), row = qs_shape_make (4, 1, 1, 1, 5);
  QsSoftMaxAttributes soft_max = { .axis = 3, .n_axes = 1 };
  g_autoptr (GHashTable) before = NULL, after = NULL;
  QsTensor *x, *q, *k, *v, *t;

  qs_test_maker_init (&maker, 6);
  x = qs_test_input (&maker, "x", &shape);
  q = add_transpose (&maker, "q", add_part (&maker, "q_part", x, 0), 2, 1, 3);
  k = add_transpose (&maker, "k", add_part (&maker, "k_part", x, 1), 2, 3, 1);
  v = add_transpose (&maker, "v", add_part (&maker, "v_part", x, 2), 2, 1, 3);
  q = qs_test_element_wise (&maker, "half", q, qs_test_number (&maker, "h", 0.5f),
                            QS_ELEMENT_WISE_MUL);
  t = qs_test_element_wise (&maker, "scaled", multiply (&maker, "scores", q, k),
                            qs_test_number (&maker, "root", 2.449f), QS_ELEMENT_WISE_DIV);
  t = qs_test_element_wise (&maker, "masked", t, qs_test_input (&maker, "mask", &row),
                            QS_ELEMENT_WISE_ADD);
  t = qs_test_layer (&maker, QS_LAYER_SOFT_MAX, "softmax", &soft_max, &t, 1);
  t = add_transpose (&maker, "y", multiply (&maker, "values", t, v), 2, 1, 3);
  qs_network_mark_output (maker.network, t);
  g_assert_true (qs_network_sort (maker.network, NULL));
  before = qs_test_evaluate (maker.network, 4);
  run_passes (&maker, journal);
  after = qs_test_evaluate (maker.network, 4);

  g_assert_cmpuint (maker.network->layers->len, ==, 3);
  g_assert_cmpuint (count_kind (&maker, QS_LAYER_MATRIX_MULTIPLY), ==, 2);
  g_assert_true (journal_says (journal, QS_JOURNAL_REWRITE, "absorb-moves",
                               layer_name (&maker, 0), "where it lies"));
  /* Values of at most 1 are averaged; the factors are rounded once more: a few units of 2^-24. */
  g_assert_cmpfloat (qs_test_max_difference (g_hash_table_lookup (before, "y"),
                                             g_hash_table_lookup (after, "y")), <=, 2e-6f);
  qs_test_maker_clear (&maker);
}

/* A tensor that another layer reads is moved for that one alone, and an axis that strides cannot say
 * stays a layer. */
static void
test_attention_kept (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsShape shape = qs_shape_make (4, 1, 2, 5, 6);
  g_autoptr (GHashTable) before = NULL, after = NULL;
  QsTensor *x, *k, *t;

  qs_test_maker_init (&maker, 6);
  x = qs_test_input (&maker, "x", &shape);
  k = add_transpose (&maker, "k", x, 1, 3, 2);
  t = multiply (&maker, "scores", x, k);
  t = add_transpose (&maker, "turned", t, 1, 3, 2);
  qs_network_mark_output (maker.network, t);
  qs_network_mark_output (maker.network, qs_test_activation (&maker, "relu", k, relu));
  g_assert_true (qs_network_sort (maker.network, NULL));
  before = qs_test_evaluate (maker.network, 4);
  run_passes (&maker, journal);
  after = qs_test_evaluate (maker.network, 4);

  g_assert_cmpuint (count_kind (&maker, QS_LAYER_TRANSPOSE), ==, 2);
  for (guint i = 0; i < maker.network->outputs->len; i++)
    {
      const char *name = ((QsTensor *) g_ptr_array_index (maker.network->outputs, i))->name;

      g_assert_cmpfloat (qs_test_max_difference (g_hash_table_lookup (before, name),
                                                 g_hash_table_lookup (after, name)), ==, 0.0f);
    }
  qs_test_maker_clear (&maker);
}

/* Two transposes that undo each other, an identity before the network's output, whose name stays. */
static void
test_nothing_left (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTransposeAttributes there = { { 4, { 0, 2, 3, 1 } } };
  QsTransposeAttributes back = { { 4, { 0, 3, 1, 2 } } };
  QsTensor *x = make_block (&maker);
  QsTensor *t;

  t = qs_test_layer (&maker, QS_LAYER_TRANSPOSE, "there", &there, &x, 1);
  t = qs_test_layer (&maker, QS_LAYER_TRANSPOSE, "back", &back, &t, 1);
  t = qs_test_activation (&maker, "relu", t, relu);
  t = qs_test_layer (&maker, QS_LAYER_IDENTITY, "out", NULL, &t, 1);
  qs_network_mark_output (maker.network, t);
  run_passes (&maker, journal);

  g_assert_cmpuint (maker.network->layers->len, ==, 1);
  g_assert_cmpstr (layer_name (&maker, 0), ==, "relu");
  g_assert_cmpstr (((QsTensor *) g_ptr_array_index (maker.network->outputs, 0))->name, ==, "out");
  qs_test_maker_clear (&maker);
}

static void
test_relu6 (void)
{
  QsTestMaker maker;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsTensor *x = make_block (&maker);
  QsTensor *t = qs_test_convolution (&maker, "conv", x, 4, 3, 1, TRUE);
  QsLayer *layer;

  t = qs_test_activation (&maker, "relu", t, relu);
  t = qs_test_activation (&maker, "clip", t, (QsActivation) { QS_ACTIVATION_CLIP, -3.0f, 6.0f });
  qs_network_mark_output (maker.network, t);
  run_passes (&maker, journal);

  layer = g_ptr_array_index (maker.network->layers, 0);
  g_assert_cmpuint (maker.network->layers->len, ==, 1);
  g_assert_cmpint (layer->activation.type, ==, QS_ACTIVATION_CLIP);
  g_assert_cmpfloat (layer->activation.alpha, ==, 0.0f);
  g_assert_cmpfloat (layer->activation.beta, ==, 6.0f);
  qs_test_maker_clear (&maker);
}

/*
 * Folding rounds weights once more, by 2^-24 of their size, and sums are taken in another order; a
 * network of 24 steps with at most 37 summands each therefore moves outputs by a few hundred
 * times 2^-24 of the largest values on the way. Values grow at most about tenfold over a step's
 * sums, so 1e-4 of the largest value is a wide but telling bound: a wrong fold moves outputs by
 * tenths.
 */
static void
check_random_network (guint32 seed)
{
  g_autoptr (QsNetwork) network = qs_test_random_network (seed);
  g_autoptr (QsNetwork) copy = qs_network_copy (network);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (GHashTable) before = qs_test_evaluate (network, seed);
  g_autoptr (GHashTable) after = NULL;
  g_autoptr (GError) error = NULL;
  float largest = 1.0f;
  GHashTableIter iter;
  gpointer value;

  qs_passes_run (copy, QS_PASS_DEFAULT, journal, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (copy->layers->len, <=, network->layers->len);
  after = qs_test_evaluate (copy, seed);

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    largest = MAX (largest, qs_test_max_abs (value));
  for (guint i = 0; i < network->outputs->len; i++)
    {
      const QsTensor *output = g_ptr_array_index (network->outputs, i);
      QsHostTensor *a = g_hash_table_lookup (before, output->name);
      QsHostTensor *b = g_hash_table_lookup (after, output->name);

      g_assert_nonnull (b);
      if (qs_test_max_difference (a, b) > 1e-4f * largest)
        g_error ("seed %u: output %s differs by %g", seed, output->name,
                 (double) qs_test_max_difference (a, b));
    }
}

static void
test_random_networks (void)
{
  for (guint32 seed = 0; seed < 300; seed++)
    check_random_network (seed);
}

static void
test_journal (void)
{
  g_autoptr (QsJournal) journal = qs_journal_new ();
  const char *layers[] = { "a", "b", NULL };
  const char *tensors[] = { "t", NULL };
  g_autoptr (GPtrArray) found = NULL;

  qs_journal_add (journal, QS_JOURNAL_REWRITE, "rule", layers, tensors, "a + b", "%d %s", 2, "x");
  qs_journal_add (journal, QS_JOURNAL_WARNING, "other", NULL, NULL, NULL, "Nothing.");
  g_assert_cmpuint (qs_journal_get_n (journal), ==, 2);
  g_assert_cmpstr (qs_journal_get (journal, 0)->reason, ==, "2 x");
  g_assert_null (qs_journal_get (journal, 2));

  for (guint i = 0; i < 4; i++)
    {
      const char *names[] = { "a", "t", "a + b", "b" };
      g_autoptr (GPtrArray) entries = qs_journal_find (journal, names[i]);

      g_assert_cmpuint (entries->len, ==, 1);
    }
  found = qs_journal_find (journal, "c");
  g_assert_cmpuint (found->len, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/passes/journal", test_journal);
  g_test_add_func ("/passes/residual-block", test_residual_block);
  g_test_add_data_func ("/passes/longer-branch/first", GINT_TO_POINTER (FALSE), test_longer_branch);
  g_test_add_data_func ("/passes/longer-branch/second", GINT_TO_POINTER (TRUE), test_longer_branch);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    g_test_add_data_func (refusals[i].path, &refusals[i], test_refusal);
  g_test_add_func ("/passes/bias", test_bias);
  g_test_add_func ("/passes/batch-norm-numbers", test_batch_norm_numbers);
  g_test_add_func ("/passes/factors", test_factors);
  g_test_add_func ("/passes/swish", test_swish);
  g_test_add_func ("/passes/relu6", test_relu6);
  g_test_add_data_func ("/passes/gelu/half-last", GINT_TO_POINTER (FALSE), test_gelu);
  g_test_add_data_func ("/passes/gelu/half-first", GINT_TO_POINTER (TRUE), test_gelu);
  g_test_add_func ("/passes/layer-norm", test_layer_norm);
  g_test_add_func ("/passes/attention/absorbed", test_attention);
  g_test_add_func ("/passes/attention/kept", test_attention_kept);
  g_test_add_func ("/passes/nothing-left", test_nothing_left);
  g_test_add_func ("/passes/random-networks", test_random_networks);

  return g_test_run ();
}
