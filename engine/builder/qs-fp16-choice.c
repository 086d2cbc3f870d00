/* SPDX-License-Identifier: MIT */
#include "qs-fp16-choice.h"

#include "passes/qs-placement.h"
#include "qs-min-cut.h"
#include "qs-precision-choice.h"

/*
 * Every layer that can be both is FP16 or FP32, as if there were no INT8; qs-precision-choice.c then
 * weighs that form against INT8. As there, the cheapest assignment is a minimum cut, in which 1 is
 * FP16 and readers that need a tensor in its other type share one Reformat.
 *
 * Costs are nanoseconds where FP16 is timed. Where it is emulated, or nothing is timed, they are bytes
 * of memory traffic: a layer that computes then only becomes FP16 when it is asked for, and layers
 * that only move elements follow their neighbours.
 */
#define UNASKED (G_GINT64_CONSTANT (1) << 44)

typedef struct
{
  QsBuild *build;
  QsMinCut *cut;
  gboolean is_timed;
  guint fp32_node; /* always 0 */
  guint fp16_node; /* always 1 */
  guint *layer_nodes;  /* by layer id */
  guint *tensor_nodes; /* by tensor id */
} Choice;

static void
choice_clear (Choice *self)
{
  g_clear_pointer (&self->cut, qs_min_cut_free);
  g_free (self->layer_nodes);
  g_free (self->tensor_nodes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

gboolean
qs_layer_rounds_constant (const QsLayer *layer,
                          guint          index)
{
  const QsTensor *tensor = qs_layer_get_input (layer, index);

  if (tensor == NULL || tensor->value == NULL || tensor->type != QS_DATA_TYPE_FLOAT)
    return FALSE;

  /* The scales of a Resize say how large its output is. */
  return layer->klass->kind != QS_LAYER_RESIZE || index == 0;
}

static gboolean
is_float (const QsTensor *tensor)
{
  return tensor != NULL && tensor->value == NULL && tensor->type == QS_DATA_TYPE_FLOAT;
}

/* Those that convert types themselves read either. */
static gboolean
reads_both (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_CAST || layer->klass->kind == QS_LAYER_REFORMAT ||
         layer->precision == QS_PRECISION_INT8;
}

/* Why the layer is to be FP16, whatever that costs; NULL when nobody asks for it. */
static const char *
find_request (const Choice      *self,
              const QsLayerPlan *plan)
{
  if (qs_layer_plan_wants (plan, QS_PRECISION_FP16) &&
      (!self->is_timed || qs_build_constraints_bind (self->build)))
    return "a constraint asks for it";
  if (self->build->fp16 == QS_FP16_ALL)
    return "FP16 was asked for wherever it is possible";
  return plan->was_fp16 ? "the model has it in float16" : NULL;
}

static void
add_layer (Choice      *self,
           QsLayerPlan *plan)
{
  guint *node = &self->layer_nodes[plan->layer->id];
  gint64 fp32 = 0, fp16 = 1;

  plan->fp16_reason = find_request (self, plan);
  if (!plan->can_fp16 || qs_layer_plan_wants (plan, QS_PRECISION_FP32))
    {
      *node = self->fp32_node;
      return;
    }

  if (plan->fp16_reason != NULL)
    fp32 = QS_MIN_CUT_FORBIDDEN;
  else if (self->is_timed)
    {
      fp32 = (gint64) (MAX (plan->fp32.ms, 0.0) * 1e6);
      fp16 = (gint64) (MAX (plan->fp16_candidate.ms, 0.0) * 1e6);
    }
  else if (qs_layer_get_role (plan->layer) != QS_PLACEMENT_COMMUTES)
    fp16 = UNASKED;
  *node = qs_min_cut_add_node (self->cut, fp32, fp16);
}

/* The type in which @tensor is written. */
static guint
find_form (Choice         *self,
           const QsTensor *tensor)
{
  guint index;

  if (tensor->producer == NULL || !g_ptr_array_find (tensor->producer->outputs, tensor, &index))
    return self->fp32_node;

  switch ((int) qs_layer_plan_get_wanted_type (qs_build_get_plan (self->build, tensor->producer),
                                               index))
    {
    case QS_DATA_TYPE_FLOAT: return self->fp32_node;
    case QS_DATA_TYPE_FLOAT16: return self->fp16_node;
    default: return self->layer_nodes[tensor->producer->id];
    }
}

static gint64
measure_reformat (Choice         *self,
                  const QsTensor *tensor,
                  QsDataType      from,
                  QsDataType      to)
{
  const QsFormat formats[] = { QS_FORMAT_LINEAR, QS_FORMAT_LINEAR };
  const QsDataType types[] = { from, to };

  if (!self->is_timed)
    return 5 * qs_shape_n_elements (&tensor->shape) + 1;
  return qs_build_time_reformat (self->build, tensor, formats, types);
}

/* One node that is 1 when a reader wants FP16, and one that is 0 when a reader wants FP32; each costs
 * a Reformat when the tensor is written in the other type. */
static void
add_readers (Choice         *self,
             const QsTensor *tensor)
{
  guint form = self->tensor_nodes[tensor->id];
  guint any_fp16 = qs_min_cut_add_node (self->cut, 0, 0);
  guint all_fp16 = qs_min_cut_add_node (self->cut, 0, 0);

  qs_min_cut_add_pair (self->cut, any_fp16, form,
                       measure_reformat (self, tensor, QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16));
  qs_min_cut_add_pair (self->cut, form, all_fp16,
                       measure_reformat (self, tensor, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_FLOAT));

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *reader = g_ptr_array_index (tensor->consumers, i);
      guint node = self->layer_nodes[reader->id];

      if (reads_both (reader))
        continue;
      qs_min_cut_add_pair (self->cut, node, any_fp16, QS_MIN_CUT_FORBIDDEN);
      qs_min_cut_add_pair (self->cut, all_fp16, node, QS_MIN_CUT_FORBIDDEN);
    }
  if (qs_network_is_output (self->build->network, tensor))
    qs_min_cut_add_pair (self->cut, all_fp16, self->fp32_node, QS_MIN_CUT_FORBIDDEN);
}

static void
choice_init (Choice  *self,
             QsBuild *build)
{
  QsNetwork *network = build->network;

  *self = (Choice) {
    .build = build,
    .cut = qs_min_cut_new (),
    .is_timed = build->timer != NULL && !build->backend->emulates_fp16,
    .layer_nodes = g_new0 (guint, network->layers->len + 1),
    .tensor_nodes = g_new0 (guint, network->tensors->len + 1),
  };
  self->fp32_node = qs_min_cut_add_node (self->cut, 0, QS_MIN_CUT_FORBIDDEN);
  self->fp16_node = qs_min_cut_add_node (self->cut, QS_MIN_CUT_FORBIDDEN, 0);

  for (guint i = 0; i < network->layers->len; i++)
    add_layer (self, qs_build_get_plan (build, g_ptr_array_index (network->layers, i)));
  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (!is_float (tensor))
        continue;
      self->tensor_nodes[i] = find_form (self, tensor);
      add_readers (self, tensor);
    }
}

