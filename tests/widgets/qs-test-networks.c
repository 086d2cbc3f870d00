/* SPDX-License-Identifier: MIT */
#include "qs-test-networks.h"

#define CLASS(id, what, words) \
  static const QsLayerClass id = { .kind = what, .name = words }

CLASS (convolution, QS_LAYER_CONVOLUTION, "Convolution");
CLASS (matrix_multiply, QS_LAYER_MATRIX_MULTIPLY, "MatrixMultiply");
CLASS (activation, QS_LAYER_ACTIVATION, "Activation");
CLASS (element_wise, QS_LAYER_ELEMENT_WISE, "ElementWise");
CLASS (pooling, QS_LAYER_POOLING, "Pooling");
CLASS (soft_max, QS_LAYER_SOFT_MAX, "SoftMax");
CLASS (normalization, QS_LAYER_NORMALIZATION, "Normalization");
CLASS (transpose, QS_LAYER_TRANSPOSE, "Transpose");
CLASS (shuffle, QS_LAYER_SHUFFLE, "Shuffle");
CLASS (shape, QS_LAYER_SHAPE, "Shape");
CLASS (reformat, QS_LAYER_REFORMAT, "Reformat");
CLASS (quantize, QS_LAYER_QUANTIZE, "Quantize");
CLASS (dequantize, QS_LAYER_DEQUANTIZE, "Dequantize");

typedef struct
{
  QsNetwork *network;
  gboolean built;
  int n_reformats;
} Maker;

static QsTensor *
add_tensor (Maker      *self,
            const char *name,
            QsDataType  type,
            QsShape     dims)
{
  QsTensor *tensor = qs_network_add_tensor (self->network, name);

  tensor->type = type;
  tensor->shape = dims;
  tensor->scale = type == QS_DATA_TYPE_INT8 ? 0.0234f : 0;
  return tensor;
}

static QsTensor *
add_raw (Maker              *self,
         const QsLayerClass *klass,
         const char         *name,
         QsPrecision         precision,
         QsDataType          type,
         QsTensor           *a,
         QsTensor           *b)
{
  g_autofree char *output_name = g_strdup_printf ("%s_output_0", name);
  QsTensor *output = add_tensor (self, output_name, type, a->shape);
  QsTensor *inputs[] = { a, b };
  QsLayer *layer = qs_network_add_layer (self->network, klass, name, NULL, inputs, b != NULL ? 2 : 1,
                                         &output, 1);

  layer->precision = precision;
  return output;
}

/* @tensor in the type that a layer of @precision reads. */
static QsTensor *
convert (Maker       *self,
         QsTensor    *tensor,
         QsPrecision  precision)
{
  QsDataType wanted = precision == QS_PRECISION_INT8 ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  g_autofree char *name = NULL;

  if (!self->built || tensor == NULL || tensor->type == wanted ||
      !(tensor->type == QS_DATA_TYPE_INT8 || tensor->type == QS_DATA_TYPE_FLOAT))
    return tensor;

  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      QsLayer *consumer = g_ptr_array_index (tensor->consumers, i);

      if (consumer->klass == &reformat)
        return qs_layer_get_output (consumer, 0);
    }

  name = g_strdup_printf ("reformat_%d", self->n_reformats++);
  return add_raw (self, &reformat, name, QS_PRECISION_FP32, wanted, tensor, NULL);
}

static QsTensor *
add (Maker              *self,
     const QsLayerClass *klass,
     const char         *name,
     gboolean            int8,
     QsTensor           *a,
     QsTensor           *b)
{
  QsPrecision precision = self->built && int8 ? QS_PRECISION_INT8 : QS_PRECISION_FP32;

  a = convert (self, a, precision);
  b = convert (self, b, precision);
  return add_raw (self, klass, name, precision,
                  precision == QS_PRECISION_INT8 ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT, a, b);
}

