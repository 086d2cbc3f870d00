/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-engine.h"
#include "qs-memory-plan.h"

G_BEGIN_DECLS

/*
 * The parts of an engine, for the builder that makes it, the plan file that saves it and the
 * context that runs it.
 */
struct _QsEngine
{
  gatomicrefcount ref_count;
  QsNetwork *network;
  QsJournal *journal;
  const QsBackend *backend;
  GPtrArray *layers;        /* QsEngineLayer, by layer id */
  QsMemoryPlan *memory;
  QsScaleTable *scales;
  char *model_checksum;
  QsRoundingMode rounding;
  gboolean is_explicit;
};

QsEngine       *qs_engine_new            (QsNetwork           *network,
                                          QsJournal           *journal,
                                          const QsBackend     *backend);
void            qs_engine_add_layer      (QsEngine            *self,
                                          QsEngineLayer       *layer);
/* The layers of @old, with their kernels, for @self's network, in which only scales may differ. */
gboolean        qs_engine_take_layers    (QsEngine            *self,
                                          QsEngine            *old,
                                          GError             **error);
gboolean        qs_engine_plan_memory    (QsEngine            *self,
                                          GError             **error);
/* (nullable): %NULL where the layer class's own reference kernel runs the layer. */
const QsKernel *qs_engine_lookup_kernel  (QsEngine            *self,
                                          guint                id);

QsEngineLayer  *qs_engine_layer_new      (QsLayer             *layer);
void            qs_engine_layer_free     (QsEngineLayer       *self);
QsTactic       *qs_engine_layer_add_tactic (QsEngineLayer     *self,
                                          const char          *kernel,
                                          QsPrecision          precision,
                                          double               ms);

G_END_DECLS
