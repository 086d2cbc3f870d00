/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/cpu/qs-cpu-kernel.h"
#include "network/qs-network.h"
#include "operators/qs-attributes.h"
#include "operators/qs-operator.h"

/*
 * Measures the CPU backend's convolutions on the layers of ResNet-50 (He et al. 2015, v1.5), one
 * thread, medians of its processor time, and beside them what the innermost loops reach on data in
 * the first level cache, which is as fast as any blocking around them can get. With --cold, runs take
 * turns with so many copies of the weights that each has left the caches when it comes again, as in a
 * large network. A program to look at, not a test.
 */

#define N_RUNS 15
#define COLD_BYTES (100 << 20)
#define MAX_COPIES 64

static gboolean cold = FALSE;

typedef struct
{
  int channels, size, outputs, kernel, stride, count;
} Shape;

static const Shape resnet50[] = {
  { 3, 224, 64, 7, 2, 1 },     { 64, 56, 64, 1, 1, 1 },     { 64, 56, 64, 3, 1, 3 },
  { 64, 56, 256, 1, 1, 4 },    { 256, 56, 64, 1, 1, 2 },    { 256, 56, 128, 1, 1, 1 },
  { 128, 56, 128, 3, 2, 1 },   { 128, 28, 512, 1, 1, 4 },   { 256, 56, 512, 1, 2, 1 },
  { 512, 28, 128, 1, 1, 3 },   { 128, 28, 128, 3, 1, 3 },   { 512, 28, 256, 1, 1, 1 },
  { 256, 28, 256, 3, 2, 1 },   { 256, 14, 1024, 1, 1, 6 },  { 512, 28, 1024, 1, 2, 1 },
  { 1024, 14, 256, 1, 1, 5 },  { 256, 14, 256, 3, 1, 5 },   { 1024, 14, 512, 1, 1, 1 },
  { 512, 14, 512, 3, 2, 1 },   { 512, 7, 2048, 1, 1, 3 },   { 1024, 14, 2048, 1, 2, 1 },
  { 2048, 7, 512, 1, 1, 2 },   { 512, 7, 512, 3, 1, 2 },
};

/* The thread's own time: what else runs on the machine counts less. */
static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static QsHostTensor *
make_tensor (QsDataType     type,
             const QsShape *shape,
             gboolean       non_negative)
{
  QsHostTensor *tensor = qs_host_tensor_new (type, shape, NULL);
  gpointer data = qs_host_tensor_get_mutable (tensor);
  gint64 n = qs_shape_n_elements (shape);
  guint32 state = 1;

  for (gint64 i = 0; i < n; i++)
    {
      state = state * 1664525u + 1013904223u;
      if (type == QS_DATA_TYPE_INT8)
        ((gint8 *) data)[i] = (gint8) (non_negative ? state >> 25 : state >> 24);
      else
        ((float *) data)[i] = (float) (state >> 8) * 0x1p-24f - 0.5f;
    }

  return tensor;
}

typedef enum
{
  FLOATS,
  SIGNED_BYTES,
  NON_NEGATIVE_BYTES,
} Mode;

