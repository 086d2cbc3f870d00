/* SPDX-License-Identifier: MIT */
#include "qs-cuda-image.h"

/*
 * The fat binaries that the CUDA compiler made, as they are, in the program's constants. The build
 * defines one row IMAGE (name, path) for each.
 */

#ifdef QS_CUDA_IMAGES

#define IMAGE(name, path) \
  __asm__ (".section .rodata\n" \
           ".balign 64\n" \
           ".globl qs_cuda_image_" #name "\n" \
           "qs_cuda_image_" #name ":\n" \
           ".incbin \"" path "\"\n" \
           ".byte 0\n" \
           ".previous\n"); \
  extern const guint8 qs_cuda_image_##name[] __attribute__ ((visibility ("hidden")));
QS_CUDA_IMAGES
#undef IMAGE

#define IMAGE(name, path) qs_cuda_image_##name,
static const guint8 *const images[] = { QS_CUDA_IMAGES };

guint
qs_cuda_image_get_n (void)
{
  return G_N_ELEMENTS (images);
}

gconstpointer
qs_cuda_image_get (guint index)
{
  return images[index];
}

#else

guint
qs_cuda_image_get_n (void)
{
  return 0;
}

gconstpointer
qs_cuda_image_get (guint index)
{
  return NULL;
}

#endif
