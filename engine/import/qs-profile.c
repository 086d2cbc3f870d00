/* SPDX-License-Identifier: MIT */
#include "qs-profile.h"

#include <string.h>

#include "core/qs-error.h"

struct _QsProfile
{
  gint64 batch;
  GHashTable *shapes; /* input name to Shapes */
};

/* A shape that was not given has no dimensions and takes another's place: the optimal one that of
 * the largest or the smallest, these that of the optimal one, as trtexec does it. */
typedef struct
{
  QsShape at[QS_PROFILE_N_SELECTORS];
  gboolean given[QS_PROFILE_N_SELECTORS];
} Shapes;

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
  gpointer name, shapes;

  copy->batch = self->batch;
  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, &name, &shapes))
    g_hash_table_insert (copy->shapes, g_strdup (name), g_memdup2 (shapes, sizeof (Shapes)));

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

static Shapes *
ensure_shapes (QsProfile  *self,
               const char *input)
{
  Shapes *shapes = g_hash_table_lookup (self->shapes, input);

  if (shapes == NULL)
    {
      shapes = g_new0 (Shapes, 1);
      g_hash_table_insert (self->shapes, g_strdup (input), shapes);
    }

  return shapes;
}

/**
 * qs_profile_set_shape:
 * @input: name of a model input
 * @shape: its whole shape; a first dimension of -1 is the batch
 *
 * Fixes an input: its smallest, optimal and largest shapes are @shape.
 */
void
qs_profile_set_shape (QsProfile     *self,
                      const char    *input,
                      const QsShape *shape)
{
  for (int i = 0; i < QS_PROFILE_N_SELECTORS; i++)
    qs_profile_set_shape_at (self, i, input, shape);
}

/**
 * qs_profile_set_shape_at:
 *
 * Sets one of the three shapes of an input.
 */
void
qs_profile_set_shape_at (QsProfile         *self,
                         QsProfileSelector  selector,
                         const char        *input,
                         const QsShape     *shape)
{
  Shapes *shapes = ensure_shapes (self, input);

  shapes->at[selector] = *shape;
  shapes->given[selector] = TRUE;
}

static const QsShape *
get_shape (const Shapes      *shapes,
           QsProfileSelector  selector)
{
  static const QsProfileSelector instead[QS_PROFILE_N_SELECTORS][QS_PROFILE_N_SELECTORS] = {
    [QS_PROFILE_MIN] = { QS_PROFILE_MIN, QS_PROFILE_OPT, QS_PROFILE_MAX },
    [QS_PROFILE_OPT] = { QS_PROFILE_OPT, QS_PROFILE_MAX, QS_PROFILE_MIN },
    [QS_PROFILE_MAX] = { QS_PROFILE_MAX, QS_PROFILE_OPT, QS_PROFILE_MIN },
  };

  for (int i = 0; i < QS_PROFILE_N_SELECTORS; i++)
    if (shapes->given[instead[selector][i]])
      return &shapes->at[instead[selector][i]];

  g_return_val_if_reached (&shapes->at[selector]);
}

static gboolean
parse (const char  *text,
       char       **name,
       QsShape     *shape,
       GError     **error)
{
  const char *equals = strrchr (text, '=');

  /* trtexec writes input:1x3x224x224. */
  if (equals == NULL)
    equals = strrchr (text, ':');
  if (equals == NULL || equals == text)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "“%s” is not an input's name and shape such as input=1x3x224x224", text);
      return FALSE;
    }
  if (!qs_shape_parse (equals + 1, shape, error))
    return FALSE;

  *name = g_strndup (text, (gsize) (equals - text));
  return TRUE;
}

/**
 * qs_profile_parse:
 * @text: an input's name and shape, `NAME=1x3x224x224` or `NAME:1x3x224x224`; the name may contain
 *   `=` or `:` itself
 *
 * Fixes a shape as the command line gives it.
 *
 * Errors: %QS_ERROR_SHAPE when @text is not written so.
 */
gboolean
qs_profile_parse (QsProfile   *self,
                  const char  *text,
                  GError     **error)
{
  g_autofree char *name = NULL;
  QsShape shape;

  if (!parse (text, &name, &shape, error))
    return FALSE;

  qs_profile_set_shape (self, name, &shape);
  return TRUE;
}

/**
 * qs_profile_parse_at:
 * @text: one or more inputs and shapes, joined by commas: `ids=1x8,mask=1x8`
 *
 * Sets one of the three shapes of the inputs.
 *
 * Errors: as [method@Profile.parse]
 */
gboolean
qs_profile_parse_at (QsProfile          *self,
                     QsProfileSelector   selector,
                     const char         *text,
                     GError            **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *name = NULL;
      QsShape shape;

      if (!parse (parts[i], &name, &shape, error))
        return FALSE;
      qs_profile_set_shape_at (self, selector, name, &shape);
    }

  return TRUE;
}

static const QsModelValue *
find_input (QsModel    *model,
            const char *name)
{
  for (guint i = 0; i < qs_model_get_n_inputs (model); i++)
    if (strcmp (qs_model_get_input (model, i)->name, name) == 0)
      return qs_model_get_input (model, i);

  return NULL;
}

/* Every dimension of @shape must lie between those of @low and @high; -1 stands for the batch and
 * is not compared. */
static int
find_outside (const QsShape *shape,
              const QsShape *low,
              const QsShape *high)
{
  for (int i = 0; i < shape->n_dims; i++)
    if (low->dims[i] > 0 && high->dims[i] > 0 && shape->dims[i] > 0 &&
        (shape->dims[i] < low->dims[i] || shape->dims[i] > high->dims[i]))
      return i;

  return -1;
}

