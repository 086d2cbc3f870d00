/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "builder/qs-plan.h"

/*
 * Choices by time, on a backend whose kernels compute nothing and move a clock of their own: each
 * run takes what the test says, so nothing here depends on the machine.
 */

typedef enum
{
  FIRST,
  SECOND,
  ROWS,
  CHANNELS,
  CONVOLUTION,
  REFORMAT,
  INT8,
  INT8_SECOND,
  N_TIMES,
} Time;

static double clock_ms;
static double times[N_TIMES];

static double
read_clock (void)
{
  return clock_ms;
}

static gboolean
supports (const QsKernel  *kernel,
          const QsLayer   *layer,
          const char     **reason)
{
  return TRUE;
}

#define EXECUTE(time_)                                   \
  static gboolean                                        \
  execute_##time_ (const QsKernel     *kernel,           \
                   const QsLayer      *layer,            \
                   gpointer            state,            \
                   const QsExecution  *execution,        \
                   GError            **error)            \
  {                                                      \
    clock_ms += times[time_];                            \
    return TRUE;                                         \
  }

EXECUTE (FIRST)
EXECUTE (SECOND)
EXECUTE (ROWS)
EXECUTE (CHANNELS)
EXECUTE (CONVOLUTION)
EXECUTE (REFORMAT)
EXECUTE (INT8)
EXECUTE (INT8_SECOND)

#define KERNEL(time_, name_, kind_, precision_, ...)                                        \
  { .name = name_, .kind = QS_LAYER_##kind_, .precision = QS_PRECISION_##precision_,        \
    .supports = supports, .execute = execute_##time_, __VA_ARGS__ }

static const QsKernel kernels[] = {
  KERNEL (FIRST, "first", ACTIVATION, FP32, .any_format = TRUE),
  KERNEL (SECOND, "second", ACTIVATION, FP32, .any_format = TRUE),
  KERNEL (ROWS, "rows", POOLING, FP32, .format = QS_FORMAT_LINEAR),
  KERNEL (CHANNELS, "channels", POOLING, FP32, .format = QS_FORMAT_HWC),
  KERNEL (CONVOLUTION, "convolution", CONVOLUTION, FP32, .format = QS_FORMAT_HWC),
  KERNEL (REFORMAT, "reformat", REFORMAT, FP32, .any_format = TRUE),
  KERNEL (REFORMAT, "reformat_s8", REFORMAT, INT8, .any_format = TRUE),
  /* Without these, the reference kernels would compute in INT8, in no time by this clock. */
  KERNEL (INT8, "activation_s8", ACTIVATION, INT8, .any_format = TRUE),
  KERNEL (INT8_SECOND, "activation_s8_second", ACTIVATION, INT8, .any_format = TRUE),
  KERNEL (INT8, "pooling_s8", POOLING, INT8, .any_format = TRUE),
  KERNEL (INT8, "convolution_s8", CONVOLUTION, INT8, .any_format = TRUE),
};

static const QsKernel *const *
get_kernels (guint *n)
{
  static const QsKernel *table[G_N_ELEMENTS (kernels)];

  for (gsize i = 0; i < G_N_ELEMENTS (kernels); i++)
    table[i] = &kernels[i];
  *n = G_N_ELEMENTS (kernels);
  return table;
}

static char *
get_device_name (void)
{
  return g_strdup ("none");
}

static const QsBackend backend = {
  .id = "fake",
  .name = "Fake",
  .get_kernels = get_kernels,
  .get_device_name = get_device_name,
  .emulates_fp16 = TRUE,
};

/* One whose first kernel is as good as any other. */
static const QsBackend timed_backend = {
  .id = "timed",
  .name = "Timed",
  .get_kernels = get_kernels,
  .get_device_name = get_device_name,
  .emulates_fp16 = TRUE,
  .times_kernels = TRUE,
};

static QsEngine *
build (QsNetwork       *network,
       const QsBackend *chosen,
       double         (*clock) (void),
       QsTimingCache   *timings)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, 1);
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  options.backend = chosen;
  options.n_threads = 1;
  options.fuse = FALSE;
  options.int8 = QS_INT8_FASTER;
  options.clock = clock;
  options.timings = timings;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static const QsEngineLayer *
find_layer (QsEngine   *engine,
            const char *name)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    if (strcmp (((QsLayer *) g_ptr_array_index (network->layers, i))->name, name) == 0)
      return qs_engine_get_layer (engine, i);

  g_assert_not_reached ();
}

static const QsTactic *
find_tactic (const QsEngineLayer *layer,
             const char          *kernel)
{
  for (guint i = 0; i < layer->tactics->len; i++)
    if (strcmp (((QsTactic *) g_ptr_array_index (layer->tactics, i))->kernel, kernel) == 0)
      return g_ptr_array_index (layer->tactics, i);

  g_assert_not_reached ();
}