/* A convolution with ReLU, whose input comes from a ReLU where bytes are not negative. */
static QsLayer *
make_layer (QsNetwork   *network,
            const Shape *shape,
            Mode         mode)
{
  const QsDataType type = mode == FLOATS ? QS_DATA_TYPE_FLOAT : QS_DATA_TYPE_INT8;
  const int pad = shape->kernel / 2;
  QsConvolutionAttributes conv = { .groups = 1, .kernel_shape = { 2 }, .strides = { 2 },
                                   .dilations = { 2, { 1, 1 } }, .pads = { 4 } };
  QsShape x = qs_shape_make (4, 1, shape->channels, shape->size, shape->size);
  QsShape w = qs_shape_make (4, shape->outputs, shape->channels, shape->kernel, shape->kernel);
  QsShape b = qs_shape_make (1, shape->outputs);
  QsTensor *inputs[3], *source, *output = qs_network_add_tensor (network, "y");
  QsLayer *relu, *layer;

  for (int i = 0; i < 2; i++)
    {
      conv.kernel_shape.v[i] = shape->kernel;
      conv.strides.v[i] = shape->stride;
      conv.pads.v[i] = conv.pads.v[2 + i] = pad;
    }

  source = qs_network_add_input (network, "source", type, &x);
  inputs[0] = qs_network_add_tensor (network, "x");
  inputs[0]->type = type;
  inputs[0]->shape = x;
  inputs[0]->scale = 0.02f;
  inputs[1] = qs_network_add_constant (network, "w", make_tensor (type, &w, FALSE));
  inputs[2] = qs_network_add_constant (network, "b", make_tensor (QS_DATA_TYPE_FLOAT, &b, FALSE));
  relu = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_ACTIVATION), "relu", NULL,
                               &source, 1, inputs, 1);
  relu->activation.type = mode == NON_NEGATIVE_BYTES ? QS_ACTIVATION_RELU : QS_ACTIVATION_NONE;
  layer = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_CONVOLUTION), "conv",
                                &conv, inputs, 3, &output, 1);
  layer->activation.type = QS_ACTIVATION_RELU;
  layer->klass->infer (layer, NULL);
  output->type = type;
  output->scale = 0.5f;
  if (mode != FLOATS)
    layer->weight_scales = make_tensor (QS_DATA_TYPE_FLOAT, &b, FALSE);
  return layer;
}

static gpointer
allocate (gsize size)
{
  gpointer memory = NULL;

  if (posix_memalign (&memory, 64, MAX (size, 64)) != 0)
    exit (1);
  memset (memory, 0, size);
  return memory;
}

/* Copies of the packed weights, at least one. */
static guint
count_copies (const QsLayer *layer)
{
  const QsTensor *weights = qs_layer_get_input (layer, 1);
  gint64 bytes = qs_shape_n_elements (&weights->shape) * (gint64) qs_data_type_size (weights->type);

  return cold ? CLAMP (COLD_BYTES / bytes, 1, MAX_COPIES) : 1;
}

static double
time_kernel (const QsKernel *kernel,
             QsLayer        *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  g_autoptr (QsHostTensor) values = make_tensor (x->type, &x->shape, TRUE);
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (1);
  const guint n_copies = count_copies (layer);
  gpointer states[MAX_COPIES];
  QsView inputs[3] = { 0 }, out;
  QsExecution execution = { inputs, 3, &out, 1, NULL, pool };
  double times[N_RUNS];

  for (guint i = 0; i < n_copies; i++)
    states[i] = kernel->prepare (kernel, layer, NULL);
  qs_view_init (&inputs[0], x->type, kernel->format, &x->shape,
                qs_host_tensor_get_mutable (values));
  inputs[0].scale = x->scale;
  qs_view_init (&out, y->type, kernel->format, &y->shape,
                allocate (qs_shape_n_elements (&y->shape) * 4));
  out.scale = y->scale;
  execution.workspace = allocate (kernel->workspace_size (kernel, layer, states[0], 1));

  for (int i = -2; i < N_RUNS; i++)
    {
      double start = now ();

      kernel->execute (kernel, layer, states[(guint) (i + 2) % n_copies], &execution, NULL);
      if (i >= 0)
        times[i] = now () - start;
    }

  free (out.data);
  free (execution.workspace);
  for (guint i = 0; i < n_copies; i++)
    kernel->release (states[i]);
  qsort (times, N_RUNS, sizeof *times, compare_doubles);
  return times[N_RUNS / 2];
}

static double
measure (QsCpuLevel   level,
         const Shape *shape,
         Mode         mode)
{
  const QsPrecision precision = mode == FLOATS ? QS_PRECISION_FP32 : QS_PRECISION_INT8;
  g_autoptr (QsNetwork) network = qs_network_new ("bench");
  QsLayer *layer = make_layer (network, shape, mode);
  guint n;
  const QsKernel *const *kernels = qs_cpu_get_kernels (level, &n);

  for (guint i = 0; i < n; i++)
    if (kernels[i]->kind == QS_LAYER_CONVOLUTION && kernels[i]->precision == precision
        && kernels[i]->supports (kernels[i], layer, NULL))
      return time_kernel (kernels[i], layer);

  return 0;
}

