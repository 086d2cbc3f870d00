/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/qs-float16.h"
#include "import/qs-import.h"
#include "qs-interpret.h"
#include "qs-onnx-maker.h"

#define MAX_INPUTS 8

static float
element (gint64 k,
         guint  input)
{
  return (float) ((7 * k + 3 * (gint64) input) % 11 - 5) / 4.0f;
}

static gint64
count (const char *dims)
{
  g_auto (GStrv) parts = g_strsplit (dims, "x", -1);
  gint64 n = 1;

  for (guint i = 0; *dims != '\0' && parts[i] != NULL; i++)
    n *= g_ascii_strtoll (parts[i], NULL, 10);
  return n;
}

static void
add_input (QsMessage  *graph,
           GString    *names,
           const char *text,
           guint       i)
{
  g_autofree char *name = *text != '\0' ? g_strdup_printf ("x%u", i) : g_strdup ("");
  char kind = *text;

  g_string_append_printf (names, "%s%s", i > 0 ? "," : "", name);
  if (kind == '=')
    qs_graph_add_ints (graph, name, text + 1);
  else if (kind == '~')
    {
      float value = (float) g_ascii_strtod (text + 1, NULL);

      qs_graph_add_floats (graph, name, "", &value, 1);
    }
  else if (kind == 'h' || kind == 'i')
    qs_put_message (graph, QS_GRAPH_INPUT,
                    qs_make_value (name, kind == 'h' ? QS_DATA_TYPE_FLOAT16 : QS_DATA_TYPE_INT32,
                                   text + 1));
  else if (kind == 'c')
    {
      gint64 n = count (text + 1);
      g_autofree float *values = g_new (float, n + 1);

      for (gint64 k = 0; k < n; k++)
        values[k] = element (k, i);
      qs_graph_add_floats (graph, name, text + 1, values, (gsize) n);
    }
  else if (kind != '\0')
    qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value (name, QS_DATA_TYPE_FLOAT, text));
}

static QsMessage *
make_attribute (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  const char *value = parts[1];
  gsize length = strlen (value);

  if (value[0] == '[')
    {
      g_autofree char *inner = g_strndup (value + 1, length - 2);

      return qs_make_ints (parts[0], inner);
    }
  if (g_ascii_isdigit (value[0]) || value[0] == '-')
    return value[length - 1] == 'f' ? qs_make_number (parts[0], (float) g_ascii_strtod (value, NULL))
                                    : qs_make_int (parts[0], g_ascii_strtoll (value, NULL, 10));
  return qs_make_string (parts[0], value);
}

static QsModel *
make_model (const QsOpCase *c)
{
  QsMessage *graph = qs_make_graph (), *a[8] = { NULL };
  g_auto (GStrv) inputs = g_strsplit (c->inputs, ",", -1);
  g_auto (GStrv) attributes = g_strsplit (c->attributes, ";", -1);
  g_auto (GStrv) op = g_strsplit (c->op, ":", 2);
  g_autofree char *commas = g_strnfill (op[1] != NULL ? (gsize) atoi (op[1]) : 0, ',');
  g_autofree char *outputs = g_strconcat (commas, "y", NULL);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  QsModel *model;

  for (guint i = 0; inputs[i] != NULL; i++)
    add_input (graph, names, inputs[i], i);
  for (guint i = 0; *c->attributes != '\0' && attributes[i] != NULL; i++)
    a[i] = make_attribute (attributes[i]);

  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node (op[0], "node", names->str, outputs, a[0], a[1], a[2], a[3], a[4], a[5],
                                a[6], NULL));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  bytes = qs_make_model (graph, c->opset);
  model = qs_model_load_bytes (bytes, "test", &error);
  g_assert_no_error (error);
  return model;
}

static QsHostTensor *
make_value (const QsTensor *tensor)
{
  guint input = (guint) g_ascii_strtoull (tensor->name + 1, NULL, 10);
  QsHostTensor *value = qs_host_tensor_new (tensor->type, &tensor->shape, NULL);
  gpointer data = qs_host_tensor_get_mutable (value);

  for (gint64 k = 0; k < qs_host_tensor_get_n_elements (value); k++)
    if (tensor->type == QS_DATA_TYPE_FLOAT)
      ((float *) data)[k] = element (k, input);
    else if (tensor->type == QS_DATA_TYPE_FLOAT16)
      ((guint16 *) data)[k] = qs_float16_from_float (element (k, input));
    else
      ((gint32 *) data)[k] = (gint32) (4.0f * element (k, input));

  return value;
}

