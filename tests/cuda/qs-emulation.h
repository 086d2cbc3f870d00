/* SPDX-License-Identifier: MIT */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The device primitives of engine/backends/cuda/kernels/qs-primitives.h for the host. A block's
 * threads are fibers of one host thread, which run until they wait for each other. Every access is
 * checked; the first mistake ends the kernel with a sentence about it.
 *
 * Global memory: inside one allocation, naturally aligned. Shared memory: inside what was asked
 * for, aligned, written before it is read, not touched by two threads without a barrier between
 * them when one of them writes, not while an asynchronous copy to it is under way. Asynchronous
 * copies move their bytes when they are waited for and not before. Barriers and warp-wide
 * operations: reached by all. A race is found where the other access is the word's last one.
 */

#define QS_DEVICE inline __attribute__ ((unused))
#define QS_DEVICE_CALL static __attribute__ ((noinline, unused))

typedef void (*QsEmulatedEntry) (const void *args);

typedef struct _QsEmulatedKernel QsEmulatedKernel;
struct _QsEmulatedKernel
{
  const char *name;
  QsEmulatedEntry entry;
  size_t args_size;
  unsigned max_threads;
  const QsEmulatedKernel *next;

  _QsEmulatedKernel (const char *name, QsEmulatedEntry entry, size_t args_size, unsigned threads);
};

#define QS_KERNEL(name, Arguments, threads) \
  static void name##_body (const Arguments &args); \
  static void name##_entry (const void *args) \
  { \
    name##_body (*static_cast<const Arguments *> (args)); \
  } \
  static QsEmulatedKernel name##_kernel (#name, name##_entry, sizeof (Arguments), threads); \
  static void name##_body (const Arguments &args)

#define QS_KERNEL_BLOCKS(name, Arguments, threads, blocks) QS_KERNEL (name, Arguments, threads)

typedef enum
{
  QS_WARP_BARRIER,
  QS_WARP_LOAD_MATRICES,
  QS_WARP_MULTIPLY_S8,
  QS_WARP_MULTIPLY_F16,
  QS_WARP_SHUFFLE,
} QsWarpOperation;

/* What a lane brings to a warp-wide operation and takes from it. */
typedef struct
{
  void *out;
  const void *a;
  const void *b;
  unsigned n;
} QsLaneOperand;

typedef struct
{
  unsigned thread;
  unsigned block[3];
  unsigned grid[3];
} QsEmulatedPosition;

extern QsEmulatedPosition qs_emulated;

void  qs_emulation_check_global (const void *p, size_t size, size_t alignment, bool write);
void *qs_emulation_shared (unsigned address, size_t size, bool write);
void  qs_emulation_warp (QsWarpOperation operation, QsLaneOperand operand);
void  qs_emulation_wait (unsigned n_newest);
float qs_emulation_half_to_float (uint16_t bits);
uint16_t qs_emulation_float_to_half (float value);

QS_DEVICE unsigned qs_thread (void) { return qs_emulated.thread; }
QS_DEVICE unsigned qs_block_x (void) { return qs_emulated.block[0]; }
QS_DEVICE unsigned qs_block_y (void) { return qs_emulated.block[1]; }
QS_DEVICE unsigned qs_block_z (void) { return qs_emulated.block[2]; }
QS_DEVICE unsigned qs_n_blocks_x (void) { return qs_emulated.grid[0]; }

int64_t qs_clock (void);
void qs_barrier (void);
void qs_async_copy (unsigned address, const void *from, bool valid);
void qs_async_commit (void);

template <int N>
QS_DEVICE void
qs_async_wait (void)
{
  qs_emulation_wait (N);
}

template <class T>
QS_DEVICE T
qs_load (const T *p)
{
  qs_emulation_check_global (p, sizeof (T), sizeof (T), false);
  return *p;
}

template <class T>
QS_DEVICE void
qs_store (T *p,
          T  value)
{
  qs_emulation_check_global (p, sizeof (T), sizeof (T), true);
  *p = value;
}

template <class T>
QS_DEVICE T
qs_shared_load (unsigned address)
{
  return *static_cast<const T *> (qs_emulation_shared (address, sizeof (T), false));
}

template <class T>
QS_DEVICE void
qs_shared_store (unsigned address,
                 T        value)
{
  *static_cast<T *> (qs_emulation_shared (address, sizeof (T), true)) = value;
}

QS_DEVICE void
qs_warp_barrier (void)
{
  qs_emulation_warp (QS_WARP_BARRIER, { nullptr, nullptr, nullptr, 0 });
}

QS_DEVICE void
qs_load_matrices (uint32_t r[4],
                  unsigned address)
{
  qs_emulation_warp (QS_WARP_LOAD_MATRICES, { r, nullptr, nullptr, address });
}

QS_DEVICE void
qs_multiply_s8 (int32_t        c[4],
                const uint32_t a[4],
                const uint32_t b[2])
{
  qs_emulation_warp (QS_WARP_MULTIPLY_S8, { c, a, b, 0 });
}

QS_DEVICE void
qs_multiply_f16 (float          c[4],
                 const uint32_t a[4],
                 const uint32_t b[2])
{
  qs_emulation_warp (QS_WARP_MULTIPLY_F16, { c, a, b, 0 });
}

template <class T>
QS_DEVICE T
qs_shuffle_xor (T   value,
                int mask)
{
  static_assert (sizeof (T) == 4, "shuffles move words");
  T out;

  qs_emulation_warp (QS_WARP_SHUFFLE, { &out, &value, nullptr, static_cast<unsigned> (mask) });
  return out;
}

template <class T>
QS_DEVICE void
qs_atomic_add (T *p,
               T  value)
{
  qs_emulation_check_global (p, sizeof (T), sizeof (T), true);
  *p = static_cast<T> (static_cast<uint32_t> (*p) + static_cast<uint32_t> (value));
}

QS_DEVICE void
qs_atomic_max (uint32_t *p,
               uint32_t  value)
{
  qs_emulation_check_global (p, sizeof *p, sizeof *p, true);
  *p = *p > value ? *p : value;
}

void qs_shared_atomic_add (unsigned address, uint32_t value);

QS_DEVICE float qs_fma (float a, float b, float c) { return __builtin_fmaf (a, b, c); }
QS_DEVICE float qs_half_to_float (uint16_t bits) { return qs_emulation_half_to_float (bits); }
QS_DEVICE uint16_t qs_float_to_half (float x) { return qs_emulation_float_to_half (x); }
