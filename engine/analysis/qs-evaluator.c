/* SPDX-License-Identifier: MIT */
#include "qs-evaluator.h"

#include <math.h>

#include "core/qs-error.h"

typedef struct
{
  char *name;
  QsEngine *engine;
  QsContext *context;
  QsMetrics *metrics;
  GArray *times;          /* milliseconds of every full batch */
  QsHostTensor **outputs; /* of the batch in work */
  guint n_outputs;
  int reference; /* index of the candidate to compare with, -1 for none */
} Candidate;

struct _QsEvaluator
{
  guint n_threads;
  GPtrArray *candidates;
};

static void
candidate_clear_outputs (Candidate *self)
{
  for (guint i = 0; i < self->n_outputs; i++)
    g_clear_pointer (&self->outputs[i], qs_host_tensor_unref);
}

static void
candidate_free (Candidate *self)
{
  if (self->outputs != NULL)
    candidate_clear_outputs (self);

  g_free (self->outputs);
  g_array_unref (self->times);
  g_clear_pointer (&self->context, qs_context_free);
  qs_engine_unref (self->engine);
  qs_metrics_free (self->metrics);
  g_free (self->name);
  g_free (self);
}

/**
 * qs_evaluator_new:
 * @n_threads: threads of every run, 0 for one per processor
 */
QsEvaluator *
qs_evaluator_new (guint n_threads)
{
  QsEvaluator *self = g_new0 (QsEvaluator, 1);

  self->n_threads = n_threads;
  self->candidates = g_ptr_array_new_with_free_func ((GDestroyNotify) candidate_free);
  return self;
}

void
qs_evaluator_free (QsEvaluator *self)
{
  g_ptr_array_unref (self->candidates);
  g_free (self);
}

static int
find_engine (QsEvaluator *self,
             QsEngine    *engine)
{
  for (guint i = 0; engine != NULL && i < self->candidates->len; i++)
    {
      Candidate *candidate = g_ptr_array_index (self->candidates, i);

      if (candidate->engine == engine)
        return (int) i;
    }

  return -1;
}

/**
 * qs_evaluator_add:
 * @name: what the result is called
 * @engine: the engine to evaluate; it may be its own @reference
 *
 * Errors: %QS_ERROR_UNSUPPORTED for an engine without outputs, and what loading it may raise.
 */
gboolean
qs_evaluator_add (QsEvaluator  *self,
                  const char   *name,
                  QsEngine     *engine,
                  QsEngine     *reference,
                  GError      **error)
{
  guint n_outputs = qs_engine_get_network (engine)->outputs->len;
  QsContext *context;
  Candidate *candidate;

  if (n_outputs == 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s has no outputs that could be evaluated",
                   qs_engine_get_network (engine)->name);
      return FALSE;
    }

  context = qs_context_new (engine, self->n_threads, error);
  if (context == NULL)
    return FALSE;

  candidate = g_new0 (Candidate, 1);
  candidate->name = g_strdup (name);
  candidate->engine = qs_engine_ref (engine);
  candidate->context = context;
  candidate->metrics = qs_metrics_new ();
  candidate->times = g_array_new (FALSE, FALSE, sizeof (double));
  candidate->n_outputs = n_outputs;
  candidate->outputs = g_new0 (QsHostTensor *, n_outputs);
  g_ptr_array_add (self->candidates, candidate);
  candidate->reference = find_engine (self, reference);
  return TRUE;
}

/* The inputs of one batch for the network of @engine, NULL with an error. */
static GPtrArray *
read_inputs (QsEngine   *engine,
             QsSamples  *samples,
             gint64      first,
             gint64      n,
             GError    **error)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (GPtrArray) inputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->inputs, i);
      QsHostTensor *value = qs_samples_read (samples, tensor->name, tensor->type, first, n, error);

      if (value == NULL)
        return NULL;
      g_ptr_array_add (inputs, value);
    }

  return g_steal_pointer (&inputs);
}

static gboolean
candidate_run (Candidate  *self,
               GPtrArray  *inputs,
               gboolean    full,
               GError    **error)
{
  gint64 start = g_get_monotonic_time ();
  double ms;

  candidate_clear_outputs (self);
  if (!qs_context_run_samples (self->context, (QsHostTensor **) inputs->pdata, self->outputs,
                               error))
    return FALSE;

  ms = (double) (g_get_monotonic_time () - start) / 1000.0;
  /* A short batch takes a whole run for fewer samples, so it is timed only if there is no other. */
  if (full || self->times->len == 0)
    g_array_append_val (self->times, ms);
  return TRUE;
}

