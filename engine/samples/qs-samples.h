/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "core/qs-host-tensor.h"
#include "network/qs-tensor.h"
#include "qs-sample-recipe.h"

G_BEGIN_DECLS

/**
 * QsSamples:
 *
 * A calibration or evaluation set: named arrays with one row per sample along axis 0, in a stable
 * order, and labels where there are any. It is read batch by batch; opening it checks the headers
 * and reads no more than it must.
 */
typedef struct _QsSamples QsSamples;

/* Whether @file is something that a set can be; its first bytes are read. */
gboolean      qs_samples_probe         (GFile                  *file);
QsSamples    *qs_samples_open          (GFile                  *file,
                                        GError                **error);
QsSamples    *qs_samples_new_for_arrays (GHashTable            *arrays,
                                        GError                **error);
QsSamples    *qs_samples_ref           (QsSamples              *self);
void          qs_samples_unref         (QsSamples              *self);

GFile        *qs_samples_get_file      (QsSamples              *self);
gint64        qs_samples_get_n         (QsSamples              *self);
void          qs_samples_set_limit     (QsSamples              *self,
                                        gint64                  limit);
/* Preprocessing, limit, shuffle and batch at once. Samples are shuffled before they are limited. */
void          qs_samples_set_recipe    (QsSamples              *self,
                                        const QsSampleRecipe   *recipe);
const QsSampleRecipe *qs_samples_get_recipe (QsSamples         *self);
const char   *qs_samples_get_checksum  (QsSamples              *self);

void          qs_samples_set_preprocessing (QsSamples             *self,
                                            const QsPreprocessing *preprocessing);
const QsPreprocessing *qs_samples_get_preprocessing (QsSamples    *self);

/* Tells the set what the network wants. @inputs: (element-type QsTensor) */
gboolean      qs_samples_fit           (QsSamples              *self,
                                        GPtrArray              *inputs,
                                        GError                **error);
const QsShape *qs_samples_get_shape    (QsSamples              *self,
                                        const char             *name);
/* Says whether the set has input @name with rows of @shape (axis 0, the batch, is ignored). */
gboolean      qs_samples_check_input   (QsSamples              *self,
                                        const char             *name,
                                        QsDataType              type,
                                        const QsShape          *shape,
                                        GError                **error);
/* Rows first … first + n - 1 of input @name, preprocessed when the network wants float32. */
QsHostTensor *qs_samples_read          (QsSamples              *self,
                                        const char             *name,
                                        QsDataType              type,
                                        gint64                  first,
                                        gint64                  n,
                                        GError                **error);
/* (transfer full) (nullable): the file that a sample comes from, where each has its own */
char         *qs_samples_dup_file_name (QsSamples              *self,
                                        gint64                  index);
/* What kind of set it is, in English, and whether it is made of images. */
const char   *qs_samples_get_kind      (QsSamples              *self);
gboolean      qs_samples_has_images    (QsSamples              *self);
void          qs_samples_suggest_images (QsSamples             *self);
gboolean      qs_samples_has_labels    (QsSamples              *self);
/* (array length=n): class indices from the array `label` or `labels`. */
gint64       *qs_samples_read_labels   (QsSamples              *self,
                                        gint64                  first,
                                        gint64                  n,
                                        GError                **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsSamples, qs_samples_unref)

G_END_DECLS
