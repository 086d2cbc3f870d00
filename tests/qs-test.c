/* SPDX-License-Identifier: MIT */
#include "qs-test.h"

#include <glib/gstdio.h>
#include <string.h>

GFile *
qs_test_sample (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("QS_TEST_DATA"), name, NULL);

  return g_file_new_for_path (path);
}

GFile *
qs_test_shared (const char *name)
{
  const char *shared = g_getenv ("QUANTOSCOPE_SHARED");
  g_autofree char *path = NULL;

  if (shared != NULL)
    path = g_build_filename (shared, "data", name, NULL);
  else
    path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "..", "shared", "data", name, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *message = g_strdup_printf ("%s is not here", path);

      g_test_skip (message);
      return NULL;
    }

  return g_file_new_for_path (path);
}

char *
qs_test_make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("qs-test-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

void
qs_test_remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        qs_test_remove_folder (child);
      else
        g_remove (child);
    }

  g_rmdir (path);
}

void
qs_test_assert_error (GError     *error,
                      GQuark      domain,
                      int         code,
                      const char *word)
{
  g_assert_error (error, domain, code);
  if (strstr (error->message, word) == NULL)
    g_error ("“%s” does not mention “%s”", error->message, word);
}
