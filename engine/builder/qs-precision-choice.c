/* SPDX-License-Identifier: MIT */
#include "qs-precision-choice.h"

#include <math.h>

#include "operators/qs-operator.h"
#include "passes/qs-placement.h"
#include "qs-capability.h"
#include "qs-min-cut.h"

/*
 * Every layer is INT8 or float, and every tensor has one of the two forms where it is written; a
 * reader that needs the other form costs one reformat per tensor, which all such readers share.
 * The cheapest assignment is a minimum cut (see qs-min-cut.h). 1 is INT8.
 *
 * Costs are nanoseconds when kernels were timed, those of floating point a little less, so that INT8
 * has to be faster by more than measurements vary. When INT8 is wanted everywhere they are bytes of
 * memory traffic, with a price on float layers that outweighs all traffic: then the layers that
 * only move elements follow their neighbours.
 */
#define FLOAT_PRICE (G_GINT64_CONSTANT (1) << 44)

typedef struct
{
  gint64 quantize;
  gint64 dequantize;
} ReformatCost;

typedef struct
{
  QsBuild *build;
  QsMinCut *cut;
  guint float_node;       /* always 0 */
  guint *layer_nodes;     /* by layer id */
  guint *tensor_nodes;    /* by tensor id */
  gint64 *float_costs;    /* by layer id */
  gint64 *int8_costs;
  ReformatCost *reformats; /* by tensor id */
} Choice;

static void
choice_clear (Choice *self)
{
  g_clear_pointer (&self->cut, qs_min_cut_free);
  g_free (self->layer_nodes);
  g_free (self->tensor_nodes);
  g_free (self->float_costs);
  g_free (self->int8_costs);
  g_free (self->reformats);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

static gboolean
is_quantizable (Choice         *self,
                const QsTensor *tensor)
{
  return tensor != NULL && tensor->value == NULL && tensor->type == QS_DATA_TYPE_FLOAT &&
         qs_ranges_get_scale (self->build->ranges, tensor) > 0.0f;
}

static gint64
count_elements (GPtrArray *tensors)
{
  gint64 n = 0;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && tensor->value == NULL)
        n += qs_shape_n_elements (&tensor->shape);
    }

  return n;
}

/* The time of the layer in floating point. Where FP16 is emulated that of FP32 stands for it. */
static double
float_ms (Choice            *self,
          const QsLayerPlan *plan)
{
  return plan->fp16 && !self->build->backend->emulates_fp16 ? plan->fp16_candidate.ms
                                                            : plan->fp32.ms;
}

static void
set_layer_costs (Choice      *self,
                 QsLayerPlan *plan)
{
  const QsLayer *layer = plan->layer;
  gint64 n = count_elements (layer->inputs) + count_elements (layer->outputs);

  if (qs_layer_plan_wants (plan, QS_PRECISION_INT8) && qs_build_constraints_bind (self->build))
    {
      self->float_costs[layer->id] = QS_MIN_CUT_FORBIDDEN;
      return;
    }
  if (self->build->int8 == QS_INT8_FASTER)
    {
      self->float_costs[layer->id] =
        (gint64) (qs_tactic_discount (float_ms (self, plan)) * 1e6);
      self->int8_costs[layer->id] = (gint64) (MAX (plan->int8_candidate.ms, 0.0) * 1e6);
      return;
    }

  self->float_costs[layer->id] = 4 * n;
  self->int8_costs[layer->id] = n;
  if (qs_layer_get_role (layer) != QS_PLACEMENT_COMMUTES)
    self->float_costs[layer->id] += FLOAT_PRICE;
}

