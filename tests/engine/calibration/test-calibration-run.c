/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "builder/qs-builder.h"
#include "calibration/qs-calibration-run.h"
#include "core/qs-error.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"
#include "runtime/qs-context.h"
#include "samples/qs-npz.h"
#include "scales/qs-calibration-cache.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED TRUE
#else
#define SANITIZED FALSE
#endif

static QsModel *
load_model (const char *name)
{
  g_autoptr (GFile) file = qs_test_sample (name);
  g_autoptr (GError) error = NULL;
  QsModel *model = qs_model_load_file (file, &error);

  g_assert_no_error (error);
  return model;
}

static void
set_fashion_preprocessing (QsSamples *samples)
{
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;

  g_assert_true (qs_preprocessing_parse (&preprocessing, "1/255", "0.2860", "0.3530", &error));
  qs_samples_set_preprocessing (samples, &preprocessing);
}

static QsSamples *
open_samples (gint64 limit)
{
  g_autoptr (GFile) file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (GError) error = NULL;
  QsSamples *samples = qs_samples_open (file, &error);

  g_assert_no_error (error);
  qs_samples_set_limit (samples, limit);
  set_fashion_preprocessing (samples);
  return samples;
}

static QsHistogramSet *
calibrate (const char *model_name,
           QsSamples  *samples,
           gint64      batch,
           guint       n_threads,
           GError    **error)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autoptr (QsModel) model = load_model (model_name);

  options.batch = batch;
  options.n_threads = n_threads;
  return qs_calibration_run (model, NULL, samples, &options, NULL, NULL, NULL, error);
}

static GBytes *
make_cache (QsHistogramSet *set,
            const char     *id)
{
  const QsCalibrator *calibrator = qs_calibrator_lookup (id);
  g_autoptr (QsScaleTable) scales = qs_histogram_set_calibrate (set, calibrator, NULL);
  g_autoptr (QsCalibrationCache) cache = qs_calibration_cache_new (calibrator->algorithm, scales);

  return qs_calibration_cache_serialize (cache);
}

/* The same bits for one and two threads and for a second run, by every calibrator. */
static void
test_deterministic (void)
{
  g_autoptr (QsSamples) samples = open_samples (100);
  QsHistogramSet *sets[3];
  const guint n_threads[] = { 1, 2, 2 };
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 3; i++)
    {
      sets[i] = calibrate ("fashion-resnet.onnx", samples, 16, n_threads[i], &error);
      g_assert_no_error (error);
      g_assert_cmpint (qs_histogram_set_get_n_samples (sets[i]), ==, 100);
    }

  for (guint k = 0; k < qs_calibrator_get_n (); k++)
    for (int i = 1; i < 3; i++)
      {
        g_autoptr (GBytes) first = make_cache (sets[0], qs_calibrator_get (k)->id);
        g_autoptr (GBytes) other = make_cache (sets[i], qs_calibrator_get (k)->id);

        g_assert_true (g_bytes_equal (first, other));
      }

  for (guint k = 0; k < qs_histogram_set_get_n (sets[0]); k++)
    {
      QsHistogram *a = qs_histogram_set_get (sets[0], k), *b = qs_histogram_set_get (sets[1], k);

      g_assert_cmpfloat (qs_histogram_get_mean (a), ==, qs_histogram_get_mean (b));
      g_assert_cmpfloat (qs_histogram_get_variance (a), ==, qs_histogram_get_variance (b));
    }

  for (int i = 0; i < 3; i++)
    qs_histogram_set_unref (sets[i]);
}

/* The input's histogram is that of the samples, and activations come in the network's order. */
static void
test_contents (void)
{
  g_autoptr (QsSamples) samples = open_samples (70);
  g_autoptr (QsHistogram) expected = qs_histogram_new ();
  g_autoptr (QsHistogramSet) set = NULL;
  g_autoptr (GError) error = NULL;
  QsHistogram *input;

  set = calibrate ("fashion-resnet.onnx", samples, 32, 1, &error);
  g_assert_no_error (error);
  for (gint64 first = 0; first < 70; first += 32)
    {
      g_autoptr (QsHostTensor) batch = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, first,
                                                        MIN (32, 70 - first), &error);

      g_assert_no_error (error);
      qs_histogram_add (expected, qs_host_tensor_get_floats (batch),
                        (gsize) qs_host_tensor_get_n_elements (batch));
    }

  g_assert_cmpstr (qs_histogram_set_get_name (set, 0), ==, "input");
  g_assert_nonnull (qs_histogram_set_lookup (set, "logits"));
  input = qs_histogram_set_get (set, 0);
  g_assert_cmpuint (qs_histogram_get_n (input), ==, 70 * 32 * 32);
  g_assert_cmpmem (qs_histogram_get_counts (input), 2048 * 8, qs_histogram_get_counts (expected),
                   2048 * 8);
  g_assert_cmpuint (qs_histogram_get_n (qs_histogram_set_lookup (set, "logits")), ==, 70 * 10);
}

