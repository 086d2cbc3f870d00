/* SPDX-License-Identifier: MIT */
#pragma once

#include "layout/qs-graph-layout.h"

G_BEGIN_DECLS

/* A graph under construction: nodes of one size, nets with any number of consumers. */
typedef struct
{
  GArray *nodes;     /* QsLayoutNode */
  GArray *nets;      /* QsLayoutNet; the consumers are owned */
  GPtrArray *consumers; /* GArray of int, by net */
} QsTestGraph;

QsTestGraph   *qs_test_graph_new             (void);
void           qs_test_graph_free            (QsTestGraph   *self);
int            qs_test_graph_add_node        (QsTestGraph   *self,
                                              double         width,
                                              double         height);
int            qs_test_graph_add_net         (QsTestGraph   *self,
                                              int            producer);
void           qs_test_graph_connect         (QsTestGraph   *self,
                                              int            net,
                                              int            consumer);
QsGraphLayout *qs_test_graph_lay_out         (QsTestGraph   *self,
                                              GCancellable  *cancellable,
                                              GError       **error);
guint          qs_test_graph_count_edges     (QsTestGraph   *self);

/* Generated families, of about @n nodes: bottleneck blocks; encoder blocks that all read one mask;
 * blocks in which every concatenation reads all earlier outputs. */
QsTestGraph   *qs_test_graph_new_resnet      (int            n);
QsTestGraph   *qs_test_graph_new_transformer (int            n);
QsTestGraph   *qs_test_graph_new_densenet    (int            n);
QsTestGraph   *qs_test_graph_new_random      (GRand         *rand,
                                              int            n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTestGraph, qs_test_graph_free)

G_END_DECLS
