/* SPDX-License-Identifier: MIT */
#include "qs-onnx-private.h"

#include <string.h>

#include "core/qs-error.h"
#include "core/qs-wire.h"
#include "onnx/qs-file-kind.h"

/* Versions of the file format with separate operator sets (3) up to the newest published one. */
#define OLDEST_IR_VERSION 3
#define NEWEST_IR_VERSION 14

#define IS_OURS(domain) \
  ((domain) == NULL || (domain)[0] == '\0' || strcmp ((domain), "ai.onnx") == 0)

struct _QsModel
{
  gatomicrefcount ref_count;
  char *name;
  GFile *file;
  char *checksum;
  const Onnx__ModelProto *proto;
  GBytes *owner; /* frees proto; initializers that share its memory hold references too */
  QsExternalData *external;
  int opset;
  QsOnnxGraph *graph;
  GPtrArray *inputs;  /* QsModelValue */
  GPtrArray *outputs; /* QsModelValue */
};

gboolean
qs_onnx_malformed (GError    **error,
                   const char *format,
                   ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, message);
  return FALSE;
}

static void
value_free (gpointer data)
{
  QsModelValue *value = data;

  g_free (value->name);
  for (int i = 0; i < QS_MAX_DIMS; i++)
    g_free (value->dim_names[i]);
  g_free (value);
}

QsModel *
qs_model_ref (QsModel *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_model_unref (QsModel *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  g_clear_pointer (&self->graph, qs_onnx_graph_free);
  g_clear_pointer (&self->external, qs_external_data_free);
  g_clear_pointer (&self->owner, g_bytes_unref);
  g_clear_object (&self->file);
  g_free (self->checksum);
  g_free (self->name);
  g_free (self);
}

int
qs_onnx_opset_in (Onnx__OperatorSetIdProto **imports,
                  gsize                      n)
{
  gint64 version = 0;

  for (gsize i = 0; i < n; i++)
    if (IS_OURS (imports[i]->domain))
      version = MAX (version, imports[i]->version);

  return (int) CLAMP (version, 0, G_MAXINT);
}

static gboolean
find_opset (QsModel *self,
            GError **error)
{
  int version = qs_onnx_opset_in (self->proto->opset_import, self->proto->n_opset_import);

  if (version == 0)
    return qs_onnx_malformed (error, "the model does not say which version of the ONNX operators it uses");

  if (version < QS_MODEL_OLDEST_OPSET || version > QS_MODEL_NEWEST_OPSET)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "the model uses version %d of the ONNX operators, but only "
                   "versions %d to %d can be read; convert it with onnx.version_converter",
                   version, QS_MODEL_OLDEST_OPSET, QS_MODEL_NEWEST_OPSET);
      return FALSE;
    }

  self->opset = version;
  return TRUE;
}

static gboolean
check_versions (QsModel *self,
                GError **error)
{
  const Onnx__ModelProto *proto = self->proto;

  if (proto->graph == NULL)
    return qs_onnx_malformed (error, "there is no graph in the file; it may not be an ONNX model");

  if (proto->ir_version < OLDEST_IR_VERSION || proto->ir_version > NEWEST_IR_VERSION)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "the file is in version %" G_GINT64_FORMAT " of the ONNX format, but only "
                   "versions %d to %d can be read", proto->ir_version, OLDEST_IR_VERSION,
                   NEWEST_IR_VERSION);
      return FALSE;
    }

  return find_opset (self, error);
}

static gboolean
read_dim (QsModelValue                           *value,
          int                                     axis,
          const Onnx__TensorShapeProto__Dimension *dim,
          gint64                                 *size)
{
  *size = -1;
  if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
    *size = dim->dim_value;
  else if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
           dim->dim_param[0] != '\0')
    value->dim_names[axis] = g_strdup (dim->dim_param);
  return TRUE;
}

