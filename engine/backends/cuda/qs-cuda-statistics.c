/* SPDX-License-Identifier: MIT */
#include "qs-cuda-statistics.h"

#include "kernels/qs-statistics-arguments.h"
#include "qs-cuda-views.h"

G_STATIC_ASSERT (sizeof (QsCudaScanResult) == sizeof (QsHistogramScan));
G_STATIC_ASSERT (G_STRUCT_OFFSET (QsCudaScanResult, shift) == G_STRUCT_OFFSET (QsHistogramScan, shift));

#define SCAN_VALUES (QS_CUDA_SCAN_BLOCKS * QS_HISTOGRAM_BLOCK)

static gboolean
move (QsDevice     *device,
      const QsView *from,
      const QsView *to,
      GError      **error)
{
  return qs_cuda_move (qs_cuda_device_get (NULL), from, to, error);
}

static gboolean
clear (QsCudaDevice *device,
       guint32      *words,
       gsize         n,
       GError      **error)
{
  QsCudaClear args = { .words = words, .n = (gint64) n };

  return qs_cuda_launch_elements (device, "qs_clear", args.n, &args, error);
}

static gboolean
scan (QsDevice        *memory,
      const float     *values,
      gsize            n,
      QsHistogramScan *scans,
      guint32         *maxima,
      gsize            n_channels,
      gsize            inner,
      GError         **error)
{
  QsCudaDevice *device = qs_cuda_device_get (NULL);
  QsCudaScan args = { .values = values, .scans = (QsCudaScanResult *) scans, .n = (gint64) n };
  QsCudaMaxima channels = {
    .values = values,
    .maxima = maxima,
    .inner = qs_cuda_divisor ((guint32) inner),
    .n_channels = qs_cuda_divisor ((guint32) n_channels),
    .n = (gint64) n,
  };
  const QsCudaLaunch launch = {
    .kernel = "qs_scan",
    .grid = { (guint) ((n + SCAN_VALUES - 1) / SCAN_VALUES), 1, 1 },
    .n_threads = QS_CUDA_BLOCK,
  };

  return qs_cuda_device_launch (device, &launch, &args, error) &&
         (n_channels == 0 ||
          (clear (device, maxima, n_channels, error) &&
           qs_cuda_launch_elements (device, "qs_channel_maxima", channels.n, &channels, error)));
}

static gboolean
count (QsDevice    *memory,
       const float *values,
       gsize        n,
       float        range,
       guint32     *counts,
       GError     **error)
{
  QsCudaDevice *device = qs_cuda_device_get (NULL);
  QsCudaCount args = {
    .values = values,
    .counts = counts,
    .n = (gint64) n,
    .range = range,
    .is_aligned = qs_cuda_is_aligned (values, 16),
  };
  const QsCudaLaunch launch = {
    .kernel = "qs_count",
    .grid = { (guint) ((n + QS_CUDA_COUNT_CHUNK - 1) / QS_CUDA_COUNT_CHUNK), 1, 1 },
    .n_threads = QS_CUDA_BLOCK,
    .shared_size = QS_HISTOGRAM_BINS * sizeof (guint32),
  };

  return clear (device, counts, QS_HISTOGRAM_BINS, error) &&
         qs_cuda_device_launch (device, &launch, &args, error);
}

const QsDeviceStatistics qs_cuda_statistics = {
  .move = move,
  .scan = scan,
  .count = count,
};
