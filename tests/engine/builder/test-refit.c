/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "builder/qs-builder.h"
#include "builder/qs-refit.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

/* x -> Q/DQ -> Conv -> Q/DQ -> MaxPool -> Concat with itself through another Q/DQ -> DQ -> Exp. All
 * scales are initializers of their own, so that a test can build with other ones. */
typedef struct
{
  float x;
  float conv;
  float twin;
} Scales;

static void
add_pair (QsMessage  *graph,
          const char *from,
          const char *to,
          float       scale)
{
  static const gint8 zero = 0;
  g_autofree char *scale_name = g_strdup_printf ("%s_scale", to);
  g_autofree char *zero_name = g_strdup_printf ("%s_zero", to);
  g_autofree char *integers = g_strdup_printf ("%s_q", to);
  g_autofree char *inputs = g_strdup_printf ("%s,%s,%s", from, scale_name, zero_name);
  g_autofree char *back = g_strdup_printf ("%s,%s,%s", integers, scale_name, zero_name);
  g_autofree char *q = g_strdup_printf ("QuantizeLinear_%s", to);
  g_autofree char *dq = g_strdup_printf ("DequantizeLinear_%s", to);

  qs_graph_add_floats (graph, scale_name, "", &scale, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (zero_name, QS_DATA_TYPE_INT8, "", &zero, 1));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("QuantizeLinear", q, inputs, integers, NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("DequantizeLinear", dq, back, to, NULL));
}

static QsEngine *
build (const Scales *scales)
{
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GError) error = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  float weights[16];
  QsEngine *engine;

  for (guint i = 0; i < 16; i++)
    weights[i] = (i % 5 - 2.0f) * 0.25f;
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x4x4x4"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("out", QS_DATA_TYPE_FLOAT, "1x8x2x2"));
  qs_graph_add_floats (graph, "w", "4x4x1x1", weights, 16);
  add_pair (graph, "x", "xd", scales->x);
  add_pair (graph, "w", "wd", 0.5f / 127.0f);
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Conv", "Conv_1", "xd,wd", "c", NULL));
  add_pair (graph, "c", "cd", scales->conv);
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("MaxPool", "Pool_a", "cd", "pa", qs_make_ints ("kernel_shape", "2 2"),
                                qs_make_ints ("strides", "2 2"), NULL));
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("MaxPool", "Pool_b", "xd", "pb", qs_make_ints ("kernel_shape", "2 2"),
                                qs_make_ints ("strides", "2 2"), NULL));
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("Concat", "Concat_1", "pa,pb", "j", qs_make_int ("axis", 1), NULL));
  add_pair (graph, "j", "jd", scales->twin);
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Exp", "Exp_1", "jd", "out", NULL));
  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "refit", &error);
  g_assert_no_error (error);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  options.int8 = QS_INT8_ALL;
  options.backend = qs_backend_lookup ("reference");
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static QsHostTensor *
run (QsEngine *engine)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, 1, &error);
  const QsTensor *input = qs_engine_get_network (engine)->inputs->pdata[0];
  g_autoptr (QsHostTensor) x = qs_host_tensor_new (input->type, &input->shape, &error);
  QsHostTensor *inputs[] = { x }, *outputs[] = { NULL };
  float *values = qs_host_tensor_get_mutable (x);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (x); i++)
    values[i] = (float) (i % 23 - 11) * 0.09f;
  g_assert_true (qs_context_run (context, inputs, outputs, &error));
  g_assert_no_error (error);
  return outputs[0];
}

static QsScaleTable *
make_changes (const char *first,
              float       a,
              const char *second,
              float       b)
{
  QsScaleTable *changes = qs_scale_table_new ();

  qs_scale_table_set (changes, first, a);
  if (second != NULL)
    qs_scale_table_set (changes, second, b);
  return changes;
}

/* The name of the INT8 tensor that @layer's ONNX node reads. */
static const char *
find_input (QsEngine   *engine,
            const char *node)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = network->layers->pdata[i];

      for (guint k = 0; k < layer->origins->len; k++)
        if (g_strcmp0 (((QsOrigin *) layer->origins->pdata[k])->name, node) == 0 &&
            qs_layer_get_input (layer, 0)->type == QS_DATA_TYPE_INT8)
          return qs_layer_get_input (layer, 0)->name;
    }

  g_assert_not_reached ();
}

/* Free scales: as a build with them, bit by bit. */
static void
test_as_built (void)
{
  const Scales before = { 0.01f, 0.02f, 0.008f }, after = { 0.0125f, 0.02f, 0.008f };
  g_autoptr (QsEngine) engine = build (&before);
  g_autoptr (QsEngine) built = build (&after);
  g_autoptr (QsScaleTable) changes = make_changes (find_input (engine, "Conv_1"), 0.0125f, NULL, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) refitted = qs_engine_refit (engine, changes, &error);
  g_autoptr (QsHostTensor) a = NULL;
  g_autoptr (QsHostTensor) b = NULL;
  g_autoptr (QsHostTensor) old = NULL;

  g_assert_no_error (error);
  a = run (refitted);
  b = run (built);
  old = run (engine);
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
  g_assert_true (memcmp (qs_host_tensor_get_data (a), qs_host_tensor_get_data (old),
                         qs_host_tensor_get_size (a)) != 0);
}

