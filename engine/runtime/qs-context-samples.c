/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-context-private.h"

static gint64
rows_of (const QsHostTensor *tensor)
{
  const QsShape *shape = qs_host_tensor_get_shape (tensor);

  return shape->n_dims > 0 ? shape->dims[0] : -1;
}

static gboolean
check_batches (QsContext     *self,
               QsHostTensor **inputs,
               gint64         batch,
               GError       **error)
{
  GPtrArray *tensors = self->network->inputs;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor->shape.n_dims == 0 || tensor->shape.dims[0] != batch)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                       "input %s: its first axis does not count samples like the first input's",
                       tensor->name);
          return FALSE;
        }
      if (rows_of (inputs[i]) != rows_of (inputs[0]))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                       "input %s: it has another number of samples than the first input",
                       tensor->name);
          return FALSE;
        }
    }

  return TRUE;
}

/* Rows first … first + batch - 1; past the end, the last row again. */
static QsHostTensor *
take_batch (QsHostTensor *tensor,
            gint64        first,
            gint64        batch,
            GError      **error)
{
  gint64 n = rows_of (tensor);
  QsShape shape = *qs_host_tensor_get_shape (tensor);
  gsize row = qs_host_tensor_get_size (tensor) / (gsize) n;
  const guint8 *source = qs_host_tensor_get_data (tensor);
  QsHostTensor *filled;
  guint8 *target;

  if (first + batch <= n)
    return qs_host_tensor_slice (tensor, first, batch, error);

  shape.dims[0] = batch;
  filled = qs_host_tensor_new (qs_host_tensor_get_data_type (tensor), &shape, error);
  if (filled == NULL)
    return NULL;

  target = qs_host_tensor_get_mutable (filled);
  for (gint64 i = 0; row > 0 && i < batch; i++)
    memcpy (target + (gsize) i * row, source + (gsize) MIN (first + i, n - 1) * row, row);
  return filled;
}

static gboolean
make_outputs (QsContext  *self,
              gint64      n,
              gint64      batch,
              GPtrArray  *results,
              GError    **error)
{
  for (guint i = 0; i < self->network->outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->outputs, i);
      QsShape shape = tensor->shape;
      QsHostTensor *result;

      if (shape.n_dims == 0 || shape.dims[0] != batch)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                       "output %s: its first axis does not count samples, so results of several "
                       "batches cannot be joined", tensor->name);
          return FALSE;
        }
      shape.dims[0] = n;
      result = qs_host_tensor_new (tensor->type, &shape, error);
      if (result == NULL)
        return FALSE;
      g_ptr_array_add (results, result);
    }

  return TRUE;
}

static void
store_batch (QsHostTensor *whole,
             QsHostTensor *part,
             gint64        first,
             gint64        n_rows)
{
  gsize row = qs_host_tensor_get_size (part) / (gsize) rows_of (part);

  if (row > 0)
    memcpy ((guint8 *) qs_host_tensor_get_mutable (whole) + (gsize) first * row,
            qs_host_tensor_get_data (part), (gsize) n_rows * row);
}

static GPtrArray *
take_slices (QsContext     *self,
             QsHostTensor **inputs,
             gint64         first,
             gint64         batch,
             GError       **error)
{
  g_autoptr (GPtrArray) slices =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < self->network->inputs->len; i++)
    {
      QsHostTensor *slice = take_batch (inputs[i], first, batch, error);

      if (slice == NULL)
        return NULL;
      g_ptr_array_add (slices, slice);
    }

  return g_steal_pointer (&slices);
}

static gboolean
run_batch (QsContext     *self,
           GPtrArray     *slices,
           gint64         first,
           gint64         n_rows,
           GPtrArray     *results,
           GError       **error)
{
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, results->len + 1);

  if (!qs_context_run (self, (QsHostTensor **) slices->pdata, outputs, error))
    return FALSE;

  for (guint i = 0; i < results->len; i++)
    {
      store_batch (g_ptr_array_index (results, i), outputs[i], first, n_rows);
      qs_host_tensor_unref (outputs[i]);
    }
  return TRUE;
}

/* A device gets each batch while it computes the one before. */
static gboolean
run_batches (QsContext     *self,
             QsHostTensor **inputs,
             gint64         batch,
             GPtrArray     *results,
             GError       **error)
{
  const gint64 n = rows_of (inputs[0]);
  g_autoptr (GPtrArray) slices = NULL;

  for (gint64 first = 0; first < n; first += batch)
    {
      g_autoptr (GPtrArray) now = g_steal_pointer (&slices);

      if (now == NULL)
        now = take_slices (self, inputs, first, batch, error);
      if (now == NULL)
        return FALSE;
      if (first + batch < n)
        {
          slices = take_slices (self, inputs, first + batch, batch, error);
          if (slices == NULL)
            return FALSE;
          qs_context_set_next (self, (QsHostTensor **) slices->pdata);
        }
      if (!run_batch (self, now, first, MIN (batch, n - first), results, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
qs_context_run_samples (QsContext     *self,
                        QsHostTensor **inputs,
                        QsHostTensor **outputs,
                        GError       **error)
{
  gint64 batch = qs_engine_get_batch (self->engine);
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  gint64 n;

  if (self->network->inputs->len == 0 || batch <= 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "the network has no input with samples");
      return FALSE;
    }

  n = rows_of (inputs[0]);
  if (n < 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the first input is a single number, not samples");
      return FALSE;
    }
  if (!check_batches (self, inputs, batch, error) ||
      !make_outputs (self, n, batch, results, error))
    return FALSE;

  if (!run_batches (self, inputs, batch, results, error))
    return FALSE;

  for (guint i = 0; i < results->len; i++)
    outputs[i] = qs_host_tensor_ref (g_ptr_array_index (results, i));
  return TRUE;
}
