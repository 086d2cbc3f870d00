/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"

G_BEGIN_DECLS

/* Where every activation tensor of an engine lies and when it is alive, a line each. */
void qs_cli_print_memory  (QsEngine *engine);
/* The candidates of every layer with their times, and why each was not taken. */
void qs_cli_print_tactics (QsEngine *engine);

G_END_DECLS
