/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "import/qs-import.h"
#include "passes/qs-pass.h"
#include "qs-interpret.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/*
 * Activations and layer normalizations as PyTorch, TensorFlow and Hugging Face export them, node by
 * node. Each becomes one layer, which computes what the nodes did, and the journal says so.
 *
 * Nodes are "Operator in,in out"; a number as an input is a constant without dimensions, "[1]" behind
 * it gives it one dimension, and "g" and "beta" are eight numbers each. The input is x, the result y.
 */
typedef struct
{
  const char *path;
  const char *nodes;
  const char *activation; /* its name, or %NULL for a layer normalization */
  float tolerance;
} Case;

#define ROOT "0.7978845608028654"

static const Case cases[] = {
  /* torch.nn.functional.gelu (x, approximate="tanh"), opset 17 */
  { "gelu/torch-tanh",
    "Mul x,x x2; Mul x,x2 x3; Mul x3,0.044715 a; Add x,a b; Mul b," ROOT " c; Tanh c d; "
    "Add d,1 e; Mul x,0.5 f; Mul f,e y", "GELU (tanh)", 2e-6f },
  /* the same with a power, as transformers' gelu_new has it */
  { "gelu/pow",
    "Pow x,3 x3; Mul 0.044715,x3 a; Add x,a b; Mul " ROOT ",b c; Tanh c d; Add 1,d e; Mul 0.5,x f; "
    "Mul f,e y", "GELU (tanh)", 2e-6f },
  /* TensorFlow: 0.5 * (1 + tanh (…)), then times x */
  { "gelu/tensorflow",
    "Pow x,3[1] x3; Mul x3,0.044715[1] a; Add a,x b; Mul b," ROOT "[1] c; Tanh c d; Add d,1[1] e; "
    "Mul e,0.5[1] f; Mul x,f y", "GELU (tanh)", 2e-6f },
  /* transformers' gelu_fast: x * 0.79788456 * (1 + 0.044715 x x) */
  { "gelu/fast",
    "Mul x,0.044715 a; Mul a,x b; Add b,1 c; Mul x,0.79788456 d; Mul d,c e; Tanh e f; Add f,1 g1; "
    "Mul x,0.5 h; Mul h,g1 y", "GELU (tanh)", 2e-6f },
  /* the error function with the half taken first, and with a product for the quotient */
  { "gelu/erf",
    "Mul x,0.70710678118 a; Erf a b; Mul b,0.5 c; Add c,0.5 d; Mul x,d y", "GELU (erf)", 2e-6f },
  { "silu/reciprocal", "Neg x a; Exp a b; Add b,1 c; Div x,c y", "SiLU", 2e-6f },
  { "hard-swish/clip-last", "Add x,3 a; Clip a,0,6 b; Mul x,b c; Div c,6 y", "HardSwish", 2e-6f },
  { "hard-swish/divide-first", "Add x,3 a; Clip a,0,6 b; Div b,6 c; Mul c,x y", "HardSwish",
    2e-6f },
  { "hard-swish/multiply", "Add 3,x a; Clip a,0,6 b; Mul b,0.16666667 c; Mul x,c y", "HardSwish",
    2e-6f },
  { "hard-swish/hard-sigmoid", "HardSigmoid x a; Mul x,a y", "HardSwish", 2e-6f },
  { "hard-swish/limits", "Add x,3 a; Max a,0 b; Min b,6 c; Mul x,c d; Mul d,0.16666667 y",
    "HardSwish", 2e-6f },
  { "hard-sigmoid", "Add x,3 a; Clip a,0,6 b; Div b,6 y", "HardSigmoid", 2e-6f },
  { "mish", "Softplus x a; Tanh a b; Mul x,b y", "Mish", 2e-6f },
  { "mish/exp", "Exp x a; Add a,1 b; Log b c; Tanh c d; Mul d,x y", "Mish", 2e-6f },
  { "softplus", "Exp x a; Add a,1 b; Log b y", "Softplus", 2e-6f },
  { "softsign", "Abs x a; Add a,1 b; Div x,b y", "Softsign", 2e-6f },
  /* Sums of eight numbers and a root in another order: some roundings of numbers below 4. */
  { "layer-norm/pow",
    "ReduceMean x m; Sub x,m d; Pow d,2 s; ReduceMean s v; Add v,0.001 e; Sqrt e r; Div d,r n; "
    "Mul n,g p; Add p,beta y", NULL, 4e-6f },
  { "layer-norm/mul",
    "ReduceMean x m; Sub x,m d; Mul d,d s; ReduceMean s v; Add v,0.001 e; Sqrt e r; Div d,r n; "
    "Mul n,g p; Add p,beta y", NULL, 4e-6f },
  { "layer-norm/factor-only",
    "ReduceMean x m; Sub x,m d; Pow d,2 s; ReduceMean s v; Add v,0.001 e; Sqrt e r; Div d,r n; "
    "Mul n,g y", NULL, 4e-6f },
  { "layer-norm/plain",
    "ReduceMean x m; Sub x,m d; Pow d,2 s; ReduceMean s v; Add v,0.001 e; Sqrt e r; Div d,r y",
    NULL, 4e-6f },
};

