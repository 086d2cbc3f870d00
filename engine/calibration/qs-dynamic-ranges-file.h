/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "scales/qs-dynamic-ranges.h"

G_BEGIN_DECLS

/*
 * Files of ranges that were set by hand. Our own is JSON:
 *
 *   { "format": "quantoscope-ranges", "version": 1,
 *     "ranges": [ { "tensor": "conv1", "min": -1.5, "max": 3.0 }, … ] }
 *
 * Every format of calibration caches is read, too, as symmetric ranges; sampleINT8API's text
 * (“tensor: range”) is written for a file whose name ends in “.txt”.
 */
GBytes          *qs_dynamic_ranges_write    (QsDynamicRanges       *self);
QsDynamicRanges *qs_dynamic_ranges_read     (GBytes                *bytes,
                                             GError               **error);
gboolean         qs_dynamic_ranges_save     (QsDynamicRanges       *self,
                                             GFile                 *file,
                                             GError               **error);
QsDynamicRanges *qs_dynamic_ranges_load     (GFile                 *file,
                                             GError               **error);
/* Whether @bytes are our own format. */
gboolean         qs_dynamic_ranges_probe    (GBytes                *bytes);

G_END_DECLS