static void
set_times (double first,
           double second,
           double rows,
           double channels,
           double reformat)
{
  times[FIRST] = first;
  times[SECOND] = second;
  times[ROWS] = rows;
  times[CHANNELS] = channels;
  times[REFORMAT] = reformat;
  times[CONVOLUTION] = 1.0;
  times[INT8] = 50.0;
  times[INT8_SECOND] = 60.0;
}

static void
check_kernel (double      first,
              double      second,
              const char *expected)
{
  const QsShape shape = qs_shape_make (4, 1, 4, 3, 3);
  g_autoptr (QsEngine) engine = NULL;
  const QsEngineLayer *layer;
  QsTestMaker maker;

  set_times (first, second, 1.0, 1.0, 0.1);
  qs_test_maker_init (&maker, 1);
  qs_network_mark_output (maker.network,
                          qs_test_activation (&maker, "relu", qs_test_input (&maker, "x", &shape),
                                              (QsActivation) { QS_ACTIVATION_RELU }));
  engine = build (maker.network, &backend, read_clock, NULL);
  layer = find_layer (engine, "relu");

  g_assert_cmpstr (layer->kernel, ==, expected);
  g_assert_cmpint (layer->layer->precision, ==, QS_PRECISION_FP32);
  g_assert_true (find_tactic (layer, expected)->chosen);
  g_assert_cmpfloat_with_epsilon (find_tactic (layer, "first")->ms, first, 1e-9);
  g_assert_cmpfloat_with_epsilon (find_tactic (layer, "second")->ms, second, 1e-9);
  g_assert_cmpfloat_with_epsilon (find_tactic (layer, "activation_s8")->ms, 50.0, 1e-9);
  qs_test_maker_clear (&maker);
}

/* The backend's first kernel stays unless another is more than 3 % and a microsecond faster. */
static void
test_default (void)
{
  check_kernel (1.0, 1.5, "first");
  check_kernel (1.0, 0.98, "first");
  check_kernel (1.0, 0.96, "second");
  check_kernel (0.010, 0.0095, "first");
  check_kernel (0.010, 0.0085, "second");
}

/* Where the precision needs no times: kernels have them on a backend that says so, those of the precision
 * that the layer has. */
