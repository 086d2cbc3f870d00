/* SPDX-License-Identifier: MIT */
#include "qs-emulated-levels.h"

/* The build defines QS_EMULATED_… as 1 for the levels that it compiled with SIMDe, else as 0. */
#define DECLARE_0(symbol)
#define DECLARE_1(symbol) extern const QsCpuFunctions qs_cpu_functions_emulated_##symbol;
#define POINTER_0(symbol) NULL
#define POINTER_1(symbol) &qs_cpu_functions_emulated_##symbol
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_ (a, b)
#define DECLARE(NAME, symbol, id, name) JOIN (DECLARE, QS_EMULATED_##NAME) (symbol)
#define ENTRY(NAME, symbol, id, name) \
  [QS_CPU_##NAME] = JOIN (POINTER, QS_EMULATED_##NAME) (symbol),

QS_CPU_LEVELS (DECLARE)

static const QsCpuFunctions *const emulated[QS_N_CPU_LEVELS] = { QS_CPU_LEVELS (ENTRY) };

/**
 * qs_emulated_levels_init:
 *
 * Lets the tests of this program run every level: those that the machine lacks are emulated, and
 * all of them where the environment has QS_TEST_EMULATE=all. The test's output says how each runs.
 * To be called after g_test_init() and before any kernel is asked for.
 */
void
qs_emulated_levels_init (void)
{
  const gboolean all = g_strcmp0 (g_getenv ("QS_TEST_EMULATE"), "all") == 0;

  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      const char *how = "native";

      if (emulated[level] != NULL && (all || qs_cpu_functions_get (level) == NULL))
        {
          qs_cpu_functions_emulate (emulated[level]);
          how = "emulated with SIMDe";
        }
      else if (qs_cpu_functions_get (level) == NULL)
        how = "not run: neither the processor nor SIMDe has it";
      g_test_message ("level %s: %s", qs_cpu_level_id (level), how);
    }
}
