/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-workspace.h"

#include <glib/gi18n.h>
#include <string.h>

#include "calibration/qs-calibration-run.h"
#include "calibration/qs-histogram-file.h"
#include "core/qs-error.h"

void
qs_workspace_init (QsWorkspace *self)
{
  *self = (QsWorkspace) {
    .profile = qs_profile_new (),
    .ranges = qs_range_history_new (),
    .refits = qs_refit_history_new (),
    .sources = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref),
    .edits = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_network_unref),
    .advice = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_lint_free),
    .engine_ms = -1.0,
    .settings = { .source = "entropy2", .int8 = QS_INT8_FASTER, .calibration_batch = 32,
                  .backend = qs_backend_get_default () },
  };
}

void
qs_workspace_clear (QsWorkspace *self)
{
  qs_workspace_drop_document (self);
  g_clear_pointer (&self->profile, qs_profile_free);
  g_clear_pointer (&self->ranges, qs_range_history_free);
  g_clear_pointer (&self->refits, qs_refit_history_free);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->edits, g_ptr_array_unref);
  g_clear_pointer (&self->advice, g_ptr_array_unref);
}

void
qs_workspace_drop_histograms (QsWorkspace *self)
{
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->evaluations, g_ptr_array_unref);
  g_clear_pointer (&self->order_study, qs_order_study_unref);

  for (guint i = self->sources->len; i-- > 0;)
    if (qs_scale_source_get_calibrator (g_ptr_array_index (self->sources, i)) != NULL)
      g_ptr_array_remove_index (self->sources, i);
}

void
qs_workspace_drop_engine (QsWorkspace *self)
{
  g_clear_pointer (&self->engine, qs_engine_unref);
  g_clear_pointer (&self->built, qs_engine_unref);
  g_clear_pointer (&self->base_scales, qs_scale_table_unref);
  qs_refit_history_clear (self->refits);
  self->is_stale = FALSE;
  self->is_refitted = FALSE;
  g_clear_pointer (&self->engine_source, g_free);
  g_clear_pointer (&self->layer_ms, g_array_unref);
  self->engine_ms = -1.0;
}

void
qs_workspace_drop_document (QsWorkspace *self)
{
  qs_workspace_drop_histograms (self);
  g_ptr_array_set_size (self->sources, 0);
  g_ptr_array_set_size (self->edits, 0);
  g_ptr_array_set_size (self->advice, 0);
  g_clear_object (&self->cache);
  g_clear_pointer (&self->model, qs_model_unref);
  g_clear_pointer (&self->import, qs_import_free);
  g_clear_pointer (&self->groups, qs_scale_groups_unref);
  qs_range_history_reset (self->ranges, NULL);
  self->is_modified = FALSE;
  g_clear_pointer (&self->dimensions, g_ptr_array_unref);
  g_clear_pointer (&self->graph, qs_trex_graph_unref);
  g_clear_pointer (&self->graph_network, qs_network_unref);
  qs_workspace_drop_engine (self);
  g_clear_pointer (&self->calibration, qs_samples_unref);
  g_clear_pointer (&self->labelled, qs_samples_unref);
  g_clear_object (&self->file);
  g_clear_object (&self->document);
  g_clear_pointer (&self->missing, g_free);
}

void
qs_workspace_take_engine (QsWorkspace *self,
                          QsEngine    *engine)
{
  QsScaleTable *scales = qs_engine_get_scales (engine);

  qs_workspace_drop_engine (self);
  self->engine = engine;
  self->built = qs_engine_ref (engine);
  self->engine_source = g_strdup (scales == NULL ? NULL : qs_scale_table_get_source (scales));
}

void
qs_workspace_set_times (QsWorkspace           *self,
                        const QsProfileResult *times)
{
  if (times->n_runs == 0)
    return;

  self->engine_ms = times->median_ms;
  g_clear_pointer (&self->layer_ms, g_array_unref);
  self->layer_ms = g_array_sized_new (FALSE, FALSE, sizeof (double), times->n_layers);
  g_array_append_vals (self->layer_ms, times->layer_ms, times->n_layers);
}

