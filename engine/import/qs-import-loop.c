/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "operators/qs-attributes.h"
#include "qs-importer-private.h"

/*
 * Loop with a fixed number of steps becomes its body, once per step.
 *
 *   inputs of the node   trip count, condition, carried values
 *   inputs of the body   step, condition, carried values
 *   outputs of the body  condition, carried values, scanned values
 *   outputs of the node  carried values, scanned values stacked along a new first axis
 */

typedef struct
{
  QsImporter *importer;
  const QsOnnxNode *node;
  QsOnnxGraph *body;
  gint64 n_steps;        /* at most; G_MAXINT64 without a limit */
  gboolean conditional;  /* without a condition the body's own is ignored, as ONNX says */
  gboolean goes_on;
  guint n_carried;
  guint n_scanned;
  GPtrArray *carried;    /* QsTensor */
  GPtrArray **scanned;   /* for each scanned value its QsTensors, step by step */
} Loop;

#define ADVICE \
  "loops can only be unrolled; export the model with a fixed number of steps, or move the loop " \
  "out of the model"

static gboolean
read_constant (QsTensor   *tensor,
               const char *what,
               gint64     *number,
               GError    **error)
{
  gsize n = 0;

  if (tensor->value == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s (“%s”) depends on the data, and " ADVICE, what, tensor->name);
      return FALSE;
    }
  if (tensor->type == QS_DATA_TYPE_BOOL && qs_host_tensor_get_n_elements (tensor->value) == 1)
    {
      *number = *(const guint8 *) qs_host_tensor_get_data (tensor->value) != 0;
      return TRUE;
    }
  if (!qs_host_tensor_get_int64s (tensor->value, number, 1, &n) || n != 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s (“%s”) is not a single number", what,
                   tensor->name);
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_limits (Loop    *self,
             GError **error)
{
  QsTensor *trip_count = qs_importer_get_input (self->importer, self->node, 0);
  QsTensor *condition = qs_importer_get_input (self->importer, self->node, 1);
  gint64 value = TRUE;

  self->n_steps = G_MAXINT64;
  if (trip_count != NULL && !read_constant (trip_count, "its trip count", &self->n_steps, error))
    return FALSE;
  if (condition != NULL && !read_constant (condition, "its condition", &value, error))
    return FALSE;

  self->conditional = condition != NULL;
  self->goes_on = value != 0;
  if (trip_count == NULL && condition == NULL)
    g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                         "it has neither a trip count nor a condition, so it never ends");
  return trip_count != NULL || condition != NULL;
}

static gboolean
check_counts (Loop    *self,
              GError **error)
{
  guint n_inputs = qs_onnx_graph_get_n_inputs (self->body);
  guint n_outputs = qs_onnx_graph_get_n_outputs (self->body);

  if (n_inputs != 2 + self->n_carried || n_outputs < 1 + self->n_carried ||
      qs_onnx_node_get_n_outputs (self->node) > n_outputs - 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "it carries %u values and has %u outputs, but its body has %u inputs and %u "
                   "outputs", self->n_carried, qs_onnx_node_get_n_outputs (self->node), n_inputs,
                   n_outputs);
      return FALSE;
    }

  self->n_scanned = n_outputs - 1 - self->n_carried;
  return TRUE;
}

static gboolean
read_carried (Loop    *self,
              GError **error)
{
  for (guint i = 0; i < self->n_carried; i++)
    {
      QsTensor *tensor = qs_importer_require_input (self->importer, self->node, 2 + i, error);

      if (tensor == NULL)
        return FALSE;
      g_ptr_array_add (self->carried, tensor);
    }

  return TRUE;
}

static gboolean
set_number (Loop       *self,
            guint       input,
            QsDataType  type,
            gint64      number,
            GError    **error)
{
  const char *name = qs_onnx_graph_get_input (self->body, input);
  QsShape scalar = { 0 };
  g_autoptr (QsHostTensor) value = qs_host_tensor_new (type, &scalar, error);
  QsTensor *tensor;

  if (value == NULL)
    return FALSE;

  if (type == QS_DATA_TYPE_BOOL)
    *(guint8 *) qs_host_tensor_get_mutable (value) = number != 0;
  else
    *(gint64 *) qs_host_tensor_get_mutable (value) = number;

  tensor = qs_network_add_constant (qs_importer_get_network (self->importer), name, value);
  qs_importer_set_value (self->importer, name, tensor);
  return TRUE;
}

