/* SPDX-License-Identifier: MIT */
#include "qs-npy-file.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-npz.h"

typedef struct
{
  char *file_name;
  GFileInputStream *stream;
  QsNpyHeader header;
  goffset data_start;
} Source;

static void
source_free (gpointer data)
{
  Source *source = data;

  g_clear_object (&source->stream);
  g_free (source->file_name);
  g_free (source);
}

gboolean
qs_npy_file_probe (GFile *file)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, NULL);
  char magic[6] = "";
  gsize n = 0;

  return stream != NULL &&
         g_input_stream_read_all (G_INPUT_STREAM (stream), magic, sizeof magic, &n, NULL, NULL) &&
         n == sizeof magic && memcmp (magic, "\x93NUMPY", sizeof magic) == 0;
}

static gboolean
read_exactly (Source  *source,
              gpointer buffer,
              gsize    size,
              GError **error)
{
  gsize n;

  if (!g_input_stream_read_all (G_INPUT_STREAM (source->stream), buffer, size, &n, NULL, error))
    return FALSE;
  if (n == size)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: the data ends too early",
               source->file_name);
  return FALSE;
}

static gboolean
read_header (Source  *source,
             GError **error)
{
  g_autofree char *text = NULL;
  guint8 prefix[QS_NPY_PREFIX];
  gsize start, length, taken;

  if (!read_exactly (source, prefix, sizeof prefix, error) ||
      !qs_npy_header_parse_prefix (prefix, &start, &length, error))
    return FALSE;

  text = g_malloc (length);
  taken = sizeof prefix - start;
  memcpy (text, prefix + start, taken);
  source->data_start = (goffset) (start + length);
  return read_exactly (source, text + taken, length - taken, error) &&
         qs_npy_header_parse (&source->header, text, length, error);
}

static gboolean
check_size (Source  *source,
            GError **error)
{
  g_autoptr (GFileInfo) info = NULL;
  gsize size;

  if (!qs_shape_check_bytes (&source->header.shape, qs_data_type_size (source->header.type), &size,
                             error))
    return FALSE;

  info = g_file_input_stream_query_info (source->stream, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL,
                                         error);
  if (info == NULL)
    return FALSE;
  if ((guint64) g_file_info_get_size (info) != (guint64) source->data_start + size)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "there are %" G_GINT64_FORMAT " bytes of data where the shape needs %"
                   G_GSIZE_FORMAT,
                   (gint64) (g_file_info_get_size (info) - source->data_start), size);
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_rows (QsSampleArray *self,
           gint64         first,
           gint64         n,
           gpointer       buffer,
           GError       **error)
{
  Source *source = self->source;
  gsize row = qs_sample_array_get_row_size (self), size = (gsize) n * row;

  if (!g_seekable_seek (G_SEEKABLE (source->stream),
                        source->data_start + (goffset) ((gsize) first * row), G_SEEK_SET, NULL,
                        error) ||
      !read_exactly (source, buffer, size, error))
    return FALSE;

  qs_npy_header_to_host (&source->header, buffer, size / qs_data_type_size (self->type));
  return TRUE;
}

/* Rows in Fortran order are scattered over the file, so it is loaded and turned around. */
static QsSampleArray *
new_for_columns (GFile   *file,
                 GError **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autoptr (QsHostTensor) tensor = bytes != NULL ? qs_npy_parse (bytes, error) : NULL;

  return tensor != NULL ? qs_sample_array_new_for_tensor ("", tensor) : NULL;
}

static QsSampleArray *
new_for_rows (Source *source)
{
  QsSampleArray *self = g_new0 (QsSampleArray, 1);

  self->name = g_strdup ("");
  self->type = source->header.type;
  self->shape = source->header.shape;
  self->read = read_rows;
  self->release = source_free;
  self->source = source;
  return self;
}

QsSampleArray *
qs_sample_array_new_for_npy (GFile   *file,
                             GError **error)
{
  Source *source = g_new0 (Source, 1);
  g_autoptr (GError) problem = NULL;
  QsSampleArray *self = NULL;

  source->file_name = g_file_get_basename (file);
  source->stream = g_file_read (file, NULL, &problem);
  if (source->stream != NULL && read_header (source, &problem) && check_size (source, &problem))
    {
      /* A single number is reported by the set. */
      if (!source->header.fortran && source->header.shape.n_dims > 0)
        return new_for_rows (source);
      self = new_for_columns (file, &problem);
    }

  if (self == NULL)
    {
      if (!g_str_has_prefix (problem->message, source->file_name))
        g_prefix_error (&problem, "%s: ", source->file_name);
      g_propagate_error (error, g_steal_pointer (&problem));
    }
  source_free (source);
  return self;
}
