/* SPDX-License-Identifier: MIT */
#include "qs-cli-options.h"

#include "calibration/qs-dynamic-ranges-file.h"
#include "core/qs-error.h"
#include "qs-cli-message.h"
#include "samples/qs-sample-preset.h"

/* What the parser leaves where a number was not given; no number that can be meant. */
#define UNSET (-G_MAXINT)

#define DEFAULT_CALIBRATOR "entropy2"
#define MAX_BATCH 65536
#define MAX_THREADS 1024
#define MAX_RUNS 1000000
#define MAX_SHUFFLES 1000
#define MAX_BATCHES 16
#define MAX_FIRST 65536

typedef struct
{
  const char *name;
  char letter;
  GOptionArg type;
  gsize offset;
  const char *description;
  const char *value;
} OptionInfo;

#define OPTION(name, letter, type, field, description, value) \
  { name, letter, G_OPTION_ARG_##type, G_STRUCT_OFFSET (QsCliOptions, field), description, value }

static const OptionInfo options[QS_CLI_N_OPTIONS] = {
  [QS_CLI_SHAPE] = OPTION ("shape", 0, STRING_ARRAY, shapes,
                           "Dimensions of an input, as input=1x3x224x224; once for each input",
                           "NAME=DIMxDIM…"),
  [QS_CLI_MIN_SHAPES] = OPTION ("min-shapes", 0, STRING_ARRAY, min_shapes,
                                "Smallest dimensions that inputs may have", "NAME=DIMxDIM…,…"),
  [QS_CLI_OPT_SHAPES] = OPTION ("opt-shapes", 0, STRING_ARRAY, opt_shapes,
                                "Dimensions that the engine is built for", "NAME=DIMxDIM…,…"),
  [QS_CLI_MAX_SHAPES] = OPTION ("max-shapes", 0, STRING_ARRAY, max_shapes,
                                "Largest dimensions that inputs may have", "NAME=DIMxDIM…,…"),
  [QS_CLI_EXTERNAL_DATA] = OPTION ("external-data", 0, FILENAME, external_data,
                                   "Folder of the model's weights, where they are in files of "
                                   "their own and not beside it", "FOLDER"),
  [QS_CLI_BATCH] = OPTION ("batch", 'b', INT64, batch,
                           "Samples in a batch, 1 to 65536 (32; bench: 1; run: all, up to 32)",
                           "N"),
  [QS_CLI_CALIBRATION] = OPTION ("calibration", 0, FILENAME, calibration,
                                 "Calibration set: a folder, an archive, an .npz; see “samples --help”", "SET"),
  [QS_CLI_CACHE] = OPTION ("cache", 0, FILENAME, cache,
                           "Calibration cache in TensorRT's text format", "FILE"),
  [QS_CLI_CALIBRATOR] = OPTION ("calibrator", 0, STRING, calibrator,
                                "How ranges are chosen", "NAME"),
  [QS_CLI_QUANTILE] = OPTION ("quantile", 0, STRING, quantile,
                              "Legacy and percentile: share of the values to keep, 0 to 1 (0.9999)",
                              "Q"),
  [QS_CLI_CUTOFF] = OPTION ("cutoff", 0, STRING, cutoff,
                            "Legacy: regression cutoff, 0 to 1 (1, no regression)", "C"),
  [QS_CLI_PRESET] = OPTION ("preset", 0, STRING, preset,
                            "Legacy: quantile and cutoff of TensorRT's sample for a network", "NAME"),
  [QS_CLI_BEFORE_FUSION] = OPTION ("calibrate-before-fusion", 0, STRING, before_fusion,
                                   "Entropy and Legacy: calibrate before layer fusion, yes or no "
                                   "(default: no); the others always do", "WHEN"),
  [QS_CLI_HISTOGRAMS] = OPTION ("histograms", 0, FILENAME, histograms,
                                "Histogram cache: read if it is there, else written", "FILE"),
  [QS_CLI_SHUFFLES] = OPTION ("shuffles", 0, INT, shuffles,
                              "Shuffled orders for each batch size, beside the set's own (4)", "K"),
  [QS_CLI_SEED] = OPTION ("seed", 0, INT64, seed, "Seed of the first shuffle (1)", "S"),
  [QS_CLI_BATCHES] = OPTION ("batches", 0, STRING, batches, "Batch sizes (32)", "A,B,…"),
  [QS_CLI_RANGES] = OPTION ("ranges", 0, FILENAME, ranges,
                            "Ranges set by hand: JSON, or any format of calibration caches",
                            "FILE"),
  [QS_CLI_RANGE] = OPTION ("range", 0, STRING_ARRAY, range,
                           "A tensor's range, whatever the calibrator says; once for each tensor",
                           "TENSOR=MIN,MAX"),
  [QS_CLI_DATA] = OPTION ("data", 0, FILENAME, data,
                          "Evaluation set, like a calibration set, and with labels", "SET"),
  [QS_CLI_REFERENCE] = OPTION ("reference", 0, FILENAME, reference,
                               "The model whose FP32 outputs a plan is compared with", "MODEL"),
  [QS_CLI_PREPROCESSING] = OPTION ("preprocessing", 0, STRING, preprocessing,
                                   "Usual preprocessing; the options below change parts of it",
                                   "NAME"),
  [QS_CLI_RESIZE] = OPTION ("resize", 0, STRING, resize,
                            "Resize images: N (shorter side), WIDTHxHEIGHT, or shorter or exact for "
                            "the input's size", "SIZE"),
  [QS_CLI_CROP] = OPTION ("crop", 0, STRING, crop,
                          "Cut out the centre of images: N, WIDTHxHEIGHT, or input for the input's "
                          "size", "SIZE"),
  [QS_CLI_COLOR] = OPTION ("color", 0, STRING, color,
                           "Channels of images: rgb, bgr, grey or auto", "ORDER"),
  [QS_CLI_LAYOUT] = OPTION ("layout", 0, STRING, layout,
                            "Where an image input has its channels: nchw, nhwc or auto", "LAYOUT"),
  [QS_CLI_SCALE] = OPTION ("scale", 0, STRING, scale,
                           "What stored values are multiplied by: (x × scale − mean) / std",
                           "NUMBER"),
  [QS_CLI_MEAN] = OPTION ("mean", 0, STRING, mean,
                          "Mean of each channel, subtracted after scaling", "A,B,…"),
  [QS_CLI_STD] = OPTION ("std", 0, STRING, std,
                         "Standard deviation of each channel", "A,B,…"),
  [QS_CLI_LIMIT] = OPTION ("limit", 0, INT64, limit,
                           "Use only the first samples of every set", "N"),
  [QS_CLI_SHUFFLE] = OPTION ("shuffle", 0, STRING, shuffle,
                             "Shuffle sets first; the same seed gives the same order everywhere",
                             "SEED"),
  [QS_CLI_FIRST] = OPTION ("first", 0, INT64, first, "Samples to look at (8)", "N"),
  [QS_CLI_INT8_IO] = OPTION ("int8-io", 0, NONE, int8_io,
                             "Warn of values that INT8 network inputs cannot hold", NULL),
  [QS_CLI_PRECISION] = OPTION ("precision", 0, STRING, precision,
                               "fp32, fp16 or int8 (build: int8, else fp32); a plan has its own",
                               "NAME"),
  [QS_CLI_INT8_ALL] = OPTION ("int8-all", 0, NONE, int8_all,
                              "INT8 wherever it is possible, not only where it is faster", NULL),
  [QS_CLI_FP16] = OPTION ("fp16", 0, NONE, fp16,
                          "Allow FP16; the CPU emulates it and uses it only for layers that are "
                          "float16 in the model or asked for by --layer-precision", NULL),
  [QS_CLI_FP16_ALL] = OPTION ("fp16-all", 0, NONE, fp16_all,
                              "FP16 instead of FP32 wherever it is possible", NULL),
  [QS_CLI_PRECISION_CONSTRAINTS] = OPTION ("precision-constraints", 0, STRING, precision_constraints,
                                           "How earnestly to take the two options below: hint; "
                                           "prefer (the default), which warns; obey, which fails",
                                           "MODE"),
  [QS_CLI_LAYER_PRECISION] = OPTION ("layer-precision", 0, STRING_ARRAY, layer_precisions,
                                     "What a layer or an ONNX node computes in: fp32, fp16 or int8; "
                                     "once for each, “*” for all others", "LAYER=PRECISION"),
  [QS_CLI_LAYER_OUTPUT_TYPES] = OPTION ("layer-output-types", 0, STRING_ARRAY, layer_output_types,
                                        "What a layer's outputs are: fp32, fp16 or int8, joined by "
                                        "“+”; once for each layer, “*” for all others",
                                        "LAYER=TYPE+…"),
  [QS_CLI_INT8_FASTER] = OPTION ("int8-faster", 0, NONE, int8_faster,
                                 "INT8 only where it is faster, not wherever it is possible", NULL),
  [QS_CLI_ROUNDING] = OPTION ("rounding", 0, STRING, rounding,
                              "How weights exactly between two integers are rounded: gpu (the "
                              "default), to positive infinity; dla, away from zero", "NAME"),
  [QS_CLI_TIMING_CACHE] = OPTION ("timing-cache", 0, FILENAME, timing_cache,
                                  "Times of kernels: those in the file are not measured again, and "
                                  "new ones are added to it", "FILE"),
  [QS_CLI_EMULATE_TENSORRT] = OPTION ("emulate-tensorrt", 0, NONE, emulate_tensorrt,
                                      "Leave SiLU, GELU and the like apart where TensorRT does: behind "
                                      "depthwise convolutions and before sums", NULL),
  [QS_CLI_BACKEND] = OPTION ("backend", 0, STRING, backend,
                             "reference, cpu (the default) or cuda", "NAME"),
  [QS_CLI_DEVICE] = OPTION ("device", 0, STRING, device,
                            "Where to compute: cpu (the default), cuda, or auto, which is the GPU where "
                            "it can be used and else the CPU", "NAME"),
  [QS_CLI_THREADS] = OPTION ("threads", 't', INT, threads,
                             "Threads to use (one for each processor)", "N"),
  [QS_CLI_RUNS] = OPTION ("runs", 0, INT, runs, "Runs to time (50)", "N"),
  [QS_CLI_LAYER] = OPTION ("layer", 0, STRING, layer,
                           "A layer, or an ONNX node in it, to show channel by channel", "NAME"),
  [QS_CLI_INPUT] = OPTION ("input", 'i', FILENAME, input,
                           "Arrays named like the inputs", "FILE.npz"),
  [QS_CLI_OUTPUT] = OPTION ("output", 'o', FILENAME, output, "File to write", "FILE"),
  [QS_CLI_MODEL] = OPTION ("model", 0, FILENAME, model,
                           "The ONNX model that the file belongs to", "MODEL"),
  [QS_CLI_FROM] = OPTION ("from", 0, STRING, from,
                          "Format of the file, where its contents don't say", "FORMAT"),
  [QS_CLI_TO] = OPTION ("to", 0, STRING, to, "Format to write", "FORMAT"),
  [QS_CLI_SET] = OPTION ("set", 0, STRING_ARRAY, sets,
                         "A tensor's new scale, which is its range / 127; once for each tensor",
                         "TENSOR=SCALE"),
  [QS_CLI_HEADER] = OPTION ("header", 0, STRING, header,
                            "The new first line, as TRT-8601-EntropyCalibration2", "TEXT"),
  [QS_CLI_EXIT_CODE] = OPTION ("exit-code", 0, NONE, exit_code,
                               "End with status 3 when something was found", NULL),
  [QS_CLI_SVG] = OPTION ("svg", 0, FILENAME, svg, "Write the graph as SVG", "FILE"),
  [QS_CLI_PDF] = OPTION ("pdf", 0, FILENAME, pdf, "Write the graph as PDF", "FILE"),
  [QS_CLI_SCALES] = OPTION ("scales", 0, FILENAME, scales, "File of new scales by tensor", "FILE"),
  [QS_CLI_ONNX] = OPTION ("onnx", 0, FILENAME, onnx,
                          "Write the model with Q/DQ as the plan has it; needs --model", "FILE"),
  [QS_CLI_TREX] = OPTION ("trex", 0, FILENAME, trex,
                          "Write the graph as TensorRT's engine inspector does", "FILE"),
  [QS_CLI_TREX_PROFILE] = OPTION ("trex-profile", 0, FILENAME, trex_profile,
                                  "Run the plan, and write the times as trtexec does", "FILE"),
  [QS_CLI_MEMORY] = OPTION ("memory", 0, NONE, memory,
                            "Say of every activation of a plan where it lies and when it is alive",
                            NULL),
  [QS_CLI_TACTICS] = OPTION ("tactics", 0, NONE, tactics,
                             "List the kernels that a plan's layers were chosen from, with their "
                             "times", NULL),
  [QS_CLI_NODES] = OPTION ("nodes", 0, NONE, nodes,
                           "Say of every node what became of it, and which layer computes it after "
                           "fusion", NULL),
  [QS_CLI_JSON] = OPTION ("json", 0, FILENAME, json, "Write the results as JSON", "FILE"),
};

void
qs_cli_options_init (QsCliOptions *self)
{
  *self = (QsCliOptions) { .batch = UNSET, .limit = UNSET, .first = UNSET, .threads = UNSET,
                           .runs = UNSET, .shuffles = UNSET, .seed = UNSET };
}

/* A row of a table by its number, NULL behind the last one. */
typedef const char *(*RowFunc) (guint index);

static const char *
get_calibrator (guint index)
{
  return index < qs_calibrator_get_n () ? qs_calibrator_get (index)->id : NULL;
}

static const char *
get_preset (guint index)
{
  guint n;
  const QsCalibratorPreset *presets = qs_calibrator_get_legacy_presets (&n);

  return index < n ? presets[index].name : NULL;
}

static const char *
get_format (guint index)
{
  return index < qs_cache_format_get_n () ? qs_cache_format_get (index)->id : NULL;
}

static const char *
get_preprocessing (guint index)
{
  return index < qs_sample_preset_get_n () ? qs_sample_preset_get (index)->id : NULL;
}

static char *
list_rows (RowFunc get)
{
  GString *list = g_string_new (NULL);
  const char *row;

  for (guint i = 0; (row = get (i)) != NULL; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", row);

  return g_string_free (list, FALSE);
}

/* As long as the program runs, which is how long an option's description has to live. */
static const char *
describe_option (QsCliOption option)
{
  g_autofree char *list = NULL;
  g_autofree char *text = NULL;

  if (option == QS_CLI_CALIBRATOR)
    {
      list = list_rows (get_calibrator);
      text = g_strdup_printf ("%s: %s (%s)", options[option].description, list,
                              DEFAULT_CALIBRATOR);
    }
  else if (option == QS_CLI_PRESET)
    {
      list = list_rows (get_preset);
      text = g_strdup_printf ("%s: %s", options[option].description, list);
    }
  else if (option == QS_CLI_PREPROCESSING)
    {
      list = list_rows (get_preprocessing);
      text = g_strdup_printf ("%s: %s", options[option].description, list);
    }
  else if (option == QS_CLI_FROM || option == QS_CLI_TO)
    {
      list = list_rows (get_format);
      text = g_strdup_printf ("%s: %s", options[option].description, list);
    }
  else
    return options[option].description;

  return g_intern_string (text);
}

static GOptionEntry
make_entry (QsCliOptions *self,
            QsCliOption   option)
{
  const OptionInfo *info = &options[option];

  return (GOptionEntry) {
    .long_name = info->name,
    .short_name = info->letter,
    .arg = info->type,
    .arg_data = (char *) self + info->offset,
    .description = describe_option (option),
    .arg_description = info->value,
  };
}

/**
 * qs_cli_options_make_entries:
 *
 * The table's rows for @wanted, writing into @self.
 */
GOptionEntry *
qs_cli_options_make_entries (QsCliOptions      *self,
                             const QsCliOption *wanted)
{
  static const QsCliOption with_shape[] = {
    QS_CLI_MIN_SHAPES, QS_CLI_OPT_SHAPES, QS_CLI_MAX_SHAPES, QS_CLI_EXTERNAL_DATA,
  };
  GOptionEntry *entries = g_new0 (GOptionEntry, QS_CLI_N_OPTIONS);
  guint n = 0;

  for (; *wanted != QS_CLI_END; wanted++)
    {
      entries[n++] = make_entry (self, *wanted);
      for (guint i = 0; *wanted == QS_CLI_SHAPE && i < G_N_ELEMENTS (with_shape); i++)
        entries[n++] = make_entry (self, with_shape[i]);
    }

  return entries;
}

static gboolean
is_text (const OptionInfo *info)
{
  return info->type == G_OPTION_ARG_STRING || info->type == G_OPTION_ARG_FILENAME;
}

/**
 * qs_cli_options_clear:
 *
 * Frees all values.
 */
void
qs_cli_options_clear (QsCliOptions *self)
{
  for (guint i = 0; i < QS_CLI_N_OPTIONS; i++)
    if (options[i].name != NULL && is_text (&options[i]))
      g_clear_pointer (&G_STRUCT_MEMBER (char *, self, options[i].offset), g_free);

  g_clear_pointer (&self->shapes, g_strfreev);
  g_clear_pointer (&self->min_shapes, g_strfreev);
  g_clear_pointer (&self->opt_shapes, g_strfreev);
  g_clear_pointer (&self->max_shapes, g_strfreev);
  g_clear_pointer (&self->sets, g_strfreev);
  g_clear_pointer (&self->range, g_strfreev);
  g_clear_pointer (&self->layer_precisions, g_strfreev);
  g_clear_pointer (&self->layer_output_types, g_strfreev);
}

static gboolean
check_range (QsCliOption   option,
             gint64        value,
             gint64        maximum,
             GError      **error)
{
  if (value == UNSET || (value > 0 && value <= maximum))
    return TRUE;

  qs_cli_set_usage_error (error,
                          "--%s: %" G_GINT64_FORMAT " is not between 1 and %" G_GINT64_FORMAT,
                          options[option].name, value, maximum);
  return FALSE;
}

/* From here on 0 stands for a number that was not given. */
static void
clear_unset (QsCliOptions *self)
{
  self->batch = MAX (self->batch, 0);
  self->limit = MAX (self->limit, 0);
  self->first = MAX (self->first, 0);
  self->threads = MAX (self->threads, 0);
  self->runs = MAX (self->runs, 0);
  self->shuffles = MAX (self->shuffles, 0);
  self->seed = MAX (self->seed, 0);
}

/**
 * qs_cli_options_check:
 *
 * Errors: %QS_CLI_USAGE_ERROR, naming the option.
 */
gboolean
qs_cli_options_check (QsCliOptions       *self,
                      const QsCliOption  *required,
                      GError            **error)
{
  for (; *required != QS_CLI_END; required++)
    if (G_STRUCT_MEMBER (char *, self, options[*required].offset) == NULL)
      {
        qs_cli_set_usage_error (error, "--%s %s is needed", options[*required].name,
                                options[*required].value);
        return FALSE;
      }

  if (!check_range (QS_CLI_BATCH, self->batch, MAX_BATCH, error) ||
      !check_range (QS_CLI_LIMIT, self->limit, G_MAXINT64, error) ||
      !check_range (QS_CLI_FIRST, self->first, MAX_FIRST, error) ||
      !check_range (QS_CLI_THREADS, self->threads, MAX_THREADS, error) ||
      !check_range (QS_CLI_RUNS, self->runs, MAX_RUNS, error) ||
      !check_range (QS_CLI_SHUFFLES, self->shuffles, MAX_SHUFFLES, error) ||
      !check_range (QS_CLI_SEED, self->seed, G_MAXINT64 - MAX_SHUFFLES, error))
    return FALSE;

  clear_unset (self);
  return TRUE;
}

static gboolean
parse_range (QsCliOptions *self,
             QsProfile    *profile,
             GError      **error)
{
  const struct
  {
    QsCliOption option;
    QsProfileSelector selector;
    char **texts;
  } rows[] = {
    { QS_CLI_MIN_SHAPES, QS_PROFILE_MIN, self->min_shapes },
    { QS_CLI_OPT_SHAPES, QS_PROFILE_OPT, self->opt_shapes },
    { QS_CLI_MAX_SHAPES, QS_PROFILE_MAX, self->max_shapes },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint k = 0; rows[i].texts != NULL && rows[i].texts[k] != NULL; k++)
      {
        g_autoptr (GError) local = NULL;

        if (!qs_profile_parse_at (profile, rows[i].selector, rows[i].texts[k], &local))
          {
            qs_cli_set_usage_error (error, "--%s: %s", options[rows[i].option].name, local->message);
            return FALSE;
          }
      }

  return TRUE;
}

/**
 * qs_cli_options_get_profile:
 * @default_batch: the batch where none was asked for
 */
QsProfile *
qs_cli_options_get_profile (QsCliOptions  *self,
                            gint64         default_batch,
                            GError       **error)
{
  g_autoptr (QsProfile) profile = qs_profile_new ();

  qs_profile_set_batch (profile, self->batch > 0 ? self->batch : default_batch);
  for (guint i = 0; self->shapes != NULL && self->shapes[i] != NULL; i++)
    {
      g_autoptr (GError) local = NULL;

      if (!qs_profile_parse (profile, self->shapes[i], &local))
        {
          qs_cli_set_usage_error (error, "--shape: %s", local->message);
          return NULL;
        }
    }

  return parse_range (self, profile, error) ? g_steal_pointer (&profile) : NULL;
}

/**
 * qs_cli_options_load_model:
 *
 * The model in @path, its weights from where the options say.
 */
QsModel *
qs_cli_options_load_model (QsCliOptions  *self,
                           const char    *path,
                           GError       **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GFile) folder =
    self->external_data != NULL ? g_file_new_for_commandline_arg (self->external_data) : NULL;
  g_autoptr (GError) local = NULL;
  QsModel *model = qs_model_load_file_full (file, folder, NULL, &local);

  if (g_error_matches (local, QS_ERROR, QS_ERROR_EXTERNAL_DATA))
    g_set_error (error, QS_ERROR, QS_ERROR_EXTERNAL_DATA,
                 "%s; say which folder it is in with --external-data FOLDER", local->message);
  else if (model == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return model;
}

const QsCalibrator *
qs_cli_options_get_calibrator (QsCliOptions  *self,
                               GError       **error)
{
  const char *id = self->calibrator != NULL ? self->calibrator : DEFAULT_CALIBRATOR;
  const QsCalibrator *calibrator = qs_calibrator_lookup (id);
  g_autofree char *known = NULL;

  if (calibrator != NULL)
    return calibrator;

  known = list_rows (get_calibrator);
  qs_cli_set_usage_error (error, "--calibrator: there is no “%s”; there are %s", id, known);
  return NULL;
}

gboolean
qs_cli_options_get_ranges (QsCliOptions     *self,
                           QsDynamicRanges **ranges,
                           GError          **error)
{
  g_autoptr (GFile) file = self->ranges != NULL ? g_file_new_for_commandline_arg (self->ranges)
                                                : NULL;
  g_autoptr (QsDynamicRanges) result = NULL;

  *ranges = NULL;
  if (file == NULL && self->range == NULL)
    return TRUE;

  result = file != NULL ? qs_dynamic_ranges_load (file, error) : qs_dynamic_ranges_new ();
  if (result == NULL)
    return FALSE;

  for (guint i = 0; self->range != NULL && self->range[i] != NULL; i++)
    {
      g_autoptr (GError) local = NULL;

      if (!qs_dynamic_ranges_parse (result, self->range[i], &local))
        {
          qs_cli_set_usage_error (error, "--range: %s", local->message);
          return FALSE;
        }
    }

  *ranges = g_steal_pointer (&result);
  return TRUE;
}

/* @text: (nullable): leaves @share as it is */
static gboolean
parse_share (QsCliOption   option,
             const char   *text,
             double       *share,
             GError      **error)
{
  char *end = NULL;
  double value;

  if (text == NULL)
    return TRUE;

  value = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && value >= 0.0 && value <= 1.0)
    {
      *share = value;
      return TRUE;
    }

  qs_cli_set_usage_error (error, "--%s: “%s” is not a number between 0 and 1",
                          options[option].name, text);
  return FALSE;
}

static gboolean
find_preset (const char           *name,
             QsCalibratorOptions  *parameters,
             GError              **error)
{
  guint n;
  const QsCalibratorPreset *presets = qs_calibrator_get_legacy_presets (&n);
  g_autofree char *known = NULL;

  for (guint i = 0; i < n; i++)
    if (g_str_equal (presets[i].name, name))
      {
        *parameters = presets[i].options;
        return TRUE;
      }

  known = list_rows (get_preset);
  qs_cli_set_usage_error (error, "--preset: there is no “%s”; there are %s", name, known);
  return FALSE;
}

static gboolean
parse_before_fusion (const char          *text,
                     const QsCalibrator  *calibrator,
                     QsBeforeFusion      *choice,
                     GError             **error)
{
  if (text == NULL || g_str_equal (text, "default"))
    *choice = QS_BEFORE_FUSION_DEFAULT;
  else if (g_str_equal (text, "yes"))
    *choice = QS_BEFORE_FUSION_YES;
  else if (g_str_equal (text, "no"))
    *choice = QS_BEFORE_FUSION_NO;
  else
    {
      qs_cli_set_usage_error (error, "--calibrate-before-fusion: “%s” is none of yes, no and default",
                              text);
      return FALSE;
    }

  if (*choice != QS_BEFORE_FUSION_NO || calibrator == NULL || !calibrator->always_before_fusion)
    return TRUE;

  qs_cli_set_usage_error (error, "--calibrate-before-fusion: TensorRT always calibrates before fusion "
                          "with %s", calibrator->name);
  return FALSE;
}

/**
 * qs_cli_options_get_parameters:
 *
 * A preset first, then what is given beside it.
 *
 * Errors: %QS_CLI_USAGE_ERROR, naming the option.
 */
gboolean
qs_cli_options_get_parameters (QsCliOptions         *self,
                               const QsCalibrator   *calibrator,
                               QsCalibratorOptions  *parameters,
                               GError              **error)
{
  *parameters = (QsCalibratorOptions) QS_CALIBRATOR_OPTIONS_INIT;

  return (self->preset == NULL || find_preset (self->preset, parameters, error)) &&
         parse_share (QS_CLI_QUANTILE, self->quantile, &parameters->quantile, error) &&
         parse_share (QS_CLI_CUTOFF, self->cutoff, &parameters->regression_cutoff, error) &&
         parse_before_fusion (self->before_fusion, calibrator, &parameters->before_fusion, error);
}

GArray *
qs_cli_options_get_batches (QsCliOptions  *self,
                            gint64         fallback,
                            GError       **error)
{
  g_autoptr (GArray) batches = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_auto (GStrv) words = NULL;

  if (self->batches == NULL)
    g_array_append_val (batches, fallback);
  else
    words = g_strsplit (self->batches, ",", MAX_BATCHES + 1);

  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    {
      guint64 batch;

      if (i == MAX_BATCHES ||
          !g_ascii_string_to_unsigned (words[i], 10, 1, MAX_BATCH, &batch, NULL))
        {
          qs_cli_set_usage_error (error, "--batches: “%s” is not a list of up to %d numbers between 1 "
                                  "and %d", self->batches, MAX_BATCHES, MAX_BATCH);
          return NULL;
        }
      g_array_append_val (batches, batch);
    }

  return g_steal_pointer (&batches);
}

gboolean
qs_cli_options_get_format (QsCliOption           option,
                           const char           *id,
                           const QsCacheFormat **format,
                           GError              **error)
{
  g_autofree char *known = NULL;

  *format = id != NULL ? qs_cache_format_lookup (id) : NULL;
  if (id == NULL || *format != NULL)
    return TRUE;

  known = list_rows (get_format);
  qs_cli_set_usage_error (error, "--%s: there is no “%s”; there are %s", options[option].name, id,
                          known);
  return FALSE;
}

static gboolean
is_auto (const QsCliOptions *self)
{
  return g_strcmp0 (self->device, "auto") == 0;
}

gboolean
qs_cli_options_leave_device (QsCliOptions *self)
{
  if (!is_auto (self))
    return FALSE;

  g_free (self->device);
  self->device = g_strdup ("cpu");
  return TRUE;
}

/* --device, which people know, for --backend. */
static gboolean
choose_device (QsCliOptions     *self,
               const QsBackend **backend,
               GError          **error)
{
  g_autoptr (GError) local = NULL;

  *backend = qs_backend_lookup (is_auto (self) ? "cuda" : self->device);
  if (*backend == NULL || strcmp ((*backend)->id, "reference") == 0)
    {
      qs_cli_set_usage_error (error, "--device: there is no “%s”; there are auto, cuda, cpu",
                              self->device);
      return FALSE;
    }
  if (qs_backend_check (*backend, &local))
    return TRUE;
  if (!is_auto (self))
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "--device %s: ", self->device);
      return FALSE;
    }

  qs_cli_warn ("%s; working on the CPU", local->message);
  qs_cli_options_leave_device (self);
  *backend = qs_backend_lookup ("cpu");
  return TRUE;
}

