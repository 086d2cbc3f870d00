/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-preprocessing.h"

G_BEGIN_DECLS

/* Longest JSON text that is looked at; one with 16 channels has about 1,000 characters. */
#define QS_SAMPLE_RECIPE_MAX_TEXT 16384

#define QS_SAMPLE_RECIPE_MAX_BATCH 65536

/**
 * QsSampleRecipe:
 * @preprocessing: how stored values become network inputs
 * @limit: how many samples are used, from the beginning of the order; 0 for all
 * @shuffle: whether the order is shuffled
 * @seed: of the shuffle, from 0; the same seed gives the same order on every machine
 * @batch: samples per batch; 0 where it is decided elsewhere
 *
 * Everything that decides what a network gets from a set of samples, beside the samples: part of a
 * saved document, and of the key that ties histograms to their data.
 */
typedef struct
{
  QsPreprocessing preprocessing;
  gint64 limit;
  gboolean shuffle;
  gint64 seed;
  gint64 batch;
} QsSampleRecipe;

void     qs_sample_recipe_init      (QsSampleRecipe        *self);
gboolean qs_sample_recipe_equal     (const QsSampleRecipe  *a,
                                     const QsSampleRecipe  *b);
/* (transfer full): one JSON object; equal recipes give equal text */
char    *qs_sample_recipe_to_json   (const QsSampleRecipe  *self);
gboolean qs_sample_recipe_from_json (QsSampleRecipe        *self,
                                     const char            *text,
                                     GError               **error);

G_END_DECLS
