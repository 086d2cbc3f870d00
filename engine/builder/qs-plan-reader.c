/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "builder/plan.pb-c.h"
#include "core/qs-wire.h"
#include "operators/qs-operator.h"
#include "qs-kernel-choice.h"
#include "qs-plan.h"
#include "qs-plan-check.h"

/*
 * Nothing in a plan is trusted. Every number is checked where it is read, and then the network as
 * a whole: by shape inference, as if it had just been imported, and by the kernels' own conditions.
 */

static gboolean
fail (GError     **error,
      const char  *what,
      const char  *name)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the plan is inconsistent: %s “%s”", what,
               g_utf8_validate (name, -1, NULL) ? name : "?");
  return FALSE;
}

static char *
read_text (const char *string)
{
  return g_utf8_make_valid (string, -1);
}

/* Optional strings are saved as empty ones. */
static char *
read_optional (const char *string)
{
  return *string != '\0' ? read_text (string) : NULL;
}

static gboolean
read_shape (const QsPlan__Tensor  *message,
            QsDataType             type,
            QsShape               *shape,
            GError               **error)
{
  return qs_shape_init (shape, message->n_dims, message->dims, error) &&
         qs_shape_check_bytes (shape, qs_data_type_size (type), NULL, error);
}

static gboolean
read_tensor (QsNetwork             *network,
             const QsPlan__Tensor  *message,
             GError               **error)
{
  g_autofree char *name = read_text (message->name);
  g_autoptr (QsHostTensor) value = NULL;
  QsTensor *tensor;
  QsShape shape;

  if (!qs_data_type_is_valid (message->type) ||
      (message->format != QS_FORMAT_LINEAR && message->format != QS_FORMAT_HWC) ||
      !isfinite (message->scale) || message->scale < 0.0f)
    return fail (error, "there is no such type, format or scale as that of tensor", name);
  if (qs_network_find_tensor (network, name) != NULL)
    return fail (error, "there are two tensors", name);
  if (!read_shape (message, (QsDataType) message->type, &shape, error))
    {
      g_prefix_error (error, "tensor %s: ", name);
      return FALSE;
    }

  if (message->is_constant)
    {
      value = qs_host_tensor_new_from_data ((QsDataType) message->type, &shape,
                                            message->value.data, message->value.len, error);
      if (value == NULL)
        {
          g_prefix_error (error, "constant %s: ", name);
          return FALSE;
        }
    }

  tensor = value != NULL ? qs_network_add_constant (network, name, value)
                         : qs_network_add_tensor (network, name);
  tensor->type = (QsDataType) message->type;
  tensor->shape = shape;
  tensor->scale = message->scale;
  tensor->format = (QsFormat) message->format;
  tensor->range_name = read_optional (message->range_name);
  return TRUE;
}

static guint
count_names (const char *const *names)
{
  guint n = 0;

  while (names != NULL && names[n] != NULL)
    n++;
  return n;
}

static gboolean
read_ints (const QsPlan__Attribute *message,
           QsInts                  *ints)
{
  if (message->n_ints > QS_MAX_INTS)
    return FALSE;

  ints->n = (int) message->n_ints;
  for (gsize i = 0; i < message->n_ints; i++)
    ints->v[i] = message->ints[i];
  return TRUE;
}

static gboolean
read_field (const QsPlan__Attribute *message,
            const QsField           *field,
            guint8                  *attributes)
{
  gpointer target = attributes + field->offset;

  switch (field->type)
    {
    case QS_FIELD_INT:
      *(gint64 *) target = message->number;
      return TRUE;
    case QS_FIELD_FLOAT:
      *(float *) target = message->real;
      return TRUE;
    case QS_FIELD_FLAG:
      *(gboolean *) target = message->number != 0;
      return TRUE;
    case QS_FIELD_ENUM:
      *(int *) target = (int) message->number;
      return message->number >= 0 && message->number < count_names (field->names);
    case QS_FIELD_INTS:
      return read_ints (message, target);
    default:
      return FALSE;
    }
}

