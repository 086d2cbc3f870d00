/* SPDX-License-Identifier: MIT */
#include "qs-samples-preview.h"

#include <math.h>

#include "qs-worker.h"

#define N_SAMPLES 8
#define GAP 2
#define MAX_SIDE 512

typedef struct
{
  QsSamples *samples;
  QsPreprocessing preprocessing;
  QsNetwork *network;
  QsTensor *input;
} QsPreviewRequest;

static void
request_free (gpointer data)
{
  QsPreviewRequest *request = data;

  qs_samples_unref (request->samples);
  qs_network_unref (request->network);
  g_free (request);
}

void
qs_samples_preview_free (QsSamplesPreview *self)
{
  g_clear_object (&self->texture);
  g_free (self);
}

static void
measure (QsSamplesPreview *self,
         const float      *values,
         gint64            n_values)
{
  double sum = 0.0, squares = 0.0;

  self->min = INFINITY;
  self->max = -INFINITY;
  for (gint64 i = 0; i < n_values; i++)
    {
      self->min = MIN (self->min, values[i]);
      self->max = MAX (self->max, values[i]);
      sum += (double) values[i];
      squares += (double) values[i] * (double) values[i];
    }

  self->mean = sum / (double) n_values;
  self->deviation = sqrt (MAX (squares / (double) n_values - self->mean * self->mean, 0.0));
}

static guint8
to_byte (const QsSamplesPreview *self,
         float                   value)
{
  float width = self->max - self->min;

  return width > 0.0f ? (guint8) CLAMP ((value - self->min) / width * 255.0f, 0.0f, 255.0f) : 0;
}

/* One sample of C x H x W at column @left of an RGBA strip. */
static void
paint_sample (const QsSamplesPreview *self,
              const float            *values,
              const QsShape          *shape,
              guint8                 *pixels,
              gsize                   stride,
              gint64                  left)
{
  gint64 channels = shape->dims[1], height = shape->dims[2], width = shape->dims[3];

  for (gint64 y = 0; y < height; y++)
    for (gint64 x = 0; x < width; x++)
      {
        guint8 *pixel = pixels + (gsize) y * stride + (gsize) (left + x) * 4;

        for (gint64 c = 0; c < 3; c++)
          {
            gint64 channel = channels == 1 ? 0 : c;

            pixel[c] = to_byte (self, values[(channel * height + y) * width + x]);
          }
        pixel[3] = 255;
      }
}

static void
paint (QsSamplesPreview *self,
       const float      *values,
       const QsShape    *shape)
{
  gint64 n = shape->dims[0], channels = shape->dims[1];
  gint64 height, width, total;
  g_autoptr (GBytes) bytes = NULL;
  guint8 *pixels;
  gsize stride;

  if (shape->n_dims != 4 || (channels != 1 && channels != 3) || shape->dims[2] > MAX_SIDE ||
      shape->dims[3] > MAX_SIDE || shape->dims[2] < 1 || shape->dims[3] < 1)
    return;

  height = shape->dims[2];
  width = shape->dims[3];
  total = n * (width + GAP) - GAP;
  stride = (gsize) total * 4;
  pixels = g_malloc0 (stride * (gsize) height);
  for (gint64 i = 0; i < n; i++)
    paint_sample (self, values + i * channels * height * width, shape, pixels, stride,
                  i * (width + GAP));

  bytes = g_bytes_new_take (pixels, stride * (gsize) height);
  self->texture = gdk_memory_texture_new ((int) total, (int) height, GDK_MEMORY_R8G8B8A8, bytes,
                                          stride);
}

static QsSamplesPreview *
make_preview (QsPreviewRequest  *request,
              GError           **error)
{
  gint64 n = MIN (qs_samples_get_n (request->samples), N_SAMPLES);
  g_autoptr (QsHostTensor) tensor = NULL;
  QsSamplesPreview *self;
  const float *values;

  qs_samples_set_preprocessing (request->samples, &request->preprocessing);
  tensor = qs_samples_read (request->samples, request->input->name, request->input->type, 0, n,
                            error);
  if (tensor == NULL)
    return NULL;

  self = g_new0 (QsSamplesPreview, 1);
  self->n = n;
  if (qs_host_tensor_get_data_type (tensor) != QS_DATA_TYPE_FLOAT ||
      qs_host_tensor_get_n_elements (tensor) < 1)
    return self;

  values = qs_host_tensor_get_floats (tensor);
  measure (self, values, qs_host_tensor_get_n_elements (tensor));
  paint (self, values, qs_host_tensor_get_shape (tensor));
  return self;
}

static void
preview_run (GTask *task)
{
  GError *error = NULL;
  QsSamplesPreview *self = make_preview (g_task_get_task_data (task), &error);

  if (self == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, self, (GDestroyNotify) qs_samples_preview_free);
}

void
qs_samples_preview_async (QsSamples             *samples,
                          const QsPreprocessing *preprocessing,
                          QsNetwork             *network,
                          QsTensor              *input,
                          GAsyncReadyCallback    callback,
                          gpointer               user_data)
{
  QsPreviewRequest *request = g_new0 (QsPreviewRequest, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  request->samples = qs_samples_ref (samples);
  request->preprocessing = *preprocessing;
  request->network = qs_network_ref (network);
  request->input = input;
  g_task_set_source_tag (task, qs_samples_preview_async);
  g_task_set_task_data (task, request, request_free);
  qs_worker_run (task, preview_run);
}

QsSamplesPreview *
qs_samples_preview_finish (GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
