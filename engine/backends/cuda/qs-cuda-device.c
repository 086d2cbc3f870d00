/* SPDX-License-Identifier: MIT */
#include "qs-cuda-device.h"

#include <string.h>

#include "core/qs-error.h"
#include "kernels/qs-cuda-arguments.h"
#include "qs-cuda-image.h"
#include "qs-cuda-statistics.h"

/* What one field of a line in a timing cache may hold. */
#define PRINTABLE \
  G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS " .,;:!?()[]{}<>+-*/=_@#%&$'\"^~"

struct _QsCudaDevice
{
  QsDevice memory;
  const QsCudaDriver *driver;
  QsCudaContextHandle context;
  QsCudaStream stream;
  QsCudaStream fetch_stream;
  QsCudaEvent fetched;  /* all that fetch_stream was asked for */
  QsCudaEvent used;     /* all that may still read what fetches will write over */
  QsCudaEvent start;
  QsCudaEvent end;
  char name[256];
  char key[320];
  int architecture;
  int n_multiprocessors;
  int shared_memory;
  QsCudaModule modules[QS_CUDA_MAX_IMAGES];
  guint n_modules;
  GRecMutex mutex;       /* held while the stream is captured */
  GHashTable *functions; /* name -> QsCudaFunction */
  GError *lost;          /* what ended the context */
  gpointer fault;        /* (nullable): a word on the device, where kernels note what was wrong */
  GPtrArray *watched;    /* (nullable): whose kernels do, by number less 1; NULL where free */
  guint n_watched;
};

static gboolean
check (QsCudaDevice *self,
       QsCudaResult  result,
       const char   *what,
       GError      **error)
{
  GError *local = NULL;

  if (qs_cuda_driver_check (self->driver, result, what, &local))
    return TRUE;

  g_prefix_error (&local, "%s: ", self->name[0] != '\0' ? self->name : "CUDA");
  if (self->lost == NULL && local->code == QS_DEVICE_ERROR_LOST)
    self->lost = g_error_copy (local);
  g_propagate_error (error, local);
  return FALSE;
}

/* The driver keeps a current context for each thread. Whoever enters leaves. */
static gboolean
enter (QsCudaDevice *self,
       GError      **error)
{
  g_rec_mutex_lock (&self->mutex);
  if (self->lost != NULL)
    {
      g_set_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_LOST, "it failed before: %s",
                   self->lost->message);
      return FALSE;
    }
  return check (self, self->driver->set_current (self->context), "selecting the device", error);
}

static gboolean
leave (QsCudaDevice *self,
       gboolean      done)
{
  g_rec_mutex_unlock (&self->mutex);
  return done;
}

static gboolean
clear_memory (QsCudaDevice  *self,
              QsCudaPointer  pointer,
              gsize          size,
              GError       **error)
{
  if (check (self, self->driver->fill (pointer, 0, size, self->stream), "clearing memory", error))
    return TRUE;

  self->driver->release (pointer);
  return FALSE;
}

static gpointer
device_allocate (QsDevice *memory,
                 gsize     size,
                 GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  QsCudaPointer pointer = 0;
  g_autofree char *what = g_strdup_printf ("asking for %" G_GSIZE_FORMAT " bytes", size);
  gboolean ok = enter (self, error) &&
                check (self, self->driver->allocate (&pointer, MAX (size, 1)), what, error) &&
                clear_memory (self, pointer, MAX (size, 1), error);

  return leave (self, ok) ? (gpointer) pointer : NULL;
}

/* What a lost device holds goes with the program. */
static void
device_free (QsDevice *memory,
             gpointer  pointer)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  if (pointer == NULL)
    return;
  if (enter (self, NULL))
    check (self, self->driver->release ((QsCudaPointer) pointer), "giving memory back", NULL);
  leave (self, TRUE);
}

static gboolean
synchronize (QsCudaDevice *self,
             GError      **error)
{
  return check (self, self->driver->synchronize (self->stream), "waiting for it", error);
}

static gboolean
device_synchronize (QsDevice *memory,
                    GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return leave (self, enter (self, error) && synchronize (self, error));
}

static gboolean
device_upload (QsDevice     *memory,
               gpointer      to,
               gconstpointer from,
               gsize         size,
               GError      **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return size == 0 ||
         leave (self, enter (self, error) &&
                        check (self, self->driver->copy_in ((QsCudaPointer) to, from, size,
                                                            self->stream),
                               "copying to it", error) &&
                        synchronize (self, error));
}

