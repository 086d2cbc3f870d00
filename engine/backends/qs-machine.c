/* SPDX-License-Identifier: MIT */
#include "qs-machine.h"

#include <string.h>

#if defined (__x86_64__) || defined (__i386__)
#include <cpuid.h>
#endif

#include "backends/qs-kernel-set.h"

#define UNKNOWN "unknown processor"

#if defined (__x86_64__) || defined (__i386__)

/* Intel SDM volume 2A, CPUID leaves 80000002H to 80000004H: the brand string, 16 bytes each. */
#define FIRST_BRAND_LEAF 0x80000002u
#define N_BRAND_LEAVES 3

static char *
find_processor (void)
{
  guint32 registers[4 * N_BRAND_LEAVES + 1] = { 0 };

  for (guint i = 0; i < N_BRAND_LEAVES; i++)
    {
      guint32 *r = registers + 4 * i;

      if (!__get_cpuid (FIRST_BRAND_LEAF + i, &r[0], &r[1], &r[2], &r[3]))
        return NULL;
    }

  return g_strndup ((const char *) registers, 16 * N_BRAND_LEAVES);
}

#else

static gboolean
is_telling (const char *line)
{
  static const char *const fields[] = { "model name", "CPU implementer", "CPU part", "uarch" };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_has_prefix (line, fields[i]))
      return strchr (line, ':') != NULL;

  return FALSE;
}

/* What the kernel says of the first processor. */
static char *
find_processor (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GString *name;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return NULL;

  name = g_string_new (NULL);
  lines = g_strsplit (text, "\n", 64);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i][0] == '\0' && name->len > 0)
        break;
      if (is_telling (lines[i]))
        g_string_append_printf (name, "%s%s", name->len > 0 ? " " : "",
                                g_strstrip (strchr (lines[i], ':') + 1));
    }

  return g_string_free (name, FALSE);
}

#endif

/* One line of printable ASCII, single spaces. */
static char *
tidy (char *name)
{
  GString *text = g_string_new (NULL);

  for (const char *c = name; c != NULL && *c != '\0'; c++)
    {
      gboolean space = !g_ascii_isgraph (*c);

      if (!space)
        g_string_append_c (text, *c);
      else if (text->len > 0 && text->str[text->len - 1] != ' ')
        g_string_append_c (text, ' ');
    }

  g_free (name);
  g_strchomp (text->str);
  return g_string_free (text, FALSE);
}

/**
 * qs_machine_get_processor:
 *
 * The processor's own name for itself, in one line of ASCII.
 */
const char *
qs_machine_get_processor (void)
{
  static gsize once;
  static char *name;

  if (g_once_init_enter (&once))
    {
      name = tidy (find_processor ());
      if (name[0] == '\0')
        {
          g_free (name);
          name = g_strdup (UNKNOWN);
        }
      g_once_init_leave (&once, 1);
    }

  return name;
}

const char *
qs_machine_get_kernel_set (void)
{
  return QS_KERNEL_SET;
}
