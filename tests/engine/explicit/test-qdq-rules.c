/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "operators/qs-operator.h"
#include "passes/qs-explanation.h"
#include "passes/qs-pass.h"
#include "passes/qs-placement.h"
#include "qs-onnx-maker.h"
#include "qs-qdq-maker.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

#define S 0.05f

static const QsActivation relu = { QS_ACTIVATION_RELU };

static QsTensor *
make (QsTestMaker *maker,
      int          channels)
{
  QsShape shape = qs_shape_make (4, 1, channels, 6, 6);

  qs_test_maker_init (maker, 5);
  return qs_test_input (maker, "x", &shape);
}

static QsTensor *
make_matrix (QsTestMaker *maker)
{
  QsShape shape = qs_shape_make (2, 3, 8);

  qs_test_maker_init (maker, 5);
  return qs_test_input (maker, "x", &shape);
}

static const QsJournalEntry *
find_condition (QsJournal  *journal,
                const char *condition)
{
  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    if (g_strcmp0 (qs_journal_get (journal, i)->condition, condition) == 0)
      return qs_journal_get (journal, i);

  return NULL;
}

static QsLayer *
find_weighted (QsTestMaker *maker)
{
  for (guint i = 0; i < maker->network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (maker->network->layers, i);

      if (layer->weight_scales != NULL)
        return layer;
    }

  g_error ("no layer has INT8 weights");
}

/* The network in integers is the network in fake quantization, but for the last bits of floats. */
static void
check_arithmetic (QsNetwork *network,
                  float      tolerance)
{
  g_autoptr (GHashTable) values = qs_test_evaluate (network, 3);
  const QsTensor *tensor = g_ptr_array_index (network->outputs, 0);

  for (guint i = 0; i < qs_backend_get_n (); i++)
    {
      QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
      g_autoptr (GError) error = NULL;
      g_autoptr (QsEngine) engine = NULL;
      g_autoptr (QsContext) context = NULL;
      g_autoptr (QsHostTensor) output = NULL;
      QsHostTensor *input = g_hash_table_lookup (values, "x");

      options.backend = qs_backend_get (i);
      options.int8 = QS_INT8_ALL;
      engine = qs_builder_build (network, NULL, &options, NULL, &error);
      g_assert_no_error (error);
      context = qs_context_new (engine, 1, &error);
      g_assert_no_error (error);
      qs_context_run (context, &input, &output, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (qs_test_max_difference (output, g_hash_table_lookup (values, tensor->name)),
                         <=, tolerance);
    }
}

static void
finish (QsTestMaker *maker,
        QsTensor    *output)
{
  qs_network_mark_output (maker->network, output);
  g_assert_true (qs_network_sort (maker->network, NULL));
}

static void
expect (QsTestMaker *maker,
        QsTensor    *output,
        QsJournal   *journal,
        const char  *expected)
{
  g_autofree char *text = NULL;

  finish (maker, output);
  text = qs_test_run_explicit (maker, journal);
  g_assert_cmpstr (text, ==, expected);
}

static void
expect_refusal (QsTestMaker *maker,
                QsTensor    *output,
                const char  *place,
                const char  *advice)
{
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (GError) error = NULL;

  finish (maker, output);
  g_assert_false (qs_passes_run_explicit (maker->network, QS_PASS_DEFAULT, journal, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, place));
  g_assert_nonnull (strstr (error->message, advice));
  qs_test_maker_clear (maker);
}

/* INT8 weights as both forms have them; the numbers reach -128, which float weights never do. */
static QsHostTensor *
make_integers (const QsShape *shape,
               QsDataType     type)
{
  QsHostTensor *tensor = qs_host_tensor_new (type, shape, NULL);
  gint64 n = qs_host_tensor_get_n_elements (tensor);

  for (gint64 i = 0; i < n; i++)
    {
      int q = i % 3 == 0 ? -128 : (int) (i * 37 % 255) - 127;

      if (type == QS_DATA_TYPE_FLOAT)
        ((float *) qs_host_tensor_get_mutable (tensor))[i] = (float) q;
      else
        ((gint8 *) qs_host_tensor_get_mutable (tensor))[i] = (gint8) q;
    }
  return tensor;
}

/* Integers as floats through a Q with scale 1, or as INT8 straight into the DQ. */
static void
test_prequantized (gconstpointer data)
{
  gboolean as_floats = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "x", make (&maker, 4), S);
  QsTensor *y = qs_test_convolution (&maker, "conv", x, 5, 3, 1, TRUE);
  QsShape shape = qs_shape_make (4, 5, 4, 3, 3);
  g_autoptr (QsHostTensor) integers =
    make_integers (&shape, as_floats ? QS_DATA_TYPE_FLOAT : QS_DATA_TYPE_INT8);
  g_autoptr (QsHostTensor) bytes = make_integers (&shape, QS_DATA_TYPE_INT8);
  QsTensor *weights = qs_network_add_constant (maker.network, "w", integers);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  QsLayer *layer;

  if (as_floats)
    weights = qs_test_quantize (&maker, "wq", weights, 1.0f);
  weights = qs_test_dequantize (&maker, "wdq", weights, 0.01f);
  qs_network_set_input (maker.network, y->producer, QS_INPUT_WEIGHTS, weights);
  finish (&maker, y);
  check_arithmetic (maker.network, 1e-4f);

  g_free (qs_test_run_explicit (&maker, journal));
  layer = find_weighted (&maker);
  g_assert_cmpstr (layer->name, ==, as_floats ? "w + wq + conv" : "w + conv");
  g_assert_cmpmem (
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value),
    5 * 4 * 9, qs_host_tensor_get_data (bytes), 5 * 4 * 9);
  g_assert_cmpfloat (qs_host_tensor_get_floats (layer->weight_scales)[4], ==, 0.01f);
  qs_test_maker_clear (&maker);
}

