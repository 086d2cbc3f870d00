/* SPDX-License-Identifier: MIT */
#include "qs-import.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-import-sketch.h"
#include "qs-importer-private.h"
#include "qs-node-order.h"
#include "qs-refusals.h"

struct _QsImport
{
  QsModel *model;
  QsNetwork *network;
  QsNetwork *sketch;
  QsImporter *importer;
  GPtrArray *verdicts;  /* QsNodeVerdict, by node number */
  GHashTable *unknown;  /* values that depend on a refused node */
};

static void
verdict_free (gpointer data)
{
  QsNodeVerdict *verdict = data;

  if (verdict == NULL)
    return;
  g_free (verdict->op_type);
  g_free (verdict->name);
  g_free (verdict->reason);
  g_ptr_array_unref (verdict->layers);
  g_free (verdict);
}

void
qs_import_free (QsImport *self)
{
  g_clear_pointer (&self->importer, qs_importer_free);
  g_clear_pointer (&self->network, qs_network_unref);
  g_clear_pointer (&self->sketch, qs_network_unref);
  g_clear_pointer (&self->model, qs_model_unref);
  g_ptr_array_unref (self->verdicts);
  g_hash_table_unref (self->unknown);
  g_free (self);
}

static void
set_verdict (QsImport         *self,
             guint             index,
             QsVerdict         verdict,
             char             *reason)
{
  const QsOnnxNode *node = qs_model_get_node (self->model, index);
  QsNodeVerdict *row = g_new0 (QsNodeVerdict, 1);

  row->op_type = g_strdup (qs_onnx_node_get_op_type (node));
  row->name = qs_importer_node_name (node);
  row->verdict = verdict;
  row->reason = reason;
  row->layers = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_index (self->verdicts, index) = row;
}

/* Nothing is known about the node's results, so those who read them can only be judged by name. */
static void
forget_outputs (QsImport         *self,
                const QsOnnxNode *node)
{
  for (guint i = 0; i < qs_onnx_node_get_n_outputs (node); i++)
    if (qs_onnx_node_get_output (node, i) != NULL)
      g_hash_table_add (self->unknown, (gpointer) qs_onnx_node_get_output (node, i));
}

static void
refuse (QsImport *self,
        guint     index,
        char     *reason)
{
  set_verdict (self, index, QS_VERDICT_REFUSED, reason);
  forget_outputs (self, qs_model_get_node (self->model, index));
}

static gboolean
depends_on_unknown (QsImport         *self,
                    const QsOnnxNode *node)
{
  for (guint i = 0; i < qs_onnx_node_get_n_inputs (node); i++)
    if (qs_onnx_node_get_input (node, i) != NULL &&
        g_hash_table_contains (self->unknown, qs_onnx_node_get_input (node, i)))
      return TRUE;

  for (guint i = 0; i < qs_onnx_node_get_n_captured (node); i++)
    if (g_hash_table_contains (self->unknown, qs_onnx_node_get_captured (node, i)))
      return TRUE;

  return FALSE;
}

static void
note_layers (QsImport *self,
             guint     index)
{
  QsNodeVerdict *verdict = g_ptr_array_index (self->verdicts, index);
  GPtrArray *layers = qs_importer_get_layers (self->importer);

  for (guint i = 0; i < layers->len; i++)
    g_ptr_array_add (verdict->layers,
                     g_strdup (((QsLayer *) g_ptr_array_index (layers, i))->name));
}

static void
set_good_verdict (QsImport         *self,
                  guint             index,
                  const QsOnnxNode *node)
{
  const char *output = qs_onnx_node_get_output (node, 0);
  QsTensor *tensor = output != NULL ? qs_importer_find_value (self->importer, output) : NULL;

  if (qs_importer_get_layers (self->importer)->len > 0)
    {
      set_verdict (self, index, QS_VERDICT_IMPORTED, NULL);
      note_layers (self, index);
    }
  else if (tensor != NULL && tensor->value != NULL)
    set_verdict (self, index, QS_VERDICT_FOLDED, g_strdup ("its result is constant"));
  else
    set_verdict (self, index, QS_VERDICT_FOLDED, g_strdup ("it passes its input on unchanged"));
}

