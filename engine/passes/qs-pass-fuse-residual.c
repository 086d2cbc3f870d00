/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "fuse-residual"

/*
 * weighted layer + Add: the other operand becomes the layer's residual input. Where both operands
 * come from weighted layers, the one on the longest path from the last common ancestor takes the
 * Add (the deep branch of a residual block, not its shortcut).
 */

/* Longest path in layers from every layer that @tensor depends on, by layer id; -1 elsewhere. */
static int *
measure_paths (QsNetwork      *network,
               const QsTensor *tensor)
{
  guint n = network->layers->len;
  int *length = g_new (int, n + 1);

  for (guint i = 0; i <= n; i++)
    length[i] = -1;
  if (tensor->producer == NULL)
    return length;

  length[tensor->producer->id] = 1;
  for (guint i = tensor->producer->id + 1; i > 0; i--)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i - 1);

      for (guint k = 0; length[i - 1] > 0 && k < layer->inputs->len; k++)
        {
          const QsTensor *input = g_ptr_array_index (layer->inputs, k);

          if (input != NULL && input->producer != NULL)
            length[input->producer->id] = MAX (length[input->producer->id], length[i - 1] + 1);
        }
    }

  return length;
}

/* Whether @a lies deeper behind the common ancestor than @b; the later one when both are equal. */
static gboolean
is_deeper (QsNetwork      *network,
           const QsTensor *a,
           const QsTensor *b)
{
  g_autofree int *la = measure_paths (network, a);
  g_autofree int *lb = measure_paths (network, b);
  int depth_a = 0, depth_b = 0;

  for (guint i = network->layers->len; i > 0; i--)
    {
      /* Without a common layer the network's inputs are the ancestors. */
      depth_a = MAX (depth_a, la[i - 1]);
      depth_b = MAX (depth_b, lb[i - 1]);
      if (la[i - 1] > 0 && lb[i - 1] > 0)
        {
          depth_a = la[i - 1];
          depth_b = lb[i - 1];
          break;
        }
    }

  return depth_a != depth_b ? depth_a > depth_b : a->producer->id > b->producer->id;
}

/* A product of two activations adds one row, or one matrix, to many, as attention adds its mask. */
static gboolean
takes_mask (const QsLayer  *layer,
            const QsTensor *residual)
{
  const QsShape *shape = &qs_layer_get_output (layer, 0)->shape;
  const int n = residual->shape.n_dims;

  return qs_pass_is_activation_product (layer) && n > 0 &&
         residual->shape.dims[n - 1] == shape->dims[shape->n_dims - 1];
}

#define NOTHING "Nothing need be done: a sum of its own costs one pass over the tensor."

static const QsObstacle same_tensor = { "same-tensor", "both operands are the same tensor", NOTHING };
static const QsObstacle has_function = {
  "activation-between", "an activation lies between the layer and the sum",
  "Put the activation behind the sum, and train again.",
};
static const QsObstacle has_residual = { "second-residual", "the layer adds another tensor already",
                                         NOTHING };
static const QsObstacle constant_operand = { "constant-operand", "the other operand is a constant",
                                             "Make it the layer's bias: one number for each channel." };
static const QsObstacle not_float = { "not-float", "the operands are not float32",
                                      "Convert the model to float32." };
static const QsObstacle other_shape = {
  "shapes", "the shapes differ, and a residual is not broadcast",
  "Give both operands the shape of the sum.",
};

/* Why the Add cannot move into the layer that writes @branch; NULL when it can. */
static const QsObstacle *
find_obstacle (QsNetwork      *network,
               const QsLayer  *add,
               QsTensor       *branch,
               const QsTensor *residual)
{
  const QsLayer *layer = branch->producer;
  const QsShape *shape = &qs_layer_get_output (add, 0)->shape;
  const QsObstacle *obstacle = qs_pass_find_readers_obstacle (network, branch);

  if (residual == NULL)
    return &same_tensor;
  if (obstacle != NULL)
    return obstacle;
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return &has_function;
  if (qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL)
    return &has_residual;
  if (residual->value != NULL)
    return &constant_operand;
  if (residual->type != QS_DATA_TYPE_FLOAT || branch->type != QS_DATA_TYPE_FLOAT)
    return &not_float;
  if (!qs_shape_equal (&branch->shape, shape) ||
      (!qs_shape_equal (&residual->shape, shape) && !takes_mask (layer, residual)))
    return &other_shape;
  return NULL;
}

/* The weighted layer before @tensor, seen through one activation; for the sake of the journal. */
static const QsLayer *
hidden_layer (const QsTensor *tensor)
{
  const QsLayer *layer = tensor->producer;

  if (layer == NULL || layer->klass->kind != QS_LAYER_ACTIVATION)
    return NULL;
  layer = qs_layer_get_input (layer, 0)->producer;
  return layer != NULL && qs_pass_is_weighted (layer) ? layer : NULL;
}

