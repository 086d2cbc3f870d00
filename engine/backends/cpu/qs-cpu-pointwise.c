/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <string.h>

#include "core/qs-error.h"
#include "numerics/qs-int8.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-util.h"
#include "qs-cpu-loops.h"

/*
 * Layers that compute every element from elements at the same place: ElementWise with broadcasting,
 * Activation and Unary. They work in any layout, in pieces that stay in the first level cache.
 */

#define PIECE 1024
#define ITEM_WORK 16384

/* ---- ElementWise ---- */

typedef struct
{
  const QsCpuFunctions *functions;
  const QsLayer *layer;
  QsCpuLoops loops;      /* over output, a, b */
  const QsExecution *execution;
  int type;
  gboolean integer;
  gboolean square;       /* Pow with exponent 2 */
  int repeated;          /* input with one short row for many, or -1 */
} ElementWise;

static void
gather (gconstpointer from,
        gint64        step,
        gsize         size,
        gint64        n,
        gpointer      to)
{
  if (size == sizeof (float))
    for (gint64 i = 0; i < n; i++)
      ((float *) to)[i] = ((const float *) from)[i * step];
  else
    for (gint64 i = 0; i < n; i++)
      ((gint8 *) to)[i] = ((const gint8 *) from)[i * step];
}

/* The next @n values of input @index, where they lie or gathered at @buffer. */
static gconstpointer
read_piece (const ElementWise *self,
            int                index,
            gint64             offset,
            gint64             n,
            gpointer           buffer)
{
  const gsize size = self->integer ? 1 : 4;
  const gint64 step = self->loops.strides[1 + index][self->loops.n_dims - 1];
  const guint8 *from = (const guint8 *) self->execution->inputs[index].data + offset * size;

  if (step == 0 || step == 1)
    return from;
  gather (from, step, size, n, buffer);
  return buffer;
}

static void
compute_floats (const ElementWise *self,
                QsCpuBroadcast     broadcast,
                const float       *a,
                const float       *b,
                float             *out,
                gint64             n)
{
  if (self->square)
    self->functions->element_wise (QS_ELEMENT_WISE_MUL, QS_CPU_BROADCAST_NONE, a, a, out, n);
  else
    self->functions->element_wise (self->type, broadcast, a, b, out, n);
  self->functions->activation (&self->layer->activation, out, n);
}

static void
compute_bytes (const ElementWise *self,
               QsCpuBroadcast     broadcast,
               const gint8       *a,
               const gint8       *b,
               gint8             *out,
               gint64             n)
{
  const QsCpuFunctions *functions = self->functions;
  const QsExecution *execution = self->execution;
  const float a_scale = execution->inputs[0].scale, b_scale = execution->inputs[1].scale;
  float left[PIECE], right[PIECE], values[PIECE];

  if (self->type == QS_ELEMENT_WISE_ADD)
    functions->add_s8 (broadcast, a, a_scale, b, b_scale, values, n);
  else
    {
      functions->dequantize (a, a_scale, left, broadcast == QS_CPU_BROADCAST_A ? 1 : n);
      functions->dequantize (b, b_scale, right, broadcast == QS_CPU_BROADCAST_B ? 1 : n);
      functions->element_wise (self->type, broadcast, left, right, values, n);
    }

  functions->activation (&self->layer->activation, values, n);
  functions->quantize (values, 1.0f / execution->outputs[0].scale, out, n);
}

static void
compute (const ElementWise *self,
         QsCpuBroadcast     broadcast,
         gconstpointer      a,
         gconstpointer      b,
         gint64             offset,
         gint64             n)
{
  const QsView *y = &self->execution->outputs[0];

  if (self->integer)
    compute_bytes (self, broadcast, a, b, (gint8 *) y->data + offset, n);
  else
    compute_floats (self, broadcast, a, b, (float *) y->data + offset, n);
}

