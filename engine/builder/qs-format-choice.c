/* SPDX-License-Identifier: MIT */
#include "qs-format-choice.h"

#include "qs-min-cut.h"
#include "qs-precision-choice.h"
#include "qs-tactic-queue.h"

/*
 * Every layer works in one of two layouts. Most have kernels for one alone; those that could be
 * either follow their neighbours, when these agree. Where they do not (a region of such layers lies
 * between two layouts), the layers are timed in both, and so are the reformats at all edges of the
 * region; the cheapest assignment is a minimum cut (see qs-min-cut.h), in which 1 is channels last and
 * readers that need a tensor in its other layout share one Reformat.
 *
 * Costs are nanoseconds when kernels are timed, those of the layout that the layer's first input has a
 * little less, so that another one has to be faster by more than measurements vary. Else they are
 * bytes that reformats move.
 */

#define BOTH ((1 << QS_FORMAT_LINEAR) | (1 << QS_FORMAT_HWC))
#define MAX_HWC_RANK 5

typedef struct
{
  GPtrArray *kernels; /* (nullable): for the layout that is not the candidate's; %NULL: none */
  QsNetwork *probe;
  QsCandidate candidate; /* the best of them, once they were timed */
} Other;

typedef struct
{
  QsBuild *build;
  guint n_layers;
  Other *others;   /* by layer id */
  guint *regions;  /* by layer id, then n_layers + tensor id: another one of the region, or itself */
  guint8 *formats; /* of the region whose last one this is: bits of the layouts around it */
  QsMinCut *cut;
  guint linear_node;
  guint hwc_node;
  guint *layer_nodes;
  guint *tensor_nodes;
  gint64 *reformats; /* by tensor id */
} Choice;

static void
choice_clear (Choice *self)
{
  for (guint i = 0; i < self->n_layers; i++)
    {
      g_clear_pointer (&self->others[i].kernels, g_ptr_array_unref);
      g_clear_pointer (&self->others[i].probe, qs_network_unref);
    }
  g_clear_pointer (&self->cut, qs_min_cut_free);
  g_free (self->others);
  g_free (self->regions);
  g_free (self->formats);
  g_free (self->layer_nodes);
  g_free (self->tensor_nodes);
  g_free (self->reformats);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Choice, choice_clear)

/* ---- which layers could be either ---- */

static gboolean
is_reformat (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_REFORMAT;
}

/* Whether the layouts of a tensor are different memory. */
static gboolean
has_layout (const QsTensor *tensor)
{
  return tensor != NULL && tensor->value == NULL && tensor->shape.n_dims >= 3 &&
         !qs_formats_agree (&tensor->shape, QS_FORMAT_LINEAR, QS_FORMAT_HWC);
}

static gboolean
any_has_layout (GPtrArray *tensors,
                gboolean  *too_many_dims)
{
  gboolean any = FALSE;

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      any = any || has_layout (tensor);
      if (tensor != NULL && tensor->value == NULL && tensor->shape.n_dims > MAX_HWC_RANK)
        *too_many_dims = TRUE;
    }

  return any;
}

static QsFormat
other_format (QsFormat format)
{
  return format == QS_FORMAT_LINEAR ? QS_FORMAT_HWC : QS_FORMAT_LINEAR;
}

/* What only stands in is not compared with real kernels; it would lose, slowly. */
static void
drop_stand_ins (GPtrArray       *kernels,
                const QsBackend *backend)
{
  for (guint i = kernels->len; i > 0; i--)
    if (qs_kernel_is_stand_in (g_ptr_array_index (kernels, i - 1), backend))
      g_ptr_array_remove_index (kernels, i - 1);
}

/* Reshaping row-major tensors moves nothing, which no measurement of a kernel shows. */
static void
find_other (Choice      *self,
            QsLayerPlan *plan)
{
  const QsLayer *layer = plan->layer;
  const QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  Other *other = &self->others[layer->id];
  gboolean too_many_dims = FALSE;

  if (!(any_has_layout (layer->inputs, &too_many_dims) |
        any_has_layout (layer->outputs, &too_many_dims))
      || too_many_dims || is_reformat (layer) || layer->klass->kind == QS_LAYER_SHUFFLE)
    return;

  other->candidate.ms = -1.0;
  other->candidate.format = other_format (candidate->format);
  other->probe = qs_build_probe_chosen (self->build, plan, other->candidate.format);
  if (other->probe == NULL)
    return;

  other->kernels = qs_backend_find_kernels (
    self->build->backend, g_ptr_array_index (other->probe->layers, 0),
    qs_layer_plan_get_precision (plan), other->candidate.format, NULL);
  if (candidate->kernel != NULL &&
      !qs_kernel_is_stand_in (candidate->kernel, self->build->backend))
    drop_stand_ins (other->kernels, self->build->backend);
  if (other->kernels->len == 0)
    g_clear_pointer (&other->kernels, g_ptr_array_unref);
}

