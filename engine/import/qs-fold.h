/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsFoldBudget:
 *
 * What the constants of one model may cost, and what they have cost so far: bytes, and steps of
 * the reference kernels.
 */
typedef struct
{
  gsize bytes;
  gsize max_bytes; /* each */
  gsize max_total;
  double steps;
  double max_steps;
} QsFoldBudget;

void     qs_fold_budget_init  (QsFoldBudget       *self);
void     qs_fold_budget_allow (QsFoldBudget       *self,
                               const QsHostTensor *value);

gboolean qs_fold_is_possible  (const QsLayer      *layer);
gboolean qs_fold_layer        (QsNetwork          *network,
                               QsLayer            *layer,
                               QsFoldBudget       *budget,
                               GError            **error);

G_END_DECLS
