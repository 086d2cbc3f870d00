/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "builder/plan.pb-c.h"
#include "qs-plan-check.h"
#include "qs-plan.h"

/* Messages live until the whole plan is packed; strings and contents belong to the engine. */
typedef struct
{
  QsEngine *engine;
  GPtrArray *memory;
} Writer;

static gpointer
take (Writer *self,
      gsize   size)
{
  gpointer data = g_malloc0 (MAX (size, 1));

  g_ptr_array_add (self->memory, data);
  return data;
}

#define NEW(self, Type, INIT) \
  ({ Type *message_ = take (self, sizeof (Type)); *message_ = (Type) INIT; message_; })
#define NEW_ARRAY(self, type, n) ((type *) take (self, sizeof (type) * (n)))

static char *
text (const char *string)
{
  return (char *) (string != NULL ? string : protobuf_c_empty_string);
}

static QsPlan__Tensor *
write_tensor (Writer         *self,
              const QsTensor *tensor)
{
  QsPlan__Tensor *message = NEW (self, QsPlan__Tensor, QS_PLAN__TENSOR__INIT);

  message->name = text (tensor->name);
  message->type = (int) tensor->type;
  message->n_dims = (size_t) tensor->shape.n_dims;
  message->dims = (int64_t *) tensor->shape.dims;
  message->scale = tensor->scale;
  message->format = (int) tensor->format;
  message->range_name = text (tensor->range_name);
  message->is_constant = tensor->value != NULL;
  if (tensor->value != NULL)
    {
      message->value.len = qs_host_tensor_get_size (tensor->value);
      message->value.data = (uint8_t *) qs_host_tensor_get_data (tensor->value);
    }
  return message;
}

static QsPlan__Attribute *
write_attribute (Writer        *self,
                 const QsField *field,
                 const guint8  *attributes)
{
  QsPlan__Attribute *message = NEW (self, QsPlan__Attribute, QS_PLAN__ATTRIBUTE__INIT);
  gconstpointer value = attributes + field->offset;
  const QsInts *ints = value;

  message->name = text (field->name);
  switch (field->type)
    {
    case QS_FIELD_INT:
      message->number = *(const gint64 *) value;
      break;
    case QS_FIELD_FLOAT:
      message->real = *(const float *) value;
      break;
    case QS_FIELD_FLAG:
    case QS_FIELD_ENUM:
      message->number = *(const int *) value;
      break;
    case QS_FIELD_INTS:
      message->n_ints = (size_t) ints->n;
      message->ints = (int64_t *) ints->v;
      break;
    default:
      break;
    }
  return message;
}

static void
write_attributes (Writer        *self,
                  const QsLayer *layer,
                  QsPlan__Layer *message)
{
  const QsField *fields = layer->klass->fields;
  guint n = 0;

  while (fields != NULL && fields[n].name != NULL)
    n++;

  message->attributes = NEW_ARRAY (self, QsPlan__Attribute *, n);
  message->n_attributes = n;
  for (guint i = 0; i < n; i++)
    message->attributes[i] = write_attribute (self, &fields[i], layer->attributes);
}

static int32_t *
write_ids (Writer    *self,
           GPtrArray *tensors)
{
  int32_t *ids = NEW_ARRAY (self, int32_t, tensors->len);

  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      ids[i] = tensor != NULL ? (int32_t) tensor->id : -1;
    }
  return ids;
}

static void
write_origins (Writer        *self,
               const QsLayer *layer,
               QsPlan__Layer *message)
{
  message->n_origins = layer->origins->len;
  message->origins = NEW_ARRAY (self, QsPlan__Origin *, layer->origins->len);
  for (guint i = 0; i < layer->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      message->origins[i] = NEW (self, QsPlan__Origin, QS_PLAN__ORIGIN__INIT);
      message->origins[i]->op_type = text (origin->op_type);
      message->origins[i]->name = text (origin->name);
    }
}

static void
write_tactics (Writer              *self,
               const QsEngineLayer *layer,
               QsPlan__Layer       *message)
{
  message->n_tactics = layer->tactics->len;
  message->tactics = NEW_ARRAY (self, QsPlan__Tactic *, layer->tactics->len);
  for (guint i = 0; i < layer->tactics->len; i++)
    {
      const QsTactic *tactic = g_ptr_array_index (layer->tactics, i);
      QsPlan__Tactic *out = NEW (self, QsPlan__Tactic, QS_PLAN__TACTIC__INIT);

      out->kernel = text (tactic->kernel);
      out->precision = (int) tactic->precision;
      out->format = (int) tactic->format;
      out->ms = tactic->ms;
      out->reformat_ms = tactic->reformat_ms;
      out->chosen = tactic->chosen;
      out->reason = text (tactic->reason);
      message->tactics[i] = out;
    }
}

static QsPlan__Layer *
write_layer (Writer              *self,
             const QsEngineLayer *engine_layer)
{
  QsPlan__Layer *message = NEW (self, QsPlan__Layer, QS_PLAN__LAYER__INIT);
  const QsLayer *layer = engine_layer->layer;

  message->name = text (layer->name);
  message->kind = text (layer->klass->name);
  message->n_inputs = layer->inputs->len;
  message->inputs = write_ids (self, layer->inputs);
  message->n_outputs = layer->outputs->len;
  message->outputs = write_ids (self, layer->outputs);
  message->activation = (int) layer->activation.type;
  message->alpha = layer->activation.alpha;
  message->beta = layer->activation.beta;
  message->precision = (int) layer->precision;
  message->kernel = text (engine_layer->kernel);
  message->ms = engine_layer->ms;
  message->reason = text (engine_layer->reason);
  if (layer->weight_scales != NULL)
    {
      message->n_weight_scales = (size_t) qs_host_tensor_get_n_elements (layer->weight_scales);
      message->weight_scales = (float *) qs_host_tensor_get_floats (layer->weight_scales);
    }
  write_attributes (self, layer, message);
  write_origins (self, layer, message);
  write_tactics (self, engine_layer, message);
  return message;
}

