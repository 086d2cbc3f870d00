/* SPDX-License-Identifier: MIT */
#pragma once

#include "operators/qs-operator.h"
#include "qs-fold.h"

G_BEGIN_DECLS

/*
 * The part of the importer that parse functions work with: the network being made and the ONNX
 * values known so far. qs-import.c drives it, node by node; qs-import-node.c does one node, which
 * may be a branch, a loop (qs-import-loop.c) or a function with nodes of its own
 * (qs-import-graph.c).
 */

QsImporter *qs_importer_new            (QsModel           *model,
                                        QsNetwork         *network);
void        qs_importer_free           (QsImporter        *self);
QsModel    *qs_importer_get_model      (QsImporter        *self);
QsTensor   *qs_importer_find_value     (QsImporter        *self,
                                        const char        *name);
void        qs_importer_set_value      (QsImporter        *self,
                                        const char        *name,
                                        QsTensor          *tensor);
char       *qs_importer_unique_name    (QsImporter        *self,
                                        const char        *wanted);

/* Names inside a branch or function hide those outside; a @closed scope sees none of them. */
void        qs_importer_push_scope     (QsImporter        *self,
                                        gboolean           closed);
void        qs_importer_pop_scope      (QsImporter        *self);
guint       qs_importer_get_depth      (QsImporter        *self);

/* Values that something reads. */
void        qs_importer_want           (QsImporter        *self,
                                        const QsOnnxGraph *graph);
gboolean    qs_importer_is_wanted      (QsImporter        *self,
                                        const char        *value);

/* Around one node of the model's graph. */
void        qs_importer_begin          (QsImporter        *self,
                                        const QsOnnxNode  *node);
void        qs_importer_roll_back      (QsImporter        *self);
/* (element-type QsLayer) (transfer none): the layers made since, in order */
GPtrArray  *qs_importer_get_layers     (QsImporter        *self);
void        qs_importer_forget_layer   (QsImporter        *self,
                                        guint              index);
gboolean    qs_importer_owns           (QsImporter        *self,
                                        QsLayer           *layer);
/* The node that is parsed now, which may be one within it; returns the one before. */
const QsOnnxNode *qs_importer_enter    (QsImporter        *self,
                                        const QsOnnxNode  *node);
/* Counts one more node within a branch or function. */
guint       qs_importer_count_inner_node (QsImporter      *self);
QsFoldBudget *qs_importer_get_budget   (QsImporter        *self);

void        qs_importer_add_constants  (QsImporter        *self,
                                        const QsOnnxGraph *graph);
gboolean    qs_importer_import_node    (QsImporter        *self,
                                        const QsOnnxNode  *node,
                                        GError           **error);

gboolean    qs_importer_import_loop    (QsImporter        *self,
                                        const QsOnnxNode  *node,
                                        GError           **error);

gboolean    qs_importer_check_depth    (QsImporter        *self,
                                        GError           **error);
gboolean    qs_importer_count_inner    (QsImporter        *self,
                                        GError           **error);
gboolean    qs_importer_import_graph   (QsImporter        *self,
                                        const QsOnnxGraph *graph,
                                        GError           **error);
QsTensor   *qs_importer_take_result    (QsImporter        *self,
                                        const QsOnnxGraph *graph,
                                        guint              index,
                                        GError           **error);
void        qs_importer_give_result    (QsImporter        *self,
                                        const QsOnnxNode  *node,
                                        guint              index,
                                        QsTensor          *tensor);

char       *qs_importer_node_name      (const QsOnnxNode  *node);

G_END_DECLS
