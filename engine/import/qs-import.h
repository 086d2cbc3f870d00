/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "onnx/qs-model.h"
#include "qs-profile.h"

G_BEGIN_DECLS

/**
 * QsVerdict:
 *
 * What became of one ONNX node.
 */
typedef enum
{
  QS_VERDICT_IMPORTED,
  QS_VERDICT_FOLDED,  /* its value is known, so nothing is left to compute */
  QS_VERDICT_FUSED,   /* became part of a recognised pattern */
  QS_VERDICT_REFUSED,
  QS_VERDICT_REFUSED_IN_INT8, /* imported and computed in float, but no INT8 build can have it */
} QsVerdict;

/**
 * QsNodeVerdict:
 * @reason: (nullable): why it was refused or folded, and what to do; %NULL when imported
 * @layers: (element-type utf8): the names of the layers it became, in the network or the sketch; some
 *   may have been left out of the network because no output depends on them
 */
typedef struct
{
  char *op_type;
  char *name;
  QsVerdict verdict;
  char *reason;
  GPtrArray *layers;
} QsNodeVerdict;

/**
 * QsImport:
 *
 * The outcome of an import: the network, or why there is none, and a verdict on every node.
 */
typedef struct _QsImport QsImport;

QsImport            *qs_import_run           (QsModel          *model,
                                              const QsProfile  *profile,
                                              GError          **error);
void                 qs_import_free          (QsImport         *self);
/* (transfer none) (nullable): %NULL when an output depends on a refused node. */
QsNetwork           *qs_import_get_network   (QsImport         *self);
/* (transfer none) (nullable): the graph of a model with refused nodes, to look at: its layers are the
 * nodes, without shapes or weights. %NULL when there is a network. */
QsNetwork           *qs_import_get_sketch    (QsImport         *self);
guint                qs_import_get_n_verdicts (QsImport        *self);
const QsNodeVerdict *qs_import_get_verdict   (QsImport         *self,
                                              guint             index);

/* Whether the model can also be imported with the smallest and the largest shapes of @profile. */
gboolean             qs_import_check_range   (QsModel          *model,
                                              const QsProfile  *profile,
                                              GError          **error);

/* The network of @model for @profile; the first refused node is the error. */
QsNetwork           *qs_import_network       (QsModel          *model,
                                              const QsProfile  *profile,
                                              GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsImport, qs_import_free)

G_END_DECLS
