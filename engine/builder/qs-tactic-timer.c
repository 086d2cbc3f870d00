/* SPDX-License-Identifier: MIT */
#include "qs-tactic-timer.h"

#include <stdlib.h>
#include <time.h>

#include "backends/cpu/qs-cpu-range.h"
#include "core/qs-error.h"
#include "core/qs-float16.h"

#define SEED 4321
/* The shortest of several runs is the one that least came between. It counts when others took no
 * longer than it by this factor; else more runs are made, as long as patience lasts. */
#define AGREEMENT 1.02
#define N_AGREEING 3
#define MIN_RUNS 6
#define MAX_RUNS 30
#define PATIENCE_MS 30.0
/* A kernel that was this much slower in its first run will not win; it is not run again. */
#define HOPELESS 3.0

struct _QsTacticTimer
{
  QsThreadPool *pool; /* NULL until something has to be measured */
  guint n_threads;
  QsTimingCache *cache;
  char *place;
  GHashTable *seen; /* set of signatures that this timer was asked for */
  QsDevice *device; /* (nullable): whose memory kernels of the device get */
  char *device_name;
  GError *lost;     /* (nullable): what ended the device */
  QsTacticClock clock;
};

/* One kernel on one layer, with memory of its own. */
typedef struct
{
  const QsLayer *layer;
  const QsKernel *kernel;
  gpointer state;
  QsView *inputs;
  QsView *outputs;
  GPtrArray *memory;
  gpointer workspace;
  QsDevice *device; /* (nullable): where views and workspace are */
  double spent;           /* all runs so far, in ms */
  double times[MAX_RUNS]; /* sorted, without the run that warmed up */
  guint n_runs;
  gboolean is_over;
} Trial;

/* Milliseconds of the wall. */
static double
read_wall_clock (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec * 1e3 + (double) time.tv_nsec * 1e-6;
}

/* What one thread takes does not grow while another program has its processor. */
static double
read_thread_clock (void)
{
  struct timespec time;

  if (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time) != 0)
    return read_wall_clock ();
  return (double) time.tv_sec * 1e3 + (double) time.tv_nsec * 1e-6;
}

/**
 * qs_tactic_timer_new:
 * @n_threads: threads that kernels run with, 0 for one per processor
 * @cache: (nullable): known times, to which new ones are added
 */
QsTacticTimer *
qs_tactic_timer_new (guint          n_threads,
                     QsTimingCache *cache)
{
  QsTacticTimer *self = g_new0 (QsTacticTimer, 1);

  self->n_threads = n_threads > 0 ? n_threads : g_get_num_processors ();
  self->cache = cache != NULL ? qs_timing_cache_ref (cache) : qs_timing_cache_new ();
  self->place = qs_timing_cache_make_place (self->n_threads);
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->clock = self->n_threads == 1 ? read_thread_clock : read_wall_clock;
  return self;
}

void
qs_tactic_timer_free (QsTacticTimer *self)
{
  g_clear_pointer (&self->pool, qs_thread_pool_free);
  qs_timing_cache_unref (self->cache);
  g_free (self->place);
  g_free (self->device_name);
  g_clear_error (&self->lost);
  g_hash_table_unref (self->seen);
  g_free (self);
}

/* INT8 values of which the network proves that none is below zero: some kernels are faster then. */
static gboolean
is_non_negative (const QsTensor *tensor)
{
  return tensor->type == QS_DATA_TYPE_INT8 && qs_cpu_is_non_negative (tensor);
}

static void
append_tensor (GString        *text,
               const QsTensor *tensor)
{
  g_string_append_printf (text, "%s %s", qs_data_type_name (tensor->type),
                          qs_format_name (tensor->format));
  for (int i = 0; i < tensor->shape.n_dims; i++)
    g_string_append_printf (text, "%c%" G_GINT64_FORMAT, i == 0 ? ' ' : 'x',
                            tensor->shape.dims[i]);
  if (tensor->value != NULL)
    g_string_append (text, " constant");
  if (is_non_negative (tensor))
    g_string_append (text, " non-negative");
}

/**
 * qs_tactic_timer_set_device:
 * @device: (nullable): what the backend's kernels run on, when it is not the host
 * @name: its name, by which times are kept
 */
void
qs_tactic_timer_set_device (QsTacticTimer *self,
                            QsDevice      *device,
                            const char    *name)
{
  self->device = device;
  g_free (self->device_name);
  self->device_name = g_strdup (name);
  self->clock = read_wall_clock;
}

/**
 * qs_tactic_timer_set_clock:
 * @clock: milliseconds since any moment
 *
 * Measures with another clock: tests have one that only their kernels move.
 */
