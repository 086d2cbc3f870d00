/* SPDX-License-Identifier: MIT */
/* Reading a calibration cache, and writing it again: the bytes are the same. */
#include "qs-fuzz.h"
#include "scales/qs-calibration-cache.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (QsCalibrationCache) cache = qs_calibration_cache_parse (bytes, NULL);
  g_autoptr (GBytes) again = NULL;

  if (cache == NULL)
    return 0;

  again = qs_calibration_cache_serialize (cache);
  g_assert_true (g_bytes_equal (bytes, again));
  return 0;
}