/* A Gemm's output channels are axis 0 of its weights with transB, axis 1 without. */
static QsTensor *
add_gemm (QsTestMaker *maker,
          QsTensor    *x,
          gboolean     trans_b,
          int          axis)
{
  QsMatrixMultiplyAttributes attributes = { .trans_b = trans_b, .alpha = 0.5f, .beta = 2.0f };
  QsShape shape = trans_b ? qs_shape_make (2, 5, 8) : qs_shape_make (2, 8, 5);
  QsShape row = qs_shape_make (1, 5);
  QsTensor *inputs[3] = { x };

  inputs[1] = qs_test_weights_pair (maker, "gemm", qs_test_constant (maker, "w", &shape, 0.5f), axis);
  inputs[2] = qs_test_constant (maker, "b", &row, 0.5f);
  return qs_test_layer (maker, QS_LAYER_MATRIX_MULTIPLY, "gemm", &attributes, inputs, 3);
}

static void
test_gemm (gconstpointer data)
{
  gboolean trans_b = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *y = add_gemm (&maker, qs_test_pair (&maker, "x", make_matrix (&maker), S), trans_b,
                          trans_b ? 0 : 1);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  finish (&maker, y);
  check_arithmetic (maker.network, 1e-5f);
  g_free (qs_test_run_explicit (&maker, journal));
  g_assert_cmpstr (find_weighted (&maker)->name, ==, "w + gemm_wq + gemm");
  qs_test_maker_clear (&maker);
}

static void
test_gemm_axis (gconstpointer data)
{
  gboolean trans_b = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *y = add_gemm (&maker, qs_test_pair (&maker, "x", make_matrix (&maker), S), trans_b,
                          trans_b ? 1 : 0);

  expect_refusal (&maker, y, "DequantizeLinear “gemm_wdq”", "quantize the weights along that axis");
}

/* A matrix product whose weights are transposed behind their DQ, and a bias that is added. */
static void
test_transposed_weights (void)
{
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "x", make_matrix (&maker), S);
  QsShape shape = qs_shape_make (2, 5, 8), row = qs_shape_make (1, 5);
  QsTransposeAttributes transpose = { { 2, { 1, 0 } } };
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  QsTensor *w = qs_test_weights_pair (&maker, "m", qs_test_constant (&maker, "w", &shape, 0.5f), 0);
  QsTensor *inputs[2] = { x, qs_test_layer (&maker, QS_LAYER_TRANSPOSE, "t", &transpose, &w, 1) };
  QsTensor *y = qs_test_layer (&maker, QS_LAYER_MATRIX_MULTIPLY, "m", &attributes, inputs, 2);

  y = qs_test_element_wise (&maker, "add", y, qs_test_constant (&maker, "b", &row, 0.5f),
                            QS_ELEMENT_WISE_ADD);
  finish (&maker, y);
  check_arithmetic (maker.network, 1e-5f);
  {
    g_autoptr (QsJournal) journal = qs_journal_new ();
    g_autofree char *text = qs_test_run_explicit (&maker, journal);

    g_assert_cmpstr (text, ==,
                     "Reformat x_q INT8: x:f32 -> x_q:i8\n"
                     "MatrixMultiply w_1 + m_wq + m + add INT8: x_q:i8 -> add:f32\n");
  }
  qs_test_maker_clear (&maker);
}

static void
test_per_channel_activation (void)
{
  QsTestMaker maker;
  QsTensor *x = make (&maker, 4);
  QsQuantizeAttributes attributes = { .axis = 1, .data_type = QS_DATA_TYPE_INT8 };
  QsShape four = qs_shape_make (1, 4);
  QsTensor *inputs[] = { x, qs_test_constant (&maker, "scales", &four, 0.5f) };
  QsTensor *q = qs_test_layer (&maker, QS_LAYER_QUANTIZE, "q", &attributes, inputs, 2);

  expect_refusal (&maker, q, "QuantizeLinear “q”", "use one scale for the whole tensor");
}

