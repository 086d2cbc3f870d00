/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "builder/qs-memory-plan.h"
#include "builder/qs-weight-quantizer.h"
#include "core/qs-error.h"
#include "operators/qs-operator.h"
#include "passes/qs-pass.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

#define N_NETWORKS 60

static QsEngine *
build (QsNetwork    *network,
       QsScaleTable *scales,
       const char   *backend,
       QsInt8Mode    mode,
       gboolean      fuse)
{
  QsBuilderOptions options = {
    .backend = qs_backend_lookup (backend),
    .n_threads = 1,
    .fuse = fuse,
    .int8 = mode,
  };
  g_autoptr (GError) error = NULL;
  QsEngine *engine = qs_builder_build (network, scales, &options, NULL, &error);

  g_assert_no_error (error);
  return engine;
}

/* (element-type QsHostTensor): the outputs for the inputs of qs_test_evaluate() */
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
assert_same_bits (GPtrArray *a,
                  GPtrArray *b,
                  guint32    seed)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    {
      QsHostTensor *x = g_ptr_array_index (a, i), *y = g_ptr_array_index (b, i);

      if (qs_host_tensor_get_size (x) != qs_host_tensor_get_size (y) ||
          memcmp (qs_host_tensor_get_data (x), qs_host_tensor_get_data (y),
                  qs_host_tensor_get_size (x)) != 0)
        g_error ("seed %u: output %u differs by %g", seed, i,
                 (double) qs_test_max_difference (x, y));
    }
}

/* FP32 engines against layer by layer evaluation. Fused or not, other kernels add up in another
 * order; the bound is that of the passes' test. */
static void
test_float_engines (gconstpointer data)
{
  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    for (int fuse = 0; fuse < 2; fuse++)
      {
        g_autoptr (QsNetwork) network = qs_test_random_network (seed);
        g_autoptr (GHashTable) expected = qs_test_evaluate (network, seed);
        g_autoptr (QsEngine) engine = build (network, NULL, data, QS_INT8_OFF, fuse);
        g_autoptr (GPtrArray) outputs = run (engine, seed, 1);
        GHashTableIter iter;
        gpointer value;
        float largest = 1.0f;

        g_hash_table_iter_init (&iter, expected);
        while (g_hash_table_iter_next (&iter, NULL, &value))
          largest = MAX (largest, qs_test_max_abs (value));
        for (guint i = 0; i < outputs->len; i++)
          {
            const QsTensor *tensor = g_ptr_array_index (network->outputs, i);

            g_assert_cmpfloat (qs_test_max_difference (
                                 g_hash_table_lookup (expected, tensor->name),
                                 g_ptr_array_index (outputs, i)), <, 1e-4f * largest);
          }
      }
}

/* INT8 engines: the same bits on both backends, on any number of threads and in any choice of
 * layouts, and different enough from float to be INT8 at all. */
static void
test_int8_engines (void)
{
  guint n_int8 = 0;

  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);
      g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, seed);
      g_autoptr (QsEngine) reference = build (network, scales, "reference", QS_INT8_ALL, TRUE);
      g_autoptr (QsEngine) cpu = build (network, scales, "cpu", QS_INT8_ALL, TRUE);
      g_autoptr (GPtrArray) a = run (reference, seed, 1);
      g_autoptr (GPtrArray) b = run (cpu, seed, 1);
      g_autoptr (GPtrArray) c = run (cpu, seed, 3);

      assert_same_bits (b, c, seed);
      /* Layers that stay float may round differently from backend to backend; without any, all
       * arithmetic is that of the contract. */
      if (qs_engine_count_layers (cpu, QS_PRECISION_FP32) == 0)
        {
          assert_same_bits (a, b, seed);
          n_int8++;
        }
    }

  g_assert_cmpuint (n_int8, >=, 3);
}

static void
test_fastest_engines (void)
{
  for (guint32 seed = 0; seed < 5; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);
      g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, seed);
      g_autoptr (QsEngine) engine = build (network, scales, "cpu", QS_INT8_FASTER, TRUE);
      g_autoptr (GPtrArray) outputs = run (engine, seed, 2);
      QsNetwork *built = qs_engine_get_network (engine);

      for (guint i = 0; i < built->layers->len; i++)
        {
          const QsEngineLayer *layer = qs_engine_get_layer (engine, i);

          g_assert_nonnull (layer->reason);
          if (layer->layer->klass->kind != QS_LAYER_REFORMAT)
            g_assert_cmpuint (layer->tactics->len, >, 0);
        }
    }
}

