/* SPDX-License-Identifier: MIT */
#include "qs-sample-store.h"

#include <string.h>

#include "core/qs-error.h"

/* More than the largest public image sets have; each takes about a hundred bytes. */
#define MAX_FILES (1u << 22)

static void
file_free (gpointer data)
{
  QsSampleFile *file = data;

  g_free (file->path);
  g_free (file);
}

void
qs_sample_store_init (QsSampleStore            *self,
                      const QsSampleStoreClass *klass,
                      GFile                    *file)
{
  g_autofree char *name = g_file_get_basename (file);

  self->klass = klass;
  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_filename_display_name (name != NULL ? name : "");
  self->files = g_ptr_array_new_with_free_func (file_free);
}

QsSampleStore *
qs_sample_store_ref (QsSampleStore *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_sample_store_unref (QsSampleStore *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->files);
  g_free (self->name);
  self->klass->free (self);
}

char *
qs_sample_store_dup_place (QsSampleStore      *self,
                           const QsSampleFile *file)
{
  g_autofree char *path = g_filename_display_name (file->path);

  return strcmp (path, self->name) == 0 ? g_strdup (path)
                                        : g_strdup_printf ("%s: %s", self->name, path);
}

gboolean
qs_sample_store_add (QsSampleStore *self,
                     const char    *path,
                     guint64        size,
                     guint          place,
                     GError       **error)
{
  QsSampleFile *file;

  if (self->files->len >= MAX_FILES)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT, "%s: there are more than %u files in it",
                   self->name, MAX_FILES);
      return FALSE;
    }

  file = g_new0 (QsSampleFile, 1);
  file->path = g_strdup (path);
  file->size = size;
  file->place = place;
  g_ptr_array_add (self->files, file);
  return TRUE;
}

static int
compare_files (gconstpointer a,
               gconstpointer b)
{
  return strcmp ((*(QsSampleFile *const *) a)->path, (*(QsSampleFile *const *) b)->path);
}

gboolean
qs_sample_store_finish (QsSampleStore *self,
                        GError       **error)
{
  g_ptr_array_sort (self->files, compare_files);

  for (guint i = 1; i < self->files->len; i++)
    {
      QsSampleFile *file = self->files->pdata[i];

      if (strcmp (file->path, ((QsSampleFile *) self->files->pdata[i - 1])->path) == 0)
        {
          g_autofree char *place = qs_sample_store_dup_place (self, file);

          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: there are two files of this name",
                       place);
          return FALSE;
        }
    }

  if (self->files->len > 0)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s: there are no files in it", self->name);
  return FALSE;
}

QsSampleFile *
qs_sample_store_find (QsSampleStore *self,
                      const char    *path)
{
  guint first = 0, last = self->files->len;

  while (first < last)
    {
      guint middle = first + (last - first) / 2;
      QsSampleFile *file = self->files->pdata[middle];
      int order = strcmp (file->path, path);

      if (order == 0)
        return file;
      if (order < 0)
        first = middle + 1;
      else
        last = middle;
    }

  return NULL;
}

GBytes *
qs_sample_store_read (QsSampleStore *self,
                      QsSampleFile  *file,
                      guint64        offset,
                      gsize          length,
                      GError       **error)
{
  g_autoptr (GError) problem = NULL;
  GBytes *bytes = self->klass->read (self, file, offset, length, &problem);

  if (bytes == NULL)
    {
      g_autofree char *place = qs_sample_store_dup_place (self, file);

      g_set_error (error, problem->domain, problem->code, "%s: %s", place, problem->message);
    }
  return bytes;
}

GBytes *
qs_sample_store_load (QsSampleStore *self,
                      QsSampleFile  *file,
                      GError       **error)
{
  if (file->size > QS_SAMPLE_MAX_FILE)
    {
      g_autofree char *place = qs_sample_store_dup_place (self, file);

      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "%s: a file of %" G_GUINT64_FORMAT " bytes is larger than this program is "
                   "willing to read", place, file->size);
      return NULL;
    }

  return qs_sample_store_read (self, file, 0, (gsize) file->size, error);
}
