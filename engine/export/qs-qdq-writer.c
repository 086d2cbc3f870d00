/* SPDX-License-Identifier: MIT */
#include "qs-qdq-writer.h"

#include <string.h>

#include "builder/qs-weight-quantizer.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "onnx/qs-onnx-editor.h"
#include "operators/qs-access.h"
#include "operators/qs-attributes.h"
#include "passes/qs-weight-channels.h"

/* Per-channel scales, and with them the axis attribute, came with this version. */
#define OLDEST_OPSET 13

/* Nodes that only pass a value on may stand between a value and who reads it. */
#define MAX_ALIASES 16

#define MAX_CHAIN 8

/* The scales that a value goes through on its way from where it is computed to who reads it. */
typedef struct
{
  const QsTensor *root;
  guint n;
  float scales[MAX_CHAIN];
} Chain;

typedef enum
{
  NODES_ALL,
  NODES_WEIGHTED, /* the node that multiplies */
  NODES_OTHER,    /* all but that: the addition of a residual */
} NodeChoice;

typedef struct
{
  QsEngine *engine;
  QsModel *model;
  QsNetwork *imported;
  QsOnnxEditor *editor;
  QsQdqSummary *summary;
  GHashTable *nodes;      /* layer or node name -> index + 1 */
  GHashTable *producers;  /* value -> index of its node + 1 */
  GHashTable *owned;      /* set of indices + 1 of nodes in layers of the engine */
  GHashTable *chains;     /* “value|scale|…” -> name of the dequantized value */
  GHashTable *sources;    /* node name -> imported layer */
} Writer;

void
qs_qdq_summary_clear (QsQdqSummary *self)
{
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
}

/* Names */

/* As the importer names a node that has no name. */
static char *
make_node_name (const QsOnnxNode *node)
{
  const char *name = qs_onnx_node_get_name (node);
  const char *output = NULL;

  if (name[0] != '\0')
    return g_strdup (name);

  for (guint i = 0; output == NULL && i < qs_onnx_node_get_n_outputs (node); i++)
    output = qs_onnx_node_get_output (node, i);
  return g_strdup_printf ("%s_%s", qs_onnx_node_get_op_type (node), output != NULL ? output : "");
}

static void
index_nodes (Writer *self)
{
  for (guint i = 0; i < qs_model_get_n_nodes (self->model); i++)
    {
      const QsOnnxNode *node = qs_model_get_node (self->model, i);

      g_hash_table_insert (self->nodes, make_node_name (node), GUINT_TO_POINTER (i + 1));
      for (guint k = 0; k < qs_onnx_node_get_n_outputs (node); k++)
        {
          const char *output = qs_onnx_node_get_output (node, k);

          if (output != NULL)
            g_hash_table_insert (self->producers, (gpointer) output, GUINT_TO_POINTER (i + 1));
        }
    }
}

static guint
find_node (Writer         *self,
           const QsOrigin *origin)
{
  return origin->name == NULL ? 0 : GPOINTER_TO_UINT (g_hash_table_lookup (self->nodes,
                                                                           origin->name));
}

static void
index_owners (Writer *self)
{
  QsNetwork *network = qs_engine_get_network (self->engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      for (guint k = 0; k < layer->origins->len; k++)
        g_hash_table_add (self->owned, GUINT_TO_POINTER (
                                         find_node (self, g_ptr_array_index (layer->origins, k))));
    }
}

static void
index_sources (Writer *self)
{
  for (guint i = 0; i < self->imported->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->imported->layers, i);

      for (guint k = 0; k < layer->origins->len; k++)
        {
          const QsOrigin *origin = g_ptr_array_index (layer->origins, k);

          if (origin->name != NULL)
            g_hash_table_insert (self->sources, origin->name, layer);
        }
    }
}

/* The builder gives a new name to what is written in place of a network output, which a Reformat
 * then writes. */