static gboolean
has_sources (QsWorkspace *self,
             GPtrArray   *sources)
{
  return sources->len == self->sources->len &&
         memcmp (sources->pdata, self->sources->pdata, sources->len * sizeof (gpointer)) == 0;
}

void
qs_workspace_take_histograms (QsWorkspace *self,
                              QsBuild     *build)
{
  QsHistogramSet *histograms = qs_build_get_histograms (build);
  GPtrArray *sources = qs_build_get_sources (build);

  if (histograms == NULL || (histograms == self->histograms && has_sources (self, sources)))
    return;

  qs_histogram_set_ref (histograms);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  self->histograms = histograms;
  g_ptr_array_unref (self->sources);
  self->sources = g_ptr_array_ref (sources);
}

static gboolean
knows_any_tensor (QsNetwork    *network,
                  QsScaleTable *scales)
{
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    if (qs_network_find_tensor (network, qs_scale_table_get_name (scales, i)) != NULL)
      return TRUE;

  return FALSE;
}

/* Calibrators first, the cache last, as everywhere. */
void
qs_workspace_refresh_cache (QsWorkspace *self)
{
  QsScaleSource *old = qs_workspace_find_source (self, QS_SCALE_SOURCE_CACHE);
  QsScaleFile *file = qs_cache_editor_get_file (self->cache);

  if (old != NULL)
    g_ptr_array_remove (self->sources, old);
  g_ptr_array_add (self->sources,
                   qs_scale_source_new_cache (qs_cache_editor_get_name (self->cache),
                                              qs_scale_file_get_scales (file)));
}

gboolean
qs_workspace_add_cache (QsWorkspace  *self,
                        GFile        *file,
                        QsScaleFile  *scales,
                        GError      **error)
{
  QsNetwork *network = qs_workspace_get_network (self);
  g_autofree char *name = g_file_get_basename (file);

  if (network == NULL)
    network = qs_workspace_get_shown_network (self);
  if (network != NULL && !knows_any_tensor (network, qs_scale_file_get_scales (scales)))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   _("%s: none of its tensors is in this model, so it belongs to another one"),
                   name);
      return FALSE;
    }

  /* Nothing else is open: the cache is the document. */
  if (self->model == NULL && network == NULL)
    g_set_object (&self->file, file);
  g_clear_object (&self->cache);
  self->cache = qs_cache_editor_new (name, scales);
  qs_workspace_refresh_cache (self);
  return TRUE;
}

static gboolean
check_histograms (QsWorkspace     *self,
                  QsHistogramSet  *histograms,
                  GError         **error)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autofree char *key = NULL;

  if (self->model == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING,
                           _("Histograms need their model; open the model first"));
      return FALSE;
    }

  options.batch = self->settings.calibration_batch;
  if (self->calibration != NULL)
    key = qs_calibration_run_dup_samples_key (self->calibration, &options);
  return qs_histogram_set_check_origin (histograms, qs_model_get_checksum (self->model), key,
                                        error);
}

gboolean
qs_workspace_add_histograms (QsWorkspace     *self,
                             QsHistogramSet  *histograms,
                             GPtrArray       *sources,
                             GError         **error)
{
  if (!check_histograms (self, histograms, error))
    return FALSE;

  qs_workspace_drop_histograms (self);
  self->histograms = qs_histogram_set_ref (histograms);
  for (guint i = 0; i < sources->len; i++)
    g_ptr_array_insert (self->sources, (int) MIN (i, self->sources->len),
                        qs_scale_source_ref (g_ptr_array_index (sources, i)));
  return TRUE;
}

static double
sum_times (GArray *times)
{
  double sum = 0.0;

  for (guint i = 0; i < times->len; i++)
    sum += MAX (g_array_index (times, double, i), 0.0);
  return sum;
}

gboolean
qs_workspace_add_profile (QsWorkspace *self,
                          GFile       *file,
                          GError     **error)
{
  g_autofree char *name = g_file_get_basename (file);

  if (self->graph == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                   _("%s: the times of a TensorRT engine need its graph; open the graph first"),
                   name);
      return FALSE;
    }
  if (!qs_trex_profile_apply (self->graph, file, error))
    return FALSE;

  g_clear_pointer (&self->layer_ms, g_array_unref);
  self->layer_ms = qs_trex_graph_get_times (self->graph, self->graph_network);
  self->engine_ms = sum_times (self->layer_ms);
  return TRUE;
}

