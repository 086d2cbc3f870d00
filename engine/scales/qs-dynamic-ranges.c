/* SPDX-License-Identifier: MIT */
#include "qs-dynamic-ranges.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/qs-error.h"

/* Codes of a symmetric range: -127 … 127. */
#define LAST_CODE 127
#define N_CODES (2 * LAST_CODE + 1)

typedef struct
{
  char *name;
  QsDynamicRange range;
} Entry;

struct _QsDynamicRanges
{
  gatomicrefcount ref_count;
  GPtrArray *entries;
  GHashTable *by_name;
};

double
qs_dynamic_range_get_abs_max (const QsDynamicRange *self)
{
  return fmax (fabs (self->min), fabs (self->max));
}

/* In double arithmetic and then rounded once: for ends that are float32 this is the float32
 * division, since 53 bits are enough to round a quotient of two 24-bit numbers twice. And a range
 * of 127 * scale, which a double holds exactly, gives that very scale. */
float
qs_dynamic_range_get_scale (const QsDynamicRange *self)
{
  return (float) (qs_dynamic_range_get_abs_max (self) / LAST_CODE);
}

double
qs_dynamic_range_get_unused (const QsDynamicRange *self)
{
  double scale = (double) qs_dynamic_range_get_scale (self);
  double first = CLAMP (rint (self->min / scale), -LAST_CODE, LAST_CODE);
  double last = CLAMP (rint (self->max / scale), -LAST_CODE, LAST_CODE);

  return 1.0 - (last - first + 1.0) / N_CODES;
}

gboolean
qs_dynamic_range_equal (const QsDynamicRange *a,
                        const QsDynamicRange *b)
{
  return a->min == b->min && a->max == b->max;
}

static const char *
find_fault (const QsDynamicRange *self)
{
  float scale;

  if (!isfinite (self->min) || !isfinite (self->max))
    return "both ends have to be finite numbers";
  if (self->min > self->max)
    return "the minimum is larger than the maximum";
  if (self->min == 0.0 && self->max == 0.0)
    return "both ends are 0, which gives no scale";

  scale = qs_dynamic_range_get_scale (self);
  if (!(scale >= FLT_MIN) || qs_dynamic_range_get_abs_max (self) > (double) FLT_MAX)
    return "it is too small or too large for a scale in float32";
  return NULL;
}

gboolean
qs_dynamic_range_check (const QsDynamicRange  *self,
                        const char            *tensor,
                        GError               **error)
{
  const char *fault = find_fault (self);

  if (fault == NULL)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_DATA,
               "tensor “%s”: a range from %g to %g is not possible: %s", tensor, self->min,
               self->max, fault);
  return FALSE;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_free (entry);
}

QsDynamicRanges *
qs_dynamic_ranges_new (void)
{
  QsDynamicRanges *self = g_new0 (QsDynamicRanges, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

static void
put (QsDynamicRanges      *self,
     const char           *tensor,
     const QsDynamicRange *range)
{
  Entry *entry = g_hash_table_lookup (self->by_name, tensor);

  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      entry->name = g_strdup (tensor);
      g_ptr_array_add (self->entries, entry);
      g_hash_table_insert (self->by_name, entry->name, entry);
    }
  entry->range = *range;
}

QsDynamicRanges *
qs_dynamic_ranges_copy (QsDynamicRanges *self)
{
  QsDynamicRanges *copy = qs_dynamic_ranges_new ();

  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (self->entries, i);

      put (copy, entry->name, &entry->range);
    }
  return copy;
}

QsDynamicRanges *
qs_dynamic_ranges_ref (QsDynamicRanges *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_dynamic_ranges_unref (QsDynamicRanges *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->entries);
  g_free (self);
}

guint
qs_dynamic_ranges_get_n (QsDynamicRanges *self)
{
  return self->entries->len;
}

const char *
qs_dynamic_ranges_get_name (QsDynamicRanges *self,
                            guint            index)
{
  g_return_val_if_fail (index < self->entries->len, NULL);

  return ((Entry *) g_ptr_array_index (self->entries, index))->name;
}

const QsDynamicRange *
qs_dynamic_ranges_get (QsDynamicRanges *self,
                       guint            index)
{
  g_return_val_if_fail (index < self->entries->len, NULL);

  return &((Entry *) g_ptr_array_index (self->entries, index))->range;
}

const QsDynamicRange *
qs_dynamic_ranges_lookup (QsDynamicRanges *self,
                          const char      *tensor)
{
  const Entry *entry = g_hash_table_lookup (self->by_name, tensor);

  return entry == NULL ? NULL : &entry->range;
}

gboolean
qs_dynamic_ranges_set (QsDynamicRanges       *self,
                       const char            *tensor,
                       const QsDynamicRange  *range,
                       GError               **error)
{
  if (!qs_dynamic_range_check (range, tensor, error))
    return FALSE;

  put (self, tensor, range);
  return TRUE;
}

gboolean
qs_dynamic_ranges_remove (QsDynamicRanges *self,
                          const char      *tensor)
{
  Entry *entry = g_hash_table_lookup (self->by_name, tensor);

  if (entry == NULL)
    return FALSE;

  g_hash_table_remove (self->by_name, tensor);
  g_ptr_array_remove (self->entries, entry);
  return TRUE;
}

gboolean
qs_dynamic_ranges_equal (QsDynamicRanges *self,
                         QsDynamicRanges *other)
{
  if (self->entries->len != other->entries->len)
    return FALSE;

  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (self->entries, i);
      const QsDynamicRange *range = qs_dynamic_ranges_lookup (other, entry->name);

      if (range == NULL || !qs_dynamic_range_equal (range, &entry->range))
        return FALSE;
    }

  return TRUE;
}

/* A number and nothing behind it; NaN and infinity are numbers here, so that the check of the
 * range can speak of them. */
static gboolean
parse_number (const char *text,
              double     *value)
{
  char *end;

  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0';
}

gboolean
qs_dynamic_ranges_parse (QsDynamicRanges  *self,
                         const char       *text,
                         GError          **error)
{
  const char *split = strrchr (text, '=');
  g_autofree char *name = NULL;
  g_auto (GStrv) numbers = NULL;
  QsDynamicRange range;
  gboolean ok;

  if (split == NULL || split == text)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "“%s” is not of the form TENSOR=MIN,MAX", text);
      return FALSE;
    }

  name = g_strndup (text, (gsize) (split - text));
  numbers = g_strsplit (split + 1, ",", 3);
  ok = g_strv_length (numbers) == 2 ? parse_number (numbers[0], &range.min) &&
                                        parse_number (numbers[1], &range.max)
       : g_strv_length (numbers) == 1 ? parse_number (numbers[0], &range.max) : FALSE;
  if (!ok)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "tensor “%s”: “%s” is not a range; write MIN,MAX", name, split + 1);
      return FALSE;
    }

  if (numbers[1] == NULL)
    range.min = -range.max;
  return qs_dynamic_ranges_set (self, name, &range, error);
}