gint64
qs_build_time_reformat (QsBuild           *self,
                        const QsTensor    *tensor,
                        const QsFormat     formats[2],
                        const QsDataType   types[2])
{
  const QsLayerClass *klass = qs_layer_class_lookup (QS_LAYER_REFORMAT);
  g_autoptr (QsNetwork) network = qs_network_new ("reformat");
  g_autoptr (GPtrArray) kernels = NULL;
  QsTensor *input = qs_network_add_input (network, "in", types[0], &tensor->shape);
  QsTensor *output = qs_network_add_tensor (network, "out");
  QsTensor *ends[] = { input, output };
  QsTacticTrial trial = { NULL };

  output->type = types[1];
  output->shape = tensor->shape;
  trial.layer = qs_network_add_layer (network, klass, "reformat", NULL, &input, 1, &output, 1);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      ends[i]->format = tensor->shape.n_dims >= 3 ? formats[i] : QS_FORMAT_LINEAR;
      if (ends[i]->type != QS_DATA_TYPE_INT8)
        continue;
      ends[i]->scale = tensor->type == QS_DATA_TYPE_INT8 || self->ranges == NULL
                         ? tensor->scale : qs_ranges_get_scale (self->ranges, tensor);
      ((QsLayer *) trial.layer)->precision = QS_PRECISION_INT8;
    }

  kernels = qs_backend_find_kernels (self->backend, trial.layer, trial.layer->precision, formats[1],
                                     NULL);
  trial.kernel = kernels->len > 0 ? g_ptr_array_index (kernels, 0) : NULL;
  qs_tactic_timer_measure (self->timer, &trial, 1);
  g_clear_error (&trial.error);
  return (gint64) (MAX (trial.ms, 0.0) * 1e6);
}

static QsFormat
likely_format (Choice         *self,
               const QsTensor *tensor)
{
  QsLayer *layer = tensor->producer != NULL        ? tensor->producer
                   : tensor->consumers->len > 0 ? g_ptr_array_index (tensor->consumers, 0)
                                                : NULL;
  const QsLayerPlan *plan = layer != NULL ? qs_build_get_plan (self->build, layer) : NULL;

  return plan != NULL && plan->can_int8 && !plan->int8_candidate.any_format
           ? plan->int8_candidate.format : QS_FORMAT_LINEAR;
}

static void
set_reformat_costs (Choice         *self,
                    const QsTensor *tensor)
{
  ReformatCost *cost = &self->reformats[tensor->id];
  gint64 n = qs_shape_n_elements (&tensor->shape);

  if (self->build->int8 != QS_INT8_FASTER)
    *cost = (ReformatCost) { 5 * n + 1, 5 * n + 1 };
  else
    {
      const QsFormat formats[] = { likely_format (self, tensor), likely_format (self, tensor) };
      const QsDataType there[] = { tensor->type, QS_DATA_TYPE_INT8 };
      const QsDataType back[] = { QS_DATA_TYPE_INT8, tensor->type };

      *cost = (ReformatCost) { qs_build_time_reformat (self->build, tensor, formats, there),
                               qs_build_time_reformat (self->build, tensor, formats, back) };
    }
}

static void
add_layer_node (Choice  *self,
                QsLayer *layer)
{
  const QsLayerPlan *plan = qs_build_get_plan (self->build, layer);

  self->layer_nodes[layer->id] = plan->can_int8
    ? qs_min_cut_add_node (self->cut, self->float_costs[layer->id], self->int8_costs[layer->id])
    : self->float_node;
}

/* What a constraint asks of @tensor, where it counts: undefined when it is free. */
static QsDataType
wanted_type (Choice         *self,
             const QsTensor *tensor)
{
  QsLayerPlan *plan = qs_build_get_plan (self->build, tensor->producer);
  guint index = 0;

  if (!g_ptr_array_find (tensor->producer->outputs, tensor, &index) ||
      !(qs_build_constraints_bind (self->build) ||
        qs_layer_get_role (tensor->producer) == QS_PLACEMENT_WEIGHTED))
    return QS_DATA_TYPE_UNDEFINED;
  return qs_layer_plan_get_wanted_type (plan, index);
}

/* The form in which a tensor is written. Only weighted layers can choose: in INT8 they write
 * either form, in float only float. */
