/* SPDX-License-Identifier: MIT */
#include "backends/qs-backend-table.h"
#include "backends/qs-fp16.h"
#include "qs-cuda-kernel.h"

static const QsCudaKernel *const families[] = {
  qs_cuda_convolution_kernels,
  qs_cuda_matrix_multiply_kernels,
  qs_cuda_moving_kernels,
  qs_cuda_picking_kernels,
  qs_cuda_pointwise_kernels,
  qs_cuda_hopper_kernels,
  qs_cuda_pooling_kernels,
  qs_cuda_row_kernels,
};

QsCudaType
qs_cuda_type (QsDataType type)
{
  return type == QS_DATA_TYPE_INT8      ? QS_CUDA_INT8
         : type == QS_DATA_TYPE_FLOAT16 ? QS_CUDA_HALF
                                        : QS_CUDA_FLOAT;
}

/* With 2^(s - 1) < d <= 2^s, the multiplier ceil (2^(31 + s) / d) fits into 32 bits, and what it is too
 * large by is too little to matter for n below 2^31. Kernels treat 1 by itself. */
QsCudaDivisor
qs_cuda_divisor (guint32 divisor)
{
  guint s = 1;

  while ((G_GUINT64_CONSTANT (1) << s) < divisor)
    s++;
  return (QsCudaDivisor) {
    .divisor = divisor,
    .multiplier = divisor > 1 ? ((G_GUINT64_CONSTANT (1) << (31 + s)) + divisor - 1) / divisor : 0,
    .shift = s - 1,
  };
}

gboolean
qs_cuda_refuse (const char **reason,
                const char  *why)
{
  if (reason != NULL)
    *reason = why;
  return FALSE;
}

static GPtrArray *
list_kernels (void)
{
  GPtrArray *kernels = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    for (const QsCudaKernel *kernel = families[i]; kernel->base.name != NULL; kernel++)
      g_ptr_array_add (kernels, (gpointer) kernel);
  return kernels;
}

static const QsKernel *const *
get_kernels (guint *n)
{
  static GPtrArray *kernels;

  if (g_once_init_enter (&kernels))
    g_once_init_leave (&kernels, list_kernels ());
  *n = kernels->len;
  return (const QsKernel *const *) kernels->pdata;
}

static char *
get_device_name (void)
{
  g_autoptr (GError) error = NULL;
  QsCudaDevice *device = qs_cuda_device_get (&error);

  return g_strdup (device != NULL ? qs_cuda_device_get_name (device) : error->message);
}

static char *
get_device_key (void)
{
  QsCudaDevice *device = qs_cuda_device_get (NULL);

  return g_strdup (device != NULL ? qs_cuda_device_get_key (device) : "none");
}

static QsDevice *
get_device (GError **error)
{
  QsCudaDevice *device = qs_cuda_device_get (error);

  return device != NULL ? qs_cuda_device_get_memory (device) : NULL;
}

static const QsFp16Functions *
get_fp16 (void)
{
  return &qs_fp16_portable;
}

const QsBackend qs_backend_cuda = {
  .id = "cuda",
  .name = "CUDA",
  .get_kernels = get_kernels,
  .get_device_name = get_device_name,
  .get_fp16 = get_fp16,
  .times_kernels = TRUE,
  .get_device_key = get_device_key,
  .get_device = get_device,
};
