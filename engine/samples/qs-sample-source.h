/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-preprocessing.h"
#include "qs-sample-array.h"
#include "qs-sample-input.h"

G_BEGIN_DECLS

/* Marks a title for those who show it to people; the engine itself speaks English. */
#define N_(text) (text)

typedef struct _QsSampleSource QsSampleSource;

/**
 * QsSampleSourceKind:
 * @id: a word
 * @title: what it is, for people
 * @probe: whether a file is of this kind; @name is in lower case, @head its first bytes
 * @open: reads headers and names only
 *
 * A kind of set. A new one is one more file with one of these, and one row in the list.
 */
typedef struct
{
  const char *id;
  const char *title;
  gboolean (*probe) (GFileType     type,
                     const char   *name,
                     GBytes       *head);
  QsSampleSource *(*open) (GFile   *file,
                           GError **error);
} QsSampleSourceKind;

/* In the order in which a file is offered to them. */
#define QS_SAMPLE_SOURCES(X) X (folder) X (npy) X (archive) X (npz) X (file)

#define QS_SAMPLE_SOURCE_DECLARE(id) extern const QsSampleSourceKind qs_sample_source_##id;
QS_SAMPLE_SOURCES (QS_SAMPLE_SOURCE_DECLARE)
#undef QS_SAMPLE_SOURCE_DECLARE

/**
 * QsSampleSource:
 * @kind: what it is
 * @file: (nullable): %NULL for arrays in memory
 * @name: for messages
 * @is_fixed: whether the arrays do not depend on what the network wants
 * @n_before: samples, as far as that is known before the network's inputs are; 0 if not
 * @arrange: makes the arrays of @inputs, and of the labels where there are any
 * @checksum: everything that the samples are made of
 */
struct _QsSampleSource
{
  const QsSampleSourceKind *kind;
  GFile *file;
  char *name;
  gboolean is_fixed;
  gboolean has_images;
  gint64 n_before;
  gboolean (*arrange)  (QsSampleSource         *self,
                        GPtrArray              *inputs,
                        const QsPreprocessing  *preprocessing,
                        GPtrArray              *arrays,
                        GError                **error);
  gboolean (*checksum) (QsSampleSource         *self,
                        GChecksum              *checksum,
                        GError                **error);
  void     (*free)     (QsSampleSource         *self);
};

/* (nullable): the kind that @file is of; its first bytes are read */
const QsSampleSourceKind *qs_sample_source_find (GFile                     *file);

void     qs_sample_source_init          (QsSampleSource            *self,
                                         const QsSampleSourceKind  *kind,
                                         GFile                     *file);
void     qs_sample_source_free          (QsSampleSource            *self);
/* SHA-256 of the file's bytes. */
gboolean qs_sample_source_checksum_file (QsSampleSource            *self,
                                         GChecksum                 *checksum,
                                         GError                   **error);

G_END_DECLS
