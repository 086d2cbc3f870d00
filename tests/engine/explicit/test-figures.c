/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "passes/qs-pass.h"
#include "passes/qs-replay.h"
#include "qs-qdq-maker.h"

/*
 * The figures of TensorRT's developer guide, "Working with INT8", on Q/DQ networks: each input graph
 * is built in code, and the whole output graph is compared. Green boxes of the figures are INT8
 * layers, blue ones floats; grey Q and DQ that remain are Reformat layers under their names.
 */

#define S 0.05f

static const QsActivation relu = { QS_ACTIVATION_RELU };

typedef struct
{
  QsTestMaker maker;
  QsJournal *journal;
  QsTensor *x;
  QsNetwork *before;
} Figure;

static void
figure_init (Figure *self)
{
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);

  qs_test_maker_init (&self->maker, 11);
  self->journal = qs_journal_new ();
  self->x = qs_test_input (&self->maker, "x", &shape);
}

static void
figure_clear (Figure *self)
{
  qs_test_maker_clear (&self->maker);
  qs_journal_unref (self->journal);
}

/* An input that is INT8 already. */
static QsTensor *
integer_input (Figure *self)
{
  self->x->type = QS_DATA_TYPE_INT8;
  return self->x;
}

/* The layers of the imported network come back when every step is undone, in whatever order. */
static void
check_replay (Figure    *self,
              GPtrArray *imported)
{
  g_autoptr (GPtrArray) layers = qs_replay_get_layers (self->journal, self->maker.network, 0);

  g_assert_cmpuint (layers->len, ==, imported->len);
  for (guint i = 0; i < imported->len; i++)
    {
      const QsLayerSketch *wanted = g_ptr_array_index (imported, i);
      gboolean found = FALSE;

      for (guint k = 0; k < layers->len; k++)
        found = found || qs_layer_sketch_equal (wanted, g_ptr_array_index (layers, k));
      if (!found)
        g_error ("the replay has lost layer %s", wanted->name);
    }
}

/* @rules: the rewrites that must be in the journal, by their number, ended by NULL. */
static void
check (Figure            *self,
       QsTensor          *output,
       const char        *expected,
       const char *const *rules)
{
  g_autoptr (GPtrArray) imported =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
  g_autofree char *text = NULL;

  if (output != NULL)
    qs_network_mark_output (self->maker.network, output);
  g_assert_true (qs_network_sort (self->maker.network, NULL));
  for (guint i = 0; i < self->maker.network->layers->len; i++)
    g_ptr_array_add (imported,
                     qs_layer_sketch_new (g_ptr_array_index (self->maker.network->layers, i)));

  text = qs_test_run_explicit (&self->maker, self->journal);
  g_assert_cmpstr (text, ==, expected);
  for (; *rules != NULL; rules++)
    if (qs_test_count_entries (self->journal, QS_JOURNAL_REWRITE, *rules) == 0)
      g_error ("rewrite %s is not in the journal", *rules);
  check_replay (self, imported);
}

#define CHECK(figure, output, expected, ...) \
  check (figure, output, expected, (const char *const[]) { __VA_ARGS__, NULL })

/* F1: xq -> DQ -> AvgPool -> Q -> yq */
static void
test_average_pool (void)
{
  Figure f;
  QsTensor *t;

  figure_init (&f);
  t = qs_test_dequantize (&f.maker, "dq", integer_input (&f), S);
  t = qs_test_average_pool (&f.maker, "pool", t);
  t = qs_test_quantize (&f.maker, "q", t, 2 * S);
  CHECK (&f, t, "Pooling pool INT8: x:i8 -> q:i8\n", "quantize-non-weighted");
  figure_clear (&f);
}

/* F2 a: DQ -> MaxPool, forward */
static void
test_forward (void)
{
  Figure f;
  QsTensor *t;

  figure_init (&f);
  t = qs_test_dequantize (&f.maker, "dq", integer_input (&f), S);
  t = qs_test_max_pool (&f.maker, "pool", t);
  CHECK (&f, t,
         "Pooling pool INT8: x:i8 -> dq:i8\n"
         "Reformat dq INT8: dq:i8 -> pool:f32\n", "forward-dequantize", "place-reformats");
  figure_clear (&f);
}

/* F2 b: MaxPool -> Q, backward */
static void
test_backward (void)
{
  Figure f;
  QsTensor *t;

  figure_init (&f);
  t = qs_test_max_pool (&f.maker, "pool", f.x);
  t = qs_test_quantize (&f.maker, "q", t, S);
  CHECK (&f, t,
         "Reformat q INT8: x:f32 -> pool:i8\n"
         "Pooling pool INT8: pool:i8 -> q:i8\n", "backward-quantize", "place-reformats");
  figure_clear (&f);
}

/* F3 left: INT8 in, float out */
static void
test_weighted (void)
{
  Figure f;
  QsTensor *t;

  figure_init (&f);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, TRUE);
  CHECK (&f, t,
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv INT8: x_q:i8 -> conv:f32\n",
         "quantize-constants", "quantize-weighted");
  figure_clear (&f);
}

