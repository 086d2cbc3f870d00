/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "builder/qs-builder.h"
#include "calibration/formats/qs-cache-format.h"
#include "calibration/qs-calibrator.h"
#include "import/qs-import.h"
#include "samples/qs-samples.h"
#include "scales/qs-dynamic-ranges.h"

G_BEGIN_DECLS

/* Every option of the program; a command lists those it takes. QS_CLI_SHAPE stands for all that a
 * command needs to read a model: its bounds and the folder of its weights, too. */
typedef enum
{
  QS_CLI_END,
  QS_CLI_SHAPE,
  QS_CLI_MIN_SHAPES,
  QS_CLI_OPT_SHAPES,
  QS_CLI_MAX_SHAPES,
  QS_CLI_EXTERNAL_DATA,
  QS_CLI_BATCH,
  QS_CLI_CALIBRATION,
  QS_CLI_CACHE,
  QS_CLI_CALIBRATOR,
  QS_CLI_QUANTILE,
  QS_CLI_CUTOFF,
  QS_CLI_PRESET,
  QS_CLI_BEFORE_FUSION,
  QS_CLI_HISTOGRAMS,
  QS_CLI_SHUFFLES,
  QS_CLI_SEED,
  QS_CLI_BATCHES,
  QS_CLI_RANGES,
  QS_CLI_RANGE,
  QS_CLI_DATA,
  QS_CLI_REFERENCE,
  QS_CLI_PREPROCESSING,
  QS_CLI_RESIZE,
  QS_CLI_CROP,
  QS_CLI_COLOR,
  QS_CLI_LAYOUT,
  QS_CLI_SCALE,
  QS_CLI_MEAN,
  QS_CLI_STD,
  QS_CLI_LIMIT,
  QS_CLI_SHUFFLE,
  QS_CLI_FIRST,
  QS_CLI_INT8_IO,
  QS_CLI_PRECISION,
  QS_CLI_INT8_ALL,
  QS_CLI_FP16,
  QS_CLI_FP16_ALL,
  QS_CLI_PRECISION_CONSTRAINTS,
  QS_CLI_LAYER_PRECISION,
  QS_CLI_LAYER_OUTPUT_TYPES,
  QS_CLI_INT8_FASTER,
  QS_CLI_ROUNDING,
  QS_CLI_TIMING_CACHE,
  QS_CLI_EMULATE_TENSORRT,
  QS_CLI_BACKEND,
  QS_CLI_DEVICE,
  QS_CLI_THREADS,
  QS_CLI_RUNS,
  QS_CLI_LAYER,
  QS_CLI_INPUT,
  QS_CLI_OUTPUT,
  QS_CLI_MODEL,
  QS_CLI_FROM,
  QS_CLI_TO,
  QS_CLI_SET,
  QS_CLI_HEADER,
  QS_CLI_EXIT_CODE,
  QS_CLI_SVG,
  QS_CLI_PDF,
  QS_CLI_SCALES,
  QS_CLI_ONNX,
  QS_CLI_TREX,
  QS_CLI_TREX_PROFILE,
  QS_CLI_NODES,
  QS_CLI_MEMORY,
  QS_CLI_TACTICS,
  QS_CLI_JSON,
  QS_CLI_N_OPTIONS
} QsCliOption;

/* What commands that read samples take. */
#define QS_CLI_SAMPLE_OPTIONS                                                                      \
  QS_CLI_PREPROCESSING, QS_CLI_RESIZE, QS_CLI_CROP, QS_CLI_COLOR, QS_CLI_LAYOUT, QS_CLI_SCALE,     \
  QS_CLI_MEAN, QS_CLI_STD, QS_CLI_LIMIT, QS_CLI_SHUFFLE

/* What commands that build an engine take. */
#define QS_CLI_PRECISION_OPTIONS                                                                   \
  QS_CLI_INT8_ALL, QS_CLI_FP16, QS_CLI_FP16_ALL, QS_CLI_PRECISION_CONSTRAINTS,                     \
  QS_CLI_LAYER_PRECISION, QS_CLI_LAYER_OUTPUT_TYPES

/**
 * QsCliOptions:
 *
 * Values of the options as they were typed; %NULL, 0 or %FALSE where one was not given, once they
 * have been checked.
 */
