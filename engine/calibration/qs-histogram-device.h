/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-device.h"
#include "qs-histogram.h"

G_BEGIN_DECLS

/**
 * QsHistogramDevice:
 *
 * Counts tensors where they are, in a device's memory; only statistics come to the host.
 */
typedef struct _QsHistogramDevice QsHistogramDevice;

/* @device must have `statistics`. */
QsHistogramDevice *qs_histogram_device_new  (QsDevice           *device);
void               qs_histogram_device_free (QsHistogramDevice  *self);
gboolean           qs_histogram_device_add  (QsHistogramDevice  *self,
                                             QsHistogram        *histogram,
                                             const QsView       *view,
                                             const QsChannels   *channels,
                                             GError            **error);
/* (transfer full): the values of @view as floats in the host's memory, in row-major order */
float             *qs_histogram_device_read (QsHistogramDevice  *self,
                                             const QsView       *view,
                                             GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsHistogramDevice, qs_histogram_device_free)

G_END_DECLS