static gboolean
fetch_fault (QsCudaDevice *self,
             guint32      *fault,
             GError      **error)
{
  return self->fault == NULL ||
         check (self, self->driver->copy_out (fault, (QsCudaPointer) self->fault, sizeof *fault,
                                              self->stream),
                "copying from it", error);
}

/* What kernels noted is told once. */
static gboolean
report_fault (QsCudaDevice *self,
              guint32       fault,
              GError      **error)
{
  const char *what = NULL;

  if (fault == 0)
    return TRUE;

  self->driver->fill ((QsCudaPointer) self->fault, 0, sizeof fault, self->stream);
  if (self->watched != NULL && fault <= self->watched->len)
    what = g_ptr_array_index (self->watched, fault - 1);
  g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s: an index is outside of its dimension",
               what != NULL ? what : "a layer");
  return FALSE;
}

static gboolean
device_download (QsDevice     *memory,
                 gpointer      to,
                 gconstpointer from,
                 gsize         size,
                 GError      **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  guint32 fault = 0;

  return size == 0 ||
         leave (self, enter (self, error) &&
                        check (self, self->driver->copy_out (to, (QsCudaPointer) from, size,
                                                             self->stream),
                               "copying from it", error) &&
                        fetch_fault (self, &fault, error) && synchronize (self, error) &&
                        report_fault (self, fault, error));
}

static gboolean
device_copy (QsDevice     *memory,
             gpointer      to,
             gconstpointer from,
             gsize         size,
             GError      **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return size == 0 ||
         leave (self, enter (self, error) &&
                        check (self, self->driver->copy ((QsCudaPointer) to, (QsCudaPointer) from,
                                                         size, self->stream),
                               "copying within it", error));
}

/* An idle device would come to the first event at once and wait for the host then, which takes as long
 * to start a kernel as many kernels run. So it is given something to do meanwhile: some 20 us. */
static gboolean
device_begin_timing (QsDevice *memory,
                     GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  QsCudaDelay args = { .clocks = 32000 };
  const QsCudaLaunch launch = { .kernel = "qs_delay", .grid = { 1, 1, 1 }, .n_threads = 32 };

  return leave (self, enter (self, error) && qs_cuda_device_launch (self, &launch, &args, error) &&
                        check (self, self->driver->record_event (self->start, self->stream),
                               "timing", error));
}

static gboolean
device_end_timing (QsDevice *memory,
                   double   *ms,
                   GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  float elapsed = 0.0f;
  gboolean ok =
    enter (self, error) &&
    check (self, self->driver->record_event (self->end, self->stream), "timing", error) &&
    check (self, self->driver->synchronize_event (self->end), "waiting for it", error) &&
    check (self, self->driver->get_elapsed_ms (&elapsed, self->start, self->end), "timing", error);

  *ms = (double) elapsed;
  return leave (self, ok);
}

/* The device stays entered until the capture ends, because others' deeds would be captured, too. */
static gboolean
device_begin_capture (QsDevice *memory,
                      GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return (enter (self, error) &&
          check (self, self->driver->begin_capture (self->stream, QS_CUDA_CAPTURE_THREAD_LOCAL),
                 "capturing a graph", error)) ||
         leave (self, FALSE);
}

static gpointer
device_end_capture (QsDevice *memory,
                    GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  QsCudaGraph graph = NULL;
  QsCudaGraphExec exec = NULL;

  if (check (self, self->driver->end_capture (self->stream, &graph), "capturing a graph", error))
    check (self, self->driver->instantiate_graph (&exec, graph, 0), "making a graph", error);
  if (graph != NULL)
    self->driver->destroy_graph (graph);
  leave (self, TRUE);
  return exec;
}

static gboolean
device_launch_graph (QsDevice *memory,
                     gpointer  graph,
                     GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return leave (self, enter (self, error) &&
                        check (self, self->driver->launch_graph (graph, self->stream),
                               "starting a graph", error));
}

static void
device_free_graph (QsDevice *memory,
                   gpointer  graph)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  if (graph == NULL)
    return;
  /* A lost context's graphs are host memory still. */
  enter (self, NULL);
  self->driver->destroy_graph_exec (graph);
  leave (self, TRUE);
}

