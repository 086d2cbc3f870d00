/* SPDX-License-Identifier: MIT */
#include "qs-rounding-mode.h"

#include <string.h>

static const char *const ids[QS_N_ROUNDING_MODES] = {
  [QS_ROUNDING_GPU] = "gpu",
  [QS_ROUNDING_DLA] = "dla",
};

const char *
qs_rounding_mode_get_id (QsRoundingMode mode)
{
  g_return_val_if_fail ((guint) mode < QS_N_ROUNDING_MODES, NULL);

  return ids[mode];
}

gboolean
qs_rounding_mode_lookup (const char     *id,
                         QsRoundingMode *mode)
{
  for (guint i = 0; i < QS_N_ROUNDING_MODES; i++)
    if (strcmp (ids[i], id) == 0)
      {
        *mode = (QsRoundingMode) i;
        return TRUE;
      }

  return FALSE;
}
