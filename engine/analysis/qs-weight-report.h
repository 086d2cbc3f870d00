/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-progress.h"
#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsWeightChannel:
 * @max: max |w|
 * @scale: @max / 127, 1 for a dead channel
 * @sqnr_db: 10 log10 (Σ w² / Σ (w - q × scale)²); infinity when nothing is lost, NaN for a dead
 *   channel. It is the same for both roundings: a tie is as far from either neighbour.
 * @n_ties: weights exactly between two integers
 * @n_differing: weights that GPU and DLA round to different integers
 * @is_dead: no weight is above 127 times the smallest normal float, so that all become 0
 *
 * What INT8 makes of the weights of one output channel.
 */
typedef struct
{
  float max;
  float scale;
  double sqnr_db;
  gint64 n_ties;
  gint64 n_differing;
  gboolean is_dead;
} QsWeightChannel;

/**
 * QsWeightReport:
 * @layer: the layer's name
 * @kind: "Convolution", …
 * @weights: the name of its weights
 * @shape: their dimensions
 * @origins: (array zero-terminated=1): the ONNX nodes that the layer carries out
 * @obstacle: (nullable): a sentence why the weights cannot be INT8; there are no channels then
 * @channels: (array length=n_channels): by output channel
 * @ratio: the largest max |w| of a channel divided by the smallest of one that is not dead; 1
 *   where there are not two
 * @sqnr_db: of all weights together
 *
 * The weights of a layer as INT8 with one scale per output channel, in TensorRT's implicit mode:
 * symmetric, -127 … 127. Calibration does not touch them.
 */
typedef struct
{
  char *layer;
  const char *kind;
  char *weights;
  QsShape shape;
  char **origins;
  char *obstacle;

  QsWeightChannel *channels;
  gint64 n_channels;
  gint64 n_weights;
  gint64 n_ties;
  gint64 n_differing;
  gint64 n_dead;
  double ratio;
  double sqnr_db;
} QsWeightReport;

/* (nullable): %NULL for a layer that has no constant weights */
QsWeightReport *qs_weight_report_new    (const QsLayer   *layer);
void            qs_weight_report_free   (QsWeightReport  *self);
/* (element-type QsWeightReport): of all layers with constant weights, in the network's order */
GPtrArray      *qs_weight_reports_make  (QsNetwork       *network,
                                         QsProgress      *progress,
                                         GError         **error);

/* (transfer full): a copy of an imported network with batch normalisations and factors folded into
 * the weights: what is quantized in a build. */
QsNetwork      *qs_weight_report_fuse   (QsNetwork       *network,
                                         GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsWeightReport, qs_weight_report_free)

G_END_DECLS