typedef struct
{
  QsTestMaker maker;
  QsScaleTable *scales;
} Small;

/* input -> conv1 + relu -> conv2 -> output */
static void
small_init (Small *self)
{
  QsShape shape = qs_shape_make (4, 1, 16, 6, 6);
  QsTensor *t;

  qs_test_maker_init (&self->maker, 11);
  t = qs_test_input (&self->maker, "x", &shape);
  t = qs_test_convolution (&self->maker, "conv1", t, 16, 3, 1, TRUE);
  t = qs_test_activation (&self->maker, "relu", t, (QsActivation) { QS_ACTIVATION_RELU });
  t = qs_test_convolution (&self->maker, "conv2", t, 16, 3, 1, TRUE);
  qs_network_mark_output (self->maker.network, t);
  g_assert_true (qs_network_sort (self->maker.network, NULL));
  self->scales = qs_test_make_scales (self->maker.network, 1);
}

static void
small_clear (Small *self)
{
  qs_scale_table_unref (self->scales);
  qs_test_maker_clear (&self->maker);
}

static const QsEngineLayer *
find_layer (QsEngine   *engine,
            const char *name)
{
  QsLayer *layer = qs_network_find_layer (qs_engine_get_network (engine), name);

  g_assert_nonnull (layer);
  return qs_engine_get_layer (engine, layer->id);
}

static void
test_structure (void)
{
  Small small;
  g_autoptr (QsEngine) engine = NULL;
  QsNetwork *network;
  QsLayer *layer;

  small_init (&small);
  engine = build (small.maker.network, small.scales, "reference", QS_INT8_ALL, TRUE);
  network = qs_engine_get_network (engine);

  /* Quantize, two INT8 convolutions; the last writes float because the network's output is. */
  g_assert_cmpuint (network->layers->len, ==, 3);
  g_assert_cmpuint (qs_engine_count_layers (engine, QS_PRECISION_INT8), ==, 2);
  layer = g_ptr_array_index (network->layers, 0);
  g_assert_cmpstr (layer->name, ==,
                   "Reformatting CopyNode for Input Tensor 0 to conv1 + relu");
  layer = find_layer (engine, "conv1 + relu")->layer;
  g_assert_cmpint (qs_layer_get_input (layer, 0)->type, ==, QS_DATA_TYPE_INT8);
  g_assert_cmpint (qs_layer_get_output (layer, 0)->type, ==, QS_DATA_TYPE_INT8);
  g_assert_cmpstr (qs_layer_get_output (layer, 0)->name, ==, "relu");
  g_assert_cmpint (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->type, ==, QS_DATA_TYPE_INT8);
  g_assert_nonnull (layer->weight_scales);
  layer = find_layer (engine, "conv2")->layer;
  g_assert_cmpint (qs_layer_get_output (layer, 0)->type, ==, QS_DATA_TYPE_FLOAT);
  small_clear (&small);
}

static void
test_missing_range (void)
{
  Small small;
  g_autoptr (QsEngine) engine = NULL;
  const QsEngineLayer *layer;

  small_init (&small);
  qs_scale_table_set (small.scales, "relu", 0.0f);
  engine = build (small.maker.network, small.scales, "reference", QS_INT8_ALL, TRUE);
  g_assert_cmpuint (qs_engine_count_layers (engine, QS_PRECISION_INT8), ==, 0);
  layer = find_layer (engine, "conv2");
  g_assert_nonnull (strstr (layer->reason, "Tensor relu is uniformly zero"));

  g_clear_pointer (&engine, qs_engine_unref);
  g_clear_pointer (&small.scales, qs_scale_table_unref);
  small.scales = qs_scale_table_new ();
  engine = build (small.maker.network, small.scales, "reference", QS_INT8_ALL, TRUE);
  layer = find_layer (engine, "conv2");
  g_assert_nonnull (strstr (layer->reason, "Missing scale for tensor relu, expect fall back"));
  small_clear (&small);
}

