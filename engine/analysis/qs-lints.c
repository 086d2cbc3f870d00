/* SPDX-License-Identifier: MIT */
#include "qs-lints.h"

#include "core/qs-error.h"
#include "operators/qs-attributes.h"
#include "passes/qs-pass-tools.h"
#include "passes/qs-qdq.h"

/* INT8 tensor cores take 16 channels at once. */
#define CHANNELS 16

/* A pair that is missing cannot be made from what is in the model. */
#define NO_RANGE \
  "a pair needs a scale, and the model has no range for this tensor, so there is no fix here."

typedef struct
{
  QsNetwork *network;
  GPtrArray *lints;
} Linter;

const char *
qs_lint_kind_id (QsLintKind kind)
{
  static const char *const ids[QS_N_LINT_KINDS] = {
    [QS_LINT_PAIR_IN_FUSION] = "pair-in-fusion",
    [QS_LINT_SIMULATED_FUSION] = "simulated-fusion",
    [QS_LINT_FLOAT_RESIDUAL] = "float-residual",
    [QS_LINT_SPLIT_PADDING] = "split-padding",
    [QS_LINT_ALIGNMENT] = "alignment",
    [QS_LINT_FLOAT_OUTPUT] = "float-output",
    [QS_LINT_MISSING_AXIS] = "missing-axis",
    [QS_LINT_UINT8] = "uint8",
  };

  return ids[kind];
}

gboolean
qs_lint_kind_lookup (const char *id,
                     QsLintKind *kind)
{
  for (int i = 0; i < QS_N_LINT_KINDS; i++)
    if (g_strcmp0 (qs_lint_kind_id ((QsLintKind) i), id) == 0)
      {
        *kind = (QsLintKind) i;
        return TRUE;
      }

  return FALSE;
}

QsLint *
qs_lint_copy (const QsLint *self)
{
  QsLint *copy = g_new (QsLint, 1);

  *copy = (QsLint) {
    .kind = self->kind,
    .layer = g_strdup (self->layer),
    .other = g_strdup (self->other),
    .message = g_strdup (self->message),
    .advice = g_strdup (self->advice),
    .has_fix = self->has_fix,
  };
  return copy;
}

void
qs_lint_free (QsLint *self)
{
  g_free (self->layer);
  g_free (self->other);
  g_free (self->message);
  g_free (self->advice);
  g_free (self);
}

static void
add (Linter        *self,
     QsLintKind     kind,
     const QsLayer *layer,
     const QsLayer *other,
     gboolean       has_fix,
     const char    *message,
     const char    *advice)
{
  QsLint *lint = g_new0 (QsLint, 1);

  lint->kind = kind;
  lint->layer = g_strdup (layer->name);
  lint->other = other == NULL ? NULL : g_strdup (other->name);
  lint->message = g_strdup (message);
  lint->advice = g_strdup (advice);
  lint->has_fix = has_fix;
  g_ptr_array_add (self->lints, lint);
}

/* Looking around */

static QsLayer *
get_producer (const QsLayer *layer,
              guint          index)
{
  const QsTensor *tensor = qs_layer_get_input (layer, index);

  return tensor == NULL ? NULL : tensor->producer;
}

/* The Q of a DQ that reads nothing but that. */
static QsLayer *
get_quantize (const QsLayer *dequantize)
{
  QsLayer *producer = get_producer (dequantize, 0);

  return producer != NULL && qs_is_quantize (producer) ? producer : NULL;
}

/* The Q of the pair that writes input @index of @layer; NULL when none does. */
static QsLayer *
get_pair (const QsLayer *layer,
          guint          index)
{
  QsLayer *producer = get_producer (layer, index);

  return producer != NULL && qs_is_dequantize (producer) ? get_quantize (producer) : NULL;
}

