/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "core/qs-float16.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

#define N_NETWORKS 24

/*
 * Two convolutions with ReLU in between, 4 to 8 to 8 channels of 5 x 5, as NumPy 2.4 computes them:
 * inputs, weights and biases as float16, sums in float64, float16 after each layer. All numbers are
 * small multiples of powers of two, so that every sum is exact in float32 in any order, and the
 * result is the same on every backend to the last bit. The numbers come from the generator below;
 * the weights of the first layer carry a factor of 1 + 2^-13, which rounding to float16 takes away.
 */
static const guint16 expected[200] = {
  0x3cc2, 0xb902, 0xc2ed, 0xb146, 0xbbf4, 0xc293, 0xbf96, 0xc04c, 0xb68c, 0xb5ff, 0xc0f0, 0xc5fc,
  0xc285, 0xbd8a, 0x3372, 0xbd70, 0xc41b, 0xbfc4, 0xb8c4, 0xc039, 0xbd3f, 0xbe5d, 0xc533, 0xbcaa,
  0xc03a, 0x39bc, 0xc184, 0xbe43, 0xbeec, 0xbd29, 0x3690, 0xba26, 0xbf0b, 0xc163, 0x39d2, 0x4015,
  0xc005, 0xb183, 0x37ea, 0xb32b, 0x367e, 0x2718, 0x3800, 0xba5d, 0x3479, 0xb675, 0x40d8, 0x3c7e,
  0x3c8e, 0x3d0e, 0x40cc, 0x3854, 0x4386, 0x3840, 0x3c45, 0x42e7, 0x40b2, 0x4223, 0x3815, 0x3e0c,
  0x4548, 0x445f, 0x3c46, 0x41e6, 0xbd74, 0x41c2, 0x44d0, 0x3e8a, 0x41b4, 0x3520, 0x31fe, 0x3747,
  0x3f70, 0xb1ad, 0x334d, 0xb83c, 0x41ea, 0x9cd8, 0x3f10, 0x2ada, 0x3ef5, 0xbaf2, 0x3a2a, 0x3718,
  0xb782, 0x40a0, 0xc074, 0x3bb6, 0xb761, 0x3ccc, 0x3b9a, 0x2d1e, 0x3470, 0x3daa, 0xb2c1, 0x36c7,
  0xb2c6, 0x3bcc, 0x3df2, 0x3cae, 0xb53b, 0x243c, 0x3c13, 0xbc80, 0x3c4b, 0xbc5d, 0xbaab, 0xb61a,
  0x3a38, 0x3cba, 0xb88b, 0xbe05, 0xb299, 0x3db6, 0x3546, 0xbf30, 0xbab0, 0xb566, 0x3fe7, 0xb6c7,
  0xbf73, 0x3796, 0xbd45, 0x3de2, 0x38e0, 0x3929, 0x3fe9, 0x40f6, 0x3f38, 0x38a9, 0x3f0a, 0x3f5d,
  0x3801, 0x3fbe, 0xb4ec, 0x4208, 0x3de0, 0x3c20, 0x4164, 0xaf57, 0x4168, 0x40c7, 0x4110, 0x3cc4,
  0x3a47, 0x3eae, 0x405d, 0x4098, 0x3ced, 0x397c, 0xa939, 0x3c09, 0xc00d, 0x3ead, 0xb888, 0xba44,
  0xbcde, 0xb92e, 0xb68a, 0x1d18, 0xb9d1, 0xbe92, 0x4190, 0xc095, 0x3109, 0xae68, 0x2e90, 0xbd92,
  0xbd4e, 0xbd53, 0x38d7, 0xb32a, 0xaf46, 0xb81b, 0x305d, 0x3d07, 0xb4fc, 0xb866, 0xb397, 0xbd20,
  0xc070, 0x3c0f, 0xbecf, 0xbd83, 0xb692, 0x37d0, 0xbad0, 0x38e3, 0xbd0e, 0xb87a, 0xbb00, 0xc195,
  0x41b8, 0xbcc5, 0x3840, 0xbd5b, 0x3ff1, 0xbd84, 0x3e24, 0xbdf2,
};

