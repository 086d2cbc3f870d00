/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cli.h"
#include "samples/qs-sample-check.h"

G_BEGIN_DECLS

/* One line on stderr for each, and “warnings” in the JSON. */
void qs_cli_samples_warn (QsCli               *cli,
                          const QsSampleCheck *check);

G_END_DECLS
