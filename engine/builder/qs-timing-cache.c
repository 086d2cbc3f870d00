/* SPDX-License-Identifier: MIT */
#include "qs-timing-cache.h"

#include <math.h>
#include <string.h>

#include "backends/qs-machine.h"
#include "core/qs-error.h"

#define MAGIC "# Quantoscope timing cache 1"
#define PLACE "[place]\t"

/* A line of a real file has a few hundred bytes, and a large network a few thousand of them. */
#define MAX_FILE (64 << 20)
#define MAX_LINE 16384
#define MAX_MS 1e9

struct _QsTimingCache
{
  gatomicrefcount ref_count;
  GHashTable *places; /* place -> GHashTable of signature -> double */
  guint n_candidates;
  guint n_known;
};

QsTimingCache *
qs_timing_cache_new (void)
{
  QsTimingCache *self = g_new0 (QsTimingCache, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify) g_hash_table_unref);
  return self;
}

QsTimingCache *
qs_timing_cache_ref (QsTimingCache *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_timing_cache_unref (QsTimingCache *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->places);
  g_free (self);
}

static GHashTable *
find_place (QsTimingCache *self,
            const char    *place)
{
  GHashTable *times = g_hash_table_lookup (self->places, place);

  if (times == NULL)
    {
      times = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_insert (self->places, g_strdup (place), times);
    }
  return times;
}

/**
 * qs_timing_cache_make_place:
 * @n_threads: threads while timing, 0 for one per processor
 *
 * Processor, kernel set and threads, separated by tabs.
 */
char *
qs_timing_cache_make_place (guint n_threads)
{
  return g_strdup_printf ("%s\t%s\t%u", qs_machine_get_processor (), qs_machine_get_kernel_set (),
                          n_threads > 0 ? n_threads : g_get_num_processors ());
}

/**
 * qs_timing_cache_lookup:
 * @ms: (out): the time in milliseconds
 */
gboolean
qs_timing_cache_lookup (QsTimingCache *self,
                        const char    *place,
                        const char    *signature,
                        double        *ms)
{
  GHashTable *times = g_hash_table_lookup (self->places, place);
  const double *known = times != NULL ? g_hash_table_lookup (times, signature) : NULL;

  if (known != NULL)
    *ms = *known;
  return known != NULL;
}

/**
 * qs_timing_cache_add:
 * @signature: one line without tabs
 * @ms: milliseconds, above zero
 *
 * Returns: @ms in whole nanoseconds, which is what a file keeps: a build that measures and one that
 *   reads the times decide alike
 */
double
qs_timing_cache_add (QsTimingCache *self,
                     const char    *place,
                     const char    *signature,
                     double         ms)
{
  double *kept = g_new (double, 1);

  *kept = MAX (round (ms * 1e6), 1.0) / 1e6;
  g_hash_table_replace (find_place (self, place), g_strdup (signature), kept);
  return *kept;
}

void
qs_timing_cache_count (QsTimingCache *self,
                       gboolean       known)
{
  self->n_candidates++;
  self->n_known += known;
}

guint
qs_timing_cache_get_n_candidates (QsTimingCache *self)
{
  return self->n_candidates;
}

guint
qs_timing_cache_get_n_known (QsTimingCache *self)
{
  return self->n_known;
}

guint
qs_timing_cache_count_others (QsTimingCache *self,
                              const char    *place)
{
  GHashTableIter iter;
  gpointer key, times;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, &key, &times))
    if (strcmp (key, place) != 0)
      n += g_hash_table_size (times);

  return n;
}

/* ---- the file ---- */

static gboolean
fail (GError     **error,
      guint        line,
      const char  *what)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "line %u: %s", line, what);
  return FALSE;
}

static gboolean
is_printable (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text) && *text != '\t')
      return FALSE;

  return TRUE;
}

static gboolean
is_place (const char *text)
{
  guint n_tabs = 0;

  for (const char *c = text; *c != '\0'; c++)
    n_tabs += *c == '\t';
  return n_tabs == 2 && text[0] != '\t';
}

/* “0.012345 <tab> signature” */
static gboolean
parse_time (GHashTable  *times,
            const char  *text,
            guint        line,
            GError     **error)
{
  char *end = NULL;
  double ms = g_ascii_strtod (text, &end);
  double *kept;

  if (end == text || *end != '\t' || end[1] == '\0' || strchr (end + 1, '\t') != NULL)
    return fail (error, line, "it is not a time, a tab and what was timed");
  if (!isfinite (ms) || ms <= 0.0 || ms > MAX_MS)
    return fail (error, line, "its time is not a number of milliseconds above zero");

  kept = g_new (double, 1);
  *kept = ms;
  g_hash_table_replace (times, g_strdup (end + 1), kept);
  return TRUE;
}

static gboolean
parse_line (QsTimingCache  *self,
            const char     *text,
            guint           line,
            GHashTable    **times,
            GError        **error)
{
  if (text[0] == '\0' || text[0] == '#')
    return TRUE;
  if (!is_printable (text))
    return fail (error, line, "it has other characters than printable ASCII");
  if (g_str_has_prefix (text, PLACE))
    {
      if (!is_place (text + strlen (PLACE)))
        return fail (error, line, "a place is a processor, a kernel set and a number of threads");
      *times = find_place (self, text + strlen (PLACE));
      return TRUE;
    }
  if (*times == NULL)
    return fail (error, line, "a time stands before the first [place]");
  return parse_time (*times, text, line, error);
}

