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

static const char *
find_obstacle (const QsLayer          *layer,
               const QsLayer          *scale,
               const QsWeightChannels *channels)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);

  for (guint i = GAMMA; i <= VARIANCE; i++)
    {
      const QsTensor *tensor = qs_layer_get_input (scale, i);

      if (tensor == NULL || tensor->value == NULL)
        return "a parameter of the batch normalization is not constant";
      if (qs_shape_n_elements (&tensor->shape) != channels->n)
        return "the batch normalization has another number of channels than the layer before it";
    }

  if (layer->activation.type != QS_ACTIVATION_NONE ||
      qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL)
    return "the layer before it ends with another function";
  if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY && output->shape.n_dims != 2)
    return "the channels of the batch normalization are not the columns of the matrix product";
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
  const char *obstacle = NULL;
  QsLayer *scale = NULL;

  for (guint i = 0; output != NULL && i < output->consumers->len && scale == NULL; i++)
    {
      QsLayer *reader = g_ptr_array_index (output->consumers, i);

      if (reader->klass->kind == QS_LAYER_SCALE && qs_layer_get_input (reader, 0) == output)
        scale = reader;
    }
  if (scale == NULL)
    return TRUE;

  if (qs_pass_only_reader (network, output, &obstacle) != NULL &&
      qs_weight_channels_init (&channels, layer, &obstacle))
    obstacle = find_obstacle (layer, scale, &channels);
  if (obstacle == NULL)
    {
      bias = qs_affine_read_bias (layer, &channels);
      if (bias == NULL)
        obstacle = "the bias before it is not one constant per channel";
    }

  if (obstacle != NULL)
    {
      qs_pass_note (journal, QS_JOURNAL_REFUSAL, ID, layer->name, scale->name, output, NULL,
                    "The batch normalization %s was not folded into %s: %s.", scale->name,
                    layer->name, obstacle);
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
};
