/* SPDX-License-Identifier: MIT */
#include "qs-cpu-test.h"

#include <stdlib.h>
#include <string.h>

#include "backends/qs-backend-table.h"
#include "core/qs-float16.h"
#include "operators/qs-operator.h"

/* xorshift64*, Vigna 2016: any seed but zero. */
guint64
qs_random_next (QsRandom *self)
{
  if (self->state == 0)
    self->state = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  self->state ^= self->state >> 12;
  self->state ^= self->state << 25;
  self->state ^= self->state >> 27;
  return self->state * G_GUINT64_CONSTANT (0x2545f4914f6cdd1d);
}

gint64
qs_random_between (QsRandom *self,
                   gint64    low,
                   gint64    high)
{
  return low + (gint64) ((qs_random_next (self) >> 16) % (guint64) (high - low + 1));
}

float
qs_random_float (QsRandom *self,
                 float     low,
                 float     high)
{
  return low + (high - low) * (float) (qs_random_next (self) >> 40) * 0x1p-24f;
}

void
qs_random_extremes (QsRandom     *self,
                    QsHostTensor *tensor,
                    gboolean      non_negative)
{
  gint8 *values = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    values[i] = qs_random_between (self, 0, 1) ? 127 : non_negative ? 0 : -128;
}

QsHostTensor *
qs_random_tensor (QsRandom      *self,
                  QsDataType     type,
                  const QsShape *shape,
                  gboolean       non_negative)
{
  QsHostTensor *tensor = qs_host_tensor_new (type, shape, NULL);
  gint64 n = qs_shape_n_elements (shape);
  gpointer data = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < n; i++)
    if (type == QS_DATA_TYPE_INT8)
      ((gint8 *) data)[i] = qs_random_between (self, non_negative ? 0 : -128, 127);
    else if (type == QS_DATA_TYPE_FLOAT16)
      ((guint16 *) data)[i] =
        qs_float16_from_float (qs_random_float (self, non_negative ? 0.0f : -1.5f, 1.5f));
    else if (type == QS_DATA_TYPE_INT64)
      ((gint64 *) data)[i] = qs_random_between (self, non_negative ? 0 : -9, 9);
    else if (type == QS_DATA_TYPE_INT32)
      ((gint32 *) data)[i] = (gint32) qs_random_between (self, non_negative ? 0 : -9, 9);
    else if (type == QS_DATA_TYPE_BOOL)
      ((guint8 *) data)[i] = (guint8) qs_random_between (self, 0, 1);
    else
      ((float *) data)[i] = qs_random_float (self, non_negative ? 0.0f : -1.5f, 1.5f);

  return tensor;
}

void
qs_cpu_test_init (QsCpuTest *self,
                  guint64    seed)
{
  *self = (QsCpuTest) { .network = qs_network_new ("test"), .seed = seed };
}

void
qs_cpu_test_clear (QsCpuTest *self)
{
  g_clear_pointer (&self->network, qs_network_unref);
  g_clear_pointer (&self->details, g_free);
  for (gsize i = 0; i < G_N_ELEMENTS (self->values); i++)
    g_clear_pointer (&self->values[i], qs_host_tensor_unref);
}

/* Takes @value. */
QsTensor *
qs_cpu_test_add_input (QsCpuTest    *self,
                       guint         index,
                       QsHostTensor *value,
                       float         scale,
                       gboolean      constant)
{
  g_autofree char *name = g_strdup_printf ("input%u", index);
  QsTensor *tensor;

  if (constant)
    tensor = qs_network_add_constant (self->network, name, value);
  else
    tensor = qs_network_add_input (self->network, name, qs_host_tensor_get_data_type (value),
                                   qs_host_tensor_get_shape (value));
  tensor->scale = scale;
  self->values[index] = value;
  return tensor;
}

static QsTensor *
find_input (QsCpuTest *self,
            guint      index)
{
  g_autofree char *name = g_strdup_printf ("input%u", index);

  return qs_network_find_tensor (self->network, name);
}

