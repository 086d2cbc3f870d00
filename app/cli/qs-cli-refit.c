/* SPDX-License-Identifier: MIT */
#include "builder/qs-refit.h"
#include "calibration/qs-scale-file.h"
#include "qs-cli-json.h"
#include "qs-cli-subject.h"

static void
report (QsCli        *self,
        QsEngine     *before,
        QsScaleTable *changes)
{
  qs_cli_json_array (self->json, "changes");
  for (guint i = 0; i < qs_scale_table_get_n (changes); i++)
    {
      const char *name = qs_scale_table_get_name (changes, i);
      const QsTensor *tensor = qs_network_find_tensor (qs_engine_get_network (before), name);
      float scale = qs_scale_table_get_scale (changes, i);

      json_builder_begin_object (self->json);
      qs_cli_json_text (self->json, "tensor", name);
      qs_cli_json_number (self->json, "before", (double) tensor->scale);
      qs_cli_json_number (self->json, "after", (double) scale);
      json_builder_end_object (self->json);
      g_print ("%s: %.9g, before %.9g\n", name, (double) scale, (double) tensor->scale);
    }
  json_builder_end_array (self->json);
}

/* Which scales are free, and which are changed only together. */
static void
report_ties (QsCli    *self,
             QsEngine *engine)
{
  g_autoptr (GPtrArray) ties = qs_engine_find_ties (engine);

  qs_cli_json_array (self->json, "ties");
  for (guint i = 0; i < ties->len; i++)
    {
      const GPtrArray *tie = g_ptr_array_index (ties, i);

      g_print ("Tied:");
      json_builder_begin_array (self->json);
      for (guint k = 0; k < tie->len; k++)
        {
          const QsTensor *tensor = g_ptr_array_index (tie, k);

          g_print ("%s %s", k > 0 ? " =" : "", tensor->name);
          json_builder_add_string_value (self->json, tensor->name);
        }
      json_builder_end_array (self->json);
      g_print ("\n");
    }
  json_builder_end_array (self->json);
}

static gboolean
refit (QsCli   *self,
       GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open_plan (self, error);
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (self->options.scales);
  g_autoptr (GFile) output = g_file_new_for_commandline_arg (self->options.output);
  g_autoptr (QsScaleFile) scales = NULL;
  g_autoptr (QsEngine) engine = NULL;

  if (subject == NULL)
    return FALSE;

  scales = qs_scale_file_load (file, NULL, error);
  engine = scales == NULL ? NULL
                          : qs_engine_refit (subject->plan, qs_scale_file_get_scales (scales),
                                             error);
  if (engine == NULL || !qs_cli_name_file (qs_engine_save (engine, output, error),
                                           self->options.output, error))
    return FALSE;

  report (self, subject->plan, qs_scale_file_get_scales (scales));
  report_ties (self, engine);
  g_print ("Written to %s\n", self->options.output);
  return TRUE;
}

const QsCliCommand qs_cli_refit = {
  .name = "refit",
  .argument = "PLAN",
  .summary = "Give a plan new scales without building it again",
  .description = "Replaces the scales of some INT8 tensors of a plan. Tensors that only move elements\n"
                 "are between have one scale, which any of their names changes. A change that would\n"
                 "break a rewrite is refused, with the rewrite's name and the tensors. All scales\n"
                 "that can be changed only together are listed afterwards. New scales come from a file\n"
                 "in any format that the cache commands read.",
  .options = { QS_CLI_SCALES, QS_CLI_OUTPUT, QS_CLI_JSON },
  .required = { QS_CLI_SCALES, QS_CLI_OUTPUT },
  .run = refit,
};
