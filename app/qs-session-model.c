/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session-private.h"

#include <glib/gi18n.h>

/* Opening files, and the questions a model asks when it is opened: where its weights are, and what
 * its dynamic dimensions shall be. */

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  QsSession *self = g_task_get_source_object (task);
  g_autoptr (QsLoaded) loaded = NULL;
  GError *error = NULL;

  loaded = qs_loader_load_finish (result, &error);
  qs_session_end (self);

  if (loaded != NULL && loaded->missing_data != NULL)
    {
      self->missing_data = g_steal_pointer (&loaded->missing_data);
      error = g_steal_pointer (&loaded->error);
    }
  if (error == NULL)
    qs_session_take (self, loaded, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&loaded), (GDestroyNotify) qs_loaded_free);
}

static QsProgress *
begin (QsSession  *self,
       char       *phase)
{
  g_autoptr (QsProgress) progress = qs_progress_new ();

  qs_session_drop_waiting (self);
  g_clear_pointer (&self->missing_data, g_free);
  qs_progress_set_phase (progress, phase);
  g_free (phase);
  qs_session_begin (self, progress);
  return progress;
}

void
qs_session_load_async (QsSession           *self,
                       GFile               *file,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  qs_session_load_model_async (self, file, NULL, callback, user_data);
}

/**
 * qs_session_load_model_async:
 * @data_folder: (nullable): where the weights are that are not beside the model
 */
void
qs_session_load_model_async (QsSession           *self,
                             GFile               *file,
                             GFile               *data_folder,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autofree char *name = g_file_get_basename (file);
  /* A model with dynamic dimensions may yet take those of the samples. */
  QsNetwork *network = self->work.dimensions != NULL && self->work.dimensions->len > 0
    ? NULL : qs_session_get_network (self);
  QsProgress *progress;

  g_task_set_source_tag (task, qs_session_load_model_async);
  if (!qs_session_check_idle (self, task))
    return;

  /* Translators: the name of a file. */
  progress = begin (self, g_strdup_printf (_("Opening %s"), name));
  qs_loader_load_async (file, data_folder, network, progress, loaded_cb, g_steal_pointer (&task));
}

const char *
qs_session_get_missing_data (QsSession *self)
{
  return self->missing_data;
}

GPtrArray *
qs_session_get_dimensions (QsSession *self)
{
  return self->work.dimensions;
}

GPtrArray *
qs_session_get_waiting_dimensions (QsSession *self)
{
  return self->waiting == NULL ? NULL : self->waiting->dimensions;
}

void
qs_session_drop_waiting (QsSession *self)
{
  g_clear_pointer (&self->waiting, qs_loaded_free);
}

/**
 * qs_session_set_dimensions_async:
 * @dimensions: (element-type QsDimension): for the model that waits for them, or for the one there is
 *
 * Imports the model with these sizes. What was measured with other sizes is dropped; sample sets
 * that still fit stay. A failure leaves everything as it was, and what waits goes on waiting.
 */
void
qs_session_set_dimensions_async (QsSession           *self,
                                 GPtrArray           *dimensions,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (QsProgress) progress = NULL;
  QsModel *model = self->waiting != NULL ? self->waiting->model : self->work.model;
  GFile *file = self->waiting != NULL ? self->waiting->file : self->work.file;

  g_task_set_source_tag (task, qs_session_set_dimensions_async);
  g_return_if_fail (model != NULL);
  if (!qs_session_check_idle (self, task))
    return;

  progress = qs_progress_new ();
  qs_progress_set_phase (progress, _("Importing the model"));
  qs_session_begin (self, progress);
  qs_loader_import_async (file, model, dimensions, progress, loaded_cb, g_steal_pointer (&task));
}

gboolean
qs_session_set_dimensions_finish (QsSession     *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  g_autoptr (QsLoaded) loaded = g_task_propagate_pointer (G_TASK (result), error);

  if (loaded == NULL)
    return FALSE;

  qs_session_drop_waiting (self);
  return TRUE;
}

/**
 * qs_session_fit_dimensions:
 *
 * Returns: (transfer full) (nullable): dimensions of the model that fit @samples, within their bounds;
 *   %NULL when those it has do, or none do
 */
GPtrArray *
qs_session_fit_dimensions (QsSession *self,
                           QsSamples *samples)
{
  g_autoptr (GPtrArray) fitting = NULL;
  g_autofree char *before = NULL, *after = NULL;

  if (self->work.dimensions == NULL || self->work.dimensions->len == 0)
    return NULL;

  fitting = qs_dimensions_copy (self->work.dimensions);
  for (guint i = 0; i < qs_model_get_n_inputs (self->work.model); i++)
    {
      const QsModelValue *input = qs_model_get_input (self->work.model, i);
      const QsShape *shape = qs_samples_get_shape (samples, input->name);

      if (shape != NULL && !qs_dimensions_fit (fitting, input, shape))
        return NULL;
    }

  before = qs_dimensions_print (self->work.dimensions);
  after = qs_dimensions_print (fitting);
  return g_strcmp0 (before, after) == 0 ? NULL : g_steal_pointer (&fitting);
}
