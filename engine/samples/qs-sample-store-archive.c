/* SPDX-License-Identifier: MIT */
#include "qs-sample-store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/qs-error.h"
#include "qs-archive.h"

#define BLOCK_SIZE 65536
#define NOT_UNPACKED G_MAXUINT64

/* So often the archive is read again from its beginning before it is unpacked. */
#define MAX_REWINDS 4

typedef struct
{
  QsSampleStore parent;
  char *path;
  guint64 limit; /* bytes that the archive can hold at most */
  guint n_places;

  /* An open reader in front of entry @next, or NULL. */
  struct archive *reader;
  guint next;
  guint n_rewinds;

  /* The file that was read last, since samples of one file are read one after the other. */
  guint cached_place;
  GBytes *cached;

  /* A file without a name that holds all unpacked, or -1. */
  int spool;
  guint64 *offsets; /* by place */
} ArchiveStore;

static void
close_reader (ArchiveStore *self)
{
  if (self->reader != NULL)
    archive_read_free (self->reader);
  self->reader = NULL;
  self->next = 0;
}

/* Only formats and filters whose ratio is known: nothing else bounds what a small file unpacks to. */
static struct archive *
open_reader (const char *path,
             GError    **error)
{
  struct archive *reader = archive_read_new ();

  archive_read_support_format_zip_seekable (reader);
  archive_read_support_format_tar (reader);
  archive_read_support_filter_gzip (reader);
  if (archive_read_open_filename (reader, path, BLOCK_SIZE) == ARCHIVE_OK)
    return reader;

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
               "this is no zip, tar or tar.gz archive, or it is truncated (%s)",
               qs_archive_get_error (reader));
  archive_read_free (reader);
  return NULL;
}

/* Names are never used as places on this computer, so one that leads elsewhere does no harm; but it
 * was made to, and that is said. */
static gboolean
check_name (const char *name,
            GError    **error)
{
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  if (name[0] != '/' && !g_strv_contains ((const char *const *) parts, ".."))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the name “%s” leads out of the archive", name);
  return FALSE;
}

/* Also what the tools of a certain system put beside every file. */
static gboolean
is_hidden (const char *name)
{
  return name[0] == '.' || strstr (name, "/.") != NULL || g_str_has_prefix (name, "__MACOSX/");
}

static gboolean
list_entry (ArchiveStore         *self,
            struct archive_entry *entry,
            guint                 place,
            guint64              *total,
            GError              **error)
{
  g_autofree char *full = qs_archive_dup_entry_name (entry);
  const char *name = full;
  guint64 size = (guint64) archive_entry_size (entry);

  while (g_str_has_prefix (name, "./"))
    name += 2;
  if (!check_name (name, error))
    return FALSE;
  if (archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry) != NULL ||
      name[0] == '\0' || is_hidden (name))
    return TRUE;

  if (!archive_entry_size_is_set (entry) || size > self->limit || *total > self->limit - size)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "%s: the archive claims to hold more than it can", name);
      return FALSE;
    }
  *total += size;
  return qs_sample_store_add (&self->parent, name, size, place, error);
}

static gboolean
list_entries (ArchiveStore   *self,
              struct archive *reader,
              GError        **error)
{
  struct archive_entry *entry;
  guint64 total = 0;
  int status;

  while ((status = archive_read_next_header (reader, &entry)) >= ARCHIVE_WARN &&
         status != ARCHIVE_EOF)
    if (!list_entry (self, entry, self->n_places++, &total, error))
      return FALSE;

  if (status == ARCHIVE_EOF)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the archive is damaged or truncated: %s",
               qs_archive_get_error (reader));
  return FALSE;
}

static gboolean
list_all (ArchiveStore *self,
          GError      **error)
{
  struct archive *reader = open_reader (self->path, error);
  locale_t previous;
  gboolean success;

  if (reader == NULL)
    return FALSE;

  previous = qs_archive_use_utf8 ();
  success = list_entries (self, reader, error);
  uselocale (previous);
  archive_read_free (reader);
  return success;
}

