/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "builder/qs-builder.h"
#include "export/qs-qdq-writer.h"
#include "import/qs-import.h"
#include "qs-onnx-maker.h"
#include "qs-placement-text.h"
#include "qs-test.h"

/*
 * Random layers with weights, two of a kind in a row, of every rank and with every option: an
 * implicit build, exported with Q/DQ and built again, has the same layers with the same types and
 * scales. Where the channels lie in the weights is therefore the same to the writer and the reader.
 */

#define N_CASES 24

typedef struct
{
  GRand *rand;
  QsMessage *graph;
  const char *kind;
  char *value; /* the last one, and its shape */
  GArray *shape;
  guint n_nodes;
} Maker;

static gint64
pick (Maker  *self,
      gint64  low,
      gint64  high)
{
  return g_rand_int_range (self->rand, (gint32) low, (gint32) high + 1);
}

/* (transfer full): "2x3x4" */
static char *
dims_text (const gint64 *dims,
           guint         n)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "x" : "", dims[i]);
  return g_string_free (text, FALSE);
}

/* (transfer full): "1 2 2", @n numbers between @low and @high */
static char *
random_ints (Maker *self,
             guint  n,
             gint64 low,
             gint64 high)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "", pick (self, low, high));
  return g_string_free (text, FALSE);
}

static void
add_weights (Maker        *self,
             const char   *name,
             const gint64 *dims,
             guint         n_dims)
{
  g_autofree char *text = dims_text (dims, n_dims);
  g_autofree float *values = NULL;
  gsize n = 1;

  for (guint i = 0; i < n_dims; i++)
    n *= (gsize) dims[i];
  values = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (self->rand, -1.0, 1.0);
  qs_graph_add_floats (self->graph, name, text, values, n);
}

static gint64
dim (Maker *self,
     guint  axis)
{
  return g_array_index (self->shape, gint64, axis);
}

/* The node reads the last value, and weights and perhaps a bias under its own name. */
static void
add_node (Maker      *self,
          gint64      n_bias,
          QsMessage  *a,
          QsMessage  *b,
          QsMessage  *c)
{
  g_autofree char *name = g_strdup_printf ("%s_%u", self->kind, ++self->n_nodes);
  g_autofree char *bias = g_strconcat (name, "_b", NULL);
  g_autofree char *inputs = g_strdup_printf ("%s,%s_w%s%s", self->value, name, n_bias > 0 ? "," : "",
                                             n_bias > 0 ? bias : "");

  if (n_bias > 0)
    add_weights (self, bias, &n_bias, 1);
  qs_put_message (self->graph, QS_GRAPH_NODE, qs_make_node (self->kind, name, inputs, name, a, b, c,
                                                            NULL));
  g_free (self->value);
  self->value = g_steal_pointer (&name);
}

/* @n: the next node's number */
static char *
weights_name (Maker *self)
{
  return g_strdup_printf ("%s_%u_w", self->kind, self->n_nodes + 1);
}

/* The last axis of the input is summed up. Weights with batch axes stay in floating point. */
static void
add_mat_mul (Maker *self)
{
  guint rank = self->shape->len, w_rank = pick (self, 0, 3) > 0 ? 2 : rank;
  gint64 *dims = g_newa (gint64, 8), k = pick (self, 2, 6);
  g_autofree char *name = weights_name (self);

  for (guint i = 0; i + 2 < w_rank; i++)
    dims[i] = dim (self, i);
  dims[w_rank - 2] = dim (self, rank - 1);
  dims[w_rank - 1] = k;
  add_weights (self, name, dims, w_rank);
  add_node (self, 0, NULL, NULL, NULL);
  g_array_index (self->shape, gint64, rank - 1) = k;
}

static void
add_gemm (Maker *self)
{
  gboolean trans_a = pick (self, 0, 3) == 0, trans_b = pick (self, 0, 1) == 1;
  gint64 c = dim (self, trans_a ? 0 : 1), k = pick (self, 2, 6), m = dim (self, trans_a ? 1 : 0);
  gint64 dims[2] = { trans_b ? k : c, trans_b ? c : k };
  g_autofree char *name = weights_name (self);

  add_weights (self, name, dims, 2);
  add_node (self, pick (self, 0, 1) * k, qs_make_int ("transA", trans_a),
            qs_make_int ("transB", trans_b), qs_make_number ("alpha", 0.5f));
  g_array_index (self->shape, gint64, 0) = m;
  g_array_index (self->shape, gint64, 1) = k;
}

static gint64
pick_groups (Maker  *self,
             gint64  c)
{
  const gint64 groups[] = { 1, 2, c };

  return groups[pick (self, 0, 2)];
}

static void
add_convolution (Maker *self)
{
  gboolean transposed = strcmp (self->kind, "ConvTranspose") == 0;
  guint spatial = self->shape->len - 2;
  gint64 c = dim (self, 1), groups = pick_groups (self, c), k = 2 * groups;
  gint64 dims[5] = { transposed ? c : k, transposed ? k / groups : c / groups };
  g_autofree char *name = weights_name (self);
  g_autofree char *strides = random_ints (self, spatial, 1, transposed ? 1 : 2);

  for (guint i = 0; i < spatial; i++)
    {
      gint64 kernel = dims[2 + i] = pick (self, 1, 2), stride = strides[2 * i] - '0';
      gint64 *size = &g_array_index (self->shape, gint64, 2 + i);

      *size = transposed ? *size + kernel - 1 : (*size - kernel) / stride + 1;
    }
  add_weights (self, name, dims, 2 + spatial);
  add_node (self, pick (self, 0, 1) * k, qs_make_int ("group", groups),
            qs_make_ints ("strides", strides), NULL);
  g_array_index (self->shape, gint64, 1) = k;
}

