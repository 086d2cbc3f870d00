/* SPDX-License-Identifier: MIT */
#include "qs-npz-entry.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-archive.h"

#define MAX_ENTRIES 65536
#define SKIP_SIZE 65536

struct _QsNpzEntry
{
  char *path;      /* of the archive */
  char *file_name; /* for messages */
  char *name;
  guint index; /* among the archive's entries */
  QsNpyHeader header;
  GError *problem; /* why the array cannot be used, though the archive is sound */
  gsize row_size;
  gint64 n_rows;

  /* An open reader that stands before row `next`, or NULL. */
  struct archive *reader;
  gint64 next;
};

static void
reader_close (struct archive *reader)
{
  if (reader != NULL)
    archive_read_free (reader);
}

void
qs_npz_entry_free (QsNpzEntry *self)
{
  reader_close (self->reader);
  g_clear_error (&self->problem);
  g_free (self->path);
  g_free (self->file_name);
  g_free (self->name);
  g_free (self);
}

const char *
qs_npz_entry_get_name (const QsNpzEntry *self)
{
  return self->name;
}

const QsNpyHeader *
qs_npz_entry_get_header (const QsNpzEntry *self,
                         GError          **error)
{
  if (self->problem == NULL)
    return &self->header;

  if (error != NULL)
    *error = g_error_copy (self->problem);
  return NULL;
}

gboolean
qs_npz_entry_has_rows (const QsNpzEntry *self)
{
  gsize total;

  if (!self->header.fortran)
    return TRUE;

  /* Both orders are the same where at most one axis is longer than 1. */
  total = self->row_size / qs_data_type_size (self->header.type);
  return total <= 1 || self->n_rows == 0;
}

/* Only the seekable reader: it starts at the central directory, which a truncated file lacks, and
 * skips entries without decompressing them. */
static struct archive *
reader_open (const char *path,
             const char *file_name,
             GError    **error)
{
  struct archive *reader = archive_read_new ();

  archive_read_support_format_zip_seekable (reader);
  if (archive_read_open_filename (reader, path, SKIP_SIZE) == ARCHIVE_OK)
    return reader;

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
               "%s: this is not an .npz archive, or it is truncated", file_name);
  archive_read_free (reader);
  return NULL;
}

static gboolean
skip_exactly (struct archive *reader,
              guint64         size,
              GError        **error)
{
  g_autofree guint8 *scratch = g_malloc (SKIP_SIZE);

  while (size > 0)
    {
      gsize n = (gsize) MIN (size, SKIP_SIZE);

      if (!qs_archive_read_exactly (reader, scratch, n, error))
        return FALSE;
      size -= n;
    }

  return TRUE;
}

/* Reading past the end also makes libarchive compare the checksum. */
static gboolean
check_end (struct archive *reader,
           GError        **error)
{
  guint8 byte;
  la_ssize_t n = archive_read_data (reader, &byte, 1);

  if (n == 0)
    return TRUE;

  if (n > 0)
    g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                         "there is more data than the array's shape says");
  else
    g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the data is damaged: %s",
                 qs_archive_get_error (reader));
  return FALSE;
}

static gboolean
read_header (struct archive *reader,
             QsNpyHeader    *header,
             gsize          *header_size,
             GError        **error)
{
  g_autofree char *text = NULL;
  guint8 prefix[QS_NPY_PREFIX];
  gsize start, length, taken;

  if (!qs_archive_read_exactly (reader, prefix, sizeof prefix, error) ||
      !qs_npy_header_parse_prefix (prefix, &start, &length, error))
    return FALSE;

  text = g_malloc (length);
  taken = sizeof prefix - start;
  memcpy (text, prefix + start, taken);
  *header_size = start + length;
  return qs_archive_read_exactly (reader, text + taken, length - taken, error) &&
         qs_npy_header_parse (header, text, length, error);
}

static gboolean
check_size (QsNpzEntry           *self,
            struct archive_entry *entry,
            gsize                 header_size,
            guint64               file_size,
            GError              **error)
{
  gsize size;

  if (!qs_shape_check_bytes (&self->header.shape, qs_data_type_size (self->header.type), &size,
                             error))
    return FALSE;

  if (size / QS_DEFLATE_MAX_RATIO > file_size ||
      (archive_entry_size_is_set (entry) &&
       (guint64) archive_entry_size (entry) != (guint64) header_size + size))
    {
      g_autofree char *shape = qs_shape_to_string (&self->header.shape);

      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "the file cannot contain the %" G_GSIZE_FORMAT " bytes that shape %s needs",
                   size, shape);
      return FALSE;
    }

  self->n_rows = self->header.shape.n_dims > 0 ? self->header.shape.dims[0] : 1;
  self->row_size = self->n_rows > 0 ? size / (gsize) self->n_rows : 0;
  return TRUE;
}

