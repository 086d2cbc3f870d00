/* SPDX-License-Identifier: MIT */
#include "qs-cuda-image.h"

/*
 * The fat binaries that the CUDA compiler made, as they are, in the program's constants. The build
 * writes one row IMAGE (name, path, only) for each.
 */

#ifdef QS_HAVE_CUDA_IMAGES

#include "backends/cuda/qs-cuda-images.h"

#define IMAGE(name, path, only) \
  __asm__ (".section .rodata\n" \
           ".balign 64\n" \
           ".globl qs_cuda_image_" #name "\n" \
           ".hidden qs_cuda_image_" #name "\n" \
           "qs_cuda_image_" #name ":\n" \
           ".incbin \"" path "\"\n" \
           ".byte 0\n" \
           ".previous\n"); \
  extern const guint8 qs_cuda_image_##name[] __attribute__ ((visibility ("hidden")));
QS_CUDA_IMAGES
#undef IMAGE

#define IMAGE(name, path, only) { #name, qs_cuda_image_##name, only },
static const QsCudaImage images[] = { QS_CUDA_IMAGES };

G_STATIC_ASSERT (G_N_ELEMENTS (images) <= QS_CUDA_MAX_IMAGES);

const QsCudaImage *
qs_cuda_image_get_all (guint *n)
{
  *n = G_N_ELEMENTS (images);
  return images;
}

const char *
qs_cuda_image_get_digest (void)
{
  return QS_CUDA_IMAGES_DIGEST;
}

#else

const QsCudaImage *
qs_cuda_image_get_all (guint *n)
{
  *n = 0;
  return NULL;
}

const char *
qs_cuda_image_get_digest (void)
{
  return "none";
}

#endif
