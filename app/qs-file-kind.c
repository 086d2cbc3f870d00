/* SPDX-License-Identifier: MIT */
#include "qs-file-kind.h"

#include <string.h>

#include "builder/qs-engine.h"
#include "calibration/formats/qs-cache-format.h"
#include "calibration/qs-histogram-file.h"
#include "document/qs-document.h"
#include "export/qs-trex-graph.h"
#include "qs-worker.h"

/* Behind the magic number of tar. */
#define HEAD_SIZE 512
#define MAX_TABLE_SIZE (16 * 1024 * 1024)

static const struct
{
  const char *suffix;
  QsFileKind kind;
} suffixes[] = {
  { ".onnx", QS_FILE_MODEL },
  { ".npz", QS_FILE_SAMPLES },
  { ".npy", QS_FILE_SAMPLES },
  { ".zip", QS_FILE_SAMPLES },
  { ".tar", QS_FILE_SAMPLES },
  { ".tar.gz", QS_FILE_SAMPLES },
  { ".tgz", QS_FILE_SAMPLES },
  { ".raw", QS_FILE_SAMPLES },
  { ".bin", QS_FILE_SAMPLES },
  { ".f32", QS_FILE_SAMPLES },
  { ".cache", QS_FILE_CACHE },
  { ".calib", QS_FILE_CACHE },
  { ".histograms", QS_FILE_HISTOGRAMS },
  { ".plan", QS_FILE_PLAN },
  { ".quantoscope", QS_FILE_DOCUMENT },
  { ".graph.json", QS_FILE_GRAPH },
  { ".profile.json", QS_FILE_PROFILE },
};

/* Bytes that leave no doubt, whatever the file is called, and where they are. */
static const struct
{
  const char *magic;
  gsize at;
  QsFileKind kind;
} magics[] = {
  { "PK\003\004", 0, QS_FILE_SAMPLES },      /* zip, npz */
  { "\x93NUMPY", 0, QS_FILE_SAMPLES },       /* npy */
  { "\x1f\x8b\x08", 0, QS_FILE_SAMPLES },    /* tar.gz */
  { "ustar", 257, QS_FILE_SAMPLES },         /* tar */
  { "\x89PNG\r\n\x1a\n", 0, QS_FILE_SAMPLES },
  { "\xff\xd8\xff", 0, QS_FILE_SAMPLES },    /* JPEG */
  { "TRT-", 0, QS_FILE_CACHE },
};

static QsFileKind
guess_from_content (GBytes *head)
{
  gsize size;
  const char *data = g_bytes_get_data (head, &size);

  if (qs_engine_probe (head))
    return QS_FILE_PLAN;
  if (qs_document_probe (head))
    return QS_FILE_DOCUMENT;
  if (qs_histogram_set_probe (head))
    return QS_FILE_HISTOGRAMS;
  if (qs_trex_graph_probe (head))
    return QS_FILE_GRAPH;
  if (qs_trex_profile_probe (head))
    return QS_FILE_PROFILE;

  for (guint i = 0; i < G_N_ELEMENTS (magics); i++)
    {
      gsize length = strlen (magics[i].magic);

      if (size >= magics[i].at + length &&
          memcmp (data + magics[i].at, magics[i].magic, length) == 0)
        return magics[i].kind;
    }

  return QS_FILE_UNKNOWN;
}

static QsFileKind
guess_from_name (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (lower, suffixes[i].suffix))
      return suffixes[i].kind;

  return QS_FILE_UNKNOWN;
}

/* ONNX has no magic number. Exporters write ModelProto.ir_version first: field 1, a varint, which
 * has been a small number since the format exists. */
static gboolean
looks_like_onnx (GBytes *head)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (head, &size);

  return size > 2 && data[0] == 0x08 && data[1] > 0 && data[1] < 64;
}

static gsize
skip_varint (const guint8 *data,
             gsize         size,
             gsize         at)
{
  while (at < size && data[at] >= 0x80)
    at++;
  return at + 1;
}

