/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cuda-arguments.h"
#include "qs-primitives.h"

QS_DEVICE uint32_t
qs_divide (uint32_t             n,
           const QsCudaDivisor &by,
           uint32_t            *rest)
{
  const uint32_t quotient =
    by.divisor == 1 ? n : (uint32_t) (((uint64_t) n * by.multiplier) >> 32) >> by.shift;

  *rest = n - quotient * by.divisor;
  return quotient;
}