void
qs_tactic_timer_set_clock (QsTacticTimer *self,
                           QsTacticClock  clock)
{
  self->clock = clock;
}

static void
append_tensors (GString   *text,
                GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      g_string_append_c (text, '|');
      if (tensor != NULL)
        append_tensor (text, tensor);
      else
        g_string_append_c (text, '-');
    }
}

static void
append_field (GString      *text,
              const QsField *field,
              const guint8  *attributes)
{
  const gpointer value = (gpointer) (attributes + field->offset);
  const QsInts *ints = value;

  switch (field->type)
    {
    case QS_FIELD_INT:
      g_string_append_printf (text, "|%" G_GINT64_FORMAT, *(gint64 *) value);
      break;
    case QS_FIELD_FLOAT:
      g_string_append_printf (text, "|%a", (double) *(float *) value);
      break;
    case QS_FIELD_FLAG:
    case QS_FIELD_ENUM:
      g_string_append_printf (text, "|%d", *(int *) value);
      break;
    case QS_FIELD_INTS:
      for (int i = 0; i < ints->n; i++)
        g_string_append_printf (text, "%c%" G_GINT64_FORMAT, i == 0 ? '|' : ',', ints->v[i]);
      break;
    default:
      break;
    }
}

/* Everything that a kernel's time can depend on. */
static char *
make_signature (const QsLayer  *layer,
                const QsKernel *kernel,
                const char     *device)
{
  GString *text = g_string_new (kernel != NULL ? kernel->name : "reference");

  if (device != NULL)
    g_string_append_printf (text, " on %s", device);
  g_string_append_printf (text, "|%s|%s %a %a", layer->klass->name,
                          qs_activation_name (layer->activation.type),
                          (double) layer->activation.alpha, (double) layer->activation.beta);
  for (const QsField *f = layer->klass->fields; f != NULL && f->name != NULL; f++)
    append_field (text, f, layer->attributes);
  append_tensors (text, layer->inputs);
  g_string_append (text, "|>");
  append_tensors (text, layer->outputs);
  return g_string_free (text, FALSE);
}

static void
fill (QsHostTensor *tensor,
      gboolean      non_negative,
      GRand        *rand)
{
  QsDataType type = qs_host_tensor_get_data_type (tensor);
  gint64 n = qs_host_tensor_get_n_elements (tensor);
  gpointer data = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < n; i++)
    if (type == QS_DATA_TYPE_FLOAT)
      ((float *) data)[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
    else if (type == QS_DATA_TYPE_FLOAT16)
      ((guint16 *) data)[i] =
        qs_float16_from_float ((float) g_rand_double_range (rand, -1.0, 1.0));
    else if (type == QS_DATA_TYPE_INT8)
      ((gint8 *) data)[i] = (gint8) g_rand_int_range (rand, non_negative ? 0 : -127, 128);
}

static gboolean
make_views (Trial      *self,
            GPtrArray  *tensors,
            QsView     *views,
            GRand      *rand,
            GError    **error)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);
      QsHostTensor *memory;

      if (tensor == NULL)
        continue;
      memory = tensor->value != NULL ? qs_host_tensor_ref (tensor->value)
                                     : qs_host_tensor_new (tensor->type, &tensor->shape, error);
      if (memory == NULL)
        return FALSE;
      g_ptr_array_add (self->memory, memory);
      if (tensor->value == NULL)
        fill (memory, is_non_negative (tensor), rand);

      qs_view_init (&views[i], tensor->type, tensor->format, &tensor->shape,
                    (gpointer) qs_host_tensor_get_data (memory));
      views[i].scale = tensor->type == QS_DATA_TYPE_INT8 ? tensor->scale : 0.0f;
    }

  return TRUE;
}

static gsize
view_size (const QsView *view)
{
  return (gsize) qs_shape_n_elements (&view->shape) * qs_data_type_size (view->type);
}

/* Gives the views copies of their values on the device; none to what it failed at and what follows. */
static gboolean
move_views (Trial   *self,
            QsView  *views,
            guint    n,
            GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < n; i++)
    {
      gconstpointer host = views[i].data;

      views[i].data = NULL;
      if (host == NULL || !ok)
        continue;
      views[i].data = self->device->allocate (self->device, view_size (&views[i]), error);
      ok = views[i].data != NULL &&
           self->device->upload (self->device, views[i].data, host, view_size (&views[i]), error);
    }

  return ok;
}

static gboolean
move_to_device (Trial   *self,
                GError **error)
{
  gboolean inputs = move_views (self, self->inputs, self->layer->inputs->len, error);
  gboolean outputs =
    move_views (self, self->outputs, self->layer->outputs->len, inputs ? error : NULL);

  return inputs && outputs;
}

