/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"
#include "qs-cli.h"

G_BEGIN_DECLS

/* An array “findings”, the most serious first. @findings: (element-type QsFinding) */
void qs_cli_findings_add  (JsonBuilder *json,
                           GPtrArray   *findings);
/* Says those on stderr that keep layers from INT8, and how many others there are. */
void qs_cli_findings_warn (GPtrArray   *findings);

G_END_DECLS