gboolean
qs_workspace_is_built (const QsWorkspace *self)
{
  return self->engine != NULL || self->graph != NULL;
}

gboolean
qs_workspace_add_edit (QsWorkspace   *self,
                       const QsLint  *lint,
                       GError       **error)
{
  QsNetwork *fixed = qs_lint_fix (qs_workspace_get_network (self), lint, error);

  if (fixed == NULL)
    return FALSE;

  g_ptr_array_add (self->edits, fixed);
  g_ptr_array_add (self->advice, qs_lint_copy (lint));
  return TRUE;
}

QsNetwork *
qs_workspace_get_network (const QsWorkspace *self)
{
  if (self->edits->len > 0)
    return g_ptr_array_index (self->edits, self->edits->len - 1);

  return self->import == NULL ? NULL : qs_import_get_network (self->import);
}

QsNetwork *
qs_workspace_get_shown_network (const QsWorkspace *self)
{
  if (self->graph != NULL)
    return self->graph_network;

  if (self->engine != NULL)
    return qs_engine_get_network (self->engine);
  if (self->import != NULL && qs_import_get_network (self->import) == NULL)
    return qs_import_get_sketch (self->import);

  return qs_workspace_get_network (self);
}

QsScaleSource *
qs_workspace_find_source (const QsWorkspace *self,
                          const char        *id)
{
  for (guint i = 0; i < self->sources->len; i++)
    {
      QsScaleSource *source = g_ptr_array_index (self->sources, i);

      if (g_strcmp0 (qs_scale_source_get_id (source), id) == 0)
        return source;
    }

  return NULL;
}

static gboolean
layer_contains_node (QsLayer    *layer,
                     const char *name)
{
  for (guint i = 0; i < layer->origins->len; i++)
    if (g_strcmp0 (((QsOrigin *) g_ptr_array_index (layer->origins, i))->name, name) == 0)
      return TRUE;

  return FALSE;
}

/* A layer may have gone into a fused one, or have come out of one, since its name was noted: the
 * layers that carry out the same ONNX node stand for each other. */
QsLayer *
qs_workspace_find_layer (const QsWorkspace *self,
                         const char        *name)
{
  QsNetwork *network = qs_workspace_get_shown_network (self);
  QsLayer *layer;

  if (network == NULL || name == NULL)
    return NULL;

  layer = qs_network_find_layer (network, name);
  for (guint i = 0; layer == NULL && i < network->layers->len; i++)
    if (layer_contains_node (g_ptr_array_index (network->layers, i), name))
      layer = g_ptr_array_index (network->layers, i);

  return layer;
}

QsTensor *
qs_workspace_find_tensor (const QsWorkspace *self,
                          const char        *name)
{
  QsNetwork *shown = qs_workspace_get_shown_network (self);
  QsNetwork *network = qs_workspace_get_network (self);
  QsTensor *tensor = NULL;

  if (name == NULL)
    return NULL;
  if (shown != NULL)
    tensor = qs_network_find_tensor (shown, name);
  if (tensor == NULL && network != NULL)
    tensor = qs_network_find_tensor (network, name);
  return tensor;
}

void
qs_workspace_count_layers (const QsWorkspace *self,
                           guint             *n_int8,
                           guint             *n_layers)
{
  QsNetwork *network = qs_workspace_get_shown_network (self);
  guint n = network == NULL ? 0 : network->layers->len;

  *n_int8 = *n_layers = 0;
  for (guint i = 0; i < n; i++)
    {
      QsLayer *layer = network->layers->pdata[i];

      if (layer->klass->kind == QS_LAYER_REFORMAT)
        continue;
      (*n_layers)++;
      if (qs_workspace_is_built (self) && layer->precision == QS_PRECISION_INT8)
        (*n_int8)++;
    }
}

double
qs_workspace_get_time (const QsWorkspace *self,
                       const QsLayer     *layer)
{
  if (layer == NULL)
    return self->engine_ms;
  if (self->layer_ms == NULL || layer->id >= self->layer_ms->len)
    return -1.0;

  return g_array_index (self->layer_ms, double, layer->id);
}
