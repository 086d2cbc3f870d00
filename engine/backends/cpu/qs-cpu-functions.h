/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-fp16.h"
#include "qs-cpu-features.h"

G_BEGIN_DECLS

/*
 * The loops that are compiled once per instruction set, one table for each. Everything around them
 * (packing, blocking, threads) is compiled once and asks the table for its block sizes.
 *
 * A product computes a tile of out[row][column] = sum over k of a[row][k] * b[k][column]. Rows of
 * the left side are given by pointers, so that they may lie in the input itself. The right side is
 * packed in panels of two vectors of columns (one, when that is enough for the last panel); within
 * a panel, for every step of @unit values of k: all columns, each with its @unit values.
 */

/* What has to be done with INT8 values of the left side before they can be multiplied. */
typedef enum
{
  QS_CPU_LEFT_AS_IS,  /* bytes, signed or unsigned as the kernel takes them */
  QS_CPU_LEFT_OFFSET, /* bytes + 128, so that they are unsigned */
  QS_CPU_LEFT_WIDEN,  /* 16-bit integers */
} QsCpuLeft;

/**
 * QsCpuStream:
 * @at: the next line of memory
 * @pitch: bytes from line to line
 * @n: lines per stretch of %QS_CPU_STRETCH steps
 *
 * Memory that will be needed soon. The loop of a tile asks for a little of it now and then, so that
 * it arrives while there is something to compute.
 */
typedef struct
{
  const guint8 *at;
  gsize pitch;
  gsize n;
} QsCpuStream;

#define QS_CPU_STRETCH 16

/**
 * QsCpuEpilogue:
 *
 * What happens to accumulators before they are stored. Arrays are indexed by the output's column.
 * The multiplier of an FP32 product is %NULL for 1.
 */
typedef struct
{
  gboolean integer;           /* accumulators are int32 */
  const float *multiplier;
  const float *bias;
  gconstpointer residual;     /* (nullable) */
  QsDataType residual_type;
  float residual_scale;
  QsActivation activation;
  gpointer out;
  QsDataType out_type;
  float reciprocal;           /* 1 / scale of an INT8 output */
  gint64 row_stride;          /* elements from row to row of the output */
  gint64 residual_row_stride; /* of the residual; 0 where every row has the same */
} QsCpuEpilogue;

/**
 * QsCpuTile:
 * @rows: where the rows of the left side start, [segment][@row_pitch]
 * @n_steps: steps along k in one segment
 * @panel: the packed right side
 * @initial: (nullable): what the accumulators start from, one 32-bit value per column
 * @initial_pitch: values from row to row of @initial, 0 where all rows start from the same
 * @sums: (array): accumulators [row][2 vectors], written
 * @epilogue: (nullable): one that qs_cpu_epilogue_is_simple(); results are stored in its output then,
 *   and @sums is not written
 * @row: the tile's first row of that output
 * @column: its first column
 * @far: what the second level cache shall get
 * @out: rows of the output that the first level cache shall get
 * @residual: rows of the residual that it shall get
 * @last_line: bytes from the first to the last line of such a row
 *
 * A few rows and one panel, for all of k or a part of it.
 */
typedef struct
{
  const guint8 *const *rows;
  gsize row_pitch;
  gsize n_segments;
  gsize n_steps;
  gconstpointer panel;
  gconstpointer initial;
  gsize initial_pitch;
  gpointer sums;
  const QsCpuEpilogue *epilogue;
  gint64 row, column;
  QsCpuStream far;
  QsCpuStream out;
  QsCpuStream residual;
  gsize last_line;
} QsCpuTile;

/**
 * QsCpuTileFunc:
 * @n_rows: rows of the tile, 1 … max_rows
 * @n_vectors: vectors of columns in the panel, 1 or 2
 */
typedef void (*QsCpuTileFunc) (guint            n_rows,
                               guint            n_vectors,
                               const QsCpuTile *tile);

typedef struct
{
  const char *name;     /* part of the kernel's name */
  QsCpuLeft left;
  guint unit;           /* values of k per step */
  guint left_size;      /* bytes per value of the left side */
  guint right_size;     /* bytes per value of the right side */
  guint max_rows;
  gsize span_bytes;     /* of a panel, which all rows pass by before more of it comes; 0: all of it */
  gboolean finishes;    /* tiles take a simple epilogue, of whole vectors */
  QsCpuTileFunc tile;
} QsCpuProductFuncs;