static void
import_node (QsImport *self,
             guint     index)
{
  const QsOnnxNode *node = qs_model_get_node (self->model, index);
  g_autofree char *refusal = qs_refusal_explain (node, self->model);
  g_autoptr (GError) error = NULL;

  if (refusal != NULL)
    {
      refuse (self, index, g_steal_pointer (&refusal));
      return;
    }
  if (depends_on_unknown (self, node))
    {
      set_verdict (self, index, QS_VERDICT_IMPORTED, NULL);
      forget_outputs (self, node);
      return;
    }

  qs_importer_begin (self->importer, node);
  if (qs_importer_import_node (self->importer, node, &error))
    {
      set_good_verdict (self, index, node);
      return;
    }

  qs_importer_roll_back (self->importer);
  refuse (self, index, g_strdup (error != NULL ? error->message : "it cannot be imported"));
}

static gboolean
add_input (QsImport           *self,
           const QsModelValue *value,
           const QsProfile    *profile,
           GError            **error)
{
  QsTensor *constant = qs_importer_find_value (self->importer, value->name);
  QsShape shape;

  /* Until IR version 3 initializers are declared as inputs; a value is constant all the same. */
  if (constant != NULL && constant->type == value->type)
    return TRUE;
  if (constant != NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                   "input “%s” is declared with ONNX data type %d, but its initializer is %s",
                   value->name, (int) value->type, qs_data_type_name (constant->type));
      return FALSE;
    }

  if (!qs_data_type_is_valid ((int) value->type))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "input “%s” is not a tensor of a supported type (%s)", value->name,
                   qs_data_type_name (value->type));
      return FALSE;
    }
  if (!qs_profile_resolve (profile, value, &shape, error))
    return FALSE;
  if (!qs_shape_check_bytes (&shape, qs_data_type_size (value->type), NULL, error))
    {
      g_prefix_error (error, "input “%s”: ", value->name);
      return FALSE;
    }

  qs_importer_set_value (self->importer, value->name,
                         qs_network_add_input (self->network, value->name, value->type, &shape));
  return TRUE;
}

static gboolean
add_inputs (QsImport         *self,
            const QsProfile  *profile,
            GError          **error)
{
  g_autoptr (QsProfile) defaults = qs_profile_new ();

  if (profile == NULL)
    profile = defaults;
  if (!qs_profile_check (profile, self->model, error))
    return FALSE;

  for (guint i = 0; i < qs_model_get_n_inputs (self->model); i++)
    if (!add_input (self, qs_model_get_input (self->model, i), profile, error))
      return FALSE;

  return TRUE;
}

static gboolean
is_known (const char *value,
          gpointer    user_data)
{
  return qs_importer_find_value (((QsImport *) user_data)->importer, value) != NULL;
}

static gboolean
import_nodes (QsImport *self,
              GError  **error)
{
  g_autofree guint *order = qs_node_order (qs_model_get_graph (self->model), is_known, self, error);

  if (order == NULL)
    return FALSE;

  for (guint i = 0; i < qs_model_get_n_nodes (self->model); i++)
    import_node (self, order[i]);
  return TRUE;
}

/* An output that is a constant, an input or another output's tensor gets a layer that copies it,
 * so that every output has a tensor of its own, under its own name, which a layer writes. */
static QsTensor *
add_output_copy (QsImport   *self,
                 QsTensor   *tensor,
                 const char *name,
                 GError    **error)
{
  const QsLayerClass *klass = qs_layer_class_lookup (QS_LAYER_IDENTITY);
  g_autofree char *wanted = g_strdup_printf ("Identity_%s", name);
  g_autofree char *layer_name = qs_importer_unique_name (self->importer, wanted);
  QsTensor *copy;
  QsLayer *layer;

  if (tensor->value != NULL && strcmp (tensor->name, name) == 0)
    {
      g_autofree char *constant = g_strdup_printf ("%s_value", name);

      qs_network_rename_tensor (self->network, tensor, constant);
    }

  copy = qs_network_add_tensor (self->network, name);
  layer = qs_network_add_layer (self->network, klass, layer_name, NULL, &tensor, 1, &copy, 1);
  qs_layer_add_origin (layer, "Identity", layer_name);
  return klass->infer (layer, error) ? copy : NULL;
}

