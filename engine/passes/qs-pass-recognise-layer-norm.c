/* SPDX-License-Identifier: MIT */
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "recognise-layer-norm"

/*
 * d = x - mean (x); d / sqrt (mean (d^2) + epsilon) * gamma + beta over the last axis, as
 * exporters write it before opset 17. The factor and the summand may be missing, the summand alone
 * or both.
 */
enum
{
  MEAN,
  SUB,
  SQUARE,
  VARIANCE,
  ADD_EPSILON,
  SQRT,
  DIV,
  MUL,
  ADD,
  N_LAYERS
};

typedef struct
{
  QsLayer *layers[N_LAYERS];
  QsTensor *x;
  QsTensor *gamma; /* (nullable) */
  QsTensor *beta;  /* (nullable) */
  float epsilon;
  guint n_layers;
} Pattern;

static gboolean
is_mean_of_last (const QsLayer *layer)
{
  const QsReduceAttributes *attributes;
  const QsTensor *input;

  if (layer == NULL || layer->klass->kind != QS_LAYER_REDUCE)
    return FALSE;

  attributes = layer->attributes;
  input = qs_layer_get_input (layer, 0);
  return attributes->type == QS_REDUCE_MEAN && attributes->keepdims && attributes->axes.n == 1 &&
         attributes->axes.v[0] == input->shape.n_dims - 1;
}

/* From the square root back to x. */
static gboolean
match_up (QsNetwork *network,
          QsLayer   *root,
          Pattern   *p)
{
  QsTensor *sum = qs_layer_get_input (root, 0);
  QsTensor *variance, *square, *difference, *mean;

  p->layers[SQRT] = root;
  p->layers[ADD_EPSILON] = sum->producer;
  if (!qs_pass_is_element_wise (sum->producer, QS_ELEMENT_WISE_ADD))
    return FALSE;

  for (guint k = 0; k < 2; k++)
    {
      const QsTensor *epsilon = qs_layer_get_input (sum->producer, k);

      if (epsilon->value == NULL || qs_host_tensor_get_n_elements (epsilon->value) != 1)
        continue;
      p->epsilon = (float) qs_host_tensor_get_number (epsilon->value, 0);
      variance = qs_layer_get_input (sum->producer, 1 - k);
      p->layers[VARIANCE] = variance->producer;
    }
  if (!is_mean_of_last (p->layers[VARIANCE]))
    return FALSE;

  square = qs_layer_get_input (p->layers[VARIANCE], 0);
  p->layers[SQUARE] = square->producer;
  if (qs_pass_is_element_wise (square->producer, QS_ELEMENT_WISE_POW) &&
      qs_pass_is_number (qs_layer_get_input (square->producer, 1), 2.0))
    difference = qs_layer_get_input (square->producer, 0);
  else if (qs_pass_is_element_wise (square->producer, QS_ELEMENT_WISE_MUL) &&
           qs_layer_get_input (square->producer, 0) == qs_layer_get_input (square->producer, 1))
    difference = qs_layer_get_input (square->producer, 0);
  else
    return FALSE;

  p->layers[SUB] = difference->producer;
  if (!qs_pass_is_element_wise (difference->producer, QS_ELEMENT_WISE_SUB))
    return FALSE;

  p->x = qs_layer_get_input (difference->producer, 0);
  mean = qs_layer_get_input (difference->producer, 1);
  p->layers[MEAN] = mean->producer;
  return is_mean_of_last (mean->producer) && qs_layer_get_input (mean->producer, 0) == p->x;
}

/* The constant factor or summand of the only reader of @tensor, one number per element of the last
 * axis. */
static QsLayer *
match_affine (QsNetwork          *network,
              QsTensor           *tensor,
              QsElementWiseType   type,
              gint64              n,
              QsTensor          **constant)
{
  QsLayer *layer = qs_pass_only_reader (network, tensor, NULL);

  if (!qs_pass_is_element_wise (layer, type))
    return NULL;

  *constant = qs_pass_other_input (layer, tensor);
  if (*constant == NULL || (*constant)->value == NULL || (*constant)->type != QS_DATA_TYPE_FLOAT ||
      (*constant)->shape.n_dims != 1 || (*constant)->shape.dims[0] != n)
    return NULL;
  return layer;
}

