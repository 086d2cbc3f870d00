/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-import.h"

G_BEGIN_DECLS

/* (transfer full) (nullable): the nodes of @model as layers that nothing computes, for a graph of
 * what was refused. @verdicts (element-type QsNodeVerdict): get the names of their layers. */
QsNetwork *qs_import_make_sketch (QsModel    *model,
                                  GPtrArray  *verdicts);

G_END_DECLS