/* Numbers in a range of @n steps around zero, from the generator of “Numerical Recipes”. */
static void
fill (QsHostTensor *tensor,
      guint32      *state,
      int           n,
      float         unit)
{
  float *values = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    {
      *state = *state * 1664525u + 1013904223u;
      values[i] = (float) ((int) ((*state >> 16) % (guint32) n) - n / 2) * unit;
    }
}

typedef struct
{
  QsTestMaker maker;
  QsHostTensor *input;
} Exact;

static QsHostTensor *
constant_of (Exact      *self,
             const char *layer,
             guint       index)
{
  return qs_layer_get_input (qs_network_find_layer (self->maker.network, layer), index)->value;
}

static void
exact_init (Exact *self)
{
  QsShape shape = qs_shape_make (4, 1, 4, 5, 5);
  guint32 state = 1;
  QsTensor *t;

  qs_test_maker_init (&self->maker, 1);
  t = qs_test_input (&self->maker, "x", &shape);
  t = qs_test_convolution (&self->maker, "conv1", t, 8, 3, 1, TRUE);
  t = qs_test_activation (&self->maker, "relu", t, (QsActivation) { QS_ACTIVATION_RELU });
  t = qs_test_convolution (&self->maker, "conv2", t, 8, 3, 1, TRUE);
  qs_network_mark_output (self->maker.network, t);
  g_assert_true (qs_network_sort (self->maker.network, NULL));

  self->input = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  fill (self->input, &state, 129, 0x1p-6f);
  fill (constant_of (self, "conv1", QS_INPUT_WEIGHTS), &state, 129, 0x1p-7f * (1.0f + 0x1p-13f));
  fill (constant_of (self, "conv1", QS_INPUT_BIAS), &state, 65, 0x1p-5f);
  fill (constant_of (self, "conv2", QS_INPUT_WEIGHTS), &state, 5, 0x1p-2f);
  fill (constant_of (self, "conv2", QS_INPUT_BIAS), &state, 65, 0x1p-5f);
}

static void
exact_clear (Exact *self)
{
  qs_host_tensor_unref (self->input);
  qs_test_maker_clear (&self->maker);
}

static QsEngine *
try_build (QsNetwork              *network,
           QsScaleTable           *scales,
           const char             *backend,
           QsInt8Mode              int8,
           QsFp16Mode              fp16,
           QsPrecisionConstraints *constraints,
           GError                **error)
{
  QsBuilderOptions options = {
    .backend = qs_backend_lookup (backend),
    .n_threads = 1,
    .fuse = TRUE,
    .int8 = int8,
    .fp16 = fp16,
    .constraints = constraints,
  };

  return qs_builder_build (network, scales, &options, NULL, error);
}

static QsEngine *
build (QsNetwork              *network,
       QsScaleTable           *scales,
       const char             *backend,
       QsInt8Mode              int8,
       QsFp16Mode              fp16,
       QsPrecisionConstraints *constraints)
{
  g_autoptr (GError) error = NULL;
  QsEngine *engine = try_build (network, scales, backend, int8, fp16, constraints, &error);

  g_assert_no_error (error);
  return engine;
}

/* The first output. */
static QsHostTensor *
run (QsEngine     *engine,
     QsHostTensor *input,
     guint         n_threads)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, n_threads, &error);
  g_autoptr (GPtrArray) outputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  g_assert_no_error (error);
  g_ptr_array_set_size (outputs, (int) qs_engine_get_network (engine)->outputs->len);
  qs_context_run (context, &input, (QsHostTensor **) outputs->pdata, &error);
  g_assert_no_error (error);
  return qs_host_tensor_ref (g_ptr_array_index (outputs, 0));
}