/* What the body left: the condition, the carried values for the next step, the scanned ones. */
static gboolean
collect_results (Loop    *self,
                 GError **error)
{
  for (guint i = 0; i < 1 + self->n_carried + self->n_scanned; i++)
    {
      QsTensor *tensor = qs_importer_take_result (self->importer, self->body, i, error);
      gint64 value;

      if (tensor == NULL)
        return FALSE;

      if (i > self->n_carried)
        g_ptr_array_add (self->scanned[i - 1 - self->n_carried], tensor);
      else if (i > 0)
        g_ptr_array_index (self->carried, i - 1) = tensor;
      else if (self->conditional)
        {
          if (!read_constant (tensor, "whether it goes on", &value, error))
            return FALSE;
          self->goes_on = value != 0;
        }
    }

  return TRUE;
}

static gboolean
run_body (Loop    *self,
          gint64   step,
          GError **error)
{
  if (!qs_importer_count_inner (self->importer, error) ||
      !set_number (self, 0, QS_DATA_TYPE_INT64, step, error) ||
      !set_number (self, 1, QS_DATA_TYPE_BOOL, TRUE, error))
    return FALSE;

  for (guint i = 0; i < self->n_carried; i++)
    qs_importer_set_value (self->importer, qs_onnx_graph_get_input (self->body, 2 + i),
                           g_ptr_array_index (self->carried, i));

  return qs_importer_import_graph (self->importer, self->body, error) &&
         collect_results (self, error);
}

static gboolean
unroll (Loop    *self,
        GError **error)
{
  for (gint64 step = 0; step < self->n_steps && self->goes_on; step++)
    {
      gboolean ok;

      qs_importer_push_scope (self->importer, FALSE);
      ok = run_body (self, step, error);
      qs_importer_pop_scope (self->importer);
      if (!ok)
        return FALSE;
    }

  return TRUE;
}

/* The values of one scanned output, stacked. */
static QsTensor *
stack (Loop       *self,
       GPtrArray  *values,
       GError    **error)
{
  QsShuffleAttributes unsqueeze = { .mode = 3, .axes = { .n = 1 } };
  QsAxisAttributes concatenation = { .axis = 0 };
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();

  if (values->len == 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "it takes no step, so the shape of what it collects is not known; leave "
                           "it out of the model");
      return NULL;
    }

  for (guint i = 0; i < values->len; i++)
    {
      QsTensor *value = g_ptr_array_index (values, i);
      QsTensor *row = qs_importer_add_step (self->importer, self->node, QS_LAYER_SHUFFLE, &unsqueeze,
                                            "row", &value, 1, error);

      if (row == NULL)
        return NULL;
      g_ptr_array_add (rows, row);
    }

  return qs_importer_add_step (self->importer, self->node, QS_LAYER_CONCATENATION, &concatenation,
                               "rows", (QsTensor **) rows->pdata, rows->len, error);
}

static gboolean
give_results (Loop    *self,
              GError **error)
{
  for (guint i = 0; i < self->n_carried; i++)
    qs_importer_give_result (self->importer, self->node, i, g_ptr_array_index (self->carried, i));

  for (guint i = 0; i < self->n_scanned; i++)
    {
      QsTensor *rows;

      if (qs_onnx_node_get_output (self->node, self->n_carried + i) == NULL)
        continue;
      rows = stack (self, self->scanned[i], error);
      if (rows == NULL)
        return FALSE;
      qs_importer_give_result (self->importer, self->node, self->n_carried + i, rows);
    }

  return TRUE;
}

static gboolean
loop_run (Loop    *self,
          GError **error)
{
  gboolean ok = FALSE;

  if (!read_limits (self, error) || !check_counts (self, error) || !read_carried (self, error))
    return FALSE;

  self->scanned = g_new0 (GPtrArray *, self->n_scanned + 1);
  for (guint i = 0; i < self->n_scanned; i++)
    self->scanned[i] = g_ptr_array_new ();

  ok = unroll (self, error) && give_results (self, error);

  for (guint i = 0; i < self->n_scanned; i++)
    g_ptr_array_unref (self->scanned[i]);
  g_free (self->scanned);
  return ok;
}

/**
 * qs_importer_import_loop: (skip)
 *
 * Unrolls a Loop whose number of steps is known now.
 *
 * Errors: %QS_ERROR_UNSUPPORTED when it depends on the data, %QS_ERROR_LIMIT when it is too long.
 */
gboolean
qs_importer_import_loop (QsImporter       *self,
                         const QsOnnxNode *node,
                         GError          **error)
{
  guint n_inputs = qs_onnx_node_get_n_inputs (node);
  g_autoptr (GPtrArray) carried = g_ptr_array_new ();
  g_autoptr (QsOnnxGraph) body = NULL;
  Loop loop = { .importer = self, .node = node, .carried = carried,
                .n_carried = n_inputs > 2 ? n_inputs - 2 : 0 };

  if (!qs_importer_check_depth (self, error))
    return FALSE;
  body = qs_onnx_node_open_graph (node, "body", error);
  if (body == NULL)
    return FALSE;

  loop.body = body;
  return loop_run (&loop, error);
}
