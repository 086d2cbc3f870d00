/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "builder/qs-builder.h"
#include "calibration/qs-calibration-run.h"
#include "calibration/qs-calibrator.h"
#include "export/qs-qdq-writer.h"
#include "import/qs-import.h"
#include "qs-placement-text.h"
#include "qs-test.h"
#include "samples/qs-samples.h"

/*
 * The Q/DQ model that is written from an implicit build, built again, is the same graph: the same
 * nodes of the model in each layer, reading from the same layers with the same types and, where they
 * are INT8, with the same scales to the bit.
 *
 * Reformats are looked through: they change type and memory layout, and both their ends are compared.
 * What differs otherwise is written down for each model, with the reason; nothing else may.
 */

#define N_SAMPLES 16

/* What has to be put in place of a text (a regular expression) of the implicit build's description.
 * “@” in it is the calibrated scale of @tensor. */
typedef struct
{
  const char *from;
  const char *to;
  const char *tensor;
} Difference;

typedef struct
{
  const char *name;
  Difference differences[8];
} Model;


static const Model resnet = { "fashion-resnet.onnx", { { NULL } } };

static const Model mobilenet = { "fashion-mobilenet.onnx", { { NULL } } };

/* - The first residual is INT8, the sum is not: a sum without Q is computed in float (R9), so the DQ
 *   of the residual is a Reformat there, while the implicit build reads the bytes. */
static const Model vit = { "fashion-vit.onnx", {
  { "(/b/b.0/o/MatMul: .*\\[/Add) int8 @\\]", "\\1 float32]", "/Add_output_0" },
} };

static QsSamples *
open_samples (void)
{
  g_autoptr (GFile) file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;
  QsSamples *samples = qs_samples_open (file, &error);

  g_assert_no_error (error);
  qs_preprocessing_init (&preprocessing);
  qs_preprocessing_parse (&preprocessing, "0.00392156862745098", "0.2860", "0.3530", &error);
  g_assert_no_error (error);
  qs_samples_set_preprocessing (samples, &preprocessing);
  qs_samples_set_limit (samples, N_SAMPLES);
  return samples;
}

static QsScaleTable *
calibrate (QsModel *model)
{
  g_autoptr (QsProfile) profile = qs_profile_new ();
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  QsCalibratorOptions defaults = QS_CALIBRATOR_OPTIONS_INIT;
  g_autoptr (QsSamples) samples = open_samples ();
  g_autoptr (QsHistogramSet) set = NULL;
  g_autoptr (GError) error = NULL;

  options.batch = 8;
  set = qs_calibration_run (model, profile, samples, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return qs_histogram_set_calibrate (set, qs_calibrator_lookup ("minmax"), &defaults);
}

static QsEngine *
build (QsModel      *model,
       QsScaleTable *scales)
{
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  options.backend = qs_backend_lookup ("cpu");
  options.int8 = QS_INT8_ALL;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_engine_is_explicit (engine), ==, scales == NULL);
  return engine;
}

/* (transfer full): @text with the calibrated scale in place of “@” */
static char *
insert_scale (const char   *text,
              const char   *tensor,
              QsScaleTable *scales)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", -1);
  g_autofree char *number = NULL;
  float scale = 0.0f;

  if (tensor != NULL)
    g_assert_true (qs_scale_table_lookup_usable (scales, tensor, &scale));
  number = g_strdup_printf ("%a", (double) scale);
  return g_strjoinv (number, parts);
}

/* (transfer full): @text with the known differences, every one of which has to be there */
static char *
expect_differences (const char   *text,
                    const Model  *model,
                    QsScaleTable *scales)
{
  g_auto (GStrv) lines = NULL;
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autofree char *current = g_strdup (text);

  for (const Difference *row = model->differences; row->from != NULL; row++)
    {
      g_autofree char *from = insert_scale (row->from, row->tensor, scales);
      g_autofree char *to = insert_scale (row->to, row->tensor, scales);
      g_autoptr (GRegex) regex = g_regex_new (from, 0, 0, NULL);
      char *next;

      if (!g_regex_match (regex, current, 0, NULL))
        g_error ("there is no “%s” any more in\n%s", from, current);
      next = g_regex_replace (regex, current, -1, 0, to, 0, NULL);
      g_free (current);
      current = next;
    }

  lines = g_strsplit (current, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_ptr_array_add (sorted, lines[i]);
  return qs_test_join_sorted (sorted, "\n");
}

static void
test_model (gconstpointer data)
{
  const Model *row = data;
  g_autoptr (GFile) file = qs_test_sample (row->name);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) implicit = NULL;
  g_autoptr (QsEngine) explicit = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) exported = NULL;
  g_auto (QsQdqSummary) summary = { 0 };
  g_autofree char *before = NULL;
  g_autofree char *wanted = NULL;
  g_autofree char *found = NULL;

  g_assert_no_error (error);
  scales = calibrate (model);
  implicit = build (model, scales);
  bytes = qs_qdq_make_model (implicit, model, &summary, &error);
  g_assert_no_error (error);
  exported = qs_model_load_bytes (bytes, "export", &error);
  g_assert_no_error (error);
  explicit = build (exported, NULL);

  before = qs_test_describe_placement (implicit);
  wanted = expect_differences (before, row, scales);
  found = qs_test_describe_placement (explicit);
  g_assert_cmpstr (found, ==, wanted);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/qdq-round-trip/resnet", &resnet, test_model);
  g_test_add_data_func ("/qdq-round-trip/mobilenet", &mobilenet, test_model);
  g_test_add_data_func ("/qdq-round-trip/vit", &vit, test_model);
  return g_test_run ();
}