static gboolean
read_value_shape (QsModelValue                 *value,
                  const Onnx__TensorShapeProto *shape,
                  GError                      **error)
{
  gint64 dims[QS_MAX_DIMS];

  if (shape == NULL)
    return TRUE;

  if (shape->n_dim > QS_MAX_DIMS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "%" G_GSIZE_FORMAT " dimensions are more than the %d that can be processed",
                   shape->n_dim, QS_MAX_DIMS);
      return FALSE;
    }

  for (gsize i = 0; i < shape->n_dim; i++)
    read_dim (value, (int) i, shape->dim[i], &dims[i]);

  value->has_shape = TRUE;
  return qs_shape_init (&value->shape, shape->n_dim, dims, error);
}

/* A value that is no tensor (a sequence, a map) keeps the type UNDEFINED; the importer refuses it
 * where it is used. */
static QsModelValue *
read_value (const Onnx__ValueInfoProto *proto,
            GError                    **error)
{
  QsModelValue *value = g_new0 (QsModelValue, 1);
  const Onnx__TypeProto *type = proto->type;

  value->name = g_strdup (proto->name);
  if (type == NULL || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
    return value;

  value->type = (QsDataType) type->tensor_type->elem_type;
  if (!read_value_shape (value, type->tensor_type->shape, error))
    g_clear_pointer (&value, value_free);
  return value;
}

static gboolean
read_values (GPtrArray             *values,
             const char            *what,
             Onnx__ValueInfoProto **protos,
             gsize                  n,
             GError               **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < n; i++)
    {
      const char *name = protos[i]->name;
      QsModelValue *value;

      if (name == NULL || name[0] == '\0')
        return qs_onnx_malformed (error, "%s %" G_GSIZE_FORMAT " has no name", what, i);
      if (!g_hash_table_add (names, (gpointer) name))
        return qs_onnx_malformed (error, "%s “%s” is there twice", what, name);

      value = read_value (protos[i], error);
      if (value == NULL)
        {
          g_prefix_error (error, "%s “%s”: ", what, name);
          return FALSE;
        }
      g_ptr_array_add (values, value);
    }

  return TRUE;
}

static gboolean
read_graph (QsModel *self,
            GError **error)
{
  const Onnx__GraphProto *graph = self->proto->graph;

  if (graph->n_output == 0)
    return qs_onnx_malformed (error, "the graph has no outputs");

  return read_values (self->inputs, "input", graph->input, graph->n_input, error) &&
         read_values (self->outputs, "output", graph->output, graph->n_output, error) &&
         (self->graph = qs_onnx_graph_new (graph, self, self->opset, NULL, error)) != NULL;
}

static char *
local_folder (GFile *file)
{
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  return path != NULL ? g_path_get_dirname (path) : NULL;
}

