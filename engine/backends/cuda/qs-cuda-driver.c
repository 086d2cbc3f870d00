/* SPDX-License-Identifier: MIT */
#include "qs-cuda-driver.h"

#include <gmodule.h>

#include "backends/qs-device.h"
#include "qs-cuda-image.h"

#define LIBRARY "libcuda.so.1"

static const QsCudaDriver *replacement;

static const struct
{
  const char *symbol;
  gsize offset;
  gboolean is_optional;
} functions[] = {
#define FUNCTION_ROW(member, symbol, parameters) \
  { symbol, G_STRUCT_OFFSET (QsCudaDriver, member), FALSE },
#define OPTIONAL_ROW(member, symbol, parameters) \
  { symbol, G_STRUCT_OFFSET (QsCudaDriver, member), TRUE },
  QS_CUDA_DRIVER_FUNCTIONS (FUNCTION_ROW)
  QS_CUDA_OPTIONAL_DRIVER_FUNCTIONS (OPTIONAL_ROW)
};

static gboolean
find_functions (GModule      *module,
                QsCudaDriver *driver,
                GError      **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (functions); i++)
    if (!g_module_symbol (module, functions[i].symbol,
                          (gpointer *) G_STRUCT_MEMBER_P (driver, functions[i].offset)) &&
        !functions[i].is_optional)
      {
        g_set_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_UNSUPPORTED,
                     "%s: the driver is too old: it has no %s; version 12 and newer have it",
                     LIBRARY, functions[i].symbol);
        return FALSE;
      }

  return TRUE;
}

/* The library stays open for good: its threads may outlive every use. */
static const QsCudaDriver *
open_library (GError **error)
{
  static QsCudaDriver driver;
  GModule *module;
  guint n_images;

  qs_cuda_image_get_all (&n_images);
  if (n_images == 0)
    {
      g_set_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_MISSING,
                   "this program was built without CUDA's compiler, so it has no CUDA kernels");
      return NULL;
    }
  module = g_module_open (LIBRARY, G_MODULE_BIND_LOCAL);
  if (module == NULL)
    {
      g_set_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_MISSING,
                   "there is no NVIDIA driver (%s)", g_module_error ());
      return NULL;
    }
  return find_functions (module, &driver, error) ? &driver : NULL;
}

/**
 * qs_cuda_driver_get:
 *
 * Opens the driver at the first call; every later call gives the same answer.
 *
 * Errors: there is no driver, or it is too old.
 */
const QsCudaDriver *
qs_cuda_driver_get (GError **error)
{
  static const QsCudaDriver *driver;
  static GError *failure;
  static gsize tried;

  if (replacement != NULL)
    return replacement;
  if (g_once_init_enter (&tried))
    {
      driver = open_library (&failure);
      g_once_init_leave (&tried, 1);
    }
  if (driver == NULL)
    g_propagate_error (error, g_error_copy (failure));

  return driver;
}

/**
 * qs_cuda_driver_replace:
 * @driver: (transfer none): functions to use in the driver's place, for tests
 */
void
qs_cuda_driver_replace (const QsCudaDriver *driver)
{
  replacement = driver;
}

/* What a result means for the program, and what a person can do about it. The ranges are those of
 * CUDA's driver API: 700 to 721 are what kernels do wrong or the hardware fails at, and end the
 * context. */
static const struct
{
  QsCudaResult first;
  QsCudaResult last;
  QsDeviceError code;
  const char *advice;
} meanings[] = {
  { QS_CUDA_ERROR_OUT_OF_MEMORY, QS_CUDA_ERROR_OUT_OF_MEMORY, QS_DEVICE_ERROR_MEMORY,
    "a smaller batch needs less; other programs on the device may hold memory" },
  { QS_CUDA_ERROR_DEVICE_UNAVAILABLE, QS_CUDA_ERROR_DEVICE_UNAVAILABLE, QS_DEVICE_ERROR_LOST,
    "another program holds the device for itself" },
  { QS_CUDA_ERROR_NO_DEVICE, QS_CUDA_ERROR_INVALID_DEVICE, QS_DEVICE_ERROR_MISSING,
    "the driver finds no device that it can use" },
  { QS_CUDA_ERROR_INVALID_IMAGE, QS_CUDA_ERROR_INVALID_IMAGE, QS_DEVICE_ERROR_UNSUPPORTED,
    "the driver is older than the kernels; a newer one can load them" },
  { QS_CUDA_ERROR_NO_BINARY_FOR_GPU, QS_CUDA_ERROR_NO_BINARY_FOR_GPU, QS_DEVICE_ERROR_UNSUPPORTED,
    "this program has no kernels for this device" },
  { QS_CUDA_ERROR_ECC, QS_CUDA_ERROR_ECC, QS_DEVICE_ERROR_LOST,
    "the device's memory has an error that it cannot correct" },
  { QS_CUDA_ERROR_INVALID_PTX, QS_CUDA_ERROR_UNSUPPORTED_PTX_VERSION, QS_DEVICE_ERROR_UNSUPPORTED,
    "the driver cannot compile the kernels for this device; a newer one may" },
  { QS_CUDA_ERROR_ILLEGAL_ADDRESS, 721, QS_DEVICE_ERROR_LOST,
    "the device can be used again when the program is started again" },
  { QS_CUDA_ERROR_SYSTEM_NOT_READY, QS_CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
    QS_DEVICE_ERROR_UNSUPPORTED, "the driver's parts do not fit together; restart the machine" },
  { QS_CUDA_ERROR_UNKNOWN, QS_CUDA_ERROR_UNKNOWN, QS_DEVICE_ERROR_LOST,
    "the device can be used again when the program is started again" },
};

/**
 * qs_cuda_driver_check:
 * @what: what was done, as “copying to the device”
 *
 * Errors: those of %QS_DEVICE_ERROR when @result is not success; the message has its name and meaning
 * from the driver, and what can be done.
 */
gboolean
qs_cuda_driver_check (const QsCudaDriver *self,
                      QsCudaResult        result,
                      const char         *what,
                      GError            **error)
{
  const char *name = NULL, *meaning = NULL, *advice = NULL;
  QsDeviceError code = QS_DEVICE_ERROR_UNSUPPORTED;

  if (result == QS_CUDA_SUCCESS)
    return TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (result >= meanings[i].first && result <= meanings[i].last)
      {
        code = meanings[i].code;
        advice = meanings[i].advice;
      }
  self->get_error_name (result, &name);
  self->get_error_string (result, &meaning);
  g_set_error (error, QS_DEVICE_ERROR, code, "%s: %s (%s)%s%s", what,
               meaning != NULL ? meaning : "unknown error",
               name != NULL ? name : "an error without a name", advice != NULL ? "; " : "",
               advice != NULL ? advice : "");
  return FALSE;
}