static guint
count_differences (QsHostTensor *output)
{
  const float *values = qs_host_tensor_get_floats (output);
  guint n = 0;

  g_assert_nonnull (values);
  g_assert_cmpint (qs_host_tensor_get_n_elements (output), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    n += values[i] != qs_float16_to_float (expected[i]);
  return n;
}

static void
test_numpy (gconstpointer data)
{
  Exact exact;
  g_autoptr (QsEngine) fp16 = NULL;
  g_autoptr (QsEngine) fp32 = NULL;
  g_autoptr (QsHostTensor) reference = NULL;

  exact_init (&exact);
  fp16 = build (exact.maker.network, NULL, data, QS_INT8_OFF, QS_FP16_ALL, NULL);
  g_assert_cmpuint (qs_engine_count_layers (fp16, QS_PRECISION_FP16), ==, 2);
  for (guint n_threads = 1; n_threads <= 3; n_threads++)
    {
      g_autoptr (QsHostTensor) output = run (fp16, exact.input, n_threads);

      g_assert_cmpuint (count_differences (output), ==, 0);
    }

  /* FP32 is something else, or the numbers above would say nothing. */
  fp32 = build (exact.maker.network, NULL, data, QS_INT8_OFF, QS_FP16_OFF, NULL);
  reference = run (fp32, exact.input, 1);
  g_assert_cmpuint (count_differences (reference), >, 90);
  exact_clear (&exact);
}

/* Types of tensors and layers, Reformats at both ends, two bytes for every value. */
static void
test_structure (void)
{
  Exact exact;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsEngine) fp32 = NULL;
  QsNetwork *network;
  QsLayer *layer;

  exact_init (&exact);
  engine = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALL, NULL);
  fp32 = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_OFF, NULL);
  network = qs_engine_get_network (engine);
  layer = qs_network_find_layer (network, "conv1 + relu");
  g_assert_nonnull (layer);
  g_assert_cmpint (layer->precision, ==, QS_PRECISION_FP16);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (qs_layer_get_input (layer, i)->type, ==, QS_DATA_TYPE_FLOAT16);
  g_assert_cmpint (qs_layer_get_output (layer, 0)->type, ==, QS_DATA_TYPE_FLOAT16);
  g_assert_cmpuint (qs_engine_count_reformats (engine), ==, 2);
  g_assert_cmpint (((QsTensor *) g_ptr_array_index (network->inputs, 0))->type, ==,
                   QS_DATA_TYPE_FLOAT);
  g_assert_cmpint (((QsTensor *) g_ptr_array_index (network->outputs, 0))->type, ==,
                   QS_DATA_TYPE_FLOAT);
  g_assert_true (qs_engine_emulates_fp16 (engine));
  g_assert_false (qs_engine_emulates_fp16 (fp32));
  g_assert_nonnull (strstr (qs_engine_get_layer (engine, layer->id)->reason, "FP16 was asked for"));

  /* 4*8*9 + 8*8*9 weights and 16 biases; relu's output is 8*25 values. */
  g_assert_cmpuint (qs_engine_get_weight_size (engine), ==, 880 * 2);
  g_assert_cmpuint (qs_engine_get_weight_size (fp32), ==, 880 * 4);
  g_assert_cmpuint (qs_engine_get_allocation (engine, qs_layer_get_output (layer, 0)->id)->size, ==,
                    400);
  exact_clear (&exact);
}

/* Allowing FP16 changes nothing where it is only emulated, and its candidates say so. */
static void
test_allowed (void)
{
  Exact exact;
  g_autoptr (QsEngine) engine = NULL;
  const QsEngineLayer *layer;
  gboolean found = FALSE;

  exact_init (&exact);
  engine = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALLOWED, NULL);
  g_assert_true (qs_engine_is_fp32 (engine));
  layer = qs_engine_get_layer (
    engine, qs_network_find_layer (qs_engine_get_network (engine), "conv1 + relu")->id);
  for (guint i = 0; i < layer->tactics->len; i++)
    {
      const QsTactic *tactic = g_ptr_array_index (layer->tactics, i);

      if (tactic->precision != QS_PRECISION_FP16)
        continue;
      g_assert_false (tactic->chosen);
      found = found || strstr (tactic->reason, "emulated") != NULL;
    }
  g_assert_true (found);
  exact_clear (&exact);
}

/* Random networks. A layer's rounding is within 2^-12 of its largest value, and up to 24 steps pass it
 * on about as large as it was: four times that is below 2^-5. */
