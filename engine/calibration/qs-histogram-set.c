/* SPDX-License-Identifier: MIT */
#include "qs-histogram-set.h"

typedef struct
{
  char *name;
  QsHistogram *histogram;
} Entry;

struct _QsHistogramSet
{
  gatomicrefcount ref_count;
  gint64 n_samples;
  char *model_checksum;
  char *samples_key;
  GArray *entries;
  GHashTable *index; /* name (owned by the entry) to position */
};

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  qs_histogram_free (entry->histogram);
}

QsHistogramSet *
qs_histogram_set_new (void)
{
  QsHistogramSet *self = g_new0 (QsHistogramSet, 1);

  g_atomic_ref_count_init (&self->ref_count);
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

/* (nullable): %NULL when there is no tensor @name. */
QsHistogram *
qs_histogram_set_lookup (QsHistogramSet *self,
                         const char     *name)
{
  gpointer position;

  if (!g_hash_table_lookup_extended (self->index, name, NULL, &position))
    return NULL;

  return qs_histogram_set_get (self, GPOINTER_TO_UINT (position));
}

QsHistogram *
qs_histogram_set_ensure (QsHistogramSet *self,
                         const char     *name)
{
  QsHistogram *histogram = qs_histogram_set_lookup (self, name);
  Entry entry;

  if (histogram != NULL)
    return histogram;

  entry = (Entry) { g_strdup (name), qs_histogram_new () };
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

/**
 * qs_histogram_set_calibrate:
 * @options: (nullable): parameters, %NULL for the defaults
 *
 * Returns: (transfer full): a scale for every tensor, in the network's order, with the
 *   calibrator's id as source
 */
QsScaleTable *
qs_histogram_set_calibrate (QsHistogramSet            *self,
                            const QsCalibrator        *calibrator,
                            const QsCalibratorOptions *options)
{
  QsScaleTable *scales = qs_scale_table_new ();

  qs_scale_table_set_source (scales, calibrator->id);
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);
      QsCalibration calibration;

      qs_calibrator_compute (calibrator, entry->histogram, options, FALSE, &calibration);
      qs_scale_table_set (scales, entry->name, calibration.scale);
      qs_calibration_clear (&calibration);
    }

  return scales;
}
