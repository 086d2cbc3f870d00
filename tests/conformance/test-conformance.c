/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "onnx/qs-tensor-proto.h"
#include "qs-interpret.h"
#include "qs-onnx-maker.h"
#include "runtime/qs-context.h"

/*
 * Every folder of libonnx-testdata holds a model, mostly of one node, its inputs and the outputs
 * that ONNX's own reference computed. Each case ends as one of these:
 *
 *   pass      imported as it is, run with the reference kernels in both memory layouts, equal
 *   constant  the same, with all inputs but the first made constants, or all: shapes are fixed
 *             here, so what decides about them (axes, sizes, pads) must be known
 *   refused   the importer says that it cannot
 *   fail      another result, or none
 *
 * Run with the path of the table; with a second argument, a path, the new table is written there. Where
 * QS_CONFORMANCE_BACKEND is defined, engines of that backend are built and run instead, thrice, so that
 * one on a device has been a graph.
 * Results of operators that compute nothing, or round once, must be the same bits.
 */

#define DATA "/usr/share/libonnx-testdata/data/node"

typedef enum
{
  PASS,
  CONSTANT,
  REFUSED,
  FAIL,
  N_OUTCOMES
} Outcome;

/* Why a case is refused: by a word of its name or of the message. The table has the class behind
 * the outcome; a refusal of no class fails the test. */
typedef struct
{
  const char *word;
  gboolean in_name;
  const char *reason;
} Reason;

static const Reason reasons[] = {
  { "recurrent operator", FALSE, "recurrent" },
  { "sequence", TRUE, "sequence-or-optional" },
  { "optional", TRUE, "sequence-or-optional" },
  { "_seq", TRUE, "sequence-or-optional" },
  { "_opt", TRUE, "sequence-or-optional" },
  { "is for training", FALSE, "training" },
  { "training mode", FALSE, "training" },
  { "momentum", TRUE, "training" },
  { "adagrad", TRUE, "training" },
  { "adam", TRUE, "training" },
  { "control flow", FALSE, "control-flow" },
  { "on quantized integers", FALSE, "integer-operator" },
  { "integers without scales", FALSE, "integer-operator" },
  { "its range at run time", FALSE, "scale-at-run-time" },
  { "the scale (", FALSE, "scale-at-run-time" },
  { "dequantizelinear", TRUE, "scale-at-run-time" },
  { "quantizelinear", TRUE, "scale-at-run-time" },
  { "works on text", FALSE, "text" },
  { "(string)", FALSE, "text" },
  { "STRING", TRUE, "text" },
  { "random numbers", FALSE, "random" },
  { "signal processing", FALSE, "signal" },
  { "BFLOAT16", TRUE, "type" },
  { "is not supported; replace it", FALSE, "operator" },
};

static const char *const outcome_names[] = { "pass", "constant", "refused", "fail" };

typedef struct
{
  char *name;
  char *op_type;
  Outcome outcome;
  char *detail;
} Result;

static void
result_free (gpointer data)
{
  Result *result = data;

  g_free (result->name);
  g_free (result->op_type);
  g_free (result->detail);
  g_free (result);
}

/* Operators that move, choose or round numbers, or take one rounding of float32 as numpy does: their
 * results are the same bits, or the case fails. */
static const char *const exact[] = {
  "Abs", "Add", "ArgMax", "ArgMin", "Ceil", "Clip", "Compress", "Concat", "ConstantOfShape",
  "Constant", "DepthToSpace", "Div", "Expand", "EyeLike", "Flatten", "Floor", "Gather",
  "GatherElements", "GatherND", "Identity", "If", "Loop", "Max", "MaxPool", "Min", "Mul", "Neg",
  "NonZero", "OneHot", "Pad", "Range", "Relu", "Reshape", "ReverseSequence", "Round", "ScatterElements",
  "ScatterND", "Shape", "Sign", "Slice", "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub", "Tile",
  "TopK", "Transpose", "Trilu", "Unique", "Unsqueeze", "Upsample", "Where", NULL
};

/* 1e-3 relative and 1e-7 absolute, ONNX's own tolerance, which is narrower than what the engine
 * promises (1e-5). Integers and booleans must be equal. */
static gboolean
close_enough (QsDataType type,
              gboolean   is_exact,
              double     value,
              double     expected)
{
  if (isnan (expected))
    return isnan (value) != 0;
  if (!qs_data_type_is_float (type) || is_exact || isinf (expected))
    return value == expected;

  return fabs (value - expected) <= 1e-7 + 1e-3 * fabs (expected);
}

