/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-error.h"

G_BEGIN_DECLS

/**
 * QsOpCase:
 * @op: operator; "MaxPool:1" for its output 1
 * @opset: version of the operator set
 * @inputs: separated by commas: "2x3" a float32 activation, "c2x3" a float32 constant, "=1 -2" an
 *   int64 constant, "~0.5" a float32 constant without dimensions, "h2x3" a float16 activation, "i2x3" an int32 one, "" an absent one
 * @attributes: separated by semicolons: "alpha=0.5f", "axis=-1", "pads=[1 1]", "mode=linear"
 * @shape: the output's dimensions, or %NULL when the import must fail
 * @result: the output's elements separated by spaces, or the word that the error must contain
 *
 * A network of one operator. Element k of input i is ((7 k + 3 i) mod 11 - 5) / 4.
 */
typedef struct
{
  const char *op;
  int opset;
  const char *inputs;
  const char *attributes;
  const char *shape;
  const char *result;
} QsOpCase;

/* Imports and runs every case; where it succeeds, runs its layers again with channels-last views
 * and demands the same bits. */
void qs_op_test_run (const QsOpCase *cases,
                     gsize           n);

/* Imports every case and gives its layers numbers that no importer would, one at a time, as a plan
 * file can: inference refuses them, or the layer computes within its tensors. */
void qs_op_test_harass (const QsOpCase *cases,
                        gsize           n);

G_END_DECLS
