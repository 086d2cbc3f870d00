/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-application.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-resources.h"
#include "qs-settings.h"
#include "qs-window.h"
#include "qs-worker.h"

struct _QsApplication
{
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (QsApplication, qs_application, ADW_TYPE_APPLICATION)

static const struct
{
  const char *id;
  AdwColorScheme scheme;
} color_schemes[] = {
  { "default", ADW_COLOR_SCHEME_DEFAULT },
  { "light", ADW_COLOR_SCHEME_FORCE_LIGHT },
  { "dark", ADW_COLOR_SCHEME_FORCE_DARK },
};

static void
apply_color_scheme (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (color_schemes); i++)
    if (g_str_equal (color_schemes[i].id, id))
      adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                          color_schemes[i].scheme);
}

static void
color_scheme_changed_cb (GSettings *settings)
{
  g_autofree char *id = g_settings_get_string (settings, "color-scheme");

  apply_color_scheme (id);
}

static void
color_scheme_action (GSimpleAction *action,
                     GVariant      *value,
                     gpointer       user_data)
{
  apply_color_scheme (g_variant_get_string (value, NULL));
  g_simple_action_set_state (action, value);
}

/* The style is a setting; without settings it lasts as long as the program. */
static void
add_color_scheme_action (QsApplication *self)
{
  GSettings *settings = qs_settings_get ();
  g_autoptr (GAction) action = NULL;

  if (settings != NULL)
    {
      action = g_settings_create_action (settings, "color-scheme");
      g_signal_connect (settings, "changed::color-scheme", G_CALLBACK (color_scheme_changed_cb),
                        NULL);
      color_scheme_changed_cb (settings);
    }
  else
    {
      action = G_ACTION (g_simple_action_new_stateful ("color-scheme", G_VARIANT_TYPE_STRING,
                                                       g_variant_new_string ("default")));
      g_signal_connect (action, "change-state", G_CALLBACK (color_scheme_action), NULL);
    }

  g_action_map_add_action (G_ACTION_MAP (self), action);
}

static QsWindow *
new_window (QsApplication *self)
{
  return qs_window_new (ADW_APPLICATION (self));
}

/* A document takes an empty window where there is one. */
static QsWindow *
get_empty_window (QsApplication *self)
{
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (self));

  if (QS_IS_WINDOW (active) && qs_window_is_empty (QS_WINDOW (active)))
    return QS_WINDOW (active);

  return new_window (self);
}

static void
new_window_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  gtk_window_present (GTK_WINDOW (new_window (user_data)));
}

static void
about_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  qs_about_show (gtk_application_get_active_window (user_data));
}

static void
quit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  GList *windows = g_list_copy (gtk_application_get_windows (user_data));

  /* Closing lets every window save its state and cancel its work. */
  for (GList *l = windows; l != NULL; l = l->next)
    gtk_window_close (l->data);
  g_list_free (windows);
}

