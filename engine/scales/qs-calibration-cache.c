/* SPDX-License-Identifier: MIT */
#include "qs-calibration-cache.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"

/*
 * The version that new caches carry. TensorRT 8 compares only the algorithm of the header with its
 * calibrator's (caches that say TRT-XXXX are accepted there); 8601 is 8.6.1, the last release of
 * the system that this program follows. TensorRT 10 recalibrates when it sees any 8.x version.
 */
#define VERSION "8601"

/* Nothing sensible is longer, and it keeps a wrong file from filling the memory with messages. */
#define MAX_SIZE (64 * 1024 * 1024)
#define MAX_WARNINGS 100

#define HEX_DIGITS "0123456789abcdefABCDEF"

struct _QsCalibrationCache
{
  char *header;
  char *algorithm;
  GPtrArray *lines; /* as read, line ends included */
  QsScaleTable *scales;
  GPtrArray *warnings;
};

static QsCalibrationCache *
cache_alloc (void)
{
  QsCalibrationCache *self = g_new0 (QsCalibrationCache, 1);

  self->lines = g_ptr_array_new_with_free_func (g_free);
  self->scales = qs_scale_table_new ();
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
qs_calibration_cache_free (QsCalibrationCache *self)
{
  g_free (self->header);
  g_free (self->algorithm);
  g_ptr_array_unref (self->lines);
  qs_scale_table_unref (self->scales);
  g_ptr_array_unref (self->warnings);
  g_free (self);
}

G_GNUC_PRINTF (2, 3)
static void
warn (QsCalibrationCache *self,
      const char         *format,
      ...)
{
  va_list args;

  if (self->warnings->len == MAX_WARNINGS)
    return;

  va_start (args, format);
  g_ptr_array_add (self->warnings, g_strdup_vprintf (format, args));
  va_end (args);
}

static guint32
scale_to_bits (float scale)
{
  guint32 bits;

  memcpy (&bits, &scale, sizeof bits);
  return bits;
}

static float
scale_from_bits (guint32 bits)
{
  float scale;

  memcpy (&scale, &bits, sizeof scale);
  return scale;
}

/**
 * qs_calibration_cache_new:
 * @algorithm: the calibrator's word for the header ("EntropyCalibration2")
 * @scales: one scale per tensor, in the order to write them; copied
 */
QsCalibrationCache *
qs_calibration_cache_new (const char   *algorithm,
                          QsScaleTable *scales)
{
  QsCalibrationCache *self = cache_alloc ();

  self->header = g_strconcat ("TRT-" VERSION "-", algorithm, NULL);
  self->algorithm = g_strdup (algorithm);
  g_ptr_array_add (self->lines, g_strconcat (self->header, "\n", NULL));

  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      const char *name = qs_scale_table_get_name (scales, i);
      float scale = qs_scale_table_get_scale (scales, i);

      /* A line per tensor is all the format has. */
      if (strpbrk (name, "\r\n") != NULL)
        {
          warn (self, "Tensor %u has a line break in its name and is left out.", i);
          continue;
        }

      qs_scale_table_set (self->scales, name, scale);
      g_ptr_array_add (self->lines, g_strdup_printf ("%s: %x\n", name, scale_to_bits (scale)));
    }

  return self;
}

/* The header of TensorRT 4 and older: the number of the algorithm, and the regression cutoff and
 * the quantile as the bits of doubles. */
static char *
parse_legacy_header (const char *header)
{
  const char *const algorithms[] = {
    "LegacyCalibration",
    "EntropyCalibration",
    "EntropyCalibration2",
    "MinMaxCalibration",
  };
  g_auto (GStrv) words = g_strsplit (header, " ", 4);

  if (g_strv_length (words) != 3 || strlen (words[0]) != 1 || words[0][0] < '0' ||
      words[0][0] > '3')
    return NULL;
  for (int i = 1; i < 3; i++)
    if (strlen (words[i]) > 16 || words[i][0] == '\0' ||
        strspn (words[i], "0123456789abcdef") != strlen (words[i]))
      return NULL;

  return g_strdup (algorithms[words[0][0] - '0']);
}

/* Whether @header is one; @algorithm is what it names, %NULL for nothing. */
static gboolean
split_header (const char  *header,
              char       **algorithm)
{
  const char *dash;

  *algorithm = NULL;
  if (!g_str_has_prefix (header, "TRT-"))
    return (*algorithm = parse_legacy_header (header)) != NULL;

  dash = strchr (header + strlen ("TRT-"), '-');
  if (dash != NULL && dash[1] != '\0')
    *algorithm = g_strdup (dash + 1);
  return TRUE;
}

