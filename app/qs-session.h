/* SPDX-License-Identifier: MIT */
#pragma once

#include "analysis/qs-evaluation.h"
#include "analysis/qs-lints.h"
#include "analysis/qs-order-study.h"
#include "qs-build.h"
#include "qs-cache-editor.h"
#include "qs-finding-store.h"
#include "builder/qs-scale-groups.h"
#include "qs-history.h"
#include "qs-live-effect.h"
#include "qs-loader.h"
#include "qs-weight-store.h"

G_BEGIN_DECLS

/**
 * QsSession:
 *
 * Everything one window works on: the model and its network, the sample sets, histograms, scales,
 * the engine, the accuracy table, and the one selection that all views share. It starts the long
 * work and takes in its results; a piece of work that fails leaves what was there untouched.
 *
 * ::changed is emitted after a change, with one of the QS_CHANGED words as detail.
 */
#define QS_TYPE_SESSION (qs_session_get_type ())
G_DECLARE_FINAL_TYPE (QsSession, qs_session, QS, SESSION, GObject)

#define QS_CHANGED_MODEL "model"             /* another model or plan; all others follow */
#define QS_CHANGED_ENGINE "engine"
#define QS_CHANGED_SCALES "scales"           /* histograms, scale sources */
#define QS_CHANGED_SAMPLES "samples"
#define QS_CHANGED_EVALUATIONS "evaluations"
#define QS_CHANGED_SELECTION "selection"
#define QS_CHANGED_SETTINGS "settings"
#define QS_CHANGED_PROGRESS "progress"       /* work began or ended */
#define QS_CHANGED_LIVE "live"               /* another view of a growing histogram */

#define QS_CHANGED_RANGES "ranges"           /* ranges set by hand, and what follows for the engine */
#define QS_CHANGED_EFFECT "effect"           /* what a range would do to the output was measured */
#define QS_CHANGED_MODIFIED "modified"       /* there is something to be saved, or no more */

QsSession       *qs_session_new                  (void);

QsModel         *qs_session_get_model            (QsSession             *self);
QsImport        *qs_session_get_import           (QsSession             *self);
/* (nullable): as imported, before fusion */
QsNetwork       *qs_session_get_network          (QsSession             *self);
/* (nullable): what the graph shows: the engine's network once there is one */
QsNetwork       *qs_session_get_shown_network    (QsSession             *self);
QsEngine        *qs_session_get_engine           (QsSession             *self);
/* Whether precisions are decided: there is an engine, of ours or TensorRT's. */
gboolean         qs_session_is_built             (QsSession             *self);
/* (nullable): an engine of TensorRT's, when that is what was opened */
QsTrexGraph     *qs_session_get_graph            (QsSession             *self);
/* (nullable): the engine's entry for @layer of the shown network */
const QsEngineLayer *qs_session_get_engine_layer (QsSession             *self,
                                                  const QsLayer         *layer);
/* Layers that compute in INT8 and all that compute; reformats only carry data. */
void             qs_session_count_layers         (QsSession             *self,
                                                  guint                 *n_int8,
                                                  guint                 *n_layers);
/* Median milliseconds of a run of the engine, or of @layer alone where it is not NULL; negative
 * when they were not measured. */
double           qs_session_get_time             (QsSession             *self,
                                                  const QsLayer         *layer);
/* (nullable): which scales the engine was built with */
const char      *qs_session_get_engine_source    (QsSession             *self);
/* (transfer full): the name of the document */
char            *qs_session_dup_title            (QsSession             *self);
gboolean         qs_session_is_empty             (QsSession             *self);

/* Changes the network as @lint advises; the engine, which is of the old one, goes. Undoing goes back
 * by one change. */
gboolean         qs_session_apply_lint           (QsSession             *self,
                                                  const QsLint          *lint,
                                                  GError               **error);
gboolean         qs_session_can_undo_edit        (QsSession             *self);
void             qs_session_undo_edit            (QsSession             *self);

QsSamples       *qs_session_get_calibration      (QsSession             *self);
/* Histograms of another set are dropped. */
void             qs_session_set_calibration      (QsSession             *self,
                                                  QsSamples             *samples);
