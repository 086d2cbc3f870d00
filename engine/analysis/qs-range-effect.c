/* SPDX-License-Identifier: MIT */
#include "qs-range-effect.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-metrics.h"
#include "runtime/qs-recording.h"

typedef struct
{
  QsRecording *recording;
  QsHostTensor *reference; /* FP32's first output */
  gint64 n_rows;           /* that count; the rest fills the batch up */
} Batch;

struct _QsRangeEffect
{
  QsEngine *engine;
  QsContext *context;
  GPtrArray *batches;
  QsOutputError base;
};

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  g_clear_pointer (&batch->recording, qs_recording_free);
  g_clear_pointer (&batch->reference, qs_host_tensor_unref);
  g_free (batch);
}

static void
unref_all (QsHostTensor **tensors,
           guint          n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], qs_host_tensor_unref);
}

/* The first output of a run, cut to the rows that count. */
static QsHostTensor *
take_output (QsHostTensor **outputs,
             guint          n,
             gint64         n_rows,
             GError       **error)
{
  QsHostTensor *result = qs_host_tensor_slice (outputs[0], 0, n_rows, error);

  unref_all (outputs, n);
  return result;
}

/* @n_rows samples and, up to the batch, the last one again. */
static QsHostTensor *
read_input (QsSamples      *samples,
            const QsTensor *input,
            gint64          first,
            gint64          n_rows,
            GError        **error)
{
  g_autoptr (QsHostTensor) rows =
    qs_samples_read (samples, input->name, input->type, first, n_rows, error);
  QsHostTensor *filled;
  gsize row;
  guint8 *data;

  if (rows == NULL || n_rows == input->shape.dims[0])
    return g_steal_pointer (&rows);

  filled = qs_host_tensor_new (input->type, &input->shape, error);
  if (filled == NULL)
    return NULL;

  row = qs_host_tensor_get_size (rows) / (gsize) n_rows;
  data = qs_host_tensor_get_mutable (filled);
  memcpy (data, qs_host_tensor_get_data (rows), row * (gsize) n_rows);
  for (gint64 i = n_rows; i < input->shape.dims[0]; i++)
    memcpy (data + row * (gsize) i, data + row * (gsize) (n_rows - 1), row);
  return filled;
}

static GPtrArray *
read_inputs (QsNetwork *network,
             QsSamples *samples,
             gint64     first,
             gint64     n_rows,
             GError   **error)
{
  g_autoptr (GPtrArray) inputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      QsHostTensor *tensor =
        read_input (samples, g_ptr_array_index (network->inputs, i), first, n_rows, error);

      if (tensor == NULL)
        return NULL;
      g_ptr_array_add (inputs, tensor);
    }

  return g_steal_pointer (&inputs);
}

static gboolean
add_batch (QsRangeEffect  *self,
           QsContext      *fp32,
           QsSamples      *samples,
           gint64          first,
           gint64          n_rows,
           GError        **error)
{
  QsNetwork *network = qs_engine_get_network (self->engine);
  guint n_outputs = network->outputs->len;
  g_autoptr (GPtrArray) inputs = read_inputs (network, samples, first, n_rows, error);
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, MAX (n_outputs, 1));
  Batch *batch;

  if (inputs == NULL || !qs_context_run (fp32, (QsHostTensor **) inputs->pdata, outputs, error))
    return FALSE;

  batch = g_new0 (Batch, 1);
  batch->n_rows = n_rows;
  g_ptr_array_add (self->batches, batch);
  batch->reference = take_output (outputs, n_outputs, n_rows, error);
  if (batch->reference == NULL)
    return FALSE;

  batch->recording = qs_context_record (self->context, (QsHostTensor **) inputs->pdata, error);
  return batch->recording != NULL;
}

