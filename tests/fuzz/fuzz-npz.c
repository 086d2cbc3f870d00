/* SPDX-License-Identifier: MIT */
/* Reading one NumPy array. */
#include "qs-fuzz.h"
#include "samples/qs-npz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (QsHostTensor) tensor = qs_npy_parse (bytes, NULL);

  return 0;
}
