/* SPDX-License-Identifier: MIT */
#include "qs-cpu-weighted.h"

#include "backends/qs-int8.h"
#include "core/qs-error.h"
#include "qs-cpu-kernel.h"

/* Elements that one thread converts at a time. */
#define CONVERT_CHUNK 16384

static gboolean
is_constant_of (const QsTensor *tensor,
                QsDataType      type)
{
  return tensor != NULL && tensor->value != NULL
         && qs_host_tensor_get_data_type (tensor->value) == type;
}

/**
 * qs_cpu_weighted_supports_bias:
 *
 * Whether the bias, if there is one, is a constant with one value per output channel.
 */
gboolean
qs_cpu_weighted_supports_bias (const QsLayer  *layer,
                               gint64          n_outputs,
                               const char    **reason)
{
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  int n_dims;

  if (bias == NULL)
    return TRUE;
  if (!is_constant_of (bias, QS_DATA_TYPE_FLOAT))
    return qs_cpu_refuse (reason, "the bias is not a float constant");

  n_dims = bias->shape.n_dims;
  if (qs_shape_n_elements (&bias->shape) != n_outputs
      || (n_dims > 0 && bias->shape.dims[n_dims - 1] != n_outputs))
    return qs_cpu_refuse (reason, "the bias has not one value per output channel");
  return TRUE;
}

static gboolean
supports_residual (const QsLayer  *layer,
                   QsPrecision     precision,
                   const char    **reason)
{
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const QsTensor *output = qs_layer_get_output (layer, 0);

  if (residual == NULL)
    return TRUE;
  if (!qs_shape_equal (&residual->shape, &output->shape))
    return qs_cpu_refuse (reason, "the residual has another shape than the output");
  if (residual->type == QS_DATA_TYPE_FLOAT)
    return TRUE;
  if (precision != QS_PRECISION_INT8 || residual->type != QS_DATA_TYPE_INT8)
    return qs_cpu_refuse (reason, "the residual's type does not fit");
  if (!(residual->scale > 0.0f))
    return qs_cpu_refuse (reason, "the residual has no scale");
  return TRUE;
}

static gboolean
supports_int8 (const QsLayer  *layer,
               gint64          n_products,
               gint64          n_outputs,
               const char    **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const QsHostTensor *scales = layer->weight_scales;

  if (x->type != QS_DATA_TYPE_INT8)
    return qs_cpu_refuse (reason, "the input is not INT8");
  if (!(x->scale > 0.0f))
    return qs_cpu_refuse (reason, "the input has no scale");
  if (!is_constant_of (qs_layer_get_input (layer, QS_INPUT_WEIGHTS), QS_DATA_TYPE_INT8))
    return qs_cpu_refuse (reason, "the weights are not an INT8 constant");
  if (scales == NULL || qs_host_tensor_get_data_type (scales) != QS_DATA_TYPE_FLOAT
      || (qs_host_tensor_get_n_elements (scales) != n_outputs
          && qs_host_tensor_get_n_elements (scales) != 1))
    return qs_cpu_refuse (reason, "the weights have not one scale per output channel");
  if (n_products > QS_INT8_MAX_K)
    return qs_cpu_refuse (reason, "the sums have more products than int32 can hold exactly");
  if (y->type == QS_DATA_TYPE_INT8 ? !(y->scale > 0.0f) : y->type != QS_DATA_TYPE_FLOAT)
    return qs_cpu_refuse (reason, "the output is neither INT8 with a scale nor float");
  return TRUE;
}

static gboolean
supports_fp32 (const QsLayer  *layer,
               const char    **reason)
{
  if (qs_layer_get_input (layer, QS_INPUT_X)->type != QS_DATA_TYPE_FLOAT)
    return qs_cpu_refuse (reason, "the input is not float");
  if (!is_constant_of (qs_layer_get_input (layer, QS_INPUT_WEIGHTS), QS_DATA_TYPE_FLOAT))
    return qs_cpu_refuse (reason, "the weights are not a float constant");
  if (qs_layer_get_output (layer, 0)->type != QS_DATA_TYPE_FLOAT)
    return qs_cpu_refuse (reason, "the output is not float");
  return TRUE;
}

