/* SPDX-License-Identifier: MIT */
#include "qs-selftest-engine.h"

#include <math.h>

#include "builder/qs-builder.h"
#include "import/qs-import.h"
#include "runtime/qs-context-private.h"

QsNetwork *
qs_selftest_load_network (const char  *path,
                          gint64       batch,
                          GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsModel) model = qs_model_load_file (file, error);
  QsProfile *profile;
  QsNetwork *network;

  if (model == NULL)
    return NULL;
  profile = qs_profile_new ();
  qs_profile_set_batch (profile, batch);
  network = qs_import_network (model, profile, error);
  qs_profile_free (profile);
  return network;
}

static float
find_largest (const QsView *view)
{
  const gint64 n = qs_shape_n_elements (&view->shape);
  const float *values = view->data;
  gint64 index[QS_MAX_DIMS] = { 0 };
  float largest = 0.0f;

  for (gint64 i = 0; i < n; i++)
    {
      largest = fmaxf (largest, fabsf (values[qs_view_offset (view, index)]));
      for (int d = view->shape.n_dims - 1; d >= 0 && ++index[d] == view->shape.dims[d]; d--)
        index[d] = 0;
    }
  return largest;
}

static void
note_tensor (const QsTensor *tensor,
             const QsView   *view,
             gpointer        data)
{
  float largest = view->type == QS_DATA_TYPE_FLOAT ? find_largest (view) : 0.0f;

  if (largest > 0.0f)
    qs_scale_table_set (data, tensor->name, largest / 127.0f);
}

static void
unref_tensor (gpointer tensor)
{
  if (tensor != NULL)
    qs_host_tensor_unref (tensor);
}

static GPtrArray *
new_tensors (guint n)
{
  GPtrArray *tensors = g_ptr_array_new_with_free_func (unref_tensor);

  g_ptr_array_set_size (tensors, (int) n);
  return tensors;
}

static GPtrArray *
run (QsContext  *context,
     guint       n_runs,
     GError    **error)
{
  QsNetwork *network = qs_engine_get_network (qs_context_get_engine (context));
  g_autoptr (GPtrArray) inputs = new_tensors (network->inputs->len);
  g_autoptr (GPtrArray) outputs = NULL;

  if (!qs_context_make_inputs (context, (QsHostTensor **) inputs->pdata, error))
    return NULL;
  for (guint i = 0; i < n_runs; i++)
    {
      g_clear_pointer (&outputs, g_ptr_array_unref);
      outputs = new_tensors (network->outputs->len);
      if (!qs_context_run (context, (QsHostTensor **) inputs->pdata,
                           (QsHostTensor **) outputs->pdata, error))
        return NULL;
    }
  return g_steal_pointer (&outputs);
}

QsScaleTable *
qs_selftest_make_scales (QsNetwork  *network,
                         GError    **error)
{
  QsBuilderOptions options = { .backend = qs_backend_lookup ("cpu") };
  g_autoptr (QsEngine) engine = qs_builder_build (network, NULL, &options, NULL, error);
  g_autoptr (QsContext) context = engine != NULL ? qs_context_new (engine, 0, error) : NULL;
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (GPtrArray) outputs = NULL;

  if (context == NULL)
    return NULL;
  qs_context_set_observer (context, note_tensor, scales);
  outputs = run (context, 1, error);
  return outputs != NULL ? g_steal_pointer (&scales) : NULL;
}

QsEngine *
qs_selftest_build (QsNetwork     *network,
                   QsScaleTable  *scales,
                   const char    *backend,
                   QsPrecision    precision,
                   gboolean       is_timed,
                   GError       **error)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;

  options.backend = qs_backend_lookup (backend);
  options.repeatable = !is_timed;
  if (precision == QS_PRECISION_INT8)
    options.int8 = is_timed ? QS_INT8_FASTER : QS_INT8_ALL;
  if (precision == QS_PRECISION_FP16)
    options.fp16 = is_timed ? QS_FP16_ALLOWED : QS_FP16_ALL;
  return qs_builder_build (network, precision == QS_PRECISION_INT8 ? scales : NULL, &options, NULL,
                           error);
}

QsHostTensor *
qs_selftest_run (QsEngine  *engine,
                 guint      n_runs,
                 GError   **error)
{
  g_autoptr (QsContext) context = qs_context_new (engine, 0, error);
  g_autoptr (GPtrArray) outputs = context != NULL ? run (context, n_runs, error) : NULL;

  return outputs != NULL ? qs_host_tensor_ref (g_ptr_array_index (outputs, 0)) : NULL;
}
