/* SPDX-License-Identifier: MIT */
#include "qs-calibration-run.h"

#include <math.h>

#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "runtime/qs-context.h"

/* How often a watcher is shown the histograms so far. */
#define PARTIAL_INTERVAL_US 200000

/*
 * Histograms are counted on the thread that runs the network, one tensor after the other, so that
 * sums are added in the same order on every machine. Constants have no histogram: TensorRT's caches
 * list those that are layers of their own ("(Unnamed Layer* 5) [Constant]_output"), but a scale
 * for them is only needed where an elementwise layer computes in INT8, and it follows from their
 * values without any data.
 */
typedef struct
{
  QsModel *model;
  const QsProfile *profile;
  QsSamples *samples;
  const QsCalibrationRunOptions *options;
  QsHistogramSet *set;

  /* The network at hand: built for `batch` samples. */
  gint64 batch;
  QsNetwork *network;
  QsContext *context;

  gint64 first;  /* sample of the batch that is being run */
  GError *error; /* what an observed tensor showed */
} Run;

static void
run_drop_context (Run *self)
{
  g_clear_pointer (&self->context, qs_context_free);
  g_clear_pointer (&self->network, qs_network_unref);
}

/* Moves to the next element in row-major order. */
static void
advance (const QsShape *shape,
         gint64        *index)
{
  for (int axis = shape->n_dims - 1; axis >= 0; axis--)
    {
      if (++index[axis] < shape->dims[axis])
        return;
      index[axis] = 0;
    }
}

/* The sample of the first value that is NaN or infinity, where axis 0 counts samples. */
static gint64
find_bad_sample (const QsView *view,
                 gint64        batch)
{
  gint64 n = qs_shape_n_elements (&view->shape);
  gint64 index[QS_MAX_DIMS] = { 0 };

  if (view->shape.n_dims == 0 || view->shape.dims[0] != batch)
    return -1;

  for (gint64 i = 0; i < n; i++, advance (&view->shape, index))
    if (!isfinite (((const float *) view->data)[qs_view_offset (view, index)]))
      return index[0];

  return -1;
}

static void
set_not_finite_error (Run            *self,
                      const QsTensor *tensor,
                      const QsView   *view,
                      gboolean        is_nan)
{
  gint64 row = find_bad_sample (view, self->batch);
  gint64 first = row >= 0 ? self->first + row : self->first;
  gint64 last = row >= 0 ? first : self->first + self->batch - 1;
  g_autofree char *where =
    first == last ? g_strdup_printf ("sample %" G_GINT64_FORMAT, first)
                  : g_strdup_printf ("samples %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, first,
                                     last);

  g_set_error (&self->error, QS_ERROR, QS_ERROR_DATA,
               "tensor %s becomes %s for %s, so no range can be found for it; check the model's "
               "weights and whether the samples need other preprocessing", tensor->name,
               is_nan ? "NaN" : "infinite", where);
}

/* Whether the elements fill their memory without gaps, in any order. */
static gboolean
is_dense (const QsView *view)
{
  gint64 reach = 0;

  for (int axis = 0; axis < view->shape.n_dims; axis++)
    reach += (view->shape.dims[axis] - 1) * view->strides[axis];

  return reach + 1 == qs_shape_n_elements (&view->shape);
}

static gboolean
add_gathered (QsHistogram  *histogram,
              const QsView *view,
              gint64        n)
{
  g_autofree float *values = g_try_new (float, (gsize) n);
  gint64 index[QS_MAX_DIMS] = { 0 };

  if (values == NULL)
    return FALSE;

  for (gint64 i = 0; i < n; i++, advance (&view->shape, index))
    values[i] = ((const float *) view->data)[qs_view_offset (view, index)];

  qs_histogram_add (histogram, values, (gsize) n);
  return TRUE;
}

