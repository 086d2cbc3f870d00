/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-data-type.h"
#include "qs-preprocessing.h"
#include "qs-sample-array.h"
#include "qs-sample-input.h"
#include "qs-sample-store.h"

G_BEGIN_DECLS

typedef struct _QsSampleFiles QsSampleFiles;

/**
 * QsSampleCodec:
 * @id: a word
 * @title: what such files are called in messages
 * @suffixes: (array zero-terminated=1): how their names end, in lower case
 * @describe: from the first file: type and shape of the samples, and how many each file holds, by
 *   qs_sample_files_set_rows()
 * @read: samples first … first + n - 1 of a file, in host byte order, row major
 *
 * How samples are read out of files of one kind. A new kind is one more file with one of these, and
 * one row in the list.
 */
typedef struct
{
  const char *id;
  const char *title;
  const char *const *suffixes;
  gboolean (*describe) (QsSampleFiles  *self,
                        GError        **error);
  gboolean (*read)     (QsSampleFiles  *self,
                        guint           index,
                        gint64          first,
                        gint64          n,
                        guint8         *buffer,
                        GError        **error);
} QsSampleCodec;

#define QS_SAMPLE_CODECS(X) X (image) X (npy) X (proto) X (raw)

#define QS_SAMPLE_CODEC_DECLARE(id) extern const QsSampleCodec qs_sample_codec_##id;
QS_SAMPLE_CODECS (QS_SAMPLE_CODEC_DECLARE)
#undef QS_SAMPLE_CODEC_DECLARE

/* (nullable): of a file with this name */
const QsSampleCodec *qs_sample_codec_find (const char *path);

/**
 * QsSampleFiles:
 * @files: (element-type QsSampleFile): in the order of the samples
 * @input: what the network wants
 * @type: of the stored values
 * @shape: of all samples; axis 0 counts them
 * @first_rows: (array length=files->len + 1): the first sample of each file, and behind the last
 *
 * The files that hold the samples of one input, all of one kind.
 */
struct _QsSampleFiles
{
  QsSampleStore *store;
  const QsSampleCodec *codec;
  GPtrArray *files;
  QsSampleInput input;
  QsPreprocessing preprocessing;
  QsDataType type;
  QsShape shape;
  gint64 *first_rows;

  /* The file that was unpacked last, for codecs that read whole files. */
  QsHostTensor *cached;
  guint cached_index;
};

/* @files: (transfer full) */
QsSampleArray *qs_sample_array_new_for_files (QsSampleStore          *store,
                                              const QsSampleCodec    *codec,
                                              GPtrArray              *files,
                                              const QsSampleInput    *input,
                                              const QsPreprocessing  *preprocessing,
                                              GError                **error);

/* For the codecs. */
QsSampleFile  *qs_sample_files_get           (QsSampleFiles          *self,
                                              guint                   index);
/* An error that begins with the file's place. */
void           qs_sample_files_set_error     (QsSampleFiles          *self,
                                              guint                   index,
                                              GError                **error,
                                              int                     code,
                                              const char             *format,
                                              ...) G_GNUC_PRINTF (5, 6);
/* The same around an error from elsewhere. */
void           qs_sample_files_name_error    (QsSampleFiles          *self,
                                              guint                   index,
                                              GError                **error);
/* @get_rows: samples in a file, 0 where there are none, negative with an error */
gboolean       qs_sample_files_set_rows      (QsSampleFiles          *self,
                                              gint64                (*get_rows) (QsSampleFiles *self,
                                                                                 guint          index,
                                                                                 GError       **error),
                                              GError                **error);
gint64         qs_sample_files_count_rows    (QsSampleFiles          *self,
                                              guint                   index);
/* Whether @shape is that of samples of the input, or of one sample; @n_rows: how many. */
gboolean       qs_sample_files_fit_shape     (QsSampleFiles          *self,
                                              const QsShape          *shape,
                                              gint64                 *n_rows);
gsize          qs_sample_files_get_row_size  (QsSampleFiles          *self);

G_END_DECLS
