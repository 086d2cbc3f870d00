/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../engine/passes/qs-test-networks.h"
#include "backends/cuda/qs-cuda-kernel.h"
#include "builder/qs-builder.h"
#include "operators/qs-operator.h"
#include "qs-emulated-tensor-map.h"
#include "qs-emulator.h"
#include "qs-hopper-cases.h"
#include "qs-hopper-mistakes.h"
#include "qs-stand-in-driver.h"

/*
 * The kernels for compute capability 9.0 on an emulated device of that kind, against the reference
 * kernels: INT8 bit for bit, FP16 against sums in double. Then the emulation itself: what it says to
 * kernels with a mistake.
 */

/* Kernels that ran, so that none is left out. */
static QsKernelCheck check;

static gboolean
is_hopper_kernel (const QsKernel *kernel,
                  QsLayerKind     kind,
                  QsPrecision     precision)
{
  return strstr (kernel->name, "wgmma") != NULL && kernel->kind == kind &&
         kernel->precision == precision;
}

static void
test_cases (gconstpointer data)
{
  const QsDataType type = GPOINTER_TO_INT (data);

  for (guint i = 0; i < qs_hopper_case_get_n (type); i++)
    {
      qs_hopper_case_check (type, i, &check);
      qs_kernel_check_assert_passed (&check);
    }
}

/* After the others: every INT8 kernel and every FP16 kernel of convolutions has run. FP16 products are
 * the same kernels with the same host code. */
static void
test_all_tried (void)
{
  guint n, n_kernels = 0;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);

  for (guint i = 0; i < n; i++)
    if (strstr (kernels[i]->name, "wgmma") != NULL)
      {
        n_kernels++;
        if (!g_hash_table_contains (check.tried, kernels[i]->name) &&
            !is_hopper_kernel (kernels[i], QS_LAYER_MATRIX_MULTIPLY, QS_PRECISION_FP16))
          g_error ("%s was not tried", kernels[i]->name);
      }
  g_assert_cmpuint (n_kernels, >=, 20);
}

typedef struct
{
  QsHopperCase layer;
  const char *reason;
} Refusal;

#define REFUSED(in_channels, height, width, stride, begin) \
  { 1, in_channels, 64, { height, width }, { 3, 3 }, { stride, stride }, { 1, 1 }, \
    { begin, begin }, { begin, begin }, QS_DATA_TYPE_INT8, 0, QS_ACTIVATION_NONE }

/* What bulk copies cannot do; the other kernels can. */
static const Refusal refusals[] = {
  { REFUSED (24, 9, 9, 1, 1), "a pixel's channels are not a multiple of 16 bytes" },
  { REFUSED (16, 60, 60, 9, 1), "bulk copies step over eight pixels at most" },
  { REFUSED (16, 9, 9, 1, 130), "the padding is too wide for bulk copies" },
};

static void
test_refusals (void)
{
  const QsKernel *kernel = qs_backend_lookup_kernel (qs_backend_lookup ("cuda"),
                                                     "cuda_conv_wgmma_s8_64x64");

  g_assert_nonnull (kernel);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      QsCpuTest test;
      QsRandom random = { 1 };
      const char *reason = NULL;

      qs_cpu_test_init (&test, i);
      qs_hopper_case_make (&test, &random, &refusals[i].layer);
      g_assert_false (kernel->supports (kernel, test.layer, &reason));
      g_assert_cmpstr (reason, ==, refusals[i].reason);
      qs_cpu_test_clear (&test);
    }
}

static guint
count_timed (QsEngine *engine)
{
  guint n = 0;

  for (guint i = 0; i < qs_engine_get_network (engine)->layers->len; i++)
    {
      const QsEngineLayer *layer = qs_engine_get_layer (engine, i);

      for (guint t = 0; t < layer->tactics->len; t++)
        {
          const QsTactic *tactic = g_ptr_array_index (layer->tactics, t);

          n += strstr (tactic->kernel, "wgmma") != NULL && tactic->ms >= 0.0;
        }
    }
  return n;
}

/* A build times them beside the others; what it chooses is the times' affair. */
static void
test_timed (void)
{
  QsBuilderOptions options = {
    .backend = qs_backend_lookup ("cuda"),
    .n_threads = 1,
    .fuse = TRUE,
    .int8 = QS_INT8_FASTER,
  };
  const QsShape shape = qs_shape_make (4, 1, 32, 6, 6);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  QsTestMaker maker;
  QsTensor *x;

  qs_test_maker_init (&maker, 1);
  x = qs_test_input (&maker, "x", &shape);
  x = qs_test_convolution (&maker, "y", x, 32, 3, 1, TRUE);
  g_ptr_array_add (maker.network->outputs, x);
  network = qs_network_ref (maker.network);
  qs_test_maker_clear (&maker);

  scales = qs_test_make_scales (network, 1);
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_timed (engine), >, 0);
}

#define N_K 200     /* of 256 that are copied */
#define PITCH 208

typedef struct
{
  QsMistake mistake;
  const char *message;
} Mistake;