static gboolean
writes_fp16 (const QsLayer *layer)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);

  return output != NULL && output->type == QS_DATA_TYPE_FLOAT16;
}

void
qs_build_note_fp16_nodes (QsBuild   *self,
                          QsNetwork *imported)
{
  g_autoptr (GHashTable) nodes = g_hash_table_new (g_str_hash, g_str_equal);

  if (self->fp16 == QS_FP16_OFF)
    return;

  for (guint i = 0; i < imported->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (imported->layers, i);

      for (guint k = 0; k < layer->origins->len && writes_fp16 (layer); k++)
        g_hash_table_add (nodes, ((QsOrigin *) g_ptr_array_index (layer->origins, k))->name);
    }

  for (guint i = 0; i < self->network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->network->layers, i);

      for (guint k = 0; k < layer->origins->len; k++)
        if (g_hash_table_contains (nodes, ((QsOrigin *) g_ptr_array_index (layer->origins, k))->name))
          qs_build_get_plan (self, layer)->was_fp16 = TRUE;
    }
}

/**
 * qs_build_choose_fp16:
 *
 * Errors: cancellation.
 */
gboolean
qs_build_choose_fp16 (QsBuild  *self,
                      GError  **error)
{
  g_auto (Choice) choice = { NULL };

  if (self->fp16 == QS_FP16_OFF)
    return TRUE;
  if (!qs_progress_check (self->progress, error))
    return FALSE;

  choice_init (&choice, self);
  qs_min_cut_solve (choice.cut);
  for (guint i = 0; i < self->network->layers->len; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i));

      plan->fp16 = plan->can_fp16 && choice.layer_nodes[i] != choice.fp32_node &&
                   qs_min_cut_get_value (choice.cut, choice.layer_nodes[i]);
      if (plan->fp16_reason == NULL)
        plan->fp16_reason = choice.is_timed ? "it is faster, reformats included"
                                            : "it only moves elements, and its neighbours do";
    }

  return TRUE;
}

