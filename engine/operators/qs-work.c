/* SPDX-License-Identifier: MIT */
#include "qs-work.h"

#include "qs-op-convolution-pooling.h"
#include "qs-op-matrix-multiply.h"

static double
count_elements (const QsTensor *tensor)
{
  return tensor != NULL ? (double) qs_shape_n_elements (&tensor->shape) : 0.0;
}

/* Products of one filter: its weights but for the axis that counts the filters. */
static double
filter_size (const QsTensor *weights)
{
  return count_elements (weights) / (double) MAX (1, weights->shape.dims[0]);
}

static double
convolution (const QsLayer *layer)
{
  return 2.0 * count_elements (qs_layer_get_output (layer, 0))
         * filter_size (qs_layer_get_input (layer, QS_INPUT_WEIGHTS));
}

/* Every element of the input meets the filters of its channel, [C][K / groups][…]. */
static double
deconvolution (const QsLayer *layer)
{
  return 2.0 * count_elements (qs_layer_get_input (layer, QS_INPUT_X))
         * filter_size (qs_layer_get_input (layer, QS_INPUT_WEIGHTS));
}

static double
matrix_multiply (const QsLayer *layer)
{
  QsMatrixGeometry geometry;

  if (!qs_matrix_geometry_init (&geometry, layer->attributes,
                                &qs_layer_get_input (layer, 0)->shape,
                                &qs_layer_get_input (layer, 1)->shape, NULL))
    return 0.0;

  return 2.0 * (double) qs_shape_n_elements (&geometry.batch) * (double) geometry.m
         * (double) geometry.n * (double) geometry.k;
}

static double
convolution_pooling (const QsLayer *layer)
{
  g_autoptr (QsNetwork) parts = qs_convolution_pooling_split (layer, QS_FORMAT_LINEAR, NULL);
  double n = 0.0;

  for (guint i = 0; parts != NULL && i < parts->layers->len; i++)
    n += qs_layer_count_operations (g_ptr_array_index (parts->layers, i));
  return n;
}

static double
largest_tensor (const QsLayer *layer)
{
  double n = 0.0;

  for (guint i = 0; i < layer->inputs->len; i++)
    n = MAX (n, count_elements (qs_layer_get_input (layer, i)));
  for (guint i = 0; i < layer->outputs->len; i++)
    n = MAX (n, count_elements (qs_layer_get_output (layer, i)));
  return n;
}

static gboolean
only_moves (const QsLayer *layer)
{
  return layer->klass->placement == QS_PLACEMENT_HOST || layer->klass->kind == QS_LAYER_REFORMAT
         || (layer->klass->placement == QS_PLACEMENT_COMMUTES
             && layer->klass->count_steps == NULL);
}

typedef double (*CountFunc) (const QsLayer *layer);

static const struct
{
  QsLayerKind kind;
  CountFunc count;
} sums[] = {
  { QS_LAYER_CONVOLUTION, convolution },
  { QS_LAYER_CONVOLUTION_POOLING, convolution_pooling },
  { QS_LAYER_DECONVOLUTION, deconvolution },
  { QS_LAYER_MATRIX_MULTIPLY, matrix_multiply },
};

/**
 * qs_layer_count_operations:
 * @self: a layer whose shapes are known
 *
 * The arithmetic of a layer, as the speed of kernels is usually told: a product that is added to a
 * sum counts as two operations, whether or not it falls on padding, so a convolution has
 * 2 N K P Q (C / groups) R S of them and a matrix product 2 M N K. The window of a pooling counts one
 * operation per element, every other layer that computes one per element of its largest tensor, and
 * a layer that only moves elements none. Bias, residual and activation of a weighted layer are not
 * counted.
 */
double
qs_layer_count_operations (const QsLayer *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sums); i++)
    if (sums[i].kind == self->klass->kind)
      return sums[i].count (self);

  if (only_moves (self))
    return 0.0;
  if (self->klass->count_steps != NULL)
    return self->klass->count_steps (self);
  return largest_tensor (self);
}

static double
count_tensor_bytes (const QsTensor *tensor)
{
  return tensor != NULL ? count_elements (tensor) * (double) qs_data_type_size (tensor->type) : 0.0;
}

/**
 * qs_layer_count_bytes:
 * @self: a layer whose shapes are known
 *
 * What a layer must at least read and write: its inputs, constants among them, and its outputs, each
 * of them once.
 */
double
qs_layer_count_bytes (const QsLayer *self)
{
  double n = 0.0;

  for (guint i = 0; i < self->inputs->len; i++)
    n += count_tensor_bytes (qs_layer_get_input (self, i));
  for (guint i = 0; i < self->outputs->len; i++)
    n += count_tensor_bytes (qs_layer_get_output (self, i));
  return n;
}
