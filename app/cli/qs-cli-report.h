/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#include "analysis/qs-evaluation.h"
#include "builder/qs-engine.h"

G_BEGIN_DECLS

/* Tables on stdout and members of an open JSON object for what several commands report. */

/* @layer_ms (nullable): measured times by layer, instead of those of the build. */
void qs_cli_report_print_layers  (QsEngine           *engine,
                                  const double       *layer_ms);
void qs_cli_report_print_summary (QsEngine           *engine);
void qs_cli_report_speed         (JsonBuilder        *json,
                                  const QsLayer      *layer,
                                  double              ms);
/* The warnings of the build, on stderr. */
void qs_cli_report_warnings      (QsEngine           *engine);
void qs_cli_report_print_warnings (QsJournal *journal);
/* The whole engine: layers, tensors, scales, journal. */
void qs_cli_report_engine        (JsonBuilder        *json,
                                  QsEngine           *engine,
                                  const double       *layer_ms);

/* @results: (element-type QsEvaluation) */
void qs_cli_report_print_evaluations (GPtrArray          *results);
void qs_cli_report_evaluation        (JsonBuilder        *json,
                                      const QsEvaluation *evaluation);

G_END_DECLS
