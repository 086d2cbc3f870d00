/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* Einstein summation of one or two tensors. Every subscript gets a number; an ellipsis becomes the
 * numbers from FIRST_ELLIPSIS on, the last axis the highest. */

#define FIRST_ELLIPSIS 52
#define N_LABELS (FIRST_ELLIPSIS + QS_MAX_DIMS)

static const QsField fields[] = {
  { "first", QS_FIELD_INTS, G_STRUCT_OFFSET (QsEinsumAttributes, first) },
  { "second", QS_FIELD_INTS, G_STRUCT_OFFSET (QsEinsumAttributes, second) },
  { "output", QS_FIELD_INTS, G_STRUCT_OFFSET (QsEinsumAttributes, output) },
  { NULL },
};

/* The size of every label; a size of 1 stretches. */
static gboolean
collect_sizes (const QsInts  *labels,
               const QsShape *shape,
               gint64        *sizes,
               GError       **error)
{
  if (labels->n != shape->n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "%d subscripts stand for %d dimensions",
                   labels->n, shape->n_dims);
      return FALSE;
    }

  for (int i = 0; i < labels->n; i++)
    {
      gint64 *size = &sizes[labels->v[i]];

      if (*size != -1 && *size != 1 && shape->dims[i] != 1 && *size != shape->dims[i])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "one subscript stands for dimensions of %" G_GINT64_FORMAT " and %"
                       G_GINT64_FORMAT, *size, shape->dims[i]);
          return FALSE;
        }
      if (*size == -1 || *size == 1)
        *size = shape->dims[i];
    }

  return TRUE;
}

static gboolean
sizes_of_inputs (const QsLayer *layer,
                 gint64        *sizes,
                 GError       **error)
{
  const QsEinsumAttributes *attributes = layer->attributes;

  for (int i = 0; i < N_LABELS; i++)
    sizes[i] = -1;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *x = qs_layer_require_input (layer, i, error);

      if (x == NULL || !collect_sizes (i == 0 ? &attributes->first : &attributes->second, &x->shape,
                                       sizes, error))
        return FALSE;
    }

  return TRUE;
}

/* Inference comes first for a plan's layers: labels are positions in an array. */
static gboolean
check_labels (const QsEinsumAttributes *attributes,
              GError                  **error)
{
  if (attributes->output.n > QS_MAX_DIMS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "the output has %d subscripts",
                   attributes->output.n);
      return FALSE;
    }

  for (int i = 0; i < attributes->output.n; i++)
    if (!qs_ints_contain (&attributes->first, attributes->output.v[i]) &&
        !qs_ints_contain (&attributes->second, attributes->output.v[i]))
      {
        g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "subscript %d of the output is in no input",
                     i);
        return FALSE;
      }

  return qs_ints_check_range (&attributes->first, "the first list of subscripts", 0, N_LABELS - 1,
                              error) &&
         qs_ints_check_range (&attributes->second, "the second list of subscripts", 0,
                              N_LABELS - 1, error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsEinsumAttributes *attributes = layer->attributes;
  QsShape shape = { .n_dims = attributes->output.n };
  gint64 sizes[N_LABELS];

  if (!check_labels (attributes, error) || !sizes_of_inputs (layer, sizes, error))
    return FALSE;

  for (int i = 0; i < shape.n_dims; i++)
    shape.dims[i] = sizes[attributes->output.v[i]];
  return qs_layer_set_output (layer, 0, qs_layer_get_input (layer, 0)->type, &shape, error);
}

/* Labels that are summed: in the inputs, but not in the output. */
static int
list_summed (const QsEinsumAttributes *attributes,
             QsInts                   *summed)
{
  const QsInts *inputs[] = { &attributes->first, &attributes->second };

  summed->n = 0;
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < inputs[k]->n; i++)
      if (!qs_ints_contain (&attributes->output, inputs[k]->v[i]) &&
          !qs_ints_contain (summed, inputs[k]->v[i]))
        summed->v[summed->n++] = inputs[k]->v[i];

  return summed->n;
}

