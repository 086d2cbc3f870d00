/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-sample-files.h"
#include "qs-sample-labels.h"
#include "qs-sample-source.h"

/* Sets that are made of files: a folder, an archive, a single file.
 *
 * Which input a file is for is told by its name or by that of one of the folders it is in: the
 * input's name, or input_M, where M counts the network's inputs from 0. A network with one input
 * takes all files when none says whom it is for. The samples are in the order of the files' paths. */

typedef struct
{
  QsSampleSource parent;
  QsSampleStore *store;
  gboolean is_folder;
} FilesSource;

/* Which files one input gets. */
typedef struct
{
  const QsSampleCodec *codec;
  GPtrArray *files;
} Share;

static void
share_free (gpointer data)
{
  Share *share = data;

  g_clear_pointer (&share->files, g_ptr_array_unref);
  g_free (share);
}

static GPtrArray *
new_shares (guint n)
{
  GPtrArray *shares = g_ptr_array_new_with_free_func (share_free);

  for (guint i = 0; i < n; i++)
    {
      Share *share = g_new0 (Share, 1);

      share->files = g_ptr_array_new ();
      g_ptr_array_add (shares, share);
    }

  return shares;
}

/* Cuts the ending off the last of @parts. */
static void
cut_ending (char **parts)
{
  char *last = parts[g_strv_length (parts) - 1], *dot = strrchr (last, '.');

  if (dot != NULL && dot != last)
    *dot = '\0';
}

static int
match_part (GPtrArray  *inputs,
            const char *part)
{
  int position = qs_sample_input_parse_position (part);

  for (guint i = 0; i < inputs->len; i++)
    if (qs_sample_input_match (inputs->pdata[i], part))
      return (int) i;

  return position < (int) inputs->len ? position : -1;
}

/* The input that @path is for, or -1. @part: which part of the path says so. */
static int
match_path (GPtrArray  *inputs,
            char      **parts,
            guint      *part)
{
  for (guint i = g_strv_length (parts); i-- > 0;)
    {
      int input = match_part (inputs, parts[i]);

      *part = i;
      if (input >= 0)
        return input;
    }

  return -1;
}

static char **
split_path (const QsSampleFile *file)
{
  char **parts = g_strsplit (file->path, "/", -1);

  cut_ending (parts);
  return parts;
}

/* What the outputs of ONNX's test data are called. */
static gboolean
is_output (char **parts)
{
  return g_str_has_prefix (parts[g_strv_length (parts) - 1], "output_");
}

static gboolean
share_add (FilesSource         *self,
           Share               *share,
           QsSampleFile        *file,
           const QsSampleCodec *codec,
           GError             **error)
{
  if (share->codec != NULL && share->codec != codec)
    {
      g_autofree char *place = qs_sample_store_dup_place (self->store, file);

      g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                   "%s: this is one of the %s among %s; the samples of an input must be of one kind",
                   place, codec->title, share->codec->title);
      return FALSE;
    }

  share->codec = codec;
  g_ptr_array_add (share->files, file);
  return TRUE;
}

