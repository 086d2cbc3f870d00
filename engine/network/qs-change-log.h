/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-layer.h"

G_BEGIN_DECLS

/**
 * QsLayerSketch:
 * @name: the layer's name at that time
 * @kind: the name of its class ("Convolution")
 * @precision: what it computes in
 * @inputs: (array zero-terminated=1): names of the activations it reads; constants are left out
 * @outputs: (array zero-terminated=1): names of the tensors it writes
 *
 * What a layer looked like before or after a rewrite: enough to draw it and to find its neighbours.
 */
typedef struct
{
  char *name;
  char *kind;
  QsPrecision precision;
  char **inputs;
  char **outputs;
} QsLayerSketch;

QsLayerSketch *qs_layer_sketch_new   (const QsLayer       *layer);
QsLayerSketch *qs_layer_sketch_copy  (const QsLayerSketch *self);
gboolean       qs_layer_sketch_equal (const QsLayerSketch *a,
                                      const QsLayerSketch *b);
void           qs_layer_sketch_free  (QsLayerSketch       *self);

/**
 * QsChangeLog:
 *
 * Notes which layers of a network change, with what they were before. A network that has one calls
 * it from all its functions that change the structure; who changes a layer's name, precision or
 * class directly calls [method@Network.touch] first.
 */
typedef struct _QsChangeLog QsChangeLog;

QsChangeLog *qs_change_log_new     (void);
void         qs_change_log_free    (QsChangeLog  *self);
/* Before a change; only the first call for a layer counts. */
void         qs_change_log_touch   (QsChangeLog  *self,
                                    QsLayer      *layer);
void         qs_change_log_created (QsChangeLog  *self,
                                    QsLayer      *layer);
/* Before the layer is freed. */
void         qs_change_log_removed (QsChangeLog  *self,
                                    QsLayer      *layer);
gboolean     qs_change_log_drain   (QsChangeLog  *self,
                                    GPtrArray    *before,
                                    GPtrArray    *after);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsLayerSketch, qs_layer_sketch_free)

G_END_DECLS