QsSamples       *qs_session_get_labelled         (QsSession             *self);
void             qs_session_set_labelled         (QsSession             *self,
                                                  QsSamples             *samples);

QsHistogramSet  *qs_session_get_histograms       (QsSession             *self);
/* (nullable): the growing one while a run is under way, else the finished one */
QsHistogram     *qs_session_get_histogram        (QsSession             *self,
                                                  const char            *tensor);
/* (element-type QsScaleSource): never NULL */
GPtrArray       *qs_session_get_sources          (QsSession             *self);
/* (element-type QsScaleSource) (transfer full): the same, and the ranges set by hand if there are any */
GPtrArray       *qs_session_dup_all_sources      (QsSession             *self);
QsScaleSource   *qs_session_find_source          (QsSession             *self,
                                                  const char            *id);
/* (nullable): the calibration cache that was opened */
QsCacheEditor   *qs_session_get_cache            (QsSession             *self);
/* (nullable): how far scales depend on the order of the batches */
QsOrderStudy    *qs_session_get_order_study      (QsSession             *self);
/* What is remarkable about the histograms; the same object all the time. */
QsFindingStore  *qs_session_get_findings         (QsSession             *self);
/* What INT8 makes of the weights; the same object all the time. */
QsWeightStore   *qs_session_get_weights          (QsSession             *self);
/* (element-type QsEvaluation) (nullable) */
GPtrArray       *qs_session_get_evaluations      (QsSession             *self);

/* Ranges set by hand. They take the place of every calibrator's in all builds, and an engine that is
 * here follows them at once where no other layers would compute in INT8. */
QsDynamicRanges *qs_session_get_ranges           (QsSession             *self);
/* (nullable): the range that decides about @tensor's scale; @owner (out) (optional): whose it is, @tensor's
 * own or that of one that shares its scale */
const QsDynamicRange *qs_session_find_range      (QsSession             *self,
                                                  const char            *tensor,
                                                  const char           **owner);
/* (nullable): which tensors share one scale; @tensor's group */
QsScaleGroups   *qs_session_get_groups           (QsSession             *self);
const QsScaleGroup *qs_session_get_group         (QsSession             *self,
                                                  const char            *tensor);
/* @range: (nullable): %NULL takes the range away; @whole_group: for all that share @tensor's scale. An
 * impossible range leaves everything as it was. */
gboolean         qs_session_set_range            (QsSession             *self,
                                                  const char            *tensor,
                                                  const QsDynamicRange  *range,
                                                  gboolean               whole_group,
                                                  GError               **error);
/* All at once, as one edit. */
gboolean         qs_session_set_ranges           (QsSession             *self,
                                                  QsDynamicRanges       *ranges,
                                                  GError               **error);
/* (transfer full): @scales with the ranges in their place */
QsScaleTable    *qs_session_apply_ranges         (QsSession             *self,
                                                  QsScaleTable          *scales);
/* @by is -1 to undo an edit of ranges or a refit, and 1 to redo it. */
gboolean         qs_session_can_undo             (QsSession             *self,
                                                  int                    by);
void             qs_session_undo                 (QsSession             *self,
                                                  int                    by);
/* The document: where it is saved (nullable), whether there is something to be saved, and (nullable) which
 * set it names that could not be opened. */
