/* SPDX-License-Identifier: MIT */
#include "qs-constraint-check.h"

#include <string.h>

#include "core/qs-error.h"

static gboolean
is_default (const QsPrecisionConstraint *constraint)
{
  return strcmp (constraint->layer, QS_CONSTRAINT_ALL) == 0;
}

static gboolean
has_name (const QsLayer *layer,
          const char    *name)
{
  if (strcmp (layer->name, name) == 0)
    return TRUE;

  for (guint i = 0; i < layer->origins->len; i++)
    if (g_strcmp0 (((const QsOrigin *) g_ptr_array_index (layer->origins, i))->name, name) == 0)
      return TRUE;
  return FALSE;
}

static QsLayer *
find_layer (QsNetwork  *network,
            const char *name)
{
  for (guint i = 0; i < network->layers->len; i++)
    if (has_name (g_ptr_array_index (network->layers, i), name))
      return g_ptr_array_index (network->layers, i);

  return NULL;
}

/* A constraint that is not followed: told in the way that the mode demands. @what begins with the
 * place. */
static gboolean
report (QsBuild        *self,
        const QsLayer  *layer,
        const char     *name,
        const char     *what,
        GError        **error)
{
  QsConstraintMode mode = qs_precision_constraints_get_mode (self->constraints);
  const char *layers[] = { layer != NULL ? layer->name : name, NULL };

  if (mode == QS_CONSTRAINT_OBEY)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s; the build obeys constraints, so it stops: prefer them, or change this one",
                   what);
      return FALSE;
    }

  qs_journal_add (self->journal,
                  mode == QS_CONSTRAINT_PREFER ? QS_JOURNAL_WARNING : QS_JOURNAL_DECISION,
                  "precision-constraint", layers, NULL, layer != NULL ? layer->name : NULL, "%s.",
                  what);
  return TRUE;
}

static gboolean
report_conflict (QsBuild                      *self,
                 const QsLayer                *layer,
                 const QsPrecisionConstraint  *first,
                 const QsPrecisionConstraint  *second,
                 GError                      **error)
{
  g_autofree char *what =
    g_strdup_printf ("%s %s: “%s” and “%s” are one layer after fusion, and their constraints ask for "
                     "different things, so that of the first counts", layer->klass->name, layer->name,
                     first->layer, second->layer);

  return report (self, layer, second->layer, what, error);
}

static gboolean
types_differ (const QsPrecisionConstraint *a,
              const QsPrecisionConstraint *b)
{
  return a->n_types != b->n_types || memcmp (a->types, b->types, a->n_types * sizeof *a->types) != 0;
}

static gboolean
assign (QsBuild                      *self,
        QsLayerPlan                  *plan,
        const QsPrecisionConstraint  *constraint,
        GError                      **error)
{
  gboolean conflict =
    (constraint->has_precision && plan->constraint != NULL &&
     plan->constraint->precision != constraint->precision) ||
    (constraint->n_types > 0 && plan->type_constraint != NULL &&
     types_differ (plan->type_constraint, constraint));

  if (conflict)
    return report_conflict (self, plan->layer, plan->constraint != NULL ? plan->constraint
                                                                        : plan->type_constraint,
                            constraint, error);
  if (constraint->has_precision)
    plan->constraint = constraint;
  if (constraint->n_types > 0)
    plan->type_constraint = constraint;
  return TRUE;
}

static gboolean
resolve (QsBuild                      *self,
         QsNetwork                    *imported,
         const QsPrecisionConstraint  *constraint,
         GError                      **error)
{
  QsLayer *layer = find_layer (self->network, constraint->layer);
  g_autofree char *what = NULL;

  if (layer != NULL)
    return assign (self, qs_build_get_plan (self, layer), constraint, error);

  if (find_layer (imported, constraint->layer) == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                   "layer “%s”: there is no layer or node of this name, so its precision cannot be "
                   "chosen; “inspect --nodes” lists them", constraint->layer);
      return FALSE;
    }

  what = g_strdup_printf ("layer “%s”: nothing is left of it after the rewrites, so its constraint "
                          "means nothing", constraint->layer);
  return report (self, NULL, constraint->layer, what, error);
}

/* Whether a precision can be asked of @layer at all: those of shapes and indices have none. */
static gboolean
computes_floats (const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  const QsTensor *output = qs_layer_get_output (layer, 0);

  return qs_layer_get_role (layer) != QS_PLACEMENT_HOST && layer->klass->kind != QS_LAYER_CAST &&
         layer->klass->kind != QS_LAYER_REFORMAT && input != NULL && output != NULL &&
         (input->type == QS_DATA_TYPE_FLOAT || layer->precision == QS_PRECISION_INT8);
}

