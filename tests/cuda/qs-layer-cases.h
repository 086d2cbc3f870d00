/* SPDX-License-Identifier: MIT */
#pragma once

#include "../engine/backends/qs-cpu-test.h"
#include "qs-kernel-check.h"

G_BEGIN_DECLS

/**
 * QsLayerCase:
 * @name: for test paths and failures
 * @kind: the kind of layer that @make makes
 * @types: types of activations it is made with, ended by 0
 * @make: makes a random layer and its inputs
 * @find_bound: (nullable): how far a result may be from the reference's, of which the largest
 *   magnitude is @largest; %NULL where every bit must be the same
 *
 * Random layers for the device's kernels, over shapes at which they may go wrong.
 */
typedef struct
{
  const char *name;
  QsLayerKind kind;
  QsDataType types[4];
  void (*make) (QsCpuTest *test,
                QsRandom  *random,
                QsDataType type);
  double (*find_bound) (const QsCpuTest *test,
                        double           largest);
} QsLayerCase;

extern const QsLayerCase qs_layer_cases[];

/* Makes a layer of @self and runs every kernel of the device on it, in all layouts. */
void qs_layer_case_check (const QsLayerCase *self,
                          QsDataType         type,
                          guint64            seed,
                          QsKernelCheck     *check);

G_END_DECLS
