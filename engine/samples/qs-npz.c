/* SPDX-License-Identifier: MIT */
#include "qs-npz.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-npz-entry.h"

void
qs_npy_transpose (const QsNpyHeader *header,
                  gconstpointer      from,
                  gpointer           to)
{
  gsize size = qs_data_type_size (header->type);
  gsize strides[QS_MAX_DIMS], index[QS_MAX_DIMS] = { 0 }, offset = 0, stride = size;
  gint64 n = qs_shape_n_elements (&header->shape);
  guint8 *target = to;

  for (int axis = 0; axis < header->shape.n_dims; axis++)
    {
      strides[axis] = stride;
      stride *= (gsize) header->shape.dims[axis];
    }

  for (gint64 i = 0; i < n; i++, target += size)
    {
      memcpy (target, (const guint8 *) from + offset, size);
      for (int axis = header->shape.n_dims - 1; axis >= 0; axis--)
        {
          offset += strides[axis];
          if (++index[axis] < (gsize) header->shape.dims[axis])
            break;
          offset -= strides[axis] * index[axis];
          index[axis] = 0;
        }
    }
}

static QsHostTensor *
npy_parse_data (const QsNpyHeader *header,
                const guint8      *data,
                gsize              size,
                GError           **error)
{
  g_autoptr (QsHostTensor) tensor = NULL;
  g_autoptr (QsHostTensor) transposed = NULL;
  gsize wanted;

  if (!qs_shape_check_bytes (&header->shape, qs_data_type_size (header->type), &wanted, error))
    return NULL;
  if (wanted != size)
    {
      g_autofree char *shape = qs_shape_to_string (&header->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "there are %" G_GSIZE_FORMAT " bytes of data where shape %s needs %" G_GSIZE_FORMAT,
                   size, shape, wanted);
      return NULL;
    }

  tensor = qs_host_tensor_new_from_data (header->type, &header->shape, data, size, error);
  if (tensor == NULL)
    return NULL;

  qs_npy_header_to_host (header, qs_host_tensor_get_mutable (tensor),
                         size / qs_data_type_size (header->type));
  if (!header->fortran)
    return g_steal_pointer (&tensor);

  transposed = qs_host_tensor_new (header->type, &header->shape, error);
  if (transposed != NULL)
    qs_npy_transpose (header, qs_host_tensor_get_data (tensor),
                      qs_host_tensor_get_mutable (transposed));
  return g_steal_pointer (&transposed);
}

/**
 * qs_npy_parse:
 * @bytes: a .npy file, format version 1, 2 or 3
 *
 * The array in host byte order and row major, whatever the file's order.
 *
 * Errors: %QS_ERROR_MALFORMED, %QS_ERROR_VERSION, %QS_ERROR_UNSUPPORTED for element types that no
 * tensor has, %QS_ERROR_LIMIT.
 */
QsHostTensor *
qs_npy_parse (GBytes  *bytes,
              GError **error)
{
  gsize size, start, length;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  QsNpyHeader header;

  if (size < QS_NPY_PREFIX)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "this is not a NumPy array, or it is truncated");
      return NULL;
    }
  if (!qs_npy_header_parse_prefix (data, &start, &length, error))
    return NULL;
  if (size - start < length)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "the array's header is truncated");
      return NULL;
    }
  if (!qs_npy_header_parse (&header, (const char *) data + start, length, error))
    return NULL;

  return npy_parse_data (&header, data + start + length, size - start - length, error);
}

/**
 * qs_npy_serialize:
 *
 * A .npy file of format version 1.0, row major, in this machine's byte order.
 */
GBytes *
qs_npy_serialize (QsHostTensor *tensor)
{
  GString *file = qs_npy_header_format (qs_host_tensor_get_data_type (tensor),
                                        qs_host_tensor_get_shape (tensor));

  g_string_append_len (file, qs_host_tensor_get_data (tensor),
                       (gssize) qs_host_tensor_get_size (tensor));
  return g_string_free_to_bytes (file);
}

/**
 * qs_npz_load:
 *
 * All arrays of an archive, each of them whole. For sets too large for that there is QsSamples.
 *
 * Errors: those of [func@npz_list], and %QS_ERROR_UNSUPPORTED for an array of a type that no
 * tensor has.
 */
