/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "builder/qs-memory-plan.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

#define N_NETWORKS 150

static QsEngine *
build (QsNetwork  *network,
       const char *backend)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  options.backend = qs_backend_lookup (backend);
  options.n_threads = 1;
  options.fuse = FALSE;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static QsTensor *
concatenate (QsTestMaker *maker,
             const char  *name,
             QsTensor    *a,
             QsTensor    *b,
             int          axis)
{
  QsAxisAttributes attributes = { .axis = axis };
  QsTensor *inputs[] = { a, b };

  return qs_test_layer (maker, QS_LAYER_CONCATENATION, name, &attributes, inputs, 2);
}

/* All but the first and the last channel. */
static QsTensor *
cut (QsTestMaker *maker,
     const char  *name,
     QsTensor    *x)
{
  QsSliceAttributes attributes = { .starts = { 4 }, .sizes = { 4 }, .steps = { 4 } };

  for (int i = 0; i < 4; i++)
    {
      attributes.starts.v[i] = i == 1;
      attributes.sizes.v[i] = x->shape.dims[i] - (i == 1 ? 2 : 0);
      attributes.steps.v[i] = 1;
    }
  return qs_test_layer (maker, QS_LAYER_SLICE, name, &attributes, &x, 1);
}

static QsTensor *
pick (QsTestMaker *maker,
      GPtrArray   *tensors)
{
  int back = (int) (g_rand_double (maker->rand) * g_rand_double (maker->rand) * tensors->len);

  return g_ptr_array_index (tensors, MAX ((int) tensors->len - 1 - back, 0));
}

static QsTensor *
add_step (QsTestMaker *maker,
          const char  *name,
          GPtrArray   *tensors)
{
  QsTensor *x = pick (maker, tensors), *y = pick (maker, tensors);
  const int channels = (int) x->shape.dims[1];
  const gboolean same = qs_shape_equal (&x->shape, &y->shape);

  switch (g_rand_int_range (maker->rand, 0, 9))
    {
    case 0:
    case 1:
      if (channels + y->shape.dims[1] <= 48)
        return concatenate (maker, name, x, y, 1);
      return qs_test_convolution (maker, name, x, 5, 1, 1, TRUE);
    case 2:
      if (channels > 3)
        return cut (maker, name, x);
      return qs_test_convolution (maker, name, x, 7, 3, 1, TRUE);
    case 3:
      return qs_test_convolution (maker, name, x, 3 + g_rand_int_range (maker->rand, 0, 9), 1, 1,
                                  FALSE);
    case 4:
      return qs_test_max_pool (maker, name, x);
    case 5:
      return qs_test_convolution (maker, name, x, channels, 3, channels, TRUE);
    case 6:
      if (same)
        return qs_test_element_wise (maker, name, x, y, QS_ELEMENT_WISE_ADD);
      return qs_test_activation (maker, name, x, (QsActivation) { QS_ACTIVATION_SIGMOID });
    case 7:
      return qs_test_element_wise (maker, name, x, x, QS_ELEMENT_WISE_MUL);
    default:
      return qs_test_activation (maker, name, x, (QsActivation) { QS_ACTIVATION_RELU });
    }
}

/* Chains, branches, joins and cuts, with tensors that are read long after they were written. */
static QsNetwork *
make_network (guint32 seed)
{
  QsTestMaker maker;
  g_autoptr (GPtrArray) tensors = g_ptr_array_new ();
  QsShape shape;
  int n;

  qs_test_maker_init (&maker, seed);
  n = g_rand_int_range (maker.rand, 4, 22);
  shape = qs_shape_make (4, 1 + g_rand_int_range (maker.rand, 0, 2), 6, 4, 5);
  g_ptr_array_add (tensors, qs_test_input (&maker, "input", &shape));
  for (int i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("step%d", i);

      g_ptr_array_add (tensors, add_step (&maker, name, tensors));
    }
  for (guint i = 1; i < tensors->len; i++)
    if (((QsTensor *) g_ptr_array_index (tensors, i))->consumers->len == 0)
      qs_network_mark_output (maker.network, g_ptr_array_index (tensors, i));

  g_rand_free (maker.rand);
  g_assert_true (qs_network_sort (maker.network, NULL));
  return maker.network;
}

/* ---- no two tensors that are alive together overlap, unless one is a part of the other ---- */

static gboolean
only_moves (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_CONCATENATION || layer->klass->kind == QS_LAYER_SLICE ||
         layer->klass->kind == QS_LAYER_SPLIT || layer->klass->kind == QS_LAYER_SHUFFLE;
}

/* Whether @to is made of @from by layers that only move elements. */
static gboolean
becomes (const QsTensor *from,
         const QsTensor *to)
{
  if (from == to)
    return TRUE;
  if (to->producer == NULL || !only_moves (to->producer))
    return FALSE;
  for (guint i = 0; i < to->producer->inputs->len; i++)
    {
      const QsTensor *input = qs_layer_get_input (to->producer, i);

      if (input != NULL && becomes (from, input))
        return TRUE;
    }
  return FALSE;
}

