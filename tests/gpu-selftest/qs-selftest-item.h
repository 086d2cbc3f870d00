/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

#include "../cuda/qs-case-groups.h"

G_BEGIN_DECLS

/**
 * QsSelfTestOptions:
 * @seed: other cases for every other seed; 0 for those that the emulated device is tested with
 * @n_cases: how many layers each group of cases makes of each type
 * @n_runs: timed runs of a model
 * @timings: whether models are timed
 * @data: folder of the sample models
 * @models: (array zero-terminated=1): ONNX files to compare and to time
 */
typedef struct
{
  guint64 seed;
  guint n_cases;
  guint n_runs;
  gboolean timings;
  char *data;
  char **models;
} QsSelfTestOptions;

/**
 * QsSelfTestItem:
 * @section: "kernels", "models" or "timings"
 * @name: as "convolution/int8"
 * @run: does it, and adds members to the object of its result, "status" among them
 * @group: for kernels
 * @type: for kernels
 * @path: (nullable): for models and timings
 * @batch: for models and timings
 * @precision: for models and timings
 *
 * What the program runs in a process of its own, and has a line of its table for.
 */
typedef struct _QsSelfTestItem QsSelfTestItem;
struct _QsSelfTestItem
{
  const char *section;
  char *name;
  void (*run) (const QsSelfTestItem    *self,
               const QsSelfTestOptions *options,
               JsonObject              *result);
  QsCaseGroup group;
  QsDataType type;
  char *path;
  gint64 batch;
  QsPrecision precision;
};

/* (element-type QsSelfTestItem): in the order in which they run. */
GPtrArray *qs_selftest_items_new        (const QsSelfTestOptions *options);

/* For each section. */
void       qs_selftest_add_kernels      (GPtrArray               *items,
                                         const QsSelfTestOptions *options);
void       qs_selftest_add_models       (GPtrArray               *items,
                                         const QsSelfTestOptions *options);
void       qs_selftest_add_timings      (GPtrArray               *items,
                                         const QsSelfTestOptions *options);

/* Members of a result. */
#define QS_SELFTEST_PASSED "passed"
#define QS_SELFTEST_FAILED "failed"
#define QS_SELFTEST_SKIPPED "skipped"

/* @reason: (nullable) (transfer none) */
void       qs_selftest_result_set       (JsonObject              *result,
                                         const char              *status,
                                         const char              *reason);

G_END_DECLS
