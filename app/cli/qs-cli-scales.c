/* SPDX-License-Identifier: MIT */
#include "qs-cli-scales.h"
#include "qs-cli-samples.h"

#include "builder/qs-manual-scales.h"
#include "calibration/qs-calibration-run.h"
#include "calibration/qs-histogram-file.h"
#include "calibration/qs-portability.h"
#include "calibration/qs-scale-diff.h"
#include "core/qs-error.h"
#include "passes/qs-pass.h"
#include "scales/qs-calibration-cache.h"

#define MAX_NAMED 5

/* “a, b, c and 12 more” */
static char *
join_names (GPtrArray *names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < MIN (names->len, MAX_NAMED); i++)
    g_string_append_printf (text, "%s“%s”", i > 0 ? ", " : "",
                            (const char *) g_ptr_array_index (names, i));
  if (names->len > MAX_NAMED)
    g_string_append_printf (text, " and %u more", names->len - MAX_NAMED);

  return g_string_free (text, FALSE);
}

/* Before a run that may take long: what looks wrong about the first samples. */
static gboolean
check_samples (QsCliSubject  *subject,
               QsCli         *cli,
               QsSamples     *samples,
               GError       **error)
{
  g_autoptr (QsNetwork) network = qs_import_network (subject->model, subject->profile, error);
  QsSampleCheckOptions options = QS_SAMPLE_CHECK_OPTIONS_INIT;
  g_autoptr (QsSampleCheck) check = NULL;

  if (network == NULL)
    return FALSE;

  check = qs_sample_check_run (samples, network->inputs, &options, error);
  if (check != NULL)
    qs_cli_samples_warn (cli, check);
  return check != NULL;
}

gint64
qs_cli_scales_get_batch (QsCli *cli)
{
  QsCalibrationRunOptions defaults = QS_CALIBRATION_RUN_OPTIONS_INIT;

  return cli->options.batch > 0 ? cli->options.batch : defaults.batch;
}

/**
 * qs_cli_scales_check_source:
 *
 * Errors: %QS_CLI_USAGE_ERROR when there is neither a calibration set nor a histogram cache.
 */
gboolean
qs_cli_scales_check_source (QsCli   *cli,
                            GError **error)
{
  const char *cache = cli->options.histograms;

  if (cli->options.calibration != NULL ||
      (cache != NULL && g_file_test (cache, G_FILE_TEST_EXISTS)))
    return TRUE;

  if (cache != NULL)
    qs_cli_set_usage_error (error, "there is no %s, so --calibration is needed", cache);
  else
    qs_cli_set_usage_error (error, "--calibration SET, or --histograms FILE, is needed");
  return FALSE;
}

static QsHistogramSet *
load_histograms (QsCliSubject  *subject,
                 const char    *path,
                 const char    *samples_key,
                 GError       **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (QsHistogramSet) histograms = qs_histogram_set_load (file, error);

  if (histograms == NULL)
    return NULL;

  if (qs_histogram_set_check_origin (histograms, qs_model_get_checksum (subject->model), samples_key,
                                     error))
    return g_steal_pointer (&histograms);

  g_prefix_error (error, "%s: ", path);
  return NULL;
}

static gboolean
save_histograms (QsHistogramSet  *histograms,
                 const char      *path,
                 GError         **error)
{
  g_autoptr (GFile) file = path != NULL ? g_file_new_for_commandline_arg (path) : NULL;

  return file == NULL ||
         qs_cli_name_file (qs_histogram_set_save (histograms, file, error), path, error);
}