static void
test_unequal_pair (void)
{
  QsTestMaker maker;
  QsTensor *q = qs_test_quantize (&maker, "q", make (&maker, 4), S);

  expect_refusal (&maker, qs_test_dequantize (&maker, "dq", q, 2 * S), "DequantizeLinear “dq”",
                  "give both the same scale");
}

static void
test_wide_integers (void)
{
  QsTestMaker maker;
  QsTensor *x = make (&maker, 4);
  QsQuantizeAttributes attributes = { .data_type = QS_DATA_TYPE_INT16 };
  QsTensor *inputs[] = { x, qs_test_number (&maker, "s", S) };
  QsTensor *q = qs_test_layer (&maker, QS_LAYER_QUANTIZE, "q", &attributes, inputs, 2);

  expect_refusal (&maker, q, "QuantizeLinear “q”", "signed 8-bit");
}

/* uint8 with zero point 0 is taken for int8, as TensorRT does, and said. */
static void
test_unsigned (void)
{
  QsTestMaker maker;
  QsTensor *x = make (&maker, 4);
  QsQuantizeAttributes attributes = { .data_type = QS_DATA_TYPE_UINT8 };
  QsTensor *inputs[] = { x, qs_test_number (&maker, "s", S) };
  QsTensor *q = qs_test_layer (&maker, QS_LAYER_QUANTIZE, "q", &attributes, inputs, 2);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  expect (&maker, qs_test_dequantize (&maker, "dq", q, S), journal,
          "Reformat q INT8: x:f32 -> q:i8\nReformat dq INT8: q:i8 -> dq:f32\n");
  g_assert_cmpuint (qs_test_count_entries (journal, QS_JOURNAL_WARNING, "unsigned-quantization"), ==,
                    2);
  qs_test_maker_clear (&maker);
}

static QsTensor *
add_padding (QsTestMaker *maker,
             QsTensor    *x)
{
  QsPaddingAttributes attributes = { .pads = { 8, { 0, 0, 1, 2, 0, 0, 3, 0 } } };

  return qs_test_layer (maker, QS_LAYER_PADDING, "pad", &attributes, &x, 1);
}

/* A deconvolution's output channels are axis 1 of its weights; those of all groups share the scales. */
static void
test_deconvolution (gconstpointer data)
{
  int groups = GPOINTER_TO_INT (data) ? 1 : 2;
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "x", make (&maker, 4), S);
  QsShape shape = qs_shape_make (4, 4, 3, 3, 3);
  QsConvolutionAttributes attributes = {
    .groups = groups,
    .kernel_shape = { 2, { 3, 3 } },
    .strides = { 2, { 2, 2 } },
    .dilations = { 2, { 1, 1 } },
    .pads = { 4, { 1, 1, 1, 1 } },
    .output_padding = { 2, { 0, 0 } },
  };
  QsTensor *w = qs_test_constant (&maker, "w", &shape, 0.5f);
  QsTensor *inputs[2] = { x, qs_test_weights_pair (&maker, "up", w, 1) };
  g_autoptr (QsJournal) journal = qs_journal_new ();

  finish (&maker, qs_test_layer (&maker, QS_LAYER_DECONVOLUTION, "up", &attributes, inputs, 2));
  check_arithmetic (maker.network, 1e-5f);
  g_free (qs_test_run_explicit (&maker, journal));
  g_assert_cmpint (qs_host_tensor_get_n_elements (find_weighted (&maker)->weight_scales), ==,
                   3 * groups);
  qs_test_maker_clear (&maker);
}

/* A normalization may turn a channel around or take it away; the epilogue's multiplier follows. */
static void
test_negative_factor (void)
{
  const float factors[4] = { 1.5f, -0.75f, 0.0f, -2.0f };
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "x", make (&maker, 4), S);
  QsTensor *y = qs_test_batch_norm (&maker, "bn",
                                    qs_test_qdq_convolution (&maker, "conv", x, 4, 3, 1, TRUE));
  QsTensor *gamma = qs_layer_get_input (y->producer, 1);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  memcpy (qs_host_tensor_get_mutable (gamma->value), factors, sizeof factors);
  finish (&maker, y);
  check_arithmetic (maker.network, 1e-5f);
  g_free (qs_test_run_explicit (&maker, journal));
  g_assert_cmpfloat (qs_host_tensor_get_floats (find_weighted (&maker)->weight_scales)[1], <, 0.0f);
  g_assert_cmpfloat (qs_host_tensor_get_floats (find_weighted (&maker)->weight_scales)[2], ==, 0.0f);
  qs_test_maker_clear (&maker);
}

