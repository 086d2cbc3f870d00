/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "builder/qs-builder.h"
#include "operators/qs-op-util.h"
#include "passes/qs-replay.h"
#include "qs-qdq-maker.h"
#include "runtime/qs-context.h"

/*
 * Random residual, concatenating and branching networks with Q/DQ: convolutions with and without
 * normalization and activations (SiLU among them), poolings of both kinds, paddings, products with
 * constant weights and of two activations, tensors with several readers, inputs and outputs in INT8. Each is evaluated as it stands,
 * layer by layer in float32 with Q and DQ as layers of their own (fake quantization), and built and
 * run in integers. The two sum in a different order, so they may differ in the last bits of a float,
 * and a number beside a rounding boundary may then fall to the other side: by one step.
 *
 * What may follow from that is worked out with bounds: a quantization turns a difference d into at
 * most floor (d / s) + 1 steps, a weighted layer multiplies it by its largest sum of |w|, and so on.
 * The bounds must hold for every output. They grow with depth, so the integers themselves are
 * compared, too, and nearly all must be equal.
 */

#define N_NETWORKS 120
#define CHANNELS 4
/* Float sums of at most 36 products of numbers below 20 in another order: 36 * 20 * 2^-24. */
#define FLOAT_ERROR 5e-5f
/* A boundary is met by chance in about FLOAT_ERROR / scale of all cases, and differences are carried
 * on; a wrong rewrite changes most of a tensor's bytes. Averages of few integers lie on boundaries
 * themselves where scales have a simple ratio, which is why it is 0.005 and not less. */
#define MAX_DIFFERENT 0.005

typedef struct
{
  QsTestMaker maker;
  GPtrArray *tensors;
  guint n;
} Generator;

static char *
next_name (Generator  *self,
           const char *what)
{
  return g_strdup_printf ("%s%u", what, self->n++);
}

static QsTensor *
pick (Generator *self)
{
  int last = (int) self->tensors->len - 1;
  int back = (int) (g_rand_double (self->maker.rand) * g_rand_double (self->maker.rand) *
                    self->tensors->len);

  return g_ptr_array_index (self->tensors, MAX (last - back, 0));
}

/* Few different scales, so that equal ones meet. */
static float
pick_scale (Generator *self)
{
  static const float scales[] = { 0.02f, 0.02f, 0.03f, 0.05f };

  return scales[g_rand_int_range (self->maker.rand, 0, G_N_ELEMENTS (scales))];
}

static QsTensor *
pair (Generator *self,
      QsTensor  *x)
{
  g_autofree char *name = next_name (self, "pair");

  return qs_test_pair (&self->maker, name, x, pick_scale (self));
}

static QsTensor *
convolution (Generator *self,
             QsTensor  *x,
             gboolean   plain)
{
  static const QsActivation activations[] = {
    { QS_ACTIVATION_RELU }, { QS_ACTIVATION_RELU }, { QS_ACTIVATION_CLIP, 0.0f, 2.0f },
    { QS_ACTIVATION_SILU }, { QS_ACTIVATION_LEAKY_RELU, 0.1f },
  };
  GRand *rand = self->maker.rand;
  g_autofree char *name = next_name (self, "conv");
  g_autofree char *bn = next_name (self, "bn");
  g_autofree char *act = next_name (self, "act");
  int groups = x->shape.dims[1] == CHANNELS && g_rand_int_range (rand, 0, 4) == 0 ? CHANNELS : 1;
  QsTensor *y;

  y = qs_test_qdq_convolution (&self->maker, name, x, CHANNELS, g_rand_boolean (rand) ? 1 : 3,
                               groups, g_rand_boolean (rand));
  if (g_rand_boolean (rand))
    y = qs_test_batch_norm (&self->maker, bn, y);
  if (!plain && g_rand_boolean (rand))
    y = qs_test_activation (&self->maker, act, y,
                            activations[g_rand_int_range (rand, 0, G_N_ELEMENTS (activations))]);
  return y;
}