static gboolean
is_free (const Choice  *self,
         const QsLayer *layer)
{
  return self->others[layer->id].kernels != NULL;
}

/* ---- regions ---- */

static guint
find_region (Choice *self,
             guint   index)
{
  while (self->regions[index] != index)
    index = self->regions[index] = self->regions[self->regions[index]];
  return index;
}

static guint
region_of_tensor (Choice         *self,
                  const QsTensor *tensor)
{
  return find_region (self, self->n_layers + tensor->id);
}

static void
join_regions (Choice *self,
              guint   a,
              guint   b)
{
  a = find_region (self, a);
  b = find_region (self, b);
  self->regions[a] = b;
  self->formats[b] |= self->formats[a];
}

/* A layer at a tensor is in its region, or fixes a layout of it. One that has other kernels for another
 * layout is in it and wants its own. */
static void
touch (Choice         *self,
       const QsTensor *tensor,
       QsLayer        *layer)
{
  const QsCandidate *candidate =
    qs_layer_plan_get_candidate (qs_build_get_plan (self->build, layer));

  if (is_free (self, layer) || is_reformat (layer))
    join_regions (self, layer->id, self->n_layers + tensor->id);
  if (!is_reformat (layer) && !(is_free (self, layer) && candidate->any_format))
    self->formats[region_of_tensor (self, tensor)] |= 1 << candidate->format;
}

static void
find_regions (Choice *self)
{
  QsNetwork *network = self->build->network;

  for (guint i = 0; i < self->n_layers + network->tensors->len; i++)
    self->regions[i] = i;

  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (!has_layout (tensor))
        continue;
      if (tensor->producer != NULL)
        touch (self, tensor, tensor->producer);
      for (guint k = 0; k < tensor->consumers->len; k++)
        touch (self, tensor, g_ptr_array_index (tensor->consumers, k));
      if (tensor->producer == NULL || qs_network_is_output (network, tensor))
        self->formats[region_of_tensor (self, tensor)] |= 1 << QS_FORMAT_LINEAR;
    }
}

/* ---- the cut ---- */

static guint
node_of_format (Choice   *self,
                QsFormat  format)
{
  return format == QS_FORMAT_HWC ? self->hwc_node : self->linear_node;
}

/* What is around the region, when that is one layout alone. */
static gboolean
is_settled (Choice   *self,
            guint     region,
            QsFormat *format)
{
  const guint8 formats = self->formats[region];

  *format = formats == 1 << QS_FORMAT_HWC ? QS_FORMAT_HWC : QS_FORMAT_LINEAR;
  return formats != BOTH;
}

static void
time_other (Choice      *self,
            QsLayerPlan *plan)
{
  Other *other = &self->others[plan->layer->id];
  const QsFormat format = other->candidate.format;
  g_autoptr (QsTacticQueue) tactics = qs_tactic_queue_new (self->build, plan);

  if (self->build->timer == NULL)
    {
      other->candidate.kernel = g_ptr_array_index (other->kernels, 0);
      return;
    }
  qs_tactic_queue_add (tactics, other->probe, format, qs_layer_plan_get_precision (plan),
                       other->kernels, &other->candidate);
  qs_tactic_queue_run (tactics);
  other->candidate.format = format;
}

static guint
add_free_layer (Choice      *self,
                QsLayerPlan *plan)
{
  const QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  const Other *other = &self->others[plan->layer->id];
  gint64 costs[2];

  time_other (self, plan);
  costs[candidate->format] = (gint64) (qs_tactic_discount (candidate->ms) * 1e6);
  costs[other->candidate.format] = self->build->timer == NULL
    ? 1 : (gint64) (MAX (other->candidate.ms, 0.0) * 1e6);
  if (self->build->timer != NULL && other->candidate.ms < 0.0)
    costs[other->candidate.format] = QS_MIN_CUT_FORBIDDEN;
  return qs_min_cut_add_node (self->cut, costs[QS_FORMAT_LINEAR], costs[QS_FORMAT_HWC]);
}

static void
add_layer (Choice      *self,
           QsLayerPlan *plan)
{
  const guint id = plan->layer->id;
  QsFormat format = qs_layer_plan_get_candidate (plan)->format;

  if (!is_free (self, plan->layer) || is_settled (self, find_region (self, id), &format))
    self->layer_nodes[id] = node_of_format (self, format);
  else
    self->layer_nodes[id] = add_free_layer (self, plan);
}

static QsDataType
written_type (Choice         *self,
              const QsTensor *tensor)
{
  if (g_hash_table_contains (self->build->int8_tensors, tensor))
    return QS_DATA_TYPE_INT8;
  if (g_hash_table_contains (self->build->fp16_tensors, tensor))
    return QS_DATA_TYPE_FLOAT16;
  return tensor->type;
}

