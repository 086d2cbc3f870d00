/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * QsTimingCache:
 *
 * Times of kernels on layers, measured in this build or in an earlier one (TensorRT ITimingCache).
 * A time belongs to a place and a signature. The place is all that is not the layer's: processor,
 * kernel set, and number of threads. The signature is all that is: kernel, shapes, types, formats,
 * attributes and epilogue. One thread at a time uses a cache. Its file is described in
 * docs/timing-cache.md.
 */
typedef struct _QsTimingCache QsTimingCache;

QsTimingCache *qs_timing_cache_new         (void);
QsTimingCache *qs_timing_cache_ref         (QsTimingCache  *self);
void           qs_timing_cache_unref       (QsTimingCache  *self);

gboolean       qs_timing_cache_load        (QsTimingCache  *self,
                                            GFile          *file,
                                            GError        **error);
gboolean       qs_timing_cache_save        (QsTimingCache  *self,
                                            GFile          *file,
                                            GError        **error);

/* The place of this machine and program, for @n_threads threads. (transfer full) */
char          *qs_timing_cache_make_place  (guint           n_threads);
gboolean       qs_timing_cache_lookup      (QsTimingCache  *self,
                                            const char     *place,
                                            const char     *signature,
                                            double         *ms);
double         qs_timing_cache_add         (QsTimingCache  *self,
                                            const char     *place,
                                            const char     *signature,
                                            double          ms);

/* What a build made of it: @n_candidates different candidates were asked for, @n_known of them were
 * in the cache before the build began. */
void           qs_timing_cache_count       (QsTimingCache  *self,
                                            gboolean        known);
guint          qs_timing_cache_get_n_candidates (QsTimingCache *self);
guint          qs_timing_cache_get_n_known (QsTimingCache  *self);
/* Times that were loaded for other processors, kernel sets or numbers of threads. */
guint          qs_timing_cache_count_others (QsTimingCache *self,
                                            const char     *place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTimingCache, qs_timing_cache_unref)

G_END_DECLS
