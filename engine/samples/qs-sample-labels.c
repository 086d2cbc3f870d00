/* SPDX-License-Identifier: MIT */
#include "qs-sample-labels.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-npz.h"

#define MAX_TEXT (64 * 1024 * 1024)

static const char *const text_names[] = { "labels.txt", "labels.csv", "label.txt", NULL };
static const char *const array_names[] = { "labels.npy", "label.npy", NULL };

gboolean
qs_sample_labels_is_file (const char *path)
{
  return g_strv_contains (text_names, path) || g_strv_contains (array_names, path);
}

static QsHostTensor *
new_labels (gint64    n,
            GError  **error)
{
  QsShape shape = qs_shape_make (1, n);

  return qs_host_tensor_new (QS_DATA_TYPE_INT64, &shape, error);
}

/* Folders */

/* Length of what all paths begin with, up to the last “/” in it. */
static gsize
get_common_prefix (GPtrArray *files)
{
  const char *first = ((QsSampleFile *) files->pdata[0])->path;
  const char *last = ((QsSampleFile *) files->pdata[files->len - 1])->path;
  gsize common = 0;

  /* They are in order, so that what the first and the last share is shared by all. */
  for (gsize i = 0; first[i] != '\0' && first[i] == last[i]; i++)
    if (first[i] == '/')
      common = i + 1;

  return common;
}

/* (transfer full) (nullable): the folder below the common ones, or NULL for a file without one */
static char *
dup_class (const QsSampleFile *file,
           gsize               prefix)
{
  const char *start = file->path + prefix, *end = strchr (start, '/');

  return end != NULL ? g_strndup (start, (gsize) (end - start)) : NULL;
}

/* Names that are all numbers are the classes; others are counted in the order of their bytes, as
 * torchvision's ImageFolder does it. */
static gboolean
are_numbers (GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    if (!g_ascii_string_to_unsigned (names->pdata[i], 10, 0, G_MAXINT32, NULL, NULL))
      return FALSE;

  return TRUE;
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The distinct classes in the order of their names, or NULL when a file has none. Files of a class
 * are neighbours, but the classes come in another order: “a-b/” sorts before “a/”. */
static GPtrArray *
list_classes (GPtrArray *files,
              gsize      prefix)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *name = dup_class (files->pdata[i], prefix);

      if (name == NULL)
        return NULL;
      if (names->len == 0 || strcmp (names->pdata[names->len - 1], name) != 0)
        g_ptr_array_add (names, g_steal_pointer (&name));
    }

  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static QsSampleArray *
find_in_folders (GPtrArray *files)
{
  gsize prefix = get_common_prefix (files);
  g_autoptr (GPtrArray) names = list_classes (files, prefix);
  g_autoptr (GHashTable) indices = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (QsHostTensor) labels = NULL;
  gboolean numbers;
  gint64 *values;

  if (names == NULL || names->len < 2)
    return NULL;
  labels = new_labels (files->len, NULL);
  if (labels == NULL)
    return NULL;

  numbers = are_numbers (names);
  for (guint i = 0; i < names->len; i++)
    g_hash_table_insert (indices, names->pdata[i], GUINT_TO_POINTER (i));

  values = qs_host_tensor_get_mutable (labels);
  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *name = dup_class (files->pdata[i], prefix);

      values[i] = numbers ? g_ascii_strtoll (name, NULL, 10)
                          : GPOINTER_TO_UINT (g_hash_table_lookup (indices, name));
    }

  return qs_sample_array_new_for_tensor ("label", labels);
}

/* Text */

typedef struct
{
  GHashTable *by_path; /* class + 1 by the file's path or name; NULL for one number per line */
  GPtrArray *files;
  gint64 *values;
  gint64 n;
  gint64 n_read;
} Text;

static gboolean
parse_class (const char *word,
             gint64     *value)
{
  return g_ascii_string_to_signed (word, 10, 0, G_MAXINT32, value, NULL);
}

static gboolean
text_error (guint        line,
            const char  *problem,
            GError     **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "line %u: %s", line, problem);
  return FALSE;
}

/* "17", or "folder/a.png 17" with a space, tab, comma or semicolon between. */
static gboolean
text_add_line (Text        *self,
               char        *line,
               guint        number,
               GError     **error)
{
  char *end = strrchr (g_strstrip (line), '\0'), *word = end;
  gint64 value;

  if (line[0] == '\0' || line[0] == '#')
    return TRUE;

  while (word > line && strchr (" \t,;", word[-1]) == NULL)
    word--;
  if (!parse_class (word, &value))
    return text_error (number, "there is no class, which is a number from 0", error);

  if (word == line)
    {
      if (self->n_read >= self->n)
        return text_error (number, "there are more classes than samples", error);
      self->values[self->n_read++] = value;
      return TRUE;
    }

  while (word > line && strchr (" \t,;", word[-1]) != NULL)
    *--word = '\0';
  g_hash_table_insert (self->by_path, g_strdup (line), GSIZE_TO_POINTER ((gsize) value + 1));
  return TRUE;
}