static QsModel *
model_new (GBytes     *bytes,
           const char *name,
           GFile      *file,
           const char *folder)
{
  QsModel *self = g_new0 (QsModel, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->file = file != NULL ? g_object_ref (file) : NULL;
  self->checksum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  self->external = qs_external_data_new (folder);
  self->inputs = g_ptr_array_new_with_free_func (value_free);
  self->outputs = g_ptr_array_new_with_free_func (value_free);
  return self;
}

/* Where no graph was found, the file may be something else that can be named. */
static void
explain (QsModel  *self,
         GBytes   *bytes,
         GError  **error)
{
  const char *kind = qs_onnx_guess_kind (bytes);

  if (kind == NULL || (self->proto != NULL && self->proto->graph != NULL))
    return;

  g_clear_error (error);
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not an ONNX model: %s", kind);
}

static gboolean
load (QsModel  *self,
      GBytes   *bytes,
      GError  **error)
{
  ProtobufCMessage *message;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  message = qs_wire_unpack (&onnx__model_proto__descriptor, data, size, error);
  if (message != NULL)
    {
      self->proto = (const Onnx__ModelProto *) message;
      self->owner = g_bytes_new_with_free_func (message, 1, (GDestroyNotify) qs_wire_free, message);
      if (check_versions (self, error) && read_graph (self, error))
        return TRUE;
    }

  explain (self, bytes, error);
  g_prefix_error (error, "%s: ", self->name);
  return FALSE;
}

/* Mapped where it is a plain local file. After parsing the map is given back: weights are kept
 * once, in the parsed message. */
static GBytes *
read_file (GFile   *file,
           GError **error)
{
  g_autofree char *path = g_file_get_path (file);
  GMappedFile *mapped;
  GBytes *bytes;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return g_file_load_bytes (file, NULL, NULL, error);

  mapped = g_mapped_file_new (path, FALSE, error);
  if (mapped == NULL)
    return NULL;

  bytes = g_mapped_file_get_bytes (mapped);
  g_mapped_file_unref (mapped);
  return bytes;
}

/**
 * qs_model_load_file_full:
 * @file: an ONNX model
 * @data_folder: (nullable): where weights in files of their own are; %NULL for the folder of @file.
 *   The files' names in the model are relative to it, and nothing outside it is read.
 * @missing_data: (out) (optional) (nullable) (transfer full): after %QS_ERROR_EXTERNAL_DATA, the
 *   name of the file that is not there, relative to the folder
 *
 * Reads and checks a model. Weights in files of their own are mapped, not read. Errors start with
 * the file's name.
 *
 * Errors: those of GIO; %QS_ERROR_MALFORMED, %QS_ERROR_VERSION, %QS_ERROR_LIMIT,
 * %QS_ERROR_UNSUPPORTED, %QS_ERROR_SHAPE with the place in the file; %QS_ERROR_EXTERNAL_DATA when
 * weights are not where they should be.
 */
QsModel *
qs_model_load_file_full (GFile    *file,
                         GFile    *data_folder,
                         char    **missing_data,
                         GError  **error)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *shown = g_utf8_make_valid (name != NULL ? name : "model", -1);
  g_autofree char *folder = data_folder != NULL ? g_file_get_path (data_folder)
                                                : local_folder (file);
  g_autoptr (GBytes) bytes = read_file (file, error);
  g_autoptr (QsModel) self = NULL;

  if (missing_data != NULL)
    *missing_data = NULL;
  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", shown);
      return NULL;
    }

  self = model_new (bytes, shown, file, folder);
  if (load (self, bytes, error))
    return g_steal_pointer (&self);

  if (missing_data != NULL)
    *missing_data = g_strdup (qs_external_data_get_missing (self->external));
  return NULL;
}

/**
 * qs_model_load_file:
 *
 * As [ctor@Model.load_file_full] with the weights beside the model.
 */
QsModel *
qs_model_load_file (GFile   *file,
                    GError **error)
{
  return qs_model_load_file_full (file, NULL, NULL, error);
}

/**
 * qs_model_load_bytes:
 * @bytes: a serialized model
 * @name: what to call it in messages
 *
 * As [ctor@Model.load_file], for a model in memory; it cannot have external data.
 */
QsModel *
qs_model_load_bytes (GBytes     *bytes,
                     const char *name,
                     GError    **error)
{
  g_autoptr (QsModel) self = model_new (bytes, name, NULL, NULL);

  return load (self, bytes, error) ? g_steal_pointer (&self) : NULL;
}

const char *
qs_model_get_name (QsModel *self)
{
  return self->name;
}

/**
 * qs_model_get_file:
 *
 * Returns: (nullable) (transfer none): where it was loaded from
 */
GFile *
qs_model_get_file (QsModel *self)
{
  return self->file;
}

/**
 * qs_model_get_checksum:
 *
 * The SHA-256 of the file in hexadecimal. Weights in files of their own are not part of it.
 */
const char *
qs_model_get_checksum (QsModel *self)
{
  return self->checksum;
}

/**
 * qs_model_get_opset:
 *
 * Version of ONNX's operator set that the graph uses.
 */
int
qs_model_get_opset (QsModel *self)
{
  return self->opset;
}

gint64
qs_model_get_ir_version (QsModel *self)
{
  return self->proto->ir_version;
}

/**
 * qs_model_get_producer:
 *
 * The program that wrote the model, “” when it does not say.
 */
const char *
qs_model_get_producer (QsModel *self)
{
  return self->proto->producer_name != NULL ? self->proto->producer_name : "";
}

/**
 * qs_model_get_graph:
 *
 * The nodes and weights. It lives as long as the model.
 */
