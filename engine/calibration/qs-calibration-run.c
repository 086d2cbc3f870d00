/* SPDX-License-Identifier: MIT */
#include "qs-calibration-run.h"

#include <math.h>
#include <string.h>

#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "operators/qs-op-rows.h"
#include "passes/qs-pass.h"
#include "qs-histogram-device.h"
#include "runtime/qs-context.h"

/* How often a watcher is shown the histograms so far. */
#define PARTIAL_INTERVAL_US 200000

/*
 * Histograms are counted between the layers, one tensor after the other, in blocks whose sums are
 * joined in order, so that they are the same bits on every machine. Constants have no histogram: TensorRT's caches
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
  QsHistogramDevice *device; /* (nullable): counts where the context's activations are */
  GHashTable *survivors; /* names of the tensors that fusion leaves */
  GPtrArray *next; /* (nullable): inputs of the batch behind the one that is being run */

  gint64 first; /* sample of the batch that is being run */
  GError *error; /* of an observed tensor */
  QsCalibrationTimes times;
} Run;

static void
run_drop_context (Run *self)
{
  g_clear_pointer (&self->next, g_ptr_array_unref);
  g_clear_pointer (&self->device, qs_histogram_device_free);
  g_clear_pointer (&self->context, qs_context_free);
  g_clear_pointer (&self->network, qs_network_unref);
}

