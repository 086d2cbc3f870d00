/* SPDX-License-Identifier: MIT */
#include "qs-cache-editor.h"

struct _QsCacheEditor
{
  GObject parent_instance;

  char *name;
  GPtrArray *versions; /* (element-type QsScaleFile) */
  guint current;
  QsScaleFile *saved;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsCacheEditor, qs_cache_editor, G_TYPE_OBJECT)

const char *
qs_cache_editor_get_name (QsCacheEditor *self)
{
  return self->name;
}

QsScaleFile *
qs_cache_editor_get_file (QsCacheEditor *self)
{
  return g_ptr_array_index (self->versions, self->current);
}

static void
go_to (QsCacheEditor *self,
       guint          version)
{
  self->current = version;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* (transfer full) @file: (nullable): what a change gave; what was undone before is forgotten */
static gboolean
take_version (QsCacheEditor *self,
              QsScaleFile   *file)
{
  if (file == NULL)
    return FALSE;

  /* Something that was not changed is no step to undo. */
  if (g_bytes_equal (qs_scale_file_get_bytes (file),
                     qs_scale_file_get_bytes (qs_cache_editor_get_file (self))))
    {
      qs_scale_file_unref (file);
      return TRUE;
    }

  g_ptr_array_set_size (self->versions, (int) self->current + 1);
  g_ptr_array_add (self->versions, file);
  go_to (self, self->current + 1);
  return TRUE;
}

gboolean
qs_cache_editor_set_scale (QsCacheEditor  *self,
                           const char     *tensor,
                           float           scale,
                           GError        **error)
{
  return take_version (self, qs_scale_file_set_scale (qs_cache_editor_get_file (self), tensor,
                                                      scale, error));
}

gboolean
qs_cache_editor_set_header (QsCacheEditor  *self,
                            const char     *header,
                            GError        **error)
{
  return take_version (self, qs_scale_file_set_header (qs_cache_editor_get_file (self), header,
                                                       error));
}

gboolean
qs_cache_editor_can_undo (QsCacheEditor *self)
{
  return self->current > 0;
}

gboolean
qs_cache_editor_can_redo (QsCacheEditor *self)
{
  return self->current + 1 < self->versions->len;
}

void
qs_cache_editor_undo (QsCacheEditor *self)
{
  if (qs_cache_editor_can_undo (self))
    go_to (self, self->current - 1);
}

void
qs_cache_editor_redo (QsCacheEditor *self)
{
  if (qs_cache_editor_can_redo (self))
    go_to (self, self->current + 1);
}

gboolean
qs_cache_editor_is_modified (QsCacheEditor *self)
{
  return qs_cache_editor_get_file (self) != self->saved;
}

void
qs_cache_editor_mark_saved (QsCacheEditor *self)
{
  qs_scale_file_unref (self->saved);
  self->saved = qs_scale_file_ref (qs_cache_editor_get_file (self));
}

static void
qs_cache_editor_finalize (GObject *object)
{
  QsCacheEditor *self = QS_CACHE_EDITOR (object);

  g_free (self->name);
  g_ptr_array_unref (self->versions);
  g_clear_pointer (&self->saved, qs_scale_file_unref);

  G_OBJECT_CLASS (qs_cache_editor_parent_class)->finalize (object);
}

static void
qs_cache_editor_class_init (QsCacheEditorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_cache_editor_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
qs_cache_editor_init (QsCacheEditor *self)
{
  self->versions = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_file_unref);
}

QsCacheEditor *
qs_cache_editor_new (const char  *name,
                     QsScaleFile *file)
{
  QsCacheEditor *self = g_object_new (QS_TYPE_CACHE_EDITOR, NULL);

  self->name = g_strdup (name);
  self->saved = qs_scale_file_ref (file);
  g_ptr_array_add (self->versions, qs_scale_file_ref (file));
  return self;
}
