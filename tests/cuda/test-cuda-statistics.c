/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "../engine/backends/qs-cpu-test.h"
#include "calibration/qs-calibration-run.h"
#include "calibration/qs-histogram-device.h"
#include "calibration/qs-histogram-file.h"
#include "core/qs-float16.h"
#include "qs-emulator.h"
#include "qs-stand-in-driver.h"
#include "qs-test.h"
#include "backends/qs-backend.h"

/*
 * Counting on the emulated device: everything a histogram holds has the bits that the host's own loops
 * give for the same values.
 */

static QsDevice *
get_device (void)
{
  g_autoptr (GError) error = NULL;
  QsDevice *device = qs_backend_lookup ("cuda")->get_device (&error);

  g_assert_no_error (error);
  return device;
}

/* A view's memory on the device. */
static QsView
move_to_device (const QsView *view,
                gsize         n_elements)
{
  g_autoptr (GError) error = NULL;
  QsDevice *device = get_device ();
  const gsize size = n_elements * qs_data_type_size (view->type);
  QsView moved = *view;

  moved.data = device->allocate (device, size, &error);
  g_assert_no_error (error);
  device->upload (device, moved.data, view->data, size, &error);
  g_assert_no_error (error);
  return moved;
}

static void
assert_same (const QsHistogram *a,
             const QsHistogram *b)
{
  const double a_numbers[] = { qs_histogram_get_range (a), qs_histogram_get_min (a),
                               qs_histogram_get_max (a), qs_histogram_get_mean (a),
                               qs_histogram_get_variance (a) };
  const double b_numbers[] = { qs_histogram_get_range (b), qs_histogram_get_min (b),
                               qs_histogram_get_max (b), qs_histogram_get_mean (b),
                               qs_histogram_get_variance (b) };

  for (gsize i = 0; i < G_N_ELEMENTS (a_numbers); i++)
    if (memcmp (&a_numbers[i], &b_numbers[i], sizeof (double)) != 0)
      g_error ("number %" G_GSIZE_FORMAT " of %" G_GUINT64_FORMAT " values is %.17g, but the host has "
               "%.17g", i, qs_histogram_get_n (a), b_numbers[i], a_numbers[i]);
  g_assert_cmpuint (qs_histogram_get_n (a), ==, qs_histogram_get_n (b));
  g_assert_cmpuint (qs_histogram_get_n_zeros (a), ==, qs_histogram_get_n_zeros (b));
  g_assert_cmpuint (qs_histogram_get_n_nan (a), ==, qs_histogram_get_n_nan (b));
  g_assert_cmpuint (qs_histogram_get_n_infinite (a), ==, qs_histogram_get_n_infinite (b));
  g_assert_cmpuint (qs_histogram_get_n_doublings (a), ==, qs_histogram_get_n_doublings (b));
  g_assert_cmpmem (qs_histogram_get_counts (a), QS_HISTOGRAM_BINS * sizeof (guint64),
                   qs_histogram_get_counts (b), QS_HISTOGRAM_BINS * sizeof (guint64));
}

typedef enum
{
  NORMAL,
  ZEROS,
  POSITIVE, /* as behind a ReLU, half of them zeros */
  TINY,     /* subnormal numbers */
  HUGE,     /* squares overflow float32 */
  BROKEN,   /* some NaN and infinity */
  N_KINDS,
} Kind;

static float
make_value (QsRandom *random,
            Kind      kind,
            float     size)
{
  const float x = qs_random_float (random, -size, size);

  switch (kind)
    {
    case ZEROS:
      return x < 0.0f ? -0.0f : 0.0f;
    case POSITIVE:
      return MAX (x, 0.0f);
    case TINY:
      return x * 1e-40f;
    case HUGE:
      return x * 1e30f;
    case BROKEN:
      return qs_random_between (random, 0, 99) > 0 ? x : x < 0.0f ? -INFINITY : NAN;
    default:
      return x;
    }
}

typedef struct
{
  QsHistogram *host;
  QsHistogram *device;
  QsHistogramDevice *counter;
  float host_maxima[64];
  float device_maxima[64];
} Pair;