static double
seconds_since (gint64 start)
{
  return (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
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

/* An input of the layer that writes @name which has had NaN or infinity: it only passes them on. */
static const char *
find_bad_source (Run        *self,
                 const char *name)
{
  const QsTensor *tensor = qs_network_find_tensor (self->network, name);
  const QsLayer *producer = tensor->producer;
  guint index;

  for (guint i = 0; producer != NULL && i < producer->inputs->len; i++)
    {
      const QsTensor *input = qs_layer_get_input (producer, i);

      if (input != NULL && qs_histogram_set_find (self->set, input->name, &index) &&
          qs_histogram_set_get_notes (self->set, index)->bad_sample >= 0)
        return input->name;
    }

  return NULL;
}

/* A device's values come to the host for this once. */
static gint64
find_bad_row (Run          *self,
              const QsView *view)
{
  g_autofree float *values = NULL;
  QsView copy;

  if (self->device == NULL)
    return find_bad_sample (view, self->batch);

  values = qs_histogram_device_read (self->device, view, NULL);
  qs_view_init (&copy, QS_DATA_TYPE_FLOAT, QS_FORMAT_LINEAR, &view->shape, values);
  return values != NULL ? find_bad_sample (&copy, self->batch) : -1;
}

static void
note_bad_sample (Run           *self,
                 const char    *name,
                 const QsView  *view,
                 QsTensorNotes *notes)
{
  gint64 row = find_bad_row (self, view);

  notes->bad_source = g_strdup (find_bad_source (self, name));
  notes->bad_sample = row >= 0 ? self->first + row : self->first;
  notes->bad_sample_last = row >= 0 ? notes->bad_sample : self->first + self->batch - 1;
  notes->bad_batch = self->times.n_batches;
}

static gboolean
works_on_channels (const QsLayer *layer)
{
  switch (layer->klass->kind)
    {
    case QS_LAYER_CONVOLUTION:
    case QS_LAYER_DECONVOLUTION:
    case QS_LAYER_POOLING:
    case QS_LAYER_SCALE:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Axis 1, as everywhere in ONNX, but the last one of a sequence of feature vectors, [N, T, C]: of
 * three dimensions, where no convolution is beside the tensor that would make it [N, C, L]. */
static int
find_channel_axis (const QsTensor *tensor)
{
  if (tensor->shape.n_dims < 2)
    return -1;
  if (tensor->shape.n_dims != 3)
    return 1;

  if (tensor->producer != NULL && works_on_channels (tensor->producer))
    return 1;
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (works_on_channels (g_ptr_array_index (tensor->consumers, i)))
      return 1;

  return 2;
}

/* The place of a tensor in the set, with what is known of it before its first value. */
static guint
ensure_entry (Run        *self,
              const char *name)
{
  const QsTensor *tensor = qs_network_find_tensor (self->network, name);
  int axis = find_channel_axis (tensor);
  QsTensorNotes *notes;
  guint index;

  if (qs_histogram_set_find (self->set, name, &index))
    return index;

  qs_histogram_set_ensure (self->set, name);
  qs_histogram_set_find (self->set, name, &index);
  notes = qs_histogram_set_get_notes (self->set, index);
  notes->fused_away = !g_hash_table_contains (self->survivors, name);
  /* Channels matter where INT8 will be, and fusion leaves a third of the values. */
  if (!notes->fused_away && axis >= 0 && tensor->shape.dims[axis] > 1)
    qs_tensor_notes_set_channels (notes, axis, tensor->shape.dims[axis]);
  return index;
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

/* (transfer full): the elements in row-major order */
static float *
gather (const QsView *view,
        gint64        n)
{
  float *values = g_try_new (float, (gsize) n);
  gint64 index[QS_MAX_DIMS] = { 0 };

  for (gint64 i = 0; values != NULL && i < n; i++, advance (&view->shape, index))
    values[i] = ((const float *) view->data)[qs_view_offset (view, index)];

  return values;
}

static gint64
count_behind (const QsShape *shape,
              int            axis)
{
  gint64 n = 1;

  for (int i = axis + 1; i < shape->n_dims; i++)
    n *= shape->dims[i];

  return n;
}

static void
add_values (Run           *self,
            guint          index,
            const QsView  *view,
            gint64         n)
{
  QsTensorNotes *notes = qs_histogram_set_get_notes (self->set, index);
  QsChannels channels = { notes->channel_maxima, notes->n_channels, 1 };
  int axis = notes->channel_axis;
  g_autofree float *gathered = NULL;

  /* What looked like channels may depend on the batch, whose last one can be short. */
  if (axis >= 0 && view->shape.dims[axis] != notes->n_channels)
    axis = -1;
  if (axis >= 0)
    channels.inner = (gsize) (is_dense (view) ? view->strides[axis]
                                              : count_behind (&view->shape, axis));

  if (self->device != NULL)
    {
      if (!qs_histogram_device_add (self->device, qs_histogram_set_get (self->set, index), view,
                                    axis >= 0 ? &channels : NULL, &self->error))
        g_prefix_error (&self->error, "tensor %s: ", qs_histogram_set_get_name (self->set, index));
      return;
    }

  if (!is_dense (view))
    {
      gathered = gather (view, n);
      if (gathered == NULL)
        {
          g_set_error (&self->error, QS_ERROR, QS_ERROR_LIMIT,
                       "tensor %s: there is not enough memory for a copy of it",
                       qs_histogram_set_get_name (self->set, index));
          return;
        }
    }

  qs_histogram_add_batch (qs_histogram_set_get (self->set, index),
                          gathered != NULL ? gathered : view->data, (gsize) n,
                          axis >= 0 ? &channels : NULL, qs_context_get_pool (self->context));
}

static guint64
count_bad (const QsHistogram *histogram)
{
  return qs_histogram_get_n_nan (histogram) + qs_histogram_get_n_infinite (histogram);
}

static void
observe_floats (const QsTensor *tensor,
                const QsView   *view,
                Run            *self)
{
  gint64 n = qs_shape_n_elements (&view->shape), start = g_get_monotonic_time ();
  QsTensorNotes *notes;
  guint index;

  /* The engine may have tensors of its own, behind a reformat for instance. */
  if (self->error != NULL || n == 0 ||
      (view->type != QS_DATA_TYPE_FLOAT &&
       (view->type != QS_DATA_TYPE_FLOAT16 || self->device == NULL)) ||
      qs_network_find_tensor (self->network, tensor->name) == NULL)
    return;

  index = ensure_entry (self, tensor->name);
  add_values (self, index, view, n);
  notes = qs_histogram_set_get_notes (self->set, index);
  if (self->error == NULL && notes->bad_sample < 0 &&
      count_bad (qs_histogram_set_get (self->set, index)) > 0)
    note_bad_sample (self, tensor->name, view, notes);

  self->times.histograms += seconds_since (start);
}

/* The tensors of a float16 model are counted like those of others. */
static void
observe (const QsTensor *tensor,
         const QsView   *view,
         gpointer        user_data)
{
  Run *self = user_data;
  gint64 n = qs_shape_n_elements (&view->shape);
  g_autofree float *values = NULL;
  QsView floats;

  if (self->device != NULL || view->type != QS_DATA_TYPE_FLOAT16 || n == 0 || !is_dense (view))
    {
      observe_floats (tensor, view, self);
      return;
    }

  values = g_try_new (float, (gsize) n);
  if (values == NULL)
    {
      if (self->error == NULL)
        g_set_error (&self->error, QS_ERROR, QS_ERROR_LIMIT,
                     "tensor %s: there is not enough memory for a copy of it", tensor->name);
      return;
    }
  qs_floats_load (values, view, 0, 1, n);
  qs_view_init (&floats, QS_DATA_TYPE_FLOAT, view->format, &view->shape, values);
  observe_floats (tensor, &floats, self);
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
    }

  return qs_samples_fit (self->samples, self->network->inputs, error);
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
  gint64 start = g_get_monotonic_time ();

  run_drop_context (self);
  qs_profile_set_batch (profile, batch);
  self->network = qs_import_network (self->model, profile, error);
  if (self->network != NULL && self->survivors == NULL)
    self->survivors = qs_passes_find_survivors (self->network, error);
  self->times.build += seconds_since (start);

  return self->survivors != NULL && self->network != NULL && check_inputs (self, error) &&
         find_batch (self, error);
}

static gboolean
run_build (Run        *self,
           QsProgress *progress,
           GError    **error)
{
  guint n_threads = self->options->n_threads;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  gint64 start = g_get_monotonic_time ();
  QsDevice *device;
  QsEngine *engine;

  if (n_threads == 0)
    n_threads = g_get_num_processors ();

  /* TensorRT calibrates before fusion with both MinMax and Entropy2, which is what makes the
   * cache fit other machines: every tensor of the model is there. */
  options.backend = self->options->backend;
  options.n_threads = n_threads;
  options.fuse = FALSE;
  options.int8 = QS_INT8_OFF;
  options.repeatable = TRUE;
  options.model_checksum = qs_model_get_checksum (self->model);

  engine = qs_builder_build (self->network, NULL, &options, NULL, error);
  if (engine == NULL)
    return FALSE;

  self->context = qs_context_new (engine, n_threads, error);
  qs_engine_unref (engine);
  if (self->context == NULL)
    return FALSE;

  qs_context_set_observer (self->context, observe, self);
  device = qs_context_get_device (self->context);
  if (device != NULL && device->statistics != NULL)
    {
      self->device = qs_histogram_device_new (device);
      qs_context_observe_device (self->context, TRUE);
    }
  self->times.build += seconds_since (start);
  return qs_progress_check (progress, error);
}

/* Samples @first … @first + batch - 1 of the order, one below the other. */
static QsHostTensor *
read_input (Run            *self,
            const QsTensor *input,
            gint64          first,
            GError        **error)
{
  const guint32 *order = self->options->order;
  gsize row_size = (gsize) count_behind (&input->shape, 0) * qs_data_type_size (input->type);
  g_autoptr (QsHostTensor) all = NULL;

  if (order == NULL)
    return qs_samples_read (self->samples, input->name, input->type, first, self->batch, error);

  all = qs_host_tensor_new (input->type, &input->shape, error);
  for (gint64 i = 0; all != NULL && i < self->batch; i++)
    {
      g_autoptr (QsHostTensor) row =
        qs_samples_read (self->samples, input->name, input->type, order[first + i], 1, error);

      if (row == NULL)
        return NULL;
      memcpy ((char *) qs_host_tensor_get_mutable (all) + (gsize) i * row_size,
              qs_host_tensor_get_data (row), row_size);
    }

  return g_steal_pointer (&all);
}

/* (transfer full) */
static GPtrArray *
read_inputs (Run     *self,
             gint64   first,
             GError **error)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GPtrArray) inputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      QsHostTensor *input = read_input (self, self->network->inputs->pdata[i], first, error);

      if (input == NULL)
        return NULL;
      g_ptr_array_add (inputs, input);
    }

  self->times.read += seconds_since (start);
  return g_steal_pointer (&inputs);
}

/* A device gets the batch that begins at @first while it computes the one before. */
static gboolean
read_ahead (Run     *self,
            gint64   first,
            GError **error)
{
  if (qs_context_get_device (self->context) == NULL ||
      qs_samples_get_n (self->samples) - first < self->batch)
    return TRUE;

  self->next = read_inputs (self, first, error);
  if (self->next == NULL)
    return FALSE;
  qs_context_set_next (self->context, (QsHostTensor **) self->next->pdata);
  return TRUE;
}

/* One inference; what its observer takes is not part of it. */
static gboolean
infer (Run           *self,
       QsHostTensor **inputs,
       QsHostTensor **outputs,
       GError       **error)
{
  gint64 start = g_get_monotonic_time ();
  double observing = self->times.histograms;

  if (!qs_context_run (self->context, inputs, outputs, error))
    return FALSE;

  observing = self->times.histograms - observing;
  self->times.inference += seconds_since (start) - observing;
  if (self->error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

static gboolean
run_batch (Run     *self,
           gint64   first,
           GError **error)
{
  const guint n_outputs = self->network->outputs->len;
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, MAX (n_outputs, 1));
  g_autoptr (GPtrArray) inputs = g_steal_pointer (&self->next);
  gboolean success;

  self->first = first;
  if (inputs == NULL)
    inputs = read_inputs (self, first, error);
  success = inputs != NULL && read_ahead (self, first + self->batch, error) &&
            infer (self, (QsHostTensor **) inputs->pdata, outputs, error);
  for (guint i = 0; i < n_outputs; i++)
    g_clear_pointer (&outputs[i], qs_host_tensor_unref);
  self->times.n_batches++;
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
  gint64 n, done = 0;

  report (progress, 0, qs_samples_get_n (self->samples));
  if (!run_import (self, MAX (self->options->batch, 1), error))
    return FALSE;

  /* What a sample is, and so how many there are, is known once the network is. */
  n = qs_samples_get_n (self->samples);
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
  g_autofree char *order = NULL;
  g_autofree char *text = NULL;

  /* What says the same is made the same. */
  recipe.limit = qs_samples_get_n (samples);
  recipe.batch = options->batch;
  if (!recipe.shuffle)
    recipe.seed = 0;

  json = qs_sample_recipe_to_json (&recipe);
  if (options->order != NULL)
    order = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) options->order,
                                         sizeof *options->order * (gsize) recipe.limit);
  text = g_strconcat (checksum != NULL ? checksum : "unknown", " ", json, order, NULL);
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
  Run run = { model, profile, samples, options, .set = set };
  Watcher watcher = { partial, partial_data, g_get_monotonic_time () };
  gboolean success = run_all (&run, progress, &watcher, error);

  if (success)
    {
      g_autofree char *key = qs_calibration_run_dup_samples_key (samples, options);

      qs_histogram_set_set_origin (set, qs_model_get_checksum (model), key);
      if (options->times != NULL)
        *options->times = run.times;
    }

  run_drop_context (&run);
  g_clear_pointer (&run.survivors, g_hash_table_unref);
  g_clear_error (&run.error);
  return success ? g_steal_pointer (&set) : NULL;
}
