/* SPDX-License-Identifier: MIT */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-trex-format.h"
#include "qs-trex-graph.h"

/*
 * The keys, and their order, are those of engines that TensorRT 8.4 wrote and NVIDIA published with
 * trt-engine-explorer (ResNet-18, ResNet-50 and MobileNetV2): convolutions, ConvActPool, poolings,
 * reformats, NoOps, shuffles, slices, paddings, softmax and scales. Of the others no file is public:
 * matrix products, concatenations, reductions, element-wise layers and resizes have the fields of their
 * class under the names that ONNX gives them, although the explorer's reader knows other keys for
 * resizes (trex/df_preprocessing.py). The tactic's name is that of our kernel.
 */

typedef struct
{
  const char *prefix; /* of keys: "Conv" and "Pooling" in ConvActPool */
  JsonBuilder *json;
  QsEngine *engine;
  const QsEngineLayer *info;
  const QsLayer *layer;
} Writer;

static void
set_name (Writer     *self,
          const char *name)
{
  g_autofree char *key = g_strconcat (self->prefix != NULL ? self->prefix : "", name, NULL);

  json_builder_set_member_name (self->json, key);
}

static void
add_text (Writer     *self,
          const char *name,
          const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value != NULL ? value : "", -1);

  set_name (self, name);
  json_builder_add_string_value (self->json, valid);
}

static void
add_int (Writer     *self,
         const char *name,
         gint64      value)
{
  set_name (self, name);
  json_builder_add_int_value (self->json, value);
}

static void
add_number (Writer     *self,
            const char *name,
            double      value)
{
  set_name (self, name);
  if (isfinite (value))
    json_builder_add_double_value (self->json, value);
  else
    json_builder_add_null_value (self->json);
}

static void
add_ints (Writer       *self,
          const char   *name,
          const gint64 *values,
          int           n)
{
  set_name (self, name);
  json_builder_begin_array (self->json);
  for (int i = 0; i < n; i++)
    json_builder_add_int_value (self->json, values[i]);
  json_builder_end_array (self->json);
}

static void
add_tensor (Writer         *self,
            const QsTensor *tensor)
{
  const char *format = qs_trex_format_name (tensor->type, tensor->format);
  gboolean on_host = self->layer->klass->placement == QS_PLACEMENT_HOST;

  json_builder_begin_object (self->json);
  add_text (self, "Name", tensor->name);
  add_text (self, "Location", on_host ? "Host" : "Device");
  add_ints (self, "Dimensions", tensor->shape.dims, tensor->shape.n_dims);
  add_text (self, "Format/Datatype", format != NULL ? format : "Unknown format");
  json_builder_end_object (self->json);
}

static void
add_tensors (Writer     *self,
             const char *name,
             GPtrArray  *tensors)
{
  json_builder_set_member_name (self->json, name);
  json_builder_begin_array (self->json);
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && qs_tensor_is_activation (tensor))
        add_tensor (self, tensor);
    }
  json_builder_end_array (self->json);
}

/* A constant's type and size: the numbers are not told. */
static void
add_count (Writer     *self,
           const char *name,
           const char *type,
           gint64      n)
{
  const char *prefix = self->prefix;

  set_name (self, name);
  self->prefix = NULL;
  json_builder_begin_object (self->json);
  add_text (self, "Type", type);
  add_int (self, "Count", n);
  json_builder_end_object (self->json);
  self->prefix = prefix;
}

static void
add_constant (Writer     *self,
              const char *name,
              guint       index)
{
  const QsTensor *tensor = qs_layer_get_input (self->layer, index);
  gboolean there = tensor != NULL && qs_tensor_is_constant (tensor);
  const char *type = there ? qs_trex_type_name (tensor->type) : NULL;

  add_count (self, name, type != NULL ? type : "Float",
             there ? qs_shape_n_elements (&tensor->shape) : 0);
}

/* “RELU”, “SIGMOID”: TensorRT writes the names of its enumeration. The ends of a clip are integers of
 * the output where that is INT8: [0.000000,127.000000] in MobileNetV2's engine. */