/* Its weights are dequantized integers, or constants through a pair. */
static gboolean
is_quantized_weighted (const QsLayer *layer)
{
  const QsLayer *producer;

  if (!qs_pass_is_weighted (layer))
    return FALSE;

  producer = get_producer (layer, QS_INPUT_WEIGHTS);
  return producer != NULL && qs_is_dequantize (producer);
}

/* The quantized weighted layer whose sums @tensor holds, through a BatchNormalization. */
static QsLayer *
find_weighted (const QsTensor *tensor)
{
  QsLayer *layer = tensor == NULL ? NULL : tensor->producer;

  if (layer != NULL && layer->klass->kind == QS_LAYER_SCALE)
    layer = get_producer (layer, 0);
  return layer != NULL && is_quantized_weighted (layer) ? layer : NULL;
}

static QsLayer *
get_only_reader (const QsTensor *tensor)
{
  return tensor != NULL && tensor->consumers->len == 1 ? g_ptr_array_index (tensor->consumers, 0)
                                                       : NULL;
}

/* Whether what @layer writes is quantized by all that read it, through an activation. */
static gboolean
is_quantized_after (const QsLayer *layer)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);
  const QsLayer *reader = get_only_reader (output);

  if (reader != NULL && reader->klass->kind == QS_LAYER_ACTIVATION)
    output = qs_layer_get_output (reader, 0);
  for (guint i = 0; output != NULL && i < output->consumers->len; i++)
    if (qs_is_quantize (g_ptr_array_index (output->consumers, i)))
      return TRUE;

  return FALSE;
}

/* Rules */

static void
lint_inside (Linter  *self,
             QsLayer *quantize,
             QsLayer *weighted,
             QsLayer *reader)
{
  g_autofree char *message = NULL;
  gboolean is_sum = qs_pass_is_element_wise (reader, QS_ELEMENT_WISE_ADD);

  if (!is_sum && reader->klass->kind != QS_LAYER_SCALE && reader->klass->kind != QS_LAYER_ACTIVATION)
    return;

  message = g_strdup_printf ("%s stands between %s and %s, so that they can't become one layer.",
                             quantize->name, weighted->name, reader->name);
  add (self, is_sum ? QS_LINT_PAIR_IN_FUSION : QS_LINT_SIMULATED_FUSION, quantize, reader, TRUE,
       message,
       is_sum ? "Take the pair out: only the other summand should have one."
              : "Take the pair out: fusion is not to be simulated in training.");
}

/* A sum whose two summands have pairs: the one at the shorter branch, the residual, is right. */
static gboolean
is_residual_pair (const QsLayer *sum,
                  const QsLayer *quantize)
{
  const QsLayer *first = get_pair (sum, 0), *second = get_pair (sum, 1);
  const QsLayer *other = first == quantize ? second : first;

  /* The layers are in order: the longer branch ends later. */
  return qs_pass_is_element_wise (sum, QS_ELEMENT_WISE_ADD) &&
         (other == NULL || (find_weighted (qs_layer_get_input (other, 0)) != NULL &&
                            other->id > quantize->id));
}

static void
lint_pair (Linter  *self,
           QsLayer *dequantize)
{
  QsLayer *quantize = get_quantize (dequantize);
  QsLayer *reader = get_only_reader (qs_layer_get_output (dequantize, 0));
  QsLayer *weighted, *padding;

  if (quantize == NULL || reader == NULL)
    return;

  weighted = find_weighted (qs_layer_get_input (quantize, 0));
  if (weighted != NULL && !is_residual_pair (reader, quantize))
    lint_inside (self, quantize, weighted, reader);

  padding = get_producer (quantize, 0);
  if (padding != NULL && padding->klass->kind == QS_LAYER_PADDING && is_quantized_weighted (reader))
    {
      g_autofree char *message =
        g_strdup_printf ("%s stands between %s and %s; TensorRT leaves the padding a layer of its own then.",
                         quantize->name, padding->name, reader->name);

      add (self, QS_LINT_SPLIT_PADDING, quantize, reader, TRUE, message,
           "Put the pair before the padding.");
    }
}

