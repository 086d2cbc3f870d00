/* SPDX-License-Identifier: MIT */
#include "qs-histogram-device.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-histogram-private.h"

/*
 * The host's part of counting on a device: it joins the blocks' statistics in order, as it does with its
 * own, so that everything has the bits that the host would have counted. Blocks whose squares need
 * more than floats, and those with NaN and infinity, come to the host; calibration data that has many
 * of them is broken anyway.
 */

/* Device memory that grows when it must. */
typedef struct
{
  gpointer data;
  gsize size;
} Buffer;

struct _QsHistogramDevice
{
  QsDevice *device;
  Buffer values;  /* of tensors that are not float32 or do not lie together */
  Buffer results; /* counts, then maxima, then scans */
  guint8 *host;
  gsize host_size;
};

QsHistogramDevice *
qs_histogram_device_new (QsDevice *device)
{
  QsHistogramDevice *self = g_new0 (QsHistogramDevice, 1);

  self->device = device;
  return self;
}

void
qs_histogram_device_free (QsHistogramDevice *self)
{
  self->device->free (self->device, self->values.data);
  self->device->free (self->device, self->results.data);
  g_free (self->host);
  g_free (self);
}

static gboolean
reserve (QsHistogramDevice *self,
         Buffer            *buffer,
         gsize              size,
         GError           **error)
{
  if (size <= buffer->size)
    return TRUE;

  self->device->free (self->device, buffer->data);
  buffer->size = 0;
  buffer->data = self->device->allocate (self->device, size, error);
  if (buffer->data != NULL)
    buffer->size = size;
  return buffer->data != NULL;
}

static gboolean
reserve_host (QsHistogramDevice *self,
              gsize              size,
              GError           **error)
{
  if (size <= self->host_size)
    return TRUE;

  g_free (self->host);
  self->host = g_try_malloc (size);
  self->host_size = self->host != NULL ? size : 0;
  if (self->host == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "there is not enough memory for %" G_GSIZE_FORMAT " bytes of statistics", size);
  return self->host != NULL;
}

static gboolean
is_dense (const QsView *view)
{
  gint64 reach = 0;

  for (int axis = 0; axis < view->shape.n_dims; axis++)
    reach += (view->shape.dims[axis] - 1) * view->strides[axis];

  return reach + 1 == qs_shape_n_elements (&view->shape);
}

/* The values as float32 that lie together: as they are, or a copy. Dense ones keep their order. */
static const float *
find_values (QsHistogramDevice *self,
             const QsView      *view,
             gboolean           row_major,
             GError           **error)
{
  const gsize size = (gsize) qs_shape_n_elements (&view->shape) * sizeof (float);
  QsView copy;

  if (view->type == QS_DATA_TYPE_FLOAT && is_dense (view) &&
      (!row_major || qs_view_is_linear (view)))
    return view->data;
  if (!reserve (self, &self->values, size, error))
    return NULL;

  qs_view_init (&copy, QS_DATA_TYPE_FLOAT, QS_FORMAT_LINEAR, &view->shape, self->values.data);
  if (is_dense (view) && !row_major)
    memcpy (copy.strides, view->strides, sizeof copy.strides);
  return self->device->statistics->move (self->device, view, &copy, error) ? self->values.data : NULL;
}

typedef struct
{
  QsHistogramDevice *device;
  const float *values; /* on the device */
  gsize n;
  const QsChannels *channels;
  guint32 *counts;
  guint32 *maxima;
  QsHistogramScan *scans;
  gsize scans_offset;
  gsize size;          /* of all results */
} Batch;

static gsize
count_blocks (const Batch *self)
{
  return (self->n + QS_HISTOGRAM_BLOCK - 1) / QS_HISTOGRAM_BLOCK;
}

static gboolean
batch_init (Batch             *self,
            QsHistogramDevice *device,
            const float       *values,
            gsize              n,
            const QsChannels  *channels,
            GError           **error)
{
  const gsize n_channels = channels != NULL ? channels->n : 0;

  *self = (Batch) { .device = device, .values = values, .n = n, .channels = channels };
  self->scans_offset = (QS_HISTOGRAM_BINS + (n_channels + 1) / 2 * 2) * sizeof (guint32);
  self->size = self->scans_offset + count_blocks (self) * sizeof (QsHistogramScan);
  if (!reserve (device, &device->results, self->size, error) ||
      !reserve_host (device, self->size, error))
    return FALSE;

  self->counts = device->results.data;
  self->maxima = self->counts + QS_HISTOGRAM_BINS;
  self->scans = (QsHistogramScan *) ((guint8 *) device->results.data + self->scans_offset);
  return TRUE;
}