static QsNpzEntry *
entry_new (const char           *path,
           const char           *file_name,
           const char           *name,
           struct archive       *reader,
           struct archive_entry *entry,
           guint64               file_size,
           GError              **error)
{
  g_autoptr (QsNpzEntry) self = g_new0 (QsNpzEntry, 1);
  gsize header_size = 0;

  self->path = g_strdup (path);
  self->file_name = g_strdup (file_name);
  self->name = g_strndup (name, strlen (name) - strlen (".npy"));

  if (!read_header (reader, &self->header, &header_size, &self->problem) ||
      !check_size (self, entry, header_size, file_size, &self->problem))
    {
      g_prefix_error (&self->problem, "%s: array “%s”: ", file_name, self->name);
      if (!g_error_matches (self->problem, QS_ERROR, QS_ERROR_UNSUPPORTED))
        {
          g_propagate_error (error, g_steal_pointer (&self->problem));
          return NULL;
        }
    }

  return g_steal_pointer (&self);
}

static gboolean
is_duplicate (GPtrArray  *entries,
              QsNpzEntry *entry)
{
  for (guint i = 0; i < entries->len; i++)
    if (strcmp (((QsNpzEntry *) entries->pdata[i])->name, entry->name) == 0)
      return TRUE;

  return FALSE;
}

static gboolean
list_entry (GPtrArray            *entries,
            const char           *path,
            const char           *file_name,
            guint                 index,
            struct archive       *reader,
            struct archive_entry *archive_entry,
            guint64               file_size,
            GError              **error)
{
  g_autofree char *name = qs_archive_dup_entry_name (archive_entry);
  QsNpzEntry *entry;

  /* As numpy.load() does: only members with this suffix are arrays. One without a name in front of
   * it cannot be any input's. */
  if (!g_str_has_suffix (name, ".npy") || strlen (name) == strlen (".npy"))
    return TRUE;

  entry = entry_new (path, file_name, name, reader, archive_entry, file_size, error);
  if (entry == NULL)
    return FALSE;

  entry->index = index;
  if (entries->len >= MAX_ENTRIES || is_duplicate (entries, entry))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: there are %s arrays%s%s", file_name,
                   entries->len >= MAX_ENTRIES ? "too many" : "two",
                   entries->len >= MAX_ENTRIES ? "" : " named ",
                   entries->len >= MAX_ENTRIES ? "" : entry->name);
      qs_npz_entry_free (entry);
      return FALSE;
    }

  g_ptr_array_add (entries, entry);
  return TRUE;
}

static GPtrArray *
list_entries (const char     *path,
              const char     *file_name,
              struct archive *reader,
              guint64         file_size,
              GError        **error)
{
  g_autoptr (GPtrArray) entries =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_npz_entry_free);
  struct archive_entry *entry;
  int status;

  for (guint index = 0; (status = archive_read_next_header (reader, &entry)) >= ARCHIVE_WARN; index++)
    {
      if (status == ARCHIVE_EOF)
        break;
      if (!list_entry (entries, path, file_name, index, reader, entry, file_size, error))
        return NULL;
    }

  if (status != ARCHIVE_EOF)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: the archive is damaged: %s", file_name,
                   qs_archive_get_error (reader));
      return NULL;
    }

  return g_steal_pointer (&entries);
}

/**
 * qs_npz_list:
 * @file: an .npz archive
 *
 * The arrays of an archive with their types and shapes. An array of a type that no tensor has does
 * not make the others unusable; it is reported when it is asked for.
 *
 * Errors: %QS_ERROR_MALFORMED, %QS_ERROR_LIMIT, %QS_ERROR_UNSUPPORTED for a file that is not
 * local, those of GIO; messages name file and array.
 */