QsHistogramSet *
qs_cli_scales_run_calibration (QsCliSubject        *subject,
                               QsCli               *cli,
                               QsSamples          **samples,
                               QsCalibrationTimes  *times,
                               GError             **error)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  const char *cache = cli->options.histograms, *path = cli->options.calibration;
  gboolean is_cached = cache != NULL && g_file_test (cache, G_FILE_TEST_EXISTS);
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (QsSamples) set = NULL;
  g_autofree char *key = NULL;

  if (!qs_cli_scales_check_source (cli, error))
    return NULL;
  if (path != NULL && (set = qs_cli_options_open_samples (&cli->options, path, error)) == NULL)
    return NULL;

  options.batch = qs_cli_scales_get_batch (cli);
  options.backend = subject->backend;
  options.n_threads = (guint) cli->options.threads;
  options.times = times;
  if (set != NULL && !check_samples (subject, cli, set, error))
    return NULL;
  if (set != NULL)
    key = qs_calibration_run_dup_samples_key (set, &options);

  histograms = is_cached ? load_histograms (subject, cache, key, error)
                         : qs_calibration_run (subject->model, subject->profile, set, &options,
                                               cli->progress, NULL, NULL, error);
  if (histograms == NULL || (!is_cached && !save_histograms (histograms, cache, error)))
    return NULL;

  if (samples != NULL)
    *samples = g_steal_pointer (&set);
  return g_steal_pointer (&histograms);
}

/**
 * qs_cli_scales_check_format:
 *
 * Errors: %QS_ERROR_UNSUPPORTED for a calibrator that TensorRT does not have.
 */
gboolean
qs_cli_scales_check_format (const QsCalibrator  *calibrator,
                            const char          *path,
                            GError             **error)
{
  if (calibrator->algorithm != NULL)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "%s: TensorRT has no name for %s, so its cache format can't hold it", path,
               calibrator->name);
  return FALSE;
}

QsScaleTable *
qs_cli_scales_calibrate (QsCliSubject        *subject,
                         QsCli               *cli,
                         QsHistogramSet      *histograms,
                         const QsCalibrator  *calibrator,
                         GError             **error)
{
  QsCalibratorOptions options;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsNetwork) network = NULL;

  if (!qs_cli_options_get_parameters (&cli->options, calibrator, &options, error))
    return NULL;

  scales = qs_histogram_set_calibrate (histograms, calibrator, &options);
  if (subject->ranges == NULL)
    return g_steal_pointer (&scales);

  network = qs_import_network (subject->model, subject->profile, error);
  return network == NULL ? NULL
                         : qs_manual_scales_apply (subject->ranges, network, scales, NULL, error);
}

static QsScaleTable *
calibrate (QsCliSubject  *subject,
           QsCli         *cli,
           GError       **error)
{
  const QsCalibrator *calibrator = qs_cli_options_get_calibrator (&cli->options, error);
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  QsCalibratorOptions parameters;

  if (calibrator == NULL ||
      !qs_cli_options_get_parameters (&cli->options, calibrator, &parameters, error) ||
      (cli->options.cache != NULL &&
       !qs_cli_scales_check_format (calibrator, cli->options.cache, error)))
    return NULL;

  histograms = qs_cli_scales_run_calibration (subject, cli, NULL, NULL, error);
  if (histograms == NULL)
    return NULL;

  scales = qs_histogram_set_calibrate (histograms, calibrator, &parameters);
  if (cli->options.cache != NULL &&
      !qs_cli_scales_save (scales, calibrator, cli->options.cache, error))
    return NULL;

  return g_steal_pointer (&scales);
}

static void
warn_about (const char *path,
            GPtrArray  *names,
            const char *what)
{
  g_autofree char *list = NULL;

  if (names->len == 0)
    return;

  list = join_names (names);
  qs_cli_warn ("%s: %s: %s", path, what, list);
}

/* A cache belongs to the model if its names do: TensorRT would use it without a word. Exporters give
 * different models some names in common, such as “input” and “/Relu_output_0”. */
