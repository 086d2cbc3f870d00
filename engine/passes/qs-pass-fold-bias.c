/* SPDX-License-Identifier: MIT */
#include "qs-affine-fold.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "fold-bias"

/* A constant that adds the same number to every element of an output channel: one element, or one
 * per channel along the channel axis. */
static gboolean
is_per_channel (const QsTensor         *constant,
                const QsTensor         *output,
                const QsWeightChannels *channels,
                int                     axis)
{
  gint64 n = qs_shape_n_elements (&constant->shape);
  int offset = output->shape.n_dims - constant->shape.n_dims;

  if (n == 1)
    return TRUE;
  return n == channels->n && axis >= offset && constant->shape.dims[axis - offset] == n;
}

static const char *
find_obstacle (QsNetwork        *network,
               const QsLayer    *layer,
               const QsLayer    *add,
               const QsTensor   *constant,
               QsWeightChannels *channels)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  int axis = layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY ? output->shape.n_dims - 1 : 1;
  const char *obstacle = NULL;

  if (qs_pass_only_reader (network, output, &obstacle) == NULL)
    return obstacle;
  if (!qs_weight_channels_init (channels, layer, &obstacle))
    return obstacle;
  if (layer->activation.type != QS_ACTIVATION_NONE ||
      qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL)
    return "the layer before it ends with another function";
  if (constant->type != QS_DATA_TYPE_FLOAT ||
      !qs_shape_equal (&output->shape, &qs_layer_get_output (add, 0)->shape) ||
      !is_per_channel (constant, output, channels, axis))
    return "the constant is not one number per output channel";
  return NULL;
}

static gboolean
try_fold (QsNetwork  *network,
          QsJournal  *journal,
          QsLayer    *layer,
          QsLayer    *add,
          gboolean   *folded,
          GError    **error)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  const QsTensor *constant = qs_pass_other_input (add, output);
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *add_name = g_strdup (add->name);
  QsWeightChannels channels;
  const char *obstacle = find_obstacle (network, layer, add, constant, &channels);
  g_autofree double *bias = obstacle == NULL ? qs_affine_read_bias (layer, &channels) : NULL;
  gint64 n;

  if (obstacle == NULL && bias == NULL)
    obstacle = "the layer has a bias already that is not one constant per channel";
  if (obstacle != NULL)
    {
      qs_pass_note (journal, QS_JOURNAL_REFUSAL, ID, before, add_name, output, NULL,
                    "The constant that %s adds did not become the bias of %s: %s.", add_name,
                    before, obstacle);
      return TRUE;
    }

  n = qs_shape_n_elements (&constant->shape);
  for (gint64 k = 0; k < channels.n; k++)
    bias[k] += qs_host_tensor_get_number (constant->value, n == 1 ? 0 : k);
  if (!qs_affine_fold (network, layer, &channels, NULL, bias, error))
    return FALSE;

  qs_pass_absorb (network, layer, add);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, add_name, output, layer->name,
                "A constant that is added to every output channel is a bias.");
  *folded = TRUE;
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len;)
    {
      QsLayer *add = g_ptr_array_index (network->layers, i);
      gboolean folded = FALSE;

      for (guint k = 0; k < 2 && qs_pass_is_element_wise (add, QS_ELEMENT_WISE_ADD); k++)
        {
          const QsTensor *input = qs_layer_get_input (add, k);
          const QsTensor *other = qs_layer_get_input (add, 1 - k);

          if (input == NULL || other == NULL || other->value == NULL ||
              !qs_pass_is_weighted (input->producer))
            continue;
          if (!try_fold (network, journal, input->producer, add, &folded, error))
            return FALSE;
          break;
        }

      i += folded ? 0 : 1;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fold_bias = {
  .id = ID,
  .title = "Make added constants a bias",
  .run = run,
};