/* Zeros are zeros in INT8, on either side of the pair. */
static void
test_padding (gconstpointer data)
{
  gboolean before = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *x = make (&maker, 4);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  x = before ? qs_test_pair (&maker, "p", add_padding (&maker, x), S)
             : add_padding (&maker, qs_test_pair (&maker, "p", x, S));
  x = qs_test_qdq_convolution (&maker, "conv", x, 4, 3, 1, TRUE);
  finish (&maker, x);
  check_arithmetic (maker.network, 1e-5f);
  g_free (qs_test_run_explicit (&maker, journal));
  g_assert_cmpuint (maker.network->layers->len, ==, 2);
  g_assert_cmpstr (find_weighted (&maker)->name, ==, "pad + conv.weight + conv_wq + conv");
  qs_test_maker_clear (&maker);
}

/* A clip to multiples of the scale gives nothing new, so it can be INT8 without a Q behind it. */
static void
test_inserted_pair (gconstpointer data)
{
  gboolean on_grid = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "x", make (&maker, 4), 0.0625f);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  x = qs_test_activation (&maker, "clip", x,
                          (QsActivation) { QS_ACTIVATION_CLIP, 0.0f, on_grid ? 6.0f : 6.03f });
  expect (&maker, x, journal,
          on_grid ? "Reformat x_q INT8: x:f32 -> x_q:i8\n"
                    "Activation clip INT8 Clip: x_q:i8 -> clip_2:i8\n"
                    "Reformat x_dq_inserted_DQ INT8: clip_2:i8 -> clip:f32\n"
                  : "Reformat x_q INT8: x:f32 -> x_q:i8\n"
                    "Reformat x_dq INT8: x_q:i8 -> x_dq:f32\n"
                    "Activation clip FP32 Clip: x_dq:f32 -> clip:f32\n");
  g_assert_cmpuint (qs_test_count_entries (journal, QS_JOURNAL_REWRITE, "insert-pairs"), ==, on_grid);
  g_assert_true ((find_condition (journal, "missing-quantize") == NULL) == on_grid);
  qs_test_maker_clear (&maker);
}

static void
test_requantize (void)
{
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "a", make (&maker, 4), S);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  x = qs_test_pair (&maker, "b", x, 2 * S);
  finish (&maker, x);
  check_arithmetic (maker.network, 0.0f);
  g_free (qs_test_run_explicit (&maker, journal));
  g_assert_nonnull (qs_network_find_layer (maker.network, "a_dq + b_q"));
  g_assert_cmpuint (qs_test_count_entries (journal, QS_JOURNAL_REWRITE, "requantize"), ==, 1);
  qs_test_maker_clear (&maker);
}

static void
test_redundant_pair (void)
{
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "a", make (&maker, 4), S);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  expect (&maker, qs_test_pair (&maker, "b", x, S), journal,
          "Reformat a_q INT8: x:f32 -> a_q:i8\nReformat b_dq INT8: a_q:i8 -> b_dq:f32\n");
  g_assert_cmpuint (qs_test_count_entries (journal, QS_JOURNAL_REWRITE, "cancel-pairs"), ==, 1);
  qs_test_maker_clear (&maker);
}

/* The maximum of two tensors with one scale needs no Q behind it; with two scales it stays float. */
static void
test_maximum (gconstpointer data)
{
  gboolean equal = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *x = make (&maker, 4), *a, *b;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  const QsJournalEntry *entry;

  a = qs_test_pair (&maker, "a", x, S);
  b = qs_test_pair (&maker, "b", qs_test_batch_norm (&maker, "bn", x), equal ? S : 2 * S);
  finish (&maker, qs_test_element_wise (&maker, "max", a, b, QS_ELEMENT_WISE_MAX));
  check_arithmetic (maker.network, 0.0f);
  g_free (qs_test_run_explicit (&maker, journal));
  g_assert_cmpint (qs_network_find_layer (maker.network, "max")->precision, ==,
                   equal ? QS_PRECISION_INT8 : QS_PRECISION_FP32);

  entry = find_condition (journal, "unequal-scales");
  g_assert_true ((entry == NULL) == equal);
  if (!equal)
    {
      g_assert_cmpfloat (entry->scales[0], ==, 2 * S);
      g_assert_cmpfloat (entry->scales[1], ==, S);
      g_assert_nonnull (strstr (entry->remedy, "one scale"));
    }
  qs_test_maker_clear (&maker);
}

