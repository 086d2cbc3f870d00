/* SPDX-License-Identifier: MIT */
#include "qs-context-private.h"

#include <stdlib.h>

#include "builder/qs-engine-private.h"
#include "core/qs-error.h"

/* Moving the channels makes no difference to a tensor with one channel or one position, so such a
 * tensor has both layouts at once, and a kernel sees it in its own. */
static QsFormat
format_for_kernel (const QsTensor *tensor,
                   const QsKernel *kernel)
{
  QsView own, wanted;

  if (kernel == NULL || kernel->any_format || tensor->value != NULL)
    return tensor->format;

  qs_view_init (&own, tensor->type, tensor->format, &tensor->shape, NULL);
  qs_view_init (&wanted, tensor->type, kernel->format, &tensor->shape, NULL);
  return qs_view_is_linear (&own) && qs_view_is_linear (&wanted) ? kernel->format : tensor->format;
}

/* A tensor that lies in rows of a wider one: the axes outside of its rows step further. */
static void
spread_rows (QsView             *view,
             const QsAllocation *place)
{
  for (int i = 0; place != NULL && place->row > 0 && i < view->shape.n_dims; i++)
    if (view->strides[i] >= place->row)
      view->strides[i] = view->strides[i] / place->row * place->row_stride;
}

static QsView *
make_views (QsEngine       *planned,
            GPtrArray      *tensors,
            const QsKernel *kernel)
{
  QsView *views = g_new0 (QsView, MAX (tensors->len, 1));

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor == NULL)
        continue;
      qs_view_init (&views[i], tensor->type, format_for_kernel (tensor, kernel), &tensor->shape,
                    NULL);
      spread_rows (&views[i], qs_engine_get_allocation (planned, tensor->id));
      views[i].scale = tensor->type == QS_DATA_TYPE_INT8 ? tensor->scale : 0.0f;
    }

  return views;
}

static gboolean
is_alias (QsEngine      *engine,
          const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  const QsTensor *output = qs_layer_get_output (layer, 0);
  const QsAllocation *a, *b;

  if (layer->klass->kind != QS_LAYER_SHUFFLE || input == NULL || output == NULL)
    return FALSE;

  a = qs_engine_get_allocation (engine, input->id);
  b = qs_engine_get_allocation (engine, output->id);
  return a != NULL && b != NULL && a->offset == b->offset && a->size > 0 && a->row == b->row;
}

/* Packed weights are a copy. Those in a mapped file go from memory layer by layer, so that there is
 * never all of both. */
static void
drop_constants (const QsLayer *layer)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (tensor != NULL && tensor->value != NULL)
        qs_host_tensor_drop_pages (tensor->value);
    }
}

gboolean
qs_context_prepare_step (QsContext  *self,
                         QsNetwork  *network,
                         QsStep     *step,
                         guint       index,
                         GError    **error)
{
  const QsLayer *layer = g_ptr_array_index (network->layers, index);
  g_autoptr (GError) local = NULL;

  step->layer = layer;
  step->kernel = qs_engine_lookup_kernel (self->engine, index);
  step->inputs = make_views (self->planned, layer->inputs, step->kernel);
  step->outputs = make_views (self->planned, layer->outputs, step->kernel);
  step->is_alias = is_alias (self->planned, layer);

  if (step->kernel == NULL)
    {
      if (layer->klass->evaluate != NULL)
        return TRUE;
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s %s: there is no kernel that computes this layer", layer->klass->name,
                   layer->name);
      return FALSE;
    }

  if (step->kernel->prepare == NULL)
    return TRUE;

  step->state = step->kernel->prepare (step->kernel, layer, &local);
  drop_constants (layer);
  if (local == NULL)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s %s: ", layer->klass->name,
                              layer->name);
  return FALSE;
}

static gsize
find_workspace_size (const QsContext *self)
{
  gsize size = 0;

  for (guint i = 0; i < self->n_steps; i++)
    {
      const QsStep *step = &self->steps[i];

      if (step->kernel != NULL && step->kernel->workspace_size != NULL)
        size = MAX (size, step->kernel->workspace_size (step->kernel, step->layer, step->state,
                                                        qs_thread_pool_get_n_threads (self->pool)));
    }

  return size;
}