static gboolean
text_match_files (Text    *self,
                  GError **error)
{
  if (self->files == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "it names files, but a file holds several samples; give one class per "
                           "line, in the order of the samples");
      return FALSE;
    }

  for (guint i = 0; i < self->files->len; i++)
    {
      const char *path = ((QsSampleFile *) self->files->pdata[i])->path;
      g_autofree char *name = g_path_get_basename (path);
      gpointer value = g_hash_table_lookup (self->by_path, path);

      if (value == NULL)
        value = g_hash_table_lookup (self->by_path, name);
      if (value == NULL)
        {
          g_autofree char *shown = g_filename_display_name (path);

          g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "there is no class for “%s”", shown);
          return FALSE;
        }
      self->values[i] = (gint64) GPOINTER_TO_SIZE (value) - 1;
    }

  return TRUE;
}

static gboolean
text_finish (Text    *self,
             GError **error)
{
  gboolean has_paths = g_hash_table_size (self->by_path) > 0;

  if (has_paths && self->n_read > 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "some lines name a file and others do not");
      return FALSE;
    }
  if (has_paths)
    return text_match_files (self, error);
  if (self->n_read == self->n)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "there are %" G_GINT64_FORMAT " classes but %" G_GINT64_FORMAT " samples", self->n_read,
               self->n);
  return FALSE;
}

static gboolean
parse_text (Text        *self,
            GBytes      *bytes,
            GError     **error)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  const char *end = data + size;

  for (guint number = 1; data < end; number++)
    {
      const char *newline = memchr (data, '\n', (gsize) (end - data));
      g_autofree char *line = g_strndup (data, (gsize) ((newline != NULL ? newline : end) - data));

      if (!text_add_line (self, line, number, error))
        return FALSE;
      data = newline != NULL ? newline + 1 : end;
    }

  return text_finish (self, error);
}

static QsHostTensor *
read_text (GBytes     *bytes,
           GPtrArray  *files,
           gint64      n,
           GError    **error)
{
  g_autoptr (GHashTable) by_path = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (QsHostTensor) labels = new_labels (n, error);
  Text text = { by_path, files, NULL, n, 0 };

  if (labels == NULL)
    return NULL;

  text.values = qs_host_tensor_get_mutable (labels);
  return parse_text (&text, bytes, error) ? g_steal_pointer (&labels) : NULL;
}

/* Files */

static QsHostTensor *
read_file (QsSampleStore *store,
           QsSampleFile  *file,
           GPtrArray     *files,
           gint64         n,
           GError       **error)
{
  g_autoptr (GBytes) bytes = NULL;
  QsHostTensor *labels;

  if (file->size > MAX_TEXT)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "it is too large for a list of classes");
      return NULL;
    }

  bytes = qs_sample_store_load (store, file, error);
  if (bytes == NULL)
    return NULL;

  labels = g_strv_contains (array_names, file->path) ? qs_npy_parse (bytes, error)
                                                     : read_text (bytes, files, n, error);
  if (labels != NULL && (qs_host_tensor_get_shape (labels)->n_dims == 0 ||
                         qs_host_tensor_get_shape (labels)->dims[0] != n))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "it does not have one row for each of the %" G_GINT64_FORMAT " samples", n);
      g_clear_pointer (&labels, qs_host_tensor_unref);
    }
  return labels;
}

static QsSampleFile *
find_file (QsSampleStore *store)
{
  const char *const *const lists[] = { text_names, array_names };
  QsSampleFile *file = NULL;

  for (guint i = 0; file == NULL && i < G_N_ELEMENTS (lists); i++)
    for (guint k = 0; file == NULL && lists[i][k] != NULL; k++)
      file = qs_sample_store_find (store, lists[i][k]);

  return file;
}

/* Labels that cannot be used do not keep the samples from being used. */
static QsSampleArray *
new_for_problem (QsSampleStore *store,
                 QsSampleFile  *file,
                 GError        *problem)
{
  QsSampleArray *self = g_new0 (QsSampleArray, 1);
  g_autofree char *place = qs_sample_store_dup_place (store, file);

  self->name = g_strdup ("label");
  self->problem = problem;
  if (!g_str_has_prefix (problem->message, place))
    g_prefix_error (&self->problem, "%s: ", place);
  return self;
}

QsSampleArray *
qs_sample_labels_find (QsSampleStore *store,
                       GPtrArray     *files,
                       gboolean       has_classes,
                       gint64         n)
{
  QsSampleFile *file = find_file (store);
  g_autoptr (QsHostTensor) labels = NULL;
  GError *problem = NULL;

  if (file == NULL)
    return files != NULL && has_classes ? find_in_folders (files) : NULL;

  labels = read_file (store, file, files, n, &problem);
  return labels != NULL ? qs_sample_array_new_for_tensor ("label", labels)
                        : new_for_problem (store, file, problem);
}
