/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsError:
 * @QS_ERROR_FAILED: something went wrong that fits no other code
 * @QS_ERROR_MALFORMED: a file does not follow its format
 * @QS_ERROR_UNSUPPORTED: valid, but this program cannot do it
 * @QS_ERROR_SHAPE: dimensions do not fit together
 * @QS_ERROR_TYPE: a data type does not fit
 * @QS_ERROR_DATA: the values are unusable (NaN, out of range, empty)
 * @QS_ERROR_MISMATCH: two files do not belong together
 * @QS_ERROR_MISSING: a name, file or input that is needed is not there
 * @QS_ERROR_VERSION: written by another version of a format
 * @QS_ERROR_EXTERNAL_DATA: a model's weights are in a file of their own that was not found; telling
 *   where it is helps
 * @QS_ERROR_LIMIT: larger than the program is willing to process
 *
 * Errors of the engine. Every message names the place: file, layer, node or tensor.
 */
typedef enum
{
  QS_ERROR_FAILED = 1,
  QS_ERROR_MALFORMED,
  QS_ERROR_UNSUPPORTED,
  QS_ERROR_SHAPE,
  QS_ERROR_TYPE,
  QS_ERROR_DATA,
  QS_ERROR_MISMATCH,
  QS_ERROR_MISSING,
  QS_ERROR_VERSION,
  QS_ERROR_LIMIT,
  QS_ERROR_EXTERNAL_DATA,
} QsError;

#define QS_ERROR (qs_error_quark ())
GQuark qs_error_quark (void);

G_END_DECLS