/* Like the above, but not the same: one number is off, the result is read in between, or a factor
 * is not the same for all elements. */
static const char *const others[] = {
  "Add x,3 a; Clip a,0,6 b; Mul x,b c; Div c,5.9 y",
  "Add x,2 a; Clip a,0,6 b; Mul x,b c; Div c,6 y",
  "Pow x,3 x3; Mul 0.05,x3 a; Add x,a b; Mul " ROOT ",b c; Tanh c d; Add 1,d e; Mul 0.5,x f; Mul f,e y",
  "Mul x,1.702 a; Sigmoid a b; Mul x,b y",
  "Neg x a; Exp a b; Add b,1 c; Div 1,c y",
  "Add x,g a; Clip a,0,6 b; Mul x,b c; Div c,6 y",
};

static const float gamma_values[8] = { 0.5f, 1.0f, -0.75f, 1.5f, 0.25f, 1.25f, -1.0f, 0.75f };
static const float beta_values[8] = { 0.1f, -0.2f, 0.3f, 0.0f, 0.5f, -0.4f, 0.2f, -0.1f };

/* Numbers among the inputs become initializers. */
static void
add_constants (QsMessage  *graph,
               GHashTable *made,
               const char *inputs)
{
  g_auto (GStrv) names = g_strsplit (inputs, ",", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if ((g_ascii_isdigit (names[i][0])) && g_hash_table_add (made, g_strdup (names[i])))
      {
        float value = (float) g_ascii_strtod (names[i], NULL);

        qs_graph_add_floats (graph, names[i], strchr (names[i], '[') != NULL ? "1" : "", &value, 1);
      }
}

static QsNetwork *
import (const char *nodes)
{
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = g_strsplit (nodes, "; ", -1);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;
  QsNetwork *network;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "2x400x8"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_graph_add_floats (graph, "g", "8", gamma_values, 8);
  qs_graph_add_floats (graph, "beta", "8", beta_values, 8);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], " ", -1);
      gboolean reduces = g_str_equal (parts[0], "ReduceMean");
      gboolean is_gate = g_str_equal (parts[0], "HardSigmoid");

      add_constants (graph, made, parts[1]);
      qs_put_message (graph, QS_GRAPH_NODE,
                      qs_make_node (parts[0], parts[2], parts[1], parts[2],
                                    is_gate ? qs_make_number ("alpha", 1.0f / 6.0f)
                                            : reduces ? qs_make_ints ("axes", "-1") : NULL, NULL));
    }

  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "test", &error);
  g_assert_no_error (error);
  network = qs_import_network (model, NULL, &error);
  g_assert_no_error (error);
  return network;
}

/* The numbers from -8 to 8, all different. */
static QsHostTensor *
run (QsNetwork *network)
{
  QsShape shape = qs_shape_make (3, 2, 400, 8);
  g_autoptr (QsHostTensor) x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values = qs_host_tensor_get_mutable (x);
  QsHostTensor *y = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 6400; i++)
    values[i] = (float) ((i * 2467) % 6400) / 400.0f - 8.0f;
  qs_interpret (network, &x, &y, &error);
  g_assert_no_error (error);
  return y;
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (QsNetwork) network = import (c->nodes);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (QsHostTensor) before = run (network);
  g_autoptr (QsHostTensor) after = NULL;
  g_autoptr (GError) error = NULL;
  QsLayer *layer;

  g_assert_true (qs_passes_run (network, QS_PASS_DEFAULT, journal, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (network->layers->len, ==, 1);
  layer = g_ptr_array_index (network->layers, 0);
  if (c->activation != NULL)
    g_assert_cmpstr (qs_activation_name (layer->activation.type), ==, c->activation);
  else
    g_assert_cmpint (layer->klass->kind, ==, QS_LAYER_NORMALIZATION);
  g_assert_cmpuint (qs_journal_get_n (journal), >, 0);

  after = run (network);
  for (gint64 i = 0; i < 6400; i++)
    g_assert_cmpfloat (fabs (qs_host_tensor_get_number (before, i) -
                             qs_host_tensor_get_number (after, i)), <=,
                       (double) c->tolerance * 8.0);
}

static void
test_others (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (QsNetwork) network = import (others[i]);
      g_autoptr (QsJournal) journal = qs_journal_new ();
      g_autoptr (QsHostTensor) before = run (network);
      g_autoptr (QsHostTensor) after = NULL;

      g_assert_true (qs_passes_run (network, QS_PASS_DEFAULT, journal, NULL));
      g_assert_cmpuint (network->layers->len, >, 1);
      after = run (network);
      for (gint64 k = 0; k < 6400; k++)
        g_assert_cmpfloat (fabs (qs_host_tensor_get_number (before, k) -
                                 qs_host_tensor_get_number (after, k)), <=, 1e-5);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/recognise/", cases[i].path, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/recognise/others", test_others);

  return g_test_run ();
}
