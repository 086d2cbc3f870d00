/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-journal.h"

G_BEGIN_DECLS

/* Answers to what people ask about a layer of an engine, out of its journal. A layer is recognised
 * under all names that it had, because it lists the ONNX nodes inside. */

/* (transfer container) (element-type QsJournalEntry): entries of @kind about @layer, those under its
 * own name first, then those about the nodes inside. */
GPtrArray *qs_explain_find           (QsJournal      *journal,
                                      const QsLayer  *layer,
                                      QsJournalKind   kind);
/* (transfer full) (nullable): why @layer, or its output, is in floating point, in sentences, each
 * with what would change it; %NULL when it reads and writes INT8. */
char      *qs_explain_float          (QsJournal      *journal,
                                      const QsLayer  *layer);
/* (transfer full) (nullable): which rewrites were tried on @layer and blocked, one to a line, with
 * what would lift each; %NULL when none was. */
char      *qs_explain_not_fused      (QsJournal      *journal,
                                      const QsLayer  *layer);

G_END_DECLS
