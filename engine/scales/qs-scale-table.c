/* SPDX-License-Identifier: MIT */
#include "qs-scale-table.h"

#include <math.h>

typedef struct
{
  char *name;
  float scale;
  gboolean manual;
} Entry;

struct _QsScaleTable
{
  gatomicrefcount ref_count;
  char *source;
  GArray *entries;
  GHashTable *index; /* name (owned by the entry) to position */
};

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
}

QsScaleTable *
qs_scale_table_new (void)
{
  QsScaleTable *self = g_new0 (QsScaleTable, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);
  self->index = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

QsScaleTable *
qs_scale_table_copy (QsScaleTable *self)
{
  QsScaleTable *copy = qs_scale_table_new ();

  qs_scale_table_set_source (copy, self->source);
  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = &g_array_index (self->entries, Entry, i);

      qs_scale_table_set (copy, entry->name, entry->scale);
      qs_scale_table_set_manual (copy, entry->name, entry->manual);
    }

  return copy;
}

QsScaleTable *
qs_scale_table_ref (QsScaleTable *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_scale_table_unref (QsScaleTable *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_hash_table_unref (self->index);
  g_array_unref (self->entries);
  g_free (self->source);
  g_free (self);
}

void
qs_scale_table_set_source (QsScaleTable *self,
                           const char   *source)
{
  char *copy = g_strdup (source);

  g_free (self->source);
  self->source = copy;
}

const char *
qs_scale_table_get_source (QsScaleTable *self)
{
  return self->source;
}

guint
qs_scale_table_get_n (QsScaleTable *self)
{
  return self->entries->len;
}

const char *
qs_scale_table_get_name (QsScaleTable *self,
                         guint         index)
{
  g_return_val_if_fail (index < self->entries->len, NULL);

  return g_array_index (self->entries, Entry, index).name;
}

float
qs_scale_table_get_scale (QsScaleTable *self,
                          guint         index)
{
  g_return_val_if_fail (index < self->entries->len, 0.0f);

  return g_array_index (self->entries, Entry, index).scale;
}

static Entry *
find (QsScaleTable *self,
      const char   *name)
{
  gpointer position;

  if (!g_hash_table_lookup_extended (self->index, name, NULL, &position))
    return NULL;

  return &g_array_index (self->entries, Entry, GPOINTER_TO_UINT (position));
}

void
qs_scale_table_set (QsScaleTable *self,
                    const char   *name,
                    float         scale)
{
  Entry *entry = find (self, name);

  if (entry == NULL)
    {
      Entry added = { g_strdup (name), scale, FALSE };

      g_hash_table_insert (self->index, added.name, GUINT_TO_POINTER (self->entries->len));
      g_array_append_val (self->entries, added);
      return;
    }

  entry->scale = scale;
}

gboolean
qs_scale_table_lookup (QsScaleTable *self,
                       const char   *name,
                       float        *scale)
{
  const Entry *entry = find (self, name);

  if (entry != NULL && scale != NULL)
    *scale = entry->scale;
  return entry != NULL;
}

gboolean
qs_scale_table_lookup_usable (QsScaleTable *self,
                              const char   *name,
                              float        *scale)
{
  float found;

  if (!qs_scale_table_lookup (self, name, &found) || !isfinite (found) || !(found > 0.0f))
    return FALSE;

  if (scale != NULL)
    *scale = found;
  return TRUE;
}

gboolean
qs_scale_table_is_manual (QsScaleTable *self,
                          const char   *name)
{
  const Entry *entry = find (self, name);

  return entry != NULL && entry->manual;
}

void
qs_scale_table_set_manual (QsScaleTable *self,
                           const char   *name,
                           gboolean      manual)
{
  Entry *entry = find (self, name);

  if (entry != NULL)
    entry->manual = manual;
}

guint
qs_scale_table_count_manual (QsScaleTable *self)
{
  guint n = 0;

  for (guint i = 0; i < self->entries->len; i++)
    n += g_array_index (self->entries, Entry, i).manual ? 1 : 0;

  return n;
}
