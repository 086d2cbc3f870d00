/* SPDX-License-Identifier: MIT */
#pragma once

#include "operators/qs-attributes.h"
#include "qs-pass.h"

G_BEGIN_DECLS

/* What several passes need: looking around in the graph, joining layers, writing the journal. */

gboolean   qs_pass_is_weighted     (const QsLayer      *layer);
/* A matrix product whose second operand is computed, too. */
gboolean   qs_pass_is_activation_product (const QsLayer *layer);
gboolean   qs_pass_is_element_wise (const QsLayer      *layer,
                                    QsElementWiseType   type);
gboolean   qs_pass_is_unary        (const QsLayer      *layer,
                                    QsUnaryType         type);
/* Whether @tensor is a constant whose only element is within 1e-4 (relative) of @value. */
gboolean   qs_pass_is_number       (const QsTensor     *tensor,
                                    double              value);
/* The input of a two-input layer that is not @tensor; %NULL when neither or both are. */
QsTensor  *qs_pass_other_input     (const QsLayer      *layer,
                                    const QsTensor     *tensor);
/* The only layer that reads @tensor; %NULL with a reason ("another layer reads it") otherwise. */
QsLayer   *qs_pass_only_reader     (QsNetwork          *network,
                                    QsTensor           *tensor,
                                    const char        **why_not);

/* @into takes over the output, the name and the origins of @absorbed, which goes away. */
void       qs_pass_absorb          (QsNetwork          *network,
                                    QsLayer            *into,
                                    QsLayer            *absorbed);
/* Names and origins only. Names are joined by " + " as TensorRT joins them. */
void       qs_pass_join            (QsLayer            *into,
                                    const QsLayer      *absorbed);
/* (transfer full) (array zero-terminated=1) */
char     **qs_pass_names           (QsLayer           **layers,
                                    guint               n);
/**
 * qs_pass_replace:
 * @layers: (array length=n): a pattern in data-flow order; the last writes the result
 *
 * Lets one layer of class @klass take the place of @layers: it keeps the position and the output
 * of the last, and has the names and origins of all.
 */
QsLayer   *qs_pass_replace         (QsNetwork          *network,
                                    QsLayer           **layers,
                                    guint               n,
                                    const QsLayerClass *klass,
                                    gconstpointer       attributes,
                                    QsTensor          **inputs,
                                    guint               n_inputs);
gboolean   qs_pass_finish          (QsNetwork          *network,
                                    GError            **error);

/**
 * QsObstacle:
 * @condition: identifier of the condition that failed ("another-reader")
 * @reason: a clause: why a rewrite cannot be done
 * @remedy: a whole sentence: what would lift it
 */
typedef struct
{
  const char *condition;
  const char *reason;
  const char *remedy;
} QsObstacle;

/* What keeps @tensor from going away in a fusion; %NULL when one layer alone reads it. */
const QsObstacle *qs_pass_find_readers_obstacle (QsNetwork *network,
                                     QsTensor           *tensor);
/* A refusal about the layers @a and @b and the tensor between them; @format makes its sentence. */
void       qs_pass_refuse          (QsJournal          *journal,
                                    const char         *rule,
                                    const QsLayer      *a,
                                    const QsLayer      *b,
                                    const QsTensor     *tensor,
                                    const QsObstacle   *obstacle,
                                    const char         *format,
                                    ...) G_GNUC_PRINTF (7, 8);

/* An entry about one or two layers (@b nullable) and one tensor (nullable). */
void       qs_pass_note            (QsJournal          *journal,
                                    QsJournalKind       kind,
                                    const char         *rule,
                                    const char         *a,
                                    const char         *b,
                                    const QsTensor     *tensor,
                                    const char         *result,
                                    const char         *format,
                                    ...) G_GNUC_PRINTF (8, 9);

G_END_DECLS