GFile           *qs_session_get_document         (QsSession             *self);
gboolean         qs_session_is_modified          (QsSession             *self);
const char      *qs_session_get_missing          (QsSession             *self);
gboolean         qs_session_can_save             (QsSession             *self);
void             qs_session_save_async           (QsSession             *self,
                                                  GFile                 *file,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
gboolean         qs_session_save_finish          (QsSession             *self,
                                                  GAsyncResult          *result,
                                                  GError               **error);
/* Whether it takes a build to bring the engine in line with the ranges. */
gboolean         qs_session_is_stale             (QsSession             *self);
/* Asks what such an edit would do to the network's output; the newest question wins. */
void             qs_session_preview_range        (QsSession             *self,
                                                  const char            *tensor,
                                                  const QsDynamicRange  *range,
                                                  gboolean               whole_group);
QsLiveEffect    *qs_session_get_effect           (QsSession             *self);

const QsBuildSettings *qs_session_get_settings   (QsSession             *self);
void             qs_session_set_settings         (QsSession             *self,
                                                  const QsBuildSettings *settings);

QsSelectionKind  qs_session_get_selection_kind   (QsSession             *self);
const char      *qs_session_get_selection_name   (QsSession             *self);
/* (nullable): in the shown network */
QsLayer         *qs_session_get_selected_layer   (QsSession             *self);
QsTensor        *qs_session_get_selected_tensor  (QsSession             *self);
/* (nullable): @name in the shown network, or in the imported one if fusion removed it */
QsTensor        *qs_session_find_tensor          (QsSession             *self,
                                                  const char            *name);
void             qs_session_select               (QsSession             *self,
                                                  QsSelectionKind        kind,
                                                  const char            *name);
gboolean         qs_session_can_step             (QsSession             *self,
                                                  int                    by);
void             qs_session_step                 (QsSession             *self,
                                                  int                    by);

/* (nullable): of the work under way */
QsProgress      *qs_session_get_progress         (QsSession             *self);
gboolean         qs_session_is_busy              (QsSession             *self);
void             qs_session_cancel               (QsSession             *self);

void             qs_session_load_async           (QsSession             *self,
                                                  GFile                 *file,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
void             qs_session_load_model_async     (QsSession             *self,
                                                  GFile                 *file,
                                                  GFile                 *data_folder,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
/* (nullable): after QS_ERROR_EXTERNAL_DATA, the file with the model's weights that is not there */
const char      *qs_session_get_missing_data     (QsSession             *self);
/* (nullable) (element-type QsDimension): the model's dynamic dimensions besides the batch */
GPtrArray       *qs_session_get_dimensions       (QsSession             *self);
/* (nullable) (element-type QsDimension): of a model that was loaded but is not part of the session
 * before they are chosen */
GPtrArray       *qs_session_get_waiting_dimensions (QsSession           *self);
void             qs_session_drop_waiting         (QsSession             *self);
void             qs_session_set_dimensions_async (QsSession             *self,
                                                  GPtrArray             *dimensions,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
gboolean         qs_session_set_dimensions_finish (QsSession            *self,
                                                  GAsyncResult          *result,
                                                  GError               **error);
GPtrArray       *qs_session_fit_dimensions       (QsSession             *self,
                                                  QsSamples             *samples);
/* Models, plans and caches are part of the session now; a sample set is handed to the caller in
 * @samples, who knows what it is for. */
gboolean         qs_session_load_finish          (QsSession             *self,
                                                  GAsyncResult          *result,
                                                  QsFileKind            *kind,
                                                  QsSamples            **samples,
                                                  GError               **error);
gboolean         qs_session_can_build            (QsSession             *self);
void             qs_session_build_async          (QsSession             *self,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
gboolean         qs_session_build_finish         (QsSession             *self,
                                                  GAsyncResult          *result,
                                                  GError               **error);
/* New scales for the engine from a file; one that is refused leaves it as it was. */
gboolean         qs_session_can_refit            (QsSession             *self);
/* Whether the engine's scales are not those that it was built with. */
gboolean         qs_session_is_refitted          (QsSession             *self);
void             qs_session_refit_async          (QsSession             *self,
                                                  GFile                 *file,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
gboolean         qs_session_refit_finish         (QsSession             *self,
                                                  GAsyncResult          *result,
                                                  guint                 *n_changes,
                                                  GError               **error);
gboolean         qs_session_can_compare          (QsSession             *self);
void             qs_session_compare_async        (QsSession             *self,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
gboolean         qs_session_compare_finish       (QsSession             *self,
                                                  GAsyncResult          *result,
                                                  GError               **error);
/* Runs over the calibration set several times. */
gboolean         qs_session_can_study_order      (QsSession             *self);
void             qs_session_study_order_async    (QsSession             *self,
                                                  const QsOrderStudyOptions *options,
                                                  GAsyncReadyCallback    callback,
                                                  gpointer               user_data);
gboolean         qs_session_study_order_finish   (QsSession             *self,
                                                  GAsyncResult          *result,
                                                  GError               **error);

G_END_DECLS
