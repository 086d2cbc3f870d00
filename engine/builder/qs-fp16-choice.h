/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Notes which layers come from nodes that are float16 in the model. */
void     qs_build_note_fp16_nodes (QsBuild        *self,
                                   QsNetwork      *imported);
/* Decides which layers compute in FP16 where they are not INT8. */
gboolean qs_build_choose_fp16     (QsBuild        *self,
                                   GError        **error);
/* Decides, after INT8, which tensors are float16 where they are written, and gives the reasons. */
void     qs_build_place_fp16      (QsBuild        *self);

/* Whether input @index is a float32 constant that an FP16 layer has in float16. */
gboolean qs_layer_rounds_constant (const QsLayer  *layer,
                                   guint           index);

G_END_DECLS
