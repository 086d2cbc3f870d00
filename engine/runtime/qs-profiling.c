/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <time.h>

#include "qs-context-private.h"

#include "core/qs-float16.h"

#define SEED 1234
#define N_WARM_UP 3

gint64
qs_context_now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (gint64) time.tv_sec * 1000000000 + time.tv_nsec;
}

static void
fill_floats (QsHostTensor *tensor,
             GRand        *rand)
{
  float *values = qs_host_tensor_get_mutable (tensor);
  gint64 n = qs_host_tensor_get_n_elements (tensor);

  /* Zeros would be too easy: denormals and data-dependent power make them a special case. */
  for (gint64 i = 0; i < n; i++)
    {
      float value = (float) g_rand_double_range (rand, 0.01, 1.0);

      values[i] = g_rand_boolean (rand) ? value : -value;
    }
}

static void
fill_halves (QsHostTensor *tensor,
             GRand        *rand)
{
  guint16 *values = qs_host_tensor_get_mutable (tensor);
  gint64 n = qs_host_tensor_get_n_elements (tensor);

  for (gint64 i = 0; i < n; i++)
    values[i] = qs_float16_from_float ((float) g_rand_double_range (rand, -1.0, 1.0));
}

static void
fill_bytes (QsHostTensor *tensor,
            GRand        *rand)
{
  gsize size = qs_data_type_size (qs_host_tensor_get_data_type (tensor));
  guint8 *bytes = qs_host_tensor_get_mutable (tensor);
  gint64 n = qs_host_tensor_get_n_elements (tensor);
  gsize low = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 0 : size - 1;

  for (gint64 i = 0; i < n; i++)
    bytes[(gsize) i * size + low] = (guint8) g_rand_boolean (rand);
}

gboolean
qs_context_make_inputs (QsContext     *self,
                        QsHostTensor **inputs,
                        GError       **error)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->inputs, i);

      inputs[i] = qs_host_tensor_new (tensor->type, &tensor->shape, error);
      if (inputs[i] == NULL)
        return FALSE;
      if (tensor->type == QS_DATA_TYPE_FLOAT)
        fill_floats (inputs[i], rand);
      else if (tensor->type == QS_DATA_TYPE_FLOAT16)
        fill_halves (inputs[i], rand);
      else if (qs_data_type_is_integer (tensor->type) || tensor->type == QS_DATA_TYPE_BOOL)
        fill_bytes (inputs[i], rand);
    }

  return TRUE;
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static double
median_ms (gint64 *times,
           guint   n)
{
  qsort (times, n, sizeof *times, compare_times);
  return n % 2 == 1 ? (double) times[n / 2] / 1e6
                    : (double) (times[n / 2 - 1] + times[n / 2]) / 2e6;
}

static double
mean_ms (const gint64 *times,
         guint         n)
{
  double sum = 0.0;

  for (guint i = 0; i < n; i++)
    sum += (double) times[i];
  return sum / (1e6 * n);
}

static gboolean
run_once (QsContext     *self,
          QsHostTensor **inputs,
          gint64        *ns,
          GError       **error)
{
  guint n_outputs = self->network->outputs->len;
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, n_outputs + 1);
  gint64 start = qs_context_now ();

  if (!qs_context_run (self, inputs, outputs, error))
    return FALSE;

  *ns = qs_context_now () - start;
  for (guint i = 0; i < n_outputs; i++)
    qs_host_tensor_unref (outputs[i]);
  return TRUE;
}

/* On a device, a run whose layers are timed is not one graph any more, so it is timed by itself. */
static gboolean
time_run (QsContext     *self,
          QsHostTensor **inputs,
          gint64        *ns,
          GError       **error)
{
  gint64 *step_ns = self->step_ns;
  gint64 ignored;
  gboolean ok;

  if (self->device == NULL)
    return run_once (self, inputs, ns, error);

  self->step_ns = NULL;
  ok = run_once (self, inputs, ns, error);
  self->step_ns = step_ns;
  return ok && run_once (self, inputs, &ignored, error);
}

/* @layer_ns: one row of @n_runs times per layer, @step_ns one time per layer of the last run. */
static gboolean
time_runs (QsContext     *self,
           QsHostTensor **inputs,
           guint          n_runs,
           QsProgress    *progress,
           gint64        *run_ns,
           gint64        *layer_ns,
           GError       **error)
{
  gint64 ignored;

  for (guint i = 0; i < N_WARM_UP; i++)
    if (!qs_progress_check (progress, error) || !time_run (self, inputs, &ignored, error))
      return FALSE;

  for (guint run = 0; run < n_runs; run++)
    {
      if (!qs_progress_check (progress, error) || !time_run (self, inputs, &run_ns[run], error))
        return FALSE;
      for (guint i = 0; i < self->n_steps; i++)
        layer_ns[(gsize) i * n_runs + run] = self->step_ns[i];
      qs_progress_set_fraction (progress, (run + 1.0) / n_runs);
    }

  return TRUE;
}

gboolean
qs_context_profile (QsContext        *self,
                    guint             n_runs,
                    QsProgress       *progress,
                    QsProfileResult  *result,
                    GError          **error)
{
  guint n_inputs = self->network->inputs->len;
  g_autofree QsHostTensor **inputs = g_new0 (QsHostTensor *, n_inputs + 1);
  g_autofree gint64 *step_ns = g_new0 (gint64, self->n_steps + 1);
  g_autofree gint64 *run_ns = NULL;
  g_autofree gint64 *layer_ns = NULL;
  QsContextObserver observer = self->observer;
  gboolean ok;

  n_runs = CLAMP (n_runs, 1, 100000);
  run_ns = g_new0 (gint64, n_runs);
  layer_ns = g_new0 (gint64, (gsize) n_runs * (self->n_steps + 1));
  *result = (QsProfileResult) { .n_runs = n_runs, .n_layers = self->n_steps };

  /* An observer would be timed with the layers. */
  self->observer = NULL;
  self->step_ns = step_ns;
  ok = qs_context_make_inputs (self, inputs, error) &&
       time_runs (self, inputs, n_runs, progress, run_ns, layer_ns, error);
  self->step_ns = NULL;
  self->observer = observer;

  for (guint i = 0; i < n_inputs; i++)
    g_clear_pointer (&inputs[i], qs_host_tensor_unref);
  if (!ok)
    return FALSE;

  result->layer_ms = g_new0 (double, self->n_steps + 1);
  result->layer_mean_ms = g_new0 (double, self->n_steps + 1);
  for (guint i = 0; i < self->n_steps; i++)
    {
      result->layer_mean_ms[i] = mean_ms (layer_ns + (gsize) i * n_runs, n_runs);
      result->layer_ms[i] = median_ms (layer_ns + (gsize) i * n_runs, n_runs);
    }
  result->median_ms = median_ms (run_ns, n_runs);
  result->min_ms = (double) run_ns[0] / 1e6;
  return TRUE;
}

void
qs_profile_result_clear (QsProfileResult *self)
{
  g_clear_pointer (&self->layer_ms, g_free);
  g_clear_pointer (&self->layer_mean_ms, g_free);
}
