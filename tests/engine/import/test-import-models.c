/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "import/qs-import.h"
#include "onnx/qs-tensor-proto.h"
#include "qs-interpret.h"
#include "qs-test.h"
#include "samples/qs-npz.h"

/* Whole models: the logits that PyTorch computed when it exported them are the oracle. */

static QsNetwork *
import_shared (const char *name,
               gint64      batch)
{
  g_autofree char *path = g_strconcat ("models/", name, ".onnx", NULL);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;
  QsNetwork *network;

  if (file == NULL)
    return NULL;

  model = qs_model_load_file (file, &error);
  g_assert_no_error (error);
  qs_profile_set_batch (profile, batch);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  return network;
}

static QsHostTensor *
load_array (const char *path,
            const char *key)
{
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (GHashTable) arrays = NULL;
  g_autoptr (GError) error = NULL;

  arrays = qs_npz_load (file, &error);
  g_assert_no_error (error);
  g_assert_true (g_hash_table_contains (arrays, key));
  return qs_host_tensor_ref (g_hash_table_lookup (arrays, key));
}

/* (pixel / 255 - 0.2860) / 0.3530, as the models were trained. */
static QsHostTensor *
preprocess (QsHostTensor *pixels,
            gint64        first,
            gint64        n)
{
  g_autoptr (QsHostTensor) rows = qs_host_tensor_slice (pixels, first, n, NULL);
  QsHostTensor *result = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, qs_host_tensor_get_shape (rows),
                                             NULL);
  float *to = qs_host_tensor_get_mutable (result);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (rows); i++)
    to[i] = ((float) qs_host_tensor_get_number (rows, i) / 255.0f - 0.2860f) / 0.3530f;
  return result;
}

static double
largest_difference (QsHostTensor *logits,
                    QsHostTensor *expected,
                    gint64        first)
{
  gint64 n = qs_host_tensor_get_n_elements (logits);
  double largest = 0.0;

  for (gint64 i = 0; i < n; i++)
    largest = fmax (largest, fabs (qs_host_tensor_get_number (logits, i) -
                                   qs_host_tensor_get_number (expected, first * 10 + i)));
  return largest;
}

typedef struct
{
  const char *name;
  gint64 batch;
  gint64 first;
} Case;

static void
test_logits (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (QsNetwork) network = import_shared (c->name, c->batch);
  g_autofree char *path = g_strconcat ("models/", c->name, "-logits.npz", NULL);
  g_autoptr (QsHostTensor) pixels = NULL;
  g_autoptr (QsHostTensor) expected = NULL;
  g_autoptr (QsHostTensor) input = NULL;
  g_autoptr (QsHostTensor) logits = NULL;
  g_autoptr (GError) error = NULL;
  double difference;

  if (network == NULL)
    return;

  pixels = load_array ("fashion/eval-uint8.npz", "input");
  expected = load_array (path, "logits");
  input = preprocess (pixels, c->first, c->batch);
  qs_interpret (network, &input, &logits, &error);
  g_assert_no_error (error);

  /* Logits are up to 20; float32 sums in another order differ by about 1e-5. */
  difference = largest_difference (logits, expected, c->first);
  g_test_message ("%s: largest difference of a logit %g", c->name, difference);
  g_assert_cmpfloat (difference, <, 1e-4);
}