/* The DQ of another pair that quantizes @tensor. */
static QsLayer *
find_dequantized (const QsTensor *tensor)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *quantize = g_ptr_array_index (tensor->consumers, i);
      const QsTensor *integers = qs_layer_get_output (quantize, 0);

      if (!qs_is_quantize (quantize) || integers == NULL)
        continue;
      for (guint k = 0; k < integers->consumers->len; k++)
        if (qs_is_dequantize (g_ptr_array_index (integers->consumers, k)))
          return g_ptr_array_index (integers->consumers, k);
    }

  return NULL;
}

static void
lint_sum (Linter  *self,
          QsLayer *sum)
{
  for (guint i = 0; i < 2; i++)
    {
      QsLayer *weighted = find_weighted (qs_layer_get_input (sum, i));
      const QsTensor *residual = qs_layer_get_input (sum, 1 - i);
      g_autofree char *message = NULL;

      if (weighted == NULL || residual == NULL || !qs_tensor_is_activation (residual) ||
          get_pair (sum, 1 - i) != NULL || find_weighted (residual) != NULL ||
          !is_quantized_after (sum))
        continue;
      message = g_strdup_printf ("%s adds the float tensor %s to %s, so that the sum is float and "
                                 "quantized by a layer of its own.", sum->name, residual->name,
                                 weighted->name);
      add (self, QS_LINT_FLOAT_RESIDUAL, sum, weighted, find_dequantized (residual) != NULL, message,
           find_dequantized (residual) != NULL
             ? "Let the sum read the pair that quantizes this tensor already."
             : "Quantize the residual as well; " NO_RANGE);
      return;
    }
}

static void
lint_convolution (Linter  *self,
                  QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  const QsLayer *reader = get_only_reader (y);
  gint64 c = x != NULL && x->shape.n_dims > 1 ? x->shape.dims[1] : CHANNELS;
  gint64 k = y != NULL && y->shape.n_dims > 1 ? y->shape.dims[1] : CHANNELS;

  if (c % CHANNELS != 0 || k % CHANNELS != 0)
    {
      g_autofree char *message =
        g_strdup_printf ("%s has %" G_GINT64_FORMAT " channels in and %" G_GINT64_FORMAT
                         " out; what misses to a multiple of %d is filled up with zeros.",
                         layer->name, c, k, CHANNELS);

      add (self, QS_LINT_ALIGNMENT, layer, NULL, FALSE, message,
           "Multiples of 16 use INT8 tensor cores fully; that takes training with other numbers of "
           "channels, so there is no fix here.");
    }

  if (reader != NULL && reader->klass->kind == QS_LAYER_SCALE)
    reader = get_only_reader (qs_layer_get_output (reader, 0));
  if (reader != NULL && !qs_is_quantize (reader) && reader->klass->kind != QS_LAYER_ACTIVATION &&
      !qs_pass_is_element_wise (reader, QS_ELEMENT_WISE_ADD))
    {
      g_autofree char *message = g_strdup_printf ("%s computes in INT8 and writes float for %s.",
                                                  layer->name, reader->name);

      add (self, QS_LINT_FLOAT_OUTPUT, layer, reader, FALSE, message,
           "Quantize what it writes, if that layer can compute in INT8; " NO_RANGE);
    }
}

