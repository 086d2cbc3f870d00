/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-graph-scene.h"

G_BEGIN_DECLS

struct _QsGraphScene
{
  gatomicrefcount ref_count;
  char *title;
  gboolean built;
  GArray *nodes;       /* QsSceneNode */
  GArray *nets;        /* QsSceneNet */
  GArray *consumers;   /* int; all nets' */
  GStringChunk *strings;
  QsGraphLayout *layout;
  int n_layer_ids;
  int *node_of_layer;
  int n_tensor_ids;
  int *net_of_tensor;
  int *terminal_of_tensor;
  const char **keys;   /* what a search looks at, by node */
  /* nets by node, as in QsLayoutLinks */
  int *out_start;
  int *out_nets;
  int *in_start;
  int *in_nets;
  guint n_of_class[QS_N_SCENE_CLASSES];
  guint n_superfluous;
};

int qs_graph_scene_lower_bound (QsGraphScene *self,
                                int           layer,
                                double        x);

G_END_DECLS
