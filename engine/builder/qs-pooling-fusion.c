/* SPDX-License-Identifier: MIT */
#include "qs-pooling-fusion.h"

#include "passes/qs-pass-list.h"
#include "qs-tactic-queue.h"

static gboolean
is_fused (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_CONVOLUTION_POOLING;
}

static gboolean
has_kernels (const QsBackend *backend)
{
  guint n;
  const QsKernel *const *kernels = backend->get_kernels (&n);

  for (guint i = 0; i < n; i++)
    if (kernels[i]->kind == QS_LAYER_CONVOLUTION_POOLING)
      return TRUE;

  return FALSE;
}

/* The fused layer's kernels are other ones than the convolution's. */
static void
find_candidate (QsBuild *self,
                QsLayer *layer)
{
  QsLayerPlan *plan = qs_build_get_plan (self, layer);
  g_autoptr (QsNetwork) probe = qs_layer_in_format (layer, plan->format);
  g_autoptr (GPtrArray) kernels = qs_backend_find_kernels (
    self->backend, g_ptr_array_index (probe->layers, 0), QS_PRECISION_INT8, plan->format, NULL);
  g_autoptr (QsTacticQueue) tactics = qs_tactic_queue_new (self, plan);

  plan->int8_candidate.kernel = NULL;
  plan->int8_candidate.ms = -1.0;
  qs_tactic_queue_add (tactics, probe, plan->format, QS_PRECISION_INT8, kernels,
                       &plan->int8_candidate);
  qs_tactic_queue_run (tactics);
}

gboolean
qs_build_fuse_poolings (QsBuild  *self,
                        GError  **error)
{
  gboolean done;

  if (self->ranges == NULL || !has_kernels (self->backend))
    return TRUE;

  qs_journal_watch (self->journal, self->network);
  done = qs_pass_run (&qs_pass_fuse_pooling, self->network, self->journal, error);
  qs_journal_unwatch (self->journal, self->network);
  for (guint i = 0; done && i < self->network->layers->len; i++)
    if (is_fused (g_ptr_array_index (self->network->layers, i)))
      find_candidate (self, g_ptr_array_index (self->network->layers, i));

  return done;
}
