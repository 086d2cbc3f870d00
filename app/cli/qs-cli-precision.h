/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-builder.h"
#include "qs-cli-options.h"

G_BEGIN_DECLS

/**
 * QsCliPrecision:
 *
 * What the options ask of an engine's precisions.
 */
typedef struct
{
  QsInt8Mode int8;
  QsFp16Mode fp16;
  QsPrecisionConstraints *constraints; /* (nullable) */
} QsCliPrecision;

/* The value of --precision, @fallback where it was not given. */
gboolean qs_cli_precision_parse (const QsCliOptions  *options,
                                 QsPrecision          fallback,
                                 QsPrecision         *precision,
                                 GError             **error);
gboolean qs_cli_precision_init  (QsCliPrecision      *self,
                                 const QsCliOptions  *options,
                                 QsInt8Mode           int8,
                                 GError             **error);
void     qs_cli_precision_clear (QsCliPrecision      *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QsCliPrecision, qs_cli_precision_clear)

G_END_DECLS
