/* SPDX-License-Identifier: MIT */
#include "backends/qs-backend.h"
#include "backends/cuda/qs-cuda-driver.h"
#include "qs-emulator.h"
#include "qs-layer-cases.h"
#include "qs-stand-in-driver.h"

/*
 * Layers that work on elements, rows and windows, on the emulated device against the reference.
 */

#define N_SEEDS 30

static void
test_case (gconstpointer data)
{
  const QsLayerCase *layer_case = data;

  for (int i = 0; i < 4 && layer_case->types[i] != 0; i++)
    {
      guint n_tried = 0;

      for (guint64 seed = 0; seed < N_SEEDS; seed++)
        n_tried += qs_layer_case_check (layer_case, layer_case->types[i], seed);
      /* Every type has its kernel, for nearly every layer. */
      g_assert_cmpuint (n_tried, >=, N_SEEDS);
    }
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  for (const QsLayerCase *layer_case = qs_layer_cases; layer_case->name != NULL; layer_case++)
    {
      g_autofree char *path = g_strconcat ("/cuda/layers/", layer_case->name, NULL);

      g_test_add_data_func (path, layer_case, test_case);
    }
  return g_test_run ();
}
