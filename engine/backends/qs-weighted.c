/* SPDX-License-Identifier: MIT */
#include "qs-weighted.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/qs-error.h"
#include "numerics/qs-int8.h"
#include "qs-fp16.h"

#define ALIGNMENT 64

/* Large weights start with a page of this size and are asked for in such pages: they stream by, and the
 * tables of small pages would take their share of the time. */
#define HUGE_PAGE (2 << 20)

static gboolean
refuse (const char **reason,
        const char  *why)
{
  if (reason != NULL)
    *reason = why;
  return FALSE;
}

static gboolean
is_constant_of (const QsTensor *tensor,
                QsDataType      type)
{
  return tensor != NULL && tensor->value != NULL &&
         qs_host_tensor_get_data_type (tensor->value) == type;
}

static gboolean
is_float (QsDataType type,
          gboolean   takes_fp16)
{
  return type == QS_DATA_TYPE_FLOAT || (takes_fp16 && type == QS_DATA_TYPE_FLOAT16);
}

/**
 * qs_weighted_supports_bias:
 * @takes_fp16: whether it may be float16
 *
 * Whether the bias, if there is one, is a constant with one value per output channel.
 */
gboolean
qs_weighted_supports_bias (const QsLayer  *layer,
                           gint64          n_outputs,
                           gboolean        takes_fp16,
                           const char    **reason)
{
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  int n_dims;

  if (bias == NULL)
    return TRUE;
  if (bias->value == NULL || !is_float (bias->type, takes_fp16))
    return refuse (reason, "the bias is not a float constant");

  n_dims = bias->shape.n_dims;
  if (qs_shape_n_elements (&bias->shape) != n_outputs ||
      (n_dims > 0 && bias->shape.dims[n_dims - 1] != n_outputs))
    return refuse (reason, "the bias has not one value per output channel");
  return TRUE;
}

static gboolean
supports_residual (const QsLayer  *layer,
                   QsPrecision     precision,
                   gboolean        takes_fp16,
                   const char    **reason)
{
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const QsTensor *output = qs_layer_get_output (layer, 0);

  if (residual == NULL)
    return TRUE;
  if (!qs_shape_equal (&residual->shape, &output->shape))
    return refuse (reason, "the residual has another shape than the output");
  if (is_float (residual->type, takes_fp16))
    return TRUE;
  if (precision != QS_PRECISION_INT8 || residual->type != QS_DATA_TYPE_INT8)
    return refuse (reason, "the residual's type does not fit");
  if (!(residual->scale > 0.0f))
    return refuse (reason, "the residual has no scale");
  return TRUE;
}

static gboolean
supports_int8 (const QsLayer  *layer,
               gint64          n_products,
               gint64          n_outputs,
               gboolean        takes_fp16,
               const char    **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const QsHostTensor *scales = layer->weight_scales;

  if (x->type != QS_DATA_TYPE_INT8)
    return refuse (reason, "the input is not INT8");
  if (!(x->scale > 0.0f))
    return refuse (reason, "the input has no scale");
  if (!is_constant_of (qs_layer_get_input (layer, QS_INPUT_WEIGHTS), QS_DATA_TYPE_INT8))
    return refuse (reason, "the weights are not an INT8 constant");
  if (scales == NULL || qs_host_tensor_get_data_type (scales) != QS_DATA_TYPE_FLOAT ||
      (qs_host_tensor_get_n_elements (scales) != n_outputs &&
       qs_host_tensor_get_n_elements (scales) != 1))
    return refuse (reason, "the weights have not one scale per output channel");
  if (n_products > QS_INT8_MAX_K)
    return refuse (reason, "the sums have more products than int32 can hold exactly");
  if (y->type == QS_DATA_TYPE_INT8 ? !(y->scale > 0.0f) : !is_float (y->type, takes_fp16))
    return refuse (reason, "the output is neither INT8 with a scale nor float");
  return TRUE;
}

