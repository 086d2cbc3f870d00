/* SPDX-License-Identifier: MIT */
#include "qs-dimensions.h"

#include <string.h>

/* Sizes that most published models are used with. */
#define USUAL_CHANNELS 3
#define USUAL_IMAGE 224
#define USUAL_LENGTH 128

static void
dimension_free (gpointer data)
{
  QsDimension *self = data;

  g_free (self->name);
  g_free (self);
}

static char *
name_dimension (const QsModelValue *input,
                int                 axis)
{
  return input->dim_names[axis] != NULL ? g_strdup (input->dim_names[axis])
                                        : g_strdup_printf ("%s[%d]", input->name, axis);
}

/* Only shapes that are declared and open; before IR version 4 initializers are inputs as well, with
 * fixed shapes. */
static gboolean
is_dynamic (const QsModelValue *input,
            int                 axis)
{
  return axis > 0 && input->has_shape && input->shape.dims[axis] < 0;
}

static QsDimensionUse
guess_use (const QsModelValue *input,
           int                 axis)
{
  static const char *const words[] = { "height", "width" };
  const char *name = input->dim_names[axis];

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (words); i++)
    if (strstr (name, words[i]) != NULL)
      return QS_DIMENSION_IMAGE;

  if (input->shape.n_dims < 4)
    return QS_DIMENSION_LENGTH;
  return axis == 1 ? QS_DIMENSION_CHANNELS : QS_DIMENSION_IMAGE;
}

static gint64
guess_size (QsDimensionUse use)
{
  static const gint64 sizes[] = {
    [QS_DIMENSION_CHANNELS] = USUAL_CHANNELS,
    [QS_DIMENSION_IMAGE] = USUAL_IMAGE,
    [QS_DIMENSION_LENGTH] = USUAL_LENGTH,
  };

  return sizes[use];
}

static QsDimension *
find (GPtrArray  *self,
      const char *name)
{
  for (guint i = 0; i < self->len; i++)
    if (strcmp (((QsDimension *) g_ptr_array_index (self, i))->name, name) == 0)
      return g_ptr_array_index (self, i);

  return NULL;
}

static void
add (GPtrArray          *self,
     const QsModelValue *input,
     int                 axis)
{
  g_autofree char *name = name_dimension (input, axis);
  QsDimension *dimension;

  if (find (self, name) != NULL)
    return;

  dimension = g_new0 (QsDimension, 1);
  dimension->name = g_steal_pointer (&name);
  dimension->use = guess_use (input, axis);
  for (int i = 0; i < QS_PROFILE_N_SELECTORS; i++)
    dimension->at[i] = guess_size (dimension->use);
  g_ptr_array_add (self, dimension);
}

GPtrArray *
qs_dimensions_find (QsModel *model)
{
  GPtrArray *self = g_ptr_array_new_with_free_func (dimension_free);

  for (guint i = 0; i < qs_model_get_n_inputs (model); i++)
    {
      const QsModelValue *input = qs_model_get_input (model, i);

      for (int axis = 0; axis < input->shape.n_dims; axis++)
        if (is_dynamic (input, axis))
          add (self, input, axis);
    }

  return self;
}

GPtrArray *
qs_dimensions_copy (GPtrArray *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (dimension_free);

  for (guint i = 0; i < self->len; i++)
    {
      QsDimension *twin = g_memdup2 (g_ptr_array_index (self, i), sizeof (QsDimension));

      twin->name = g_strdup (twin->name);
      g_ptr_array_add (copy, twin);
    }

  return copy;
}

/* Returns whether the input has a dynamic dimension besides the batch. */
static gboolean
fill_shape (GPtrArray          *self,
            const QsModelValue *input,
            QsProfileSelector   selector,
            QsShape            *shape)
{
  gboolean found = FALSE;

  *shape = input->shape;
  for (int axis = 0; axis < shape->n_dims; axis++)
    {
      g_autofree char *name = is_dynamic (input, axis) ? name_dimension (input, axis) : NULL;
      const QsDimension *dimension = name != NULL ? find (self, name) : NULL;

      if (dimension == NULL)
        continue;
      shape->dims[axis] = dimension->at[selector];
      found = TRUE;
    }

  return found;
}