/* Sums of some dozen products of numbers below 2: float32 is off by less than 1e-5; float16 has
 * eleven bits. */
static void
check_result (const QsOpCase *c,
              QsHostTensor   *y)
{
  g_autofree char *shape = qs_shape_to_string (qs_host_tensor_get_shape (y));
  g_auto (GStrv) parts = g_strsplit (c->result, " ", -1);
  g_auto (GStrv) dims = g_strsplit (c->shape, "x", -1);
  g_autofree char *wanted = g_strjoinv ("×", dims);
  double tolerance = qs_host_tensor_get_data_type (y) == QS_DATA_TYPE_FLOAT16 ? 2e-3 : 1e-5;
  gint64 n = qs_host_tensor_get_n_elements (y);

  g_assert_cmpstr (shape, ==, *c->shape == '\0' ? "scalar" : wanted);
  g_assert_cmpint (n > 0 ? (gint64) g_strv_length (parts) : 0, ==, n);
  for (gint64 k = 0; k < n; k++)
    {
      double value = qs_host_tensor_get_number (y, k), expected = g_ascii_strtod (parts[k], NULL);

      if (!(fabs (value - expected) <= tolerance * fmax (1, fabs (expected))) && value != expected &&
          !(isnan (value) && isnan (expected)))
        g_error ("%s (%s; %s): element %" G_GINT64_FORMAT " is %.8g, not %.8g", c->op, c->inputs,
                 c->attributes, k, value, expected);
    }
}

/* A dense view in the wanted layout with the elements of @from. */
static void
make_view (const QsTensor *tensor,
           QsFormat        format,
           QsHostTensor   *from,
           QsView         *view)
{
  QsView linear;
  gint64 index[QS_MAX_DIMS] = { 0 };
  gsize size = qs_data_type_size (tensor->type);
  gint64 n = qs_shape_n_elements (&tensor->shape);

  qs_view_init (view, tensor->type, tensor->value != NULL ? QS_FORMAT_LINEAR : format,
                &tensor->shape, g_malloc0 (MAX ((gsize) n, 1) * size));
  if (from == NULL)
    return;

  qs_view_init_for_host (&linear, from);
  for (gint64 i = 0; i < n; i++)
    {
      memcpy ((guint8 *) view->data + (gsize) qs_view_offset (view, index) * size,
              (const guint8 *) linear.data + (gsize) i * size, size);
      for (int d = tensor->shape.n_dims - 1; d >= 0 && ++index[d] == tensor->shape.dims[d]; d--)
        index[d] = 0;
    }
}

static void
evaluate_layer (const QsLayer *layer,
                QsFormat       format,
                QsView        *y)
{
  QsView inputs[MAX_INPUTS] = { 0 };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_input (layer, i);
      g_autoptr (QsHostTensor) value = NULL;

      if (tensor == NULL)
        continue;
      value = tensor->value != NULL ? qs_host_tensor_ref (tensor->value) : make_value (tensor);
      make_view (tensor, format, value, &inputs[i]);
    }

  make_view (qs_layer_get_output (layer, 0), format, NULL, y);
  layer->klass->evaluate (layer, inputs, y, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < layer->inputs->len; i++)
    g_free (inputs[i].data);
}

static void
check_layouts (const QsOpCase *c,
               const QsLayer  *layer)
{
  QsView linear, last;
  gsize size = qs_data_type_size (qs_layer_get_output (layer, 0)->type);
  gint64 index[QS_MAX_DIMS] = { 0 };

  evaluate_layer (layer, QS_FORMAT_LINEAR, &linear);
  evaluate_layer (layer, QS_FORMAT_HWC, &last);
  for (gint64 i = 0; i < qs_shape_n_elements (&linear.shape); i++)
    {
      if (memcmp ((const guint8 *) linear.data + (gsize) i * size,
                  (const guint8 *) last.data + (gsize) qs_view_offset (&last, index) * size,
                  size) != 0)
        g_error ("%s (%s; %s): element %" G_GINT64_FORMAT " differs between the layouts", c->op,
                 c->inputs, c->attributes, i);
      for (int d = linear.shape.n_dims - 1; d >= 0 && ++index[d] == linear.shape.dims[d]; d--)
        index[d] = 0;
    }

  g_free (linear.data);
  g_free (last.data);
}

