/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-error.h"
#include "network/qs-network.h"
#include "qs-journal.h"

G_BEGIN_DECLS

/**
 * QsProof:
 * @QS_PROOF_NONE: nothing is to be shown: the rewrite does not touch quantization
 * @QS_PROOF_COMMUTES_WITH_Q: `f (Q (x)) = Q (f (x))` for the layer that is crossed
 * @QS_PROOF_COMMUTES_WITH_DQ: `f (DQ (q)) = DQ (f (q))` for the layer that is crossed
 * @QS_PROOF_FUSES: the fused layer performs the same operations in integers (numerics/qs-int8.h)
 * @QS_PROOF_EQUAL_SCALES: the scales concerned have the same bits
 *
 * What must hold for a rewrite to keep the arithmetic.
 */
typedef enum
{
  QS_PROOF_NONE,
  QS_PROOF_COMMUTES_WITH_Q,
  QS_PROOF_COMMUTES_WITH_DQ,
  QS_PROOF_FUSES,
  QS_PROOF_EQUAL_SCALES,
} QsProof;

const char *qs_proof_name (QsProof proof);

/**
 * QsPassFlags:
 * @QS_PASS_EMULATE_TENSORRT: leave apart what TensorRT leaves apart although it could be fused
 *
 * What passes can be asked for.
 */
typedef enum
{
  QS_PASS_DEFAULT = 0,
  QS_PASS_EMULATE_TENSORRT = 1 << 0,
} QsPassFlags;

/**
 * QsPass:
 * @id: the rule's identifier in the journal
 * @title: what it does, in a few words, for people
 * @run: changes the network, records every change and every refusal that a user could ask about,
 *   and leaves it sorted
 * @rule: (nullable): for a rewrite of Q/DQ networks, its number: "R3"
 * @condition: (nullable): when it applies, in words
 * @proof: what makes it keep the arithmetic
 * @needs: it runs only when all of these are asked for
 *
 * One rewrite. One file in this folder and one row in the pass list, in the order they run.
 */
typedef struct
{
  const char *id;
  const char *title;
  gboolean (*run) (QsNetwork  *network,
                   QsJournal  *journal,
                   GError    **error);
  const char *rule;
  const char *condition;
  QsProof proof;
  QsPassFlags needs;
} QsPass;

/* Every pass once, those of float networks first, then those of Q/DQ networks alone. */
guint         qs_pass_get_n         (void);
const QsPass *qs_pass_get           (guint       index);
/* (nullable): the pass that writes @id into the journal */
const QsPass *qs_pass_lookup        (const char *id);
/* One of them; the network is checked after it, and the journal keeps what it changed when it watches
 * the network. */
gboolean      qs_pass_run           (const QsPass *pass,
                                     QsNetwork  *network,
                                     QsJournal  *journal,
                                     GError    **error);
/* Whether @flags ask for all that @pass needs. */
gboolean      qs_pass_is_wanted     (const QsPass *pass,
                                     QsPassFlags   flags);
/* The passes for a float network, in order; the network is checked after each. */
gboolean      qs_passes_run         (QsNetwork  *network,
                                     QsPassFlags flags,
                                     QsJournal  *journal,
                                     GError    **error);
/* (transfer full) (element-type utf8 utf8): the names of the activation tensors that are left when
 * all passes have run on a copy of @network, as TensorRT runs them: so they are there in every build */
GHashTable   *qs_passes_find_survivors (QsNetwork *network,
                                     GError    **error);

/* Whether @network has Quantize or Dequantize layers, which say where INT8 begins and ends. */
gboolean      qs_network_is_explicit (QsNetwork *network);
/**
 * QsExplicitRefusal:
 * @layer: name of the Q or DQ
 * @reason: a clause: what is wrong with it and what to do
 * @message: the same as a sentence that begins with the node
 *
 * Why a network with Q/DQ cannot be built in INT8.
 */
typedef struct
{
  char *layer;
  char *reason;
  char *message;
} QsExplicitRefusal;

void          qs_explicit_refusal_free (QsExplicitRefusal *self);
/* (transfer full) (element-type QsExplicitRefusal): a verdict on every node that is in the way of an
 * INT8 build. @journal (nullable) gets warnings about the others. */
GPtrArray    *qs_explicit_find_refusals (QsNetwork *network,
                                     QsJournal  *journal);
/* Whether a network with Q/DQ can be built; the first of these refusals is the error. */
gboolean      qs_explicit_check     (QsNetwork  *network,
                                     QsJournal  *journal,
                                     GError    **error);
/* The passes for a network with Q/DQ: afterwards the precision of every layer and the type and
 * scale of every tensor are decided, and no Quantize or Dequantize layer is left. */
gboolean      qs_passes_run_explicit (QsNetwork *network,
                                     QsPassFlags flags,
                                     QsJournal  *journal,
                                     GError    **error);

G_END_DECLS
