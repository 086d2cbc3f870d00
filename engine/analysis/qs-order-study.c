/* SPDX-License-Identifier: MIT */
#include "qs-order-study.h"

#include <math.h>

#include "samples/qs-sample-order.h"

struct _QsOrderStudy
{
  gatomicrefcount ref_count;
  gint64 n_samples;
  GArray *runs;     /* (element-type QsOrderRun) */
  GPtrArray *names; /* (element-type utf8) */
  GHashTable *index; /* names to their places */
  GArray *scales;   /* (element-type float), by run, then by calibrator, then by tensor */
};

QsOrderStudy *
qs_order_study_ref (QsOrderStudy *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_order_study_unref (QsOrderStudy *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_array_unref (self->runs);
  g_hash_table_unref (self->index);
  g_ptr_array_unref (self->names);
  g_array_unref (self->scales);
  g_free (self);
}

static QsOrderStudy *
study_new (void)
{
  QsOrderStudy *self = g_new0 (QsOrderStudy, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->runs = g_array_new (FALSE, FALSE, sizeof (QsOrderRun));
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->index = g_hash_table_new (g_str_hash, g_str_equal);
  self->scales = g_array_new (FALSE, FALSE, sizeof (float));
  return self;
}

/* What a run of the study has that the others do not. */
typedef struct
{
  QsModel *model;
  const QsProfile *profile;
  QsSamples *samples;
  const QsOrderStudyOptions *options;
} Subject;

/* The tensors are the same in every run, and in the same order. */
static void
keep_scales (QsOrderStudy   *self,
             QsHistogramSet *set)
{
  guint n = qs_histogram_set_get_n (set);

  for (guint i = self->names->len; i < n; i++)
    {
      g_ptr_array_add (self->names, g_strdup (qs_histogram_set_get_name (set, i)));
      g_hash_table_insert (self->index, self->names->pdata[i], GUINT_TO_POINTER (i));
    }

  for (guint k = 0; k < qs_calibrator_get_n (); k++)
    {
      g_autoptr (QsScaleTable) scales =
        qs_histogram_set_calibrate (set, qs_calibrator_get (k), NULL);

      for (guint i = 0; i < self->names->len; i++)
        {
          float scale = NAN;

          qs_scale_table_lookup (scales, g_ptr_array_index (self->names, i), &scale);
          g_array_append_val (self->scales, scale);
        }
    }
}

/* A model that fixes its batch runs at that one, whatever was asked for. */
static gint64
find_real_batch (QsHistogramSet *set,
                 const QsCalibrationTimes *times,
                 gint64                    wanted)
{
  gint64 n = qs_histogram_set_get_n_samples (set);
  gint64 n_batches = (n + wanted - 1) / wanted;

  return n_batches == times->n_batches ? MIN (wanted, n) : n / MAX (times->n_batches, 1);
}

static gboolean
study_add_run (QsOrderStudy  *self,
               const Subject *subject,
               QsOrderRun     run,
               QsProgress    *progress,
               GError       **error)
{
  QsCalibrationRunOptions options = subject->options->run;
  g_autofree char *order_name = run.is_shuffled
                                  ? g_strdup_printf ("shuffle %" G_GUINT64_FORMAT, run.seed)
                                  : g_strdup ("the set's own order");
  g_autofree guint32 *order = NULL;
  g_autoptr (QsHistogramSet) set = NULL;
  QsCalibrationTimes times = { 0 };

  if (run.is_shuffled)
    {
      order = qs_sample_order_shuffle (qs_samples_get_n (subject->samples), run.seed, error);
      if (order == NULL)
        return FALSE;
    }

  options.batch = run.batch;
  options.order = order;
  options.times = &times;
  set = qs_calibration_run (subject->model, subject->profile, subject->samples, &options, progress,
                            NULL, NULL, error);
  if (set == NULL)
    {
      g_prefix_error (error, "batch %" G_GINT64_FORMAT ", %s: ", run.batch, order_name);
      return FALSE;
    }

  run.batch = find_real_batch (set, &times, run.batch);
  self->n_samples = qs_histogram_set_get_n_samples (set);
  g_array_append_val (self->runs, run);
  keep_scales (self, set);
  return TRUE;
}

QsOrderStudy *
qs_order_study_run (QsModel                   *model,
                    const QsProfile           *profile,
                    QsSamples                 *samples,
                    const QsOrderStudyOptions *options,
                    QsProgress                *progress,
                    GError                   **error)
{
  const Subject subject = { model, profile, samples, options };
  const gint64 *batches = options->n_batches > 0 ? options->batches : &options->run.batch;
  guint n_batches = MAX (options->n_batches, 1), n_orders = options->n_shuffles + 1;
  g_autoptr (QsOrderStudy) self = study_new ();
  gboolean success = TRUE;

  for (guint i = 0; success && i < n_batches * n_orders; i++)
    {
      guint order = i % n_orders;
      QsOrderRun run = { .batch = MAX (batches[i / n_orders], 1), .is_shuffled = order > 0 };

      run.seed = order > 0 ? options->seed + order - 1 : 0;
      qs_progress_set_range (progress, (double) i / (n_batches * n_orders),
                             (double) (i + 1) / (n_batches * n_orders));
      success = study_add_run (self, &subject, run, progress, error);
    }

  qs_progress_set_range (progress, 0.0, 1.0);
  return success ? g_steal_pointer (&self) : NULL;
}

guint
qs_order_study_get_n_runs (QsOrderStudy *self)
{
  return self->runs->len;
}

const QsOrderRun *
qs_order_study_get_run (QsOrderStudy *self,
                        guint         run)
{
  g_return_val_if_fail (run < self->runs->len, NULL);

  return &g_array_index (self->runs, QsOrderRun, run);
}

/* How many samples each of the runs took. */
gint64
qs_order_study_get_n_samples (QsOrderStudy *self)
{
  return self->n_samples;
}

/* How many tensors there are. */
guint
qs_order_study_get_n (QsOrderStudy *self)
{
  return self->names->len;
}

const char *
qs_order_study_get_name (QsOrderStudy *self,
                         guint         tensor)
{
  g_return_val_if_fail (tensor < self->names->len, NULL);

  return g_ptr_array_index (self->names, tensor);
}

gboolean
qs_order_study_find (QsOrderStudy *self,
                     const char   *name,
                     guint        *tensor)
{
  gpointer place;

  if (!g_hash_table_lookup_extended (self->index, name, NULL, &place))
    return FALSE;

  *tensor = GPOINTER_TO_UINT (place);
  return TRUE;
}

float
qs_order_study_get_scale (QsOrderStudy *self,
                          guint         run,
                          guint         calibrator,
                          guint         tensor)
{
  guint index = (run * qs_calibrator_get_n () + calibrator) * self->names->len + tensor;

  g_return_val_if_fail (index < self->scales->len, NAN);

  return g_array_index (self->scales, float, index);
}

gboolean
qs_order_study_get_spread (QsOrderStudy *self,
                           guint         calibrator,
                           guint         tensor,
                           QsSpread     *spread)
{
  double sum = 0.0, squares = 0.0, n = self->runs->len, first;

  if (self->runs->len == 0 || isnan (qs_order_study_get_scale (self, 0, calibrator, tensor)))
    return FALSE;

  /* Differences from the first one: equal scales have no deviation at all. */
  first = (double) qs_order_study_get_scale (self, 0, calibrator, tensor);
  *spread = (QsSpread) { .min = (float) first, .max = (float) first };
  for (guint run = 1; run < self->runs->len; run++)
    {
      float scale = qs_order_study_get_scale (self, run, calibrator, tensor);
      double difference = (double) scale == first ? 0.0 : (double) scale - first;

      spread->min = MIN (spread->min, scale);
      spread->max = MAX (spread->max, scale);
      sum += difference;
      squares += difference * difference;
    }

  spread->mean = first + sum / n;
  spread->deviation = sqrt (MAX (squares / n - sum / n * (sum / n), 0.0));
  spread->ratio = spread->min == spread->max ? 1.0 : (double) spread->max / (double) spread->min;
  return TRUE;
}
