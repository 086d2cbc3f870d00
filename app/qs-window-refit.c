/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "builder/qs-refit.h"
#include "qs-compat.h"

/* A list of ties beyond this says nothing more. */
#define MAX_TIES 12

static gboolean
is_refittable (const QsTensor *tensor)
{
  return qs_tensor_is_activation (tensor) && tensor->type == QS_DATA_TYPE_INT8;
}

/* “a = b = c; d = e”, and of how many tensors that speaks. */
static char *
describe_ties (QsEngine *engine,
               guint    *n_tied)
{
  g_autoptr (GPtrArray) ties = qs_engine_find_ties (engine);
  GString *text = g_string_new (NULL);

  *n_tied = 0;
  for (guint i = 0; i < ties->len; i++)
    {
      const GPtrArray *tie = g_ptr_array_index (ties, i);

      *n_tied += tie->len;
      for (guint k = 0; i < MAX_TIES && k < tie->len; k++)
        g_string_append_printf (text, "%s%s", k > 0 ? " = " : i > 0 ? "; " : "",
                                ((QsTensor *) g_ptr_array_index (tie, k))->name);
    }
  if (ties->len > MAX_TIES)
    g_string_append (text, "; …");

  return g_string_free (text, FALSE);
}

/* Which scales can be changed freely, and which only together. */
static char *
describe_freedom (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  guint n = 0, n_tied;
  g_autofree char *ties = describe_ties (engine, &n_tied);
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
  freedom = describe_freedom (qs_session_get_engine (self->session));
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