/* F3 right: a Q behind it is fused */
static void
test_weighted_quantized (void)
{
  Figure f;
  QsTensor *t;

  figure_init (&f);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, TRUE);
  t = qs_test_quantize (&f.maker, "y", t, S);
  CHECK (&f, t,
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv INT8: x_q:i8 -> y:i8\n", "fuse-quantize");
  figure_clear (&f);
}

/* F4: the SiLU behind a convolution is fused */
static void
test_silu (void)
{
  Figure f;
  QsTensor *t, *gate;

  figure_init (&f);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, FALSE);
  gate = qs_test_activation (&f.maker, "sigmoid", t, (QsActivation) { QS_ACTIVATION_SIGMOID });
  t = qs_test_element_wise (&f.maker, "mul", gate, t, QS_ELEMENT_WISE_MUL);
  CHECK (&f, t,
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv + PWN(sigmoid + mul) INT8 SiLU: x_q:i8 -> "
         "mul:f32\n", "recognise-swish", "fuse-activation");
  figure_clear (&f);
}

/* F5: batch normalization and ReLU go into the epilogue; the weights' integers stay */
static void
test_batch_norm (void)
{
  Figure f;
  QsTensor *t;
  QsLayer *layer;

  figure_init (&f);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, FALSE);
  t = qs_test_batch_norm (&f.maker, "bn", t);
  t = qs_test_activation (&f.maker, "relu", t, relu);
  CHECK (&f, t,
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv INT8 ReLU: x_q:i8 -> relu:f32\n",
         "fold-batch-norm", "fuse-activation");
  layer = g_ptr_array_index (f.maker.network->layers, 1);
  g_assert_cmpuint (layer->origins->len, ==, 6); /* DQ of the input, the weights' pair, Conv, BN, ReLU */
  figure_clear (&f);
}

/* F6: a float residual keeps the output float and the Q behind it apart */
static void
test_float_residual (void)
{
  Figure f;
  QsTensor *t, *residual;
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);

  figure_init (&f);
  residual = qs_test_input (&f.maker, "r", &shape);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, FALSE);
  t = qs_test_batch_norm (&f.maker, "bn", t);
  t = qs_test_element_wise (&f.maker, "add", t, residual, QS_ELEMENT_WISE_ADD);
  t = qs_test_quantize (&f.maker, "y", t, S);
  CHECK (&f, t,
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv + add INT8: x_q:i8 r:f32 -> add:f32\n"
         "Reformat y INT8: add:f32 -> y:i8\n", "fuse-residual", "place-reformats");
  g_assert_cmpuint (qs_test_count_entries (f.journal, QS_JOURNAL_REFUSAL, "fuse-quantize"), ==, 1);
  figure_clear (&f);
}

/* F7: with a quantized residual everything is INT8 */
static void
test_quantized_residual (void)
{
  Figure f;
  QsTensor *t, *residual;
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);

  figure_init (&f);
  residual = qs_test_pair (&f.maker, "r", qs_test_input (&f.maker, "r", &shape), 3 * S);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, FALSE);
  t = qs_test_batch_norm (&f.maker, "bn", t);
  t = qs_test_element_wise (&f.maker, "add", t, residual, QS_ELEMENT_WISE_ADD);
  t = qs_test_quantize (&f.maker, "y", t, S);
  CHECK (&f, t,
         "Reformat r_q INT8: r:f32 -> r_q:i8\n"
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv + add INT8: x_q:i8 r_q:i8 -> y:i8\n",
         "fuse-residual", "fuse-quantize");
  figure_clear (&f);
}

/* F8: a layer without weights needs Q/DQ on all sides */
static void
test_add (void)
{
  Figure f;
  QsTensor *t, *other;
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);

  figure_init (&f);
  other = qs_test_pair (&f.maker, "r", qs_test_input (&f.maker, "r", &shape), 3 * S);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_element_wise (&f.maker, "add", t, other, QS_ELEMENT_WISE_ADD);
  t = qs_test_quantize (&f.maker, "y", t, S);
  CHECK (&f, t,
         "Reformat r_q INT8: r:f32 -> r_q:i8\n"
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "ElementWise add INT8: x_q:i8 r_q:i8 -> y:i8\n", "quantize-non-weighted");
  figure_clear (&f);
}

