/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/cpu/qs-cpu-features.h"

/*
 * Measures what one thread of this machine can do at most, to hold the speed of kernels against:
 * multiply-adds of every instruction set on values that never leave the registers, and copies within
 * each level of memory. A product and its addition count as two operations. One line for each figure:
 * instruction set, what, number, unit.
 */

#define N_TRIALS 20

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* Twelve chains of sums, more than an instruction's latency times the instructions per cycle; the
 * factors are registers 12 and 13, and 14 holds what has to be added in a step of its own. */
#define TWELVE(M) M (0) M (1) M (2) M (3) M (4) M (5) M (6) M (7) M (8) M (9) M (10) M (11)

#define DEFINE_LOOP(name, STEPS, CLOBBERS, N_OPERATIONS) \
  static double \
  name (void) \
  { \
    unsigned long n = 200000; \
    double start = now (); \
 \
    __asm__ volatile ("1:\n\t" TWELVE (STEPS) TWELVE (STEPS) LOOP_END : "+r" (n) : : CLOBBERS); \
    return 24.0 * 200000 * N_OPERATIONS / (now () - start); \
  }

#if defined (__x86_64__)

#define LOOP_END "dec %0\n\tjnz 1b"
#define CLOBBER_YMM \
  "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11", \
  "ymm15", "cc"

#define FMA_YMM(i) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" #i "\n\t"
#define FMA_ZMM(i) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" #i "\n\t"
#define MADD_16(i) "vpmaddwd %%ymm12, %%ymm13, %%ymm15\n\tvpaddd %%ymm15, %%ymm" #i ", %%ymm" #i "\n\t"
#define MADD_8(i) \
  "vpmaddubsw %%ymm12, %%ymm13, %%ymm15\n\tvpmaddwd %%ymm14, %%ymm15, %%ymm15\n\t" \
  "vpaddd %%ymm15, %%ymm" #i ", %%ymm" #i "\n\t"
#define DOT_YMM(i) "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm" #i "\n\t"
#define DOT_ZMM(i) "vpdpbusd %%zmm12, %%zmm13, %%zmm" #i "\n\t"

/* The registers hold zeros: what is in them must not be numbers that slow the unit down. */
static void
clear_registers (void)
{
  __asm__ volatile ("vzeroall" : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                    "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

DEFINE_LOOP (fma_ymm, FMA_YMM, CLOBBER_YMM, 16)
DEFINE_LOOP (fma_zmm, FMA_ZMM, CLOBBER_YMM, 32)
DEFINE_LOOP (madd_16, MADD_16, CLOBBER_YMM, 32)
DEFINE_LOOP (madd_8, MADD_8, CLOBBER_YMM, 64)
DEFINE_LOOP (dot_ymm, DOT_YMM, CLOBBER_YMM, 64)
DEFINE_LOOP (dot_zmm, DOT_ZMM, CLOBBER_YMM, 128)

#elif defined (__aarch64__)

#define LOOP_END "subs %0, %0, #1\n\tb.ne 1b"
#define CLOBBER_V \
  "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "cc"
#define FMA_V(i) "fmla v" #i ".4s, v12.4s, v13.4s\n\t"
#define DOT_V(i) ".arch armv8.2-a+dotprod\n\tsdot v" #i ".4s, v12.16b, v13.16b\n\t"

static void
clear_registers (void)
{
  __asm__ volatile ("movi v12.16b, #0\n\tmovi v13.16b, #0" : : : "v12", "v13");
}

DEFINE_LOOP (fma_v, FMA_V, CLOBBER_V, 8)
DEFINE_LOOP (dot_v, DOT_V, CLOBBER_V, 32)

#endif

typedef struct
{
  QsCpuLevel level;
  const char *what;
  double (*run) (void);
} Peak;

static const Peak peaks[] = {
#if defined (__x86_64__)
  { QS_CPU_AVX2, "fp32", fma_ymm },
  { QS_CPU_AVX2, "int16", madd_16 },
  { QS_CPU_AVX2, "int8", madd_8 },
  { QS_CPU_AVX2_VNNI, "fp32", fma_ymm },
  { QS_CPU_AVX2_VNNI, "int8", dot_ymm },
  { QS_CPU_AVX512_VNNI, "fp32", fma_zmm },
  { QS_CPU_AVX512_VNNI, "int8", dot_zmm },
#elif defined (__aarch64__)
  { QS_CPU_NEON, "fp32", fma_v },
  { QS_CPU_NEON_DOT, "fp32", fma_v },
  { QS_CPU_NEON_DOT, "int8", dot_v },
#endif
};

static void
measure_peak (const Peak *peak)
{
  double best = 0;

  if (!qs_cpu_level_is_available (peak->level))
    return;

  for (int i = 0; i < N_TRIALS; i++)
    {
      double speed;

      clear_registers ();
      speed = peak->run ();
      best = speed > best ? speed : best;
    }
  printf ("%s\t%s\t%.1f\tGOP/s\n", qs_cpu_level_id (peak->level), peak->what, 1e-9 * best);
}

/* Bytes read and written by copies of @size bytes, the destination beside the source. */
static void
measure_copy (const char *where,
              size_t      size)
{
  char *memory = malloc (2 * size);
  double best = 0;

  if (memory == NULL)
    exit (1);
  memset (memory, 1, 2 * size);

  for (int i = 0; i < N_TRIALS; i++)
    {
      const size_t n = 1 + ((size_t) 32 << 20) / size;
      double start = now (), speed;

      for (size_t k = 0; k < n; k++)
        {
          memcpy (memory + size, memory, size);
          __asm__ volatile ("" : : "r" (memory) : "memory");
        }
      speed = 2.0 * (double) (n * size) / (now () - start);
      best = speed > best ? speed : best;
    }

  free (memory);
  printf ("copy\t%s\t%.1f\tGB/s\n", where, 1e-9 * best);
}

int
main (void)
{
  for (size_t i = 0; i < sizeof peaks / sizeof *peaks; i++)
    measure_peak (&peaks[i]);
  measure_copy ("16 KiB", (size_t) 8 << 10);
  measure_copy ("1 MiB", (size_t) 512 << 10);
  measure_copy ("16 MiB", (size_t) 8 << 20);
  measure_copy ("256 MiB", (size_t) 128 << 20);
  return 0;
}
