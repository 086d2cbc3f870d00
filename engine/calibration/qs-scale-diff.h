/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsScaleDifference:
 * @name: borrowed from the first table
 * @a: the scale in the first
 * @b: the scale in the second
 */
typedef struct
{
  const char *name;
  float a;
  float b;
} QsScaleDifference;

/* @b / @a, NaN where one of them is no usable scale */
double     qs_scale_difference_get_ratio  (const QsScaleDifference *self);

/**
 * qs_scale_table_find_differences:
 * @n_common: (out): how many names are in both
 *
 * Scales that both tables have and that differ in their bits, the largest disagreement first;
 * those that are usable in one only come before all others.
 *
 * Returns: (element-type QsScaleDifference) (transfer full)
 */
GArray    *qs_scale_table_find_differences (QsScaleTable           *self,
                                            QsScaleTable           *other,
                                            guint                  *n_common);
/* (element-type utf8) (transfer container): names of @self that @other does not have */
GPtrArray *qs_scale_table_find_only        (QsScaleTable           *self,
                                            QsScaleTable           *other);
/* (element-type utf8) (transfer container): names in @self that are no tensors of @network, and
 * its float activations without a name in @self; of scales that were found after layer fusion,
 * those that fusion leaves */
GPtrArray *qs_scale_table_find_strangers   (QsScaleTable           *self,
                                            QsNetwork              *network);
GPtrArray *qs_scale_table_find_missing     (QsScaleTable           *self,
                                            QsNetwork              *network);

G_END_DECLS