/* Constants and activations keep their addresses; those of inputs and outputs come with a run. */
static void
place_tensors (QsContext *self)
{
  for (guint i = 0; i < self->network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->tensors, i);
      const QsAllocation *allocation = qs_engine_get_allocation (self->planned, i);

      if (tensor->value != NULL)
        self->data[i] = (gpointer) qs_host_tensor_get_data (tensor->value);
      else if (allocation != NULL)
        self->data[i] = (guint8 *) self->arena + allocation->offset;
    }
}

static gboolean
open_device (QsContext *self,
             GError   **error)
{
  const QsBackend *backend = qs_engine_get_backend (self->engine);

  if (backend->get_device == NULL)
    return TRUE;

  self->device = backend->get_device (error);
  return self->device != NULL;
}

static gboolean
take_memory (QsContext  *self,
             GError    **error)
{
  if (self->device != NULL)
    return qs_context_allocate_on_device (self, error);

  self->arena = qs_context_allocate (self->arena_size, "activation memory", error);
  if (self->arena != NULL)
    self->workspace = qs_context_allocate (self->workspace_size, "scratch memory", error);
  return self->workspace != NULL;
}

/**
 * qs_context_new:
 * @n_threads: threads that compute, 0 for one per processor
 *
 * Takes memory for the activations and prepares every kernel.
 *
 * Errors: too little memory; a layer for which the engine's backend has no kernel, by name.
 */
QsContext *
qs_context_new (QsEngine  *engine,
                guint      n_threads,
                GError   **error)
{
  g_autoptr (QsContext) self = g_new0 (QsContext, 1);

  self->engine = qs_engine_ref (engine);
  self->planned = qs_engine_ref (engine);
  self->network = qs_engine_get_network (engine);
  self->pool = qs_thread_pool_new (n_threads);
  self->n_steps = self->network->layers->len;
  self->steps = g_new0 (QsStep, MAX (self->n_steps, 1));
  self->data = g_new0 (gpointer, MAX (self->network->tensors->len, 1));
  self->device_buffers = g_new0 (gpointer, MAX (self->network->tensors->len, 1));
  self->staging = g_ptr_array_new_with_free_func (free);
  if (!open_device (self, error))
    return NULL;

  for (guint i = 0; i < self->n_steps; i++)
    if (!qs_context_prepare_step (self, self->network, &self->steps[i], i, error))
      return NULL;

  self->arena_size = MAX (qs_engine_get_memory_size (engine), 1);
  self->workspace_size = MAX (find_workspace_size (self), 1);
  if (!take_memory (self, error))
    return NULL;

  place_tensors (self);
  return g_steal_pointer (&self);
}

void
qs_context_clear_step (QsStep *step)
{
  if (step->kernel != NULL && step->kernel->release != NULL && step->state != NULL)
    step->kernel->release (step->state);
  g_free (step->inputs);
  g_free (step->outputs);
}

void
qs_context_free (QsContext *self)
{
  for (guint i = 0; i < self->n_steps; i++)
    qs_context_clear_step (&self->steps[i]);

  if (self->device == NULL)
    {
      qs_context_release (self->arena, self->arena_size);
      qs_context_release (self->workspace, self->workspace_size);
    }
  qs_context_free_on_device (self);
  g_clear_pointer (&self->staging, g_ptr_array_unref);
  g_free (self->device_buffers);
  g_free (self->steps);
  g_free (self->data);
  g_clear_pointer (&self->pool, qs_thread_pool_free);
  qs_engine_unref (self->engine);
  qs_engine_unref (self->planned);
  g_free (self);
}

QsEngine *
qs_context_get_engine (QsContext *self)
{
  return self->engine;
}

guint
qs_context_get_n_threads (QsContext *self)
{
  return qs_thread_pool_get_n_threads (self->pool);
}

