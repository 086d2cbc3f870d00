/* SPDX-License-Identifier: MIT */
#include "qs-cpu-geometry.h"

#include "operators/qs-attributes.h"

/* Weights are [outputs][channels of a group], of a deconvolution [channels][outputs of a group]; their
 * spatial axes are the same. */
void
qs_cpu_geometry_init (QsCpuGeometry *self,
                      const QsLayer *layer)
{
  const QsConvolutionAttributes *conv = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, QS_INPUT_X)->shape;
  const QsShape *w = &qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape;
  const QsShape *y = &qs_layer_get_output (layer, 0)->shape;
  const int n = x->n_dims - 2;

  self->batch = x->dims[0];
  self->groups = conv->groups;
  self->channels = x->dims[1];
  self->outputs = y->dims[1];
  self->group_channels = self->channels / self->groups;
  self->group_outputs = self->outputs / self->groups;
  self->n_taps = 1;

  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
    {
      int i = axis - (QS_CPU_SPATIAL - n);

      self->in[axis] = i < 0 ? 1 : x->dims[2 + i];
      self->out[axis] = i < 0 ? 1 : y->dims[2 + i];
      self->kernel[axis] = i < 0 ? 1 : w->dims[2 + i];
      self->stride[axis] = i < 0 ? 1 : conv->strides.v[i];
      self->dilation[axis] = i < 0 ? 1 : conv->dilations.v[i];
      self->pad[axis] = i < 0 ? 0 : conv->pads.v[i];
      self->n_taps *= self->kernel[axis];
    }
}

gint64
qs_cpu_geometry_n_pixels (const QsCpuGeometry *self)
{
  return self->batch * self->out[0] * self->out[1] * self->out[2];
}

/* Values of the input. */
gint64
qs_cpu_geometry_n_inputs (const QsCpuGeometry *self)
{
  return self->batch * self->in[0] * self->in[1] * self->in[2] * self->channels;
}
