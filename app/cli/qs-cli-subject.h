/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"
#include "document/qs-document.h"
#include "onnx/qs-model.h"
#include "qs-cli.h"

G_BEGIN_DECLS

/**
 * QsCliSubject:
 * @model: (nullable): the model, when it was one
 * @profile: (nullable): its dimensions
 * @plan: (nullable): the plan, when it was one
 * @document: (nullable): the document that @model came from
 * @ranges: (nullable): set by hand
 * @backend: (nullable): what was asked for
 * @rounding: of the weights, in a build
 *
 * What a command is about: a model, or a plan that was made of one.
 */
typedef struct
{
  QsModel *model;
  QsProfile *profile;
  QsEngine *plan;
  QsDocument *document;
  QsDynamicRanges *ranges;
  const QsBackend *backend;
  QsRoundingMode rounding;
} QsCliSubject;

/* Opens `cli->path`, whichever it is. */
QsCliSubject   *qs_cli_subject_open        (QsCli         *cli,
                                            gint64         default_batch,
                                            GError       **error);
/* The same for commands that need a model, and for those that need a plan. */
QsCliSubject   *qs_cli_subject_open_model  (QsCli         *cli,
                                            gint64         default_batch,
                                            GError       **error);
QsCliSubject   *qs_cli_subject_open_plan   (QsCli         *cli,
                                            GError       **error);
/* Gives the dynamic inputs of a model the dimensions of the samples, within the profile. */
gboolean        qs_cli_subject_fit         (QsCliSubject  *self,
                                            QsSamples     *samples,
                                            GError       **error);
void            qs_cli_subject_free        (QsCliSubject  *self);

/* An engine in the precision that `--precision` names, from whatever the options give. */
QsEngine       *qs_cli_subject_get_engine  (QsCliSubject  *self,
                                            QsCli         *cli,
                                            GError       **error);
/* A build of the model; @scales (nullable) as the mode needs. */
QsNetwork      *qs_cli_subject_import      (QsCliSubject  *self,
                                            GError       **error);
QsEngine       *qs_cli_subject_build       (QsCliSubject  *self,
                                            QsCli         *cli,
                                            QsInt8Mode     mode,
                                            QsScaleTable  *scales,
                                            GError       **error);
/* The same in FP32, whatever the options ask for. */
QsEngine       *qs_cli_subject_build_fp32  (QsCliSubject  *self,
                                            QsCli         *cli,
                                            GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsCliSubject, qs_cli_subject_free)

G_END_DECLS