static void
test_no_scales (void)
{
  g_autoptr (GError) error = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  Small small;

  small_init (&small);
  options.int8 = QS_INT8_ALL;
  g_assert_null (qs_builder_build (small.maker.network, NULL, &options, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "scales");
  small_clear (&small);
}

/* Inputs and output of a concatenation share the largest scale; a maximum pooling keeps its
 * input's. */
static void
test_shared_scales (void)
{
  QsTestMaker maker;
  QsShape shape = qs_shape_make (4, 1, 16, 6, 6);
  QsAxisAttributes axis = { 1 };
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (QsEngine) engine = NULL;
  QsTensor *x, *inputs[2], *t;
  QsNetwork *network;

  qs_test_maker_init (&maker, 4);
  x = qs_test_input (&maker, "x", &shape);
  inputs[0] = qs_test_convolution (&maker, "a", x, 16, 3, 1, TRUE);
  inputs[1] = qs_test_convolution (&maker, "b", x, 16, 3, 1, TRUE);
  t = qs_test_layer (&maker, QS_LAYER_CONCATENATION, "concat", &axis, inputs, 2);
  t = qs_test_max_pool (&maker, "pool", t);
  t = qs_test_convolution (&maker, "c", t, 16, 3, 1, TRUE);
  qs_network_mark_output (maker.network, t);
  qs_scale_table_set (scales, "x", 0.5f);
  qs_scale_table_set (scales, "a", 0.25f);
  qs_scale_table_set (scales, "b", 0.75f);
  qs_scale_table_set (scales, "concat", 0.125f);
  qs_scale_table_set (scales, "pool", 9.0f);
  qs_scale_table_set (scales, "c", 1.0f);

  engine = build (maker.network, scales, "reference", QS_INT8_ALL, TRUE);
  network = qs_engine_get_network (engine);
  for (guint i = 0; i < 4; i++)
    {
      const char *names[] = { "a", "b", "concat", "pool" };
      const QsTensor *tensor = qs_network_find_tensor (network, names[i]);

      g_assert_cmpint (tensor->type, ==, QS_DATA_TYPE_INT8);
      g_assert_cmpfloat (tensor->scale, ==, 0.75f);
    }
  qs_test_maker_clear (&maker);
}

/* By hand: the maximum 127 gives the scale 1, so weights are their own quotients; ties go up, and
 * -127.4 would be -127. A channel of zeros has the scale 1. */
static void
test_weights (void)
{
  static const float values[8] = { 127.0f, 0.5f, -0.5f, -126.6f, 0.0f, 0.0f, 0.0f, 0.0f };
  static const gint8 expected[8] = { 127, 1, 0, -127, 0, 0, 0, 0 };
  QsTestMaker maker;
  QsShape shape = qs_shape_make (4, 1, 4, 2, 2);
  QsShape weights_shape = qs_shape_make (4, 2, 4, 1, 1);
  g_autoptr (QsHostTensor) weights = qs_host_tensor_new_from_data (
    QS_DATA_TYPE_FLOAT, &weights_shape, values, sizeof values, NULL);
  g_autoptr (GError) error = NULL;
  QsQuantizedWeights result;
  QsTensor *t;

  qs_test_maker_init (&maker, 1);
  t = qs_test_convolution (&maker, "conv", qs_test_input (&maker, "x", &shape), 2, 1, 1, FALSE);
  qs_network_set_input (maker.network, t->producer, QS_INPUT_WEIGHTS,
                        qs_network_add_constant (maker.network, "w", weights));
  qs_quantize_weights (t->producer, QS_ROUNDING_GPU, &result, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (qs_host_tensor_get_data (result.values), 8, expected, 8);
  g_assert_cmpfloat (qs_host_tensor_get_number (result.scales, 0), ==, 1.0);
  g_assert_cmpfloat (qs_host_tensor_get_number (result.scales, 1), ==, 1.0);
  g_assert_cmpint (result.n_ties, ==, 2);
  qs_quantized_weights_clear (&result);
  qs_test_maker_clear (&maker);
}

/* The last layer that needs @tensor's memory, found anew: its readers, and through reshapes, which
 * share memory, the readers of their outputs. */
static guint
last_need (const QsTensor *tensor)
{
  guint last = tensor->producer->id;

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *reader = g_ptr_array_index (tensor->consumers, i);

      last = MAX (last, reader->id);
      if (reader->klass->kind == QS_LAYER_SHUFFLE)
        last = MAX (last, last_need (qs_layer_get_output (reader, 0)));
    }
  return last;
}

static void
check_memory_plan (QsNetwork *network)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsMemoryPlan) plan = qs_memory_plan_new (network, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (qs_memory_plan_get_size (plan), >=, qs_memory_plan_get_bound (plan));
  for (guint i = 0; i < network->tensors->len; i++)
    for (guint k = 0; k < i; k++)
      {
        const QsAllocation *a = qs_memory_plan_get (plan, i);
        const QsAllocation *b = qs_memory_plan_get (plan, k);
        const QsTensor *ta = g_ptr_array_index (network->tensors, i);
        const QsTensor *tb = g_ptr_array_index (network->tensors, k);
        gboolean shared;

        if (a == NULL || b == NULL)
          continue;
        g_assert_cmpuint (a->offset % QS_MEMORY_ALIGNMENT, ==, 0);
        g_assert_cmpuint (a->offset + a->size, <=, qs_memory_plan_get_size (plan));
        shared = (ta->producer->klass->kind == QS_LAYER_SHUFFLE ||
                  tb->producer->klass->kind == QS_LAYER_SHUFFLE) && a->offset == b->offset;
        if (ta->producer->id <= last_need (tb) && tb->producer->id <= last_need (ta) && !shared)
          g_assert_true (a->offset + a->size <= b->offset || b->offset + b->size <= a->offset);
      }
}