static gpointer
device_allocate_host (QsDevice *memory,
                      gsize     size,
                      GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  gpointer pointer = NULL;
  gboolean ok = enter (self, error) &&
                check (self, self->driver->allocate_host (&pointer, MAX (size, 1), 0),
                       "asking for the host's memory", error);

  if (ok)
    memset (pointer, 0, MAX (size, 1));
  return leave (self, ok) ? pointer : NULL;
}

static void
device_free_host (QsDevice *memory,
                  gpointer  pointer)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  if (pointer == NULL)
    return;
  enter (self, NULL);
  self->driver->free_host (pointer);
  leave (self, TRUE);
}

/* What is under way on the main stream may still read what the fetch writes over. */
static gboolean
device_fetch (QsDevice     *memory,
              gpointer      to,
              gconstpointer from,
              gsize         size,
              GError      **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return leave (self, enter (self, error) &&
                        check (self, self->driver->wait_event (self->fetch_stream, self->used, 0),
                               "copying to it", error) &&
                        check (self, self->driver->copy_in ((QsCudaPointer) to, from, size,
                                                            self->fetch_stream),
                               "copying to it", error) &&
                        check (self, self->driver->record_event (self->fetched, self->fetch_stream),
                               "copying to it", error));
}

static gboolean
device_join (QsDevice *memory,
             GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return leave (self, enter (self, error) &&
                        check (self, self->driver->wait_event (self->stream, self->fetched, 0),
                               "waiting for a copy", error));
}

/* From here on, what was started until now is what fetches wait for. */
static gboolean
device_mark (QsDevice *memory,
             GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return leave (self, enter (self, error) &&
                        check (self, self->driver->record_event (self->used, self->stream),
                               "marking its work", error));
}

static gboolean
read_attributes (QsCudaDevice  *self,
                 QsCudaDeviceId device,
                 GError       **error)
{
  int major = 0, minor = 0;
  const struct
  {
    int attribute;
    int *value;
  } wanted[] = {
    { QS_CUDA_ATTRIBUTE_MAJOR, &major },
    { QS_CUDA_ATTRIBUTE_MINOR, &minor },
    { QS_CUDA_ATTRIBUTE_MULTIPROCESSORS, &self->n_multiprocessors },
    { QS_CUDA_ATTRIBUTE_SHARED_MEMORY_OPTIN, &self->shared_memory },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (!check (self,
                self->driver->get_device_attribute (wanted[i].value, wanted[i].attribute, device),
                "asking what it can do", error))
      return FALSE;

  self->architecture = major * 10 + minor;
  return check (self, self->driver->get_device_name (self->name, sizeof self->name, device),
                "asking for its name", error);
}

/* Kernels for one architecture are left out on others, which find theirs in the files for all. */
static gboolean
load_modules (QsCudaDevice *self,
              GError      **error)
{
  static const QsCudaImage none = { .name = "built-in" };
  guint n;
  const QsCudaImage *images = qs_cuda_image_get_all (&n);
  g_autofree char *what = g_strdup_printf ("loading kernels (compute capability %d.%d; 7.5 and newer "
                                           "can run them)", self->architecture / 10,
                                           self->architecture % 10);

  /* A driver that brings its own kernels gets no image. */
  if (n == 0)
    {
      images = &none;
      n = 1;
    }
  for (guint i = 0; i < n; i++)
    {
      if (images[i].only != 0 && images[i].only != self->architecture)
        continue;
      if (!check (self,
                  self->driver->load_module (&self->modules[self->n_modules], images[i].data), what,
                  error))
        return FALSE;
      self->n_modules++;
    }

  return TRUE;
}

/* Times belong to the device, and to the driver, which compiles and schedules. */
static gboolean
make_key (QsCudaDevice *self,
          GError      **error)
{
  int version = 0;

  if (!check (self, self->driver->get_driver_version (&version), "asking for the driver's version",
              error))
    return FALSE;
  g_snprintf (self->key, sizeof self->key, "%s, compute capability %d.%d, driver %d.%d, kernels %s",
              self->name, self->architecture / 10, self->architecture % 10, version / 1000,
              version % 1000 / 10, qs_cuda_image_get_digest ());
  g_strcanon (self->key, PRINTABLE, '?');
  return TRUE;
}

static gboolean
make_streams (QsCudaDevice *self,
              GError      **error)
{
  QsCudaStream *const streams[] = { &self->stream, &self->fetch_stream };
  QsCudaEvent *const events[] = { &self->start, &self->end, &self->fetched, &self->used };

  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    if (!check (self, self->driver->create_stream (streams[i], QS_CUDA_STREAM_NON_BLOCKING),
                "making a stream", error))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    if (!check (self, self->driver->create_event (events[i], 0), "making an event", error))
      return FALSE;
  return TRUE;
}

static gboolean
find_device (QsCudaDevice   *self,
             QsCudaDeviceId *device,
             GError        **error)
{
  int n = 0;

  self->driver = qs_cuda_driver_get (error);
  if (self->driver == NULL ||
      !check (self, self->driver->init (0), "starting the driver", error) ||
      !check (self, self->driver->get_device_count (&n), "looking for a device", error))
    return FALSE;
  if (n > 0)
    return check (self, self->driver->get_device (device, 0), "finding a device", error);

  g_set_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_MISSING,
               "the NVIDIA driver has no device to offer; CUDA_VISIBLE_DEVICES can hide some");
  return FALSE;
}