/* Three equal scales let the concatenation work on bytes: one of them alone may not change, all of
 * them may. */
static void
test_tied (void)
{
  const Scales before = { 0.02f, 0.02f, 0.02f }, after = { 0.025f, 0.025f, 0.025f };
  g_autoptr (QsEngine) engine = build (&before);
  g_autoptr (QsEngine) built = build (&after);
  const char *x = find_input (engine, "Conv_1");
  const char *c = find_input (engine, "Concat_1");
  g_autoptr (QsScaleTable) one = make_changes (x, 0.025f, NULL, 0);
  g_autoptr (QsScaleTable) unequal = make_changes (x, 0.025f, c, 0.0250001f);
  g_autoptr (QsScaleTable) both = make_changes (x, 0.025f, c, 0.025f);
  g_autoptr (QsEngine) refitted = NULL;
  g_autoptr (QsHostTensor) a = NULL;
  g_autoptr (QsHostTensor) b = NULL;
  GError *error = NULL;

  g_assert_null (qs_engine_refit (engine, one, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "Concat_1");
  g_clear_error (&error);
  g_assert_null (qs_engine_refit (engine, unequal, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "equal scales");
  g_clear_error (&error);

  refitted = qs_engine_refit (engine, both, &error);
  g_assert_no_error (error);
  a = run (refitted);
  b = run (built);
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

static const GPtrArray *
find_tie (GPtrArray  *ties,
          const char *name)
{
  for (guint i = 0; i < ties->len; i++)
    {
      const GPtrArray *tie = g_ptr_array_index (ties, i);

      for (guint k = 0; k < tie->len; k++)
        if (strcmp (((QsTensor *) g_ptr_array_index (tie, k))->name, name) == 0)
          return tie;
    }

  return NULL;
}

/* How many INT8 tensors have other scales in @after. */
static guint
count_changes (QsEngine *before,
               QsEngine *after)
{
  GPtrArray *tensors = qs_engine_get_network (before)->tensors;
  guint n = 0;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      n += tensor->scale !=
           qs_network_find_tensor (qs_engine_get_network (after), tensor->name)->scale;
    }
  return n;
}

/* What is called free changes alone, and what is called tied does not: it takes others along, or is
 * refused until all of them have the new scale. Every tensor is tried. */
static void
test_ties (gconstpointer data)
{
  gboolean equal = GPOINTER_TO_INT (data);
  const Scales scales = { 0.02f, equal ? 0.02f : 0.03f, equal ? 0.02f : 0.04f };
  g_autoptr (QsEngine) engine = build (&scales);
  g_autoptr (GPtrArray) ties = qs_engine_find_ties (engine);
  GPtrArray *tensors = qs_engine_get_network (engine)->tensors;
  guint n_free = 0, n_tied = 0;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);
      const GPtrArray *tie = find_tie (ties, tensor->name);
      g_autoptr (QsScaleTable) one = make_changes (tensor->name, 0.05f, NULL, 0);
      g_autoptr (QsEngine) alone = NULL;
      g_autoptr (QsEngine) together = NULL;

      if (!qs_tensor_is_activation (tensor) || tensor->type != QS_DATA_TYPE_INT8)
        continue;
      alone = qs_engine_refit (engine, one, NULL);
      if (tie == NULL)
        {
          g_assert_cmpuint (count_changes (engine, alone), ==, 1);
          n_free++;
          continue;
        }

      n_tied++;
      g_assert_true (alone == NULL || count_changes (engine, alone) > 1);
      for (guint k = 0; k < tie->len; k++)
        qs_scale_table_set (one, ((QsTensor *) g_ptr_array_index (tie, k))->name, 0.05f);
      together = qs_engine_refit (engine, one, NULL);
      g_assert_cmpuint (count_changes (engine, together), ==, tie->len);
    }

  /* With equal scales everything goes into the concatenation. */
  g_assert_cmpuint (n_tied, >, 1);
  g_assert_true ((n_free == 0) == equal);
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *name;
    float scale;
    QsError code;
  } rows[] = {
    { "nowhere", 0.1f, QS_ERROR_MISSING },
    { "x", 0.1f, QS_ERROR_MISSING },
    { NULL, -1.0f, QS_ERROR_DATA },
    { NULL, 0.0f, QS_ERROR_DATA },
  };
  const Scales scales = { 0.01f, 0.02f, 0.03f };
  g_autoptr (QsEngine) engine = build (&scales);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *name = rows[i].name != NULL ? rows[i].name : find_input (engine, "Conv_1");
      g_autoptr (QsScaleTable) changes = make_changes (name, rows[i].scale, NULL, 0);
      GError *error = NULL;

      g_assert_null (qs_engine_refit (engine, changes, &error));
      qs_test_assert_error (error, QS_ERROR, (int) rows[i].code, name);
      g_error_free (error);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/refit/as-built", test_as_built);
  g_test_add_func ("/refit/tied", test_tied);
  g_test_add_data_func ("/refit/ties/equal", GINT_TO_POINTER (TRUE), test_ties);
  g_test_add_data_func ("/refit/ties/unequal", GINT_TO_POINTER (FALSE), test_ties);
  g_test_add_func ("/refit/refusals", test_refusals);
  return g_test_run ();
}
