/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over the files in a folder, without libFuzzer: what was found once is tried in
 * every test run. A target that misbehaves ends the program. */
#include <glib.h>

#include "qs-fuzz.h"

static gint
compare_names (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_files (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));

  g_ptr_array_sort (names, compare_names);
  return names;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GPtrArray) names = list_files (argv[1]);

  g_print ("1..%u\n", names->len);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *contents = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (name, &contents, &size, NULL));
      g_print ("# %s\n", name);
      LLVMFuzzerTestOneInput ((const guint8 *) contents, size);
      g_print ("ok %u\n", i + 1);
    }

  return 0;
}