static gboolean
parse (QsTimingCache  *self,
       const char     *data,
       gsize           size,
       GError        **error)
{
  const char *end = data + size;
  GHashTable *times = NULL;

  if (size < strlen (MAGIC) || memcmp (data, MAGIC, strlen (MAGIC)) != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "it is not a timing cache, or one of another version; name another file");
      return FALSE;
    }

  for (guint line = 1; data < end; line++)
    {
      const char *newline = memchr (data, '\n', (gsize) (end - data));
      gsize length = (gsize) ((newline != NULL ? newline : end) - data);
      g_autofree char *text = NULL;

      if (length > MAX_LINE)
        return fail (error, line, "it is longer than any line of a timing cache");
      text = g_strndup (data, length);
      if (strlen (text) != length)
        return fail (error, line, "it has a zero byte");
      if (!parse_line (self, text, line, &times, error))
        return FALSE;
      data += length + 1;
    }

  return TRUE;
}

static GBytes *
read_file (GFile   *file,
           GError **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GBytes) bytes = NULL;

  if (stream == NULL)
    return NULL;

  /* One byte more than is allowed tells a file that is too large, also one without a size. */
  bytes = g_input_stream_read_bytes (G_INPUT_STREAM (stream), MAX_FILE + 1, NULL, error);
  if (bytes == NULL)
    return NULL;
  if (g_bytes_get_size (bytes) > MAX_FILE)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT, "it is larger than any timing cache");
      return NULL;
    }
  return g_steal_pointer (&bytes);
}

/**
 * qs_timing_cache_load:
 *
 * Adds the times of @file. A file that is not there has none, which is no error.
 *
 * Errors: those of reading; %QS_ERROR_MALFORMED for what is not a timing cache, with the line;
 * messages start with the file's name. The cache is then as it was.
 */
gboolean
qs_timing_cache_load (QsTimingCache *self,
                      GFile         *file,
                      GError       **error)
{
  g_autofree char *name = g_file_get_parse_name (file);
  g_autoptr (QsTimingCache) fresh = qs_timing_cache_new ();
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) bytes = read_file (file, &local);
  GHashTableIter places;
  gpointer place, times;

  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return TRUE;
  if (bytes == NULL || !parse (fresh, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                               &local))
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", name);
      return FALSE;
    }

  g_hash_table_iter_init (&places, fresh->places);
  while (g_hash_table_iter_next (&places, &place, &times))
    {
      GHashTable *own = find_place (self, place);
      GHashTableIter iter;
      gpointer signature, ms;

      g_hash_table_iter_init (&iter, times);
      while (g_hash_table_iter_next (&iter, &signature, &ms))
        g_hash_table_replace (own, g_strdup (signature), g_memdup2 (ms, sizeof (double)));
    }

  return TRUE;
}

/* Times of this processor with other kernels: nobody will ask for them again. */
static gboolean
is_outdated (const char *place)
{
  g_auto (GStrv) parts = g_strsplit (place, "\t", 3);

  return strcmp (parts[0], qs_machine_get_processor ()) == 0 &&
         strcmp (parts[1], qs_machine_get_kernel_set ()) != 0;
}

static void
write_place (GString    *text,
             const char *place,
             GHashTable *times)
{
  g_autoptr (GList) signatures = g_list_sort (g_hash_table_get_keys (times),
                                              (GCompareFunc) strcmp);

  g_string_append_printf (text, PLACE "%s\n", place);
  for (GList *l = signatures; l != NULL; l = l->next)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];
      const double *ms = g_hash_table_lookup (times, l->data);

      g_string_append_printf (text, "%s\t%s\n",
                              g_ascii_formatd (number, sizeof number, "%.6f", *ms),
                              (const char *) l->data);
    }
}

/**
 * qs_timing_cache_save:
 *
 * Writes the cache together with what another program has written to @file meanwhile; where both
 * have a time, this cache's stands. Times of this processor with other kernels are left out. The
 * file is replaced at once or not at all.
 */
gboolean
qs_timing_cache_save (QsTimingCache *self,
                      GFile         *file,
                      GError       **error)
{
  g_autofree char *name = g_file_get_parse_name (file);
  g_autoptr (QsTimingCache) all = qs_timing_cache_new ();
  g_autoptr (GString) text = g_string_new (MAGIC "\n");
  g_autoptr (GList) places = NULL;
  GHashTableIter iter;
  gpointer place, times;

  if (!qs_timing_cache_load (all, file, error))
    return FALSE;

  g_hash_table_iter_init (&iter, self->places);
  while (g_hash_table_iter_next (&iter, &place, &times))
    {
      GHashTableIter own;
      gpointer signature, ms;

      g_hash_table_iter_init (&own, times);
      while (g_hash_table_iter_next (&own, &signature, &ms))
        qs_timing_cache_add (all, place, signature, *(double *) ms);
    }

  places = g_list_sort (g_hash_table_get_keys (all->places), (GCompareFunc) strcmp);
  for (GList *l = places; l != NULL; l = l->next)
    if (!is_outdated (l->data))
      write_place (text, l->data, g_hash_table_lookup (all->places, l->data));

  if (g_file_replace_contents (file, text->str, text->len, NULL, FALSE, G_FILE_CREATE_NONE, NULL,
                               NULL, error))
    return TRUE;
  g_prefix_error (error, "%s: ", name);
  return FALSE;
}
