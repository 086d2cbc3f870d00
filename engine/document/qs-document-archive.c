/* SPDX-License-Identifier: MIT */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-document-private.h"

#define CHUNK ((gsize) 64 << 10)

/* Entries are written uncompressed; somebody may have packed them again. More than this is an
 * attempt to fill the memory. */
#define MAX_GROWTH 64
#define ALWAYS_ALLOWED ((gsize) 64 << 20)

/* 1980-01-01, the first day a zip archive knows: equal documents are equal files. */
#define NO_TIME 315532800

static la_ssize_t
append_cb (struct archive *archive,
           void           *data,
           const void     *buffer,
           size_t          length)
{
  g_byte_array_append (data, buffer, (guint) length);
  return (la_ssize_t) length;
}

static gboolean
write_entry (struct archive *archive,
             const char     *name,
             GBytes         *content)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize size;
  gconstpointer data = g_bytes_get_data (content, &size);
  gboolean ok;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_mtime (entry, NO_TIME, 0);
  archive_entry_set_size (entry, (la_int64_t) size);
  ok = archive_write_header (archive, entry) == ARCHIVE_OK &&
       (size == 0 || archive_write_data (archive, data, size) == (la_ssize_t) size) &&
       archive_write_finish_entry (archive) == ARCHIVE_OK;
  archive_entry_free (entry);
  return ok;
}

GBytes *
qs_document_archive_write (const char *const *names,
                           GBytes            *const *contents,
                           GError           **error)
{
  struct archive *archive = archive_write_new ();
  g_autoptr (GByteArray) file = g_byte_array_new ();
  gboolean ok;

  archive_write_set_format_zip (archive);
  archive_write_zip_set_compression_store (archive);
  archive_write_set_bytes_per_block (archive, 0);
  ok = archive_write_open (archive, file, NULL, append_cb, NULL) == ARCHIVE_OK;
  for (guint i = 0; ok && names[i] != NULL; i++)
    ok = contents[i] == NULL || write_entry (archive, names[i], contents[i]);
  ok = ok && archive_write_close (archive) == ARCHIVE_OK;

  if (!ok)
    g_set_error (error, QS_ERROR, QS_ERROR_FAILED, "the document could not be put together: %s",
                 archive_error_string (archive) != NULL ? archive_error_string (archive) : "");
  archive_write_free (archive);
  return ok ? g_byte_array_free_to_bytes (g_steal_pointer (&file)) : NULL;
}

/* What is read grows with what is really there, whatever sizes the archive claims. */
static GBytes *
read_entry (struct archive *archive,
            const char     *name,
            gsize          *left,
            GError        **error)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  g_autofree guint8 *chunk = g_malloc (CHUNK);
  la_ssize_t n;

  while ((n = archive_read_data (archive, chunk, CHUNK)) > 0)
    {
      if ((gsize) n > *left || content->len > G_MAXUINT - CHUNK)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                       "“%s” is larger than a document of this size can hold", name);
          return NULL;
        }
      *left -= (gsize) n;
      g_byte_array_append (content, chunk, (guint) n);
    }

  if (n == 0)
    return g_byte_array_free_to_bytes (g_steal_pointer (&content));

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "“%s” is damaged or cut off: %s", name,
               archive_error_string (archive) != NULL ? archive_error_string (archive) : "");
  return NULL;
}

static gboolean
take_entry (struct archive       *archive,
            struct archive_entry *entry,
            const char *const    *names,
            GHashTable           *entries,
            gsize                *left,
            GError              **error)
{
  const char *name = archive_entry_pathname (entry);
  GBytes *content;

  if (name == NULL || !g_strv_contains (names, name) || archive_entry_filetype (entry) != AE_IFREG)
    {
      g_autofree char *shown = g_utf8_make_valid (name != NULL ? name : "", -1);

      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "“%s” is no part of a document", shown);
      return FALSE;
    }
  if (g_hash_table_contains (entries, name))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "“%s” is there twice", name);
      return FALSE;
    }

  content = read_entry (archive, name, left, error);
  if (content == NULL)
    return FALSE;
  g_hash_table_insert (entries, g_strdup (name), content);
  return TRUE;
}

GHashTable *
qs_document_archive_read (GBytes            *bytes,
                          const char *const *names,
                          GError           **error)
{
  struct archive *archive = archive_read_new ();
  g_autoptr (GHashTable) entries =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  struct archive_entry *entry;
  gsize size, left;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  gboolean ok;
  int status = ARCHIVE_OK;

  left = size > G_MAXSIZE / (2 * MAX_GROWTH) ? G_MAXSIZE / 2 : ALWAYS_ALLOWED + size * MAX_GROWTH;
  archive_read_support_format_zip (archive);
  ok = archive_read_open_memory (archive, data, size) == ARCHIVE_OK;
  while (ok && (status = archive_read_next_header (archive, &entry)) == ARCHIVE_OK)
    ok = take_entry (archive, entry, names, entries, &left, error);

  if (ok && status != ARCHIVE_EOF)
    ok = FALSE;
  if (!ok && error != NULL && *error == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not a document, or it is damaged: %s",
                 archive_error_string (archive) != NULL ? archive_error_string (archive) : "");
  archive_read_free (archive);
  return ok ? g_steal_pointer (&entries) : NULL;
}
