/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * For the files of this folder, which are compiled once per instruction set with QS_LEVEL set to
 * the level's name; their symbols carry it. They contain plain loops for the compiler to vectorize
 * wherever that is enough, and intrinsics where it is not. All of them perform the same IEEE
 * operations, so that the levels differ in nothing but time (FP32 sums of the portable level
 * excepted, which has no fused multiply-add).
 */

#include "../qs-cpu-functions.h"

#define QS_JOIN_(a, b) a##_##b
#define QS_JOIN(a, b) QS_JOIN_ (a, b)
#define QS_LEVEL_SYMBOL(name) QS_JOIN (name, QS_LEVEL)

/*
 * The build says which instructions a level may use: QS_WITH_AVX2 (with FMA and F16C),
 * QS_WITH_AVX512, QS_WITH_VNNI, QS_WITH_NEON, QS_WITH_NEON_DOT. Code asks for these and not for the
 * compiler's own macros, since tests compile a level for processors that lack its instructions, with
 * a header that emulates the intrinsics.
 */
#if defined (QS_LEVEL_INTRINSICS)
#include QS_LEVEL_INTRINSICS
#elif defined (QS_WITH_AVX2)
#include <immintrin.h>
#elif defined (QS_WITH_NEON)
#include <arm_neon.h>
#endif

#if defined (QS_WITH_AVX512)
#define QS_LANES 16
#elif defined (QS_WITH_AVX2)
#define QS_LANES 8
#else
#define QS_LANES 4
#endif

#define QS_PANEL (2 * QS_LANES)

/* How a lane multiplies INT8 values of its own: four bytes at a time, for which left ones may have to be
 * made unsigned, or a pair of 16-bit integers. */
#if defined (QS_WITH_VNNI)
#define QS_LANE_UNIT 4
#define QS_LANE_OFFSET 128
#elif defined (QS_WITH_NEON_DOT)
#define QS_LANE_UNIT 4
#define QS_LANE_OFFSET 0
#else
#define QS_LANE_UNIT 2
#define QS_LANE_OFFSET 0
#endif

#define QS_INLINE static inline __attribute__ ((always_inline))

#define qs_level_product_f32 QS_LEVEL_SYMBOL (qs_level_product_f32)
#define qs_level_product_s8 QS_LEVEL_SYMBOL (qs_level_product_s8)
#define qs_level_product_u7 QS_LEVEL_SYMBOL (qs_level_product_u7)
#define qs_level_grouped_f32 QS_LEVEL_SYMBOL (qs_level_grouped_f32)
#define qs_level_grouped_s8 QS_LEVEL_SYMBOL (qs_level_grouped_s8)
#define qs_level_epilogue QS_LEVEL_SYMBOL (qs_level_epilogue)
#define qs_level_left QS_LEVEL_SYMBOL (qs_level_left)
#define qs_level_pack_f32 QS_LEVEL_SYMBOL (qs_level_pack_f32)
#define qs_level_pack_s8 QS_LEVEL_SYMBOL (qs_level_pack_s8)
#define qs_level_depthwise_f32 QS_LEVEL_SYMBOL (qs_level_depthwise_f32)
#define qs_level_depthwise_s8 QS_LEVEL_SYMBOL (qs_level_depthwise_s8)
#define qs_level_depthwise_line QS_LEVEL_SYMBOL (qs_level_depthwise_line)
#define qs_level_depthwise_row_f32 QS_LEVEL_SYMBOL (qs_level_depthwise_row_f32)
#define qs_level_depthwise_row_s8 QS_LEVEL_SYMBOL (qs_level_depthwise_row_s8)
#define qs_level_activation QS_LEVEL_SYMBOL (qs_level_activation)
#define qs_level_element_wise QS_LEVEL_SYMBOL (qs_level_element_wise)
#define qs_level_add_s8 QS_LEVEL_SYMBOL (qs_level_add_s8)
#define qs_level_unary QS_LEVEL_SYMBOL (qs_level_unary)
#define qs_level_quantize QS_LEVEL_SYMBOL (qs_level_quantize)
#define qs_level_dequantize QS_LEVEL_SYMBOL (qs_level_dequantize)
#define qs_level_max_f32 QS_LEVEL_SYMBOL (qs_level_max_f32)
#define qs_level_max_s8 QS_LEVEL_SYMBOL (qs_level_max_s8)
#define qs_level_sum_f32 QS_LEVEL_SYMBOL (qs_level_sum_f32)
#define qs_level_add_f32 QS_LEVEL_SYMBOL (qs_level_add_f32)
#define qs_level_sum_s8 QS_LEVEL_SYMBOL (qs_level_sum_s8)
#define qs_level_soft_max QS_LEVEL_SYMBOL (qs_level_soft_max)
#define qs_level_sum QS_LEVEL_SYMBOL (qs_level_sum)
#define qs_level_standardize QS_LEVEL_SYMBOL (qs_level_standardize)
#define qs_level_widen_f16 QS_LEVEL_SYMBOL (qs_level_widen_f16)
#define qs_level_narrow_f16 QS_LEVEL_SYMBOL (qs_level_narrow_f16)
#define qs_level_functions QS_LEVEL_SYMBOL (qs_cpu_functions)