static void
test_memory_plans (void)
{
  for (guint32 seed = 0; seed < 200; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);

      check_memory_plan (network);
    }
}

/* Every activation of a run is shown once, in order, and has the values of the plain evaluation. */
typedef struct
{
  GHashTable *expected;
  guint n;
  float worst;
} Watch;

static void
watch (const QsTensor *tensor,
       const QsView   *view,
       gpointer        user_data)
{
  Watch *self = user_data;
  QsHostTensor *expected = g_hash_table_lookup (self->expected, tensor->name);

  self->n++;
  if (expected == NULL || !qs_view_is_linear (view))
    return;
  for (gint64 i = 0; i < qs_shape_n_elements (&view->shape); i++)
    self->worst = MAX (self->worst, fabsf (((const float *) view->data)[i] -
                                           qs_host_tensor_get_floats (expected)[i]));
}

static void
test_observer (void)
{
  g_autoptr (QsNetwork) network = qs_test_random_network (8);
  g_autoptr (GHashTable) expected = qs_test_evaluate (network, 8);
  g_autoptr (QsEngine) engine = build (network, NULL, "reference", QS_INT8_OFF, FALSE);
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsHostTensor) input = qs_test_input_value (g_ptr_array_index (network->inputs, 0), 8);
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, network->outputs->len);
  Watch self = { expected };

  qs_context_set_observer (context, watch, &self);
  g_assert_true (qs_context_run (context, &input, outputs, NULL));
  g_assert_cmpuint (self.n, >=, network->layers->len + 1);
  /* Not fused and the same kernels: the same bits. */
  g_assert_cmpfloat (self.worst, ==, 0.0f);
  for (guint i = 0; i < network->outputs->len; i++)
    qs_host_tensor_unref (outputs[i]);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/builder/float-engines/reference", "reference", test_float_engines);
  g_test_add_data_func ("/builder/float-engines/cpu", "cpu", test_float_engines);
  g_test_add_func ("/builder/int8-engines", test_int8_engines);
  g_test_add_func ("/builder/fastest-engines", test_fastest_engines);
  g_test_add_func ("/builder/structure", test_structure);
  g_test_add_func ("/builder/missing-range", test_missing_range);
  g_test_add_func ("/builder/no-scales", test_no_scales);
  g_test_add_func ("/builder/shared-scales", test_shared_scales);
  g_test_add_func ("/builder/weights", test_weights);
  g_test_add_func ("/builder/memory-plans", test_memory_plans);
  g_test_add_func ("/builder/observer", test_observer);

  return g_test_run ();
}