static void
fuse (QsTensor   *tensor,
      const char *with,
      gboolean    relu)
{
  g_auto (GStrv) words = g_strsplit (with, " ", -1);

  if (relu)
    tensor->producer->activation.type = QS_ACTIVATION_RELU;
  for (char **word = words; *word != NULL; word++)
    qs_layer_add_origin (tensor->producer, *word, *word);
}

static QsTensor *
add_block (Maker    *self,
           int       block,
           QsTensor *x)
{
  QsTensor *shortcut = x;

  for (int i = 1; i <= 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("/layer%d/layer%d.%d/conv%d/Conv", block / 4 + 1,
                                               block / 4 + 1, block % 4, i);
      g_autofree char *relu = g_strdup_printf ("/layer%d/layer%d.%d/relu%d/Relu", block / 4 + 1,
                                               block / 4 + 1, block % 4, i);

      if (i == 1 && block % 4 == 0)
        {
          g_autofree char *down = g_strdup_printf ("/layer%d/layer%d.0/downsample/downsample.0/Conv",
                                                   block / 4 + 1, block / 4 + 1);

          shortcut = add (self, &convolution, down, TRUE, x, NULL);
        }

      if (self->built)
        {
          x = add (self, &convolution, name, TRUE, x, i == 3 ? shortcut : NULL);
          fuse (x, i == 3 ? "Conv Add Relu" : "Conv Relu", TRUE);
          continue;
        }

      x = add (self, &convolution, name, TRUE, x, NULL);
      if (i == 3)
        {
          g_autofree char *sum = g_strdup_printf ("/layer%d/layer%d.%d/Add", block / 4 + 1,
                                                  block / 4 + 1, block % 4);

          x = add (self, &element_wise, sum, TRUE, x, shortcut);
        }
      x = add (self, &activation, relu, TRUE, x, NULL);
      x->producer->activation.type = QS_ACTIVATION_RELU;
    }

  return x;
}

static QsNetwork *
finish (Maker    *self,
        QsTensor *output)
{
  g_autoptr (GError) error = NULL;

  qs_network_mark_output (self->network, output);
  qs_network_sort (self->network, &error);
  g_assert_no_error (error);
  return self->network;
}

QsNetwork *
qs_test_network_new_resnet (int      n_blocks,
                            gboolean built)
{
  Maker self = { .network = qs_network_new ("resnet50"), .built = built };
  QsShape dims = qs_shape_make (4, (gint64) 1, (gint64) 3, (gint64) 224, (gint64) 224);
  QsTensor *x = qs_network_add_input (self.network, "input", QS_DATA_TYPE_FLOAT, &dims);

  x = add (&self, &convolution, "/conv1/Conv", TRUE, x, NULL);
  if (built)
    fuse (x, "Conv Relu", TRUE);
  x = add (&self, &pooling, "/maxpool/MaxPool", TRUE, x, NULL);
  for (int block = 0; block < n_blocks; block++)
    x = add_block (&self, block, x);

  x = add (&self, &pooling, "/avgpool/GlobalAveragePool", FALSE, x, NULL);
  x = add (&self, &matrix_multiply, "/fc/Gemm", FALSE, x, NULL);
  x = add (&self, &soft_max, "/Softmax", FALSE, x, NULL);
  return finish (&self, x);
}

static QsTensor *
add_named (Maker              *self,
           const QsLayerClass *klass,
           int                 block,
           const char         *part,
           gboolean            int8,
           QsTensor           *a,
           QsTensor           *b)
{
  g_autofree char *name = g_strdup_printf ("/encoder/layer.%d/%s", block, part);

  return add (self, klass, name, int8, a, b);
}

static QsTensor *
add_projection (Maker      *self,
                int         block,
                const char *which,
                QsTensor   *x,
                QsTensor   *dims)
{
  g_autofree char *multiply = g_strdup_printf ("attention/self/%s/MatMul", which);
  g_autofree char *reshape = g_strdup_printf ("attention/self/%s/Reshape", which);
  g_autofree char *turn = g_strdup_printf ("attention/self/%s/Transpose", which);

  x = add_named (self, &matrix_multiply, block, multiply, TRUE, x, NULL);
  x = add_named (self, &shuffle, block, reshape, FALSE, x, NULL);
  qs_network_set_input (self->network, x->producer, 1, dims);
  return add_named (self, &transpose, block, turn, FALSE, x, NULL);
}

