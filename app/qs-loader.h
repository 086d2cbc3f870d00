/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-engine.h"
#include "calibration/qs-scale-file.h"
#include "core/qs-progress.h"
#include "document/qs-document.h"
#include "export/qs-trex-graph.h"
#include "import/qs-dimensions.h"
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
 * @import: (nullable): for a model: its network or the verdicts that say why there is none; %NULL
 *   when @dimensions must be chosen first
 * @dimensions: (element-type QsDimension): for a model: its dynamic dimensions besides the batch
 * @profile: for a model: what @import was made with
 * @missing_data: (nullable): the file with a model's weights that is not there; then there is
 *   nothing else but @error
 *
 * What came out of a file.
 */
typedef struct
{
  QsFileKind kind;
  GFile *file;
  QsModel *model;
  QsImport *import;
  GPtrArray *dimensions;
  QsProfile *profile;
  char *missing_data;
  GError *error;
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
/* (transfer full): what @self has, which is empty then */
QsLoaded *qs_loaded_steal       (QsLoaded             *self);

/* Finds out what @file is and reads it, on the engine's thread. @data_folder (nullable) is where the
 * weights of a model are that are not beside it; @network (nullable) is what samples have to fit. */
void      qs_loader_load_async  (GFile                *file,
                                 GFile                *data_folder,
                                 QsNetwork            *network,
                                 QsProgress           *progress,
                                 GAsyncReadyCallback   callback,
                                 gpointer              user_data);
QsLoaded *qs_loader_load_finish (GAsyncResult         *result,
                                 GError              **error);

/* Imports @model with these sizes of its dynamic dimensions, and sees that it can be imported at both
 * ends of their ranges; the outcome is as that of a file. The sizes are kept for the model. */
void      qs_loader_import_async (GFile               *file,
                                  QsModel             *model,
                                  GPtrArray           *dimensions,
                                  QsProgress          *progress,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsLoaded, qs_loaded_free)

G_END_DECLS