/* Every field must be there: an attribute struct of zeros would be a lie. */
static gboolean
read_attributes (const QsPlan__Layer  *message,
                 const QsLayerClass   *klass,
                 guint8               *attributes,
                 GError              **error)
{
  for (const QsField *field = klass->fields; field != NULL && field->name != NULL; field++)
    {
      const QsPlan__Attribute *found = NULL;

      for (gsize i = 0; i < message->n_attributes; i++)
        if (strcmp (message->attributes[i]->name, field->name) == 0)
          found = message->attributes[i];
      if (found == NULL || !read_field (found, field, attributes))
        return fail (error, "an attribute is missing or out of range in layer", message->name);
    }

  return TRUE;
}

static gboolean
connect_tensors (QsNetwork      *network,
                 QsLayer        *layer,
                 const int32_t  *ids,
                 gsize           n,
                 gboolean        outputs,
                 GError        **error)
{
  for (gsize i = 0; i < n; i++)
    {
      QsTensor *tensor = NULL;

      if (ids[i] < -1 || ids[i] >= (gint64) network->tensors->len)
        return fail (error, "there is no such tensor as one that is used by layer", layer->name);
      if (ids[i] >= 0)
        tensor = g_ptr_array_index (network->tensors, ids[i]);
      if (outputs && tensor != NULL && (tensor->producer != NULL || tensor->value != NULL))
        return fail (error, "a constant or another layer's result is written by layer",
                     layer->name);
      if (outputs)
        qs_network_set_output (network, layer, (guint) i, tensor);
      else
        qs_network_set_input (network, layer, (guint) i, tensor);
    }

  return TRUE;
}

static gboolean
read_weight_scales (QsLayer              *layer,
                    const QsPlan__Layer  *message,
                    GError              **error)
{
  QsShape shape = { .n_dims = 1, .dims = { (gint64) message->n_weight_scales } };

  if (message->n_weight_scales == 0)
    return TRUE;
  for (gsize i = 0; i < message->n_weight_scales; i++)
    if (!isfinite (message->weight_scales[i]) || message->weight_scales[i] <= 0.0f)
      return fail (error, "a scale of the weights is not a positive number in layer", layer->name);

  layer->weight_scales =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, message->weight_scales,
                                  sizeof (float) * message->n_weight_scales, error);
  return layer->weight_scales != NULL;
}

static gboolean
read_layer (QsNetwork            *network,
            const QsPlan__Layer  *message,
            GError              **error)
{
  const QsLayerClass *klass = qs_layer_class_by_name (message->kind);
  g_autofree char *name = read_text (message->name);
  g_autofree guint8 *attributes = NULL;
  QsLayer *layer;

  if (klass == NULL || !qs_plan_check_class (klass, NULL))
    return fail (error, "there is no such kind of layer as", message->kind);
  if (message->activation < 0 || message->activation >= QS_N_ACTIVATIONS ||
      message->precision < QS_PRECISION_FP32 || message->precision > QS_PRECISION_INT8)
    return fail (error, "there is no such activation or precision as that of layer", name);

  attributes = g_malloc0 (MAX (klass->attributes_size, 1));
  if (!read_attributes (message, klass, attributes, error))
    return FALSE;

  layer = qs_network_add_layer (network, klass, name, attributes, NULL, 0, NULL, 0);
  layer->activation = (QsActivation) { (QsActivationType) message->activation, message->alpha,
                                       message->beta };
  layer->precision = (QsPrecision) message->precision;
  for (gsize i = 0; i < message->n_origins; i++)
    {
      g_autofree char *op_type = read_text (message->origins[i]->op_type);
      g_autofree char *origin = read_text (message->origins[i]->name);

      qs_layer_add_origin (layer, op_type, origin);
    }

  return read_weight_scales (layer, message, error) &&
         connect_tensors (network, layer, message->inputs, message->n_inputs, FALSE, error) &&
         connect_tensors (network, layer, message->outputs, message->n_outputs, TRUE, error);
}