static QsTensor *
add_encoder (Maker    *self,
             int       block,
             QsTensor *x,
             QsTensor *mask)
{
  QsTensor *dims = add_named (self, &shape, block, "attention/self/Shape", FALSE, x, NULL);
  QsTensor *query, *key, *value, *scores, *sum;

  dims->type = QS_DATA_TYPE_INT64;
  query = add_projection (self, block, "query", x, dims);
  key = add_projection (self, block, "key", x, dims);
  value = add_projection (self, block, "value", x, dims);
  scores = add_named (self, &matrix_multiply, block, "attention/self/MatMul", TRUE, query, key);
  scores = add_named (self, &element_wise, block, "attention/self/Add", FALSE, scores, mask);
  scores = add_named (self, &soft_max, block, "attention/self/Softmax", FALSE, scores, NULL);
  value = add_named (self, &matrix_multiply, block, "attention/self/MatMul_1", TRUE, scores, value);
  value = add_named (self, &transpose, block, "attention/self/Transpose_3", FALSE, value, NULL);
  value = add_named (self, &matrix_multiply, block, "attention/output/dense/MatMul", TRUE, value,
                     NULL);
  sum = add_named (self, &element_wise, block, "attention/output/Add", FALSE, value, x);
  x = add_named (self, &normalization, block, "attention/output/LayerNorm", FALSE, sum, NULL);
  sum = add_named (self, &matrix_multiply, block, "intermediate/dense/MatMul", TRUE, x, NULL);
  sum->producer->activation.type = QS_ACTIVATION_GELU_ERF;
  sum = add_named (self, &matrix_multiply, block, "output/dense/MatMul", TRUE, sum, NULL);
  sum = add_named (self, &element_wise, block, "output/Add", FALSE, sum, x);
  return add_named (self, &normalization, block, "output/LayerNorm", FALSE, sum, NULL);
}

QsNetwork *
qs_test_network_new_transformer (int      n_blocks,
                                 gboolean built)
{
  Maker self = { .network = qs_network_new ("bert"), .built = built };
  QsShape dims = qs_shape_make (3, (gint64) 1, (gint64) 128, (gint64) 768);
  QsTensor *x = qs_network_add_input (self.network, "embeddings", QS_DATA_TYPE_FLOAT, &dims);
  QsTensor *mask = qs_network_add_input (self.network, "attention_mask", QS_DATA_TYPE_FLOAT, &dims);

  mask = add (&self, &element_wise, "/Mul_mask", FALSE, mask, NULL);
  for (int block = 0; block < n_blocks; block++)
    x = add_encoder (&self, block, x, mask);
  x = add (&self, &matrix_multiply, "/classifier/Gemm", FALSE, x, NULL);
  return finish (&self, x);
}

QsNetwork *
qs_test_network_new_explicit (void)
{
  Maker self = { .network = qs_network_new ("explicit") };
  QsShape dims = qs_shape_make (4, (gint64) 1, (gint64) 16, (gint64) 8, (gint64) 8);
  QsTensor *x = qs_network_add_input (self.network, "x", QS_DATA_TYPE_FLOAT, &dims);

  for (int i = 0; i < 2; i++)
    {
      g_autofree char *q = g_strdup_printf ("q%d", i);
      g_autofree char *dq = g_strdup_printf ("dq%d", i);
      g_autofree char *conv = g_strdup_printf ("conv%d", i);

      x = add (&self, &quantize, q, FALSE, x, NULL);
      x = add (&self, &dequantize, dq, FALSE, x, NULL);
      x = add (&self, &convolution, conv, FALSE, x, NULL);
    }

  return finish (&self, x);
}
