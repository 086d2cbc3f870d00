/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-progress.h"
#include "core/qs-rounding-mode.h"
#include "qs-engine.h"
#include "qs-precision-constraints.h"
#include "qs-timing-cache.h"
#include "scales/qs-dynamic-ranges.h"

G_BEGIN_DECLS

/**
 * QsInt8Mode:
 * @QS_INT8_OFF: every layer computes in floating point
 * @QS_INT8_FASTER: INT8 where the measured time, reformats included, is shorter
 * @QS_INT8_ALL: INT8 wherever it is possible
 */
typedef enum
{
  QS_INT8_OFF,
  QS_INT8_FASTER,
  QS_INT8_ALL,
} QsInt8Mode;

/**
 * QsFp16Mode:
 * @QS_FP16_OFF: no layer computes in FP16
 * @QS_FP16_ALLOWED: layers that are float16 in the model or are asked to compute in FP16 do, and, on a
 *   backend whose hardware computes in it, those where the measured time, reformats included, is
 *   shorter (TensorRT's flag kFP16). Where FP16 is emulated its time decides nothing.
 * @QS_FP16_ALL: FP16 is the type of all floating point layers that have an FP16 form
 */
typedef enum
{
  QS_FP16_OFF,
  QS_FP16_ALLOWED,
  QS_FP16_ALL,
} QsFp16Mode;

/**
 * QsBuilderOptions:
 * @backend: (nullable): %NULL for the machine's default
 * @n_threads: threads while timing, 0 for one per processor
 * @fuse: whether passes run; calibration before fusion turns them off
 * @int8: where INT8 is used
 * @fp16: where FP16 is used
 * @constraints: (nullable): what layers are asked to compute in and to write
 * @ranges: (nullable): set by hand; they take the place of the scales of their tensors and of all
 *   that share a scale with them
 * @emulate_tensorrt: leave activation functions apart where TensorRT does not fuse them
 * @rounding: of the weights
 * @model_checksum: (nullable): recorded in the engine
 * @repeatable: take the first of a layer's kernels where its precision does not depend on times, also on
 *   a backend that times kernels: calibration counts the same values each time
 * @clock: (nullable): milliseconds, by which kernels are timed instead of the system's: tests have one
 *   that only their kernels move
 * @timings: (nullable): times of earlier builds, which are not measured again; this build's are added
 */
typedef struct
{
  const QsBackend *backend;
  guint n_threads;
  gboolean fuse;
  QsInt8Mode int8;
  QsFp16Mode fp16;
  QsPrecisionConstraints *constraints;
  QsDynamicRanges *ranges;
  gboolean emulate_tensorrt;
  QsRoundingMode rounding;
  const char *model_checksum;
  gboolean repeatable;
  double (*clock) (void);
  QsTimingCache *timings;
} QsBuilderOptions;

#define QS_BUILDER_OPTIONS_INIT { .fuse = TRUE }

/**
 * qs_builder_build:
 * @network: the imported network; it is copied, not changed
 * @scales: (nullable): activation scales by tensor name; needed unless INT8 is off, there are manual
 *   ranges, or the network has Quantize and Dequantize layers, which then decide alone (explicit
 *   quantization)
 *
 * Builds an engine (TensorRT buildSerializedNetwork): passes, precision choice, kernels, formats,
 * reformats, memory plan. The network's inputs and outputs stay as they are; an INT8 layer beside
 * them has a Reformat in between, and so has an FP16 layer. Without timing (%QS_INT8_OFF and
 * %QS_INT8_ALL on a backend that does not time its kernels, or when the build is to be repeatable), and
 * with all times in the timing cache, the same network, scales and backend always give the same engine.
 *
 * Errors: %QS_ERROR_MISSING for an INT8 build without scales and for a manual range of a tensor
 * that is not there or a constraint on a layer that is not there, %QS_ERROR_UNSUPPORTED for a layer
 * that nothing computes or that cannot obey its constraint, %QS_ERROR_LIMIT for more memory than the
 * program uses, and cancellation.
 */
QsEngine *qs_builder_build (QsNetwork               *network,
                            QsScaleTable            *scales,
                            const QsBuilderOptions  *options,
                            QsProgress              *progress,
                            GError                 **error);

G_END_DECLS
