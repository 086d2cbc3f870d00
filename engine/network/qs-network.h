/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-change-log.h"

G_BEGIN_DECLS

/**
 * QsNetwork:
 * @name: the model's name
 * @tensors: (element-type QsTensor): all tensors, by id
 * @layers: (element-type QsLayer): all layers, by id, in an order in which every layer comes
 *   after the producers of its inputs
 * @inputs: (element-type QsTensor): network inputs
 * @outputs: (element-type QsTensor): network outputs
 * @log: (nullable): is told of every change while somebody keeps a journal; not owned
 *
 * A directed acyclic graph of layers and tensors (TensorRT INetworkDefinition). The importer makes
 * it, passes rewrite it, the builder turns it into an engine. Shapes are fixed.
 *
 * The arrays are owned by the network and may be read freely; structure is changed only through
 * the functions here, which keep producers, consumers and names consistent. Ids and the order of
 * layers are valid after [method@Network.sort], which every pass calls at its end.
 */
struct _QsNetwork
{
  gatomicrefcount ref_count;
  char *name;
  GPtrArray *tensors;
  GPtrArray *layers;
  GPtrArray *inputs;
  GPtrArray *outputs;
  GHashTable *tensor_names;
  GHashTable *next_numbers; /* wanted tensor name to the number to try next */
  QsChangeLog *log;
};

QsNetwork *qs_network_new            (const char          *name);
QsNetwork *qs_network_ref            (QsNetwork           *self);
void       qs_network_unref          (QsNetwork           *self);
QsNetwork *qs_network_copy           (QsNetwork           *self);

QsTensor  *qs_network_add_input      (QsNetwork           *self,
                                      const char          *name,
                                      QsDataType           type,
                                      const QsShape       *shape);
QsTensor  *qs_network_add_constant   (QsNetwork           *self,
                                      const char          *name,
                                      QsHostTensor        *value);
QsTensor  *qs_network_add_tensor     (QsNetwork           *self,
                                      const char          *name);
QsLayer   *qs_network_add_layer      (QsNetwork           *self,
                                      const QsLayerClass  *klass,
                                      const char          *name,
                                      gconstpointer        attributes,
                                      QsTensor           **inputs,
                                      guint                n_inputs,
                                      QsTensor           **outputs,
                                      guint                n_outputs);
void       qs_network_mark_output    (QsNetwork           *self,
                                      QsTensor            *tensor);
QsTensor  *qs_network_find_tensor    (QsNetwork           *self,
                                      const char          *name);
QsLayer   *qs_network_find_layer     (QsNetwork           *self,
                                      const char          *name);
char      *qs_network_unique_name    (QsNetwork           *self,
                                      const char          *wanted);
void       qs_network_rename_tensor  (QsNetwork           *self,
                                      QsTensor            *tensor,
                                      const char          *wanted);

void       qs_network_set_input      (QsNetwork           *self,
                                      QsLayer             *layer,
                                      guint                index,
                                      QsTensor            *tensor);
void       qs_network_set_output     (QsNetwork           *self,
                                      QsLayer             *layer,
                                      guint                index,
                                      QsTensor            *tensor);
void       qs_network_replace_uses   (QsNetwork           *self,
                                      QsTensor            *tensor,
                                      QsTensor            *replacement);
void       qs_network_remove_layer   (QsNetwork           *self,
                                      QsLayer             *layer);
void       qs_network_touch          (QsNetwork           *self,
                                      QsLayer             *layer);
gboolean   qs_network_is_output      (QsNetwork           *self,
                                      const QsTensor      *tensor);
guint      qs_network_remove_dead    (QsNetwork           *self);
gboolean   qs_network_sort           (QsNetwork           *self,
                                      GError             **error);
gboolean   qs_network_infer          (QsNetwork           *self,
                                      GError             **error);
gboolean   qs_network_check          (QsNetwork           *self,
                                      GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsNetwork, qs_network_unref)

G_END_DECLS
