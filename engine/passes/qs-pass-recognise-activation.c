/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "numerics/qs-int8.h"
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "recognise-activation"

/*
 * Exporters spell the same function out in many ways: x³ as a power or as products, a half in front
 * or behind, a clip as two minima. So the spelling is not looked at: a group of element-wise layers
 * that depends on one tensor is a function of one number, and when its values are those of a known
 * activation, it is that activation.
 */

#define MAX_LAYERS 12
#define N_POINTS 2401
#define RANGE 30.0f

/* Twelve roundings of float32 at most; GELU by tanh takes 1 + tanh (x) apart by 6e-8 times x. */
#define TOLERANCE 2e-6f

static const QsActivation known[] = {
  { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_SILU, 0, 0 },
  { QS_ACTIVATION_HARD_SWISH, 0, 0 },
  { QS_ACTIVATION_HARD_SIGMOID, 1.0f / 6.0f, 0.5f },
  { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f },
  { QS_ACTIVATION_GELU_TANH, 0, 0 },
  { QS_ACTIVATION_GELU_ERF, 0, 0 },
  { QS_ACTIVATION_SOFTPLUS, 0, 0 },
  { QS_ACTIVATION_SOFTSIGN, 0, 0 },
  { QS_ACTIVATION_MISH, 0, 0 },
};

typedef struct
{
  QsNetwork *network;
  GPtrArray *layers; /* the group, the last first */
  GPtrArray *inputs; /* tensors that the group reads and does not compute */
} Group;

/* @tensor's only number, or %NULL when it has another form. */
static const float *
get_number (const QsTensor *tensor)
{
  if (tensor->value == NULL || tensor->type != QS_DATA_TYPE_FLOAT ||
      qs_host_tensor_get_n_elements (tensor->value) != 1)
    return NULL;

  return qs_host_tensor_get_floats (tensor->value);
}

static gboolean
is_pointwise (const QsLayer *layer)
{
  QsLayerKind kind;

  if (layer == NULL || layer->klass->evaluate == NULL)
    return FALSE;

  kind = layer->klass->kind;
  if (kind != QS_LAYER_ELEMENT_WISE && kind != QS_LAYER_UNARY && kind != QS_LAYER_ACTIVATION)
    return FALSE;

  for (guint i = 0; i < layer->inputs->len; i++)
    if (qs_layer_get_input (layer, i) == NULL ||
        qs_layer_get_input (layer, i)->type != QS_DATA_TYPE_FLOAT)
      return FALSE;

  return layer->inputs->len <= 2 && layer->outputs->len == 1 &&
         qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_FLOAT;
}

/* Whether nobody but the group reads what @layer computes. */
static gboolean
is_inside (const Group *self,
           QsLayer     *layer)
{
  QsTensor *tensor = qs_layer_get_output (layer, 0);

  if (qs_network_is_output (self->network, tensor))
    return FALSE;
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (!g_ptr_array_find (self->layers, g_ptr_array_index (tensor->consumers, i), NULL))
      return FALSE;

  return TRUE;
}

static void
add_layer (Group   *self,
           QsLayer *layer)
{
  g_ptr_array_add (self->layers, layer);
  g_ptr_array_remove (self->inputs, qs_layer_get_output (layer, 0));
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_input (layer, i);

      if (get_number (tensor) == NULL && !g_ptr_array_find (self->inputs, tensor, NULL))
        g_ptr_array_add (self->inputs, tensor);
    }
}

/* Takes in the last of the layers in front, which nothing that is still in front can depend on. */
static gboolean
grow (Group *self)
{
  QsLayer *last = NULL;

  for (guint i = 0; i < self->inputs->len; i++)
    {
      QsLayer *producer = ((QsTensor *) g_ptr_array_index (self->inputs, i))->producer;

      if (producer != NULL && (last == NULL || producer->id > last->id))
        last = producer;
    }

  if (self->layers->len >= MAX_LAYERS || !is_pointwise (last) || !is_inside (self, last))
    return FALSE;

  add_layer (self, last);
  return TRUE;
}

typedef struct
{
  QsTensor *tensor;
  float *values;
} Row;

static float *
find_row (Row            *rows,
          guint           n,
          const QsTensor *tensor)
{
  for (guint i = 0; i < n; i++)
    if (rows[i].tensor == tensor)
      return rows[i].values;

  return NULL;
}

static QsView
view_of (Row      *rows,
         guint     n,
         QsTensor *tensor)
{
  const float *number = get_number (tensor);
  QsShape shape = number != NULL ? qs_shape_make (1, 1) : qs_shape_make (1, N_POINTS);
  QsView view;

  qs_view_init (&view, QS_DATA_TYPE_FLOAT, QS_FORMAT_LINEAR, &shape,
                number != NULL ? (gpointer) number : (gpointer) find_row (rows, n, tensor));
  return view;
}