static void
clear_device_memory (Trial *self)
{
  for (guint i = 0; i < self->layer->inputs->len; i++)
    self->device->free (self->device, self->inputs[i].data);
  for (guint i = 0; i < self->layer->outputs->len; i++)
    self->device->free (self->device, self->outputs[i].data);
  self->device->free (self->device, self->workspace);
  self->workspace = NULL;
}

static void
trial_clear (Trial *self)
{
  if (self->device != NULL)
    clear_device_memory (self);
  if (self->kernel != NULL && self->kernel->release != NULL && self->state != NULL)
    self->kernel->release (self->state);
  free (self->workspace);
  g_free (self->inputs);
  g_free (self->outputs);
  g_clear_pointer (&self->memory, g_ptr_array_unref);
}

static gboolean
trial_init (Trial           *self,
            const QsLayer   *layer,
            const QsKernel  *kernel,
            QsDevice        *device,
            guint            n_threads,
            GError         **error)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  GError *local = NULL;
  gsize size = 0;

  self->layer = layer;
  self->kernel = kernel;
  self->inputs = g_new0 (QsView, layer->inputs->len + 1);
  self->outputs = g_new0 (QsView, layer->outputs->len + 1);
  self->memory = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  if (!make_views (self, layer->inputs, self->inputs, rand, error) ||
      !make_views (self, layer->outputs, self->outputs, rand, error))
    return FALSE;
  self->device = device;
  if (device != NULL && !move_to_device (self, error))
    return FALSE;

  if (kernel != NULL && kernel->prepare != NULL)
    self->state = kernel->prepare (kernel, layer, &local);
  if (local != NULL)
    {
      g_propagate_error (error, local);
      return FALSE;
    }

  if (kernel != NULL && kernel->workspace_size != NULL)
    size = kernel->workspace_size (kernel, layer, self->state, n_threads);
  if (self->device != NULL)
    {
      self->workspace = self->device->allocate (self->device, MAX (size, 64), error);
      return self->workspace != NULL;
    }
  if (posix_memalign (&self->workspace, 64, MAX (size, 64)) != 0)
    {
      self->workspace = NULL;
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT, "there is not enough memory for timing");
      return FALSE;
    }
  return TRUE;
}

/* By the device's own clock, which leaves out what the host needs to start it: in a graph, that is
 * done but once. */
static double
run_on_device (Trial             *self,
               const QsExecution *execution,
               GError           **error)
{
  double ms = 0.0;

  if (!self->device->begin_timing (self->device, error) ||
      !self->kernel->execute (self->kernel, self->layer, self->state, execution, error) ||
      !self->device->end_timing (self->device, &ms, error))
    return -1.0;
  return MAX (ms, 1e-6);
}

/* One run, in milliseconds; negative when it failed. */
static double
run_once (Trial          *self,
          QsThreadPool   *pool,
          QsTacticClock   clock,
          GError        **error)
{
  QsExecution execution = {
    .inputs = self->inputs,
    .n_inputs = self->layer->inputs->len,
    .outputs = self->outputs,
    .n_outputs = self->layer->outputs->len,
    .workspace = self->workspace,
    .pool = pool,
  };
  double start;
  gboolean ok;

  if (self->device != NULL)
    return run_on_device (self, &execution, error);
  qs_thread_pool_forget (pool);
  start = clock ();
  ok = self->kernel != NULL
    ? self->kernel->execute (self->kernel, self->layer, self->state, &execution, error)
    : self->layer->klass->evaluate (self->layer, self->inputs, self->outputs, error);

  return ok ? MAX (clock () - start, 1e-6) : -1.0;
}

/* The first run warms up, and shows which kernels will not win. Before it, a device's driver may have to
 * load the kernel, which takes longer than most kernels do. */
static void
run_first (Trial         *self,
           QsTacticTimer *timer,
           QsTacticTrial *result,
           double        *best)
{
  if (self->device != NULL &&
      run_once (self, timer->pool, timer->clock, &result->error) < 0.0)
    {
      self->is_over = TRUE;
      return;
    }
  self->spent = run_once (self, timer->pool, timer->clock, &result->error);
  result->ms = self->spent;
  self->is_over = self->spent < 0.0 || (*best >= 0.0 && self->spent > HOPELESS * *best + 1.0);
  if (self->spent >= 0.0 && (*best < 0.0 || self->spent < *best))
    *best = self->spent;
}

