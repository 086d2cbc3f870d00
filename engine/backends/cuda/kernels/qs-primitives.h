/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All that kernels may use of the device, in one place. nvcc takes qs-primitives-device.h; the tests
 * compile the same kernels with the host's C++ compiler against an emulation of the same names
 * (tests/cuda/qs-emulation.h), which checks every access.
 *
 *   QS_KERNEL (name, Arguments, threads)     a kernel; its arguments are one struct `args`
 *   QS_DEVICE, QS_DEVICE_CALL                a function of the device, inlined or called
 *   QS_KERNEL_BLOCKS (name, Arguments, threads, blocks)
 *                                            one of which a multiprocessor has registers for @blocks
 *   qs_thread, qs_block_x, _y, _z            position, as functions
 *   qs_clock ()                              clocks of the multiprocessor since any moment
 *   qs_barrier ()                            of the block
 *   qs_warp_barrier ()
 *   qs_load (p), qs_store (p, value)         global memory, naturally aligned
 *   qs_shared_load<T> (a), qs_shared_store (a, value)
 *                                            shared memory, by byte address from 0; never less than
 *                                            four bytes, so that words belong to one thread
 *   qs_async_copy (a, p, valid)              16 bytes from global to shared memory, zeros when not
 *                                            valid; there after a commit, a wait and a barrier
 *   qs_async_commit (), qs_async_wait<N> ()  waits until at most the newest N commits are under way
 *   qs_load_matrices (r, a)                  four 8x8 matrices of 16-bit pairs, PTX ldmatrix.x4
 *   qs_multiply_s8 (c, a, b)                 c[16][8] += a[16][32] b[32][8], PTX mma.m16n8k32
 *   qs_multiply_f16 (c, a, b)                c[16][8] += a[16][16] b[16][8], PTX mma.m16n8k16
 *   qs_shuffle_xor (value, mask)             of the whole warp
 *   qs_atomic_add (p, value), qs_atomic_max (p, value), qs_shared_atomic_add (a, value)
 *   qs_fma (a, b, c)                         one rounding; plain operators round each operation
 *   qs_half_to_float (bits), qs_float_to_half (value)
 *
 * A warp's threads must reach a warp-wide operation together; a block's threads a barrier.
 */

#include <stdint.h>

#ifdef __CUDACC__
#include "qs-primitives-device.h"
#else
#include "qs-emulation.h"
#endif

/* 16 bytes that move as one. */
typedef struct alignas (16)
{
  uint32_t v[4];
} QsVector;
