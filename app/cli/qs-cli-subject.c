/* SPDX-License-Identifier: MIT */
#include "qs-cli-subject.h"
#include "qs-cli-precision.h"

#include <string.h>

#include "core/qs-error.h"
#include "export/qs-trex-graph.h"
#include "qs-cli-scales.h"
#include "qs-cli-timings.h"

#define HEAD_SIZE 64

/* The first bytes of a file, which say whether it is a plan. */
static GBytes *
read_head (GFile   *file,
           GError **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);

  if (stream == NULL)
    return NULL;

  return g_input_stream_read_bytes (G_INPUT_STREAM (stream), HEAD_SIZE, NULL, error);
}

/* The model of a document, with the ranges that were set in it unless others are asked for. */
static gboolean
open_document (QsCliSubject  *self,
               GFile         *file,
               GError       **error)
{
  self->document = qs_document_load (file, error);
  if (self->document == NULL)
    return FALSE;

  self->model = qs_document_open_model (self->document, file, error);
  if (self->ranges == NULL && self->document->ranges != NULL)
    self->ranges = qs_dynamic_ranges_ref (self->document->ranges);
  return self->model != NULL;
}

static gboolean
load (QsCliSubject  *self,
      QsCli         *cli,
      GError       **error)
{
  const char *path = cli->path;
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GBytes) head = read_head (file, error);

  if (head == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }

  if (qs_trex_graph_probe (head))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s: this is the graph of a TensorRT engine, which has no weights: it can be "
                   "looked at, with “info” or in the window, not run",
                   path);
      return FALSE;
    }

  if (qs_document_probe (head))
    return open_document (self, file, error);
  if (qs_engine_probe (head))
    self->plan = qs_engine_load (file, error);
  else
    self->model = qs_cli_options_load_model (&cli->options, path, error);

  return self->plan != NULL || self->model != NULL;
}

/* A plan runs on any backend, with the kernels of that one. */
static gboolean
move_plan (QsCliSubject  *self,
           GError       **error)
{
  QsEngine *moved;

  if (self->backend == NULL || self->backend == qs_engine_get_backend (self->plan))
    return TRUE;

  moved = qs_engine_retarget (self->plan, self->backend, error);
  if (moved == NULL)
    return FALSE;
  qs_engine_unref (self->plan);
  self->plan = moved;
  return TRUE;
}

/* A plan was built for one set of dimensions and with its ranges; asking for others is a mistake. */
static gboolean
check_plan_options (QsCli   *cli,
                    GError **error)
{
  const QsCliOptions *options = &cli->options;

  if (options->ranges != NULL || options->range != NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: the ranges of a plan are fixed; build another one from the model",
                   cli->path);
      return FALSE;
    }
  if (options->shapes != NULL || options->min_shapes != NULL || options->opt_shapes != NULL ||
      options->max_shapes != NULL || options->batch > 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: the dimensions of a plan are fixed; build another one from the model",
                   cli->path);
      return FALSE;
    }
  if (options->emulate_tensorrt)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: the layers of a plan are fused already; build another one from the model",
                   cli->path);
      return FALSE;
    }
  if (cli->options.rounding != NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: the weights of a plan are rounded already; build another one from the model",
                   cli->path);
      return FALSE;
    }

  return TRUE;
}

/**
 * qs_cli_subject_open:
 * @default_batch: the batch of a model where none was asked for
 */
QsCliSubject *
qs_cli_subject_open (QsCli   *cli,
                     gint64   default_batch,
                     GError **error)
{
  g_autoptr (QsCliSubject) self = g_new0 (QsCliSubject, 1);

  self->profile = qs_cli_options_get_profile (&cli->options, default_batch, error);
  if (self->profile == NULL ||
      !qs_cli_options_get_backend (&cli->options, &self->backend, error) ||
      !qs_cli_options_get_ranges (&cli->options, &self->ranges, error) ||
      !qs_cli_options_get_rounding (&cli->options, &self->rounding, error) ||
      !load (self, cli, error))
    return NULL;

  if (self->plan != NULL && (!check_plan_options (cli, error) || !move_plan (self, error)))
    return NULL;
  if (self->model != NULL && !qs_import_check_range (self->model, self->profile, error))
    return NULL;

  return g_steal_pointer (&self);
}

