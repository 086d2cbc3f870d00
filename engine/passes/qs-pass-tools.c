/* SPDX-License-Identifier: MIT */
#include "qs-pass-tools.h"

#include <math.h>

#include "qs-qdq.h"

gboolean
qs_pass_is_weighted (const QsLayer *layer)
{
  return layer != NULL && (layer->klass->kind == QS_LAYER_CONVOLUTION ||
                           layer->klass->kind == QS_LAYER_DECONVOLUTION ||
                           layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY);
}

gboolean
qs_pass_is_activation_product (const QsLayer *layer)
{
  const QsTensor *second;

  if (layer == NULL || layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY)
    return FALSE;

  second = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  return second != NULL && second->value == NULL;
}

gboolean
qs_pass_is_element_wise (const QsLayer     *layer,
                         QsElementWiseType  type)
{
  return layer != NULL && layer->klass->kind == QS_LAYER_ELEMENT_WISE && layer->inputs->len == 2 &&
         ((const QsElementWiseAttributes *) layer->attributes)->type == type;
}

gboolean
qs_pass_is_unary (const QsLayer *layer,
                  QsUnaryType    type)
{
  return layer != NULL && layer->klass->kind == QS_LAYER_UNARY &&
         ((const QsUnaryAttributes *) layer->attributes)->type == type;
}

gboolean
qs_pass_is_number (const QsTensor *tensor,
                   double          value)
{
  if (tensor == NULL || tensor->value == NULL || qs_host_tensor_get_n_elements (tensor->value) != 1)
    return FALSE;

  return fabs (qs_host_tensor_get_number (tensor->value, 0) - value) <= 1e-4 * fabs (value);
}

QsTensor *
qs_pass_other_input (const QsLayer  *layer,
                     const QsTensor *tensor)
{
  QsTensor *a = qs_layer_get_input (layer, 0);
  QsTensor *b = qs_layer_get_input (layer, 1);

  if (layer->inputs->len != 2 || (a == tensor) == (b == tensor))
    return NULL;
  return a == tensor ? b : a;
}

QsLayer *
qs_pass_only_reader (QsNetwork   *network,
                     QsTensor    *tensor,
                     const char **why_not)
{
  const QsObstacle *obstacle = qs_pass_find_readers_obstacle (network, tensor);

  if (obstacle == NULL)
    return g_ptr_array_index (tensor->consumers, 0);
  if (why_not != NULL)
    *why_not = obstacle->reason;
  return NULL;
}

/* What TensorRT adds to the name of a layer for one that it takes in. In a quantized convolution
 * batch normalization and ReLU leave no trace unless a sum comes before; other functions do. */
static char *
name_part (const QsLayer *into,
           const QsLayer *absorbed)
{
  gboolean plain = absorbed->klass->kind == QS_LAYER_SCALE ||
                   absorbed->activation.type == QS_ACTIVATION_RELU;

  if (into->weight_scales == NULL || absorbed->klass->kind == QS_LAYER_ELEMENT_WISE)
    return g_strdup (absorbed->name);
  if (plain && qs_layer_get_input (into, QS_INPUT_RESIDUAL) == NULL)
    return NULL;
  return absorbed->klass->kind == QS_LAYER_ACTIVATION && !plain
           ? g_strdup_printf ("PWN(%s)", absorbed->name) : g_strdup (absorbed->name);
}

void
qs_pass_join (QsLayer       *into,
              const QsLayer *absorbed)
{
  g_autofree char *part = name_part (into, absorbed);

  if (part != NULL)
    {
      char *name = g_strconcat (into->name, " + ", part, NULL);

      g_free (into->name);
      into->name = name;
    }

  for (guint i = 0; i < absorbed->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (absorbed->origins, i);

      qs_layer_add_origin (into, origin->op_type, origin->name);
    }
}