static void
check_mode (const QsBackend *chosen,
            QsInt8Mode       mode,
            gboolean         repeatable,
            const char      *expected,
            double           fp32_ms,
            double           int8_ms)
{
  const QsShape shape = qs_shape_make (4, 1, 4, 3, 3);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  const QsEngineLayer *layer;
  QsTestMaker maker;

  set_times (1.0, 0.5, 1.0, 1.0, 0.1);
  times[INT8_SECOND] = 40.0;
  qs_test_maker_init (&maker, 1);
  qs_network_mark_output (maker.network,
                          qs_test_activation (&maker, "relu", qs_test_input (&maker, "x", &shape),
                                              (QsActivation) { QS_ACTIVATION_RELU }));
  scales = mode != QS_INT8_OFF ? qs_test_make_scales (maker.network, 1) : NULL;
  options.backend = chosen;
  options.n_threads = 1;
  options.int8 = mode;
  options.repeatable = repeatable;
  options.clock = read_clock;
  engine = qs_builder_build (maker.network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  layer = find_layer (engine, "relu");

  g_assert_cmpstr (layer->kernel, ==, expected);
  g_assert_true (find_tactic (layer, expected)->chosen);
  /* With those that stand in for the backend's own. */
  g_assert_cmpuint (layer->tactics->len, ==, mode == QS_INT8_OFF ? 3 : 6);
  g_assert_cmpfloat_with_epsilon (find_tactic (layer, "second")->ms, fp32_ms, 1e-9);
  if (mode == QS_INT8_ALL)
    g_assert_cmpfloat_with_epsilon (find_tactic (layer, "activation_s8_second")->ms, int8_ms, 1e-9);
  for (guint i = 0; i < layer->tactics->len; i++)
    {
      const QsTactic *tactic = g_ptr_array_index (layer->tactics, i);

      g_assert_true (tactic->chosen == (strcmp (tactic->kernel, expected) == 0));
      g_assert_true (tactic->chosen == (tactic->reason == NULL));
    }
  qs_test_maker_clear (&maker);
}

static void
test_modes (void)
{
  check_mode (&backend, QS_INT8_OFF, FALSE, "first", -1.0, -1.0);
  check_mode (&backend, QS_INT8_ALL, FALSE, "activation_s8", -1.0, -1.0);
  check_mode (&timed_backend, QS_INT8_OFF, FALSE, "second", 0.5, -1.0);
  check_mode (&timed_backend, QS_INT8_ALL, FALSE, "activation_s8_second", -1.0, 40.0);
  check_mode (&timed_backend, QS_INT8_OFF, TRUE, "first", -1.0, -1.0);
  check_mode (&timed_backend, QS_INT8_ALL, TRUE, "activation_s8", -1.0, -1.0);
  /* Then the time decides about the precision, too. */
  check_mode (&timed_backend, QS_INT8_FASTER, TRUE, "second", 0.5, 40.0);
}

/* A pooling that has kernels for both layouts, rows the default, between convolutions that want
 * channels last. */
static void
check_layout (double      rows,
              double      channels,
              double      reformat,
              const char *expected)
{
  const QsShape shape = qs_shape_make (4, 1, 4, 6, 6);
  const gboolean is_rows = strcmp (expected, "rows") == 0;
  g_autoptr (QsEngine) engine = NULL;
  const QsEngineLayer *layer;
  QsTestMaker maker;
  QsTensor *t;

  set_times (1.0, 1.0, rows, channels, reformat);
  qs_test_maker_init (&maker, 1);
  t = qs_test_input (&maker, "x", &shape);
  t = qs_test_convolution (&maker, "before", t, 4, 3, 1, TRUE);
  t = qs_test_max_pool (&maker, "pool", t);
  t = qs_test_convolution (&maker, "after", t, 4, 3, 1, TRUE);
  qs_network_mark_output (maker.network, t);
  engine = build (maker.network, &backend, read_clock, NULL);
  layer = find_layer (engine, "pool");

  g_assert_cmpstr (layer->kernel, ==, expected);
  g_assert_cmpint (find_tactic (layer, "rows")->format, ==, QS_FORMAT_LINEAR);
  g_assert_cmpint (find_tactic (layer, "channels")->format, ==, QS_FORMAT_HWC);
  g_assert_cmpfloat_with_epsilon (find_tactic (layer, "rows")->reformat_ms, 2.0 * reformat, 1e-5);
  g_assert_cmpfloat_with_epsilon (find_tactic (layer, "channels")->reformat_ms, 0.0, 1e-5);
  g_assert_true (find_tactic (layer, expected)->chosen);
  g_assert_false (find_tactic (layer, is_rows ? "channels" : "rows")->chosen);
  /* At the network's input and output, and around the pooling. */
  g_assert_cmpuint (qs_engine_count_reformats (engine), ==, is_rows ? 4 : 2);
  qs_test_maker_clear (&maker);
}

static void
test_layouts (void)
{
  check_layout (1.0, 1.5, 0.2, "rows");
  check_layout (1.0, 1.5, 0.3, "channels");
  check_layout (1.0, 0.5, 0.0, "channels");
  /* Within 3 % the default stays. */
  check_layout (1.0, 0.98, 0.001, "rows");
}

/* A layer that takes any layout, between two that want different ones: one reformat is enough. */
static void
test_any_layout (void)
{
  const QsShape shape = qs_shape_make (4, 1, 4, 6, 6);
  g_autoptr (QsEngine) engine = NULL;
  QsTestMaker maker;
  QsTensor *t;

  set_times (1.0, 1.0, 1.0, 1.0, 0.2);
  qs_test_maker_init (&maker, 1);
  t = qs_test_input (&maker, "x", &shape);
  t = qs_test_activation (&maker, "relu", t, (QsActivation) { QS_ACTIVATION_RELU });
  t = qs_test_convolution (&maker, "after", t, 4, 3, 1, TRUE);
  qs_network_mark_output (maker.network, t);
  engine = build (maker.network, &backend, read_clock, NULL);

  /* Both are as dear, so that it keeps the layout of its input; no third one is added. */
  g_assert_cmpuint (qs_engine_count_reformats (engine), ==, 2);
  g_assert_cmpint (qs_layer_get_output (find_layer (engine, "relu")->layer, 0)->format, ==,
                   QS_FORMAT_LINEAR);
  qs_test_maker_clear (&maker);
}

static guint32 noise;

/* A machine on which no measurement repeats. */
static double
read_noisy_clock (void)
{
  noise = noise * 1664525 + 1013904223;
  clock_ms += (double) (noise >> 16) / 65536.0;
  return clock_ms;
}

/* With the times of another build, a build is that build again, to the last byte. */
static void
test_repeat (void)
{
  for (guint32 seed = 0; seed < 3; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);
      g_autoptr (QsTimingCache) timings = qs_timing_cache_new ();
      const QsBackend *cpu = qs_backend_lookup ("cpu");
      g_autoptr (QsEngine) first = build (network, cpu, read_noisy_clock, timings);
      g_autoptr (QsEngine) again = build (network, cpu, read_noisy_clock, timings);
      g_autoptr (QsEngine) other = build (network, cpu, read_noisy_clock, NULL);
      g_autoptr (GBytes) a = qs_plan_write (first, NULL);
      g_autoptr (GBytes) b = qs_plan_write (again, NULL);
      g_autoptr (GBytes) c = qs_plan_write (other, NULL);

      g_assert_true (g_bytes_equal (a, b));
      g_assert_false (g_bytes_equal (a, c));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tactics/default", test_default);
  g_test_add_func ("/tactics/modes", test_modes);
  g_test_add_func ("/tactics/layouts", test_layouts);
  g_test_add_func ("/tactics/any-layout", test_any_layout);
  g_test_add_func ("/tactics/repeat", test_repeat);

  return g_test_run ();
}
