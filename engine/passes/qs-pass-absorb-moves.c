/* SPDX-License-Identifier: MIT */
#include "operators/qs-access.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "absorb-moves"

/*
 * The operands of a product of two activations are read where they lie: reshapes, transposes, slices
 * and splits in front of it become strides of the product, and a transpose behind it the order in
 * which the result is stored. In attention this saves a copy of every head, several times per layer.
 */

#define MAX_MOVES 16

typedef struct
{
  guint n;
  QsLayer *layers[MAX_MOVES];   /* the one next to the product first */
  QsTensor *outputs[MAX_MOVES]; /* what is read of each */
} Moves;

static gboolean
is_move (const QsLayer *layer)
{
  switch ((int) layer->klass->kind)
    {
    case QS_LAYER_SHUFFLE:
    case QS_LAYER_TRANSPOSE:
    case QS_LAYER_SLICE:
    case QS_LAYER_SPLIT:
    case QS_LAYER_GATHER:
    case QS_LAYER_IDENTITY:
      return layer->activation.type == QS_ACTIVATION_NONE;
    default:
      return FALSE;
    }
}

static gboolean
means_the_same (const QsTensor *a,
                const QsTensor *b)
{
  return a->type == b->type && a->scale == b->scale;
}

static void
collect_moves (Moves    *self,
               QsTensor *operand)
{
  self->n = 0;
  while (self->n < MAX_MOVES && operand->producer != NULL && is_move (operand->producer))
    {
      QsTensor *input = qs_layer_get_input (operand->producer, 0);

      if (input == NULL || input->value != NULL || !means_the_same (input, operand))
        return;
      self->layers[self->n] = operand->producer;
      self->outputs[self->n++] = operand;
      operand = input;
    }
}

/* As many of them as strides can say; reshapes alone cost nothing. */
static gboolean
choose_moves (Moves    *self,
              QsAccess *access)
{
  for (; self->n > 0; self->n--)
    {
      const QsShape *shape = &qs_layer_get_input (self->layers[self->n - 1], 0)->shape;
      gboolean fits = TRUE, moves = FALSE;

      qs_access_init (access, shape);
      for (guint i = self->n; fits && i > 0; i--)
        {
          fits = qs_access_apply (access, self->layers[i - 1], self->outputs[i - 1]);
          moves = moves || self->layers[i - 1]->klass->kind != QS_LAYER_SHUFFLE;
        }
      if (fits && qs_access_check (access, shape, NULL))
        return moves;
    }

  return FALSE;
}

static gboolean
is_unread (QsNetwork     *network,
           const QsLayer *layer)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *output = qs_layer_get_output (layer, i);

      if (output != NULL && (output->consumers->len > 0 || qs_network_is_output (network, output)))
        return FALSE;
    }
  return TRUE;
}

static void
absorb_operand (QsNetwork *network,
                QsJournal *journal,
                QsLayer   *layer,
                guint      index)
{
  QsMatrixMultiplyAttributes *attributes = layer->attributes;
  QsAccess *access = index == 0 ? &attributes->a : &attributes->b;
  QsTensor *operand = qs_layer_get_input (layer, index);
  g_autofree char *before = g_strdup (layer->name);
  g_auto (GStrv) names = NULL;
  const char *tensors[] = { NULL, operand->name, NULL };
  g_autofree char *tensor = g_strdup (operand->name);
  QsAccess wanted;
  QsTensor *source;
  Moves moves;

  collect_moves (&moves, operand);
  if (qs_access_is_set (access) || !choose_moves (&moves, &wanted))
    return;

  names = qs_pass_names (moves.layers, moves.n);
  source = qs_layer_get_input (moves.layers[moves.n - 1], 0);
  tensors[0] = source->name;
  tensors[1] = tensor;
  qs_network_touch (network, layer);
  *access = wanted;
  qs_network_set_input (network, layer, index, source);
  for (guint i = 0; i < moves.n; i++)
    qs_qdq_add_origins (layer, moves.layers[i]);
  for (guint i = 0; i < moves.n && is_unread (network, moves.layers[i]); i++)
    qs_network_remove_layer (network, moves.layers[i]);
  qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, (const char *const *) names, tensors, layer->name,
                  "%s reads %s where it lies, so nothing has to be moved before it.", before,
                  source->name);
}

/* A transpose behind the product that leaves the columns innermost. */
static void
absorb_result (QsNetwork *network,
               QsJournal *journal,
               QsLayer   *layer)
{
  QsMatrixMultiplyAttributes *attributes = layer->attributes;
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsLayer *next = qs_pass_only_reader (network, output, NULL);
  const QsTransposeAttributes *transpose;
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *next_name = NULL;
  int n = output->shape.n_dims;

  if (next == NULL || next->klass->kind != QS_LAYER_TRANSPOSE || !is_move (next) ||
      attributes->perm_y.n > 0 || !means_the_same (output, qs_layer_get_output (next, 0)))
    return;
  transpose = next->attributes;
  if (transpose->perm.n != n || n < 2 || transpose->perm.v[n - 1] != n - 1)
    return;

  qs_network_touch (network, layer);
  attributes->perm_y = transpose->perm;
  next_name = g_strdup (next->name);
  qs_pass_absorb (network, layer, next);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, next_name, output, layer->name,
                "The product is stored in the order that %s would bring it to.", next_name);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  g_autoptr (GPtrArray) products = g_ptr_array_new ();

  for (guint i = 0; i < network->layers->len; i++)
    if (qs_pass_is_activation_product (g_ptr_array_index (network->layers, i)))
      g_ptr_array_add (products, g_ptr_array_index (network->layers, i));

  for (guint i = 0; i < products->len; i++)
    {
      for (guint k = 0; k < 2; k++)
        absorb_operand (network, journal, g_ptr_array_index (products, i), k);
      absorb_result (network, journal, g_ptr_array_index (products, i));
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_absorb_moves = {
  .id = ID,
  .title = "Read the operands of products where they lie",
  .run = run,
};