static gboolean
is_open (const QsModelValue *input)
{
  for (int i = 1; input->has_shape && i < input->shape.n_dims; i++)
    if (input->shape.dims[i] < 0)
      return TRUE;

  return FALSE;
}

static gboolean
fit_input (QsCliSubject        *self,
           const QsModelValue  *input,
           const QsShape       *rows,
           GError             **error)
{
  QsShape shape = *rows, opt;

  shape.dims[0] = input->shape.dims[0];
  if (qs_profile_has_shape (self->profile, input->name))
    {
      if (!qs_profile_resolve (self->profile, input, &opt, error))
        return FALSE;
      shape.dims[0] = opt.dims[0];
      if (!qs_profile_allows (self->profile, input, &shape, error))
        return FALSE;
    }

  qs_profile_set_shape (self->profile, input->name, &shape);
  return TRUE;
}

/**
 * qs_cli_subject_fit:
 *
 * Gives the inputs of a model that have open dimensions besides the batch those of the samples, which
 * must lie within the profile. A plan stays as it is.
 */
gboolean
qs_cli_subject_fit (QsCliSubject  *self,
                    QsSamples     *samples,
                    GError       **error)
{
  for (guint i = 0; self->model != NULL && i < qs_model_get_n_inputs (self->model); i++)
    {
      const QsModelValue *input = qs_model_get_input (self->model, i);
      const QsShape *rows = qs_samples_get_shape (samples, input->name);

      if (rows != NULL && rows->n_dims == input->shape.n_dims && is_open (input) &&
          !fit_input (self, input, rows, error))
        return FALSE;
    }

  return TRUE;
}

QsCliSubject *
qs_cli_subject_open_model (QsCli   *cli,
                           gint64   default_batch,
                           GError **error)
{
  g_autoptr (QsCliSubject) self = qs_cli_subject_open (cli, default_batch, error);

  if (self != NULL && self->model == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: this is a plan, and “%s” needs the ONNX model", cli->path,
                   cli->command->name);
      return NULL;
    }

  return g_steal_pointer (&self);
}

QsCliSubject *
qs_cli_subject_open_plan (QsCli   *cli,
                          GError **error)
{
  g_autoptr (QsCliSubject) self = qs_cli_subject_open (cli, 1, error);

  if (self != NULL && self->plan == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: this is a model, and “%s” needs a plan, which “build” makes of it",
                   cli->path, cli->command->name);
      return NULL;
    }

  return g_steal_pointer (&self);
}

void
qs_cli_subject_free (QsCliSubject *self)
{
  g_clear_pointer (&self->model, qs_model_unref);
  g_clear_pointer (&self->profile, qs_profile_free);
  g_clear_pointer (&self->plan, qs_engine_unref);
  g_clear_pointer (&self->document, qs_document_free);
  g_clear_pointer (&self->ranges, qs_dynamic_ranges_unref);
  g_free (self);
}

/**
 * qs_cli_subject_import:
 *
 * The model's network; a document's with its edits.
 */
QsNetwork *
qs_cli_subject_import (QsCliSubject  *self,
                       GError       **error)
{
  g_autoptr (QsNetwork) network = qs_import_network (self->model, self->profile, error);

  if (network == NULL || self->document == NULL)
    return g_steal_pointer (&network);
  return qs_lint_fix_all (network, self->document->edits, error);
}