static const char *
find_value_name (Writer         *self,
                 const QsTensor *tensor)
{
  QsNetwork *network = qs_engine_get_network (self->engine);

  if (qs_onnx_editor_has_value (self->editor, tensor->name))
    return tensor->name;

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (tensor->consumers, i);
      const QsTensor *output = qs_layer_get_output (layer, 0);

      if (layer->klass->kind == QS_LAYER_REFORMAT && qs_network_is_output (network, output))
        return output->name;
    }

  return NULL;
}

/* Pairs */

static void
chain_add (Chain *self,
           float  scale)
{
  /* Quantizing what was dequantized with the same scale changes nothing. */
  if (self->n > 0 && memcmp (&self->scales[self->n - 1], &scale, sizeof scale) == 0)
    return;
  if (self->n < MAX_CHAIN)
    self->scales[self->n++] = scale;
}

/* Back through the Reformats, then the scales in the order in which they apply. */
static void
chain_init (Chain          *self,
            const QsTensor *tensor)
{
  float scales[2 * MAX_CHAIN];
  guint n = 0;

  *self = (Chain) { NULL };
  for (; n < G_N_ELEMENTS (scales); tensor = qs_layer_get_input (tensor->producer, 0))
    {
      if (tensor->type == QS_DATA_TYPE_INT8)
        scales[n++] = tensor->scale;
      self->root = tensor;
      if (tensor->producer == NULL || tensor->producer->klass->kind != QS_LAYER_REFORMAT)
        break;
    }
  while (n > 0)
    chain_add (self, scales[--n]);
}

/* A scale and a zero point of 0, as initializers. */
static gboolean
add_parameters (Writer        *self,
                const char    *value,
                QsHostTensor  *scales,
                char         **scale_name,
                char         **zero_name,
                GError       **error)
{
  g_autofree char *wanted_scale = g_strdup_printf ("%s_scale", value);
  g_autofree char *wanted_zero = g_strdup_printf ("%s_zero_point", value);
  g_autoptr (QsHostTensor) zeros =
    qs_host_tensor_new (QS_DATA_TYPE_INT8, qs_host_tensor_get_shape (scales), error);

  if (zeros == NULL)
    return FALSE;

  *scale_name = qs_onnx_editor_unique_name (self->editor, wanted_scale);
  qs_onnx_editor_add_initializer (self->editor, *scale_name, scales);
  *zero_name = qs_onnx_editor_unique_name (self->editor, wanted_zero);
  qs_onnx_editor_add_initializer (self->editor, *zero_name, zeros);
  return TRUE;
}

static char *
add_node (Writer     *self,
          guint       before,
          const char *op_type,
          const char *value,
          const char *input,
          const char *scale,
          const char *zero,
          const char *ending,
          int         axis)
{
  const char *inputs[] = { input, scale, zero, NULL };
  g_autofree char *wanted = g_strdup_printf ("%s_%s", value, ending);
  char *output = qs_onnx_editor_unique_name (self->editor, wanted);
  g_autofree char *name = g_strdup_printf ("%s_%s", output, op_type);

  qs_onnx_editor_insert_node (self->editor, before, op_type, name, inputs, output, axis);
  return output;
}

/**
 * add_pair:
 * @source: the value that is quantized
 * @value: the value that the new names are made of
 * @axis: of the scales, -1 for one scale
 *
 * Returns: (transfer full): the dequantized value
 */
static char *
add_pair (Writer       *self,
          guint         before,
          const char   *source,
          const char   *value,
          QsHostTensor *scales,
          int           axis,
          GError      **error)
{
  g_autofree char *scale = NULL;
  g_autofree char *zero = NULL;
  g_autofree char *quantized = NULL;

  if (!add_parameters (self, value, scales, &scale, &zero, error))
    return NULL;

  quantized = add_node (self, before, "QuantizeLinear", value, source, scale, zero, "quantized",
                        axis);
  return add_node (self, before, "DequantizeLinear", value, quantized, scale, zero, "dequantized",
                   axis);
}

