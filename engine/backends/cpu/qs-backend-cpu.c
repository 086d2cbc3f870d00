/* SPDX-License-Identifier: MIT */
#include "backends/qs-backend-table.h"

#include "qs-cpu-kernel.h"

/* The families; for every kind of layer the best kernel comes first. */
static const QsKernel *const families[] = {
  qs_cpu_depthwise_kernels,
  qs_cpu_grouped_kernels,
  qs_cpu_convolution_kernels,
  qs_cpu_convolution_pooling_kernels,
  qs_cpu_deconvolution_kernels,
  qs_cpu_matrix_multiply_kernels,
  qs_cpu_matrix_multiply_dynamic_kernels,
  qs_cpu_moving_kernels,
  qs_cpu_pointwise_kernels,
  qs_cpu_pooling_kernels,
  qs_cpu_resize_kernels,
  qs_cpu_row_kernels,
  qs_cpu_selecting_kernels,
};

/* “cpu_conv_f32_avx2” */
static char *
full_name (const char *name,
           QsCpuLevel  level)
{
  char *full = g_strdup_printf ("cpu_%s_%s", name, qs_cpu_level_id (level));

  return g_strdelimit (full, "-", '_');
}

static GPtrArray *
make_kernels (const QsCpuFunctions *functions)
{
  GPtrArray *kernels = g_ptr_array_new ();

  for (gsize i = 0; functions != NULL && i < G_N_ELEMENTS (families); i++)
    for (const QsKernel *kernel = families[i]; kernel->name != NULL; kernel++)
      {
        QsCpuKernel *copy = g_new0 (QsCpuKernel, 1);

        copy->base = *kernel;
        copy->base.name = full_name (kernel->name, functions->level);
        copy->functions = functions;
        g_ptr_array_add (kernels, copy);
      }

  return kernels;
}

/**
 * qs_cpu_get_kernels:
 *
 * The kernels of one level, made once and kept until the program ends.
 */
const QsKernel *const *
qs_cpu_get_kernels (QsCpuLevel  level,
                    guint      *n)
{
  static GPtrArray *tables[QS_N_CPU_LEVELS];
  static GMutex mutex;

  g_mutex_lock (&mutex);
  if (tables[level] == NULL)
    tables[level] = make_kernels (qs_cpu_functions_get (level));
  g_mutex_unlock (&mutex);

  *n = tables[level]->len;
  return (const QsKernel *const *) tables[level]->pdata;
}

/* The chosen level, or the next lower one that the compiler could make. */
static QsCpuLevel
usable_level (void)
{
  int level = qs_cpu_level_get ();

  while (level > QS_CPU_PORTABLE && qs_cpu_functions_get (level) == NULL)
    level--;

  return level;
}

static const QsKernel *const *
get_kernels (guint *n)
{
  return qs_cpu_get_kernels (usable_level (), n);
}

static char *
get_device_name (void)
{
  const char *level = qs_cpu_level_name (usable_level ());
  const guint n = g_get_num_processors ();

  return n == 1 ? g_strdup_printf ("%s, one processor", level)
                : g_strdup_printf ("%s, %u processors", level, n);
}

static const QsFp16Functions *
get_fp16 (void)
{
  return &qs_cpu_functions_get (usable_level ())->fp16;
}

const QsBackend qs_backend_cpu = {
  .id = "cpu",
  .name = "CPU",
  .get_kernels = get_kernels,
  .get_device_name = get_device_name,
  .get_fp16 = get_fp16,
  .emulates_fp16 = TRUE,
};