static const Mistake mistakes[] = {
  { QS_MISTAKE_NO_INIT_FENCE, "initialised without a fence" },
  { QS_MISTAKE_NO_BLOCK_BARRIER, "without the block's barrier" },
  { QS_MISTAKE_EXPECT_LESS, "0 arrivals and -16 bytes are missing" },
  { QS_MISTAKE_EXPECT_MORE, "0 arrivals and 16 bytes are missing" },
  { QS_MISTAKE_NO_FULL_WAIT, "which nobody has written" },
  { QS_MISTAKE_NO_EMPTY_WAIT, "where all of this phase have arrived already" },
  { QS_MISTAKE_EARLY_RELEASE, "which warp 0 has read and not given back" },
  { QS_MISTAKE_MANY_ARRIVALS, "1 arrivals and 0 bytes are missing" },
  { QS_MISTAKE_READ_EARLY, "reads sums of a product without having waited" },
  { QS_MISTAKE_NO_PRODUCT_FENCE, "without a fence after other uses of the sums" },
  { QS_MISTAKE_ADD_TO_NOTHING, "adds to sums that were never set" },
  { QS_MISTAKE_MISALIGNED_MATRIX, "where the order of 128 bytes does not" },
  { QS_MISTAKE_MISALIGNED_COPY, "not aligned to 128 bytes" },
  { QS_MISTAKE_OTHER_MATRIX, "ask for different products" },
  { QS_MISTAKE_STORE, "wrote without a fence" },
  { QS_MISTAKE_STORE_LATE, "which a product under way reads" },
  { QS_MISTAKE_STORE_FENCED, "without a barrier between them" },
  { QS_MISTAKE_COPY_LATE, "ended with bulk copies under way" },
};

/* Rows of random bytes on the emulated device, and the map of boxes of @box_rows rows and a step. */
static gint8 *
make_matrix (QsRandom        *random,
             guint            rows,
             guint            box_rows,
             QsCudaTensorMap *map,
             gint8           *values)
{
  const guint64 dims[] = { N_K, rows }, stride = PITCH;
  const guint32 box[] = { QS_MISTAKE_STEP, box_rows }, steps[] = { 1, 1 };
  gint8 *memory = qs_emulator_allocate (rows * PITCH);

  for (guint i = 0; i < rows * PITCH; i++)
    values[i] = (gint8) qs_random_between (random, -128, 127);
  g_assert_true (qs_emulator_copy_in (memory, values, rows * PITCH));
  g_assert_cmpint (qs_emulated_encode_tiled (map, QS_CUDA_TENSOR_UINT8, 2, memory, dims, &stride, box,
                                             steps, 0, QS_CUDA_SWIZZLE_128, 0, 0), ==,
                   QS_CUDA_SUCCESS);
  return memory;
}

#define N_ROWS 60 /* of 64: the others are outside and count as zeros */

static gint8 left_values[N_ROWS * PITCH], right_values[QS_MISTAKE_COLUMNS * PITCH];

static gboolean
run_mistake (QsMistake mistake,
             gint32    out[QS_MISTAKE_ROWS][QS_MISTAKE_COLUMNS])
{
  QsRandom random = { 1 };
  QsMistakeArguments args = { .mistake = mistake };
  const gsize size = QS_MISTAKE_ROWS * QS_MISTAKE_COLUMNS * sizeof (gint32);
  gint8 *left = make_matrix (&random, N_ROWS, QS_MISTAKE_ROWS, &args.left, left_values);
  gint8 *right = make_matrix (&random, QS_MISTAKE_COLUMNS, QS_MISTAKE_COLUMNS, &args.right,
                              right_values);
  const guint grid[] = { 1, 1, 1 };
  gboolean ok;

  args.out = qs_emulator_allocate (size);
  ok = qs_emulator_launch (qs_emulator_find ("qs_hopper_mistake"), grid, QS_MISTAKE_THREADS,
                           QS_MISTAKE_SHARED, &args);
  qs_emulator_copy_out (out, args.out, size);
  qs_emulator_free (args.out);
  qs_emulator_free (left);
  qs_emulator_free (right);
  return ok;
}

static void
test_emulated_product (void)
{
  gint32 out[QS_MISTAKE_ROWS][QS_MISTAKE_COLUMNS];

  if (!run_mistake (QS_MISTAKE_NONE, out))
    g_error ("%s", qs_emulator_get_message ());
  for (guint i = 0; i < QS_MISTAKE_ROWS; i++)
    for (guint j = 0; j < QS_MISTAKE_COLUMNS; j++)
      {
        gint32 sum = 0;

        for (guint k = 0; k < N_K && i < N_ROWS; k++)
          sum += left_values[i * PITCH + k] * right_values[j * PITCH + k];
        g_assert_cmpint (out[i][j], ==, sum);
      }
}

static void
test_mistakes (void)
{
  gint32 out[QS_MISTAKE_ROWS][QS_MISTAKE_COLUMNS];

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_assert_false (run_mistake (mistakes[i].mistake, out));
      if (strstr (qs_emulator_get_message (), mistakes[i].message) == NULL)
        g_error ("mistake %d: “%s” is not in “%s”", mistakes[i].mistake, mistakes[i].message,
                 qs_emulator_get_message ());
    }
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  qs_kernel_check_init (&check);
  qs_stand_in_driver_set_architecture (90);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda-hopper/emulation/product", test_emulated_product);
  g_test_add_func ("/cuda-hopper/emulation/mistakes", test_mistakes);
  g_test_add_data_func ("/cuda-hopper/int8", GINT_TO_POINTER (QS_DATA_TYPE_INT8), test_cases);
  g_test_add_data_func ("/cuda-hopper/fp16", GINT_TO_POINTER (QS_DATA_TYPE_FLOAT16), test_cases);
  g_test_add_func ("/cuda-hopper/refusals", test_refusals);
  g_test_add_func ("/cuda-hopper/tried", test_all_tried);
  g_test_add_func ("/cuda-hopper/timed", test_timed);
  result = g_test_run ();
  qs_kernel_check_clear (&check);
  return result;
}
