/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "builder/qs-plan.h"
#include "core/qs-error.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

#define N_MUTATIONS 1000

static QsEngine *
build (guint32 seed)
{
  g_autoptr (QsNetwork) network = qs_test_random_network (seed);
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, seed);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  qs_scale_table_set_source (scales, "minmax");
  options.int8 = QS_INT8_ALL;
  options.model_checksum = "0123abcd";
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static GPtrArray *
run (QsEngine  *engine,
     guint32    seed,
     GError   **error)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (QsContext) context = qs_context_new (engine, 1, error);
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, network->outputs->len + 1);
  g_autoptr (GPtrArray) inputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  if (context == NULL)
    return results;
  for (guint i = 0; i < network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->inputs, i);

      g_ptr_array_add (inputs, tensor->type == QS_DATA_TYPE_FLOAT
                                 ? qs_test_input_value (tensor, seed)
                                 : qs_host_tensor_new (tensor->type, &tensor->shape, NULL));
    }
  if (qs_context_run (context, (QsHostTensor **) inputs->pdata, outputs, error))
    for (guint i = 0; i < network->outputs->len; i++)
      g_ptr_array_add (results, outputs[i]);
  return results;
}

static void
assert_same_results (QsEngine *a,
                     QsEngine *b,
                     guint32   seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) x = run (a, seed, &error);
  g_autoptr (GPtrArray) y = run (b, seed, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (x->len, ==, y->len);
  for (guint i = 0; i < x->len; i++)
    g_assert_cmpmem (qs_host_tensor_get_data (g_ptr_array_index (x, i)),
                     qs_host_tensor_get_size (g_ptr_array_index (x, i)),
                     qs_host_tensor_get_data (g_ptr_array_index (y, i)),
                     qs_host_tensor_get_size (g_ptr_array_index (y, i)));
}

static void
assert_same_words (QsEngine *a,
                   QsEngine *b)
{
  QsNetwork *network = qs_engine_get_network (a);
  QsJournal *x = qs_engine_get_journal (a), *y = qs_engine_get_journal (b);

  g_assert_cmpuint (qs_journal_get_n (x), ==, qs_journal_get_n (y));
  for (guint i = 0; i < qs_journal_get_n (x); i++)
    g_assert_cmpstr (qs_journal_get (x, i)->reason, ==, qs_journal_get (y, i)->reason);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsEngineLayer *p = qs_engine_get_layer (a, i), *q = qs_engine_get_layer (b, i);

      g_assert_cmpstr (p->layer->name, ==, q->layer->name);
      g_assert_cmpstr (p->kernel, ==, q->kernel);
      g_assert_cmpstr (p->reason, ==, q->reason);
      g_assert_cmpuint (p->tactics->len, ==, q->tactics->len);
      g_assert_cmpuint (p->layer->origins->len, ==, q->layer->origins->len);
    }
  g_assert_cmpuint (qs_scale_table_get_n (qs_engine_get_scales (a)), ==,
                    qs_scale_table_get_n (qs_engine_get_scales (b)));
  g_assert_cmpstr (qs_scale_table_get_source (qs_engine_get_scales (b)), ==, "minmax");
  g_assert_cmpstr (qs_engine_get_model_checksum (b), ==, "0123abcd");
  g_assert_cmpuint (qs_engine_get_memory_size (a), ==, qs_engine_get_memory_size (b));
}

static void
test_round_trip (void)
{
  g_autofree char *folder = qs_test_make_folder ();

  for (guint32 seed = 0; seed < 40; seed++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u.plan", folder, seed);
      g_autoptr (GFile) file = g_file_new_for_path (path);
      g_autoptr (QsEngine) engine = build (seed);
      g_autoptr (QsEngine) loaded = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (qs_engine_save (engine, file, &error));
      g_assert_no_error (error);
      loaded = qs_engine_load (file, &error);
      g_assert_no_error (error);
      bytes = g_file_load_bytes (file, NULL, NULL, NULL);
      g_assert_true (qs_engine_probe (bytes));
      assert_same_words (engine, loaded);
      assert_same_results (engine, loaded, seed);
    }
  qs_test_remove_folder (folder);
}

/* A plan for one backend on another: INT8 gives the same bits. */
static void
test_retarget (void)
{
  guint n = 0;

  for (guint32 seed = 0; seed < 40; seed++)
    {
      g_autoptr (QsEngine) engine = build (seed);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsEngine) other =
        qs_engine_retarget (engine, qs_backend_lookup ("reference"), &error);

      g_assert_no_error (error);
      g_assert_cmpstr (qs_engine_get_backend (other)->id, ==, "reference");
      if (qs_engine_count_layers (engine, QS_PRECISION_FP32) > 0)
        continue;
      assert_same_results (engine, other, seed);
      n++;
    }
  g_assert_cmpuint (n, >=, 2);
}

