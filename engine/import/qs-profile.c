/* SPDX-License-Identifier: MIT */
#include "qs-profile.h"

#include <string.h>

#include "core/qs-error.h"

struct _QsProfile
{
  gint64 batch;
  GHashTable *shapes; /* input name to QsShape */
};

/**
 * qs_profile_new:
 *
 * A profile with batch size 1 and no shapes.
 */
QsProfile *
qs_profile_new (void)
{
  QsProfile *self = g_new0 (QsProfile, 1);

  self->batch = 1;
  self->shapes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

QsProfile *
qs_profile_copy (const QsProfile *self)
{
  QsProfile *copy = qs_profile_new ();
  GHashTableIter iter;
  gpointer name, shape;

  copy->batch = self->batch;
  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, &name, &shape))
    qs_profile_set_shape (copy, name, shape);

  return copy;
}

void
qs_profile_free (QsProfile *self)
{
  g_hash_table_unref (self->shapes);
  g_free (self);
}

/**
 * qs_profile_set_batch:
 * @batch: size of a dynamic first dimension, 1 … %QS_MAX_DIM
 */
void
qs_profile_set_batch (QsProfile *self,
                      gint64     batch)
{
  g_return_if_fail (batch > 0 && batch <= QS_MAX_DIM);

  self->batch = batch;
}

gint64
qs_profile_get_batch (const QsProfile *self)
{
  return self->batch;
}

/**
 * qs_profile_set_shape:
 * @input: name of a model input
 * @shape: its whole shape, all dimensions known
 */
void
qs_profile_set_shape (QsProfile     *self,
                      const char    *input,
                      const QsShape *shape)
{
  g_hash_table_insert (self->shapes, g_strdup (input), g_memdup2 (shape, sizeof *shape));
}

/**
 * qs_profile_parse:
 * @text: an input's name and shape, `NAME=1x3x224x224`; the name may contain `=` itself
 *
 * Sets a shape as the command line gives it.
 *
 * Errors: %QS_ERROR_SHAPE when @text is not written so.
 */
gboolean
qs_profile_parse (QsProfile   *self,
                  const char  *text,
                  GError     **error)
{
  const char *equals = strrchr (text, '=');
  g_autofree char *name = NULL;
  QsShape shape;

  if (equals == NULL || equals == text)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "“%s” is not an input's name and shape such as input=1x3x224x224", text);
      return FALSE;
    }
  if (!qs_shape_parse (equals + 1, &shape, error))
    return FALSE;

  name = g_strndup (text, (gsize) (equals - text));
  qs_profile_set_shape (self, name, &shape);
  return TRUE;
}

static gboolean
has_input (QsModel    *model,
           const char *name)
{
  for (guint i = 0; i < qs_model_get_n_inputs (model); i++)
    if (strcmp (qs_model_get_input (model, i)->name, name) == 0)
      return TRUE;

  return FALSE;
}

/**
 * qs_profile_check:
 *
 * Errors: %QS_ERROR_MISSING when the profile has a shape for an input that @model does not have.
 */
gboolean
qs_profile_check (const QsProfile *self,
                  QsModel         *model,
                  GError         **error)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!has_input (model, name))
      {
        g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                     "a shape was given for the input “%s”, which the model does not have",
                     (const char *) name);
        return FALSE;
      }

  return TRUE;
}

static gboolean
check_given (const QsModelValue *input,
             const QsShape      *given,
             GError            **error)
{
  g_autofree char *text = qs_shape_to_string (given);

  if (given->n_dims != input->shape.n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "input “%s” has %d dimensions, but the given shape is %s",
                   input->name, input->shape.n_dims, text);
      return FALSE;
    }

  for (int i = 0; i < given->n_dims; i++)
    if (input->shape.dims[i] >= 0 && input->shape.dims[i] != given->dims[i])
      {
        g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                     "input “%s”: dimension %d is fixed to %" G_GINT64_FORMAT
                     " in the model, but the given shape is %s",
                     input->name, i, input->shape.dims[i], text);
        return FALSE;
      }

  return TRUE;
}

static gboolean
needs_shape (const QsModelValue *input,
             int                 axis,
             GError            **error)
{
  const char *name = axis >= 0 ? input->dim_names[axis] : NULL;

  if (axis < 0)
    g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                 "input “%s” has no shape in the model; give one with --shape %s=…",
                 input->name, input->name);
  else
    g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                 "input “%s”: dimension %d (“%s”) is dynamic; fix it with --shape %s=…",
                 input->name, axis, name != NULL ? name : "?", input->name);
  return FALSE;
}

/**
 * qs_profile_resolve:
 * @input: a declared input
 * @shape: (out): its shape with every dimension known
 *
 * Errors: %QS_ERROR_SHAPE when a dimension stays open or contradicts the model.
 */
gboolean
qs_profile_resolve (const QsProfile    *self,
                    const QsModelValue *input,
                    QsShape            *shape,
                    GError            **error)
{
  const QsShape *given = g_hash_table_lookup (self->shapes, input->name);

  if (given != NULL)
    {
      *shape = *given;
      return !input->has_shape || check_given (input, given, error);
    }
  if (!input->has_shape)
    return needs_shape (input, -1, error);

  *shape = input->shape;
  if (shape->n_dims > 0 && shape->dims[0] < 0)
    shape->dims[0] = self->batch;

  for (int i = 0; i < shape->n_dims; i++)
    if (shape->dims[i] < 0)
      return needs_shape (input, i, error);

  return TRUE;
}