typedef struct
{
  const char *kind;
  guint low; /* rank of the input */
  guint high;
  void (*add) (Maker *self);
} Kind;

static const Kind kinds[] = {
  { "MatMul", 2, 4, add_mat_mul },
  { "Gemm", 2, 2, add_gemm },
  { "Conv", 3, 5, add_convolution },
  { "ConvTranspose", 3, 5, add_convolution },
};

static QsModel *
make_model (const Kind *kind,
            guint32     seed)
{
  Maker self = { g_rand_new_with_seed (seed), qs_make_graph (), kind->kind, g_strdup ("x"), NULL, 0 };
  guint rank = (guint) pick (&self, kind->low, kind->high);
  g_autofree char *dims = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  QsModel *model;

  self.shape = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < rank; i++)
    {
      gint64 size = i == 1 && rank > 2 ? 4 : pick (&self, 5, 6);

      g_array_append_val (self.shape, size);
    }
  dims = dims_text ((const gint64 *) (gpointer) self.shape->data, rank);
  qs_put_message (self.graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, dims));
  qs_put_message (self.graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  kind->add (&self);
  qs_put_message (self.graph, QS_GRAPH_NODE, qs_make_node ("Relu", "relu", self.value, "r", NULL));
  g_free (self.value);
  self.value = g_strdup ("r");
  kind->add (&self);
  qs_put_message (self.graph, QS_GRAPH_NODE, qs_make_node ("Exp", "exp", self.value, "y", NULL));

  bytes = qs_make_model (self.graph, 13);
  model = qs_model_load_bytes (bytes, "layers", &error);
  g_assert_no_error (error);
  g_array_unref (self.shape);
  g_free (self.value);
  g_rand_free (self.rand);
  return model;
}

static QsEngine *
build (QsModel  *model,
       gboolean  with_scales)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = qs_import_network (model, profile, &error);
  g_autoptr (QsScaleTable) scales = with_scales ? qs_scale_table_new () : NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsEngine *engine;

  g_assert_no_error (error);
  for (guint i = 0; with_scales && i < network->tensors->len; i++)
    qs_scale_table_set (scales, ((QsTensor *) network->tensors->pdata[i])->name,
                        0.01f + 0.001f * (float) i);
  options.int8 = QS_INT8_ALL;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static void
test_kind (gconstpointer data)
{
  const Kind *kind = data;
  guint n_int8 = 0;

  for (guint32 seed = 0; seed < N_CASES; seed++)
    {
      g_autoptr (QsModel) model = make_model (kind, seed);
      g_autoptr (QsEngine) implicit = build (model, TRUE);
      g_auto (QsQdqSummary) summary = { 0 };
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = qs_qdq_make_model (implicit, model, &summary, &error);
      g_autoptr (QsModel) exported = NULL;
      g_autoptr (QsEngine) explicit = NULL;
      g_autofree char *before = qs_test_describe_placement (implicit);
      g_autofree char *after = NULL;
      guint n = qs_engine_count_layers (implicit, QS_PRECISION_INT8);

      g_assert_no_error (error);
      exported = qs_model_load_bytes (bytes, "export", &error);
      g_assert_no_error (error);
      g_assert_true (qs_model_is_explicit (exported) == (summary.n_activations > 0));
      explicit = build (exported, !qs_model_is_explicit (exported));
      after = qs_test_describe_placement (explicit);
      g_assert_cmpstr (after, ==, before);
      n_int8 += n;
    }
  /* Most of the two layers of each, else nothing was shown. */
  g_assert_cmpuint (n_int8, >, N_CASES);
}

/* Matrices with batch axes have one scale for each column of the last axis; they have no INT8 form,
 * and no reason to be refused. */
static void
test_batched_weights (void)
{
  const float weights[2 * 3 * 2] = { 1.0f, -0.5f, 0.25f, 0.75f, -1.0f, 0.125f,
                                     0.5f, -0.25f, 0.5f, 0.25f, -0.5f, 1.0f };
  const float scale = 0.05f, scales[2] = { 0.01f, 0.02f };
  const gint8 zeros[2] = { 0 };
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsEngine) engine = NULL;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "2x4x3"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_graph_add_floats (graph, "w", "2x3x2", weights, 12);
  qs_graph_add_floats (graph, "s", "", &scale, 1);
  qs_graph_add_floats (graph, "ws", "2", scales, 2);
  qs_put_message (graph, QS_GRAPH_INITIALIZER, qs_make_tensor ("z", QS_DATA_TYPE_INT8, "", zeros, 1));
  qs_put_message (graph, QS_GRAPH_INITIALIZER, qs_make_tensor ("zs", QS_DATA_TYPE_INT8, "2", zeros, 2));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("QuantizeLinear", "xq", "x,s,z", "xq", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("DequantizeLinear", "xd", "xq,s,z", "xd", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("QuantizeLinear", "wq", "w,ws,zs", "wq",
                                                      qs_make_int ("axis", 2), NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("DequantizeLinear", "wd", "wq,ws,zs", "wd",
                                                      qs_make_int ("axis", 2), NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("MatMul", "m", "xd,wd", "y", NULL));
  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "batched", NULL);
  engine = build (model, FALSE);
  g_assert_true (qs_engine_is_explicit (engine));
  g_assert_nonnull (qs_network_find_layer (qs_engine_get_network (engine), "m"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strconcat ("/qdq-round-trip-layers/", kinds[i].kind, NULL);

      g_test_add_data_func (path, &kinds[i], test_kind);
    }
  g_test_add_func ("/qdq-round-trip-layers/batched-weights", test_batched_weights);
  return g_test_run ();
}