static void
compute_piece (const ElementWise *self,
               const gint64      *offsets,
               gint64             n)
{
  const int inner = self->loops.n_dims - 1;
  QsCpuBroadcast broadcast = QS_CPU_BROADCAST_NONE;
  float a_buffer[PIECE], b_buffer[PIECE];
  gconstpointer a = read_piece (self, 0, offsets[1], n, a_buffer);
  gconstpointer b = read_piece (self, 1, offsets[2], n, b_buffer);

  if (self->loops.strides[1][inner] == 0)
    broadcast = QS_CPU_BROADCAST_A;
  else if (self->loops.strides[2][inner] == 0)
    broadcast = QS_CPU_BROADCAST_B;

  compute (self, broadcast, a, b, offsets[0], n);
}

static void
compute_rows (gint64   first,
              gint64   last,
              guint    thread,
              gpointer user_data)
{
  const ElementWise *self = user_data;
  const int inner = self->loops.n_dims - 1;

  for (gint64 row = first; row < last; row++)
    {
      gint64 offsets[QS_CPU_LOOPS_MAX_VIEWS];

      qs_cpu_loops_locate (&self->loops, 1, row, offsets);
      for (gint64 i = 0; i < self->loops.dims[inner]; i += PIECE)
        {
          compute_piece (self, offsets, MIN (PIECE, self->loops.dims[inner] - i));
          for (int v = 0; v < 3; v++)
            offsets[v] += PIECE * self->loops.strides[v][inner];
        }
    }
}

/*
 * A short row that one input has for many rows of the other, as a weight for each channel of all
 * pixels: the row is written as often as a piece holds it, and then pieces are computed as if both
 * inputs had all of their elements.
 */

/* Whether all rows of view @v in the next loop are one piece of memory. */
static gboolean
rows_are_contiguous (const QsCpuLoops *loops,
                     int               v)
{
  const int inner = loops->n_dims - 1;

  return loops->strides[v][inner] == 1 && loops->strides[v][inner - 1] == loops->dims[inner];
}

/* The input whose rows are repeated, -1 for none. */
static int
find_repeated (const QsCpuLoops *loops)
{
  const int inner = loops->n_dims - 1;

  if (inner < 1 || loops->dims[inner] > PIECE / 2 || !rows_are_contiguous (loops, 0))
    return -1;

  for (int i = 0; i < 2; i++)
    if (loops->strides[1 + i][inner] == 1 && loops->strides[1 + i][inner - 1] == 0
        && rows_are_contiguous (loops, 2 - i))
      return i;

  return -1;
}

static void
repeat (gconstpointer from,
        gsize         n,
        gint64        n_times,
        guint8       *to)
{
  for (gint64 i = 0; i < n_times; i++)
    memcpy (to + i * n, from, n);
}

static void
compute_repeated_rows (gint64   first,
                       gint64   last,
                       guint    thread,
                       gpointer user_data)
{
  const ElementWise *self = user_data;
  const gint64 n = self->loops.dims[self->loops.n_dims - 1];
  const gint64 n_rows = self->loops.dims[self->loops.n_dims - 2];
  const gsize size = self->integer ? 1 : sizeof (float);
  float rows[PIECE];
  gint64 plane = -1;

  for (gint64 row = first; row < last;)
    {
      const gint64 n_together = MIN (MIN (PIECE / n, last - row), n_rows - row % n_rows);
      gint64 offsets[QS_CPU_LOOPS_MAX_VIEWS];
      gconstpointer inputs[2];

      qs_cpu_loops_locate (&self->loops, 1, row, offsets);
      for (int i = 0; i < 2; i++)
        inputs[i] = (const guint8 *) self->execution->inputs[i].data + offsets[1 + i] * size;
      if (row / n_rows != plane)
        repeat (inputs[self->repeated], n * size, PIECE / n, (guint8 *) rows);
      plane = row / n_rows;
      inputs[self->repeated] = rows;
      compute (self, QS_CPU_BROADCAST_NONE, inputs[0], inputs[1], offsets[0], n_together * n);
      row += n_together;
    }
}

