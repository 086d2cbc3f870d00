/* SPDX-License-Identifier: MIT */
#include "qs-cpu-features.h"

#if defined (__x86_64__) || defined (__i386__)
#include <cpuid.h>
#define HAVE_CPUID 1
#endif

typedef struct
{
  const char *id;   /* what QUANTOSCOPE_CPU and kernel names say */
  const char *name; /* what people read */
} Level;

static const Level levels[QS_N_CPU_LEVELS] = {
  [QS_CPU_PORTABLE] = { "portable", "portable code" },
  [QS_CPU_AVX2] = { "avx2", "AVX2" },
  [QS_CPU_AVX2_VNNI] = { "avx2-vnni", "AVX2 with VNNI" },
  [QS_CPU_AVX512_VNNI] = { "avx512-vnni", "AVX-512 with VNNI" },
};

#ifdef HAVE_CPUID

/* Intel SDM volume 2A, CPUID leaves 1 and 7. */
#define LEAF_1_ECX_FMA (1u << 12)
#define LEAF_1_ECX_OSXSAVE (1u << 27)
#define LEAF_7_EBX_AVX2 (1u << 5)
#define LEAF_7_EBX_AVX512 ((1u << 16) | (1u << 17) | (1u << 30) | (1u << 31)) /* F DQ BW VL */
#define LEAF_7_ECX_AVX512_VNNI (1u << 11)
#define LEAF_7_1_EAX_AVX_VNNI (1u << 4)

/* Registers that the operating system saves: XCR0 bits for SSE and AVX, and for AVX-512 besides. */
#define XCR0_AVX 0x06u
#define XCR0_AVX512 0xe6u

static guint32
read_xcr0 (void)
{
  guint32 low, high;

  __asm__ volatile ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static QsCpuLevel
level_for (guint32 xcr0,
           guint32 leaf_1_ecx,
           guint32 ebx,
           guint32 ecx,
           guint32 leaf_7_1_eax)
{
  if ((xcr0 & XCR0_AVX) != XCR0_AVX
      || (leaf_1_ecx & LEAF_1_ECX_FMA) == 0
      || (ebx & LEAF_7_EBX_AVX2) == 0)
    return QS_CPU_PORTABLE;
  if ((xcr0 & XCR0_AVX512) == XCR0_AVX512
      && (ebx & LEAF_7_EBX_AVX512) == LEAF_7_EBX_AVX512
      && (ecx & LEAF_7_ECX_AVX512_VNNI) != 0)
    return QS_CPU_AVX512_VNNI;
  return (leaf_7_1_eax & LEAF_7_1_EAX_AVX_VNNI) != 0 ? QS_CPU_AVX2_VNNI : QS_CPU_AVX2;
}

static gboolean
has_avx_vnni (void)
{
  guint32 eax, ebx, ecx, edx;

  return __get_cpuid_count (7, 1, &eax, &ebx, &ecx, &edx) && (eax & LEAF_7_1_EAX_AVX_VNNI) != 0;
}

static QsCpuLevel
detect (void)
{
  guint32 eax, ebx, ecx, edx, leaf_1_ecx, leaf_7_1_eax = 0;

  if (!__get_cpuid (1, &eax, &ebx, &leaf_1_ecx, &edx) || (leaf_1_ecx & LEAF_1_ECX_OSXSAVE) == 0)
    return QS_CPU_PORTABLE;
  if (!__get_cpuid_count (7, 0, &eax, &ebx, &ecx, &edx))
    return QS_CPU_PORTABLE;
  /* EAX of leaf 7 is the number of its last subleaf. */
  if (eax >= 1 && has_avx_vnni ())
    leaf_7_1_eax = LEAF_7_1_EAX_AVX_VNNI;

  return level_for (read_xcr0 (), leaf_1_ecx, ebx, ecx, leaf_7_1_eax);
}

#else

static QsCpuLevel
detect (void)
{
  return QS_CPU_PORTABLE;
}

static gboolean
has_avx_vnni (void)
{
  return FALSE;
}

#endif

static QsCpuLevel
detect_once (void)
{
  static gsize detected;

  if (g_once_init_enter (&detected))
    g_once_init_leave (&detected, 1 + (gsize) detect ());

  return (QsCpuLevel) (detected - 1);
}

/**
 * qs_cpu_level_is_available:
 *
 * Whether this machine can run kernels of @level. AVX-512 processors may lack AVX-VNNI.
 */
gboolean
qs_cpu_level_is_available (QsCpuLevel level)
{
  if (level == QS_CPU_AVX2_VNNI && detect_once () == QS_CPU_AVX512_VNNI)
    return has_avx_vnni ();

  return level <= detect_once ();
}

static QsCpuLevel
choose (void)
{
  const char *wanted = g_getenv ("QUANTOSCOPE_CPU");
  QsCpuLevel level;

  if (wanted == NULL || *wanted == '\0')
    return detect_once ();

  if (!qs_cpu_level_parse (wanted, &level))
    g_warning ("QUANTOSCOPE_CPU: “%s” is none of portable, avx2, avx2-vnni, avx512-vnni", wanted);
  else if (!qs_cpu_level_is_available (level))
    g_warning ("QUANTOSCOPE_CPU: this processor has no %s", levels[level].name);
  else
    return level;

  return detect_once ();
}

/**
 * qs_cpu_level_get:
 *
 * The level whose kernels are used: the highest one that the processor and the operating system
 * support, or the one that the environment variable QUANTOSCOPE_CPU names. Decided once.
 */
QsCpuLevel
qs_cpu_level_get (void)
{
  static gsize chosen;

  if (g_once_init_enter (&chosen))
    g_once_init_leave (&chosen, 1 + (gsize) choose ());

  return (QsCpuLevel) (chosen - 1);
}

const char *
qs_cpu_level_id (QsCpuLevel level)
{
  return levels[level].id;
}

const char *
qs_cpu_level_name (QsCpuLevel level)
{
  return levels[level].name;
}

/**
 * qs_cpu_level_parse:
 * @level: (out): the level that @id names
 *
 * Returns: %FALSE when there is none
 */
gboolean
qs_cpu_level_parse (const char *id,
                    QsCpuLevel *level)
{
  for (int i = 0; i < QS_N_CPU_LEVELS; i++)
    if (g_strcmp0 (levels[i].id, id) == 0)
      {
        *level = i;
        return TRUE;
      }

  return FALSE;
}
