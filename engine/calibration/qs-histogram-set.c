/* SPDX-License-Identifier: MIT */
#include "qs-histogram-set.h"

#include <math.h>

#include "core/qs-thread-pool.h"

typedef struct
{
  char *name;
  QsHistogram *histogram;
  QsTensorNotes notes;
  QsCalibration *calibrations; /* by calibrator; under the set's mutex */
  guint64 n_calibrated;        /* values in the histogram when they were computed */
} Entry;

struct _QsHistogramSet
{
  gatomicrefcount ref_count;
  gint64 n_samples;
  char *model_checksum;
  char *samples_key;
  GArray *entries;
  GHashTable *index; /* name (owned by the entry) to position */
  GMutex mutex;
};

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  qs_histogram_free (entry->histogram);
  qs_tensor_notes_clear (&entry->notes);
  g_free (entry->calibrations);
}

QsHistogramSet *
qs_histogram_set_new (void)
{
  QsHistogramSet *self = g_new0 (QsHistogramSet, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->mutex);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);
  self->index = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

QsHistogramSet *
qs_histogram_set_ref (QsHistogramSet *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_histogram_set_unref (QsHistogramSet *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->index);
  g_array_unref (self->entries);
  g_free (self->model_checksum);
  g_free (self->samples_key);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

guint
qs_histogram_set_get_n (QsHistogramSet *self)
{
  return self->entries->len;
}

const char *
qs_histogram_set_get_name (QsHistogramSet *self,
                           guint           index)
{
  g_return_val_if_fail (index < self->entries->len, NULL);

  return g_array_index (self->entries, Entry, index).name;
}

QsHistogram *
qs_histogram_set_get (QsHistogramSet *self,
                      guint           index)
{
  g_return_val_if_fail (index < self->entries->len, NULL);

  return g_array_index (self->entries, Entry, index).histogram;
}

QsTensorNotes *
qs_histogram_set_get_notes (QsHistogramSet *self,
                            guint           index)
{
  g_return_val_if_fail (index < self->entries->len, NULL);

  return &g_array_index (self->entries, Entry, index).notes;
}

gboolean
qs_histogram_set_find (QsHistogramSet *self,
                       const char     *name,
                       guint          *index)
{
  gpointer position;

  if (!g_hash_table_lookup_extended (self->index, name, NULL, &position))
    return FALSE;

  *index = GPOINTER_TO_UINT (position);
  return TRUE;
}

/* (nullable): %NULL when there is no tensor @name. */
QsHistogram *
qs_histogram_set_lookup (QsHistogramSet *self,
                         const char     *name)
{
  guint index;

  return qs_histogram_set_find (self, name, &index) ? qs_histogram_set_get (self, index) : NULL;
}

QsHistogram *
qs_histogram_set_ensure (QsHistogramSet *self,
                         const char     *name)
{
  QsHistogram *histogram = qs_histogram_set_lookup (self, name);
  Entry entry;

  if (histogram != NULL)
    return histogram;

  entry = (Entry) { .name = g_strdup (name), .histogram = qs_histogram_new () };
  qs_tensor_notes_init (&entry.notes);
  g_hash_table_insert (self->index, entry.name, GUINT_TO_POINTER (self->entries->len));
  g_array_append_val (self->entries, entry);
  return entry.histogram;
}

/* How many samples went into the histograms. */
gint64
qs_histogram_set_get_n_samples (QsHistogramSet *self)
{
  return self->n_samples;
}

void
qs_histogram_set_set_n_samples (QsHistogramSet *self,
                                gint64          n_samples)
{
  self->n_samples = n_samples;
}

void
qs_histogram_set_set_origin (QsHistogramSet *self,
                             const char     *model_checksum,
                             const char     *samples_key)
{
  g_free (self->model_checksum);
  g_free (self->samples_key);
  self->model_checksum = g_strdup (model_checksum);
  self->samples_key = g_strdup (samples_key);
}

const char *
qs_histogram_set_get_model_checksum (QsHistogramSet *self)
{
  return self->model_checksum;
}

const char *
qs_histogram_set_get_samples_key (QsHistogramSet *self)
{
  return self->samples_key;
}

/* The first calibrator with the same rule: both entropy calibrators have one. */
static guint
find_same_rule (guint calibrator)
{
  guint first = 0;

  while (qs_calibrator_get (first)->compute != qs_calibrator_get (calibrator)->compute)
    first++;

  return first;
}

static void
calibrate_entry (Entry *entry)
{
  guint64 n = qs_histogram_get_n (entry->histogram);

  if (entry->calibrations != NULL && entry->n_calibrated == n)
    return;

  g_free (entry->calibrations);
  entry->calibrations = g_new (QsCalibration, qs_calibrator_get_n ());
  entry->n_calibrated = n;
  for (guint k = 0; k < qs_calibrator_get_n (); k++)
    {
      guint same = find_same_rule (k);

      if (same < k)
        entry->calibrations[k] = entry->calibrations[same];
      else
        qs_calibrator_compute (qs_calibrator_get (k), entry->histogram, NULL, FALSE,
                               &entry->calibrations[k]);
    }
}

static void
calibrate_some (gint64   first,
                gint64   last,
                guint    thread,
                gpointer data)
{
  QsHistogramSet *self = data;

  for (gint64 i = first; i < last; i++)
    calibrate_entry (&g_array_index (self->entries, Entry, i));
}

/* All tensors on all processors. */
static void
calibrate_all (QsHistogramSet *self)
{
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (0);

  g_mutex_lock (&self->mutex);
  qs_thread_pool_run (pool, self->entries->len, 1, calibrate_some, self);
  g_mutex_unlock (&self->mutex);
}

const QsCalibration *
qs_histogram_set_get_calibrations (QsHistogramSet *self,
                                   guint           index)
{
  Entry *entry;

  g_return_val_if_fail (index < self->entries->len, NULL);

  entry = &g_array_index (self->entries, Entry, index);
  g_mutex_lock (&self->mutex);
  calibrate_entry (entry);
  g_mutex_unlock (&self->mutex);
  return entry->calibrations;
}

/* Whether @options leave everything that changes a threshold as it is by default. */
static gboolean
are_defaults (const QsCalibratorOptions *options)
{
  const QsCalibratorOptions defaults = QS_CALIBRATOR_OPTIONS_INIT;

  return options == NULL || (options->quantile == defaults.quantile &&
                             options->regression_cutoff == defaults.regression_cutoff);
}

static float
find_scale (QsHistogramSet            *self,
            guint                      index,
            const QsCalibrator        *calibrator,
            const QsCalibratorOptions *options)
{
  const QsHistogram *histogram = g_array_index (self->entries, Entry, index).histogram;
  QsCalibration calibration;

  /* What TensorRT writes for a tensor that reaches infinity: it has no scale. */
  if (qs_histogram_get_n_nan (histogram) + qs_histogram_get_n_infinite (histogram) > 0)
    return INFINITY;

  if (are_defaults (options))
    for (guint k = 0; k < qs_calibrator_get_n (); k++)
      if (qs_calibrator_get (k) == calibrator)
        return qs_histogram_set_get_calibrations (self, index)[k].scale;

  qs_calibrator_compute (calibrator, histogram, options, FALSE, &calibration);
  qs_calibration_clear (&calibration);
  return calibration.scale;
}

/**
 * qs_histogram_set_calibrate:
 * @options: (nullable): parameters, %NULL for the defaults
 *
 * A tensor that was ever NaN or infinite gets the scale infinity (`7f800000` in a cache, as TensorRT
 * writes it), a uniformly zero one gets 0; neither counts as a scale in a build, and the layers
 * that read or write the tensor stay in floating point.
 *
 * Returns: (transfer full): a scale for every tensor, in the network's order, with the
 *   calibrator's id as source; after fusion only for the tensors that are left then
 */
QsScaleTable *
qs_histogram_set_calibrate (QsHistogramSet            *self,
                            const QsCalibrator        *calibrator,
                            const QsCalibratorOptions *options)
{
  QsBeforeFusion choice = options != NULL ? options->before_fusion : QS_BEFORE_FUSION_DEFAULT;
  gboolean all = qs_calibrator_runs_before_fusion (calibrator, choice);
  QsScaleTable *scales = qs_scale_table_new ();

  if (are_defaults (options))
    calibrate_all (self);

  qs_scale_table_set_source (scales, calibrator->id);
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      if (all || !entry->notes.fused_away)
        qs_scale_table_set (scales, entry->name, find_scale (self, i, calibrator, options));
    }

  return scales;
}
