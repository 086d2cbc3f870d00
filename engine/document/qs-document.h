/* SPDX-License-Identifier: MIT */
#pragma once

#include "analysis/qs-lints.h"
#include "builder/qs-builder.h"
#include "calibration/qs-histogram-set.h"
#include "onnx/qs-model.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsDocumentSet:
 * @path: (nullable): of the set, relative to the document's folder where it lies in it
 * @recipe: what is made of it
 *
 * A set of samples that a document refers to; the samples are not in it.
 */
typedef struct
{
  char *path;
  QsSampleRecipe recipe;
} QsDocumentSet;

/**
 * QsDocument:
 * @model_path: (nullable): where the model was, like the paths of sets
 * @model_checksum: (nullable): which model it has to be
 * @model: (nullable): the model itself
 * @calibration: the calibration set
 * @labelled: the labelled set
 * @cache_name: (nullable): name of the calibration cache that was opened
 * @cache: (nullable): its scales
 * @histograms: (nullable)
 * @ranges: (nullable): set by hand
 * @edits: (element-type QsLint): advice that was carried out on the model's network, in order
 * @engine: (nullable): what was built
 * @source: (nullable): a calibrator's id, or "cache"
 * @backend: (nullable): a backend's id
 *
 * Everything that a document keeps, as plain data. docs/document.md describes the file.
 */
typedef struct
{
  char *model_path;
  char *model_checksum;
  GBytes *model;
  QsDocumentSet calibration;
  QsDocumentSet labelled;
  char *cache_name;
  QsScaleTable *cache;
  QsHistogramSet *histograms;
  QsDynamicRanges *ranges;
  GPtrArray *edits;
  QsEngine *engine;
  char *source;
  char *backend;
  QsInt8Mode int8;
  QsFp16Mode fp16;
  int rounding;
  gboolean emulate_tensorrt;
  QsBeforeFusion before_fusion;
  gint64 n_threads;
  gint64 calibration_batch;
} QsDocument;

/* A model without external data and up to this size is kept in the document. */
#define QS_DOCUMENT_MAX_MODEL ((gsize) 32 << 20)

QsDocument *qs_document_new        (void);
void        qs_document_free       (QsDocument   *self);
/* Keeps where @model is and, when it is small and has no external data, the model itself. */
void        qs_document_set_model  (QsDocument   *self,
                                    QsModel      *model,
                                    GFile        *document);
/* (transfer full): @file as seen from the folder of @document: relative where it lies in it */
char       *qs_document_dup_path   (GFile        *file,
                                    GFile        *document);
GFile      *qs_document_resolve    (const char   *path,
                                    GFile        *document);
/* The model: the one inside, or the file that the document names, if it is the same. */
QsModel    *qs_document_open_model (QsDocument   *self,
                                    GFile        *document,
                                    GError      **error);

GBytes     *qs_document_write      (QsDocument   *self,
                                    GError      **error);
/* Everything in it is checked; nothing is taken from a document with a fault. */
QsDocument *qs_document_read       (GBytes       *bytes,
                                    GError      **error);
/* The file is either the old one or the new one, whatever happens while it is written. */
gboolean    qs_document_save       (QsDocument   *self,
                                    GFile        *file,
                                    GError      **error);
QsDocument *qs_document_load       (GFile        *file,
                                    GError      **error);
/* Whether the first bytes of a file are those of a document. */
gboolean    qs_document_probe      (GBytes       *head);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsDocument, qs_document_free)

G_END_DECLS
