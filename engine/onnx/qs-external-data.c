/* SPDX-License-Identifier: MIT */
#include "qs-external-data.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/qs-error.h"

struct _QsExternalData
{
  char *folder;
  GHashTable *files; /* location to GBytes of the whole mapped file */
  char *missing;
};

/**
 * qs_external_data_new:
 * @folder: (nullable): where the files are, %NULL when there is no such place (a model from memory)
 */
QsExternalData *
qs_external_data_new (const char *folder)
{
  QsExternalData *self = g_new0 (QsExternalData, 1);

  self->folder = g_strdup (folder);
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_bytes_unref);
  return self;
}

void
qs_external_data_free (QsExternalData *self)
{
  g_hash_table_unref (self->files);
  g_free (self->folder);
  g_free (self->missing);
  g_free (self);
}

static gboolean
refuse (const char *location,
        int         code,
        const char *why,
        GError    **error)
{
  g_set_error (error, QS_ERROR, code, "external data “%s”: %s", location, why);
  return FALSE;
}

static gboolean
check_location (const char *location,
                char      **parts,
                GError    **error)
{
  if (location[0] == '\0')
    return refuse (location, QS_ERROR_MALFORMED, "the file's name is empty", error);
  if (location[0] == '/' || strchr (location, '\\') != NULL || strchr (location, ':') != NULL)
    return refuse (location, QS_ERROR_DATA, "the file's name must be relative to the model", error);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (strcmp (parts[i], "..") == 0)
      return refuse (location, QS_ERROR_DATA, "the file lies outside the model's folder", error);

  return TRUE;
}

static int
open_failed (const char *location,
             int         number,
             GError    **error)
{
  if (number == ELOOP || number == ENOTDIR)
    refuse (location, QS_ERROR_DATA, "symbolic links are not followed; put the file itself there",
            error);
  else
    g_set_error (error, QS_ERROR,
                 number == ENOENT ? QS_ERROR_EXTERNAL_DATA : QS_ERROR_MISSING,
                 "external data “%s”: %s", location, g_strerror (number));
  return -1;
}

/* One component at a time, so that no part of the path can be a link. */
static int
open_beneath (const char *folder,
              const char *location,
              GError    **error)
{
  g_auto (GStrv) parts = g_strsplit (location, "/", -1);
  int fd;

  if (!check_location (location, parts, error))
    return -1;

  fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (gsize i = 0; fd >= 0 && parts[i] != NULL; i++)
    {
      /* Not waiting for the other end of a FIFO; for regular files it means nothing. */
      int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
      int next;

      if (parts[i][0] == '\0' || strcmp (parts[i], ".") == 0)
        continue;

      next = openat (fd, parts[i], parts[i + 1] != NULL ? flags | O_DIRECTORY : flags);
      if (next < 0)
        open_failed (location, errno, error);
      close (fd);
      if (next < 0)
        return -1;
      fd = next;
    }

  return fd >= 0 ? fd : open_failed (location, errno, error);
}

static gboolean
check_file (int         fd,
            const char *location,
            GError    **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    return refuse (location, QS_ERROR_DATA, "it is not a regular file", error);
  if (info.st_nlink > 1)
    return refuse (location, QS_ERROR_DATA,
                   "it is a hard link, which could lead outside the model's folder; copy the file",
                   error);

  return TRUE;
}

static void
note_missing (QsExternalData *self,
              const char     *location,
              const GError   *error)
{
  if (self->missing == NULL && g_error_matches (error, QS_ERROR, QS_ERROR_EXTERNAL_DATA))
    self->missing = g_strdup (location);
}

static GBytes *
map_file (QsExternalData *self,
          const char     *location,
          GError        **error)
{
  g_autoptr (GError) local = NULL;
  GMappedFile *mapped = NULL;
  GBytes *bytes = NULL;
  int fd;

  if (self->folder == NULL)
    {
      refuse (location, QS_ERROR_MISSING,
              "the model was not opened from a local folder, so its weights cannot be found", error);
      return NULL;
    }

  fd = open_beneath (self->folder, location, &local);
  if (fd < 0)
    {
      note_missing (self, location, local);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }

  if (check_file (fd, location, error))
    mapped = g_mapped_file_new_from_fd (fd, FALSE, error);
  close (fd);

  if (mapped != NULL)
    {
      bytes = g_mapped_file_get_bytes (mapped);
      g_mapped_file_unref (mapped);
      g_hash_table_insert (self->files, g_strdup (location), g_bytes_ref (bytes));
    }
  return bytes;
}

/**
 * qs_external_data_read:
 * @location: path relative to the model's folder
 * @offset: first byte
 * @length: number of bytes; %G_MAXUINT64 for the rest of the file
 *
 * A part of a mapped file, without a copy.
 *
 * Errors: %QS_ERROR_DATA for a location that leaves the folder or a file that is not a plain one,
 * %QS_ERROR_EXTERNAL_DATA when it is not there, %QS_ERROR_MISSING when it cannot be opened,
 * %QS_ERROR_MALFORMED for a range outside it.
 */
GBytes *
qs_external_data_read (QsExternalData *self,
                       const char     *location,
                       guint64         offset,
                       guint64         length,
                       GError        **error)
{
  g_autoptr (GBytes) bytes = g_hash_table_lookup (self->files, location);
  gsize size;

  if (bytes != NULL)
    g_bytes_ref (bytes);
  else
    bytes = map_file (self, location, error);
  if (bytes == NULL)
    return NULL;

  size = g_bytes_get_size (bytes);
  if (offset > size || (length != G_MAXUINT64 && length > size - offset))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "external data “%s”: bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                   " are outside the file's %" G_GSIZE_FORMAT " bytes",
                   location, offset, offset + MIN (length, G_MAXUINT64 - offset), size);
      return NULL;
    }

  return g_bytes_new_from_bytes (bytes, offset, length == G_MAXUINT64 ? size - offset : length);
}

const char *
qs_external_data_get_missing (const QsExternalData *self)
{
  return self->missing;
}