extern const QsCpuProductFuncs qs_level_product_f32;
extern const QsCpuProductFuncs qs_level_product_s8;
extern const QsCpuProductFuncs qs_level_product_u7;
extern const QsCpuGroupedFuncs qs_level_grouped_f32;
extern const QsCpuGroupedFuncs qs_level_grouped_s8;
extern const QsCpuFunctions qs_level_functions;

void qs_level_epilogue (const QsCpuEpilogue *self,
                        gconstpointer        tile,
                        guint                n_rows,
                        gint64               first_row,
                        gint64               first_column,
                        gint64               n_columns);
void qs_level_left (QsCpuLeft     left,
                    const gint8  *from,
                    gpointer      to,
                    gint64        n);
void qs_level_pack_f32 (const float *from,
                        gint64       k_stride,
                        gint64       column_stride,
                        gint64       n_k,
                        gint64       n_columns,
                        gint64       width,
                        float       *to);
void qs_level_pack_s8 (const gint8 *from,
                       gint64       k_stride,
                       gint64       column_stride,
                       gint64       n_k,
                       gint64       n_columns,
                       gint64       width,
                       gint64       unit,
                       gsize        size,
                       gpointer     to);
void qs_level_depthwise_f32 (const gconstpointer *taps,
                             guint                n_taps,
                             guint                n_pixels,
                             gint64               first,
                             gint64               n_channels,
                             gconstpointer        panel,
                             gpointer             tile);
void qs_level_depthwise_s8 (const gconstpointer *taps,
                             guint                n_taps,
                             guint                n_pixels,
                             gint64               first,
                             gint64               n_channels,
                             gconstpointer        panel,
                             gpointer             tile);
void qs_level_depthwise_line (gboolean      integer,
                              const guint8 *from,
                              gsize         step,
                              gint64        n_pixels,
                              gint64        n_channels,
                              guint8       *to);
void qs_level_depthwise_row_f32 (const QsCpuDepthwiseRow *row);
void qs_level_depthwise_row_s8 (const QsCpuDepthwiseRow *row);
void qs_level_activation (const QsActivation *activation,
                          float              *values,
                          gint64              n);
gboolean qs_level_element_wise (int             type,
                                QsCpuBroadcast  broadcast,
                                const float    *a,
                                const float    *b,
                                float          *out,
                                gint64          n);
void qs_level_add_s8 (QsCpuBroadcast  broadcast,
                      const gint8    *a,
                      float           a_scale,
                      const gint8    *b,
                      float           b_scale,
                      float          *out,
                      gint64          n);
gboolean qs_level_unary (int          type,
                         const float *in,
                         float       *out,
                         gint64       n);
void qs_level_quantize (const float *in,
                        float        reciprocal,
                        gint8       *out,
                        gint64       n);
void qs_level_dequantize (const gint8 *in,
                          float        scale,
                          float       *out,
                          gint64       n);
void qs_level_max_f32 (gpointer             out,
                       const gconstpointer *taps,
                       guint                n_taps,
                       gint64               n);
void qs_level_max_s8 (gpointer             out,
                      const gconstpointer *taps,
                      guint                n_taps,
                      gint64               n);
void qs_level_sum_f32 (gpointer             out,
                       const gconstpointer *taps,
                       guint                n_taps,
                       gint64               n);
void qs_level_add_f32 (float       *out,
                       const float *in,
                       gint64       n);
void qs_level_sum_s8 (gpointer             out,
                      const gconstpointer *taps,
                      guint                n_taps,
                      gint64               n);
void qs_level_soft_max (const float *in,
                        float       *out,
                        gint64       n);
float qs_level_sum (const float *in,
                    gint64       n);
void qs_level_standardize (const float *in,
                           float       *out,
                           gint64       n,
                           float        epsilon,
                           const float *scale,
                           const float *bias);
void qs_level_widen_f16 (const guint16 *from,
                         float         *to,
                         gint64         n);
void qs_level_narrow_f16 (const float *from,
                          guint16     *to,
                          gint64       n);