/* The innermost loop alone, on a panel and rows that stay in the first level cache. */
static double
measure_tile (const QsCpuFunctions    *functions,
              const QsCpuProductFuncs *funcs)
{
  const gsize n_steps = 96, n_calls = 2000;
  const guint8 *rows[QS_CPU_MAX_ROWS];
  guint8 *left = allocate (QS_CPU_MAX_ROWS * n_steps * 4);
  gpointer panel = allocate (n_steps * QS_CPU_MAX_PANEL * 4);
  gpointer tile = allocate (QS_CPU_MAX_ROWS * QS_CPU_MAX_PANEL * 4);
  const QsCpuTile job = { .rows = rows, .row_pitch = QS_CPU_MAX_ROWS, .n_segments = 1,
                          .n_steps = n_steps, .panel = panel, .sums = tile };
  double best = 1e9;

  for (guint r = 0; r < QS_CPU_MAX_ROWS; r++)
    rows[r] = left + r * n_steps * 4;

  for (int i = 0; i < 30; i++)
    {
      double start = now ();

      for (gsize call = 0; call < n_calls; call++)
        funcs->tile (funcs->max_rows, 2, &job);
      best = MIN (best, now () - start);
    }

  free (left);
  free (panel);
  free (tile);
  return 2e-9 * (double) (n_calls * n_steps * funcs->unit * funcs->max_rows
                          * QS_CPU_PANEL (functions)) / best;
}

static void
print_row (QsCpuLevel   level,
           const Shape *shape,
           double      *totals)
{
  const int out = (shape->size - 1) / shape->stride + 1;
  const double work = 2e-9 * out * out * shape->outputs * shape->channels * shape->kernel
                      * shape->kernel;

  g_print ("%5d %4d %5d %2dx%d /%d x%d %7.3f", shape->channels, shape->size, shape->outputs,
           shape->kernel, shape->kernel, shape->stride, shape->count, work);
  for (int mode = FLOATS; mode <= NON_NEGATIVE_BYTES; mode++)
    {
      double seconds = measure (level, shape, mode);

      totals[mode] += seconds * shape->count;
      g_print ("  %8.3f %7.1f", 1e3 * seconds, work / seconds);
    }
  totals[3] += work * shape->count;
  g_print ("\n");
}

static void
bench_level (QsCpuLevel level)
{
  const QsCpuFunctions *functions = qs_cpu_functions_get (level);
  double totals[4] = { 0 };

  if (functions == NULL)
    return;

  g_print ("\n%s: innermost loops reach %.1f GFLOP/s, s8 %.1f GOP/s, u7 %.1f GOP/s\n",
           qs_cpu_level_id (level), measure_tile (functions, functions->product_f32),
           measure_tile (functions, functions->product_s8),
           measure_tile (functions, functions->product_u7));
  g_print ("    C   HW     K  filter       GOP    f32 ms  GFLOP/s    s8 ms   GOP/s     u7 ms   "
           "GOP/s\n");
  for (gsize i = 0; i < G_N_ELEMENTS (resnet50); i++)
    print_row (level, &resnet50[i], totals);
  g_print ("all 53 convolutions      %7.3f  %8.3f %7.1f  %8.3f %7.1f  %8.3f %7.1f\n", totals[3],
           1e3 * totals[0], totals[3] / totals[0], 1e3 * totals[1], totals[3] / totals[1],
           1e3 * totals[2], totals[3] / totals[2]);
}

int
main (int    argc,
      char **argv)
{
  QsCpuLevel level;

  if (argc > 1 && strcmp (argv[argc - 1], "--cold") == 0)
    {
      cold = TRUE;
      argc--;
    }

  if (argc > 1 && qs_cpu_level_parse (argv[1], &level))
    bench_level (level);
  else
    for (int i = QS_N_CPU_LEVELS - 1; i >= 0; i--)
      bench_level (i);

  return 0;
}