static void
add_actions (QsApplication *self)
{
  static const GActionEntry entries[] = {
    { .name = "new-window", .activate = new_window_action },
    { .name = "about", .activate = about_action },
    { .name = "quit", .activate = quit_action },
  };
  static const struct
  {
    const char *action;
    const char *accels[4];
  } accels[] = {
    { "app.quit", { "<Control>q" } },
    { "app.new-window", { "<Control>n" } },
    { "window.close", { "<Control>w" } },
    { "win.open-model", { "<Control>o" } },
    { "win.save", { "<Control>s" } },
    { "win.save-as", { "<Control><Shift>s" } },
    { "win.build", { "<Control>Return", "<Control>b" } },
    { "win.find", { "<Control>f" } },
    { "win.back", { "<Alt>Left" } },
    { "win.forward", { "<Alt>Right" } },
    { "win.toggle-sidebar", { "F9" } },
    { "win.toggle-inspector", { "<Shift>F9" } },
    { "win.menu", { "F10" } },
    { "win.zoom-in", { "<Control>plus", "<Control>equal", "<Control>KP_Add" } },
    { "win.zoom-out", { "<Control>minus", "<Control>KP_Subtract" } },
    { "win.zoom-normal", { "<Control>0", "<Control>KP_0" } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (guint i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), accels[i].action,
                                           accels[i].accels);
}

static void
qs_application_startup (GApplication *application)
{
  QsApplication *self = QS_APPLICATION (application);

  G_APPLICATION_CLASS (qs_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (QS_APPLICATION_ID);
  add_actions (self);
  add_color_scheme_action (self);
}

static void
qs_application_activate (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window == NULL)
    window = GTK_WINDOW (new_window (QS_APPLICATION (application)));
  gtk_window_present (window);
}

static void
qs_application_open (GApplication  *application,
                     GFile        **files,
                     int            n_files,
                     const char    *hint)
{
  QsWindow *window = get_empty_window (QS_APPLICATION (application));

  for (int i = 0; i < n_files; i++)
    qs_window_open (window, files[i], QS_PURPOSE_ASK, NULL);
  gtk_window_present (GTK_WINDOW (window));
}

/* Whether the options say how numbers become inputs; a mistake in them goes to the terminal. */
static gboolean
get_preprocessing (GVariantDict    *options,
                   QsPreprocessing *preprocessing,
                   gboolean        *has_preprocessing,
                   GError         **error)
{
  const char *scale = NULL, *mean = NULL, *std = NULL;

  g_variant_dict_lookup (options, "scale", "&s", &scale);
  g_variant_dict_lookup (options, "mean", "&s", &mean);
  g_variant_dict_lookup (options, "std", "&s", &std);
  *has_preprocessing = scale != NULL || mean != NULL || std != NULL;
  qs_preprocessing_init (preprocessing);
  return qs_preprocessing_parse (preprocessing, scale, mean, std, error);
}

/* MODEL, CALIBRATION and LABELLED, in this order. */
static void
open_arguments (QsWindow                *window,
                GApplicationCommandLine *command_line,
                const char *const       *arguments,
                const QsPreprocessing   *preprocessing)
{
  static const QsPurpose purposes[] = {
    QS_PURPOSE_ASK, QS_PURPOSE_CALIBRATION, QS_PURPOSE_LABELLED,
  };

  for (guint i = 0; arguments[i] != NULL; i++)
    {
      g_autoptr (GFile) file = g_application_command_line_create_file_for_arg (command_line,
                                                                               arguments[i]);

      qs_window_open (window, file,
                      i < G_N_ELEMENTS (purposes) ? purposes[i] : QS_PURPOSE_ASK, preprocessing);
    }
}

static int
qs_application_command_line (GApplication            *application,
                             GApplicationCommandLine *command_line)
{
  GVariantDict *options = g_application_command_line_get_options_dict (command_line);
  g_autofree const char **arguments = NULL;
  g_autoptr (GError) error = NULL;
  gboolean has_preprocessing, build = FALSE;
  QsPreprocessing preprocessing;
  QsWindow *window;

  if (!get_preprocessing (options, &preprocessing, &has_preprocessing, &error))
    {
      g_application_command_line_printerr (command_line, "quantoscope: %s\n", error->message);
      return 2;
    }

  if (!g_variant_dict_lookup (options, G_OPTION_REMAINING, "^a&ay", &arguments))
    {
      g_application_activate (application);
      return 0;
    }

  window = get_empty_window (QS_APPLICATION (application));
  open_arguments (window, command_line, arguments, has_preprocessing ? &preprocessing : NULL);
  if (g_variant_dict_lookup (options, "build", "b", &build) && build)
    qs_window_build_when_ready (window);
  gtk_window_present (GTK_WINDOW (window));
  return 0;
}

static int
qs_application_handle_local_options (GApplication *application,
                                     GVariantDict *options)
{
  if (!g_variant_dict_contains (options, "version"))
    return -1;

  g_print ("quantoscope %s\n", QS_VERSION);
  return 0;
}

static void
qs_application_shutdown (GApplication *application)
{
  qs_worker_stop ();
  G_APPLICATION_CLASS (qs_application_parent_class)->shutdown (application);
}

static void
qs_application_class_init (QsApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = qs_application_startup;
  application_class->activate = qs_application_activate;
  application_class->open = qs_application_open;
  application_class->command_line = qs_application_command_line;
  application_class->handle_local_options = qs_application_handle_local_options;
  application_class->shutdown = qs_application_shutdown;
}

static void
qs_application_init (QsApplication *self)
{
  static const GOptionEntry options[] = {
    { "build", 'b', 0, G_OPTION_ARG_NONE, NULL, N_("Build as soon as the files are open"), NULL },
    { "scale", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Multiply stored values by this"),
      N_("NUMBER") },
    { "mean", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Subtract this, per channel"), N_("NUMBERS") },
    { "std", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Divide by this, per channel"), N_("NUMBERS") },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version and exit"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, NULL, NULL,
      N_("[MODEL [CALIBRATION [LABELLED]]]") },
    { NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

QsApplication *
qs_application_new (void)
{
  return g_object_new (QS_TYPE_APPLICATION,
                       "application-id", QS_APPLICATION_ID,
                       "flags", G_APPLICATION_HANDLES_OPEN | G_APPLICATION_HANDLES_COMMAND_LINE,
                       "resource-base-path", QS_RESOURCES,
                       NULL);
}
