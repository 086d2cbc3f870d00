/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-backend-table.h"
#include "qs-fp16.h"

#define BACKEND_ROW(x) &qs_backend_##x,

static const QsBackend *const backends[] = { QS_BACKENDS (BACKEND_ROW) };

/* Any layer in floating point, or one that does not compute: the layer class's own kernel. It
 * knows the scales of activations but not those of INT8 weights. */
static gboolean
fallback_supports (const QsKernel *self,
                   const QsLayer  *layer,
                   const char    **reason)
{
  const char *why = NULL;

  if (layer->klass->evaluate == NULL)
    why = "there is no kernel for layers of this kind";
  else if (layer->weight_scales != NULL)
    why = "INT8 weights need an INT8 kernel";

  if (why != NULL && reason != NULL)
    *reason = why;
  return why == NULL;
}

static gboolean
fallback_execute (const QsKernel    *self,
                  const QsLayer     *layer,
                  gpointer           state,
                  const QsExecution *execution,
                  GError           **error)
{
  return layer->klass->evaluate (layer, execution->inputs, execution->outputs, error);
}

/* Its kind is the last of the enumeration because it serves them all. */
static const QsKernel fallback = {
  .name = "reference",
  .kind = QS_LAYER_OTHER,
  .precision = QS_PRECISION_FP32,
  .any_format = TRUE,
  .supports = fallback_supports,
  .execute = fallback_execute,
};

/**
 * qs_backend_check:
 *
 * Whether this machine has what @self needs.
 *
 * Errors: its device is missing or cannot be used, with the reason.
 */
gboolean
qs_backend_check (const QsBackend *self,
                  GError         **error)
{
  return self->get_device == NULL || self->get_device (error) != NULL;
}

static GPtrArray *
list_usable (void)
{
  GPtrArray *usable = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    if (qs_backend_check (backends[i], NULL))
      g_ptr_array_add (usable, (gpointer) backends[i]);
  return usable;
}

static GPtrArray *
get_usable (void)
{
  static GPtrArray *usable;

  if (g_once_init_enter (&usable))
    g_once_init_leave (&usable, list_usable ());
  return usable;
}

/* Of those that this machine can use. */
guint
qs_backend_get_n (void)
{
  return get_usable ()->len;
}

const QsBackend *
qs_backend_get (guint index)
{
  GPtrArray *usable = get_usable ();

  return index < usable->len ? g_ptr_array_index (usable, index) : NULL;
}

/**
 * qs_backend_lookup:
 *
 * Returns: (nullable): the backend called @id, whether this machine can use it or not
 */
const QsBackend *
qs_backend_lookup (const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    if (g_strcmp0 (backends[i]->id, id) == 0)
      return backends[i];

  return NULL;
}

const QsBackend *
qs_backend_get_default (void)
{
  return backends[0];
}

const QsBackend *
qs_backend_get_automatic (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (backends); i++)
    if (backends[i]->get_device != NULL && qs_backend_check (backends[i], NULL))
      return backends[i];

  return qs_backend_get_default ();
}

static gboolean
is_fp16_name (const QsKernel *kernel,
              const char     *name)
{
  g_autofree char *wanted = qs_fp16_kernel_name (kernel);

  return strcmp (wanted, name) == 0;
}

/* A kernel of the table, or one with conversions at its edges. */
static const QsKernel *
find_by_name (const QsBackend       *self,
              const QsKernel *const *kernels,
              guint                  n,
              const char            *name)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (kernels[i]->name, name) == 0)
      return kernels[i];
  for (guint i = 0; i < n; i++)
    if (is_fp16_name (kernels[i], name))
      return qs_fp16_kernel_get (self, kernels[i]);

  return NULL;
}

/**
 * qs_backend_lookup_kernel:
 * @name: a kernel's name, as engine plans have it
 *
 * Returns: (nullable): the kernel that @self would run under this name, its own or a stand-in
 */
const QsKernel *
qs_backend_lookup_kernel (const QsBackend *self,
                          const char      *name)
{
  const QsKernel *found = NULL;
  const QsKernel *const *kernels;
  guint n;

  if (name == NULL)
    return NULL;
  if (strcmp (name, fallback.name) == 0)
    return &fallback;
  if (is_fp16_name (&fallback, name))
    return qs_fp16_kernel_get (self, &fallback);

  kernels = self->get_kernels (&n);
  found = find_by_name (self, kernels, n, name);
  if (found == NULL)
    {
      kernels = qs_reference_get_kernels (&n);
      found = find_by_name (self, kernels, n, name);
    }

  return found;
}

/* Adds the kernels of a table that fit; the first refusal is kept as the reason. */
static void
collect (GPtrArray             *found,
         const QsKernel *const *kernels,
         guint                  n,
         const QsLayer         *layer,
         QsPrecision            precision,
         QsFormat               format,
         const char           **reason)
{
  for (guint i = 0; i < n; i++)
    {
      const QsKernel *kernel = kernels[i];
      const char *why = NULL;

      if (kernel->kind != layer->klass->kind || kernel->precision != precision ||
          !(kernel->any_format || kernel->format == format) ||
          g_ptr_array_find (found, kernel, NULL))
        continue;

      if (kernel->supports (kernel, layer, &why))
        g_ptr_array_add (found, (gpointer) kernel);
      else if (*reason == NULL)
        *reason = why;
    }
}

