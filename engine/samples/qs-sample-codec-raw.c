/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-sample-files.h"

/* Numbers of float32, little endian, one sample after the other and nothing else: the input's shape
 * says where one ends. */

static gint64
get_rows (QsSampleFiles *self,
          guint          index,
          GError       **error)
{
  guint64 size = qs_sample_files_get (self, index)->size;
  gsize row = qs_sample_files_get_row_size (self);

  if (size > 0 && size % row == 0)
    return (gint64) MIN (size / row, QS_MAX_DIM);

  qs_sample_files_set_error (self, index, error, QS_ERROR_SHAPE,
                             "its %" G_GUINT64_FORMAT " bytes are not a whole number of samples: one "
                             "of input “%s” has %" G_GSIZE_FORMAT " bytes of float32", size,
                             self->input.name, row);
  return -1;
}

static gboolean
describe (QsSampleFiles *self,
          GError       **error)
{
  self->type = QS_DATA_TYPE_FLOAT;
  if (!qs_data_type_is_float (self->input.type))
    {
      qs_sample_files_set_error (self, 0, error, QS_ERROR_TYPE,
                                 "raw files hold float32, but input “%s” is of type %s; use .npy "
                                 "files", self->input.name, qs_data_type_name (self->input.type));
      return FALSE;
    }
  if (qs_sample_files_get_row_size (self) == 0 || !qs_shape_is_known (&self->input.shape))
    {
      qs_sample_files_set_error (self, 0, error, QS_ERROR_SHAPE,
                                 "the shape of input “%s” does not say how long a sample is",
                                 self->input.name);
      return FALSE;
    }

  return qs_sample_files_set_rows (self, get_rows, error);
}

static void
to_host (guint8 *data,
         gsize   n)
{
  for (gsize i = 0; G_BYTE_ORDER != G_LITTLE_ENDIAN && i < n; i++)
    {
      guint32 bits;

      memcpy (&bits, data + i * sizeof bits, sizeof bits);
      bits = GUINT32_FROM_LE (bits);
      memcpy (data + i * sizeof bits, &bits, sizeof bits);
    }
}

static gboolean
read_raw (QsSampleFiles *self,
          guint          index,
          gint64         first,
          gint64         n,
          guint8        *buffer,
          GError       **error)
{
  gsize row = qs_sample_files_get_row_size (self), size = (gsize) n * row;
  g_autoptr (GBytes) bytes = qs_sample_store_read (self->store, qs_sample_files_get (self, index),
                                                   (guint64) first * row, size, error);

  if (bytes == NULL)
    return FALSE;
  if (g_bytes_get_size (bytes) != size)
    {
      qs_sample_files_set_error (self, index, error, QS_ERROR_MALFORMED, "the data ends too early");
      return FALSE;
    }

  memcpy (buffer, g_bytes_get_data (bytes, NULL), size);
  to_host (buffer, size / sizeof (float));
  return TRUE;
}

static const char *const suffixes[] = { ".raw", ".bin", ".f32", ".dat", NULL };

const QsSampleCodec qs_sample_codec_raw = {
  .id = "raw",
  .title = "raw float32 files",
  .suffixes = suffixes,
  .describe = describe,
  .read = read_raw,
};