static void
test_random (void)
{
  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);
      g_autoptr (QsEngine) fp32 = build (network, NULL, "cpu", QS_INT8_OFF, QS_FP16_OFF, NULL);
      g_autoptr (QsEngine) cpu = build (network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALL, NULL);
      g_autoptr (QsEngine) reference =
        build (network, NULL, "reference", QS_INT8_OFF, QS_FP16_ALL, NULL);
      g_autoptr (QsHostTensor) input =
        qs_test_input_value (g_ptr_array_index (network->inputs, 0), seed);
      g_autoptr (QsHostTensor) a = run (fp32, input, 1);
      g_autoptr (QsHostTensor) b = run (cpu, input, 1);
      g_autoptr (QsHostTensor) c = run (reference, input, 1);
      g_autoptr (QsHostTensor) threads = run (cpu, input, 3);
      g_autoptr (GHashTable) values = qs_test_evaluate (network, seed);
      GHashTableIter iter;
      gpointer value;
      float largest = 1.0f;

      g_hash_table_iter_init (&iter, values);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        largest = MAX (largest, qs_test_max_abs (value));
      g_assert_cmpfloat (qs_test_max_difference (a, b), <, 0x1p-5f * largest);
      g_assert_cmpfloat (qs_test_max_difference (a, c), <, 0x1p-5f * largest);
      g_assert_cmpmem (qs_host_tensor_get_data (b), qs_host_tensor_get_size (b),
                       qs_host_tensor_get_data (threads), qs_host_tensor_get_size (threads));
      g_assert_cmpuint (qs_engine_count_layers (cpu, QS_PRECISION_FP32), ==, 0);
      g_assert_cmpuint (qs_engine_get_weight_size (cpu), <, qs_engine_get_weight_size (fp32));
    }
}

static QsScaleTable *
make_scales (QsNetwork *network)
{
  g_autoptr (GHashTable) values = qs_test_evaluate (network, 1);
  QsScaleTable *scales = qs_scale_table_new ();
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, values);
  while (g_hash_table_iter_next (&iter, &name, &value))
    qs_scale_table_set (scales, name, qs_test_max_abs (value) / 127.0f);
  return scales;
}

static QsPrecisionConstraints *
make_constraints (QsConstraintMode  mode,
                  const char       *layer,
                  QsPrecision       precision)
{
  QsPrecisionConstraints *constraints = qs_precision_constraints_new (mode);

  qs_precision_constraints_set_precision (constraints, layer, precision);
  return constraints;
}

/* INT8 beside FP16: the INT8 layer writes float16 itself, and both backends agree on its bits. */
static void
test_mixed (void)
{
  Exact exact;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsPrecisionConstraints) constraints =
    make_constraints (QS_CONSTRAINT_OBEY, "conv2", QS_PRECISION_FP16);
  const char *const backends[] = { "cpu", "reference" };
  g_autoptr (QsHostTensor) first = NULL;

  exact_init (&exact);
  scales = make_scales (exact.maker.network);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    {
      g_autoptr (QsEngine) engine = build (exact.maker.network, scales, backends[i], QS_INT8_ALL,
                                           QS_FP16_ALLOWED, constraints);
      QsNetwork *network = qs_engine_get_network (engine);
      const QsLayer *layer = qs_network_find_layer (network, "conv1 + relu");
      g_autoptr (QsHostTensor) output = run (engine, exact.input, 1);

      g_assert_cmpint (layer->precision, ==, QS_PRECISION_INT8);
      g_assert_cmpint (qs_layer_get_input (layer, 0)->type, ==, QS_DATA_TYPE_INT8);
      g_assert_cmpint (qs_layer_get_output (layer, 0)->type, ==, QS_DATA_TYPE_FLOAT16);
      g_assert_cmpint (qs_network_find_layer (network, "conv2")->precision, ==, QS_PRECISION_FP16);
      /* One to INT8 before, one to FP32 behind; none between the two layers. */
      g_assert_cmpuint (qs_engine_count_reformats (engine), ==, 2);

      /* The second layer sums exactly, so its rounding is the same, too. */
      if (first == NULL)
        first = qs_host_tensor_ref (output);
      g_assert_cmpmem (qs_host_tensor_get_data (first), qs_host_tensor_get_size (first),
                       qs_host_tensor_get_data (output), qs_host_tensor_get_size (output));
    }
  exact_clear (&exact);
}