static void
lint_parameters (Linter  *self,
                 QsLayer *layer)
{
  const QsQuantizeAttributes *attributes = layer->attributes;
  const QsTensor *scale = qs_layer_get_input (layer, 1), *zero = qs_layer_get_input (layer, 2);

  if (attributes->no_axis && scale != NULL && qs_shape_n_elements (&scale->shape) > 1)
    {
      g_autofree char *message =
        g_strdup_printf ("%s has scales per channel and no axis: ONNX takes axis 1, TensorRT axis 0.",
                         layer->name);

      add (self, QS_LINT_MISSING_AXIS, layer, NULL, TRUE, message,
           "Write the axis down: axis 1, as ONNX and this program take it.");
    }
  if (zero != NULL && zero->type == QS_DATA_TYPE_UINT8 && qs_is_quantize (layer))
    {
      g_autofree char *message =
        g_strdup_printf ("%s quantizes to uint8; TensorRT takes it for int8, which ends at 127.",
                         layer->name);

      add (self, QS_LINT_UINT8, layer, NULL, FALSE, message,
           "Export the model with symmetric int8 quantization; int8 needs another scale, which only "
           "the range of the data gives, so there is no fix here.");
    }
}

GPtrArray *
qs_lint_network (QsNetwork *network)
{
  Linter self = {
    .network = network,
    .lints = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_lint_free),
  };

  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (qs_is_quantize (layer) || qs_is_dequantize (layer))
        lint_parameters (&self, layer);
      if (qs_is_dequantize (layer))
        lint_pair (&self, layer);
      else if (qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_ADD))
        lint_sum (&self, layer);
      else if (layer->klass->kind == QS_LAYER_CONVOLUTION && is_quantized_weighted (layer))
        lint_convolution (&self, layer);
    }

  return self.lints;
}

static gboolean
is_about_pair (const QsLint *lint)
{
  return lint->kind == QS_LINT_PAIR_IN_FUSION || lint->kind == QS_LINT_SIMULATED_FUSION ||
         lint->kind == QS_LINT_SPLIT_PADDING;
}

/* Whether @dequantize is the one that the advice is about; rewrites may have renamed its reader. */
static gboolean
is_read_by (const QsLayer *dequantize,
            const QsLayer *reader)
{
  const QsTensor *output = qs_layer_get_output (dequantize, 0);

  return reader == NULL || (output != NULL && g_ptr_array_find (output->consumers, reader, NULL));
}

GArray *
qs_lint_find_pairs (GPtrArray *lints,
                    QsNetwork *network)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int));

  for (guint i = 0; i < lints->len; i++)
    {
      const QsLint *lint = g_ptr_array_index (lints, i);
      const QsLayer *quantize = is_about_pair (lint) ? qs_network_find_layer (network, lint->layer)
                                                     : NULL;
      const QsLayer *reader = lint->other == NULL ? NULL
                                                  : qs_network_find_layer (network, lint->other);
      const QsTensor *integers = quantize == NULL ? NULL : qs_layer_get_output (quantize, 0);
      int id;

      if (integers == NULL || !qs_is_quantize (quantize))
        continue;

      id = (int) quantize->id;
      g_array_append_val (ids, id);
      for (guint k = 0; k < integers->consumers->len; k++)
        {
          const QsLayer *layer = g_ptr_array_index (integers->consumers, k);

          id = (int) layer->id;
          if (qs_is_dequantize (layer) && is_read_by (layer, reader))
            g_array_append_val (ids, id);
        }
    }

  return ids;
}

/* Fixes */

/* Readers of the pair's output read what it quantizes. */
static void
remove_pair (QsNetwork *network,
             QsLayer   *quantize,
             QsLayer   *reader)
{
  for (guint i = 0; i < reader->inputs->len; i++)
    if (get_pair (reader, i) == quantize)
      qs_network_set_input (network, reader, i, qs_layer_get_input (quantize, 0));
}

static void
share_pair (QsNetwork *network,
            QsLayer   *sum)
{
  for (guint i = 0; i < 2; i++)
    {
      QsTensor *residual = qs_layer_get_input (sum, 1 - i);
      QsLayer *dequantize = find_dequantized (residual);

      if (find_weighted (qs_layer_get_input (sum, i)) == NULL || dequantize == NULL)
        continue;
      qs_network_set_input (network, sum, 1 - i, qs_layer_get_output (dequantize, 0));
      return;
    }
}