GHashTable *
qs_npz_load (GFile   *file,
             GError **error)
{
  g_autoptr (GPtrArray) entries = qs_npz_list (file, error);
  g_autoptr (GHashTable) arrays = NULL;

  if (entries == NULL)
    return NULL;

  arrays = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                  (GDestroyNotify) qs_host_tensor_unref);
  for (guint i = 0; i < entries->len; i++)
    {
      QsHostTensor *tensor = qs_npz_entry_load (entries->pdata[i], error);

      if (tensor == NULL)
        return NULL;
      g_hash_table_insert (arrays, g_strdup (qs_npz_entry_get_name (entries->pdata[i])), tensor);
    }

  return g_steal_pointer (&arrays);
}

typedef struct
{
  GOutputStream *stream;
  GError **error;
} Sink;

static la_ssize_t
sink_write (struct archive *writer,
            void           *user_data,
            const void     *buffer,
            size_t          length)
{
  Sink *sink = user_data;

  if (g_output_stream_write_all (sink->stream, buffer, length, NULL, NULL, sink->error))
    return (la_ssize_t) length;

  archive_set_error (writer, EIO, "write error");
  return -1;
}

static gboolean
write_entry (struct archive *writer,
             const char     *name,
             QsHostTensor   *tensor)
{
  struct archive_entry *entry = archive_entry_new ();
  g_autofree char *path = g_strconcat (name, ".npy", NULL);
  GString *header = qs_npy_header_format (qs_host_tensor_get_data_type (tensor),
                                          qs_host_tensor_get_shape (tensor));
  gsize size = qs_host_tensor_get_size (tensor);
  gboolean success;

  archive_entry_set_pathname_utf8 (entry, path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, (gint64) (header->len + size));

  success = archive_write_header (writer, entry) == ARCHIVE_OK &&
            archive_write_data (writer, header->str, header->len) == (la_ssize_t) header->len &&
            archive_write_data (writer, qs_host_tensor_get_data (tensor), size) ==
              (la_ssize_t) size;

  archive_entry_free (entry);
  g_string_free (header, TRUE);
  return success;
}

static gboolean
write_archive (GOutputStream *stream,
               const char   **names,
               QsHostTensor **tensors,
               guint          n_tensors,
               GError       **error)
{
  struct archive *writer = archive_write_new ();
  g_autoptr (GError) local_error = NULL;
  Sink sink = { stream, &local_error };
  gboolean success;

  archive_write_set_format_zip (writer);
  /* Nothing after the last block: zip readers look for their directory at the end. */
  archive_write_set_bytes_in_last_block (writer, 1);
  success = archive_write_set_options (writer, "zip:hdrcharset=UTF-8") >= ARCHIVE_WARN &&
            archive_write_open (writer, &sink, NULL, sink_write, NULL) == ARCHIVE_OK;
  for (guint i = 0; success && i < n_tensors; i++)
    success = write_entry (writer, names[i], tensors[i]);
  success = archive_write_close (writer) == ARCHIVE_OK && success;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (!success)
    g_set_error (error, QS_ERROR, QS_ERROR_FAILED, "the archive could not be written: %s",
                 archive_error_string (writer) ? archive_error_string (writer) : "unknown error");

  archive_write_free (writer);
  return success;
}

/**
 * qs_npz_save:
 * @names: (array length=n_tensors): names without ".npy"
 * @tensors: (array length=n_tensors): the arrays
 *
 * Writes a compressed archive as numpy.savez_compressed() does. An existing file is replaced only
 * when everything has been written.
 */
gboolean
qs_npz_save (GFile         *file,
             const char   **names,
             QsHostTensor **tensors,
             guint          n_tensors,
             GError       **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GFileOutputStream) stream =
    g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, error);

  if (stream == NULL)
    return FALSE;

  if (!write_archive (G_OUTPUT_STREAM (stream), names, tensors, n_tensors, error))
    {
      g_autofree char *name = g_file_get_basename (file);

      g_prefix_error (error, "%s: ", name);
      /* Closing a replacement with a cancelled cancellable throws it away. */
      g_cancellable_cancel (cancellable);
      g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, NULL);
      return FALSE;
    }

  return g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, error);
}