/* A float reader behind a pooling keeps its Q behind it, and the journal says whose fault it is. */
static void
test_float_reader (void)
{
  QsTestMaker maker;
  QsTensor *pool = qs_test_max_pool (&maker, "pool", make (&maker, 4));
  QsTensor *y = qs_test_pair (&maker, "y", pool, S);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  const QsJournalEntry *entry;
  g_autofree char *why = NULL;

  qs_network_mark_output (maker.network,
                          qs_test_activation (&maker, "tanh", pool,
                                              (QsActivation) { QS_ACTIVATION_TANH }));
  finish (&maker, y);
  g_free (qs_test_run_explicit (&maker, journal));
  entry = find_condition (journal, "another-reader");
  g_assert_nonnull (entry);
  g_assert_cmpstr (entry->layers[2], ==, "tanh");
  g_assert_nonnull (strstr (entry->remedy, "Quantize what tanh reads of pool with the scale of y_q"));
  why = qs_explain_float (journal, qs_network_find_layer (maker.network, "pool"));
  g_assert_nonnull (strstr (why, "tanh"));
  qs_test_maker_clear (&maker);
}

/* Quantized weights alone are dequantized now, and the layer computes in floats with them. */
static void
test_weights_only (void)
{
  QsTestMaker maker;
  QsTensor *y = qs_test_qdq_convolution (&maker, "conv", make (&maker, 4), 4, 3, 1, TRUE);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  expect (&maker, qs_test_activation (&maker, "relu", y, relu), journal,
          "Convolution conv + relu FP32 ReLU: x:f32 -> relu:f32\n");
  g_assert_nonnull (find_condition (journal, "missing-quantize"));
  qs_test_maker_clear (&maker);
}

static QsTensor *
product_of (QsTestMaker *maker,
            const char  *name,
            QsTensor    *a,
            QsTensor    *b,
            gboolean     trans_b)
{
  QsMatrixMultiplyAttributes attributes = { FALSE, trans_b, 0.35f, 1.0f };
  QsTensor *inputs[] = { a, b };

  return qs_test_layer (maker, QS_LAYER_MATRIX_MULTIPLY, name, &attributes, inputs, 2);
}

/* R7 for the two products of attention: each operand has a scale of its own, and sums of integer
 * products times both scales and alpha are what fake quantization computes, but for the rounding of
 * float sums of 12 products: 12 * 2^-24 * 12 * 1.5^2, below 1e-4. */
static void
test_activation_product (void)
{
  QsTestMaker maker;
  QsShape shape = qs_shape_make (3, 2, 5, 12);
  QsTensor *a, *b;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autofree char *text = NULL;

  qs_test_maker_init (&maker, 5);
  a = qs_test_pair (&maker, "a", qs_test_input (&maker, "x", &shape), S);
  b = qs_test_pair (&maker, "b", qs_test_activation (&maker, "tanh",
                                                     qs_network_find_tensor (maker.network, "x"),
                                                     (QsActivation) { QS_ACTIVATION_TANH }),
                    0.011f);
  finish (&maker, product_of (&maker, "scores", a, b, TRUE));
  check_arithmetic (maker.network, 1e-4f);
  text = qs_test_run_explicit (&maker, journal);
  g_assert_nonnull (strstr (text, "MatrixMultiply scores INT8: a_q:i8 b_q:i8 -> scores:f32\n"));
  g_assert_cmpuint (qs_test_count_entries (journal, QS_JOURNAL_REWRITE, "quantize-weighted"), ==, 1);
  qs_test_maker_clear (&maker);
}

/* R8 behind it; a value that lies on a tie may be rounded the other way: one step of the output. */
static void
test_activation_product_quantized (void)
{
  QsTestMaker maker;
  QsShape shape = qs_shape_make (3, 2, 5, 12);
  QsTensor *a;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autofree char *text = NULL;

  qs_test_maker_init (&maker, 5);
  a = qs_test_pair (&maker, "a", qs_test_input (&maker, "x", &shape), S);
  finish (&maker, qs_test_pair (&maker, "y", product_of (&maker, "scores", a, a, TRUE), 0.02f));
  check_arithmetic (maker.network, 0.0201f);
  text = qs_test_run_explicit (&maker, journal);
  g_assert_nonnull (strstr (text, "MatrixMultiply scores INT8: a_q:i8 a_q:i8 -> y_q:i8\n"));
  qs_test_maker_clear (&maker);
}

/* With one operand quantized it stays float, and the journal says which one is missing. */
static void
test_activation_product_refused (void)
{
  QsTestMaker maker;
  QsShape shape = qs_shape_make (3, 2, 5, 12);
  QsTensor *x, *a;
  g_autoptr (QsJournal) journal = qs_journal_new ();
  const QsJournalEntry *entry;
  g_autofree char *text = NULL;

  qs_test_maker_init (&maker, 5);
  x = qs_test_input (&maker, "x", &shape);
  a = qs_test_pair (&maker, "a", x, S);
  finish (&maker, product_of (&maker, "scores", a, x, TRUE));
  text = qs_test_run_explicit (&maker, journal);
  g_assert_nonnull (strstr (text, "MatrixMultiply scores FP32:"));
  entry = find_condition (journal, "missing-quantize");
  g_assert_nonnull (entry);
  g_assert_nonnull (strstr (entry->remedy, "on x."));
  qs_test_maker_clear (&maker);
}

