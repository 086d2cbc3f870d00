/* SPDX-License-Identifier: MIT */
#include "qs-sample-store.h"

#include "core/qs-error.h"

#define MAX_DEPTH 64

#define ATTRIBUTES                                                                                 \
  G_FILE_ATTRIBUTE_STANDARD_NAME "," G_FILE_ATTRIBUTE_STANDARD_TYPE ","                            \
  G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_UNIX_INODE "," G_FILE_ATTRIBUTE_UNIX_DEVICE

typedef struct
{
  QsSampleStore parent;
  GFile *root;       /* the folder, or the single file */
  gboolean is_single;
} FolderStore;

/* A folder that is being walked through, and those it is in. */
typedef struct _Level Level;

struct _Level
{
  const Level *outer;
  const char *path; /* relative, "" or with "/" at its end */
  guint64 inode;
  guint32 device;
  guint depth;
};

static gboolean walk (QsSampleStore *store,
                      GFile         *folder,
                      GFileInfo     *info,
                      const Level   *outer,
                      const char    *path,
                      GError       **error);

static gboolean
set_error (QsSampleStore *store,
           const char    *path,
           int            code,
           const char    *problem,
           GError       **error)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, QS_ERROR, code, "%s: %s: %s", store->name, shown, problem);
  return FALSE;
}

static gboolean
check_level (QsSampleStore *store,
             const Level   *level,
             GError       **error)
{
  if (level->depth > MAX_DEPTH)
    return set_error (store, level->path, QS_ERROR_LIMIT, "folders are nested too deeply", error);

  for (const Level *outer = level->outer; outer != NULL; outer = outer->outer)
    if (outer->inode == level->inode && outer->device == level->device)
      return set_error (store, level->path, QS_ERROR_MALFORMED,
                        "a link leads back to a folder that it is in", error);

  return TRUE;
}

static gboolean
add_child (QsSampleStore *store,
           GFile         *folder,
           GFileInfo     *info,
           const Level   *level,
           GError       **error)
{
  const char *name = g_file_info_get_name (info);
  g_autofree char *path = g_strconcat (level->path, name, NULL);
  GFileType type = g_file_info_get_file_type (info);

  if (name[0] == '.')
    return TRUE;
  if (type == G_FILE_TYPE_DIRECTORY)
    {
      g_autoptr (GFile) child = g_file_get_child (folder, name);
      g_autofree char *inside = g_strconcat (path, "/", NULL);

      return walk (store, child, info, level, inside, error);
    }
  /* A link without a file behind it is reported when it is read. */
  if (type != G_FILE_TYPE_REGULAR && type != G_FILE_TYPE_SYMBOLIC_LINK)
    return set_error (store, path, QS_ERROR_MALFORMED, "this is not a regular file", error);

  return qs_sample_store_add (store, path, (guint64) g_file_info_get_size (info), 0, error);
}

static gboolean
walk_children (QsSampleStore   *store,
               GFile           *folder,
               GFileEnumerator *children,
               const Level     *level,
               GError         **error)
{
  for (;;)
    {
      GFileInfo *info;

      if (!g_file_enumerator_iterate (children, &info, NULL, NULL, error))
        return FALSE;
      if (info == NULL)
        return TRUE;
      if (!add_child (store, folder, info, level, error))
        return FALSE;
    }
}

static gboolean
walk (QsSampleStore *store,
      GFile         *folder,
      GFileInfo     *info,
      const Level   *outer,
      const char    *path,
      GError       **error)
{
  g_autoptr (GFileEnumerator) children = NULL;
  Level level = { outer, path, g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_UNIX_INODE),
                  g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_UNIX_DEVICE),
                  outer != NULL ? outer->depth + 1 : 0 };

  if (!check_level (store, &level, error))
    return FALSE;

  children = g_file_enumerate_children (folder, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, NULL, error);
  return children != NULL && walk_children (store, folder, children, &level, error);
}

static GBytes *
read_range (GFile    *file,
            guint64   offset,
            gsize     length,
            GError  **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree guint8 *data = NULL;
  gsize n;

  if (stream == NULL)
    return NULL;

  data = g_try_malloc (MAX (length, 1));
  if (data == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is not enough memory for %" G_GSIZE_FORMAT " bytes of it", length);
      return NULL;
    }

  if ((offset > 0 && !g_seekable_seek (G_SEEKABLE (stream), (goffset) offset, G_SEEK_SET, NULL,
                                       error)) ||
      !g_input_stream_read_all (G_INPUT_STREAM (stream), data, length, &n, NULL, error))
    return NULL;

  return g_bytes_new_take (g_steal_pointer (&data), n);
}

static GBytes *
folder_read (QsSampleStore *store,
             QsSampleFile  *file,
             guint64        offset,
             gsize          length,
             GError       **error)
{
  FolderStore *self = (FolderStore *) store;
  g_autoptr (GFile) child = self->is_single ? g_object_ref (self->root)
                                            : g_file_resolve_relative_path (self->root, file->path);

  return read_range (child, offset, length, error);
}

static void
folder_free (QsSampleStore *store)
{
  FolderStore *self = (FolderStore *) store;

  g_object_unref (self->root);
  g_free (self);
}

static const QsSampleStoreClass folder_class = { folder_read, folder_free };

static FolderStore *
folder_new (GFile    *file,
            gboolean  is_single)
{
  FolderStore *self = g_new0 (FolderStore, 1);

  qs_sample_store_init (&self->parent, &folder_class, file);
  self->root = g_object_ref (file);
  self->is_single = is_single;
  return self;
}

/**
 * qs_sample_store_new_for_folder:
 *
 * Links are followed.
 *
 * Errors: those of GIO; %QS_ERROR_MALFORMED for a link that leads back and for files that are no
 * data (a pipe, a device), %QS_ERROR_LIMIT for too many files or folders too deep, %QS_ERROR_DATA
 * for an empty folder.
 */
QsSampleStore *
qs_sample_store_new_for_folder (GFile   *file,
                                GError **error)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, NULL,
                                                  error);
  g_autoptr (QsSampleStore) store = NULL;

  if (info == NULL)
    return NULL;

  store = &folder_new (file, FALSE)->parent;
  if (!walk (store, file, info, NULL, "", error) || !qs_sample_store_finish (store, error))
    return NULL;

  return g_steal_pointer (&store);
}

/* A store of one file. */
QsSampleStore *
qs_sample_store_new_for_file (GFile   *file,
                              GError **error)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, NULL,
                                                  error);
  g_autoptr (QsSampleStore) store = NULL;

  if (info == NULL)
    return NULL;

  store = &folder_new (file, TRUE)->parent;
  if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: this is not a regular file",
                   store->name);
      return NULL;
    }

  if (!qs_sample_store_add (store, g_file_info_get_name (info),
                            (guint64) g_file_info_get_size (info), 0, error))
    return NULL;
  return g_steal_pointer (&store);
}
