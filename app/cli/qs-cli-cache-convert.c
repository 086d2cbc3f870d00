/* SPDX-License-Identifier: MIT */
#include "qs-cli-cache.h"
#include "qs-cli-json.h"

/* Only TensorRT's format names an algorithm, so it is new there and lost elsewhere. */
static void
warn_about_header (const char          *path,
                   QsScaleFile         *cache,
                   const QsCacheFormat *to)
{
  if (qs_scale_file_get_format (cache) != to && to == qs_cache_format_lookup ("tensorrt"))
    qs_cli_warn ("%s: %s does not name an algorithm, so the new header names "
                 "EntropyCalibration2; “cache edit --header” changes it", path,
                 qs_scale_file_get_format (cache)->name);
}

static gboolean
cache_convert (QsCli   *self,
               GError **error)
{
  const QsCliOptions *options = &self->options;
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (QsScaleFile) cache = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const QsCacheFormat *to;

  if (!qs_cli_options_get_format (QS_CLI_TO, options->to, &to, error) ||
      (cache = qs_cli_cache_load (self, self->path, error)) == NULL)
    return FALSE;

  bytes = qs_scale_file_convert (cache, to, warnings);
  if (!qs_cli_cache_write (options->output, bytes, error))
    return FALSE;

  qs_cli_cache_warn (self->path, qs_scale_file_get_warnings (cache));
  qs_cli_cache_warn (options->output, warnings);
  warn_about_header (self->path, cache, to);
  g_print ("Written to %s, from %s to %s\n", options->output,
           qs_scale_file_get_format (cache)->name, to->name);
  qs_cli_json_text (self->json, "from", qs_scale_file_get_format (cache)->id);
  qs_cli_json_text (self->json, "to", to->id);
  qs_cli_json_text (self->json, "output", options->output);
  qs_cli_cache_add_names (self->json, "warnings", qs_scale_file_get_warnings (cache));
  qs_cli_cache_add_names (self->json, "left_out", warnings);
  return TRUE;
}

const QsCliCommand qs_cli_cache_convert = {
  .name = "cache convert",
  .argument = "FILE",
  .summary = "Write a calibration cache in another format",
  .description = "Reads a calibration cache, or a table of ranges in another format, and writes\n"
                 "it in the format of --to. Scales keep their bits. What that format can't\n"
                 "express is left out and said; its own format leaves the file as it is.\n\n"
                 "A table of ncnn without the lines of weights looks like ONNX Runtime's, whose\n"
                 "numbers mean something else: say --from ncnn for one.",
  .options = { QS_CLI_TO, QS_CLI_OUTPUT, QS_CLI_FROM, QS_CLI_JSON },
  .required = { QS_CLI_TO, QS_CLI_OUTPUT },
  .run = cache_convert,
};