static gboolean
run_batch (QsEvaluator   *self,
           GPtrArray     *inputs,
           const gint64  *labels,
           gboolean       full,
           GError       **error)
{
  for (guint i = 0; i < self->candidates->len; i++)
    {
      Candidate *candidate = g_ptr_array_index (self->candidates, i);

      if (!candidate_run (candidate, inputs, full, error))
        return FALSE;
    }

  for (guint i = 0; i < self->candidates->len; i++)
    {
      Candidate *candidate = g_ptr_array_index (self->candidates, i);
      Candidate *reference = candidate->reference >= 0
                               ? g_ptr_array_index (self->candidates, candidate->reference)
                               : NULL;

      if (!qs_metrics_add (candidate->metrics, candidate->outputs[0],
                           reference != NULL ? reference->outputs[0] : NULL, labels, error))
        return FALSE;
    }

  return TRUE;
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (GArray *values)
{
  guint middle = values->len / 2;

  if (values->len == 0)
    return NAN;

  g_array_sort (values, compare_doubles);
  if (values->len % 2 != 0)
    return g_array_index (values, double, middle);

  return (g_array_index (values, double, middle - 1) +
          g_array_index (values, double, middle)) / 2.0;
}

static QsEvaluation *
candidate_finish (Candidate *self)
{
  QsEvaluation *result = g_new0 (QsEvaluation, 1);

  result->name = g_strdup (self->name);
  result->n = qs_metrics_get_n (self->metrics);
  result->top1 = qs_metrics_get_top1 (self->metrics);
  result->top5 = qs_metrics_get_top5 (self->metrics);
  result->agreement = qs_metrics_get_agreement (self->metrics);
  result->cosine = qs_metrics_get_cosine (self->metrics);
  result->sqnr_db = qs_metrics_get_sqnr_db (self->metrics);
  result->ms = median (self->times) / (double) MAX (1, qs_engine_get_batch (self->engine));
  result->weight_size = qs_engine_get_weight_size (self->engine);
  result->n_int8 = qs_engine_count_layers (self->engine, QS_PRECISION_INT8);
  result->n_layers = qs_engine_get_network (self->engine)->layers->len -
                     qs_engine_count_reformats (self->engine);
  return result;
}

static gboolean
check_samples (QsEvaluator  *self,
               QsSamples    *samples,
               GError      **error)
{
  Candidate *first = g_ptr_array_index (self->candidates, 0);
  QsNetwork *network = qs_engine_get_network (first->engine);

  if (!qs_samples_fit (samples, network->inputs, error))
    return FALSE;
  if (qs_samples_get_n (samples) >= 1)
    return TRUE;

  g_set_error_literal (error, QS_ERROR, QS_ERROR_DATA, "The evaluation set has no samples");
  return FALSE;
}

static gboolean
run_all (QsEvaluator  *self,
         QsSamples    *samples,
         QsProgress   *progress,
         GError      **error)
{
  Candidate *first_candidate = g_ptr_array_index (self->candidates, 0);
  gint64 n = qs_samples_get_n (samples);
  gint64 batch = MAX (1, qs_engine_get_batch (first_candidate->engine));
  gboolean labelled = qs_samples_has_labels (samples);

  for (gint64 first = 0; first < n; first += batch)
    {
      gint64 rows = MIN (batch, n - first);
      g_autoptr (GPtrArray) inputs = NULL;
      g_autofree gint64 *labels = NULL;

      if (!qs_progress_check (progress, error))
        return FALSE;

      inputs = read_inputs (first_candidate->engine, samples, first, rows, error);
      if (inputs == NULL)
        return FALSE;
      if (labelled && (labels = qs_samples_read_labels (samples, first, rows, error)) == NULL)
        return FALSE;
      if (!run_batch (self, inputs, labels, rows == batch, error))
        return FALSE;

      qs_progress_set_fraction (progress, (double) (first + rows) / (double) n);
    }

  return TRUE;
}

/**
 * qs_evaluator_run:
 *
 * Evaluates all engines on all of @samples. Metrics are those of each network's first output.
 *
 * Errors: an input that the set lacks or that does not fit, an empty set, a label that is not a
 * class, cancellation.
 */
GPtrArray *
qs_evaluator_run (QsEvaluator  *self,
                  QsSamples    *samples,
                  QsProgress   *progress,
                  GError      **error)
{
  GPtrArray *results;

  g_return_val_if_fail (self->candidates->len > 0, NULL);

  qs_progress_set_phase (progress, "Evaluating");
  if (!check_samples (self, samples, error) || !run_all (self, samples, progress, error))
    return NULL;

  results = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_evaluation_free);
  for (guint i = 0; i < self->candidates->len; i++)
    g_ptr_array_add (results, candidate_finish (g_ptr_array_index (self->candidates, i)));

  return results;
}
