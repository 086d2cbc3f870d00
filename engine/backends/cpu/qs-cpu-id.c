/* SPDX-License-Identifier: MIT */
#include "qs-cpu-id.h"

#if defined (__x86_64__) || defined (__i386__)
#include <cpuid.h>
#elif defined (__aarch64__) && defined (__linux__)
#include <sys/auxv.h>
#endif

/* Intel SDM volume 2A, CPUID leaves 1 and 7. */
#define LEAF_1_ECX_FMA (1u << 12)
#define LEAF_1_ECX_OSXSAVE (1u << 27)
#define LEAF_1_ECX_AVX (1u << 28)
#define LEAF_1_ECX_F16C (1u << 29)
#define LEAF_7_EBX_AVX2 (1u << 5)
#define LEAF_7_EBX_AVX512 ((1u << 16) | (1u << 17) | (1u << 30) | (1u << 31)) /* F DQ BW VL */
#define LEAF_7_ECX_AVX512_VNNI (1u << 11)
#define LEAF_7_1_EAX_AVX_VNNI (1u << 4)

/* Intel SDM volume 1, §13.1: SSE and AVX state, and for AVX-512 the masks and upper halves too. */
#define XCR0_AVX 0x06u
#define XCR0_AVX512 0xe6u

/* Linux, Documentation/arch/arm64/elf_hwcaps.rst; the numbers are part of the kernel's ABI. */
#define HWCAP_ADVANCED_SIMD (1u << 1)
#define HWCAP_DOT_PRODUCT (1u << 20)

#if defined (__x86_64__) || defined (__i386__)

static guint32
read_xcr0 (void)
{
  guint32 low, high;

  __asm__ volatile ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static void
read_x86 (QsCpuId *self)
{
  guint32 eax, ebx, ecx, edx;

  if (!__get_cpuid (1, &eax, &ebx, &self->leaf_1_ecx, &edx))
    return;
  /* Without OSXSAVE, the instruction does not exist. */
  if ((self->leaf_1_ecx & LEAF_1_ECX_OSXSAVE) != 0)
    self->xcr0 = read_xcr0 ();
  if (!__get_cpuid_count (7, 0, &eax, &self->leaf_7_ebx, &self->leaf_7_ecx, &edx))
    return;
  /* EAX of leaf 7 is the number of its last subleaf. */
  if (eax >= 1)
    __get_cpuid_count (7, 1, &self->leaf_7_1_eax, &ebx, &ecx, &edx);
}

#endif

/**
 * qs_cpu_id_read:
 * @self: (out): this machine
 */
void
qs_cpu_id_read (QsCpuId *self)
{
  *self = (QsCpuId) { 0 };
#if defined (__x86_64__) || defined (__i386__)
  read_x86 (self);
#elif defined (__aarch64__) && defined (__linux__)
  self->hwcap = getauxval (AT_HWCAP);
#elif defined (__aarch64__)
  /* The architecture's calling convention needs it; about dot products there is nobody to ask. */
  self->hwcap = HWCAP_ADVANCED_SIMD;
#endif
}

static gboolean
has_all (guint32 bits,
         guint32 wanted)
{
  return (bits & wanted) == wanted;
}

static guint
x86_levels (const QsCpuId *self)
{
  guint levels = 0;

  if (!has_all (self->leaf_1_ecx,
                LEAF_1_ECX_OSXSAVE | LEAF_1_ECX_AVX | LEAF_1_ECX_FMA | LEAF_1_ECX_F16C)
      || !has_all (self->xcr0, XCR0_AVX) || !has_all (self->leaf_7_ebx, LEAF_7_EBX_AVX2))
    return 0;

  levels = 1u << QS_CPU_AVX2;
  if (has_all (self->leaf_7_1_eax, LEAF_7_1_EAX_AVX_VNNI))
    levels |= 1u << QS_CPU_AVX2_VNNI;
  if (has_all (self->xcr0, XCR0_AVX512) && has_all (self->leaf_7_ebx, LEAF_7_EBX_AVX512)
      && has_all (self->leaf_7_ecx, LEAF_7_ECX_AVX512_VNNI))
    levels |= 1u << QS_CPU_AVX512_VNNI;
  return levels;
}

static guint
arm_levels (const QsCpuId *self)
{
  if ((self->hwcap & HWCAP_ADVANCED_SIMD) == 0)
    return 0;
  if ((self->hwcap & HWCAP_DOT_PRODUCT) == 0)
    return 1u << QS_CPU_NEON;
  return 1u << QS_CPU_NEON | 1u << QS_CPU_NEON_DOT;
}

/**
 * qs_cpu_id_levels:
 *
 * The levels that a machine can run, bit 1 << level for each. AVX-512 without VNNI (Skylake-X,
 * Knights Landing) gets AVX2: its INT8 products would need the same two instructions in wider
 * registers, at the lower clock those processors have for them.
 */
guint
qs_cpu_id_levels (const QsCpuId *self)
{
  return 1u << QS_CPU_PORTABLE | x86_levels (self) | arm_levels (self);
}