static QsTensor *
residual (Generator *self)
{
  GRand *rand = self->maker.rand;
  QsTensor *shortcut = pick (self);
  QsTensor *branch = convolution (self, pair (self, pick (self)), TRUE);
  g_autofree char *name = next_name (self, "add");
  g_autofree char *act = next_name (self, "relu");
  QsTensor *sum;

  if (g_rand_int_range (rand, 0, 4) == 0)
    branch = pair (self, branch);
  if (g_rand_boolean (rand))
    shortcut = pair (self, shortcut);
  sum = qs_test_element_wise (&self->maker, name, branch, shortcut, QS_ELEMENT_WISE_ADD);
  if (g_rand_boolean (rand))
    sum = qs_test_activation (&self->maker, act, sum, (QsActivation) { QS_ACTIVATION_RELU });
  return sum;
}

static QsTensor *
concatenation (Generator *self)
{
  g_autofree char *name = next_name (self, "concat");
  QsTensor *a = pick (self), *b = pick (self);

  if (g_rand_boolean (self->maker.rand))
    a = pair (self, a);
  if (g_rand_boolean (self->maker.rand))
    b = pair (self, b);
  return convolution (self, pair (self, qs_test_concat (&self->maker, name, a, b)), FALSE);
}

static QsTensor *
pointwise (Generator *self)
{
  static const QsElementWiseType types[] = { QS_ELEMENT_WISE_ADD, QS_ELEMENT_WISE_MAX,
                                             QS_ELEMENT_WISE_MIN, QS_ELEMENT_WISE_MUL };
  g_autofree char *name = next_name (self, "point");

  return qs_test_element_wise (&self->maker, name, pair (self, pick (self)),
                               pair (self, pick (self)),
                               types[g_rand_int_range (self->maker.rand, 0, 4)]);
}

/* A window of 3x3 that keeps the plane. */
static QsTensor *
average (Generator *self)
{
  QsPoolingAttributes attributes = {
    .type = QS_POOLING_AVERAGE,
    .kernel_shape = { 2, { 3, 3 } },
    .strides = { 2, { 1, 1 } },
    .dilations = { 2, { 1, 1 } },
    .pads = { 4, { 1, 1, 1, 1 } },
    .count_include_pad = g_rand_boolean (self->maker.rand),
  };
  g_autofree char *name = next_name (self, "average");
  QsTensor *x = pair (self, pick (self));

  return pair (self, qs_test_layer (&self->maker, QS_LAYER_POOLING, name, &attributes, &x, 1));
}

/* Zeros or edges around the plane, and a convolution with a window of 3x3 that takes them away. */
static QsTensor *
padded (Generator *self)
{
  QsPaddingAttributes attributes = {
    .pads = { 8, { 0, 0, 1, 1, 0, 0, 1, 1 } },
    .mode = g_rand_boolean (self->maker.rand) ? QS_PADDING_CONSTANT : QS_PADDING_EDGE,
  };
  g_autofree char *name = next_name (self, "pad");
  QsTensor *x = pair (self, pick (self)), *y;
  QsConvolutionAttributes *window;

  y = qs_test_layer (&self->maker, QS_LAYER_PADDING, name, &attributes, &x, 1);
  g_free (g_steal_pointer (&name));
  name = next_name (self, "conv");
  y = qs_test_qdq_convolution (&self->maker, name, y, CHANNELS, 3, 1, TRUE);
  window = y->producer->attributes;
  for (int i = 0; i < window->pads.n; i++)
    window->pads.v[i] = 0;
  g_assert_true (y->producer->klass->infer (y->producer, NULL));
  return y;
}

/* The columns of the plane times constant weights, as many again; a bias makes it a Gemm's sum. */
static QsTensor *
product (Generator *self,
         QsTensor  *x,
         gint64     columns)
{
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  g_autofree char *name = next_name (self, "product");
  g_autofree char *weights = g_strconcat (name, ".weight", NULL);
  g_autofree char *bias = g_strconcat (name, ".bias", NULL);
  QsShape shape = qs_shape_make (2, (int) x->shape.dims[3], (int) columns);
  QsShape row = qs_shape_make (1, (int) columns);
  QsTensor *inputs[3] = { x };

  inputs[1] = qs_test_weights_pair (&self->maker, name,
                                    qs_test_constant (&self->maker, weights, &shape, 0.5f), 1);
  if (g_rand_boolean (self->maker.rand))
    inputs[2] = qs_test_constant (&self->maker, bias, &row, 0.5f);
  return qs_test_layer (&self->maker, QS_LAYER_MATRIX_MULTIPLY, name, &attributes, inputs,
                        inputs[2] != NULL ? 3 : 2);
}

