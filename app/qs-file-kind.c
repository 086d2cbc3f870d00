/* SPDX-License-Identifier: MIT */
#include "qs-file-kind.h"

#include <string.h>

#include "builder/qs-engine.h"
#include "calibration/formats/qs-cache-format.h"
#include "calibration/qs-histogram-file.h"
#include "export/qs-trex-graph.h"

#define HEAD_SIZE 256
#define MAX_TABLE_SIZE (16 * 1024 * 1024)

static const struct
{
  const char *suffix;
  QsFileKind kind;
} suffixes[] = {
  { ".onnx", QS_FILE_MODEL },
  { ".npz", QS_FILE_SAMPLES },
  { ".cache", QS_FILE_CACHE },
  { ".calib", QS_FILE_CACHE },
  { ".histograms", QS_FILE_HISTOGRAMS },
  { ".plan", QS_FILE_PLAN },
  { ".graph.json", QS_FILE_GRAPH },
  { ".profile.json", QS_FILE_PROFILE },
};

/* First bytes that leave no doubt, whatever the file is called. */
static const struct
{
  const char *magic;
  QsFileKind kind;
} magics[] = {
  { "PK\003\004", QS_FILE_SAMPLES },
  { "TRT-", QS_FILE_CACHE },
};

static QsFileKind
guess_from_content (GBytes *head)
{
  gsize size;
  const char *data = g_bytes_get_data (head, &size);

  if (qs_engine_probe (head))
    return QS_FILE_PLAN;
  if (qs_histogram_set_probe (head))
    return QS_FILE_HISTOGRAMS;
  if (qs_trex_graph_probe (head))
    return QS_FILE_GRAPH;
  if (qs_trex_profile_probe (head))
    return QS_FILE_PROFILE;

  for (guint i = 0; i < G_N_ELEMENTS (magics); i++)
    {
      gsize length = strlen (magics[i].magic);

      if (size >= length && memcmp (data, magics[i].magic, length) == 0)
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
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  g_autoptr (GBytes) head = NULL;

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
