/* SPDX-License-Identifier: MIT */
#include "qs-cuda-test.h"
#include "qs-product-cases.h"
#include "qs-stand-in-driver.h"

/*
 * Every CUDA kernel of products on the emulated device, over random layers, against the reference
 * kernels.
 */

#define N_CASES 60

static void
test_products (gconstpointer type)
{
  QsKernelCheck check;

  qs_kernel_check_init (&check);
  for (guint64 seed = 0; seed < N_CASES; seed++)
    {
      qs_product_case_check (GPOINTER_TO_INT (type), seed, &check);
      qs_kernel_check_assert_passed (&check);
    }
  qs_cuda_test_assert_tried (qs_cuda_matrix_multiply_kernels,
                             qs_cuda_test_precision (GPOINTER_TO_INT (type)), &check);
  qs_kernel_check_clear (&check);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_data_func ("/cuda/product/int8", GINT_TO_POINTER (QS_DATA_TYPE_INT8), test_products);
  g_test_add_data_func ("/cuda/product/fp16", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT16),
                        test_products);
  g_test_add_data_func ("/cuda/product/fp32", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT), test_products);
  return g_test_run ();
}