static gboolean
compare (QsHostTensor *actual,
         QsHostTensor *expected,
         gboolean      is_exact,
         guint         output,
         GError      **error)
{
  QsDataType type = qs_host_tensor_get_data_type (expected);
  g_autofree char *a = qs_shape_to_string (qs_host_tensor_get_shape (actual));
  g_autofree char *b = qs_shape_to_string (qs_host_tensor_get_shape (expected));

  if (qs_host_tensor_get_data_type (actual) != type || !g_str_equal (a, b))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_FAILED, "output %u is %s %s, not %s %s", output,
                   qs_data_type_name (qs_host_tensor_get_data_type (actual)), a,
                   qs_data_type_name (type), b);
      return FALSE;
    }

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (expected); i++)
    {
      double value = qs_host_tensor_get_number (actual, i);
      double wanted = qs_host_tensor_get_number (expected, i);

      if (!close_enough (type, is_exact, value, wanted))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_FAILED,
                       "output %u, element %" G_GINT64_FORMAT " is %.9g, not %.9g", output, i,
                       value, wanted);
          return FALSE;
        }
    }

  return TRUE;
}

static GBytes *
read_bytes (const char *folder,
            const char *format,
            guint       index)
{
  g_autofree char *name = g_strdup_printf ("%s_%u.pb", format, index);
  g_autofree char *path = g_build_filename (folder, "test_data_set_0", name, NULL);
  char *contents;
  gsize size;

  if (!g_file_get_contents (path, &contents, &size, NULL))
    return NULL;
  return g_bytes_new_take (contents, size);
}

static guint64
read_varint (const guint8 *data,
             gsize        *at)
{
  guint64 value = 0;

  for (guint shift = 0;; shift += 7)
    {
      guint8 byte = data[(*at)++];

      value |= (guint64) (byte & 0x7f) << shift;
      if (byte < 0x80)
        return value;
    }
}

/* A copy of the model in which inputs @first, … are initializers as well: their files appended to
 * the graph, with the name again behind the contents, where it counts. */
static GBytes *
with_constant_inputs (GBytes     *bytes,
                      const char *folder,
                      QsModel    *model,
                      guint       first)
{
  gsize size, at = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  GByteArray *result = g_byte_array_new ();

  while (at < size)
    {
      guint64 tag = read_varint (data, &at);
      guint64 value = read_varint (data, &at);
      GByteArray *graph;

      if ((tag & 7) == 0)
        {
          qs_put_int (result, (guint) (tag >> 3), (gint64) value);
          continue;
        }
      if (tag >> 3 != 7)
        {
          qs_put_data (result, (guint) (tag >> 3), data + at, value);
          at += value;
          continue;
        }

      graph = g_byte_array_append (g_byte_array_new (), data + at, (guint) value);
      at += value;
      for (guint i = first; i < qs_model_get_n_inputs (model); i++)
        {
          g_autoptr (GBytes) input = read_bytes (folder, "input", i);
          QsMessage *tensor = g_byte_array_new ();

          if (input != NULL)
            g_byte_array_append (tensor, g_bytes_get_data (input, NULL),
                                 (guint) g_bytes_get_size (input));
          qs_put_text (tensor, 8, qs_model_get_input (model, i)->name);
          qs_put_message (graph, QS_GRAPH_INITIALIZER, tensor);
        }
      qs_put_message (result, 7, graph);
    }

  return g_byte_array_free_to_bytes (result);
}

static QsHostTensor *
load_tensor (const char *folder,
             const char *kind,
             guint       index,
             GError    **error)
{
  g_autoptr (GBytes) bytes = read_bytes (folder, kind, index);

  if (bytes == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "%s %u has no file", kind, index);
      return NULL;
    }

  return qs_tensor_proto_parse (bytes, NULL, error);
}

static gboolean
load_inputs (QsModel     *model,
             const char  *folder,
             GHashTable  *inputs,
             QsProfile   *profile,
             GError     **error)
{
  for (guint i = 0; i < qs_model_get_n_inputs (model); i++)
    {
      const QsModelValue *value = qs_model_get_input (model, i);
      QsHostTensor *tensor = load_tensor (folder, "input", i, error);

      if (tensor == NULL)
        return FALSE;
      g_hash_table_insert (inputs, g_strdup (value->name), tensor);
      qs_profile_set_shape (profile, value->name, qs_host_tensor_get_shape (tensor));
    }

  return TRUE;
}