/* Both inputs of one element in the inner loop cannot be, but both broadcast could: then the row
 * is a single result, many times. Cutting a long only row gives the threads something to share. */
static void
cut_only_row (QsCpuLoops *loops)
{
  const gint64 n = loops->dims[0];

  if (loops->n_dims != 1 || n < 2 * ITEM_WORK || n % PIECE != 0)
    return;

  loops->n_dims = 2;
  loops->dims[0] = n / PIECE;
  loops->dims[1] = PIECE;
  for (int v = 0; v < loops->n_views; v++)
    {
      loops->strides[v][1] = loops->strides[v][0];
      loops->strides[v][0] = loops->strides[v][1] * PIECE;
    }
}

static gboolean
is_two (const QsTensor *tensor)
{
  return tensor->value != NULL && tensor->type == QS_DATA_TYPE_FLOAT
         && qs_host_tensor_get_n_elements (tensor->value) == 1
         && qs_host_tensor_get_floats (tensor->value)[0] == 2.0f;
}

static gboolean
element_wise_execute (const QsKernel     *kernel,
                      const QsLayer      *layer,
                      gpointer            state,
                      const QsExecution  *execution,
                      GError            **error)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  const QsView *y = &execution->outputs[0];
  gint64 broadcast[2][QS_MAX_DIMS];
  const gint64 *strides[] = { y->strides, broadcast[0], broadcast[1] };
  ElementWise self = {
    .functions = qs_cpu_kernel_functions (kernel),
    .layer = layer,
    .execution = execution,
    .type = attributes->type,
    .integer = kernel->precision == QS_PRECISION_INT8,
    .square = attributes->type == QS_ELEMENT_WISE_POW,
  };

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;

  qs_broadcast_strides (&execution->inputs[0], &y->shape, broadcast[0]);
  qs_broadcast_strides (&execution->inputs[1], &y->shape, broadcast[1]);
  qs_cpu_loops_init (&self.loops, &y->shape, strides, 3);
  cut_only_row (&self.loops);
  self.repeated = find_repeated (&self.loops);
  qs_thread_pool_run (execution->pool, qs_cpu_loops_n_outer (&self.loops, 1),
                      1 + ITEM_WORK / self.loops.dims[self.loops.n_dims - 1],
                      self.repeated < 0 ? compute_rows : compute_repeated_rows, &self);
  return TRUE;
}

static gboolean
all_have (const QsLayer *layer,
          QsDataType     type)
{
  for (guint i = 0; i < layer->inputs->len + 1; i++)
    {
      const QsTensor *tensor = i < layer->inputs->len ? qs_layer_get_input (layer, i)
                                                      : qs_layer_get_output (layer, 0);

      if (tensor == NULL || tensor->type != type
          || (type == QS_DATA_TYPE_INT8 && !(tensor->scale > 0.0f)))
        return FALSE;
    }

  return TRUE;
}

static gboolean
supports_types (const QsKernel  *kernel,
                const QsLayer   *layer,
                const char     **reason)
{
  if (kernel->precision == QS_PRECISION_INT8 && !all_have (layer, QS_DATA_TYPE_INT8))
    return qs_cpu_refuse (reason, "an input or the output is not INT8 with a scale");
  if (kernel->precision != QS_PRECISION_INT8 && !all_have (layer, QS_DATA_TYPE_FLOAT))
    return qs_cpu_refuse (reason, "an input or the output is not float");
  return TRUE;
}

static gboolean
element_wise_supports (const QsKernel  *kernel,
                       const QsLayer   *layer,
                       const char     **reason)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  gboolean is_float = kernel->precision != QS_PRECISION_INT8;

  if (layer->inputs->len != 2 || !supports_types (kernel, layer, reason))
    return FALSE;
  if (attributes->type == QS_ELEMENT_WISE_POW && is_float && is_two (qs_layer_get_input (layer, 1))
      && qs_shape_equal (&qs_layer_get_input (layer, 0)->shape,
                         &qs_layer_get_output (layer, 0)->shape))
    return TRUE;
  if (attributes->type == QS_ELEMENT_WISE_ADD || attributes->type == QS_ELEMENT_WISE_SUB
      || attributes->type == QS_ELEMENT_WISE_MUL
      || (attributes->type == QS_ELEMENT_WISE_DIV && is_float))
    return TRUE;
  return qs_cpu_refuse (reason, "there is no vector loop for this operation");
}

