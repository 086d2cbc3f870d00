/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-statistics.h"

G_BEGIN_DECLS

extern const QsDeviceStatistics qs_cuda_statistics;

G_END_DECLS