/* Strides of a view along @wanted labels. A label that is there twice means the diagonal. */
static void
strides_along (const QsInts *labels,
               const QsView *view,
               const QsInts *wanted,
               gint64       *strides)
{
  for (int i = 0; i < wanted->n; i++)
    {
      strides[i] = 0;
      for (int k = 0; k < labels->n; k++)
        if (labels->v[k] == wanted->v[i] && view->shape.dims[k] != 1)
          strides[i] += view->strides[k];
    }
}

static void
add_walk (QsWalk       *walk,
          const QsInts *labels,
          const QsView *view,
          const QsInts *wanted)
{
  gint64 strides[QS_MAX_INTS];

  strides_along (labels, view, wanted, strides);
  qs_walk_add (walk, strides);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsEinsumAttributes *attributes = layer->attributes;
  gboolean two = layer->inputs->len > 1;
  gint64 sizes[N_LABELS];
  QsInts summed;
  QsShape inner = { .n_dims = list_summed (attributes, &summed) };
  QsWalk outer, walk;

  if (!sizes_of_inputs (layer, sizes, error))
    return FALSE;
  for (int i = 0; i < inner.n_dims; i++)
    inner.dims[i] = sizes[summed.v[i]];

  qs_walk_init (&outer, &outputs[0].shape);
  qs_walk_add (&outer, outputs[0].strides);
  add_walk (&outer, &attributes->first, &inputs[0], &attributes->output);
  if (two)
    add_walk (&outer, &attributes->second, &inputs[1], &attributes->output);

  for (; !outer.done; qs_walk_next (&outer))
    {
      gboolean is_float = qs_data_type_is_float (outputs[0].type);
      double sum = 0.0;
      guint64 int_sum = 0;

      qs_walk_init (&walk, &inner);
      add_walk (&walk, &attributes->first, &inputs[0], &summed);
      if (two)
        add_walk (&walk, &attributes->second, &inputs[1], &summed);
      for (; !walk.done; qs_walk_next (&walk))
        {
          gint64 a = outer.offset[1] + walk.offset[0];
          gint64 b = two ? outer.offset[2] + walk.offset[1] : 0;

          if (is_float)
            sum += qs_view_get_number (&inputs[0], a) *
                   (two ? qs_view_get_number (&inputs[1], b) : 1.0);
          else
            int_sum += (guint64) qs_view_get_int (&inputs[0], a) *
                       (two ? (guint64) qs_view_get_int (&inputs[1], b) : 1);
        }
      if (is_float)
        qs_view_set_number (&outputs[0], outer.offset[0], sum);
      else
        qs_view_set_int (&outputs[0], outer.offset[0], (gint64) int_sum);
    }

  return TRUE;
}

static double
count_steps (const QsLayer *layer)
{
  gint64 sizes[N_LABELS];
  double steps = 1.0;

  if (!sizes_of_inputs (layer, sizes, NULL))
    return 0.0;

  for (int i = 0; i < N_LABELS; i++)
    if (sizes[i] >= 0)
      steps *= (double) sizes[i];
  return steps;
}

static gboolean
bad_equation (const char *equation,
              GError    **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "the equation “%s” is not one of one or two tensors and at most %d dimensions",
               equation, QS_MAX_DIMS);
  return FALSE;
}

/* @n_dims: rank of the tensor, which says how many axes the ellipsis stands for; for the output,
 * the number of letters and ellipsis axes. */
static gboolean
read_term (const char *term,
           int         n_dims,
           QsInts     *labels)
{
  int n_letters = 0;
  int rest;

  for (const char *c = term; *c != '\0'; c++)
    n_letters += g_ascii_isalpha (*c);
  rest = n_dims - n_letters;

  labels->n = 0;
  for (const char *c = term; *c != '\0'; c++)
    {
      if (g_str_has_prefix (c, "..."))
        {
          for (int i = 0; i < rest && labels->n < QS_MAX_DIMS; i++)
            labels->v[labels->n++] = N_LABELS - rest + i;
          c += 2;
          continue;
        }
      if (!g_ascii_isalpha (*c) || labels->n >= QS_MAX_DIMS)
        return FALSE;
      labels->v[labels->n++] = g_ascii_islower (*c) ? *c - 'a' : *c - 'A' + 26;
    }

  return rest >= 0 && labels->n == n_dims;
}

/* Without an arrow the output is the ellipsis and, in alphabetical order, the letters that come
 * once. Capitals go before small letters, as in ASCII. */