/* ---- Activation and Unary: the elements in the order of memory ---- */

typedef struct
{
  const QsCpuFunctions *functions;
  const QsLayer *layer;
  gconstpointer in;
  gpointer out;
  gsize size;            /* of an element */
  QsCpuLoops loops;      /* over output and input */
  QsThreadPoolFunc func;
  gint8 table[256];      /* result by input byte */
} Pointwise;

static void
activate_floats (gint64   first,
                 gint64   last,
                 guint    thread,
                 gpointer user_data)
{
  const Pointwise *self = user_data;
  const float *in = (const float *) self->in + first;
  float *out = (float *) self->out + first;

  if (out != in)
    memcpy (out, in, (last - first) * sizeof *out);
  self->functions->activation (&self->layer->activation, out, last - first);
}

static void
look_up_bytes (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const Pointwise *self = user_data;
  const guint8 *in = self->in;
  gint8 *out = self->out;

  for (gint64 i = first; i < last; i++)
    out[i] = self->table[in[i]];
}

static void
compute_unary (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const Pointwise *self = user_data;
  const QsUnaryAttributes *attributes = self->layer->attributes;
  float *out = (float *) self->out + first;
  float piece[PIECE];

  for (gint64 i = 0; i < last - first; i += PIECE)
    {
      gint64 n = MIN (PIECE, last - first - i);

      self->functions->unary (attributes->type, (const float *) self->in + first + i, piece, n);
      self->functions->activation (&self->layer->activation, piece, n);
      memcpy (out + i, piece, n * sizeof *out);
    }
}

/* Every byte has one result, so 256 results are all there is to compute. */
static void
fill_table (Pointwise    *self,
            const QsView *x,
            const QsView *y)
{
  const float reciprocal = 1.0f / y->scale;

  for (int q = -128; q <= 127; q++)
    {
      float v = qs_activation_apply (&self->layer->activation, qs_dequantize (q, x->scale));

      self->table[(guint8) q] = qs_quantize (v, reciprocal);
    }
}

/* Where input or output are rows of a wider tensor, a row at a time. */
static void
compute_each_row (gint64   first,
                  gint64   last,
                  guint    thread,
                  gpointer user_data)
{
  const Pointwise *self = user_data;
  Pointwise row = *self;

  for (gint64 i = first; i < last; i++)
    {
      gint64 offsets[QS_CPU_LOOPS_MAX_VIEWS];

      qs_cpu_loops_locate (&self->loops, 1, i, offsets);
      row.out = (guint8 *) self->out + offsets[0] * (gint64) self->size;
      row.in = (const guint8 *) self->in + offsets[1] * (gint64) self->size;
      self->func (0, self->loops.dims[self->loops.n_dims - 1], thread, &row);
    }
}

/* Whether the elements lie together in both, at least row by row. */
static gboolean
find_rows (Pointwise    *self,
           const QsView *x,
           const QsView *y)
{
  const gint64 *strides[] = { y->strides, x->strides };
  int inner;

  qs_cpu_loops_init (&self->loops, &y->shape, strides, 2);
  inner = self->loops.n_dims - 1;
  return self->loops.dims[inner] == 1
         || (self->loops.strides[0][inner] == 1 && self->loops.strides[1][inner] == 1);
}

static void
run_rows (Pointwise    *self,
          QsThreadPool *pool)
{
  const gint64 n = self->loops.dims[self->loops.n_dims - 1];

  if (self->loops.n_dims == 1)
    qs_thread_pool_run (pool, n, ITEM_WORK, self->func, self);
  else
    qs_thread_pool_run (pool, qs_cpu_loops_n_outer (&self->loops, 1), 1 + ITEM_WORK / n,
                        compute_each_row, self);
}