gboolean
qs_cli_options_get_backend (QsCliOptions     *self,
                            const QsBackend **backend,
                            GError          **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  if (self->device != NULL && self->backend != NULL)
    {
      qs_cli_set_usage_error (error, "--device and --backend say the same; one of them is enough");
      return FALSE;
    }
  if (self->device != NULL)
    return choose_device (self, backend, error);
  *backend = self->backend != NULL ? qs_backend_lookup (self->backend) : NULL;
  if (self->backend == NULL)
    return TRUE;
  if (*backend != NULL)
    {
      if (qs_backend_check (*backend, error))
        return TRUE;
      g_prefix_error (error, "--backend %s: ", self->backend);
      return FALSE;
    }

  for (guint i = 0; i < qs_backend_get_n (); i++)
    g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", qs_backend_get (i)->id);
  qs_cli_set_usage_error (error, "--backend: there is no “%s”; there are %s", self->backend,
                          known->str);
  return FALSE;
}

gboolean
qs_cli_options_get_rounding (QsCliOptions    *self,
                             QsRoundingMode  *rounding,
                             GError         **error)
{
  *rounding = QS_ROUNDING_GPU;
  if (self->rounding == NULL || qs_rounding_mode_lookup (self->rounding, rounding))
    return TRUE;

  qs_cli_set_usage_error (error, "--rounding: “%s” is neither gpu nor dla", self->rounding);
  return FALSE;
}

