/* SPDX-License-Identifier: MIT */
#include "qs-context-private.h"

#include <string.h>

#include "core/qs-error.h"

#define ALIGNMENT 256

static gsize
tensor_size (const QsTensor *tensor)
{
  return (gsize) qs_shape_n_elements (&tensor->shape) * qs_data_type_size (tensor->type);
}

/* Takes @size bytes of a block that begins with @offset taken. */
static gsize
take (gsize *offset,
      gsize  size)
{
  gsize start = *offset;

  *offset += (MAX (size, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return start;
}

static gboolean
has_buffer (const QsTensor *tensor)
{
  return tensor->value == NULL;
}

/* Lays everything out behind @base; without one, finds how much it is. */
static gsize
lay_out (QsContext *self,
         guint8    *base)
{
  GPtrArray *const ends[] = { self->network->inputs, self->network->outputs };
  gsize size = 0, arena = take (&size, self->arena_size);
  gsize workspace = take (&size, self->workspace_size);

  for (guint end = 0; end < G_N_ELEMENTS (ends); end++)
    for (guint i = 0; i < ends[end]->len; i++)
      {
        const QsTensor *tensor = g_ptr_array_index (ends[end], i);
        gsize place = has_buffer (tensor) ? take (&size, tensor_size (tensor)) : 0;

        if (base != NULL && has_buffer (tensor))
          self->device_buffers[tensor->id] = base + place;
      }
  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      gsize place = take (&size, tensor_size (g_ptr_array_index (self->network->inputs, i)));

      if (base != NULL)
        self->landing[i] = base + place;
    }

  if (base != NULL)
    {
      self->arena = base + arena;
      self->workspace = base + workspace;
    }
  return size;
}

/**
 * qs_context_allocate_on_device:
 *
 * One piece of the device's memory for activations, scratch memory, the network's inputs and outputs,
 * and the inputs of the next run. It is the context's until the end, so that addresses never change.
 *
 * Errors: the device has too little.
 */
gboolean
qs_context_allocate_on_device (QsContext  *self,
                               GError    **error)
{
  self->landing = g_new0 (gpointer, self->network->inputs->len + 1);
  self->block = self->device->allocate (self->device, lay_out (self, NULL), error);
  if (self->block == NULL)
    {
      g_prefix_error (error, "activation memory: ");
      return FALSE;
    }

  lay_out (self, self->block);
  return TRUE;
}

void
qs_context_free_on_device (QsContext *self)
{
  if (self->device == NULL)
    return;
  qs_context_drop_graph (self);
  /* A copy may be under way from what is given back here. */
  if (self->fetched != NULL && self->device->join (self->device, NULL))
    self->device->synchronize (self->device, NULL);
  g_clear_pointer (&self->fetched, g_ptr_array_unref);
  g_clear_pointer (&self->next, g_ptr_array_unref);
  self->device->free_host (self->device, self->pinned);
  self->device->free (self->device, self->block);
  g_free (self->landing);
}

/**
 * qs_context_set_next:
 * @inputs: (array): as for qs_context_run()
 *
 * Announces what the run after the next one will be given. Where the engine runs on a device, these
 * are copied to it while the next run is under way, so their values must not change until then.
 */
void
qs_context_set_next (QsContext     *self,
                     QsHostTensor **inputs)
{
  if (self->device == NULL)
    return;

  g_clear_pointer (&self->next, g_ptr_array_unref);
  self->next = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  for (guint i = 0; i < self->network->inputs->len; i++)
    g_ptr_array_add (self->next, qs_host_tensor_ref (inputs[i]));
}

static gboolean
is_announced (QsContext     *self,
              QsHostTensor **inputs)
{
  if (self->fetched == NULL)
    return FALSE;
  for (guint i = 0; i < self->fetched->len; i++)
    if (g_ptr_array_index (self->fetched, i) != inputs[i])
      return FALSE;

  return TRUE;
}

static gsize
pinned_size (const QsContext *self)
{
  gsize size = 0;

  for (guint i = 0; i < self->network->inputs->len; i++)
    take (&size, tensor_size (g_ptr_array_index (self->network->inputs, i)));
  return size;
}

/* Through memory that the device reads by itself; from any other, the host would have to wait. It has
 * room for the inputs of two runs, by turns: those of this run may still be on their way, those of the
 * one before have arrived, since this run's predecessor, which was given them, has ended. */
static gboolean
start_fetch (QsContext  *self,
             GError    **error)
{
  g_autoptr (GPtrArray) next = g_steal_pointer (&self->next);
  const gsize half = pinned_size (self);
  gsize offset = 0;

  if (self->pinned == NULL)
    self->pinned = self->device->allocate_host (self->device, 2 * half, error);
  if (self->pinned == NULL)
    return FALSE;

  offset = self->n_fetches++ % 2 * half;
  for (guint i = 0; i < next->len; i++)
    {
      QsHostTensor *tensor = g_ptr_array_index (next, i);
      const gsize size = tensor_size (g_ptr_array_index (self->network->inputs, i));
      guint8 *between = (guint8 *) self->pinned + take (&offset, size);

      /* What does not fit is told when it is given. */
      if (qs_host_tensor_get_size (tensor) != size)
        continue;
      memcpy (between, qs_host_tensor_get_data (tensor), size);
      if (!self->device->fetch (self->device, self->landing[i], between, size, error))
        return FALSE;
    }
  self->fetched = g_steal_pointer (&next);
  return TRUE;
}

static gboolean
place (QsContext     *self,
       QsHostTensor **inputs,
       gboolean       announced,
       GError       **error)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->inputs, i);
      gpointer to = self->device_buffers[tensor->id];
      const gsize size = tensor_size (tensor);

      if (!(announced ? self->device->copy (self->device, to, self->landing[i], size, error)
                      : self->device->upload (self->device, to,
                                              qs_host_tensor_get_data (inputs[i]), size, error)))
        return FALSE;
      self->data[tensor->id] = to;
    }

  return TRUE;
}

