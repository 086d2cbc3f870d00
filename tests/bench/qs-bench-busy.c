/* SPDX-License-Identifier: MIT */

/*
 * Times plans on several numbers of threads, on two processors that are idle and with another
 * process keeping one of them busy, which is when pools that spin, or that wait for a thread whose
 * processor is taken, become slower than one thread.
 *
 *   qs-bench-busy [SECONDS [THREADS,…]] PLAN...
 *
 * Everything is measured in turn: a round goes through all conditions and numbers of threads, each
 * for a tenth of a second and four runs at least, until SECONDS (10) are over for each plan. Printed
 * are median and mean of the runs in milliseconds, and, since figures of one round have more in
 * common than others, the quartiles over the rounds of the time divided by that of the first number
 * of threads in the same round and condition.
 *
 * The busy process is in a session of its own in the last condition, which Linux (autogroup) gives
 * as much as the whole program that is measured; in the one before, every thread is given the same.
 */

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/qs-context.h"

#define MAX_COUNTS 8
#define MAX_THREADS 64
#define BLOCK_SECONDS 0.1
#define BLOCK_RUNS 4

enum { IDLE, BUSY, BUSY_SESSION, N_CONDITIONS };

static const char *const condition_names[] = { "idle", "busy", "busy, own session" };

typedef struct
{
  GArray *times;  /* milliseconds of every run */
  GArray *ratios; /* of every round */
} Series;

typedef struct
{
  QsEngine *engine;
  QsHostTensor **inputs;
  QsHostTensor **outputs;
  guint n_outputs;
  guint n_contexts;
  QsContext *contexts[MAX_COUNTS];
  Series series[N_CONDITIONS][MAX_COUNTS];
} Bench;

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
use_two_processors (void)
{
  cpu_set_t all, two;
  int n = 0;

  sched_getaffinity (0, sizeof all, &all);
  CPU_ZERO (&two);
  for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
    if (CPU_ISSET (i, &all))
      {
        CPU_SET (i, &two);
        n++;
      }
  sched_setaffinity (0, sizeof two, &two);
}

static pid_t
start_busy_process (gboolean own_session)
{
  pid_t child = fork ();

  if (child != 0)
    return child;

  /* Not to be left behind when the program is stopped. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (own_session)
    setsid ();
  for (volatile guint64 i = 0;; i++)
    ;
}

static QsHostTensor **
make_inputs (QsNetwork *network)
{
  QsHostTensor **inputs = g_new0 (QsHostTensor *, network->inputs->len);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->inputs, i);
      gint64 n = qs_shape_n_elements (&tensor->shape);

      inputs[i] = qs_host_tensor_new (tensor->type, &tensor->shape, NULL);
      if (tensor->type == QS_DATA_TYPE_FLOAT)
        for (gint64 j = 0; j < n; j++)
          ((float *) qs_host_tensor_get_mutable (inputs[i]))[j] =
            (float) g_rand_double_range (rand, -1.0, 1.0);
    }

  return inputs;
}

static double
find_mean (GArray *values,
           guint   first)
{
  double sum = 0.0;

  for (guint i = first; i < values->len; i++)
    sum += g_array_index (values, double, i);
  return sum / (values->len - first);
}

static gboolean
run_block (Bench      *self,
           QsContext  *context,
           GArray     *times,
           GError    **error)
{
  const double end = now () + BLOCK_SECONDS;

  /* The first run finds the caches full of another context's data. */
  for (int i = -1; i < BLOCK_RUNS || now () < end; i++)
    {
      double start = now (), ms;

      if (!qs_context_run (context, self->inputs, self->outputs, error))
        return FALSE;
      ms = 1e3 * (now () - start);
      if (i >= 0)
        g_array_append_val (times, ms);
      for (guint j = 0; j < self->n_outputs; j++)
        g_clear_pointer (&self->outputs[j], qs_host_tensor_unref);
    }

  return TRUE;
}