static gboolean
read_ends (QsNetwork             *network,
           const QsPlan__Engine  *message,
           GError               **error)
{
  for (gsize i = 0; i < message->n_inputs; i++)
    {
      QsTensor *tensor;

      if (message->inputs[i] >= network->tensors->len)
        return fail (error, "there is no such tensor as an input of network", network->name);
      tensor = g_ptr_array_index (network->tensors, message->inputs[i]);
      if (tensor->producer != NULL || tensor->value != NULL ||
          g_ptr_array_find (network->inputs, tensor, NULL))
        return fail (error, "an input of the network has a value already, tensor", tensor->name);
      g_ptr_array_add (network->inputs, tensor);
    }

  for (gsize i = 0; i < message->n_outputs; i++)
    {
      if (message->outputs[i] >= network->tensors->len)
        return fail (error, "there is no such tensor as an output of network", network->name);
      qs_network_mark_output (network, g_ptr_array_index (network->tensors, message->outputs[i]));
    }

  return TRUE;
}

static QsNetwork *
read_network (const QsPlan__Engine  *message,
              GError               **error)
{
  g_autofree char *name = read_text (message->name);
  g_autoptr (QsNetwork) network = qs_network_new (name);

  for (gsize i = 0; i < message->n_tensors; i++)
    if (!read_tensor (network, message->tensors[i], error))
      return NULL;
  for (gsize i = 0; i < message->n_layers; i++)
    if (!read_layer (network, message->layers[i], error))
      return NULL;
  if (!read_ends (network, message, error) || !qs_network_check (network, error) ||
      !qs_plan_check_network (network, message->is_explicit != 0, error))
    return NULL;

  return g_steal_pointer (&network);
}

static char **
read_names (char  **names,
            gsize   n)
{
  char **copy = g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    copy[i] = read_text (names[i]);
  return copy;
}

static void
read_sketches (GPtrArray       *sketches,
               QsPlan__Sketch **messages,
               gsize            n)
{
  for (gsize i = 0; i < n; i++)
    {
      const QsPlan__Sketch *message = messages[i];
      QsLayerSketch *sketch = g_new0 (QsLayerSketch, 1);

      sketch->name = read_text (message->name);
      sketch->kind = read_text (message->kind);
      sketch->precision = (QsPrecision) CLAMP (message->precision, 0, (int) QS_PRECISION_INT8);
      sketch->inputs = read_names (message->inputs, message->n_inputs);
      sketch->outputs = read_names (message->outputs, message->n_outputs);
      g_ptr_array_add (sketches, sketch);
    }
}

static gboolean
read_entry (QsJournal            *journal,
            const QsPlan__Entry  *message,
            GError              **error)
{
  g_auto (GStrv) layers = read_names (message->layers, message->n_layers);
  g_auto (GStrv) tensors = read_names (message->tensors, message->n_tensors);
  g_autofree char *rule = read_text (message->rule);
  g_autofree char *result = read_optional (message->result);
  g_autofree char *reason = read_text (message->reason);
  g_autofree char *condition = read_optional (message->condition);
  g_autofree char *remedy = read_optional (message->remedy);
  g_autoptr (GPtrArray) before =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
  g_autoptr (GPtrArray) after =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
  g_autofree float *scales = g_new0 (float, message->n_tensors + 1);
  const QsJournalEntry entry = { (QsJournalKind) message->kind, rule, layers, tensors, result,
                                 reason, scales, condition, remedy, before, after };

  if (message->kind < QS_JOURNAL_REWRITE || message->kind > QS_JOURNAL_WARNING)
    return fail (error, "there is no such kind of journal entry as that of rule", rule);

  for (gsize i = 0; i < MIN (message->n_scales, message->n_tensors); i++)
    scales[i] = message->scales[i];
  read_sketches (before, message->before, message->n_before);
  read_sketches (after, message->after, message->n_after);
  qs_journal_add_copy (journal, &entry);
  return TRUE;
}

static gboolean
read_journal (QsJournal             *journal,
              const QsPlan__Engine  *message,
              GError               **error)
{
  for (gsize i = 0; i < message->n_journal; i++)
    if (!read_entry (journal, message->journal[i], error))
      return FALSE;

  return TRUE;
}

