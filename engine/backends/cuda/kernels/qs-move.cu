/* SPDX-License-Identifier: MIT */
#include "qs-elements.h"

/*
 * Copies of elements as they are, whatever they mean: only their size matters. Where views lie
 * together and aligned, the host says that elements are 16 bytes.
 */

template <class T>
QS_DEVICE void
qs_move (const QsCudaMove &args)
{
  int64_t to = 0, from = 0;

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    to += at * args.to.strides[d];
    from += at * args.from.strides[d];
  });
  qs_store ((T *) args.to.data + to, qs_load ((const T *) args.from.data + from));
}

template <class T>
QS_DEVICE void
qs_pick (const QsCudaPick &args)
{
  int64_t to = 0, from = 0;
  bool exists = true;
  T value;

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    to += at * args.to.strides[d];
    if (args.tables[d] != nullptr)
      at = qs_load (args.tables[d] + at);
    exists = exists && at >= 0;
    from += at * args.from.strides[d];
  });
  if (exists)
    value = qs_load ((const T *) args.from.data + from);
  else
    memcpy (&value, args.fill, sizeof value);
  qs_store ((T *) args.to.data + to, value);
}

/* Where the indices of one element lead; -1 for nowhere. */
QS_DEVICE int64_t
qs_gather_offset (const QsCudaGather &args,
                  int64_t             first)
{
  int64_t offset = 0;
  bool exists = true;

  for (int k = 0; k < args.depth; k++)
    {
      const int64_t place = first + k * args.index_step;
      int64_t index = args.is_wide ? qs_load ((const int64_t *) args.indices + place)
                                   : qs_load ((const int32_t *) args.indices + place);

      index += index < 0 ? args.limits[k] : 0;
      exists = exists && index >= 0 && index < args.limits[k];
      offset += index * args.steps[k];
    }

  return exists ? offset : -1;
}

template <class T>
QS_DEVICE void
qs_gather (const QsCudaGather &args)
{
  int64_t to = 0, from = 0, index = 0, offset;
  T value = {};

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    to += at * args.to.strides[d];
    from += at * args.from.strides[d];
    index += at * args.index_strides[d];
  });
  offset = qs_gather_offset (args, index);
  if (offset >= 0)
    value = qs_load ((const T *) args.from.data + from + offset);
  else
    qs_atomic_max (args.fault, args.number);
  qs_store ((T *) args.to.data + to, value);
}

template <class T>
QS_DEVICE void
qs_select (const QsCudaSelect &args)
{
  int64_t to = 0, condition = 0, yes = 0, no = 0;

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    to += at * args.to.strides[d];
    condition += at * args.condition.strides[d];
    yes += at * args.yes.strides[d];
    no += at * args.no.strides[d];
  });
  qs_store ((T *) args.to.data + to,
            qs_load ((const uint8_t *) args.condition.data + condition) != 0
              ? qs_load ((const T *) args.yes.data + yes)
              : qs_load ((const T *) args.no.data + no));
}

#define QS_MOVE_KERNELS(bytes, T) \
  QS_KERNEL (qs_move_##bytes, QsCudaMove, QS_CUDA_BLOCK) { qs_move<T> (args); } \
  QS_KERNEL (qs_pick_##bytes, QsCudaPick, QS_CUDA_BLOCK) { qs_pick<T> (args); } \
  QS_KERNEL (qs_gather_##bytes, QsCudaGather, QS_CUDA_BLOCK) { qs_gather<T> (args); } \
  QS_KERNEL (qs_select_##bytes, QsCudaSelect, QS_CUDA_BLOCK) { qs_select<T> (args); }

QS_MOVE_KERNELS (1, uint8_t)
QS_MOVE_KERNELS (2, uint16_t)
QS_MOVE_KERNELS (4, uint32_t)
QS_MOVE_KERNELS (8, uint64_t)
QS_MOVE_KERNELS (16, QsVector)

/* Tiles of 32 x 32 elements; one more column keeps columns in different banks. */
#define QS_TILE 32
#define QS_TILE_STEP (QS_CUDA_BLOCK / QS_TILE)

QS_DEVICE uint32_t
qs_load_word (const void *data,
              int         size,
              int64_t     index)
{
  return size == 1   ? qs_load ((const uint8_t *) data + index)
         : size == 2 ? qs_load ((const uint16_t *) data + index)
                     : qs_load ((const uint32_t *) data + index);
}

QS_DEVICE void
qs_store_word (void    *data,
               int      size,
               int64_t  index,
               uint32_t word)
{
  if (size == 1)
    qs_store ((uint8_t *) data + index, (uint8_t) word);
  else if (size == 2)
    qs_store ((uint16_t *) data + index, (uint16_t) word);
  else
    qs_store ((uint32_t *) data + index, word);
}

/* Elements go through shared memory as they are, or as floats where they are converted: then types
 * are QsCudaType, else 16 and the size in bytes. */
QS_KERNEL (qs_move_tiled, QsCudaTiledMove, QS_CUDA_BLOCK)
{
  const int lane = qs_thread () % QS_TILE, line = qs_thread () / QS_TILE;
  const bool converts = args.from.type < 16;
  int64_t to = 0, from = 0;
  int row = 0, column = 0;

  /* The two innermost loops are those of the tiles. */
  qs_locate (args.loops, qs_block_x (), [&] (int d, int64_t at) {
    if (d == args.loops.n_dims - 1)
      column = (int) at * QS_TILE;
    else if (d == args.loops.n_dims - 2)
      row = (int) at * QS_TILE;
    else
      {
        to += at * args.to.strides[d];
        from += at * args.from.strides[d];
      }
  });

#pragma unroll
  for (int i = 0; i < QS_TILE; i += QS_TILE_STEP)
    {
      const int c = column + line + i, r = row + lane;
      const int64_t at = from + c * args.from_stride + r;
      uint32_t word;

      if (c >= args.columns || r >= args.rows)
        continue;
      if (converts)
        word = qs_math_bits (qs_load_real (args.from.data, args.from.type, args.from.scale, at));
      else
        word = qs_load_word (args.from.data, args.from.type - 16, at);
      qs_shared_store (((line + i) * (QS_TILE + 1) + lane) * 4, word);
    }
  qs_barrier ();
#pragma unroll
  for (int i = 0; i < QS_TILE; i += QS_TILE_STEP)
    {
      const int r = row + line + i, c = column + lane;
      const int64_t at = to + r * args.to_stride + c;
      uint32_t word;

      if (c >= args.columns || r >= args.rows)
        continue;
      word = qs_shared_load<uint32_t> ((lane * (QS_TILE + 1) + line + i) * 4);
      if (converts)
        qs_store_element (args.to.data, args.to.type, at, qs_math_from_bits (word), args.to.scale);
      else
        qs_store_word (args.to.data, args.to.type - 16, at, word);
    }
}
