/* SPDX-License-Identifier: MIT */
#include "qs-manual-scales.h"

#include "core/qs-error.h"

gboolean
qs_manual_scales_check (QsNetwork   *network,
                        const char  *tensor,
                        GError     **error)
{
  const QsTensor *found = qs_network_find_tensor (network, tensor);

  if (found == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                 "tensor “%s”: the model has no tensor of this name, so it can't have a range",
                 tensor);
  else if (!qs_tensor_is_scalable (found))
    g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                 "tensor “%s”: only activations in floating point have a range, and this is %s",
                 tensor, found->value != NULL ? "a constant" : qs_data_type_name (found->type));
  else
    return TRUE;

  return FALSE;
}

/* @mine are the tensors that got a range before: the largest of a group's ranges is its range. */
static void
set_manual (QsScaleTable *scales,
            GHashTable   *mine,
            const char   *name,
            float         scale)
{
  float other = 0.0f;

  if (g_hash_table_contains (mine, name) && qs_scale_table_lookup (scales, name, &other))
    scale = MAX (scale, other);
  qs_scale_table_set (scales, name, scale);
  qs_scale_table_set_manual (scales, name, TRUE);
  g_hash_table_add (mine, (gpointer) name);
}

QsScaleTable *
qs_manual_scales_apply_to_groups (QsDynamicRanges *ranges,
                                  QsScaleGroups   *groups,
                                  QsScaleTable    *scales)
{
  QsScaleTable *result = scales != NULL ? qs_scale_table_copy (scales) : qs_scale_table_new ();
  g_autoptr (GHashTable) mine = g_hash_table_new (g_str_hash, g_str_equal);

  if (scales == NULL)
    qs_scale_table_set_source (result, "manual");
  for (guint i = 0; i < qs_dynamic_ranges_get_n (ranges); i++)
    {
      const char *name = qs_dynamic_ranges_get_name (ranges, i);
      float scale = qs_dynamic_range_get_scale (qs_dynamic_ranges_get (ranges, i));
      const QsScaleGroup *group = qs_scale_groups_lookup (groups, name);

      if (group == NULL)
        set_manual (result, mine, name, scale);
      for (guint k = 0; group != NULL && k < group->tensors->len; k++)
        set_manual (result, mine, ((QsTensor *) g_ptr_array_index (group->tensors, k))->name,
                    scale);
    }

  return result;
}

static void
note_range (QsJournal            *journal,
            QsScaleTable         *scales,
            const char           *name,
            const QsDynamicRange *range)
{
  const char *tensors[] = { name, NULL };
  float scale = 0.0f;

  qs_scale_table_lookup (scales, name, &scale);
  qs_journal_add (journal, QS_JOURNAL_DECISION, "manual-range", NULL, tensors, NULL,
                  "The range of %s was set by hand, from %g to %g, so its scale is %g.", name,
                  range->min, range->max, (double) scale);
}

QsScaleTable *
qs_manual_scales_apply (QsDynamicRanges  *ranges,
                        QsNetwork        *network,
                        QsScaleTable     *scales,
                        QsJournal        *journal,
                        GError          **error)
{
  g_autoptr (QsScaleGroups) groups = qs_scale_groups_new (network);
  QsScaleTable *result;
  guint n = qs_dynamic_ranges_get_n (ranges);

  for (guint i = 0; i < n; i++)
    if (!qs_manual_scales_check (network, qs_dynamic_ranges_get_name (ranges, i), error))
      return NULL;

  result = qs_manual_scales_apply_to_groups (ranges, groups, scales);
  for (guint i = 0; journal != NULL && i < n; i++)
    note_range (journal, result, qs_dynamic_ranges_get_name (ranges, i),
                qs_dynamic_ranges_get (ranges, i));
  return result;
}
