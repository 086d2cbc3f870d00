/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <math.h>

G_BEGIN_DECLS

/**
 * QsRoundingMode:
 * @QS_ROUNDING_GPU: ties to positive infinity, `floor (x + 0.5)`: -2.5 becomes -2
 * @QS_ROUNDING_DLA: ties away from zero: -2.5 becomes -3
 *
 * How the weights of a network with calibrated or manual ranges become integers: the devices of
 * TensorRT differ in it (developer guide of TensorRT 8.4, “INT8 Rounding Modes”; the guide of
 * version 10 still has both). Activations round ties to even in both modes: the 8.4 guide says
 * “away from zero” for DLA, newer ones say “to even”, and only exact ties differ at all. The modes
 * differ in negative ties only.
 */
typedef enum
{
  QS_ROUNDING_GPU,
  QS_ROUNDING_DLA,
} QsRoundingMode;

#define QS_N_ROUNDING_MODES 2

/* "gpu", "dla"; as names on the command line */
const char *qs_rounding_mode_get_id (QsRoundingMode   mode);
/* Whether there is a mode @id. */
gboolean    qs_rounding_mode_lookup (const char      *id,
                                     QsRoundingMode  *mode);

/**
 * qs_round_weight:
 * @value: a weight divided by its scale, in double arithmetic, so that a tie is one of the numbers
 *   and not of the division; |@value| < 2^31
 *
 * The nearest integer, ties as @mode says.
 */
static inline double
qs_round_weight (double         value,
                 QsRoundingMode mode)
{
  return mode == QS_ROUNDING_DLA ? round (value) : floor (value + 0.5);
}

/* Whether @value lies exactly between two integers. */
static inline gboolean
qs_is_tie (double value)
{
  return value - floor (value) == 0.5;
}

G_END_DECLS