/* Layers on int8 tensors between Q and DQ, as ONNX allows them. */
static void
test_integer_layers (void)
{
  QsTestMaker maker;
  QsTensor *q = qs_test_quantize (&maker, "q", make (&maker, 4), S);
  QsTensor *t = qs_network_add_tensor (maker.network, "t");
  QsTransposeAttributes attributes = { { 4, { 0, 2, 3, 1 } } };
  g_autoptr (QsJournal) journal = qs_journal_new ();

  qs_network_add_layer (maker.network, qs_layer_class_by_name ("Transpose"), "t", &attributes, &q, 1,
                        &t, 1);
  g_assert_true (t->producer->klass->infer (t->producer, NULL));
  expect (&maker, qs_test_dequantize (&maker, "dq", t, S), journal,
          "Reformat q INT8: x:f32 -> q:i8\n"
          "Transpose t INT8: q:i8 -> t:i8\n"
          "Reformat dq INT8: t:i8 -> dq:f32\n");
  qs_test_maker_clear (&maker);
}

static void
add_node (QsMessage *graph,
          QsMessage *node)
{
  qs_put_message (graph, QS_GRAPH_NODE, node);
}

static void
add_pair (QsMessage  *graph,
          const char *x,
          const char *scale,
          int         opset,
          gboolean    axis)
{
  const char *zero = opset >= 21 ? "" : axis ? ",zs" : ",z";
  g_autofree char *in = g_strdup_printf ("%s,%s%s", x, scale, zero);
  g_autofree char *q = g_strconcat (x, "_q", NULL);
  g_autofree char *q_in = g_strdup_printf ("%s,%s%s", q, scale, zero);
  g_autofree char *dq = g_strconcat (x, "_dq", NULL);

  /* From version 21 on the type may stand in an attribute; from 13 on there is the axis. */
  add_node (graph, qs_make_node ("QuantizeLinear", q, in, q,
                                 axis ? qs_make_int ("axis", 0)
                                      : opset >= 21 ? qs_make_int ("output_dtype", 3) : NULL,
                                 axis && opset >= 21 ? qs_make_int ("output_dtype", 3) : NULL,
                                 NULL));
  add_node (graph, qs_make_node ("DequantizeLinear", dq, q_in, dq,
                                 axis ? qs_make_int ("axis", 0) : NULL, NULL));
}

/* x -> Q -> DQ -> Conv (W: Q -> DQ) -> y, as the versions of the operators write it. */
static QsNetwork *
import_version (int      opset,
                gboolean per_channel)
{
  const float weights[3 * 2] = { 1.0f, -0.5f, 0.25f, 0.75f, -1.0f, 0.125f };
  const float scale = 0.05f, scales[3] = { 0.01f, 0.02f, 0.03f };
  const gint8 zero = 0, zeros[3] = { 0 };
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;
  QsNetwork *network;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x2x4x4"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_graph_add_floats (graph, "s", "", &scale, 1);
  qs_graph_add_floats (graph, "w", "3x2x1x1", weights, 6);
  if (per_channel)
    qs_graph_add_floats (graph, "ws", "3", scales, 3);
  else
    qs_graph_add_floats (graph, "ws", "", scales, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("z", QS_DATA_TYPE_INT8, "", &zero, 1));
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("zs", QS_DATA_TYPE_INT8, "3", zeros, 3));
  add_pair (graph, "x", "s", opset, FALSE);
  add_pair (graph, "w", "ws", opset, per_channel);
  add_node (graph, qs_make_node ("Conv", "conv", "x_dq,w_dq", "y", NULL));

  bytes = qs_make_model (graph, opset);
  model = qs_model_load_bytes (bytes, "test.onnx", &error);
  g_assert_no_error (error);
  g_assert_true (qs_model_is_explicit (model));
  network = qs_import_network (model, NULL, &error);
  g_assert_no_error (error);
  return network;
}

static void
test_versions (void)
{
  static const int opsets[] = { 10, 11, 13, 18, 19, 21, 23 };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (opsets); i++)
    {
      int opset = opsets[i / 2];
      gboolean per_channel = i % 2 == 1 && opset >= 13;
      g_autoptr (QsNetwork) network = import_version (opset, per_channel);
      g_autoptr (QsJournal) journal = qs_journal_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      const QsLayer *layer;

      g_assert_true (qs_network_is_explicit (network));
      check_arithmetic (network, 1e-5f);
      g_assert_true (qs_passes_run_explicit (network, QS_PASS_DEFAULT, journal, &error));
      text = qs_test_describe (network);
      g_assert_cmpstr (text, ==,
                       "Reformat x_q INT8: x:f32 -> x_q:i8\n"
                       "Convolution w + w_q + conv INT8: x_q:i8 -> y:f32\n");
      layer = g_ptr_array_index (network->layers, 1);
      g_assert_cmpfloat (qs_host_tensor_get_floats (layer->weight_scales)[2], ==,
                         per_channel ? 0.03f : 0.01f);
    }
}

