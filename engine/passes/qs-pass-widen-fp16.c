/* SPDX-License-Identifier: MIT */
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "widen-fp16"

/*
 * A float16 model becomes a float32 network: constants are widened, which is exact, and the network's
 * inputs and outputs, like all that a layer's attributes make float16 (Cast), get a Reformat. So every
 * rewrite, calibration and INT8 work on such models as on others, and what computes in FP16 is decided
 * by the build, as with TensorRT's weakly typed networks.
 */

static gboolean
is_fp16 (const QsTensor *tensor)
{
  return tensor != NULL && tensor->type == QS_DATA_TYPE_FLOAT16;
}

static gboolean
has_fp16 (QsNetwork *network)
{
  for (guint i = 0; i < network->tensors->len; i++)
    if (is_fp16 (g_ptr_array_index (network->tensors, i)))
      return TRUE;

  return FALSE;
}

static gboolean
widen_constants (QsNetwork  *network,
                 GError    **error)
{
  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      QsHostTensor *wide;

      if (!is_fp16 (tensor) || tensor->value == NULL || qs_network_is_output (network, tensor))
        continue;
      wide = qs_host_tensor_convert (tensor->value, QS_DATA_TYPE_FLOAT, error);
      if (wide == NULL)
        {
          g_prefix_error (error, "constant %s: ", tensor->name);
          return FALSE;
        }
      qs_host_tensor_unref (tensor->value);
      tensor->value = wide;
      tensor->type = QS_DATA_TYPE_FLOAT;
    }

  return TRUE;
}

static QsTensor *
add_tensor (QsNetwork      *network,
            const QsTensor *like)
{
  g_autofree char *wish = g_strdup_printf ("%s (float32)", like->name);
  g_autofree char *name = qs_network_unique_name (network, wish);
  QsTensor *tensor = qs_network_add_tensor (network, name);

  tensor->type = QS_DATA_TYPE_FLOAT;
  tensor->shape = like->shape;
  return tensor;
}

static void
add_reformat (QsNetwork  *network,
              const char *what,
              QsTensor   *from,
              QsTensor   *to)
{
  g_autofree char *wish = g_strdup_printf ("%s %s", what, to->type == QS_DATA_TYPE_FLOAT ? from->name
                                                                                         : to->name);
  g_autofree char *name = qs_network_unique_name (network, wish);

  qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_REFORMAT), name, NULL, &from, 1, &to,
                        1);
}

static void
move_readers (QsNetwork *network,
              QsTensor  *from,
              QsTensor  *to)
{
  while (from->consumers->len > 0)
    {
      QsLayer *reader = g_ptr_array_index (from->consumers, 0);

      for (guint i = 0; i < reader->inputs->len; i++)
        if (g_ptr_array_index (reader->inputs, i) == from)
          qs_network_set_input (network, reader, i, to);
    }
}

/* A float16 tensor that stays one is widened for those that read it. */
static void
widen_for_readers (QsNetwork *network,
                   QsTensor  *tensor)
{
  QsTensor *wide;

  if (tensor->consumers->len == 0)
    return;

  wide = add_tensor (network, tensor);
  move_readers (network, tensor, wide);
  add_reformat (network, "Widen", tensor, wide);
}

/* The network's output keeps its type; what is behind it becomes float32. */
static void
round_output (QsNetwork *network,
              QsTensor  *output)
{
  QsTensor *inner;
  guint index;

  if (!is_fp16 (output) || output->producer == NULL ||
      !g_ptr_array_find (output->producer->outputs, output, &index))
    return;

  inner = add_tensor (network, output);
  qs_network_set_output (network, output->producer, index, inner);
  move_readers (network, output, inner);
  add_reformat (network, "Round", inner, output);
}

/* Types anew, in order. What is float16 by a layer's attributes stays so. */
static gboolean
infer (QsNetwork  *network,
       guint       n_layers,
       GError    **error)
{
  for (guint i = 0; i < n_layers; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->infer != NULL && !layer->klass->infer (layer, error))
        {
          g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
          return FALSE;
        }
      for (guint k = 0; k < layer->outputs->len; k++)
        if (is_fp16 (qs_layer_get_output (layer, k)))
          widen_for_readers (network, qs_layer_get_output (layer, k));
    }

  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  guint n_layers = network->layers->len;

  if (!has_fp16 (network))
    return TRUE;
  if (!widen_constants (network, error))
    return FALSE;

  for (guint i = 0; i < network->inputs->len; i++)
    if (is_fp16 (g_ptr_array_index (network->inputs, i)))
      widen_for_readers (network, g_ptr_array_index (network->inputs, i));
  for (guint i = 0; i < network->outputs->len; i++)
    round_output (network, g_ptr_array_index (network->outputs, i));
  if (!infer (network, n_layers, error))
    return FALSE;

  qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, NULL, NULL, NULL,
                  "The float16 constants and tensors of the model became float32, which holds all "
                  "their values. Its inputs and outputs are float16 as before; what computes in FP16 "
                  "is decided by the build.");
  return qs_pass_finish (network, error);
}

const QsPass qs_pass_widen_fp16 = {
  .id = ID,
  .title = "Widen float16 models to float32",
  .condition = "The model has float16 constants, inputs or outputs.",
  .run = run,
};
