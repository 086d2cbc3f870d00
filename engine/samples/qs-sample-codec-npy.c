/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-npy-header.h"
#include "qs-sample-files.h"

/* Files of one array each, with one sample or with several along axis 0. */

static gboolean
parse (GBytes       *head,
       QsNpyHeader  *header,
       gsize        *data_start,
       GError      **error)
{
  gsize size, start, length;
  const guint8 *data = g_bytes_get_data (head, &size);

  if (size < QS_NPY_PREFIX || !qs_npy_header_parse_prefix (data, &start, &length, NULL) ||
      size - start < length)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "this is not a NumPy array, or it is truncated");
      return FALSE;
    }

  *data_start = start + length;
  return qs_npy_header_parse (header, (const char *) data + start, length, error);
}

static gboolean
check_header (QsSampleFiles     *self,
              const QsNpyHeader *header,
              gint64            *n_rows,
              GError           **error)
{
  g_autofree char *have = NULL, *want = NULL;

  if (header->fortran && header->shape.n_dims > 1)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "the array is in Fortran order; save numpy.ascontiguousarray() of it");
      return FALSE;
    }
  if (qs_sample_files_fit_shape (self, &header->shape, n_rows))
    return TRUE;

  have = qs_shape_to_string (&header->shape);
  want = qs_shape_to_string (&self->input.shape);
  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "shape %s fits neither samples nor one sample of input “%s” of shape %s (its first "
               "axis counts the samples)", have, self->input.name, want);
  return FALSE;
}

static gboolean
read_header (QsSampleFiles *self,
             guint          index,
             QsNpyHeader   *header,
             gsize         *data_start,
             gint64        *n_rows,
             GError       **error)
{
  QsSampleFile *file = qs_sample_files_get (self, index);
  g_autoptr (GBytes) head =
    qs_sample_store_read (self->store, file, 0,
                          (gsize) MIN (file->size, QS_NPY_PREFIX + QS_NPY_MAX_HEADER), error);

  if (head == NULL)
    return FALSE;
  if (parse (head, header, data_start, error) && check_header (self, header, n_rows, error))
    return TRUE;

  qs_sample_files_name_error (self, index, error);
  return FALSE;
}

/* All files have the type and the shape of the first, and headers of the same length, so that their
 * sizes say how many samples they have. Reading one proves it. */
static gint64
guess_rows (QsSampleFiles *self,
            guint          index)
{
  gint64 row = (gint64) qs_sample_files_get_row_size (self);
  gint64 more = (gint64) qs_sample_files_get (self, index)->size -
                (gint64) qs_sample_files_get (self, 0)->size;

  return row > 0 && more % row == 0 ? self->first_rows[1] + more / row : -1;
}

static gint64
get_rows (QsSampleFiles *self,
          guint          index,
          GError       **error)
{
  gint64 n_rows = index > 0 ? guess_rows (self, index) : -1;
  QsNpyHeader header;
  gsize start;

  if (n_rows > 0)
    return n_rows;

  return read_header (self, index, &header, &start, &n_rows, error) ? n_rows : -1;
}

static gboolean
describe (QsSampleFiles *self,
          GError       **error)
{
  QsNpyHeader header;
  gint64 n_rows;
  gsize start;

  if (!read_header (self, 0, &header, &start, &n_rows, error))
    return FALSE;

  self->type = header.type;
  for (int axis = 1; axis < self->shape.n_dims; axis++)
    self->shape.dims[axis] = header.shape.dims[header.shape.n_dims - self->shape.n_dims + axis];
  return qs_sample_files_set_rows (self, get_rows, error);
}

static gboolean
check_same (QsSampleFiles     *self,
            guint              index,
            const QsNpyHeader *header,
            gint64             n_rows,
            GError           **error)
{
  if (header->type != self->type)
    qs_sample_files_set_error (self, index, error, QS_ERROR_TYPE,
                               "its elements are of type %s, but the first file's of type %s",
                               qs_data_type_name (header->type), qs_data_type_name (self->type));
  else if (n_rows != qs_sample_files_count_rows (self, index))
    qs_sample_files_set_error (self, index, error, QS_ERROR_MALFORMED,
                               "its size does not fit its header");
  else
    return TRUE;

  return FALSE;
}

static gboolean
read_npy (QsSampleFiles *self,
          guint          index,
          gint64         first,
          gint64         n,
          guint8        *buffer,
          GError       **error)
{
  gsize row = qs_sample_files_get_row_size (self), size = (gsize) n * row, start;
  g_autoptr (GBytes) bytes = NULL;
  QsNpyHeader header;
  gint64 n_rows;

  if (!read_header (self, index, &header, &start, &n_rows, error) ||
      !check_same (self, index, &header, n_rows, error))
    return FALSE;

  bytes = qs_sample_store_read (self->store, qs_sample_files_get (self, index),
                                start + (guint64) first * row, size, error);
  if (bytes == NULL)
    return FALSE;
  if (g_bytes_get_size (bytes) != size)
    {
      qs_sample_files_set_error (self, index, error, QS_ERROR_MALFORMED, "the data ends too early");
      return FALSE;
    }

  if (size > 0)
    memcpy (buffer, g_bytes_get_data (bytes, NULL), size);
  qs_npy_header_to_host (&header, buffer, size / qs_data_type_size (self->type));
  return TRUE;
}

static const char *const suffixes[] = { ".npy", NULL };

const QsSampleCodec qs_sample_codec_npy = {
  .id = "npy",
  .title = "NumPy arrays",
  .suffixes = suffixes,
  .describe = describe,
  .read = read_npy,
};