QsLayer *
qs_cpu_test_add_layer (QsCpuTest     *self,
                       QsLayerKind    kind,
                       gconstpointer  attributes,
                       guint          n_inputs,
                       QsDataType     out_type,
                       float          out_scale)
{
  const QsLayerClass *klass = qs_layer_class_lookup (kind);
  QsTensor *inputs[8], *output = qs_network_add_tensor (self->network, "output");
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (klass);
  for (guint i = 0; i < n_inputs; i++)
    inputs[i] = find_input (self, i);
  self->layer = qs_network_add_layer (self->network, klass, "layer", attributes, inputs, n_inputs,
                                      &output, 1);
  klass->infer (self->layer, &error);
  if (error != NULL)
    g_error ("seed %" G_GUINT64_FORMAT ": %s", self->seed, error->message);
  output->type = out_type;
  output->scale = out_scale;
  return self->layer;
}

/* Copies between layouts, element by element through the strides. */
static void
copy_view (const QsView *from,
           const QsView *to)
{
  const gsize size = qs_data_type_size (from->type);
  const gint64 n = qs_shape_n_elements (&from->shape);
  gint64 index[QS_MAX_DIMS] = { 0 };

  for (gint64 i = 0; i < n; i++)
    {
      memcpy ((guint8 *) to->data + qs_view_offset (to, index) * size,
              (const guint8 *) from->data + qs_view_offset (from, index) * size, size);
      for (int d = from->shape.n_dims - 1; d >= 0; d--)
        {
          if (++index[d] < from->shape.dims[d])
            break;
          index[d] = 0;
        }
    }
}

/* Memory of exactly this size, so that the address sanitizer sees every byte read beyond it. */
static gpointer
exact_memory (gsize size,
              int   fill)
{
  gpointer memory = NULL;

  g_assert_cmpint (posix_memalign (&memory, 64, MAX (size, 1)), ==, 0);
  memset (memory, fill, size);
  return memory;
}

static void
make_input (QsCpuTest *self,
            guint      index,
            QsFormat   format,
            QsView    *view)
{
  QsTensor *tensor = qs_layer_get_input (self->layer, index);
  QsView linear;

  *view = (QsView) { 0 };
  if (tensor == NULL)
    return;

  qs_view_init_for_host (&linear, self->values[index]);
  if (tensor->value != NULL)
    {
      *view = linear;
      view->scale = tensor->scale;
      return;
    }
  qs_view_init (view, tensor->type, format, &tensor->shape, NULL);
  view->scale = tensor->scale;
  view->data = exact_memory (qs_host_tensor_get_size (self->values[index]), 0);
  copy_view (&linear, view);
}

static gpointer
make_workspace (QsCpuTest      *self,
                const QsKernel *kernel,
                gpointer        state,
                guint           n_threads)
{
  gsize size = kernel->workspace_size != NULL
                 ? kernel->workspace_size (kernel, self->layer, state, n_threads) : 0;

  return exact_memory (size, 0xcd);
}

