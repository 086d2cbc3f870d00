/* SPDX-License-Identifier: MIT */
/* Reading, importing, shape inference and constant folding of an ONNX file. */
#include "import/qs-import.h"
#include "qs-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "fuzz.onnx", NULL);
  g_autoptr (QsProfile) profile = NULL;
  g_autoptr (QsImport) import = NULL;

  if (model == NULL)
    return 0;

  profile = qs_profile_new ();
  qs_profile_set_batch (profile, 2);
  import = qs_import_run (model, profile, NULL);
  return 0;
}
