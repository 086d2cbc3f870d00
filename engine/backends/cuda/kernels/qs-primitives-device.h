/* SPDX-License-Identifier: MIT */
#pragma once

#include <cuda_fp16.h>
#include <stdint.h>

/* The primitives on a device. PTX is written here and nowhere else (PTX ISA 8, sections 9.7.9 and
 * 9.7.14). */

#define QS_DEVICE __device__ __forceinline__
#define QS_DEVICE_CALL static __device__ __noinline__
/* Where the number of blocks is not said, the compiler guesses one, and spills registers for it.
 * Before sm_80, copies pass through registers and need more of them. */
#if defined (__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#define QS_KERNEL_N_BLOCKS(blocks) 1
#else
#define QS_KERNEL_N_BLOCKS(blocks) (blocks)
#endif
#define QS_KERNEL_BLOCKS(name, Arguments, threads, blocks) \
  extern "C" __global__ void __launch_bounds__ (threads, QS_KERNEL_N_BLOCKS (blocks)) \
  name (const __grid_constant__ Arguments args)
#define QS_KERNEL(name, Arguments, threads) QS_KERNEL_BLOCKS (name, Arguments, threads, 1)

extern __shared__ uint4 qs_shared_memory[];

QS_DEVICE unsigned qs_thread (void) { return threadIdx.x; }
QS_DEVICE unsigned qs_block_x (void) { return blockIdx.x; }
QS_DEVICE unsigned qs_block_y (void) { return blockIdx.y; }
QS_DEVICE unsigned qs_block_z (void) { return blockIdx.z; }
QS_DEVICE unsigned qs_n_blocks_x (void) { return gridDim.x; }
QS_DEVICE int64_t qs_clock (void) { return clock64 (); }
QS_DEVICE void qs_barrier (void) { __syncthreads (); }
QS_DEVICE void qs_warp_barrier (void) { __syncwarp (); }

template <class T> QS_DEVICE T qs_load (const T *p) { return *p; }
template <class T> QS_DEVICE void qs_store (T *p, T value) { *p = value; }

template <class T>
QS_DEVICE T
qs_shared_load (unsigned address)
{
  return *(const T *) ((const char *) qs_shared_memory + address);
}

template <class T>
QS_DEVICE void
qs_shared_store (unsigned address,
                 T        value)
{
  *(T *) ((char *) qs_shared_memory + address) = value;
}

QS_DEVICE unsigned
qs_shared_base (void)
{
  return (unsigned) __cvta_generic_to_shared (qs_shared_memory);
}

/* Before sm_80 the copy goes through registers and is there at once. */
QS_DEVICE void
qs_async_copy (unsigned    address,
               const void *from,
               bool        valid)
{
#if __CUDA_ARCH__ >= 800
  const int size = valid ? 16 : 0;

  asm volatile ("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                : : "r"(qs_shared_base () + address), "l"(from), "r"(size) : "memory");
#else
  const uint4 zero = { 0, 0, 0, 0 };

  qs_shared_store (address, valid ? *(const uint4 *) from : zero);
#endif
}

QS_DEVICE void
qs_async_commit (void)
{
#if __CUDA_ARCH__ >= 800
  asm volatile ("cp.async.commit_group;" : : : "memory");
#endif
}

template <int N>
QS_DEVICE void
qs_async_wait (void)
{
#if __CUDA_ARCH__ >= 800
  asm volatile ("cp.async.wait_group %0;" : : "n"(N) : "memory");
#endif
}

QS_DEVICE void
qs_load_matrices (uint32_t r[4],
                  unsigned address)
{
  asm volatile ("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                : "r"(qs_shared_base () + address) : "memory");
}

/* sm_75 has quarters of the product: 8 rows and 16 values of k. */
QS_DEVICE void
qs_multiply_s8_quarter (int32_t  *c0,
                        int32_t  *c1,
                        uint32_t  a,
                        uint32_t  b)
{
  asm volatile ("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0, %1}, {%2}, {%3}, {%0, %1};"
                : "+r"(*c0), "+r"(*c1) : "r"(a), "r"(b));
}

QS_DEVICE void
qs_multiply_s8 (int32_t        c[4],
                const uint32_t a[4],
                const uint32_t b[2])
{
#if __CUDA_ARCH__ >= 800
  asm volatile ("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
                "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  qs_multiply_s8_quarter (&c[0], &c[1], a[0], b[0]);
  qs_multiply_s8_quarter (&c[2], &c[3], a[1], b[0]);
  qs_multiply_s8_quarter (&c[0], &c[1], a[2], b[1]);
  qs_multiply_s8_quarter (&c[2], &c[3], a[3], b[1]);
#endif
}

QS_DEVICE void
qs_multiply_f16_half (float          c[4],
                      uint32_t       a0,
                      uint32_t       a1,
                      uint32_t       b)
{
  asm volatile ("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a0), "r"(a1), "r"(b));
}

QS_DEVICE void
qs_multiply_f16 (float          c[4],
                 const uint32_t a[4],
                 const uint32_t b[2])
{
#if __CUDA_ARCH__ >= 800
  asm volatile ("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  qs_multiply_f16_half (c, a[0], a[1], b[0]);
  qs_multiply_f16_half (c, a[2], a[3], b[1]);
#endif
}

template <class T>
QS_DEVICE T
qs_shuffle_xor (T   value,
                int mask)
{
  return __shfl_xor_sync (0xffffffffu, value, mask);
}

QS_DEVICE void qs_atomic_add (int32_t *p, int32_t value) { atomicAdd (p, value); }
QS_DEVICE void qs_atomic_add (uint32_t *p, uint32_t value) { atomicAdd (p, value); }
QS_DEVICE void qs_atomic_max (uint32_t *p, uint32_t value) { atomicMax (p, value); }

QS_DEVICE void
qs_shared_atomic_add (unsigned address,
                      uint32_t value)
{
  atomicAdd ((unsigned *) ((char *) qs_shared_memory + address), value);
}

QS_DEVICE float qs_fma (float a, float b, float c) { return __fmaf_rn (a, b, c); }
QS_DEVICE float qs_half_to_float (uint16_t bits) { return __half2float (__ushort_as_half (bits)); }
QS_DEVICE uint16_t qs_float_to_half (float x) { return __half_as_ushort (__float2half_rn (x)); }
