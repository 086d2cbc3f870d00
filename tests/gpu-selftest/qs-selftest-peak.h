/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsSelfTestPeak:
 * @int8: operations a second with INT8, a product with its addition being two; 0 when not known
 * @bandwidth: bytes a second of the device's memory; 0 when not known
 *
 * What the device could do at its highest clocks.
 */
typedef struct
{
  double int8;
  double bandwidth;
} QsSelfTestPeak;

void qs_selftest_peak_find (QsSelfTestPeak *self);

G_END_DECLS