static void
add_activation (Writer *self)
{
  const QsActivation *activation = &self->layer->activation;
  const QsTensor *output = qs_layer_get_output (self->layer, 0);
  float unit = output != NULL && output->type == QS_DATA_TYPE_INT8 && output->scale > 0.0f
                 ? output->scale : 1.0f;
  g_autofree char *name = g_ascii_strup (qs_activation_name (activation->type), -1);
  g_autofree char *ends = NULL;

  if (activation->type != QS_ACTIVATION_CLIP)
    {
      add_text (self, "Activation", activation->type == QS_ACTIVATION_NONE ? "NONE" : name);
      return;
    }

  ends = g_strdup_printf ("[%f,%f]", (double) (activation->alpha / unit),
                          (double) (activation->beta / unit));
  add_text (self, "Activation", "CLIPPED_RELU");
  add_text (self, "ParameterSubType", ends);
}

static void
add_window (Writer       *self,
            const char   *size_name,
            const QsInts *kernel,
            const QsInts *pads,
            const QsInts *strides,
            gboolean      round_up)
{
  int n = pads->n / 2;

  add_ints (self, size_name, kernel->v, kernel->n);
  add_text (self, "PaddingMode", round_up ? "kEXPLICIT_ROUND_UP" : "kEXPLICIT_ROUND_DOWN");
  add_ints (self, "PrePadding", pads->v, n);
  add_ints (self, "PostPadding", pads->v + n, n);
  add_ints (self, "Stride", strides->v, strides->n);
}

static void
add_weights (Writer *self)
{
  add_constant (self, "Weights", QS_INPUT_WEIGHTS);
  add_constant (self, "Bias", QS_INPUT_BIAS);
  add_int (self, "HasSparseWeights", 0);
  add_activation (self);
}

static void
add_epilogue (Writer *self)
{
  add_weights (self);
  add_int (self, "HasBias", qs_layer_get_input (self->layer, QS_INPUT_BIAS) != NULL);
  add_int (self, "HasReLU", self->layer->activation.type == QS_ACTIVATION_RELU);
}

static gint64
count_output_maps (const QsLayer *layer)
{
  const QsTensor *y = qs_layer_get_output (layer, 0);

  return y != NULL && y->shape.n_dims > 1 ? y->shape.dims[1] : 0;
}

static void
add_convolution_window (Writer                        *self,
                        const QsConvolutionAttributes *attributes)
{
  add_window (self, "Kernel", &attributes->kernel_shape, &attributes->pads, &attributes->strides,
              FALSE);
  add_ints (self, "Dilation", attributes->dilations.v, attributes->dilations.n);
  add_int (self, "OutMaps", count_output_maps (self->layer));
  add_int (self, "Groups", attributes->groups);
}

static void
add_convolution (Writer *self)
{
  add_convolution_window (self, self->layer->attributes);
  add_epilogue (self);
}

/* TensorRT's kernels of these have no name, and it does not say HasReLU. */
static void
add_depthwise (Writer *self)
{
  add_convolution_window (self, self->layer->attributes);
  add_weights (self);
  add_int (self, "HasBias", qs_layer_get_input (self->layer, QS_INPUT_BIAS) != NULL);
}

static void
add_pooling_window (Writer                    *self,
                    const QsPoolingAttributes *attributes)
{
  static const char *const types[] = {
    [QS_POOLING_MAX] = "MAX",
    [QS_POOLING_AVERAGE] = "AVERAGE",
    [QS_POOLING_LP] = "LP",
  };
  const QsTensor *x = qs_layer_get_input (self->layer, 0);
  QsInts kernel = attributes->kernel_shape, strides = attributes->strides;
  QsInts pads = attributes->pads;

  if (attributes->global && x != NULL)
    {
      kernel.n = strides.n = MAX (x->shape.n_dims - 2, 0);
      pads = (QsInts) { .n = 2 * kernel.n };
      for (int i = 0; i < kernel.n; i++)
        {
          kernel.v[i] = x->shape.dims[i + 2];
          strides.v[i] = 1;
        }
    }

  add_text (self, "PoolingType", types[attributes->type]);
  add_window (self, "WindowSize", &kernel, &pads, &strides, attributes->ceil_mode);
  add_int (self, "BlendFactor", 0);
  add_int (self, "AverageCountExcludesPadding", !attributes->count_include_pad);
}