/* Whether every step of the epilogue is a few instructions on a vector. */
static inline gboolean
qs_cpu_epilogue_is_simple (const QsCpuEpilogue *self)
{
  return (self->activation.type == QS_ACTIVATION_NONE || self->activation.type == QS_ACTIVATION_RELU
          || self->activation.type == QS_ACTIVATION_CLIP)
         && self->integer == (self->multiplier != NULL);
}

/**
 * QsCpuDepthwiseFunc:
 * @taps: (array): for every pixel, where the channels of each of its taps start
 * @n_taps: taps per pixel; even for INT8, where an odd one out is doubled with a weight of zero
 * @n_pixels: pixels, 1 … %QS_CPU_MAX_ROWS
 * @first: first channel
 * @n_channels: channels, 1 … a panel's
 * @panel: weights, FP32 [tap][panel], INT8 [tap pair][panel][2] as 16-bit integers
 * @tile: (array): accumulators [n_pixels][panel], written
 */
typedef void (*QsCpuDepthwiseFunc) (const gconstpointer *taps,
                                    guint                n_taps,
                                    guint                n_pixels,
                                    gint64               first,
                                    gint64               n_channels,
                                    gconstpointer        panel,
                                    gpointer             tile);

/**
 * QsCpuDepthwiseRow:
 * @kernel: lines and columns of the filter, 3 or 5
 * @stride: 1 or 2
 * @lines: the input's lines under the filter, a panel's channels per pixel, from the column under the
 *   first output pixel on; INT8 values with the level's lane_offset added
 * @n_pixels: neighbouring pixels of an output line
 * @weights: FP32 [line][column][panel]; INT8 [line / lane_unit][column][panel][lane_unit lines], zero
 *   where there is no line
 * @start: (array): INT8: what the sum of every channel starts with, -lane_offset times its weights
 * @epilogue: what happens to the sums
 * @first_row: the first pixel among all of the output
 * @first_column: the panel's first channel
 * @n_columns: its channels, 1 … a panel's
 */
typedef struct
{
  guint kernel;
  guint stride;
  const guint8 *lines[5];
  gint64 n_pixels;
  gconstpointer weights;
  const gint32 *start;
  const QsCpuEpilogue *epilogue;
  gint64 first_row;
  gint64 first_column;
  gint64 n_columns;
} QsCpuDepthwiseRow;

#define QS_CPU_MAX_GROUPED_LINES 7

/**
 * QsCpuGroupedRow:
 * @n_lines: lines of the filter
 * @n_taps: its columns
 * @pixel_pitch: bytes from what one output pixel reads to what the next one does
 * @tap_pitch: bytes from column to column
 * @tap_bytes: bytes that a column reads, a vector for each step
 * @lines: the input's lines under the filter as @line of #QsCpuGroupedFuncs made them, from the first
 *   output pixel on
 * @n_pixels: neighbouring pixels of an output line
 * @weights: [line][column][step][lane], a step's values for each lane
 * @start: (nullable): what the sum of every lane starts with
 * @epilogue: what happens to the sums
 * @first_row: the first pixel among all of the output
 * @first_column: the channel of the first lane
 * @n_columns: lanes in use
 */
typedef struct
{
  guint n_lines;
  guint n_taps;
  gsize pixel_pitch;
  gsize tap_pitch;
  gsize tap_bytes;
  const guint8 *lines[QS_CPU_MAX_GROUPED_LINES];
  gint64 n_pixels;
  const guint8 *weights;
  const gint32 *start;
  const QsCpuEpilogue *epilogue;
  gint64 first_row;
  gint64 first_column;
  gint64 n_columns;
} QsCpuGroupedRow;

/**
 * QsCpuGroupedFuncs:
 * @line: lays out @n_pixels pixels, @step bytes apart, of which @n_channels (at most as many as a
 *   vector has lanes) are read: a vector for each step. @order says for every byte where among the
 *   channels, in the form of the step, it comes from; for floats, for every lane as a 32-bit integer
 * @row: computes a line of the output
 */
typedef struct
{
  void (*line) (const guint8 *from,
                gsize         step,
                gint64        n_pixels,
                gint64        n_channels,
                const guint8 *order,
                guint         n_steps,
                guint8       *to);
  void (*row) (const QsCpuGroupedRow *row);
} QsCpuGroupedFuncs;

/**
 * QsCpuTapsFunc:
 * @out: (array) (inout): a value for each channel
 * @taps: (array): where the channels of each tap start
 * @n: channels
 *
 * Compares every channel of @out with those of all taps, or adds them to it, in the order of taps.
 */
typedef void (*QsCpuTapsFunc) (gpointer             out,
                               const gconstpointer *taps,
                               guint                n_taps,
                               gint64               n);