static void
add_tensor_node (Choice         *self,
                 const QsTensor *tensor)
{
  QsDataType wanted;
  guint producer;

  self->tensor_nodes[tensor->id] = self->float_node;
  if (tensor->producer == NULL || !is_quantizable (self, tensor))
    return;

  producer = self->layer_nodes[tensor->producer->id];
  wanted = wanted_type (self, tensor);
  if (wanted == QS_DATA_TYPE_FLOAT || wanted == QS_DATA_TYPE_FLOAT16)
    {
      if (qs_layer_get_role (tensor->producer) != QS_PLACEMENT_WEIGHTED)
        qs_min_cut_add_pair (self->cut, producer, self->float_node, QS_MIN_CUT_FORBIDDEN);
      return;
    }
  if (producer == self->float_node ||
      qs_layer_get_role (tensor->producer) != QS_PLACEMENT_WEIGHTED)
    {
      self->tensor_nodes[tensor->id] = producer;
      return;
    }

  self->tensor_nodes[tensor->id] =
    qs_min_cut_add_node (self->cut, wanted == QS_DATA_TYPE_INT8 ? QS_MIN_CUT_FORBIDDEN : 0, 0);
  qs_min_cut_add_pair (self->cut, self->tensor_nodes[tensor->id], producer, QS_MIN_CUT_FORBIDDEN);
}

/* The residual of a sum decides about its form, as in networks with Q/DQ: an INT8 weighted layer that
 * writes INT8 adds INT8, and one that writes float adds either form. A mask, which has another shape,
 * is added in either form always. */
static gboolean
is_residual (const QsLayer  *layer,
             const QsTensor *tensor)
{
  return qs_layer_get_role (layer) == QS_PLACEMENT_WEIGHTED &&
         qs_layer_get_input (layer, QS_INPUT_RESIDUAL) == tensor &&
         qs_layer_get_input (layer, QS_INPUT_X) != tensor;
}

/* The node that is 1 when @reader can only take INT8 of @tensor. */
static guint
get_reader_node (Choice         *self,
                 const QsLayer  *reader,
                 const QsTensor *tensor)
{
  const QsTensor *output = qs_layer_get_output (reader, 0);

  if (!is_residual (reader, tensor))
    return self->layer_nodes[reader->id];
  return qs_shape_equal (&output->shape, &tensor->shape) ? self->tensor_nodes[output->id]
                                                         : self->float_node;
}

/* One node that is 1 when a reader wants INT8, and one that is 0 when a reader wants float; each
 * costs a reformat when the tensor is not in that form. */
static void
add_readers (Choice         *self,
             const QsTensor *tensor)
{
  guint form = self->tensor_nodes[tensor->id];
  guint any_int8, all_int8;

  if (!is_quantizable (self, tensor))
    return;

  any_int8 = qs_min_cut_add_node (self->cut, 0, 0);
  all_int8 = qs_min_cut_add_node (self->cut, 0, 0);
  qs_min_cut_add_pair (self->cut, any_int8, form, self->reformats[tensor->id].quantize);
  qs_min_cut_add_pair (self->cut, form, all_int8, self->reformats[tensor->id].dequantize);

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *reader = g_ptr_array_index (tensor->consumers, i);

      qs_min_cut_add_pair (self->cut, get_reader_node (self, reader, tensor), any_int8,
                           QS_MIN_CUT_FORBIDDEN);
      qs_min_cut_add_pair (self->cut, all_int8, self->layer_nodes[reader->id], QS_MIN_CUT_FORBIDDEN);
    }
  if (qs_network_is_output (self->build->network, tensor))
    qs_min_cut_add_pair (self->cut, all_int8, self->float_node, QS_MIN_CUT_FORBIDDEN);
}

static void
choice_init (Choice  *self,
             QsBuild *build)
{
  QsNetwork *network = build->network;

  *self = (Choice) {
    .build = build,
    .layer_nodes = g_new0 (guint, network->layers->len + 1),
    .tensor_nodes = g_new0 (guint, network->tensors->len + 1),
    .float_costs = g_new0 (gint64, network->layers->len + 1),
    .int8_costs = g_new0 (gint64, network->layers->len + 1),
    .reformats = g_new0 (ReformatCost, network->tensors->len + 1),
  };

  for (guint i = 0; i < network->layers->len; i++)
    set_layer_costs (self, qs_build_get_plan (build, g_ptr_array_index (network->layers, i)));
  for (guint i = 0; i < network->tensors->len; i++)
    if (is_quantizable (self, g_ptr_array_index (network->tensors, i)))
      set_reformat_costs (self, g_ptr_array_index (network->tensors, i));
}