/* The same bits whatever the memory layout: sums run in index order. */
static void
test_layouts (void)
{
  g_autoptr (QsNetwork) network = import_shared ("fashion-mobilenet", 2);
  g_autoptr (QsHostTensor) pixels = NULL;
  g_autoptr (QsHostTensor) input = NULL;
  g_autoptr (QsHostTensor) linear = NULL;
  g_autoptr (QsHostTensor) hwc = NULL;
  g_autoptr (GError) error = NULL;

  if (network == NULL)
    return;

  pixels = load_array ("fashion/eval-uint8.npz", "input");
  input = preprocess (pixels, 0, 2);
  qs_interpret (network, &input, &linear, &error);
  g_assert_no_error (error);
  qs_interpret_in_format (network, QS_FORMAT_HWC, &input, &hwc, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (qs_host_tensor_get_data (linear), qs_host_tensor_get_size (linear),
                   qs_host_tensor_get_data (hwc), qs_host_tensor_get_size (hwc));
}

static const Case cases[] = {
  { "fashion-resnet", 1, 0 },
  { "fashion-resnet", 7, 0 },
  { "fashion-mobilenet", 1, 3 },
  { "fashion-mobilenet", 7, 16 },
  { "fashion-vit", 1, 5 },
  { "fashion-vit", 7, 32 },
  { "fashion-resnet-qat", 1, 9 },
  { "fashion-resnet-qat", 7, 40 },
};

/* Topologies of the ONNX model zoo with constant weights, and the output that ONNX publishes. The
 * input is arange (n) / n; 1e-3 is ONNX's own tolerance. */
static void
test_light (gconstpointer data)
{
  const char *name = data;
  g_autofree char *model_path = g_strconcat ("onnx-light/light_", name, ".onnx", NULL);
  g_autofree char *output_path = g_strconcat ("onnx-light/light_", name, "_output_0.pb", NULL);
  g_autoptr (GFile) model_file = qs_test_shared (model_path);
  g_autoptr (GFile) output_file = model_file != NULL ? qs_test_shared (output_path) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsHostTensor) x = NULL;
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (QsHostTensor) expected = NULL;
  float *values;
  gint64 n;

  if (output_file == NULL)
    return;

  bytes = g_file_load_bytes (output_file, NULL, NULL, &error);
  g_assert_no_error (error);
  expected = qs_tensor_proto_parse (bytes, NULL, &error);
  g_assert_no_error (error);
  model = qs_model_load_file (model_file, &error);
  g_assert_no_error (error);
  network = qs_import_network (model, NULL, &error);
  g_assert_no_error (error);

  x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &((QsTensor *) network->inputs->pdata[0])->shape, NULL);
  n = qs_host_tensor_get_n_elements (x);
  values = qs_host_tensor_get_mutable (x);
  for (gint64 i = 0; i < n; i++)
    values[i] = (float) i / (float) n;

  qs_interpret (network, &x, &y, &error);
  g_assert_no_error (error);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (expected); i++)
    {
      double wanted = qs_host_tensor_get_number (expected, i);

      g_assert_cmpfloat_with_epsilon (qs_host_tensor_get_number (y, i), wanted,
                                      1e-7 + 1e-3 * fabs (wanted));
    }
}

/* Layers that only compute shapes must be gone: 4 blocks leave their arithmetic and nothing else. */
static void
test_vit_shapes_fold (void)
{
  g_autoptr (QsNetwork) network = import_shared ("fashion-vit", 7);

  if (network == NULL)
    return;

  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      g_test_message ("%s %s", layer->klass->name, layer->name);
      g_assert_cmpint (layer->klass->placement, !=, QS_PLACEMENT_HOST);
      g_assert_cmpint (layer->klass->kind, !=, QS_LAYER_EXPAND);
      g_assert_cmpint (layer->klass->kind, !=, QS_LAYER_CAST);
    }
}

static void
test_qat_keeps_qdq (void)
{
  g_autoptr (QsNetwork) network = import_shared ("fashion-resnet-qat", 7);
  guint n_quantize = 0, n_dequantize = 0;

  if (network == NULL)
    return;

  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      n_quantize += layer->klass->kind == QS_LAYER_QUANTIZE;
      n_dequantize += layer->klass->kind == QS_LAYER_DEQUANTIZE;
    }
  g_assert_cmpuint (n_quantize, >, 0);
  g_assert_cmpuint (n_dequantize, >=, n_quantize);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/import/%s/batch-%d", cases[i].name,
                                               (int) cases[i].batch);

      g_test_add_data_func (path, &cases[i], test_logits);
    }
  g_test_add_func ("/import/layouts", test_layouts);
  g_test_add_data_func ("/import/light/shufflenet", "shufflenet", test_light);
  g_test_add_data_func ("/import/light/squeezenet", "squeezenet", test_light);
  g_test_add_data_func ("/import/light/resnet50", "resnet50", test_light);
  g_test_add_data_func ("/import/light/inception-v1", "inception_v1", test_light);
  g_test_add_func ("/import/vit/shapes-fold", test_vit_shapes_fold);
  g_test_add_func ("/import/qat/keeps-qdq", test_qat_keeps_qdq);

  return g_test_run ();
}
