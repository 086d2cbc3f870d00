/* SPDX-License-Identifier: MIT */
#include "qs-cuda-driver.h"

#include <gmodule.h>

#include "core/qs-error.h"
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
        g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
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
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "this program was built without CUDA's compiler, so it has no CUDA kernels");
      return NULL;
    }
  module = g_module_open (LIBRARY, G_MODULE_BIND_LOCAL);
  if (module == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "there is no NVIDIA driver: %s", g_module_error ());
      return NULL;
    }
  if (!find_functions (module, &driver, error) ||
      !qs_cuda_driver_check (&driver, driver.init (0), "starting the driver", error))
    return NULL;

  return &driver;
}

/**
 * qs_cuda_driver_get:
 *
 * Opens the driver at the first call; every later call gives the same answer.
 *
 * Errors: there is no driver, it is too old, it finds no device.
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

/**
 * qs_cuda_driver_check:
 * @what: what was done, as “copying to the device”
 *
 * Errors: @result is not success; the message has its name and meaning from the driver.
 */
gboolean
qs_cuda_driver_check (const QsCudaDriver *self,
                      QsCudaResult        result,
                      const char         *what,
                      GError            **error)
{
  const char *name = NULL, *meaning = NULL;

  if (result == QS_CUDA_SUCCESS)
    return TRUE;

  self->get_error_name (result, &name);
  self->get_error_string (result, &meaning);
  g_set_error (error, QS_ERROR,
               result == QS_CUDA_ERROR_OUT_OF_MEMORY ? QS_ERROR_LIMIT : QS_ERROR_UNSUPPORTED,
               "%s: %s (%s)", what, meaning != NULL ? meaning : "unknown error",
               name != NULL ? name : "no name");
  return FALSE;
}
