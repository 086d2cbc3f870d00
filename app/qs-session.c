/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session-private.h"

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsSession, qs_session, G_TYPE_OBJECT)

void
qs_session_emit_changed (QsSession  *self,
                         const char *what)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], g_quark_from_string (what));
}

void
qs_session_mark_modified (QsSession *self)
{
  if (self->work.is_modified)
    return;

  self->work.is_modified = TRUE;
  qs_session_emit_changed (self, QS_CHANGED_MODIFIED);
}

void
qs_session_emit_all (QsSession *self)
{
  static const char *const changes[] = {
    QS_CHANGED_MODEL, QS_CHANGED_SAMPLES, QS_CHANGED_SCALES, QS_CHANGED_EVALUATIONS,
    QS_CHANGED_ENGINE, QS_CHANGED_SELECTION, QS_CHANGED_RANGES, QS_CHANGED_MODIFIED,
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    qs_session_emit_changed (self, changes[i]);
}

void
qs_session_clear_live (QsSession *self)
{
  g_clear_pointer (&self->live_name, g_free);
  g_clear_pointer (&self->live_histogram, qs_histogram_free);
}

QsModel *
qs_session_get_model (QsSession *self)
{
  return self->work.model;
}

QsImport *
qs_session_get_import (QsSession *self)
{
  return self->work.import;
}

QsNetwork *
qs_session_get_network (QsSession *self)
{
  return qs_workspace_get_network (&self->work);
}

QsNetwork *
qs_session_get_shown_network (QsSession *self)
{
  return qs_workspace_get_shown_network (&self->work);
}

QsEngine *
qs_session_get_engine (QsSession *self)
{
  return self->work.engine;
}

gboolean
qs_session_is_built (QsSession *self)
{
  return qs_workspace_is_built (&self->work);
}

QsTrexGraph *
qs_session_get_graph (QsSession *self)
{
  return self->work.graph;
}

static void
session_network_changed (QsSession *self)
{
  qs_workspace_drop_engine (&self->work);
  qs_session_emit_changed (self, QS_CHANGED_ENGINE);
  qs_session_emit_changed (self, QS_CHANGED_SELECTION);
}

gboolean
qs_session_apply_lint (QsSession     *self,
                       const QsLint  *lint,
                       GError       **error)
{
  g_return_val_if_fail (qs_session_get_network (self) != NULL && self->progress == NULL, FALSE);

  if (!qs_workspace_add_edit (&self->work, lint, error))
    return FALSE;

  qs_session_mark_modified (self);
  session_network_changed (self);
  return TRUE;
}

gboolean
qs_session_can_undo_edit (QsSession *self)
{
  return self->work.edits->len > 0 && self->progress == NULL;
}

void
qs_session_undo_edit (QsSession *self)
{
  if (!qs_session_can_undo_edit (self))
    return;

  /* Views hold the network that they show until they hear of the change. */
  g_ptr_array_set_size (self->work.edits, (int) self->work.edits->len - 1);
  g_ptr_array_set_size (self->work.advice, (int) self->work.advice->len - 1);
  qs_session_mark_modified (self);
  session_network_changed (self);
}

const QsEngineLayer *
qs_session_get_engine_layer (QsSession     *self,
                             const QsLayer *layer)
{
  return self->work.engine == NULL ? NULL : qs_engine_get_layer (self->work.engine, layer->id);
}

void
qs_session_count_layers (QsSession *self,
                         guint     *n_int8,
                         guint     *n_layers)
{
  qs_workspace_count_layers (&self->work, n_int8, n_layers);
}

double
qs_session_get_time (QsSession     *self,
                     const QsLayer *layer)
{
  return qs_workspace_get_time (&self->work, layer);
}

const char *
qs_session_get_engine_source (QsSession *self)
{
  return self->work.engine_source;
}

char *
qs_session_dup_title (QsSession *self)
{
  return self->work.file == NULL ? NULL : g_file_get_basename (self->work.file);
}

gboolean
qs_session_is_empty (QsSession *self)
{
  return self->work.model == NULL && self->work.cache == NULL &&
         !qs_workspace_is_built (&self->work);
}

QsSamples *
qs_session_get_calibration (QsSession *self)
{
  return self->work.calibration;
}

void
qs_session_set_calibration (QsSession *self,
                            QsSamples *samples)
{
  qs_samples_ref (samples);
  g_clear_pointer (&self->work.calibration, qs_samples_unref);
  self->work.calibration = samples;
  qs_workspace_drop_histograms (&self->work);
  qs_live_effect_set_subject (self->effect, NULL, NULL, NULL, 0);
  qs_session_mark_modified (self);
  qs_session_emit_changed (self, QS_CHANGED_SAMPLES);
  qs_session_emit_changed (self, QS_CHANGED_SCALES);
  qs_session_emit_changed (self, QS_CHANGED_EVALUATIONS);
}

QsSamples *
qs_session_get_labelled (QsSession *self)
{
  return self->work.labelled;
}

void
qs_session_set_labelled (QsSession *self,
                         QsSamples *samples)
{
  qs_samples_ref (samples);
  g_clear_pointer (&self->work.labelled, qs_samples_unref);
  self->work.labelled = samples;
  qs_session_mark_modified (self);
  g_clear_pointer (&self->work.evaluations, g_ptr_array_unref);
  qs_session_emit_changed (self, QS_CHANGED_SAMPLES);
  qs_session_emit_changed (self, QS_CHANGED_EVALUATIONS);
}

QsHistogramSet *
qs_session_get_histograms (QsSession *self)
{
  return self->work.histograms;
}

QsHistogram *
qs_session_get_histogram (QsSession  *self,
                          const char *tensor)
{
  QsHistogramSet *histograms = self->work.histograms;

  if (g_strcmp0 (self->live_name, tensor) == 0)
    return self->live_histogram;

  return histograms == NULL ? NULL : qs_histogram_set_lookup (histograms, tensor);
}

GPtrArray *
qs_session_get_sources (QsSession *self)
{
  return self->work.sources;
}

QsScaleSource *
qs_session_find_source (QsSession  *self,
                        const char *id)
{
  return qs_workspace_find_source (&self->work, id);
}

QsCacheEditor *
qs_session_get_cache (QsSession *self)
{
  return self->work.cache;
}

QsOrderStudy *
qs_session_get_order_study (QsSession *self)
{
  return self->work.order_study;
}

QsWeightStore *
qs_session_get_weights (QsSession *self)
{
  return self->weights;
}

QsFindingStore *
qs_session_get_findings (QsSession *self)
{
  return self->findings;
}

GPtrArray *
qs_session_get_evaluations (QsSession *self)
{
  return self->work.evaluations;
}

const QsBuildSettings *
qs_session_get_settings (QsSession *self)
{
  return &self->work.settings;
}

void
qs_session_set_settings (QsSession             *self,
                         const QsBuildSettings *settings)
{
  self->work.settings = *settings;
  self->work.settings.source = g_intern_string (settings->source);
  qs_session_emit_changed (self, QS_CHANGED_SETTINGS);
}

/* Selection */

QsSelectionKind
qs_session_get_selection_kind (QsSession *self)
{
  return qs_history_get_kind (self->history);
}

const char *
qs_session_get_selection_name (QsSession *self)
{
  return qs_history_get_name (self->history);
}

QsLayer *
qs_session_get_selected_layer (QsSession *self)
{
  if (qs_session_get_selection_kind (self) != QS_SELECTION_LAYER)
    return NULL;

  return qs_workspace_find_layer (&self->work, qs_session_get_selection_name (self));
}

QsTensor *
qs_session_find_tensor (QsSession  *self,
                        const char *name)
{
  return qs_workspace_find_tensor (&self->work, name);
}

QsTensor *
qs_session_get_selected_tensor (QsSession *self)
{
  if (qs_session_get_selection_kind (self) != QS_SELECTION_TENSOR)
    return NULL;

  return qs_session_find_tensor (self, qs_session_get_selection_name (self));
}

const char *
qs_session_get_watched (QsSession *self)
{
  QsLayer *layer = qs_session_get_selected_layer (self);
  QsTensor *output = layer == NULL ? NULL : qs_layer_get_output (layer, 0);

  if (qs_session_get_selection_kind (self) == QS_SELECTION_TENSOR)
    return qs_session_get_selection_name (self);
  return output == NULL ? NULL : output->name;
}

static void
session_selection_changed (QsSession *self)
{
  if (self->build != NULL)
    qs_build_set_watched (self->build, qs_session_get_watched (self));
  qs_session_emit_changed (self, QS_CHANGED_SELECTION);
}

/**
 * qs_session_select:
 * @name: (nullable): the layer's or tensor's name
 *
 * Selects it in every view.
 */
void
qs_session_select (QsSession       *self,
                   QsSelectionKind  kind,
                   const char      *name)
{
  if (qs_history_visit (self->history, kind, name))
    session_selection_changed (self);
}

gboolean
qs_session_can_step (QsSession *self,
                     int        by)
{
  return qs_history_can_step (self->history, by);
}

void
qs_session_step (QsSession *self,
                 int        by)
{
  if (qs_history_step (self->history, by))
    session_selection_changed (self);
}

/* Before any view hears of the change: findings and weights are about what there is, and leave the
 * engine's thread to the work that somebody waits for. */

static void
model_changed_cb (QsSession *self)
{
  qs_weight_store_set_network (self->weights, qs_session_get_network (self));
}

static void
scales_changed_cb (QsSession *self)
{
  qs_finding_store_set_histograms (self->findings, self->work.histograms);
}

static void
progress_changed_cb (QsSession *self)
{
  qs_finding_store_set_paused (self->findings, self->progress != NULL);
  qs_weight_store_set_paused (self->weights, self->progress != NULL);
}

static void
qs_session_finalize (GObject *object)
{
  QsSession *self = QS_SESSION (object);

  qs_finding_store_set_histograms (self->findings, NULL);
  g_clear_object (&self->findings);
  qs_weight_store_set_network (self->weights, NULL);
  g_clear_object (&self->weights);
  qs_workspace_clear (&self->work);
  qs_session_drop_waiting (self);
  g_clear_pointer (&self->missing_data, g_free);
  qs_session_clear_live (self);
  g_clear_pointer (&self->history, qs_history_free);
  if (self->effect != NULL)
    g_signal_handlers_disconnect_by_data (self->effect, self);
  g_clear_object (&self->effect);
  g_clear_object (&self->progress);
  g_clear_object (&self->build);

  G_OBJECT_CLASS (qs_session_parent_class)->finalize (object);
}

static void
qs_session_class_init (QsSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_session_finalize;

  signals[SIGNAL_CHANGED] =
    g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0,
                  NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
effect_measured_cb (QsSession *self)
{
  qs_session_emit_changed (self, QS_CHANGED_EFFECT);
}

static void
qs_session_init (QsSession *self)
{
  qs_workspace_init (&self->work);
  self->history = qs_history_new ();
  self->effect = qs_live_effect_new ();
  g_signal_connect_swapped (self->effect, "measured", G_CALLBACK (effect_measured_cb), self);
  self->findings = qs_finding_store_new ();
  self->weights = qs_weight_store_new ();
  g_signal_connect (self, "changed::" QS_CHANGED_MODEL, G_CALLBACK (model_changed_cb), NULL);
  g_signal_connect (self, "changed::" QS_CHANGED_SCALES, G_CALLBACK (scales_changed_cb), NULL);
  g_signal_connect (self, "changed::" QS_CHANGED_PROGRESS, G_CALLBACK (progress_changed_cb), NULL);
}

QsSession *
qs_session_new (void)
{
  return g_object_new (QS_TYPE_SESSION, NULL);
}
