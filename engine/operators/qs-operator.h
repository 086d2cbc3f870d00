/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "onnx/qs-model.h"

G_BEGIN_DECLS

typedef struct _QsImporter QsImporter;

/**
 * QsOperator:
 * @op_type: the ONNX operator's name
 * @since: first opset version that this row reads
 * @until: last opset version that it reads, 0 for the newest known
 * @variant: a number of the family's own (which activation, which reduction, …)
 * @parse: adds the layers for one node to the network
 *
 * An ONNX operator of the default domain. A family's file has one table of these beside its layer
 * classes; an operator whose meaning changed between versions has several rows.
 */
typedef struct _QsOperator QsOperator;
struct _QsOperator
{
  const char *op_type;
  int since;
  int until;
  int variant;
  gboolean (*parse) (QsImporter       *importer,
                     const QsOperator *op,
                     const QsOnnxNode *node,
                     GError          **error);
};

/* The tables were checked against the change log of the newest version (onnx 1.23). */
#define QS_OPSET_NEWEST QS_MODEL_NEWEST_OPSET
#define QS_OPSET_OLDEST QS_MODEL_OLDEST_OPSET

const QsOperator   *qs_operator_lookup    (const char  *op_type,
                                           int          opset);
gboolean            qs_operator_is_known  (const char  *op_type);
const QsLayerClass *qs_layer_class_lookup (QsLayerKind  kind);
const QsLayerClass *qs_layer_class_by_name (const char *name);

/*
 * What a parse function may do. Node inputs are asked for by position; an absent optional input
 * is %NULL. Errors of parse functions say what is wrong with the node (“pads has 3 values”); the
 * importer puts the node's operator and name in front.
 */

int        qs_importer_get_opset      (QsImporter         *self);
QsNetwork *qs_importer_get_network    (QsImporter         *self);
QsTensor  *qs_importer_get_input      (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       guint               index);
QsTensor  *qs_importer_require_input  (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       guint               index,
                                       GError            **error);
QsHostTensor *qs_importer_get_constant (QsImporter        *self,
                                       const QsOnnxNode   *node,
                                       guint               index,
                                       const char         *what,
                                       GError            **error);
gboolean   qs_importer_get_constant_ints (QsImporter      *self,
                                       const QsOnnxNode   *node,
                                       guint               index,
                                       const char         *what,
                                       QsInts             *values,
                                       GError            **error);
/* One layer whose inputs and outputs are the node's own, in the node's order. */
QsLayer   *qs_importer_add_layer      (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       QsLayerKind         kind,
                                       gconstpointer       attributes,
                                       GError            **error);
/* One layer with chosen inputs; @n_outputs of the node's outputs become its outputs. */
QsLayer   *qs_importer_add_layer_full (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       QsLayerKind         kind,
                                       gconstpointer       attributes,
                                       QsTensor          **inputs,
                                       guint               n_inputs,
                                       guint               n_outputs,
                                       GError            **error);
/* One step of a node that takes several layers, with an output of its own, which is returned. */
QsTensor  *qs_importer_add_step       (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       QsLayerKind         kind,
                                       gconstpointer       attributes,
                                       const char         *suffix,
                                       QsTensor          **inputs,
                                       guint               n_inputs,
                                       GError            **error);
/* Binds output @index of the node to a tensor that exists already (Identity, folded values). */
void       qs_importer_bind_output    (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       guint               index,
                                       QsTensor           *tensor);
/* Makes output @index a constant. */
void       qs_importer_bind_constant  (QsImporter         *self,
                                       const QsOnnxNode   *node,
                                       guint               index,
                                       QsHostTensor       *value);

G_END_DECLS
