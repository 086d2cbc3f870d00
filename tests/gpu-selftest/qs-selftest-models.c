/* SPDX-License-Identifier: MIT */
#include "qs-selftest-item.h"

#include <math.h>
#include <string.h>

#include "qs-selftest-engine.h"

/*
 * Whole models on the device beside the same on the CPU: the sample models, and those of the command
 * line. The third run of a context is its graph's second one.
 */

#define N_RUNS 3

/* Of the largest output. FP32: some tens of layers each add errors of a few 2^-24, longer sums more.
 * FP16: a sum beside a rounding boundary falls to the other side, which is 2^-11 of a value, in some
 * layers of a row. INT8: products are exact, but soft-max, normalization and averages in floating point
 * have their own bounds, and what they feed may be quantized to the neighbour; without such layers,
 * every bit is the same. */
#define FP32_BOUND 1e-4
#define FP16_BOUND (16.0 / 2048.0)
#define INT8_BOUND (2.0 / 127.0)

static double
find_largest (const QsHostTensor *tensor)
{
  double largest = 0.0;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    largest = MAX (largest, fabs (qs_host_tensor_get_number (tensor, i)));
  return largest;
}

/* NaN is a difference. */
static double
find_difference (const QsHostTensor *a,
                 const QsHostTensor *b)
{
  double largest = 0.0;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (a); i++)
    {
      const double difference =
        fabs (qs_host_tensor_get_number (a, i) - qs_host_tensor_get_number (b, i));

      if (!(difference <= largest))
        largest = isnan (difference) ? INFINITY : difference;
    }
  return largest;
}

/* Sums in floating point in an order of the device's own. */
static gboolean
has_float_sums (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      const QsLayerKind kind = layer->klass->kind;

      if (layer->precision != QS_PRECISION_INT8 &&
          (kind == QS_LAYER_SOFT_MAX || kind == QS_LAYER_NORMALIZATION || kind == QS_LAYER_REDUCE ||
           kind == QS_LAYER_POOLING || kind == QS_LAYER_CONVOLUTION ||
           kind == QS_LAYER_DECONVOLUTION || kind == QS_LAYER_MATRIX_MULTIPLY))
        return TRUE;
    }
  return FALSE;
}

static double
find_bound (QsEngine    *engine,
            QsPrecision  precision)
{
  if (precision == QS_PRECISION_FP32)
    return FP32_BOUND;
  if (precision == QS_PRECISION_FP16)
    return FP16_BOUND;
  return has_float_sums (engine) ? INT8_BOUND : 0.0;
}

/* Layers of the CPU would hide what the device cannot do. */
static guint
count_host_layers (QsEngine *engine)
{
  guint n = 0;

  for (guint i = 0; i < qs_engine_get_network (engine)->layers->len; i++)
    n += !g_str_has_prefix (qs_engine_get_layer (engine, i)->kernel, "cuda_");
  return n;
}

static void
judge (QsHostTensor *expected,
       QsHostTensor *result,
       double        bound,
       JsonObject   *report)
{
  const double largest = find_largest (expected);
  const double difference = find_difference (expected, result);
  const gboolean ok = largest > 0.0 && difference <= bound * largest;
  g_autofree char *text = g_strdup_printf (
    "the largest difference is %g of the largest output, the bound %g",
    largest > 0.0 ? difference / largest : 0.0, bound);

  json_object_set_int_member (report, "failed", !ok);
  json_object_set_double_member (report, "difference", largest > 0.0 ? difference / largest : 0.0);
  json_object_set_double_member (report, "bound", bound);
  qs_selftest_result_set (report, ok ? QS_SELFTEST_PASSED : QS_SELFTEST_FAILED, text);
}

static gboolean
compare (const QsSelfTestItem  *self,
         JsonObject            *report,
         GError               **error)
{
  g_autoptr (QsNetwork) network = qs_selftest_load_network (self->path, self->batch, error);
  g_autoptr (QsScaleTable) scales = network != NULL ? qs_selftest_make_scales (network, error) : NULL;
  g_autoptr (QsEngine) cpu = NULL;
  g_autoptr (QsEngine) cuda = NULL;
  g_autoptr (QsHostTensor) expected = NULL;
  g_autoptr (QsHostTensor) result = NULL;

  if (scales == NULL)
    return FALSE;
  cpu = qs_selftest_build (network, scales, "cpu", self->precision, FALSE, error);
  expected = cpu != NULL ? qs_selftest_run (cpu, 1, error) : NULL;
  if (expected == NULL)
    return FALSE;
  cuda = qs_selftest_build (network, scales, "cuda", self->precision, FALSE, error);
  result = cuda != NULL ? qs_selftest_run (cuda, N_RUNS, error) : NULL;
  if (result == NULL)
    return FALSE;
  json_object_set_int_member (report, "layers", qs_engine_get_network (cuda)->layers->len);
  json_object_set_int_member (report, "host_layers", count_host_layers (cuda));
  judge (expected, result, find_bound (cuda, self->precision), report);
  return TRUE;
}

static void
run (const QsSelfTestItem    *self,
     const QsSelfTestOptions *options,
     JsonObject              *result)
{
  g_autoptr (GError) error = NULL;

  json_object_set_int_member (result, "runs", N_RUNS);
  json_object_set_int_member (result, "failed", 1);
  if (!g_file_test (self->path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *reason = g_strdup_printf ("%s is not here (--data says where)", self->path);

      json_object_set_int_member (result, "runs", 0);
      json_object_set_int_member (result, "failed", 0);
      qs_selftest_result_set (result, QS_SELFTEST_SKIPPED, reason);
    }
  else if (!compare (self, result, &error))
    qs_selftest_result_set (result, QS_SELFTEST_FAILED, error->message);
}

static void
add (GPtrArray  *items,
     const char *path)
{
  static const char *const names[] = { "fp32", "fp16", "int8" };
  static const QsPrecision precisions[] = { QS_PRECISION_FP32, QS_PRECISION_FP16,
                                            QS_PRECISION_INT8 };
  g_autofree char *base = g_path_get_basename (path);

  for (gsize i = 0; i < G_N_ELEMENTS (precisions); i++)
    {
      QsSelfTestItem *item = g_new0 (QsSelfTestItem, 1);

      item->section = "models";
      item->name = g_strdup_printf ("%s/%s", base, names[i]);
      item->run = run;
      item->path = g_strdup (path);
      item->batch = 1;
      item->precision = precisions[i];
      g_ptr_array_add (items, item);
    }
}

void
qs_selftest_add_models (GPtrArray               *items,
                        const QsSelfTestOptions *options)
{
  static const char *const samples[] = { "fashion-resnet.onnx", "fashion-mobilenet.onnx",
                                         "fashion-vit.onnx" };

  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *path = g_build_filename (options->data, samples[i], NULL);

      add (items, path);
    }
  for (char **model = options->models; model != NULL && *model != NULL; model++)
    add (items, *model);
}
