/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <glib.h>

#include "qs-emulator.h"
#include "qs-mistakes.h"

/*
 * What the emulated device says to kernels with one mistake each. Without it, the tests of the real
 * kernels could not fail for these reasons.
 */

#define SIZE (QS_PASS_THREADS * 16)

static const struct
{
  QsPassMistake mistake;
  const char *message;
} mistakes[] = {
  { QS_PASS_MISALIGNED, "are not aligned" },
  { QS_PASS_OUT_OF_BOUNDS, "reads 16 bytes" },
  { QS_PASS_WRITE_OUT_OF_BOUNDS, "writes 16 bytes" },
  { QS_PASS_SHARED_OUT_OF_BOUNDS, "is beyond its 1024 bytes" },
  { QS_PASS_SHARED_MISALIGNED, "are not aligned words" },
  { QS_PASS_DIVERGENT_BARRIER, "they never meet" },
  { QS_PASS_DIVERGENT_WARP, "while other lanes of its warp are at the warp's barrier" },
  { QS_PASS_NO_WAIT, "while an asynchronous copy to it is under way" },
  { QS_PASS_UNINITIALISED, "which nobody has written" },
  { QS_PASS_NO_BARRIER, "without a barrier between them" },
  { QS_PASS_WRITE_AFTER_READ, "without a barrier between them" },
};

typedef struct
{
  guint8 *in;
  guint8 *out;
} Memory;

static gboolean
run (const Memory  *memory,
     QsPassMistake  mistake)
{
  const QsPassArguments args = { memory->in, memory->out, mistake };
  const guint grid[] = { 1, 1, 1 };

  return qs_emulator_launch (qs_emulator_find ("qs_pass"), grid, QS_PASS_THREADS, SIZE, &args);
}

static void
test_right (gconstpointer data)
{
  const Memory *memory = data;
  guint8 in[SIZE], out[SIZE];

  for (guint i = 0; i < SIZE; i++)
    in[i] = (guint8) (i * 7 + i / 16);
  g_assert_true (qs_emulator_copy_in (memory->in, in, SIZE));
  if (!run (memory, QS_PASS_RIGHT))
    g_error ("the right kernel: %s", qs_emulator_get_message ());
  g_assert_true (qs_emulator_copy_out (out, memory->out, SIZE));
  for (guint i = 0; i < SIZE; i++)
    g_assert_cmpuint (out[i], ==, in[i ^ 16]);
}

static void
test_mistakes (gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_assert_false (run (data, mistakes[i].mistake));
      if (strstr (qs_emulator_get_message (), mistakes[i].message) == NULL)
        g_error ("mistake %d: “%s” is not in “%s”", mistakes[i].mistake, mistakes[i].message,
                 qs_emulator_get_message ());
      g_assert_nonnull (strstr (qs_emulator_get_message (), "qs_pass, block 0 0 0"));
    }
}

/* Launches and copies that the device refuses without running anything. */
static void
test_host (gconstpointer data)
{
  const Memory *memory = data;
  const QsPassArguments args = { memory->in, memory->out, QS_PASS_RIGHT };
  const guint grid[] = { 1, 1, 1 }, empty[] = { 1, 0, 1 };
  const gsize kernel = qs_emulator_find ("qs_pass");
  guint8 byte = 0;

  g_assert_cmpuint (qs_emulator_find ("qs_no_such_kernel"), ==, 0);
  g_assert_false (qs_emulator_launch (kernel, empty, QS_PASS_THREADS, SIZE, &args));
  g_assert_false (qs_emulator_launch (kernel, grid, QS_PASS_THREADS + 1, SIZE, &args));
  g_assert_false (qs_emulator_launch (kernel, grid, QS_PASS_THREADS, 1 << 30, &args));
  g_assert_nonnull (strstr (qs_emulator_get_message (), "is not possible"));
  g_assert_false (qs_emulator_copy_in (memory->in + SIZE, &byte, 1));
  g_assert_false (qs_emulator_copy_out (&byte, memory->in + SIZE, 1));
  g_assert_false (qs_emulator_free (memory->in + 16));
}

int
main (int   argc,
      char *argv[])
{
  Memory memory = { qs_emulator_allocate (SIZE), qs_emulator_allocate (SIZE) };

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/cuda-emulation/right", &memory, test_right);
  g_test_add_data_func ("/cuda-emulation/mistakes", &memory, test_mistakes);
  g_test_add_data_func ("/cuda-emulation/host", &memory, test_host);
  return g_test_run ();
}