static void
run_network (const QsOpCase *c,
             QsNetwork      *network)
{
  g_autofree QsHostTensor **inputs = g_new0 (QsHostTensor *, network->inputs->len + 1);
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < network->inputs->len; i++)
    inputs[i] = make_value (g_ptr_array_index (network->inputs, i));
  qs_interpret (network, inputs, &y, &error);
  g_assert_no_error (error);
  check_result (c, y);

  for (guint i = 0; i < network->layers->len; i++)
    check_layouts (c, g_ptr_array_index (network->layers, i));
  for (guint i = 0; i < network->inputs->len; i++)
    qs_host_tensor_unref (inputs[i]);
}

static void
run_case (const QsOpCase *c)
{
  g_autoptr (QsModel) model = make_model (c);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = qs_import_network (model, profile, &error);

  if (c->shape != NULL)
    {
      if (error != NULL)
        g_error ("%s (%s; %s): %s", c->op, c->inputs, c->attributes, error->message);
      run_network (c, network);
      return;
    }

  if (error == NULL || strstr (error->message, c->result) == NULL)
    g_error ("%s (%s; %s): “%s” does not mention “%s”", c->op, c->inputs, c->attributes,
             error != NULL ? error->message : "no error", c->result);
}

void
qs_op_test_run (const QsOpCase *cases,
                gsize           n)
{
  for (gsize i = 0; i < n; i++)
    run_case (&cases[i]);
}

#define MAX_HARASSED 100000

static const gint64 hostile[] = {
  0, 1, 2, 7, -1, -2, 64, G_MAXINT32, (gint64) G_MAXINT32 + 1, G_GINT64_CONSTANT (1) << 32,
  G_GINT64_CONSTANT (1) << 62, G_MAXINT64, G_MININT64,
};

/* What inference accepts must also compute, inside the tensors that it announced. */
static void
try_network (QsNetwork *network)
{
  g_autofree QsHostTensor **inputs = g_new0 (QsHostTensor *, network->inputs->len + 1);
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (GError) error = NULL;
  gint64 n = 0;

  if (!qs_network_infer (network, &error))
    {
      g_assert_nonnull (error);
      return;
    }

  for (guint i = 0; i < network->tensors->len; i++)
    n += MIN (qs_shape_n_elements (&((QsTensor *) g_ptr_array_index (network->tensors, i))->shape),
              MAX_HARASSED);
  if (n >= MAX_HARASSED)
    return;

  for (guint i = 0; i < network->inputs->len; i++)
    inputs[i] = make_value (g_ptr_array_index (network->inputs, i));
  qs_interpret (network, inputs, &y, &error);
  for (guint i = 0; i < network->inputs->len; i++)
    qs_host_tensor_unref (inputs[i]);
}

/* A copy of the network whose layer @index has @value as item @item of @field. An @item at the
 * list's end makes it longer, and one behind that shorter. */
static void
try_value (QsNetwork     *network,
           guint          index,
           const QsField *field,
           int            item,
           gint64         value)
{
  g_autoptr (QsNetwork) copy = qs_network_copy (network);
  QsLayer *layer = g_ptr_array_index (copy->layers, index);
  gpointer target = (guint8 *) layer->attributes + field->offset;
  QsInts *ints = target;

  if (field->type == QS_FIELD_INT)
    *(gint64 *) target = value;
  else if (item > ints->n)
    ints->n = MAX (0, ints->n - 1);
  else
    {
      ints->n = MIN (MAX (ints->n, item + 1), QS_MAX_INTS);
      ints->v[MIN (item, QS_MAX_INTS - 1)] = value;
    }

  try_network (copy);
}

static void
harass_layer (QsNetwork *network,
              guint      index)
{
  const QsLayer *layer = g_ptr_array_index (network->layers, index);

  for (const QsField *f = layer->klass->fields; f != NULL && f->name != NULL; f++)
    {
      const QsInts *ints = (gconstpointer) ((const guint8 *) layer->attributes + f->offset);
      int last = f->type == QS_FIELD_INTS ? ints->n + 1 : 0;

      if (f->type != QS_FIELD_INT && f->type != QS_FIELD_INTS)
        continue;
      for (int item = 0; item <= last; item++)
        for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++)
          try_value (network, index, f, item, hostile[i]);
    }
}

void
qs_op_test_harass (const QsOpCase *cases,
                   gsize           n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (QsModel) model = make_model (&cases[i]);
      g_autoptr (QsProfile) profile = qs_profile_new ();
      g_autoptr (GError) error = NULL;
      g_autoptr (QsNetwork) network = qs_import_network (model, profile, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (network->layers->len, >, 0);
      for (guint layer = 0; layer < network->layers->len; layer++)
        harass_layer (network, layer);
    }
}