/* a bᵀ of two activations, and constant weights that lead back to the shape of the others. */
static QsTensor *
attention (Generator *self)
{
  QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
  QsTransposeAttributes transpose = { { 4, { 0, 1, 3, 2 } } };
  g_autofree char *name = next_name (self, "transposed");
  QsTensor *inputs[2] = { pair (self, pick (self)), pick (self) };
  gint64 columns = inputs[0]->shape.dims[3];

  inputs[1] = qs_test_layer (&self->maker, QS_LAYER_TRANSPOSE, name, &transpose, &inputs[1], 1);
  inputs[1] = pair (self, inputs[1]);
  g_free (g_steal_pointer (&name));
  name = next_name (self, "attention");
  return product (self, pair (self, qs_test_layer (&self->maker, QS_LAYER_MATRIX_MULTIPLY, name,
                                                   &attributes, inputs, 2)), columns);
}

static QsTensor *
step (Generator *self)
{
  g_autofree char *name = next_name (self, "step");
  QsTensor *x;

  switch (g_rand_int_range (self->maker.rand, 0, 14))
    {
    case 9:
      return average (self);
    case 10:
      return padded (self);
    case 11:
      x = pair (self, pick (self));
      return product (self, x, x->shape.dims[3]);
    case 12:
      return attention (self);
    case 0:
      return qs_test_max_pool (&self->maker, name, pick (self));
    case 1:
      return qs_test_activation (&self->maker, name, pick (self),
                                 (QsActivation) { QS_ACTIVATION_RELU });
    case 2:
      return residual (self);
    case 3:
      return concatenation (self);
    case 4:
      return pointwise (self);
    case 5:
      return pair (self, pick (self));
    default:
      return convolution (self, pair (self, pick (self)), FALSE);
    }
}

/* Floats, or integers that only a DQ stands behind. */
static QsTensor *
add_input (Generator     *self,
           const QsShape *shape)
{
  if (g_rand_int_range (self->maker.rand, 0, 4) > 0)
    return qs_test_input (&self->maker, "input", shape);

  return qs_test_dequantize (&self->maker, "input_dq",
                             qs_network_add_input (self->maker.network, "input", QS_DATA_TYPE_INT8,
                                                   shape), 0.03f);
}

static QsNetwork *
make_network (guint32 seed)
{
  Generator self = { .tensors = g_ptr_array_new () };
  QsShape shape = qs_shape_make (4, 1, CHANNELS, 5, 6);
  int n;

  qs_test_maker_init (&self.maker, seed);
  n = g_rand_int_range (self.maker.rand, 2, 9);
  g_ptr_array_add (self.tensors, add_input (&self, &shape));
  for (int i = 0; i < n; i++)
    g_ptr_array_add (self.tensors, step (&self));

  g_ptr_array_add (self.tensors, pair (&self, pick (&self)));
  for (guint i = 1; i < self.tensors->len; i++)
    if (((QsTensor *) g_ptr_array_index (self.tensors, i))->consumers->len == 0)
      qs_network_mark_output (self.maker.network, g_ptr_array_index (self.tensors, i));
  /* An output in INT8: the integers of a last Q. */
  if (g_rand_int_range (self.maker.rand, 0, 3) == 0)
    qs_network_mark_output (self.maker.network,
                            qs_test_quantize (&self.maker, "output8", pick (&self), 0.03f));
  g_ptr_array_unref (self.tensors);
  g_rand_free (self.maker.rand);
  g_assert_true (qs_network_sort (self.maker.network, NULL));
  return self.maker.network;
}

/* The largest sum of |w| of an output channel, with the bytes and scales that the DQ gives. */
static float
find_gain (const QsLayer *layer,
           GHashTable    *values)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsHostTensor *value = g_hash_table_lookup (values, weights->name);
  gint64 n = qs_host_tensor_get_n_elements (value) / weights->shape.dims[0];
  float largest = 0.0f;

  for (gint64 k = 0; k < weights->shape.dims[0]; k++)
    {
      float sum = 0.0f;

      for (gint64 i = 0; i < n; i++)
        sum += fabsf ((float) qs_host_tensor_get_number (value, k * n + i));
      largest = fmaxf (largest, sum);
    }

  return largest;
}