static void
keep_time (Trial  *self,
           double  ms)
{
  guint i;

  for (i = self->n_runs; i > 0 && self->times[i - 1] > ms; i--)
    self->times[i] = self->times[i - 1];
  self->times[i] = ms;
  self->n_runs++;
  self->spent += ms;
}

static gboolean
is_enough (const Trial *self)
{
  if (self->n_runs < MIN_RUNS)
    return FALSE;
  return self->n_runs == MAX_RUNS || self->spent > PATIENCE_MS
         || self->times[N_AGREEING - 1] <= AGREEMENT * self->times[0];
}

static void
run_again (Trial         *self,
           QsTacticTimer *timer,
           QsTacticTrial *result)
{
  double ms = run_once (self, timer->pool, timer->clock, &result->error);

  if (ms < 0.0)
    {
      result->ms = -1.0;
      self->is_over = TRUE;
      return;
    }

  keep_time (self, ms);
  result->ms = self->times[0];
  self->is_over = is_enough (self);
}

/* In turn, so that what comes between comes between all of them. */
static void
run_trials (QsTacticTimer *self,
            Trial         *trials,
            QsTacticTrial *results,
            guint          n)
{
  double best = -1.0;
  gboolean any = TRUE;

  for (guint i = 0; i < n; i++)
    {
      if (results[i].ms >= 0.0 && (best < 0.0 || results[i].ms < best))
        best = results[i].ms;
      trials[i].is_over = trials[i].layer == NULL;
    }
  for (guint i = 0; i < n; i++)
    if (!trials[i].is_over)
      run_first (&trials[i], self, &results[i], &best);

  while (any)
    {
      any = FALSE;
      for (guint i = 0; i < n; i++)
        if (!trials[i].is_over)
          {
            run_again (&trials[i], self, &results[i]);
            any = any || !trials[i].is_over;
          }
    }
}

static QsDevice *
find_device (QsTacticTimer *self,
             const QsKernel *kernel)
{
  return kernel != NULL && kernel->on_device ? self->device : NULL;
}

/* Whether the time is known; else the trial is made ready, or the result has the error. */
static gboolean
look_up (QsTacticTimer *self,
         const char    *signature,
         QsTacticTrial *result)
{
  gboolean known = qs_timing_cache_lookup (self->cache, self->place, signature, &result->ms);

  if (!g_hash_table_contains (self->seen, signature))
    {
      qs_timing_cache_count (self->cache, known);
      g_hash_table_add (self->seen, g_strdup (signature));
    }
  return known;
}

/**
 * qs_tactic_timer_check:
 *
 * Errors: the device was lost while a kernel was timed, so that no time since means anything.
 */
gboolean
qs_tactic_timer_check (QsTacticTimer  *self,
                       GError        **error)
{
  if (self->lost == NULL)
    return TRUE;

  g_propagate_error (error, g_error_copy (self->lost));
  return FALSE;
}

/**
 * qs_tactic_timer_measure:
 * @trials: (array length=n): layers with their final types, formats and constants, and the kernels to
 *   run on them; they get the times, or errors
 *
 * Measures kernels on seeded data, in turn. A time is that of the shortest run, after one that warms
 * up; runs are repeated until the shortest agree. A kernel whose first run is far behind
 * the best is not run again, and its time is that run's. With one thread time is what the processor
 * spends on it.
 */
void
qs_tactic_timer_measure (QsTacticTimer *self,
                         QsTacticTrial *trials,
                         guint          n)
{
  g_autofree Trial *running = g_new0 (Trial, n);
  g_auto (GStrv) signatures = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    {
      const QsTacticTrial *trial = &trials[i];
      QsDevice *device = find_device (self, trial->kernel);

      signatures[i] = make_signature (trial->layer, trial->kernel,
                                      device != NULL ? self->device_name : NULL);
      trials[i].ms = -1.0;
      if (look_up (self, signatures[i], &trials[i]))
        continue;
      if (!trial_init (&running[i], trial->layer, trial->kernel, device, self->n_threads,
                       &trials[i].error))
        {
          trial_clear (&running[i]);
          running[i] = (Trial) { NULL };
        }
      else if (self->pool == NULL)
        {
          self->pool = qs_thread_pool_new (self->n_threads);
        }
    }

  run_trials (self, running, trials, n);
  for (guint i = 0; i < n; i++)
    {
      if (self->lost == NULL &&
          g_error_matches (trials[i].error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_LOST))
        self->lost = g_error_copy (trials[i].error);
      if (running[i].layer == NULL)
        continue;
      if (trials[i].ms >= 0.0)
        trials[i].ms = qs_timing_cache_add (self->cache, self->place, signatures[i], trials[i].ms);
      trial_clear (&running[i]);
    }
}
