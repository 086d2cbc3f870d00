/* SPDX-License-Identifier: MIT */
#include "qs-selftest-item.h"

#include <string.h>

#include "operators/qs-work.h"
#include "qs-selftest-engine.h"
#include "qs-selftest-peak.h"
#include "runtime/qs-context.h"

/*
 * How long the models of the command line take, and how near each of their layers comes to what the
 * device could do.
 */

static void
add_share (JsonObject *object,
           const char *name,
           double      per_second,
           double      peak)
{
  if (peak > 0.0)
    json_object_set_double_member (object, name, per_second / peak);
  else
    json_object_set_null_member (object, name);
}

static JsonObject *
describe_layer (const QsEngineLayer  *info,
                double                ms,
                const QsSelfTestPeak *peak)
{
  JsonObject *object = json_object_new ();
  const double operations = qs_layer_count_operations (info->layer);
  const double bytes = qs_layer_count_bytes (info->layer), seconds = 1e-3 * ms;

  json_object_set_string_member (object, "name", info->layer->name);
  json_object_set_string_member (object, "kernel", info->kernel);
  json_object_set_string_member (object, "precision", qs_precision_name (info->layer->precision));
  json_object_set_double_member (object, "ms", ms);
  json_object_set_double_member (object, "operations", operations);
  json_object_set_double_member (object, "bytes", bytes);
  if (ms > 0.0)
    {
      add_share (object, "share_of_int8_peak", operations / seconds, peak->int8);
      add_share (object, "share_of_bandwidth", bytes / seconds, peak->bandwidth);
    }
  return object;
}

static void
describe (const QsSelfTestItem  *self,
          QsEngine              *engine,
          const QsProfileResult *times,
          JsonObject            *result)
{
  JsonArray *layers = json_array_new ();
  QsSelfTestPeak peak;
  double operations = 0.0;
  g_autofree char *text = NULL;

  qs_selftest_peak_find (&peak);
  for (guint i = 0; i < times->n_layers; i++)
    {
      const QsEngineLayer *info = qs_engine_get_layer (engine, i);

      operations += qs_layer_count_operations (info->layer);
      json_array_add_object_element (layers, describe_layer (info, times->layer_ms[i], &peak));
    }
  json_object_set_int_member (result, "batch", self->batch);
  json_object_set_double_member (result, "median_ms", times->median_ms);
  json_object_set_double_member (result, "min_ms", times->min_ms);
  json_object_set_double_member (result, "int8_peak", peak.int8);
  json_object_set_double_member (result, "bandwidth", peak.bandwidth);
  add_share (result, "share_of_int8_peak", operations / (1e-3 * times->median_ms), peak.int8);
  json_object_set_array_member (result, "layers", layers);
  text = g_strdup_printf ("median %.3f ms, copies of inputs and outputs included; %.0f samples/s",
                          times->median_ms, 1e3 * (double) self->batch / times->median_ms);
  qs_selftest_result_set (result, QS_SELFTEST_PASSED, text);
}

/* The scales are those of one sample, whatever the batch: times do not depend on them. */
static QsScaleTable *
make_scales (const QsSelfTestItem  *self,
             GError               **error)
{
  g_autoptr (QsNetwork) network = qs_selftest_load_network (self->path, 1, error);

  return network != NULL ? qs_selftest_make_scales (network, error) : NULL;
}

static gboolean
measure (const QsSelfTestItem     *self,
         const QsSelfTestOptions  *options,
         JsonObject               *result,
         GError                  **error)
{
  g_autoptr (QsScaleTable) scales =
    self->precision == QS_PRECISION_INT8 ? make_scales (self, error) : NULL;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  QsProfileResult times;

  if (self->precision == QS_PRECISION_INT8 && scales == NULL)
    return FALSE;
  network = qs_selftest_load_network (self->path, self->batch, error);
  engine = network != NULL
             ? qs_selftest_build (network, scales, "cuda", self->precision, TRUE, error) : NULL;
  context = engine != NULL ? qs_context_new (engine, 0, error) : NULL;
  if (context == NULL || !qs_context_profile (context, options->n_runs, NULL, &times, error))
    return FALSE;
  describe (self, engine, &times, result);
  qs_profile_result_clear (&times);
  return TRUE;
}

static void
run (const QsSelfTestItem    *self,
     const QsSelfTestOptions *options,
     JsonObject              *result)
{
  g_autoptr (GError) error = NULL;

  if (self->path == NULL)
    {
      qs_selftest_result_set (result, QS_SELFTEST_SKIPPED,
                              "no model is named; tests/bench/make-models.py makes ResNet-50, "
                              "MobileNetV2 and BERT-base");
      return;
    }
  json_object_set_int_member (result, "runs", options->n_runs);
  if (!g_file_test (self->path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *reason = g_strdup_printf ("%s is not here", self->path);

      json_object_set_int_member (result, "runs", 0);
      qs_selftest_result_set (result, QS_SELFTEST_SKIPPED, reason);
    }
  else if (!measure (self, options, result, &error))
    {
      json_object_set_int_member (result, "failed", 1);
      qs_selftest_result_set (result, QS_SELFTEST_FAILED, error->message);
    }
}

static void
add (GPtrArray   *items,
     const char  *path,
     gint64       batch,
     QsPrecision  precision)
{
  QsSelfTestItem *item = g_new0 (QsSelfTestItem, 1);
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : g_strdup ("models");
  g_autofree char *name = g_ascii_strdown (qs_precision_name (precision), -1);

  item->section = "timings";
  item->name = path != NULL ? g_strdup_printf ("time/%s/%d/%s", base, (int) batch, name)
                            : g_strdup ("time");
  item->run = run;
  item->path = g_strdup (path);
  item->batch = batch;
  item->precision = precision;
  g_ptr_array_add (items, item);
}

void
qs_selftest_add_timings (GPtrArray               *items,
                         const QsSelfTestOptions *options)
{
  static const gint64 batches[] = { 1, 128 };
  static const QsPrecision precisions[] = { QS_PRECISION_INT8, QS_PRECISION_FP16,
                                            QS_PRECISION_FP32 };

  if (!options->timings)
    return;
  if (options->models == NULL)
    add (items, NULL, 0, QS_PRECISION_INT8);
  for (char **model = options->models; model != NULL && *model != NULL; model++)
    for (gsize b = 0; b < G_N_ELEMENTS (batches); b++)
      for (gsize p = 0; p < G_N_ELEMENTS (precisions); p++)
        add (items, *model, batches[b], precisions[p]);
}
