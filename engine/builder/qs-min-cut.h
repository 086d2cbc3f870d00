/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsMinCut:
 *
 * Chooses 0 or 1 for every node so that the sum of costs is smallest. Costs belong to one node and
 * a value, or to a pair of nodes that disagree in one direction: such sums are exactly the ones
 * that a minimum cut of a flow network solves (Kolmogorov and Zabih, “What energy functions can be
 * minimized via graph cuts?”). Costs are whole numbers, so the result is exact.
 */
typedef struct _QsMinCut QsMinCut;

/* A cost that is never paid when it can be avoided. */
#define QS_MIN_CUT_FORBIDDEN (G_GINT64_CONSTANT (1) << 60)

QsMinCut *qs_min_cut_new       (void);
void      qs_min_cut_free      (QsMinCut  *self);
guint     qs_min_cut_add_node  (QsMinCut  *self,
                                gint64     cost_of_0,
                                gint64     cost_of_1);
/* @cost is paid when @a is 1 and @b is 0. */
void      qs_min_cut_add_pair  (QsMinCut  *self,
                                guint      a,
                                guint      b,
                                gint64     cost);
gint64    qs_min_cut_solve     (QsMinCut  *self);
gboolean  qs_min_cut_get_value (QsMinCut  *self,
                                guint      node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsMinCut, qs_min_cut_free)

G_END_DECLS
