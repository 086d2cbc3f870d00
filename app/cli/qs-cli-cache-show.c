/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "calibration/qs-portability.h"
#include "calibration/qs-scale-diff.h"
#include "import/qs-import.h"
#include "qs-cli-cache.h"
#include "qs-cli-json.h"
#include "qs-cli-scales.h"
#include "qs-cli-table.h"

static guint32
scale_bits (float scale)
{
  guint32 bits;

  memcpy (&bits, &scale, sizeof bits);
  return bits;
}

static void
print_head (QsScaleFile *cache,
            QsNetwork   *network)
{
  g_print ("%-10s %s\n", "Format", qs_scale_file_get_format (cache)->name);
  if (qs_scale_file_get_header (cache) != NULL)
    {
      const char *algorithm = qs_scale_file_get_algorithm (cache);

      g_print ("%-10s %s\n", "Header", qs_scale_file_get_header (cache));
      g_print ("%-10s %s\n", "Algorithm", algorithm != NULL ? algorithm : "–");
    }
  g_print ("%-10s %u\n", "Tensors", qs_scale_table_get_n (qs_scale_file_get_scales (cache)));
  if (qs_scale_file_get_header (cache) != NULL)
    g_print ("%s\n",
             qs_portability_describe (qs_scale_file_get_portability (cache, network)));
  g_print ("\n");
}

static void
print_scales (QsScaleTable *scales)
{
  const char *const titles[] = { "Tensor", ">Scale", ">Range", ">Bits", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      float scale = qs_scale_table_get_scale (scales, i);

      qs_cli_table_add_name (table, qs_scale_table_get_name (scales, i));
      qs_cli_table_add (table, "%.9g", (double) scale);
      qs_cli_table_add (table, "%.6g", 127.0 * (double) scale);
      qs_cli_table_add (table, "%x", scale_bits (scale));
    }

  qs_cli_table_print (table);
}

static void
add_scales (JsonBuilder  *json,
            QsScaleTable *scales)
{
  qs_cli_json_array (json, "tensors");
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      float scale = qs_scale_table_get_scale (scales, i);
      g_autofree char *bits = g_strdup_printf ("%x", scale_bits (scale));

      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", qs_scale_table_get_name (scales, i));
      qs_cli_json_number (json, "scale", (double) scale);
      qs_cli_json_number (json, "range", 127.0 * (double) scale);
      qs_cli_json_text (json, "bits", bits);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_cache (JsonBuilder *json,
           QsScaleFile *cache,
           QsNetwork   *network)
{
  qs_cli_json_text (json, "format", qs_scale_file_get_format (cache)->id);
  if (qs_scale_file_get_header (cache) != NULL)
    {
      qs_cli_json_text (json, "header", qs_scale_file_get_header (cache));
      qs_cli_json_text (json, "algorithm", qs_scale_file_get_algorithm (cache));
      qs_cli_json_text (json, "portability",
                        qs_portability_get_id (qs_scale_file_get_portability (cache, network)));
    }
  qs_cli_cache_add_names (json, "warnings", qs_scale_file_get_warnings (cache));
  add_scales (json, qs_scale_file_get_scales (cache));
}

static QsNetwork *
load_network (QsCli   *cli,
              GError **error)
{
  g_autoptr (QsProfile) profile = qs_cli_options_get_profile (&cli->options, 1, error);
  g_autoptr (QsModel) model = NULL;

  if (profile == NULL)
    return NULL;

  model = qs_cli_options_load_model (&cli->options, cli->options.model, error);
  return model != NULL ? qs_import_network (model, profile, error) : NULL;
}

static void
report_names (QsCli        *cli,
              QsScaleTable *scales,
              QsNetwork    *network)
{
  g_autoptr (GPtrArray) strangers = qs_scale_table_find_strangers (scales, network);
  g_autoptr (GPtrArray) missing = qs_scale_table_find_missing (scales, network);

  if (strangers->len == 0 && missing->len == 0)
    g_print ("\nThe names are those of the model's tensors.\n");
  qs_cli_cache_print_names ("In the cache, but no tensors of the model", strangers);
  qs_cli_cache_print_names ("In the model, but not in the cache", missing);
  qs_cli_cache_add_names (cli->json, "not_in_model", strangers);
  qs_cli_cache_add_names (cli->json, "not_in_cache", missing);
}

static gboolean
cache_show (QsCli   *self,
            GError **error)
{
  g_autoptr (QsScaleFile) cache = qs_cli_cache_load (self, self->path, error);
  g_autoptr (QsNetwork) network = NULL;

  if (cache == NULL ||
      (self->options.model != NULL && (network = load_network (self, error)) == NULL))
    return FALSE;

  qs_cli_cache_warn (self->path, qs_scale_file_get_warnings (cache));
  print_head (cache, network);
  print_scales (qs_scale_file_get_scales (cache));
  add_cache (self->json, cache, network);
  if (network != NULL)
    report_names (self, qs_scale_file_get_scales (cache), network);

  return TRUE;
}

const QsCliCommand qs_cli_cache_show = {
  .name = "cache show",
  .argument = "FILE",
  .summary = "Show a calibration cache",
  .description = "Shows the header and the algorithm of a calibration cache, or of a table of\n"
                 "ranges in another format, what is odd about it, and of every tensor the scale,\n"
                 "the range, which is 127 × scale, and the scale's bits as they are in the file.\n"
                 "With --model it lists the names that are only in the one or in the other.",
  .options = { QS_CLI_MODEL, QS_CLI_SHAPE, QS_CLI_BATCH, QS_CLI_FROM, QS_CLI_JSON },
  .run = cache_show,
};
