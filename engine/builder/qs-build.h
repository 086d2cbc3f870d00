/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-progress.h"
#include "qs-builder.h"
#include "qs-ranges.h"
#include "qs-tactic-timer.h"
#include "qs-weight-quantizer.h"

G_BEGIN_DECLS

/**
 * QsCandidate:
 * @tactics: (element-type QsTactic): the kernels that were looked at, the default first
 * @kernel: the chosen one; %NULL for the layer class's own
 * @ms: its time, negative when it was not timed
 * @format: the layout it computes in
 * @any_format: it takes its input's layout instead
 *
 * How a layer would be computed in one precision.
 */
typedef struct
{
  const QsKernel *kernel;
  double ms;
  QsFormat format;
  gboolean any_format;
} QsCandidate;

/**
 * QsLayerPlan:
 * @can_int8: whether there is an INT8 form at all; @obstacle says why not
 * @int8: the choice
 * @can_fp16: whether it has an FP16 form
 * @fp16: the choice, unless it is INT8
 * @fp16_reason: (nullable): why it computes in FP16
 * @was_fp16: whether the model has it in float16
 * @constraint: (nullable): the constraint that asks for a precision
 * @type_constraint: (nullable): the one that asks for types of outputs
 *
 * What is known and decided about one layer while it is being built.
 */
typedef struct
{
  QsLayer *layer;
  gboolean can_int8;
  char *obstacle;
  char *reason;
  gboolean int8;
  gboolean can_fp16;
  gboolean fp16;
  const char *fp16_reason;
  gboolean was_fp16;
  const QsPrecisionConstraint *constraint;
  const QsPrecisionConstraint *type_constraint;
  QsFormat format;
  gboolean any_format;
  QsQuantizedWeights weights;
  QsCandidate fp32;
  QsCandidate fp16_candidate;
  QsCandidate int8_candidate;
  GPtrArray *tactics;
} QsLayerPlan;

/**
 * QsBuild:
 *
 * The state of a build, which its stages fill in one after the other: what is possible
 * (qs-capability), INT8 or not (qs-precision-choice), layouts (qs-format-choice), reformats
 * (qs-reformats), kernels and memory (qs-builder).
 */
typedef struct
{
  QsNetwork *network;
  QsJournal *journal;
  const QsBackend *backend;
  QsInt8Mode int8;
  QsFp16Mode fp16;
  QsPrecisionConstraints *constraints; /* (nullable) */
  QsRoundingMode rounding;
  gboolean is_explicit;  /* the passes have decided precisions, types and scales */
  QsRanges *ranges;      /* NULL when INT8 is off */
  QsTacticTimer *timer;  /* NULL when nothing is timed, or nothing yet (qs-kernel-timing) */
  QsProgress *progress;
  GHashTable *plans;     /* QsLayer -> QsLayerPlan */
  GHashTable *int8_tensors; /* set of activation tensors that are INT8 where they are written */
  GHashTable *fp16_tensors; /* set of activation tensors that are float16 where they are written */
  GHashTable *inner_of;     /* QsTensor that is written -> network output that it stands for */
} QsBuild;

void         qs_build_init     (QsBuild    *self,
                                QsNetwork  *network,
                                QsJournal  *journal);
void         qs_build_clear    (QsBuild    *self);
QsLayerPlan *qs_build_get_plan (QsBuild    *self,
                                QsLayer    *layer);
QsLayerPlan *qs_build_add_plan (QsBuild    *self,
                                QsLayer    *layer);
/* What the layer computes in, as far as it is decided, and how. */
QsPrecision  qs_layer_plan_get_precision (const QsLayerPlan *self);
QsCandidate *qs_layer_plan_get_candidate (QsLayerPlan       *self);
/* Whether it is asked to compute in @precision. */
gboolean     qs_layer_plan_wants (const QsLayerPlan *self,
                                QsPrecision        precision);
/* The type that output @index is asked to have; undefined when it is free. */
QsDataType   qs_layer_plan_get_wanted_type (const QsLayerPlan *self,
                                          guint              index);
/* Whether constraints count for more than time. */
gboolean     qs_build_constraints_bind (const QsBuild *self);

/**
 * QsLayerForm:
 * @int8_residual: type of the residual input of an INT8 layer
 * @int8_output: type of the output of an INT8 weighted layer
 */
typedef struct
{
  QsPrecision precision;
  QsFormat format;
  gboolean int8_residual;
  gboolean int8_output;
} QsLayerForm;

/* A network of one layer: @layer as it would stand in the engine in this form. Kernels are asked
 * about it and timed on it, before anything is changed. */
QsNetwork   *qs_build_probe    (QsBuild            *self,
                                QsLayer            *layer,
                                const QsLayerForm  *form,
                                GError            **error);
/* The layer of @plan with the precision that was chosen. */
QsNetwork   *qs_build_probe_chosen (QsBuild        *self,
                                QsLayerPlan        *plan,
                                QsFormat            format);
/* A network of one layer: @layer with the types it has, all activations in @format. */
QsNetwork   *qs_layer_in_format (const QsLayer     *layer,
                                QsFormat           format);
/* Whether memory is the same in both layouts: one channel, one position, or rank below 3. */
gboolean     qs_formats_agree  (const QsShape      *shape,
                                QsFormat            a,
                                QsFormat            b);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QsBuild, qs_build_clear)

G_END_DECLS
