/* SPDX-License-Identifier: MIT */
#pragma once

#include "../passes/qs-test-networks.h"
#include "passes/qs-journal.h"

G_BEGIN_DECLS

/* Networks with Q/DQ made in code, on top of QsTestMaker. Every layer has the name of its output. */

QsTensor *qs_test_quantize      (QsTestMaker   *self,
                                 const char    *name,
                                 QsTensor      *x,
                                 float          scale);
QsTensor *qs_test_dequantize    (QsTestMaker   *self,
                                 const char    *name,
                                 QsTensor      *q,
                                 float          scale);
/* Q "NAME_q" and DQ "NAME_dq". */
QsTensor *qs_test_pair          (QsTestMaker   *self,
                                 const char    *name,
                                 QsTensor      *x,
                                 float          scale);
/* The same for a constant, with scales along @axis, max |w| / 127 each. */
QsTensor *qs_test_weights_pair  (QsTestMaker   *self,
                                 const char    *name,
                                 QsTensor      *weights,
                                 int            axis);
/* A convolution whose weights, NAME.weight, go through Q "NAME_wq" and DQ "NAME_wdq". */
QsTensor *qs_test_qdq_convolution (QsTestMaker *self,
                                 const char    *name,
                                 QsTensor      *x,
                                 int            channels,
                                 int            kernel,
                                 int            groups,
                                 gboolean       bias);
QsTensor *qs_test_concat        (QsTestMaker   *self,
                                 const char    *name,
                                 QsTensor      *a,
                                 QsTensor      *b);

/* The whole network in lines "Kind name PRECISION: input:type … -> output:type", in its order. An
 * activation in an epilogue stands behind the precision. Constants are left out. */
char     *qs_test_describe      (QsNetwork     *network);
/* Sorts, runs the passes for Q/DQ and describes the result. */
char     *qs_test_run_explicit  (QsTestMaker   *self,
                                 QsJournal     *journal);
/* How many rewrites (or refusals) of @rule the journal has. */
guint     qs_test_count_entries (QsJournal     *journal,
                                 QsJournalKind  kind,
                                 const char    *rule);

G_END_DECLS
