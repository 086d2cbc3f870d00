/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-sample-check.h"
#include "samples/qs-sample-preset.h"

#define N_ROWS 6
#define N_VALUES 4

/* A set in memory whose values follow a rule. */
static QsSamples *
make_samples (float (*rule) (int row,
                             int value))
{
  QsShape shape = qs_shape_make (2, N_ROWS, N_VALUES);
  g_autoptr (GHashTable) arrays =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) qs_host_tensor_unref);
  QsHostTensor *tensor = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values = qs_host_tensor_get_mutable (tensor);
  g_autoptr (GError) error = NULL;
  QsSamples *samples;

  for (int i = 0; i < N_ROWS * N_VALUES; i++)
    values[i] = rule (i / N_VALUES, i % N_VALUES);
  g_hash_table_insert (arrays, (char *) "x", tensor);
  samples = qs_samples_new_for_arrays (arrays, &error);
  g_assert_no_error (error);
  return samples;
}

static float
normal (int row,
        int value)
{
  return (float) (value - 1) * 0.75f + (float) row * 0.1f;
}

static float
pixels (int row,
        int value)
{
  return (float) (row * 40 + value * 10);
}

static float
large (int row,
       int value)
{
  return (float) (row - value) * 33.5f;
}

static float
tiny (int row,
      int value)
{
  return (float) (row + value) * 0.0005f;
}

static float
classes (int row,
         int value)
{
  return (float) ((row + value) % 10);
}

static float
second_constant (int row,
                 int value)
{
  return row == 1 ? 0.25f : normal (row, value);
}

static float
all_same (int row,
          int value)
{
  return normal (0, value);
}

static float
fourth_nan (int row,
            int value)
{
  return row == 3 && value == 2 ? NAN : normal (row, value);
}

static QsSampleCheck *
check (QsSamples *samples,
       gboolean   int8_io)
{
  QsTensor input = { .name = (char *) "x", .type = QS_DATA_TYPE_FLOAT,
                     .shape = qs_shape_make (2, 1, N_VALUES) };
  QsSampleCheckOptions options = QS_SAMPLE_CHECK_OPTIONS_INIT;
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  QsSampleCheck *result;

  g_ptr_array_add (inputs, &input);
  options.int8_io = int8_io;
  result = qs_sample_check_run (samples, inputs, &options, &error);
  g_assert_no_error (error);
  return result;
}

/* Exactly the warnings that are deserved, on exactly the sample. */
static void
test_warnings (void)
{
  const struct
  {
    float (*rule) (int row,
                   int value);
    gboolean int8_io;
    const char *kinds;
    const char *sample;
  } cases[] = {
    { normal, FALSE, "", NULL },
    { normal, TRUE, "", NULL },
    { pixels, FALSE, "unscaled", NULL },
    { pixels, TRUE, "unscaled beyond-int8", NULL },
    { large, FALSE, "large", NULL },
    { tiny, FALSE, "tiny", NULL },
    { classes, FALSE, "", NULL },
    { second_constant, FALSE, "constant", "1" },
    { all_same, FALSE, "same", NULL },
    { fourth_nan, FALSE, "unreadable", "3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsSamples) samples = make_samples (cases[i].rule);
      g_autoptr (QsSampleCheck) result = check (samples, cases[i].int8_io);
      g_autoptr (GString) kinds = g_string_new (NULL);

      for (guint k = 0; k < result->warnings->len; k++)
        {
          const QsSampleWarning *warning = result->warnings->pdata[k];

          g_string_append_printf (kinds, "%s%s", k > 0 ? " " : "",
                                  qs_sample_warning_kind_get_name (warning->kind));
          g_assert_cmpstr (warning->input, ==, "x");
          g_assert_cmpstr (warning->sample, ==, cases[i].sample);
        }
      g_assert_cmpstr (kinds->str, ==, cases[i].kinds);
    }
}

/* By NumPy, with a = numpy.add.outer (40 * numpy.arange (6), 10 * numpy.arange (4)): a.mean () is
 * 115.0, a.std () is 69.2218655243173. The rest is rounding of sums in double. */
static void
test_statistics (void)
{
  g_autoptr (QsSamples) samples = make_samples (pixels);
  g_autoptr (QsSampleCheck) result = check (samples, FALSE);
  const QsSampleInputCheck *input = result->inputs->pdata[0];
  const QsSampleView *last = input->views->pdata[N_ROWS - 1];

  g_assert_cmpint (result->n_samples, ==, N_ROWS);
  g_assert_cmpuint (input->views->len, ==, N_ROWS);
  g_assert_cmpint (input->statistics.n, ==, N_ROWS * N_VALUES);
  g_assert_cmpfloat (input->statistics.min, ==, 0.0);
  g_assert_cmpfloat (input->statistics.max, ==, 230.0);
  g_assert_cmpfloat_with_epsilon (input->statistics.mean, 115.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (input->statistics.deviation, 69.2218655243173, 1e-9);
  g_assert_cmpfloat (last->statistics.min, ==, 200.0);
}

/* Every preset can be understood, and no two have the same name. */
static void
test_presets (void)
{
  for (guint i = 0; i < qs_sample_preset_get_n (); i++)
    {
      const QsSamplePreset *preset = qs_sample_preset_get (i);
      QsPreprocessing preprocessing;

      qs_preprocessing_init (&preprocessing);
      qs_sample_preset_apply (preset, &preprocessing); /* a mistake would be a critical */
      g_assert_true (qs_preprocessing_validate (&preprocessing, NULL));
      g_assert_true (qs_sample_preset_lookup (preset->id) == preset);
    }
  g_assert_null (qs_sample_preset_lookup ("nothing"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sample-check/warnings", test_warnings);
  g_test_add_func ("/sample-check/statistics", test_statistics);
  g_test_add_func ("/sample-check/presets", test_presets);

  return g_test_run ();
}