static gboolean
run_pointwise (const QsKernel     *kernel,
               const QsLayer      *layer,
               const QsExecution  *execution,
               QsThreadPoolFunc    func,
               GError            **error)
{
  const QsView *x = &execution->inputs[0], *y = &execution->outputs[0];
  Pointwise self = {
    .functions = qs_cpu_kernel_functions (kernel),
    .layer = layer,
    .in = x->data,
    .out = y->data,
    .size = qs_data_type_size (x->type),
    .func = func,
  };

  if (qs_shape_n_elements (&y->shape) == 0)
    return TRUE;
  if (!find_rows (&self, x, y))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_FAILED,
                   "%s %s: input and output have different memory layouts", layer->klass->name,
                   layer->name);
      return FALSE;
    }

  if (func == look_up_bytes)
    fill_table (&self, x, y);
  run_rows (&self, execution->pool);
  return TRUE;
}

static gboolean
activation_f32_execute (const QsKernel     *kernel,
                        const QsLayer      *layer,
                        gpointer            state,
                        const QsExecution  *execution,
                        GError            **error)
{
  return run_pointwise (kernel, layer, execution, activate_floats, error);
}

static gboolean
activation_s8_execute (const QsKernel     *kernel,
                       const QsLayer      *layer,
                       gpointer            state,
                       const QsExecution  *execution,
                       GError            **error)
{
  return run_pointwise (kernel, layer, execution, look_up_bytes, error);
}

static gboolean
unary_execute (const QsKernel     *kernel,
               const QsLayer      *layer,
               gpointer            state,
               const QsExecution  *execution,
               GError            **error)
{
  return run_pointwise (kernel, layer, execution, compute_unary, error);
}

static gboolean
unary_supports (const QsKernel  *kernel,
                const QsLayer   *layer,
                const char     **reason)
{
  const QsUnaryAttributes *attributes = layer->attributes;

  if (!qs_cpu_kernel_functions (kernel)->unary (attributes->type, NULL, NULL, 0))
    return qs_cpu_refuse (reason, "there is no vector loop for this function");
  return supports_types (kernel, layer, reason);
}

const QsKernel qs_cpu_pointwise_kernels[] = {
  {
    .name = "element_wise_s8",
    .kind = QS_LAYER_ELEMENT_WISE,
    .precision = QS_PRECISION_INT8,
    .any_format = TRUE,
    .in_place = 1 << 0 | 1 << 1,
    .memory = QS_KERNEL_STRIDED,
    .supports = element_wise_supports,
    .execute = element_wise_execute,
  },
  {
    .name = "element_wise_f32",
    .kind = QS_LAYER_ELEMENT_WISE,
    .precision = QS_PRECISION_FP32,
    .any_format = TRUE,
    .in_place = 1 << 0 | 1 << 1,
    .memory = QS_KERNEL_STRIDED,
    .supports = element_wise_supports,
    .execute = element_wise_execute,
  },
  {
    .name = "activation_s8",
    .kind = QS_LAYER_ACTIVATION,
    .precision = QS_PRECISION_INT8,
    .any_format = TRUE,
    .in_place = 1 << 0,
    .memory = QS_KERNEL_STRIDED,
    .supports = supports_types,
    .execute = activation_s8_execute,
  },
  {
    .name = "activation_f32",
    .kind = QS_LAYER_ACTIVATION,
    .precision = QS_PRECISION_FP32,
    .any_format = TRUE,
    .in_place = 1 << 0,
    .memory = QS_KERNEL_STRIDED,
    .supports = supports_types,
    .execute = activation_f32_execute,
  },
  {
    .name = "unary_f32",
    .kind = QS_LAYER_UNARY,
    .precision = QS_PRECISION_FP32,
    .any_format = TRUE,
    .in_place = 1 << 0,
    .memory = QS_KERNEL_STRIDED,
    .supports = unary_supports,
    .execute = unary_execute,
  },
  { .name = NULL },
};
