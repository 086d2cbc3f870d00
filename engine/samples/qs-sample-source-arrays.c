/* SPDX-License-Identifier: MIT */
#include "qs-sample-source-arrays.h"

#include <string.h>

#include "qs-npy-file.h"

/* Sets that are arrays already: .npy, .npz, and what is in memory. */

typedef struct
{
  QsSampleSource parent;
  GPtrArray *arrays; /* until they are handed out */
} ArraysSource;

static gboolean
arrays_arrange (QsSampleSource         *source,
                GPtrArray              *inputs,
                const QsPreprocessing  *preprocessing,
                GPtrArray              *arrays,
                GError                **error)
{
  ArraysSource *self = (ArraysSource *) source;

  while (self->arrays->len > 0)
    g_ptr_array_add (arrays, g_ptr_array_steal_index (self->arrays, 0));
  return TRUE;
}

static void
arrays_free (QsSampleSource *source)
{
  ArraysSource *self = (ArraysSource *) source;

  g_ptr_array_unref (self->arrays);
  g_free (self);
}

static ArraysSource *
arrays_new (const QsSampleSourceKind *kind,
            GFile                    *file)
{
  ArraysSource *self = g_new0 (ArraysSource, 1);

  qs_sample_source_init (&self->parent, kind, file);
  self->arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_sample_array_free);
  self->parent.is_fixed = TRUE;
  self->parent.arrange = arrays_arrange;
  self->parent.checksum = qs_sample_source_checksum_file;
  self->parent.free = arrays_free;
  return self;
}

/* .npy: one array without a name */

static gboolean
npy_probe (GFileType   type,
           const char *name,
           GBytes     *head)
{
  gsize size;
  const char *data = g_bytes_get_data (head, &size);

  return size >= 6 && memcmp (data, "\x93NUMPY", 6) == 0;
}

static QsSampleSource *
npy_open (GFile   *file,
          GError **error)
{
  QsSampleArray *array = qs_sample_array_new_for_npy (file, error);
  ArraysSource *self;

  if (array == NULL)
    return NULL;

  self = arrays_new (&qs_sample_source_npy, file);
  g_ptr_array_add (self->arrays, array);
  return &self->parent;
}

const QsSampleSourceKind qs_sample_source_npy = {
  .id = "npy",
  .title = N_("NumPy array"),
  .probe = npy_probe,
  .open = npy_open,
};

/* .npz: arrays with names */

static gboolean
npz_probe (GFileType   type,
           const char *name,
           GBytes     *head)
{
  gsize size;
  const char *data = g_bytes_get_data (head, &size);

  return size >= 4 && memcmp (data, "PK\003\004", 4) == 0;
}

static QsSampleSource *
npz_open (GFile   *file,
          GError **error)
{
  g_autoptr (GPtrArray) entries = qs_npz_list (file, error);
  ArraysSource *self;

  if (entries == NULL)
    return NULL;

  self = arrays_new (&qs_sample_source_npz, file);
  while (entries->len > 0)
    g_ptr_array_add (self->arrays,
                     qs_sample_array_new_for_npz (g_ptr_array_steal_index (entries, 0)));
  return &self->parent;
}

const QsSampleSourceKind qs_sample_source_npz = {
  .id = "npz",
  .title = N_("NumPy archive"),
  .probe = npz_probe,
  .open = npz_open,
};

/* In memory */

static void
checksum_tensor (const char         *name,
                 const QsHostTensor *tensor,
                 GChecksum          *checksum)
{
  g_autofree char *shape = qs_shape_to_string (qs_host_tensor_get_shape (tensor));
  const guchar *data = qs_host_tensor_get_data (tensor);
  gsize size = qs_host_tensor_get_size (tensor);

  g_checksum_update (checksum, (const guchar *) name, (gssize) strlen (name) + 1);
  g_checksum_update (checksum, (const guchar *) shape, (gssize) strlen (shape) + 1);
  for (gsize at = 0; at < size; at += G_MAXINT32)
    g_checksum_update (checksum, data + at, (gssize) MIN (size - at, G_MAXINT32));
}

typedef struct
{
  QsSampleSource parent;
  GHashTable *tensors; /* (element-type utf8 QsHostTensor) */
} MemorySource;

static gboolean
memory_arrange (QsSampleSource         *source,
                GPtrArray              *inputs,
                const QsPreprocessing  *preprocessing,
                GPtrArray              *arrays,
                GError                **error)
{
  MemorySource *self = (MemorySource *) source;
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (self->tensors),
                                         (GCompareFunc) strcmp);

  for (GList *item = names; item != NULL; item = item->next)
    g_ptr_array_add (arrays, qs_sample_array_new_for_tensor (
                               item->data, g_hash_table_lookup (self->tensors, item->data)));
  return TRUE;
}

static gboolean
memory_checksum (QsSampleSource *source,
                 GChecksum      *checksum,
                 GError        **error)
{
  MemorySource *self = (MemorySource *) source;
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (self->tensors),
                                         (GCompareFunc) strcmp);

  for (GList *item = names; item != NULL; item = item->next)
    checksum_tensor (item->data, g_hash_table_lookup (self->tensors, item->data), checksum);
  return TRUE;
}

static void
memory_free (QsSampleSource *source)
{
  g_hash_table_unref (((MemorySource *) source)->tensors);
  g_free (source);
}

static const QsSampleSourceKind memory_kind = { .id = "memory", .title = N_("Arrays in memory") };

QsSampleSource *
qs_sample_source_new_for_arrays (GHashTable *arrays)
{
  MemorySource *self = g_new0 (MemorySource, 1);
  QsSampleSource *source = &self->parent;

  qs_sample_source_init (source, &memory_kind, NULL);
  self->tensors = g_hash_table_ref (arrays);
  source->is_fixed = TRUE;
  source->arrange = memory_arrange;
  source->checksum = memory_checksum;
  source->free = memory_free;
  return source;
}