/* Views whose memory is the device's, with copies of what the host's views have. */
static gboolean
move_to_device (QsDevice      *device,
                const QsView  *views,
                guint          n,
                QsView        *moved,
                GError       **error)
{
  for (guint i = 0; i < n; i++)
    {
      gsize size = qs_shape_n_elements (&views[i].shape) * qs_data_type_size (views[i].type);

      moved[i] = views[i];
      if (views[i].data == NULL)
        continue;
      moved[i].data = device->allocate (device, size, error);
      if (moved[i].data == NULL ||
          !device->upload (device, moved[i].data, views[i].data, size, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
run_on_device (QsCpuTest         *self,
               const QsKernel    *kernel,
               gpointer           state,
               QsDevice          *device,
               const QsExecution *execution,
               QsExecution       *moved,
               GError           **error)
{
  const QsView *y = &execution->outputs[0];

  if (!move_to_device (device, execution->inputs, execution->n_inputs, (QsView *) moved->inputs,
                       error) ||
      !move_to_device (device, y, 1, moved->outputs, error))
    return FALSE;
  if (kernel->workspace_size != NULL)
    {
      gsize size = kernel->workspace_size (kernel, self->layer, state, 1);

      moved->workspace = device->allocate (device, size, error);
      if (moved->workspace == NULL && size > 0)
        return FALSE;
    }
  return kernel->execute (kernel, self->layer, state, moved, error) &&
         device->download (device, y->data, moved->outputs[0].data,
                           qs_shape_n_elements (&y->shape) * qs_data_type_size (y->type), error);
}

/* A kernel of a device: everything goes there, the output comes back. */
static gboolean
execute_on_device (QsCpuTest          *self,
                   const QsKernel     *kernel,
                   gpointer            state,
                   const QsExecution  *execution,
                   GError            **error)
{
  QsDevice *device = qs_backend_lookup ("cuda")->get_device (error);
  QsView inputs[8] = { 0 }, output = { 0 };
  QsExecution moved = { inputs, execution->n_inputs, &output, 1 };
  gboolean ok;

  if (device == NULL)
    return FALSE;
  ok = run_on_device (self, kernel, state, device, execution, &moved, error);
  for (guint i = 0; i < execution->n_inputs; i++)
    device->free (device, inputs[i].data);
  device->free (device, output.data);
  device->free (device, moved.workspace);
  return ok;
}

static gboolean
execute_on_host (QsCpuTest          *self,
                 const QsKernel     *kernel,
                 gpointer            state,
                 guint               n_threads,
                 const QsExecution  *execution,
                 GError            **error)
{
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (n_threads);
  QsExecution with_pool = *execution;
  gboolean ok;

  with_pool.pool = pool;
  with_pool.workspace = make_workspace (self, kernel, state, n_threads);
  ok = kernel->execute (kernel, self->layer, state, &with_pool, error);
  free (with_pool.workspace);
  return ok;
}

static gboolean
execute (QsCpuTest          *self,
         const QsKernel     *kernel,
         guint               n_threads,
         const QsExecution  *execution,
         GError            **error)
{
  g_autoptr (GError) failure = NULL;
  gpointer state = NULL;
  gboolean ok = TRUE;

  if (kernel->prepare != NULL)
    {
      state = kernel->prepare (kernel, self->layer, &failure);
      ok = failure == NULL;
    }
  if (ok && kernel->on_device)
    ok = execute_on_device (self, kernel, state, execution, &failure);
  else if (ok)
    ok = execute_on_host (self, kernel, state, n_threads, execution, &failure);
  if (kernel->release != NULL && state != NULL)
    kernel->release (state);
  if (!ok)
    {
      g_autofree char *layer = qs_cpu_test_describe (self, kernel);

      g_propagate_prefixed_error (error, g_steal_pointer (&failure), "%s: ", layer);
    }
  return ok;
}

QsHostTensor *
qs_cpu_test_try_run (QsCpuTest       *self,
                     const QsKernel  *kernel,
                     QsFormat         format,
                     guint            n_threads,
                     GError         **error)
{
  QsTensor *output = qs_layer_get_output (self->layer, 0);
  g_autoptr (QsHostTensor) result = qs_host_tensor_new (output->type, &output->shape, NULL);
  QsView inputs[8], out, linear;
  guint n_inputs = self->layer->inputs->len;
  QsExecution execution = { inputs, n_inputs, &out, 1 };
  gboolean ok;

  for (guint i = 0; i < n_inputs; i++)
    make_input (self, i, format, &inputs[i]);
  qs_view_init (&out, output->type, format, &output->shape, NULL);
  out.scale = output->scale;
  out.data = exact_memory (qs_host_tensor_get_size (result), 0xcd);

  ok = execute (self, kernel, n_threads, &execution, error);

  qs_view_init (&linear, output->type, QS_FORMAT_LINEAR, &output->shape,
                qs_host_tensor_get_mutable (result));
  copy_view (&out, &linear);
  free (out.data);
  for (guint i = 0; i < n_inputs; i++)
    if (inputs[i].data != NULL && qs_layer_get_input (self->layer, i)->value == NULL)
      free (inputs[i].data);
  return ok ? g_steal_pointer (&result) : NULL;
}

QsHostTensor *
qs_cpu_test_run (QsCpuTest      *self,
                 const QsKernel *kernel,
                 QsFormat        format,
                 guint           n_threads)
{
  g_autoptr (GError) error = NULL;
  QsHostTensor *result = qs_cpu_test_try_run (self, kernel, format, n_threads, &error);

  if (result == NULL)
    g_error ("%s", error->message);
  return result;
}

char *
qs_cpu_test_describe (QsCpuTest      *self,
                      const QsKernel *kernel)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "seed %" G_GUINT64_FORMAT ", %s:", self->seed,
                   kernel != NULL ? kernel->name : "no kernel");
  for (guint i = 0; i < self->layer->inputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_input (self->layer, i);
      g_autofree char *shape = tensor != NULL ? qs_shape_to_string (&tensor->shape) : NULL;

      g_string_append_printf (text, " %s", shape != NULL ? shape : "-");
    }

  if (self->details != NULL)
    g_string_append_printf (text, "; %s", self->details);
  return g_string_free (text, FALSE);
}

static void
run_threads (QsCpuTest      *self,
             const QsKernel *kernel,
             QsFormat        format,
             QsCpuCheck      check,
             gpointer        user_data)
{
  const guint threads[] = { 1, 2, 3, 8 };

  for (gsize t = 0; t < G_N_ELEMENTS (threads); t++)
    {
      /* All thread counts on every fourth layer; starting threads is what takes the time. */
      if (t > 0 && (self->seed + t) % 4 != 0)
        continue;

      g_autoptr (QsHostTensor) result = qs_cpu_test_run (self, kernel, format, threads[t]);

      check (self, kernel, result, user_data);
    }
}

static gboolean
try_kernel (QsCpuTest      *self,
            const QsKernel *kernel,
            QsPrecision     precision,
            QsCpuCheck      check,
            gpointer        user_data)
{
  if (kernel->kind != self->layer->klass->kind || kernel->precision != precision
      || !kernel->supports (kernel, self->layer, NULL))
    return FALSE;

  run_threads (self, kernel, kernel->format, check, user_data);
  if (kernel->any_format)
    run_threads (self, kernel, QS_FORMAT_HWC, check, user_data);
  return TRUE;
}

guint
qs_cpu_test_try_all (QsCpuTest   *self,
                     QsPrecision  precision,
                     QsCpuCheck   check,
                     gpointer     user_data)
{
  guint n_levels = 0;

  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    {
      guint n, n_tried = 0;
      const QsKernel *const *kernels = qs_cpu_get_kernels (level, &n);

      for (guint i = 0; i < n; i++)
        n_tried += try_kernel (self, kernels[i], precision, check, user_data);
      n_levels += n_tried > 0;
    }

  return n_levels;
}

static guint
count_levels (void)
{
  guint n_levels = 0;

  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    n_levels += qs_cpu_functions_get (level) != NULL;
  return n_levels;
}

void
qs_cpu_test_all (QsCpuTest   *self,
                 QsPrecision  precision,
                 QsCpuCheck   check,
                 gpointer     user_data)
{
  if (qs_cpu_test_try_all (self, precision, check, user_data) != count_levels ())
    g_error ("%s: a level has no kernel that supports it", qs_cpu_test_describe (self, NULL));
}

const QsKernel *
qs_cpu_test_find_reference (QsCpuTest *self)
{
  guint n;
  const QsKernel *const *kernels = qs_reference_get_kernels (&n);

  for (guint i = 0; i < n; i++)
    if (kernels[i]->kind == self->layer->klass->kind
        && kernels[i]->supports (kernels[i], self->layer, NULL))
      return kernels[i];

  g_error ("%s: no reference kernel supports it", qs_cpu_test_describe (self, NULL));
}
