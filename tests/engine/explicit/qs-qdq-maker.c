/* SPDX-License-Identifier: MIT */
#include "qs-qdq-maker.h"

#include <math.h>

#include "operators/qs-operator.h"
#include "passes/qs-pass.h"

static QsTensor *
add_qdq (QsTestMaker  *self,
         QsLayerKind   kind,
         const char   *name,
         QsTensor     *x,
         QsTensor     *scale,
         int           axis)
{
  QsQuantizeAttributes attributes = {
    .axis = axis,
    .data_type = kind == QS_LAYER_QUANTIZE ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT,
  };
  QsTensor *inputs[] = { x, scale };

  return qs_test_layer (self, kind, name, &attributes, inputs, 2);
}

static QsTensor *
add_scale (QsTestMaker *self,
           const char  *name,
           float        scale)
{
  g_autofree char *full = g_strconcat (name, "_scale", NULL);

  return qs_test_number (self, full, scale);
}

QsTensor *
qs_test_quantize (QsTestMaker *self,
                  const char  *name,
                  QsTensor    *x,
                  float        scale)
{
  return add_qdq (self, QS_LAYER_QUANTIZE, name, x, add_scale (self, name, scale), 0);
}

QsTensor *
qs_test_dequantize (QsTestMaker *self,
                    const char  *name,
                    QsTensor    *q,
                    float        scale)
{
  return add_qdq (self, QS_LAYER_DEQUANTIZE, name, q, add_scale (self, name, scale), 0);
}

QsTensor *
qs_test_pair (QsTestMaker *self,
              const char  *name,
              QsTensor    *x,
              float        scale)
{
  g_autofree char *q = g_strconcat (name, "_q", NULL);
  g_autofree char *dq = g_strconcat (name, "_dq", NULL);

  return qs_test_dequantize (self, dq, qs_test_quantize (self, q, x, scale), scale);
}

static QsTensor *
find_scales (QsTestMaker    *self,
             const char     *name,
             const QsTensor *weights,
             int             axis)
{
  QsShape shape = qs_shape_make (1, (int) weights->shape.dims[axis]);
  g_autoptr (QsHostTensor) scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  g_autofree char *full = g_strconcat (name, "_scale", NULL);
  float *values = qs_host_tensor_get_mutable (scales);
  gint64 inner = 1;

  for (int i = axis + 1; i < weights->shape.n_dims; i++)
    inner *= weights->shape.dims[i];
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (weights->value); i++)
    {
      float w = fabsf ((float) qs_host_tensor_get_number (weights->value, i));
      gint64 k = i / inner % shape.dims[0];

      values[k] = fmaxf (values[k], w);
    }
  for (gint64 k = 0; k < shape.dims[0]; k++)
    values[k] /= 127.0f;
  return qs_network_add_constant (self->network, full, scales);
}

QsTensor *
qs_test_weights_pair (QsTestMaker *self,
                      const char  *name,
                      QsTensor    *weights,
                      int          axis)
{
  g_autofree char *q = g_strconcat (name, "_wq", NULL);
  g_autofree char *dq = g_strconcat (name, "_wdq", NULL);
  QsTensor *scales = find_scales (self, name, weights, axis);
  QsTensor *integers = add_qdq (self, QS_LAYER_QUANTIZE, q, weights, scales, axis);

  return add_qdq (self, QS_LAYER_DEQUANTIZE, dq, integers, scales, axis);
}

QsTensor *
qs_test_qdq_convolution (QsTestMaker *self,
                         const char  *name,
                         QsTensor    *x,
                         int          channels,
                         int          kernel,
                         int          groups,
                         gboolean     bias)
{
  QsTensor *y = qs_test_convolution (self, name, x, channels, kernel, groups, bias);
  QsLayer *layer = y->producer;
  QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  qs_network_set_input (self->network, layer, QS_INPUT_WEIGHTS,
                        qs_test_weights_pair (self, name, weights, 0));
  return y;
}

QsTensor *
qs_test_concat (QsTestMaker *self,
                const char  *name,
                QsTensor    *a,
                QsTensor    *b)
{
  QsAxisAttributes attributes = { 1 };
  QsTensor *inputs[] = { a, b };

  return qs_test_layer (self, QS_LAYER_CONCATENATION, name, &attributes, inputs, 2);
}

static void
describe_tensors (GString   *text,
                  GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && tensor->value == NULL)
        g_string_append_printf (text, " %s:%s", tensor->name,
                                tensor->type == QS_DATA_TYPE_INT8 ? "i8" : "f32");
    }
}

char *
qs_test_describe (QsNetwork *network)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      g_string_append_printf (text, "%s %s %s", layer->klass->name, layer->name,
                              qs_precision_name (layer->precision));
      if (layer->activation.type != QS_ACTIVATION_NONE)
        g_string_append_printf (text, " %s", qs_activation_name (layer->activation.type));
      g_string_append_c (text, ':');
      describe_tensors (text, layer->inputs);
      g_string_append (text, " ->");
      describe_tensors (text, layer->outputs);
      g_string_append_c (text, '\n');
    }

  return g_string_free (text, FALSE);
}

char *
qs_test_run_explicit (QsTestMaker *self,
                      QsJournal   *journal)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_network_sort (self->network, NULL));
  qs_passes_run_explicit (self->network, QS_PASS_DEFAULT, journal, &error);
  g_assert_no_error (error);
  return qs_test_describe (self->network);
}

guint
qs_test_count_entries (QsJournal     *journal,
                       QsJournalKind  kind,
                       const char    *rule)
{
  guint n = 0;

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    n += qs_journal_get (journal, i)->kind == kind &&
         g_str_equal (qs_journal_get (journal, i)->rule, rule);
  return n;
}