static gboolean
mark_output (QsImport   *self,
             const char *name,
             GError    **error)
{
  QsTensor *tensor = qs_importer_find_value (self->importer, name);

  if (tensor == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "output “%s” is not computed by any node",
                   name);
      return FALSE;
    }

  if (tensor->producer == NULL || strcmp (tensor->name, name) != 0)
    tensor = add_output_copy (self, tensor, name, error);
  if (tensor != NULL)
    qs_network_mark_output (self->network, tensor);
  return tensor != NULL;
}

/* A refused node whose results reach no output of the model does no harm: its verdict stays, but
 * the network can do without it. */
static gboolean
is_complete (QsImport *self)
{
  for (guint i = 0; i < qs_model_get_n_outputs (self->model); i++)
    if (g_hash_table_contains (self->unknown, qs_model_get_output (self->model, i)->name))
      return FALSE;

  return TRUE;
}

static gboolean
finish (QsImport *self,
        GError  **error)
{
  for (guint i = 0; i < qs_model_get_n_outputs (self->model); i++)
    if (!mark_output (self, qs_model_get_output (self->model, i)->name, error))
      return FALSE;

  if (!qs_network_sort (self->network, error))
    return FALSE;

  qs_network_remove_dead (self->network);
  return qs_network_check (self->network, error);
}

static QsImport *
import_new (QsModel *model)
{
  QsImport *self = g_new0 (QsImport, 1);

  self->model = qs_model_ref (model);
  self->network = qs_network_new (qs_model_get_name (model));
  self->importer = qs_importer_new (model, self->network);
  self->verdicts = g_ptr_array_new_with_free_func (verdict_free);
  g_ptr_array_set_size (self->verdicts, (int) qs_model_get_n_nodes (model));
  self->unknown = g_hash_table_new (g_str_hash, g_str_equal);
  qs_importer_want (self->importer, qs_model_get_graph (model));
  return self;
}

/**
 * qs_import_run:
 * @profile: (nullable): dynamic dimensions; %NULL for batch size 1
 *
 * Judges every node of @model and, when no output depends on a refused one, makes the network:
 * shapes are fixed, constant parts are computed, and what does not reach an output is left out.
 *
 * Errors: only for what no node can be blamed for: a graph that is not one, inputs whose shapes
 * are not known, outputs that nothing computes. The model's name is in front.
 */
QsImport *
qs_import_run (QsModel          *model,
               const QsProfile  *profile,
               GError          **error)
{
  g_autoptr (QsImport) self = import_new (model);

  qs_importer_add_constants (self->importer, qs_model_get_graph (model));
  for (guint i = 0; i < qs_model_get_n_initializers (model); i++)
    qs_fold_budget_allow (qs_importer_get_budget (self->importer),
                          qs_model_get_initializer (model, i, NULL));
  if (!add_inputs (self, profile, error) ||
      !import_nodes (self, error) || (is_complete (self) && !finish (self, error)))
    {
      g_prefix_error (error, "%s: ", qs_model_get_name (model));
      return NULL;
    }

  if (!is_complete (self))
    {
      g_clear_pointer (&self->network, qs_network_unref);
      self->sketch = qs_import_make_sketch (model, self->verdicts);
    }
  return g_steal_pointer (&self);
}

QsNetwork *
qs_import_get_sketch (QsImport *self)
{
  return self->sketch;
}

QsNetwork *
qs_import_get_network (QsImport *self)
{
  return self->network;
}

guint
qs_import_get_n_verdicts (QsImport *self)
{
  return self->verdicts->len;
}

/**
 * qs_import_get_verdict:
 * @index: number of the node in the file
 */
const QsNodeVerdict *
qs_import_get_verdict (QsImport *self,
                       guint     index)
{
  return g_ptr_array_index (self->verdicts, index);
}

static void
want_writer (GHashTable *writers,
             const char *value,
             gboolean   *needed,
             GArray     *todo)
{
  gpointer number;
  guint index;

  if (value == NULL || !g_hash_table_lookup_extended (writers, value, NULL, &number) ||
      needed[GPOINTER_TO_UINT (number)])
    return;

  index = GPOINTER_TO_UINT (number);
  needed[index] = TRUE;
  g_array_append_val (todo, index);
}