/* A Reformat that changes the type as well takes little longer, so the type that is written stands
 * for all. */
static gint64
find_reformat_cost (Choice         *self,
                    const QsTensor *tensor)
{
  const QsFormat formats[] = { QS_FORMAT_LINEAR, QS_FORMAT_HWC };
  const QsDataType type = written_type (self, tensor);
  const QsDataType types[] = { type, type };
  gint64 cost = 0;

  if (self->build->timer != NULL)
    cost = qs_build_time_reformat (self->build, tensor, formats, types);
  return cost > 0 ? cost : 1 + qs_shape_n_elements (&tensor->shape) *
                               (gint64) qs_data_type_size (type);
}

static void
add_tensor (Choice         *self,
            const QsTensor *tensor)
{
  const QsLayer *producer = tensor->producer;
  QsFormat format;

  if (producer == NULL)
    self->tensor_nodes[tensor->id] = self->linear_node;
  else if (!is_reformat (producer))
    self->tensor_nodes[tensor->id] = self->layer_nodes[producer->id];
  else if (is_settled (self, region_of_tensor (self, tensor), &format))
    self->tensor_nodes[tensor->id] = node_of_format (self, format);
  else
    self->tensor_nodes[tensor->id] = qs_min_cut_add_node (self->cut, 0, 0);
}

/* What quantizes can change the layout as well; that costs what moving the elements does. */
static void
add_reformat (Choice         *self,
              const QsTensor *input,
              const QsTensor *output)
{
  guint a = self->tensor_nodes[input->id], b = self->tensor_nodes[output->id];

  qs_min_cut_add_pair (self->cut, a, b, self->reformats[output->id]);
  qs_min_cut_add_pair (self->cut, b, a, self->reformats[output->id]);
}

/* One node that is 1 when a reader wants channels last, and one that is 0 when a reader wants rows;
 * each costs a Reformat when the tensor is written in the other layout. */
static void
add_readers (Choice         *self,
             const QsTensor *tensor)
{
  guint form = self->tensor_nodes[tensor->id];
  guint any_hwc = qs_min_cut_add_node (self->cut, 0, 0);
  guint all_hwc = qs_min_cut_add_node (self->cut, 0, 0);

  qs_min_cut_add_pair (self->cut, any_hwc, form, self->reformats[tensor->id]);
  qs_min_cut_add_pair (self->cut, form, all_hwc, self->reformats[tensor->id]);

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *reader = g_ptr_array_index (tensor->consumers, i);
      const QsTensor *output = qs_layer_get_output (reader, 0);

      if (is_reformat (reader))
        {
          if (has_layout (output))
            add_reformat (self, tensor, output);
          continue;
        }
      qs_min_cut_add_pair (self->cut, self->layer_nodes[reader->id], any_hwc, QS_MIN_CUT_FORBIDDEN);
      qs_min_cut_add_pair (self->cut, all_hwc, self->layer_nodes[reader->id], QS_MIN_CUT_FORBIDDEN);
    }
  if (qs_network_is_output (self->build->network, tensor))
    qs_min_cut_add_pair (self->cut, all_hwc, self->linear_node, QS_MIN_CUT_FORBIDDEN);
}

static void
choice_init (Choice  *self,
             QsBuild *build)
{
  const guint n_layers = build->network->layers->len, n_tensors = build->network->tensors->len;

  *self = (Choice) {
    .build = build,
    .n_layers = n_layers,
    .others = g_new0 (Other, n_layers + 1),
    .regions = g_new0 (guint, n_layers + n_tensors + 1),
    .formats = g_new0 (guint8, n_layers + n_tensors + 1),
    .cut = qs_min_cut_new (),
    .layer_nodes = g_new0 (guint, n_layers + 1),
    .tensor_nodes = g_new0 (guint, n_tensors + 1),
    .reformats = g_new0 (gint64, n_tensors + 1),
  };
  self->linear_node = qs_min_cut_add_node (self->cut, 0, QS_MIN_CUT_FORBIDDEN);
  self->hwc_node = qs_min_cut_add_node (self->cut, QS_MIN_CUT_FORBIDDEN, 0);
}

static void
solve (Choice *self)
{
  QsNetwork *network = self->build->network;
  QsFormat ignored;

  for (guint i = 0; i < self->n_layers; i++)
    add_layer (self, qs_build_get_plan (self->build, g_ptr_array_index (network->layers, i)));
  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (!has_layout (tensor))
        continue;
      add_tensor (self, tensor);
      if (!is_settled (self, region_of_tensor (self, tensor), &ignored))
        self->reformats[i] = find_reformat_cost (self, tensor);
    }
  for (guint i = 0; i < network->tensors->len; i++)
    if (has_layout (g_ptr_array_index (network->tensors, i)))
      add_readers (self, g_ptr_array_index (network->tensors, i));
  qs_min_cut_solve (self->cut);
}

