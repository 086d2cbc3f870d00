/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-sample-array.h"
#include "qs-sample-store.h"

G_BEGIN_DECLS

/* Whether a file of a set holds labels: labels.txt, labels.csv, label.npy, labels.npy. */
gboolean       qs_sample_labels_is_file (const char     *path);

/* (nullable): the classes of @files, from a labels file or else from the folders they are in; an
 * array with a problem where the labels file cannot be used. @files: one for each sample, or NULL
 * when a labels file cannot name them; @has_classes: whether folders count; @n: samples */
QsSampleArray *qs_sample_labels_find    (QsSampleStore  *store,
                                         GPtrArray      *files,
                                         gboolean        has_classes,
                                         gint64          n);

G_END_DECLS
