/* SPDX-License-Identifier: MIT */
#include "qs-emulated-tensor-map.h"

#include <string.h>

/* Requirements and limits are those of cuda.h, at cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col. */

#define MAGIC 0x7e4504a9
#define MAX_BOX 256
#define MAX_PIXELS 1024
#define MAX_STEP 8
#define MAX_STRIDE (G_GUINT64_CONSTANT (1) << 40)
#define MAX_SIZE (G_GUINT64_CONSTANT (1) << 32)
#define ALIGNMENT 16

G_STATIC_ASSERT (sizeof (QsEmulatedTensorMap) <= sizeof (QsCudaTensorMap));

/* Bytes of CUtensorMapDataType's first entries; the order of CUtensorMapSwizzle's. */
static const guint8 element_sizes[] = { 1, 2, 4, 4, 8, 8, 2, 4, 8, 2 };
static const guint8 spans[] = { 0, 32, 64, 128 };

static gboolean
read_tensor (QsEmulatedTensorMap *self,
             guint64              address,
             const guint64       *dims,
             const guint64       *strides,
             const guint32       *steps)
{
  if (address == 0 || address % ALIGNMENT != 0)
    return FALSE;
  self->address = address;

  for (guint i = 0; i < self->n_dims; i++)
    {
      if (dims[i] == 0 || dims[i] > MAX_SIZE || steps[i] == 0 || steps[i] > MAX_STEP)
        return FALSE;
      self->last[i] = (guint32) (dims[i] - 1);
      self->steps[i] = i > 0 ? (guint8) steps[i] : 1;
    }
  for (guint i = 0; i + 1 < self->n_dims; i++)
    {
      if (strides[i] % ALIGNMENT != 0 || strides[i] >= MAX_STRIDE ||
          strides[i] < (i == 0 ? dims[0] * self->element_size : strides[i - 1]))
        return FALSE;
      self->strides[i] = strides[i];
    }
  return TRUE;
}

static gboolean
read_options (QsEmulatedTensorMap *self,
              int                  type,
              guint32              rank,
              int                  interleave,
              int                  swizzle,
              int                  promotion,
              int                  fill)
{
  if (type < 0 || type >= (int) G_N_ELEMENTS (element_sizes) || rank == 0 || rank > 5 ||
      interleave != 0 || swizzle < 0 || swizzle >= (int) G_N_ELEMENTS (spans) || promotion < 0 ||
      promotion > 3 || fill != 0)
    return FALSE;

  self->magic = MAGIC;
  self->n_dims = (guint8) rank;
  self->element_size = element_sizes[type];
  self->span = spans[swizzle];
  return TRUE;
}

/* The innermost part of a box. */
static gboolean
check_line (const QsEmulatedTensorMap *self,
            guint32                    n)
{
  const guint32 bytes = n * self->element_size;

  return n > 0 && n <= MAX_BOX && bytes % ALIGNMENT == 0 && (self->span == 0 || bytes <= self->span);
}

static QsCudaResult
finish (const QsEmulatedTensorMap *self,
        QsCudaTensorMap           *map)
{
  if ((gsize) map % 64 != 0)
    return QS_CUDA_ERROR_INVALID_VALUE;
  memset (map, 0, sizeof *map);
  memcpy (map, self, sizeof *self);
  return QS_CUDA_SUCCESS;
}

QsCudaResult
qs_emulated_encode_tiled (QsCudaTensorMap *map,
                          int              type,
                          guint32          rank,
                          gpointer         address,
                          const guint64   *dims,
                          const guint64   *strides,
                          const guint32   *box,
                          const guint32   *steps,
                          int              interleave,
                          int              swizzle,
                          int              promotion,
                          int              fill)
{
  QsEmulatedTensorMap self = { 0 };

  if (!read_options (&self, type, rank, interleave, swizzle, promotion, fill) ||
      !read_tensor (&self, (guint64) address, dims, strides, steps) || !check_line (&self, box[0]))
    return QS_CUDA_ERROR_INVALID_VALUE;

  for (guint i = 0; i < rank; i++)
    {
      if (box[i] == 0 || box[i] > MAX_BOX)
        return QS_CUDA_ERROR_INVALID_VALUE;
      self.box[i] = (guint16) box[i];
    }
  return finish (&self, map);
}

/* What fits into a map: 16 bits of one corner, 8 of two. */
static gboolean
read_corners (QsEmulatedTensorMap *self,
              const int           *lower,
              const int           *upper)
{
  const guint n = self->n_dims - 2;
  const int limit = n == 1 ? 1 << 15 : 1 << 7;

  for (guint i = 0; i < n; i++)
    {
      if (lower[i] < -limit || lower[i] >= limit || upper[i] < -limit || upper[i] >= limit ||
          (gint64) self->last[1 + i] + upper[i] < lower[i])
        return FALSE;
      self->lower[i] = (gint16) lower[i];
      self->upper[i] = (gint16) upper[i];
    }
  return TRUE;
}

QsCudaResult
qs_emulated_encode_im2col (QsCudaTensorMap *map,
                           int              type,
                           guint32          rank,
                           gpointer         address,
                           const guint64   *dims,
                           const guint64   *strides,
                           const int       *lower,
                           const int       *upper,
                           guint32          channels,
                           guint32          pixels,
                           const guint32   *steps,
                           int              interleave,
                           int              swizzle,
                           int              promotion,
                           int              fill)
{
  QsEmulatedTensorMap self = { .is_windowed = TRUE };

  /* Three spatial dimensions are not emulated. */
  if (!read_options (&self, type, rank, interleave, swizzle, promotion, fill) || rank < 3 || rank > 4 ||
      !read_tensor (&self, (guint64) address, dims, strides, steps) ||
      !check_line (&self, channels) || pixels == 0 || pixels > MAX_PIXELS ||
      !read_corners (&self, lower, upper))
    return QS_CUDA_ERROR_INVALID_VALUE;

  self.box[0] = (guint16) channels;
  self.box[1] = (guint16) pixels;
  return finish (&self, map);
}

gboolean
qs_emulated_tensor_map_read (const QsCudaTensorMap *map,
                             QsEmulatedTensorMap   *out)
{
  memcpy (out, map, sizeof *out);
  return out->magic == MAGIC;
}
