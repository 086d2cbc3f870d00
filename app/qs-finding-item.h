/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "analysis/qs-findings.h"

G_BEGIN_DECLS

/**
 * QsFindingItem:
 *
 * A row of a list of findings: what is remarkable about a tensor, in the engine's words.
 */
#define QS_TYPE_FINDING_ITEM (qs_finding_item_get_type ())
G_DECLARE_FINAL_TYPE (QsFindingItem, qs_finding_item, QS, FINDING_ITEM, GObject)

/* Takes the texts of @finding, which is empty afterwards. */
QsFindingItem *qs_finding_item_new         (QsFinding     *finding,
                                            guint          position);
QsFindingKind  qs_finding_item_get_kind    (QsFindingItem *self);
const char    *qs_finding_item_get_tensor  (QsFindingItem *self);
const char    *qs_finding_item_get_message (QsFindingItem *self);
/* The most serious first, then in the order of the tensors. */
int            qs_finding_item_compare     (QsFindingItem *self,
                                            QsFindingItem *other);
/* Whether the tensor's name, the kind or the sentence contains @needle, which is case-folded. */
gboolean       qs_finding_item_matches     (QsFindingItem *self,
                                            const char    *needle);

/* A few words, translated. */
const char    *qs_finding_kind_get_title   (QsFindingKind  kind);
/* How serious it is, in a word for screen readers, and as an icon whose shape says the same. */
const char    *qs_finding_kind_get_severity (QsFindingKind kind);
const char    *qs_finding_kind_get_icon    (QsFindingKind  kind);

G_END_DECLS
