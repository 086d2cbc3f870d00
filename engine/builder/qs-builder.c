/* SPDX-License-Identifier: MIT */
#include "qs-builder.h"

#include "core/qs-error.h"
#include "passes/qs-pass.h"
#include "passes/qs-qdq.h"
#include "qs-build.h"
#include "qs-capability.h"
#include "qs-constraint-check.h"
#include "qs-explicit-choice.h"
#include "qs-format-choice.h"
#include "qs-fp16-choice.h"
#include "qs-kernel-choice.h"
#include "qs-kernel-timing.h"
#include "qs-manual-scales.h"
#include "qs-pooling-fusion.h"
#include "qs-precision-choice.h"
#include "qs-reformats.h"

/* Where the backend's kernels run elsewhere, they are timed there. */
static gboolean
give_device (QsBuild  *build,
             GError  **error)
{
  g_autofree char *name = NULL;
  QsDevice *device;

  if (build->backend->get_device == NULL)
    return TRUE;

  device = build->backend->get_device (error);
  if (device == NULL)
    return FALSE;
  name = build->backend->get_device_key ();
  qs_tactic_timer_set_device (build->timer, device, name);
  return TRUE;
}

static gboolean
start_timing (QsBuild                 *build,
              const QsBuilderOptions  *options,
              GError                 **error)
{
  build->timer = qs_tactic_timer_new (options->n_threads, options->timings);
  if (options->clock != NULL)
    qs_tactic_timer_set_clock (build->timer, options->clock);
  return give_device (build, error);
}

static gboolean
are_precisions_timed (const QsBuild *build)
{
  return build->int8 == QS_INT8_FASTER ||
         (build->fp16 == QS_FP16_ALLOWED && !build->backend->emulates_fp16);
}

static gboolean
init_build (QsBuild                 *build,
            QsNetwork               *network,
            QsJournal               *journal,
            QsScaleTable            *scales,
            const QsBuilderOptions  *options,
            QsProgress              *progress,
            GError                 **error)
{
  gboolean is_explicit = options->int8 != QS_INT8_OFF && options->fuse &&
                         qs_network_is_explicit (network);
  QsPassFlags flags = options->emulate_tensorrt ? QS_PASS_EMULATE_TENSORRT : QS_PASS_DEFAULT;

  if (options->int8 != QS_INT8_OFF && !is_explicit && scales == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                   "an INT8 build needs scales: calibrate the model, or load a calibration cache");
      return FALSE;
    }
  if (is_explicit ? !qs_passes_run_explicit (network, flags, journal, error)
                  : options->fuse && !qs_passes_run (network, flags, journal, error))
    return FALSE;
  if (is_explicit && scales != NULL)
    qs_journal_add (journal, QS_JOURNAL_WARNING, "calibration-unused", NULL, NULL, NULL,
                    "The scales of the calibration are not used: the network has QuantizeLinear and "
                    "DequantizeLinear with scales of its own.");

  qs_build_init (build, network, journal);
  build->backend = options->backend != NULL ? options->backend : qs_backend_get_default ();
  build->int8 = options->int8;
  build->fp16 = options->fp16;
  if (options->constraints != NULL)
    build->constraints = qs_precision_constraints_ref (options->constraints);
  build->rounding = options->rounding;
  build->is_explicit = is_explicit;
  build->progress = progress;
  if (options->int8 != QS_INT8_OFF && !is_explicit)
    build->ranges = qs_ranges_new (network, scales, journal);
  return !are_precisions_timed (build) || start_timing (build, options, error);
}

/* The scales that a network with Q/DQ brings along, under the names of the tensors that are quantized,
 * as a calibration would have them. */
static QsScaleTable *
collect_scales (QsNetwork *network)
{
  QsScaleTable *scales = qs_scale_table_new ();

  qs_scale_table_set_source (scales, "Q/DQ");
  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      const QsTensor *input = qs_layer_get_input (layer, 0);

      if (qs_is_quantize (layer) && input->value == NULL && qs_qdq_get_scale (layer) > 0.0f &&
          !qs_scale_table_lookup (scales, input->name, NULL))
        qs_scale_table_set (scales, input->name, qs_qdq_get_scale (layer));
    }

  return scales;
}

/* Every layer of a float build says the same. */
static void
explain_float_build (QsBuild *build)
{
  for (guint i = 0; i < build->network->layers->len; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (build, g_ptr_array_index (build->network->layers, i));

      plan->reason = g_strdup ("The build is in floating point, so every layer is.");
    }
}

/* Where precisions did not need times, kernels still may. */
static gboolean
time_kernels (QsBuild                 *build,
              const QsBuilderOptions  *options,
              GError                 **error)
{
  if (build->timer != NULL || !build->backend->times_kernels || options->repeatable)
    return TRUE;

  return start_timing (build, options, error) && qs_build_time_kernels (build, error);
}

static gboolean
decide (QsBuild                 *build,
        const QsBuilderOptions  *options,
        GError                 **error)
{
  qs_progress_set_phase (build->progress, build->timer != NULL ? "Timing layers"
                                                               : "Choosing kernels");
  if (build->is_explicit ? !qs_build_find_explicit_candidates (build, error)
                         : !qs_build_find_candidates (build, error))
    return FALSE;
  if (build->timer != NULL && !qs_tactic_timer_check (build->timer, error))
    return FALSE;
  if (build->ranges == NULL && !build->is_explicit)
    explain_float_build (build);
  if (!qs_build_choose_fp16 (build, error) || !qs_build_choose_precisions (build, error))
    return FALSE;

  qs_build_place_fp16 (build);
  if (!qs_build_check_constraints (build, error) || !time_kernels (build, options, error))
    return FALSE;
  qs_build_choose_formats (build);
  return qs_build_apply (build, error) && qs_build_fuse_poolings (build, error);
}

QsEngine *
qs_builder_build (QsNetwork               *network,
                  QsScaleTable            *scales,
                  const QsBuilderOptions  *options,
                  QsProgress              *progress,
                  GError                 **error)
{
  g_autoptr (QsNetwork) copy = qs_network_copy (network);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsScaleTable) all_scales = NULL;
  g_auto (QsBuild) build = { NULL };

  if (!qs_progress_check (progress, error) || !qs_network_check (copy, error))
    return NULL;
  if (options->ranges != NULL && qs_dynamic_ranges_get_n (options->ranges) > 0 &&
      options->int8 != QS_INT8_OFF)
    {
      all_scales = qs_manual_scales_apply (options->ranges, copy, scales, journal, error);
      if (all_scales == NULL)
        return NULL;
      scales = all_scales;
    }
  if (!init_build (&build, copy, journal, scales, options, progress, error) ||
      !qs_build_resolve_constraints (&build, network, error))
    return NULL;
  qs_build_note_fp16_nodes (&build, network);
  if (!decide (&build, options, error))
    return NULL;

  engine = qs_engine_new (copy, journal, build.backend);
  engine->rounding = options->rounding;
  engine->model_checksum = g_strdup (options->model_checksum);
  engine->is_explicit = build.is_explicit;
  if (build.is_explicit)
    engine->scales = collect_scales (network);
  else
    engine->scales = scales != NULL ? qs_scale_table_copy (scales) : NULL;
  return qs_build_finish (&build, engine, error) &&
                 (build.timer == NULL || qs_tactic_timer_check (build.timer, error))
           ? g_steal_pointer (&engine)
           : NULL;
}
