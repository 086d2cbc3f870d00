/* SPDX-License-Identifier: MIT */
#include "qs-precision-constraints.h"

#include <string.h>

#include "core/qs-error.h"

/* More outputs than this no layer has. */
#define MAX_TYPES 4096

struct _QsPrecisionConstraints
{
  gatomicrefcount ref_count;
  QsConstraintMode mode;
  GPtrArray *constraints; /* QsPrecisionConstraint */
};

typedef struct
{
  const char *id;
  QsPrecision precision;
  QsDataType type;
} Choice;

/* trtexec's words. */
static const Choice choices[] = {
  { "fp32", QS_PRECISION_FP32, QS_DATA_TYPE_FLOAT },
  { "fp16", QS_PRECISION_FP16, QS_DATA_TYPE_FLOAT16 },
  { "int8", QS_PRECISION_INT8, QS_DATA_TYPE_INT8 },
};

static const char *const modes[QS_N_CONSTRAINT_MODES] = {
  [QS_CONSTRAINT_HINT] = "hint",
  [QS_CONSTRAINT_PREFER] = "prefer",
  [QS_CONSTRAINT_OBEY] = "obey",
};

const char *
qs_constraint_mode_id (QsConstraintMode mode)
{
  return modes[mode];
}

gboolean
qs_constraint_mode_parse (const char       *id,
                          QsConstraintMode *mode)
{
  for (guint i = 0; i < QS_N_CONSTRAINT_MODES; i++)
    if (g_strcmp0 (id, modes[i]) == 0)
      {
        *mode = (QsConstraintMode) i;
        return TRUE;
      }

  return FALSE;
}

static void
constraint_free (gpointer data)
{
  QsPrecisionConstraint *constraint = data;

  g_free (constraint->layer);
  g_free (constraint->types);
  g_free (constraint);
}

QsPrecisionConstraints *
qs_precision_constraints_new (QsConstraintMode mode)
{
  QsPrecisionConstraints *self = g_new0 (QsPrecisionConstraints, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->mode = mode;
  self->constraints = g_ptr_array_new_with_free_func (constraint_free);
  return self;
}

QsPrecisionConstraints *
qs_precision_constraints_ref (QsPrecisionConstraints *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_precision_constraints_unref (QsPrecisionConstraints *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->constraints);
  g_free (self);
}

QsConstraintMode
qs_precision_constraints_get_mode (const QsPrecisionConstraints *self)
{
  return self->mode;
}

guint
qs_precision_constraints_get_n (const QsPrecisionConstraints *self)
{
  return self->constraints->len;
}

const QsPrecisionConstraint *
qs_precision_constraints_get (const QsPrecisionConstraints *self,
                              guint                         index)
{
  return g_ptr_array_index (self->constraints, index);
}

static QsPrecisionConstraint *
ensure (QsPrecisionConstraints *self,
        const char             *layer)
{
  QsPrecisionConstraint *constraint;

  for (guint i = 0; i < self->constraints->len; i++)
    {
      constraint = g_ptr_array_index (self->constraints, i);
      if (strcmp (constraint->layer, layer) == 0)
        return constraint;
    }

  constraint = g_new0 (QsPrecisionConstraint, 1);
  constraint->layer = g_strdup (layer);
  g_ptr_array_add (self->constraints, constraint);
  return constraint;
}

/**
 * qs_precision_constraints_set_precision:
 *
 * Asks that @layer compute in @precision. A later call for the same layer takes the place of an
 * earlier one.
 */
void
qs_precision_constraints_set_precision (QsPrecisionConstraints *self,
                                        const char             *layer,
                                        QsPrecision             precision)
{
  QsPrecisionConstraint *constraint = ensure (self, layer);

  constraint->has_precision = TRUE;
  constraint->precision = precision;
}

/**
 * qs_precision_constraints_set_type:
 * @output: index of the output, below 4096
 * @type: float32, float16 or INT8
 *
 * Asks that @layer write @output as @type.
 */
void
qs_precision_constraints_set_type (QsPrecisionConstraints *self,
                                   const char             *layer,
                                   guint                   output,
                                   QsDataType              type)
{
  QsPrecisionConstraint *constraint = ensure (self, layer);

  g_return_if_fail (output < MAX_TYPES);

  if (output >= constraint->n_types)
    {
      constraint->types = g_renew (QsDataType, constraint->types, output + 1);
      for (guint i = constraint->n_types; i <= output; i++)
        constraint->types[i] = QS_DATA_TYPE_UNDEFINED;
      constraint->n_types = output + 1;
    }
  constraint->types[output] = type;
}

static const Choice *
find_choice (const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (choices); i++)
    if (strcmp (choices[i].id, id) == 0)
      return &choices[i];

  return NULL;
}

/* The part before the last equals sign; @value gets the part behind it. */
static char *
split (const char  *text,
       const char **value,
       GError     **error)
{
  const char *equals = strrchr (text, '=');

  if (equals == NULL || equals == text)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "“%s” is not LAYER=PRECISION with fp32, fp16 or int8", text);
      return NULL;
    }

  *value = equals + 1;
  return g_strndup (text, equals - text);
}

static gboolean
refuse_choice (const char  *text,
               const char  *value,
               GError     **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "“%s”: “%s” is none of fp32, fp16 and int8",
               text, value);
  return FALSE;
}

gboolean
qs_precision_constraints_parse_precision (QsPrecisionConstraints  *self,
                                          const char              *text,
                                          GError                 **error)
{
  const char *value = NULL;
  g_autofree char *layer = split (text, &value, error);
  const Choice *choice;

  if (layer == NULL)
    return FALSE;

  choice = find_choice (value);
  if (choice == NULL)
    return refuse_choice (text, value, error);
  qs_precision_constraints_set_precision (self, layer, choice->precision);
  return TRUE;
}

gboolean
qs_precision_constraints_parse_types (QsPrecisionConstraints  *self,
                                      const char              *text,
                                      GError                 **error)
{
  const char *value = NULL;
  g_autofree char *layer = split (text, &value, error);
  g_auto (GStrv) parts = layer != NULL ? g_strsplit (value, "+", MAX_TYPES) : NULL;

  if (layer == NULL)
    return FALSE;
  if (parts[0] == NULL)
    return refuse_choice (text, value, error);
  for (guint i = 0; parts[i] != NULL; i++)
    if (find_choice (parts[i]) == NULL)
      return refuse_choice (text, parts[i], error);

  for (guint i = 0; parts[i] != NULL; i++)
    qs_precision_constraints_set_type (self, layer, i, find_choice (parts[i])->type);
  return TRUE;
}
