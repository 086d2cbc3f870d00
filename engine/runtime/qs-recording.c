/* SPDX-License-Identifier: MIT */
#include "qs-recording.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-context-private.h"

struct _QsRecording
{
  GPtrArray *inputs;   /* QsHostTensor */
  guint n_tensors;
  gpointer *data;      /* by tensor id, NULL where nothing was written */
  float *scales;       /* by tensor id */
  gsize size;
};

static gsize
get_tensor_size (const QsTensor *tensor)
{
  return (gsize) qs_shape_n_elements (&tensor->shape) * qs_data_type_size (tensor->type);
}

gsize
qs_recording_estimate (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  gsize size = 0;

  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (tensor->value == NULL)
        size += get_tensor_size (tensor);
    }

  return size;
}

/* Shuffles that are aliases leave their data where it was; a copy of its own keeps things simple. */
static gboolean
keep_outputs (QsContext     *context,
              QsRecording   *self,
              const QsLayer *layer,
              GError       **error)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->outputs, i);
      gsize size = tensor != NULL ? get_tensor_size (tensor) : 0;

      if (size == 0 || context->data[tensor->id] == NULL)
        continue;

      self->data[tensor->id] = g_try_malloc (size);
      if (self->data[tensor->id] == NULL)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                       "tensor “%s”: there is not enough memory to keep its values", tensor->name);
          return FALSE;
        }
      if (!qs_context_read_tensor (context, tensor, self->data[tensor->id], error))
        return FALSE;
      self->size += size;
    }

  return TRUE;
}

static QsRecording *
recording_new (QsContext *context)
{
  QsRecording *self = g_new0 (QsRecording, 1);

  self->inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  self->n_tensors = context->network->tensors->len;
  self->data = g_new0 (gpointer, MAX (self->n_tensors, 1));
  self->scales = g_new0 (float, MAX (self->n_tensors, 1));
  for (guint i = 0; i < self->n_tensors; i++)
    self->scales[i] = ((QsTensor *) g_ptr_array_index (context->network->tensors, i))->scale;
  return self;
}

QsRecording *
qs_context_record (QsContext     *self,
                   QsHostTensor **inputs,
                   GError       **error)
{
  g_autoptr (QsRecording) recording = recording_new (self);
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  if (!qs_context_bind_inputs (self, inputs, recording->inputs, error) ||
      !qs_context_bind_outputs (self, results, error))
    return NULL;

  /* Step by step, because later layers write over what earlier ones wrote. */
  for (guint i = 0; i < self->n_steps; i++)
    if (!qs_context_run_steps (self, i, i + 1, error) ||
        !keep_outputs (self, recording, self->steps[i].layer, error))
      return NULL;

  return g_steal_pointer (&recording);
}

void
qs_recording_free (QsRecording *self)
{
  for (guint i = 0; i < self->n_tensors; i++)
    g_free (self->data[i]);
  g_ptr_array_unref (self->inputs);
  g_free (self->data);
  g_free (self->scales);
  g_free (self);
}

gsize
qs_recording_get_size (const QsRecording *self)
{
  return self->size;
}

static gboolean
same_scales (GPtrArray *a,
             GPtrArray *b)
{
  for (guint i = 0; i < a->len; i++)
    {
      const QsTensor *left = g_ptr_array_index (a, i);
      const QsTensor *right = g_ptr_array_index (b, i);

      if (left != NULL && left->scale != right->scale)
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_unchanged (const QsLayer *a,
              const QsLayer *b)
{
  return same_scales (a->inputs, b->inputs) && same_scales (a->outputs, b->outputs);
}

/* The views of a step that keeps its kernel's state belong to the old tensors in nothing but the
 * scales, which are the same. */
static void
adopt_steps (QsContext *self,
             QsEngine  *engine,
             QsStep    *changed)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < self->n_steps; i++)
    {
      if (changed[i].layer != NULL)
        {
          qs_context_clear_step (&self->steps[i]);
          self->steps[i] = changed[i];
        }
      self->steps[i].layer = g_ptr_array_index (network->layers, i);
    }

  qs_context_drop_graph (self);
  qs_engine_ref (engine);
  qs_engine_unref (self->engine);
  self->engine = engine;
  self->network = network;
}

gboolean
qs_context_rescale (QsContext  *self,
                    QsEngine   *engine,
                    GError    **error)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autofree QsStep *changed = g_new0 (QsStep, MAX (self->n_steps, 1));
  gboolean ok = TRUE;

  g_return_val_if_fail (network->layers->len == self->n_steps, FALSE);
  g_return_val_if_fail (network->tensors->len == self->network->tensors->len, FALSE);

  for (guint i = 0; ok && i < self->n_steps; i++)
    if (!is_unchanged (g_ptr_array_index (network->layers, i), self->steps[i].layer))
      ok = qs_context_prepare_step (self, network, &changed[i], i, error);

  if (ok)
    adopt_steps (self, engine, changed);
  for (guint i = 0; !ok && i < self->n_steps; i++)
    qs_context_clear_step (&changed[i]);
  return ok;
}

static gboolean
layer_matches (const QsRecording *recording,
               const QsLayer     *layer)
{
  GPtrArray *const ends[] = { layer->inputs, layer->outputs };

  for (guint end = 0; end < G_N_ELEMENTS (ends); end++)
    for (guint i = 0; i < ends[end]->len; i++)
      {
        const QsTensor *tensor = g_ptr_array_index (ends[end], i);

        if (tensor != NULL && tensor->scale != recording->scales[tensor->id])
          return FALSE;
      }

  return TRUE;
}

guint
qs_context_find_change (QsContext         *self,
                        const QsRecording *recording)
{
  guint first = 0;

  while (first < self->n_steps && layer_matches (recording, self->steps[first].layer))
    first++;
  return first;
}

/* Whether @tensor is still read, or handed out, when the layers before @first are left out. */
static gboolean
is_wanted (QsContext      *self,
           const QsTensor *tensor,
           guint           first)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (((QsLayer *) g_ptr_array_index (tensor->consumers, i))->id >= first)
      return TRUE;

  return qs_network_is_output (self->network, tensor);
}

static gboolean
restore (QsContext   *self,
         QsRecording *recording,
         guint        first,
         GError     **error)
{
  for (guint i = 0; i < recording->n_tensors; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->tensors, i);

      if (recording->data[i] != NULL && tensor->producer->id < first &&
          is_wanted (self, tensor, first) &&
          !qs_context_write_tensor (self, tensor, recording->data[i], error))
        return FALSE;
    }

  return TRUE;
}

gboolean
qs_context_replay (QsContext     *self,
                   QsRecording   *recording,
                   QsHostTensor **outputs,
                   GError       **error)
{
  guint first = qs_context_find_change (self, recording);
  g_autoptr (GPtrArray) kept =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  if (!qs_context_bind_inputs (self, (QsHostTensor **) recording->inputs->pdata, kept, error) ||
      !qs_context_bind_outputs (self, results, error))
    return FALSE;

  if (!restore (self, recording, first, error) ||
      !qs_context_run_steps (self, first, self->n_steps, error) ||
      !qs_context_fetch_outputs (self, results, error))
    return FALSE;

  for (guint i = 0; i < results->len; i++)
    outputs[i] = qs_host_tensor_ref (g_ptr_array_index (results, i));
  return TRUE;
}