static gboolean
open_device (QsCudaDevice *self,
             GError      **error)
{
  QsCudaDeviceId device = 0;

  return find_device (self, &device, error) && read_attributes (self, device, error) &&
         make_key (self, error) &&
         check (self, self->driver->retain_context (&self->context, device), "opening it", error) &&
         leave (self, enter (self, error) && load_modules (self, error) &&
                        make_streams (self, error));
}

static QsCudaDevice the_device = {
  .memory = {
    .allocate = device_allocate,
    .free = device_free,
    .upload = device_upload,
    .download = device_download,
    .copy = device_copy,
    .synchronize = device_synchronize,
    .begin_timing = device_begin_timing,
    .end_timing = device_end_timing,
    .begin_capture = device_begin_capture,
    .end_capture = device_end_capture,
    .launch_graph = device_launch_graph,
    .free_graph = device_free_graph,
    .statistics = &qs_cuda_statistics,
    .allocate_host = device_allocate_host,
    .free_host = device_free_host,
    .fetch = device_fetch,
    .join = device_join,
    .mark = device_mark,
  },
};

static GMutex opening;
static gboolean tried;
static GError *failure;

/**
 * qs_cuda_device_get:
 *
 * Opens the device at the first call; every later call gives the same answer, until the device is
 * lost. It stays open for good.
 *
 * Errors: there is no driver, no device, kernels cannot be loaded into it, or it is lost.
 */
QsCudaDevice *
qs_cuda_device_get (GError **error)
{
  QsCudaDevice *device = NULL;
  const GError *why;

  g_mutex_lock (&opening);
  if (!tried)
    {
      the_device.functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      open_device (&the_device, &failure);
      tried = TRUE;
    }
  why = failure != NULL ? failure : the_device.lost;
  if (why == NULL)
    device = &the_device;
  else
    g_propagate_error (error, g_error_copy (why));
  g_mutex_unlock (&opening);
  return device;
}

/**
 * qs_cuda_device_forget:
 *
 * Lets the next call open the device anew, for tests. Nobody may use it any more.
 */
void
qs_cuda_device_forget (void)
{
  const QsDevice memory = the_device.memory;
  const GRecMutex mutex = the_device.mutex;
  const QsCudaEvent events[] = { the_device.start, the_device.end, the_device.fetched,
                                 the_device.used };

  g_mutex_lock (&opening);
  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    if (events[i] != NULL)
      the_device.driver->destroy_event (events[i]);
  g_clear_pointer (&the_device.functions, g_hash_table_unref);
  g_clear_error (&the_device.lost);
  g_clear_error (&failure);
  the_device = (QsCudaDevice) { .memory = memory, .mutex = mutex };
  tried = FALSE;
  g_mutex_unlock (&opening);
}

/**
 * qs_cuda_device_get_key:
 *
 * What measured times depend on, in one line: name, compute capability, driver and kernels.
 */
const char *
qs_cuda_device_get_key (QsCudaDevice *self)
{
  return self->key;
}

QsDevice *
qs_cuda_device_get_memory (QsCudaDevice *self)
{
  return &self->memory;
}

const char *
qs_cuda_device_get_name (QsCudaDevice *self)
{
  return self->name;
}

int
qs_cuda_device_get_architecture (QsCudaDevice *self)
{
  return self->architecture;
}

int
qs_cuda_device_get_n_multiprocessors (QsCudaDevice *self)
{
  return self->n_multiprocessors;
}

