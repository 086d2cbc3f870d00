/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-layer.h"
#include "qs-attributes.h"

G_BEGIN_DECLS

/**
 * QsNormalizationJob:
 * @x: the input; the channels of group normalization are two axes, groups and channels of a group
 * @y: the output, seen like @x
 * @parameters: what the normalized values are multiplied with, and what is added then; strides in the
 *   axes of @x
 * @present: which of @parameters there are
 * @outer: the sets of elements that are normalized together, with dimension 1 along their axes
 * @inner: the elements of one set
 *
 * A normalization in terms of views.
 */
typedef struct
{
  const QsNormalizationAttributes *attributes;
  QsView x;
  QsView y;
  QsView parameters[2];
  gboolean present[2];
  QsShape outer;
  QsShape inner;
} QsNormalizationJob;

void qs_normalization_job_init (QsNormalizationJob *self,
                                const QsLayer      *layer,
                                const QsView       *inputs,
                                const QsView       *y);

G_END_DECLS
