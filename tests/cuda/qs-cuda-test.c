/* SPDX-License-Identifier: MIT */
#include "qs-cuda-test.h"

#include "backends/qs-fp16.h"

const QsActivation qs_cuda_test_activations[QS_N_ACTIVATIONS] = {
  { QS_ACTIVATION_NONE, 0, 0 },
  { QS_ACTIVATION_RELU, 0, 0 },
  { QS_ACTIVATION_CLIP, 0.0f, 6.0f },
  { QS_ACTIVATION_LEAKY_RELU, 0.1f, 0 },
  { QS_ACTIVATION_HARD_SIGMOID, 0.2f, 0.5f },
  { QS_ACTIVATION_HARD_SWISH, 0, 0 },
  { QS_ACTIVATION_SIGMOID, 0, 0 },
  { QS_ACTIVATION_TANH, 0, 0 },
  { QS_ACTIVATION_SILU, 0, 0 },
  { QS_ACTIVATION_GELU_ERF, 0, 0 },
  { QS_ACTIVATION_GELU_TANH, 0, 0 },
  { QS_ACTIVATION_ELU, 1.5f, 0 },
  { QS_ACTIVATION_SELU, 1.7f, 1.05f },
  { QS_ACTIVATION_SOFTPLUS, 1.0f, 1.0f },
  { QS_ACTIVATION_SOFTSIGN, 0, 0 },
  { QS_ACTIVATION_THRESHOLDED_RELU, 0.5f, 0 },
  { QS_ACTIVATION_CELU, 1.2f, 0 },
  { QS_ACTIVATION_MISH, 0, 0 },
  { QS_ACTIVATION_SHRINK, 0.5f, 0.2f },
};

QsPrecision
qs_cuda_test_precision (QsDataType type)
{
  return type == QS_DATA_TYPE_INT8      ? QS_PRECISION_INT8
         : type == QS_DATA_TYPE_FLOAT16 ? QS_PRECISION_FP16
                                        : QS_PRECISION_FP32;
}

QsHostTensor *
qs_cuda_test_values (QsRandom      *random,
                     QsDataType     type,
                     const QsShape *shape)
{
  g_autoptr (QsHostTensor) floats = NULL;
  QsFp16Rounding rounding = { 0 };
  float *values;

  if (type == QS_DATA_TYPE_INT8)
    return qs_random_tensor (random, type, shape, FALSE);

  floats = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, shape, NULL);
  values = qs_host_tensor_get_mutable (floats);
  for (gint64 i = 0; i < qs_shape_n_elements (shape); i++)
    values[i] = (float) qs_random_between (random, -16, 16) / 8.0f;
  return type == QS_DATA_TYPE_FLOAT ? g_steal_pointer (&floats)
                                    : qs_fp16_round (floats, &rounding, NULL);
}

QsHostTensor *
qs_cuda_test_scales (QsRandom *random,
                     gint64    n)
{
  const QsShape shape = qs_shape_make (1, (int) n);
  QsHostTensor *scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values = qs_host_tensor_get_mutable (scales);

  for (gint64 k = 0; k < n; k++)
    values[k] = qs_random_float (random, 0.001f, 0.02f);
  return scales;
}

void
qs_cuda_test_compare (QsCpuTest          *test,
                      const QsKernel     *kernel,
                      const QsHostTensor *expected,
                      const QsHostTensor *result,
                      QsKernelCheck      *check)
{
  const guint8 *a = qs_host_tensor_get_data (expected), *b = qs_host_tensor_get_data (result);
  const gsize size = qs_host_tensor_get_size (expected);
  g_autofree char *layer = NULL;
  gsize i = 0;

  g_assert_cmpuint (qs_host_tensor_get_size (result), ==, size);
  while (i < size && a[i] == b[i])
    i++;
  if (i == size)
    return;
  layer = qs_cpu_test_describe (test, kernel);
  qs_kernel_check_fail (check, "%s: byte %" G_GSIZE_FORMAT " is %d, but the reference has %d", layer,
                        i, b[i], a[i]);
}

void
qs_cuda_test_check (QsCpuTest          *test,
                    const QsCudaKernel *kernels,
                    QsFormat            format,
                    QsKernelCheck      *check)
{
  const QsPrecision precision = test->layer->precision;
  g_autoptr (GPtrArray) reference = qs_backend_find_kernels (
    qs_backend_lookup ("reference"), test->layer, precision, format, NULL);
  g_autoptr (QsHostTensor) expected =
    qs_cpu_test_run (test, g_ptr_array_index (reference, 0), format, 1);
  guint n = 0;

  for (const QsCudaKernel *row = kernels; row->base.name != NULL; row++)
    {
      g_autoptr (QsHostTensor) result = NULL;
      g_autoptr (GError) error = NULL;

      if (row->base.kind != test->layer->klass->kind || row->base.precision != precision ||
          !row->base.supports (&row->base, test->layer, NULL))
        continue;
      n++;
      qs_kernel_check_count (check, &row->base);
      result = qs_cpu_test_try_run (test, &row->base, format, 1, &error);
      if (result != NULL)
        qs_cuda_test_compare (test, &row->base, expected, result, check);
      else
        qs_kernel_check_fail (check, "%s", error->message);
    }
  if (n == 0)
    qs_kernel_check_fail (check, "%s", qs_cpu_test_describe (test, NULL));
}

void
qs_cuda_test_assert_tried (const QsCudaKernel *kernels,
                           QsPrecision         precision,
                           QsKernelCheck      *check)
{
  for (const QsCudaKernel *row = kernels; row->base.name != NULL; row++)
    if (row->base.precision == precision && !g_hash_table_contains (check->tried, row->base.name))
      g_error ("no layer is for %s", row->base.name);
}
