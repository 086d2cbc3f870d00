/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-profile.h"

G_BEGIN_DECLS

/**
 * QsDimensionUse:
 * @QS_DIMENSION_CHANNELS: the second dimension of an image
 * @QS_DIMENSION_IMAGE: height or width of an image
 * @QS_DIMENSION_LENGTH: anything else, most often a number of words
 *
 * What a dynamic dimension seems to be for, from its place and its name.
 */
typedef enum
{
  QS_DIMENSION_CHANNELS,
  QS_DIMENSION_IMAGE,
  QS_DIMENSION_LENGTH,
} QsDimensionUse;

/**
 * QsDimension:
 * @name: the model's word for it ("height"); its place where the model has none ("input[2]")
 * @at: its sizes in the profile, by #QsProfileSelector
 *
 * A dynamic dimension of a model. One name is one dimension, whichever inputs have it.
 */
typedef struct
{
  char *name;
  QsDimensionUse use;
  gint64 at[QS_PROFILE_N_SELECTORS];
} QsDimension;

/* (transfer full) (element-type QsDimension): those besides the batch, fixed to a size that is
 * usual for their use */
GPtrArray *qs_dimensions_find  (QsModel    *model);
GPtrArray *qs_dimensions_copy  (GPtrArray  *self);
/* Sets the shapes of all inputs that have such dimensions; the batch stays open. */
void       qs_dimensions_apply (GPtrArray  *self,
                                QsModel    *model,
                                QsProfile  *profile);
/* Makes the sizes of @shape of samples for @input the optimal ones. %FALSE, and nothing
 * is changed, when one of them is outside the bounds or contradicts the model. */
gboolean   qs_dimensions_fit   (GPtrArray          *self,
                                const QsModelValue *input,
                                const QsShape      *shape);
/* "height=32:224:512,width=224:224:224" */
char      *qs_dimensions_print (GPtrArray  *self);
/* Takes over sizes for the dimensions that @text has; the others stay. Whether it had them all. */
gboolean   qs_dimensions_parse (GPtrArray  *self,
                                const char *text);

G_END_DECLS