QsThreadPool *
qs_context_get_pool (QsContext *self)
{
  return self->pool;
}

/**
 * qs_context_set_observer:
 * @observer: (nullable): sees every activation tensor of the runs to come
 */
void
qs_context_set_observer (QsContext         *self,
                         QsContextObserver  observer,
                         gpointer           user_data)
{
  self->observer = observer;
  self->observer_data = user_data;
}

QsDevice *
qs_context_get_device (QsContext *self)
{
  return self->device;
}

void
qs_context_observe_device (QsContext *self,
                           gboolean   observes)
{
  self->observes_device = observes;
}

static gboolean
check_input (const QsTensor     *wanted,
             const QsHostTensor *given,
             GError            **error)
{
  QsDataType type = qs_host_tensor_get_data_type (given);
  const QsShape *shape = qs_host_tensor_get_shape (given);

  if (type != wanted->type)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                   "input %s: the data is %s, but the network reads %s", wanted->name,
                   qs_data_type_name (type), qs_data_type_name (wanted->type));
      return FALSE;
    }

  if (!qs_shape_equal (shape, &wanted->shape))
    {
      g_autofree char *has = qs_shape_to_string (shape);
      g_autofree char *wants = qs_shape_to_string (&wanted->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "input %s: the data has shape %s, but the engine was built for %s",
                   wanted->name, has, wants);
      return FALSE;
    }

  return TRUE;
}

/* Arrays in mapped files may lie anywhere; kernels may count on aligned rows. */
static QsHostTensor *
align_input (QsHostTensor *tensor,
             GError      **error)
{
  gconstpointer data = qs_host_tensor_get_data (tensor);

  if (((gsize) data & (QS_MEMORY_ALIGNMENT - 1)) == 0)
    return qs_host_tensor_ref (tensor);

  return qs_host_tensor_new_from_data (qs_host_tensor_get_data_type (tensor),
                                       qs_host_tensor_get_shape (tensor), data,
                                       qs_host_tensor_get_size (tensor), error);
}

gboolean
qs_context_bind_inputs (QsContext     *self,
                        QsHostTensor **inputs,
                        GPtrArray     *kept,
                        GError       **error)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->inputs, i);
      QsHostTensor *aligned;

      if (!check_input (tensor, inputs[i], error))
        return FALSE;
      aligned = align_input (inputs[i], error);
      if (aligned == NULL)
        return FALSE;

      g_ptr_array_add (kept, aligned);
      self->data[tensor->id] = (gpointer) qs_host_tensor_get_data (aligned);
    }

  return self->device == NULL || qs_context_bind_on_device (self, inputs, error);
}

/* An output is written straight into the tensor that is handed back. One that no layer writes (an
 * input or a constant marked as output), or that is listed twice, is copied at the end. */
gboolean
qs_context_bind_outputs (QsContext  *self,
                         GPtrArray  *results,
                         GError    **error)
{
  for (guint i = 0; i < self->network->outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->outputs, i);
      QsHostTensor *result = qs_host_tensor_new (tensor->type, &tensor->shape, error);

      if (result == NULL)
        {
          g_prefix_error (error, "output %s: ", tensor->name);
          return FALSE;
        }
      g_ptr_array_add (results, result);
      if (tensor->producer == NULL)
        continue;
      if (self->device == NULL)
        self->data[tensor->id] = qs_host_tensor_get_mutable (result);
      else
        self->data[tensor->id] = self->device_buffers[tensor->id];
    }

  return TRUE;
}

gboolean
qs_context_fetch_outputs (QsContext  *self,
                          GPtrArray  *results,
                          GError    **error)
{
  for (guint i = 0; i < results->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->outputs, i);
      QsHostTensor *result = g_ptr_array_index (results, i);
      gpointer target = qs_host_tensor_get_mutable (result);

      if (self->data[tensor->id] != target &&
          !qs_context_read_tensor (self, tensor, target, error))
        return FALSE;
    }

  return TRUE;
}