#ifdef QS_CONFORMANCE_BACKEND
static gboolean
run_network (QsNetwork     *network,
             QsFormat       format,
             QsHostTensor **inputs,
             QsHostTensor **outputs,
             GError       **error)
{
  const QsBuilderOptions options = { .backend = qs_backend_lookup (QS_CONFORMANCE_BACKEND),
                                     .n_threads = 1, .fuse = TRUE, .repeatable = TRUE };
  g_autoptr (QsEngine) engine = qs_builder_build (network, NULL, &options, NULL, error);
  g_autoptr (QsContext) context = engine != NULL ? qs_context_new (engine, 1, error) : NULL;

  if (context == NULL)
    return FALSE;
  for (guint run = 0; run < 3; run++)
    {
      for (guint i = 0; i < network->outputs->len; i++)
        g_clear_pointer (&outputs[i], qs_host_tensor_unref);
      if (!qs_context_run (context, inputs, outputs, error))
        return FALSE;
    }
  return TRUE;
}
#else
#define run_network qs_interpret_in_format
#endif

static gboolean
run_and_compare (QsNetwork  *network,
                 QsFormat    format,
                 gboolean    is_exact,
                 GHashTable *inputs,
                 const char *folder,
                 GError    **error)
{
  guint n = network->outputs->len;
  g_autofree QsHostTensor **given = g_new0 (QsHostTensor *, network->inputs->len + 1);
  g_autofree QsHostTensor **actual = g_new0 (QsHostTensor *, n + 1);
  gboolean ok;

  for (guint i = 0; i < network->inputs->len; i++)
    given[i] = g_hash_table_lookup (inputs, ((QsTensor *) network->inputs->pdata[i])->name);

  ok = run_network (network, format, given, actual, error);
  for (guint i = 0; ok && i < n; i++)
    {
      g_autoptr (QsHostTensor) expected = load_tensor (folder, "output", i, error);

      ok = expected != NULL && compare (actual[i], expected, is_exact, i, error);
    }

  for (guint i = 0; i < n; i++)
    g_clear_pointer (&actual[i], qs_host_tensor_unref);
  return ok;
}

/* @first_constant: the first input to be made constant, -1 for none */
static Outcome
try_case (GBytes     *bytes,
          const char *folder,
          gboolean    is_exact,
          int         first_constant,
          GError    **error)
{
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "model", error);
  g_autoptr (GHashTable) inputs =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;

  if (model == NULL || !load_inputs (model, folder, inputs, profile, error))
    return REFUSED;

  if (first_constant >= 0)
    {
      g_autoptr (GBytes) changed = with_constant_inputs (bytes, folder, model,
                                                         (guint) first_constant);
      g_autoptr (QsModel) other = qs_model_load_bytes (changed, "model", error);

      if (other != NULL)
        network = qs_import_network (other, profile, error);
    }
  else
    network = qs_import_network (model, profile, error);

  if (network == NULL)
    return REFUSED;
  if (!run_and_compare (network, QS_FORMAT_LINEAR, is_exact, inputs, folder, error))
    return FAIL;
  if (!run_and_compare (network, QS_FORMAT_HWC, is_exact, inputs, folder, error))
    {
      g_prefix_error (error, "channels last: ");
      return FAIL;
    }
  return first_constant >= 0 ? CONSTANT : PASS;
}

/* The operator under test; models of several nodes are operators spelled out by others. */
static char *
find_op_type (GBytes *bytes)
{
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "model", NULL);

  if (model == NULL)
    return g_strdup ("?");
  if (qs_model_get_n_nodes (model) == 1)
    return g_strdup (qs_onnx_node_get_op_type (qs_model_get_node (model, 0)));
  return g_strdup ("(several)");
}

static Result *
run_case (const char *name)
{
  g_autofree char *folder = g_build_filename (DATA, name, NULL);
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  Result *result = g_new0 (Result, 1);
  gboolean is_exact;
  char *contents;
  gsize size;

  result->name = g_strdup (name);
  g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
  bytes = g_bytes_new_take (contents, size);
  result->op_type = find_op_type (bytes);
  is_exact = g_strv_contains (exact, result->op_type);

  result->outcome = try_case (bytes, folder, is_exact, -1, &error);
  for (int first = 1; first >= 0 && result->outcome == REFUSED; first--)
    {
      g_autoptr (GError) other = NULL;

      result->outcome = try_case (bytes, folder, is_exact, first, &other);
      if (result->outcome != REFUSED)
        {
          g_clear_error (&error);
          error = g_steal_pointer (&other);
        }
    }
  if (error != NULL)
    result->detail = g_strdup (error->message);
  return result;
}

static gint
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_cases (void)
{
  g_autoptr (GDir) dir = g_dir_open (DATA, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, "test_"))
      g_ptr_array_add (names, g_strdup (name));

  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
