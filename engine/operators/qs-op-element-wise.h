/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-attributes.h"
#include "qs-operator.h"

G_BEGIN_DECLS

/* For parse functions that express an operator by several element-wise layers. */

QsTensor *qs_element_wise_add_scalar (QsNetwork         *network,
                                      const char        *name,
                                      QsDataType         type,
                                      double             value,
                                      GError           **error);
QsTensor *qs_element_wise_add_inner  (QsImporter        *importer,
                                      const QsOnnxNode  *node,
                                      QsElementWiseType  type,
                                      QsTensor          *a,
                                      QsTensor          *b,
                                      GError           **error);

/* The operation on float32 numbers, in the order of IEEE operations that every backend keeps. */
typedef float (*QsElementWiseFunc) (float a,
                                    float b);
QsElementWiseFunc qs_element_wise_get_func (QsElementWiseType type);

G_END_DECLS