static gboolean
check_names (const char    *path,
             QsScaleTable  *scales,
             QsCliSubject  *subject,
             GError       **error)
{
  g_autoptr (QsNetwork) network = qs_import_network (subject->model, subject->profile, error);
  g_autoptr (GPtrArray) strangers = NULL;
  g_autoptr (GPtrArray) missing = NULL;
  guint n = qs_scale_table_get_n (scales), n_known;

  if (network == NULL)
    return FALSE;

  strangers = qs_scale_table_find_strangers (scales, network);
  if (strangers->len == n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: none of its %u names is a tensor of %s, so it is the cache of another "
                   "model; calibrate this one", path, n, qs_model_get_name (subject->model));
      return FALSE;
    }

  missing = qs_scale_table_find_missing (scales, network);
  n_known = n - strangers->len;
  if (n_known < strangers->len && n_known < missing->len)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: only %u of its %u names are tensors of %s, and %u tensors have no scale in "
                   "it, so it is the cache of another model; calibrate this one", path, n_known, n,
                   qs_model_get_name (subject->model), missing->len);
      return FALSE;
    }

  warn_about (path, strangers, "these names are no tensors of the model");
  warn_about (path, missing, "these tensors have no scale, so layers that need one stay float");
  return TRUE;
}

static gboolean
check_algorithm (const char          *path,
                 QsCalibrationCache  *cache,
                 QsCli               *cli,
                 GError             **error)
{
  const QsCalibrator *calibrator;

  if (cli->options.calibrator == NULL)
    return TRUE;

  calibrator = qs_cli_options_get_calibrator (&cli->options, error);
  if (calibrator == NULL)
    return FALSE;

  if (g_strcmp0 (calibrator->algorithm, qs_calibration_cache_get_algorithm (cache)) == 0)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
               "%s: the cache was written by “%s”, not by %s; leave --calibrator out to use it, or "
               "calibrate again", path, qs_calibration_cache_get_header (cache), calibrator->name);
  return FALSE;
}

static QsScaleTable *
read_cache (QsCliSubject  *subject,
            QsCli         *cli,
            GError       **error)
{
  const char *path = cli->options.cache;
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (QsCalibrationCache) cache = qs_calibration_cache_load (file, error);
  QsScaleTable *scales;
  GPtrArray *warnings;

  if (cache == NULL || !check_algorithm (path, cache, cli, error))
    return NULL;

  warnings = qs_calibration_cache_get_warnings (cache);
  for (guint i = 0; i < warnings->len; i++)
    qs_cli_warn ("%s: %s", path, (const char *) g_ptr_array_index (warnings, i));

  scales = qs_calibration_cache_get_scales (cache);
  if (!check_names (path, scales, subject, error))
    return NULL;

  return qs_scale_table_ref (scales);
}

/**
 * qs_cli_scales_get:
 *
 * Errors: %QS_CLI_USAGE_ERROR when neither option was given, %QS_ERROR_MISMATCH for a cache of
 * another model or by another algorithm than the one asked for.
 */
gboolean
qs_cli_scales_get (QsCliSubject  *subject,
                   QsCli         *cli,
                   QsScaleTable **scales,
                   GError       **error)
{
  const QsCliOptions *options = &cli->options;

  *scales = NULL;
  if (qs_model_is_explicit (subject->model))
    {
      if (options->cache != NULL || options->calibration != NULL)
        qs_cli_warn ("%s has QuantizeLinear and DequantizeLinear with scales of its own, so neither "
                     "--cache nor --calibration is used", cli->path);
      return TRUE;
    }

  if (options->cache != NULL &&
      (options->calibration == NULL || g_file_test (options->cache, G_FILE_TEST_EXISTS)))
    *scales = read_cache (subject, cli, error);
  else if (options->calibration != NULL || options->histograms != NULL)
    *scales = calibrate (subject, cli, error);
  else
    qs_cli_set_usage_error (error, "INT8 needs --calibration FILE.npz or --cache FILE");
  return *scales != NULL;
}

/**
 * qs_cli_scales_save:
 * @path: where to; it must have passed [func@qs_cli_scales_check_format]
 */
gboolean
qs_cli_scales_save (QsScaleTable        *scales,
                    const QsCalibrator  *calibrator,
                    const char          *path,
                    GError             **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (QsCalibrationCache) cache = qs_calibration_cache_new (calibrator->algorithm, scales);

  return qs_cli_name_file (qs_calibration_cache_save (cache, file, error), path, error);
}
