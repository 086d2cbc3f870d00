/* SPDX-License-Identifier: MIT */
#include "qs-cli-test.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "samples/qs-npz.h"

static char *folder;

void
qs_cli_outcome_free (QsCliOutcome *self)
{
  g_free (self->out);
  g_free (self->err);
  g_free (self);
}

QsCliOutcome *
qs_cli_test_run_args (GPtrArray *args)
{
  QsCliOutcome *self = g_new0 (QsCliOutcome, 1);
  g_autoptr (GError) error = NULL;
  int wait_status;

  g_ptr_array_insert (args, 0, (gpointer) g_getenv ("QS_TEST_CLI"));
  g_ptr_array_add (args, NULL);
  g_spawn_sync (NULL, (char **) args->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &self->out,
                &self->err, &wait_status, &error);
  g_assert_no_error (error);

  self->status = WIFEXITED (wait_status) ? WEXITSTATUS (wait_status) : -1;
  return self;
}

static GPtrArray *
collect (const char *first,
         va_list     words)
{
  GPtrArray *args = g_ptr_array_new ();

  for (const char *word = first; word != NULL; word = va_arg (words, const char *))
    g_ptr_array_add (args, (gpointer) word);

  return args;
}

QsCliOutcome *
qs_cli_test_run (const char *first,
                 ...)
{
  g_autoptr (GPtrArray) args = NULL;
  va_list words;

  va_start (words, first);
  args = collect (first, words);
  va_end (words);

  return qs_cli_test_run_args (args);
}

QsCliOutcome *
qs_cli_test_succeed (const char *first,
                     ...)
{
  g_autoptr (GPtrArray) args = NULL;
  QsCliOutcome *outcome;
  va_list words;

  va_start (words, first);
  args = collect (first, words);
  va_end (words);

  outcome = qs_cli_test_run_args (args);
  if (outcome->status != 0)
    g_error ("“%s” ended with status %d: %s", first, outcome->status, outcome->err);
  return outcome;
}

void
qs_cli_test_expect (QsCliOutcome *outcome,
                    int           status,
                    const char   *word)
{
  if (outcome->status != status || strstr (outcome->err, word) == NULL)
    g_error ("status %d and “%s” expected, but status %d and: %s", status, word, outcome->status,
             outcome->err);
}

gboolean
qs_cli_test_is_slow (void)
{
#if defined(__SANITIZE_ADDRESS__)
  return TRUE;
#else
  return FALSE;
#endif
}

char *
qs_cli_test_sample (const char *name)
{
  g_autoptr (GFile) file = qs_test_sample (name);

  if (g_file_query_exists (file, NULL))
    return g_file_get_path (file);

  g_test_skip ("the bundled sample is not here");
  return NULL;
}

char *
qs_cli_test_shared (const char *name)
{
  g_autoptr (GFile) file = qs_test_shared (name);

  return file != NULL ? g_file_get_path (file) : NULL;
}

void
qs_cli_test_init (void)
{
  folder = qs_test_make_folder ();
}

void
qs_cli_test_finish (void)
{
  qs_test_remove_folder (folder);
  g_clear_pointer (&folder, g_free);
}

char *
qs_cli_test_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

JsonObject *
qs_cli_test_load_json (const char *path)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

char *
qs_cli_test_read (const char *path,
                  gsize      *length)
{
  g_autoptr (GError) error = NULL;
  char *data;

  g_file_get_contents (path, &data, length, &error);
  g_assert_no_error (error);
  return data;
}

void
qs_cli_test_write (const char    *path,
                   gconstpointer  data,
                   gsize          length)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, data, (gssize) length, &error);
  g_assert_no_error (error);
}

QsHostTensor *
qs_cli_test_load_array (const char *path,
                        const char *name)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) arrays = qs_npz_load (file, &error);
  QsHostTensor *array;

  g_assert_no_error (error);
  array = g_hash_table_lookup (arrays, name);
  g_assert_nonnull (array);
  return qs_host_tensor_ref (array);
}

void
qs_cli_test_save_array (const char    *path,
                        const char    *name,
                        QsDataType     type,
                        const QsShape *shape,
                        gconstpointer  data)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) array = NULL;
  gsize size = (gsize) qs_shape_n_elements (shape) * qs_data_type_size (type);

  array = qs_host_tensor_new_from_data (type, shape, data, size, &error);
  g_assert_no_error (error);
  qs_npz_save (file, &name, &array, 1, &error);
  g_assert_no_error (error);
}

/* NumPy's format 1.0: magic, version, length of the header, the header as a Python dict. */
static GByteArray *
make_npy (const char *descr,
          const char *shape,
          gsize       n_bytes)
{
  GByteArray *npy = g_byte_array_new ();
  g_autofree char *header =
    g_strdup_printf ("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);
  guint16 length = GUINT16_TO_LE ((guint16) strlen (header));
  gsize start;

  g_byte_array_append (npy, (const guint8 *) "\x93NUMPY\x01\x00", 8);
  g_byte_array_append (npy, (const guint8 *) &length, 2);
  g_byte_array_append (npy, (const guint8 *) header, (guint) strlen (header));
  start = npy->len;
  g_byte_array_set_size (npy, (guint) (start + n_bytes));
  memset (npy->data + start, 0, n_bytes);
  return npy;
}

void
qs_cli_test_save_npy (const char *path,
                      const char *name,
                      const char *descr,
                      const char *shape,
                      gsize       n_bytes)
{
  g_autoptr (GByteArray) npy = make_npy (descr, shape, n_bytes);
  g_autofree char *member = g_strconcat (name, ".npy", NULL);
  struct archive *archive = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();

  archive_write_set_format_zip (archive);
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);
  archive_entry_set_pathname (entry, member);
  archive_entry_set_size (entry, npy->len);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
  g_assert_cmpint (archive_write_data (archive, npy->data, npy->len), ==, npy->len);
  archive_entry_free (entry);
  archive_write_free (archive);
}
