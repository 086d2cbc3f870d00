/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "qs-calibrator.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsPortability:
 * @QS_PORTABILITY_UNKNOWN: the cache does not say
 * @QS_PORTABILITY_DEVICES: calibrated before layer fusion, so that it serves every device with the
 *   same version of TensorRT
 * @QS_PORTABILITY_THIS_DEVICE: calibrated after layer fusion; another device fuses other layers
 *
 * Where a calibration cache may be used (TensorRT developer guide 8.4, “Calibration” and its FAQ).
 * No cache may be used with another version of TensorRT.
 */
typedef enum
{
  QS_PORTABILITY_UNKNOWN,
  QS_PORTABILITY_DEVICES,
  QS_PORTABILITY_THIS_DEVICE,
} QsPortability;

/* "devices", "this-device", "unknown" */
const char   *qs_portability_get_id       (QsPortability          self);
/* A sentence for people. */
const char   *qs_portability_describe     (QsPortability          self);

/* Of the scales that @calibrator finds under this choice. */
QsPortability qs_portability_of_calibrator (const QsCalibrator   *calibrator,
                                            QsBeforeFusion        before_fusion);
/* Of a cache of which only the algorithm is known, the word in its header: MinMax and Entropy 2
 * always run before fusion, for the others the header does not tell. */
QsPortability qs_portability_of_algorithm (const char            *algorithm);
/* Of scales for @network, the imported model: names that fusion removes show that they were found
 * before it; none where there are some, that it was after. */
QsPortability qs_portability_of_names     (QsScaleTable          *scales,
                                           QsNetwork             *network);

G_END_DECLS