static void
solve (Choice *self)
{
  QsNetwork *network = self->build->network;

  g_clear_pointer (&self->cut, qs_min_cut_free);
  self->cut = qs_min_cut_new ();
  self->float_node = qs_min_cut_add_node (self->cut, 0, QS_MIN_CUT_FORBIDDEN);
  for (guint i = 0; i < network->layers->len; i++)
    add_layer_node (self, g_ptr_array_index (network->layers, i));
  for (guint i = 0; i < network->tensors->len; i++)
    add_tensor_node (self, g_ptr_array_index (network->tensors, i));
  for (guint i = 0; i < network->tensors->len; i++)
    add_readers (self, g_ptr_array_index (network->tensors, i));
  qs_min_cut_solve (self->cut);
}

static void
read_result (Choice *self)
{
  QsNetwork *network = self->build->network;

  g_hash_table_remove_all (self->build->int8_tensors);
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self->build, g_ptr_array_index (network->layers, i));

      plan->int8 = plan->can_int8 && qs_min_cut_get_value (self->cut, self->layer_nodes[i]);
    }
  for (guint i = 0; i < network->tensors->len; i++)
    if (self->tensor_nodes[i] != self->float_node &&
        qs_min_cut_get_value (self->cut, self->tensor_nodes[i]))
      g_hash_table_add (self->build->int8_tensors, g_ptr_array_index (network->tensors, i));
}

static gboolean
is_int8_tensor (Choice         *self,
                const QsTensor *tensor)
{
  return g_hash_table_contains (self->build->int8_tensors, tensor);
}

/* Whether @layer, an INT8 one, takes @tensor in either form. */
static gboolean
accepts_both (Choice         *self,
              const QsLayer  *layer,
              const QsTensor *tensor)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);

  return is_residual (layer, tensor) && (!is_int8_tensor (self, output) ||
                                         !qs_shape_equal (&output->shape, &tensor->shape));
}

/* A kernel may refuse the form that the choice came to (a float residual beside INT8, a float
 * output). Then the layer stays float, and the choice is made again. */
static gboolean
verify (Choice   *self,
        gboolean *changed,
        GError  **error)
{
  QsNetwork *network = self->build->network;

  *changed = FALSE;
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self->build, g_ptr_array_index (network->layers, i));
      const QsTensor *residual = qs_layer_get_input (plan->layer, QS_INPUT_RESIDUAL);
      const QsTensor *output = qs_layer_get_output (plan->layer, 0);
      gboolean int8_output = is_int8_tensor (self, output);
      QsLayerForm form = { QS_PRECISION_INT8, plan->int8_candidate.format,
                           residual != NULL && (is_int8_tensor (self, residual) ||
                                                (int8_output && qs_shape_equal (&residual->shape,
                                                                                &output->shape))),
                           int8_output };
      g_autoptr (GPtrArray) kernels = NULL;
      const char *why_not = NULL;

      if (!plan->int8)
        continue;
      kernels = qs_build_find_kernels (self->build, plan->layer, &form, &why_not, error);
      if (kernels == NULL)
        return FALSE;
      if (kernels->len > 0)
        continue;

      plan->can_int8 = FALSE;
      plan->obstacle = g_strdup_printf ("The %s backend has no INT8 kernel for the form that it "
                                        "would need here: %s", self->build->backend->name,
                                        why_not != NULL ? why_not : "it is not supported.");
      *changed = TRUE;
    }

  return TRUE;
}

