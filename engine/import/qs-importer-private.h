/* SPDX-License-Identifier: MIT */
#pragma once

#include "operators/qs-operator.h"

G_BEGIN_DECLS

/*
 * The part of the importer that parse functions work with: the network being made and the ONNX
 * values known so far. qs-import.c drives it, node by node.
 */

QsImporter *qs_importer_new            (QsModel           *model,
                                        QsNetwork         *network);
void        qs_importer_free           (QsImporter        *self);
QsTensor   *qs_importer_find_value     (QsImporter        *self,
                                        const char        *name);
void        qs_importer_set_value      (QsImporter        *self,
                                        const char        *name,
                                        QsTensor          *tensor);
char       *qs_importer_unique_name    (QsImporter        *self,
                                        const char        *wanted);

/* Around one parse function. */
void        qs_importer_begin          (QsImporter        *self,
                                        const QsOnnxNode  *node);
void        qs_importer_roll_back      (QsImporter        *self);
/* (element-type QsLayer) (transfer none): the layers of the present node, in order */
GPtrArray  *qs_importer_get_layers     (QsImporter        *self);

char       *qs_importer_node_name      (const QsOnnxNode  *node);

G_END_DECLS
