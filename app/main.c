/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "qs-application.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (QsApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (QS_GETTEXT_PACKAGE, QS_LOCALE_DIR);
  bind_textdomain_codeset (QS_GETTEXT_PACKAGE, "UTF-8");
  textdomain (QS_GETTEXT_PACKAGE);
  g_set_application_name (_("Quantoscope"));

  application = qs_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
