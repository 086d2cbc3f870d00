/* SPDX-License-Identifier: MIT */
#include "qs-history.h"

#define HISTORY_MAX 200

typedef struct
{
  QsSelectionKind kind;
  char *name;
} QsPlace;

struct _QsHistory
{
  GPtrArray *places;
  int current; /* -1 while nothing was selected */
};

static void
place_free (gpointer data)
{
  QsPlace *place = data;

  g_free (place->name);
  g_free (place);
}

static QsPlace *
history_get_current (QsHistory *self)
{
  return self->current < 0 ? NULL : g_ptr_array_index (self->places, self->current);
}

QsHistory *
qs_history_new (void)
{
  QsHistory *self = g_new0 (QsHistory, 1);

  self->places = g_ptr_array_new_with_free_func (place_free);
  self->current = -1;
  return self;
}

void
qs_history_free (QsHistory *self)
{
  g_ptr_array_unref (self->places);
  g_free (self);
}

void
qs_history_clear (QsHistory *self)
{
  g_ptr_array_set_size (self->places, 0);
  self->current = -1;
}

/**
 * qs_history_visit:
 * @name: (nullable): the layer's or tensor's name
 *
 * Returns: whether this is another place than before
 */
gboolean
qs_history_visit (QsHistory       *self,
                  QsSelectionKind  kind,
                  const char      *name)
{
  QsPlace *place = history_get_current (self);

  if (place == NULL ? kind == QS_SELECTION_NONE
                    : place->kind == kind && g_strcmp0 (place->name, name) == 0)
    return FALSE;

  g_ptr_array_set_size (self->places, self->current + 1);
  if (self->places->len == HISTORY_MAX)
    g_ptr_array_remove_index (self->places, 0);

  place = g_new0 (QsPlace, 1);
  place->kind = kind;
  place->name = g_strdup (name);
  g_ptr_array_add (self->places, place);
  self->current = (int) self->places->len - 1;
  return TRUE;
}

/* @by is -1 for back and 1 for forward. */
gboolean
qs_history_can_step (QsHistory *self,
                     int        by)
{
  int target = self->current + by;

  return target >= 0 && target < (int) self->places->len;
}

gboolean
qs_history_step (QsHistory *self,
                 int        by)
{
  if (!qs_history_can_step (self, by))
    return FALSE;

  self->current += by;
  return TRUE;
}

QsSelectionKind
qs_history_get_kind (QsHistory *self)
{
  QsPlace *place = history_get_current (self);

  return place == NULL ? QS_SELECTION_NONE : place->kind;
}

const char *
qs_history_get_name (QsHistory *self)
{
  QsPlace *place = history_get_current (self);

  return place == NULL ? NULL : place->name;
}