print_summary (GPtrArray *results)
{
  g_autoptr (GHashTable) rows = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_autoptr (GPtrArray) names = NULL;
  guint total[N_OUTCOMES] = { 0 };

  for (guint i = 0; i < results->len; i++)
    {
      Result *result = g_ptr_array_index (results, i);
      guint *row = g_hash_table_lookup (rows, result->op_type);

      if (row == NULL)
        {
          row = g_new0 (guint, N_OUTCOMES);
          g_hash_table_insert (rows, result->op_type, row);
        }
      row[result->outcome]++;
      total[result->outcome]++;
    }

  names = g_ptr_array_new ();
  {
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init (&iter, rows);
    while (g_hash_table_iter_next (&iter, &key, NULL))
      g_ptr_array_add (names, key);
  }
  g_ptr_array_sort (names, compare_names);

  g_print ("# %-28s %8s %8s %8s %8s\n", "operator", outcome_names[0], outcome_names[1],
           outcome_names[2], outcome_names[3]);
  for (guint i = 0; i < names->len; i++)
    {
      guint *row = g_hash_table_lookup (rows, g_ptr_array_index (names, i));

      g_print ("# %-28s %8u %8u %8u %8u\n", (char *) g_ptr_array_index (names, i), row[0], row[1],
               row[2], row[3]);
    }
  g_print ("# %-28s %8u %8u %8u %8u\n", "all", total[0], total[1], total[2], total[3]);
}

static gboolean
is_good (const char *outcome)
{
  return g_str_equal (outcome, outcome_names[PASS]) || g_str_equal (outcome, outcome_names[CONSTANT]);
}

/* (nullable) */
static const char *
find_reason (const Result *result)
{
  const char *detail = result->detail != NULL ? result->detail : "";

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strstr (reasons[i].in_name ? result->name : detail, reasons[i].word) != NULL)
      return reasons[i].reason;

  return NULL;
}

static guint
count_reason (GPtrArray  *results,
              const char *reason)
{
  guint n = 0;

  for (guint i = 0; i < results->len; i++)
    {
      const Result *result = g_ptr_array_index (results, i);

      n += result->outcome == REFUSED && g_strcmp0 (find_reason (result), reason) == 0;
    }

  return n;
}

static void
print_reasons (GPtrArray *results)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_print ("# refused, by reason:\n");
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_hash_table_add (seen, (gpointer) reasons[i].reason))
      g_print ("# %-28s %8u\n", reasons[i].reason, count_reason (results, reasons[i].reason));
}

static void
write_table (GPtrArray  *results,
             const char *path)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < results->len; i++)
    {
      Result *result = g_ptr_array_index (results, i);

      g_string_append_printf (text, "%s %s %s%s%s\n", result->name, result->op_type,
                              outcome_names[result->outcome],
                              result->outcome == REFUSED ? " " : "",
                              result->outcome == REFUSED ? find_reason (result) : "");
    }

  g_file_set_contents (path, text->str, -1, &error);
  g_assert_no_error (error);
}

/* One TAP line for each row of the table that passed when it was written. */
static guint
check_table (GPtrArray  *results,
             const char *path)
{
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  for (guint i = 0; i < results->len; i++)
    g_hash_table_insert (by_name, ((Result *) results->pdata[i])->name, results->pdata[i]);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);
      Result *result;
      gboolean ok;

      if (g_strv_length (words) != 3 || !is_good (words[2]))
        continue;

      result = g_hash_table_lookup (by_name, words[0]);
      ok = result != NULL && result->outcome <= CONSTANT;
      g_print ("%s %u %s%s%s\n", ok ? "ok" : "not ok", ++n, words[0],
               ok ? "" : " - ", ok ? "" : result != NULL && result->detail != NULL ? result->detail
                                                                                  : "is not there");
    }

  for (guint i = 0; i < results->len; i++)
    {
      const Result *result = g_ptr_array_index (results, i);

      if (result->outcome == REFUSED && find_reason (result) == NULL)
        g_print ("not ok %u %s - refused for no known reason: %s\n", ++n, result->name,
                 result->detail);
    }

  return n;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (result_free);
  g_autoptr (GPtrArray) names = list_cases ();

  if (names->len == 0)
    {
      g_print ("1..0 # SKIP %s is not here; install libonnx-testdata\n", DATA);
      return 0;
    }

  for (guint i = 0; i < names->len; i++)
    {
      Result *result = run_case (g_ptr_array_index (names, i));

      g_ptr_array_add (results, result);
      if (result->outcome == FAIL || g_getenv ("QS_CONFORMANCE_VERBOSE") != NULL)
        g_print ("# %s %s: %s\n", outcome_names[result->outcome], result->name,
                 result->detail != NULL ? result->detail : "");
    }

  print_summary (results);
  print_reasons (results);
  if (argc > 2)
    write_table (results, argv[2]);
  if (argc > 1)
    g_print ("1..%u\n", check_table (results, argv[1]));
  return 0;
}
