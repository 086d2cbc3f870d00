/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cpu-features.h"

G_BEGIN_DECLS

/**
 * QsCpuId:
 * @leaf_1_ecx: x86: CPUID leaf 1, ECX
 * @leaf_7_ebx: x86: CPUID leaf 7 subleaf 0, EBX
 * @leaf_7_ecx: x86: CPUID leaf 7 subleaf 0, ECX
 * @leaf_7_1_eax: x86: CPUID leaf 7 subleaf 1, EAX
 * @xcr0: x86: the register states that the operating system saves, 0 where it saves none
 * @hwcap: AArch64: AT_HWCAP of the auxiliary vector
 *
 * What a processor and its operating system say about themselves, as they say it; what another
 * architecture would say is 0.
 */
typedef struct
{
  guint32 leaf_1_ecx;
  guint32 leaf_7_ebx;
  guint32 leaf_7_ecx;
  guint32 leaf_7_1_eax;
  guint32 xcr0;
  guint64 hwcap;
} QsCpuId;

void  qs_cpu_id_read   (QsCpuId       *self);
guint qs_cpu_id_levels (const QsCpuId *self);

G_END_DECLS
