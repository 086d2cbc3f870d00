/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "analysis/qs-evaluation.h"
#include "analysis/qs-range-effect.h"
#include "calibration/qs-calibration-run.h"
#include "core/qs-error.h"
#include "qs-test.h"
#include "runtime/qs-recording.h"

#define N_NETWORKS 40

static QsEngine *
build (QsNetwork    *network,
       QsScaleTable *scales)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  options.int8 = QS_INT8_ALL;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

/* Everything that a context sees. */
static void
assert_same_engine (QsEngine *a,
                    QsEngine *b)
{
  QsNetwork *left = qs_engine_get_network (a), *right = qs_engine_get_network (b);

  g_assert_cmpuint (left->tensors->len, ==, right->tensors->len);
  g_assert_cmpuint (left->layers->len, ==, right->layers->len);
  for (guint i = 0; i < left->tensors->len; i++)
    {
      const QsTensor *p = left->tensors->pdata[i], *q = right->tensors->pdata[i];

      g_assert_cmpstr (p->name, ==, q->name);
      g_assert_cmpint (p->type, ==, q->type);
      g_assert_cmpint (p->format, ==, q->format);
      g_assert_cmpmem (&p->scale, sizeof p->scale, &q->scale, sizeof q->scale);
    }
  for (guint i = 0; i < left->layers->len; i++)
    {
      const QsEngineLayer *p = qs_engine_get_layer (a, i), *q = qs_engine_get_layer (b, i);

      g_assert_cmpstr (p->layer->name, ==, q->layer->name);
      g_assert_cmpint (p->layer->precision, ==, q->layer->precision);
      g_assert_cmpstr (p->kernel, ==, q->kernel);
    }
}

static QsHostTensor *
run (QsEngine     *engine,
     QsHostTensor *input)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, 1, &error);
  g_autofree QsHostTensor **outputs =
    g_new0 (QsHostTensor *, qs_engine_get_network (engine)->outputs->len);

  g_assert_no_error (error);
  qs_context_run (context, &input, outputs, &error);
  g_assert_no_error (error);
  for (guint i = 1; i < qs_engine_get_network (engine)->outputs->len; i++)
    qs_host_tensor_unref (outputs[i]);
  return outputs[0];
}

static void
assert_same_bits (QsHostTensor *a,
                  QsHostTensor *b)
{
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

/* A whole build with the changed scale is the oracle for the engine, and its run for the replay of
 * a recording of the unchanged one. */
static void
check_change (QsNetwork    *network,
              QsScaleTable *scales,
              QsEngine     *engine,
              QsHostTensor *input,
              const char   *name,
              float         factor)
{
  g_autoptr (QsScaleTable) changed = qs_scale_table_copy (scales);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, 1, &error);
  g_autofree QsHostTensor **outputs =
    g_new0 (QsHostTensor *, qs_engine_get_network (engine)->outputs->len);
  g_autoptr (QsEngine) whole = NULL;
  g_autoptr (QsEngine) rescaled = NULL;
  g_autoptr (QsRecording) recording = NULL;
  g_autoptr (QsHostTensor) expected = NULL;
  float scale = 0.0f;

  qs_scale_table_lookup (scales, name, &scale);
  qs_scale_table_set (changed, name, scale * factor);
  g_assert_true (qs_engine_can_rescale (engine, changed));
  whole = build (network, changed);
  rescaled = qs_engine_rescale (engine, changed, &error);
  g_assert_no_error (error);
  assert_same_engine (rescaled, whole);

  recording = qs_context_record (context, &input, &error);
  g_assert_true (qs_context_rescale (context, rescaled, &error));
  g_assert_true (qs_context_replay (context, recording, outputs, &error));
  g_assert_no_error (error);
  expected = run (whole, input);
  assert_same_bits (outputs[0], expected);
  for (guint i = 0; i < qs_engine_get_network (engine)->outputs->len; i++)
    qs_host_tensor_unref (outputs[i]);
}

/* Random networks have residuals, concatenations, poolings, several outputs. */
static void
test_random_networks (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);
      g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, seed);
      g_autoptr (QsEngine) engine = build (network, scales);
      g_autoptr (QsHostTensor) input = qs_test_input_value (network->inputs->pdata[0], seed);
      guint n = qs_scale_table_get_n (scales);

      for (guint i = 0; i < 4; i++)
        {
          guint at = (guint) g_rand_int_range (rand, 0, (gint32) n);

          if (qs_scale_table_get_scale (scales, at) > 0.0f)
            check_change (network, scales, engine, input, qs_scale_table_get_name (scales, at),
                          (float) g_rand_double_range (rand, 0.2, 3.0));
        }
    }
}

typedef struct
{
  QsSamples *samples;
  QsModel *model;
  QsProfile *profile;
  QsNetwork *network;
  QsScaleTable *scales;
  QsEngine *engine;
} Sample;