static float
find_norm_gain (const QsLayer *layer)
{
  float largest = 0.0f;

  for (gint64 k = 0; k < CHANNELS; k++)
    {
      double gamma = qs_host_tensor_get_number (qs_layer_get_input (layer, 1)->value, k);
      double variance = qs_host_tensor_get_number (qs_layer_get_input (layer, 4)->value, k);

      largest = fmaxf (largest, (float) (fabs (gamma) / sqrt (variance + 1e-5)));
    }

  return largest;
}

/* The largest number of input @index. */
static float
max_of (const QsLayer *layer,
        guint          index,
        GHashTable    *values)
{
  return qs_test_max_abs (g_hash_table_lookup (values, qs_layer_get_input (layer, index)->name));
}

/* How far the output of @layer may be away when its inputs are @a and @b away. */
static float
propagate (const QsLayer *layer,
           GHashTable    *values,
           float          a,
           float          b)
{
  const QsElementWiseAttributes *attributes = layer->attributes;
  float scale, n;

  switch ((int) layer->klass->kind)
    {
    case QS_LAYER_QUANTIZE: /* in units of what the integers stand for */
      scale = (float) qs_host_tensor_get_number (qs_layer_get_input (layer, 1)->value, 0);
      return a > 0.0f ? (floorf (a / scale) + 1.0f) * scale : 0.0f;
    case QS_LAYER_DEQUANTIZE: /* likewise; numbers below 7 have last bits of 5e-7, and two are compared */
      return a > 0.0f ? a + 2e-6f : 0.0f;
    case QS_LAYER_MATRIX_MULTIPLY: /* (A + a) (B + b) - A B, summed over the inner axis */
      n = (float) qs_layer_get_input (layer, 0)->shape.dims[3];
      return n * (a * max_of (layer, 1, values) + b * max_of (layer, 0, values) + a * b) +
             FLOAT_ERROR;
    case QS_LAYER_POOLING:
      return a + FLOAT_ERROR;
    case QS_LAYER_CONVOLUTION:
      return a * find_gain (layer, values) + FLOAT_ERROR;
    case QS_LAYER_SCALE:
      return a * find_norm_gain (layer) + FLOAT_ERROR;
    case QS_LAYER_ELEMENT_WISE:
      if (attributes->type == QS_ELEMENT_WISE_MUL)
        return a * max_of (layer, 1, values) + b * max_of (layer, 0, values) + a * b + FLOAT_ERROR;
      return attributes->type == QS_ELEMENT_WISE_ADD ? a + b + FLOAT_ERROR : fmaxf (a, b);
    case QS_LAYER_ACTIVATION: /* the slope of SiLU is at most 1.0999 */
      return 1.1f * a + FLOAT_ERROR;
    default:
      return fmaxf (a, b);
    }
}

static float
get_bound (GHashTable     *bounds,
           const QsTensor *tensor)
{
  const float *bound = tensor != NULL ? g_hash_table_lookup (bounds, tensor) : NULL;

  return bound != NULL ? *bound : 0.0f;
}

/* (element-type float): by tensor */
static GHashTable *
find_bounds (QsNetwork  *network,
             GHashTable *values)
{
  GHashTable *bounds = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      gboolean two = layer->klass->kind == QS_LAYER_ELEMENT_WISE ||
                     layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY ||
                     layer->klass->kind == QS_LAYER_CONCATENATION;
      float bound = propagate (layer, values, get_bound (bounds, qs_layer_get_input (layer, 0)),
                               two ? get_bound (bounds, qs_layer_get_input (layer, 1)) : 0.0f);

      g_hash_table_insert (bounds, qs_layer_get_output (layer, 0), g_memdup2 (&bound, sizeof bound));
    }

  return bounds;
}

typedef struct
{
  QsNetwork *network;
  GHashTable *values;
  gint64 n;
  gint64 n_different;
} Comparison;

/* The integers of the engine beside those of the fake quantization, where both have the tensor. */
static void
compare (const QsTensor *tensor,
         const QsView   *view,
         gpointer        user_data)
{
  Comparison *self = user_data;
  const QsTensor *original = qs_network_find_tensor (self->network, tensor->name);
  QsHostTensor *value = g_hash_table_lookup (self->values, tensor->name);
  gint64 i = 0;
  QsWalk walk;

  if (view->type != QS_DATA_TYPE_INT8 || original == NULL || original->type != QS_DATA_TYPE_INT8 ||
      !qs_shape_equal (&original->shape, &tensor->shape))
    return;

  qs_walk_init (&walk, &view->shape);
  qs_walk_add (&walk, view->strides);
  for (; !walk.done; qs_walk_next (&walk))
    self->n_different += ((const gint8 *) view->data)[walk.offset[0]] !=
                         ((const gint8 *) qs_host_tensor_get_data (value))[i++];
  self->n += i;
}