/* The backend's own kernels, the reference backend's INT8 kernel, the layer class's own. */
static void
collect_all (const QsBackend *self,
             GPtrArray       *found,
             const QsLayer   *layer,
             QsPrecision      precision,
             QsFormat         format,
             const char     **why)
{
  guint n;
  const QsKernel *const *kernels = self->get_kernels (&n);

  collect (found, kernels, n, layer, precision, format, why);

  kernels = qs_reference_get_kernels (&n);
  collect (found, kernels, n, layer, precision, format, why);

  if (precision != QS_PRECISION_INT8 && fallback_supports (&fallback, layer, why))
    g_ptr_array_add (found, (gpointer) &fallback);
}

/* Kernels that take float16 as it is (those of FP16, and those that only move elements), then all
 * that compute in float32 or INT8, with conversions at their edges. */
static void
collect_fp16 (const QsBackend *self,
              GPtrArray       *found,
              const QsLayer   *layer,
              QsPrecision      precision,
              QsFormat         format,
              const char     **why)
{
  g_autoptr (QsNetwork) twin = qs_layer_widen (layer, NULL);
  g_autoptr (GPtrArray) inner = g_ptr_array_new ();
  QsPrecision base = precision == QS_PRECISION_INT8 ? QS_PRECISION_INT8 : QS_PRECISION_FP32;
  const char *ignored = NULL;
  guint n;
  const QsKernel *const *kernels = self->get_kernels (&n);

  collect (found, kernels, n, layer, precision, format, &ignored);
  if (precision == QS_PRECISION_FP16)
    collect (found, kernels, n, layer, QS_PRECISION_FP32, format, &ignored);

  if (twin != NULL)
    collect_all (self, inner, g_ptr_array_index (twin->layers, 0), base, format, why);
  /* The conversions are the host's, which a device's kernels cannot stand between. */
  for (guint i = 0; i < inner->len; i++)
    if (!((const QsKernel *) g_ptr_array_index (inner, i))->on_device &&
        !g_ptr_array_find (found, g_ptr_array_index (inner, i), NULL))
      g_ptr_array_add (found, (gpointer) qs_fp16_kernel_get (self, g_ptr_array_index (inner, i)));
}

/**
 * qs_backend_find_kernels:
 *
 * The backend's own kernels in the order of its table, then the reference backend's INT8 kernel,
 * or in floating point the layer class's reference kernel. Where the layer has float16 tensors,
 * kernels of FP32 and INT8 that do not know them are given with conversions at their edges.
 */
GPtrArray *
qs_backend_find_kernels (const QsBackend *self,
                         const QsLayer   *layer,
                         QsPrecision      precision,
                         QsFormat         format,
                         const char     **reason)
{
  GPtrArray *found = g_ptr_array_new ();
  const char *why = NULL;

  if (qs_layer_has_fp16 (layer))
    collect_fp16 (self, found, layer, precision, format, &why);
  else
    collect_all (self, found, layer, precision, format, &why);

  if (found->len == 0 && why == NULL)
    why = "the backend has no kernel for this kind of layer in this precision and format";
  if (reason != NULL)
    *reason = why;
  return found;
}

static gboolean
is_first_choice (const QsKernel *kernel,
                 const QsLayer  *layer)
{
  return kernel->kind == layer->klass->kind && kernel->precision == layer->precision &&
         kernel->supports (kernel, layer, NULL);
}

/**
 * qs_backend_preferred_format:
 * @any: (out) (optional): whether every layout is as good
 *
 * The layout of the backend's first kernel that can compute @layer in its precision. The stand-ins
 * take any layout; only matrix products want theirs linear, because the rows of the right matrix
 * are walked.
 */
QsFormat
qs_backend_preferred_format (const QsBackend *self,
                             const QsLayer   *layer,
                             gboolean        *any)
{
  guint n;
  const QsKernel *const *kernels = self->get_kernels (&n);
  g_autoptr (QsNetwork) twin = qs_layer_has_fp16 (layer) ? qs_layer_widen (layer, NULL) : NULL;
  const QsLayer *floats = twin != NULL ? g_ptr_array_index (twin->layers, 0) : NULL;
  gboolean is_any = layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY;
  QsFormat format = QS_FORMAT_LINEAR;

  for (guint i = 0; i < n; i++)
    if (is_first_choice (kernels[i], layer) ||
        (floats != NULL && is_first_choice (kernels[i], floats)))
      {
        is_any = kernels[i]->any_format;
        format = is_any ? QS_FORMAT_LINEAR : kernels[i]->format;
        break;
      }

  if (any != NULL)
    *any = is_any;
  return format;
}
