/* SPDX-License-Identifier: MIT */
#include "qs-onnx-private.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-onnx-node.h"

const char *
qs_onnx_node_get_op_type (const QsOnnxNode *self)
{
  return self->proto->op_type;
}

/**
 * qs_onnx_node_get_name:
 *
 * The node's name, “” when it has none.
 */
const char *
qs_onnx_node_get_name (const QsOnnxNode *self)
{
  return self->proto->name != NULL ? self->proto->name : "";
}

/**
 * qs_onnx_node_get_domain:
 *
 * The operator's domain, “” for ONNX's own.
 */
const char *
qs_onnx_node_get_domain (const QsOnnxNode *self)
{
  const char *domain = self->proto->domain;

  return domain == NULL || strcmp (domain, "ai.onnx") == 0 ? "" : domain;
}

guint
qs_onnx_node_get_n_inputs (const QsOnnxNode *self)
{
  return (guint) self->proto->n_input;
}

guint
qs_onnx_node_get_n_outputs (const QsOnnxNode *self)
{
  return (guint) self->proto->n_output;
}

/**
 * qs_onnx_node_get_input:
 *
 * Returns: (nullable): the value's name, %NULL when the input is absent
 */
const char *
qs_onnx_node_get_input (const QsOnnxNode *self,
                        guint             index)
{
  if (index >= self->proto->n_input || self->proto->input[index][0] == '\0')
    return NULL;

  return self->proto->input[index];
}

/**
 * qs_onnx_node_get_output:
 *
 * Returns: (nullable): the value's name, %NULL when the output is not wanted
 */
const char *
qs_onnx_node_get_output (const QsOnnxNode *self,
                         guint             index)
{
  if (index >= self->proto->n_output || self->proto->output[index][0] == '\0')
    return NULL;

  return self->proto->output[index];
}

static const Onnx__AttributeProto *
find_in (Onnx__AttributeProto **attributes,
         gsize                  n,
         const char            *name)
{
  for (gsize i = 0; i < n; i++)
    if (g_strcmp0 (attributes[i]->name, name) == 0)
      return attributes[i];

  return NULL;
}

/* In a function's body an attribute may stand for one of the call, or its default. */
static const Onnx__AttributeProto *
find_attribute (const QsOnnxNode *self,
                const char       *name)
{
  const Onnx__AttributeProto *found = find_in (self->proto->attribute, self->proto->n_attribute,
                                               name);
  const Onnx__AttributeProto *given;
  const char *reference = found != NULL ? found->ref_attr_name : NULL;

  if (reference == NULL || reference[0] == '\0' || self->call.function == NULL)
    return found;

  given = find_attribute (self->call.caller, reference);
  if (given == NULL)
    given = find_in (self->call.function->attribute_proto, self->call.function->n_attribute_proto,
                     reference);
  return given;
}

gboolean
qs_onnx_node_has (const QsOnnxNode *self,
                  const char       *attribute)
{
  return find_attribute (self, attribute) != NULL;
}

static const char *const type_names[] = {
  "nothing", "a float", "an integer", "a string", "a tensor", "a graph", "a list of floats",
  "a list of integers", "a list of strings", "a list of tensors", "a list of graphs",
  "a sparse tensor", "a list of sparse tensors", "a type", "a list of types",
};

static const char *
type_name (int type)
{
  return type >= 0 && type < (int) G_N_ELEMENTS (type_names) ? type_names[type] : "something unknown";
}

/* The field `type` became mandatory with IR version 2. */
static gboolean
find_typed (const QsOnnxNode            *self,
            const char                  *name,
            int                          type,
            const Onnx__AttributeProto **result,
            GError                     **error)
{
  const Onnx__AttributeProto *attribute = find_attribute (self, name);

  *result = attribute;
  if (attribute == NULL)
    return TRUE;

  if ((int) attribute->type != type)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "attribute “%s” is %s, not %s", name,
                   type_name ((int) attribute->type), type_name (type));
      return FALSE;
    }

  return TRUE;
}

gboolean
qs_onnx_node_get_int (const QsOnnxNode *self,
                      const char       *attribute,
                      gint64            fallback,
                      gint64           *value,
                      GError          **error)
{
  const Onnx__AttributeProto *found;

  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, &found, error))
    return FALSE;

  *value = found != NULL ? found->i : fallback;
  return TRUE;
}

/**
 * qs_onnx_node_get_flag:
 *
 * An integer attribute that means yes or no.
 *
 * Errors: %QS_ERROR_DATA when it is neither 0 nor 1.
 */
gboolean
qs_onnx_node_get_flag (const QsOnnxNode *self,
                       const char       *attribute,
                       gboolean          fallback,
                       gboolean         *value,
                       GError          **error)
{
  gint64 number;

  if (!qs_onnx_node_get_int (self, attribute, fallback, &number, error))
    return FALSE;

  if (number != 0 && number != 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "attribute “%s” is %" G_GINT64_FORMAT ", but it must be 0 or 1",
                   attribute, number);
      return FALSE;
    }

  *value = number != 0;
  return TRUE;
}

