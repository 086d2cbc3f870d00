/* SPDX-License-Identifier: MIT */
#include "qs-cli-watch.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define PERIOD_MS 100
#define BAR_WIDTH 24

typedef struct
{
  QsProgress *progress;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  char *line; /* as it stands on the terminal */
} Watch;

static Watch watch;
static GMutex line_mutex;
static gboolean line_drawn;
static gboolean line_ended;

/* Erases the line with ANSI's “erase in line”; it is only ever drawn on terminals. */
static void
clear_line (gboolean for_good)
{
  g_mutex_lock (&line_mutex);
  if (line_drawn)
    fputs ("\r\033[K", stderr);
  line_drawn = FALSE;
  line_ended = line_ended || for_good;
  g_mutex_unlock (&line_mutex);
}

/* Results are there: no progress after them. */
static void
print_result (const char *text)
{
  clear_line (TRUE);
  fputs (text, stdout);
}

static void
print_message (const char *text)
{
  clear_line (FALSE);
  fputs (text, stderr);
}

/**
 * qs_cli_watch_install:
 *
 * Lets g_print() and g_printerr() make room for their text. Both write UTF-8 whatever the locale
 * says, since a “×” in a table is worth more than the letter of LANG=C.
 */
void
qs_cli_watch_install (void)
{
  g_set_print_handler (print_result);
  g_set_printerr_handler (print_message);
}

static void
append_bar (GString *line,
            double   fraction)
{
  int filled = (int) (fraction * BAR_WIDTH);

  g_string_append (line, " [");
  for (int i = 0; i < BAR_WIDTH; i++)
    g_string_append_c (line, i < filled ? '=' : ' ');
  g_string_append_printf (line, "] %3d %%", (int) (fraction * 100.0));
}

static char *
format_line (QsProgress *progress)
{
  g_autofree char *phase = qs_progress_dup_phase (progress);
  double fraction = qs_progress_get_fraction (progress);
  GString *line = g_string_new (phase);

  if (phase != NULL && fraction >= 0.0)
    append_bar (line, fraction);

  return g_string_free (line, FALSE);
}

/* Only what is new is drawn, so that a slow terminal or a recording is not flooded. */
static gboolean
draw_line (gpointer user_data)
{
  Watch *self = user_data;
  g_autofree char *line = format_line (self->progress);

  g_mutex_lock (&line_mutex);
  if (!line_ended && (!line_drawn || g_strcmp0 (line, self->line) != 0))
    {
      fprintf (stderr, "\r\033[K%s", line);
      fflush (stderr);
      line_drawn = TRUE;
      g_free (self->line);
      self->line = g_steal_pointer (&line);
    }
  g_mutex_unlock (&line_mutex);
  return G_SOURCE_CONTINUE;
}

/* GLib restores the default handler when the source is gone. */
static gboolean
interrupt (gpointer user_data)
{
  Watch *self = user_data;

  qs_progress_cancel (self->progress);
  return G_SOURCE_REMOVE;
}

static void
attach (Watch       *self,
        GSource     *source,
        GSourceFunc  func)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

static gpointer
run (gpointer user_data)
{
  Watch *self = user_data;

  g_main_loop_run (self->loop);
  return NULL;
}

void
qs_cli_watch_start (QsProgress *progress)
{
  watch.progress = progress;
  watch.context = g_main_context_new ();
  watch.loop = g_main_loop_new (watch.context, FALSE);

  attach (&watch, g_unix_signal_source_new (SIGINT), interrupt);
  attach (&watch, g_unix_signal_source_new (SIGTERM), interrupt);
  if (isatty (STDERR_FILENO))
    attach (&watch, g_timeout_source_new (PERIOD_MS), draw_line);

  watch.thread = g_thread_new ("watch", run, &watch);
}

static gboolean
quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

void
qs_cli_watch_stop (void)
{
  /* Quit from inside the loop: asked for before it runs, it would be forgotten. */
  g_main_context_invoke (watch.context, quit, watch.loop);
  g_thread_join (watch.thread);
  g_main_loop_unref (watch.loop);
  g_main_context_unref (watch.context);
  g_clear_pointer (&watch.line, g_free);
  clear_line (TRUE);
}
