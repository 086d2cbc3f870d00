/* SPDX-License-Identifier: MIT */
#include <sys/resource.h>

#include "qs-cli-test.h"

/* The largest resident set of all children so far, in KiB. */
static glong
get_peak (void)
{
  struct rusage usage;

  g_assert_cmpint (getrusage (RUSAGE_CHILDREN, &usage), ==, 0);
  return usage.ru_maxrss;
}

static void
calibrate (const char *model,
           const char *samples)
{
  g_autofree char *cache = qs_cli_test_path ("memory.cache");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("calibrate", model, "--calibration", samples, "--cache", cache,
                         "--threads", "1", QS_CLI_TEST_FASHION, NULL);
}

/* An archive with the first @n images of another. */
static void
make_set (const char *from,
          const char *to,
          gint64      n)
{
  g_autoptr (QsHostTensor) all = qs_cli_test_load_array (from, "input");
  g_autoptr (QsHostTensor) first = qs_host_tensor_slice (all, 0, n, NULL);

  g_assert_nonnull (first);
  qs_cli_test_save_array (to, "input", qs_host_tensor_get_data_type (first),
                          qs_host_tensor_get_shape (first), qs_host_tensor_get_data (first));
}

/*
 * Histograms do not grow with the samples, and the samples are read batch by batch. The peak of
 * children only ever rises, so the few samples come first and a smaller second peak would hide;
 * only a larger one matters.
 */
static void
test_flat (void)
{
  g_autofree char *model = qs_cli_test_shared ("models/fashion-resnet.onnx");
  g_autofree char *samples = qs_cli_test_shared ("fashion/eval-uint8.npz");
  g_autofree char *few_samples = qs_cli_test_path ("few.npz");
  glong few, many;

  if (model == NULL || samples == NULL)
    return;
  if (qs_cli_test_is_slow ())
    {
      g_test_skip ("sanitizers keep freed memory, so its peak says nothing");
      return;
    }

  make_set (samples, few_samples, 100);
  calibrate (model, few_samples);
  few = get_peak ();
  calibrate (model, samples);
  many = get_peak ();

  g_test_message ("100 samples: %ld KiB, 10,000 samples: %ld KiB", few, many);
  g_assert_cmpint (many * 10, <=, few * 12);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/memory/flat", test_flat);

  status = g_test_run ();
  qs_cli_test_finish ();
  return status;
}
