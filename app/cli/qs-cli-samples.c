/* SPDX-License-Identifier: MIT */
#include "qs-cli-samples.h"

#include "import/qs-import.h"
#include "onnx/qs-model.h"
#include "qs-cli-json.h"
#include "qs-cli-table.h"

void
qs_cli_samples_warn (QsCli               *cli,
                     const QsSampleCheck *check)
{
  qs_cli_json_array (cli->json, "warnings");
  for (guint i = 0; i < check->warnings->len; i++)
    {
      const QsSampleWarning *warning = check->warnings->pdata[i];
      g_autofree char *place =
        warning->sample != NULL ? g_strdup_printf (", sample %s", warning->sample) : g_strdup ("");

      qs_cli_warn ("warning: input “%s”%s: %s", warning->input, place, warning->text);
      json_builder_begin_object (cli->json);
      qs_cli_json_text (cli->json, "kind", qs_sample_warning_kind_get_name (warning->kind));
      qs_cli_json_text (cli->json, "input", warning->input);
      if (warning->sample != NULL)
        qs_cli_json_text (cli->json, "sample", warning->sample);
      qs_cli_json_text (cli->json, "text", warning->text);
      json_builder_end_object (cli->json);
    }
  json_builder_end_array (cli->json);
}

static void
add_statistics (JsonBuilder              *json,
                const QsSampleStatistics *statistics)
{
  qs_cli_json_number (json, "min", statistics->min);
  qs_cli_json_number (json, "max", statistics->max);
  qs_cli_json_number (json, "mean", statistics->mean);
  qs_cli_json_number (json, "deviation", statistics->deviation);
}

static void
add_row (QsCliTable               *table,
         const QsSampleStatistics *statistics)
{
  qs_cli_table_add (table, "%.6g", statistics->min);
  qs_cli_table_add (table, "%.6g", statistics->max);
  qs_cli_table_add (table, "%.6g", statistics->mean);
  qs_cli_table_add (table, "%.6g", statistics->deviation);
}

static void
report_view (JsonBuilder        *json,
             QsCliTable         *table,
             const QsSampleView *view)
{
  json_builder_begin_object (json);
  qs_cli_json_int (json, "index", view->index);
  if (view->name != NULL)
    qs_cli_json_text (json, "file", view->name);
  if (view->values != NULL)
    {
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, view->index);
      qs_cli_table_add_name (table, view->name != NULL ? view->name : "");
      add_row (table, &view->statistics);
      add_statistics (json, &view->statistics);
    }
  json_builder_end_object (json);
}

static void
report_input (JsonBuilder              *json,
              const QsSampleInputCheck *input)
{
  const char *const titles[] = { ">Sample", "File", ">Minimum", ">Maximum", ">Mean", ">Deviation",
                                 NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);
  g_autofree char *shape = qs_shape_to_string (&input->shape);

  g_print ("\nInput %s, %s %s, as the network will see it:\n", input->name,
           qs_data_type_name (input->type), shape);
  json_builder_begin_object (json);
  qs_cli_json_text (json, "name", input->name);
  add_statistics (json, &input->statistics);
  qs_cli_json_array (json, "first");
  for (guint i = 0; i < input->views->len; i++)
    report_view (json, table, input->views->pdata[i]);
  json_builder_end_array (json);
  json_builder_end_object (json);
  qs_cli_table_print (table);
}

/* The recipe as one line of JSON: what a document keeps, and what scripts compare. */
static void
report_set (QsCli     *self,
            QsSamples *samples)
{
  g_autofree char *recipe = qs_sample_recipe_to_json (qs_samples_get_recipe (samples));
  gboolean is_shuffled = qs_samples_get_recipe (samples)->shuffle;

  g_print ("%s: %" G_GINT64_FORMAT " sample%s, %s, %s\n", qs_samples_get_kind (samples),
           qs_samples_get_n (samples), qs_samples_get_n (samples) == 1 ? "" : "s",
           qs_samples_has_labels (samples) ? "with labels" : "without labels",
           is_shuffled ? "shuffled" : "in the set's own order");
  qs_cli_json_text (self->json, "kind", qs_samples_get_kind (samples));
  qs_cli_json_int (self->json, "samples", qs_samples_get_n (samples));
  qs_cli_json_flag (self->json, "labels", qs_samples_has_labels (samples));
  qs_cli_json_text (self->json, "recipe", recipe);
}

static QsNetwork *
import_model (QsCli   *self,
              GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (self->options.model);
  g_autoptr (QsModel) model = qs_model_load_file (file, error);
  g_autoptr (QsProfile) profile = NULL;

  if (!qs_cli_name_file (model != NULL, self->options.model, error))
    return NULL;

  profile = qs_cli_options_get_profile (&self->options, 1, error);
  return profile != NULL ? qs_import_network (model, profile, error) : NULL;
}

static gboolean
samples_run (QsCli   *self,
             GError **error)
{
  QsSampleCheckOptions options = QS_SAMPLE_CHECK_OPTIONS_INIT;
  g_autoptr (QsNetwork) network = import_model (self, error);
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsSampleCheck) check = NULL;

  if (network == NULL)
    return FALSE;
  samples = qs_cli_options_open_samples (&self->options, self->path, error);
  if (samples == NULL)
    return FALSE;

  if (self->options.first > 0)
    options.n_samples = self->options.first;
  options.int8_io = self->options.int8_io;
  check = qs_sample_check_run (samples, network->inputs, &options, error);
  if (check == NULL)
    return FALSE;

  report_set (self, samples);
  qs_cli_json_array (self->json, "inputs");
  for (guint i = 0; i < check->inputs->len; i++)
    report_input (self->json, check->inputs->pdata[i]);
  json_builder_end_array (self->json);
  qs_cli_samples_warn (self, check);
  return TRUE;
}

const QsCliCommand qs_cli_samples = {
  .name = "samples",
  .argument = "SET",
  .summary = "Show what a network will see of a set, and warn of what looks wrong",
  .description = "A set is a folder of images (PNG, JPEG), of .npy files, of ONNX tensors\n"
                 "(test_data_set_N/input_M.pb) or of raw float32 files (.raw, .bin); an archive\n"
                 "(zip, tar, tar.gz) of the same; an .npz file with an array per input; an .npy\n"
                 "file; or one of those files. Samples come in the order of the bytes of their\n"
                 "paths. Files of several inputs lie in folders named like the inputs, or are\n"
                 "called input_0, input_1, … in the order of the inputs. Labels come from the\n"
                 "array label or labels, from labels.txt (a class per line, or file and class)\n"
                 "or from the folders that images are in.",
  .options = { QS_CLI_MODEL, QS_CLI_SAMPLE_OPTIONS, QS_CLI_FIRST, QS_CLI_INT8_IO, QS_CLI_SHAPE,
               QS_CLI_JSON },
  .required = { QS_CLI_MODEL },
  .run = samples_run,
};