void
qs_dimensions_apply (GPtrArray *self,
                     QsModel   *model,
                     QsProfile *profile)
{
  for (guint i = 0; i < qs_model_get_n_inputs (model); i++)
    for (int selector = 0; selector < QS_PROFILE_N_SELECTORS; selector++)
      {
        const QsModelValue *input = qs_model_get_input (model, i);
        QsShape shape;

        if (fill_shape (self, input, selector, &shape))
          qs_profile_set_shape_at (profile, selector, input->name, &shape);
      }
}

static gboolean
fits_axis (GPtrArray          *self,
           const QsModelValue *input,
           int                 axis,
           gint64              size)
{
  g_autofree char *name = NULL;
  const QsDimension *dimension;

  if (!is_dynamic (input, axis))
    return axis == 0 || input->shape.dims[axis] == size;

  name = name_dimension (input, axis);
  dimension = find (self, name);
  return dimension != NULL && size >= dimension->at[QS_PROFILE_MIN] &&
         size <= dimension->at[QS_PROFILE_MAX];
}

gboolean
qs_dimensions_fit (GPtrArray          *self,
                   const QsModelValue *input,
                   const QsShape      *shape)
{
  if (!input->has_shape || shape->n_dims != input->shape.n_dims)
    return FALSE;
  for (int axis = 0; axis < shape->n_dims; axis++)
    if (!fits_axis (self, input, axis, shape->dims[axis]))
      return FALSE;

  for (int axis = 0; axis < shape->n_dims; axis++)
    if (is_dynamic (input, axis))
      {
        g_autofree char *name = name_dimension (input, axis);

        find (self, name)->at[QS_PROFILE_OPT] = shape->dims[axis];
      }
  return TRUE;
}

char *
qs_dimensions_print (GPtrArray *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->len; i++)
    {
      const QsDimension *dimension = g_ptr_array_index (self, i);
      g_autofree char *name = g_uri_escape_string (dimension->name, NULL, TRUE);

      g_string_append_printf (text, "%s%s=%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ":%"
                              G_GINT64_FORMAT, i > 0 ? "," : "", name,
                              dimension->at[QS_PROFILE_MIN], dimension->at[QS_PROFILE_OPT],
                              dimension->at[QS_PROFILE_MAX]);
    }

  return g_string_free (text, FALSE);
}

static gboolean
parse_sizes (const char *text,
             gint64     *sizes)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);

  if (g_strv_length (parts) != QS_PROFILE_N_SELECTORS)
    return FALSE;

  for (int i = 0; i < QS_PROFILE_N_SELECTORS; i++)
    if (!g_ascii_string_to_signed (parts[i], 10, 1, QS_MAX_DIM, &sizes[i], NULL))
      return FALSE;

  return sizes[QS_PROFILE_MIN] <= sizes[QS_PROFILE_OPT] &&
         sizes[QS_PROFILE_OPT] <= sizes[QS_PROFILE_MAX];
}

gboolean
qs_dimensions_parse (GPtrArray  *self,
                     const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  guint n_found = 0;

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');
      g_autofree char *name = NULL;
      QsDimension *dimension;
      gint64 sizes[QS_PROFILE_N_SELECTORS];

      if (equals == NULL || !parse_sizes (equals + 1, sizes))
        continue;
      *equals = '\0';
      name = g_uri_unescape_string (parts[i], NULL);
      dimension = name != NULL ? find (self, name) : NULL;
      if (dimension == NULL)
        continue;
      memcpy (dimension->at, sizes, sizeof sizes);
      n_found++;
    }

  return n_found == self->len;
}
