/* SPDX-License-Identifier: MIT */
#include "qs-cpu-features.h"

#include "qs-cpu-id.h"

typedef struct
{
  const char *id;
  const char *name;
} Level;

#define LEVEL_ROW(NAME, symbol, id, name) [QS_CPU_##NAME] = { id, name },

static const Level levels[QS_N_CPU_LEVELS] = { QS_CPU_LEVELS (LEVEL_ROW) };

static guint
detect (void)
{
  QsCpuId id;

  qs_cpu_id_read (&id);
  return qs_cpu_id_levels (&id);
}

/* Never zero, since portable code runs everywhere. */
static guint
available_levels (void)
{
  static gsize available;

  if (g_once_init_enter (&available))
    g_once_init_leave (&available, detect ());

  return (guint) available;
}

/**
 * qs_cpu_level_is_available:
 *
 * Whether this machine can run kernels of @level.
 */
gboolean
qs_cpu_level_is_available (QsCpuLevel level)
{
  return (available_levels () & 1u << level) != 0;
}

static QsCpuLevel
best_level (void)
{
  return g_bit_nth_msf (available_levels (), -1);
}

static char *
list_levels (void)
{
  GString *list = g_string_new (NULL);

  for (int i = 0; i < QS_N_CPU_LEVELS; i++)
    if (qs_cpu_level_is_available (i))
      g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", levels[i].id);

  return g_string_free (list, FALSE);
}

static QsCpuLevel
choose (void)
{
  const char *wanted = g_getenv ("QUANTOSCOPE_CPU");
  g_autofree char *list = NULL;
  QsCpuLevel level;

  if (wanted == NULL || *wanted == '\0')
    return best_level ();
  if (qs_cpu_level_parse (wanted, &level) && qs_cpu_level_is_available (level))
    return level;

  list = list_levels ();
  g_warning ("QUANTOSCOPE_CPU: “%s” is none of the levels that this processor has: %s", wanted,
             list);
  return best_level ();
}

/* A level and one, 0 for none. */
static int forced;

/**
 * qs_cpu_level_force:
 *
 * The level that qs_cpu_level_get() names from now on, for tests that run several in one program;
 * emulated ones need not be available. An engine keeps the kernels that it was built with.
 */
void
qs_cpu_level_force (QsCpuLevel level)
{
  g_atomic_int_set (&forced, 1 + (int) level);
}

/**
 * qs_cpu_level_get:
 *
 * The level whose kernels are used: the highest one that the processor and the operating system
 * support, or the one that the environment variable QUANTOSCOPE_CPU names. Decided once.
 */
QsCpuLevel
qs_cpu_level_get (void)
{
  static gsize chosen;
  const int force = g_atomic_int_get (&forced);

  if (force != 0)
    return (QsCpuLevel) (force - 1);
  if (g_once_init_enter (&chosen))
    g_once_init_leave (&chosen, 1 + (gsize) choose ());

  return (QsCpuLevel) (chosen - 1);
}

const char *
qs_cpu_level_id (QsCpuLevel level)
{
  return levels[level].id;
}

const char *
qs_cpu_level_name (QsCpuLevel level)
{
  return levels[level].name;
}

/**
 * qs_cpu_level_parse:
 * @level: (out): the level that @id names
 *
 * Returns: %FALSE when there is none
 */
gboolean
qs_cpu_level_parse (const char *id,
                    QsCpuLevel *level)
{
  for (int i = 0; i < QS_N_CPU_LEVELS; i++)
    if (g_strcmp0 (levels[i].id, id) == 0)
      {
        *level = i;
        return TRUE;
      }

  return FALSE;
}
