/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "backends/qs-backend-table.h"
#include "backends/qs-fp16.h"
#include "core/qs-float16.h"
#include "operators/qs-operator.h"
#include "qs-cpu-test.h"

/* The layer with its floats rounded to float16: stored as such, or the same values as float32. */
static void
copy_layer (const QsCpuTest *from,
            gboolean         is_half,
            QsCpuTest       *to)
{
  g_autoptr (GError) error = NULL;
  QsFp16Rounding rounding = { 0 };

  qs_cpu_test_init (to, from->seed);
  for (guint i = 0; i < G_N_ELEMENTS (from->values); i++)
    {
      g_autofree char *name = g_strdup_printf ("input%u", i);
      const QsTensor *tensor = qs_network_find_tensor (from->network, name);
      QsHostTensor *value;

      if (from->values[i] == NULL || tensor == NULL)
        continue;
      value = qs_host_tensor_ref (from->values[i]);
      if (tensor->type == QS_DATA_TYPE_FLOAT)
        {
          g_autoptr (QsHostTensor) half = qs_fp16_round (value, &rounding, &error);

          g_assert_no_error (error);
          qs_host_tensor_unref (value);
          value = is_half ? qs_host_tensor_ref (half) : qs_fp16_widen (half, &error);
          g_assert_no_error (error);
        }
      qs_cpu_test_add_input (to, i, value, tensor->scale, tensor->value != NULL);
    }

  qs_cpu_test_add_layer (to, from->layer->klass->kind, from->layer->attributes,
                         from->layer->inputs->len,
                         is_half ? QS_DATA_TYPE_FLOAT16 : QS_DATA_TYPE_FLOAT, 0);
  to->layer->activation = from->layer->activation;
}

/* A sum may differ by @bound before it is rounded, and rounding keeps the order of numbers. */
static void
check_rounded (QsCpuTest      *test,
               const QsKernel *kernel,
               QsHostTensor   *exact,
               QsHostTensor   *result,
               double          bound)
{
  const guint16 *halves = qs_host_tensor_get_data (result);

  g_assert_cmpint (qs_host_tensor_get_data_type (result), ==, QS_DATA_TYPE_FLOAT16);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (result); i++)
    {
      const float y = qs_host_tensor_get_floats (exact)[i];
      const double error = bound * (1.0 + fabs ((double) y));
      const float low = qs_float16_to_float (qs_float16_from_float ((float) (y - error)));
      const float high = qs_float16_to_float (qs_float16_from_float ((float) (y + error)));
      const float value = qs_float16_to_float (halves[i]);

      if (!(value >= low && value <= high) && !(isnan (y) && isnan (value)))
        g_error ("%s: output %" G_GINT64_FORMAT " is %.9g, but %.9g rounded to float16 is %.9g",
                 qs_cpu_test_describe (test, kernel), i, value, y, (low + high) / 2);
    }
}

static gboolean
evaluate (const QsKernel     *self,
          const QsLayer      *layer,
          gpointer            state,
          const QsExecution  *execution,
          GError            **error)
{
  return layer->klass->evaluate (layer, execution->inputs, execution->outputs, error);
}

static const QsKernel evaluation = { .name = "evaluate", .any_format = TRUE, .execute = evaluate };

/**
 * qs_cpu_test_fp16:
 * @bound: of |difference| between two orders of summation in float32, relative to 1 + |value|
 *
 * Whether every FP32 kernel of the CPU backend that takes this layer, with conversions at its edges,
 * keeps the contract of backends/qs-fp16.h: from inputs and constants in float16 it computes what the
 * layer's definition gives in float32, rounded once where it is stored.
 */
void
qs_cpu_test_fp16 (QsCpuTest *self,
                  double     bound)
{
  g_autoptr (QsHostTensor) exact = NULL;
  QsCpuTest half, rounded;
  guint n, n_tried = 0;
  const QsKernel *const *kernels = qs_backend_cpu.get_kernels (&n);

  copy_layer (self, TRUE, &half);
  copy_layer (self, FALSE, &rounded);
  exact = qs_cpu_test_run (&rounded, &evaluation, QS_FORMAT_LINEAR, 1);
  for (guint i = 0; i < n; i++)
    {
      const QsKernel *kernel = kernels[i], *emulation;

      if (kernel->kind != self->layer->klass->kind || kernel->precision != QS_PRECISION_FP32
          || !kernel->supports (kernel, rounded.layer, NULL))
        continue;
      emulation = qs_fp16_kernel_get (&qs_backend_cpu, kernel);
      g_assert_cmpint (emulation->precision, ==, QS_PRECISION_FP16);
      g_assert_true (emulation->supports (emulation, half.layer, NULL));
      for (guint n_threads = 1; n_threads <= 3; n_threads += 2)
        {
          g_autoptr (QsHostTensor) result = qs_cpu_test_run (&half, emulation, kernel->format,
                                                             n_threads);

          check_rounded (&half, emulation, exact, result, bound);
        }
      n_tried++;
    }

  if (n_tried == 0)
    g_error ("%s: no kernel takes it in float16", qs_cpu_test_describe (self, NULL));
  qs_cpu_test_clear (&half);
  qs_cpu_test_clear (&rounded);
}
