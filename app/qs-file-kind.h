/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * QsFileKind:
 * @QS_FILE_UNKNOWN: nothing this program reads
 * @QS_FILE_MODEL: an ONNX model
 * @QS_FILE_SAMPLES: a folder, an archive, arrays, images, tensors: for calibration or with labels
 * @QS_FILE_CACHE: a calibration cache, or a table of scales in another format
 * @QS_FILE_PLAN: a built engine
 * @QS_FILE_DOCUMENT: all of a work, saved
 * @QS_FILE_GRAPH: the graph of an engine that TensorRT built
 * @QS_FILE_PROFILE: the times of one
 * @QS_FILE_HISTOGRAMS: what a calibration run keeps of the data
 *
 * What a file that was opened or dropped is for.
 */
typedef enum
{
  QS_FILE_UNKNOWN,
  QS_FILE_MODEL,
  QS_FILE_SAMPLES,
  QS_FILE_CACHE,
  QS_FILE_PLAN,
  QS_FILE_DOCUMENT,
  QS_FILE_GRAPH,
  QS_FILE_PROFILE,
  QS_FILE_HISTOGRAMS,
} QsFileKind;

QsFileKind qs_file_kind_guess (const char  *name,
                               GBytes      *head);
gboolean   qs_file_kind_query (GFile       *file,
                               QsFileKind  *kind,
                               GError     **error);
void       qs_file_kind_query_async  (GFile                *file,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data);
QsFileKind qs_file_kind_query_finish (GAsyncResult         *result,
                                      GError              **error);

G_END_DECLS