/* Reading past the end also makes libarchive compare a zip archive's checksum. */
static GBytes *
read_entry (struct archive *reader,
            gsize           size,
            GError        **error)
{
  g_autofree guint8 *data = g_try_malloc (MAX (size, 1));
  guint8 more;
  la_ssize_t n;

  if (data == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is not enough memory for its %" G_GSIZE_FORMAT " bytes", size);
      return NULL;
    }
  if (!qs_archive_read_exactly (reader, data, size, error))
    return NULL;

  n = archive_read_data (reader, &more, 1);
  if (n == 0)
    return g_bytes_new_take (g_steal_pointer (&data), size);

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s%s",
               n < 0 ? "the data is damaged: " : "it has more bytes than the archive says",
               n < 0 ? qs_archive_get_error (reader) : "");
  return NULL;
}

/* The reader's next entry, which becomes number @place, is the one after its header. */
static gboolean
seek_entry (ArchiveStore *self,
            guint         place,
            GError      **error)
{
  struct archive_entry *entry;
  int status;

  if (self->reader == NULL || place < self->next)
    {
      self->n_rewinds += self->reader != NULL;
      close_reader (self);
      self->reader = open_reader (self->path, error);
    }

  for (; self->reader != NULL && self->next <= place; self->next++)
    {
      status = archive_read_next_header (self->reader, &entry);
      if (status < ARCHIVE_WARN || status == ARCHIVE_EOF)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the archive ends too early here: %s",
                       qs_archive_get_error (self->reader));
          return FALSE;
        }
    }

  return self->reader != NULL;
}

static GBytes *
read_streaming (ArchiveStore *self,
                QsSampleFile *file,
                GError      **error)
{
  GBytes *bytes = NULL;

  if (seek_entry (self, file->place, error))
    bytes = read_entry (self->reader, (gsize) file->size, error);
  if (bytes == NULL)
    close_reader (self);
  return bytes;
}

static gboolean
set_spool_error (GError **error,
                 int      code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               "the archive could not be unpacked into a temporary file: %s", g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int           fd,
           const guint8 *data,
           gsize         size,
           GError      **error)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return set_spool_error (error, n < 0 ? errno : ENOSPC);
      data += n;
      size -= (gsize) n;
    }

  return TRUE;
}

static gboolean
open_spool (ArchiveStore *self,
            GError      **error)
{
  g_autofree char *name = NULL;

  self->spool = g_file_open_tmp ("quantoscope-XXXXXX", &name, error);
  if (self->spool < 0)
    return FALSE;

  g_unlink (name);
  self->offsets = g_new (guint64, MAX (self->n_places, 1));
  for (guint i = 0; i < self->n_places; i++)
    self->offsets[i] = NOT_UNPACKED;
  return TRUE;
}

static void
close_spool (ArchiveStore *self)
{
  if (self->spool >= 0)
    close (self->spool);
  self->spool = -1;
  g_clear_pointer (&self->offsets, g_free);
}

static int
compare_places (gconstpointer a,
                gconstpointer b)
{
  guint x = (*(QsSampleFile *const *) a)->place, y = (*(QsSampleFile *const *) b)->place;

  return x < y ? -1 : x > y;
}

/* One pass over the archive, in its own order, for those who want its files in another one. */
static gboolean
unpack (ArchiveStore *self,
        GError      **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_copy (self->parent.files, NULL, NULL);
  guint64 offset = 0;

  g_ptr_array_set_free_func (files, NULL);
  g_ptr_array_sort (files, compare_places);
  close_reader (self);
  if (!open_spool (self, error))
    return FALSE;

  for (guint i = 0; i < files->len; i++)
    {
      QsSampleFile *file = files->pdata[i];
      g_autoptr (GBytes) bytes = NULL;

      /* Too large to be read as a whole: said when it is asked for. */
      if (file->size > QS_SAMPLE_MAX_FILE)
        continue;
      bytes = read_streaming (self, file, error);
      if (bytes == NULL || !write_all (self->spool, g_bytes_get_data (bytes, NULL),
                                       g_bytes_get_size (bytes), error))
        return FALSE;
      self->offsets[file->place] = offset;
      offset += file->size;
    }

  close_reader (self);
  return TRUE;
}