static gboolean
check (QsRangeEffect  *self,
       QsSamples      *samples,
       gsize           memory,
       GError        **error)
{
  QsNetwork *network = qs_engine_get_network (self->engine);
  const QsTensor *output = network->outputs->len > 0 ? network->outputs->pdata[0] : NULL;
  gint64 batch = MAX (qs_engine_get_batch (self->engine), 1);

  if (output == NULL || output->shape.n_dims == 0 || output->shape.dims[0] != batch)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "output %s: its first axis does not count samples, so that errors can't be "
                   "counted by sample", output != NULL ? output->name : "");
      return FALSE;
    }
  if (qs_recording_estimate (self->engine) > memory)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "the activations of one run need %" G_GSIZE_FORMAT " bytes, more than is spent "
                   "on following changes", qs_recording_estimate (self->engine));
      return FALSE;
    }

  for (guint i = 0; i < network->inputs->len; i++)
    {
      const QsTensor *input = g_ptr_array_index (network->inputs, i);

      if (input->shape.n_dims == 0 || input->shape.dims[0] != batch ||
          !qs_samples_check_input (samples, input->name, input->type, &input->shape, error))
        {
          if (error != NULL && *error == NULL)
            g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                         "input %s: its first axis does not count samples", input->name);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
record (QsRangeEffect               *self,
        QsContext                   *fp32,
        QsSamples                   *samples,
        const QsRangeEffectOptions  *options,
        QsProgress                  *progress,
        GError                     **error)
{
  gint64 batch = MAX (qs_engine_get_batch (self->engine), 1);
  gint64 n = MIN (qs_samples_get_n (samples), MAX (options->n_samples, batch));
  gsize used = 0;

  for (gint64 first = 0; first < n; first += batch)
    {
      const Batch *last;

      if (!qs_progress_check (progress, error) ||
          !add_batch (self, fp32, samples, first, MIN (batch, n - first), error))
        return FALSE;
      last = g_ptr_array_index (self->batches, self->batches->len - 1);
      used += qs_recording_get_size (last->recording);
      if (used + qs_recording_get_size (last->recording) > options->memory)
        break;
    }

  if (self->batches->len > 0)
    return TRUE;
  g_set_error_literal (error, QS_ERROR, QS_ERROR_DATA, "the set has no samples");
  return FALSE;
}

static gboolean
measure (QsRangeEffect  *self,
         QsOutputError  *result,
         GError        **error)
{
  guint n_outputs = qs_engine_get_network (self->engine)->outputs->len;
  guint n_layers = qs_engine_get_network (self->engine)->layers->len;
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, MAX (n_outputs, 1));

  *result = (QsOutputError) { 0 };
  for (guint i = 0; i < self->batches->len; i++)
    {
      const Batch *batch = g_ptr_array_index (self->batches, i);
      g_autoptr (QsHostTensor) output = NULL;

      result->n_layers = n_layers - qs_context_find_change (self->context, batch->recording);
      if (!qs_context_replay (self->context, batch->recording, outputs, error))
        return FALSE;
      output = take_output (outputs, n_outputs, batch->n_rows, error);
      if (output == NULL || !qs_metrics_add (metrics, output, batch->reference, NULL, error))
        return FALSE;
    }

  result->n_samples = qs_metrics_get_n (metrics);
  result->sqnr_db = qs_metrics_get_sqnr_db (metrics);
  result->cosine = qs_metrics_get_cosine (metrics);
  result->agreement = qs_metrics_get_agreement (metrics);
  return TRUE;
}

static QsContext *
make_reference (QsEngine     *engine,
                QsNetwork    *network,
                guint         n_threads,
                QsProgress   *progress,
                GError      **error)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) fp32 = NULL;

  options.backend = qs_engine_get_backend (engine);
  options.n_threads = n_threads;
  options.int8 = QS_INT8_OFF;
  options.repeatable = TRUE;
  fp32 = qs_builder_build (network, NULL, &options, progress, error);
  return fp32 == NULL ? NULL : qs_context_new (fp32, n_threads, error);
}

QsRangeEffect *
qs_range_effect_new (QsEngine                    *engine,
                     QsNetwork                   *network,
                     QsSamples                   *samples,
                     const QsRangeEffectOptions  *options,
                     QsProgress                  *progress,
                     GError                     **error)
{
  g_autoptr (QsRangeEffect) self = g_new0 (QsRangeEffect, 1);
  g_autoptr (QsContext) fp32 = NULL;

  self->engine = qs_engine_ref (engine);
  self->batches = g_ptr_array_new_with_free_func (batch_free);
  if (!check (self, samples, options->memory, error))
    return NULL;

  self->context = qs_context_new (engine, options->n_threads, error);
  if (self->context == NULL)
    return NULL;

  fp32 = make_reference (engine, network, options->n_threads, progress, error);
  if (fp32 == NULL || !record (self, fp32, samples, options, progress, error) ||
      !measure (self, &self->base, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
qs_range_effect_free (QsRangeEffect *self)
{
  g_ptr_array_unref (self->batches);
  g_clear_pointer (&self->context, qs_context_free);
  qs_engine_unref (self->engine);
  g_free (self);
}

QsEngine *
qs_range_effect_get_engine (QsRangeEffect *self)
{
  return self->engine;
}

const QsOutputError *
qs_range_effect_get_base (QsRangeEffect *self)
{
  return &self->base;
}

gboolean
qs_range_effect_measure (QsRangeEffect  *self,
                         QsScaleTable   *scales,
                         QsOutputError  *result,
                         GError        **error)
{
  g_autoptr (QsEngine) engine = qs_engine_rescale (self->engine, scales, error);

  return engine != NULL && qs_context_rescale (self->context, engine, error) &&
         measure (self, result, error);
}