static char *
add_scalar_pair (Writer      *self,
                 guint        before,
                 const char  *source,
                 const char  *value,
                 float        scale,
                 GError     **error)
{
  QsShape scalar = { .n_dims = 0 };
  g_autoptr (QsHostTensor) scales =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &scalar, &scale, sizeof scale, error);

  return scales == NULL ? NULL : add_pair (self, before, source, value, scales, -1, error);
}

/* The value at the end of @chain; who reads the same shares the pairs. */
static const char *
get_dequantized (Writer       *self,
                 guint         before,
                 const char   *value,
                 const Chain  *chain,
                 GError      **error)
{
  g_autoptr (GString) key = g_string_new (value);
  const char *last = value;

  for (guint i = 0; i < chain->n; i++)
    {
      const char *known;
      char *output;

      g_string_append_printf (key, "|%a", (double) chain->scales[i]);
      known = g_hash_table_lookup (self->chains, key->str);
      if (known != NULL)
        {
          last = known;
          continue;
        }

      output = add_scalar_pair (self, before, last, value, chain->scales[i], error);
      if (output == NULL)
        return NULL;
      g_hash_table_insert (self->chains, g_strdup (key->str), output);
      self->summary->n_activations++;
      last = output;
    }

  return last;
}

/* Layers */

static gboolean
is_weighted_node (const QsOnnxNode *node)
{
  static const char *const names[] = { "Conv", "ConvTranspose", "Gemm", "MatMul", NULL };

  return g_strv_contains (names, qs_onnx_node_get_op_type (node));
}

static gboolean
is_chosen (Writer     *self,
           guint       node,
           NodeChoice  choice)
{
  return choice == NODES_ALL ||
         is_weighted_node (qs_model_get_node (self->model, node)) == (choice == NODES_WEIGHTED);
}

/* Whether the importer may have taken the node's output for its input: such nodes are in no layer. A
 * node with one input that computes something is in a layer, or was folded, and then it reads no
 * activation, unless it asks for dimensions only. */
static gboolean
passes_on (const QsOnnxNode *node)
{
  const char *op_type = qs_onnx_node_get_op_type (node);

  if (strcmp (op_type, "Shape") == 0 || strcmp (op_type, "Size") == 0)
    return FALSE;

  return qs_onnx_node_get_n_inputs (node) == 1 || strcmp (op_type, "Dropout") == 0;
}

/* Whether @input is @value, or @value passed on. */
static gboolean
is_alias (Writer     *self,
          const char *input,
          const char *value)
{
  for (guint i = 0; input != NULL && i < MAX_ALIASES; i++)
    {
      guint producer;

      if (strcmp (input, value) == 0)
        return TRUE;
      producer = GPOINTER_TO_UINT (g_hash_table_lookup (self->producers, input));
      if (producer == 0 || g_hash_table_contains (self->owned, GUINT_TO_POINTER (producer)))
        return FALSE;
      if (!passes_on (qs_model_get_node (self->model, producer - 1)))
        return FALSE;
      input = qs_onnx_node_get_input (qs_model_get_node (self->model, producer - 1), 0);
    }

  return FALSE;
}

/* Whether another layer, which reads @value through the same node, has led it through @chain. */
static gboolean
is_led (Writer      *self,
        const char  *input,
        const char  *value,
        const Chain *chain)
{
  g_autoptr (GString) key = g_string_new (value);

  for (guint i = 0; i < chain->n; i++)
    g_string_append_printf (key, "|%a", (double) chain->scales[i]);
  return g_strcmp0 (g_hash_table_lookup (self->chains, key->str), input) == 0;
}

