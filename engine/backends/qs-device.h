/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsDevice:
 * @allocate: zeroed memory of the device, aligned to 256 bytes; %NULL with an error when there is
 *   too little
 * @free: gives it back; %NULL is ignored
 * @upload: copies from the host
 * @download: copies to the host, after all that was started before has ended
 * @copy: copies within the device
 * @synchronize: waits for all that was started; errors of kernels appear here at the latest
 *
 * Memory that the host cannot touch, for backends whose kernels run elsewhere. Deeds happen in the
 * order in which they are asked for.
 */
typedef struct _QsDevice QsDevice;
struct _QsDevice
{
  gpointer (*allocate) (QsDevice *self,
                        gsize     size,
                        GError  **error);
  void (*free) (QsDevice *self,
                gpointer  memory);
  gboolean (*upload) (QsDevice     *self,
                      gpointer      to,
                      gconstpointer from,
                      gsize         size,
                      GError      **error);
  gboolean (*download) (QsDevice     *self,
                        gpointer      to,
                        gconstpointer from,
                        gsize         size,
                        GError      **error);
  gboolean (*copy) (QsDevice     *self,
                    gpointer      to,
                    gconstpointer from,
                    gsize         size,
                    GError      **error);
  gboolean (*synchronize) (QsDevice *self,
                           GError  **error);
};

G_END_DECLS