static gboolean
supports_float (const QsLayer  *layer,
                QsDataType      type,
                const char    **reason)
{
  const gboolean is_fp16 = type == QS_DATA_TYPE_FLOAT16;

  if (qs_layer_get_input (layer, QS_INPUT_X)->type != type)
    return refuse (reason, is_fp16 ? "the input is not float16" : "the input is not float");
  if (!is_constant_of (qs_layer_get_input (layer, QS_INPUT_WEIGHTS), type))
    return refuse (reason, is_fp16 ? "the weights are not a float16 constant"
                                   : "the weights are not a float constant");
  if (!is_float (qs_layer_get_output (layer, 0)->type, is_fp16))
    return refuse (reason, "the output is not float");
  return TRUE;
}

/**
 * qs_weighted_supports:
 * @n_products: products that are summed for one output
 * @n_outputs: output channels
 * @takes_fp16: whether an INT8 kernel reads and writes float16 where it reads and writes float32;
 *   kernels of FP16 do
 *
 * Whether types, scales, bias and residual of a weighted layer are those that @kernel expects.
 */
gboolean
qs_weighted_supports (const QsKernel  *kernel,
                      const QsLayer   *layer,
                      gint64           n_products,
                      gint64           n_outputs,
                      gboolean         takes_fp16,
                      const char     **reason)
{
  gboolean types = FALSE;

  if (kernel->precision == QS_PRECISION_INT8)
    types = supports_int8 (layer, n_products, n_outputs, takes_fp16, reason);
  else
    {
      takes_fp16 = kernel->precision == QS_PRECISION_FP16;
      types = supports_float (layer, takes_fp16 ? QS_DATA_TYPE_FLOAT16 : QS_DATA_TYPE_FLOAT, reason);
    }

  return types && qs_weighted_supports_bias (layer, n_outputs, takes_fp16, reason) &&
         supports_residual (layer, kernel->precision, takes_fp16, reason);
}

/**
 * qs_kernel_alloc:
 *
 * Zeroed memory, aligned to 64 bytes, to be freed with free().
 *
 * Errors: too little memory.
 */
gpointer
qs_kernel_alloc (gsize    size,
                 GError **error)
{
  const gsize alignment = size >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  const gsize rounded = (MAX (size, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  gpointer memory = NULL;

  if (posix_memalign (&memory, alignment, rounded) != 0)
    memory = NULL;
  else if (size >= HUGE_PAGE)
    madvise (memory, rounded, MADV_HUGEPAGE); /* a wish; what comes of it doesn't matter */
  if (memory == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "there is no memory for %" G_GSIZE_FORMAT " bytes", size);
  else
    memset (memory, 0, size);

  return memory;
}

/* Copies values per output channel to where the panels of their group have them. */
static float *
spread (const float  *values,
        gint64        step,
        float         factor,
        gint64        n_groups,
        gint64        n_columns,
        gint64        n_padded,
        GError      **error)
{
  float *spread = qs_kernel_alloc (n_groups * n_padded * sizeof (float), error);

  if (spread != NULL && values != NULL)
    for (gint64 g = 0; g < n_groups; g++)
      for (gint64 j = 0; j < n_columns; j++)
        spread[g * n_padded + j] = factor * values[(g * n_columns + j) * step];

  return spread;
}

/**
 * qs_weighted_bias:
 * @beta: what the bias is multiplied by
 * @bias: (out): bias per column, zero where there is none, to be freed with free()
 */
gboolean
qs_weighted_bias (const QsLayer  *layer,
                  gint64          n_groups,
                  gint64          n_columns,
                  gint64          n_padded,
                  float           beta,
                  float         **bias,
                  GError        **error)
{
  const QsTensor *b = qs_layer_get_input (layer, QS_INPUT_BIAS);
  const gboolean is_fp16 = b != NULL && b->type == QS_DATA_TYPE_FLOAT16;
  g_autoptr (QsHostTensor) wide = is_fp16 ? qs_fp16_widen (b->value, error) : NULL;
  const QsHostTensor *value = is_fp16 ? wide : b != NULL ? b->value : NULL;

  *bias = NULL;
  if (is_fp16 && wide == NULL)
    return FALSE;

  *bias = spread (value != NULL ? qs_host_tensor_get_floats (value) : NULL, 1, beta, n_groups,
                  n_columns, n_padded, error);
  return *bias != NULL;
}

/**
 * qs_weighted_parameters:
 * @beta: what the bias is multiplied by
 * @multiplier: (out): s_x * s_w per column of an INT8 layer, %NULL for FP32
 * @bias: (out): bias per column, zero where there is none
 *
 * The epilogue's arrays, to be freed with free().
 */
gboolean
qs_weighted_parameters (const QsLayer  *layer,
                        gint64          n_groups,
                        gint64          n_columns,
                        gint64          n_padded,
                        float           beta,
                        float         **multiplier,
                        float         **bias,
                        GError        **error)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);

  if (!qs_weighted_bias (layer, n_groups, n_columns, n_padded, beta, bias, error))
    return FALSE;
  if (x->type != QS_DATA_TYPE_INT8)
    return TRUE;

  *multiplier = spread (qs_host_tensor_get_floats (layer->weight_scales),
                        qs_host_tensor_get_n_elements (layer->weight_scales) == 1 ? 0 : 1,
                        x->scale, n_groups, n_columns, n_padded, error);
  return *multiplier != NULL;
}

