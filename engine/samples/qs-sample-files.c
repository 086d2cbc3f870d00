/* SPDX-License-Identifier: MIT */
#include "qs-sample-files.h"

#include <string.h>

#include "core/qs-error.h"

#define CODEC_ROW(id) &qs_sample_codec_##id,
static const QsSampleCodec *const codecs[] = { QS_SAMPLE_CODECS (CODEC_ROW) };
#undef CODEC_ROW

const QsSampleCodec *
qs_sample_codec_find (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    for (guint k = 0; codecs[i]->suffixes[k] != NULL; k++)
      if (g_str_has_suffix (lower, codecs[i]->suffixes[k]))
        return codecs[i];

  return NULL;
}

static void
files_free (gpointer data)
{
  QsSampleFiles *self = data;

  g_clear_pointer (&self->cached, qs_host_tensor_unref);
  g_ptr_array_unref (self->files);
  qs_sample_store_unref (self->store);
  g_free (self->input.name);
  g_free (self->first_rows);
  g_free (self);
}

QsSampleFile *
qs_sample_files_get (QsSampleFiles *self,
                     guint          index)
{
  return g_ptr_array_index (self->files, index);
}

void
qs_sample_files_name_error (QsSampleFiles *self,
                            guint          index,
                            GError       **error)
{
  g_autofree char *place = qs_sample_store_dup_place (self->store,
                                                      qs_sample_files_get (self, index));

  g_prefix_error (error, "%s: ", place);
}

void
qs_sample_files_set_error (QsSampleFiles *self,
                           guint          index,
                           GError       **error,
                           int            code,
                           const char    *format,
                           ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, QS_ERROR, code, message);
  qs_sample_files_name_error (self, index, error);
}

gsize
qs_sample_files_get_row_size (QsSampleFiles *self)
{
  gsize size = qs_data_type_size (self->type);

  for (int axis = 1; axis < self->shape.n_dims; axis++)
    size *= (gsize) self->shape.dims[axis];

  return size;
}

gint64
qs_sample_files_count_rows (QsSampleFiles *self,
                            guint          index)
{
  return self->first_rows[index + 1] - self->first_rows[index];
}

gboolean
qs_sample_files_fit_shape (QsSampleFiles *self,
                           const QsShape *shape,
                           gint64        *n_rows)
{
  const QsShape *wanted = &self->input.shape;
  int skipped = shape->n_dims == wanted->n_dims ? 1 : 0;

  if (shape->n_dims - skipped != wanted->n_dims - 1)
    return FALSE;

  for (int axis = 1; axis < wanted->n_dims; axis++)
    if (wanted->dims[axis] != -1 && wanted->dims[axis] != shape->dims[axis - 1 + skipped])
      return FALSE;

  *n_rows = skipped == 1 ? shape->dims[0] : 1;
  return TRUE;
}

gboolean
qs_sample_files_set_rows (QsSampleFiles *self,
                          gint64       (*get_rows) (QsSampleFiles *self,
                                                    guint          index,
                                                    GError       **error),
                          GError       **error)
{
  gint64 total = 0;

  self->first_rows = g_new0 (gint64, (gsize) self->files->len + 1);
  for (guint i = 0; i < self->files->len; i++)
    {
      gint64 n = get_rows (self, i, error);

      if (n < 0)
        return FALSE;
      total += MIN (n, QS_MAX_DIM);
      self->first_rows[i + 1] = total;
      if (total > QS_MAX_DIM)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_LIMIT, "%s: there are too many samples in it",
                       self->store->name);
          return FALSE;
        }
    }

  self->shape.dims[0] = total;
  return TRUE;
}

/* The file with sample @row: the last one that does not begin behind it. */
static guint
find_file (QsSampleFiles *self,
           gint64         row)
{
  guint first = 0, last = self->files->len - 1;

  while (first < last)
    {
      guint middle = first + (last - first + 1) / 2;

      if (self->first_rows[middle] <= row)
        first = middle;
      else
        last = middle - 1;
    }

  return first;
}

static gboolean
read_files (QsSampleArray *array,
            gint64         first,
            gint64         n,
            gpointer       buffer,
            GError       **error)
{
  QsSampleFiles *self = array->source;
  gsize row_size = qs_sample_files_get_row_size (self);
  guint8 *to = buffer;

  while (n > 0)
    {
      guint index = find_file (self, first);
      gint64 chunk = MIN (n, self->first_rows[index + 1] - first);

      if (!self->codec->read (self, index, first - self->first_rows[index], chunk, to, error))
        return FALSE;
      first += chunk;
      n -= chunk;
      to += (gsize) chunk * row_size;
    }

  return TRUE;
}

static char *
name_row (QsSampleArray *array,
          gint64         row)
{
  QsSampleFiles *self = array->source;

  return g_filename_display_name (qs_sample_files_get (self, find_file (self, row))->path);
}

QsSampleArray *
qs_sample_array_new_for_files (QsSampleStore         *store,
                               const QsSampleCodec   *codec,
                               GPtrArray             *files,
                               const QsSampleInput   *input,
                               const QsPreprocessing *preprocessing,
                               GError               **error)
{
  QsSampleFiles *self = g_new0 (QsSampleFiles, 1);
  QsSampleArray *array;

  self->store = qs_sample_store_ref (store);
  self->codec = codec;
  self->files = files;
  self->input = *input;
  self->input.name = g_strdup (input->name);
  self->preprocessing = *preprocessing;
  self->shape = input->shape;
  if (!codec->describe (self, error))
    {
      files_free (self);
      return NULL;
    }

  array = g_new0 (QsSampleArray, 1);
  array->name = g_strdup (input->name);
  array->type = self->type;
  array->shape = self->shape;
  array->read = read_files;
  array->name_row = name_row;
  array->source = self;
  array->release = files_free;
  return array;
}
