/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-engine.h"
#include "builder/qs-scale-groups.h"
#include "export/qs-trex-graph.h"
#include "import/qs-import.h"
#include "analysis/qs-lints.h"
#include "analysis/qs-order-study.h"
#include "qs-build.h"
#include "qs-cache-editor.h"
#include "qs-range-history.h"
#include "qs-refit-history.h"
#include "qs-scale-source.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsWorkspace:
 * @file: (nullable): what was opened
 * @document: (nullable): where the document was saved or opened
 * @missing: (nullable): which of a document's sets could not be opened
 * @import: (nullable): the model's network, or the verdicts that say why there is none
 * @profile: fixes the model's dynamic dimensions
 * @dimensions: (element-type QsDimension) (nullable): those besides the batch
 * @graph: (nullable): an engine of TensorRT's that is looked at, in place of model and engine
 * @graph_network: (nullable): @graph as it is drawn
 * @engine: (nullable): as it runs now, with the ranges set by hand
 * @built: (nullable): @engine as it was built or read
 * @base_scales: (nullable): those of @built without ranges set by hand
 * @ranges: the ranges set by hand, and their edits
 * @refits: of @built, and their undoing
 * @groups: (nullable): which tensors share a scale, once it was asked for
 * @is_stale: whether it takes a build to bring @engine in line with the ranges
 * @is_refitted: whether the engine was given other scales than it was built with
 * @serial: counts the changes of ranges
 * @is_modified: whether there is something to be saved
 * @engine_source: (nullable): which scales @engine was built with
 * @engine_ms: median time of a run, negative while it is not known
 * @layer_ms: (element-type double) (nullable): of every layer of the engine, by id
 * @cache: (nullable): the calibration cache that was opened; one of @sources has its scales
 * @sources: (element-type QsScaleSource): never %NULL
 * @edits: (element-type QsNetwork): the imported network after each change by hand, the last one
 *   being what is built; never %NULL
 * @advice: (element-type QsLint): what each of @edits carried out; never %NULL
 * @evaluations: (element-type QsEvaluation) (nullable)
 * @order_study: (nullable): how far scales depend on the order of the batches
 *
 * What a window works on, as plain data: the session guards it and tells of its changes. The
 * functions keep together what belongs together: an engine goes with its times, histograms with
 * the scales that came from them.
 */
typedef struct
{
  GFile *file;
  GFile *document;
  char *missing;
  QsModel *model;
  QsImport *import;
  QsProfile *profile;
  GPtrArray *dimensions;

  QsTrexGraph *graph;
  QsNetwork *graph_network;

  QsEngine *engine;
  QsEngine *built;
  QsScaleTable *base_scales;
  QsRangeHistory *ranges;
  QsRefitHistory *refits;
  QsScaleGroups *groups;
  gboolean is_stale;
  gboolean is_refitted;
  gboolean is_modified;
  guint serial;
  char *engine_source;
  double engine_ms;
  GArray *layer_ms;

  QsSamples *calibration;
  QsSamples *labelled;
  QsHistogramSet *histograms;
  QsCacheEditor *cache;
  GPtrArray *sources;
  GPtrArray *evaluations;
  GPtrArray *edits;
  GPtrArray *advice;
  QsOrderStudy *order_study;
  QsBuildSettings settings;
} QsWorkspace;

void           qs_workspace_init              (QsWorkspace            *self);
void           qs_workspace_clear             (QsWorkspace            *self);
/* All of a document, without the settings. */
void           qs_workspace_drop_document     (QsWorkspace            *self);
void           qs_workspace_drop_engine       (QsWorkspace            *self);
/* The histograms and what was made from them, without the scales of caches. */
void           qs_workspace_drop_histograms   (QsWorkspace            *self);
/* (transfer full) for @engine */
void           qs_workspace_take_engine       (QsWorkspace            *self,
                                               QsEngine               *engine);
void           qs_workspace_set_times         (QsWorkspace            *self,
                                               const QsProfileResult  *times);
/* Times of @graph, from the file of a profile.
 *
 * Errors: no graph, or another one's times. */
gboolean       qs_workspace_add_profile       (QsWorkspace            *self,
                                               GFile                  *file,
                                               GError                **error);
/* Whether precisions are decided: there is an engine, of ours or TensorRT's. */
gboolean       qs_workspace_is_built          (const QsWorkspace      *self);
/* What was made before a failure or the wish to stop is kept. */
void           qs_workspace_take_histograms   (QsWorkspace            *self,
                                               QsBuild                *build);
/* A calibration cache; it takes the place of the one opened before. Without a model it is all of
 * the document.
 *
 * Errors: there is a network, and none of the cache's tensors is in it. */
gboolean       qs_workspace_add_cache         (QsWorkspace            *self,
                                               GFile                  *file,
                                               QsScaleFile            *scales,
                                               GError                **error);
/* After the cache was edited. */
void           qs_workspace_refresh_cache     (QsWorkspace            *self);
/* Histograms from a file, with what every calibrator makes of them (transfer none).
 *
 * Errors: no model, or they are of another model or of other samples than the open ones. */
gboolean       qs_workspace_add_histograms    (QsWorkspace            *self,
                                               QsHistogramSet         *histograms,
                                               GPtrArray              *sources,
                                               GError                **error);

/* Carries out @lint on the network; the engine, which is of the old one, stays.
 *
 * Errors: those of [func@lint_fix]. */
gboolean       qs_workspace_add_edit          (QsWorkspace            *self,
                                               const QsLint           *lint,
                                               GError                **error);
/* (nullable): as imported, with the edits */
QsNetwork     *qs_workspace_get_network       (const QsWorkspace      *self);
/* (nullable): the engine's once there is one; of a model with refused nodes, a sketch of them */
QsNetwork     *qs_workspace_get_shown_network (const QsWorkspace      *self);
QsScaleSource *qs_workspace_find_source       (const QsWorkspace      *self,
                                               const char             *id);
/* (nullable): by its own name or that of an ONNX node in it */
QsLayer       *qs_workspace_find_layer        (const QsWorkspace      *self,
                                               const char             *name);
/* (nullable): in the shown network, or in the imported one if fusion removed it */
QsTensor      *qs_workspace_find_tensor       (const QsWorkspace      *self,
                                               const char             *name);
void           qs_workspace_count_layers      (const QsWorkspace      *self,
                                               guint                  *n_int8,
                                               guint                  *n_layers);
double         qs_workspace_get_time          (const QsWorkspace      *self,
                                               const QsLayer          *layer);

G_END_DECLS