static QsEngine *
build (QsNetwork  *network,
       const char *backend)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  options.backend = qs_backend_lookup (backend);
  options.int8 = QS_INT8_ALL;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static GPtrArray *
run (QsEngine   *engine,
     GHashTable *values,
     Comparison *comparison)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, 2, &error);
  QsHostTensor *input = g_hash_table_lookup (values, "input");
  GPtrArray *outputs = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  g_assert_no_error (error);
  if (comparison != NULL)
    qs_context_set_observer (context, compare, comparison);
  g_ptr_array_set_size (outputs, (int) network->outputs->len);
  qs_context_run (context, &input, (QsHostTensor **) outputs->pdata, &error);
  g_assert_no_error (error);
  return outputs;
}

static void
check_outputs (QsNetwork  *network,
               GHashTable *values,
               GPtrArray  *outputs,
               guint32     seed)
{
  g_autoptr (GHashTable) bounds = find_bounds (network, values);

  for (guint i = 0; i < network->outputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->outputs, i);
      QsHostTensor *expected = g_hash_table_lookup (values, tensor->name);
      /* Bounds of integers are in units of what they stand for. */
      float unit = tensor->type == QS_DATA_TYPE_INT8 ? 0.03f : 1.0f;
      float difference =
        unit * qs_test_max_difference (expected, g_ptr_array_index (outputs, i));

      if (!(difference <= get_bound (bounds, tensor)))
        g_error ("network %u, output %s: %g away, and %g can be explained", seed, tensor->name,
                 (double) difference, (double) get_bound (bounds, tensor));
    }
}

static void
check_replay (QsNetwork *network,
              QsEngine  *engine)
{
  g_autoptr (GPtrArray) layers =
    qs_replay_get_layers (qs_engine_get_journal (engine), qs_engine_get_network (engine), 0);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpuint (layers->len, ==, network->layers->len);
  for (guint i = 0; i < layers->len; i++)
    g_hash_table_insert (names, ((QsLayerSketch *) g_ptr_array_index (layers, i))->name,
                         g_ptr_array_index (layers, i));
  for (guint i = 0; i < network->layers->len; i++)
    {
      g_autoptr (QsLayerSketch) wanted = qs_layer_sketch_new (g_ptr_array_index (network->layers, i));
      const QsLayerSketch *found = g_hash_table_lookup (names, wanted->name);

      if (found == NULL || !qs_layer_sketch_equal (found, wanted))
        g_error ("the replay has lost layer %s", wanted->name);
    }
}

static void
check_network (guint32     seed,
               Comparison *total)
{
  g_autoptr (QsNetwork) network = make_network (seed);
  g_autoptr (GHashTable) values = qs_test_evaluate (network, seed);
  g_autoptr (QsEngine) cpu = build (network, "cpu");
  g_autoptr (QsEngine) reference = build (network, "reference");
  Comparison comparison = { network, values, 0, 0 };
  g_autoptr (GPtrArray) a = run (cpu, values, &comparison);
  g_autoptr (GPtrArray) b = run (reference, values, NULL);

  check_outputs (network, values, a, seed);
  check_outputs (network, values, b, seed);
  check_replay (network, cpu);
  for (guint i = 0; i < a->len; i++)
    if (qs_engine_count_layers (cpu, QS_PRECISION_FP32) == 0)
      g_assert_cmpmem (qs_host_tensor_get_data (a->pdata[i]), qs_host_tensor_get_size (a->pdata[i]),
                       qs_host_tensor_get_data (b->pdata[i]), qs_host_tensor_get_size (b->pdata[i]));
  total->n += comparison.n;
  total->n_different += comparison.n_different;
}

static void
test_random_networks (void)
{
  Comparison total = { NULL };

  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    check_network (seed, &total);

  g_test_message ("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " integers differ", total.n_different,
                  total.n);
  g_assert_cmpint (total.n, >, 100 * N_NETWORKS);
  g_assert_cmpfloat ((double) total.n_different, <=, MAX_DIFFERENT * (double) total.n);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qdq-random/networks", test_random_networks);
  return g_test_run ();
}
