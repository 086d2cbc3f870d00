/* SPDX-License-Identifier: MIT */
#include "qs-selftest-peak.h"

#include "backends/cuda/qs-cuda-device.h"
#include "backends/cuda/qs-cuda-driver.h"

/* CUdevice_attribute */
enum
{
  CLOCK_KHZ = 13,
  MEMORY_CLOCK_KHZ = 36,
  MEMORY_BUS_BITS = 37,
};

/* INT8 operations of one multiprocessor in one clock, dense: what NVIDIA's architecture papers give as
 * the peak, divided by multiprocessors and boost clock. T4: 130 TOPS, 40, 1.59 GHz; A100: 624, 108,
 * 1.41; RTX 3090: 284, 82, 1.695; RTX 4090: 660.6, 128, 2.52; H100 SXM: 1979, 132, 1.83. */
static const struct
{
  int architecture;
  double per_clock;
} rates[] = {
  { 75, 2048.0 }, { 80, 4096.0 }, { 86, 2048.0 }, { 87, 2048.0 }, { 89, 2048.0 }, { 90, 8192.0 },
};

static double
ask (int attribute)
{
  const QsCudaDriver *driver = qs_cuda_driver_get (NULL);
  QsCudaDeviceId device;
  int value = 0;

  if (driver == NULL || driver->get_device (&device, 0) != QS_CUDA_SUCCESS ||
      driver->get_device_attribute (&value, attribute, device) != QS_CUDA_SUCCESS)
    return 0.0;
  return (double) value;
}

void
qs_selftest_peak_find (QsSelfTestPeak *self)
{
  QsCudaDevice *device = qs_cuda_device_get (NULL);

  *self = (QsSelfTestPeak) { 0 };
  if (device == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++)
    if (rates[i].architecture == qs_cuda_device_get_architecture (device))
      self->int8 = rates[i].per_clock * 1e3 * ask (CLOCK_KHZ) *
                   qs_cuda_device_get_n_multiprocessors (device);
  /* Two transfers in a clock. */
  self->bandwidth = 2.0 * 1e3 * ask (MEMORY_CLOCK_KHZ) * ask (MEMORY_BUS_BITS) / 8.0;
}