static gboolean
run_condition (Bench   *self,
               int      condition,
               GError **error)
{
  const pid_t busy = condition == IDLE ? 0 : start_busy_process (condition == BUSY_SESSION);
  double first_mean = 0.0;
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < self->n_contexts; i++)
    {
      Series *series = &self->series[condition][i];
      guint n = series->times->len;
      double ratio;

      ok = run_block (self, self->contexts[i], series->times, error);
      ratio = find_mean (series->times, n);
      if (i == 0)
        first_mean = ratio;
      ratio /= first_mean;
      g_array_append_val (series->ratios, ratio);
    }
  if (busy > 0)
    {
      kill (busy, SIGKILL);
      waitpid (busy, NULL, 0);
    }
  return ok;
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
find_quartile (GArray *values,
               guint   n)
{
  g_array_sort (values, compare_doubles);
  return g_array_index (values, double, values->len * n / 4);
}

static void
report (Bench      *self,
        const char *name)
{
  for (int c = 0; c < N_CONDITIONS; c++)
    for (guint i = 0; i < self->n_contexts; i++)
      {
        const Series *series = &self->series[c][i];

        g_print ("%-26s %-18s %2u %9.3f %9.3f   %5.2f %5.2f %5.2f\n", name, condition_names[c],
                 qs_context_get_n_threads (self->contexts[i]), find_quartile (series->times, 2),
                 find_mean (series->times, 0), find_quartile (series->ratios, 1),
                 find_quartile (series->ratios, 2), find_quartile (series->ratios, 3));
      }
}

static gboolean
add_context (Bench       *self,
             const char  *n_threads,
             GError     **error)
{
  const guint n = (guint) CLAMP (atoi (n_threads), 1, MAX_THREADS);
  const guint i = self->n_contexts;

  self->contexts[i] = qs_context_new (self->engine, n, error);
  if (self->contexts[i] == NULL)
    return FALSE;

  self->n_contexts++;
  for (int c = 0; c < N_CONDITIONS; c++)
    self->series[c][i] = (Series) { g_array_new (FALSE, FALSE, sizeof (double)),
                                    g_array_new (FALSE, FALSE, sizeof (double)) };
  return TRUE;
}

static gboolean
open_bench (Bench       *self,
            const char  *path,
            char       **threads,
            GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  QsNetwork *network;

  self->engine = qs_engine_load (file, error);
  if (self->engine == NULL)
    return FALSE;

  network = qs_engine_get_network (self->engine);
  self->inputs = make_inputs (network);
  self->n_outputs = network->outputs->len;
  self->outputs = g_new0 (QsHostTensor *, self->n_outputs);
  for (guint i = 0; threads[i] != NULL && i < MAX_COUNTS; i++)
    if (!add_context (self, threads[i], error))
      return FALSE;

  return TRUE;
}

static gboolean
bench (const char *path,
       double      seconds,
       char      **threads)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GError) error = NULL;
  Bench self = { 0 };
  gboolean ok = open_bench (&self, path, threads, &error);
  const double end = now () + seconds;

  while (ok && now () < end)
    for (int c = 0; ok && c < N_CONDITIONS; c++)
      ok = run_condition (&self, c, &error);
  if (!ok)
    {
      g_printerr ("%s: %s\n", path, error->message);
      return FALSE;
    }

  report (&self, name);
  /* Threads end, and the next plan has the memory; the rest is small. */
  for (guint i = 0; i < self.n_contexts; i++)
    qs_context_free (self.contexts[i]);
  qs_engine_unref (self.engine);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  const double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 0.0;
  const int first = seconds > 0.0 ? 2 : 1;
  const gboolean has_threads = argc > first
                               && strspn (argv[first], "0123456789,") == strlen (argv[first]);
  g_auto (GStrv) threads = g_strsplit (has_threads ? argv[first] : "1,2", ",", -1);

  use_two_processors ();
  g_print ("%-26s %-18s %2s %9s %9s   ratio, quartiles\n", "plan", "processors", "n", "median",
           "mean");
  for (int i = first + has_threads; i < argc; i++)
    if (!bench (argv[i], seconds > 0.0 ? seconds : 10.0, threads))
      return 1;

  return 0;
}
