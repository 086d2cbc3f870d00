/* SPDX-License-Identifier: MIT */
#include "qs-npy-header.h"

#include <string.h>

#include "core/qs-error.h"

static const char magic[] = "\x93NUMPY";

#define MAGIC_LENGTH 6

/* NumPy's letter for the kind of number and its size in bytes, for each of our types. */
static const struct
{
  char kind;
  char size;
  QsDataType type;
} dtypes[] = {
  { 'f', '4', QS_DATA_TYPE_FLOAT },
  { 'f', '8', QS_DATA_TYPE_DOUBLE },
  { 'f', '2', QS_DATA_TYPE_FLOAT16 },
  { 'b', '1', QS_DATA_TYPE_BOOL },
  { 'i', '1', QS_DATA_TYPE_INT8 },
  { 'i', '2', QS_DATA_TYPE_INT16 },
  { 'i', '4', QS_DATA_TYPE_INT32 },
  { 'i', '8', QS_DATA_TYPE_INT64 },
  { 'u', '1', QS_DATA_TYPE_UINT8 },
  { 'u', '2', QS_DATA_TYPE_UINT16 },
  { 'u', '4', QS_DATA_TYPE_UINT32 },
  { 'u', '8', QS_DATA_TYPE_UINT64 },
};

gboolean
qs_npy_header_parse_prefix (const guint8 *prefix,
                            gsize        *start,
                            gsize        *length,
                            GError      **error)
{
  guint major = prefix[MAGIC_LENGTH];

  if (memcmp (prefix, magic, MAGIC_LENGTH) != 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not a NumPy array");
      return FALSE;
    }
  if (major < 1 || major > 3)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "version %u of NumPy's array format is not known", major);
      return FALSE;
    }

  *start = major == 1 ? 10 : 12;
  *length = prefix[8] | (gsize) prefix[9] << 8;
  if (major > 1)
    *length |= (gsize) prefix[10] << 16 | (gsize) prefix[11] << 24;

  /* The shortest possible header is far longer than the two bytes that a prefix of version 1
   * already contains, so that taking those along is always right. */
  if (*length < 16 || *length > QS_NPY_MAX_HEADER)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "the array's header claims to be %" G_GSIZE_FORMAT " bytes long", *length);
      return FALSE;
    }

  return TRUE;
}

/* The header's text is a Python literal: { 'descr': '<f4', 'fortran_order': False, 'shape': (2,) }. */
typedef struct
{
  const char *at;
  const char *end;
} Scanner;

static void
skip_space (Scanner *scanner)
{
  while (scanner->at < scanner->end && g_ascii_isspace (*scanner->at))
    scanner->at++;
}

static gboolean
accept (Scanner *scanner,
        char     c)
{
  skip_space (scanner);
  if (scanner->at == scanner->end || *scanner->at != c)
    return FALSE;

  scanner->at++;
  return TRUE;
}

static gboolean
accept_word (Scanner    *scanner,
             const char *word)
{
  gsize length = strlen (word);

  skip_space (scanner);
  if ((gsize) (scanner->end - scanner->at) < length || memcmp (scanner->at, word, length) != 0)
    return FALSE;

  scanner->at += length;
  return TRUE;
}

static char *
accept_string (Scanner *scanner)
{
  const char *start, *close;
  char quote;

  skip_space (scanner);
  if (scanner->at == scanner->end || (*scanner->at != '\'' && *scanner->at != '"'))
    return NULL;

  quote = *scanner->at;
  start = scanner->at + 1;
  close = memchr (start, quote, (gsize) (scanner->end - start));
  if (close == NULL)
    return NULL;

  scanner->at = close + 1;
  return g_strndup (start, (gsize) (close - start));
}

static gboolean
accept_integer (Scanner *scanner,
                gint64  *value)
{
  gint64 result = 0;
  const char *start;

  skip_space (scanner);
  start = scanner->at;
  while (scanner->at < scanner->end && g_ascii_isdigit (*scanner->at) && result <= QS_MAX_DIM)
    result = result * 10 + (*scanner->at++ - '0');

  if (scanner->at == start)
    return FALSE;
  /* Python 2 wrote long integers with this letter. */
  if (scanner->at < scanner->end && *scanner->at == 'L')
    scanner->at++;

  *value = result;
  return TRUE;
}

static gboolean
malformed (GError    **error,
           const char *what)
{
  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the array's header has no valid “%s”", what);
  return FALSE;
}

static gboolean
parse_descr (QsNpyHeader *self,
             Scanner     *scanner,
             GError     **error)
{
  g_autofree char *text = NULL;

  skip_space (scanner);
  if (scanner->at < scanner->end && *scanner->at == '[')
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "arrays of structures are not supported; save each field as an array");
      /* What follows is not looked at: the caller stops here. */
      return FALSE;
    }

  text = accept_string (scanner);
  if (text == NULL || text[0] == '\0')
    return malformed (error, "descr");

  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strchr ("<>|=", text[0]) != NULL && text[1] == dtypes[i].kind && text[2] == dtypes[i].size &&
        text[3] == '\0')
      {
        self->type = dtypes[i].type;
        self->swapped = dtypes[i].size != '1' &&
                        text[0] == (G_BYTE_ORDER == G_LITTLE_ENDIAN ? '>' : '<');
        return TRUE;
      }

  {
    g_autofree char *shown = g_strescape (text, NULL);

    g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                 "elements of NumPy type “%s” are not supported; convert the array to float32 or an "
                 "integer type", shown);
  }
  return FALSE;
}