static gboolean
apply_preset (const char       *id,
              QsPreprocessing  *preprocessing,
              GError          **error)
{
  const QsSamplePreset *preset = qs_sample_preset_lookup (id);
  g_autofree char *known = NULL;

  if (preset != NULL)
    {
      qs_sample_preset_apply (preset, preprocessing);
      return TRUE;
    }

  known = list_rows (get_preprocessing);
  qs_cli_set_usage_error (error, "--preprocessing: there is no “%s”; there are %s", id, known);
  return FALSE;
}

/* The numbers belong together: any of them replaces all of a preset's. */
static gboolean
parse_preprocessing (QsCliOptions     *self,
                     QsPreprocessing  *preprocessing,
                     GError          **error)
{
  gboolean has_numbers = self->scale != NULL || self->mean != NULL || self->std != NULL;
  g_autoptr (GError) local = NULL;

  if ((!has_numbers ||
       qs_preprocessing_parse (preprocessing, self->scale, self->mean, self->std, &local)) &&
      qs_preprocessing_parse_image (preprocessing, self->resize, self->crop, self->color,
                                    self->layout, &local))
    return TRUE;

  qs_cli_set_usage_error (error, "%s", local->message);
  return FALSE;
}

/**
 * qs_cli_options_get_recipe:
 *
 * Errors: %QS_CLI_USAGE_ERROR, naming what can't be read.
 */
