/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-affine-fold.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "fold-batch-norm"

/* Scale layer inputs. */
enum
{
  GAMMA = 1,
  BETA,
  MEAN,
  VARIANCE,
};

static const QsObstacle not_constant = {
  "not-constant", "a parameter of the batch normalization is not constant",
  "Export the model for inference, with the statistics as initializers.",
};
static const QsObstacle other_channels = {
  "channels", "the batch normalization has another number of channels than the layer before it",
  "Nothing need be done: they can't be one layer.",
};
static const QsObstacle has_function = {
  "activation-between", "the layer before it ends with another function",
  "Put the batch normalization before that function, and train again.",
};
static const QsObstacle other_axis = {
  "channels",
  "the channels of the batch normalization are not the columns of the matrix product",
  "Nothing need be done: they can't be one layer.",
};
static const QsObstacle bias_form = {
  "bias-form", "the bias before it is not one constant per channel",
  "Make the bias a constant with one number for each channel.",
};

static const QsObstacle *
find_obstacle (const QsLayer          *layer,
               const QsLayer          *scale,
               const QsWeightChannels *channels)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);

  for (guint i = GAMMA; i <= VARIANCE; i++)
    {
      const QsTensor *tensor = qs_layer_get_input (scale, i);

      if (tensor == NULL || tensor->value == NULL)
        return &not_constant;
      if (qs_shape_n_elements (&tensor->shape) != channels->n)
        return &other_channels;
    }

  if (layer->activation.type != QS_ACTIVATION_NONE ||
      qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL)
    return &has_function;
  if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY && output->shape.n_dims != 2)
    return &other_axis;
  return NULL;
}

/* y = (x - mean) / sqrt (variance + epsilon) * gamma + beta, and x = conv + bias. */
static gboolean
fold (QsNetwork              *network,
      QsLayer                *layer,
      const QsLayer          *scale,
      const QsWeightChannels *channels,
      double                 *bias,
      GError                **error)
{
  double epsilon = ((const QsScaleAttributes *) scale->attributes)->epsilon;
  g_autofree double *factor = g_new (double, channels->n);

  for (gint64 k = 0; k < channels->n; k++)
    {
      double gamma = qs_host_tensor_get_number (qs_layer_get_input (scale, GAMMA)->value, k);
      double beta = qs_host_tensor_get_number (qs_layer_get_input (scale, BETA)->value, k);
      double mean = qs_host_tensor_get_number (qs_layer_get_input (scale, MEAN)->value, k);
      double variance = qs_host_tensor_get_number (qs_layer_get_input (scale, VARIANCE)->value, k);

      factor[k] = gamma / sqrt (variance + epsilon);
      bias[k] = (bias[k] - mean) * factor[k] + beta;
    }

  return qs_affine_fold (network, layer, channels, factor, bias, error);
}

static gboolean
try_fold (QsNetwork  *network,
          QsJournal  *journal,
          QsLayer    *layer,
          GError    **error)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsWeightChannels channels;
  g_autofree double *bias = NULL;
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *scale_name = NULL;
  const QsObstacle *obstacle;
  QsObstacle form = { "weights", NULL, "Make the weights a constant." };
  QsLayer *scale = NULL;

  for (guint i = 0; output != NULL && i < output->consumers->len && scale == NULL; i++)
    {
      QsLayer *reader = g_ptr_array_index (output->consumers, i);

      if (reader->klass->kind == QS_LAYER_SCALE && qs_layer_get_input (reader, 0) == output)
        scale = reader;
    }
  if (scale == NULL)
    return TRUE;

  obstacle = qs_pass_find_readers_obstacle (network, output);
  if (obstacle == NULL && !qs_weight_channels_init (&channels, layer, &form.reason))
    obstacle = &form;
  if (obstacle == NULL)
    obstacle = find_obstacle (layer, scale, &channels);
  if (obstacle == NULL)
    {
      bias = qs_affine_read_bias (layer, &channels);
      obstacle = bias == NULL ? &bias_form : NULL;
    }

  if (obstacle != NULL)
    {
      qs_pass_refuse (journal, ID, layer, scale, output, obstacle,
                      "The batch normalization %s was not folded into %s: %s.", scale->name,
                      layer->name, obstacle->reason);
      return TRUE;
    }

  if (!fold (network, layer, scale, &channels, bias, error))
    return FALSE;
  scale_name = g_strdup (scale->name);
  qs_pass_absorb (network, layer, scale);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, scale_name, output, layer->name,
                "The batch normalization is a factor and a summand per channel, so it became part "
                "of the weights and the bias.");
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

      if (qs_pass_is_weighted (layer) && !try_fold (network, journal, layer, error))
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fold_batch_norm = {
  .id = ID,
  .title = "Fold batch normalization into weights",
  .run = run,
  .rule = "R0",
  .condition = "A batch normalization with constant parameters alone reads what a layer with constant "
               "weights writes; of INT8 weights the scales are multiplied.",
  .proof = QS_PROOF_FUSES,
};