/* Ranges of activations against ONNX Runtime's, see the table's comment. */
static void
test_against_onnx_runtime (void)
{
  /* The largest |x| of some tensors over the first 64 calibration images, computed by ONNX Runtime
   * 1.31.1 on the same model with these tensors made outputs. */
  const struct
  {
    const char *name;
    double abs_max;
    double mean;
  } cases[] = {
    { "/stem/Conv_output_0", 2.896131, 0.02650942 },
    { "/l/l.0/Add_output_0", 10.51803, 0.3758337 },
    { "/l/l.1/b2/BatchNormalization_output_0", 5.585739, -0.1209659 },
    { "/l/l.2/c1/Conv_output_0", 7.057009, -0.4944127 },
    { "/Flatten_output_0", 4.528868, 0.7351709 },
    { "logits", 12.31127, -2.711013 },
  };
  g_autoptr (QsSamples) samples = open_samples (64);
  g_autoptr (QsHistogramSet) set = NULL;
  g_autoptr (GError) error = NULL;

  set = calibrate ("fashion-resnet.onnx", samples, 32, 2, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QsHistogram *histogram = qs_histogram_set_lookup (set, cases[i].name);

      g_assert_nonnull (histogram);
      /* Float32 sums over up to 1152 products in another order. */
      g_assert_cmpfloat_with_epsilon (qs_histogram_get_abs_max (histogram), cases[i].abs_max,
                                      1e-4 * cases[i].abs_max);
      g_assert_cmpfloat_with_epsilon (qs_histogram_get_mean (histogram), cases[i].mean,
                                      1e-4 * cases[i].abs_max);
    }
}

/* Largest |x| of every tensor of the network after fusion, by running it. */
static void
note_abs_max (const QsTensor *tensor,
              const QsView   *view,
              gpointer        user_data)
{
  GHashTable *maxima = user_data;
  gint64 n = qs_shape_n_elements (&view->shape);
  float *abs_max = g_hash_table_lookup (maxima, tensor->name);

  if (abs_max == NULL)
    {
      abs_max = g_new0 (float, 1);
      g_hash_table_insert (maxima, g_strdup (tensor->name), abs_max);
    }
  for (gint64 i = 0; i < n; i++)
    *abs_max = MAX (*abs_max, fabsf (((const float *) view->data)[i]));
}

static GHashTable *
run_fused (QsModel   *model,
           QsSamples *samples,
           gint64     n)
{
  GHashTable *maxima = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) input = NULL, output = NULL;
  g_autoptr (GError) error = NULL;

  qs_profile_set_batch (profile, n);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  options.int8 = QS_INT8_OFF;
  options.emulate_tensorrt = TRUE; /* which is what a cache of this kind comes from */
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  context = qs_context_new (engine, 1, &error);
  input = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, n, &error);
  g_assert_no_error (error);
  qs_context_set_observer (context, note_abs_max, maxima);
  g_assert_true (qs_context_run (context, &input, &output, &error));
  return maxima;
}

/* One run serves calibration after fusion: Entropy lists the tensors that a fused engine has and no
 * others, and their values are those that the fused engine computes. */
