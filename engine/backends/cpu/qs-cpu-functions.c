/* SPDX-License-Identifier: MIT */
#include "qs-cpu-functions.h"

/* The build defines QS_HAVE_… as 1 for the levels that its compiler could make, else as 0. */
#define DECLARE_0(symbol)
#define DECLARE_1(symbol) extern const QsCpuFunctions qs_cpu_functions_##symbol;
#define POINTER_0(symbol) NULL
#define POINTER_1(symbol) &qs_cpu_functions_##symbol
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_ (a, b)
#define DECLARE(NAME, symbol, id, name) JOIN (DECLARE, QS_HAVE_##NAME) (symbol)
#define ENTRY(NAME, symbol, id, name) \
  [QS_CPU_##NAME] = JOIN (POINTER, QS_HAVE_##NAME) (symbol),

QS_CPU_LEVELS (DECLARE)

static const QsCpuFunctions *const functions[QS_N_CPU_LEVELS] = { QS_CPU_LEVELS (ENTRY) };

/* Given by tests; none in the programs. */
static const QsCpuFunctions *emulated[QS_N_CPU_LEVELS];

/**
 * qs_cpu_functions_get:
 *
 * Returns: (nullable): the loops of @level, %NULL when the compiler could not make them or this
 *   machine cannot run them
 */
const QsCpuFunctions *
qs_cpu_functions_get (QsCpuLevel level)
{
  if (emulated[level] != NULL)
    return emulated[level];

  return qs_cpu_level_is_available (level) ? functions[level] : NULL;
}

/**
 * qs_cpu_functions_emulate:
 * @self: (transfer none): loops of a level, compiled for any processor
 *
 * Stands @self in for the loops of its level, so that tests run levels that the machine has not.
 * To be called before any kernel is asked for, since kernels are made once.
 */
void
qs_cpu_functions_emulate (const QsCpuFunctions *self)
{
  emulated[self->level] = self;
}
