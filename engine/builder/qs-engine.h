/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "backends/qs-backend.h"
#include "core/qs-rounding-mode.h"
#include "network/qs-network.h"
#include "passes/qs-journal.h"
#include "qs-allocation.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsTactic:
 * @kernel: name of the kernel
 * @precision: what it computes in
 * @format: the layout of the activations of rank 3 and more that it reads and writes
 * @ms: time of one run, negative when it was not timed
 * @reformat_ms: the reformats that choosing this precision and layout costs, given the neighbours' choices
 * @chosen: whether it is the one the engine uses
 * @reason: (nullable): why it was not possible or not chosen
 *
 * A candidate for a layer.
 */
typedef struct
{
  char *kernel;
  QsPrecision precision;
  QsFormat format;
  double ms;
  double reformat_ms;
  gboolean chosen;
  char *reason;
} QsTactic;

/**
 * QsEngineLayer:
 * @layer: the layer of the engine's network
 * @kernel: name of the kernel that runs it, "reference" for the layer class's own
 * @ms: time of that kernel when it was timed, else negative
 * @reason: a sentence: why it computes in its precision
 * @tactics: (element-type QsTactic): all candidates that were looked at
 */
typedef struct
{
  QsLayer *layer;
  char *kernel;
  double ms;
  char *reason;
  GPtrArray *tactics;
} QsEngineLayer;

/**
 * QsEngine:
 *
 * A built network: fused, with precisions, kernels, formats, reformats and a memory plan decided,
 * and the journal that explains it. Immutable and reference counted; a context runs it. A plan is
 * an engine in a file.
 */
typedef struct _QsEngine QsEngine;

QsEngine            *qs_engine_ref               (QsEngine            *self);
void                 qs_engine_unref             (QsEngine            *self);
QsEngine            *qs_engine_load              (GFile               *file,
                                                  GError             **error);
gboolean             qs_engine_save              (QsEngine            *self,
                                                  GFile               *file,
                                                  GError             **error);
/* The same network, precisions and scales with the kernels of another backend. */
QsEngine            *qs_engine_retarget          (QsEngine            *self,
                                                  const QsBackend     *backend,
                                                  GError             **error);
/* The same engine with other scales, and whether that is all a build with them could change. */
QsEngine            *qs_engine_rescale           (QsEngine            *self,
                                                  QsScaleTable        *scales,
                                                  GError             **error);
gboolean             qs_engine_can_rescale       (QsEngine            *self,
                                                  QsScaleTable        *scales);
/* Whether the first bytes of a file are those of a plan. */
gboolean             qs_engine_probe             (GBytes              *head);

QsNetwork           *qs_engine_get_network       (QsEngine            *self);
QsJournal           *qs_engine_get_journal       (QsEngine            *self);
const QsBackend     *qs_engine_get_backend       (QsEngine            *self);
/* One per layer of the network, by layer id. */
const QsEngineLayer *qs_engine_get_layer         (QsEngine            *self,
                                                  guint                id);
/* By tensor id; %NULL for constants and for tensors that are not in the activation memory. */
const QsAllocation  *qs_engine_get_allocation    (QsEngine            *self,
                                                  guint                tensor_id);
gsize                qs_engine_get_memory_size   (QsEngine            *self);
/* The largest sum of the sizes of tensors alive at once: no plan can be smaller. */
gsize                qs_engine_get_memory_bound  (QsEngine            *self);
guint64              qs_engine_get_weight_size   (QsEngine            *self);
/* (nullable): the scales it was built with */
QsScaleTable        *qs_engine_get_scales        (QsEngine            *self);
/* How its weights were rounded. */
QsRoundingMode       qs_engine_get_rounding      (QsEngine            *self);
/* Whether Q/DQ in the network decided about INT8, and not scales of a calibration. */
gboolean             qs_engine_is_explicit       (QsEngine            *self);
guint                qs_engine_count_layers      (QsEngine            *self,
                                                  QsPrecision          precision);
guint                qs_engine_count_reformats   (QsEngine            *self);
/* Whether every layer computes in FP32, as the model says. */
gboolean             qs_engine_is_fp32           (QsEngine            *self);
/* Whether it has FP16 layers whose backend only emulates FP16, so that their times mean little. */
gboolean             qs_engine_emulates_fp16     (QsEngine            *self);
/* (nullable): checksum of the ONNX file it was built from */
const char          *qs_engine_get_model_checksum (QsEngine           *self);
gint64               qs_engine_get_batch         (QsEngine            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsEngine, qs_engine_unref)

G_END_DECLS
