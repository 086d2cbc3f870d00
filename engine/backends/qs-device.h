/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsDeviceError:
 * @QS_DEVICE_ERROR_MISSING: there is no driver, or no device that it knows
 * @QS_DEVICE_ERROR_UNSUPPORTED: the driver or the device cannot do what is needed
 * @QS_DEVICE_ERROR_MEMORY: the device has too little memory left
 * @QS_DEVICE_ERROR_LOST: the device failed, and this program cannot use it any more
 *
 * What goes wrong with a device and would not on the host: a caller may do the same again there.
 */
typedef enum
{
  QS_DEVICE_ERROR_MISSING = 1,
  QS_DEVICE_ERROR_UNSUPPORTED,
  QS_DEVICE_ERROR_MEMORY,
  QS_DEVICE_ERROR_LOST,
} QsDeviceError;

#define QS_DEVICE_ERROR (qs_device_error_quark ())
GQuark qs_device_error_quark (void);

/**
 * QsDevice:
 * @allocate: zeroed memory of the device, aligned to 256 bytes; %NULL with an error when there is
 *   too little
 * @free: gives it back; %NULL is ignored
 * @upload: copies from the host
 * @download: copies to the host, after all that was started before has ended
 * @copy: copies within the device
 * @synchronize: waits for all that was started; errors of kernels appear here at the latest
 * @begin_timing: notes the device's own clock when all that was started before has ended
 * @end_timing: waits, and tells the milliseconds since
 * @begin_capture: what is started from now on is written down, not done; no other thread can use the
 *   device until @end_capture, and nothing may allocate, copy to or from the host, or wait
 * @end_capture: (nullable): what was written down, to be done as one; %NULL when @error is set
 * @launch_graph: does it, after all that was started before
 * @free_graph: %NULL is ignored
 * @allocate_host: (nullable): memory of the host that the device reads by itself; zeroed
 * @free_host: %NULL is ignored
 * @mark: what was started until now may read what the fetches to come write over, and nothing later
 * @fetch: copies from such memory after what was marked, and while other things are under way
 * @join: what is started from now on sees all that was fetched
 * @statistics: (nullable): how calibration counts where the values are (qs-statistics.h)
 *
 * Memory that the host cannot touch, for backends whose kernels run elsewhere. Deeds happen in the
 * order in which they are asked for.
 */
typedef struct _QsDevice QsDevice;
typedef struct _QsDeviceStatistics QsDeviceStatistics;
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
  gboolean (*begin_timing) (QsDevice *self,
                            GError  **error);
  gboolean (*end_timing) (QsDevice *self,
                          double   *ms,
                          GError  **error);
  gboolean (*begin_capture) (QsDevice *self,
                             GError  **error);
  gpointer (*end_capture) (QsDevice *self,
                           GError  **error);
  gboolean (*launch_graph) (QsDevice *self,
                            gpointer  graph,
                            GError  **error);
  void (*free_graph) (QsDevice *self,
                      gpointer  graph);
  gpointer (*allocate_host) (QsDevice *self,
                             gsize     size,
                             GError  **error);
  void (*free_host) (QsDevice *self,
                     gpointer  memory);
  gboolean (*fetch) (QsDevice     *self,
                     gpointer      to,
                     gconstpointer from,
                     gsize         size,
                     GError      **error);
  gboolean (*join) (QsDevice *self,
                    GError  **error);
  gboolean (*mark) (QsDevice *self,
                    GError  **error);
  const QsDeviceStatistics *statistics;
};

G_END_DECLS