/* Reformats on @tensor when @layer wants it as INT8 or not, all other choices as they are. */
static gint64
input_reformat_cost (Choice         *self,
                     const QsTensor *tensor,
                     const QsLayer  *layer,
                     gboolean        int8)
{
  gboolean others = FALSE;

  if (!is_quantizable (self, tensor) || is_int8_tensor (self, tensor) == int8 ||
      (int8 && accepts_both (self, layer, tensor)))
    return 0;

  /* A reformat that another reader needs anyway costs nothing more. */
  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      QsLayer *reader = g_ptr_array_index (tensor->consumers, i);

      others = others || (reader != layer && !accepts_both (self, reader, tensor) &&
                          qs_build_get_plan (self->build, reader)->int8 == int8);
    }
  if (!int8 && qs_network_is_output (self->build->network, tensor))
    others = TRUE;
  if (others)
    return 0;
  return int8 ? self->reformats[tensor->id].quantize : self->reformats[tensor->id].dequantize;
}

static gint64
output_reformat_cost (Choice         *self,
                      const QsTensor *tensor,
                      const QsLayer  *layer,
                      gboolean        int8)
{
  gboolean some_int8 = FALSE;
  gboolean some_float = qs_network_is_output (self->build->network, tensor);
  gint64 as_float, as_int8;

  if (!is_quantizable (self, tensor))
    return 0;

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      QsLayer *reader = g_ptr_array_index (tensor->consumers, i);
      gboolean reads_int8 = qs_build_get_plan (self->build, reader)->int8;

      some_float = some_float || !reads_int8;
      some_int8 = some_int8 || (reads_int8 && !accepts_both (self, reader, tensor));
    }

  as_float = some_int8 ? self->reformats[tensor->id].quantize : 0;
  as_int8 = some_float ? self->reformats[tensor->id].dequantize : 0;
  if (!int8)
    return as_float;
  return qs_layer_get_role (layer) == QS_PLACEMENT_WEIGHTED ? MIN (as_float, as_int8) : as_int8;
}

static double
reformat_ms (Choice        *self,
             const QsLayer *layer,
             gboolean       int8)
{
  gint64 total = 0;

  for (guint i = 0; i < layer->inputs->len; i++)
    if (g_ptr_array_index (layer->inputs, i) != NULL)
      total += input_reformat_cost (self, g_ptr_array_index (layer->inputs, i), layer, int8);
  for (guint i = 0; i < layer->outputs->len; i++)
    if (g_ptr_array_index (layer->outputs, i) != NULL)
      total += output_reformat_cost (self, g_ptr_array_index (layer->outputs, i), layer, int8);

  return (double) total * 1e-6;
}

/* Whether the same build on a machine that is busier, or less, might well decide otherwise. */
static gboolean
is_close (double a,
          double b)
{
  return fabs (a - b) <= 0.1 * MIN (a, b) + 0.002;
}

static char *
explain_timed (Choice            *self,
               const QsLayerPlan *plan,
               double             int8_reformat,
               double             float_reformat)
{
  gboolean is_fp16 = plan->fp16 && !self->build->backend->emulates_fp16;
  const char *what = plan->int8 ? "It computes in INT8" : "It stays in floating point";
  const double int8_ms = plan->int8_candidate.ms, ms = float_ms (self, plan);

  return g_strdup_printf ("%s: INT8 takes %.4f ms and %.4f ms of reformats, %s %.4f ms and "
                          "%.4f ms of reformats, given what its neighbours do.%s", what,
                          int8_ms, int8_reformat, is_fp16 ? "FP16" : "FP32", ms, float_reformat,
                          is_close (int8_ms + int8_reformat, ms + float_reformat)
                            ? " These times are close, so another build may decide otherwise; a "
                              "timing cache makes builds repeat." : "");
}

/* Where TensorRT's tools would not place INT8 and this build does, people should know. */
static void
note_placement (Choice            *self,
                const QsLayerPlan *plan)
{
  const QsPlacementRule *rule = plan->int8 ? qs_placement_find (plan->layer) : NULL;
  const char *layers[] = { plan->layer->name, NULL };

  if (rule != NULL)
    qs_journal_add (self->build->journal, QS_JOURNAL_DECISION, "placement", layers, NULL,
                    plan->layer->name,
                    "TensorRT's own placement would leave %s in floating point (%s). %s",
                    plan->layer->name, rule->id, rule->reason);
}