/* Lets every chosen node of @layer that reads @value read the end of @chain instead. */
static gboolean
lead_through (Writer         *self,
              const QsLayer  *layer,
              const char     *value,
              const Chain    *chain,
              NodeChoice      choice,
              guint          *n_led,
              GError        **error)
{
  for (guint i = 0; i < layer->origins->len; i++)
    {
      guint node = find_node (self, g_ptr_array_index (layer->origins, i));
      const QsOnnxNode *proto = node == 0 ? NULL : qs_model_get_node (self->model, node - 1);

      if (node == 0 || !is_chosen (self, node - 1, choice))
        continue;
      for (guint k = 0; k < qs_onnx_node_get_n_inputs (proto); k++)
        {
          const char *input = qs_onnx_node_get_input (proto, k);
          const char *last;

          *n_led += is_led (self, input, value, chain);
          if (!is_alias (self, input, value))
            continue;
          last = get_dequantized (self, node - 1, input, chain, error);
          if (last == NULL)
            return FALSE;
          qs_onnx_editor_set_input (self->editor, node - 1, k, last);
          (*n_led)++;
        }
    }

  return TRUE;
}

static gboolean
fail_input (const QsLayer  *layer,
            const QsTensor *tensor,
            GError        **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "%s %s: none of its nodes in the model's graph reads %s, so that no Q/DQ pair can be "
               "put in front of it", layer->klass->name, layer->name, tensor->name);
  return FALSE;
}

/* Whether nodes that move elements stand between a product and the tensor that it reads. */
static gboolean
reads_through_moves (const QsLayer *layer,
                     guint          index)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;

  return layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY &&
         ((index == QS_INPUT_X && qs_access_is_set (&attributes->a)) ||
          (index == QS_INPUT_WEIGHTS && qs_access_is_set (&attributes->b)));
}

static NodeChoice
choose_nodes (const QsLayer *layer,
              guint          index)
{
  if (layer->klass->placement != QS_PLACEMENT_WEIGHTED || reads_through_moves (layer, index))
    return NODES_ALL;

  return index == QS_INPUT_RESIDUAL ? NODES_OTHER : NODES_WEIGHTED;
}

static gboolean
write_input (Writer         *self,
             const QsLayer  *layer,
             guint           index,
             GError        **error)
{
  const QsTensor *tensor = qs_layer_get_input (layer, index);
  const char *value;
  Chain chain;
  guint n_led = 0;

  chain_init (&chain, tensor);
  if (chain.n == 0)
    return TRUE;

  value = find_value_name (self, chain.root);
  if (value == NULL)
    return fail_input (layer, tensor, error);
  if (!lead_through (self, layer, value, &chain, choose_nodes (layer, index), &n_led, error))
    return FALSE;

  return n_led > 0 || fail_input (layer, tensor, error);
}

/* A constant operand: the engine keeps it under the model's name, with a number behind it where
 * other layers read it as well. */
static gboolean
write_constant (Writer         *self,
                const QsLayer  *layer,
                const QsTensor *tensor,
                GError        **error)
{
  g_autofree char *value = g_strdup (tensor->name);
  char *number = strrchr (value, '_');
  Chain chain = { .root = tensor, .n = 1, .scales = { tensor->scale } };
  guint n_before = self->summary->n_activations;
  guint n_led = 0;

  if (!qs_onnx_editor_has_value (self->editor, value) && number != NULL)
    *number = '\0';
  if (!lead_through (self, layer, value, &chain, NODES_ALL, &n_led, error))
    return FALSE;

  self->summary->n_weights += self->summary->n_activations - n_before;
  self->summary->n_activations = n_before;
  return n_led > 0 || fail_input (layer, tensor, error);
}

/* The axis of the output channels, and the scales along it. */
static QsHostTensor *
get_weight_scales (Writer         *self,
                   const QsLayer  *source,
                   int            *axis,
                   GError        **error)
{
  const QsTensor *weights = qs_layer_get_input (source, QS_INPUT_WEIGHTS);
  g_auto (QsQuantizedWeights) quantized = { NULL };
  gint64 n, n_scales;
  float *scales;
  QsShape shape = { .n_dims = 1 };
  QsHostTensor *result;

  if (!qs_quantize_weights (source, QS_ROUNDING_GPU, &quantized, error))
    return NULL;

  *axis = qs_weight_channels_get_axis (source, &weights->shape);
  n_scales = qs_host_tensor_get_n_elements (quantized.scales);
  n = weights->shape.dims[*axis];
  if (n == n_scales)
    return qs_host_tensor_ref (quantized.scales);

  /* A grouped deconvolution has one row of channels for all groups: they share the largest scale. */
  shape.dims[0] = n;
  result = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, error);
  scales = result == NULL ? NULL : qs_host_tensor_get_mutable (result);
  for (gint64 i = 0; scales != NULL && i < n_scales; i++)
    scales[i % n] = MAX (scales[i % n], qs_host_tensor_get_floats (quantized.scales)[i]);
  g_ptr_array_add (self->summary->warnings,
                   g_strdup_printf ("%s %s: channels of different groups share their scales, since "
                                    "QuantizeLinear has no scales per group", source->klass->name,
                                    source->name));
  return result;
}

