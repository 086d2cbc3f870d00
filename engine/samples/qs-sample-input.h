/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-data-type.h"
#include "core/qs-shape.h"

G_BEGIN_DECLS

/**
 * QsSampleInput:
 * @name: the network input's
 * @type: its type
 * @shape: its shape; axis 0, the batch, is ignored
 *
 * What a network wants from a set.
 */
typedef struct
{
  char *name;
  QsDataType type;
  QsShape shape;
} QsSampleInput;

QsSampleInput *qs_sample_input_new   (const char    *name,
                                      QsDataType     type,
                                      const QsShape *shape);
void           qs_sample_input_free  (QsSampleInput *self);
/* Whether a file or an array of the name @word is meant for it: its name, or its name with
 * underscores for what cannot be in a file's name. */
gboolean       qs_sample_input_match (const QsSampleInput *self,
                                      const char          *word);
/* The number M in "input_M" and "arr_M", or -1. */
int            qs_sample_input_parse_position (const char *word);

G_END_DECLS