typedef enum
{
  QS_CPU_BROADCAST_NONE,      /* both sides have n values */
  QS_CPU_BROADCAST_A,         /* the first side is one value */
  QS_CPU_BROADCAST_B,
} QsCpuBroadcast;

typedef struct
{
  QsCpuLevel level;
  guint lanes;                /* floats per vector */
  guint lane_unit;            /* INT8 values that a lane multiplies at a time: 4 bytes, 2 as 16 bits */
  int lane_offset;            /* what is added to them before, to make them unsigned */
  const QsCpuProductFuncs *product_f32;
  const QsCpuProductFuncs *product_s8; /* any INT8 left side */
  const QsCpuProductFuncs *product_u7; /* left side known to be 0 … 127 */
  const QsCpuGroupedFuncs *grouped_f32;
  const QsCpuGroupedFuncs *grouped_s8;

  void (*epilogue) (const QsCpuEpilogue *self,
                    gconstpointer        tile,
                    guint                n_rows,
                    gint64               first_row,
                    gint64               first_column,
                    gint64               n_columns);
  void (*left) (QsCpuLeft     left,
                const gint8  *from,
                gpointer      to,
                gint64        n);
  /* One panel of the right side, @width columns wide, of which @n_columns are there; the others and
   * what is missing in the last step of k are 0. INT8 values take @size bytes; a step has @unit
   * values of k for every column. */
  void (*pack_f32) (const float *from,
                    gint64       k_stride,
                    gint64       column_stride,
                    gint64       n_k,
                    gint64       n_columns,
                    gint64       width,
                    float       *to);
  void (*pack_s8) (const gint8 *from,
                   gint64       k_stride,
                   gint64       column_stride,
                   gint64       n_k,
                   gint64       n_columns,
                   gint64       width,
                   gint64       unit,
                   gsize        size,
                   gpointer     to);
  QsCpuDepthwiseFunc depthwise_f32;
  QsCpuDepthwiseFunc depthwise_s8;
  /* Copies the channels of a panel from @n_pixels neighbouring pixels, @step bytes apart, to pixels
   * of a panel's width; adds lane_offset to INT8 values. */
  void (*depthwise_line) (gboolean      integer,
                          const guint8 *from,
                          gsize         step,
                          gint64        n_pixels,
                          gint64        n_channels,
                          guint8       *to);
  void (*depthwise_row_f32) (const QsCpuDepthwiseRow *row);
  void (*depthwise_row_s8) (const QsCpuDepthwiseRow *row); /* (nullable) */

  void (*activation) (const QsActivation *activation,
                      float              *values,
                      gint64              n);
  /* FALSE for an operation that has no loop here. */
  gboolean (*element_wise) (int             type,
                            QsCpuBroadcast  broadcast,
                            const float    *a,
                            const float    *b,
                            float          *out,
                            gint64          n);
  void (*add_s8) (QsCpuBroadcast  broadcast,
                  const gint8    *a,
                  float           a_scale,
                  const gint8    *b,
                  float           b_scale,
                  float          *out,
                  gint64          n);
  gboolean (*unary) (int          type,
                     const float *in,
                     float       *out,
                     gint64       n);
  void (*quantize) (const float *in,
                    float        reciprocal,
                    gint8       *out,
                    gint64       n);
  void (*dequantize) (const gint8 *in,
                      float        scale,
                      float       *out,
                      gint64       n);
  QsCpuTapsFunc max_f32;      /* a NaN stays */
  QsCpuTapsFunc max_s8;
  QsCpuTapsFunc sum_f32;
  QsCpuTapsFunc sum_s8;       /* into 32-bit integers */
  void (*add_f32) (float       *out,
                   const float *in,
                   gint64       n);
  void (*soft_max) (const float *in,
                    float       *out,
                    gint64       n);
  float (*sum) (const float *in,
                gint64       n);
  /* (x - mean) / sqrt (variance + epsilon) * scale + bias; scale and bias may be NULL. */
  void (*standardize) (const float *in,
                       float       *out,
                       gint64       n,
                       float        epsilon,
                       const float *scale,
                       const float *bias);
  QsFp16Functions fp16;
} QsCpuFunctions;

/* Columns of a full panel. */
#define QS_CPU_PANEL(functions) (2 * (functions)->lanes)
#define QS_CPU_MAX_PANEL 32
#define QS_CPU_MAX_ROWS 16

const QsCpuFunctions *qs_cpu_functions_get     (QsCpuLevel            level);
void                  qs_cpu_functions_emulate (const QsCpuFunctions *self);

G_END_DECLS