/* The axis that counts already is said. */
static void
write_axis (QsLayer *layer)
{
  ((QsQuantizeAttributes *) layer->attributes)->no_axis = FALSE;
}

/* Pad, Q, DQ become Q, DQ, Pad: what is read afterwards is the padding's output. */
static void
move_before_padding (QsNetwork *network,
                     QsLayer   *quantize,
                     QsLayer   *reader)
{
  QsLayer *padding = get_producer (quantize, 0);
  QsLayer *dequantize = get_producer (reader, 0);
  QsTensor *padded = qs_layer_get_output (padding, 0);
  QsTensor *x = qs_layer_get_input (padding, 0);

  qs_network_replace_uses (network, qs_layer_get_output (dequantize, 0), padded);
  qs_network_set_input (network, quantize, 0, x);
  qs_network_set_input (network, padding, 0, qs_layer_get_output (dequantize, 0));
}

/* A lint may come from a file: @layer and @other must be what the change expects. */
static gboolean
can_apply (const QsLint  *lint,
           const QsLayer *layer,
           const QsLayer *other)
{
  if (lint->kind == QS_LINT_MISSING_AXIS)
    return qs_is_quantize (layer) || qs_is_dequantize (layer);
  if (other == NULL)
    return FALSE;
  if (lint->kind == QS_LINT_FLOAT_RESIDUAL)
    return qs_pass_is_element_wise (layer, QS_ELEMENT_WISE_ADD);
  if (!qs_is_quantize (layer))
    return FALSE;
  if (lint->kind != QS_LINT_SPLIT_PADDING)
    return lint->kind == QS_LINT_PAIR_IN_FUSION || lint->kind == QS_LINT_SIMULATED_FUSION;

  return get_producer (layer, 0) != NULL && get_pair (other, 0) == layer &&
         get_producer (layer, 0)->klass->kind == QS_LAYER_PADDING;
}

/**
 * qs_lint_fix:
 * @lint: of @network
 *
 * Errors: %QS_ERROR_UNSUPPORTED when there is no fix, %QS_ERROR_MISMATCH when @lint is about another
 * network.
 */
QsNetwork *
qs_lint_fix (QsNetwork    *network,
             const QsLint *lint,
             GError      **error)
{
  g_autoptr (QsNetwork) fixed = qs_network_copy (network);
  QsLayer *layer = qs_network_find_layer (fixed, lint->layer);
  QsLayer *other = lint->other == NULL ? NULL : qs_network_find_layer (fixed, lint->other);

  if (!lint->has_fix)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "%s: there is no fix for this",
                   lint->layer);
      return NULL;
    }
  if (layer == NULL || (other == NULL && lint->other != NULL) || !can_apply (lint, layer, other))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH, "%s: this layer is not in the network",
                   lint->layer);
      return NULL;
    }

  if (lint->kind == QS_LINT_MISSING_AXIS)
    write_axis (layer);
  else if (lint->kind == QS_LINT_FLOAT_RESIDUAL)
    share_pair (fixed, layer);
  else if (lint->kind == QS_LINT_SPLIT_PADDING)
    move_before_padding (fixed, layer, other);
  else
    remove_pair (fixed, layer, other);

  if (!qs_network_sort (fixed, error))
    return NULL;
  qs_network_remove_dead (fixed);
  return qs_network_sort (fixed, error) && qs_network_infer (fixed, error)
           ? g_steal_pointer (&fixed)
           : NULL;
}

QsNetwork *
qs_lint_fix_all (QsNetwork  *network,
                 GPtrArray  *lints,
                 GError    **error)
{
  g_autoptr (QsNetwork) current = qs_network_ref (network);

  for (guint i = 0; i < lints->len; i++)
    {
      QsNetwork *next = qs_lint_fix (current, g_ptr_array_index (lints, i), error);

      if (next == NULL)
        return NULL;
      qs_network_unref (current);
      current = next;
    }

  return g_steal_pointer (&current);
}