typedef struct
{
  char **shapes;
  char **min_shapes;
  char **opt_shapes;
  char **max_shapes;
  char *external_data;
  gboolean nodes;
  gboolean memory;
  gboolean tactics;
  gint64 batch;
  char *calibration;
  char *cache;
  char *calibrator;
  char *quantile;
  char *cutoff;
  char *preset;
  char *before_fusion;
  char *histograms;
  int shuffles;
  gint64 seed;
  char *batches;
  char *ranges;
  char **range;
  char *data;
  char *reference;
  char *preprocessing;
  char *resize;
  char *crop;
  char *color;
  char *layout;
  char *scale;
  char *mean;
  char *std;
  gint64 limit;
  char *shuffle;
  gint64 first;
  gboolean int8_io;
  char *precision;
  gboolean int8_all;
  gboolean fp16;
  gboolean fp16_all;
  char *precision_constraints;
  char **layer_precisions;
  char **layer_output_types;
  gboolean int8_faster;
  char *rounding;
  char *timing_cache;
  gboolean emulate_tensorrt;
  char *backend;
  char *device;
  int threads;
  int runs;
  char *layer;
  char *input;
  char *output;
  char *model;
  char *from;
  char *to;
  char **sets;
  char *header;
  gboolean exit_code;
  char *svg;
  char *pdf;
  char *scales;
  char *onnx;
  char *trex;
  char *trex_profile;
  char *json;
} QsCliOptions;

void                qs_cli_options_init           (QsCliOptions        *self);
void                qs_cli_options_clear          (QsCliOptions        *self);
/* (transfer full): the entries of @wanted, ended by %QS_CLI_END, for a GOptionContext */
GOptionEntry       *qs_cli_options_make_entries   (QsCliOptions        *self,
                                                   const QsCliOption   *wanted);
/* Whether the numbers are in range and everything in @required was given. */
gboolean            qs_cli_options_check          (QsCliOptions        *self,
                                                   const QsCliOption   *required,
                                                   GError             **error);

QsProfile          *qs_cli_options_get_profile    (QsCliOptions        *self,
                                                   gint64               default_batch,
                                                   GError             **error);
QsModel            *qs_cli_options_load_model     (QsCliOptions        *self,
                                                   const char          *path,
                                                   GError             **error);
/* The default calibrator is TensorRT's, Entropy2. */
const QsCalibrator *qs_cli_options_get_calibrator (QsCliOptions        *self,
                                                   GError             **error);
/* The manual ranges of the file and of the single options, which come last: %NULL without an error when
 * there are none. */
gboolean            qs_cli_options_get_ranges     (QsCliOptions        *self,
                                                   QsDynamicRanges    **ranges,
                                                   GError             **error);
/* The calibrators' parameters; @calibrator: (nullable): the only one they are for. */
gboolean            qs_cli_options_get_parameters (QsCliOptions        *self,
                                                   const QsCalibrator  *calibrator,
                                                   QsCalibratorOptions *parameters,
                                                   GError             **error);
/* (element-type gint64) (transfer full): the sizes of `--batches`, or @fallback alone */
GArray             *qs_cli_options_get_batches    (QsCliOptions        *self,
                                                   gint64               fallback,
                                                   GError             **error);
/* The format that @option, of value @id, names: %NULL without an error when @id is %NULL. */
gboolean            qs_cli_options_get_format     (QsCliOption           option,
                                                   const char           *id,
                                                   const QsCacheFormat **format,
                                                   GError              **error);
/* %NULL without an error when none was asked for. */
/* From now on, the CPU; whether that is another device and the person left the choice. */
gboolean            qs_cli_options_leave_device   (QsCliOptions        *self);
gboolean            qs_cli_options_get_backend    (QsCliOptions        *self,
                                                   const QsBackend    **backend,
                                                   GError             **error);
/* %QS_ROUNDING_GPU where none was asked for. */
gboolean            qs_cli_options_get_rounding   (QsCliOptions        *self,
                                                   QsRoundingMode      *rounding,
                                                   GError             **error);
/* What the options say about samples. */
gboolean            qs_cli_options_get_recipe     (QsCliOptions         *self,
                                                   QsSampleRecipe       *recipe,
                                                   GError              **error);
/* The samples in @path, preprocessed as the options say. */
QsSamples          *qs_cli_options_open_samples   (QsCliOptions        *self,
                                                   const char          *path,
                                                   GError             **error);

G_END_DECLS