static void
fill_views (QsContext *self,
            GPtrArray *tensors,
            QsView    *views)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      views[i].data = tensor != NULL ? self->data[tensor->id] : NULL;
    }
}

gboolean
qs_context_execute_views (QsContext *self,
                          QsStep    *step,
                          gpointer   workspace,
                          GError   **error)
{
  const QsLayer *layer = step->layer;
  QsExecution execution = {
    .inputs = step->inputs,
    .n_inputs = layer->inputs->len,
    .outputs = step->outputs,
    .n_outputs = layer->outputs->len,
    .workspace = workspace,
    .pool = self->pool,
  };

  if (step->kernel == NULL)
    return layer->klass->evaluate (layer, step->inputs, step->outputs, error);
  return step->kernel->execute (step->kernel, layer, step->state, &execution, error);
}

static gboolean
execute_step (QsContext *self,
              QsStep    *step,
              GError   **error)
{
  const QsLayer *layer = step->layer;
  const gboolean on_device = step->kernel != NULL && step->kernel->on_device;
  gboolean ok;

  fill_views (self, layer->inputs, step->inputs);
  fill_views (self, layer->outputs, step->outputs);
  if (step->is_alias)
    return TRUE;

  ok = self->device != NULL && !on_device
         ? qs_context_run_on_host (self, step, error)
         : qs_context_execute_views (self, step, self->workspace, error);
  if (!ok)
    g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
  return ok;
}

static gboolean
observe_inputs (QsContext *self,
                GError   **error)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->inputs, i);
      QsView view;

      qs_view_init (&view, tensor->type, tensor->format, &tensor->shape, self->data[tensor->id]);
      if (!qs_context_observe (self, tensor, &view, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
observe_outputs (QsContext *self,
                 QsStep    *step,
                 GError   **error)
{
  for (guint i = 0; i < step->layer->outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (step->layer->outputs, i);

      if (tensor != NULL && !qs_context_observe (self, tensor, &step->outputs[i], error))
        return FALSE;
    }

  return TRUE;
}

/* By the device's clock where it has one: its work goes on when the host's call has returned. */
static gboolean
time_step (QsContext  *self,
           guint       index,
           GError    **error)
{
  gint64 start = qs_context_now ();
  double ms = 0.0;

  if (self->device == NULL)
    {
      if (!execute_step (self, &self->steps[index], error))
        return FALSE;
      self->step_ns[index] = qs_context_now () - start;
      return TRUE;
    }

  if (!self->device->begin_timing (self->device, error) ||
      !execute_step (self, &self->steps[index], error) ||
      !self->device->end_timing (self->device, &ms, error))
    return FALSE;
  self->step_ns[index] = (gint64) (ms * 1e6);
  return TRUE;
}

gboolean
qs_context_run_steps (QsContext  *self,
                      guint       first,
                      guint       end,
                      GError    **error)
{
  for (guint i = first; i < end; i++)
    {
      if (!(self->step_ns != NULL ? time_step (self, i, error)
                                  : execute_step (self, &self->steps[i], error)))
        return FALSE;
      if (self->observer != NULL && !observe_outputs (self, &self->steps[i], error))
        return FALSE;
    }

  return TRUE;
}

gboolean
qs_context_run (QsContext     *self,
                QsHostTensor **inputs,
                QsHostTensor **outputs,
                GError       **error)
{
  g_autoptr (GPtrArray) kept =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  if (!qs_context_bind_inputs (self, inputs, kept, error) ||
      !qs_context_bind_outputs (self, results, error))
    return FALSE;
  if (self->observer != NULL && !observe_inputs (self, error))
    return FALSE;
  if (!(self->device != NULL ? qs_context_run_on_device (self, error)
                             : qs_context_run_steps (self, 0, self->n_steps, error)))
    return FALSE;

  if (!qs_context_fetch_outputs (self, results, error))
    return FALSE;
  for (guint i = 0; i < results->len; i++)
    outputs[i] = qs_host_tensor_ref (g_ptr_array_index (results, i));
  return TRUE;
}
