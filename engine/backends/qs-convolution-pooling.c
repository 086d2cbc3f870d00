/* SPDX-License-Identifier: MIT */
#include "qs-convolution-pooling.h"

#include "core/qs-error.h"
#include "operators/qs-op-convolution-pooling.h"

#define ALIGNMENT 64

enum
{
  CONVOLUTION,
  POOLING,
  N_PARTS,
};

typedef struct
{
  QsNetwork *network;
  QsLayer *layers[N_PARTS];
  const QsKernel *kernels[N_PARTS];
  gpointer states[N_PARTS];
  gsize middle_size;
} State;

/* The layout that the layer's activations have, or that the kernel insists on. */
static QsFormat
find_format (const QsKernel *self,
             const QsLayer  *layer)
{
  return self->any_format ? qs_layer_get_input (layer, QS_INPUT_X)->format : self->format;
}

/* Both parts run where the layer does. */
static const QsKernel *
find_kernel (const QsBackend *backend,
             const QsKernel  *self,
             const QsLayer   *layer,
             QsFormat         format,
             const char     **reason)
{
  g_autoptr (GPtrArray) kernels =
    qs_backend_find_kernels (backend, layer, QS_PRECISION_INT8, format, reason);

  for (guint i = 0; i < kernels->len; i++)
    if (((const QsKernel *) g_ptr_array_index (kernels, i))->on_device == self->on_device)
      return g_ptr_array_index (kernels, i);

  return NULL;
}

gboolean
qs_convolution_pooling_supports (const QsBackend *backend,
                                 const QsKernel  *self,
                                 const QsLayer   *layer,
                                 const char     **reason)
{
  QsFormat format = find_format (self, layer);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = qs_convolution_pooling_split (layer, format, &error);
  const char *why = "its shapes do not fit";

  for (guint i = 0; network != NULL && i < N_PARTS; i++)
    if (find_kernel (backend, self, g_ptr_array_index (network->layers, i), format, &why) == NULL)
      break;
    else if (i == POOLING)
      return TRUE;

  if (reason != NULL)
    *reason = why;
  return FALSE;
}

gpointer
qs_convolution_pooling_prepare (const QsBackend *backend,
                                const QsKernel  *self,
                                const QsLayer   *layer,
                                GError         **error)
{
  QsFormat format = find_format (self, layer);
  g_autoptr (QsNetwork) network = qs_convolution_pooling_split (layer, format, error);
  State *state;

  if (network == NULL)
    return NULL;

  state = g_new0 (State, 1);
  state->network = g_steal_pointer (&network);
  for (guint i = 0; i < N_PARTS; i++)
    {
      QsLayer *part = state->layers[i] = g_ptr_array_index (state->network->layers, i);
      const QsKernel *kernel = state->kernels[i] = find_kernel (backend, self, part, format, NULL);
      gboolean prepares = kernel != NULL && kernel->prepare != NULL;

      if (kernel == NULL)
        g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "there is no kernel for a part of it");
      if (prepares)
        state->states[i] = kernel->prepare (kernel, part, error);
      if (kernel == NULL || (prepares && state->states[i] == NULL))
        {
          qs_convolution_pooling_release (state);
          return NULL;
        }
    }

  state->middle_size =
    (gsize) qs_shape_n_elements (&qs_layer_get_output (state->layers[CONVOLUTION], 0)->shape);
  state->middle_size = (state->middle_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  return state;
}

gsize
qs_convolution_pooling_workspace (const QsKernel *self,
                                  const QsLayer  *layer,
                                  gpointer        state,
                                  guint           n_threads)
{
  const State *parts = state;
  gsize largest = 0;

  for (guint i = 0; i < N_PARTS; i++)
    if (parts->kernels[i]->workspace_size != NULL)
      largest = MAX (largest, parts->kernels[i]->workspace_size (parts->kernels[i], parts->layers[i],
                                                                 parts->states[i], n_threads));
  return parts->middle_size + largest;
}

static gboolean
execute_part (const State        *state,
              guint               part,
              const QsExecution  *whole,
              const QsView       *inputs,
              guint               n_inputs,
              QsView             *output,
              GError            **error)
{
  QsExecution execution = {
    .inputs = inputs,
    .n_inputs = n_inputs,
    .outputs = output,
    .n_outputs = 1,
    .workspace = (guint8 *) whole->workspace + state->middle_size,
    .pool = whole->pool,
  };

  return state->kernels[part]->execute (state->kernels[part], state->layers[part],
                                        state->states[part], &execution, error);
}

gboolean
qs_convolution_pooling_execute (const QsKernel     *self,
                                const QsLayer      *layer,
                                gpointer            state,
                                const QsExecution  *execution,
                                GError            **error)
{
  const State *parts = state;
  const QsTensor *tensor = qs_layer_get_output (parts->layers[CONVOLUTION], 0);
  QsView middle;

  qs_view_init (&middle, QS_DATA_TYPE_INT8, execution->inputs[QS_INPUT_X].format, &tensor->shape,
                execution->workspace);
  middle.scale = execution->outputs[0].scale;
  return execute_part (parts, CONVOLUTION, execution, execution->inputs, MIN (execution->n_inputs, 3),
                       &middle, error) &&
         execute_part (parts, POOLING, execution, &middle, 1, &execution->outputs[0], error);
}

void
qs_convolution_pooling_release (gpointer state)
{
  State *parts = state;

  if (parts == NULL)
    return;

  for (guint i = 0; i < N_PARTS; i++)
    if (parts->states[i] != NULL && parts->kernels[i]->release != NULL)
      parts->kernels[i]->release (parts->states[i]);
  qs_network_unref (parts->network);
  g_free (parts);
}