/* (transfer full): by node, whether an output of the model depends on it */
static gboolean *
find_needed (QsImport *self)
{
  guint n = qs_model_get_n_nodes (self->model);
  gboolean *needed = g_new0 (gboolean, MAX (n, 1));
  g_autoptr (GHashTable) writers = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GArray) todo = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < n; i++)
    {
      const QsOnnxNode *node = qs_model_get_node (self->model, i);

      for (guint k = 0; k < qs_onnx_node_get_n_outputs (node); k++)
        if (qs_onnx_node_get_output (node, k) != NULL)
          g_hash_table_insert (writers, (gpointer) qs_onnx_node_get_output (node, k),
                               GUINT_TO_POINTER (i));
    }

  for (guint i = 0; i < qs_model_get_n_outputs (self->model); i++)
    want_writer (writers, qs_model_get_output (self->model, i)->name, needed, todo);
  while (todo->len > 0)
    {
      const QsOnnxNode *node =
        qs_model_get_node (self->model, g_array_index (todo, guint, todo->len - 1));

      g_array_set_size (todo, todo->len - 1);
      for (guint k = 0; k < qs_onnx_node_get_n_inputs (node); k++)
        want_writer (writers, qs_onnx_node_get_input (node, k), needed, todo);
      for (guint k = 0; k < qs_onnx_node_get_n_captured (node); k++)
        want_writer (writers, qs_onnx_node_get_captured (node, k), needed, todo);
    }

  return needed;
}

/* The first refused node that is in the way, and how many others are. */
static void
report_refusals (QsImport *self,
                 GError  **error)
{
  g_autofree gboolean *needed = find_needed (self);
  const QsNodeVerdict *first = NULL;
  guint n = 0;

  for (guint i = 0; i < self->verdicts->len; i++)
    {
      const QsNodeVerdict *verdict = g_ptr_array_index (self->verdicts, i);

      if (verdict->verdict != QS_VERDICT_REFUSED || !needed[i])
        continue;
      if (first == NULL)
        first = verdict;
      n++;
    }

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "%s: %s “%s”: %s",
               qs_model_get_name (self->model), first->op_type, first->name, first->reason);
  if (n > 1)
    {
      g_autofree char *message = g_steal_pointer (&(*error)->message);

      (*error)->message = g_strdup_printf ("%s (and %u more)", message, n - 1);
    }
}

/**
 * qs_import_network:
 * @profile: (nullable): dynamic dimensions; %NULL for batch size 1
 *
 * Returns: (transfer full): the network of @model
 *
 * Errors: as [func@qs_import_run]; %QS_ERROR_UNSUPPORTED with the first refused node.
 */
QsNetwork *
qs_import_network (QsModel          *model,
                   const QsProfile  *profile,
                   GError          **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (QsImport) self = qs_import_run (model, profile, error);

  if (self == NULL)
    return NULL;
  if (self->network != NULL)
    return qs_network_ref (self->network);

  report_refusals (self, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

static gboolean
check_at (QsModel           *model,
          const QsProfile   *profile,
          QsProfileSelector  selector,
          const char        *what,
          GError           **error)
{
  g_autoptr (QsProfile) fixed = qs_profile_select (profile, selector);
  g_autoptr (QsNetwork) network = qs_import_network (model, fixed, error);

  if (network == NULL)
    g_prefix_error (error, "at the profile's %s shapes: ", what);
  return network != NULL;
}

/**
 * qs_import_check_range:
 *
 * Imports @model at both ends of @profile. Shapes in between are checked when they are used; the
 * arithmetic on shapes of real models fails at an end when it fails at all (too small for its
 * pooling, too large for its position table, not a multiple of its strides).
 *
 * Errors: as [func@qs_import_network]
 */
gboolean
qs_import_check_range (QsModel          *model,
                       const QsProfile  *profile,
                       GError          **error)
{
  return !qs_profile_has_range (profile) ||
         (check_at (model, profile, QS_PROFILE_MIN, "minimum", error) &&
          check_at (model, profile, QS_PROFILE_MAX, "maximum", error));
}