static void
add_both (Pair         *pair,
          const float  *values,
          gsize         n,
          gsize         n_channels,
          gsize         inner)
{
  QsChannels host = { pair->host_maxima, n_channels, inner };
  QsChannels device = { pair->device_maxima, n_channels, inner };
  QsShape shape = qs_shape_make (1, (gint64) n);
  g_autoptr (GError) error = NULL;
  QsView view, moved;

  qs_view_init (&view, QS_DATA_TYPE_FLOAT, QS_FORMAT_LINEAR, &shape, (gpointer) values);
  moved = move_to_device (&view, n);
  qs_histogram_add_batch (pair->host, values, n, n_channels > 0 ? &host : NULL, NULL);
  qs_histogram_device_add (pair->counter, pair->device, &moved, n_channels > 0 ? &device : NULL,
                           &error);
  g_assert_no_error (error);
  get_device ()->free (get_device (), moved.data);
}

/* Batches of all sizes, one block and its neighbours among them, whose range grows now and then. */
static void
test_kind (gconstpointer data)
{
  static const gsize sizes[] = { 1, 15, 127, 128, 129, 4095, 4096, 4097, 70001 };
  const Kind kind = GPOINTER_TO_INT (data);
  Pair pair = { qs_histogram_new (), qs_histogram_new (), qs_histogram_device_new (get_device ()) };
  QsRandom random = { (guint64) kind + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree float *values = g_new (float, sizes[i]);
      const float size = i % 3 == 0 ? 1.0f : (float) (1 << i);
      /* No channels, channels side by side, channels in planes. */
      const gsize n_channels = i % 3 == 0 ? 0 : 7, inner = i % 3 == 2 ? 11 : 1;

      for (gsize k = 0; k < sizes[i]; k++)
        values[k] = make_value (&random, i % 4 == 3 ? NORMAL : kind, size);
      add_both (&pair, values, sizes[i], n_channels, inner);
      assert_same (pair.host, pair.device);
      g_assert_cmpmem (pair.host_maxima, sizeof pair.host_maxima, pair.device_maxima,
                       sizeof pair.device_maxima);
    }

  qs_histogram_free (pair.host);
  qs_histogram_free (pair.device);
  qs_histogram_device_free (pair.counter);
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

/* float16 values and rows of a wider tensor become floats on the device, in row-major order. */
static void
test_views (void)
{
  QsShape shape = qs_shape_make (4, 3, 5, 7, 11), wide = shape;
  const QsDataType types[] = { QS_DATA_TYPE_FLOAT, QS_DATA_TYPE_FLOAT16 };
  QsRandom random = { 99 };

  wide.dims[1] = 8;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (QsHostTensor) tensor = qs_random_tensor (&random, types[i], &wide, FALSE);
      g_autoptr (QsHistogram) expected = qs_histogram_new (), result = qs_histogram_new ();
      g_autoptr (QsHistogramDevice) counter = qs_histogram_device_new (get_device ());
      g_autofree float *values = g_new (float, qs_shape_n_elements (&shape));
      g_autofree float *read = NULL;
      g_autoptr (GError) error = NULL;
      gsize n = 0;
      QsView view, moved;

      qs_view_init_for_host (&view, tensor);
      for (gint64 b = 0; b < 3; b++)
        for (gint64 k = 0; k < 5 * 7 * 11; k++)
          values[n++] = (float) qs_host_tensor_get_number (tensor, b * 8 * 7 * 11 + k);
      moved = move_to_device (&view, (gsize) qs_shape_n_elements (&wide));
      moved.shape = shape;

      qs_histogram_add (expected, values, n);
      qs_histogram_device_add (counter, result, &moved, NULL, &error);
      g_assert_no_error (error);
      assert_same (expected, result);
      read = qs_histogram_device_read (counter, &moved, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (read, n * sizeof (float), values, n * sizeof (float));
      get_device ()->free (get_device (), moved.data);
    }
}

static GBytes *
calibrate (void)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autoptr (GFile) model_file = qs_test_sample ("fashion-resnet.onnx");
  g_autoptr (GFile) samples_file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (model_file, &error);
  g_autoptr (QsSamples) samples = qs_samples_open (samples_file, &error);
  g_autoptr (QsHistogramSet) set = NULL;

  g_assert_no_error (error);
  qs_samples_set_limit (samples, 3);
  options.backend = qs_backend_lookup ("cuda");
  options.batch = 2;
  options.n_threads = 1;
  set = qs_calibration_run (model, NULL, samples, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return qs_histogram_set_write (set);
}

/* The same activations, counted on the device and on the host: every histogram with its channels and
 * notes has the same bytes, and so has whatever calibration makes of them. What comes to the host is
 * the statistics. */
static void
test_calibration (void)
{
  QsDevice *device = get_device ();
  const QsDeviceStatistics *statistics = device->statistics;
  g_autoptr (GBytes) on_device = NULL, on_host = NULL;
  gsize before = qs_stand_in_driver_count_downloaded (), device_bytes, host_bytes;

  on_device = calibrate ();
  device_bytes = qs_stand_in_driver_count_downloaded () - before;
  device->statistics = NULL;
  before = qs_stand_in_driver_count_downloaded ();
  on_host = calibrate ();
  host_bytes = qs_stand_in_driver_count_downloaded () - before;
  device->statistics = statistics;

  g_assert_true (g_bytes_equal (on_device, on_host));
  g_assert_cmpuint (device_bytes, <, host_bytes);
}

/* What the device was given while it had other work, byte for byte. */
static GByteArray *fetched;
static gboolean (*real_fetch) (QsDevice      *device,
                               gpointer       to,
                               gconstpointer  from,
                               gsize          size,
                               GError       **error);

static gboolean
fetch_and_note (QsDevice      *device,
                gpointer       to,
                gconstpointer  from,
                gsize          size,
                GError       **error)
{
  g_byte_array_append (fetched, from, (guint) size);
  return real_fetch (device, to, from, size, error);
}

static QsHistogramSet *
calibrate_samples (const char      *backend,
                   const guint32   *order,
                   QsSamples       *samples)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  g_autoptr (GFile) file = qs_test_sample ("fashion-resnet.onnx");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  QsHistogramSet *set;

  g_assert_no_error (error);
  options.backend = qs_backend_lookup (backend);
  options.batch = 2;
  options.n_threads = 1;
  options.order = order;
  set = qs_calibration_run (model, NULL, samples, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return set;
}

/* Of batches of 2, 2 and 1 samples in the order that was asked for, the second one is copied while the
 * first one is computed, and the last one, for which another network is built, is not. What the input
 * had is what the host's own run saw, so no batch came twice or in another's place. */
static void
test_ahead (void)
{
  static const guint32 order[] = { 4, 0, 3, 1, 2 };
  QsDevice *device = get_device ();
  g_autoptr (GFile) file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = qs_samples_open (file, &error);
  g_autoptr (QsHistogramSet) on_device = NULL, on_host = NULL;
  g_autoptr (QsHostTensor) third = NULL, fourth = NULL;
  gsize size;

  g_assert_no_error (error);
  qs_samples_set_limit (samples, G_N_ELEMENTS (order));
  fetched = g_byte_array_new ();
  real_fetch = device->fetch;
  device->fetch = fetch_and_note;
  on_device = calibrate_samples ("cuda", order, samples);
  device->fetch = real_fetch;
  on_host = calibrate_samples ("reference", order, samples);

  third = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, order[2], 1, &error);
  g_assert_no_error (error);
  fourth = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, order[3], 1, &error);
  g_assert_no_error (error);
  size = qs_host_tensor_get_size (third);
  g_assert_cmpuint (fetched->len, ==, 2 * size);
  g_assert_cmpmem (fetched->data, size, qs_host_tensor_get_data (third), size);
  g_assert_cmpmem (fetched->data + size, size, qs_host_tensor_get_data (fourth), size);
  assert_same (qs_histogram_set_lookup (on_host, "input"),
               qs_histogram_set_lookup (on_device, "input"));
  g_byte_array_unref (fetched);
}

int
main (int   argc,
      char *argv[])
{
  static const char *const names[N_KINDS] = { "normal", "zeros", "positive", "tiny", "huge",
                                              "broken" };

  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  for (int kind = 0; kind < N_KINDS; kind++)
    {
      g_autofree char *path = g_strconcat ("/cuda/statistics/", names[kind], NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (kind), test_kind);
    }
  g_test_add_func ("/cuda/statistics/views", test_views);
  g_test_add_func ("/cuda/statistics/calibration", test_calibration);
  g_test_add_func ("/cuda/statistics/ahead", test_ahead);
  return g_test_run ();
}
