/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "analysis/qs-evaluation.h"
#include "core/qs-error.h"
#include "operators/qs-operator.h"
#include "qs-test.h"

/* An engine that applies one activation function to batches of two rows of three. */
static QsEngine *
make_engine (QsActivation activation)
{
  g_autoptr (QsNetwork) network = qs_network_new ("test");
  QsShape shape = qs_shape_make (2, 2, 3);
  QsTensor *x = qs_network_add_input (network, "x", QS_DATA_TYPE_FLOAT, &shape);
  QsTensor *y = qs_network_add_tensor (network, "y");
  QsLayer *layer = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_ACTIVATION), "f",
                                         NULL, &x, 1, &y, 1);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  layer->activation = activation;
  qs_network_mark_output (network, y);
  qs_network_sort (network, &error);
  g_assert_no_error (error);
  qs_network_infer (network, &error);
  g_assert_no_error (error);

  options.backend = qs_backend_lookup ("reference");
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static QsEngine *
make_relu (void)
{
  return make_engine ((QsActivation) { .type = QS_ACTIVATION_RELU });
}

static void
add_array (GHashTable *arrays,
           const char *name,
           QsDataType  type,
           QsShape     shape,
           const void *data)
{
  gsize size = (gsize) qs_shape_n_elements (&shape) * qs_data_type_size (type);

  g_hash_table_insert (arrays, g_strdup (name),
                       qs_host_tensor_new_from_data (type, &shape, data, size, NULL));
}

static QsSamples *
make_samples (const float  *values,
              const gint64 *labels,
              int           n)
{
  g_autoptr (GHashTable) arrays =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GError) error = NULL;
  QsSamples *samples;

  add_array (arrays, "x", QS_DATA_TYPE_FLOAT, qs_shape_make (2, n, 3), values);
  if (labels != NULL)
    add_array (arrays, "label", QS_DATA_TYPE_INT64, qs_shape_make (1, n), labels);
  samples = qs_samples_new_for_arrays (arrays, &error);
  g_assert_no_error (error);
  return samples;
}

static const float values[] = { 1, 3, 2, -1, -2, -3, -1, 5, 0.5f, 4, -1, 0, 0, 2, 7 };
static const gint64 labels[] = { 1, 0, 2, 1, 2 };

/* By hand: first classes 1, 0 (a tie of zeros), 1, 0, 2. Five samples are three batches of two. */
static void
test_labels (void)
{
  g_autoptr (QsEngine) engine = make_relu ();
  g_autoptr (QsSamples) samples = make_samples (values, labels, 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEvaluation) result = qs_evaluate (engine, NULL, samples, 1, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (result->name, ==, "fp32");
  g_assert_cmpint (result->n, ==, 5);
  g_assert_cmpfloat (result->top1, ==, 0.6);
  g_assert_cmpfloat (result->top5, ==, 1.0);
  g_assert_true (isnan (result->agreement));
  g_assert_cmpfloat (result->ms, >=, 0.0);
  g_assert_cmpuint (result->n_int8, ==, 0);
  g_assert_cmpuint (result->n_layers, ==, 1);
}

/*
 * The reference is x < 0 ? -2 x : x, so its rows are {1, 3, 2}, {2, 4, 6}, {2, 5, 0.5}, {4, 2, 0},
 * {0, 2, 7}: the second differs in its first class. Squares 172.25, squared differences 56 + 4 + 4;
 * cosines 1, 0, sqrt (25.25 / 29.25), 4 / sqrt (20), 1. Figures by Python's math module.
 */
static void
test_reference (void)
{
  QsActivation other = { .type = QS_ACTIVATION_LEAKY_RELU, .alpha = -2.0f };
  g_autoptr (QsEngine) engine = make_relu ();
  g_autoptr (QsEngine) reference = make_engine (other);
  g_autoptr (QsSamples) samples = make_samples (values, NULL, 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEvaluation) result = qs_evaluate (engine, reference, samples, 1, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (isnan (result->top1));
  g_assert_cmpfloat (result->agreement, ==, 0.8);
  g_assert_cmpfloat_with_epsilon (result->sqnr_db, 4.2997925659577625, 1e-9);
  g_assert_cmpfloat_with_epsilon (result->cosine, 0.7647077041691467, 1e-12);
}

static void
test_itself (void)
{
  g_autoptr (QsEngine) engine = make_relu ();
  g_autoptr (QsSamples) samples = make_samples (values, labels, 5);
  g_autoptr (QsEvaluation) result = qs_evaluate (engine, engine, samples, 1, NULL, NULL);

  g_assert_nonnull (result);
  g_assert_cmpfloat (result->agreement, ==, 1.0);
  g_assert_true (isinf (result->sqnr_db));
}

static void
test_bad_label (void)
{
  const gint64 bad[] = { 0, 0, 0, 3, 0 };
  g_autoptr (QsEngine) engine = make_relu ();
  g_autoptr (QsSamples) samples = make_samples (values, bad, 5);
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_evaluate (engine, NULL, samples, 1, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "Sample 3 has the label 3");
}

static void
test_cancel (void)
{
  g_autoptr (QsProgress) progress = qs_progress_new ();
  g_autoptr (QsEngine) engine = make_relu ();
  g_autoptr (QsSamples) samples = make_samples (values, labels, 5);
  g_autoptr (GError) error = NULL;

  qs_progress_cancel (progress);
  g_assert_null (qs_evaluate (engine, NULL, samples, 1, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_progress (void)
{
  g_autoptr (QsProgress) progress = qs_progress_new ();
  g_autoptr (QsEngine) engine = make_relu ();
  g_autoptr (QsSamples) samples = make_samples (values, labels, 5);
  g_autoptr (QsEvaluation) result = qs_evaluate (engine, NULL, samples, 1, progress, NULL);

  g_assert_nonnull (result);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), ==, 1.0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/analysis/evaluation/labels", test_labels);
  g_test_add_func ("/analysis/evaluation/reference", test_reference);
  g_test_add_func ("/analysis/evaluation/itself", test_itself);
  g_test_add_func ("/analysis/evaluation/bad-label", test_bad_label);
  g_test_add_func ("/analysis/evaluation/cancel", test_cancel);
  g_test_add_func ("/analysis/evaluation/progress", test_progress);

  return g_test_run ();
}
