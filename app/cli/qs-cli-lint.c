/* SPDX-License-Identifier: MIT */
#include "analysis/qs-lints.h"
#include "qs-cli-json.h"
#include "qs-cli-subject.h"

#define EXIT_FOUND 3

static void
report (QsCli     *self,
        GPtrArray *lints)
{
  qs_cli_json_array (self->json, "lints");
  for (guint i = 0; i < lints->len; i++)
    {
      const QsLint *lint = g_ptr_array_index (lints, i);

      json_builder_begin_object (self->json);
      qs_cli_json_text (self->json, "kind", qs_lint_kind_id (lint->kind));
      qs_cli_json_text (self->json, "layer", lint->layer);
      qs_cli_json_text (self->json, "message", lint->message);
      qs_cli_json_text (self->json, "advice", lint->advice);
      json_builder_set_member_name (self->json, "has_fix");
      json_builder_add_boolean_value (self->json, lint->has_fix);
      json_builder_end_object (self->json);
      g_print ("%s: %s %s\n", qs_lint_kind_id (lint->kind), lint->message, lint->advice);
    }
  json_builder_end_array (self->json);
}

static gboolean
lint (QsCli   *self,
      GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open_model (self, 1, error);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GPtrArray) lints = NULL;

  if (subject == NULL)
    return FALSE;

  network = qs_cli_subject_import (subject, error);
  if (network == NULL)
    return FALSE;

  lints = qs_lint_network (network);
  report (self, lints);
  if (lints->len == 0)
    g_print ("%s\n", qs_model_is_explicit (subject->model)
                       ? "No advice: every Q/DQ pair is where it should be."
                       : "The model has no Q/DQ pairs.");
  self->status = self->options.exit_code && lints->len > 0 ? EXIT_FOUND : 0;
  return TRUE;
}

const QsCliCommand qs_cli_lint = {
  .name = "lint",
  .argument = "MODEL",
  .summary = "Find Q/DQ pairs that are in the way, or missing",
  .description = "Reads a model with Q/DQ and says where its pairs keep layers from being fused or\n"
                 "from computing in INT8, and what would be better.",
  .options = { QS_CLI_SHAPE, QS_CLI_BATCH, QS_CLI_EXIT_CODE, QS_CLI_JSON },
  .run = lint,
};
