/* SPDX-License-Identifier: MIT */
#pragma once

#include "kernels/qs-element-arguments.h"
#include "qs-cuda-kernel.h"

G_BEGIN_DECLS

#define QS_CUDA_MAX_VIEWS 4
#define QS_CUDA_MAX_NEST (2 * QS_MAX_DIMS)

/**
 * QsCudaNest:
 * @n_dims: nested loops, at least 1 once it is tidied
 * @dims: their lengths, outermost first
 * @strides: steps of every view in every loop, in elements
 * @pinned: loops that stay as they are, with a number of the caller's from 1 on
 *
 * A walk over views that is brought into the order of the first one's memory, with as few loops as
 * possible.
 */
typedef struct
{
  int n_dims;
  int n_views;
  gint64 dims[QS_CUDA_MAX_NEST];
  gint64 strides[QS_CUDA_MAX_VIEWS][QS_CUDA_MAX_NEST];
  int pinned[QS_CUDA_MAX_NEST];
} QsCudaNest;

void     qs_cuda_nest_init      (QsCudaNest    *self,
                                 int            n_views);
/* @strides: one of every view */
void     qs_cuda_nest_add       (QsCudaNest    *self,
                                 gint64         dim,
                                 const gint64  *strides,
                                 int            pinned);
void     qs_cuda_nest_add_views (QsCudaNest    *self,
                                 const QsShape *shape,
                                 const gint64  *strides[]);
void     qs_cuda_nest_sort      (QsCudaNest    *self);
void     qs_cuda_nest_tidy      (QsCudaNest    *self);
gint64   qs_cuda_nest_count     (const QsCudaNest *self);
/* Whether @k neighbours lie together in every view, or are one element where @repeats allows it. */
gboolean qs_cuda_nest_can_group (const QsCudaNest *self,
                                 gint64         k,
                                 gboolean       repeats);
void     qs_cuda_nest_group     (QsCudaNest    *self,
                                 gint64         k);
void     qs_cuda_nest_get_loops (const QsCudaNest *self,
                                 QsCudaLoops   *loops);
void     qs_cuda_nest_get_strides (const QsCudaNest *self,
                                 int            view,
                                 gint64         divisor,
                                 int64_t       *strides);

gboolean qs_cuda_is_aligned     (gconstpointer  data,
                                 gsize          size);

/**
 * QsCudaLayer:
 * @constants: the layer's constant inputs on the device
 * @tables: what else a kernel keeps there
 *
 * What is prepared for a layer that works on elements.
 */
#define QS_CUDA_MAX_INPUTS 64
#define QS_CUDA_MAX_TABLES 16

typedef struct
{
  QsCudaDevice *device;
  gpointer constants[QS_CUDA_MAX_INPUTS];
  gpointer tables[QS_CUDA_MAX_TABLES];
} QsCudaLayer;

gpointer qs_cuda_layer_prepare  (const QsKernel  *kernel,
                                 const QsLayer   *layer,
                                 GError         **error);
void     qs_cuda_layer_release  (gpointer         state);
/* An input where the device can read it. */
QsView   qs_cuda_layer_input    (const QsCudaLayer *self,
                                 const QsLayer   *layer,
                                 const QsExecution *execution,
                                 guint            index);

/* What supports functions ask: sizes, and tensors of the kernel's precision. */
gboolean qs_cuda_fits           (const QsKernel  *kernel,
                                 const QsLayer   *layer,
                                 const char     **reason);
/* Whether the first @n_inputs inputs and all outputs have the same type and scale. */
gboolean qs_cuda_keeps_values   (const QsKernel  *kernel,
                                 const QsLayer   *layer,
                                 guint            n_inputs,
                                 const char     **reason);
gboolean qs_cuda_is_real        (const QsTensor  *tensor);

gboolean qs_cuda_launch_elements (QsCudaDevice   *device,
                                 const char      *kernel,
                                 gint64           n,
                                 gpointer         args,
                                 GError         **error);

/* Copies and converts between views of one shape: the same type, or float32, float16 and INT8. */
gboolean qs_cuda_move           (QsCudaDevice    *device,
                                 const QsView    *from,
                                 const QsView    *to,
                                 GError         **error);

/**
 * qs_cuda_pointwise:
 * @args: operation, activation and parameters
 * @views: (array length=n_views): the result, then the operands, which broadcast to it
 *
 * Starts the kernel that suits the views.
 */
gboolean qs_cuda_pointwise      (QsCudaDevice    *device,
                                 QsCudaPointwise *args,
                                 const QsView    *views,
                                 guint            n_views,
                                 GError         **error);

/* Tables of kernels, one row for each precision. */
#define QS_CUDA_ROW(name_, kind_, precision_, memory_, in_place_, supports_, execute_) \
  { \
    .base = { \
      .name = name_, .kind = kind_, .precision = precision_, .any_format = TRUE, \
      .on_device = TRUE, .memory = memory_, .in_place = in_place_, .supports = supports_, \
      .prepare = qs_cuda_layer_prepare, .execute = execute_, .release = qs_cuda_layer_release, \
    }, \
  }

#define QS_CUDA_FLOAT_ROWS(name_, kind_, memory_, in_place_, supports_, execute_) \
  QS_CUDA_ROW (name_ "_f32", kind_, QS_PRECISION_FP32, memory_, in_place_, supports_, execute_), \
  QS_CUDA_ROW (name_ "_f16", kind_, QS_PRECISION_FP16, memory_, in_place_, supports_, execute_)

#define QS_CUDA_ROWS(name_, kind_, memory_, in_place_, supports_, execute_) \
  QS_CUDA_ROW (name_ "_s8", kind_, QS_PRECISION_INT8, memory_, in_place_, supports_, execute_), \
  QS_CUDA_FLOAT_ROWS (name_, kind_, memory_, in_place_, supports_, execute_)

G_END_DECLS
