/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-device.h"
#include "qs-cuda-driver.h"

G_BEGIN_DECLS

/**
 * QsCudaDevice:
 *
 * The first CUDA device: its context, the kernels that are loaded into it, and one stream in which
 * everything happens. Any thread may use it.
 */
typedef struct _QsCudaDevice QsCudaDevice;

/**
 * QsCudaLaunch:
 * @kernel: name of the kernel
 * @grid: blocks along each axis
 * @n_threads: threads in a block
 * @shared_size: bytes of dynamic shared memory
 */
typedef struct
{
  const char *kernel;
  guint grid[3];
  guint n_threads;
  guint shared_size;
} QsCudaLaunch;

QsCudaDevice *qs_cuda_device_get        (GError            **error);
void          qs_cuda_device_forget     (void);
const char   *qs_cuda_device_get_key    (QsCudaDevice       *self);
QsDevice     *qs_cuda_device_get_memory (QsCudaDevice       *self);
const char   *qs_cuda_device_get_name   (QsCudaDevice       *self);
/* Compute capability, as 86 for 8.6. */
int           qs_cuda_device_get_architecture (QsCudaDevice *self);
int           qs_cuda_device_get_n_multiprocessors (QsCudaDevice *self);
/* Dynamic shared memory that a block may ask for. */
int           qs_cuda_device_get_shared_memory (QsCudaDevice *self);

gboolean      qs_cuda_device_launch     (QsCudaDevice       *self,
                                         const QsCudaLaunch *launch,
                                         gpointer            args,
                                         GError            **error);
/* (nullable): device memory with a copy of @size bytes. */
gpointer      qs_cuda_device_upload_new (QsCudaDevice       *self,
                                         gconstpointer       from,
                                         gsize               size,
                                         GError            **error);
void          qs_cuda_device_free       (QsCudaDevice       *self,
                                         gpointer            memory);

guint32      *qs_cuda_device_watch      (QsCudaDevice       *self,
                                         const char         *what,
                                         guint32            *number,
                                         GError            **error);
void          qs_cuda_device_unwatch    (QsCudaDevice       *self,
                                         guint32             number);

G_END_DECLS
