/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/wait.h>

#include "qs-cli-test.h"

/* VmHWM, the largest resident set of the program that a process runs now, in KiB; 0 when it is
 * over. What getrusage() tells includes the parent's memory from before the exec. */
static glong
read_peak (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;

  line = strstr (text, "VmHWM:");
  return line != NULL ? (glong) g_ascii_strtoll (line + strlen ("VmHWM:"), NULL, 10) : 0;
}

/* The peak only rises, so the last look before the end is as good as any. */
static glong
wait_for (GPid pid)
{
  glong peak = 0;
  int status;

  while (waitpid (pid, &status, WNOHANG) == 0)
    {
      peak = MAX (peak, read_peak (pid));
      g_usleep (1000);
    }

  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  return peak;
}

static glong
calibrate (const char *model,
           const char *samples)
{
  g_autofree char *cache = qs_cli_test_path ("memory.cache");
  const char *argv[] = {
    g_getenv ("QS_TEST_CLI"), "calibrate", model, "--calibration", samples, "--cache", cache,
    "--threads", "1", QS_CLI_TEST_FASHION, NULL,
  };
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_spawn_async (NULL, (char **) argv, NULL,
                 G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid, &error);
  g_assert_no_error (error);
  return wait_for (pid);
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

/* Histograms do not grow with the samples, and the samples are read batch by batch. */
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
  few = calibrate (model, few_samples);
  many = calibrate (model, samples);

  g_test_message ("100 samples: %ld KiB, 10,000 samples: %ld KiB", few, many);
  g_assert_cmpint (few, >, 0);
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