static gboolean
parse_header (QsCalibrationCache *self,
              GError            **error)
{
  if (!split_header (self->header, &self->algorithm))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "line 1: this is not the header of a calibration cache, which starts "
                           "with “TRT-”");
      return FALSE;
    }

  if (self->algorithm == NULL)
    warn (self, "The header “%s” does not name an algorithm.", self->header);
  return TRUE;
}

/* One to eight hexadecimal digits and nothing else. */
static gboolean
parse_bits (const char *text,
            guint32    *bits)
{
  gsize length = strlen (text);

  if (length < 1 || length > 8 || strspn (text, HEX_DIGITS) != length)
    return FALSE;

  *bits = (guint32) g_ascii_strtoull (text, NULL, 16);
  return TRUE;
}

static void
warn_about_scale (QsCalibrationCache *self,
                  const char         *name,
                  float               scale)
{
  if (qs_scale_table_lookup (self->scales, name, NULL))
    warn (self, "Tensor %s is there more than once; its last scale counts.", name);

  /* The words TensorRT has for it. */
  if (scale == 0.0f)
    warn (self, "Tensor %s is uniformly zero.", name);
  else if (!isfinite (scale))
    warn (self, "The scale of tensor %s is not finite, so the tensor stays float.", name);
  else if (scale < 0.0f)
    warn (self, "The scale of tensor %s is negative, so the tensor stays float.", name);
}

/* Names contain colons and spaces, so the last colon is the separator. */
static gboolean
parse_entry (QsCalibrationCache *self,
             char               *line,
             guint               number,
             GError            **error)
{
  char *colon = strrchr (line, ':');
  guint32 bits;

  if (colon == NULL || colon == line)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "line %u: there is no tensor name with a colon behind it", number);
      return FALSE;
    }
  if (!parse_bits (g_strstrip (colon + 1), &bits))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "line %u: the scale is not a hexadecimal number of up to 8 digits", number);
      return FALSE;
    }

  *colon = '\0';
  warn_about_scale (self, line, scale_from_bits (bits));
  qs_scale_table_set (self->scales, line, scale_from_bits (bits));
  return TRUE;
}

/* @text includes the line end. */
static gboolean
parse_line (QsCalibrationCache *self,
            char               *text,
            guint               number,
            GError            **error)
{
  g_autofree char *line = g_strdup (text);
  gsize length = strcspn (line, "\n");

  g_ptr_array_add (self->lines, text);
  if (length > 0 && line[length - 1] == '\r')
    length--;
  line[length] = '\0';

  if (number == 1)
    {
      self->header = g_strdup (line);
      return parse_header (self, error);
    }
  if (line[strspn (line, " \t")] == '\0')
    return TRUE;

  return parse_entry (self, line, number, error);
}

static gboolean
check_text (const char *data,
            gsize       size,
            GError    **error)
{
  const char *end;

  if (size == 0 || size > MAX_SIZE)
    {
      g_set_error (error, QS_ERROR, size == 0 ? QS_ERROR_MALFORMED : QS_ERROR_LIMIT,
                   "a calibration cache cannot be %" G_GSIZE_FORMAT " bytes long", size);
      return FALSE;
    }

  if (!g_utf8_validate_len (data, size, &end))
    {
      guint line = 1;

      for (const char *at = data; at < end; at++)
        line += *at == '\n';
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "line %u: this is not text", line);
      return FALSE;
    }

  return TRUE;
}

/**
 * qs_calibration_cache_parse:
 *
 * Reads a cache of any TensorRT version. Odd but readable things become warnings: a name that is
 * there twice, scales that are zero, infinite or negative.
 *
 * Errors: %QS_ERROR_MALFORMED naming the line, %QS_ERROR_LIMIT for an absurdly long file.
 */
QsCalibrationCache *
qs_calibration_cache_parse (GBytes  *bytes,
                            GError **error)
{
  g_autoptr (QsCalibrationCache) self = NULL;
  gsize size;
  const char *at = g_bytes_get_data (bytes, &size), *end = at + size;

  if (!check_text (at, size, error))
    return NULL;

  self = cache_alloc ();
  for (guint number = 1; at < end; number++)
    {
      const char *line_end = memchr (at, '\n', (gsize) (end - at));
      const char *next = line_end != NULL ? line_end + 1 : end;

      if (!parse_line (self, g_strndup (at, (gsize) (next - at)), number, error))
        return NULL;
      at = next;
    }

  qs_scale_table_set_source (self->scales, "cache");
  return g_steal_pointer (&self);
}

/**
 * qs_calibration_cache_load:
 *
 * As [ctor@CalibrationCache.parse]; messages start with the file's name.
 */
