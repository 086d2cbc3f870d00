/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-device-words.h"

#include <glib/gi18n.h>

#include "backends/qs-device.h"
#include "qs-sentences.h"

static const struct
{
  const char *heading;
  const char *advice;
} failures[] = {
  [QS_DEVICE_ERROR_MISSING] = { N_("No GPU Can Be Used"), N_("The CPU can build the engine instead.") },
  [QS_DEVICE_ERROR_UNSUPPORTED] = {
    N_("The GPU Cannot Do This"),
    N_("A newer driver may help. The CPU can build the engine instead."),
  },
  [QS_DEVICE_ERROR_MEMORY] = {
    N_("The GPU Has Too Little Memory"),
    N_("Other programs may hold its memory, and smaller batches need less. The CPU can build the "
       "engine instead."),
  },
  [QS_DEVICE_ERROR_LOST] = {
    N_("The GPU Failed"),
    N_("It can be used again when Quantoscope is started again. The CPU can build the engine "
       "instead."),
  },
};

char *
qs_device_words_name (const QsBackend *backend)
{
  g_autofree char *name = backend->get_device_name ();

  return qs_sentence_translate (name);
}

char *
qs_device_words_full (const QsBackend *backend)
{
  g_autofree char *name = qs_device_words_name (backend);

  /* Translators: a backend and what it works on, such as “CPU: AVX2, 8 processors”. */
  return g_strdup_printf (_("%s: %s"), backend->name, name);
}

static gsize
find_failure (const GError *error)
{
  return error->code > 0 && (gsize) error->code < G_N_ELEMENTS (failures)
           ? (gsize) error->code
           : QS_DEVICE_ERROR_UNSUPPORTED;
}

const char *
qs_device_words_heading (const GError *error)
{
  return _(failures[find_failure (error)].heading);
}

const char *
qs_device_words_advice (const GError *error)
{
  return _(failures[find_failure (error)].advice);
}