/* F9 A: a superfluous pair between convolution and sum keeps them apart, and the journal tells */
static void
test_superfluous_pair (void)
{
  Figure f;
  QsTensor *t, *residual;
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);
  const QsJournalEntry *entry = NULL;

  figure_init (&f);
  residual = qs_test_pair (&f.maker, "r", qs_test_input (&f.maker, "r", &shape), 3 * S);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  t = qs_test_qdq_convolution (&f.maker, "conv", t, 4, 3, 1, FALSE);
  t = qs_test_batch_norm (&f.maker, "bn", t);
  t = qs_test_pair (&f.maker, "extra", t, 2 * S);
  t = qs_test_element_wise (&f.maker, "add", t, residual, QS_ELEMENT_WISE_ADD);
  t = qs_test_quantize (&f.maker, "y", t, S);
  CHECK (&f, t,
         "Reformat r_q INT8: r:f32 -> r_q:i8\n"
         "Reformat x_q INT8: x:f32 -> x_q:i8\n"
         "Convolution conv.weight + conv_wq + conv INT8: x_q:i8 -> extra_q:i8\n"
         "ElementWise add INT8: extra_q:i8 r_q:i8 -> y:i8\n", "fuse-quantize",
         "quantize-non-weighted");
  for (guint i = 0; i < qs_journal_get_n (f.journal) && entry == NULL; i++)
    if (g_strcmp0 (qs_journal_get (f.journal, i)->condition, "pair-between") == 0)
      entry = qs_journal_get (f.journal, i);
  g_assert_nonnull (entry);
  g_assert_nonnull (strstr (entry->remedy, "Remove extra_q and extra_dq"));
  g_assert_cmpstr (entry->tensors[0], ==, "extra_q");
  g_assert_cmpfloat (entry->scales[0], ==, 2 * S);
  figure_clear (&f);
}

/* F10: one Q behind a concatenation becomes one in front of each of its inputs */
static void
test_concatenation (gconstpointer data)
{
  gboolean equal = GPOINTER_TO_INT (data);
  Figure f;
  QsTensor *a, *b, *t;

  figure_init (&f);
  t = qs_test_pair (&f.maker, "x", f.x, S);
  a = qs_test_qdq_convolution (&f.maker, "a", t, 4, 3, 1, FALSE);
  a = qs_test_activation (&f.maker, "a_relu", qs_test_batch_norm (&f.maker, "a_bn", a), relu);
  b = qs_test_qdq_convolution (&f.maker, "b", t, 2, 3, 1, FALSE);
  b = qs_test_activation (&f.maker, "b_relu", qs_test_batch_norm (&f.maker, "b_bn", b), relu);
  t = qs_test_concat (&f.maker, "concat", a, b);
  qs_network_mark_output (f.maker.network, qs_test_pair (&f.maker, "y1", t, 2 * S));
  qs_network_mark_output (f.maker.network,
                          qs_test_pair (&f.maker, "y2", t, equal ? 2 * S : 3 * S));

  if (equal)
    CHECK (&f, NULL,
           "Reformat x_q INT8: x:f32 -> x_q:i8\n"
           "Convolution a.weight + a_wq + a INT8 ReLU: x_q:i8 -> concat:i8\n"
           "Convolution b.weight + b_wq + b INT8 ReLU: x_q:i8 -> concat_1:i8\n"
           "Concatenation concat INT8: concat:i8 concat_1:i8 -> y1_q:i8\n"
           "Reformat y1_dq INT8: y1_q:i8 -> y1_dq:f32\n"
           "Reformat y2_dq INT8: y1_q:i8 -> y2_dq:f32\n", "merge-quantize", "backward-quantize",
           "fuse-quantize");
  else
    CHECK (&f, NULL,
           "Reformat x_q INT8: x:f32 -> x_q:i8\n"
           "Convolution a.weight + a_wq + a INT8 ReLU: x_q:i8 -> a_relu:f32\n"
           "Convolution b.weight + b_wq + b INT8 ReLU: x_q:i8 -> b_relu:f32\n"
           "Concatenation concat FP32: a_relu:f32 b_relu:f32 -> concat:f32\n"
           "Reformat y1_q INT8: concat:f32 -> y1_q:i8\n"
           "Reformat y1_dq INT8: y1_q:i8 -> y1_dq:f32\n"
           "Reformat y2_q INT8: concat:f32 -> y2_q:i8\n"
           "Reformat y2_dq INT8: y2_q:i8 -> y2_dq:f32\n", "place-reformats");
  g_assert_cmpuint (qs_test_count_entries (f.journal, QS_JOURNAL_REFUSAL, "merge-quantize"), ==,
                    equal ? 0 : 1);
  figure_clear (&f);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/figures/1-average-pool", test_average_pool);
  g_test_add_func ("/figures/2a-forward", test_forward);
  g_test_add_func ("/figures/2b-backward", test_backward);
  g_test_add_func ("/figures/3-float-output", test_weighted);
  g_test_add_func ("/figures/3-quantized-output", test_weighted_quantized);
  g_test_add_func ("/figures/4-silu", test_silu);
  g_test_add_func ("/figures/5-batch-norm", test_batch_norm);
  g_test_add_func ("/figures/6-float-residual", test_float_residual);
  g_test_add_func ("/figures/7-quantized-residual", test_quantized_residual);
  g_test_add_func ("/figures/8-add", test_add);
  g_test_add_func ("/figures/9-superfluous-pair", test_superfluous_pair);
  g_test_add_data_func ("/figures/10-equal-scales", GINT_TO_POINTER (TRUE), test_concatenation);
  g_test_add_data_func ("/figures/10-unequal-scales", GINT_TO_POINTER (FALSE), test_concatenation);
  return g_test_run ();
}