static void
test_after_fusion (void)
{
  const char *const models[] = { "fashion-resnet.onnx", "fashion-mobilenet.onnx" };

  for (gsize k = 0; k < G_N_ELEMENTS (models); k++)
    {
      g_autoptr (QsSamples) samples = open_samples (8);
      g_autoptr (QsModel) model = load_model (models[k]);
      g_autoptr (GHashTable) fused = run_fused (model, samples, 8);
      g_autoptr (QsScaleTable) before = NULL, after = NULL, forced = NULL;
      g_autoptr (QsHistogramSet) set = NULL;
      g_autoptr (GError) error = NULL;
      QsCalibratorOptions options = QS_CALIBRATOR_OPTIONS_INIT;

      set = calibrate (models[k], samples, 8, 1, &error);
      g_assert_no_error (error);
      before = qs_histogram_set_calibrate (set, qs_calibrator_lookup ("entropy2"), NULL);
      after = qs_histogram_set_calibrate (set, qs_calibrator_lookup ("entropy"), NULL);
      options.before_fusion = QS_BEFORE_FUSION_YES;
      forced = qs_histogram_set_calibrate (set, qs_calibrator_lookup ("entropy"), &options);
      g_assert_cmpuint (qs_scale_table_get_n (before), ==, qs_histogram_set_get_n (set));
      g_assert_cmpuint (qs_scale_table_get_n (forced), ==, qs_histogram_set_get_n (set));
      g_assert_cmpuint (qs_scale_table_get_n (after), <, qs_histogram_set_get_n (set));

      for (guint i = 0; i < qs_histogram_set_get_n (set); i++)
        {
          const char *name = qs_histogram_set_get_name (set, i);
          const float *abs_max = g_hash_table_lookup (fused, name);
          double expected = (double) qs_histogram_get_abs_max (qs_histogram_set_get (set, i));

          g_assert_cmpint (abs_max != NULL, ==, qs_scale_table_lookup (after, name, NULL));
          /* Factors folded into weights round other products: float32 sums of up to 1152. */
          if (abs_max != NULL)
            g_assert_cmpfloat_with_epsilon ((double) *abs_max, expected, 1e-4 * expected);
        }
    }
}

static QsSamples *
make_samples (const char   *name,
              gint64        n,
              gint64        width,
              const float  *values)
{
  QsShape shape = qs_shape_make (4, (int) n, 1, 32, (int) width);
  g_autoptr (GHashTable) arrays =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GError) error = NULL;
  QsSamples *samples;

  g_hash_table_insert (arrays, (gpointer) name,
                       qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values,
                                                     (gsize) (n * 32 * width) * sizeof (float),
                                                     &error));
  g_assert_no_error (error);
  samples = qs_samples_new_for_arrays (arrays, &error);
  g_assert_no_error (error);
  return samples;
}

static void
test_wrong_samples (void)
{
  g_autofree float *values = g_new0 (float, 8 * 32 * 32);
  g_autoptr (QsSamples) wrong_name = make_samples ("images", 8, 32, values);
  g_autoptr (QsSamples) wrong_shape = make_samples ("input", 8, 30, values);
  g_autoptr (GError) error = NULL;

  g_assert_null (calibrate ("fashion-resnet.onnx", wrong_name, 4, 1, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "“images”");
  g_assert_nonnull (strstr (error->message, "“input”"));
  g_clear_error (&error);
  g_assert_null (calibrate ("fashion-resnet.onnx", wrong_shape, 4, 1, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "“input”");
}

/* A logarithm and its negation. */
static QsModel *
make_logarithm (void)
{
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  QsModel *model;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("input", QS_DATA_TYPE_FLOAT, "nx1x32x32"));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Log", "log", "input", "y", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Neg", "neg", "y", "z", NULL));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("z", QS_DATA_TYPE_FLOAT, "nx1x32x32"));
  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "logarithm", &error);
  g_assert_no_error (error);
  return model;
}

/* The run goes on, notes where NaN and infinity began, and gives what they touched no scale. */
static void
test_not_finite (void)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autofree float *values = g_new (float, 8 * 32 * 32);
  g_autoptr (QsModel) model = make_logarithm ();
  g_autoptr (QsHistogramSet) set = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (GBytes) cache = NULL;
  g_autoptr (GError) error = NULL;
  const QsTensorNotes *notes;
  const QsHistogram *histogram;

  for (int i = 0; i < 8 * 32 * 32; i++)
    values[i] = 1.0f + (float) i;
  values[5 * 32 * 32 + 100] = 0.0f;
  values[6 * 32 * 32 + 3] = values[7 * 32 * 32] = -1.0f;
  samples = make_samples ("input", 8, 32, values);
  options.batch = 4;
  set = qs_calibration_run (model, NULL, samples, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);

  g_assert_cmpstr (qs_histogram_set_get_name (set, 1), ==, "y");
  histogram = qs_histogram_set_get (set, 1);
  g_assert_cmpuint (qs_histogram_get_n_infinite (histogram), ==, 1);
  g_assert_cmpuint (qs_histogram_get_n_nan (histogram), ==, 2);
  g_assert_cmpuint (qs_histogram_get_n (histogram), ==, 8 * 32 * 32 - 3);
  g_assert_cmpint (qs_histogram_set_get_notes (set, 0)->bad_sample, ==, -1);
  notes = qs_histogram_set_get_notes (set, 1);
  g_assert_cmpint (notes->bad_sample, ==, 5);
  g_assert_cmpint (notes->bad_sample_last, ==, 5);
  g_assert_cmpint (notes->bad_batch, ==, 1);
  g_assert_null (notes->bad_source);
  g_assert_cmpstr (qs_histogram_set_get_notes (set, 2)->bad_source, ==, "y");

  cache = make_cache (set, "minmax");
  g_assert_nonnull (g_strstr_len (g_bytes_get_data (cache, NULL), (gssize) g_bytes_get_size (cache),
                                  "\ny: 7f800000\nz: 7f800000\n"));
}

