/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#include "core/qs-progress.h"
#include "qs-cli-message.h"
#include "qs-cli-options.h"

G_BEGIN_DECLS

typedef struct _QsCliCommand QsCliCommand;

/**
 * QsCli:
 * @command: what was asked for
 * @path: the model, plan or cache it is about
 * @other: (nullable): the second argument of a command that takes two
 * @options: what the options say
 * @progress: what long work reports to; interrupting the program cancels it
 * @json: the results, an object that is open while the command runs
 * @status: exit status of a command that succeeds, 0 unless it says otherwise
 *
 * One run of the program.
 */
typedef struct
{
  const QsCliCommand *command;
  char *path;
  char *other;
  QsCliOptions options;
  QsProgress *progress;
  JsonBuilder *json;
  int status;
} QsCli;

/**
 * QsCliCommand:
 * @name: the word on the command line, or two: of a group and of the command in it
 * @argument: (nullable): what its argument is called in the help, or its two
 * @takes_two: whether it has two
 * @summary: one line for the list of commands
 * @description: a paragraph for its own help
 * @options: (array zero-terminated=1): the options it takes
 * @required: (array zero-terminated=1): those it can't do without
 * @run: does the work: prints to stdout and fills `json`
 *
 * A command: one file, and one row of the table in main.c.
 */
struct _QsCliCommand
{
  const char *name;
  const char *argument;
  gboolean takes_two;
  const char *summary;
  const char *description;
  QsCliOption options[QS_CLI_N_OPTIONS];
  QsCliOption required[QS_CLI_N_OPTIONS];
  gboolean (*run) (QsCli   *self,
                   GError **error);
};

extern const QsCliCommand qs_cli_bench;
extern const QsCliCommand qs_cli_build;
extern const QsCliCommand qs_cli_cache_convert;
extern const QsCliCommand qs_cli_cache_diff;
extern const QsCliCommand qs_cli_cache_edit;
extern const QsCliCommand qs_cli_cache_show;
extern const QsCliCommand qs_cli_calibrate;
extern const QsCliCommand qs_cli_compare;
extern const QsCliCommand qs_cli_devices;
extern const QsCliCommand qs_cli_evaluate;
extern const QsCliCommand qs_cli_export;
extern const QsCliCommand qs_cli_groups;
extern const QsCliCommand qs_cli_findings;
extern const QsCliCommand qs_cli_info;
extern const QsCliCommand qs_cli_order;
extern const QsCliCommand qs_cli_lint;
extern const QsCliCommand qs_cli_refit;
extern const QsCliCommand qs_cli_run;
extern const QsCliCommand qs_cli_samples;
extern const QsCliCommand qs_cli_weights;

G_END_DECLS