static GBytes *
read_spool (ArchiveStore *self,
            QsSampleFile *file,
            GError      **error)
{
  gsize size = (gsize) file->size, done = 0;
  g_autofree guint8 *data = g_try_malloc (MAX (size, 1));

  while (data != NULL && done < size)
    {
      gssize n = pread (self->spool, data + done, size - done,
                        (off_t) (self->offsets[file->place] + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return set_spool_error (error, n < 0 ? errno : EIO), NULL;
      done += (gsize) n;
    }

  if (data == NULL)
    return set_spool_error (error, ENOMEM), NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

static GBytes *
read_whole (ArchiveStore *self,
            QsSampleFile *file,
            GError      **error)
{
  if (self->spool < 0 && self->n_rewinds >= MAX_REWINDS && !unpack (self, error))
    {
      close_spool (self);
      return NULL;
    }

  return self->spool >= 0 ? read_spool (self, file, error) : read_streaming (self, file, error);
}

static GBytes *
archive_store_read (QsSampleStore *store,
              QsSampleFile  *file,
              guint64        offset,
              gsize          length,
              GError       **error)
{
  ArchiveStore *self = (ArchiveStore *) store;
  gsize size = (gsize) file->size;

  if (file->size > QS_SAMPLE_MAX_FILE)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "a file of %" G_GUINT64_FORMAT " bytes is too large to be read out of an archive; "
                   "unpack it", file->size);
      return NULL;
    }

  if (self->cached == NULL || self->cached_place != file->place)
    {
      g_clear_pointer (&self->cached, g_bytes_unref);
      self->cached = read_whole (self, file, error);
      self->cached_place = file->place;
    }
  if (self->cached == NULL)
    return NULL;

  offset = MIN (offset, size);
  return g_bytes_new_from_bytes (self->cached, (gsize) offset, MIN (length, size - (gsize) offset));
}

static void
archive_store_free (QsSampleStore *store)
{
  ArchiveStore *self = (ArchiveStore *) store;

  close_reader (self);
  close_spool (self);
  g_clear_pointer (&self->cached, g_bytes_unref);
  g_free (self->path);
  g_free (self);
}

static const QsSampleStoreClass archive_class = { archive_store_read, archive_store_free };

/* What a file of @size bytes can unpack to, with a little for the archive's own headers. */
static guint64
get_limit (guint64 size)
{
  return MIN (size, G_MAXUINT64 / 4 / QS_DEFLATE_MAX_RATIO) * QS_DEFLATE_MAX_RATIO;
}

/**
 * qs_sample_store_new_for_archive:
 * @file: a zip, tar or tar.gz archive on this computer
 *
 * Only the names are read. Files read in the archive's order are unpacked one by one; after some
 * steps backwards all of it is unpacked into a temporary file, so that any order costs one pass.
 *
 * Errors: %QS_ERROR_MALFORMED for a damaged or truncated archive, for names that lead out of it and
 * for two of the same name, %QS_ERROR_LIMIT for one that claims more than it can hold,
 * %QS_ERROR_DATA for an empty one.
 */
QsSampleStore *
qs_sample_store_new_for_archive (GFile   *file,
                                 GError **error)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                  G_FILE_QUERY_INFO_NONE, NULL, error);
  ArchiveStore *self;
  g_autoptr (QsSampleStore) store = NULL;

  if (info == NULL)
    return NULL;

  self = g_new0 (ArchiveStore, 1);
  store = &self->parent;
  qs_sample_store_init (store, &archive_class, file);
  self->path = g_file_get_path (file);
  self->spool = -1;
  self->limit = get_limit ((guint64) g_file_info_get_size (info));
  if (self->path == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s: only files on this computer can be read", store->name);
      return NULL;
    }

  if (!list_all (self, error))
    {
      g_prefix_error (error, "%s: ", store->name);
      return NULL;
    }
  return qs_sample_store_finish (store, error) ? g_steal_pointer (&store) : NULL;
}