static void
add_pooling (Writer *self)
{
  add_pooling_window (self, self->layer->attributes);
}

static void
add_convolution_pooling (Writer *self)
{
  const QsConvolutionPoolingAttributes *attributes = self->layer->attributes;

  self->prefix = "Conv";
  add_text (self, "ParameterType", "Convolution");
  add_convolution_window (self, &attributes->convolution);
  add_weights (self);
  self->prefix = "Pooling";
  add_text (self, "ParameterType", "Pooling");
  add_pooling_window (self, &attributes->pooling);
  self->prefix = NULL;
}

/* A shuffle is a transposition, a reshape and a transposition. */
static void
add_transpose (Writer *self)
{
  const QsInts *perm = &((const QsTransposeAttributes *) self->layer->attributes)->perm;
  QsInts same = { .n = perm->n };

  for (int i = 0; i < same.n; i++)
    same.v[i] = i;
  add_ints (self, "FirstTranspose", perm->v, perm->n);
  add_text (self, "Reshape", "nbDims=-1");
  add_ints (self, "SecondTranspose", same.v, same.n);
  add_int (self, "ZeroIsPlaceholder", 1);
}

/* TensorRT pads with a slice that begins before the tensor. */
static void
add_padding (Writer *self)
{
  static const char *const modes[] = {
    [QS_PADDING_CONSTANT] = "FILL",
    [QS_PADDING_REFLECT] = "REFLECT",
    [QS_PADDING_EDGE] = "CLAMP",
    [QS_PADDING_WRAP] = "WRAP",
  };
  const QsPaddingAttributes *attributes = self->layer->attributes;
  const QsTensor *y = qs_layer_get_output (self->layer, 0);
  QsInts start = { .n = attributes->pads.n / 2 }, stride = { .n = start.n };

  for (int i = 0; i < start.n; i++)
    {
      start.v[i] = -attributes->pads.v[i];
      stride.v[i] = 1;
    }
  add_ints (self, "Start", start.v, start.n);
  add_ints (self, "Size", y->shape.dims, y->shape.n_dims);
  add_ints (self, "Stride", stride.v, stride.n);
  add_text (self, "Mode", modes[attributes->mode]);
  add_int (self, "negativeInfinityPadding", 0);
}

/* The axes are bits. */
static void
add_soft_max (Writer *self)
{
  const QsSoftMaxAttributes *attributes = self->layer->attributes;

  add_int (self, "Axes", ((G_GINT64_CONSTANT (1) << attributes->n_axes) - 1) << attributes->axis);
  add_int (self, "HasLog", attributes->log);
}

/* A batch normalization that stands alone: one factor and one summand for each channel. */
static void
add_scale (Writer *self)
{
  const QsTensor *x = qs_layer_get_input (self->layer, 0);
  gint64 n = x != NULL && x->shape.n_dims > 1 ? x->shape.dims[1] : 1;

  add_text (self, "Mode", "CHANNEL");
  add_count (self, "Shift", "Float", n);
  add_count (self, "Scale", "Float", n);
  add_count (self, "Power", "Float", 0);
  add_activation (self);
  add_int (self, "ChannelAxis", 1);
}

static void
add_reformat (Writer *self)
{
  add_text (self, "Origin", self->layer->origins->len > 0 ? "QDQ" : "REFORMAT");
}