/* A TensorProto begins with its dimensions, field 1 again and again or packed, and goes on with its
 * element type, the number in field 2; in a model field 2 is the producer's name. */
static gboolean
looks_like_tensor (GBytes *head)
{
  gsize size, at = 0;
  const guint8 *data = g_bytes_get_data (head, &size);

  while (at < size && data[at] == 0x08)
    at = skip_varint (data, size, at + 1);
  if (at == 0 && size > 2 && data[0] == 0x0a && data[1] < 0x80)
    at = 2 + (gsize) data[1];

  return at > 0 && at + 1 < size && data[at] == 0x10 && data[at + 1] > 0 && data[at + 1] < 64;
}

/**
 * qs_file_kind_guess:
 * @name: the file's name
 * @head: its first bytes
 *
 * Tells files apart: by content where that leaves no doubt, else by the name's ending.
 */
QsFileKind
qs_file_kind_guess (const char *name,
                    GBytes     *head)
{
  QsFileKind kind = guess_from_content (head);

  if (kind == QS_FILE_UNKNOWN)
    kind = guess_from_name (name);
  if (kind == QS_FILE_UNKNOWN && looks_like_tensor (head))
    kind = QS_FILE_SAMPLES;
  if (kind == QS_FILE_UNKNOWN && looks_like_onnx (head))
    kind = QS_FILE_MODEL;
  return kind;
}

/* Tables of scales are text without a magic number; all of it shows what it is. */
static gboolean
is_scale_table (GFile *file)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                  G_FILE_QUERY_INFO_NONE, NULL, NULL);
  g_autoptr (GBytes) bytes = NULL;

  if (info == NULL || g_file_info_get_size (info) > MAX_TABLE_SIZE)
    return FALSE;

  bytes = g_file_load_bytes (file, NULL, NULL, NULL);
  return bytes != NULL && qs_cache_format_detect (bytes) != NULL;
}

/**
 * qs_file_kind_query:
 *
 * Reads the first bytes of @file and tells what it is. Blocks, so it belongs on the engine's thread.
 */
gboolean
qs_file_kind_query (GFile       *file,
                    QsFileKind  *kind,
                    GError     **error)
{
  g_autoptr (GFileInputStream) stream = NULL;
  g_autofree char *name = g_file_get_basename (file);
  g_autoptr (GBytes) head = NULL;

  /* What is in a folder is told by whoever reads it. */
  if (g_file_query_file_type (file, G_FILE_QUERY_INFO_NONE, NULL) == G_FILE_TYPE_DIRECTORY)
    {
      *kind = QS_FILE_SAMPLES;
      return TRUE;
    }

  stream = g_file_read (file, NULL, error);
  if (stream == NULL)
    return FALSE;

  head = g_input_stream_read_bytes (G_INPUT_STREAM (stream), HEAD_SIZE, NULL, error);
  if (head == NULL)
    return FALSE;

  *kind = qs_file_kind_guess (name != NULL ? name : "", head);
  if (*kind == QS_FILE_UNKNOWN && is_scale_table (file))
    *kind = QS_FILE_CACHE;
  return TRUE;
}

static void
query_run (GTask *task)
{
  QsFileKind kind = QS_FILE_UNKNOWN;
  GError *error = NULL;

  if (qs_file_kind_query (g_task_get_task_data (task), &kind, &error))
    g_task_return_int (task, kind);
  else
    g_task_return_error (task, error);
}

void
qs_file_kind_query_async (GFile               *file,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, qs_file_kind_query_async);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  qs_worker_run (task, query_run);
}

/* Returns: %QS_FILE_UNKNOWN with an error for a file that cannot be read */
QsFileKind
qs_file_kind_query_finish (GAsyncResult  *result,
                           GError       **error)
{
  gssize kind = g_task_propagate_int (G_TASK (result), error);

  return kind < 0 ? QS_FILE_UNKNOWN : (QsFileKind) kind;
}
