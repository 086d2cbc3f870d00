/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "operators/qs-op-rows.h"
#include "qs-fp16.h"

/*
 * Kernels that keep the contract of qs-fp16.h by conversion: float16 inputs are widened into scratch
 * memory, the kernel runs as if they had always been float32, and float16 outputs are narrowed. So
 * whatever computes in FP32 or INT8 can read and write float16, and no kernel is written twice.
 */

/* Values that are worth another thread. */
#define CHUNK 16384
#define ALIGNMENT 64

typedef struct
{
  QsKernel base;
  const QsKernel *kernel;
  const QsFp16Functions *functions;
} Kernel;

typedef struct
{
  const QsKernel *kernel;
  QsNetwork *twin; /* of the layer, in float32 */
  gpointer state;  /* the kernel's */
} State;

/* One tensor on its way through: @floats is dense, @view may be a part of a larger tensor. */
typedef struct
{
  const QsFp16Functions *functions;
  const QsView *view;
  const QsView *floats;
  gboolean widens;
} Conversion;

static const QsLayer *
get_twin (const State *state)
{
  return g_ptr_array_index (state->twin->layers, 0);
}

static gsize
float_bytes (const QsShape *shape)
{
  gsize size = (gsize) qs_shape_n_elements (shape) * sizeof (float);

  return (size + ALIGNMENT - 1) & ~(gsize) (ALIGNMENT - 1);
}

/* Scratch memory for the activations among @tensors that are float16. */
static gsize
measure (GPtrArray *tensors)
{
  gsize size = 0;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && tensor->type == QS_DATA_TYPE_FLOAT16 && tensor->value == NULL)
        size += float_bytes (&tensor->shape);
    }

  return size;
}

static gboolean
supports (const QsKernel *self,
          const QsLayer  *layer,
          const char    **reason)
{
  const QsKernel *kernel = ((const Kernel *) self)->kernel;
  g_autoptr (QsNetwork) twin = qs_layer_has_fp16 (layer) ? qs_layer_widen (layer, NULL) : NULL;

  if (twin != NULL)
    return kernel->supports (kernel, g_ptr_array_index (twin->layers, 0), reason);
  if (reason != NULL)
    *reason = "none of its tensors is float16";
  return FALSE;
}

static void
release (gpointer data)
{
  State *state = data;

  if (state->kernel->release != NULL && state->state != NULL)
    state->kernel->release (state->state);
  g_clear_pointer (&state->twin, qs_network_unref);
  g_free (state);
}

static gpointer
prepare (const QsKernel *self,
         const QsLayer  *layer,
         GError        **error)
{
  State *state = g_new0 (State, 1);
  GError *local = NULL;

  state->kernel = ((const Kernel *) self)->kernel;
  state->twin = qs_layer_widen (layer, &local);
  if (local == NULL && state->kernel->prepare != NULL)
    state->state = state->kernel->prepare (state->kernel, get_twin (state), &local);
  if (local == NULL)
    return state;

  release (state);
  g_propagate_error (error, local);
  return NULL;
}

static gsize
workspace_size (const QsKernel *self,
                const QsLayer  *layer,
                gpointer        data,
                guint           n_threads)
{
  State *state = data;
  gsize size = measure (layer->inputs) + measure (layer->outputs);

  if (state->kernel->workspace_size != NULL)
    size += state->kernel->workspace_size (state->kernel, get_twin (state), state->state, n_threads);
  return size;
}

static gboolean
is_dense (const QsView *view)
{
  QsView dense;

  qs_view_init (&dense, view->type, view->format, &view->shape, NULL);
  for (int i = 0; i < view->shape.n_dims; i++)
    if (view->shape.dims[i] != 1 && view->strides[i] != dense.strides[i])
      return FALSE;

  return TRUE;
}

static void
convert_range (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const Conversion *self = user_data;
  guint16 *halves = (guint16 *) self->view->data + first;
  float *floats = (float *) self->floats->data + first;

  if (self->widens)
    self->functions->widen (halves, floats, last - first);
  else
    self->functions->narrow (floats, halves, last - first);
}

/* Element by element, for a part of a larger tensor. */
static void
convert_rows (const Conversion *self)
{
  const QsView *from = self->widens ? self->view : self->floats;
  QsView to = self->widens ? *self->floats : *self->view;
  const QsView *views[] = { from, &to };
  float values[QS_ROW_LENGTH];
  QsRows rows;

  qs_rows_init (&rows, &to.shape, views, 2);
  while (qs_rows_next (&rows))
    {
      qs_floats_load (values, from, rows.offsets[0], rows.steps[0], rows.length);
      qs_floats_store (values, &to, rows.offsets[1], rows.steps[1], rows.length);
    }
}

static void
convert (const Kernel *self,
         const QsView *view,
         const QsView *floats,
         gboolean      widens,
         QsThreadPool *pool)
{
  Conversion conversion = { self->functions, view, floats, widens };

  if (is_dense (view))
    qs_thread_pool_run (pool, qs_shape_n_elements (&view->shape), CHUNK, convert_range, &conversion);
  else
    convert_rows (&conversion);
}