static void
add_matrix_multiply (Writer *self)
{
  const QsMatrixMultiplyAttributes *attributes = self->layer->attributes;

  add_text (self, "MatrixOpA", attributes->trans_a ? "TRANSPOSE" : "GENERAL");
  add_text (self, "MatrixOpB", attributes->trans_b ? "TRANSPOSE" : "GENERAL");
  add_number (self, "Alpha", (double) attributes->alpha);
  add_number (self, "Beta", (double) attributes->beta);
  add_epilogue (self);
}

static void
add_field (Writer        *self,
           const QsField *field)
{
  gconstpointer at = (const char *) self->layer->attributes + field->offset;
  const QsInts *ints = at;

  if (field->type == QS_FIELD_INT)
    add_int (self, field->name, *(const gint64 *) at);
  else if (field->type == QS_FIELD_FLOAT)
    add_number (self, field->name, (double) *(const float *) at);
  else if (field->type == QS_FIELD_INTS)
    add_ints (self, field->name, ints->v, ints->n);
  else if (field->type == QS_FIELD_FLAG)
    add_int (self, field->name, *(const gboolean *) at);
  else
    add_text (self, field->name, field->names[*(const int *) at]);
}

static void
add_fields (Writer *self)
{
  for (const QsField *field = self->layer->klass->fields; field != NULL && field->name != NULL;
       field++)
    add_field (self, field);
  if (self->layer->activation.type != QS_ACTIVATION_NONE)
    add_activation (self);
}

static void
add_nothing (Writer *self)
{
}

static gboolean
is_depthwise (const QsLayer *layer)
{
  const QsConvolutionAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);

  return attributes->groups > 1 && x != NULL && x->shape.n_dims > 1 &&
         attributes->groups == x->shape.dims[1];
}

/* @type: TensorRT's; @parameter_type NULL: the key is left out; @nameless: no TacticName; @fits (nullable):
 * a condition on the layer. The first row that fits counts. */
typedef struct
{
  QsLayerKind kind;
  const char *type;
  const char *parameter_type;
  void (*add) (Writer *self);
  gboolean nameless;
  gboolean (*fits) (const QsLayer *layer);
} Row;

static const Row rows[] = {
  { QS_LAYER_CONVOLUTION, "CudaDepthwiseConvolution", "Convolution", add_depthwise, TRUE,
    is_depthwise },
  { QS_LAYER_CONVOLUTION, "CaskConvolution", "Convolution", add_convolution },
  { QS_LAYER_DECONVOLUTION, "CaskDeconvolution", "Deconvolution", add_convolution },
  { QS_LAYER_MATRIX_MULTIPLY, "MatrixMultiply", "MatrixMultiply", add_matrix_multiply },
  { QS_LAYER_POOLING, "CaskPooling", "Pooling", add_pooling },
  { QS_LAYER_CONVOLUTION_POOLING, "ConvActPool", "ConvActPool", add_convolution_pooling, TRUE },
  { QS_LAYER_REFORMAT, "Reformat", "Reformat", add_reformat, TRUE },
  { QS_LAYER_QUANTIZE, "Reformat", "Reformat", add_reformat, TRUE },
  { QS_LAYER_DEQUANTIZE, "Reformat", "Reformat", add_reformat, TRUE },
  { QS_LAYER_SHUFFLE, "NoOp", NULL, add_nothing, TRUE },
  { QS_LAYER_IDENTITY, "NoOp", NULL, add_nothing, TRUE },
  { QS_LAYER_TRANSPOSE, "Shuffle", "Shuffle", add_transpose, TRUE },
  { QS_LAYER_PADDING, "Padding", "Slice", add_padding, TRUE },
  { QS_LAYER_SOFT_MAX, "CudaSoftMax", "SoftMax", add_soft_max, TRUE },
  { QS_LAYER_SCALE, "Scale", "Scale", add_scale, TRUE },
  { QS_LAYER_CONCATENATION, "Concat", "Concatenation", add_fields },
};

static const Row *
find_row (const QsLayer *layer)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i].kind == layer->klass->kind && (rows[i].fits == NULL || rows[i].fits (layer)))
      return &rows[i];

  return NULL;
}