static guint
count_entries (QsEngine      *engine,
               QsJournalKind  kind,
               const char    *rule,
               const char    *layer)
{
  QsJournal *journal = qs_engine_get_journal (engine);
  guint n = 0;

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);

      n += entry->kind == kind && strcmp (entry->rule, rule) == 0 &&
           g_strcmp0 (entry->layers[0], layer) == 0;
    }
  return n;
}

/* A constraint that cannot be followed: FP16 in a build without it. */
static void
test_modes (void)
{
  const struct
  {
    QsConstraintMode mode;
    guint decisions, warnings;
  } rows[] = { { QS_CONSTRAINT_HINT, 1, 0 }, { QS_CONSTRAINT_PREFER, 0, 1 } };
  Exact exact;
  g_autoptr (QsPrecisionConstraints) obey =
    make_constraints (QS_CONSTRAINT_OBEY, "relu", QS_PRECISION_FP16);
  g_autoptr (GError) error = NULL;

  exact_init (&exact);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (QsPrecisionConstraints) constraints =
        make_constraints (rows[i].mode, "conv2", QS_PRECISION_FP16);
      g_autoptr (QsEngine) engine = build (exact.maker.network, NULL, "reference", QS_INT8_OFF,
                                           QS_FP16_OFF, constraints);

      g_assert_true (qs_engine_is_fp32 (engine));
      g_assert_cmpuint (count_entries (engine, QS_JOURNAL_DECISION, "precision-constraint", "conv2"),
                        ==, rows[i].decisions);
      g_assert_cmpuint (count_entries (engine, QS_JOURNAL_WARNING, "precision-constraint", "conv2"),
                        ==, rows[i].warnings);
    }

  /* The ReLU is a node of the first layer, which is what is named. */
  g_assert_null (try_build (exact.maker.network, NULL, "reference", QS_INT8_OFF, QS_FP16_OFF, obey,
                            &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                        "conv1 + relu: a constraint asks that it compute in FP16");
  exact_clear (&exact);
}

/* Constraints that are followed, in every mode, against what the build would do by itself. */
static void
test_followed (void)
{
  Exact exact;
  g_autoptr (QsScaleTable) scales = NULL;

  exact_init (&exact);
  scales = make_scales (exact.maker.network);
  for (int mode = QS_CONSTRAINT_HINT; mode < QS_N_CONSTRAINT_MODES; mode++)
    {
      g_autoptr (QsPrecisionConstraints) constraints =
        make_constraints ((QsConstraintMode) mode, "conv1", QS_PRECISION_FP32);
      g_autoptr (QsEngine) engine = NULL;
      QsNetwork *network;

      qs_precision_constraints_set_precision (constraints, QS_CONSTRAINT_ALL, QS_PRECISION_FP16);
      qs_precision_constraints_set_type (constraints, "conv1", 0, QS_DATA_TYPE_FLOAT16);
      engine = build (exact.maker.network, scales, "cpu", QS_INT8_ALL, QS_FP16_ALLOWED, constraints);
      network = qs_engine_get_network (engine);
      g_assert_cmpint (qs_network_find_layer (network, "conv1 + relu")->precision, ==,
                       QS_PRECISION_FP32);
      g_assert_cmpint (qs_network_find_tensor (network, "relu")->type, ==, QS_DATA_TYPE_FLOAT16);
      g_assert_cmpint (qs_network_find_layer (network, "conv2")->precision, ==, QS_PRECISION_FP16);
      /* Where it binds, it is said once. */
      if (mode != QS_CONSTRAINT_HINT)
        g_assert_cmpstr (
          qs_engine_get_layer (engine, qs_network_find_layer (network, "conv2")->id)->reason, ==,
          "A constraint asks that it compute in FP16.");
      g_assert_cmpuint (count_entries (engine, QS_JOURNAL_WARNING, "precision-constraint", "conv2"),
                        ==, 0);
    }
  exact_clear (&exact);
}

/* The same network as a float16 model: input, constants and output are float16. */
static void
become_fp16_model (Exact *exact)
{
  QsNetwork *network = exact->maker.network;
  QsHostTensor *input;

  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      QsHostTensor *value = tensor->value;

      tensor->type = QS_DATA_TYPE_FLOAT16;
      if (value == NULL)
        continue;
      tensor->value = qs_host_tensor_convert (value, QS_DATA_TYPE_FLOAT16, NULL);
      qs_host_tensor_unref (value);
    }
  g_assert_true (qs_network_infer (network, NULL));

  input = qs_host_tensor_convert (exact->input, QS_DATA_TYPE_FLOAT16, NULL);
  qs_host_tensor_unref (exact->input);
  exact->input = input;
}