static void
observe (const QsTensor *tensor,
         const QsView   *view,
         gpointer        user_data)
{
  Run *self = user_data;
  gint64 n = qs_shape_n_elements (&view->shape);
  QsHistogram *histogram;
  guint64 n_nan, n_infinite;

  /* The engine may have tensors of its own, behind a reformat for instance. */
  if (self->error != NULL || view->type != QS_DATA_TYPE_FLOAT ||
      qs_network_find_tensor (self->network, tensor->name) == NULL)
    return;

  histogram = qs_histogram_set_ensure (self->set, tensor->name);
  n_nan = qs_histogram_get_n_nan (histogram);
  n_infinite = qs_histogram_get_n_infinite (histogram);

  if (n > 0 && is_dense (view))
    qs_histogram_add (histogram, view->data, (gsize) n);
  else if (n > 0 && !add_gathered (histogram, view, n))
    g_set_error (&self->error, QS_ERROR, QS_ERROR_LIMIT,
                 "tensor %s: there is not enough memory for a copy of it", tensor->name);

  if (qs_histogram_get_n_nan (histogram) > n_nan ||
      qs_histogram_get_n_infinite (histogram) > n_infinite)
    set_not_finite_error (self, tensor, view, qs_histogram_get_n_nan (histogram) > n_nan);
}

static gboolean
check_inputs (Run     *self,
              GError **error)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      const QsTensor *input = self->network->inputs->pdata[i];

      if (input->shape.n_dims == 0)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "input %s is a single number, which cannot differ between samples",
                       input->name);
          return FALSE;
        }
      if (!qs_samples_check_input (self->samples, input->name, input->type, &input->shape, error))
        return FALSE;
    }

  return TRUE;
}

/* The first dimension of the inputs: what was asked for, unless the model fixes it. */
static gboolean
find_batch (Run     *self,
            GError **error)
{
  const QsTensor *first = NULL;

  if (self->network->inputs->len == 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "the network has no inputs, so there is nothing to calibrate it with");
      return FALSE;
    }

  first = self->network->inputs->pdata[0];
  for (guint i = 1; i < self->network->inputs->len; i++)
    {
      const QsTensor *input = self->network->inputs->pdata[i];

      if (input->shape.dims[0] != first->shape.dims[0])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "inputs %s and %s take %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                       " samples at a time; calibration needs the same number for all", first->name,
                       input->name, first->shape.dims[0], input->shape.dims[0]);
          return FALSE;
        }
    }

  self->batch = first->shape.dims[0];
  return TRUE;
}

/* The network for @batch samples, which becomes the model's own number where it is fixed. */
static gboolean
run_import (Run     *self,
            gint64   batch,
            GError **error)
{
  g_autoptr (QsProfile) profile =
    self->profile != NULL ? qs_profile_copy (self->profile) : qs_profile_new ();

  run_drop_context (self);
  qs_profile_set_batch (profile, batch);
  self->network = qs_import_network (self->model, profile, error);

  return self->network != NULL && check_inputs (self, error) && find_batch (self, error);
}

static gboolean
run_build (Run        *self,
           QsProgress *progress,
           GError    **error)
{
  guint n_threads = self->options->n_threads;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsEngine *engine;

  if (n_threads == 0)
    n_threads = g_get_num_processors ();

  /* TensorRT calibrates before fusion with both MinMax and Entropy2, which is what makes the
   * cache fit other machines: every tensor of the model is there. */
  options.backend = self->options->backend;
  options.n_threads = n_threads;
  options.fuse = FALSE;
  options.int8 = QS_INT8_OFF;
  options.model_checksum = qs_model_get_checksum (self->model);

  engine = qs_builder_build (self->network, NULL, &options, NULL, error);
  if (engine == NULL)
    return FALSE;

  self->context = qs_context_new (engine, n_threads, error);
  qs_engine_unref (engine);
  if (self->context == NULL)
    return FALSE;

  qs_context_set_observer (self->context, observe, self);
  return qs_progress_check (progress, error);
}

static void
free_tensors (QsHostTensor **tensors,
              guint          n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], qs_host_tensor_unref);
}