static gboolean
check_order (const char    *input,
             const Shapes  *shapes,
             GError       **error)
{
  const QsShape *low = get_shape (shapes, QS_PROFILE_MIN);
  const QsShape *opt = get_shape (shapes, QS_PROFILE_OPT);
  const QsShape *high = get_shape (shapes, QS_PROFILE_MAX);
  g_autofree char *low_text = qs_shape_to_string (low);
  g_autofree char *opt_text = qs_shape_to_string (opt);
  g_autofree char *high_text = qs_shape_to_string (high);

  if (low->n_dims == opt->n_dims && high->n_dims == opt->n_dims &&
      find_outside (opt, low, high) < 0 && find_outside (high, low, high) < 0)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "input “%s”: the optimal shape %s does not lie between the minimum %s and the "
               "maximum %s", input, opt_text, low_text, high_text);
  return FALSE;
}

/**
 * qs_profile_check:
 *
 * Errors: %QS_ERROR_MISSING when the profile has a shape for an input that @model does not have,
 * %QS_ERROR_SHAPE when an optimal shape does not lie between the smallest and the largest.
 */
gboolean
qs_profile_check (const QsProfile *self,
                  QsModel         *model,
                  GError         **error)
{
  GHashTableIter iter;
  gpointer name, shapes;

  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, &name, &shapes))
    {
      if (find_input (model, name) == NULL)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                       "a shape was given for the input “%s”, which the model does not have",
                       (const char *) name);
          return FALSE;
        }
      if (!check_order (name, shapes, error))
        return FALSE;
    }

  return TRUE;
}

/**
 * qs_profile_has_range:
 *
 * Whether any input may have more than one shape.
 */
gboolean
qs_profile_has_range (const QsProfile *self)
{
  GHashTableIter iter;
  gpointer shapes;

  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, NULL, &shapes))
    if (!qs_shape_equal (get_shape (shapes, QS_PROFILE_MIN), get_shape (shapes, QS_PROFILE_MAX)))
      return TRUE;

  return FALSE;
}

gboolean
qs_profile_has_shape (const QsProfile *self,
                      const char      *input)
{
  return g_hash_table_contains (self->shapes, input);
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
 * @shape: (out): its optimal shape, with every dimension known
 *
 * Errors: %QS_ERROR_SHAPE when a dimension stays open or contradicts the model.
 */
gboolean
qs_profile_resolve (const QsProfile    *self,
                    const QsModelValue *input,
                    QsShape            *shape,
                    GError            **error)
{
  return qs_profile_resolve_at (self, QS_PROFILE_OPT, input, shape, error);
}

/**
 * qs_profile_resolve_at:
 *
 * As [method@Profile.resolve], for any of the three shapes.
 */
gboolean
qs_profile_resolve_at (const QsProfile    *self,
                       QsProfileSelector   selector,
                       const QsModelValue *input,
                       QsShape            *shape,
                       GError            **error)
{
  const Shapes *shapes = g_hash_table_lookup (self->shapes, input->name);

  if (shapes == NULL && !input->has_shape)
    return needs_shape (input, -1, error);

  *shape = shapes != NULL ? *get_shape (shapes, selector) : input->shape;
  if (shape->n_dims > 0 && shape->dims[0] < 0)
    shape->dims[0] = self->batch;
  if (shapes != NULL && input->has_shape && !check_given (input, shape, error))
    return FALSE;

  for (int i = 0; i < shape->n_dims; i++)
    if (shape->dims[i] < 0)
      return needs_shape (input, i, error);

  return TRUE;
}

static gboolean
refuse (const QsModelValue *input,
        int                 axis,
        const QsShape      *shape,
        const QsShape      *low,
        const QsShape      *high,
        GError            **error)
{
  const char *name = input->dim_names[axis];

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "input “%s”: dimension %d (“%s”) is %" G_GINT64_FORMAT ", but the profile allows %"
               G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
               input->name, axis, name != NULL ? name : "?", shape->dims[axis], low->dims[axis],
               high->dims[axis]);
  return FALSE;
}

/**
 * qs_profile_allows:
 * @shape: what @input is to be used with; the batch does not count where the profile leaves it open
 *
 * Whether @shape lies between the smallest and the largest shape of @input, or, where the profile
 * says nothing about it, agrees with the model.
 *
 * Errors: %QS_ERROR_SHAPE with the dimension that does not
 */
gboolean
qs_profile_allows (const QsProfile    *self,
                   const QsModelValue *input,
                   const QsShape      *shape,
                   GError            **error)
{
  const Shapes *shapes = g_hash_table_lookup (self->shapes, input->name);
  const QsShape *low, *high;
  int axis;

  if (input->has_shape && !check_given (input, shape, error))
    return FALSE;
  if (shapes == NULL)
    return TRUE;

  low = get_shape (shapes, QS_PROFILE_MIN);
  high = get_shape (shapes, QS_PROFILE_MAX);
  if (low->n_dims != shape->n_dims || high->n_dims != shape->n_dims)
    return check_order (input->name, shapes, error) && check_given (input, shape, error);

  axis = find_outside (shape, low, high);
  return axis < 0 || refuse (input, axis, shape, low, high, error);
}

/**
 * qs_profile_select:
 *
 * Returns: (transfer full): a profile whose inputs are fixed to their shapes at @selector
 */
QsProfile *
qs_profile_select (const QsProfile   *self,
                   QsProfileSelector  selector)
{
  QsProfile *fixed = qs_profile_new ();
  GHashTableIter iter;
  gpointer name, shapes;

  fixed->batch = self->batch;
  g_hash_table_iter_init (&iter, self->shapes);
  while (g_hash_table_iter_next (&iter, &name, &shapes))
    qs_profile_set_shape (fixed, name, get_shape (shapes, selector));

  return fixed;
}
