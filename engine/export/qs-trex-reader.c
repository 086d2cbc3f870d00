/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-json.h"
#include "qs-trex-format.h"
#include "qs-trex-graph.h"

/* The largest engines have some thousands of layers of about 2 KiB each. */
#define MAX_FILE_BYTES ((gsize) 256 << 20)
#define MAX_LAYERS 1000000
/* A property that nobody could read in a window: the constants of pointwise expressions. */
#define MAX_VALUE_BYTES 4096

static const char *const own_members[] = { "Name", "LayerType", "Inputs", "Outputs" };

static gboolean
fail (GError     **error,
      int          code,
      const char  *layer,
      const char  *message)
{
  if (layer != NULL)
    g_set_error (error, QS_ERROR, code, "layer “%s”: %s", layer, message);
  else
    g_set_error_literal (error, QS_ERROR, code, message);
  return FALSE;
}

static gboolean
read_dims (JsonArray  *dims,
           QsShape    *shape,
           GError    **error)
{
  guint n = json_array_get_length (dims);
  gint64 values[QS_MAX_DIMS];

  for (guint i = 0; i < n && i < QS_MAX_DIMS; i++)
    {
      double value;

      if (!qs_json_node_get_number (json_array_get_element (dims, i), &value) ||
          value != floor (value) || value < -1.0 || value > QS_MAX_DIM)
        return fail (error, QS_ERROR_MALFORMED, NULL,
                     "a dimension of a tensor is not a whole number from -1");
      values[i] = (gint64) value;
    }

  return qs_shape_init (shape, n, values, error);
}

static QsTrexTensor *
read_tensor (JsonObject  *object,
             GPtrArray   *into,
             GError     **error)
{
  QsTrexTensor *tensor = qs_trex_tensor_new ();
  const char *name = object == NULL ? NULL : qs_json_get_string (object, "Name");
  JsonArray *dims = object == NULL ? NULL : qs_json_get_array (object, "Dimensions");
  const char *format = object == NULL ? NULL : qs_json_get_string (object, "Format/Datatype");

  g_ptr_array_add (into, tensor);
  if (name == NULL)
    {
      fail (error, QS_ERROR_MALFORMED, NULL, "a tensor has no name");
      return NULL;
    }
  if (dims != NULL && !read_dims (dims, &tensor->shape, error))
    {
      g_prefix_error (error, "tensor “%s”: ", name);
      return NULL;
    }
  if (format == NULL && object != NULL) /* TensorRT 10 */
    format = qs_json_get_string (object, "Format");

  tensor->name = g_strdup (name);
  tensor->format = g_strdup (format != NULL ? format : "Unknown format");
  return tensor;
}

static gboolean
read_tensors (JsonObject  *object,
              const char  *member,
              GPtrArray   *into,
              GError     **error)
{
  JsonArray *array = qs_json_get_array (object, member);
  guint n = array == NULL ? 0 : json_array_get_length (array);

  if (array == NULL && json_object_has_member (object, member))
    return fail (error, QS_ERROR_MALFORMED, NULL, "its inputs or outputs are not a list");

  for (guint i = 0; i < n; i++)
    if (read_tensor (qs_json_array_get_object (array, i), into, error) == NULL)
      return FALSE;

  return TRUE;
}

static char *
read_value (JsonNode *node)
{
  const char *text = qs_json_node_get_string (node);
  g_autofree char *value = text != NULL ? g_strdup (text) : json_to_string (node, FALSE);

  if (strlen (value) > MAX_VALUE_BYTES)
    *g_utf8_find_prev_char (value, value + MAX_VALUE_BYTES) = '\0';
  return g_steal_pointer (&value);
}

static gboolean
is_own_member (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (own_members); i++)
    if (strcmp (own_members[i], name) == 0)
      return TRUE;

  return FALSE;
}

static void
read_property (JsonObject *object,
               const char *name,
               JsonNode   *node,
               gpointer    user_data)
{
  GPtrArray *properties = user_data;
  QsTrexProperty *property;

  if (is_own_member (name))
    return;

  property = g_new0 (QsTrexProperty, 1);
  property->name = g_strdup (name);
  property->value = read_value (node);
  g_ptr_array_add (properties, property);
}

static gboolean
precision_of_type (QsDataType   type,
                   QsPrecision *precision)
{
  static const struct
  {
    QsDataType type;
    QsPrecision precision;
  } rows[] = {
    { QS_DATA_TYPE_INT8, QS_PRECISION_INT8 },
    { QS_DATA_TYPE_FLOAT16, QS_PRECISION_FP16 },
    { QS_DATA_TYPE_FLOAT, QS_PRECISION_FP32 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].type == type)
      {
        *precision = rows[i].precision;
        return TRUE;
      }

  return FALSE;
}

/* A weighted layer computes in the type of its weights. */
static gboolean
find_weights_precision (JsonObject  *object,
                        QsPrecision *precision)
{
  static const char *const members[] = { "Weights", "ConvWeights" };
  QsDataType type;

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      JsonObject *weights = qs_json_get_object (object, members[i]);
      const char *name = weights == NULL ? NULL : qs_json_get_string (weights, "Type");

      if (name != NULL && qs_trex_type_parse (name, &type))
        return precision_of_type (type, precision);
    }

  return FALSE;
}

/* Any other one is INT8 when everything it reads is, and else in the widest type it reads. */
static QsPrecision
find_input_precision (const QsTrexLayer *layer)
{
  GPtrArray *tensors = layer->inputs->len > 0 ? layer->inputs : layer->outputs;
  QsPrecision widest = QS_PRECISION_INT8;
  gboolean known = FALSE;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTrexTensor *tensor = g_ptr_array_index (tensors, i);
      QsPrecision precision;
      QsDataType type;
      QsFormat format;

      if (!qs_trex_format_parse (tensor->format, &type, &format) ||
          !precision_of_type (type, &precision))
        continue;
      known = TRUE;
      widest = MIN (widest, precision);
    }

  return known ? widest : QS_PRECISION_FP32;
}

