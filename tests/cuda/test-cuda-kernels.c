/* SPDX-License-Identifier: MIT */
#include "qs-convolution-cases.h"
#include "qs-cuda-test.h"
#include "qs-stand-in-driver.h"

/*
 * Every CUDA kernel of convolutions on the emulated device, over random layers, against the reference
 * kernels. What runs here is the kernels' source on the host's compiler; tests/gpu-selftest does the
 * same on a device.
 */

#define N_CASES 60

static void
test_convolutions (gconstpointer type)
{
  QsKernelCheck check;

  qs_kernel_check_init (&check);
  for (guint64 seed = 0; seed < N_CASES; seed++)
    {
      qs_convolution_case_check (GPOINTER_TO_INT (type), seed, &check);
      qs_kernel_check_assert_passed (&check);
    }
  qs_cuda_test_assert_tried (qs_cuda_convolution_kernels,
                             qs_cuda_test_precision (GPOINTER_TO_INT (type)), &check);
  qs_kernel_check_clear (&check);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_data_func ("/cuda/convolution/int8", GINT_TO_POINTER (QS_DATA_TYPE_INT8),
                        test_convolutions);
  g_test_add_data_func ("/cuda/convolution/fp16", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT16),
                        test_convolutions);
  g_test_add_data_func ("/cuda/convolution/fp32", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT),
                        test_convolutions);
  return g_test_run ();
}