static QsEngine *
build (QsCliSubject            *self,
       QsCli                   *cli,
       const QsCliPrecision    *precision,
       QsScaleTable            *scales,
       GError                 **error)
{
  g_autoptr (QsNetwork) network = qs_cli_subject_import (self, error);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsTimingCache) timings = NULL;
  g_autoptr (QsEngine) engine = NULL;

  if (network == NULL || !qs_cli_timings_open (cli, &timings, error))
    return NULL;

  options.backend = self->backend;
  options.n_threads = (guint) cli->options.threads;
  options.int8 = precision->int8;
  options.fp16 = precision->fp16;
  options.constraints = precision->constraints;
  options.ranges = self->ranges;
  options.rounding = self->rounding;
  options.emulate_tensorrt = cli->options.emulate_tensorrt;
  options.model_checksum = qs_model_get_checksum (self->model);
  options.timings = timings;
  engine = qs_builder_build (network, scales, &options, cli->progress, error);
  if (engine == NULL || (timings != NULL && !qs_cli_timings_close (cli, timings, error)))
    return NULL;
  return g_steal_pointer (&engine);
}

/**
 * qs_cli_subject_build:
 * @mode: where INT8 is used
 * @scales: (nullable): scales of the activations
 *
 * An engine with the precisions that were asked for.
 */
QsEngine *
qs_cli_subject_build (QsCliSubject  *self,
                      QsCli         *cli,
                      QsInt8Mode     mode,
                      QsScaleTable  *scales,
                      GError       **error)
{
  g_auto (QsCliPrecision) precision = { 0 };

  return qs_cli_precision_init (&precision, &cli->options, mode, error)
           ? build (self, cli, &precision, scales, error) : NULL;
}

/**
 * qs_cli_subject_build_fp32:
 *
 * An engine in FP32 throughout, to compare others with.
 */
QsEngine *
qs_cli_subject_build_fp32 (QsCliSubject  *self,
                           QsCli         *cli,
                           GError       **error)
{
  const QsCliPrecision precision = { .int8 = QS_INT8_OFF };

  return build (self, cli, &precision, NULL, error);
}

/* The most quantized precision that a plan has layers in. */
static QsPrecision
find_plan_precision (QsEngine *plan)
{
  if (qs_engine_count_layers (plan, QS_PRECISION_INT8) > 0)
    return QS_PRECISION_INT8;
  return qs_engine_count_layers (plan, QS_PRECISION_FP16) > 0 ? QS_PRECISION_FP16
                                                              : QS_PRECISION_FP32;
}

static QsEngine *
get_plan (QsCliSubject  *self,
          QsCli         *cli,
          GError       **error)
{
  QsPrecision own = find_plan_precision (self->plan);
  QsPrecision precision;

  if (!qs_cli_precision_parse (&cli->options, own, &precision, error))
    return NULL;

  if (precision != own)
    {
      QsPrecision named = own == QS_PRECISION_FP32 ? precision : own;

      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "%s: %u layers of the plan compute in %s, which is decided when it is built; "
                   "to compute in %s, give the model instead",
                   cli->path, qs_engine_count_layers (self->plan, named), qs_precision_name (named),
                   cli->options.precision);
      return NULL;
    }

  return qs_engine_ref (self->plan);
}

/**
 * qs_cli_subject_get_engine:
 *
 * The plan itself, or a build of the model: FP32 unless `--precision` asks for FP16, or for
 * INT8, which needs a cache or a calibration set.
 */
QsEngine *
qs_cli_subject_get_engine (QsCliSubject  *self,
                           QsCli         *cli,
                           GError       **error)
{
  g_autoptr (QsScaleTable) scales = NULL;
  gboolean done;
  QsPrecision precision;

  if (self->plan != NULL)
    return get_plan (self, cli, error);
  if (!qs_cli_precision_parse (&cli->options, QS_PRECISION_FP32, &precision, error))
    return NULL;
  if (precision != QS_PRECISION_INT8 && cli->options.int8_all)
    {
      qs_cli_set_usage_error (error, "--int8-all needs --precision int8");
      return NULL;
    }
  if (precision != QS_PRECISION_INT8)
    return qs_cli_subject_build (self, cli, QS_INT8_OFF, NULL, error);

  qs_progress_set_range (cli->progress, 0.0, 0.5);
  done = qs_cli_scales_get (self, cli, &scales, error);
  qs_progress_set_range (cli->progress, 0.0, 1.0);
  if (!done)
    return NULL;

  return qs_cli_subject_build (self, cli,
                               cli->options.int8_all ? QS_INT8_ALL : QS_INT8_FASTER, scales, error);
}