/* The group's results for all points, with its own layers' kernels. */
static gboolean
evaluate (const Group *self,
          const float *points,
          float       *results)
{
  guint n = self->layers->len;
  g_autofree float *memory = g_new (float, (gsize) n * N_POINTS);
  Row rows[MAX_LAYERS + 1];

  rows[0] = (Row) { g_ptr_array_index (self->inputs, 0), (float *) points };
  for (guint k = 0; k < n; k++)
    {
      QsLayer *layer = g_ptr_array_index (self->layers, n - 1 - k);
      QsView inputs[2], output;

      rows[k + 1] = (Row) { qs_layer_get_output (layer, 0),
                            k + 1 < n ? memory + (gsize) k * N_POINTS : results };
      for (guint i = 0; i < layer->inputs->len; i++)
        inputs[i] = view_of (rows, k + 1, qs_layer_get_input (layer, i));
      output = view_of (rows, k + 2, qs_layer_get_output (layer, 0));
      if (!layer->klass->evaluate (layer, inputs, &output, NULL))
        return FALSE;
    }

  return TRUE;
}

static gboolean
agrees (const QsActivation *activation,
        const float        *points,
        const float        *results)
{
  for (int i = 0; i < N_POINTS; i++)
    {
      float expected = qs_activation_apply (activation, points[i]);
      float allowed = TOLERANCE * fmaxf (1.0f, fabsf (points[i]));

      if (!(fabsf (results[i] - expected) <= allowed))
        return FALSE;
    }

  return TRUE;
}

/* (nullable): what the group computes, when it depends on one tensor */
static const QsActivation *
recognise (const Group *self)
{
  const QsTensor *output = qs_layer_get_output (g_ptr_array_index (self->layers, 0), 0);
  float points[N_POINTS], results[N_POINTS];

  if (self->layers->len < 2 || self->inputs->len != 1 ||
      !qs_shape_equal (&output->shape, &((QsTensor *) self->inputs->pdata[0])->shape))
    return NULL;

  for (int i = 0; i < N_POINTS; i++)
    points[i] = RANGE * (2.0f * (float) i / (float) (N_POINTS - 1) - 1.0f);
  if (!evaluate (self, points, results))
    return NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (agrees (&known[i], points, results))
      return &known[i];
  return NULL;
}

static void
replace (Group              *self,
         QsJournal          *journal,
         const QsActivation *activation)
{
  QsLayer *layers[MAX_LAYERS];
  QsTensor *input = g_ptr_array_index (self->inputs, 0);
  guint n = self->layers->len;
  QsTensor *output = qs_layer_get_output (g_ptr_array_index (self->layers, 0), 0);
  const char *tensors[] = { input->name, output->name, NULL };
  g_auto (GStrv) names = NULL;
  g_autofree char *reason = NULL;
  QsLayer *result;

  for (guint i = 0; i < n; i++)
    layers[i] = g_ptr_array_index (self->layers, n - 1 - i);
  names = qs_pass_names (layers, n);
  result = qs_pass_replace (self->network, layers, n, qs_layer_class_lookup (QS_LAYER_ACTIVATION),
                            NULL, &input, 1);
  result->activation = *activation;

  reason = g_strdup_printf ("The %u layers compute %s: their results agree at %d points from %g to %g.",
                            n, qs_activation_name (activation->type), N_POINTS, (double) -RANGE,
                            (double) RANGE);
  qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, (const char *const *) names, tensors,
                  result->name, "%s", reason);
}

/* All these functions end with a product, a quotient or a limit. */
static gboolean
may_end (const QsLayer *layer)
{
  return is_pointwise (layer) &&
         (qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_MUL) ||
          qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_DIV) ||
          qs_pass_is_unary (layer, QS_UNARY_LOG) || layer->activation.type == QS_ACTIVATION_CLIP);
}

/* The smallest group that ends with @end and is known. What it is a part of is tried with its own end. */
static gboolean
try_recognise (QsNetwork *network,
               QsJournal *journal,
               QsLayer   *end)
{
  g_autoptr (GPtrArray) layers = g_ptr_array_new ();
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  Group group = { network, layers, inputs };

  add_layer (&group, end);
  do
    {
      const QsActivation *activation = recognise (&group);

      if (activation == NULL)
        continue;

      replace (&group, journal, activation);
      return TRUE;
    }
  while (grow (&group));

  return FALSE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len;)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (!may_end (layer) || !try_recognise (network, journal, layer))
        i++;
      /* The group's layers went, most of them before this place; ids are positions again. */
      else if (qs_network_sort (network, error))
        i = i > MAX_LAYERS ? i - MAX_LAYERS : 0;
      else
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_recognise_activation = {
  .id = ID,
  .title = "Recognise activations that are spelled out",
  .run = run,
};
