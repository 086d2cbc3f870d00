/* SPDX-License-Identifier: MIT */
#include "qs-dimension-store.h"

#define GROUP "Dimensions"

static GMutex mutex;

static char *
get_path (void)
{
  return g_build_filename (g_get_user_data_dir (), "quantoscope", "dimensions.ini", NULL);
}

static GKeyFile *
load (const char *path)
{
  GKeyFile *file = g_key_file_new ();

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  return file;
}

char *
qs_dimension_store_lookup (const char *checksum)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  g_autofree char *path = get_path ();
  g_autoptr (GKeyFile) file = load (path);

  return g_key_file_get_string (file, GROUP, checksum, NULL);
}

void
qs_dimension_store_keep (const char *checksum,
                         const char *text)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  g_autofree char *path = get_path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GKeyFile) file = load (path);
  g_autoptr (GError) error = NULL;

  g_key_file_set_string (file, GROUP, checksum, text);
  g_mkdir_with_parents (folder, 0700);
  if (!g_key_file_save_to_file (file, path, &error))
    g_message ("The dimensions could not be kept: %s", error->message);
}
