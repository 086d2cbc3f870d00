/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "qs-compat.h"

/* A list of ties beyond this says nothing more. */
#define MAX_TIES 12

static gboolean
is_refittable (const QsTensor *tensor)
{
  return qs_tensor_is_activation (tensor) && tensor->type == QS_DATA_TYPE_INT8;
}

/* “a = b = c” of the members that the engine holds in INT8; returns how many there are. */
static guint
describe_tie (const QsScaleGroup *group,
              GString            *text)
{
  guint n = 0;

  for (guint i = 0; i < group->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (group->tensors, i);

      if (!is_refittable (tensor))
        continue;
      g_string_append_printf (text, "%s%s", n++ > 0 ? " = " : "", tensor->name);
    }

  return n;
}

static char *
describe_ties (QsNetwork *network,
               guint     *n_tied)
{
  g_autoptr (QsScaleGroups) groups = qs_scale_groups_new (network);
  g_autoptr (GString) all = g_string_new (NULL);
  guint n_shown = 0;

  *n_tied = 0;
  for (guint i = 0; i < qs_scale_groups_get_n (groups); i++)
    {
      g_autoptr (GString) tie = g_string_new (NULL);
      guint n = describe_tie (qs_scale_groups_get (groups, i), tie);

      if (n < 2)
        continue;
      *n_tied += n;
      if (n_shown++ < MAX_TIES)
        g_string_append_printf (all, "%s%s", all->len > 0 ? "; " : "", tie->str);
    }
  if (n_shown > MAX_TIES)
    g_string_append (all, "; …");

  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* Which scales can be changed freely, and which only together. */
static char *
describe_freedom (QsNetwork *network)
{
  guint n = 0, n_tied;
  g_autofree char *ties = describe_ties (network, &n_tied);
  g_autofree char *free_text = NULL;
  g_autofree char *tied_text = NULL;

  for (guint i = 0; i < network->tensors->len; i++)
    n += is_refittable (g_ptr_array_index (network->tensors, i));

  n = n > n_tied ? n - n_tied : 0;
  free_text = g_strdup_printf (ngettext ("%u scale of the engine can be changed freely.",
                                         "%u scales of the engine can be changed freely.", n), n);
  if (n_tied == 0)
    return g_steal_pointer (&free_text);

  /* Translators: tensors with equal signs between them: “a = b; c = d”. */
  tied_text = g_strdup_printf (_("Tied to one another: %s."), ties);
  return g_strjoin (" ", free_text, tied_text, NULL);
}

static void
refitted_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *title = NULL;
  g_autofree char *freedom = NULL;
  guint n = 0;

  if (!qs_session_refit_finish (QS_SESSION (object), result, &n, &error))
    {
      qs_window_show_error (self, _("The scales were not changed"), error);
      return;
    }

  title = g_strdup_printf (ngettext ("%u scale was changed", "%u scales were changed", n), n);
  freedom = describe_freedom (qs_session_get_shown_network (self->session));
  qs_banner_show_info (self->banner, title, freedom);
}

static void
refit_cb (GFile    *file,
          gpointer  user_data)
{
  QsWindow *self = user_data;

  if (qs_session_can_refit (self->session))
    qs_session_refit_async (self->session, file, refitted_cb, g_object_ref (self));
}

void
qs_window_refit (QsWindow *self)
{
  const QsFileFilter filters[] = {
    { _("Calibration Caches and Scale Tables"), { "cache", "calib", "json", "txt" } },
  };

  qs_file_open (GTK_WINDOW (self), _("Refit Scales"), filters, G_N_ELEMENTS (filters), refit_cb,
                self);
}