void
qs_pass_absorb (QsNetwork *network,
                QsLayer   *into,
                QsLayer   *absorbed)
{
  QsTensor *output = qs_layer_get_output (absorbed, 0);

  qs_network_touch (network, into);
  qs_pass_join (into, absorbed);
  qs_network_remove_layer (network, absorbed);
  qs_network_set_output (network, into, 0, output);
}

char **
qs_pass_names (QsLayer **layers,
               guint     n)
{
  char **names = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    names[i] = g_strdup (layers[i]->name);
  return names;
}

static void
swap_names (QsLayer *a,
            QsLayer *b)
{
  char *name = a->name;
  GPtrArray *origins = a->origins;

  a->name = b->name;
  a->origins = b->origins;
  b->name = name;
  b->origins = origins;
}

QsLayer *
qs_pass_replace (QsNetwork           *network,
                 QsLayer            **layers,
                 guint                n,
                 const QsLayerClass  *klass,
                 gconstpointer        attributes,
                 QsTensor           **inputs,
                 guint                n_inputs)
{
  QsLayer *result = layers[n - 1];

  for (guint i = 0; i < n; i++)
    qs_network_touch (network, layers[i]);
  for (guint i = 1; i < n; i++)
    qs_pass_join (layers[0], layers[i]);
  if (n > 1)
    swap_names (layers[0], result);

  for (guint i = 0; i < result->inputs->len; i++)
    qs_network_set_input (network, result, i, NULL);
  g_ptr_array_set_size (result->inputs, 0);
  for (guint i = 0; i < n_inputs; i++)
    qs_network_set_input (network, result, i, inputs[i]);
  for (guint i = 0; i + 1 < n; i++)
    qs_network_remove_layer (network, layers[i]);

  g_free (result->attributes);
  result->klass = klass;
  result->attributes = attributes != NULL ? g_memdup2 (attributes, klass->attributes_size)
                                          : g_malloc0 (klass->attributes_size);
  result->activation = (QsActivation) { QS_ACTIVATION_NONE };
  return result;
}

const QsObstacle *
qs_pass_find_readers_obstacle (QsNetwork *network,
                               QsTensor  *tensor)
{
  static const QsObstacle is_output = {
    "network-output", "it is an output of the network",
    "Take the tensor out of the network's outputs; a fused layer does not have it.",
  };
  static const QsObstacle has_readers = {
    "another-reader", "another layer reads it as well",
    "Let one layer alone read the tensor; a fused layer does not have it for others.",
  };
  static const QsObstacle is_unread = {
    "no-reader", "no layer reads it", "Nothing need be done.",
  };

  if (tensor == NULL || tensor->consumers->len == 0)
    return &is_unread;
  if (qs_network_is_output (network, tensor))
    return &is_output;
  return tensor->consumers->len > 1 ? &has_readers : NULL;
}

void
qs_pass_refuse (QsJournal        *journal,
                const char       *rule,
                const QsLayer    *a,
                const QsLayer    *b,
                const QsTensor   *tensor,
                const QsObstacle *obstacle,
                const char       *format,
                ...)
{
  QsRefusal refusal = { rule, obstacle->condition, { a->name, b != NULL ? b->name : NULL },
                        { tensor } };
  va_list args;

  va_start (args, format);
  refusal.reason = g_strdup_vprintf (format, args);
  va_end (args);
  refusal.remedy = g_strdup (obstacle->remedy);
  qs_qdq_refuse (journal, &refusal);
}

/* What every pass does at its end. */
gboolean
qs_pass_finish (QsNetwork  *network,
                GError    **error)
{
  if (!qs_network_sort (network, error))
    return FALSE;

  qs_network_remove_dead (network);
  return TRUE;
}

void
qs_pass_note (QsJournal      *journal,
              QsJournalKind   kind,
              const char     *rule,
              const char     *a,
              const char     *b,
              const QsTensor *tensor,
              const char     *result,
              const char     *format,
              ...)
{
  const char *layers[] = { a, b, NULL };
  const char *tensors[] = { tensor != NULL ? tensor->name : NULL, NULL };
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);

  qs_journal_add (journal, kind, rule, layers, tensors, result, "%s", reason);
}