/* A weighted layer, Q and DQ before the sum: the integers are stored in between. */
static gboolean
note_pair_between (QsJournal      *journal,
                   const QsLayer  *add,
                   const QsTensor *branch)
{
  const QsLayer *dequantize = qs_qdq_get_dequantize (branch);
  const QsTensor *integers = dequantize != NULL ? qs_layer_get_input (dequantize, 0) : NULL;
  const QsLayer *quantize = integers != NULL ? integers->producer : NULL;
  const QsLayer *layer = NULL;
  QsRefusal refusal = { ID, "pair-between", { NULL }, { integers } };

  if (qs_is_quantize (quantize))
    layer = qs_layer_get_input (quantize, 0)->producer;
  if (!qs_pass_is_weighted (layer))
    return FALSE;

  refusal.layers[0] = layer->name;
  refusal.layers[1] = add->name;
  refusal.layers[2] = quantize->name;
  refusal.reason = g_strdup_printf ("%s was not fused into %s: %s and %s lie between them.", add->name,
                                    layer->name, quantize->name, dequantize->name);
  refusal.remedy = g_strdup_printf ("Remove %s and %s; quantize only the other operand.",
                                    quantize->name, dequantize->name);
  qs_qdq_refuse (journal, &refusal);
  return TRUE;
}

static void
note_refusal (QsNetwork     *network,
              QsJournal     *journal,
              const QsLayer *add,
              QsTensor      *branch)
{
  const QsLayer *layer = branch->producer;
  const QsLayer *hidden = hidden_layer (branch);
  const QsObstacle *obstacle = &has_function;

  if (note_pair_between (journal, add, branch))
    return;
  if (qs_pass_is_weighted (layer))
    {
      obstacle = find_obstacle (network, add, branch, qs_pass_other_input (add, branch));
      qs_pass_refuse (journal, ID, layer, add, branch, obstacle,
                      "%s was not fused into %s, because of the tensor between them, %s: %s.",
                      add->name, layer->name, branch->name, obstacle->reason);
    }
  else if (hidden != NULL)
    qs_pass_refuse (journal, ID, hidden, add, branch, obstacle,
                    "%s was not fused into %s: the activation %s lies between them, and a residual "
                    "is added before the activation.", add->name, hidden->name, layer->name);
}

/* The operand whose layer takes the Add; %NULL when none can. */
static QsTensor *
choose_branch (QsNetwork     *network,
               const QsLayer *add)
{
  QsTensor *a = qs_layer_get_input (add, 0);
  QsTensor *b = qs_layer_get_input (add, 1);
  gboolean a_can = a != b && qs_pass_is_weighted (a->producer) &&
                   find_obstacle (network, add, a, b) == NULL;
  gboolean b_can = a != b && qs_pass_is_weighted (b->producer) &&
                   find_obstacle (network, add, b, a) == NULL;

  /* Of two quantized convolutions TensorRT takes the one that comes last (its engine graphs of
   * ResNet-18 with Q/DQ at the inputs only). */
  if (a_can && b_can && a->producer->weight_scales != NULL && b->producer->weight_scales != NULL)
    return a->producer->id > b->producer->id ? a : b;
  if (a_can && b_can)
    return is_deeper (network, a, b) ? a : b;
  return a_can ? a : b_can ? b : NULL;
}

static gboolean
fuse (QsNetwork  *network,
      QsJournal  *journal,
      QsLayer    *add,
      QsTensor   *branch,
      GError    **error)
{
  QsTensor *residual = qs_pass_other_input (add, branch);
  QsLayer *layer = branch->producer;
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *add_name = g_strdup (add->name);
  const char *layers[] = { before, add_name, NULL };
  const char *tensors[] = { branch->name, residual->name, NULL };
  const char *other_branch = qs_pass_is_weighted (residual->producer)
    ? " Both operands come from weighted layers; this one is on the longer path." : "";

  qs_network_set_input (network, layer, QS_INPUT_RESIDUAL, residual);
  qs_pass_absorb (network, layer, add);
  qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, layers, tensors, layer->name,
                  "The sum is computed where the result is written, with %s as the residual.%s",
                  residual->name, other_branch);

  /* The residual may come later in the old order, and path lengths count on the order. */
  return qs_network_sort (network, error);
}

static GPtrArray *
collect_sums (QsNetwork *network)
{
  GPtrArray *sums = g_ptr_array_new ();

  for (guint i = 0; i < network->layers->len; i++)
    if (qs_pass_is_element_wise (g_ptr_array_index (network->layers, i), QS_ELEMENT_WISE_ADD))
      g_ptr_array_add (sums, g_ptr_array_index (network->layers, i));

  return sums;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  g_autoptr (GPtrArray) sums = collect_sums (network);

  for (guint i = 0; i < sums->len; i++)
    {
      QsLayer *add = g_ptr_array_index (sums, i);
      QsTensor *branch = choose_branch (network, add);

      for (guint k = 0; branch == NULL && k < 2; k++)
        note_refusal (network, journal, add, qs_layer_get_input (add, k));
      if (branch != NULL && !fuse (network, journal, add, branch, error))
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fuse_residual = {
  .id = ID,
  .title = "Fuse residual sums into the layer before them",
  .run = run,
  .rule = "R8",
  .condition = "A sum of two activations of its shape alone reads what a convolution or a matrix "
               "product writes; of two such, the longer branch takes it.",
  .proof = QS_PROOF_FUSES,
};