/* Marks the bytes of a tensor in @map; TRUE when one was marked. */
static gboolean
mark (guint8             *map,
      const QsAllocation *place,
      gsize               element)
{
  const gsize row = place->row > 0 ? (gsize) place->row * element : place->size;
  const gsize stride = place->row > 0 ? (gsize) place->row_stride * element : place->size;
  gboolean hit = FALSE;

  for (gsize done = 0, at = place->offset; done < place->size; done += row, at += stride)
    for (gsize i = 0; i < row; i++)
      hit = map[at + i]++ > 0 || hit;
  return hit;
}

static gboolean
overlap (QsEngine           *engine,
         const QsTensor     *a,
         const QsTensor     *b,
         const QsAllocation *pa,
         const QsAllocation *pb)
{
  g_autofree guint8 *map = g_malloc0 (qs_engine_get_memory_size (engine) + 1);

  mark (map, pa, qs_data_type_size (a->type));
  return mark (map, pb, qs_data_type_size (b->type));
}

/* Whether both hold elements of a third tensor, say one its slice and the other its concatenation. */
static gboolean
have_common_source (QsEngine       *engine,
                    const QsTensor *a,
                    const QsTensor *b)
{
  GPtrArray *tensors = qs_engine_get_network (engine)->tensors;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *source = g_ptr_array_index (tensors, i);

      if (source != a && source != b && qs_engine_get_allocation (engine, i) != NULL &&
          becomes (source, a) && becomes (source, b))
        return TRUE;
    }
  return FALSE;
}

static void
check_pair (QsEngine       *engine,
            const QsTensor *a,
            const QsTensor *b)
{
  const QsAllocation *pa = qs_engine_get_allocation (engine, a->id);
  const QsAllocation *pb = qs_engine_get_allocation (engine, b->id);

  if (pa == NULL || pb == NULL || pa->last < pb->first || pb->last < pa->first ||
      !overlap (engine, a, b, pa, pb))
    return;

  g_assert_true (pa->shared && pb->shared);
  /* In place: one dies in the layer that writes the other. */
  if (pa->last == pb->first || pb->last == pa->first)
    return;
  if (!becomes (a, b) && !becomes (b, a) && !have_common_source (engine, a, b))
    g_error ("tensors %s and %s are alive together in the same memory", a->name, b->name);
}

/* A part holds the same elements as the whole has there: nobody may have written over it. */
static void
check_no_overlap (QsEngine *engine)
{
  GPtrArray *tensors = qs_engine_get_network (engine)->tensors;

  for (guint i = 0; i < tensors->len; i++)
    for (guint k = 0; k < i; k++)
      check_pair (engine, g_ptr_array_index (tensors, i), g_ptr_array_index (tensors, k));
}

/* Bytes in use at a layer, each counted once, by brute force. */
static gsize
count_used (QsEngine *engine,
            guint     at)
{
  GPtrArray *tensors = qs_engine_get_network (engine)->tensors;
  g_autofree guint8 *map = g_malloc0 (qs_engine_get_memory_size (engine) + 1);
  gsize n = 0;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);
      const QsAllocation *place = qs_engine_get_allocation (engine, i);

      if (place != NULL && place->first <= at && at <= place->last)
        mark (map, place, qs_data_type_size (tensor->type));
    }
  for (gsize i = 0; i < qs_engine_get_memory_size (engine); i++)
    n += map[i] > 0;
  return n;
}

static void
check_bound (QsEngine *engine,
             guint    *n_tight)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (QsMemoryPlan) plain = qs_memory_plan_new (network, NULL, NULL);
  const gsize size = qs_engine_get_memory_size (engine);
  const gsize bound = qs_engine_get_memory_bound (engine);
  gsize used = 0;

  for (guint i = 0; i < network->layers->len; i++)
    used = MAX (used, count_used (engine, i));
  g_assert_cmpuint (used, <=, bound);
  g_assert_cmpuint (bound, <=, size);
  /* Sharing never needs more than none. */
  g_assert_cmpuint (bound, <=, qs_memory_plan_get_bound (plain));
  *n_tight += size * 10 <= bound * 11;
}

