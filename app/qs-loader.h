/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-engine.h"
#include "calibration/qs-scale-file.h"
#include "core/qs-progress.h"
#include "document/qs-document.h"
#include "export/qs-trex-graph.h"
#include "import/qs-import.h"
#include "qs-file-kind.h"
#include "qs-scale-source.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsLoaded:
 * @kind: what the file was; the field of that kind is set
 * @file: the file itself, all there is of a profile
 * @graph_network: @graph as it is drawn
 * @sources: (element-type QsScaleSource): what every calibrator makes of @histograms
 * @samples, @labelled: for a document: its sets, where they are still there
 * @missing: (nullable): for a document: which of its sets is not, and why
 * @import: for a model: its network or the verdicts that say why there is none
 *
 * What came out of a file.
 */
typedef struct
{
  QsFileKind kind;
  GFile *file;
  QsModel *model;
  QsImport *import;
  QsSamples *samples;
  QsScaleFile *cache;
  QsHistogramSet *histograms;
  GPtrArray *sources;
  QsEngine *engine;
  QsDocument *document;
  QsSamples *labelled;
  char *missing;
  QsTrexGraph *graph;
  QsNetwork *graph_network;
} QsLoaded;

void      qs_loaded_free        (QsLoaded             *self);

/* Finds out what @file is and reads it, on the engine's thread. @profile fixes a model's dimensions;
 * @network (nullable) is what samples have to fit. */
void      qs_loader_load_async  (GFile                *file,
                                 const QsProfile      *profile,
                                 QsNetwork            *network,
                                 QsProgress           *progress,
                                 GAsyncReadyCallback   callback,
                                 gpointer              user_data);
QsLoaded *qs_loader_load_finish (GAsyncResult         *result,
                                 GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsLoaded, qs_loaded_free)

G_END_DECLS
