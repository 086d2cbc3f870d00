/* SPDX-License-Identifier: MIT */
#include "qs-scale-diff.h"

#include <math.h>

#include "passes/qs-pass.h"
#include "qs-portability.h"

static gboolean
is_same (float a,
         float b)
{
  return a == b || (isnan (a) && isnan (b));
}

double
qs_scale_difference_get_ratio (const QsScaleDifference *self)
{
  gboolean usable = isfinite (self->a) && self->a > 0.0f && isfinite (self->b) && self->b > 0.0f;

  return usable ? (double) self->b / (double) self->a : NAN;
}

/* The factor between the two, whichever is larger. */
static double
disagreement (const QsScaleDifference *self)
{
  double factor = qs_scale_difference_get_ratio (self);

  return isnan (factor) ? INFINITY : MAX (factor, 1.0 / factor);
}

static int
compare_differences (gconstpointer a,
                     gconstpointer b)
{
  const QsScaleDifference *x = a, *y = b;
  double of_x = disagreement (x), of_y = disagreement (y);

  return of_x != of_y ? (of_x < of_y) - (of_x > of_y) : g_strcmp0 (x->name, y->name);
}

GArray *
qs_scale_table_find_differences (QsScaleTable *self,
                                 QsScaleTable *other,
                                 guint        *n_common)
{
  GArray *differences = g_array_new (FALSE, FALSE, sizeof (QsScaleDifference));

  *n_common = 0;
  for (guint i = 0; i < qs_scale_table_get_n (self); i++)
    {
      QsScaleDifference difference = {
        qs_scale_table_get_name (self, i), qs_scale_table_get_scale (self, i), 0.0f,
      };

      if (!qs_scale_table_lookup (other, difference.name, &difference.b))
        continue;
      (*n_common)++;
      if (!is_same (difference.a, difference.b))
        g_array_append_val (differences, difference);
    }

  g_array_sort (differences, compare_differences);
  return differences;
}

GPtrArray *
qs_scale_table_find_only (QsScaleTable *self,
                          QsScaleTable *other)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < qs_scale_table_get_n (self); i++)
    if (!qs_scale_table_lookup (other, qs_scale_table_get_name (self, i), NULL))
      g_ptr_array_add (names, (gpointer) qs_scale_table_get_name (self, i));

  return names;
}

GPtrArray *
qs_scale_table_find_strangers (QsScaleTable *self,
                               QsNetwork    *network)
{
  GPtrArray *strangers = g_ptr_array_new ();

  for (guint i = 0; i < qs_scale_table_get_n (self); i++)
    if (qs_network_find_tensor (network, qs_scale_table_get_name (self, i)) == NULL)
      g_ptr_array_add (strangers, (gpointer) qs_scale_table_get_name (self, i));

  return strangers;
}

GPtrArray *
qs_scale_table_find_missing (QsScaleTable *self,
                             QsNetwork    *network)
{
  GPtrArray *missing = g_ptr_array_new ();
  g_autoptr (GHashTable) left = NULL;

  if (qs_portability_of_names (self, network) == QS_PORTABILITY_THIS_DEVICE)
    left = qs_passes_find_survivors (network, NULL);

  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (qs_tensor_is_activation (tensor) && qs_tensor_is_floating (tensor) &&
          !qs_scale_table_lookup (self, tensor->name, NULL) &&
          (left == NULL || g_hash_table_contains (left, tensor->name)))
        g_ptr_array_add (missing, tensor->name);
    }

  return missing;
}