gboolean
qs_cli_options_get_recipe (QsCliOptions    *self,
                           QsSampleRecipe  *recipe,
                           GError         **error)
{
  qs_sample_recipe_init (recipe);
  recipe->limit = self->limit;
  recipe->shuffle = self->shuffle != NULL;
  if (self->shuffle != NULL &&
      !g_ascii_string_to_signed (self->shuffle, 10, 0, G_MAXINT64, &recipe->seed, NULL))
    {
      qs_cli_set_usage_error (error, "--shuffle: “%s” is not a whole number from 0", self->shuffle);
      return FALSE;
    }

  return (self->preprocessing == NULL || apply_preset (self->preprocessing, &recipe->preprocessing, error)) &&
         parse_preprocessing (self, &recipe->preprocessing, error);
}

/**
 * qs_cli_options_open_samples:
 *
 * Errors: %QS_CLI_USAGE_ERROR when the preprocessing can't be read, else those of the file.
 */
QsSamples *
qs_cli_options_open_samples (QsCliOptions  *self,
                             const char    *path,
                             GError       **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  QsSampleRecipe recipe;
  QsSamples *samples;

  if (!qs_cli_options_get_recipe (self, &recipe, error))
    return NULL;

  samples = qs_samples_open (file, error);
  if (samples != NULL)
    qs_samples_set_recipe (samples, &recipe);
  return samples;
}