/* The views of @from, with scratch memory in the place of float16; constants are the twin's. */
static QsView *
make_views (const QsView  *from,
            guint          n,
            GPtrArray     *twins,
            guint8       **scratch)
{
  QsView *views = g_new0 (QsView, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    {
      const QsTensor *twin = i < twins->len ? g_ptr_array_index (twins, i) : NULL;

      views[i] = from[i];
      if (from[i].data == NULL || twin == NULL || from[i].type != QS_DATA_TYPE_FLOAT16)
        continue;
      qs_view_init (&views[i], QS_DATA_TYPE_FLOAT, from[i].format, &from[i].shape, *scratch);
      if (twin->value != NULL)
        views[i].data = (gpointer) qs_host_tensor_get_data (twin->value);
      else
        *scratch += float_bytes (&from[i].shape);
    }

  return views;
}

static void
convert_all (const Kernel *self,
             const QsView *views,
             const QsView *floats,
             guint         n,
             GPtrArray    *twins,
             gboolean      widens,
             QsThreadPool *pool)
{
  for (guint i = 0; i < n; i++)
    {
      const QsTensor *twin = i < twins->len ? g_ptr_array_index (twins, i) : NULL;

      if (twin != NULL && twin->value == NULL && views[i].data != NULL &&
          views[i].type == QS_DATA_TYPE_FLOAT16)
        convert (self, &views[i], &floats[i], widens, pool);
    }
}

static gboolean
execute (const QsKernel    *base,
         const QsLayer     *layer,
         gpointer           data,
         const QsExecution *execution,
         GError           **error)
{
  const Kernel *self = (const Kernel *) base;
  const State *state = data;
  const QsLayer *twin = get_twin (state);
  guint8 *scratch = execution->workspace;
  g_autofree QsView *inputs =
    make_views (execution->inputs, execution->n_inputs, twin->inputs, &scratch);
  g_autofree QsView *outputs =
    make_views (execution->outputs, execution->n_outputs, twin->outputs, &scratch);
  QsExecution inner = *execution;

  inner.inputs = inputs;
  inner.outputs = outputs;
  inner.workspace = scratch;
  convert_all (self, execution->inputs, inputs, execution->n_inputs, twin->inputs, TRUE,
               execution->pool);
  if (!self->kernel->execute (self->kernel, twin, state->state, &inner, error))
    return FALSE;
  convert_all (self, execution->outputs, outputs, execution->n_outputs, twin->outputs, FALSE,
               execution->pool);
  return TRUE;
}

/**
 * qs_fp16_kernel_name:
 *
 * “cpu_conv_f16_avx2” for “cpu_conv_f32_avx2”; “cpu_conv_s8_vnni_f16” for an INT8 kernel.
 *
 * Returns: (transfer full): the name of the kernel that qs_fp16_kernel_get() makes
 */
char *
qs_fp16_kernel_name (const QsKernel *kernel)
{
  const char *place = strstr (kernel->name, "_f32");

  if (place == NULL)
    return g_strconcat (kernel->name, "_f16", NULL);
  return g_strdup_printf ("%.*s_f16%s", (int) (place - kernel->name), kernel->name,
                          place + strlen ("_f32"));
}

static Kernel *
make_kernel (const QsBackend *backend,
             const QsKernel  *kernel)
{
  Kernel *self = g_new0 (Kernel, 1);

  self->base = *kernel;
  self->base.name = qs_fp16_kernel_name (kernel);
  if (kernel->precision == QS_PRECISION_FP32)
    self->base.precision = QS_PRECISION_FP16;
  self->base.supports = supports;
  self->base.prepare = prepare;
  self->base.workspace_size = workspace_size;
  self->base.execute = execute;
  self->base.release = release;
  self->kernel = kernel;
  self->functions = backend->get_fp16 ();
  return self;
}

/**
 * qs_fp16_kernel_get:
 * @backend: whose conversions it uses
 * @kernel: an FP32 or INT8 kernel, which lives as long as the program
 *
 * Returns: (transfer none): @kernel with conversions at its edges
 */
const QsKernel *
qs_fp16_kernel_get (const QsBackend *backend,
                    const QsKernel  *kernel)
{
  static GHashTable *tables; /* QsBackend -> QsKernel -> Kernel */
  static GMutex mutex;
  GHashTable *table;
  Kernel *found;

  g_mutex_lock (&mutex);
  if (tables == NULL)
    tables = g_hash_table_new (NULL, NULL);
  table = g_hash_table_lookup (tables, backend);
  if (table == NULL)
    {
      table = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (tables, (gpointer) backend, table);
    }
  found = g_hash_table_lookup (table, kernel);
  if (found == NULL)
    {
      found = make_kernel (backend, kernel);
      g_hash_table_insert (table, (gpointer) kernel, found);
    }
  g_mutex_unlock (&mutex);

  return &found->base;
}
