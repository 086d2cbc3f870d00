/* SPDX-License-Identifier: MIT */
#include "qs-engine-private.h"

static void
tactic_free (gpointer data)
{
  QsTactic *tactic = data;

  g_free (tactic->kernel);
  g_free (tactic->reason);
  g_free (tactic);
}

QsEngineLayer *
qs_engine_layer_new (QsLayer *layer)
{
  QsEngineLayer *self = g_new0 (QsEngineLayer, 1);

  self->layer = layer;
  self->ms = -1.0;
  self->tactics = g_ptr_array_new_with_free_func (tactic_free);
  return self;
}

void
qs_engine_layer_free (QsEngineLayer *self)
{
  g_free (self->kernel);
  g_free (self->reason);
  g_ptr_array_unref (self->tactics);
  g_free (self);
}

/**
 * qs_engine_layer_add_tactic:
 * @ms: median time of one run, negative when it was not timed
 *
 * Returns: the new candidate, to be completed by the caller
 */
QsTactic *
qs_engine_layer_add_tactic (QsEngineLayer *self,
                            const char    *kernel,
                            QsPrecision    precision,
                            double         ms)
{
  QsTactic *tactic = g_new0 (QsTactic, 1);

  tactic->kernel = g_strdup (kernel);
  tactic->precision = precision;
  tactic->ms = ms;
  g_ptr_array_add (self->tactics, tactic);
  return tactic;
}

/**
 * qs_engine_new:
 *
 * An engine without layers and memory plan yet. References are taken.
 */
QsEngine *
qs_engine_new (QsNetwork       *network,
               QsJournal       *journal,
               const QsBackend *backend)
{
  QsEngine *self = g_new0 (QsEngine, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->network = qs_network_ref (network);
  self->journal = qs_journal_ref (journal);
  self->backend = backend;
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_engine_layer_free);
  return self;
}

QsEngine *
qs_engine_ref (QsEngine *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_engine_unref (QsEngine *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->layers);
  g_clear_pointer (&self->memory, qs_memory_plan_free);
  g_clear_pointer (&self->scales, qs_scale_table_unref);
  g_clear_pointer (&self->journal, qs_journal_unref);
  g_clear_pointer (&self->network, qs_network_unref);
  g_free (self->model_checksum);
  g_free (self);
}

/* Layers are added in the order of the network. */
void
qs_engine_add_layer (QsEngine      *self,
                     QsEngineLayer *layer)
{
  g_ptr_array_add (self->layers, layer);
}

gboolean
qs_engine_plan_memory (QsEngine *self,
                       GError  **error)
{
  const guint n = self->network->layers->len;
  g_autofree const QsKernel **kernels = g_new0 (const QsKernel *, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    kernels[i] = qs_engine_lookup_kernel (self, i);
  g_clear_pointer (&self->memory, qs_memory_plan_free);
  /* Layers that a device cannot compute are run on copies of its tensors, which lie in one piece. */
  self->memory = qs_memory_plan_new (self->network,
                                     self->backend->get_device == NULL ? kernels : NULL, error);
  return self->memory != NULL;
}

const QsKernel *
qs_engine_lookup_kernel (QsEngine *self,
                         guint     id)
{
  const QsEngineLayer *layer = qs_engine_get_layer (self, id);

  return qs_backend_lookup_kernel (self->backend, layer->kernel);
}

QsNetwork *
qs_engine_get_network (QsEngine *self)
{
  return self->network;
}

QsJournal *
qs_engine_get_journal (QsEngine *self)
{
  return self->journal;
}

const QsBackend *
qs_engine_get_backend (QsEngine *self)
{
  return self->backend;
}

const QsEngineLayer *
qs_engine_get_layer (QsEngine *self,
                     guint     id)
{
  return id < self->layers->len ? g_ptr_array_index (self->layers, id) : NULL;
}

const QsAllocation *
qs_engine_get_allocation (QsEngine *self,
                          guint     tensor_id)
{
  return qs_memory_plan_get (self->memory, tensor_id);
}

gsize
qs_engine_get_memory_size (QsEngine *self)
{
  return qs_memory_plan_get_size (self->memory);
}

gsize
qs_engine_get_memory_bound (QsEngine *self)
{
  return qs_memory_plan_get_bound (self->memory);
}

/**
 * qs_engine_get_weight_size:
 *
 * Bytes of all constants that layers read, with their scales.
 */
guint64
qs_engine_get_weight_size (QsEngine *self)
{
  guint64 size = 0;

  for (guint i = 0; i < self->network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->tensors, i);

      if (tensor->value != NULL)
        size += qs_host_tensor_get_size (tensor->value);
    }
  for (guint i = 0; i < self->network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (self->network->layers, i);

      if (layer->weight_scales != NULL)
        size += qs_host_tensor_get_size (layer->weight_scales);
    }

  return size;
}

QsScaleTable *
qs_engine_get_scales (QsEngine *self)
{
  return self->scales;
}

gboolean
qs_engine_is_explicit (QsEngine *self)
{
  return self->is_explicit;
}

/**
 * qs_engine_count_layers:
 *
 * Layers that compute in @precision; reformats do not compute.
 */
guint
qs_engine_count_layers (QsEngine    *self,
                        QsPrecision  precision)
{
  guint n = 0;

  for (guint i = 0; i < self->network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (self->network->layers, i);

      n += layer->precision == precision && layer->klass->kind != QS_LAYER_REFORMAT;
    }

  return n;
}

/**
 * qs_engine_count_reformats:
 *
 * Layers that only change type, scale or memory layout.
 */
guint
qs_engine_count_reformats (QsEngine *self)
{
  guint n = 0;

  for (guint i = 0; i < self->network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (self->network->layers, i);

      n += layer->klass->kind == QS_LAYER_REFORMAT;
    }

  return n;
}

gboolean
qs_engine_is_fp32 (QsEngine *self)
{
  return qs_engine_count_layers (self, QS_PRECISION_INT8) == 0 &&
         qs_engine_count_layers (self, QS_PRECISION_FP16) == 0;
}

gboolean
qs_engine_emulates_fp16 (QsEngine *self)
{
  return self->backend->emulates_fp16 && qs_engine_count_layers (self, QS_PRECISION_FP16) > 0;
}

QsRoundingMode
qs_engine_get_rounding (QsEngine *self)
{
  return self->rounding;
}

const char *
qs_engine_get_model_checksum (QsEngine *self)
{
  return self->model_checksum;
}

/**
 * qs_engine_get_batch:
 *
 * Samples per run: the first dimension of the first input; 1 when there is none.
 */
gint64
qs_engine_get_batch (QsEngine *self)
{
  const QsTensor *input;

  if (self->network->inputs->len == 0)
    return 1;

  input = g_ptr_array_index (self->network->inputs, 0);
  return input->shape.n_dims > 0 ? input->shape.dims[0] : 1;
}