static void
check_fp16_output (QsEngine     *engine,
                   QsHostTensor *input,
                   gboolean      same)
{
  g_autoptr (QsHostTensor) output = run (engine, input, 1);

  g_assert_cmpint (qs_host_tensor_get_data_type (output), ==, QS_DATA_TYPE_FLOAT16);
  g_assert_cmpuint (qs_host_tensor_get_size (output), ==, sizeof expected);
  g_assert_true ((memcmp (qs_host_tensor_get_data (output), expected, sizeof expected) == 0) == same);
}

/* It is widened, computes in what the build says, and keeps the types of its ends; it can be INT8. */
static void
test_fp16_model (void)
{
  Exact exact;
  g_autoptr (QsEngine) off = NULL;
  g_autoptr (QsEngine) allowed = NULL;
  g_autoptr (QsEngine) int8 = NULL;
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();

  exact_init (&exact);
  become_fp16_model (&exact);
  off = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_OFF, NULL);
  g_assert_true (qs_engine_is_fp32 (off));
  check_fp16_output (off, exact.input, FALSE);

  allowed = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALLOWED, NULL);
  g_assert_cmpuint (qs_engine_count_layers (allowed, QS_PRECISION_FP16), ==, 2);
  check_fp16_output (allowed, exact.input, TRUE);

  qs_scale_table_set (scales, "x", 1.0f / 127.0f);
  qs_scale_table_set (scales, "relu", 3.0f / 127.0f);
  qs_scale_table_set (scales, "conv2", 6.0f / 127.0f);
  int8 = build (exact.maker.network, scales, "cpu", QS_INT8_ALL, QS_FP16_OFF, NULL);
  g_assert_cmpuint (qs_engine_count_layers (int8, QS_PRECISION_INT8), ==, 2);
  check_fp16_output (int8, exact.input, FALSE);
  exact_clear (&exact);
}

static void
test_unknown_layer (void)
{
  Exact exact;
  g_autoptr (QsPrecisionConstraints) constraints =
    make_constraints (QS_CONSTRAINT_HINT, "conv9", QS_PRECISION_FP16);
  g_autoptr (GError) error = NULL;

  exact_init (&exact);
  g_assert_null (try_build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALL, constraints,
                            &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "conv9");
  exact_clear (&exact);
}

static void
test_conflict (void)
{
  Exact exact;
  g_autoptr (QsPrecisionConstraints) constraints =
    make_constraints (QS_CONSTRAINT_OBEY, "conv1", QS_PRECISION_FP16);
  g_autoptr (GError) error = NULL;

  exact_init (&exact);
  qs_precision_constraints_set_precision (constraints, "relu", QS_PRECISION_FP32);
  g_assert_null (try_build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALL, constraints,
                            &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "one layer after fusion");
  exact_clear (&exact);
}

static void
test_parse (void)
{
  g_autoptr (QsPrecisionConstraints) constraints =
    qs_precision_constraints_new (QS_CONSTRAINT_PREFER);
  const char *const bad[] = { "conv", "=fp16", "conv=fp8", "conv=", "conv=FP16" };
  const QsPrecisionConstraint *constraint;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) types_error = NULL;

      g_assert_false (qs_precision_constraints_parse_precision (constraints, bad[i], &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, bad[i]);
      g_assert_false (qs_precision_constraints_parse_types (constraints, bad[i], &types_error));
      qs_test_assert_error (types_error, QS_ERROR, QS_ERROR_MALFORMED, bad[i]);
    }
  g_assert_cmpuint (qs_precision_constraints_get_n (constraints), ==, 0);

  g_assert_true (qs_precision_constraints_parse_precision (constraints, "a=b=int8", NULL));
  g_assert_true (qs_precision_constraints_parse_types (constraints, "a=b=fp16+fp32", NULL));
  g_assert_cmpuint (qs_precision_constraints_get_n (constraints), ==, 1);
  constraint = qs_precision_constraints_get (constraints, 0);
  g_assert_cmpstr (constraint->layer, ==, "a=b");
  g_assert_true (constraint->has_precision);
  g_assert_cmpint (constraint->precision, ==, QS_PRECISION_INT8);
  g_assert_cmpuint (constraint->n_types, ==, 2);
  g_assert_cmpint (constraint->types[0], ==, QS_DATA_TYPE_FLOAT16);
  g_assert_cmpint (constraint->types[1], ==, QS_DATA_TYPE_FLOAT);
}