/**
 * qs_cpu_weighted_supports:
 * @n_products: products that are summed for one output
 * @n_outputs: output channels
 *
 * Whether types, scales, bias and residual of a weighted layer are those that kernel @self expects.
 */
gboolean
qs_cpu_weighted_supports (const QsKernel  *self,
                          const QsLayer   *layer,
                          gint64           n_products,
                          gint64           n_outputs,
                          const char     **reason)
{
  gboolean types = self->precision == QS_PRECISION_INT8
                     ? supports_int8 (layer, n_products, n_outputs, reason)
                     : supports_fp32 (layer, reason);

  return types && qs_cpu_weighted_supports_bias (layer, n_outputs, reason)
         && supports_residual (layer, self->precision, reason);
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
  float *spread = qs_cpu_alloc (n_groups * n_padded * sizeof (float), error);

  if (spread != NULL && values != NULL)
    for (gint64 g = 0; g < n_groups; g++)
      for (gint64 j = 0; j < n_columns; j++)
        spread[g * n_padded + j] = factor * values[(g * n_columns + j) * step];

  return spread;
}

/**
 * qs_cpu_weighted_bias:
 * @beta: what the bias is multiplied by
 * @bias: (out): bias per column, zero where there is none, to be freed with free()
 */
gboolean
qs_cpu_weighted_bias (const QsLayer  *layer,
                      gint64          n_groups,
                      gint64          n_columns,
                      gint64          n_padded,
                      float           beta,
                      float         **bias,
                      GError        **error)
{
  const QsTensor *b = qs_layer_get_input (layer, QS_INPUT_BIAS);

  *bias = spread (b != NULL ? qs_host_tensor_get_floats (b->value) : NULL, 1, beta, n_groups,
                  n_columns, n_padded, error);
  return *bias != NULL;
}

/**
 * qs_cpu_weighted_parameters:
 * @beta: what the bias is multiplied by
 * @multiplier: (out): s_x * s_w per column of an INT8 layer, %NULL for FP32
 * @bias: (out): bias per column, zero where there is none
 *
 * The epilogue's arrays, to be freed with free().
 */
gboolean
qs_cpu_weighted_parameters (const QsLayer  *layer,
                            gint64          n_groups,
                            gint64          n_columns,
                            gint64          n_padded,
                            float           beta,
                            float         **multiplier,
                            float         **bias,
                            GError        **error)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);

  if (!qs_cpu_weighted_bias (layer, n_groups, n_columns, n_padded, beta, bias, error))
    return FALSE;
  if (x->type != QS_DATA_TYPE_INT8)
    return TRUE;

  *multiplier = spread (qs_host_tensor_get_floats (layer->weight_scales),
                        qs_host_tensor_get_n_elements (layer->weight_scales) == 1 ? 0 : 1,
                        x->scale, n_groups, n_columns, n_padded, error);
  return *multiplier != NULL;
}

/**
 * qs_cpu_weighted_epilogue:
 * @row_stride: channels of the output
 */
void
qs_cpu_weighted_epilogue (const QsLayer     *layer,
                          const QsExecution *execution,
                          const float       *multiplier,
                          const float       *bias,
                          gint64             row_stride,
                          QsCpuEpilogue     *epilogue)
{
  const QsView *y = &execution->outputs[0];

  *epilogue = (QsCpuEpilogue) {
    .integer = execution->inputs[QS_INPUT_X].type == QS_DATA_TYPE_INT8,
    .multiplier = multiplier,
    .bias = bias,
    .activation = layer->activation,
    .out = y->data,
    .out_type = y->type,
    .row_stride = row_stride,
    .residual_row_stride = row_stride,
  };

  if (y->type == QS_DATA_TYPE_INT8)
    epilogue->reciprocal = 1.0f / y->scale;
  if (execution->n_inputs > QS_INPUT_RESIDUAL
      && execution->inputs[QS_INPUT_RESIDUAL].data != NULL)
    {
      const QsView *residual = &execution->inputs[QS_INPUT_RESIDUAL];

      epilogue->residual = residual->data;
      epilogue->residual_type = residual->type;
      epilogue->residual_scale = residual->scale;
    }
}