static QsScaleTable *
read_scales (const QsPlan__Engine *message)
{
  g_autofree char *source = read_optional (message->scale_source);
  QsScaleTable *scales;

  if (!message->has_scales)
    return NULL;

  scales = qs_scale_table_new ();
  qs_scale_table_set_source (scales, source);
  for (gsize i = 0; i < message->n_scales; i++)
    {
      g_autofree char *name = read_text (message->scales[i]->name);

      qs_scale_table_set (scales, name, message->scales[i]->scale);
      qs_scale_table_set_manual (scales, name, message->scales[i]->manual);
    }
  return scales;
}

static gboolean
read_tactics (QsEngineLayer        *layer,
              const QsPlan__Layer  *message,
              GError              **error)
{
  for (gsize i = 0; i < message->n_tactics; i++)
    {
      const QsPlan__Tactic *in = message->tactics[i];
      g_autofree char *kernel = read_text (in->kernel);
      QsTactic *tactic;

      if (in->precision < QS_PRECISION_FP32 || in->precision > QS_PRECISION_INT8)
        return fail (error, "there is no such precision as that of tactic", kernel);
      if (in->format != QS_FORMAT_LINEAR && in->format != QS_FORMAT_HWC)
        return fail (error, "there is no such layout as that of tactic", kernel);
      tactic = qs_engine_layer_add_tactic (layer, kernel, (QsPrecision) in->precision, in->ms);
      tactic->format = (QsFormat) in->format;
      tactic->reformat_ms = in->reformat_ms;
      tactic->chosen = in->chosen != 0;
      tactic->reason = read_optional (in->reason);
    }

  return TRUE;
}

static gboolean
add_layers (QsEngine              *engine,
            const QsPlan__Engine  *message,
            GError               **error)
{
  for (gsize i = 0; i < message->n_layers; i++)
    {
      const QsPlan__Layer *in = message->layers[i];
      g_autofree char *kernel = read_text (in->kernel);
      g_autofree char *reason = read_optional (in->reason);
      QsEngineLayer *layer = qs_engine_restore_layer (
        engine, g_ptr_array_index (engine->network->layers, i), kernel, reason, in->ms, error);

      if (layer == NULL || !read_tactics (layer, in, error))
        return FALSE;
    }

  return qs_engine_plan_memory (engine, error);
}

/* The plan's backend, or this machine's with a word about it. */
static const QsBackend *
find_backend (const char *id,
              QsJournal  *journal)
{
  const QsBackend *backend = qs_backend_lookup (id);
  g_autofree char *readable = read_text (id);

  if (backend != NULL)
    return backend;

  backend = qs_backend_get_default ();
  qs_journal_add (journal, QS_JOURNAL_WARNING, "backend-substituted", NULL, NULL, NULL,
                  "The plan was built for the backend %s, which is not here; %s runs it.", readable,
                  backend->name);
  return backend;
}

static QsEngine *
read_engine (const QsPlan__Engine  *message,
             GError               **error)
{
  g_autoptr (QsNetwork) network = read_network (message, error);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (QsEngine) engine = NULL;

  if (network == NULL || !read_journal (journal, message, error))
    return NULL;
  if (message->rounding >= QS_N_ROUNDING_MODES)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "its weights were rounded in the mode %u, which this version does not know",
                   message->rounding);
      return NULL;
    }

  engine = qs_engine_new (network, journal, find_backend (message->backend, journal));
  engine->is_explicit = message->is_explicit != 0;
  engine->model_checksum = read_optional (message->model_checksum);
  engine->scales = read_scales (message);
  engine->rounding = (QsRoundingMode) message->rounding;
  return add_layers (engine, message, error) ? g_steal_pointer (&engine) : NULL;
}

QsEngine *
qs_plan_read (GBytes  *bytes,
              GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  ProtobufCMessage *message = qs_wire_unpack (&qs_plan__engine__descriptor, data, size, error);
  QsEngine *engine;

  if (message == NULL)
    return NULL;

  engine = read_engine ((const QsPlan__Engine *) message, error);
  qs_wire_free (message);
  return engine;
}