static void
implicit_output (QsEinsumAttributes *attributes)
{
  int counts[N_LABELS] = { 0 };
  QsInts *output = &attributes->output;

  for (int i = 0; i < attributes->first.n; i++)
    counts[attributes->first.v[i]]++;
  for (int i = 0; i < attributes->second.n; i++)
    counts[attributes->second.v[i]]++;

  output->n = 0;
  for (int i = FIRST_ELLIPSIS; i < N_LABELS; i++)
    if (counts[i] > 0)
      output->v[output->n++] = i;
  for (int i = 0; i < 52; i++)
    {
      int label = i < 26 ? i + 26 : i - 26;

      if (counts[label] == 1 && output->n < QS_MAX_INTS)
        output->v[output->n++] = label;
    }
}

static int
ellipsis_axes (const QsEinsumAttributes *attributes)
{
  int n = 0;

  for (int i = FIRST_ELLIPSIS; i < N_LABELS; i++)
    n += qs_ints_contain (&attributes->first, i) || qs_ints_contain (&attributes->second, i);

  return n;
}

static gboolean
read_output (const char         *term,
             QsEinsumAttributes *attributes)
{
  int n = strstr (term, "...") != NULL ? ellipsis_axes (attributes) : 0;

  for (const char *c = term; *c != '\0'; c++)
    n += g_ascii_isalpha (*c);
  if (n > QS_MAX_DIMS || !read_term (term, n, &attributes->output))
    return FALSE;

  for (int i = 0; i < n; i++)
    {
      gint64 label = attributes->output.v[i];

      if (!qs_ints_contain (&attributes->first, label) &&
          !qs_ints_contain (&attributes->second, label))
        return FALSE;
      for (int k = 0; k < i; k++)
        if (attributes->output.v[k] == label)
          return FALSE;
    }

  return TRUE;
}

static gboolean
read_equation (const char         *equation,
               QsTensor          **inputs,
               guint               n_inputs,
               QsEinsumAttributes *attributes,
               GError            **error)
{
  g_autofree char *text = g_strdup (equation);
  g_auto (GStrv) sides = NULL;
  g_auto (GStrv) terms = NULL;
  QsInts *labels[] = { &attributes->first, &attributes->second };
  QsInts summed;
  char *to = text;

  for (const char *c = equation; *c != '\0'; c++)
    if (*c != ' ')
      *to++ = *c;
  *to = '\0';

  sides = g_strsplit (text, "->", 3);
  terms = g_strsplit (sides[0] != NULL ? sides[0] : "", ",", -1);
  if (g_strv_length (terms) != n_inputs || g_strv_length (sides) > 2)
    return bad_equation (equation, error);

  for (guint i = 0; i < n_inputs; i++)
    if (!read_term (terms[i], inputs[i]->shape.n_dims, labels[i]))
      return bad_equation (equation, error);

  if (sides[1] == NULL)
    implicit_output (attributes);
  else if (!read_output (sides[1], attributes))
    return bad_equation (equation, error);

  return (attributes->output.n <= QS_MAX_DIMS && list_summed (attributes, &summed) <= QS_MAX_DIMS) ||
         bad_equation (equation, error);
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsEinsumAttributes attributes = { { 0 } };
  guint n = qs_onnx_node_get_n_inputs (node);
  g_autofree char *equation = NULL;
  QsTensor *inputs[2] = { NULL };

  if (!qs_onnx_node_get_string (node, "equation", "", &equation, error))
    return FALSE;
  if (n < 1 || n > 2)
    return bad_equation (equation, error);

  for (guint i = 0; i < n; i++)
    {
      inputs[i] = qs_importer_require_input (importer, node, i, error);
      if (inputs[i] == NULL)
        return FALSE;
    }

  return read_equation (equation, inputs, n, &attributes, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_EINSUM, &attributes, inputs, n, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_einsum[] = {
  { QS_LAYER_EINSUM, "Einsum", QS_PLACEMENT_FLOAT, sizeof (QsEinsumAttributes), fields, infer,
    evaluate, .count_steps = count_steps },
  { .name = NULL },
};

const QsOperator qs_operators_einsum[] = {
  { "Einsum", 12, 0, 0, parse },
  { .op_type = NULL },
};
