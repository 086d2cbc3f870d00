/* SPDX-License-Identifier: MIT */
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

/*
 * Reformat, a layer that only the builder adds: between float32, float16 and INT8, from one scale
 * to another, or from one memory layout to another. The output tensor's type, scale and format say
 * what is wanted.
 */

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsTensor *y = qs_layer_get_output (layer, 0);

  if (x == NULL)
    return FALSE;

  return qs_layer_set_output (layer, 0,
                              y != NULL && y->type != QS_DATA_TYPE_UNDEFINED ? y->type : x->type,
                              &x->shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsView *x = &inputs[0];
  QsView *y = &outputs[0];
  const QsView *views[] = { x, y };
  QsDomain domain = qs_view_domain (x);
  QsRows rows;
  QsRow row;

  if (x->type == y->type && x->scale == y->scale)
    {
      qs_view_copy (x, y);
      return TRUE;
    }

  qs_rows_init (&rows, &y->shape, views, 2);
  while (qs_rows_next (&rows))
    {
      qs_row_load (&row, domain, x, rows.offsets[0], rows.steps[0], rows.length);
      qs_row_store (&row, domain, y, rows.offsets[1], rows.steps[1], rows.length);
    }

  return TRUE;
}

const QsLayerClass qs_layer_classes_reformat[] = {
  {
    .kind = QS_LAYER_REFORMAT,
    .name = "Reformat",
    .placement = QS_PLACEMENT_COMMUTES,
    .infer = infer,
    .evaluate = evaluate,
  },
  { 0 },
};

const QsOperator qs_operators_reformat[] = {
  { 0 },
};