static GBytes *
get_message (QsEngine *engine)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) plan = qs_plan_write (engine, &error);

  g_assert_no_error (error);
  return g_bytes_new_from_bytes (plan, QS_PLAN_HEADER_SIZE,
                                 g_bytes_get_size (plan) - QS_PLAN_HEADER_SIZE);
}

/* What loads must also run, whatever it computes; only huge memory is left alone. */
static void
try_message (GBytes *message,
             guint  *n_loaded)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = qs_plan_read (message, &error);
  QsNetwork *network;
  g_autoptr (GPtrArray) results = NULL;
  gint64 n = 0;

  if (engine == NULL)
    {
      g_assert_nonnull (error);
      return;
    }

  ++*n_loaded;
  network = qs_engine_get_network (engine);
  for (guint i = 0; i < network->tensors->len; i++)
    n += MIN (qs_shape_n_elements (&((QsTensor *) g_ptr_array_index (network->tensors, i))->shape),
              1 << 22);
  if (n < 1 << 20)
    results = run (engine, 1, &error);
}

static void
mutate (guint8 *data,
        gsize   size,
        GRand  *rand)
{
  static const guint8 special[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
  int n = g_rand_int_range (rand, 1, 5);

  for (int i = 0; i < n; i++)
    {
      gsize at = (gsize) (g_rand_double (rand) * (double) size);

      if (g_rand_boolean (rand))
        data[at] = special[g_rand_int_range (rand, 0, G_N_ELEMENTS (special))];
      else
        data[at] ^= (guint8) (1u << g_rand_int_range (rand, 0, 8));
    }
}

/* Damage behind the checksum, which a hostile file can compute as well as we can. */
static void
test_mutations (void)
{
  guint n_loaded = 0;

  for (guint32 seed = 0; seed < N_MUTATIONS; seed++)
    {
      static GBytes *message;
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr (GBytes) broken = NULL;
      guint8 *copy;

      if (seed % 50 == 0)
        {
          g_autoptr (QsEngine) engine = build (seed);

          g_clear_pointer (&message, g_bytes_unref);
          message = get_message (engine);
        }

      copy = g_memdup2 (g_bytes_get_data (message, NULL), g_bytes_get_size (message));
      mutate (copy, g_bytes_get_size (message), rand);
      broken = g_bytes_new_take (copy, g_bytes_get_size (message));
      try_message (broken, &n_loaded);
      if (seed + 1 == N_MUTATIONS)
        g_clear_pointer (&message, g_bytes_unref);
    }

  /* Changed weights and names are valid; a reader that refused everything would prove nothing. */
  g_assert_cmpuint (n_loaded, >, 0);
  g_assert_cmpuint (n_loaded, <, N_MUTATIONS);
}

static void
test_truncation (void)
{
  g_autoptr (QsEngine) engine = build (3);
  g_autoptr (GBytes) message = get_message (engine);
  g_autoptr (GBytes) plan = qs_plan_write (engine, NULL);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_strdup_printf ("%s/cut.plan", folder);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  gsize size = g_bytes_get_size (message);
  guint n_loaded = 0;

  for (gsize length = 0; length < size; length += 1 + size / 200)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (message, 0, length);

      try_message (cut, &n_loaded);
    }

  for (gsize length = 0; length < g_bytes_get_size (plan); length += 1 + size / 20)
    {
      g_autoptr (GError) error = NULL;

      g_file_set_contents (path, g_bytes_get_data (plan, NULL), (gssize) length, NULL);
      g_assert_null (qs_engine_load (file, &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "cut.plan");
    }
  qs_test_remove_folder (folder);
}

static void
test_header (void)
{
  g_autoptr (QsEngine) engine = build (3);
  g_autoptr (GBytes) plan = qs_plan_write (engine, NULL);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_strdup_printf ("%s/some.plan", folder);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  gsize size = g_bytes_get_size (plan);
  g_autofree char *data = g_memdup2 (g_bytes_get_data (plan, NULL), size);
  g_autoptr (GError) error = NULL;

  data[8] = 9;
  g_file_set_contents (path, data, (gssize) size, NULL);
  g_assert_null (qs_engine_load (file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_VERSION, "version 9");
  g_clear_error (&error);

  data[8] = QS_PLAN_VERSION;
  data[size - 1] ^= 1;
  g_file_set_contents (path, data, (gssize) size, NULL);
  g_assert_null (qs_engine_load (file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "checksum");
  qs_test_remove_folder (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/plan/round-trip", test_round_trip);
  g_test_add_func ("/plan/retarget", test_retarget);
  g_test_add_func ("/plan/mutations", test_mutations);
  g_test_add_func ("/plan/truncation", test_truncation);
  g_test_add_func ("/plan/header", test_header);

  return g_test_run ();
}