static void
assign_default (QsBuild                     *self,
                const QsPrecisionConstraint *constraint)
{
  for (guint i = 0; i < self->network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->network->layers, i);
      QsLayerPlan *plan = qs_build_get_plan (self, layer);

      if (!computes_floats (layer))
        continue;
      if (constraint->has_precision && plan->constraint == NULL)
        plan->constraint = constraint;
      if (constraint->n_types > 0 && plan->type_constraint == NULL)
        plan->type_constraint = constraint;
    }
}

gboolean
qs_build_resolve_constraints (QsBuild    *self,
                              QsNetwork  *imported,
                              GError    **error)
{
  guint n = self->constraints != NULL ? qs_precision_constraints_get_n (self->constraints) : 0;

  for (guint i = 0; i < n; i++)
    {
      const QsPrecisionConstraint *constraint = qs_precision_constraints_get (self->constraints, i);

      if (!is_default (constraint) && !resolve (self, imported, constraint, error))
        return FALSE;
    }
  for (guint i = 0; i < n; i++)
    if (is_default (qs_precision_constraints_get (self->constraints, i)))
      assign_default (self, qs_precision_constraints_get (self->constraints, i));

  return TRUE;
}

/* Why a layer is not in the precision that it was asked to have. */
static char *
explain_precision (QsBuild           *self,
                   const QsLayerPlan *plan)
{
  QsPrecision wanted = plan->constraint->precision;

  if (self->is_explicit && (wanted == QS_PRECISION_INT8 || plan->int8))
    return g_strdup ("in this network QuantizeLinear and DequantizeLinear say what is INT8");
  if (wanted == QS_PRECISION_INT8 && self->int8 == QS_INT8_OFF)
    return g_strdup ("INT8 is not enabled in this build");
  if (wanted == QS_PRECISION_FP16 && self->fp16 == QS_FP16_OFF)
    return g_strdup ("FP16 is not enabled in this build");
  if (wanted == QS_PRECISION_INT8 && plan->obstacle != NULL)
    return g_strdup (plan->obstacle);
  if (wanted == QS_PRECISION_FP16 && !plan->can_fp16)
    return g_strdup_printf ("%s has no FP16 form", plan->layer->klass->name);
  return g_strdup ("it is slower so, and constraints are only hints");
}

/* Sentences are joined, so their full stops go. */
static char *
without_stop (char *text)
{
  gsize length = strlen (text);

  if (length > 0 && text[length - 1] == '.')
    text[length - 1] = '\0';
  return text;
}

static gboolean
check_precision (QsBuild      *self,
                 QsLayerPlan  *plan,
                 GError      **error)
{
  g_autofree char *why = NULL;
  g_autofree char *what = NULL;

  if (plan->constraint == NULL || qs_layer_plan_wants (plan, qs_layer_plan_get_precision (plan)))
    return TRUE;

  why = without_stop (explain_precision (self, plan));
  what = g_strdup_printf ("%s %s: a constraint asks that it compute in %s, and it computes in %s: %s",
                          plan->layer->klass->name, plan->layer->name,
                          qs_precision_name (plan->constraint->precision),
                          qs_precision_name (qs_layer_plan_get_precision (plan)), why);
  return report (self, plan->layer, plan->constraint->layer, what, error);
}

static QsDataType
written_type (QsBuild        *self,
              const QsTensor *tensor)
{
  if (g_hash_table_contains (self->int8_tensors, tensor))
    return QS_DATA_TYPE_INT8;
  return g_hash_table_contains (self->fp16_tensors, tensor) ? QS_DATA_TYPE_FLOAT16 : tensor->type;
}

static gboolean
check_type (QsBuild      *self,
            QsLayerPlan  *plan,
            guint         index,
            GError      **error)
{
  const QsTensor *tensor = qs_layer_get_output (plan->layer, index);
  QsDataType wanted = qs_layer_plan_get_wanted_type (plan, index);
  g_autofree char *what = NULL;

  if (wanted == QS_DATA_TYPE_UNDEFINED || (tensor != NULL && written_type (self, tensor) == wanted))
    return TRUE;

  if (tensor == NULL)
    what = g_strdup_printf ("%s %s: a constraint asks for the type of output %u, which it does not "
                            "have", plan->layer->klass->name, plan->layer->name, index);
  else
    what = g_strdup_printf ("%s %s: a constraint asks that output “%s” be %s, and it is %s",
                            plan->layer->klass->name, plan->layer->name, tensor->name,
                            qs_data_type_name (wanted),
                            qs_data_type_name (written_type (self, tensor)));
  return report (self, plan->layer, plan->type_constraint->layer, what, error);
}

gboolean
qs_build_check_constraints (QsBuild  *self,
                            GError  **error)
{
  for (guint i = 0; self->constraints != NULL && i < self->network->layers->len; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i));

      if (!check_precision (self, plan, error))
        return FALSE;
      for (guint k = 0; plan->type_constraint != NULL && k < plan->type_constraint->n_types; k++)
        if (!check_type (self, plan, k, error))
          return FALSE;
    }

  return TRUE;
}
