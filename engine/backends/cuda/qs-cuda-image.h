/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define QS_CUDA_MAX_IMAGES 16

/* The compiled kernels, one fat binary for each source; none where the build had no CUDA compiler. */
guint         qs_cuda_image_get_n (void);
gconstpointer qs_cuda_image_get   (guint index);

G_END_DECLS