static gboolean
write_weights_at (Writer         *self,
                  const QsLayer  *layer,
                  guint           node,
                  GError        **error)
{
  const QsOnnxNode *proto = qs_model_get_node (self->model, node);
  g_autofree char *name = make_node_name (proto);
  const QsLayer *source = g_hash_table_lookup (self->sources, name);
  const char *weights = qs_onnx_node_get_input (proto, QS_INPUT_WEIGHTS);
  g_autofree char *key = NULL;
  char *output;
  g_autoptr (QsHostTensor) scales = NULL;
  int axis;

  if (source == NULL || weights == NULL || source->klass->placement != QS_PLACEMENT_WEIGHTED)
    return fail_input (layer, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error);

  scales = get_weight_scales (self, source, &axis, error);
  if (scales == NULL)
    {
      g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
      return FALSE;
    }

  key = g_strdup_printf ("%s||%d", weights, axis);
  output = g_hash_table_lookup (self->chains, key);
  if (output == NULL)
    {
      output = add_pair (self, node, weights, weights, scales, axis, error);
      if (output == NULL)
        return FALSE;
      g_hash_table_insert (self->chains, g_strdup (key), output);
      self->summary->n_weights++;
    }

  qs_onnx_editor_set_input (self->editor, node, QS_INPUT_WEIGHTS, output);
  return TRUE;
}

static gboolean
write_weights (Writer         *self,
               const QsLayer  *layer,
               GError        **error)
{
  for (guint i = 0; i < layer->origins->len; i++)
    {
      guint node = find_node (self, g_ptr_array_index (layer->origins, i));

      if (node > 0 && is_weighted_node (qs_model_get_node (self->model, node - 1)))
        return write_weights_at (self, layer, node - 1, error);
    }

  return fail_input (layer, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error);
}

static gboolean
write_layer (Writer         *self,
             const QsLayer  *layer,
             GError        **error)
{
  gboolean weighted = layer->klass->placement == QS_PLACEMENT_WEIGHTED;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = qs_layer_get_input (layer, i);
      gboolean done = TRUE;

      if (tensor == NULL)
        continue;
      if (qs_tensor_is_activation (tensor))
        done = write_input (self, layer, i, error);
      else if (weighted && i == QS_INPUT_WEIGHTS && layer->weight_scales != NULL)
        done = write_weights (self, layer, error);
      else if (tensor->type == QS_DATA_TYPE_INT8 && tensor->scale > 0.0f)
        done = write_constant (self, layer, tensor, error);
      if (!done)
        return FALSE;
    }

  return TRUE;
}

/* A network output that is written in INT8 inside the engine: the node gets another output, and
 * the pairs lead from it to the output's name. */