static QsPlan__Sketch **
write_sketches (Writer    *self,
                GPtrArray *sketches)
{
  QsPlan__Sketch **messages = NEW_ARRAY (self, QsPlan__Sketch *, sketches->len);

  for (guint i = 0; i < sketches->len; i++)
    {
      const QsLayerSketch *sketch = g_ptr_array_index (sketches, i);

      messages[i] = NEW (self, QsPlan__Sketch, QS_PLAN__SKETCH__INIT);
      messages[i]->name = sketch->name;
      messages[i]->kind = sketch->kind;
      messages[i]->precision = (int) sketch->precision;
      messages[i]->inputs = sketch->inputs;
      messages[i]->n_inputs = g_strv_length (sketch->inputs);
      messages[i]->outputs = sketch->outputs;
      messages[i]->n_outputs = g_strv_length (sketch->outputs);
    }

  return messages;
}

static QsPlan__Entry *
write_entry (Writer               *self,
             const QsJournalEntry *entry)
{
  QsPlan__Entry *message = NEW (self, QsPlan__Entry, QS_PLAN__ENTRY__INIT);

  message->kind = (int) entry->kind;
  message->rule = text (entry->rule);
  message->layers = entry->layers;
  message->n_layers = g_strv_length (entry->layers);
  message->tensors = entry->tensors;
  message->n_tensors = g_strv_length (entry->tensors);
  message->result = text (entry->result);
  message->reason = text (entry->reason);
  message->scales = entry->scales;
  message->n_scales = message->n_tensors;
  message->condition = text (entry->condition);
  message->remedy = text (entry->remedy);
  message->before = write_sketches (self, entry->before);
  message->n_before = entry->before->len;
  message->after = write_sketches (self, entry->after);
  message->n_after = entry->after->len;
  return message;
}

static void
write_scales (Writer         *self,
              QsPlan__Engine *message)
{
  QsScaleTable *scales = self->engine->scales;
  guint n = scales != NULL ? qs_scale_table_get_n (scales) : 0;

  message->has_scales = scales != NULL;
  message->scale_source = text (scales != NULL ? qs_scale_table_get_source (scales) : NULL);
  message->n_scales = n;
  message->scales = NEW_ARRAY (self, QsPlan__Scale *, n);
  for (guint i = 0; i < n; i++)
    {
      message->scales[i] = NEW (self, QsPlan__Scale, QS_PLAN__SCALE__INIT);
      message->scales[i]->name = text (qs_scale_table_get_name (scales, i));
      message->scales[i]->scale = qs_scale_table_get_scale (scales, i);
      message->scales[i]->manual =
        qs_scale_table_is_manual (scales, qs_scale_table_get_name (scales, i));
    }
}

static void
write_network (Writer         *self,
               QsPlan__Engine *message)
{
  QsNetwork *network = self->engine->network;

  message->n_tensors = network->tensors->len;
  message->tensors = NEW_ARRAY (self, QsPlan__Tensor *, network->tensors->len);
  for (guint i = 0; i < network->tensors->len; i++)
    message->tensors[i] = write_tensor (self, g_ptr_array_index (network->tensors, i));

  message->n_layers = network->layers->len;
  message->layers = NEW_ARRAY (self, QsPlan__Layer *, network->layers->len);
  for (guint i = 0; i < network->layers->len; i++)
    message->layers[i] = write_layer (self, qs_engine_get_layer (self->engine, i));

  message->n_inputs = network->inputs->len;
  message->inputs = (uint32_t *) write_ids (self, network->inputs);
  message->n_outputs = network->outputs->len;
  message->outputs = (uint32_t *) write_ids (self, network->outputs);
}

static void
write_journal (Writer         *self,
               QsPlan__Engine *message)
{
  guint n = qs_journal_get_n (self->engine->journal);

  message->n_journal = n;
  message->journal = NEW_ARRAY (self, QsPlan__Entry *, n);
  for (guint i = 0; i < n; i++)
    message->journal[i] = write_entry (self, qs_journal_get (self->engine->journal, i));
}

GBytes *
qs_plan_pack (QsEngine  *engine,
              GError   **error)
{
  g_autoptr (GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);
  g_autofree guint8 *packed = NULL;
  Writer self = { engine, memory };
  QsPlan__Engine message = QS_PLAN__ENGINE__INIT;
  gsize size;

  for (guint i = 0; i < engine->network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (engine->network->layers, i);

      if (!qs_plan_check_class (layer->klass, error))
        return NULL;
    }

  message.name = text (engine->network->name);
  message.backend = text (engine->backend->id);
  message.model_checksum = text (engine->model_checksum);
  message.rounding = engine->rounding;
  write_network (&self, &message);
  message.is_explicit = self.engine->is_explicit;
  write_journal (&self, &message);
  write_scales (&self, &message);

  size = qs_plan__engine__get_packed_size (&message);
  packed = size <= G_MAXINT32 ? g_try_malloc (size) : NULL;
  if (packed == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "the plan would have %" G_GSIZE_FORMAT " bytes, more than can be written", size);
      return NULL;
    }

  qs_plan__engine__pack (&message, packed);
  return g_bytes_new_take (g_steal_pointer (&packed), size);
}
