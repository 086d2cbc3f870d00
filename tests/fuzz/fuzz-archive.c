/* SPDX-License-Identifier: MIT */
/* Opening an archive of images and reading them. */
#include <unistd.h>

#include "qs-fuzz.h"
#include "samples/qs-samples.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *path = g_strdup_printf ("%s/fuzz-archive-%d.zip", g_get_tmp_dir (), getpid ());
  g_autoptr (GFile) file = g_file_new_for_path (path);
  QsTensor input = { .name = (char *) "x", .type = QS_DATA_TYPE_FLOAT,
                     .shape = qs_shape_make (4, 1, 3, 8, 8) };
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (QsSamples) samples = NULL;

  g_file_set_contents_full (path, (const char *) data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600,
                            NULL);
  g_ptr_array_add (inputs, &input);
  samples = qs_samples_open (file, NULL);
  if (samples != NULL)
    qs_samples_suggest_images (samples);
  if (samples != NULL && qs_samples_fit (samples, inputs, NULL))
    for (gint64 i = 0; i < MIN (qs_samples_get_n (samples), 16); i++)
      {
        g_autoptr (QsHostTensor) row =
          qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, i, 1, NULL);
      }

  unlink (path);
  return 0;
}
