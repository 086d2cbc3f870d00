/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-backend-table.h"

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

guint
qs_backend_get_n (void)
{
  return G_N_ELEMENTS (backends);
}

const QsBackend *
qs_backend_get (guint index)
{
  return index < G_N_ELEMENTS (backends) ? backends[index] : NULL;
}

/**
 * qs_backend_lookup:
 *
 * Returns: (nullable): the backend called @id
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

static const QsKernel *
find_by_name (const QsKernel *const *kernels,
              guint                  n,
              const char            *name)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (kernels[i]->name, name) == 0)
      return kernels[i];

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

  kernels = self->get_kernels (&n);
  found = find_by_name (kernels, n, name);
  if (found == NULL)
    {
      kernels = qs_reference_get_kernels (&n);
      found = find_by_name (kernels, n, name);
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

/**
 * qs_backend_find_kernels:
 *
 * The backend's own kernels in the order of its table, then the reference backend's INT8 kernel,
 * or in floating point the layer class's reference kernel.
 */
GPtrArray *
qs_backend_find_kernels (const QsBackend *self,
                         const QsLayer   *layer,
                         QsPrecision      precision,
                         QsFormat         format,
                         const char     **reason)
{
  GPtrArray *found = g_ptr_array_new ();
  const QsKernel *const *kernels;
  const char *why = NULL;
  guint n;

  kernels = self->get_kernels (&n);
  collect (found, kernels, n, layer, precision, format, &why);

  kernels = qs_reference_get_kernels (&n);
  collect (found, kernels, n, layer, precision, format, &why);

  if (precision != QS_PRECISION_INT8 && fallback_supports (&fallback, layer, &why))
    g_ptr_array_add (found, (gpointer) &fallback);

  if (found->len == 0 && why == NULL)
    why = "the backend has no kernel for this kind of layer in this precision and format";
  if (reason != NULL)
    *reason = why;
  return found;
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
  gboolean is_any = layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY;
  QsFormat format = QS_FORMAT_LINEAR;

  for (guint i = 0; i < n; i++)
    if (kernels[i]->kind == layer->klass->kind && kernels[i]->precision == layer->precision &&
        kernels[i]->supports (kernels[i], layer, NULL))
      {
        is_any = kernels[i]->any_format;
        format = is_any ? QS_FORMAT_LINEAR : kernels[i]->format;
        break;
      }

  if (any != NULL)
    *any = is_any;
  return format;
}
