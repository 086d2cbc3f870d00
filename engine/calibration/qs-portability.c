/* SPDX-License-Identifier: MIT */
#include "qs-portability.h"

#include "passes/qs-pass.h"

static const struct
{
  const char *id;
  const char *description;
} portabilities[] = {
  [QS_PORTABILITY_UNKNOWN] = {
    "unknown",
    "The cache does not say whether it was calibrated before layer fusion; by default this "
    "algorithm runs after it, and such a cache serves no other device.",
  },
  [QS_PORTABILITY_DEVICES] = {
    "devices",
    "Calibrated before layer fusion: the cache serves every device with the same version of "
    "TensorRT.",
  },
  [QS_PORTABILITY_THIS_DEVICE] = {
    "this-device",
    "Calibrated after layer fusion: the cache serves this device only, since another one fuses "
    "other layers. Calibrate before fusion for one that can be moved.",
  },
};

const char *
qs_portability_get_id (QsPortability self)
{
  return portabilities[self].id;
}

const char *
qs_portability_describe (QsPortability self)
{
  return portabilities[self].description;
}

QsPortability
qs_portability_of_calibrator (const QsCalibrator *calibrator,
                              QsBeforeFusion      before_fusion)
{
  return qs_calibrator_runs_before_fusion (calibrator, before_fusion) ? QS_PORTABILITY_DEVICES
                                                                      : QS_PORTABILITY_THIS_DEVICE;
}

QsPortability
qs_portability_of_algorithm (const char *algorithm)
{
  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    {
      const QsCalibrator *calibrator = qs_calibrator_get (i);

      if (calibrator->algorithm != NULL && g_strcmp0 (calibrator->algorithm, algorithm) == 0 &&
          calibrator->always_before_fusion)
        return QS_PORTABILITY_DEVICES;
    }

  return QS_PORTABILITY_UNKNOWN;
}

QsPortability
qs_portability_of_names (QsScaleTable *scales,
                         QsNetwork    *network)
{
  g_autoptr (GHashTable) survivors = qs_passes_find_survivors (network, NULL);
  QsPortability portability = QS_PORTABILITY_UNKNOWN;

  for (guint i = 0; survivors != NULL && i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (!qs_tensor_is_activation (tensor) || !qs_tensor_is_floating (tensor) ||
          g_hash_table_contains (survivors, tensor->name))
        continue;
      if (qs_scale_table_lookup (scales, tensor->name, NULL))
        return QS_PORTABILITY_DEVICES;
      portability = QS_PORTABILITY_THIS_DEVICE;
    }

  return portability;
}