typedef struct
{
  QsProgress *progress;
  guint n_calls;
} Cancel;

static void
cancel_at_first_sight (QsHistogramSet *set,
                       gpointer        data)
{
  Cancel *cancel = data;

  g_assert_cmpuint (qs_histogram_set_get_n (set), >, 0);
  cancel->n_calls++;
  qs_progress_cancel (cancel->progress);
}

/* Shown often enough to be cancelled in the middle of many samples. */
static void
test_cancel (void)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autoptr (QsModel) model = load_model ("fashion-resnet.onnx");
  g_autoptr (QsSamples) samples = open_samples (0);
  g_autoptr (QsProgress) progress = qs_progress_new ();
  Cancel cancel = { progress, 0 };
  g_autoptr (GError) error = NULL;

  options.batch = 1;
  options.n_threads = 1;
  g_assert_null (qs_calibration_run (model, NULL, samples, &options, progress,
                                     cancel_at_first_sight, &cancel, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (cancel.n_calls, ==, 1);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), <, 1.0);
}

/* What this program does when it is started with --peak-memory PATH: calibrate the set and print the
 * largest resident size the process had, in KiB. The counter of getrusage() would not do: it
 * starts at the size of the process that started this one. */
static int
print_peak_memory (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsSamples) samples = qs_samples_open (file, NULL);
  g_autoptr (QsHistogramSet) set = calibrate ("fashion-mobilenet.onnx", samples, 32, 1, NULL);
  g_autofree char *status = NULL;
  const char *peak;

  if (set == NULL || !g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 1;

  peak = strstr (status, "VmHWM:");
  if (peak == NULL)
    return 1;

  g_print ("%" G_GINT64_FORMAT, g_ascii_strtoll (peak + strlen ("VmHWM:"), NULL, 10));
  return 0;
}

static gint64
peak_memory (const char *path)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  char *argv[] = { self, (char *) "--peak-memory", (char *) path, NULL };
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &status,
                               &error));
  g_assert_true (g_spawn_check_wait_status (status, &error));
  return g_ascii_strtoll (output, NULL, 10);
}

static char *
write_noise (const char *folder,
             int         n)
{
  g_autofree char *name = g_strdup_printf ("%d.npz", n);
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (QsHostTensor) tensor = NULL;
  g_autoptr (GError) error = NULL;
  QsShape shape = qs_shape_make (4, n, 1, 32, 32);
  const char *names[] = { "input" };
  float *values;

  tensor = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, &error);
  values = qs_host_tensor_get_mutable (tensor);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    values[i] = (float) g_rand_double (rand);

  g_assert_true (qs_npz_save (file, names, &tensor, 1, &error));
  return path;
}

/* The memory does not grow with the samples: 2,000 of them are 8 MB, half as much again as the whole
 * process takes for 100. */
static void
test_memory (void)
{
  g_autofree char *folder = NULL, *few_path = NULL, *many_path = NULL;
  gint64 few, many;

  if (SANITIZED)
    {
      g_test_skip ("the sanitizer keeps freed memory");
      return;
    }

  folder = qs_test_make_folder ();
  few_path = write_noise (folder, 100);
  many_path = write_noise (folder, 2000);
  few = peak_memory (few_path);
  many = peak_memory (many_path);
  g_test_message ("%" G_GINT64_FORMAT " KiB for 100 samples, %" G_GINT64_FORMAT " KiB for 2000", few,
                  many);
  g_assert_cmpint (few, >, 1000);
  g_assert_cmpfloat ((double) many, <=, 1.2 * (double) few);
  qs_test_remove_folder (folder);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--peak-memory") == 0)
    return print_peak_memory (argv[2]);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/calibration-run/memory", test_memory);
  g_test_add_func ("/calibration-run/deterministic", test_deterministic);
  g_test_add_func ("/calibration-run/contents", test_contents);
  g_test_add_func ("/calibration-run/against-onnx-runtime", test_against_onnx_runtime);
  g_test_add_func ("/calibration-run/wrong-samples", test_wrong_samples);
  g_test_add_func ("/calibration-run/after-fusion", test_after_fusion);
  g_test_add_func ("/calibration-run/not-finite", test_not_finite);
  g_test_add_func ("/calibration-run/cancel", test_cancel);

  return g_test_run ();
}
