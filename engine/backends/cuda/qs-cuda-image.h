/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define QS_CUDA_MAX_IMAGES 32

/**
 * QsCudaImage:
 * @name: of the source
 * @data: a fat binary: code for several architectures
 * @only: the one compute capability that it is for, as 90 for 9.0; 0 for whatever it holds
 *
 * Compiled kernels.
 */
typedef struct
{
  const char *name;
  gconstpointer data;
  int only;
} QsCudaImage;

/* None where the build had no CUDA compiler. */
const QsCudaImage *qs_cuda_image_get_all    (guint *n);
/* Twelve hexadecimal digits that change with every change to the compiled kernels. */
const char        *qs_cuda_image_get_digest (void);

G_END_DECLS
