/* SPDX-License-Identifier: MIT */
#include "qs-context-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/qs-error.h"

/* From this size on, memory is asked for in huge pages: layers stream through it, and the tables of small
 * pages would take their share of the time. */
#define HUGE_SIZE (8 << 20)

/* Zeroed, because kernels read vectors past the end of odd rows. The pages of a fresh mapping are
 * zero without being touched, so a plan that asks for much and uses little costs little. */
gpointer
qs_context_allocate (gsize        size,
                     const char  *what,
                     GError     **error)
{
  gsize physical = (gsize) sysconf (_SC_PHYS_PAGES) * (gsize) sysconf (_SC_PAGESIZE);
  gpointer data = MAP_FAILED;

  if (size <= physical)
    data = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data != MAP_FAILED && size >= HUGE_SIZE)
    madvise (data, size, MADV_HUGEPAGE); /* a wish; what comes of it doesn't matter */
  if (data != MAP_FAILED)
    return data;

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "there is not enough memory for %" G_GSIZE_FORMAT " bytes of %s; a smaller batch "
               "needs less", size, what);
  return NULL;
}

void
qs_context_release (gpointer memory,
                    gsize    size)
{
  if (memory != NULL)
    munmap (memory, size);
}

static gsize
tensor_size (const QsTensor *tensor)
{
  return (gsize) qs_shape_n_elements (&tensor->shape) * qs_data_type_size (tensor->type);
}

/* Constants stay with the host; kernels of a device take theirs when they are prepared. */
static gboolean
is_on_device (const QsContext *self,
              const QsTensor  *tensor)
{
  return self->device != NULL && tensor->value == NULL;
}

/* How a tensor lies in activation memory: in one piece, or in rows of a wider tensor. */
typedef struct
{
  gsize n;
  gsize size;
  gsize stride;
} Rows;

static Rows
find_rows (QsContext      *self,
           const QsTensor *tensor)
{
  const QsAllocation *place = qs_engine_get_allocation (self->planned, tensor->id);
  const gsize element = qs_data_type_size (tensor->type);
  const gboolean apart = place != NULL && place->row > 0;
  const gsize size = apart ? (gsize) place->row * element : tensor_size (tensor);

  return (Rows) {
    .n = size > 0 ? tensor_size (tensor) / size : 0,
    .size = size,
    .stride = apart ? (gsize) place->row_stride * element : size,
  };
}

/* Between rows in memory of the host and a copy in one piece. */
static void
copy_rows (const Rows *rows,
           gpointer    memory,
           gpointer    copy,
           gboolean    write)
{
  for (gsize i = 0; i < rows->n; i++)
    {
      guint8 *own = (guint8 *) memory + i * rows->stride;
      guint8 *other = (guint8 *) copy + i * rows->size;

      memcpy (write ? own : other, write ? other : own, rows->size);
    }
}

/* What lies between the rows comes along. */
static gboolean
download_rows (QsContext   *self,
               const Rows  *rows,
               gpointer     from,
               gpointer     to,
               GError     **error)
{
  const gsize size = rows->n > 0 ? (rows->n - 1) * rows->stride + rows->size : 0;
  g_autofree guint8 *all = NULL;

  if (rows->stride == rows->size)
    return self->device->download (self->device, to, from, size, error);

  all = g_try_malloc (MAX (size, 1));
  if (all == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is no memory for %" G_GSIZE_FORMAT " bytes on their way from the device",
                   size);
      return FALSE;
    }
  if (!self->device->download (self->device, all, from, size, error))
    return FALSE;
  copy_rows (rows, all, to, FALSE);
  return TRUE;
}

/* One by one, because what lies between them is other tensors'. */
static gboolean
upload_rows (QsContext      *self,
             const Rows     *rows,
             gpointer        to,
             gconstpointer   from,
             GError        **error)
{
  const gboolean whole = rows->stride == rows->size;
  const gsize n = whole ? MIN (rows->n, 1) : rows->n, size = whole ? rows->n * rows->size : rows->size;

  for (gsize i = 0; i < n; i++)
    if (!self->device->upload (self->device, (guint8 *) to + i * rows->stride,
                               (const guint8 *) from + i * rows->size, size, error))
      return FALSE;

  return TRUE;
}