/* SiLU behind a depthwise convolution, and before a sum: fused here, apart in TensorRT. */
static QsTensor *
add_functions (QsTestMaker *maker)
{
  const QsActivation silu = { QS_ACTIVATION_SILU }, clip = { QS_ACTIVATION_CLIP, 0.0f, 6.0f };
  QsTensor *x = qs_test_pair (maker, "x", make (maker, 4), S), *y, *z;

  y = qs_test_activation (maker, "silu1", qs_test_qdq_convolution (maker, "deep", x, 4, 3, 4, FALSE),
                          silu);
  y = qs_test_pair (maker, "y", y, S);
  z = qs_test_activation (maker, "clip", qs_test_qdq_convolution (maker, "deep2", y, 4, 3, 4, FALSE),
                          clip);
  z = qs_test_pair (maker, "z", z, S);
  z = qs_test_activation (maker, "silu2", qs_test_qdq_convolution (maker, "full", z, 4, 3, 1, FALSE),
                          silu);
  return qs_test_element_wise (maker, "sum", z, y, QS_ELEMENT_WISE_ADD);
}

static void
test_emulation (gconstpointer data)
{
  gboolean emulate = GPOINTER_TO_INT (data);
  QsTestMaker maker;
  QsTensor *y = add_functions (&maker);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  const QsJournalEntry *depthwise, *sum;
  QsNetwork *network;
  QsJournal *journal;

  finish (&maker, y);
  check_arithmetic (maker.network, 1e-4f);
  options.int8 = QS_INT8_ALL;
  options.emulate_tensorrt = emulate;
  engine = qs_builder_build (maker.network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  network = qs_engine_get_network (engine);
  journal = qs_engine_get_journal (engine);
  g_assert_nonnull (qs_network_find_layer (network, "deep2.weight + deep2_wq + deep2 + PWN(clip)"));
  g_assert_true ((qs_network_find_layer (network, "silu1") != NULL) == emulate);
  g_assert_true ((qs_network_find_layer (network, "silu2") != NULL) == emulate);

  depthwise = find_condition (journal, "tensorrt-depthwise");
  sum = find_condition (journal, "tensorrt-sum");
  g_assert_true ((depthwise != NULL) == emulate && (sum != NULL) == emulate);
  if (emulate)
    {
      g_assert_cmpstr (depthwise->rule, ==, "keep-functions");
      g_assert_cmpstr (depthwise->layers[1], ==, "silu1");
      g_assert_cmpstr (sum->layers[1], ==, "silu2");
      g_assert_cmpstr (sum->layers[2], ==, "sum");
      g_assert_nonnull (strstr (sum->remedy, "without imitating TensorRT"));
    }
  qs_test_maker_clear (&maker);
}

static const char *
placement_of (QsTensor *tensor)
{
  const QsPlacementRule *rule = qs_placement_find (tensor->producer);

  return rule != NULL ? rule->id : NULL;
}

/* The rules of NVIDIA's model optimizer, each with a layer that it keeps in floats and one that not:
 * 16 channels on both sides, or 8 aligned ones in a first layer, rows and columns of more than one. */
static void
test_placement (void)
{
  QsTestMaker maker;
  QsShape row = qs_shape_make (2, 1, 32), rows = qs_shape_make (2, 4, 32);
  QsTensor *x = make (&maker, 16), *y, *m;

  y = qs_test_convolution (&maker, "full", x, 16, 3, 1, FALSE);
  g_assert_null (placement_of (y));
  g_assert_null (placement_of (qs_test_convolution (&maker, "three", y, 3, 1, 1, FALSE)));
  g_assert_cmpstr (placement_of (qs_test_convolution (
                     &maker, "odd", qs_network_find_tensor (maker.network, "three"), 5, 3, 1,
                     FALSE)), ==, "few-channels");
  g_assert_null (placement_of (qs_test_convolution (&maker, "deep", y, 16, 3, 16, FALSE)));
  g_assert_cmpstr (placement_of (qs_test_convolution (&maker, "pointwise", y, 16, 1, 16, FALSE)), ==,
                   "few-channels");
  g_assert_null (placement_of (qs_test_max_pool (&maker, "pool", y)));
  g_assert_cmpstr (placement_of (qs_test_max_pool (&maker, "lonely", x)), ==, "lonely-pooling");
  g_assert_cmpstr (placement_of (qs_test_element_wise (&maker, "bias", y,
                                                       qs_test_number (&maker, "n", 2.0f),
                                                       QS_ELEMENT_WISE_MUL)), ==, "constant-operand");
  g_assert_null (placement_of (qs_test_element_wise (&maker, "sum", y, x, QS_ELEMENT_WISE_ADD)));
  g_assert_cmpstr (placement_of (qs_test_batch_norm (&maker, "bn", y)), ==, "float-class");
  g_assert_cmpstr (placement_of (qs_test_activation (&maker, "silu", y,
                                                     (QsActivation) { QS_ACTIVATION_SILU })), ==,
                   "standing-function");
  m = qs_test_input (&maker, "m", &row);
  g_assert_cmpstr (placement_of (qs_test_product (&maker, "vector", m, 8, FALSE)), ==,
                   "matrix-vector");
  m = qs_test_input (&maker, "n", &rows);
  g_assert_null (placement_of (qs_test_product (&maker, "matrix", m, 8, FALSE)));
  qs_test_maker_clear (&maker);
}

/* Every rewrite of Q/DQ networks says when it applies and why it keeps the arithmetic. */
static void
test_pass_list (void)
{
  guint n = 0;

  for (guint i = 0; i < qs_pass_get_n (); i++)
    {
      const QsPass *pass = qs_pass_get (i);

      g_assert_true (qs_pass_lookup (pass->id) == pass);
      if (pass->rule == NULL)
        continue;
      g_assert_nonnull (pass->condition);
      g_assert_cmpint (pass->proof, !=, QS_PROOF_NONE);
      g_assert_nonnull (qs_proof_name (pass->proof));
      n++;
    }
  g_assert_cmpuint (n, >=, 14);
}

/* A float network is what it was, and a Q/DQ network without INT8 computes as it stands. */
static void
test_float_build (void)
{
  QsTestMaker maker;
  QsTensor *x = qs_test_pair (&maker, "x", make (&maker, 4), S);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;

  finish (&maker, qs_test_qdq_convolution (&maker, "conv", x, 4, 3, 1, TRUE));
  engine = qs_builder_build (maker.network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (qs_engine_is_explicit (engine));
  g_assert_cmpuint (qs_engine_count_layers (engine, QS_PRECISION_INT8), ==, 0);
  qs_test_maker_clear (&maker);
}

#define BOTH(path, function) \
  g_test_add_data_func (path "/yes", GINT_TO_POINTER (TRUE), function); \
  g_test_add_data_func (path "/no", GINT_TO_POINTER (FALSE), function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  BOTH ("/qdq-rules/prequantized/as-floats", test_prequantized);
  BOTH ("/qdq-rules/gemm/trans-b", test_gemm);
  BOTH ("/qdq-rules/gemm-axis/trans-b", test_gemm_axis);
  g_test_add_func ("/qdq-rules/transposed-weights", test_transposed_weights);
  g_test_add_func ("/qdq-rules/refused/per-channel-activation", test_per_channel_activation);
  g_test_add_func ("/qdq-rules/refused/unequal-pair", test_unequal_pair);
  g_test_add_func ("/qdq-rules/refused/wide-integers", test_wide_integers);
  g_test_add_func ("/qdq-rules/unsigned", test_unsigned);
  BOTH ("/qdq-rules/padding-before-pair", test_padding);
  BOTH ("/qdq-rules/deconvolution/one-group", test_deconvolution);
  g_test_add_func ("/qdq-rules/negative-factor", test_negative_factor);
  BOTH ("/qdq-rules/inserted-pair/on-grid", test_inserted_pair);
  g_test_add_func ("/qdq-rules/requantize", test_requantize);
  g_test_add_func ("/qdq-rules/redundant-pair", test_redundant_pair);
  BOTH ("/qdq-rules/maximum/equal-scales", test_maximum);
  g_test_add_func ("/qdq-rules/float-reader", test_float_reader);
  g_test_add_func ("/qdq-rules/weights-only", test_weights_only);
  g_test_add_func ("/qdq-rules/activation-product/float", test_activation_product);
  g_test_add_func ("/qdq-rules/activation-product/quantized", test_activation_product_quantized);
  g_test_add_func ("/qdq-rules/activation-product/refused", test_activation_product_refused);
  g_test_add_func ("/qdq-rules/integer-layers", test_integer_layers);
  g_test_add_func ("/qdq-rules/pass-list", test_pass_list);
  g_test_add_func ("/qdq-rules/float-build", test_float_build);
  g_test_add_func ("/qdq-rules/versions", test_versions);
  BOTH ("/qdq-rules/emulate-tensorrt", test_emulation);
  g_test_add_func ("/qdq-rules/placement", test_placement);
  return g_test_run ();
}
