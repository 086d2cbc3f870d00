/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-samples.h"

G_BEGIN_DECLS

/**
 * QsSampleWarningKind:
 * @QS_SAMPLE_WARNING_UNREADABLE: a sample cannot be read, or has NaN or infinity
 * @QS_SAMPLE_WARNING_UNSCALED: whole numbers from 0 to 255, as they are stored
 * @QS_SAMPLE_WARNING_LARGE: values far from what networks are fed
 * @QS_SAMPLE_WARNING_TINY: values close to zero, as after scaling twice
 * @QS_SAMPLE_WARNING_CONSTANT: all values of a sample are the same
 * @QS_SAMPLE_WARNING_SAME: all samples that were looked at are the same
 * @QS_SAMPLE_WARNING_BEYOND_INT8: values outside [-128, 127], which INT8 network inputs cannot hold
 */
#define QS_SAMPLE_WARNINGS(X)                                                                      \
  X (UNREADABLE, "unreadable")                                                                     \
  X (UNSCALED, "unscaled")                                                                         \
  X (LARGE, "large")                                                                               \
  X (TINY, "tiny")                                                                                 \
  X (CONSTANT, "constant")                                                                         \
  X (SAME, "same")                                                                                 \
  X (BEYOND_INT8, "beyond-int8")

#define QS_SAMPLE_WARNING_ROW(id, name) QS_SAMPLE_WARNING_##id,
typedef enum { QS_SAMPLE_WARNINGS (QS_SAMPLE_WARNING_ROW) QS_N_SAMPLE_WARNINGS } QsSampleWarningKind;
#undef QS_SAMPLE_WARNING_ROW

/**
 * QsSampleWarning:
 * @input: the network input's name
 * @sample: (nullable): the sample's place, where it is about one
 * @text: a plain sentence in English, without the input's name
 */
typedef struct
{
  QsSampleWarningKind kind;
  char *input;
  char *sample;
  char *text;
} QsSampleWarning;

/**
 * QsSampleStatistics:
 * @n: values
 */
typedef struct
{
  gint64 n;
  double min;
  double max;
  double mean;
  double deviation;
} QsSampleStatistics;

/**
 * QsSampleView:
 * @index: its place in the order in which samples are used
 * @name: (nullable): the file it comes from
 * @values: (nullable): as the network sees it, one row; %NULL when it cannot be read
 *
 * One sample of one input.
 */
typedef struct
{
  gint64 index;
  char *name;
  QsHostTensor *values;
  QsSampleStatistics statistics;
} QsSampleView;

/**
 * QsSampleInputCheck:
 * @views: (element-type QsSampleView)
 * @statistics: of all of them
 */
typedef struct
{
  char *name;
  QsDataType type;
  QsShape shape;
  GPtrArray *views;
  QsSampleStatistics statistics;
} QsSampleInputCheck;

/**
 * QsSampleCheck:
 * @n_samples: in the set, after the limit
 * @inputs: (element-type QsSampleInputCheck)
 * @warnings: (element-type QsSampleWarning)
 *
 * What the network will see of the first samples, and what looks wrong about it.
 */
typedef struct
{
  gint64 n_samples;
  GPtrArray *inputs;
  GPtrArray *warnings;
} QsSampleCheck;

/**
 * QsSampleCheckOptions:
 * @n_samples: how many are looked at, from the beginning
 * @int8_io: whether the network's inputs are to be INT8
 */
typedef struct
{
  gint64 n_samples;
  gboolean int8_io;
} QsSampleCheckOptions;

#define QS_SAMPLE_CHECK_OPTIONS_INIT { .n_samples = 8 }

QsSampleCheck *qs_sample_check_run             (QsSamples                   *samples,
                                                GPtrArray                   *inputs,
                                                const QsSampleCheckOptions  *options,
                                                GError                     **error);
void           qs_sample_check_free            (QsSampleCheck               *self);
const char    *qs_sample_warning_kind_get_name (QsSampleWarningKind          kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsSampleCheck, qs_sample_check_free)

G_END_DECLS
