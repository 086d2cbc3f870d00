/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-finding-item.h"

#include <glib/gi18n.h>
#include <string.h>

#include "qs-sentences.h"

struct _QsFindingItem
{
  GObject parent_instance;

  QsFindingKind kind;
  guint position;
  char *tensor;
  char *message;
};

G_DEFINE_FINAL_TYPE (QsFindingItem, qs_finding_item, G_TYPE_OBJECT)

static const struct
{
  const char *title;
  const char *icon;
} severities[] = {
  [QS_GRAVITY_ERROR] = { N_("Problem"), "dialog-error-symbolic" },
  [QS_GRAVITY_WARNING] = { N_("Warning"), "dialog-warning-symbolic" },
  [QS_GRAVITY_NOTE] = { N_("Note"), "dialog-information-symbolic" },
};

/* Translators: what is remarkable about a tensor. */
static const char *const titles[QS_N_FINDING_KINDS] = {
  [QS_FINDING_NOT_FINITE] = N_("NaN or infinity"),
  [QS_FINDING_ZERO] = N_("Uniformly zero"),
  [QS_FINDING_SPIKE] = N_("Spike that clips the rest"),
  [QS_FINDING_OUTLIER_CHANNEL] = N_("Outlier channel"),
  [QS_FINDING_OUTLIERS] = N_("Outliers"),
  [QS_FINDING_DISAGREEMENT] = N_("Calibrators disagree"),
  [QS_FINDING_FIRST_BATCH] = N_("Small first batch range"),
  [QS_FINDING_HALF_EMPTY] = N_("Half-empty histogram"),
  [QS_FINDING_ASYMMETRIC] = N_("Asymmetric range"),
};

const char *
qs_finding_kind_get_title (QsFindingKind kind)
{
  return (guint) kind < QS_N_FINDING_KINDS ? _(titles[kind]) : "";
}

const char *
qs_finding_kind_get_severity (QsFindingKind kind)
{
  return _(severities[qs_finding_kind_get_gravity (kind)].title);
}

const char *
qs_finding_kind_get_icon (QsFindingKind kind)
{
  return severities[qs_finding_kind_get_gravity (kind)].icon;
}

QsFindingItem *
qs_finding_item_new (QsFinding *finding,
                     guint      position)
{
  QsFindingItem *self = g_object_new (QS_TYPE_FINDING_ITEM, NULL);

  self->kind = finding->kind;
  self->position = position;
  self->tensor = g_steal_pointer (&finding->tensor);
  self->message = qs_sentence_translate (finding->message);
  return self;
}

QsFindingKind
qs_finding_item_get_kind (QsFindingItem *self)
{
  return self->kind;
}

const char *
qs_finding_item_get_tensor (QsFindingItem *self)
{
  return self->tensor;
}

const char *
qs_finding_item_get_message (QsFindingItem *self)
{
  return self->message;
}

int
qs_finding_item_compare (QsFindingItem *self,
                         QsFindingItem *other)
{
  if (self->kind != other->kind)
    return self->kind < other->kind ? -1 : 1;

  return self->position < other->position ? -1 : self->position > other->position;
}

gboolean
qs_finding_item_matches (QsFindingItem *self,
                         const char    *needle)
{
  const char *const texts[] = {
    self->tensor, self->message, qs_finding_kind_get_title (self->kind),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_utf8_casefold (texts[i], -1);

      if (strstr (text, needle) != NULL)
        return TRUE;
    }

  return FALSE;
}

static void
qs_finding_item_finalize (GObject *object)
{
  QsFindingItem *self = QS_FINDING_ITEM (object);

  g_free (self->tensor);
  g_free (self->message);

  G_OBJECT_CLASS (qs_finding_item_parent_class)->finalize (object);
}

static void
qs_finding_item_class_init (QsFindingItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_finding_item_finalize;
}

static void
qs_finding_item_init (QsFindingItem *self)
{
}
