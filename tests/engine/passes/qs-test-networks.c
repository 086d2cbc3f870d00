/* SPDX-License-Identifier: MIT */
#include "qs-test-networks.h"

#include <math.h>

#include "operators/qs-operator.h"

void
qs_test_maker_init (QsTestMaker *self,
                    guint32      seed)
{
  self->network = qs_network_new ("test");
  self->rand = g_rand_new_with_seed (seed);
}

void
qs_test_maker_clear (QsTestMaker *self)
{
  qs_network_unref (self->network);
  g_rand_free (self->rand);
}

QsTensor *
qs_test_input (QsTestMaker   *self,
               const char    *name,
               const QsShape *shape)
{
  return qs_network_add_input (self->network, name, QS_DATA_TYPE_FLOAT, shape);
}

static QsHostTensor *
random_floats (GRand         *rand,
               const QsShape *shape,
               float          low,
               float          high)
{
  QsHostTensor *tensor = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, shape, NULL);
  float *values = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    values[i] = (float) g_rand_double_range (rand, low, high);
  return tensor;
}

QsTensor *
qs_test_constant (QsTestMaker   *self,
                  const char    *name,
                  const QsShape *shape,
                  float          amplitude)
{
  g_autoptr (QsHostTensor) value = random_floats (self->rand, shape, -amplitude, amplitude);

  return qs_network_add_constant (self->network, name, value);
}

QsTensor *
qs_test_number (QsTestMaker *self,
                const char  *name,
                float        value)
{
  QsShape shape = { 0 };
  g_autoptr (QsHostTensor) tensor =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, &value, sizeof value, NULL);

  return qs_network_add_constant (self->network, name, tensor);
}

QsTensor *
qs_test_layer (QsTestMaker   *self,
               QsLayerKind    kind,
               const char    *name,
               gconstpointer  attributes,
               QsTensor     **inputs,
               guint          n_inputs)
{
  const QsLayerClass *klass = qs_layer_class_lookup (kind);
  QsTensor *output = qs_network_add_tensor (self->network, name);
  GError *error = NULL;
  QsLayer *layer;

  g_assert_nonnull (klass);
  layer = qs_network_add_layer (self->network, klass, name, attributes, inputs, n_inputs, &output,
                                1);
  qs_layer_add_origin (layer, klass->name, name);
  klass->infer (layer, &error);
  g_assert_no_error (error);
  return output;
}

static QsTensor *
suffixed (QsTestMaker *self,
          const char  *name,
          const char  *suffix,
          QsShape      shape,
          float        amplitude)
{
  g_autofree char *full = g_strconcat (name, suffix, NULL);

  return qs_test_constant (self, full, &shape, amplitude);
}

QsTensor *
qs_test_convolution (QsTestMaker *self,
                     const char  *name,
                     QsTensor    *x,
                     int          channels,
                     int          kernel,
                     int          groups,
                     gboolean     bias)
{
  int in_channels = (int) x->shape.dims[1] / groups;
  int pad = kernel / 2;
  QsConvolutionAttributes attributes = {
    .groups = groups,
    .kernel_shape = { 2, { kernel, kernel } },
    .strides = { 2, { 1, 1 } },
    .dilations = { 2, { 1, 1 } },
    .pads = { 4, { pad, pad, pad, pad } },
  };
  /* Keeps the size of values about the same from layer to layer. */
  float amplitude = sqrtf (3.0f / (float) (in_channels * kernel * kernel));
  QsTensor *inputs[3] = { x };

  inputs[1] = suffixed (self, name, ".weight",
                        qs_shape_make (4, channels, in_channels, kernel, kernel), amplitude);
  if (bias)
    inputs[2] = suffixed (self, name, ".bias", qs_shape_make (1, channels), 0.5f);
  return qs_test_layer (self, QS_LAYER_CONVOLUTION, name, &attributes, inputs, bias ? 3 : 2);
}

QsTensor *
qs_test_batch_norm (QsTestMaker *self,
                    const char  *name,
                    QsTensor    *x)
{
  QsScaleAttributes attributes = { 1e-5f };
  QsShape shape = qs_shape_make (1, (int) x->shape.dims[1]);
  g_autoptr (QsHostTensor) gamma = random_floats (self->rand, &shape, 0.5f, 1.5f);
  g_autoptr (QsHostTensor) variance = random_floats (self->rand, &shape, 0.5f, 2.0f);
  QsTensor *inputs[5] = { x };

  inputs[1] = qs_network_add_constant (self->network, "gamma", gamma);
  inputs[2] = suffixed (self, name, ".beta", shape, 0.5f);
  inputs[3] = suffixed (self, name, ".mean", shape, 0.5f);
  inputs[4] = qs_network_add_constant (self->network, "variance", variance);
  return qs_test_layer (self, QS_LAYER_SCALE, name, &attributes, inputs, 5);
}

