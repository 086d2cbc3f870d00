/* SPDX-License-Identifier: MIT */
#include "qs-builder.h"

#include "core/qs-error.h"
#include "passes/qs-pass.h"
#include "qs-engine-private.h"

static QsEngineLayer *
choose_kernel (const QsBackend *backend,
               QsLayer         *layer)
{
  const char *reason = NULL;
  g_autoptr (GPtrArray) kernels =
    qs_backend_find_kernels (backend, layer, layer->precision, QS_FORMAT_LINEAR, &reason);
  QsEngineLayer *choice = qs_engine_layer_new (layer);
  const QsKernel *best = kernels->len > 0 ? g_ptr_array_index (kernels, 0) : NULL;

  choice->kernel = g_strdup (best != NULL ? best->name : "reference");
  choice->reason = g_strdup ("The build is in floating point, so every layer is.");
  for (guint i = 0; i < kernels->len; i++)
    {
      const QsKernel *kernel = g_ptr_array_index (kernels, i);
      QsTactic *tactic =
        qs_engine_layer_add_tactic (choice, kernel->name, layer->precision, -1.0);

      tactic->chosen = kernel == best;
    }

  return choice;
}

QsEngine *
qs_builder_build (QsNetwork               *network,
                  QsScaleTable            *scales,
                  const QsBuilderOptions  *options,
                  QsProgress              *progress,
                  GError                 **error)
{
  g_autoptr (QsNetwork) copy = qs_network_copy (network);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (QsEngine) engine = NULL;
  const QsBackend *backend =
    options->backend != NULL ? options->backend : qs_backend_get_default ();

  if (!qs_progress_check (progress, error) || !qs_network_check (copy, error))
    return NULL;
  if (options->fuse && !qs_passes_run (copy, journal, error))
    return NULL;

  engine = qs_engine_new (copy, journal, backend);
  engine->model_checksum = g_strdup (options->model_checksum);
  engine->scales = scales != NULL ? qs_scale_table_copy (scales) : NULL;
  for (guint i = 0; i < copy->layers->len; i++)
    qs_engine_add_layer (engine, choose_kernel (backend, g_ptr_array_index (copy->layers, i)));
  if (!qs_engine_plan_memory (engine, error))
    return NULL;

  return g_steal_pointer (&engine);
}