/* From the square root forward to the result. */
static gboolean
match_down (QsNetwork *network,
            Pattern   *p)
{
  QsTensor *root = qs_layer_get_output (p->layers[SQRT], 0);
  QsTensor *difference = qs_layer_get_output (p->layers[SUB], 0);
  gint64 n = p->x->shape.n_dims > 0 ? p->x->shape.dims[p->x->shape.n_dims - 1] : 0;

  p->layers[DIV] = qs_pass_only_reader (network, root, NULL);
  if (!qs_pass_is_element_wise (p->layers[DIV], QS_ELEMENT_WISE_DIV) ||
      qs_layer_get_input (p->layers[DIV], 0) != difference)
    return FALSE;

  p->n_layers = MUL;
  p->layers[MUL] = match_affine (network, qs_layer_get_output (p->layers[DIV], 0),
                                 QS_ELEMENT_WISE_MUL, n, &p->gamma);
  if (p->layers[MUL] == NULL)
    return TRUE;

  p->n_layers = ADD;
  p->layers[ADD] = match_affine (network, qs_layer_get_output (p->layers[MUL], 0),
                                 QS_ELEMENT_WISE_ADD, n, &p->beta);
  if (p->layers[ADD] != NULL)
    p->n_layers = N_LAYERS;
  return TRUE;
}

/* Nothing outside the pattern may read what lies inside. */
static gboolean
is_closed (QsNetwork     *network,
           const Pattern *p)
{
  for (guint i = 0; i + 1 < p->n_layers; i++)
    {
      QsTensor *tensor = qs_layer_get_output (p->layers[i], 0);

      if (qs_network_is_output (network, tensor))
        return FALSE;
      for (guint k = 0; k < tensor->consumers->len; k++)
        {
          gboolean inside = FALSE;

          for (guint j = 0; j < p->n_layers; j++)
            inside = inside || p->layers[j] == g_ptr_array_index (tensor->consumers, k);
          if (!inside)
            return FALSE;
        }
    }

  return TRUE;
}

/* Without a factor of its own the layer gets one of ones, which it cannot do without. */
static QsTensor *
add_ones (QsNetwork     *network,
          const Pattern *p)
{
  QsShape shape = qs_shape_make (1, p->x->shape.dims[p->x->shape.n_dims - 1]);
  g_autoptr (QsHostTensor) ones = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values;

  if (ones == NULL)
    return NULL;

  values = qs_host_tensor_get_mutable (ones);
  for (gint64 i = 0; i < shape.dims[0]; i++)
    values[i] = 1.0f;
  return qs_network_add_constant (network, "ones", ones);
}

static gboolean
replace (QsNetwork *network,
         QsJournal *journal,
         Pattern   *p)
{
  QsNormalizationAttributes attributes = {
    .type = QS_NORMALIZATION_LAYER,
    .axis = p->x->shape.n_dims - 1,
    .epsilon = p->epsilon,
  };
  gboolean has_gamma = p->n_layers > MUL, has_beta = p->n_layers > ADD;
  QsTensor *inputs[] = { p->x, has_gamma ? p->gamma : add_ones (network, p),
                         has_beta ? p->beta : NULL };
  QsTensor *output = qs_layer_get_output (p->layers[p->n_layers - 1], 0);
  const char *tensors[] = { p->x->name, output->name, NULL };
  g_auto (GStrv) layers = qs_pass_names (p->layers, p->n_layers);
  g_autofree char *reason = g_strdup_printf ("The %u layers compute a layer normalization over the "
                                             "last axis%s.", p->n_layers,
                                             has_gamma ? "" : ", without a factor");
  QsLayer *result;

  if (inputs[1] == NULL)
    return FALSE;

  result = qs_pass_replace (network, p->layers, p->n_layers,
                            qs_layer_class_lookup (QS_LAYER_NORMALIZATION), &attributes, inputs,
                            has_beta ? 3 : 2);
  qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, (const char *const *) layers, tensors,
                  result->name, "%s", reason);
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
      Pattern pattern = { { NULL } };

      if (!qs_pass_is_unary (layer, QS_UNARY_SQRT) || !match_up (network, layer, &pattern) ||
          !match_down (network, &pattern) || !is_closed (network, &pattern) ||
          !replace (network, journal, &pattern))
        continue;

      /* Up to eight layers went, some of them before this place. */
      i = i > N_LAYERS ? i - N_LAYERS : 0;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_recognise_layer_norm = {
  .id = ID,
  .title = "Recognise layer normalization",
  .run = run,
};