/* Gives every file whose name says so to its input. */
static gboolean
share_named (FilesSource *self,
             GPtrArray   *inputs,
             GPtrArray   *shares,
             GError     **error)
{
  for (guint i = 0; i < self->store->files->len; i++)
    {
      QsSampleFile *file = self->store->files->pdata[i];
      const QsSampleCodec *codec = qs_sample_codec_find (file->path);
      g_auto (GStrv) parts = split_path (file);
      guint part;
      int input = -1;

      if (codec != NULL && !qs_sample_labels_is_file (file->path) && !is_output (parts))
        input = match_path (inputs, parts, &part);
      if (input >= 0 && !share_add (self, shares->pdata[input], file, codec, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
share_all (FilesSource *self,
           Share       *share,
           GError     **error)
{
  for (guint i = 0; i < self->store->files->len; i++)
    {
      QsSampleFile *file = self->store->files->pdata[i];
      const QsSampleCodec *codec = qs_sample_codec_find (file->path);
      g_auto (GStrv) parts = split_path (file);

      if (codec != NULL && !qs_sample_labels_is_file (file->path) && !is_output (parts) &&
          !share_add (self, share, file, codec, error))
        return FALSE;
    }

  return TRUE;
}

/* The names that the set does have, so that a wrong one is seen at once. */
static char *
list_names (FilesSource *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *last = NULL;
  guint n = 0;

  for (guint i = 0; i < self->store->files->len && n <= 8; i++)
    {
      QsSampleFile *file = self->store->files->pdata[i];
      g_autofree char *shown = g_filename_display_name (file->path);
      g_auto (GStrv) parts = g_strsplit (shown, "/", 2);

      if (g_strcmp0 (parts[0], last) == 0)
        continue;
      g_string_append_printf (names, n == 8 ? ", …" : "%s“%s”", n > 0 ? ", " : "", parts[0]);
      g_free (last);
      last = g_strdup (parts[0]);
      n++;
    }

  return g_string_free (g_steal_pointer (&names), FALSE);
}

static gboolean
check_shares (FilesSource *self,
              GPtrArray   *inputs,
              GPtrArray   *shares,
              GError     **error)
{
  g_autofree char *names = NULL;

  for (guint i = 0; i < shares->len; i++)
    if (((Share *) shares->pdata[i])->files->len == 0)
      {
        const QsSampleInput *input = inputs->pdata[i];

        names = list_names (self);
        if (inputs->len == 1)
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "%s: there are no samples in it; images (.png, .jpg), arrays (.npy), ONNX "
                       "tensors (.pb) and raw float32 files (.raw, .bin) are, but there are only %s",
                       self->parent.name, names);
        else
          g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                       "%s: there are no files for the network's input “%s”; there are %s. Put each "
                       "input's files into a folder of its name, or call them input_0, input_1, … in "
                       "the order of the inputs", self->parent.name, input->name, names);
        return FALSE;
      }

  return TRUE;
}

/* A path without the part that names the input: the same for all files of one sample. */
static char *
dup_key (GPtrArray          *inputs,
         const QsSampleFile *file)
{
  g_auto (GStrv) parts = split_path (file);
  g_autoptr (GString) key = g_string_new (NULL);
  guint part = G_MAXUINT;

  match_path (inputs, parts, &part);
  for (guint i = 0; parts[i] != NULL; i++)
    if (i != part)
      g_string_append_printf (key, "/%s", parts[i]);

  return g_string_free (g_steal_pointer (&key), FALSE);
}

/* Files of several inputs that follow each other must belong to the same sample: one that is missing
 * would shift all others. */
static gboolean
check_partners (FilesSource *self,
                GPtrArray   *inputs,
                const Share *a,
                const Share *b,
                GError     **error)
{
  for (guint i = 0; i < MIN (a->files->len, b->files->len); i++)
    {
      g_autofree char *key_a = dup_key (inputs, a->files->pdata[i]);
      g_autofree char *key_b = dup_key (inputs, b->files->pdata[i]);
      gboolean a_is_alone = strcmp (key_a, key_b) < 0;
      g_autofree char *place = NULL;

      if (strcmp (key_a, key_b) == 0)
        continue;

      place = qs_sample_store_dup_place (self->store, (a_is_alone ? a : b)->files->pdata[i]);
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                   "%s: the file of the same name for another input is missing", place);
      return FALSE;
    }

  return TRUE;
}

static GPtrArray *
make_shares (FilesSource  *self,
             GPtrArray    *inputs,
             GError      **error)
{
  g_autoptr (GPtrArray) shares = new_shares (inputs->len);

  if (!share_named (self, inputs, shares, error) ||
      (inputs->len == 1 && ((Share *) shares->pdata[0])->files->len == 0 &&
       !share_all (self, shares->pdata[0], error)) ||
      !check_shares (self, inputs, shares, error))
    return NULL;

  for (guint i = 1; i < shares->len; i++)
    if (!check_partners (self, inputs, shares->pdata[0], shares->pdata[i], error))
      return NULL;

  return g_steal_pointer (&shares);
}

/* Folders are classes only of images: nobody sorts arrays that way. */
static void
add_labels (FilesSource *self,
            GPtrArray   *files,
            gboolean     are_images,
            gint64       n,
            GPtrArray   *arrays)
{
  QsSampleArray *labels =
    qs_sample_labels_find (self->store, n == files->len ? files : NULL, are_images, n);

  if (labels != NULL)
    g_ptr_array_add (arrays, labels);
}

static gboolean
files_arrange (QsSampleSource         *source,
               GPtrArray              *inputs,
               const QsPreprocessing  *preprocessing,
               GPtrArray              *arrays,
               GError                **error)
{
  FilesSource *self = (FilesSource *) source;
  g_autoptr (GPtrArray) shares = make_shares (self, inputs, error);
  g_autoptr (GPtrArray) first = NULL;

  if (shares == NULL)
    return FALSE;

  first = g_ptr_array_ref (((Share *) shares->pdata[0])->files);
  for (guint i = 0; i < shares->len; i++)
    {
      Share *share = shares->pdata[i];
      QsSampleArray *array =
        qs_sample_array_new_for_files (self->store, share->codec, g_ptr_array_ref (share->files),
                                       inputs->pdata[i], preprocessing, error);

      if (array == NULL)
        return FALSE;
      g_ptr_array_add (arrays, array);
    }

  add_labels (self, first, ((Share *) shares->pdata[0])->codec == &qs_sample_codec_image,
              ((QsSampleArray *) arrays->pdata[0])->shape.dims[0], arrays);
  return TRUE;
}

/* A file's bytes, a part at a time, after its name and its length. */
static gboolean
checksum_one (FilesSource   *self,
              QsSampleFile  *file,
              GChecksum     *checksum,
              GError       **error)
{
  const gsize part = 1 << 20;
  guint64 length = GUINT64_TO_LE (file->size);

  g_checksum_update (checksum, (const guchar *) file->path, (gssize) strlen (file->path) + 1);
  g_checksum_update (checksum, (const guchar *) &length, sizeof length);
  for (guint64 at = 0; at < file->size; at += part)
    {
      g_autoptr (GBytes) bytes = qs_sample_store_read (self->store, file, at, part, error);

      if (bytes == NULL)
        return FALSE;
      g_checksum_update (checksum, g_bytes_get_data (bytes, NULL),
                         (gssize) g_bytes_get_size (bytes));
    }

  return TRUE;
}

static gboolean
files_checksum (QsSampleSource *source,
                GChecksum      *checksum,
                GError        **error)
{
  FilesSource *self = (FilesSource *) source;

  if (!self->is_folder)
    return qs_sample_source_checksum_file (source, checksum, error);

  for (guint i = 0; i < self->store->files->len; i++)
    {
      QsSampleFile *file = self->store->files->pdata[i];

      if ((qs_sample_codec_find (file->path) != NULL || qs_sample_labels_is_file (file->path)) &&
          !checksum_one (self, file, checksum, error))
        return FALSE;
    }

  return TRUE;
}

static void
files_free (QsSampleSource *source)
{
  FilesSource *self = (FilesSource *) source;

  qs_sample_store_unref (self->store);
  g_free (self);
}

static void
count_files (FilesSource *self)
{
  for (guint i = 0; i < self->store->files->len; i++)
    {
      const QsSampleCodec *codec =
        qs_sample_codec_find (((QsSampleFile *) self->store->files->pdata[i])->path);

      self->parent.n_before += codec != NULL;
      self->parent.has_images |= codec == &qs_sample_codec_image;
    }
}

/* @store: (transfer full) (nullable) */
static QsSampleSource *
files_new (const QsSampleSourceKind *kind,
           GFile                    *file,
           QsSampleStore            *store,
           GError                  **error)
{
  FilesSource *self;

  if (store == NULL)
    return NULL;

  self = g_new0 (FilesSource, 1);
  qs_sample_source_init (&self->parent, kind, file);
  self->store = store;
  self->is_folder = kind == &qs_sample_source_folder;
  self->parent.arrange = files_arrange;
  self->parent.checksum = files_checksum;
  self->parent.free = files_free;
  count_files (self);
  if (self->parent.n_before > 0)
    return &self->parent;

  g_set_error (error, QS_ERROR, QS_ERROR_DATA,
               "%s: there are no samples in it: no images (.png, .jpg), arrays (.npy), ONNX tensors "
               "(.pb) or raw float32 files (.raw, .bin)", self->parent.name);
  qs_sample_source_free (&self->parent);
  return NULL;
}

/* A folder */

static gboolean
folder_probe (GFileType   type,
              const char *name,
              GBytes     *head)
{
  return type == G_FILE_TYPE_DIRECTORY;
}

static QsSampleSource *
folder_open (GFile   *file,
             GError **error)
{
  return files_new (&qs_sample_source_folder, file, qs_sample_store_new_for_folder (file, error),
                    error);
}

const QsSampleSourceKind qs_sample_source_folder = {
  .id = "folder",
  .title = N_("Folder"),
  .probe = folder_probe,
  .open = folder_open,
};

/* An archive: gzip, tar, or a zip that does not call itself NumPy's */

static gboolean
has_magic (GBytes     *head,
           gsize       at,
           const char *magic)
{
  gsize size, length = strlen (magic);
  const char *data = g_bytes_get_data (head, &size);

  return size >= at + length && memcmp (data + at, magic, length) == 0;
}

static gboolean
archive_probe (GFileType   type,
               const char *name,
               GBytes     *head)
{
  return has_magic (head, 0, "\x1f\x8b\x08") || has_magic (head, 257, "ustar") ||
         (has_magic (head, 0, "PK\003\004") && g_str_has_suffix (name, ".zip"));
}

static QsSampleSource *
archive_open (GFile   *file,
              GError **error)
{
  return files_new (&qs_sample_source_archive, file, qs_sample_store_new_for_archive (file, error),
                    error);
}

const QsSampleSourceKind qs_sample_source_archive = {
  .id = "archive",
  .title = N_("Archive"),
  .probe = archive_probe,
  .open = archive_open,
};

/* A single file */

static gboolean
file_probe (GFileType   type,
            const char *name,
            GBytes     *head)
{
  return type == G_FILE_TYPE_REGULAR && qs_sample_codec_find (name) != NULL;
}

static QsSampleSource *
file_open (GFile   *file,
           GError **error)
{
  return files_new (&qs_sample_source_file, file, qs_sample_store_new_for_file (file, error), error);
}

const QsSampleSourceKind qs_sample_source_file = {
  .id = "file",
  .title = N_("File"),
  .probe = file_probe,
  .open = file_open,
};
