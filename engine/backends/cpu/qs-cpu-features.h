/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsCpuLevel:
 * @QS_CPU_PORTABLE: what every processor of the architecture has
 * @QS_CPU_AVX2: AVX2 and FMA
 * @QS_CPU_AVX2_VNNI: AVX2 with the 256-bit dot product instructions of AVX-VNNI
 * @QS_CPU_AVX512_VNNI: AVX-512 F, BW, DQ and VL with VNNI
 *
 * The sets of instructions that kernels are compiled for, each one including those before it.
 */
typedef enum
{
  QS_CPU_PORTABLE,
  QS_CPU_AVX2,
  QS_CPU_AVX2_VNNI,
  QS_CPU_AVX512_VNNI,
  QS_N_CPU_LEVELS
} QsCpuLevel;

gboolean    qs_cpu_level_is_available (QsCpuLevel  level);
QsCpuLevel  qs_cpu_level_get          (void);
const char *qs_cpu_level_id           (QsCpuLevel  level);
const char *qs_cpu_level_name         (QsCpuLevel  level);
gboolean    qs_cpu_level_parse        (const char *id,
                                       QsCpuLevel *level);

G_END_DECLS
