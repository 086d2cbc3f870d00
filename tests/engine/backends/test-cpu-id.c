/* SPDX-License-Identifier: MIT */
#include "backends/cpu/qs-cpu-id.h"

/*
 * Which levels a processor gets. The bits are those of Intel's Software Developer's Manual (volume
 * 2A, CPUID; volume 1, §13.1), of AMD's Programmer's Manual (volume 3, appendix E) and of Linux's
 * elf_hwcaps.rst, written here once more.
 */

enum
{
  FMA = 1 << 12,
  OSXSAVE = 1 << 27,
  AVX = 1 << 28,
  F16C = 1 << 29,
  AVX2 = 1 << 5,
  F = 1 << 16,
  DQ = 1 << 17,
  BW = 1 << 30,
  VNNI_512 = 1 << 11,
  VNNI_256 = 1 << 4,
  SAVES_SSE = 1 << 1,
  SAVES_AVX = 1 << 2,
  SAVES_AVX512 = 7 << 5,
  ASIMD = 1 << 1,
  ASIMDDP = 1 << 20,
};

#define VL 0x80000000u

#define OLD (OSXSAVE | AVX | FMA | F16C)
#define YMM (SAVES_SSE | SAVES_AVX)
#define ZMM (YMM | SAVES_AVX512)
#define SKYLAKE_X (F | DQ | BW | VL)

#define ONE(level) (1u << QS_CPU_##level)

static const struct
{
  const char *what;
  QsCpuId id;
  guint levels; /* besides portable */
} cases[] = {
  { "nothing", { 0 }, 0 },
  { "Sandy Bridge", { OSXSAVE | AVX, 0, 0, 0, YMM, 0 }, 0 },
  { "Haswell", { OLD, AVX2, 0, 0, YMM, 0 }, ONE (AVX2) },
  { "Haswell, the system saves no AVX state", { OLD, AVX2, 0, 0, SAVES_SSE, 0 }, 0 },
  { "Haswell, the system has not enabled XSAVE", { OLD & ~OSXSAVE, AVX2, 0, 0, 0, 0 }, 0 },
  { "AVX2 without FMA", { OLD & ~FMA, AVX2, 0, 0, YMM, 0 }, 0 },
  { "AVX2 without F16C", { OLD & ~F16C, AVX2, 0, 0, YMM, 0 }, 0 },
  { "Knights Landing", { OLD, AVX2 | F, 0, 0, ZMM, 0 }, ONE (AVX2) },
  { "Skylake-X: AVX-512 without VNNI", { OLD, AVX2 | SKYLAKE_X, 0, 0, ZMM, 0 }, ONE (AVX2) },
  { "Cascade Lake", { OLD, AVX2 | SKYLAKE_X, VNNI_512, 0, ZMM, 0 },
    ONE (AVX2) | ONE (AVX512_VNNI) },
  { "Cascade Lake, the system saves no AVX-512 state",
    { OLD, AVX2 | SKYLAKE_X, VNNI_512, 0, YMM, 0 }, ONE (AVX2) },
  { "Cascade Lake, the system saves no masks",
    { OLD, AVX2 | SKYLAKE_X, VNNI_512, 0, YMM | 6 << 5, 0 }, ONE (AVX2) },
  { "a virtual machine without AVX-512VL", { OLD, AVX2 | F | DQ | BW, VNNI_512, 0, ZMM, 0 },
    ONE (AVX2) },
  { "Alder Lake", { OLD, AVX2, 0, VNNI_256, YMM, 0 }, ONE (AVX2) | ONE (AVX2_VNNI) },
  { "Zen 4", { OLD, AVX2 | SKYLAKE_X, VNNI_512, 0, ZMM, 0 }, ONE (AVX2) | ONE (AVX512_VNNI) },
  { "Sapphire Rapids", { OLD, AVX2 | SKYLAKE_X, VNNI_512, VNNI_256, ZMM, 0 },
    ONE (AVX2) | ONE (AVX2_VNNI) | ONE (AVX512_VNNI) },
  { "Cortex-A72", { .hwcap = ASIMD | 1 }, ONE (NEON) },
  { "Neoverse N1", { .hwcap = ASIMD | ASIMDDP | 1 }, ONE (NEON) | ONE (NEON_DOT) },
};

static void
test_levels (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].what);
      g_assert_cmphex (qs_cpu_id_levels (&cases[i].id), ==, cases[i].levels | ONE (PORTABLE));
    }
}

/* The compiler's own knowledge of the machine, which comes from a library of its own. */
static void
test_this_machine (void)
{
#ifdef __x86_64__
  __builtin_cpu_init ();
  g_assert_cmpint (qs_cpu_level_is_available (QS_CPU_AVX2), ==,
                   __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"));
  g_assert_cmpint (qs_cpu_level_is_available (QS_CPU_AVX512_VNNI), ==,
                   __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq")
                     && __builtin_cpu_supports ("avx512vl")
                     && __builtin_cpu_supports ("avx512vnni"));
#endif
  g_assert_true (qs_cpu_level_is_available (QS_CPU_PORTABLE));
}

static void
test_ids (void)
{
  QsCpuLevel level;

  for (int i = 0; i < QS_N_CPU_LEVELS; i++)
    {
      g_assert_true (qs_cpu_level_parse (qs_cpu_level_id (i), &level));
      g_assert_cmpint (level, ==, i);
    }
  g_assert_false (qs_cpu_level_parse ("avx3", &level));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cpu/id/levels", test_levels);
  g_test_add_func ("/cpu/id/this-machine", test_this_machine);
  g_test_add_func ("/cpu/id/ids", test_ids);

  return g_test_run ();
}