/* Weights that float16 cannot hold are counted and told, by layer. */
static void
test_rounding_warnings (void)
{
  Exact exact;
  g_autoptr (QsEngine) engine = NULL;
  float *weights;

  exact_init (&exact);
  weights = qs_host_tensor_get_mutable (constant_of (&exact, "conv2", QS_INPUT_WEIGHTS));
  weights[0] = 65519.0f; /* rounds to 65,504 */
  weights[1] = 65520.0f;
  weights[2] = -1e30f;
  weights[3] = 0x1p-25f; /* ties to zero */
  weights[4] = 0x1.8p-25f;
  engine = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALL, NULL);
  g_assert_cmpuint (count_entries (engine, QS_JOURNAL_WARNING, "fp16-overflow", "conv2"), ==, 1);
  g_assert_cmpuint (count_entries (engine, QS_JOURNAL_WARNING, "fp16-underflow", "conv2"), ==, 1);
  g_assert_cmpuint (count_entries (engine, QS_JOURNAL_WARNING, "fp16-overflow", "conv1 + relu"), ==,
                    0);
  for (guint i = 0; i < qs_journal_get_n (qs_engine_get_journal (engine)); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (qs_engine_get_journal (engine), i);

      if (strcmp (entry->rule, "fp16-overflow") == 0)
        g_assert_nonnull (strstr (entry->reason, "conv2: 2 of its constants"));
      if (strcmp (entry->rule, "fp16-underflow") == 0)
        g_assert_nonnull (strstr (entry->reason, "conv2: 1 of its constants"));
    }
  exact_clear (&exact);
}

/* A plan keeps the types, the kernels and so the bits. */
static void
test_plan (void)
{
  Exact exact;
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "fp16.plan", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsEngine) loaded = NULL;
  g_autoptr (QsHostTensor) output = NULL;
  g_autoptr (GError) error = NULL;

  exact_init (&exact);
  engine = build (exact.maker.network, NULL, "cpu", QS_INT8_OFF, QS_FP16_ALL, NULL);
  g_assert_true (qs_engine_save (engine, file, &error));
  g_assert_no_error (error);
  loaded = qs_engine_load (file, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < qs_engine_get_network (engine)->layers->len; i++)
    {
      g_assert_cmpstr (qs_engine_get_layer (loaded, i)->kernel, ==,
                       qs_engine_get_layer (engine, i)->kernel);
      g_assert_cmpint (qs_engine_get_layer (loaded, i)->layer->precision, ==,
                       qs_engine_get_layer (engine, i)->layer->precision);
    }
  output = run (loaded, exact.input, 1);
  g_assert_cmpuint (count_differences (output), ==, 0);
  exact_clear (&exact);
  qs_test_remove_folder (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/fp16/numpy/reference", "reference", test_numpy);
  g_test_add_data_func ("/fp16/numpy/cpu", "cpu", test_numpy);
  g_test_add_func ("/fp16/structure", test_structure);
  g_test_add_func ("/fp16/allowed", test_allowed);
  g_test_add_func ("/fp16/random", test_random);
  g_test_add_func ("/fp16/mixed", test_mixed);
  g_test_add_func ("/fp16/rounding-warnings", test_rounding_warnings);
  g_test_add_func ("/fp16/plan", test_plan);
  g_test_add_func ("/fp16/model", test_fp16_model);
  g_test_add_func ("/precision-constraints/modes", test_modes);
  g_test_add_func ("/precision-constraints/followed", test_followed);
  g_test_add_func ("/precision-constraints/unknown-layer", test_unknown_layer);
  g_test_add_func ("/precision-constraints/conflict", test_conflict);
  g_test_add_func ("/precision-constraints/parse", test_parse);

  return g_test_run ();
}
