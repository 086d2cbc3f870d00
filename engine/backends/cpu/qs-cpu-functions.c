/* SPDX-License-Identifier: MIT */
#include "qs-cpu-functions.h"

extern const QsCpuFunctions qs_cpu_functions_portable;
extern const QsCpuFunctions qs_cpu_functions_avx2;
extern const QsCpuFunctions qs_cpu_functions_avx2_vnni;
extern const QsCpuFunctions qs_cpu_functions_avx512_vnni;

/* The build defines the levels that its compiler could make. */
static const QsCpuFunctions *const functions[QS_N_CPU_LEVELS] = {
#ifdef QS_HAVE_PORTABLE
  [QS_CPU_PORTABLE] = &qs_cpu_functions_portable,
#endif
#ifdef QS_HAVE_AVX2
  [QS_CPU_AVX2] = &qs_cpu_functions_avx2,
#endif
#ifdef QS_HAVE_AVX2_VNNI
  [QS_CPU_AVX2_VNNI] = &qs_cpu_functions_avx2_vnni,
#endif
#ifdef QS_HAVE_AVX512_VNNI
  [QS_CPU_AVX512_VNNI] = &qs_cpu_functions_avx512_vnni,
#endif
};

/**
 * qs_cpu_functions_get:
 *
 * Returns: (nullable): the loops of @level, %NULL when the compiler could not make them or this
 *   machine cannot run them
 */
const QsCpuFunctions *
qs_cpu_functions_get (QsCpuLevel level)
{
  return qs_cpu_level_is_available (level) ? functions[level] : NULL;
}
