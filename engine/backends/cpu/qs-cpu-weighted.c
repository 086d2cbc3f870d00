/* SPDX-License-Identifier: MIT */
#include "qs-cpu-weighted.h"

#include "qs-cpu-kernel.h"
#include "qs-cpu-range.h"

/* Elements that one thread converts at a time. */
#define CONVERT_CHUNK 16384

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
 * qs_cpu_weighted_spread:
 *
 * Output and residual may be rows of wider tensors, channels last.
 */
void
qs_cpu_weighted_spread (const QsExecution *execution,
                        QsCpuEpilogue     *epilogue)
{
  epilogue->row_stride = qs_view_get_row_stride (&execution->outputs[0]);
  if (epilogue->residual != NULL)
    epilogue->residual_row_stride = qs_view_get_row_stride (&execution->inputs[QS_INPUT_RESIDUAL]);
}

const QsCpuProductFuncs *
qs_cpu_choose_product (const QsKernel *kernel,
                       const QsLayer  *layer)
{
  const QsCpuFunctions *functions = qs_cpu_kernel_functions (kernel);

  if (kernel->precision != QS_PRECISION_INT8)
    return functions->product_f32;
  return qs_cpu_is_non_negative (qs_layer_get_input (layer, QS_INPUT_X)) ? functions->product_u7
                                                                          : functions->product_s8;
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