static gboolean
write_output (Writer          *self,
              const QsTensor  *output,
              GError         **error)
{
  guint producer = GPOINTER_TO_UINT (g_hash_table_lookup (self->producers, output->name));
  const QsOnnxNode *node;
  g_autofree char *wanted = g_strdup_printf ("%s_unquantized", output->name);
  g_autofree char *name = NULL;
  const char *last;
  const char *inputs[2] = { NULL };
  g_autofree char *copy = g_strdup_printf ("%s_Identity", output->name);
  guint end = producer; /* behind it */
  Chain chain;

  chain_init (&chain, output);
  if (chain.n == 0 || producer == 0)
    return TRUE;

  name = qs_onnx_editor_unique_name (self->editor, wanted);
  node = qs_model_get_node (self->model, producer - 1);
  for (guint i = 0; i < qs_onnx_node_get_n_outputs (node); i++)
    if (g_strcmp0 (qs_onnx_node_get_output (node, i), output->name) == 0)
      qs_onnx_editor_set_output (self->editor, producer - 1, i, name);

  last = get_dequantized (self, end, name, &chain, error);
  if (last == NULL)
    return FALSE;

  inputs[0] = last;
  qs_onnx_editor_insert_node (self->editor, end, "Identity", copy, inputs, output->name, -1);
  return TRUE;
}

static gboolean
write_all (Writer  *self,
           GError **error)
{
  QsNetwork *network = qs_engine_get_network (self->engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->kind != QS_LAYER_REFORMAT && !write_layer (self, layer, error))
        return FALSE;
    }
  for (guint i = 0; i < network->outputs->len; i++)
    if (!write_output (self, g_ptr_array_index (network->outputs, i), error))
      return FALSE;

  return TRUE;
}

static gboolean
check_model (QsEngine *engine,
             QsModel  *model,
             GError  **error)
{
  const char *checksum = qs_engine_get_model_checksum (engine);

  if (checksum != NULL && strcmp (checksum, qs_model_get_checksum (model)) != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: the plan was built from another model, or from another version of this one",
                   qs_model_get_name (model));
      return FALSE;
    }
  if (qs_model_get_opset (model) < OLDEST_OPSET)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s: opset %d has no scales per channel; convert the model to opset %d with "
                   "onnx.version_converter, and build again",
                   qs_model_get_name (model), qs_model_get_opset (model), OLDEST_OPSET);
      return FALSE;
    }

  if (qs_model_is_explicit (model))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s: the model has QuantizeLinear and DequantizeLinear already",
                   qs_model_get_name (model));
      return FALSE;
    }

  return TRUE;
}

/* The network as it was imported for the engine, with the shapes of its inputs. */
static QsNetwork *
import (QsEngine *engine,
        QsModel  *model,
        GError  **error)
{
  g_autoptr (QsProfile) profile = qs_profile_new ();
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      const QsTensor *input = g_ptr_array_index (network->inputs, i);

      qs_profile_set_shape (profile, input->name, &input->shape);
    }

  return qs_import_network (model, profile, error);
}

static void
writer_clear (Writer *self)
{
  g_clear_pointer (&self->imported, qs_network_unref);
  g_clear_pointer (&self->editor, qs_onnx_editor_free);
  g_clear_pointer (&self->nodes, g_hash_table_unref);
  g_clear_pointer (&self->producers, g_hash_table_unref);
  g_clear_pointer (&self->owned, g_hash_table_unref);
  g_clear_pointer (&self->chains, g_hash_table_unref);
  g_clear_pointer (&self->sources, g_hash_table_unref);
}

GBytes *
qs_qdq_make_model (QsEngine      *engine,
                   QsModel       *model,
                   QsQdqSummary  *summary,
                   GError       **error)
{
  Writer self = { .engine = engine, .model = model, .summary = summary };
  GBytes *bytes = NULL;

  *summary = (QsQdqSummary) { .warnings = g_ptr_array_new_with_free_func (g_free) };
  if (!check_model (engine, model, error))
    return NULL;

  self.imported = import (engine, model, error);
  if (self.imported == NULL)
    return NULL;

  self.editor = qs_onnx_editor_new (model);
  self.nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.producers = g_hash_table_new (g_str_hash, g_str_equal);
  self.owned = g_hash_table_new (NULL, NULL);
  self.chains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self.sources = g_hash_table_new (g_str_hash, g_str_equal);
  index_nodes (&self);
  index_owners (&self);
  index_sources (&self);
  if (write_all (&self, error))
    bytes = qs_onnx_editor_write (self.editor, error);

  writer_clear (&self);
  return bytes;
}
