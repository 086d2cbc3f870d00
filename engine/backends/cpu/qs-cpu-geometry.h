/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-layer.h"

G_BEGIN_DECLS

#define QS_CPU_SPATIAL 3

/**
 * QsCpuGeometry:
 * @channels: of the input, all groups
 * @outputs: channels of the output, all groups
 * @group_channels: of the input
 * @group_outputs: channels of the output
 * @pad: in front; negative where windows start behind the first input
 *
 * The numbers of a convolution with all three spatial axes, the missing ones in front with length 1.
 */
typedef struct
{
  gint64 batch;
  gint64 groups;
  gint64 channels;
  gint64 outputs;
  gint64 group_channels;
  gint64 group_outputs;
  gint64 in[QS_CPU_SPATIAL];
  gint64 out[QS_CPU_SPATIAL];
  gint64 kernel[QS_CPU_SPATIAL];
  gint64 stride[QS_CPU_SPATIAL];
  gint64 dilation[QS_CPU_SPATIAL];
  gint64 pad[QS_CPU_SPATIAL];
  gint64 n_taps;
} QsCpuGeometry;

void   qs_cpu_geometry_init     (QsCpuGeometry       *self,
                                 const QsLayer       *layer);
gint64 qs_cpu_geometry_n_pixels (const QsCpuGeometry *self);
gint64 qs_cpu_geometry_n_inputs (const QsCpuGeometry *self);

/**
 * QsCpuPixel:
 *
 * Where in the batch and in space an output pixel is.
 */
typedef struct
{
  gint64 batch;
  gint64 at[QS_CPU_SPATIAL];
} QsCpuPixel;

static inline void
qs_cpu_pixel_init (QsCpuPixel          *self,
                   const QsCpuGeometry *geometry,
                   gint64               row)
{
  for (int axis = QS_CPU_SPATIAL - 1; axis >= 0; axis--)
    {
      self->at[axis] = row % geometry->out[axis];
      row /= geometry->out[axis];
    }
  self->batch = row;
}

static inline void
qs_cpu_pixel_advance (QsCpuPixel          *self,
                      const QsCpuGeometry *geometry)
{
  for (int axis = QS_CPU_SPATIAL - 1; axis >= 0; axis--)
    {
      if (++self->at[axis] < geometry->out[axis])
        return;
      self->at[axis] = 0;
    }
  self->batch++;
}

/* Where the filter of an output pixel starts in the input; before it when in the padding. */
static inline void
qs_cpu_pixel_start (const QsCpuPixel    *self,
                    const QsCpuGeometry *geometry,
                    gint64              *start)
{
  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
    start[axis] = self->at[axis] * geometry->stride[axis] - geometry->pad[axis];
}

static inline gboolean
qs_cpu_geometry_is_inside (const QsCpuGeometry *self,
                           int                  axis,
                           gint64               coordinate)
{
  return coordinate >= 0 && coordinate < self->in[axis];
}

G_END_DECLS