gboolean
qs_context_read_tensor (QsContext       *self,
                        const QsTensor  *tensor,
                        gpointer         to,
                        GError         **error)
{
  const Rows rows = find_rows (self, tensor);

  if (is_on_device (self, tensor))
    return download_rows (self, &rows, self->data[tensor->id], to, error);
  copy_rows (&rows, self->data[tensor->id], to, FALSE);
  return TRUE;
}

gboolean
qs_context_write_tensor (QsContext       *self,
                         const QsTensor  *tensor,
                         gconstpointer    from,
                         GError         **error)
{
  const Rows rows = find_rows (self, tensor);

  if (is_on_device (self, tensor))
    return upload_rows (self, &rows, self->data[tensor->id], from, error);
  copy_rows (&rows, self->data[tensor->id], (gpointer) from, TRUE);
  return TRUE;
}

/* Host memory for the tensor at @index among a layer's; it is kept for the layers to come. */
static gpointer
get_staging (QsContext  *self,
             guint       index,
             gsize       size,
             GError    **error)
{
  gpointer memory;

  while (self->staging->len <= index)
    g_ptr_array_add (self->staging, NULL);
  free (g_ptr_array_index (self->staging, index));
  memory = aligned_alloc (64, (MAX (size, 1) + 63) / 64 * 64);
  g_ptr_array_index (self->staging, index) = memory;
  if (memory == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "there is no memory for %" G_GSIZE_FORMAT " bytes on their way from the device",
                 size);
  return memory;
}

static gboolean
stage (QsContext  *self,
       GPtrArray  *tensors,
       QsView     *views,
       guint       first,
       gboolean    read,
       GError    **error)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor == NULL || !is_on_device (self, tensor) || views[i].data == NULL)
        continue;
      views[i].data = get_staging (self, first + i, tensor_size (tensor), error);
      if (views[i].data == NULL ||
          (read && !qs_context_read_tensor (self, tensor, views[i].data, error)))
        return FALSE;
    }

  return TRUE;
}

static gboolean
run_staged (QsContext  *self,
            QsStep     *step,
            GError    **error)
{
  const QsKernel *kernel = step->kernel;
  gsize size = 0;
  gpointer workspace;

  if (kernel != NULL && kernel->workspace_size != NULL)
    size = kernel->workspace_size (kernel, step->layer, step->state,
                                   qs_thread_pool_get_n_threads (self->pool));
  workspace = get_staging (self, step->layer->inputs->len + step->layer->outputs->len, size, error);
  return workspace != NULL && qs_context_execute_views (self, step, workspace, error);
}

/**
 * qs_context_run_on_host:
 *
 * A layer for which the device has no kernel: its inputs come to the host, its outputs go back.
 */
gboolean
qs_context_run_on_host (QsContext  *self,
                        QsStep     *step,
                        GError    **error)
{
  GPtrArray *outputs = step->layer->outputs;

  if (!stage (self, step->layer->inputs, step->inputs, 0, TRUE, error) ||
      !stage (self, outputs, step->outputs, step->layer->inputs->len, FALSE, error) ||
      !run_staged (self, step, error))
    return FALSE;

  for (guint i = 0; i < outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (outputs, i);

      if (tensor != NULL && step->outputs[i].data != NULL &&
          !qs_context_write_tensor (self, tensor, step->outputs[i].data, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * qs_context_observe:
 * @view: how the tensor lies in memory
 *
 * Shows a tensor to the observer, from the host's memory unless it wants the device's.
 */
gboolean
qs_context_observe (QsContext       *self,
                    const QsTensor  *tensor,
                    const QsView    *view,
                    GError         **error)
{
  QsView copy = *view;

  if (is_on_device (self, tensor) && self->observes_device)
    copy.data = self->data[tensor->id];
  else if (is_on_device (self, tensor))
    {
      copy.data = get_staging (self, 0, tensor_size (tensor), error);
      if (copy.data == NULL || !qs_context_read_tensor (self, tensor, copy.data, error))
        return FALSE;
    }

  self->observer (tensor, &copy, self->observer_data);
  return TRUE;
}
