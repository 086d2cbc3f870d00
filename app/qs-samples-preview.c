/* SPDX-License-Identifier: MIT */
#include "qs-samples-preview.h"

#include "qs-worker.h"

#define MAX_SIDE 1024

typedef struct
{
  QsSamples *samples;
  QsSampleRecipe recipe;
  QsNetwork *network;
} QsPreviewRequest;

static void
request_free (gpointer data)
{
  QsPreviewRequest *request = data;

  qs_samples_unref (request->samples);
  qs_network_unref (request->network);
  g_free (request);
}

static void
clear_texture (gpointer data)
{
  if (data != NULL)
    g_object_unref (data);
}

void
qs_samples_preview_free (QsSamplesPreview *self)
{
  g_clear_pointer (&self->check, qs_sample_check_free);
  g_clear_pointer (&self->textures, g_ptr_array_unref);
  g_free (self);
}

/* Where the pixels of an input are: C x H x W or H x W x C. */
typedef struct
{
  gint64 channels;
  gint64 height;
  gint64 width;
  gint64 channel_step;
  gint64 pixel_step;
} Picture;

static gboolean
find_picture (const QsShape *shape,
              Picture       *picture)
{
  gboolean is_first = shape->n_dims == 4 && (shape->dims[1] == 1 || shape->dims[1] == 3);
  gboolean is_last = shape->n_dims == 4 && (shape->dims[3] == 1 || shape->dims[3] == 3);

  if (!is_first && !is_last)
    return FALSE;

  picture->channels = shape->dims[is_first ? 1 : 3];
  picture->height = shape->dims[is_first ? 2 : 1];
  picture->width = shape->dims[is_first ? 3 : 2];
  picture->channel_step = is_first ? picture->height * picture->width : 1;
  picture->pixel_step = is_first ? 1 : picture->channels;
  return picture->height >= 1 && picture->width >= 1 && picture->height <= MAX_SIDE &&
         picture->width <= MAX_SIDE;
}

/* All samples of an input share one scale of brightness, so that they can be compared. */
static guint8
to_byte (const QsSampleStatistics *statistics,
         double                    value)
{
  double width = statistics->max - statistics->min;

  return width > 0.0 ? (guint8) CLAMP ((value - statistics->min) / width * 255.0, 0.0, 255.0) : 0;
}

static GdkTexture *
paint (const QsSampleView       *view,
       const Picture            *picture,
       const QsSampleStatistics *statistics)
{
  gsize n = (gsize) (picture->width * picture->height);
  g_autoptr (GBytes) bytes = NULL;
  guint8 *pixels = g_malloc (n * 3);

  for (gsize i = 0; i < n; i++)
    for (gint64 c = 0; c < 3; c++)
      {
        gint64 channel = picture->channels == 1 ? 0 : c;

        pixels[i * 3 + (gsize) c] =
          to_byte (statistics,
                   qs_host_tensor_get_number (view->values, (gint64) i * picture->pixel_step +
                                                              channel * picture->channel_step));
      }

  bytes = g_bytes_new_take (pixels, n * 3);
  return gdk_memory_texture_new ((int) picture->width, (int) picture->height, GDK_MEMORY_R8G8B8,
                                 bytes, (gsize) picture->width * 3);
}

/* Of the first input that has the shape of pictures. */
static void
paint_all (QsSamplesPreview *self)
{
  Picture picture = { 0 };
  const QsSampleInputCheck *input = NULL;
  gboolean is_picture = FALSE;

  for (guint i = 0; !is_picture && i < self->check->inputs->len; i++)
    {
      input = g_ptr_array_index (self->check->inputs, i);
      is_picture = find_picture (&input->shape, &picture);
      self->shown = is_picture ? i : 0;
    }
  if (self->check->inputs->len == 0)
    return;

  input = g_ptr_array_index (self->check->inputs, self->shown);
  for (guint i = 0; i < input->views->len; i++)
    {
      const QsSampleView *view = g_ptr_array_index (input->views, i);

      g_ptr_array_add (self->textures, is_picture && view->values != NULL
                                         ? paint (view, &picture, &input->statistics)
                                         : NULL);
    }
}

static void
preview_run (GTask *task)
{
  QsPreviewRequest *request = g_task_get_task_data (task);
  QsSampleCheckOptions options = QS_SAMPLE_CHECK_OPTIONS_INIT;
  g_autoptr (QsSamplesPreview) self = g_new0 (QsSamplesPreview, 1);
  GError *error = NULL;

  qs_samples_set_recipe (request->samples, &request->recipe);
  self->textures = g_ptr_array_new_with_free_func (clear_texture);
  self->check = qs_sample_check_run (request->samples, request->network->inputs, &options, &error);
  if (self->check == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  paint_all (self);
  g_task_return_pointer (task, g_steal_pointer (&self), (GDestroyNotify) qs_samples_preview_free);
}

void
qs_samples_preview_async (QsSamples             *samples,
                          const QsSampleRecipe  *recipe,
                          QsNetwork             *network,
                          GAsyncReadyCallback    callback,
                          gpointer               user_data)
{
  QsPreviewRequest *request = g_new0 (QsPreviewRequest, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  request->samples = qs_samples_ref (samples);
  request->recipe = *recipe;
  request->network = qs_network_ref (network);
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
