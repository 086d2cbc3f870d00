/* SPDX-License-Identifier: MIT */
/* Reading the recipe of a set out of a document. */
#include "qs-fuzz.h"
#include "samples/qs-sample-recipe.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  QsSampleRecipe recipe;

  qs_sample_recipe_from_json (&recipe, text, NULL);
  return 0;
}
