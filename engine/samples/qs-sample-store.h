/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One file of a set is never larger when it has to be read as a whole. */
#define QS_SAMPLE_MAX_FILE (G_GUINT64_CONSTANT (1) << 30)

/**
 * QsSampleFile:
 * @path: in the store, with “/” between folders; bytes in no particular encoding
 * @size: in bytes
 * @place: where it is, for the store's own use
 */
typedef struct
{
  char *path;
  guint64 size;
  guint place;
} QsSampleFile;

/**
 * QsSampleStore:
 * @name: for messages
 * @files: (element-type QsSampleFile): in the order of their paths' bytes, the same on every machine
 *
 * Files that samples are made of: a folder with all that is below it, an archive, or a single file.
 * Files whose names begin with a dot, and those in folders named so, are left out.
 */
typedef struct _QsSampleStore QsSampleStore;

typedef struct
{
  /* At most @length bytes from @offset on; fewer only at the file's end. */
  GBytes  *(*read) (QsSampleStore  *self,
                    QsSampleFile   *file,
                    guint64         offset,
                    gsize           length,
                    GError        **error);
  void     (*free) (QsSampleStore  *self);
} QsSampleStoreClass;

struct _QsSampleStore
{
  const QsSampleStoreClass *klass;
  gatomicrefcount ref_count;
  char *name;
  GPtrArray *files;
};

QsSampleStore *qs_sample_store_new_for_folder  (GFile                     *file,
                                                GError                   **error);
QsSampleStore *qs_sample_store_new_for_archive (GFile                     *file,
                                                GError                   **error);
QsSampleStore *qs_sample_store_new_for_file    (GFile                     *file,
                                                GError                   **error);
QsSampleStore *qs_sample_store_ref             (QsSampleStore             *self);
void           qs_sample_store_unref           (QsSampleStore             *self);

/* Errors name the store and the file. */
GBytes        *qs_sample_store_read            (QsSampleStore             *self,
                                                QsSampleFile              *file,
                                                guint64                    offset,
                                                gsize                      length,
                                                GError                   **error);
/* The file as a whole, up to %QS_SAMPLE_MAX_FILE. */
GBytes        *qs_sample_store_load            (QsSampleStore             *self,
                                                QsSampleFile              *file,
                                                GError                   **error);
QsSampleFile  *qs_sample_store_find            (QsSampleStore             *self,
                                                const char                *path);
/* (transfer full): "set: folder/file", valid UTF-8 */
char          *qs_sample_store_dup_place       (QsSampleStore             *self,
                                                const QsSampleFile        *file);

/* For the stores. */
void           qs_sample_store_init            (QsSampleStore             *self,
                                                const QsSampleStoreClass  *klass,
                                                GFile                     *file);
/* %FALSE with an error when there are too many. */
gboolean       qs_sample_store_add             (QsSampleStore             *self,
                                                const char                *path,
                                                guint64                    size,
                                                guint                      place,
                                                GError                   **error);
/* Brings the files into their order; errors for two of the same name and for none. */
gboolean       qs_sample_store_finish          (QsSampleStore             *self,
                                                GError                   **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsSampleStore, qs_sample_store_unref)

G_END_DECLS
