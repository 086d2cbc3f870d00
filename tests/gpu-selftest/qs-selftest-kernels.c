/* SPDX-License-Identifier: MIT */
#include "qs-selftest-item.h"

#include "backends/cuda/qs-cuda-device.h"

/*
 * Every kernel over the cases that the emulated device is tested with.
 */

static JsonArray *
list_failures (const QsKernelCheck *check)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < check->failures->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (check->failures, i));
  return array;
}

static JsonArray *
list_kernels (const QsKernelCheck *check)
{
  JsonArray *array = json_array_new ();
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (check->tried),
                                         (GCompareFunc) g_strcmp0);

  for (GList *name = names; name != NULL; name = name->next)
    json_array_add_string_element (array, name->data);
  return array;
}

static void
tell (const QsKernelCheck *check,
      JsonObject          *result)
{
  json_object_set_int_member (result, "runs", check->n_runs);
  json_object_set_int_member (result, "failed", check->n_failed);
  json_object_set_array_member (result, "kernels", list_kernels (check));
  json_object_set_array_member (result, "failures", list_failures (check));
  if (check->n_failed > 0)
    qs_selftest_result_set (result, QS_SELFTEST_FAILED, g_ptr_array_index (check->failures, 0));
  else if (check->n_runs == 0)
    qs_selftest_result_set (result, QS_SELFTEST_FAILED, "no kernel supports any of the layers");
  else
    qs_selftest_result_set (result, QS_SELFTEST_PASSED, NULL);
}

static gboolean
suits_device (const QsSelfTestItem *self,
              JsonObject           *result)
{
  QsCudaDevice *device = qs_cuda_device_get (NULL);
  const int wanted = self->group.architecture;
  g_autofree char *reason = NULL;

  if (wanted == 0 || device == NULL || qs_cuda_device_get_architecture (device) == wanted)
    return TRUE;
  reason = g_strdup_printf ("its kernels are for compute capability %d.%d alone", wanted / 10,
                            wanted % 10);
  qs_selftest_result_set (result, QS_SELFTEST_SKIPPED, reason);
  return FALSE;
}

static void
run (const QsSelfTestItem    *self,
     const QsSelfTestOptions *options,
     JsonObject              *result)
{
  QsKernelCheck check;

  if (!suits_device (self, result))
    return;
  qs_kernel_check_init (&check);
  for (guint i = 0; i < options->n_cases; i++)
    self->group.check (&self->group, self->type, options->seed * 1000003 + i, &check);
  tell (&check, result);
  qs_kernel_check_clear (&check);
}

void
qs_selftest_add_kernels (GPtrArray               *items,
                         const QsSelfTestOptions *options)
{
  g_autoptr (GArray) groups = qs_case_groups_new ();

  for (guint i = 0; i < groups->len; i++)
    {
      const QsCaseGroup *group = &g_array_index (groups, QsCaseGroup, i);

      for (const QsDataType *type = group->types; *type != 0; type++)
        {
          QsSelfTestItem *item = g_new0 (QsSelfTestItem, 1);

          item->section = "kernels";
          item->name = g_strdup_printf ("%s/%s", group->name, qs_data_type_name (*type));
          item->run = run;
          item->group = *group;
          item->type = *type;
          g_ptr_array_add (items, item);
        }
    }
}
