/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-npz-entry.h"

G_BEGIN_DECLS

typedef struct _QsSampleArray QsSampleArray;

/**
 * QsSampleArray:
 * @name: its name, the network input's
 * @type: type of the stored elements
 * @shape: all of it; axis 0 counts the samples
 * @problem: (nullable): why it cannot be used
 * @read: rows first … first + n - 1 in host byte order, row major
 * @name_row: (nullable): where a row comes from, in words
 * @release: frees @source
 *
 * One array of a set, wherever its rows come from. A new kind of source is one more function that
 * makes these.
 */
struct _QsSampleArray
{
  char *name;
  QsDataType type;
  QsShape shape;
  GError *problem;
  gboolean (*read) (QsSampleArray *self,
                    gint64         first,
                    gint64         n,
                    gpointer       buffer,
                    GError       **error);
  char *(*name_row) (QsSampleArray *self,
                     gint64         row);
  void (*release) (gpointer source);
  gpointer source;
};

QsSampleArray *qs_sample_array_new_for_npz    (QsNpzEntry     *entry);
QsSampleArray *qs_sample_array_new_for_tensor (const char     *name,
                                               QsHostTensor   *tensor);
void           qs_sample_array_free           (QsSampleArray  *self);
gsize          qs_sample_array_get_row_size   (QsSampleArray  *self);

G_END_DECLS