int
qs_cuda_device_get_shared_memory (QsCudaDevice *self)
{
  return self->shared_memory;
}

/* In whatever module has it. More than 48 KiB of shared memory must be asked for once. */
static gboolean
find_function (QsCudaDevice    *self,
               const char      *name,
               QsCudaFunction  *function,
               GError         **error)
{
  QsCudaResult result = QS_CUDA_ERROR_NOT_FOUND;

  for (guint i = 0; i < self->n_modules && result == QS_CUDA_ERROR_NOT_FOUND; i++)
    result = self->driver->get_function (function, self->modules[i], name);

  return check (self, result, name, error) &&
         check (self,
                self->driver->set_function_attribute (*function,
                                                      QS_CUDA_FUNCTION_MAX_DYNAMIC_SHARED,
                                                      self->shared_memory),
                name, error);
}

static QsCudaFunction
get_function (QsCudaDevice *self,
              const char   *name,
              GError      **error)
{
  QsCudaFunction function = g_hash_table_lookup (self->functions, name);

  if (function == NULL && find_function (self, name, &function, error))
    g_hash_table_insert (self->functions, g_strdup (name), function);
  return g_hash_table_lookup (self->functions, name);
}

/**
 * qs_cuda_device_launch:
 * @args: the kernel's one argument, a struct of qs-cuda-arguments.h; it is copied
 *
 * Starts a kernel after all that was started before.
 *
 * Errors: there is no such kernel; the launch is not possible; an earlier kernel failed.
 */
gboolean
qs_cuda_device_launch (QsCudaDevice       *self,
                       const QsCudaLaunch *launch,
                       gpointer            args,
                       GError            **error)
{
  gpointer parameters[] = { args };
  QsCudaFunction function = NULL;
  gboolean ok = enter (self, error);

  if (ok)
    function = get_function (self, launch->kernel, error);
  ok = function != NULL &&
       check (self,
              self->driver->launch (function, launch->grid[0], launch->grid[1], launch->grid[2],
                                    launch->n_threads, 1, 1, launch->shared_size, self->stream,
                                    parameters, NULL),
              launch->kernel, error);
  return leave (self, ok);
}

gpointer
qs_cuda_device_upload_new (QsCudaDevice *self,
                           gconstpointer from,
                           gsize         size,
                           GError      **error)
{
  gpointer memory = device_allocate (&self->memory, size, error);

  if (memory != NULL && !device_upload (&self->memory, memory, from, size, error))
    {
      device_free (&self->memory, memory);
      memory = NULL;
    }
  return memory;
}

void
qs_cuda_device_free (QsCudaDevice *self,
                     gpointer      memory)
{
  device_free (&self->memory, memory);
}

/**
 * qs_cuda_device_watch:
 * @what: whose indices are checked, for errors
 * @number: (out): what its kernels put into the word, by its largest value
 *
 * A kernel cannot refuse data. It notes here that some was wrong, and the next copy to the host is an
 * error that says so.
 *
 * Returns: (nullable): a word on the device
 */
guint32 *
qs_cuda_device_watch (QsCudaDevice *self,
                      const char   *what,
                      guint32      *number,
                      GError      **error)
{
  guint i = 0;

  g_rec_mutex_lock (&self->mutex);
  if (self->fault == NULL)
    self->fault = device_allocate (&self->memory, sizeof (guint32), error);
  if (self->fault == NULL)
    {
      leave (self, FALSE);
      return NULL;
    }

  if (self->watched == NULL)
    self->watched = g_ptr_array_new ();
  while (i < self->watched->len && g_ptr_array_index (self->watched, i) != NULL)
    i++;
  if (i == self->watched->len)
    g_ptr_array_add (self->watched, NULL);
  g_ptr_array_index (self->watched, i) = g_strdup (what);
  self->n_watched++;
  *number = i + 1;
  leave (self, TRUE);
  return self->fault;
}

void
qs_cuda_device_unwatch (QsCudaDevice *self,
                        guint32       number)
{
  g_rec_mutex_lock (&self->mutex);
  g_clear_pointer (&g_ptr_array_index (self->watched, number - 1), g_free);
  self->n_watched--;
  if (self->n_watched == 0)
    {
      device_free (&self->memory, self->fault);
      self->fault = NULL;
      g_clear_pointer (&self->watched, g_ptr_array_unref);
    }
  leave (self, TRUE);
}