gboolean
qs_onnx_node_get_float (const QsOnnxNode *self,
                        const char       *attribute,
                        float             fallback,
                        float            *value,
                        GError          **error)
{
  const Onnx__AttributeProto *found;

  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, &found, error))
    return FALSE;

  *value = found != NULL ? found->f : fallback;
  return TRUE;
}

gboolean
qs_onnx_node_get_string (const QsOnnxNode *self,
                         const char       *attribute,
                         const char       *fallback,
                         char            **value,
                         GError          **error)
{
  const Onnx__AttributeProto *found;

  *value = NULL;
  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, &found, error))
    return FALSE;

  if (found == NULL)
    {
      *value = g_strdup (fallback);
      return TRUE;
    }
  if (!g_utf8_validate ((const char *) found->s.data, (gssize) found->s.len, NULL))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "attribute “%s” is not valid UTF-8",
                   attribute);
      return FALSE;
    }

  /* A string that is there without contents has no data at all. */
  *value = found->s.len > 0 ? g_strndup ((const char *) found->s.data, found->s.len) : g_strdup ("");
  return TRUE;
}

gboolean
qs_onnx_node_get_ints (const QsOnnxNode *self,
                       const char       *attribute,
                       QsInts           *values,
                       GError          **error)
{
  const Onnx__AttributeProto *found;

  values->n = 0;
  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, &found, error))
    return FALSE;
  if (found == NULL)
    return TRUE;

  if (found->n_ints > QS_MAX_INTS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "attribute “%s” has %" G_GSIZE_FORMAT " values, more than the %d that make sense",
                   attribute, found->n_ints, QS_MAX_INTS);
      return FALSE;
    }

  values->n = (int) found->n_ints;
  for (int i = 0; i < values->n; i++)
    values->v[i] = found->ints[i];
  return TRUE;
}

gboolean
qs_onnx_node_get_int_array (const QsOnnxNode *self,
                            const char       *attribute,
                            GArray          **values,
                            GError          **error)
{
  const Onnx__AttributeProto *found;

  *values = NULL;
  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, &found, error))
    return FALSE;

  if (found != NULL)
    {
      *values = g_array_sized_new (FALSE, FALSE, sizeof (gint64), (guint) found->n_ints);
      g_array_append_vals (*values, found->ints, (guint) found->n_ints);
    }
  return TRUE;
}

gboolean
qs_onnx_node_get_float_array (const QsOnnxNode *self,
                              const char       *attribute,
                              GArray          **values,
                              GError          **error)
{
  const Onnx__AttributeProto *found;

  *values = NULL;
  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, &found, error))
    return FALSE;

  if (found != NULL)
    {
      *values = g_array_sized_new (FALSE, FALSE, sizeof (float), (guint) found->n_floats);
      g_array_append_vals (*values, found->floats, (guint) found->n_floats);
    }
  return TRUE;
}

gboolean
qs_onnx_node_get_tensor (const QsOnnxNode *self,
                         const char       *attribute,
                         QsHostTensor    **value,
                         GError          **error)
{
  const Onnx__AttributeProto *found;

  *value = NULL;
  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, &found, error))
    return FALSE;
  if (found == NULL)
    return TRUE;

  if (found->t == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "attribute “%s” has no tensor", attribute);
      return FALSE;
    }

  *value = qs_onnx_tensor_read (found->t, qs_model_get_owner (self->model),
                                qs_model_get_external (self->model), error);
  if (*value == NULL)
    g_prefix_error (error, "attribute “%s”: ", attribute);
  return *value != NULL;
}

/**
 * qs_onnx_node_open_graph:
 * @attribute: name of a graph attribute ("then_branch")
 *
 * Returns: (transfer full): the graph; @self must outlive it
 *
 * Errors: %QS_ERROR_MISSING when there is none, and those of a malformed graph.
 */
QsOnnxGraph *
qs_onnx_node_open_graph (const QsOnnxNode *self,
                         const char       *attribute,
                         GError          **error)
{
  const Onnx__AttributeProto *found;

  if (!find_typed (self, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH, &found, error))
    return NULL;

  if (found == NULL || found->g == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "the attribute “%s” is missing", attribute);
      return NULL;
    }

  return qs_onnx_graph_new (found->g, self->model, self->opset, &self->call, error);
}

/**
 * qs_onnx_node_get_opset:
 *
 * Version of ONNX's operators that the node is written for; a function may have its own.
 */
int
qs_onnx_node_get_opset (const QsOnnxNode *self)
{
  return self->opset;
}

/**
 * qs_onnx_node_get_n_captured:
 *
 * How many values the node's branches or loop body read from the graph around it. They are inputs
 * like those of the list: the node has to wait for them.
 */
guint
qs_onnx_node_get_n_captured (const QsOnnxNode *self)
{
  return self->captured != NULL ? self->captured->len : 0;
}

const char *
qs_onnx_node_get_captured (const QsOnnxNode *self,
                           guint             index)
{
  return g_ptr_array_index (self->captured, index);
}