QsTensor *
qs_test_activation (QsTestMaker  *self,
                    const char   *name,
                    QsTensor     *x,
                    QsActivation  activation)
{
  QsTensor *output = qs_test_layer (self, QS_LAYER_ACTIVATION, name, NULL, &x, 1);

  output->producer->activation = activation;
  return output;
}

QsTensor *
qs_test_element_wise (QsTestMaker       *self,
                      const char        *name,
                      QsTensor          *a,
                      QsTensor          *b,
                      QsElementWiseType  type)
{
  QsElementWiseAttributes attributes = { type };
  QsTensor *inputs[] = { a, b };

  return qs_test_layer (self, QS_LAYER_ELEMENT_WISE, name, &attributes, inputs, 2);
}

QsTensor *
qs_test_max_pool (QsTestMaker *self,
                  const char  *name,
                  QsTensor    *x)
{
  QsPoolingAttributes attributes = {
    .type = QS_POOLING_MAX,
    .kernel_shape = { 2, { 3, 3 } },
    .strides = { 2, { 1, 1 } },
    .dilations = { 2, { 1, 1 } },
    .pads = { 4, { 1, 1, 1, 1 } },
  };

  return qs_test_layer (self, QS_LAYER_POOLING, name, &attributes, &x, 1);
}

QsTensor *
qs_test_average_pool (QsTestMaker *self,
                      const char  *name,
                      QsTensor    *x)
{
  QsPoolingAttributes attributes = { .type = QS_POOLING_AVERAGE, .global = TRUE };

  return qs_test_layer (self, QS_LAYER_POOLING, name, &attributes, &x, 1);
}

QsTensor *
qs_test_product (QsTestMaker *self,
                 const char  *name,
                 QsTensor    *x,
                 int          columns,
                 gboolean     bias)
{
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  int rows = (int) x->shape.dims[x->shape.n_dims - 1];
  QsTensor *inputs[3] = { x };

  inputs[1] = suffixed (self, name, ".weight", qs_shape_make (2, rows, columns),
                        sqrtf (3.0f / (float) rows));
  if (bias)
    inputs[2] = suffixed (self, name, ".bias", qs_shape_make (1, columns), 0.5f);
  return qs_test_layer (self, QS_LAYER_MATRIX_MULTIPLY, name, &attributes, inputs, bias ? 3 : 2);
}

static QsTensor *
random_tensor (QsTestMaker *self,
               GPtrArray   *tensors)
{
  /* Mostly recent ones, so that networks are deep. */
  int last = (int) tensors->len - 1;
  int back = (int) (g_rand_double (self->rand) * g_rand_double (self->rand) * tensors->len);

  return g_ptr_array_index (tensors, MAX (last - back, 0));
}

static QsTensor *
random_activation (QsTestMaker *self,
                   const char  *name,
                   QsTensor    *x)
{
  static const QsActivation choices[] = {
    { QS_ACTIVATION_RELU },
    { QS_ACTIVATION_CLIP, 0.0f, 6.0f },
    { QS_ACTIVATION_CLIP, -1.0f, 1.0f },
    { QS_ACTIVATION_LEAKY_RELU, 0.1f },
    { QS_ACTIVATION_SIGMOID },
    { QS_ACTIVATION_HARD_SIGMOID, 1.0f / 6.0f, 0.5f },
  };

  return qs_test_activation (self, name, x,
                             choices[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (choices))]);
}

static QsTensor *
random_step (QsTestMaker *self,
             const char  *name,
             GPtrArray   *tensors)
{
  QsTensor *x = random_tensor (self, tensors);
  int channels = (int) x->shape.dims[1];
  g_autofree char *inner = g_strconcat (name, "_inner", NULL);
  QsShape row = qs_shape_make (4, 1, channels, 1, 1);
  QsTensor *y;

  switch (g_rand_int_range (self->rand, 0, 10))
    {
    case 0:
      return qs_test_convolution (self, name, x, channels, 3, 1, g_rand_boolean (self->rand));
    case 1:
      return qs_test_convolution (self, name, x, channels, 3, channels, FALSE);
    case 2:
      y = qs_test_convolution (self, inner, x, channels, 1, 1, g_rand_boolean (self->rand));
      return qs_test_batch_norm (self, name, y);
    case 3:
      return qs_test_batch_norm (self, name, x);
    case 4:
      return qs_test_element_wise (self, name, x, random_tensor (self, tensors),
                                   QS_ELEMENT_WISE_ADD);
    case 5:
      y = qs_test_constant (self, inner, &row, 0.5f);
      return qs_test_element_wise (self, name, x, y, QS_ELEMENT_WISE_ADD);
    case 6:
      y = qs_test_activation (self, inner, x, (QsActivation) { QS_ACTIVATION_SIGMOID });
      return qs_test_element_wise (self, name, y, x, QS_ELEMENT_WISE_MUL);
    case 7:
      return qs_test_max_pool (self, name, x);
    default:
      return random_activation (self, name, x);
    }
}

