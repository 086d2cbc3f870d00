/* SPDX-License-Identifier: MIT */
#include "qs-affine-fold.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "fold-factors"

/* alpha * A B + beta * C: factors of constants belong into them. INT8 products have no others. */
static gboolean
try_fold (QsNetwork  *network,
          QsJournal  *journal,
          QsLayer    *layer,
          GError    **error)
{
  QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *bias_tensor = qs_layer_get_input (layer, QS_INPUT_BIAS);
  QsWeightChannels channels;
  g_autofree double *bias = NULL;
  g_autofree double *factor = NULL;
  double alpha = attributes->alpha, beta = attributes->beta;

  if (alpha == 1.0 && (beta == 1.0 || bias_tensor == NULL))
    return TRUE;
  if (!qs_weight_channels_init (&channels, layer, NULL))
    return TRUE;
  bias = qs_affine_read_bias (layer, &channels);
  if (bias == NULL)
    return TRUE;

  factor = g_new (double, channels.n);
  for (gint64 k = 0; k < channels.n; k++)
    factor[k] = alpha;
  if (!qs_affine_fold (network, layer, &channels, factor, bias, error))
    return FALSE;

  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, layer->name, NULL,
                qs_layer_get_input (layer, QS_INPUT_WEIGHTS), layer->name,
                "The factors alpha = %g and beta = %g became part of the weights and the bias.",
                alpha, beta);
  attributes->alpha = 1.0f;
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY &&
          !try_fold (network, journal, layer, error))
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fold_factors = {
  .id = ID,
  .title = "Fold the factors of matrix products into constants",
  .run = run,
};