/* A number that is the same for the same kernel: FNV-1a of its name. */
static void
add_tactic (Writer *self)
{
  const Row *row = find_row (self->layer);
  guint64 value = G_GUINT64_CONSTANT (14695981039346656037);
  g_autofree char *text = NULL;

  for (const char *at = self->info->kernel; at != NULL && *at != '\0'; at++)
    value = (value ^ (guint8) *at) * G_GUINT64_CONSTANT (1099511628211);
  if (row == NULL || !row->nameless)
    add_text (self, "TacticName", self->info->kernel);
  if (row != NULL && (row->add == add_reformat || row->add == add_nothing))
    value = 0;

  text = g_strdup_printf ("0x%016" G_GINT64_MODIFIER "x", value);
  add_text (self, "TacticValue", text);
}

static void
add_body (Writer *self)
{
  const Row *row = find_row (self->layer);
  const char *type = row != NULL ? row->parameter_type : self->layer->klass->name;

  if (type != NULL)
    add_text (self, "ParameterType", type);
  if (row != NULL)
    row->add (self);
  else
    add_fields (self);
}

static const char *
get_type (const QsLayer *layer)
{
  const Row *row = find_row (layer);

  return row != NULL ? row->type : layer->klass->name;
}

static void
add_layer (Writer *self,
           guint   id)
{
  self->info = qs_engine_get_layer (self->engine, id);
  self->layer = self->info->layer;

  json_builder_begin_object (self->json);
  add_text (self, "Name", self->layer->name);
  add_text (self, "LayerType", get_type (self->layer));
  add_tensors (self, "Inputs", self->layer->inputs);
  add_tensors (self, "Outputs", self->layer->outputs);
  add_body (self);
  add_tactic (self);
  json_builder_end_object (self->json);
}

static void
add_names (Writer    *self,
           GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);
      g_autofree char *valid = g_utf8_make_valid (tensor->name, -1);

      json_builder_add_string_value (self->json, valid);
    }
}

static char *
finish (JsonBuilder *json)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (json);
  g_autofree char *text = NULL;

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  return g_strconcat (text, "\n", NULL);
}

/**
 * qs_trex_write_graph:
 *
 * The engine's graph as TensorRT's engine inspector describes one, so that NVIDIA's
 * trt-engine-explorer and other readers of that format can show it.
 */
char *
qs_trex_write_graph (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  Writer self = { .json = json, .engine = engine };

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "Layers");
  json_builder_begin_array (json);
  for (guint i = 0; i < network->layers->len; i++)
    add_layer (&self, i);
  json_builder_end_array (json);
  json_builder_set_member_name (json, "Bindings");
  json_builder_begin_array (json);
  add_names (&self, network->inputs);
  add_names (&self, network->outputs);
  json_builder_end_array (json);
  json_builder_end_object (json);
  return finish (json);
}

/**
 * qs_trex_write_profile:
 * @n_runs: how often the engine was run
 * @layer_mean_ms: (array): mean time of every layer, by layer id
 * @layer_median_ms: (array): median time of every layer, by layer id
 *
 * The times as trtexec writes them with --exportProfile.
 */
char *
qs_trex_write_profile (QsEngine     *engine,
                       guint         n_runs,
                       const double *layer_mean_ms,
                       const double *layer_median_ms)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  Writer self = { .json = json, .engine = engine };
  double total = 0.0;

  for (guint i = 0; i < network->layers->len; i++)
    total += layer_mean_ms[i];

  json_builder_begin_array (json);
  json_builder_begin_object (json);
  add_int (&self, "count", n_runs);
  json_builder_end_object (json);
  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      json_builder_begin_object (json);
      add_text (&self, "name", layer->name);
      add_number (&self, "timeMs", layer_mean_ms[i] * n_runs);
      add_number (&self, "averageMs", layer_mean_ms[i]);
      add_number (&self, "medianMs", layer_median_ms[i]);
      add_number (&self, "percentage", total > 0.0 ? 100.0 * layer_mean_ms[i] / total : 0.0);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  return finish (json);
}
