/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-types.h"

G_BEGIN_DECLS

/* “Row major linear FP32” and its like, in which TensorRT says a tensor's type and memory layout. */

/* (nullable): %NULL for a type that TensorRT has no words for */
const char *qs_trex_format_name  (QsDataType   type,
                                  QsFormat     format);
/* %FALSE for words that name no type, as “N/A due to dynamic shapes”. */
gboolean    qs_trex_format_parse (const char  *text,
                                  QsDataType  *type,
                                  QsFormat    *format);
/* (nullable): “Float”, as weights are described */
const char *qs_trex_type_name    (QsDataType   type);
gboolean    qs_trex_type_parse   (const char  *text,
                                  QsDataType  *type);

G_END_DECLS