QsCalibrationCache *
qs_calibration_cache_load (GFile   *file,
                           GError **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  QsCalibrationCache *self;

  if (bytes == NULL)
    return NULL;

  self = qs_calibration_cache_parse (bytes, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", name);
  return self;
}

/* The file's own bytes for a cache that was read. */
GBytes *
qs_calibration_cache_serialize (QsCalibrationCache *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->lines->len; i++)
    g_string_append (text, self->lines->pdata[i]);

  return g_string_free_to_bytes (text);
}

gboolean
qs_calibration_cache_save (QsCalibrationCache *self,
                           GFile              *file,
                           GError            **error)
{
  g_autoptr (GBytes) bytes = qs_calibration_cache_serialize (self);

  return g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                  NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error);
}

const char *
qs_calibration_cache_get_header (QsCalibrationCache *self)
{
  return self->header;
}

const char *
qs_calibration_cache_get_algorithm (QsCalibrationCache *self)
{
  return self->algorithm;
}

QsScaleTable *
qs_calibration_cache_get_scales (QsCalibrationCache *self)
{
  return self->scales;
}

GPtrArray *
qs_calibration_cache_get_warnings (QsCalibrationCache *self)
{
  return self->warnings;
}

static gboolean
is_one_line (const char *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    if (g_unichar_iscntrl (g_utf8_get_char (text)))
      return FALSE;

  return TRUE;
}

static void
replace_line (QsCalibrationCache *self,
              guint               index,
              char               *line)
{
  g_free (self->lines->pdata[index]);
  self->lines->pdata[index] = line;
}

/**
 * qs_calibration_cache_set_header:
 * @header: such as `TRT-8601-EntropyCalibration2`, without a line end
 *
 * Changes the first line and nothing else. TensorRT uses a cache whose header suits it and
 * recalibrates otherwise, so another header makes it use scales that it would have refused.
 *
 * Errors: %QS_ERROR_DATA for a header that is no line of text or does not name an algorithm.
 */
gboolean
qs_calibration_cache_set_header (QsCalibrationCache *self,
                                 const char         *header,
                                 GError            **error)
{
  char *algorithm = NULL;
  const char *line_end = (const char *) self->lines->pdata[0] + strlen (self->header);

  if (!is_one_line (header))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_DATA,
                           "the header has to be one line of text without control characters");
      return FALSE;
    }
  if (!split_header (header, &algorithm) || algorithm == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "“%s” does not name a version and an algorithm, as "
                   "“TRT-8601-EntropyCalibration2” does", header);
      return FALSE;
    }

  replace_line (self, 0, g_strconcat (header, line_end, NULL));
  g_free (self->header);
  g_free (self->algorithm);
  self->header = g_strdup (header);
  self->algorithm = algorithm;
  return TRUE;
}

/* (nullable): where the last line of @name has its separator, and the line's @index */
static const char *
find_entry (QsCalibrationCache *self,
            const char         *name,
            guint              *index)
{
  gsize length = strlen (name);

  for (*index = self->lines->len - 1; *index > 0; (*index)--)
    {
      const char *line = self->lines->pdata[*index];
      const char *colon = strrchr (line, ':');

      if (colon != NULL && (gsize) (colon - line) == length && memcmp (line, name, length) == 0)
        return colon;
    }

  return NULL;
}

/**
 * qs_calibration_cache_set_scale:
 * @name: a tensor of the cache
 * @scale: its new scale, range / 127, finite and positive
 *
 * Changes the digits of one line and nothing else: of the line that counts, where @name is there
 * more than once.
 *
 * Errors: %QS_ERROR_DATA for an impossible scale, %QS_ERROR_MISSING when @name is not there.
 */
gboolean
qs_calibration_cache_set_scale (QsCalibrationCache *self,
                                const char         *name,
                                float               scale,
                                GError            **error)
{
  const char *colon, *digits, *line;
  guint index;

  if (!isfinite (scale) || scale <= 0.0f)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "tensor %s: %g is not a scale, which is finite and positive", name,
                   (double) scale);
      return FALSE;
    }

  colon = find_entry (self, name, &index);
  if (colon == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "there is no tensor %s in the cache", name);
      return FALSE;
    }

  line = self->lines->pdata[index];
  digits = colon + 1 + strcspn (colon + 1, HEX_DIGITS);
  replace_line (self, index,
                g_strdup_printf ("%.*s%x%s", (int) (digits - line), line, scale_to_bits (scale),
                                 digits + strspn (digits, HEX_DIGITS)));
  qs_scale_table_set (self->scales, name, scale);
  return TRUE;
}