static gboolean
read_layer (QsTrexGraph *self,
            JsonObject  *object,
            GError     **error)
{
  const char *name = qs_json_get_string (object, "Name");
  const char *type = qs_json_get_string (object, "LayerType");
  QsTrexLayer *layer;

  if (name == NULL)
    return fail (error, QS_ERROR_MALFORMED, NULL, "a layer has no name");
  if (type == NULL)
    return fail (error, QS_ERROR_MALFORMED, name, "it has no LayerType");

  layer = qs_trex_graph_add_layer (self);
  layer->name = g_strdup (name);
  layer->type = g_strdup (type);
  if (!read_tensors (object, "Inputs", layer->inputs, error) ||
      !read_tensors (object, "Outputs", layer->outputs, error))
    {
      g_prefix_error (error, "layer “%s”: ", name);
      return FALSE;
    }

  json_object_foreach_member (object, read_property, layer->properties);
  if (!find_weights_precision (object, &layer->precision))
    layer->precision = find_input_precision (layer);
  return TRUE;
}

static gboolean
read_layers (QsTrexGraph *self,
             JsonArray   *layers,
             GError     **error)
{
  guint n = json_array_get_length (layers);

  if (n > MAX_LAYERS)
    return fail (error, QS_ERROR_LIMIT, NULL, "it has more layers than this program reads");

  for (guint i = 0; i < n; i++)
    {
      JsonObject *object = qs_json_array_get_object (layers, i);

      if (object == NULL)
        return fail (error, QS_ERROR_UNSUPPORTED, NULL,
                     "it has only the names of the layers; let TensorRT write it again from an "
                     "engine built with --profilingVerbosity=detailed");
      if (!read_layer (self, object, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
read_bindings (QsTrexGraph *self,
               JsonArray   *bindings,
               GError     **error)
{
  guint n = bindings == NULL ? 0 : json_array_get_length (bindings);

  for (guint i = 0; i < n; i++)
    {
      const char *name = qs_json_node_get_string (json_array_get_element (bindings, i));

      if (name == NULL)
        return fail (error, QS_ERROR_MALFORMED, NULL, "a binding is not a name");
      g_ptr_array_add (self->bindings, g_strdup (name));
    }

  return TRUE;
}

/**
 * qs_trex_graph_parse:
 * @text: (array length=length): a graph JSON
 * @name: what the graph is called
 *
 * Errors: %QS_ERROR_MALFORMED, %QS_ERROR_UNSUPPORTED for a file of names only, %QS_ERROR_LIMIT; they
 * name the layer.
 */
QsTrexGraph *
qs_trex_graph_parse (const char *text,
                     gsize       length,
                     const char *name,
                     GError    **error)
{
  g_autoptr (QsTrexGraph) self = qs_trex_graph_new (name);
  g_autoptr (JsonNode) root = qs_json_parse (text, (gssize) length, error);
  JsonObject *object;
  JsonArray *layers;

  if (root == NULL)
    return NULL;

  object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  layers = object == NULL ? NULL : qs_json_get_array (object, "Layers");
  if (layers == NULL)
    {
      fail (error, QS_ERROR_MALFORMED, NULL,
            "this is not the graph of a TensorRT engine: there is no list “Layers”");
      return NULL;
    }

  return read_layers (self, layers, error) &&
             read_bindings (self, qs_json_get_array (object, "Bindings"), error)
           ? g_steal_pointer (&self)
           : NULL;
}

/**
 * qs_trex_graph_load:
 *
 * Errors: those of reading the file and of [func@qs_trex_graph_parse], with the file's name in front.
 */
QsTrexGraph *
qs_trex_graph_load (GFile   *file,
                    GError **error)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                  G_FILE_QUERY_INFO_NONE, NULL, error);
  g_autofree char *text = NULL;
  gsize length = 0;
  QsTrexGraph *self = NULL;

  if (info == NULL)
    return NULL;

  if (g_file_info_get_size (info) > (goffset) MAX_FILE_BYTES)
    fail (error, QS_ERROR_LIMIT, NULL, "it is larger than any engine's graph");
  else if (g_file_load_contents (file, NULL, &text, &length, NULL, error))
    self = qs_trex_graph_parse (text, length, name, error);

  if (self == NULL)
    g_prefix_error (error, "%s: ", name);
  return self;
}

static const char *
skip_space (const char *at,
            const char *end)
{
  while (at < end && g_ascii_isspace (*at))
    at++;
  return at;
}

/* A graph is an object that begins with its layers, as TensorRT writes it. */
gboolean
qs_trex_graph_probe (GBytes *head)
{
  gsize size;
  const char *at = g_bytes_get_data (head, &size);
  const char *end = at + size;

  at = skip_space (at, end);
  if (at == end || *at++ != '{')
    return FALSE;

  at = skip_space (at, end);
  return g_strstr_len (at, end - at, "\"Layers\"") == at ||
         g_strstr_len (at, end - at, "\"Bindings\"") == at;
}

/* A profile is a list whose first entry is the number of runs. */
gboolean
qs_trex_profile_probe (GBytes *head)
{
  gsize size;
  const char *at = g_bytes_get_data (head, &size);
  const char *end = at + size;

  at = skip_space (at, end);
  if (at == end || *at++ != '[')
    return FALSE;

  at = skip_space (at, end);
  if (at == end || *at++ != '{')
    return FALSE;

  at = skip_space (at, end);
  return g_strstr_len (at, end - at, "\"count\"") == at;
}
