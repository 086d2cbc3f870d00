/* SPDX-License-Identifier: MIT */
#include "qs-sample-array.h"

#include <string.h>

#include "core/qs-error.h"

void
qs_sample_array_free (QsSampleArray *self)
{
  if (self->source != NULL)
    self->release (self->source);
  g_clear_error (&self->problem);
  g_free (self->name);
  g_free (self);
}

/* Bytes of one sample. */
gsize
qs_sample_array_get_row_size (QsSampleArray *self)
{
  gsize size = qs_data_type_size (self->type);

  for (int axis = 1; axis < self->shape.n_dims; axis++)
    size *= (gsize) self->shape.dims[axis];

  return size;
}

static gboolean
read_tensor (QsSampleArray *self,
             gint64         first,
             gint64         n,
             gpointer       buffer,
             GError       **error)
{
  gsize row = qs_sample_array_get_row_size (self);
  const guint8 *data = qs_host_tensor_get_data (self->source);

  if (n > 0 && row > 0)
    memcpy (buffer, data + (gsize) first * row, (gsize) n * row);
  return TRUE;
}

static gboolean
read_npz (QsSampleArray *self,
          gint64         first,
          gint64         n,
          gpointer       buffer,
          GError       **error)
{
  return qs_npz_entry_read (self->source, first, n, buffer, error);
}

/* Rows of an array in Fortran order are scattered all over it, so it is loaded and turned around
 * when the first of them is read. */
static gboolean
read_npz_columns (QsSampleArray *self,
                  gint64         first,
                  gint64         n,
                  gpointer       buffer,
                  GError       **error)
{
  QsHostTensor *tensor = qs_npz_entry_load (self->source, error);

  if (tensor == NULL)
    return FALSE;

  qs_npz_entry_free (self->source);
  self->source = tensor;
  self->release = (GDestroyNotify) qs_host_tensor_unref;
  self->read = read_tensor;
  return self->read (self, first, n, buffer, error);
}

static void
check_rank (QsSampleArray *self)
{
  if (self->problem == NULL && self->shape.n_dims == 0)
    g_set_error (&self->problem, QS_ERROR, QS_ERROR_SHAPE,
                 "array “%s” is a single number, not one value or more per sample", self->name);
}

/* (transfer full) of @entry */
QsSampleArray *
qs_sample_array_new_for_npz (QsNpzEntry *entry)
{
  QsSampleArray *self = g_new0 (QsSampleArray, 1);
  const QsNpyHeader *header = qs_npz_entry_get_header (entry, &self->problem);

  self->name = g_strdup (qs_npz_entry_get_name (entry));
  self->source = entry;
  self->release = (GDestroyNotify) qs_npz_entry_free;
  if (header != NULL)
    {
      self->type = header->type;
      self->shape = header->shape;
      self->read = qs_npz_entry_has_rows (entry) ? read_npz : read_npz_columns;
    }

  check_rank (self);
  return self;
}

QsSampleArray *
qs_sample_array_new_for_tensor (const char   *name,
                                QsHostTensor *tensor)
{
  QsSampleArray *self = g_new0 (QsSampleArray, 1);

  self->name = g_strdup (name);
  self->type = qs_host_tensor_get_data_type (tensor);
  self->shape = *qs_host_tensor_get_shape (tensor);
  self->source = qs_host_tensor_ref (tensor);
  self->release = (GDestroyNotify) qs_host_tensor_unref;
  self->read = read_tensor;

  check_rank (self);
  return self;
}
