/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

/* TensorRT's IInt8EntropyCalibrator. The scales that are known from its caches follow the same rule as
 * those of its successor; the two differ in when TensorRT runs them, after layer fusion and
 * before it. */
const QsCalibrator qs_calibrator_entropy = {
  .id = "entropy",
  .name = "Entropy",
  .algorithm = "EntropyCalibration",
  .description = "The rule of Entropy 2; TensorRT applies it to the network after layer fusion",
  .after_fusion = TRUE,
  .compute = qs_calibrator_entropy_compute,
};
