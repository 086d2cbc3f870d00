/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-histogram-set.h"

G_BEGIN_DECLS

/*
 * The histogram cache: a header of 48 bytes, then a message of histograms.proto.
 *
 *    0  8  "\x89QSHIST\n"
 *    8  4  format version, little endian
 *   12  4  zero
 *   16 32  SHA-256 of the message
 */
#define QS_HISTOGRAM_FILE_VERSION 1

gboolean        qs_histogram_set_save  (QsHistogramSet  *self,
                                        GFile           *file,
                                        GError         **error);
QsHistogramSet *qs_histogram_set_load  (GFile           *file,
                                        GError         **error);
/* Whether the first bytes of a file are those of histograms. */
gboolean        qs_histogram_set_probe (GBytes          *head);
/* The same without a file. */
GBytes         *qs_histogram_set_write (QsHistogramSet  *self);
QsHistogramSet *qs_histogram_set_read  (GBytes          *bytes,
                                        GError         **error);
/* Whether the histograms were made of this model and these samples; %NULL for one that does not
 * matter. */
gboolean        qs_histogram_set_check_origin (QsHistogramSet *self,
                                        const char      *model_checksum,
                                        const char      *samples_key,
                                        GError         **error);

G_END_DECLS