static gboolean
parse_fortran_order (QsNpyHeader *self,
                     Scanner     *scanner,
                     GError     **error)
{
  self->fortran = accept_word (scanner, "True");
  return self->fortran || accept_word (scanner, "False") || malformed (error, "fortran_order");
}

static gboolean
parse_shape (QsNpyHeader *self,
             Scanner     *scanner,
             GError     **error)
{
  gint64 dims[QS_MAX_DIMS + 1];
  gsize n = 0;

  if (!accept (scanner, '('))
    return malformed (error, "shape");

  while (n < G_N_ELEMENTS (dims) && accept_integer (scanner, &dims[n]))
    {
      n++;
      if (!accept (scanner, ','))
        break;
    }

  if (n <= QS_MAX_DIMS && !accept (scanner, ')'))
    return malformed (error, "shape");

  return qs_shape_init (&self->shape, n, dims, error);
}

static const struct
{
  const char *name;
  gboolean (*parse) (QsNpyHeader *self,
                     Scanner     *scanner,
                     GError     **error);
} keys[] = {
  { "descr", parse_descr },
  { "fortran_order", parse_fortran_order },
  { "shape", parse_shape },
};

static gboolean
parse_key (QsNpyHeader *self,
           Scanner     *scanner,
           guint       *seen,
           GError     **error)
{
  g_autofree char *name = accept_string (scanner);

  if (name == NULL || !accept (scanner, ':'))
    return malformed (error, "key");

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (name, keys[i].name) == 0 && (*seen & 1u << i) == 0)
      {
        *seen |= 1u << i;
        return keys[i].parse (self, scanner, error);
      }

  return malformed (error, "key");
}

/**
 * qs_npy_header_parse:
 * @text: (array length=length): the header's text, not terminated
 *
 * Reads the dictionary of an array: exactly the three keys of the format, in any order.
 *
 * Errors: %QS_ERROR_MALFORMED; %QS_ERROR_UNSUPPORTED for element types that no tensor has;
 * %QS_ERROR_LIMIT for too many dimensions; %QS_ERROR_SHAPE for one out of range.
 */
gboolean
qs_npy_header_parse (QsNpyHeader *self,
                     const char  *text,
                     gsize        length,
                     GError     **error)
{
  Scanner scanner = { text, text + length };
  guint seen = 0;

  *self = (QsNpyHeader) { 0 };
  if (!accept (&scanner, '{'))
    return malformed (error, "dictionary");

  while (!accept (&scanner, '}'))
    {
      if (!parse_key (self, &scanner, &seen, error))
        return FALSE;
      if (!accept (&scanner, ','))
        {
          if (!accept (&scanner, '}'))
            return malformed (error, "dictionary");
          break;
        }
    }

  skip_space (&scanner);
  if (scanner.at != scanner.end || seen != (1u << G_N_ELEMENTS (keys)) - 1)
    return malformed (error, "dictionary");

  return TRUE;
}

static void
append_descr (GString   *text,
              QsDataType type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (dtypes[i].type == type)
      {
        char order = G_BYTE_ORDER == G_LITTLE_ENDIAN ? '<' : '>';

        g_string_append_printf (text, "%c%c%c", dtypes[i].size == '1' ? '|' : order,
                                dtypes[i].kind, dtypes[i].size);
      }
}

GString *
qs_npy_header_format (QsDataType     type,
                      const QsShape *shape)
{
  GString *header = g_string_new_len (magic, MAGIC_LENGTH);
  gsize length;

  g_string_append_len (header, "\1\0\0\0{'descr': '", 15);
  append_descr (header, type);
  g_string_append (header, "', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < shape->n_dims; i++)
    g_string_append_printf (header, "%s%" G_GINT64_FORMAT "%s", i > 0 ? " " : "", shape->dims[i],
                            i + 1 < shape->n_dims || shape->n_dims == 1 ? "," : "");
  g_string_append (header, "), }");

  while ((header->len + 1) % 64 != 0)
    g_string_append_c (header, ' ');
  g_string_append_c (header, '\n');

  length = header->len - 10;
  header->str[8] = (char) (length & 0xff);
  header->str[9] = (char) (length >> 8);
  return header;
}

void
qs_npy_header_to_host (const QsNpyHeader *self,
                       gpointer           data,
                       gsize              n)
{
  gsize size = qs_data_type_size (self->type);
  guint8 *bytes = data;

  if (!self->swapped)
    return;

  for (gsize i = 0; i < n; i++, bytes += size)
    for (gsize low = 0, high = size - 1; low < high; low++, high--)
      {
        guint8 byte = bytes[low];

        bytes[low] = bytes[high];
        bytes[high] = byte;
      }
}
