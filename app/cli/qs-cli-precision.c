/* SPDX-License-Identifier: MIT */
#include "qs-cli-precision.h"

#include <string.h>

#include "qs-cli.h"

static const struct
{
  const char *id;
  QsPrecision precision;
} names[] = {
  { "fp32", QS_PRECISION_FP32 },
  { "fp16", QS_PRECISION_FP16 },
  { "int8", QS_PRECISION_INT8 },
};

gboolean
qs_cli_precision_parse (const QsCliOptions  *options,
                        QsPrecision          fallback,
                        QsPrecision         *precision,
                        GError             **error)
{
  *precision = fallback;
  if (options->precision == NULL)
    return TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (options->precision, names[i].id) == 0)
      {
        *precision = names[i].precision;
        return TRUE;
      }

  qs_cli_set_usage_error (error, "--precision: “%s” is none of fp32, fp16 and int8",
                          options->precision);
  return FALSE;
}

static gboolean
take_constraints (QsPrecisionConstraints  *constraints,
                  const char              *option,
                  char                   **texts,
                  gboolean (*parse) (QsPrecisionConstraints  *self,
                                     const char              *text,
                                     GError                 **error),
                  GError                 **error)
{
  for (; texts != NULL && *texts != NULL; texts++)
    {
      g_autoptr (GError) local = NULL;

      if (parse (constraints, *texts, &local))
        continue;
      qs_cli_set_usage_error (error, "%s: %s", option, local->message);
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_constraints (QsCliPrecision      *self,
                  const QsCliOptions  *options,
                  GError             **error)
{
  QsConstraintMode mode = QS_CONSTRAINT_PREFER;

  if (options->precision_constraints != NULL &&
      !qs_constraint_mode_parse (options->precision_constraints, &mode))
    {
      qs_cli_set_usage_error (error, "--precision-constraints: “%s” is none of hint, prefer and obey",
                              options->precision_constraints);
      return FALSE;
    }
  if (options->layer_precisions == NULL && options->layer_output_types == NULL)
    return TRUE;

  self->constraints = qs_precision_constraints_new (mode);
  return take_constraints (self->constraints, "--layer-precision", options->layer_precisions,
                           qs_precision_constraints_parse_precision, error) &&
         take_constraints (self->constraints, "--layer-output-types", options->layer_output_types,
                           qs_precision_constraints_parse_types, error);
}

/**
 * qs_cli_precision_init:
 *
 * `--precision fp16` and `--fp16-all` make FP16 the floating point type, `--fp16` allows it.
 *
 * Errors: %QS_CLI_USAGE_ERROR for words that mean nothing.
 */
gboolean
qs_cli_precision_init (QsCliPrecision      *self,
                       const QsCliOptions  *options,
                       QsInt8Mode           int8,
                       GError             **error)
{
  QsPrecision precision;

  *self = (QsCliPrecision) { .int8 = int8 };
  if (!qs_cli_precision_parse (options, QS_PRECISION_FP32, &precision, error))
    return FALSE;

  if (precision == QS_PRECISION_FP16 || options->fp16_all)
    self->fp16 = QS_FP16_ALL;
  else if (options->fp16)
    self->fp16 = QS_FP16_ALLOWED;
  return read_constraints (self, options, error);
}

void
qs_cli_precision_clear (QsCliPrecision *self)
{
  g_clear_pointer (&self->constraints, qs_precision_constraints_unref);
}
