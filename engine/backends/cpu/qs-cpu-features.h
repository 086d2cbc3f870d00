/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The sets of instructions that kernels are compiled for, within an architecture from the slowest
 * to the fastest: constant, symbol, what QUANTOSCOPE_CPU and kernel names say, what people read.
 *
 * portable: what every processor of the architecture has
 * neon: Advanced SIMD of AArch64
 * neon-dot: and its dot products of signed bytes (FEAT_DotProd)
 * avx2: AVX2, FMA and F16C
 * avx2-vnni: and the 256-bit dot products of AVX-VNNI
 * avx512-vnni: AVX2, FMA, F16C, and AVX-512 F, BW, DQ and VL with its VNNI
 */
#define QS_CPU_LEVELS(LEVEL) \
  LEVEL (PORTABLE, portable, "portable", "portable code") \
  LEVEL (NEON, neon, "neon", "NEON") \
  LEVEL (NEON_DOT, neon_dot, "neon-dot", "NEON with dot products") \
  LEVEL (AVX2, avx2, "avx2", "AVX2") \
  LEVEL (AVX2_VNNI, avx2_vnni, "avx2-vnni", "AVX2 with VNNI") \
  LEVEL (AVX512_VNNI, avx512_vnni, "avx512-vnni", "AVX-512 with VNNI")

#define QS_CPU_LEVEL_CONSTANT(NAME, symbol, id, name) QS_CPU_##NAME,

typedef enum
{
  QS_CPU_LEVELS (QS_CPU_LEVEL_CONSTANT)
  QS_N_CPU_LEVELS
} QsCpuLevel;

gboolean    qs_cpu_level_is_available (QsCpuLevel  level);
QsCpuLevel  qs_cpu_level_get          (void);
void        qs_cpu_level_force        (QsCpuLevel  level);
const char *qs_cpu_level_id           (QsCpuLevel  level);
const char *qs_cpu_level_name         (QsCpuLevel  level);
gboolean    qs_cpu_level_parse        (const char *id,
                                       QsCpuLevel *level);

G_END_DECLS
