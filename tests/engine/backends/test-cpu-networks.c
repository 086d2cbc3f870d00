/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "backends/cpu/qs-cpu-functions.h"
#include "builder/qs-builder.h"
#include "qs-emulated-levels.h"
#include "runtime/qs-context.h"

/*
 * Whole random networks on every level: the same bits for 1, 2, 3 and 8 threads, and for INT8 those
 * of the reference backend. Nothing is timed here, so that engines are the same in every run.
 */

#define N_NETWORKS 24

static const guint threads[] = { 1, 2, 3, 8 };

static QsEngine *
build (QsNetwork    *network,
       QsScaleTable *scales,
       const char   *backend)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  options.backend = qs_backend_lookup (backend);
  options.n_threads = 1;
  options.int8 = scales != NULL ? QS_INT8_ALL : QS_INT8_OFF;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

/* (element-type QsHostTensor): the engine's outputs */
static GPtrArray *
run (QsEngine *engine,
     guint32   seed,
     guint     n_threads)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, n_threads, &error);
  g_autoptr (QsHostTensor) input =
    qs_test_input_value (g_ptr_array_index (network->inputs, 0), seed);

  g_assert_no_error (error);
  g_ptr_array_set_size (results, (int) network->outputs->len);
  qs_context_run (context, &input, (QsHostTensor **) results->pdata, &error);
  g_assert_no_error (error);
  return results;
}

static void
assert_same_bits (GPtrArray  *a,
                  GPtrArray  *b,
                  guint32     seed,
                  QsCpuLevel  level,
                  const char *what)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    {
      QsHostTensor *x = g_ptr_array_index (a, i), *y = g_ptr_array_index (b, i);

      if (qs_host_tensor_get_size (x) != qs_host_tensor_get_size (y)
          || memcmp (qs_host_tensor_get_data (x), qs_host_tensor_get_data (y),
                     qs_host_tensor_get_size (x)) != 0)
        g_error ("the random network of seed %u, level %s, output %u: %s differ by up to %g", seed,
                 qs_cpu_level_id (level), i, what, (double) qs_test_max_difference (x, y));
    }
}

/* Returns what one thread computes, (transfer full). */
static GPtrArray *
run_threads (QsEngine   *engine,
             guint32     seed,
             QsCpuLevel  level)
{
  GPtrArray *first = run (engine, seed, threads[0]);

  for (gsize t = 1; t < G_N_ELEMENTS (threads); t++)
    {
      g_autoptr (GPtrArray) outputs = run (engine, seed, threads[t]);
      g_autofree char *what = g_strdup_printf ("1 and %u threads", threads[t]);

      assert_same_bits (first, outputs, seed, level, what);
    }
  return first;
}

static void
run_levels (guint32        seed,
            QsNetwork     *network,
            QsScaleTable  *scales,
            GPtrArray     *expected,
            guint         *n_compared)
{
  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      g_autoptr (QsEngine) engine = NULL;
      g_autoptr (GPtrArray) outputs = NULL;

      if (qs_cpu_functions_get (level) == NULL)
        continue;

      qs_cpu_level_force (level);
      engine = build (network, scales, "cpu");
      outputs = run_threads (engine, seed, level);
      /* Layers that stay float may round differently from backend to backend. */
      if (expected != NULL && qs_engine_count_layers (engine, QS_PRECISION_FP32) == 0)
        {
          assert_same_bits (expected, outputs, seed, level, "reference and level");
          (*n_compared)++;
        }
    }
}

static void
test_float (void)
{
  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);

      run_levels (seed, network, NULL, NULL, NULL);
    }
}

static void
test_integer (void)
{
  guint n_compared = 0;

  for (guint32 seed = 0; seed < 4 * N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);
      g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, seed);
      g_autoptr (QsEngine) reference = build (network, scales, "reference");
      g_autoptr (GPtrArray) expected = NULL;

      if (qs_engine_count_layers (reference, QS_PRECISION_FP32) > 0)
        continue;

      expected = run (reference, seed, 1);
      run_levels (seed, network, scales, expected, &n_compared);
    }

  g_test_message ("%u networks in INT8 throughout, times levels", n_compared);
  g_assert_cmpuint (n_compared, >, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  qs_emulated_levels_init ();

  g_test_add_func ("/cpu/networks/float", test_float);
  g_test_add_func ("/cpu/networks/integer", test_integer);

  return g_test_run ();
}