static gboolean
run_batch (Run     *self,
           gint64   first,
           GError **error)
{
  guint n_inputs = self->network->inputs->len, n_outputs = self->network->outputs->len;
  g_autofree QsHostTensor **inputs = g_new0 (QsHostTensor *, n_inputs);
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, MAX (n_outputs, 1));
  gboolean success = TRUE;

  self->first = first;
  for (guint i = 0; success && i < n_inputs; i++)
    {
      const QsTensor *input = self->network->inputs->pdata[i];

      inputs[i] = qs_samples_read (self->samples, input->name, input->type, first, self->batch,
                                   error);
      success = inputs[i] != NULL;
    }

  success = success && qs_context_run (self->context, inputs, outputs, error);
  free_tensors (inputs, n_inputs);
  free_tensors (outputs, n_outputs);

  if (success && self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }
  return success;
}

static void
report (QsProgress *progress,
        gint64      done,
        gint64      total)
{
  g_autofree char *phase = g_strdup_printf ("Calibrating: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                                            " samples", done, total);

  qs_progress_set_phase (progress, phase);
  qs_progress_set_fraction (progress, (double) done / (double) total);
}

typedef struct
{
  void (*func) (QsHistogramSet *set,
                gpointer        data);
  gpointer data;
  gint64 last;
} Watcher;

static void
show_partial (Watcher        *watcher,
              QsHistogramSet *set)
{
  gint64 now = g_get_monotonic_time ();

  if (watcher->func == NULL || now - watcher->last < PARTIAL_INTERVAL_US)
    return;

  watcher->func (set, watcher->data);
  watcher->last = now;
}

static gboolean
run_all (Run        *self,
         QsProgress *progress,
         Watcher    *watcher,
         GError    **error)
{
  gint64 n = qs_samples_get_n (self->samples), done = 0;

  report (progress, 0, n);
  if (!run_import (self, MIN (MAX (self->options->batch, 1), n), error))
    return FALSE;

  while (done < n)
    {
      /* The last batch is short: the network once more, for as many samples. Where the model fixes
       * its batch they are left out, since repeating samples would count them twice. */
      if (n - done < self->batch)
        {
          if (!run_import (self, n - done, error))
            return FALSE;
          if (self->batch > n - done)
            break;
        }

      if ((self->context == NULL && !run_build (self, progress, error)) ||
          !run_batch (self, done, error))
        return FALSE;

      done += self->batch;
      qs_histogram_set_set_n_samples (self->set, done);
      report (progress, done, n);
      show_partial (watcher, self->set);
      if (!qs_progress_check (progress, error))
        return FALSE;
    }

  if (done == 0)
    g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                 "the network takes %" G_GINT64_FORMAT " samples at a time, but the calibration set "
                 "has only %" G_GINT64_FORMAT, self->batch, n);
  return done > 0;
}

char *
qs_calibration_run_dup_samples_key (QsSamples                     *samples,
                                    const QsCalibrationRunOptions *options)
{
  QsSampleRecipe recipe = *qs_samples_get_recipe (samples);
  const char *checksum = qs_samples_get_checksum (samples);
  g_autofree char *json = NULL;
  g_autofree char *text = NULL;

  /* What says the same is made the same. */
  recipe.limit = qs_samples_get_n (samples);
  recipe.batch = options->batch;
  if (!recipe.shuffle)
    recipe.seed = 0;

  json = qs_sample_recipe_to_json (&recipe);
  text = g_strconcat (checksum != NULL ? checksum : "unknown", " ", json, NULL);
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

QsHistogramSet *
qs_calibration_run (QsModel                       *model,
                    const QsProfile               *profile,
                    QsSamples                     *samples,
                    const QsCalibrationRunOptions *options,
                    QsProgress                    *progress,
                    void                         (*partial) (QsHistogramSet *set,
                                                             gpointer        data),
                    gpointer                       partial_data,
                    GError                       **error)
{
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();
  Run run = { model, profile, samples, options, set };
  Watcher watcher = { partial, partial_data, g_get_monotonic_time () };
  gboolean success = run_all (&run, progress, &watcher, error);

  if (success)
    {
      g_autofree char *key = qs_calibration_run_dup_samples_key (samples, options);

      qs_histogram_set_set_origin (set, qs_model_get_checksum (model), key);
    }

  run_drop_context (&run);
  g_clear_error (&run.error);
  return success ? g_steal_pointer (&set) : NULL;
}