static void
sample_init (Sample *self)
{
  const QsCalibratorOptions calibrator = QS_CALIBRATOR_OPTIONS_INIT;
  const QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autoptr (GFile) model = qs_test_sample ("fashion-resnet.onnx");
  g_autoptr (GFile) samples = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;

  qs_preprocessing_init (&preprocessing);
  qs_preprocessing_parse (&preprocessing, "0.00392156862745098", "0.2860", "0.3530", &error);
  self->samples = qs_samples_open (samples, &error);
  g_assert_no_error (error);
  qs_samples_set_preprocessing (self->samples, &preprocessing);
  qs_samples_set_limit (self->samples, 32);
  self->profile = qs_profile_new ();
  self->model = qs_model_load_file (model, &error);
  g_assert_no_error (error);
  self->network = qs_import_network (self->model, self->profile, &error);
  histograms = qs_calibration_run (self->model, self->profile, self->samples, &options, NULL, NULL,
                                   NULL, &error);
  g_assert_no_error (error);
  self->scales = qs_histogram_set_calibrate (histograms, qs_calibrator_lookup ("entropy2"),
                                             &calibrator);
  self->engine = build (self->network, self->scales);
}

static void
sample_clear (Sample *self)
{
  qs_samples_unref (self->samples);
  qs_model_unref (self->model);
  qs_profile_free (self->profile);
  qs_network_unref (self->network);
  qs_scale_table_unref (self->scales);
  qs_engine_unref (self->engine);
}

static void
test_every_tensor (void)
{
  g_autoptr (QsHostTensor) input = NULL;
  g_autoptr (GError) error = NULL;
  Sample sample;

  sample_init (&sample);
  input = qs_samples_read (sample.samples, "input", QS_DATA_TYPE_FLOAT, 3, 1, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < qs_scale_table_get_n (sample.scales); i++)
    check_change (sample.network, sample.scales, sample.engine, input,
                  qs_scale_table_get_name (sample.scales, i), 0.7f);
  sample_clear (&sample);
}

/* An evaluation of whole builds over the same samples is the oracle, to the last bit, since both
 * add in sample order. Changes are measured one after the other, as in a drag. */
static void
test_effect (void)
{
  static const float factors[] = { 0.5f, 1.5f, 1.0f };
  QsRangeEffectOptions options = QS_RANGE_EFFECT_OPTIONS_INIT;
  QsBuilderOptions fp32_options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsRangeEffect) effect = NULL;
  g_autoptr (QsEngine) fp32 = NULL;
  g_autoptr (GError) error = NULL;
  Sample sample;

  sample_init (&sample);
  fp32 = qs_builder_build (sample.network, NULL, &fp32_options, NULL, &error);
  effect = qs_range_effect_new (sample.engine, sample.network, sample.samples, &options, NULL,
                                &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (factors); i++)
    {
      g_autoptr (QsScaleTable) changed = qs_scale_table_copy (sample.scales);
      g_autoptr (QsEngine) whole = NULL;
      g_autoptr (QsEvaluation) expected = NULL;
      const char *name = i == 0 ? "/l/l.1/Relu_output_0" : "input";
      QsOutputError result;
      float scale = 0.0f;

      g_assert_true (qs_scale_table_lookup (changed, name, &scale));
      qs_scale_table_set (changed, name, scale * factors[i]);
      whole = build (sample.network, changed);
      expected = qs_evaluate (whole, fp32, sample.samples, 1, NULL, &error);
      g_assert_true (qs_range_effect_measure (effect, changed, &result, &error));
      g_assert_no_error (error);
      g_assert_cmpint (result.n_samples, ==, 32);
      g_assert_cmpfloat (result.sqnr_db, ==, expected->sqnr_db);
      g_assert_cmpfloat (result.cosine, ==, expected->cosine);
      g_assert_cmpfloat (result.agreement, ==, expected->agreement);
      if (factors[i] == 1.0f)
        g_assert_cmpfloat (result.sqnr_db, ==, qs_range_effect_get_base (effect)->sqnr_db);
      else
        g_assert_cmpfloat (result.sqnr_db, !=, qs_range_effect_get_base (effect)->sqnr_db);
    }

  options.memory = 1000;
  g_assert_null (qs_range_effect_new (sample.engine, sample.network, sample.samples, &options, NULL,
                                      &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "bytes");
  sample_clear (&sample);
}

/* A tensor that loses its scale can't stay INT8; the context goes on with what it had. */
static void
test_refusal (void)
{
  QsRangeEffectOptions options = { .n_samples = 4, .memory = (gsize) 64 << 20, .n_threads = 1 };
  g_autoptr (QsScaleTable) without = NULL;
  g_autoptr (QsRangeEffect) effect = NULL;
  g_autoptr (GError) error = NULL;
  QsOutputError result;
  Sample sample;

  sample_init (&sample);
  without = qs_scale_table_copy (sample.scales);
  qs_scale_table_set (without, "/l/l.1/Relu_output_0", 0.0f);
  effect = qs_range_effect_new (sample.engine, sample.network, sample.samples, &options, NULL,
                                &error);
  g_assert_no_error (error);
  g_assert_false (qs_engine_can_rescale (sample.engine, without));
  g_assert_false (qs_range_effect_measure (effect, without, &result, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "/l/l.1/Relu_output_0");
  g_clear_error (&error);
  g_assert_true (qs_range_effect_measure (effect, sample.scales, &result, &error));
  g_assert_cmpfloat (result.sqnr_db, ==, qs_range_effect_get_base (effect)->sqnr_db);
  g_assert_cmpuint (result.n_layers, ==, 0);
  sample_clear (&sample);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/range-effect/random-networks", test_random_networks);
  g_test_add_func ("/range-effect/every-tensor", test_every_tensor);
  g_test_add_func ("/range-effect/effect", test_effect);
  g_test_add_func ("/range-effect/refusal", test_refusal);
  return g_test_run ();
}