/* Inputs of the right types and shapes, which stay where they are during the run. */
gboolean
qs_context_bind_on_device (QsContext     *self,
                           QsHostTensor **inputs,
                           GError       **error)
{
  const gboolean announced = is_announced (self, inputs);

  /* What was fetched in vain has to arrive all the same before its memory is written to again. */
  if (self->fetched != NULL && (!self->device->join (self->device, error) ||
                                (!announced && !self->device->synchronize (self->device, error))))
    return FALSE;
  g_clear_pointer (&self->fetched, g_ptr_array_unref);

  return place (self, inputs, announced, error);
}

static gboolean
is_on_host (const QsStep *step)
{
  return !step->is_alias && (step->kernel == NULL || !step->kernel->on_device);
}

/* What is an alias stays with what it comes after. */
static void
make_parts (QsContext *self)
{
  QsContextPart *last = NULL;

  self->parts = g_array_new (FALSE, FALSE, sizeof (QsContextPart));
  for (guint i = 0; i < self->n_steps; i++)
    {
      const QsStep *step = &self->steps[i];
      const QsContextPart part = { i, i + 1, is_on_host (step), NULL };

      if (last != NULL && (step->is_alias || last->on_host == part.on_host))
        {
          last->end = i + 1;
          continue;
        }
      g_array_append_val (self->parts, part);
      last = &g_array_index (self->parts, QsContextPart, self->parts->len - 1);
    }
}

/**
 * qs_context_drop_graph:
 *
 * To be called when kernels, scales or addresses change; the next runs make other graphs.
 */
void
qs_context_drop_graph (QsContext *self)
{
  for (guint i = 0; self->parts != NULL && i < self->parts->len; i++)
    self->device->free_graph (self->device, g_array_index (self->parts, QsContextPart, i).graph);
  g_clear_pointer (&self->parts, g_array_unref);
  g_clear_pointer (&self->captured, g_free);
  self->n_runs = 0;
}

static gboolean
capture (QsContext      *self,
         QsContextPart  *part,
         GError        **error)
{
  GError *local = NULL;
  gboolean ok;

  if (!self->device->begin_capture (self->device, error))
    return FALSE;
  ok = qs_context_run_steps (self, part->first, part->end, error);
  /* The capture ends in any case; what went wrong first is told. */
  part->graph = self->device->end_capture (self->device, ok ? error : &local);
  g_clear_error (&local);
  if (!ok)
    {
      self->device->free_graph (self->device, part->graph);
      part->graph = NULL;
    }
  return part->graph != NULL;
}

static gboolean
start_part (QsContext      *self,
            QsContextPart  *part,
            GError        **error)
{
  if (part->on_host)
    return qs_context_run_steps (self, part->first, part->end, error);
  return (part->graph != NULL || capture (self, part, error)) &&
         self->device->launch_graph (self->device, part->graph, error);
}

static gboolean
start_parts (QsContext  *self,
             GError    **error)
{
  const gsize size = self->network->tensors->len * sizeof *self->captured;

  if (self->parts == NULL)
    make_parts (self);
  for (guint i = 0; i < self->parts->len; i++)
    if (!start_part (self, &g_array_index (self->parts, QsContextPart, i), error))
      return FALSE;
  if (self->captured == NULL)
    self->captured = g_memdup2 (self->data, size);
  return TRUE;
}

static gboolean
start_layers (QsContext  *self,
              GError    **error)
{
  const gsize size = self->network->tensors->len * sizeof *self->captured;

  if (self->observer != NULL || self->step_ns != NULL || self->n_steps == 0)
    return qs_context_run_steps (self, 0, self->n_steps, error);
  if (self->captured != NULL && memcmp (self->captured, self->data, size) != 0)
    qs_context_drop_graph (self);
  if (self->n_runs++ == 0)
    return qs_context_run_steps (self, 0, self->n_steps, error);
  return start_parts (self, error);
}

/**
 * qs_context_run_on_device:
 *
 * All layers. The first run starts each by itself, because the driver may have to load kernels; from
 * the second on they are one graph, or one for each row of layers between those that only the host can
 * compute, when nobody looks at or times what is in between. While the device computes, the next inputs
 * are copied.
 */
gboolean
qs_context_run_on_device (QsContext  *self,
                          GError    **error)
{
  /* The inputs have left the place where the next ones land; the layers need not end before. */
  if (self->next != NULL && !self->device->mark (self->device, error))
    return FALSE;
  return start_layers (self, error) && (self->next == NULL || start_fetch (self, error));
}