/* ---- the result ---- */

static QsFormat
format_of_node (Choice *self,
                guint   node)
{
  return qs_min_cut_get_value (self->cut, node) ? QS_FORMAT_HWC : QS_FORMAT_LINEAR;
}

/* Reformats at @layer when it works in @format, all other choices as they are. */
static gint64
find_reformats_at (Choice        *self,
                   const QsLayer *layer,
                   QsFormat       format)
{
  gint64 total = 0;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (has_layout (tensor) && format_of_node (self, self->tensor_nodes[tensor->id]) != format)
        total += self->reformats[tensor->id];
    }
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->outputs, i);
      gboolean differs = has_layout (tensor) && format == QS_FORMAT_HWC &&
                         qs_network_is_output (self->build->network, tensor);

      for (guint k = 0; has_layout (tensor) && k < tensor->consumers->len; k++)
        {
          const QsLayer *reader = g_ptr_array_index (tensor->consumers, k);

          differs = differs || (!is_reformat (reader) &&
                                format_of_node (self, self->layer_nodes[reader->id]) != format);
        }
      if (differs)
        total += self->reformats[tensor->id];
    }

  return total;
}

/* The kernels of the layout that was chosen become the layer's. */
static void
adopt (Choice      *self,
       QsLayerPlan *plan)
{
  QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  Other *other = &self->others[plan->layer->id];

  plan->format = format_of_node (self, self->layer_nodes[plan->layer->id]);
  if (plan->format != other->candidate.format)
    return;
  if (other->candidate.kernel == NULL)
    time_other (self, plan);
  other->candidate.any_format = candidate->any_format;
  *candidate = other->candidate;
}

/* What was not timed in two layouts is said of the one that was chosen. */
static void
complete_tactics (Choice      *self,
                  QsLayerPlan *plan)
{
  const gboolean both = is_free (self, plan->layer) && self->build->timer != NULL;
  double type_ms = -1.0;

  for (guint i = 0; i < plan->tactics->len; i++)
    {
      QsTactic *tactic = g_ptr_array_index (plan->tactics, i);

      if (tactic->precision != qs_layer_plan_get_precision (plan))
        continue;
      if (type_ms < 0.0)
        type_ms = tactic->reformat_ms;
      if (!both)
        tactic->format = plan->format;
      else
        tactic->reformat_ms =
          type_ms + 1e-6 * (double) find_reformats_at (self, plan->layer, tactic->format);
    }
}

static gboolean
find_input_format (const QsLayer *layer,
                   QsFormat      *format)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (tensor != NULL && tensor->value == NULL && tensor->shape.n_dims >= 3)
        {
          *format = tensor->format;
          return TRUE;
        }
    }

  return FALSE;
}

static void
set_format (Choice      *self,
            QsLayerPlan *plan)
{
  const QsCandidate *candidate = qs_layer_plan_get_candidate (plan);

  plan->any_format = candidate->any_format;
  plan->format = candidate->format;
  if (is_reformat (plan->layer) ||
      (plan->any_format && !is_free (self, plan->layer)))
    {
      if (!find_input_format (plan->layer, &plan->format))
        plan->format = QS_FORMAT_LINEAR;
    }
  if (is_free (self, plan->layer))
    adopt (self, plan);
  complete_tactics (self, plan);

  for (guint i = 0; i < plan->layer->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (plan->layer->outputs, i);

      if (tensor == NULL)
        continue;
      tensor->format = tensor->shape.n_dims >= 3 ? plan->format : QS_FORMAT_LINEAR;
      if (has_layout (tensor) && is_reformat (plan->layer))
        tensor->format = format_of_node (self, self->tensor_nodes[tensor->id]);
    }
}

void
qs_build_choose_formats (QsBuild *self)
{
  g_auto (Choice) choice = { NULL };

  choice_init (&choice, self);
  for (guint i = 0; i < self->network->layers->len; i++)
    find_other (&choice, qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i)));
  find_regions (&choice);
  solve (&choice);

  for (guint i = 0; i < self->network->inputs->len; i++)
    ((QsTensor *) g_ptr_array_index (self->network->inputs, i))->format = QS_FORMAT_LINEAR;
  for (guint i = 0; i < self->network->layers->len; i++)
    set_format (&choice, qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i)));

  /* Callers get row-major outputs; where that is the same memory nothing is to be converted. */
  for (guint i = 0; i < self->network->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (self->network->outputs, i);

      if (qs_formats_agree (&tensor->shape, tensor->format, QS_FORMAT_LINEAR))
        tensor->format = QS_FORMAT_LINEAR;
    }
}