const QsOnnxGraph *
qs_model_get_graph (QsModel *self)
{
  return self->graph;
}

guint
qs_model_get_n_nodes (QsModel *self)
{
  return qs_onnx_graph_get_n_nodes (self->graph);
}

const QsOnnxNode *
qs_model_get_node (QsModel *self,
                   guint    index)
{
  return qs_onnx_graph_get_node (self->graph, index);
}

gboolean
qs_model_is_explicit (QsModel *self)
{
  for (guint i = 0; i < qs_model_get_n_nodes (self); i++)
    {
      const char *op_type = qs_onnx_node_get_op_type (qs_model_get_node (self, i));

      if (g_str_equal (op_type, "QuantizeLinear") || g_str_equal (op_type, "DequantizeLinear"))
        return TRUE;
    }

  return FALSE;
}

const Onnx__ModelProto *
qs_model_get_proto (QsModel *self)
{
  return self->proto;
}

guint
qs_model_get_n_inputs (QsModel *self)
{
  return self->inputs->len;
}

/**
 * qs_model_get_input:
 *
 * A declared input of the graph. Before IR version 4 initializers are declared as inputs too.
 */
const QsModelValue *
qs_model_get_input (QsModel *self,
                    guint    index)
{
  return g_ptr_array_index (self->inputs, index);
}

guint
qs_model_get_n_outputs (QsModel *self)
{
  return self->outputs->len;
}

const QsModelValue *
qs_model_get_output (QsModel *self,
                     guint    index)
{
  return g_ptr_array_index (self->outputs, index);
}

guint
qs_model_get_n_initializers (QsModel *self)
{
  return qs_onnx_graph_get_n_initializers (self->graph);
}

/**
 * qs_model_get_initializer:
 * @name: (out) (optional): its name
 *
 * Returns: (transfer none): a weight or other constant of the graph
 */
QsHostTensor *
qs_model_get_initializer (QsModel     *self,
                          guint        index,
                          const char **name)
{
  return qs_onnx_graph_get_initializer (self->graph, index, name);
}

/**
 * qs_model_get_n_parameters:
 *
 * How many numbers the initializers hold.
 */
guint64
qs_model_get_n_parameters (QsModel *self)
{
  guint64 n = 0;

  for (guint i = 0; i < qs_model_get_n_initializers (self); i++)
    n += (guint64) qs_host_tensor_get_n_elements (qs_model_get_initializer (self, i, NULL));

  return n;
}

static const Onnx__FunctionProto *
find_function (QsModel    *self,
               const char *domain,
               const char *op_type)
{
  for (gsize i = 0; i < self->proto->n_functions; i++)
    {
      const Onnx__FunctionProto *function = self->proto->functions[i];

      if (g_strcmp0 (function->name, op_type) == 0 &&
          g_strcmp0 (function->domain != NULL ? function->domain : "", domain) == 0)
        return function;
    }

  return NULL;
}

/**
 * qs_model_has_function:
 *
 * Whether the model itself says what operator @op_type of @domain does.
 */
gboolean
qs_model_has_function (QsModel    *self,
                       const char *domain,
                       const char *op_type)
{
  return find_function (self, domain, op_type) != NULL;
}

/**
 * qs_model_open_function:
 * @node: a node whose operator is a function of the model
 *
 * Returns: (transfer full): the function's body as @node calls it; @node must outlive it
 */
QsOnnxGraph *
qs_model_open_function (QsModel           *self,
                        const QsOnnxNode  *node,
                        GError           **error)
{
  QsOnnxCall call = { find_function (self, qs_onnx_node_get_domain (node),
                                     qs_onnx_node_get_op_type (node)), node };
  int opset;

  g_return_val_if_fail (call.function != NULL, NULL);

  opset = qs_onnx_opset_in (call.function->opset_import, call.function->n_opset_import);
  return qs_onnx_graph_new_for_function (&call, self, opset > 0 ? opset : self->opset, error);
}

GBytes *
qs_model_get_owner (QsModel *self)
{
  return self->owner;
}

QsExternalData *
qs_model_get_external (QsModel *self)
{
  return self->external;
}