/* What writes either type writes the one that all its readers want. */
static gboolean
all_readers_want_fp16 (QsBuild        *self,
                       const QsTensor *tensor)
{
  if (tensor->consumers->len == 0 || qs_network_is_output (self->network, tensor))
    return FALSE;

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self, g_ptr_array_index (tensor->consumers, i));

      if (qs_layer_plan_get_precision (plan) != QS_PRECISION_FP16)
        return FALSE;
    }

  return TRUE;
}

static gboolean
is_written_as_fp16 (QsBuild           *self,
                    const QsLayerPlan *plan,
                    const QsTensor    *tensor,
                    guint              index)
{
  QsPrecision precision = qs_layer_plan_get_precision (plan);
  QsDataType wanted = qs_layer_plan_get_wanted_type (plan, index);
  gboolean is_free = precision == QS_PRECISION_INT8 ||
                     plan->layer->klass->kind == QS_LAYER_REFORMAT;

  if (!is_float (tensor) || plan->layer->klass->kind == QS_LAYER_CAST ||
      g_hash_table_contains (self->int8_tensors, tensor))
    return FALSE;
  if (wanted != QS_DATA_TYPE_UNDEFINED && wanted != QS_DATA_TYPE_INT8)
    return wanted == QS_DATA_TYPE_FLOAT16;
  return is_free ? all_readers_want_fp16 (self, tensor) : precision == QS_PRECISION_FP16;
}

/* A constraint that binds has kept the layer from INT8 already, and said so. */
static void
explain (QsBuild     *self,
         QsLayerPlan *plan)
{
  g_autofree char *before = NULL;

  if (qs_layer_plan_get_precision (plan) != QS_PRECISION_FP16 ||
      (plan->reason != NULL && qs_layer_plan_wants (plan, QS_PRECISION_FP16) &&
       qs_build_constraints_bind (self) && self->int8 != QS_INT8_OFF))
    return;

  before = g_steal_pointer (&plan->reason);
  plan->reason = self->int8 == QS_INT8_OFF || before == NULL
    ? g_strdup_printf ("It computes in FP16, because %s.", plan->fp16_reason)
    : g_strdup_printf ("%s It computes in FP16, because %s.", before, plan->fp16_reason);
}

void
qs_build_place_fp16 (QsBuild *self)
{
  if (self->fp16 == QS_FP16_OFF)
    return;

  for (guint i = 0; i < self->network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->network->layers, i);
      QsLayerPlan *plan = qs_build_get_plan (self, layer);

      explain (self, plan);
      for (guint k = 0; k < layer->outputs->len; k++)
        if (is_written_as_fp16 (self, plan, qs_layer_get_output (layer, k), k))
          g_hash_table_add (self->fp16_tensors, qs_layer_get_output (layer, k));
    }
}
