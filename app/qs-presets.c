/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-presets.h"

static const char *
sample_folder (void)
{
  if (g_file_test (QS_DATA_DIR "/samples/" QS_SAMPLE_MODEL, G_FILE_TEST_EXISTS))
    return QS_DATA_DIR "/samples";

  return QS_SOURCE_DATA_DIR "/samples";
}

/**
 * qs_sample_get_file:
 *
 * A file of the bundled sample: installed, or in the source tree when the program was built there.
 */
GFile *
qs_sample_get_file (const char *name)
{
  return g_file_new_build_filename (sample_folder (), name, NULL);
}

gboolean
qs_sample_contains (GFile *file)
{
  static const char *const folders[] = { QS_DATA_DIR "/samples", QS_SOURCE_DATA_DIR "/samples" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autoptr (GFile) folder = g_file_new_for_path (folders[i]);

      if (g_file_has_prefix (file, folder))
        return TRUE;
    }

  return FALSE;
}