QsNetwork *
qs_test_random_network (guint32 seed)
{
  QsTestMaker maker;
  g_autoptr (GPtrArray) tensors = g_ptr_array_new ();
  QsShape shape = qs_shape_make (4, 2, 4, 5, 6);
  int n;
  QsTensor *pooled;

  qs_test_maker_init (&maker, seed);
  n = g_rand_int_range (maker.rand, 4, 25);
  g_ptr_array_add (tensors, qs_test_input (&maker, "input", &shape));
  for (int i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("step%d", i);

      g_ptr_array_add (tensors, random_step (&maker, name, tensors));
    }

  for (guint i = 1; i < tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor->consumers->len == 0 || g_rand_int_range (maker.rand, 0, 12) == 0)
        qs_network_mark_output (maker.network, tensor);
    }
  pooled = qs_test_average_pool (&maker, "pooled", g_ptr_array_index (tensors, tensors->len - 1));
  /* A convolution on one position, to which all layouts are the same memory. */
  qs_network_mark_output (maker.network,
                          qs_test_convolution (&maker, "head", pooled, 6, 1, 1, TRUE));

  g_rand_free (maker.rand);
  g_assert_true (qs_network_sort (maker.network, NULL));
  return maker.network;
}

QsHostTensor *
qs_test_input_value (const QsTensor *tensor,
                     guint32         input_seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (input_seed + g_str_hash (tensor->name));

  if (tensor->type == QS_DATA_TYPE_INT8)
    {
      QsHostTensor *bytes = qs_host_tensor_new (QS_DATA_TYPE_INT8, &tensor->shape, NULL);

      for (gint64 i = 0; i < qs_host_tensor_get_n_elements (bytes); i++)
        ((gint8 *) qs_host_tensor_get_mutable (bytes))[i] =
          (gint8) g_rand_int_range (rand, -128, 128);
      return bytes;
    }
  return random_floats (rand, &tensor->shape, -2.0f, 2.0f);
}

static void
fill_views (GHashTable *values,
            GPtrArray  *tensors,
            QsView     *views,
            gboolean    create)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);
      QsHostTensor *value;

      if (tensor == NULL)
        continue;
      if (create)
        g_hash_table_insert (values, g_strdup (tensor->name),
                             qs_host_tensor_new (tensor->type, &tensor->shape, NULL));
      value = tensor->value != NULL ? tensor->value : g_hash_table_lookup (values, tensor->name);
      g_assert_nonnull (value);
      qs_view_init_for_host (&views[i], value);
    }
}

GHashTable *
qs_test_evaluate (QsNetwork *network,
                  guint32    input_seed)
{
  GHashTable *values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                              (GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->inputs, i);

      g_hash_table_insert (values, g_strdup (tensor->name),
                           qs_test_input_value (tensor, input_seed));
    }

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      QsView inputs[8] = { { NULL } }, outputs[4] = { { NULL } };
      g_autoptr (GError) error = NULL;

      g_assert_cmpuint (layer->inputs->len, <=, 8);
      fill_views (values, layer->inputs, inputs, FALSE);
      fill_views (values, layer->outputs, outputs, TRUE);
      layer->klass->evaluate (layer, inputs, outputs, &error);
      g_assert_no_error (error);
    }

  return values;
}

float
qs_test_max_abs (QsHostTensor *tensor)
{
  float max = 0.0f;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    max = fmaxf (max, fabsf ((float) qs_host_tensor_get_number (tensor, i)));
  return max;
}

float
qs_test_max_difference (QsHostTensor *a,
                        QsHostTensor *b)
{
  float max = 0.0f;

  g_assert_true (qs_shape_equal (qs_host_tensor_get_shape (a), qs_host_tensor_get_shape (b)));
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (a); i++)
    max = fmaxf (max, fabsf ((float) (qs_host_tensor_get_number (a, i) -
                                      qs_host_tensor_get_number (b, i))));
  return max;
}

QsScaleTable *
qs_test_make_scales (QsNetwork *network,
                     guint32    input_seed)
{
  g_autoptr (GHashTable) values = qs_test_evaluate (network, input_seed);
  QsScaleTable *scales = qs_scale_table_new ();

  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      QsHostTensor *value = g_hash_table_lookup (values, tensor->name);

      if (value != NULL)
        qs_scale_table_set (scales, tensor->name, qs_test_max_abs (value) / 127.0f);
    }
  return scales;
}