GPtrArray *
qs_npz_list (GFile   *file,
             GError **error)
{
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *file_name = g_file_get_basename (file);
  g_autoptr (GFileInfo) info = NULL;
  GPtrArray *entries;
  struct archive *reader;
  locale_t previous;

  if (path == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s: only files on this computer can be read", file_name);
      return NULL;
    }

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
                            G_FILE_QUERY_INFO_NONE, NULL, error);
  if (info == NULL)
    return NULL;
  if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: this is not a regular file", file_name);
      return NULL;
    }

  reader = reader_open (path, file_name, error);
  if (reader == NULL)
    return NULL;

  previous = qs_archive_use_utf8 ();
  entries = list_entries (path, file_name, reader, (guint64) g_file_info_get_size (info), error);
  uselocale (previous);
  reader_close (reader);
  return entries;
}

/* Opens a reader at the entry's first row. */
static gboolean
entry_rewind (QsNpzEntry *self,
              GError    **error)
{
  struct archive_entry *entry;
  QsNpyHeader header;
  gsize header_size;

  reader_close (g_steal_pointer (&self->reader));
  self->reader = reader_open (self->path, self->file_name, error);
  if (self->reader == NULL)
    return FALSE;

  for (guint index = 0; index <= self->index; index++)
    if (archive_read_next_header (self->reader, &entry) < ARCHIVE_WARN)
      break;

  /* The file may have been replaced since it was listed. */
  if (!read_header (self->reader, &header, &header_size, error))
    return FALSE;
  if (header.type != self->header.type || header.swapped != self->header.swapped ||
      header.fortran != self->header.fortran ||
      !qs_shape_equal (&header.shape, &self->header.shape))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MISMATCH, "the file has changed on disk");
      return FALSE;
    }

  self->next = 0;
  return TRUE;
}

static gboolean
entry_read (QsNpzEntry *self,
            gint64      first,
            gint64      n,
            gpointer    buffer,
            GError    **error)
{
  if ((self->reader == NULL || first < self->next) && !entry_rewind (self, error))
    return FALSE;

  if (!skip_exactly (self->reader, (guint64) (first - self->next) * self->row_size, error) ||
      !qs_archive_read_exactly (self->reader, buffer, (gsize) n * self->row_size, error))
    return FALSE;

  self->next = first + n;
  if (self->next < self->n_rows)
    return TRUE;

  return check_end (self->reader, error);
}

gboolean
qs_npz_entry_read (QsNpzEntry *self,
                   gint64      first,
                   gint64      n,
                   gpointer    buffer,
                   GError    **error)
{
  g_return_val_if_fail (self->problem == NULL, FALSE);
  g_return_val_if_fail (first >= 0 && n >= 0 && n <= self->n_rows - first, FALSE);

  if (!entry_read (self, first, n, buffer, error))
    {
      reader_close (g_steal_pointer (&self->reader));
      g_prefix_error (error, "%s: array “%s”: ", self->file_name, self->name);
      return FALSE;
    }

  qs_npy_header_to_host (&self->header, buffer,
                         (gsize) n * self->row_size / qs_data_type_size (self->header.type));
  return TRUE;
}

/* The whole array in host byte order, as the file orders it. */
static QsHostTensor *
entry_load_raw (QsNpzEntry *self,
                GError    **error)
{
  g_autoptr (QsHostTensor) tensor =
    qs_host_tensor_new (self->header.type, &self->header.shape, error);

  if (tensor == NULL)
    {
      g_prefix_error (error, "%s: array “%s”: ", self->file_name, self->name);
      return NULL;
    }
  if (!qs_npz_entry_read (self, 0, self->n_rows, qs_host_tensor_get_mutable (tensor), error))
    return NULL;

  reader_close (g_steal_pointer (&self->reader));
  return g_steal_pointer (&tensor);
}

QsHostTensor *
qs_npz_entry_load (QsNpzEntry *self,
                   GError    **error)
{
  g_autoptr (QsHostTensor) raw = NULL;
  QsHostTensor *tensor;

  if (qs_npz_entry_get_header (self, error) == NULL)
    return NULL;

  raw = entry_load_raw (self, error);
  if (raw == NULL || qs_npz_entry_has_rows (self))
    return g_steal_pointer (&raw);

  tensor = qs_host_tensor_new (self->header.type, &self->header.shape, error);
  if (tensor != NULL)
    qs_npy_transpose (&self->header, qs_host_tensor_get_data (raw),
                      qs_host_tensor_get_mutable (tensor));
  return tensor;
}
