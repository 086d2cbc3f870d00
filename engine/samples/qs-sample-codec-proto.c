/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "onnx/qs-tensor-proto.h"
#include "qs-sample-files.h"

/* ONNX's own test data: files of one TensorProto each. */

static QsHostTensor *
load (QsSampleFiles *self,
      guint          index,
      GError       **error)
{
  g_autoptr (GBytes) bytes =
    qs_sample_store_load (self->store, qs_sample_files_get (self, index), error);
  QsHostTensor *tensor;

  if (bytes == NULL)
    return NULL;

  tensor = qs_tensor_proto_parse (bytes, NULL, error);
  if (tensor == NULL)
    qs_sample_files_name_error (self, index, error);
  return tensor;
}

/* The tensor of file @index, kept until another one is asked for. */
static QsHostTensor *
get_tensor (QsSampleFiles *self,
            guint          index,
            GError       **error)
{
  if (self->cached == NULL || self->cached_index != index)
    {
      g_clear_pointer (&self->cached, qs_host_tensor_unref);
      self->cached = load (self, index, error);
      self->cached_index = index;
    }

  return self->cached;
}

static gboolean
check (QsSampleFiles      *self,
       guint               index,
       const QsHostTensor *tensor,
       gint64             *n_rows,
       GError            **error)
{
  const QsShape *shape = qs_host_tensor_get_shape (tensor);
  g_autofree char *have = NULL, *want = NULL;

  if (qs_sample_files_fit_shape (self, shape, n_rows))
    return TRUE;

  have = qs_shape_to_string (shape);
  want = qs_shape_to_string (&self->input.shape);
  qs_sample_files_set_error (self, index, error, QS_ERROR_SHAPE,
                             "shape %s fits neither samples nor one sample of input “%s” of shape %s "
                             "(its first axis counts the samples)", have, self->input.name, want);
  return FALSE;
}

/* Every file has as many samples as the first one. */
static gint64
get_rows (QsSampleFiles *self,
          guint          index,
          GError       **error)
{
  gint64 n_rows = -1;

  if (index > 0)
    return self->first_rows[1];

  return check (self, 0, self->cached, &n_rows, error) ? n_rows : -1;
}

static gboolean
describe (QsSampleFiles *self,
          GError       **error)
{
  QsHostTensor *tensor = get_tensor (self, 0, error);
  gint64 n_rows;

  if (tensor == NULL || !check (self, 0, tensor, &n_rows, error))
    return FALSE;

  self->type = qs_host_tensor_get_data_type (tensor);
  return qs_sample_files_set_rows (self, get_rows, error);
}

static gboolean
read_proto (QsSampleFiles *self,
            guint          index,
            gint64         first,
            gint64         n,
            guint8        *buffer,
            GError       **error)
{
  QsHostTensor *tensor = get_tensor (self, index, error);
  gsize row = qs_sample_files_get_row_size (self);
  gint64 n_rows;

  if (tensor == NULL || !check (self, index, tensor, &n_rows, error))
    return FALSE;
  if (qs_host_tensor_get_data_type (tensor) != self->type ||
      n_rows != qs_sample_files_count_rows (self, index))
    {
      g_autofree char *shape = qs_shape_to_string (qs_host_tensor_get_shape (tensor));

      qs_sample_files_set_error (self, index, error, QS_ERROR_SHAPE,
                                 "%s of shape %s is not what the first file has",
                                 qs_data_type_name (qs_host_tensor_get_data_type (tensor)), shape);
      return FALSE;
    }

  memcpy (buffer, (const guint8 *) qs_host_tensor_get_data (tensor) + (gsize) first * row,
          (gsize) n * row);
  return TRUE;
}

static const char *const suffixes[] = { ".pb", NULL };

const QsSampleCodec qs_sample_codec_proto = {
  .id = "proto",
  .title = "ONNX tensors",
  .suffixes = suffixes,
  .describe = describe,
  .read = read_proto,
};
