/* SPDX-License-Identifier: MIT */
#include "qs-cuda-device.h"

#include "core/qs-error.h"
#include "qs-cuda-image.h"

struct _QsCudaDevice
{
  QsDevice memory;
  const QsCudaDriver *driver;
  QsCudaContextHandle context;
  QsCudaStream stream;
  char name[256];
  int architecture;
  int n_multiprocessors;
  int shared_memory;
  QsCudaModule modules[QS_CUDA_MAX_IMAGES];
  guint n_modules;
  GMutex mutex;
  GHashTable *functions; /* name -> QsCudaFunction */
};

/* The driver keeps a current context for each thread. */
static gboolean
enter (QsCudaDevice *self,
       GError      **error)
{
  return qs_cuda_driver_check (self->driver, self->driver->set_current (self->context),
                               "selecting the CUDA device", error);
}

static gpointer
device_allocate (QsDevice *memory,
                 gsize     size,
                 GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;
  QsCudaPointer pointer = 0;
  g_autofree char *what = g_strdup_printf ("asking %s for %" G_GSIZE_FORMAT " bytes", self->name,
                                           size);

  if (!enter (self, error) ||
      !qs_cuda_driver_check (self->driver, self->driver->allocate (&pointer, MAX (size, 1)), what,
                             error))
    return NULL;
  if (qs_cuda_driver_check (self->driver,
                            self->driver->fill (pointer, 0, MAX (size, 1), self->stream),
                            "clearing memory", error))
    return (gpointer) pointer;

  self->driver->release (pointer);
  return NULL;
}

static void
device_free (QsDevice *memory,
             gpointer  pointer)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  if (pointer != NULL && enter (self, NULL))
    self->driver->release ((QsCudaPointer) pointer);
}

static gboolean
device_synchronize (QsDevice *memory,
                    GError  **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return enter (self, error) &&
         qs_cuda_driver_check (self->driver, self->driver->synchronize (self->stream),
                               "waiting for the CUDA device", error);
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
         (enter (self, error) &&
          qs_cuda_driver_check (self->driver,
                                self->driver->copy_in ((QsCudaPointer) to, from, size, self->stream),
                                "copying to the CUDA device", error) &&
          device_synchronize (memory, error));
}

static gboolean
device_download (QsDevice     *memory,
                 gpointer      to,
                 gconstpointer from,
                 gsize         size,
                 GError      **error)
{
  QsCudaDevice *self = (QsCudaDevice *) memory;

  return size == 0 ||
         (enter (self, error) &&
          qs_cuda_driver_check (self->driver,
                                self->driver->copy_out (to, (QsCudaPointer) from, size,
                                                        self->stream),
                                "copying from the CUDA device", error) &&
          device_synchronize (memory, error));
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
         (enter (self, error) &&
          qs_cuda_driver_check (self->driver,
                                self->driver->copy ((QsCudaPointer) to, (QsCudaPointer) from, size,
                                                    self->stream),
                                "copying within the CUDA device", error));
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
    if (!qs_cuda_driver_check (self->driver,
                               self->driver->get_device_attribute (wanted[i].value,
                                                                   wanted[i].attribute, device),
                               "asking about the CUDA device", error))
      return FALSE;

  self->architecture = major * 10 + minor;
  return qs_cuda_driver_check (self->driver,
                               self->driver->get_device_name (self->name, sizeof self->name, device),
                               "asking for the CUDA device's name", error);
}

/* Kernels for one architecture are left out on others, which find theirs in the files for all. */
static gboolean
load_modules (QsCudaDevice *self,
              GError      **error)
{
  static const QsCudaImage none = { .name = "built-in" };
  guint n;
  const QsCudaImage *images = qs_cuda_image_get_all (&n);
  g_autofree char *what = g_strdup_printf ("loading kernels into %s (compute capability %d.%d; 7.5 "
                                           "and newer can run them)", self->name,
                                           self->architecture / 10, self->architecture % 10);

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
      if (!qs_cuda_driver_check (self->driver,
                                 self->driver->load_module (&self->modules[self->n_modules],
                                                            images[i].data), what, error))
        return FALSE;
      self->n_modules++;
    }

  return TRUE;
}

static gboolean
open_device (QsCudaDevice *self,
             GError      **error)
{
  QsCudaDeviceId device = 0;

  self->driver = qs_cuda_driver_get (error);
  return self->driver != NULL &&
         qs_cuda_driver_check (self->driver, self->driver->get_device (&device, 0),
                               "finding a CUDA device", error) &&
         read_attributes (self, device, error) &&
         qs_cuda_driver_check (self->driver,
                               self->driver->retain_context (&self->context, device),
                               "opening the CUDA device", error) &&
         enter (self, error) && load_modules (self, error) &&
         qs_cuda_driver_check (self->driver,
                               self->driver->create_stream (&self->stream,
                                                            QS_CUDA_STREAM_NON_BLOCKING),
                               "making a CUDA stream", error);
}

/**
 * qs_cuda_device_get:
 *
 * Opens the device at the first call; every later call gives the same answer. It stays open for
 * good.
 *
 * Errors: there is no driver, no device, or kernels cannot be loaded into it.
 */
QsCudaDevice *
qs_cuda_device_get (GError **error)
{
  static QsCudaDevice device = {
    .memory = { device_allocate, device_free, device_upload, device_download, device_copy,
                device_synchronize },
  };
  static GError *failure;
  static gsize tried;
  static gboolean opened;

  if (g_once_init_enter (&tried))
    {
      device.functions = g_hash_table_new (g_str_hash, g_str_equal);
      opened = open_device (&device, &failure);
      g_once_init_leave (&tried, 1);
    }
  if (opened)
    return &device;

  g_propagate_error (error, g_error_copy (failure));
  return NULL;
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

/* More than 48 KiB of shared memory must be asked for once. */
static QsCudaFunction
find_function (QsCudaDevice *self,
               const char   *name)
{
  QsCudaFunction function = NULL;

  for (guint i = 0; i < self->n_modules && function == NULL; i++)
    if (self->driver->get_function (&function, self->modules[i], name) != QS_CUDA_SUCCESS)
      function = NULL;
  if (function != NULL)
    self->driver->set_function_attribute (function, QS_CUDA_FUNCTION_MAX_DYNAMIC_SHARED,
                                          self->shared_memory);
  return function;
}

static QsCudaFunction
get_function (QsCudaDevice *self,
              const char   *name,
              GError      **error)
{
  QsCudaFunction function;

  g_mutex_lock (&self->mutex);
  function = g_hash_table_lookup (self->functions, name);
  if (function == NULL)
    {
      function = find_function (self, name);
      if (function != NULL)
        g_hash_table_insert (self->functions, g_strdup (name), function);
    }
  g_mutex_unlock (&self->mutex);

  if (function == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "%s has no kernel %s", self->name, name);
  return function;
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
  QsCudaFunction function;

  if (!enter (self, error))
    return FALSE;
  function = get_function (self, launch->kernel, error);
  if (function == NULL)
    return FALSE;

  return qs_cuda_driver_check (self->driver,
                               self->driver->launch (function, launch->grid[0], launch->grid[1],
                                                     launch->grid[2], launch->n_threads, 1, 1,
                                                     launch->shared_size, self->stream, parameters,
                                                     NULL),
                               launch->kernel, error);
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
