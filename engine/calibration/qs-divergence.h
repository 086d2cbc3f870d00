/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-histogram.h"

G_BEGIN_DECLS

/* Codes of one sign, and so the smallest number of bins that can be told apart. */
#define QS_DIVERGENCE_LEVELS 128

/* Candidate m keeps the first m bins, 128 … 2048. Returns the last m of the least divergence. */
int qs_divergence_search (const QsHistogram *histogram,
                          float             *curve);

G_END_DECLS
