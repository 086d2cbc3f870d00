/* SPDX-License-Identifier: MIT */
#include "qs-plan.h"

#include <string.h>

#include "config.h"
#include "core/qs-error.h"

static const char magic[8] = "\x89QSPLAN\n";

typedef struct
{
  char magic[8];
  guint32 version;
  guint32 zero;
  char program[24];
  guint64 size;
  guint8 digest[32];
} Header;

G_STATIC_ASSERT (sizeof (Header) == QS_PLAN_HEADER_SIZE);

static void
compute_digest (gconstpointer message,
                gsize         size,
                guint8       *digest)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = 32;

  g_checksum_update (checksum, message, (gssize) size);
  g_checksum_get_digest (checksum, digest, &length);
}

GBytes *
qs_plan_write (QsEngine  *engine,
               GError   **error)
{
  g_autoptr (GBytes) message = qs_plan_pack (engine, error);
  Header header = { .version = GUINT32_TO_LE (QS_PLAN_VERSION) };
  GByteArray *file;
  gconstpointer data;
  gsize size;

  if (message == NULL)
    return NULL;

  data = g_bytes_get_data (message, &size);
  file = g_byte_array_sized_new ((guint) (sizeof header + size));
  memcpy (header.magic, magic, sizeof magic);
  g_strlcpy (header.program, QS_VERSION, sizeof header.program);
  header.size = GUINT64_TO_LE (size);
  compute_digest (data, size, header.digest);
  g_byte_array_append (file, (const guint8 *) &header, sizeof header);
  g_byte_array_append (file, data, (guint) size);
  return g_byte_array_free_to_bytes (file);
}

gboolean
qs_engine_probe (GBytes *head)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (head, &size);

  return size >= sizeof magic && memcmp (data, magic, sizeof magic) == 0;
}

static gboolean
check_header (const Header *header,
              gsize         file_size,
              GError      **error)
{
  guint32 version = GUINT32_FROM_LE (header->version);
  g_autofree char *program = g_strndup (header->program, sizeof header->program);

  if (version != QS_PLAN_VERSION)
    {
      g_autofree char *readable = g_utf8_make_valid (program, -1);

      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "the plan has format version %u, written by Quantoscope %s, and this is "
                   "Quantoscope %s, which reads version %d; build the plan again from the model",
                   version, readable, QS_VERSION, QS_PLAN_VERSION);
      return FALSE;
    }

  if (GUINT64_FROM_LE (header->size) != file_size - sizeof *header)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "the plan is cut off or has something behind it: it says %" G_GUINT64_FORMAT
                   " bytes and has %" G_GSIZE_FORMAT, GUINT64_FROM_LE (header->size),
                   file_size - sizeof *header);
      return FALSE;
    }

  return TRUE;
}

/* The message behind a valid header. */
GBytes *
qs_plan_unwrap (GBytes  *file,
                GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  guint8 digest[32];
  Header header;

  if (!qs_engine_probe (file) || size < sizeof header)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not an engine plan");
      return NULL;
    }

  memcpy (&header, data, sizeof header);
  if (!check_header (&header, size, error))
    return NULL;

  compute_digest (data + sizeof header, size - sizeof header, digest);
  if (memcmp (digest, header.digest, sizeof digest) != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "the plan is damaged: its contents do not have the checksum in its header; "
                   "build it again from the model");
      return NULL;
    }

  return g_bytes_new_from_bytes (file, sizeof header, size - sizeof header);
}

/**
 * qs_engine_save:
 *
 * Writes the engine to a plan file, which replaces any file of that name at once or not at all.
 */
gboolean
qs_engine_save (QsEngine  *self,
                GFile     *file,
                GError   **error)
{
  g_autoptr (GBytes) bytes = qs_plan_write (self, error);

  if (bytes == NULL)
    return FALSE;
  return g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                  NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error);
}

/**
 * qs_engine_load:
 *
 * Reads a plan file. Kernels that this machine lacks are replaced by its best for the same
 * precision, which the journal tells; memory is planned anew.
 *
 * Errors: %QS_ERROR_VERSION for a plan of another format version, %QS_ERROR_MALFORMED for one that
 * is damaged or inconsistent; the messages begin with the file's name.
 */
QsEngine *
qs_engine_load (GFile   *file,
                GError **error)
{
  g_autofree char *name = g_file_get_parse_name (file);
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autoptr (GBytes) message = NULL;
  QsEngine *engine = NULL;

  if (bytes == NULL)
    return NULL;

  message = qs_plan_unwrap (bytes, error);
  if (message != NULL)
    engine = qs_plan_read (message, error);
  if (engine == NULL)
    g_prefix_error (error, "%s: ", name);
  return engine;
}