/**
 * qs_view_get_row_stride:
 * @view: channels last
 *
 * Elements from a pixel's channels to the next one's: the channels, or those of a wider tensor that
 * @view is a part of.
 */
gint64
qs_view_get_row_stride (const QsView *view)
{
  for (int i = view->shape.n_dims - 1; i > 1; i--)
    if (view->shape.dims[i] != 1)
      return view->strides[i];

  return view->shape.dims[0] != 1 ? view->strides[0] : view->shape.dims[1];
}

/* Whether the channels lie together and the pixels follow each other, if further apart. */
static gboolean
is_rows (const QsView *view)
{
  const gint64 channels = view->shape.n_dims >= 3 ? view->shape.dims[1] : 0;
  const gint64 stride = channels > 0 ? qs_view_get_row_stride (view) : 0;
  QsView dense;

  if (stride < channels || channels == 0 || (channels != 1 && view->strides[1] != 1))
    return FALSE;

  qs_view_init (&dense, view->type, QS_FORMAT_HWC, &view->shape, NULL);
  for (int i = 0; i < view->shape.n_dims; i++)
    if (i != 1 && view->shape.dims[i] != 1 &&
        view->strides[i] != dense.strides[i] / channels * stride)
      return FALSE;

  return TRUE;
}

static gboolean
is_dense (const QsView *view,
          QsFormat      format)
{
  QsView dense;

  qs_view_init (&dense, view->type, format, &view->shape, NULL);
  for (int i = 0; i < view->shape.n_dims; i++)
    if (view->shape.dims[i] != 1 && view->strides[i] != dense.strides[i])
      return FALSE;

  return TRUE;
}

static gboolean
check_view (const QsLayer   *layer,
            const QsTensor  *tensor,
            const QsView    *view,
            QsFormat         format,
            gboolean         rows,
            GError         **error)
{
  /* Constants are laid out as in the model; kernels packed them before. */
  if (tensor == NULL || tensor->value != NULL || view->data == NULL || is_dense (view, format) ||
      (rows && format == QS_FORMAT_HWC && is_rows (view)))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_FAILED,
               "%s %s: the memory layout of tensor %s is not %s", layer->klass->name, layer->name,
               tensor->name, qs_format_name (format));
  return FALSE;
}

/**
 * qs_kernel_check_views:
 *
 * Whether all activations are dense in the layout of kernel @self, or rows of wider tensors where
 * its flags allow that.
 *
 * Errors: %QS_ERROR_FAILED naming layer and tensor.
 */
gboolean
qs_kernel_check_views (const QsKernel     *self,
                       const QsLayer      *layer,
                       const QsExecution  *execution,
                       GError            **error)
{
  for (guint i = 0; i < execution->n_inputs; i++)
    if (!check_view (layer, qs_layer_get_input (layer, i), &execution->inputs[i], self->format,
                     (self->memory & QS_KERNEL_STRIDED_INPUTS) != 0, error))
      return FALSE;
  for (guint i = 0; i < execution->n_outputs; i++)
    if (!check_view (layer, qs_layer_get_output (layer, i), &execution->outputs[i], self->format,
                     (self->memory & QS_KERNEL_STRIDED_OUTPUTS) != 0, error))
      return FALSE;

  return TRUE;
}