static void
test_random (void)
{
  guint n_tight = 0, n_shared = 0, n_rows = 0;

  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = make_network (seed);
      g_autoptr (QsEngine) engine = build (network, "cpu");

      check_no_overlap (engine);
      check_bound (engine, &n_tight);
      for (guint i = 0; i < qs_engine_get_network (engine)->tensors->len; i++)
        {
          const QsAllocation *place = qs_engine_get_allocation (engine, i);

          n_shared += place != NULL && place->shared;
          n_rows += place != NULL && place->row > 0;
        }
    }

  g_test_message ("%u of %d plans within 1.1 of the bound; %u tensors share, %u in rows", n_tight,
                  N_NETWORKS, n_shared, n_rows);
  /* Packing intervals is hard (it contains bin packing), so some plans have gaps; few do. */
  g_assert_cmpuint (n_tight * 100, >=, N_NETWORKS * 95);
  g_assert_cmpuint (n_shared, >, N_NETWORKS);
  g_assert_cmpuint (n_rows, >, 20);
}

/* ---- what runs in shared memory computes the same ---- */

static GPtrArray *
run (QsEngine *engine,
     guint32   seed,
     guint     n_threads)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, n_threads, &error);
  g_autoptr (QsHostTensor) input = qs_test_input_value (g_ptr_array_index (network->inputs, 0),
                                                        seed);

  g_assert_no_error (error);
  g_ptr_array_set_size (results, (int) network->outputs->len);
  qs_context_run (context, &input, (QsHostTensor **) results->pdata, &error);
  g_assert_no_error (error);
  return results;
}

/* Against layer by layer evaluation by the reference kernels, each tensor in memory of its own. FP32
 * sums have another order there: 1e-4 of the largest value is the bound of the passes' tests. */
static void
test_values (void)
{
  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = make_network (seed);
      g_autoptr (GHashTable) expected = qs_test_evaluate (network, seed);
      g_autoptr (QsEngine) engine = build (network, "cpu");
      g_autoptr (GPtrArray) one = run (engine, seed, 1);
      g_autoptr (GPtrArray) three = run (engine, seed, 3);
      GHashTableIter iter;
      gpointer value;
      float largest = 1.0f;

      g_hash_table_iter_init (&iter, expected);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        largest = MAX (largest, qs_test_max_abs (value));
      for (guint i = 0; i < one->len; i++)
        {
          const QsTensor *tensor = g_ptr_array_index (network->outputs, i);
          float difference = qs_test_max_difference (g_hash_table_lookup (expected, tensor->name),
                                                     g_ptr_array_index (one, i));

          if (!(difference < 1e-4f * largest))
            g_error ("seed %u: output %s differs by %g", seed, tensor->name, (double) difference);
          g_assert_cmpfloat (qs_test_max_difference (g_ptr_array_index (one, i),
                                                     g_ptr_array_index (three, i)), ==, 0.0f);
        }
    }
}

/* ---- one network by hand ---- */

/* Two convolutions into a concatenation, then ReLU and a convolution: the branches are written into
 * the joined tensor, 5 and 3 of its 8 channels, and ReLU changes it in place. */
static void
test_concatenation (void)
{
  QsShape shape = qs_shape_make (4, 2, 4, 3, 3);
  QsTestMaker maker;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsEngine) engine = NULL;
  QsTensor *x, *a, *b, *joined, *relu;
  const QsAllocation *pa, *pb, *whole, *changed;
  QsNetwork *built;

  qs_test_maker_init (&maker, 1);
  x = qs_test_input (&maker, "x", &shape);
  a = qs_test_convolution (&maker, "a", x, 5, 3, 1, TRUE);
  b = qs_test_convolution (&maker, "b", x, 3, 1, 1, TRUE);
  joined = concatenate (&maker, "joined", a, b, 1);
  relu = qs_test_activation (&maker, "relu", joined, (QsActivation) { QS_ACTIVATION_RELU });
  qs_network_mark_output (maker.network,
                          qs_test_convolution (&maker, "y", relu, 2, 1, 1, FALSE));
  network = qs_network_ref (maker.network);
  engine = build (network, "cpu");
  built = qs_engine_get_network (engine);

  pa = qs_engine_get_allocation (engine, qs_network_find_tensor (built, "a")->id);
  pb = qs_engine_get_allocation (engine, qs_network_find_tensor (built, "b")->id);
  whole = qs_engine_get_allocation (engine, qs_network_find_tensor (built, "joined")->id);
  changed = qs_engine_get_allocation (engine, qs_network_find_tensor (built, "relu")->id);
  g_assert_cmpint (pa->row, ==, 5);
  g_assert_cmpint (pb->row, ==, 3);
  g_assert_cmpint (pa->row_stride, ==, 8);
  g_assert_cmpint (pb->row_stride, ==, 8);
  g_assert_cmpuint (pa->offset, ==, whole->offset);
  g_assert_cmpuint (pb->offset, ==, whole->offset + 5 * sizeof (float));
  g_assert_cmpuint (changed->offset, ==, whole->offset);
  qs_test_maker_clear (&maker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/memory-plan/concatenation", test_concatenation);
  g_test_add_func ("/memory-plan/random", test_random);
  g_test_add_func ("/memory-plan/values", test_values);

  return g_test_run ();
}
