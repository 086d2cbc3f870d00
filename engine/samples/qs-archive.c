/* SPDX-License-Identifier: MIT */
#include "qs-archive.h"

#include "core/qs-error.h"

locale_t
qs_archive_use_utf8 (void)
{
  static gsize utf8;

  if (g_once_init_enter (&utf8))
    {
      locale_t locale = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);

      g_once_init_leave (&utf8, locale != (locale_t) 0 ? (gsize) locale : (gsize) LC_GLOBAL_LOCALE);
    }

  return uselocale ((locale_t) utf8);
}

char *
qs_archive_dup_entry_name (struct archive_entry *entry)
{
  const char *raw = archive_entry_pathname_utf8 (entry);

  if (raw == NULL)
    raw = archive_entry_pathname (entry);
  return g_utf8_make_valid (raw != NULL ? raw : "", -1);
}

const char *
qs_archive_get_error (struct archive *reader)
{
  const char *text = archive_error_string (reader);

  return text != NULL ? text : "unknown error";
}

gboolean
qs_archive_read_exactly (struct archive *reader,
                         gpointer        buffer,
                         gsize           size,
                         GError        **error)
{
  guint8 *at = buffer;

  while (size > 0)
    {
      la_ssize_t n = archive_read_data (reader, at, size);

      if (n <= 0)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the data ends too early%s%s",
                       n < 0 ? ": " : "", n < 0 ? qs_archive_get_error (reader) : "");
          return FALSE;
        }
      at += n;
      size -= (gsize) n;
    }

  return TRUE;
}
