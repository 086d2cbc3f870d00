/* SPDX-License-Identifier: MIT */
#include "backends/qs-backend.h"
#include "backends/cuda/qs-cuda-driver.h"
#include "operators/qs-operator.h"
#include "qs-emulator.h"
#include "qs-layer-cases.h"
#include "qs-stand-in-driver.h"

/*
 * Layers that work on elements, rows and windows, on the emulated device against the reference.
 */

#define N_SEEDS 30

static void
test_type (const QsLayerCase *layer_case,
           QsDataType         type)
{
  QsKernelCheck check;

  qs_kernel_check_init (&check);
  for (guint64 seed = 0; seed < N_SEEDS; seed++)
    {
      qs_layer_case_check (layer_case, type, seed, &check);
      qs_kernel_check_assert_passed (&check);
    }
  /* Every type has its kernel, for nearly every layer. */
  g_assert_cmpuint (check.n_runs, >=, N_SEEDS);
  qs_kernel_check_clear (&check);
}

static void
test_case (gconstpointer data)
{
  const QsLayerCase *layer_case = data;

  for (int i = 0; i < 4 && layer_case->types[i] != 0; i++)
    test_type (layer_case, layer_case->types[i]);
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

/* Why the device has no kernel for a kind of layer, in one precision or (ALL) in all of them. */
#define ALL ((QsPrecision) -1)

typedef struct
{
  QsLayerKind kind;
  QsPrecision precision;
  const char *reason;
} Reason;

#define ONLY_FLOAT "it has no INT8 form"
#define ONE_ROW "it converts types itself and always has the precision FP32 or INT8"
#define DATA_SIZE "as many elements as the data says, so it folds at import or is refused"
#define RARE "no network of vision or language that was looked at has it in its middle; the host computes it"

static const Reason reasons[] = {
  { QS_LAYER_UNARY, QS_PRECISION_INT8, ONLY_FLOAT },
  { QS_LAYER_SCALE, QS_PRECISION_INT8, ONLY_FLOAT },
  { QS_LAYER_NORMALIZATION, QS_PRECISION_INT8, ONLY_FLOAT },
  { QS_LAYER_SOFT_MAX, QS_PRECISION_INT8, ONLY_FLOAT },
  { QS_LAYER_CAST, QS_PRECISION_FP16, ONE_ROW },
  { QS_LAYER_REFORMAT, QS_PRECISION_FP16, ONE_ROW },
  { QS_LAYER_CAST, QS_PRECISION_INT8, "it is not quantized" },
  { QS_LAYER_QUANTIZE, QS_PRECISION_FP16, ONE_ROW },
  { QS_LAYER_DEQUANTIZE, QS_PRECISION_FP16, ONE_ROW },
  { QS_LAYER_CONVOLUTION_POOLING, QS_PRECISION_FP32, "only INT8 convolutions take in a pooling" },
  { QS_LAYER_CONVOLUTION_POOLING, QS_PRECISION_FP16, "only INT8 convolutions take in a pooling" },
  { QS_LAYER_SHAPE, ALL, "it folds at import, where shapes are known" },
  { QS_LAYER_FILL, ALL, "it folds at import wherever its inputs are constant" },
  { QS_LAYER_NON_ZERO, ALL, DATA_SIZE },
  { QS_LAYER_COMPRESS, ALL, DATA_SIZE },
  { QS_LAYER_UNIQUE, ALL, DATA_SIZE },
  { QS_LAYER_NMS, ALL, DATA_SIZE },
  { QS_LAYER_SCATTER, ALL, RARE },
  { QS_LAYER_TOP_K, ALL, RARE },
  { QS_LAYER_CUMULATIVE, ALL, RARE },
  { QS_LAYER_EINSUM, ALL, RARE },
  { QS_LAYER_TRILU, ALL, RARE },
  { QS_LAYER_GRID_SAMPLE, ALL, RARE },
  { QS_LAYER_ROI_ALIGN, ALL, RARE },
  { QS_LAYER_POOLING_INDICES, ALL, RARE },
  { QS_LAYER_REVERSE_SEQUENCE, ALL, RARE },
};

static const char *
find_reason (QsLayerKind kind,
             QsPrecision precision)
{
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (reasons[i].kind == kind &&
        (reasons[i].precision == ALL || reasons[i].precision == precision))
      return reasons[i].reason;

  return NULL;
}

static const char *
find_kernel (QsLayerKind kind,
             QsPrecision precision)
{
  guint n;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);

  for (guint i = 0; i < n; i++)
    if (kernels[i]->kind == kind && kernels[i]->precision == precision)
      return kernels[i]->name;

  return NULL;
}

/* Every kind of layer in every precision has a kernel or a reason, and not both. */
static void
test_table (void)
{
  for (int kind = 0; kind < QS_LAYER_OTHER; kind++)
    for (QsPrecision precision = QS_PRECISION_FP32; precision <= QS_PRECISION_INT8; precision++)
      {
        const QsLayerClass *klass = qs_layer_class_lookup ((QsLayerKind) kind);
        const char *kernel = find_kernel ((QsLayerKind) kind, precision);
        const char *reason = find_reason ((QsLayerKind) kind, precision);

        if (klass == NULL)
          continue;
        if ((kernel != NULL) == (reason != NULL))
          g_error ("%s in %s: the kernel is %s, the reason for none is %s", klass->name,
                   qs_precision_name (precision), kernel, reason);
        g_test_message ("%s in %s: %s", klass->name, qs_precision_name (precision),
                        kernel != NULL ? kernel : reason);
      }
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
  g_test_add_func ("/cuda/layers/table", test_table);
  return g_test_run ();
}
