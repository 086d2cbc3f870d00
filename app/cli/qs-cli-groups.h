/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cli-subject.h"

G_BEGIN_DECLS

/* The member “groups” of the open object: which tensors of @network share a scale, and which one
 * when there are @scales (nullable). */
void qs_cli_groups_report (JsonBuilder   *json,
                           QsNetwork     *network,
                           QsScaleTable  *scales);

G_END_DECLS
