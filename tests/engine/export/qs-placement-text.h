/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"

G_BEGIN_DECLS

/* (transfer full): @texts sorted, with @separator between them */
char *qs_test_join_sorted        (GPtrArray  *texts,
                                  const char *separator);
/* (transfer full): a sorted line for each layer: the model's nodes in it, but for Q and DQ, what it
 * reads and what it writes, with types and scales. Reformats are looked through. */
char *qs_test_describe_placement (QsEngine   *engine);

G_END_DECLS
