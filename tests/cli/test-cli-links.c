/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-test.h"

/* What a program without a window must not load. gdk-pixbuf is not among them: it reads images and
 * needs no display; neither are the X11 libraries, which Debian's cairo brings along. */
static const char *const forbidden_libraries[] = {
  "libgtk-", "libgdk-3", "libadwaita", "libpython",
};

static const char *const forbidden_includes[] = {
  "<gtk/", "<gdk/", "<gsk/", "<adwaita", "<X11/",
};

/* All that the dynamic linker would load, direct or through others. */
static void
test_libraries (void)
{
  const char *argv[] = { "ldd", g_getenv ("QS_TEST_CLI"), NULL };
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
                     &status, &error))
    {
      g_test_skip ("there is no ldd");
      return;
    }

  g_assert_cmpint (status, ==, 0);
  g_assert_nonnull (strstr (out, "libglib-2.0"));
  for (gsize i = 0; i < G_N_ELEMENTS (forbidden_libraries); i++)
    if (strstr (out, forbidden_libraries[i]) != NULL)
      g_error ("quantoscope-cli loads %s:\n%s", forbidden_libraries[i], out);
}

static guint
check_includes (const char *path)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (forbidden_includes); i++)
    if (strstr (text, forbidden_includes[i]) != NULL)
      g_error ("%s includes %s", path, forbidden_includes[i]);

  return 1;
}

static guint
check_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        n += check_folder (child);
      else if (g_str_has_suffix (name, ".c") || g_str_has_suffix (name, ".h"))
        n += check_includes (child);
    }

  return n;
}

static void
test_includes (void)
{
  const char *const folders[] = { "engine", "app/cli" };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", folders[i], NULL);

      g_assert_cmpuint (check_folder (path), >, 10);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cli/links/libraries", test_libraries);
  g_test_add_func ("/cli/links/includes", test_includes);

  return g_test_run ();
}