static void
explain (Choice      *self,
         QsLayerPlan *plan)
{
  double int8_reformat = 0.0, float_reformat = 0.0;
  const char *layers[] = { plan->layer->name, NULL };

  g_free (plan->reason);
  if (!plan->can_int8)
    plan->reason = g_strdup (plan->obstacle);
  else if (plan->int8 && qs_layer_plan_wants (plan, QS_PRECISION_INT8) &&
           qs_build_constraints_bind (self->build))
    plan->reason = g_strdup ("It computes in INT8, because a constraint asks for it.");
  else if (self->build->int8 == QS_INT8_FASTER)
    {
      int8_reformat = reformat_ms (self, plan->layer, TRUE);
      float_reformat = reformat_ms (self, plan->layer, FALSE);
      plan->reason = explain_timed (self, plan, int8_reformat, float_reformat);
    }
  else if (plan->int8)
    plan->reason = g_strdup ("It computes in INT8, because INT8 was asked for wherever it is "
                             "possible.");
  else
    plan->reason = g_strdup ("It only moves or selects elements, and its neighbours compute in "
                             "floating point.");

  for (guint i = 0; i < plan->tactics->len; i++)
    {
      QsTactic *tactic = g_ptr_array_index (plan->tactics, i);

      tactic->reformat_ms = tactic->precision == QS_PRECISION_INT8 ? int8_reformat : float_reformat;
    }
  qs_journal_add (self->build->journal, QS_JOURNAL_DECISION, "precision", layers, NULL,
                  plan->layer->name, "%s", plan->reason);
  note_placement (self, plan);
}

static const QsLayer *
find_int8_reader (Choice         *self,
                  const QsTensor *tensor)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (qs_build_get_plan (self->build, g_ptr_array_index (tensor->consumers, i))->int8)
      return g_ptr_array_index (tensor->consumers, i);

  return NULL;
}

/* An output of the network that an INT8 layer writes: in floating point, or why not. */
static void
note_output (Choice         *self,
             const QsTensor *output)
{
  const QsLayer *layer = output->producer;
  const QsLayer *reader = find_int8_reader (self, output);
  const char *layers[] = { layer != NULL ? layer->name : NULL, NULL, NULL };
  const char *tensors[] = { output->name, NULL };
  QsJournal *journal = self->build->journal;

  if (layer == NULL || !qs_build_get_plan (self->build, output->producer)->int8)
    return;
  if (!is_int8_tensor (self, output))
    {
      qs_journal_add (journal, QS_JOURNAL_DECISION, QS_PLACEMENT_NETWORK_OUTPUT, layers, tensors,
                      layer->name, "%s computes in INT8 and writes the network's output %s in floating "
                      "point, without rounding it to INT8.", layer->name, output->name);
      return;
    }

  layers[1] = reader != NULL ? reader->name : NULL;
  qs_journal_add (journal, QS_JOURNAL_REFUSAL, QS_PLACEMENT_NETWORK_OUTPUT, layers, tensors, NULL,
                  reader != NULL ? "The network's output %s is rounded to INT8, because %s reads it."
                                 : "The network's output %s is rounded to INT8, because %s has no "
                                   "INT8 form that writes floating point.",
                  output->name, reader != NULL ? reader->name : layer->name);
  qs_journal_set_remedy (journal, reader != NULL ? "int8-reader" : "no-float-output",
                         "Keep %s in floating point, if the rounding matters.",
                         reader != NULL ? reader->name : layer->name);
}

gboolean
qs_build_choose_precisions (QsBuild  *self,
                            GError  **error)
{
  g_auto (Choice) choice = { NULL };
  gboolean changed = TRUE;

  if (self->ranges == NULL)
    return TRUE;

  choice_init (&choice, self);
  while (changed)
    {
      if (!qs_progress_check (self->progress, error))
        return FALSE;
      solve (&choice);
      read_result (&choice);
      if (!verify (&choice, &changed, error))
        return FALSE;
    }

  for (guint i = 0; i < self->network->layers->len; i++)
    explain (&choice, qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i)));
  for (guint i = 0; i < self->network->outputs->len; i++)
    note_output (&choice, g_ptr_array_index (self->network->outputs, i));
  return TRUE;
}
