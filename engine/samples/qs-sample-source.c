/* SPDX-License-Identifier: MIT */
#include "qs-sample-source.h"

#include <string.h>

/* Behind the place where tar has its magic number. */
#define HEAD_SIZE 512

#define SOURCE_ROW(id) &qs_sample_source_##id,
static const QsSampleSourceKind *const kinds[] = { QS_SAMPLE_SOURCES (SOURCE_ROW) };
#undef SOURCE_ROW

static GBytes *
read_head (GFile     *file,
           GFileType  type)
{
  g_autoptr (GFileInputStream) stream = NULL;
  guint8 head[HEAD_SIZE] = { 0 };
  gsize n = 0;

  /* Nothing else can be read without waiting for it. */
  if (type == G_FILE_TYPE_REGULAR)
    stream = g_file_read (file, NULL, NULL);
  if (stream != NULL)
    g_input_stream_read_all (G_INPUT_STREAM (stream), head, sizeof head, &n, NULL, NULL);

  return g_bytes_new (head, n);
}

const QsSampleSourceKind *
qs_sample_source_find (GFile *file)
{
  GFileType type = g_file_query_file_type (file, G_FILE_QUERY_INFO_NONE, NULL);
  g_autoptr (GBytes) head = read_head (file, type);
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *lower = g_ascii_strdown (name != NULL ? name : "", -1);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i]->probe (type, lower, head))
      return kinds[i];

  return NULL;
}

void
qs_sample_source_init (QsSampleSource           *self,
                       const QsSampleSourceKind *kind,
                       GFile                    *file)
{
  g_autofree char *name = file != NULL ? g_file_get_basename (file) : g_strdup ("samples");

  self->kind = kind;
  self->file = file != NULL ? g_object_ref (file) : NULL;
  self->name = g_filename_display_name (name != NULL ? name : "");
}

void
qs_sample_source_free (QsSampleSource *self)
{
  g_clear_object (&self->file);
  g_free (self->name);
  self->free (self);
}

gboolean
qs_sample_source_checksum_file (QsSampleSource *self,
                                GChecksum      *checksum,
                                GError        **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (self->file, NULL, error);
  g_autofree guchar *buffer = g_malloc (65536);
  gssize n = 0;

  if (stream == NULL)
    return FALSE;

  while ((n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, 65536, NULL, error)) > 0)
    g_checksum_update (checksum, buffer, n);

  return n == 0;
}