static gboolean
batch_scan (Batch   *self,
            float    range,
            GError **error)
{
  QsDevice *device = self->device->device;
  const QsChannels *channels = self->channels;

  return device->statistics->scan (device, self->values, self->n, self->scans, self->maxima,
                                   channels != NULL ? channels->n : 0,
                                   channels != NULL ? channels->inner : 1, error) &&
         (range == 0.0f ||
          device->statistics->count (device, self->values, self->n, range, self->counts, error)) &&
         device->download (device, self->device->host, self->counts, self->size, error);
}

static gboolean
batch_count (Batch   *self,
             float    range,
             GError **error)
{
  QsDevice *device = self->device->device;

  return device->statistics->count (device, self->values, self->n, range, self->counts, error) &&
         device->download (device, self->device->host, self->counts,
                           QS_HISTOGRAM_BINS * sizeof (guint32), error);
}

static gboolean
merge_block (Batch        *self,
             QsHistogram  *histogram,
             gsize         block,
             float        *abs_max,
             GError      **error)
{
  const QsHistogramScan *scans = (const QsHistogramScan *) (gpointer) (self->device->host
                                                                       + self->scans_offset);
  const gsize first = block * QS_HISTOGRAM_BLOCK, n = MIN (self->n - first, QS_HISTOGRAM_BLOCK);
  QsDevice *device = self->device->device;
  float values[QS_HISTOGRAM_BLOCK];

  if (qs_histogram_scan_is_good (&scans[block]))
    {
      qs_histogram_merge_scan (histogram, &scans[block], n, abs_max);
      return TRUE;
    }
  if (!device->download (device, values, self->values + first, n * sizeof (float), error))
    return FALSE;
  qs_histogram_merge_block (histogram, values, n, abs_max);
  return TRUE;
}

static gboolean
merge_statistics (Batch        *self,
                  QsHistogram  *histogram,
                  float        *abs_max,
                  GError      **error)
{
  const float *maxima = (const float *) (gpointer) self->device->host + QS_HISTOGRAM_BINS;

  for (gsize block = 0; block < count_blocks (self); block++)
    if (!merge_block (self, histogram, block, abs_max, error))
      return FALSE;
  for (gsize k = 0; self->channels != NULL && k < self->channels->n; k++)
    self->channels->maxima[k] = MAX (self->channels->maxima[k], maxima[k]);
  return TRUE;
}

/**
 * qs_histogram_device_add:
 * @view: a tensor on the device, float32 or float16, with any strides
 * @channels: (nullable): as for qs_histogram_add_batch(), where values lie together in their own
 *   order, or in row-major order when they do not
 *
 * Counts a batch, with exactly the outcome of qs_histogram_add_batch() for the same values.
 *
 * Errors: the device has too little memory or failed. The histogram is not to be used then.
 */
gboolean
qs_histogram_device_add (QsHistogramDevice *self,
                         QsHistogram       *histogram,
                         const QsView      *view,
                         const QsChannels  *channels,
                         GError           **error)
{
  const gsize n = (gsize) qs_shape_n_elements (&view->shape);
  const float *values = n > 0 ? find_values (self, view, FALSE, error) : NULL;
  const guint64 n_before = histogram->n;
  const float range = histogram->range;
  const guint32 *counts;
  float abs_max = 0.0f;
  Batch batch;

  if (values == NULL)
    return n == 0;
  if (!batch_init (&batch, self, values, n, channels, error) || !batch_scan (&batch, range, error) ||
      !merge_statistics (&batch, histogram, &abs_max, error))
    return FALSE;

  if (abs_max > range)
    {
      qs_histogram_grow_range (histogram, abs_max, n_before);
      if (!batch_count (&batch, histogram->range, error))
        return FALSE;
    }

  counts = (const guint32 *) (gpointer) self->host;
  for (int bin = 0; histogram->range > 0.0f && bin < QS_HISTOGRAM_BINS; bin++)
    histogram->counts[bin] += counts[bin];
  return TRUE;
}

float *
qs_histogram_device_read (QsHistogramDevice *self,
                          const QsView      *view,
                          GError           **error)
{
  const gsize n = (gsize) qs_shape_n_elements (&view->shape);
  const float *values = find_values (self, view, TRUE, error);
  float *copy = values != NULL ? g_try_new (float, MAX (n, 1)) : NULL;

  if (values != NULL && copy == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "there is not enough memory for a copy of %" G_GSIZE_FORMAT " values", n);
  if (copy != NULL && self->device->download (self->device, copy, values, n * sizeof (float), error))
    return copy;
  g_free (copy);
  return NULL;
}