/**
 * qs_cpu_row_stride:
 * @view: channels last
 *
 * Elements from a pixel's channels to the next one's: the channels, or those of a wider tensor that
 * @view is a part of.
 */
gint64
qs_cpu_row_stride (const QsView *view)
{
  for (int i = view->shape.n_dims - 1; i > 1; i--)
    if (view->shape.dims[i] != 1)
      return view->strides[i];

  return view->shape.dims[0] != 1 ? view->strides[0] : view->shape.dims[1];
}

/**
 * qs_cpu_weighted_spread:
 *
 * Output and residual may be rows of wider tensors, channels last.
 */
void
qs_cpu_weighted_spread (const QsExecution *execution,
                        QsCpuEpilogue     *epilogue)
{
  epilogue->row_stride = qs_cpu_row_stride (&execution->outputs[0]);
  if (epilogue->residual != NULL)
    epilogue->residual_row_stride = qs_cpu_row_stride (&execution->inputs[QS_INPUT_RESIDUAL]);
}

/* Whether the channels lie together and the pixels follow each other, if further apart. */
static gboolean
is_rows (const QsView *view)
{
  const gint64 channels = view->shape.n_dims >= 3 ? view->shape.dims[1] : 0;
  const gint64 stride = channels > 0 ? qs_cpu_row_stride (view) : 0;
  QsView dense;

  if (stride < channels || channels == 0 || (channels != 1 && view->strides[1] != 1))
    return FALSE;

  qs_view_init (&dense, view->type, QS_FORMAT_HWC, &view->shape, NULL);
  for (int i = 0; i < view->shape.n_dims; i++)
    if (i != 1 && view->shape.dims[i] != 1
        && view->strides[i] != dense.strides[i] / channels * stride)
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
  if (tensor == NULL || tensor->value != NULL || view->data == NULL || is_dense (view, format)
      || (rows && format == QS_FORMAT_HWC && is_rows (view)))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_FAILED,
               "%s %s: the memory layout of tensor %s is not %s", layer->klass->name, layer->name,
               tensor->name, qs_format_name (format));
  return FALSE;
}

/**
 * qs_cpu_check_views:
 *
 * Whether all activations are dense in the layout of kernel @self, or rows of wider tensors where
 * its flags allow that.
 *
 * Errors: %QS_ERROR_FAILED naming layer and tensor.
 */
gboolean
qs_cpu_check_views (const QsKernel     *self,
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

gsize
qs_cpu_left_bytes (const QsCpuProductFuncs *funcs,
                   gint64                   n)
{
  return funcs->left == QS_CPU_LEFT_AS_IS ? 0 : (n * funcs->left_size + 63) / 64 * 64;
}

typedef struct
{
  const QsCpuFunctions *functions;
  const QsCpuProductFuncs *funcs;
  const gint8 *from;
  guint8 *to;
} Convert;

static void
convert_items (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const Convert *convert = user_data;

  convert->functions->left (convert->funcs->left, convert->from + first,
                            convert->to + first * convert->funcs->left_size, last - first);
}

/**
 * qs_cpu_left_convert:
 * @input: (array length=n): INT8 or float values
 * @to: qs_cpu_left_bytes() bytes
 *
 * Returns: @input in the form that the product wants, at @to or as it is
 */
gconstpointer
qs_cpu_left_convert (const QsCpuFunctions    *functions,
                     const QsCpuProductFuncs *funcs,
                     gconstpointer            input,
                     gint64                   n,
                     gpointer                 to,
                     QsThreadPool            *pool)
{
  Convert convert = { functions, funcs, input, to };

  if (funcs->left == QS_CPU_LEFT_AS_IS)
    return input;

  qs_thread_pool_run (pool, n, CONVERT_CHUNK, convert_items, &convert);
  return to;
}
